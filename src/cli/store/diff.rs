//! `store diff`: two rounds of one network against each other.

use std::borrow::Cow;
use std::collections::HashMap;

use clap::Args;
use serde_json::json;
use swarmscope_store::outcome::REACHED;
use swarmscope_store::records::State;
use swarmscope_store::store::Selection;
use swarmscope_store::{Place, Round, Store};
use swarmscope_wire::text::clean;

use super::super::output::write_text;
use super::{CliError, JsonOption, print_json};

const LIST: &str = "`swarmscope store rounds STORE` lists them";

#[derive(Args, Debug)]
pub struct DiffArgs {
    /// sqlite:FILE, a path, or postgres://USER@HOST/DATABASE
    store: Place,
    /// The earlier round
    a: i64,
    /// The later round
    b: i64,
    #[command(flatten)]
    json: JsonOption,
}

pub fn run(args: &DiffArgs) -> Result<u8, CliError> {
    let mut store = Store::read(&args.store)?;
    let rounds = store.rounds()?;
    let round = |id: i64| {
        let found = rounds.iter().find(|round| round.id.0 == id);
        found.ok_or_else(|| CliError::usage(format!("no round {id}"), LIST))
    };
    let (first, second) = (round(args.a)?, round(args.b)?);
    let (one, other) = (first.network, second.network);
    if one != other {
        let what =
            format!("round {} is of {}, round {} of {}", args.a, one.name(), args.b, other.name());
        return Err(CliError::usage(what, "rounds of different networks can't be compared"));
    }
    let mut outcomes = |round: i64| -> Result<HashMap<String, String>, CliError> {
        let mut found = HashMap::new();
        store.visits(Selection { round: Some(round), ..Selection::default() }, &mut |row| {
            found.insert(row.peer, row.outcome);
            true
        })?;
        Ok(found)
    };
    let (before, after) = (outcomes(args.a)?, outcomes(args.b)?);
    is_whole(first, before.len())?;
    is_whole(second, after.len())?;
    let reached = |outcome: Option<&String>| outcome.is_some_and(|outcome| outcome == REACHED);
    let mut changes: Vec<(&str, &String, Option<&String>, Option<&String>)> = Vec::new();
    for peer in before.keys().chain(after.keys().filter(|peer| !before.contains_key(*peer))) {
        let (was, is) = (before.get(peer), after.get(peer));
        let change = match (reached(was), reached(is)) {
            (true, false) => "gone",
            (false, true) => "came",
            (false, false) if was != is => "changed",
            _ => continue,
        };
        changes.push((change, peer, was, is));
    }
    changes.sort_unstable();
    let count = |change: &str| changes.iter().filter(|(it, ..)| *it == change).count();
    if args.json.json {
        for (change, peer, was, is) in &changes {
            print_json(
                &json!({"event": "change", "change": change, "peer": peer, "before": was, "after": is}),
            )?;
        }
        return print_json(&json!({
            "event": "diff", "a": args.a, "b": args.b, "network": one.name(), "came": count("came"), "gone": count("gone"),
            "changed": count("changed"),
        }));
    }
    let mut lines: Vec<String> = changes
        .iter()
        .map(|(change, peer, was, is)| {
            format!("{change}\t{}\t{}\t{}", clean(peer), word(*was), word(*is))
        })
        .collect();
    let (came, gone, otherwise) = (count("came"), count("gone"), count("changed"));
    lines.push(format!("{came} came, {gone} gone, {otherwise} not reached for another reason\n"));
    let text = lines.join("\n");
    write_text(&text)?;
    Ok(0)
}

fn word(outcome: Option<&String>) -> Cow<'_, str> {
    outcome.map_or("not visited".into(), |outcome| clean(outcome))
}

/// # Errors
/// Peers of this round would be called gone or new only because their visits are not there.
fn is_whole(round: &Round, visits: usize) -> Result<(), CliError> {
    let id = round.id.0;
    if round.state != State::Complete {
        let what = format!("round {id} is not complete ({})", round.state.name());
        return Err(CliError::usage(what, "compare complete rounds; ".to_owned() + LIST));
    }
    if round.figures.as_ref().is_some_and(|figures| figures.dialled != visits as u64) {
        let what = format!("visits of round {id} have been pruned: {visits} are left");
        return Err(CliError::usage(what, "compare later rounds; ".to_owned() + LIST));
    }
    Ok(())
}
