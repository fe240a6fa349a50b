//! What is bounded by a constant and not by a setting: SECURITY.md lists it, with the numbers as the
//! sources have them.

use std::fmt::Write as _;
use std::fs;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A bound: the file and the name of its constant, its unit, what it bounds, and what happens beyond
/// it.
struct Bound(&'static str, &'static str, &'static str, &'static str, &'static str);

const OVERLAY: &[Bound] = &[
    Bound(
        "crates/wire/src/frame.rs",
        "MAX_BEFORE_AUTHENTICATION",
        "B",
        "a frame before authentication",
        "the connection ends",
    ),
    Bound(
        "crates/wire/src/frame.rs",
        "MAX_AFTER_AUTHENTICATION",
        "B",
        "a frame after it",
        "the connection ends",
    ),
    Bound(
        "crates/peer/src/limits/pace.rs",
        "MAX_SOURCES",
        "sources",
        "sources whose attempts are counted at the same time",
        "the others share one count",
    ),
    Bound(
        "crates/peer/src/crawler/used.rs",
        "MOST_USES",
        "channels",
        "channels that were used, kept for an hour, twice",
        "nothing counts as guessed until an hour is known again",
    ),
    Bound(
        "crates/peer/src/crawler/used.rs",
        "MOST_GUESSERS",
        "peers",
        "peers whose guessed channels are counted",
        "the one with the fewest makes room",
    ),
    Bound(
        "crates/peer/src/node/readers.rs",
        "AT_ONCE",
        "replies",
        "replies that are read at the same time, but for those that take no time",
        "the others wait, and count as unread",
    ),
    Bound("crates/probes/src/sql.rs", "MAX_TIME", "", "a query of a listed Crawler", "error 1"),
    Bound("crates/probes/src/sql.rs", "MAX_ROWS", "rows", "its rows", "error 1"),
    Bound(
        "crates/probes/src/sql.rs",
        "MAX_MEMORY",
        "B",
        "memory of SQLite in the whole process",
        "error 1",
    ),
    Bound(
        "crates/probes/src/nattraversal/turns.rs",
        "AT_ONCE",
        "tries",
        "NAT traversals at a time, three quarters of them one Crawler's",
        "error 1: busy",
    ),
    Bound(
        "crates/probes/src/nattraversal/turns.rs",
        "A_MINUTE",
        "tries",
        "those that begin within a minute",
        "error 1: busy",
    ),
    Bound(
        "crates/wire/src/inflate.rs",
        "MAX_OUTPUT",
        "B",
        "a reply once it is inflated (`--inflate-limit`)",
        "it is cut, and that is said",
    ),
    Bound(
        "crates/wire/src/limits.rs",
        "MAX_VALUES",
        "values",
        "values of a decoded reply",
        "it does not decode; its bytes are shown",
    ),
    Bound(
        "crates/wire/src/limits.rs",
        "MAX_DEPTH",
        "levels",
        "their nesting",
        "it does not decode; its bytes are shown",
    ),
    Bound(
        "crates/wire/src/rows.rs",
        "MAX_ROWS",
        "rows",
        "rows of a reply that a crawl keeps",
        "the rest is left out, with a warning; what is compared is the whole reply",
    ),
];

const NETWORKS: &[Bound] = &[
    Bound(
        "crates/wire/src/krpc/message.rs",
        "MAX_DATAGRAM",
        "B",
        "a datagram of the DHT",
        "it is dropped",
    ),
    Bound(
        "crates/networks/src/dht/transactions.rs",
        "MAX_WAITING",
        "queries",
        "queries that wait for an answer",
        "no further one is sent",
    ),
    Bound(
        "crates/networks/src/dht/lookup/filing.rs",
        "MAX_CLAIMS",
        "ids",
        "node ids of one address in a lookup",
        "further ones are not asked",
    ),
    Bound(
        "crates/wire/src/bittorrent/frame.rs",
        "MAX_FRAME",
        "B",
        "a message of a BitTorrent peer",
        "the connection ends",
    ),
    Bound(
        "crates/wire/src/bittorrent/frame.rs",
        "MAX_EXTENDED",
        "B",
        "an extended message",
        "it is dropped as it comes",
    ),
    Bound(
        "crates/networks/src/sockets/peer.rs",
        "MOST_EXCHANGES",
        "messages",
        "PEX messages that are taken of one peer",
        "the question ends, by us",
    ),
    Bound(
        "crates/networks/src/exchange.rs",
        "MOST_KEPT",
        "B",
        "bytes of a conversation that are kept",
        "only their digest is kept",
    ),
    Bound(
        "crates/crawl/src/dht/sources.rs",
        "MOST_OF_HOST",
        "ports",
        "ports of one address or /64 that are taken into a round of a crawl on anybody's word",
        "further ones are not taken, and counted: `host`",
    ),
    Bound(
        "crates/crawl/src/dht/sources.rs",
        "MOST_OF_NETWORK",
        "places",
        "addresses and ports of one /24 or /48, likewise",
        "further ones are not taken, and counted: `network`",
    ),
    Bound(
        "crates/crawl/src/dht/sources.rs",
        "MOST_IDS",
        "ids",
        "node ids under which one address and port is taken into a round",
        "further ones are not taken, and counted: `claim`",
    ),
    Bound(
        "crates/crawl/src/dht/sources.rs",
        "MOST_VISITS_OF_HOST",
        "visits",
        "visits of a round to one address or /64, those that are known from earlier rounds among them",
        "further ones are due again in the next round, and counted: `host_visits`",
    ),
    Bound(
        "crates/crawl/src/dht/sources.rs",
        "MOST_VISITS_OF_NETWORK",
        "visits",
        "visits of a round to one /24 or /48, likewise",
        "further ones are due again in the next round, and counted: `network_visits`",
    ),
    Bound(
        "crates/crawl/src/dht/sources.rs",
        "MOST_WAITING",
        "visits",
        "visits that wait for others to the same network",
        "further ones are due again in the next round, and counted: `waiting`",
    ),
    Bound(
        "crates/crawl/src/dht/sources.rs",
        "MOST_TOLD",
        "places",
        "new addresses and ports on the word of one address or /64 in a round, refused ones among them",
        "further ones are not asked, and counted",
    ),
    Bound(
        "crates/crawl/src/dht/visits/hearing.rs",
        "MOST_KNOWN",
        "places",
        "addresses and ports that are remembered in a round",
        "further ones are not asked, and counted",
    ),
    Bound(
        "crates/crawl/src/dht/sources.rs",
        "AT_ONCE_OF_HOST",
        "visits",
        "visits of a crawl to one address or /64 at once",
        "others wait",
    ),
    Bound(
        "crates/crawl/src/dht/sources.rs",
        "AT_ONCE_OF_NETWORK",
        "visits",
        "visits of a crawl to one /24 or /48 at once",
        "others wait",
    ),
    Bound(
        "crates/crawl/src/metrics/server.rs",
        "AT_ONCE",
        "scrapes",
        "scrapes of `--metrics` at once",
        "the oldest that has not asked yet ends, else others wait",
    ),
];

const FILES: &[Bound] = &[
    Bound(
        "crates/probes/src/config_file.rs",
        "MAX_FILE",
        "B",
        "a configuration file",
        "it is refused",
    ),
    Bound(
        "crates/peer/src/identity/allow_file.rs",
        "MAX_FILE",
        "B",
        "an allow-list",
        "it is refused; the previous list stays in effect",
    ),
    Bound("src/cli/crawl.rs", "MAX_OPT_OUT", "B", "an opt-out list", "it is refused"),
    Bound("src/cli/bootstrap.rs", "MAX_BYTES", "B", "a bootstrap file", "it is refused"),
    Bound(
        "crates/probes/src/custom.rs",
        "MAX_FILE",
        "B",
        "a file that defines a probe",
        "it is refused",
    ),
    Bound("src/cli/signals.rs", "MAX_RULE", "B", "a rule of one's own", "it is refused"),
    Bound("src/cli/session.rs", "MOST_SCRIPT", "B", "a script of keys", "it is refused"),
    Bound(
        "src/cli/case/witness.rs",
        "MAX_MEMORY",
        "B",
        "what a witness remembers",
        "it is refused",
    ),
    Bound(
        "src/cli/case/add.rs",
        "MAX_FILE",
        "B",
        "a file that is added to a case",
        "it is refused",
    ),
    Bound("crates/peer/src/identity/key_file.rs", "MAX_FILE", "B", "a key file", "it is refused"),
    Bound(
        "crates/facts/src/recording/reading.rs",
        "MOST_BYTES",
        "B",
        "bytes of a recording",
        "it is refused, with the line",
    ),
    Bound(
        "crates/facts/src/recording/reading.rs",
        "MOST_LINE",
        "B",
        "bytes of a line of a recording",
        "it is refused, with the line",
    ),
    Bound(
        "crates/facts/src/recording/reading.rs",
        "MOST_LINES",
        "lines",
        "a recording",
        "it is refused, with the line",
    ),
    Bound(
        "crates/facts/src/recording/reading.rs",
        "MOST_VALUES",
        "values",
        "a line of a recording",
        "it is refused, with the line",
    ),
    Bound(
        "crates/facts/src/recording/reading.rs",
        "MOST_MEMORY",
        "B",
        "memory of a recording, as its lines and values tell",
        "it is refused, with the line",
    ),
    Bound(
        "crates/evidence/src/case/read.rs",
        "READ_AGAIN",
        "times",
        "reading a damaged case again, for what looks like an entry",
        "the rest is called damaged, and not searched",
    ),
    Bound(
        "crates/store/src/writer.rs",
        "MOST_WAITING",
        "B",
        "what waits for the store of a crawl",
        "no visit begins, and gossip is left out; the log says so",
    ),
    Bound(
        "crates/evidence/src/case/format.rs",
        "MAX_BODY",
        "B",
        "an entry of a case",
        "it is not written; in a file it is damage",
    ),
    Bound(
        "crates/store/src/database/sqlite.rs",
        "LONGEST_VALUE",
        "B",
        "a value of a store in SQLite; PostgreSQL has no such bound here",
        "it is not read, and that is an error",
    ),
    Bound(
        "src/cli/queue.rs",
        "MOST_BYTES",
        "B",
        "lines of an output that wait for its reader; a larger one waits alone",
        "they are left out; a line says how many",
    ),
    Bound(
        "src/cli/queue.rs",
        "MOST",
        "lines",
        "their number",
        "they are left out; a line says how many",
    ),
    Bound("src/cli/logging/file.rs", "FULL", "B", "a log file or an audit", "it is renamed"),
    Bound(
        "src/cli/logging/file.rs",
        "KEPT",
        "files",
        "renamed ones that are kept",
        "the oldest is deleted",
    ),
    Bound(
        "src/cli/journal/calm.rs",
        "OF_A_PEER",
        "lines/s",
        "lines about one peer in log, events and audit",
        "they are counted, and told as one",
    ),
    Bound(
        "src/cli/journal/calm.rs",
        "OF_OTHERS",
        "lines/s",
        "lines about strangers and connections",
        "they are counted, and told as one",
    ),
];

/// The tables.
pub fn tables() -> String {
    let mut text = String::new();
    for (title, bounds) in [
        ("On the overlay", OVERLAY),
        ("On BitTorrent and the DHT", NETWORKS),
        ("Of files and logs", FILES),
    ] {
        write!(text, "\n**{title}**\n\n| of | at most | beyond it | in |\n|---|---|---|---|\n")
            .expect("text");
        for Bound(file, name, unit, of, beyond) in bounds {
            let value = value(file, name);
            let amount = if *unit == "B" { size(value) } else { format!("{value} {unit}") };
            let amount = if unit.is_empty() { format!("{value} s") } else { amount };
            writeln!(text, "| {of} | {amount} | {beyond} | [`{name}`]({file}) |").expect("text");
        }
    }
    text + "\n"
}

/// What a constant of a source file is.
fn value(file: &str, name: &str) -> u64 {
    let source =
        fs::read_to_string(format!("{ROOT}/{file}")).unwrap_or_else(|why| panic!("{file}: {why}"));
    let begin = format!("const {name}: ");
    let line = source.lines().find_map(|line| Some(line.split_once(&begin)?.1));
    let line = line.unwrap_or_else(|| panic!("{file} has no constant {name}"));
    let expression = line.split_once("= ").and_then(|(_, rest)| rest.split_once(';'));
    let expression = expression.unwrap_or_else(|| panic!("{file}: {name} in one line")).0;
    let seconds =
        expression.strip_prefix("Duration::from_secs(").map(|rest| rest.trim_end_matches(')'));
    evaluated(seconds.unwrap_or(expression))
        .unwrap_or_else(|| panic!("{file}: {name} = {expression}"))
}

/// A product or a shift of plain numbers.
fn evaluated(expression: &str) -> Option<u64> {
    let number = |text: &str| text.trim().replace('_', "").parse::<u64>().ok();
    if let Some((base, by)) = expression.split_once("<<") {
        return number(base)?.checked_shl(u32::try_from(number(by)?).ok()?);
    }
    expression.split('*').map(number).product()
}

fn size(bytes: u64) -> String {
    match bytes {
        _ if bytes.is_multiple_of(1 << 20) => format!("{} MiB", bytes >> 20),
        _ if bytes.is_multiple_of(1 << 10) => format!("{} KiB", bytes >> 10),
        _ => format!("{bytes} B"),
    }
}

#[test]
fn expressions_of_constants_are_read() {
    assert_eq!(evaluated("24 * 60"), Some(1440));
    assert_eq!(evaluated("7 << 16"), Some(7 << 16));
    assert_eq!(evaluated("100_000"), Some(100_000));
    assert_eq!(evaluated("MAX_BYTES as i32"), None);
    assert_eq!([size(8 << 20), size(4096), size(100)], ["8 MiB", "4 KiB", "100 B"]);
}
