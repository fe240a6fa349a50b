//! What became of every peer of the newest campaign, as a file.

use bytes::Bytes;

use crate::screen::Model;
use crate::screen::reply::saving::ending;
use swarmscope_facts::format::clock;
use swarmscope_facts::many::export::{csv, ndjson};

/// What a file for the newest campaign may be called: message and time.
pub fn name(model: &Model) -> Option<String> {
    let campaign = model.many.campaign.as_ref()?;
    let label = model.registry().label(campaign.plan.message).to_lowercase();
    let name =
        format!("many-{label}-{}.ndjson", clock(campaign.started.wall).replace([':', 'Z'], ""));
    Some(name.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect())
}

/// What stands in a file of this name: a table in `….csv`, JSON lines in `….ndjson` and `….jsonl`.
pub fn contents(model: &Model, name: &str) -> Option<Bytes> {
    let campaign = model.many.campaign.as_ref()?;
    let (facts, naming) = (&model.facts, model.naming());
    Some(Bytes::from(if ending(name).as_deref() == Some("csv") {
        csv(facts, naming, campaign)
    } else {
        ndjson(facts, naming, campaign)
    }))
}
