//! Error rates of the signals, measured on swarms whose truth is known. `docs/signals.md` has the
//! figures; a test fails when they no longer hold. `SIGNALS_UPDATE=1 cargo test --release -p
//! swarmscope-evidence --test simulation` rewrites them.
#![allow(clippy::cast_possible_truncation, reason = "drawn numbers are cut to what they pick")]

mod bt;
mod cases;
mod clients;
mod dht;
mod measure;
mod overlay;
#[path = "../sample.rs"]
mod sample;
mod swarm;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use cases::{BENIGN, CASES, PEERS, QUIET};
use measure::{ANY, Detection, Noise, detections, noise};
use overlay::{GRAPHS, Overlay, Story};
use swarm::Swarm as _;
use swarmscope_evidence::signals::chance::{rate_at_most, wilson};
use swarmscope_evidence::signals::{Severity, built_in};

/// Seeds of each story; a debug build, which takes fifty times as long, tries a few.
const SEEDS: u64 = if cfg!(debug_assertions) { 2 } else { 200 };

const BEGIN: &str = "<!-- measured: begin -->\n";
const END: &str = "<!-- measured: end -->\n";

fn share((hits, of): (u64, u64)) -> String {
    let (low, high) = wilson(hits, of);
    if of == 0 {
        "–".into()
    } else {
        format!("{:.4} ({low:.4}–{high:.4})", hits as f64 / of as f64)
    }
}

/// The networks that have a row for all of their swarms together.
const NETWORKS: [&str; 3] = ["overlay", "dht", "bt"];

fn measured() -> (String, Vec<(&'static str, Detection)>, Vec<Noise>) {
    let mut text = format!(
        "{SEEDS} seeds per story; {PEERS} peers; 10 rounds, one per hour. In brackets: 95 % intervals\n\
         (Wilson). *Precision* is over the peers named, round by round. *Recall* is over the story's peers\n\
         that can be reached in the last round: the share named in any round. *Found* counts rounds from the\n\
         first that could show such a peer to the first ▲ that names one: 0 is the same round, 1 is one\n\
         cycle of the crawl. Rules marked *odd* never show ▲; of them any finding counts.\n\n\
         | story | rule | precision | recall | found in | within one cycle | median | slowest |\n\
         |---|---|---|---|---|---|---|---|\n"
    );
    let mut all_found = Vec::new();
    for case in &CASES {
        let odd = if case.least == Severity::Odd { ", odd" } else { "" };
        for (rule, found) in case.rules.iter().zip(detections(case, SEEDS)) {
            let rounds = |at: Option<&u64>| at.map_or("–".into(), ToString::to_string);
            let soon = found.rounds.iter().filter(|rounds| **rounds <= 1).count() as u64;
            let _ = writeln!(
                text,
                "| {} | `{rule}`{odd} | {} | {} | {} | {} | {} | {} |",
                case.story,
                share(found.precision),
                share(found.recall),
                share((found.rounds.len() as u64, SEEDS)),
                share((soon, SEEDS)),
                rounds(found.rounds.get(found.rounds.len() / 2)),
                rounds(found.rounds.last())
            );
            all_found.push((*rule, found));
        }
    }
    let _ = write!(
        text,
        "\nFalse alarms: peers named by a ▲ in swarms where nothing spreads ({} peers, {} rounds a day,\n\
         {SEEDS} seeds per story).\n\n\
         | network | only | peer-days | peers named | per peer and day, at most (95 %) |\n\
         |---|---|---|---|---|\n",
        QUIET.0, QUIET.1
    );
    let all: Vec<Noise> = BENIGN.iter().map(|benign| noise(benign, SEEDS, QUIET)).collect();
    let sums: Vec<Noise> = NETWORKS.iter().map(|network| sum(network, &all)).collect();
    for Noise { network, story, peer_days, named, by } in all.iter().chain(&sums) {
        let _ = writeln!(
            text,
            "| {network} | {story} | {peer_days} | {named}{by} | {:.1e} |",
            rate_at_most(*named, *peer_days as f64)
        );
    }
    (text, all_found, sums)
}

fn sum(network: &'static str, all: &[Noise]) -> Noise {
    let of = || all.iter().filter(|noise| noise.network == network);
    Noise {
        network,
        story: "all of them",
        peer_days: of().map(|noise| noise.peer_days).sum(),
        named: of().map(|noise| noise.named).sum(),
        by: String::new(),
    }
}

fn document() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/signals.md")
}

fn rules() -> String {
    let mut text = "| rule | parameters |\n|---|---|\n".to_owned();
    for rule in built_in() {
        let parameters: Vec<String> =
            rule.parameters().iter().map(|(name, value)| format!("{name} {value}")).collect();
        let _ = writeln!(text, "| `{}` | {} |", rule.id(), parameters.join(", "));
    }
    text
}

#[test]
fn the_documented_figures_hold() {
    let (figures, found, noise) = measured();
    println!("{figures}");
    if cfg!(debug_assertions) {
        // a sample: the worm is found in every seed, and nobody healthy is named
        let worm = found.iter().find(|(rule, _)| *rule == ANY).expect("measured");
        assert_eq!(worm.1.rounds.len() as u64, SEEDS, "{figures}");
        assert_eq!(noise.iter().map(|noise| noise.named).sum::<u64>(), 0, "{figures}");
        return;
    }
    let text = fs::read_to_string(document()).expect("docs/signals.md");
    let (before, rest) = text.split_once(BEGIN).expect("the begin");
    let (_, after) = rest.split_once(END).expect("the end");
    let wanted = format!("{before}{BEGIN}{}\n{figures}{END}{after}", rules());
    if std::env::var_os("SIGNALS_UPDATE").is_some() {
        fs::write(document(), &wanted).expect("writes");
    }
    assert_eq!(
        fs::read_to_string(document()).expect("docs/signals.md"),
        wanted,
        "docs/signals.md is not what was measured"
    );
    for Noise { network, peer_days, named, .. } in noise {
        assert!(rate_at_most(named, peer_days as f64) <= 1e-5, "{network}: {figures}");
    }
}

#[test]
fn every_card_has_all_of_its_lines() {
    for case in &CASES {
        let of_seed = |seed| {
            let mut swarm = (case.make)(seed);
            let rounds: Vec<_> = (0..9).map(|_| swarm.next()).collect();
            swarmscope_evidence::signals::find(&rounds, &built_in())
        };
        let cards: Vec<_> = (0..4).flat_map(of_seed).collect();
        for rule in case.rules.iter().filter(|rule| **rule != ANY) {
            assert!(cards.iter().any(|card| card.rule == *rule), "{rule}: {}", case.story);
        }
        for card in cards {
            assert_eq!(card.missing(), [""; 0], "{card:#?}");
            let all = serde_json::to_string(&card).expect("serialises");
            assert!(!all.contains("infected"), "{all}");
        }
    }
}

#[test]
fn a_release_and_a_booster_are_told_without_a_mark() {
    for story in [Story::Release, Story::Booster, Story::Defaults] {
        let mut swarm = Overlay::new(5, 300, GRAPHS[1], story);
        let rounds: Vec<_> = (0..8).map(|_| swarm.next()).collect();
        let cards = swarmscope_evidence::signals::find(&rounds, &built_in());
        let marked: Vec<_> = cards.iter().filter(|card| card.severity > Severity::Odd).collect();
        assert!(marked.is_empty(), "{story:?}: {marked:#?}");
        if story == Story::Release {
            let shift = cards.iter().find(|card| card.rule == "version-shift@1").expect("told");
            assert!(shift.title.contains("19"), "{shift:#?}");
        }
    }
}
