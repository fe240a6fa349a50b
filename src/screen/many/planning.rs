//! Planning the request in the composer.

use std::time::Duration;

use super::Preview;
use crate::screen::actions::Effects;
use crate::screen::model::Model;
use crate::screen::msg::Effect;
use swarmscope_facts::many::pace::Pace;
use swarmscope_facts::many::{Draft, Plan};
use swarmscope_facts::networks;
use swarmscope_networks::target::Network;
use swarmscope_peer::node::PeerKey;
use swarmscope_wire::MessageId;
use swarmscope_wire::text::clean;

/// How long a plan is shown before it is made again, for each of its peers: times pass, peers come
/// and go. It takes some microseconds a peer, in which no key is looked at, so that of more than
/// 10 000 it is made more rarely than each second. What is sent is planned anew in any case.
const AGAIN: Duration = Duration::from_micros(100);

/// Plans the composer's request to these peers, as things are now.
pub(super) fn planned(model: &Model, peers: Vec<PeerKey>) -> Preview {
    let plan = draft(model).map(|draft| {
        Plan::new(&model.facts, model.registry(), model.now, &draft, &peers, &model.many.own)
    });
    let again = AGAIN * u32::try_from(peers.len()).unwrap_or(u32::MAX);
    Preview { peers, plan, top: 0, doubt: None, again: model.now.instant + again }
}

/// The request in the composer, or what is wrong with it.
fn draft(model: &Model) -> Result<Draft, String> {
    let composer = &model.composer;
    let (message, payload) = (composer.message, composer.bytes(model.registry())?);
    if composer.network != Network::Overlay {
        networks::asked(composer.network, message, &payload, [0; 20])
            .map_err(|error| error.to_string())?;
    }
    Ok(Draft {
        network: composer.network,
        message,
        frequency: composer.frequency()?,
        payload,
        usual: !composer.edited,
        pace: pace(model),
        taken: model.many.taken(composer.message),
    })
}

/// As the operator chose it; fewer wait where the network's politeness allows no more.
fn pace(model: &Model) -> Pace {
    let (composer, pace) = (&model.composer, model.many.pace);
    if composer.network == Network::Overlay {
        return pace;
    }
    Pace { waiting: pace.waiting.min(networks::at_once(composer.message)), ..pace }
}

/// Plans the same once more: times have passed, peers have come and gone.
pub(super) fn planned_again(model: &Model, preview: Preview) -> Preview {
    Preview { top: preview.top, doubt: preview.doubt, ..planned(model, preview.peers) }
}

/// Shows the preview to these peers. What the operator has written is looked at meanwhile.
pub(super) fn show(model: &mut Model, peers: Vec<PeerKey>) -> Effects {
    let preview = planned(model, peers);
    let payload = preview.plan.as_ref().ok().and_then(|plan| plan.payloads.first());
    let is_own = model.composer.edited && model.showing.replay.is_none();
    let own = payload.filter(|(payload, _)| is_own && !payload.is_empty());
    let check =
        own.map(|(payload, _)| Effect::CheckPayload(model.composer.message, payload.clone()));
    model.many.preview = Some(preview);
    check.into_iter().collect()
}

/// Something was found wrong with a payload: it is said where it would be sent from.
pub(in crate::screen) fn doubted(model: &mut Model, message: MessageId, payload: &[u8], why: &str) {
    let Some(preview) = &mut model.many.preview else { return };
    let is_it = preview.plan.as_ref().is_ok_and(|plan| {
        plan.message == message && plan.payloads.first().is_some_and(|(of, _)| of == payload)
    });
    if is_it {
        preview.doubt = Some(clean(why).into_owned());
    }
}
