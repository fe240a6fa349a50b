//! `swarmscope store`: questions to a store, and its upkeep.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use swarmscope_store::records::Network;
use swarmscope_store::store::Selection;
use swarmscope_store::{Figures, Place, Round, Store, StoreError, Time};

use super::options::JsonOption;
use super::{CliError, directories, logging, output};
use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::text::clean;

mod diff;
mod export;
mod filter;
pub mod rows;

pub use filter::Filter;

#[derive(Args, Debug)]
pub struct StoreArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Show the contents of a store
    Info(Asked),
    /// List rounds with their figures
    Rounds(Asked),
    /// List peers, as keyed hashes
    Peers(Listed),
    /// List visits with their outcomes
    Visits(Listed),
    /// List replies, in the columns their questions declare
    Replies(Listed),
    /// Compare two rounds: peers that came, went and changed
    Diff(diff::DiffArgs),
    /// Export all visits and replies to a file
    Export(export::ExportArgs),
    /// Write a self-contained page about a store
    Report(export::ReportArgs),
    /// Remove old visits, or the oldest until a size is met
    Prune(PruneArgs),
    /// Check that a store is consistent (exit code 1 if not)
    Verify(Asked),
    /// Upgrade the tables of a store to this program's version
    Migrate(Asked),
}

#[derive(Args, Debug)]
struct Asked {
    /// sqlite:FILE, a path, or postgres://USER@HOST/DATABASE
    store: Place,
    #[command(flatten)]
    json: JsonOption,
}

#[derive(Args, Debug)]
struct Listed {
    /// sqlite:FILE, a path, or postgres://USER@HOST/DATABASE
    store: Place,
    /// Filters such as outcome:tcp.timeout, net:overlay, version>=18 or, after --,
    /// -outcome:reached; all must match
    filter: Vec<String>,
    /// Only this round
    #[arg(long, value_name = "N", env = "SWARMSCOPE_ROUND")]
    round: Option<i64>,
    #[command(flatten)]
    json: JsonOption,
}

#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct Bounds {
    /// Keep visits and replies of the last N days
    #[arg(long, value_name = "N", env = "SWARMSCOPE_KEEP_DAYS")]
    keep_days: Option<u32>,
    /// Remove the oldest rounds' visits until the store is no larger than this
    #[arg(long, value_name = "N", env = "SWARMSCOPE_MAX_BYTES")]
    max_bytes: Option<u64>,
}

#[derive(Args, Debug)]
struct PruneArgs {
    /// sqlite:FILE, a path, or postgres://USER@HOST/DATABASE
    store: Place,
    #[command(flatten)]
    bounds: Bounds,
    #[command(flatten)]
    json: JsonOption,
}

/// Answers, or does what it is asked for.
///
/// # Errors
/// The store is not there or can't be used.
pub fn run(args: StoreArgs) -> Result<u8, CliError> {
    logging::start(logging::Level::Warnings);
    match args.what {
        What::Info(asked) => info(&asked),
        What::Rounds(asked) => rounds(&asked),
        What::Peers(listed) => {
            rows::peers(&listed.store, listed.selection(), &listed.filter()?, listed.json.json)
        }
        What::Visits(listed) => {
            rows::visits(&listed.store, listed.selection(), &listed.filter()?, listed.json.json)
        }
        What::Replies(listed) => {
            rows::replies(&listed.store, listed.selection(), &listed.filter()?, listed.json.json)
        }
        What::Diff(args) => diff::run(&args),
        What::Export(args) => export::run(&args),
        What::Report(args) => export::report(&args),
        What::Prune(args) => prune(&args),
        What::Verify(asked) => verify(&asked),
        What::Migrate(asked) => migrate(&asked),
    }
}

impl Listed {
    fn selection(&self) -> Selection {
        Selection { round: self.round, ..Selection::default() }
    }

    fn filter(&self) -> Result<Filter, CliError> {
        Filter::from_words(&self.filter)
    }
}

fn info(asked: &Asked) -> Result<u8, CliError> {
    let info = Store::read(&asked.store)?.info()?;
    let networks: Vec<&str> = info.networks.iter().map(|network| network.name()).collect();
    if asked.json.json {
        return print_json(&serde_json::json!({
            "schema": info.schema, "networks": networks, "rounds": info.rounds, "peers": info.peers,
            "visits": info.visits, "replies": info.replies, "bytes": info.bytes,
            "first": info.first.map(|time| time.to_string()), "last": info.last.map(|time| time.to_string()),
        }));
    }
    let time = |time: Option<Time>| time.map_or("never".to_owned(), |time| time.to_string());
    let lines = [
        ("networks", networks.join(", ")),
        ("rounds", info.rounds.to_string()),
        ("peers", info.peers.to_string()),
        ("visits", info.visits.to_string()),
        ("replies", info.replies.to_string()),
        ("size", format!("{} bytes", info.bytes)),
        ("first round", time(info.first)),
        ("last visit", time(info.last)),
        ("tables", format!("version {}", info.schema)),
    ];
    let lines: Vec<String> =
        lines.iter().map(|(name, words)| format!("{name:<12} {words}")).collect();
    output::write_text(&format!("{}\n", lines.join("\n")))?;
    Ok(0)
}

/// A round for programs.
fn round_json(round: &Round) -> serde_json::Value {
    let figures = round.figures.as_ref();
    serde_json::json!({
        "round": round.id.0, "network": round.network.name(), "state": round.state.name(),
        "began": round.began.to_string(), "ended": round.ended.map(|time| time.to_string()),
        "every_s": round.every.as_secs(), "program": round.program,
        "settings": serde_json::from_str::<serde_json::Value>(&round.settings).unwrap_or_default(),
        "known": figures.map(|it| it.known), "heard": figures.map(|it| it.heard),
        "hearsay": figures.map(|it| it.hearsay), "dialled": figures.map(|it| it.dialled),
        "reached": figures.map(Figures::reached), "answered": figures.map(|it| &it.answered),
        "asked": figures.map(|it| &it.asked), "outcomes": figures.map(|it| &it.outcomes),
        "coverage": figures.and_then(Figures::coverage), "distortion": figures.and_then(Figures::distortion),
        "estimate": figures.and_then(Figures::estimate), "before": figures.and_then(|it| it.before),
        "seconds": figures.map(|it| it.seconds),
    })
}

fn rounds(asked: &Asked) -> Result<u8, CliError> {
    let rounds = Store::read(&asked.store)?.rounds()?;
    if asked.json.json {
        for round in &rounds {
            print_json(&round_json(round))?;
        }
        return Ok(0);
    }
    let head = [
        "ROUND",
        "NETWORK",
        "STATE",
        "BEGAN",
        "TOOK",
        "KNOWN",
        "DIALLED",
        "REACHED",
        "COVERAGE",
        "DISTORTION",
    ];
    let percent = |share: Option<f64>| {
        share.map_or("–".to_owned(), |share| format!("{:.1} %", share * 100.0))
    };
    let table: Vec<Vec<String>> = rounds
        .iter()
        .map(|round| {
            let figures = round.figures.as_ref();
            let number = |of: fn(&Figures) -> u64| {
                figures.map_or("–".to_owned(), |figures| of(figures).to_string())
            };
            vec![
                round.id.0.to_string(),
                round.network.name().to_owned(),
                round.state.name().to_owned(),
                round.began.to_string(),
                figures.map_or("–".to_owned(), |figures| format!("{:.0} s", figures.seconds)),
                number(|figures| figures.known),
                number(|figures| figures.dialled),
                number(Figures::reached),
                percent(figures.and_then(Figures::coverage).map(|share| share.mid)),
                percent(figures.and_then(Figures::distortion)),
            ]
        })
        .collect();
    rows::table(&head, &table)?;
    let notes = "coverage: reached, of the peers that can be reached, as estimated from two rounds in a row (Chapman)\n\
                 distortion: share of the peers of two rounds in a row that are in only one of them\n";
    output::write_text(notes)?;
    for round in rounds.iter().filter(|round| round.zone_bits().is_some()) {
        let of = 1_u32 << round.zone_bits().unwrap_or(0).min(31);
        output::write_text(&format!(
            "round {}: all figures are of one zone, 1 in {of} of the network\n",
            round.id.0
        ))?;
    }
    Ok(0)
}

fn prune(args: &PruneArgs) -> Result<u8, CliError> {
    let mut store = Store::write(&args.store)?;
    let pruned = match (args.bounds.keep_days, args.bounds.max_bytes) {
        (Some(days), _) => {
            store.prune_before(Time(Time::now().0.saturating_sub(i64::from(days) * Time::DAY)))?
        }
        (None, Some(bytes)) => store.prune_to(bytes)?,
        (None, None) => {
            return Err(CliError::usage(
                "prune: no limit given",
                "give --keep-days or --max-bytes",
            ));
        }
    };
    if args.json.json {
        return print_json(&serde_json::json!({
            "visits": pruned.visits, "addresses": pruned.addresses, "peers": pruned.peers, "bytes_before": pruned.before, "bytes": pruned.after,
        }));
    }
    let over = args.bounds.max_bytes.is_some_and(|most| pruned.after > most);
    let over = if over {
        "; what is left are the last complete rounds and whoever was reached"
    } else {
        ""
    };
    let text = format!(
        "{} visits, {} addresses and {} peers that were only heard of removed; {} bytes before, {} now{over}; \
         the figures of their rounds are kept\n",
        pruned.visits, pruned.addresses, pruned.peers, pruned.before, pruned.after
    );
    output::write_text(&text)?;
    Ok(0)
}

fn verify(asked: &Asked) -> Result<u8, CliError> {
    let faults = Store::read(&asked.store).and_then(|mut store| store.faults());
    let faults = match faults {
        Err(error) if error.kind == swarmscope_store::error::Kind::Corrupt => vec![error.detail],
        faults => faults?,
    };
    if asked.json.json {
        print_json(
            &serde_json::json!({"event": "verify", "ok": faults.is_empty(), "faults": faults}),
        )?;
    } else if faults.is_empty() {
        output::write_text(
            "sound: the database's own checks pass, and its tables are consistent\n",
        )?;
    } else {
        let faults: Vec<_> = faults.iter().map(|fault| clean(fault)).collect();
        output::write_text(&format!("not sound:\n{}\n", faults.join("\n")))?;
    }
    Ok(u8::from(!faults.is_empty()))
}

fn migrate(asked: &Asked) -> Result<u8, CliError> {
    let schema = Store::write(&asked.store)?.info()?.schema;
    if asked.json.json {
        return print_json(&serde_json::json!({"schema": schema, "changed": false}));
    }
    output::write_text(&format!("the tables already have version {schema}: nothing to do\n"))?;
    Ok(0)
}

/// One object, one line.
pub(super) fn print_json(value: &serde_json::Value) -> Result<u8, CliError> {
    output::print_json(value)?;
    Ok(0)
}

/// The operator's key: as named, or the user's own.
///
/// # Errors
/// No home directory is known.
pub fn key_file(named: Option<PathBuf>) -> Result<PathBuf, CliError> {
    named.map_or_else(directories::store_key, Ok)
}

/// The rows of a network's name, for filters.
fn network_name(network: Network) -> &'static str {
    network.name()
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        let what = format!("{error} ({})", error.kind.code());
        Self::from(Failure::new(Cause::Io, By::Us, what)).with_hint(error.kind.hint())
    }
}
