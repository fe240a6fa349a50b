//! `swarmscope signals`: what looks odd in a case, a recording or a store, and why.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::BoolishValueParser;
use serde_json::json;
use swarmscope_evidence::case::{Draft, format, kind};
use swarmscope_evidence::record::{self, Record};
use swarmscope_evidence::signals::input::Round;
use swarmscope_evidence::signals::{self, Card, Own, Rule};
use swarmscope_peer::files;
use swarmscope_wire::text;

use super::case::{CaseFile, KeyOption};
use super::options::JsonOption;
use super::{CliError, logging, output};

mod from_recording;
pub mod from_store;

#[derive(Args, Debug)]
pub struct SignalsArgs {
    /// A case file, a recording, or a store: sqlite:FILE, a path, or postgres://…
    source: String,
    /// A rule of your own (TOML); may be repeated
    #[arg(long, value_name = "FILE", env = "SWARMSCOPE_RULE", value_delimiter = ',')]
    rule: Vec<PathBuf>,
    /// Write the signals into the case, with the entries they rest on
    #[arg(long, env = "SWARMSCOPE_ADD", value_parser = BoolishValueParser::new())]
    add: bool,
    #[command(flatten)]
    key: KeyOption,
    #[command(flatten)]
    json: JsonOption,
}

/// Where answers come from.
enum Source {
    Case(PathBuf),
    Recording(PathBuf),
    Store,
}

/// # Errors
/// The source or a rule can't be read.
pub fn run(args: &SignalsArgs) -> Result<u8, CliError> {
    logging::start(logging::Level::Warnings);
    let mut rules = signals::built_in();
    for path in &args.rule {
        rules.push(Box::new(own(path)?) as Box<dyn Rule>);
    }
    let source = source(&args.source);
    if args.add && !matches!(source, Source::Case(_)) {
        return Err(CliError::usage(
            "--add: signals can only be added to a case, and this is not one",
            "leave --add out",
        ));
    }
    let (rounds, records) = match &source {
        Source::Case(path) => {
            let contents = record::contents(super::case::read(path)?)
                .map_err(|error| CliError::file(path, error))?;
            (signals::rounds(&contents.records), contents.records)
        }
        Source::Recording(path) => (from_recording::rounds(path)?, Vec::new()),
        Source::Store => (from_store::rounds(&args.source)?, Vec::new()),
    };
    let cards = signals::find(&rounds, &rules);
    if let (true, Source::Case(path)) = (args.add, &source) {
        add(path, &args.key, &cards, &records)?;
    }
    print(&cards, &rounds, args.json.json)?;
    Ok(0)
}

/// The largest rule of one's own.
const MAX_RULE: u64 = 1 << 20;

fn own(path: &Path) -> Result<Own, CliError> {
    const HINT: &str = "docs/signals.md has an example of a custom rule";
    let text = files::read_text(path, MAX_RULE)
        .map_err(|error| CliError::file(path, error).with_hint(HINT))?;
    Own::parse(&text).map_err(|error| CliError::file(path, error).with_hint(HINT))
}

/// What a source is, by how it begins.
fn source(name: &str) -> Source {
    let mut begin = [0; format::MAGIC.len()];
    let read = files::open(Path::new(name)).and_then(|mut file| file.read(&mut begin));
    match read {
        Ok(_) if begin == format::MAGIC => Source::Case(name.into()),
        Ok(count) if count > 0 && begin[0] == b'{' => Source::Recording(name.into()),
        _ => Source::Store,
    }
}

/// Writes cards into the case; each names the entries of the replies it rests on.
fn add(path: &Path, key: &KeyOption, cards: &[Card], records: &[Record]) -> Result<(), CliError> {
    let mut case = CaseFile::open(path, key)?;
    for card in cards {
        case.append(draft(card, records)?)?;
    }
    case.close()
}

/// A card as an entry of a case with these records.
///
/// # Errors
/// It can't be written as JSON.
pub fn draft(card: &Card, records: &[Record]) -> Result<Draft, CliError> {
    let members: BTreeSet<&str> = card.members.iter().map(String::as_str).collect();
    let replies: BTreeSet<&str> = card.replies.iter().map(String::as_str).collect();
    let rests = |record: &&Record| {
        let peer = record.peer.as_deref().is_some_and(|peer| members.contains(peer));
        // found outside the case, a reply on BitTorrent or the DHT is known by what it says
        let mut digests = [&record.reply_sha256, &record.content].into_iter().flatten();
        peer && (replies.is_empty() || digests.any(|digest| replies.contains(digest.as_str())))
    };
    let about: Vec<String> = records
        .iter()
        .filter(rests)
        .filter_map(|record| Some(record.end_entry?.to_string()))
        .collect();
    let text = text::json(card).map_err(|error| CliError::io(error.to_string()))?;
    Ok(Draft::new(kind::SIGNAL)
        .plain("signal", &card.id)
        .plain("rule", &card.rule)
        .plain("network", &card.network)
        .plain("severity", card.severity.words())
        .plain("peers", card.peers)
        .plain("since", &card.since)
        .plain("about", about.join(" "))
        .private("card", text))
}

fn print(cards: &[Card], rounds: &[Round], json: bool) -> Result<(), CliError> {
    let mut out = String::new();
    for card in cards {
        if json {
            let mut object = json!({ "event": "signal" });
            let fields =
                serde_json::to_value(card).map_err(|error| CliError::io(error.to_string()))?;
            if let (Some(object), serde_json::Value::Object(fields)) =
                (object.as_object_mut(), fields)
            {
                object.extend(fields);
            }
            out += &text::json(&object).map_err(|error| CliError::io(error.to_string()))?;
            out.push('\n');
        } else {
            out += &words(card);
        }
    }
    if !json {
        let answers: usize = rounds.iter().map(|round| round.answers.len()).sum();
        let looked = format!(
            "{} in {}",
            text::count(answers, "answer", "answers"),
            text::count(rounds.len(), "round", "rounds")
        );
        let found = text::count(cards.len(), "signal", "signals");
        out.extend([&found, ", looking at ", &looked, ". ", signals::NOT_SAID, ".\n"]);
    }
    Ok(output::write_text(&out)?)
}

/// A card as lines.
fn words(card: &Card) -> String {
    let mark = if card.severity > signals::Severity::Odd { "▲" } else { " " };
    let mut lines = vec![format!(
        "{mark} {:7} {}  ({}, {} of {} peers)",
        card.network,
        card.title,
        card.severity.words(),
        card.peers,
        card.of
    )];
    let facts = [
        ("spread", card.spread_words().to_owned()),
        ("when", format!("first {}, last {}", card.since, card.latest)),
        ("rule", card.id.clone()),
    ];
    let named = card.lines().into_iter().chain(facts);
    lines.extend(named.map(|(name, words)| format!("    {name:10} {}", text::clean(&words))));
    lines.join("\n") + "\n\n"
}
