//! Error rates of the signals, measured on swarms whose truth is known. `docs/signals.md` has the
//! figures; a test fails when they no longer hold. `SIGNALS_UPDATE=1 cargo test --release -p
//! swarmscope-evidence --test simulation` rewrites them.
#![allow(clippy::cast_possible_truncation, reason = "drawn numbers are cut to what they pick")]

mod measure;
#[path = "../sample.rs"]
mod sample;
mod world;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use measure::{Detection, Noise, detections, noise};
use swarmscope_evidence::signals::chance::{rate_at_most, wilson};
use swarmscope_evidence::signals::{Severity, built_in};
use world::{BENIGN, GRAPHS, Story};

/// Seeds of each story; a debug build, which takes fifty times as long, tries a few.
const SEEDS: u64 = if cfg!(debug_assertions) { 2 } else { 200 };
/// Peers of a swarm in which something spreads.
const PEERS: usize = if cfg!(debug_assertions) { 150 } else { 200 };
/// Peers of a swarm in which nothing does, and rounds of its day.
const QUIET: (usize, u64) = if cfg!(debug_assertions) { (150, 4) } else { (500, 4) };

const BEGIN: &str = "<!-- measured: begin -->\n";
const END: &str = "<!-- measured: end -->\n";

/// The stories, and the rules that should detect them.
const MEANT: [(Story, &[&str]); 3] = [
    (
        Story::Worm,
        &["canary-success@1", "one-length@1", "one-content@1", "changed-together@1", "any of them"],
    ),
    (Story::Cascade, &["dials-fail-together@1"]),
    (Story::Silence, &["silence-spreads@1"]),
];

fn share((hits, of): (u64, u64)) -> String {
    let (low, high) = wilson(hits, of);
    if of == 0 {
        "–".into()
    } else {
        format!("{:.4} ({low:.4}–{high:.4})", hits as f64 / of as f64)
    }
}

fn measured() -> (String, Vec<(&'static str, Detection)>, Vec<Noise>) {
    let mut text = format!(
        "{SEEDS} seeds per story, on {} kinds of graph in turn; {PEERS} peers, 30 % behind NATs, 4 % away in\n\
         each round, 1 % of requests dropped; 10 rounds, one per hour. In brackets: 95 % intervals (Wilson).\n\
         *Precision* is over the peers named, round by round. *Recall* is over the story's peers that can be\n\
         reached in the last round: the share named in any round. *Found* is the time from the first such\n\
         peer to the first ▲ that names one.\n\n\
         | story | rule | precision | recall | found in | median | slowest |\n\
         |---|---|---|---|---|---|---|\n",
        GRAPHS.len()
    );
    let mut all_found = Vec::new();
    for (story, names) in MEANT {
        for (rule, found) in names.iter().zip(detections(story, names, SEEDS, PEERS)) {
            let _ = writeln!(
                text,
                "| {story:?} | `{rule}` | {} | {} | {} | {} h | {} h |",
                share(found.precision),
                share(found.recall),
                share((found.hours.len() as u64, SEEDS)),
                found.hours.get(found.hours.len() / 2).map_or("–".into(), ToString::to_string),
                found.hours.last().map_or("–".into(), ToString::to_string)
            );
            all_found.push((*rule, found));
        }
    }
    let _ = write!(
        text,
        "\nFalse alarms: peers named by a ▲ in swarms where nothing spreads ({} peers, {} rounds a day,\n\
         {SEEDS} seeds per story).\n\n\
         | only | peer-days | peers named | per peer and day, at most (95 %) |\n|---|---|---|---|\n",
        QUIET.0, QUIET.1
    );
    let mut all = Vec::new();
    for story in BENIGN {
        all.push(noise(story, SEEDS, QUIET));
    }
    let sum = Noise {
        story: "all of them",
        peer_days: all.iter().map(|n| n.peer_days).sum(),
        named: all.iter().map(|n| n.named).sum(),
        by: String::new(),
    };
    for Noise { story, peer_days, named, by } in all.iter().chain([&sum]) {
        let _ = writeln!(
            text,
            "| {story} | {peer_days} | {named}{by} | {:.1e} |",
            rate_at_most(*named, *peer_days as f64)
        );
    }
    all.push(sum);
    (text, all_found, all)
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
        let worm = found.iter().find(|(rule, _)| *rule == "any of them").expect("measured");
        assert_eq!(worm.1.hours.len() as u64, SEEDS, "{figures}");
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
    assert!(
        noise.last().is_some_and(|all| rate_at_most(all.named, all.peer_days as f64) <= 1e-5),
        "{figures}"
    );
}

#[test]
fn every_card_has_all_of_its_lines() {
    for story in [Story::Worm, Story::Cascade, Story::Silence, Story::Release, Story::Booster] {
        let mut world = world::World::new(3, 200, GRAPHS[0], story);
        let rounds: Vec<_> = (0..9).map(|_| world.next()).collect();
        let cards = swarmscope_evidence::signals::find(&rounds, &built_in());
        assert!(!cards.is_empty(), "{story:?}");
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
        let mut world = world::World::new(5, 300, GRAPHS[1], story);
        let rounds: Vec<_> = (0..8).map(|_| world.next()).collect();
        let cards = swarmscope_evidence::signals::find(&rounds, &built_in());
        let marked: Vec<_> = cards.iter().filter(|card| card.severity > Severity::Odd).collect();
        assert!(marked.is_empty(), "{story:?}: {marked:#?}");
        if story == Story::Release {
            let shift = cards.iter().find(|card| card.rule == "version-shift@1").expect("told");
            assert!(shift.title.contains("19"), "{shift:#?}");
        }
    }
}
