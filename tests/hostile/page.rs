//! docs/hostile.md: the attacks of `cases`, and what a run measured of each.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::cases::{ASKERS, Case, HELD, STOPPED, WEAKENED};
use super::cases::{CRAWLERS, CRAWLS, GOSSIP, NETWORKS, OUTPUT, PHASES, SCREENS, STRANGERS, WAITS};
use super::security::is_renewed;

const INTRODUCTION: &str = "\
# Attacks, and what they do now

Each of these was found by attacking the program from outside, or by fuzzing. *Before* is what it
did then, as it was measured; *now* is what bounds it, and the tests named beside it fail when it no
longer does. They run with `cargo test`. Names such as `known-per-source` are limits;
[SECURITY.md](../SECURITY.md) has their values.

This page is made of `tests/hostile/cases.rs`: `UPDATE_SECURITY=1 cargo test --test hostile` writes
it and notes the figures of that run.
";

const MEASURED: &str = "
## What a run measured

Each attack is made on a peer in a process of its own, over real sockets. An honest Crawler visits
or asks that peer and, in turn with it, another one that nobody attacks; the ratio of the two
medians is what the attack does to it. It may be 1.2, or 2 where the attack makes the peer compute.
Because other programs use the machine, the best of up to twelve series counts (for frames, of up to
three crowds with twelve each), and 3 ms are allowed for: a single series can be higher. Memory is
the growth of the highest use so far. The ceilings beside the figures are those that the tests hold.
Peers and nodes that are asked attack a command or a screen that asks them: its growth is beside the
same one with honest peers, or the whole where no `+` stands before it. A visit and a key are
compared with those of a crawl and a screen beside it; of visits, the best of up to three series.

";

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/hostile.md");
/// Figures of the last run that was asked to keep them: the attack, what, and how much.
const FIGURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/hostile/figures.tsv");

/// Keeps a figure of this run, where it is asked for.
pub fn keep(attack: &str, what: &str, figure: &str) {
    if is_renewed() {
        let mut all = figures();
        all.insert((attack.to_owned(), what.to_owned()), figure.to_owned());
        let lines =
            all.iter().map(|((attack, what), figure)| format!("{attack}\t{what}\t{figure}\n"));
        fs::write(FIGURES, lines.collect::<String>()).expect("written");
    }
}

fn figures() -> BTreeMap<(String, String), String> {
    let text = fs::read_to_string(FIGURES).unwrap_or_default();
    let fields = text.lines().map(|line| line.splitn(3, '\t').map(str::to_owned));
    fields.filter_map(|mut of| Some(((of.next()?, of.next()?), of.next()?))).collect()
}

fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    for (title, cases) in [
        ("Stopped a peer", STOPPED),
        ("Weakened it", WEAKENED),
        ("On whoever asks other networks", ASKERS),
        ("Held, or nearly", HELD),
    ] {
        write!(page, "\n## {title}\n\n| attack | before | now | tests |\n|---|---|---|---|\n")
            .expect("a string");
        for Case { attack, before, now, tests } in cases {
            let tests: Vec<_> =
                tests.iter().map(|(file, name)| format!("[`{name}`](../{file})")).collect();
            writeln!(page, "| {attack} | {before} | {now} | {} |", tests.join("<br>"))
                .expect("a string");
        }
    }
    page += MEASURED;
    page += "| attack | what | measured |\n|---|---|---|\n";
    for ((attack, what), figure) in figures() {
        writeln!(page, "| {attack} | {what} | {figure} |").expect("a string");
    }
    page
}

fn source(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect(file)
}

/// The names of the tests in a file.
fn tests_in(text: &str) -> Vec<&str> {
    let after = text.split("#[test]\n").skip(1).chain(text.split("#[tokio::test").skip(1));
    let names = after.filter_map(|part| part.split_once("fn ")?.1.split_once("()"));
    names.map(|(name, _)| name).collect()
}

#[test]
fn the_page_on_attacks_names_tests_that_exist_and_all_of_this_suite() {
    let all =
        || [STOPPED, WEAKENED, ASKERS, HELD].into_iter().flatten().flat_map(|case| case.tests);
    for (file, name) in all() {
        assert!(tests_in(&source(file)).contains(name), "{file} has no test {name}");
    }
    for file in [STRANGERS, CRAWLERS, GOSSIP, PHASES, OUTPUT, NETWORKS, WAITS, CRAWLS, SCREENS] {
        for name in tests_in(&source(file)) {
            assert!(all().any(|test| *test == (file, name)), "{name} is not on the page");
        }
    }
    if is_renewed() {
        return fs::write(PAGE, page()).expect("written");
    }
    assert_eq!(fs::read_to_string(PAGE).expect("the page"), page(), "UPDATE_SECURITY=1 renews it");
}
