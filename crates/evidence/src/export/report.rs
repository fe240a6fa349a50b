//! What the reports for people say: the same sentences in Markdown and on the page. Every sentence
//! is a template with figures in it; none names a cause.

use std::collections::{BTreeMap, BTreeSet};

use super::Export;
use crate::record::Outcome;
use crate::signals::heat::{self, Heat};
use crate::signals::rounds;
use swarmscope_wire::text;

/// A section: its heading, its paragraphs, its table.
pub struct Section {
    pub heading: String,
    pub paragraphs: Vec<String>,
    /// The first row is its header.
    pub table: Vec<Vec<String>>,
}

impl Section {
    fn new(heading: impl Into<String>) -> Self {
        Self { heading: heading.into(), paragraphs: Vec::new(), table: Vec::new() }
    }

    fn say(mut self, text: impl Into<String>) -> Self {
        self.paragraphs.push(text.into());
        self
    }

    fn rows(mut self, header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Self {
        self.table = vec![header.iter().map(|&cell| cell.to_owned()).collect()];
        self.table.extend(rows);
        self
    }
}

/// Rounds that a table has room for, the newest.
const MOST_ROUNDS: usize = 12;
/// Peers of a signal that are named; exports have all.
const MOST_NAMED: usize = 20;

/// The title, and the sections in their order.
pub fn sections(export: Export<'_>) -> (String, Vec<Section>) {
    let head = |name: &str| export.contents.head.get(name).map_or("not said", String::as_str);
    let title = format!("Case {}", head("id"));
    let mut sections = vec![summary(export, head), outcomes(export)];
    sections.extend(export.signals.iter().map(signal));
    sections.extend(heat::of(&rounds(&export.contents.records)).iter().map(over_rounds));
    sections.push(groups(export));
    if !export.contents.notes.is_empty() {
        let rows =
            export.contents.notes.iter().map(|(entry, text)| vec![entry.to_string(), text.clone()]);
        sections.push(Section::new("Notes").rows(&["entry", "note"], rows));
    }
    sections.push(limits(export, head));
    (title, sections)
}

fn peers<'a>(records: impl Iterator<Item = &'a crate::record::Record>) -> usize {
    records.filter_map(|record| record.peer.as_ref()).collect::<BTreeSet<_>>().len()
}

/// How many peers are of which network, where there are several: one host can be one of each.
fn by_network(records: &[crate::record::Record]) -> String {
    let networks: BTreeSet<&str> = records.iter().map(|record| &*record.network).collect();
    let of = |network: &&str| {
        format!("{} of {network}", peers(records.iter().filter(|it| it.network == *network)))
    };
    match networks.len() {
        0 | 1 => String::new(),
        _ => format!(" ({})", networks.iter().map(of).collect::<Vec<_>>().join(", ")),
    }
}

fn summary<'a>(export: Export<'a>, head: impl Fn(&str) -> &'a str) -> Section {
    let records = &export.contents.records;
    let answered =
        records.iter().filter(|record| matches!(record.outcome, Outcome::Success | Outcome::Error));
    let times: BTreeSet<&str> = records.iter().map(|record| record.sent_at.as_str()).collect();
    let when = match (times.first(), times.last()) {
        (Some(first), Some(last)) => format!(" between {first} and {last}"),
        _ => String::new(),
    };
    let queries = records.iter().filter(|record| record.part_of.is_some()).count();
    let queries = if queries == 0 {
        String::new()
    } else {
        format!(" {queries} of the questions were a lookup's, to nodes that others named.")
    };
    Section::new("Summary")
        .say(format!(
            "{} to {}{}{when}; {} answered at least one.{queries} {}.",
            text::count(records.len(), "question", "questions"),
            text::count(peers(records.iter()), "peer", "peers"),
            by_network(records),
            text::count(peers(answered), "peer", "peers"),
            text::count(export.signals.len(), "signal", "signals")
        ))
        .say(format!("Reason: {}. Ordered by: {}.", head("why"), head("order")))
        .say(export.verified)
        .say(format!("Exported {} by {}.", export.now, export.program))
}

fn outcomes(export: Export<'_>) -> Section {
    let mut counts: BTreeMap<(&str, &str, String), u64> = BTreeMap::new();
    for record in &export.contents.records {
        let end = match (record.outcome, record.error, &record.code) {
            (Outcome::Error, Some(error), _) => format!("error {error}"),
            (Outcome::Failure, _, Some(code)) => code.clone(),
            (outcome, ..) => outcome.name().to_owned(),
        };
        *counts.entry((&record.network, &record.question, end)).or_default() += 1;
    }
    let total = export.contents.records.len();
    let rows = counts.into_iter().map(|((network, question, end), count)| {
        vec![network.to_owned(), question.to_owned(), end, format!("{count} of {total}")]
    });
    Section::new("Outcomes").rows(&["network", "question", "end", "questions"], rows)
}

fn signal(card: &crate::signals::Card) -> Section {
    let parameters: Vec<String> =
        card.parameters.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    let facts = [
        (
            "peers",
            format!("{} of {}, first {}, last {}", card.peers, card.of, card.since, card.latest),
        ),
        ("which", which(card)),
        ("spread", card.spread_words().to_owned()),
        ("by round", by_round(card)),
        ("rule", format!("{}; {}", card.rule, parameters.join(", "))),
        ("replies", card.replies.join(" ")),
    ];
    let lines = card.lines().into_iter().chain(facts);
    let rows = lines.map(|(name, text)| vec![name.to_owned(), text]);
    Section::new(format!("Signal: {} ({}, {})", card.title, card.network, card.severity.words()))
        .rows(&["", ""], rows)
}

/// The peers by name, as far as somebody reads them one by one.
fn which(card: &crate::signals::Card) -> String {
    let named: Vec<&str> = card.members.iter().take(MOST_NAMED).map(String::as_str).collect();
    let more = card.members.len().saturating_sub(MOST_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", named.join(" "))
}

/// The curve in figures: how many peers of the panel, and how long after the first round.
fn by_round(card: &crate::signals::Card) -> String {
    let counts = card.by_round.iter().map(|(hours, peers)| format!("{peers} (+{hours:.1} h)"));
    counts.collect::<Vec<_>>().join(", ")
}

/// A heat map in characters: they are read in Markdown, on the page and by those who hear it.
fn over_rounds(heat: &Heat) -> Section {
    const BLOCKS: [char; 9] = ['·', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let from = heat.rounds.len().saturating_sub(MOST_ROUNDS);
    let cell = |count: &u64| {
        let level = usize::try_from(heat.level(*count, 8)).unwrap_or(8);
        format!("{} {count}", BLOCKS[level.min(8)])
    };
    let rows = heat.rows.iter().map(|row| {
        [row.what.clone()].into_iter().chain(row.counts[from..].iter().map(cell)).collect()
    });
    let header: Vec<&str> =
        ["answer"].into_iter().chain(heat.rounds[from..].iter().map(String::as_str)).collect();
    Section::new(format!("Answers over rounds: {} ({})", heat.question, heat.network))
        .say(format!(
            "Peers by answer and round, of a fixed panel of {} that were asked in every one of {} \
             rounds{}. A success is named by the digest of its content and its length.",
            heat.panel,
            heat.rounds.len(),
            if from > 0 { format!("; the newest {MOST_ROUNDS} are shown") } else { String::new() }
        ))
        .rows(&header, rows)
}

fn groups(export: Export<'_>) -> Section {
    const HEADER: [&str; 5] = [
        "question",
        "content (SHA-256, 128 bits)",
        "size of the first",
        "peers",
        "the first in words",
    ];
    let mut groups: BTreeMap<(&str, &str), Vec<&crate::record::Record>> = BTreeMap::new();
    let all = &export.contents.records;
    // the queries of a lookup differ in what they ask
    for record in all.iter().filter(|record| record.part_of.is_none()) {
        if let Some(content) = record.content.as_ref() {
            groups.entry((&record.question, content)).or_default().push(record);
        }
    }
    let mut rows: Vec<_> = groups.into_iter().collect();
    rows.sort_by_key(|(_, records)| std::cmp::Reverse(records.len()));
    let in_words = all.iter().any(|record| record.reply_summary.is_some());
    let rows = rows.into_iter().map(|((question, content), records)| {
        let size = records[0].reply_bytes.map(|bytes| format!("{bytes} B")).unwrap_or_default();
        let peers = peers(records.iter().copied()).to_string();
        let mut row = vec![question.to_owned(), content.to_owned(), size, peers];
        if in_words {
            row.push(records[0].reply_summary.clone().unwrap_or_default());
        }
        row
    });
    Section::new("Equal answers")
        .say(
            "The digest covers a reply's content without volatile fields; in a case with hidden \
             addresses it is keyed. The queries of lookups are left out.",
        )
        .rows(if in_words { &HEADER } else { &HEADER[..4] }, rows)
}

fn limits<'a>(export: Export<'a>, head: impl Fn(&str) -> &'a str) -> Section {
    let open =
        export.contents.records.iter().filter(|record| record.outcome == Outcome::Open).count();
    let withheld: usize = export.contents.records.iter().map(|record| record.withheld.len()).sum();
    Section::new("Method and limits")
        .say("Questions were sent over the network's own protocol; each peer could see the sender. Peers that could not be reached, or that only dial out, are not included.")
        .say("No signal shows what runs on a machine. Shares are of the peers asked, not of the network.")
        .say(format!("Addresses: {}. Bytes: {}. Questions without an outcome in this case: {open}. Values withheld in this copy: {withheld}.", head("addresses"), head("bytes")))
        .say(crate::case::verify::CAVEAT)
}
