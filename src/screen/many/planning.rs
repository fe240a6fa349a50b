//! Planning the request in the composer.

use super::Preview;
use crate::screen::model::Model;
use swarmscope_facts::many::{Draft, Plan};
use swarmscope_peer::node::PeerKey;

/// Plans the composer's request to these peers, as things are now.
pub(super) fn planned(model: &Model, peers: Vec<PeerKey>) -> Preview {
    let plan = draft(model).map(|draft| {
        Plan::new(&model.facts, model.registry(), model.now, &draft, &peers, &model.many.own)
    });
    Preview { peers, plan, top: 0 }
}

/// The request in the composer, or what is wrong with it.
fn draft(model: &Model) -> Result<Draft, String> {
    let composer = &model.composer;
    Ok(Draft {
        message: composer.message,
        frequency: composer.frequency()?,
        payload: composer.bytes(model.registry())?,
        usual: !composer.edited,
        pace: model.many.pace,
        taken: model.many.taken(composer.message),
    })
}

/// Plans the same once more: times have passed, peers have come and gone.
pub(super) fn planned_again(model: &Model, preview: Preview) -> Preview {
    Preview { top: preview.top, ..planned(model, preview.peers) }
}
