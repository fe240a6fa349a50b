//! `swarmscope limits`: what others may take of a process of this program, and what they take of
//! those that run now.

mod served;

use std::fmt::Write as _;
use std::io;

use clap::Args;

use super::options::JsonOption;
use super::output::{self, Line};
use super::{CliError, config, logging, open_files};
use swarmscope_peer::limits::{Limit, Limits, Reading, Unit};

use served::Running;
pub use served::Serving;

#[derive(Args, Debug)]
pub struct LimitsArgs {
    #[command(flatten)]
    json: JsonOption,
}

/// The limits of this process: those of the configuration, within the files that it may open.
///
/// # Errors
/// The configuration can't be used.
pub fn configured() -> Result<Limits, CliError> {
    Ok(config::limits(&Limits::default())?.within_open_files(open_files::raise()))
}

/// The same for a crawl, which needs more where nothing is configured. That files suffice for its
/// dials was seen to before.
///
/// # Errors
/// The configuration can't be used.
pub fn configured_for(crawl: &swarmscope_crawl::Settings) -> Result<Limits, CliError> {
    let limits = config::limits(&crawl.limits())?;
    let dials = limits.dials;
    Ok(Limits { dials, ..limits.within_open_files(open_files::raise()) })
}

/// Prints every limit with its value, and for each peer, screen and crawl that runs what is in use of
/// it, the most that ever was, and how often it was reached.
///
/// # Errors
/// The configuration can't be used, or standard output can't be written.
pub fn run(args: &LimitsArgs) -> Result<u8, CliError> {
    logging::start(logging::Level::Warnings);
    let (limits, running) = (configured()?, served::ask_all());
    if args.json.json {
        print_json(&limits, &running)?;
    } else {
        output::write_text(&text(&limits, &running))?;
    }
    Ok(0)
}

fn print_json(limits: &Limits, running: &[Running]) -> io::Result<()> {
    for limit in Limit::ALL {
        line(None, &values(limits, limit)).print()?;
    }
    for process in running {
        for reading in &process.readings {
            line(Some(process.pid), reading).print()?;
        }
    }
    Ok(())
}

/// A limit of no process that runs.
fn values(limits: &Limits, limit: Limit) -> Reading {
    Reading { limit, allowed: limit.of(limits), used: None, most: 0, refused: 0 }
}

fn line(pid: Option<u32>, reading: &Reading) -> Line<'static> {
    let limit = reading.limit;
    Line::Limit {
        pid,
        limit: limit.key(),
        scope: limit.scope().words(),
        unit: unit(limit),
        allowed: reading.allowed,
        used: reading.used,
        most: pid.map(|_| reading.most),
        refused: pid.map(|_| reading.refused),
    }
}

fn unit(limit: Limit) -> &'static str {
    match limit.unit() {
        Unit::Bytes => "bytes",
        Unit::Count(things) => things,
        Unit::PerSecond(_) => "connections/s",
    }
}

fn text(limits: &Limits, running: &[Running]) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{:27} {:14} {:>11} {:13}", "limit", "scope", "value", "unit");
    for limit in Limit::ALL {
        let (key, scope, value) = (limit.key(), limit.scope().words(), limit.of(limits));
        let _ = writeln!(text, "{key:27} {scope:14} {value:>11} {}", unit(limit));
    }
    if running.is_empty() {
        text.push_str(
            "\nNo peer, screen or crawl of this user is running: nothing is known of use.\n",
        );
    }
    for process in running {
        let _ = writeln!(text, "\n{}, process {}", process.what, process.pid);
        if process.readings.is_empty() {
            // a crawl of the DHT, or one that has just begun
            text.push_str("It tells nothing of these limits.\n");
            continue;
        }
        let _ = writeln!(
            text,
            "{:27} {:>11} {:>11} {:>11} {:>11}",
            "limit", "value", "in use", "most", "refused"
        );
        for Reading { limit, allowed, used, most, refused } in &process.readings {
            // one source, permid or connection has no use of its own here, only the most of any
            let used = used.map_or_else(|| "-".to_owned(), |used| used.to_string());
            let key = limit.key();
            let _ = writeln!(text, "{key:27} {allowed:>11} {used:>11} {most:>11} {refused:>11}");
        }
    }
    text
}
