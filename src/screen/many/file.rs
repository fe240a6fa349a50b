//! What became of the peers of the newest campaign, of the requests to one peer, and what
//! passed between us and it, as a file.

use bytes::Bytes;

use crate::screen::Model;
use crate::screen::reply::saving::{Saving, Whose};
use swarmscope_facts::capture::Capture;
use swarmscope_facts::export::{Export, Format};
use swarmscope_facts::format::clock;
use swarmscope_facts::many::campaign::Row;

/// What a file for the newest campaign may be called: message and time.
pub fn name(model: &Model) -> Option<String> {
    let campaign = model.many.campaign.as_ref()?;
    let label = model.registry().label(campaign.plan.message).to_lowercase();
    let name =
        format!("many-{label}-{}.ndjson", clock(campaign.started.wall).replace([':', 'Z'], ""));
    Some(name.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect())
}

/// The rows that are meant.
pub fn chosen(model: &Model, whose: Whose) -> impl Iterator<Item = &Row> {
    let campaign = model.many.campaign.as_ref();
    let selected: Option<Vec<&Row>> = campaign
        .filter(|_| whose == Whose::Selected)
        .map(|campaign| model.many.view.peers(campaign).collect());
    let all = campaign.filter(|_| selected.is_none()).map(|campaign| campaign.rows().iter());
    let is_meant =
        move |row: &&Row| whose != Whose::Marked || model.facts.peers().is_marked(&row.peer);
    selected.into_iter().flatten().chain(all.into_iter().flatten()).filter(is_meant)
}

/// What became of them.
pub fn outcomes(model: &Model, saving: &Saving, format: Format) -> Option<Bytes> {
    let campaign = model.many.campaign.as_ref()?;
    let rows = chosen(model, saving.whose);
    Some(export(model, saving, |export| export.many(campaign, rows, format)))
}

/// What the peer that is shown was asked.
pub fn requests(model: &Model, saving: &Saving, format: Format) -> Option<Bytes> {
    let peer = model.peer()?;
    Some(export(model, saving, |export| export.peer(peer, format)))
}

/// What passed over the connections of the peer that is shown.
pub fn conversation(model: &Model) -> Option<Bytes> {
    let peer = model.peer()?;
    let (by, program) = (model.saying(), program(model));
    let capture = Capture { by, notes: &model.kept.notes, program: &program };
    Some(capture.of(std::iter::once(peer)).into())
}

/// Program and version that saw it.
fn program(model: &Model) -> String {
    let recorded = model.setup.identity.program.as_deref();
    format!("swarmscope {}", recorded.unwrap_or(env!("CARGO_PKG_VERSION")))
}

fn export(model: &Model, saving: &Saving, write: impl FnOnce(Export<'_>) -> String) -> Bytes {
    let identity = &model.setup.identity;
    // a recording tells who listened
    let own = if identity.permids.is_empty() { &model.many.own } else { &identity.permids };
    let program = program(model);
    let export = Export {
        facts: &model.facts,
        naming: model.naming(),
        notes: &model.kept.notes,
        registry: model.registry(),
        program: &program,
        own,
        raw: saving.bytes,
    };
    write(export).into()
}
