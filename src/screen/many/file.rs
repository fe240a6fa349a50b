//! What became of every peer of the newest campaign, as a file.

use std::path::Path;

use bytes::Bytes;

use crate::screen::Model;
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

/// What stands in a file of this name: a table in `….csv`, else JSON lines.
pub fn contents(model: &Model, name: &str) -> Option<Bytes> {
    let campaign = model.many.campaign.as_ref()?;
    let (facts, naming) = (&model.facts, model.naming());
    let is_table =
        Path::new(name).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
    Some(Bytes::from(if is_table {
        csv(facts, naming, campaign)
    } else {
        ndjson(facts, naming, campaign)
    }))
}
