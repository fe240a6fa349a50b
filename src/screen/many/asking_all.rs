//! The tour's best minute: everybody who is connected is asked the same.

use super::planning::planned;
use super::view::View;
use crate::screen::input::Input;
use crate::screen::model::Model;
use swarmscope_facts::Peer;
use swarmscope_facts::many::Campaign;
use swarmscope_peer::node::PeerKey;
use swarmscope_wire::MessageId;

/// Begins it. None is under way: whoever tells the step has looked.
pub(in crate::screen) fn ask(model: &mut Model, message: MessageId, frequency: Option<u32>) {
    model.choose(message);
    if let Some(frequency) = frequency {
        model.composer.frequency = Input::new(frequency.to_string());
    }
    let connected = model.facts.peers().iter().filter(|peer| Peer::connected(peer));
    let peers: Vec<PeerKey> = connected.map(|peer| peer.key.clone()).collect();
    model.facts.unmark_all(); // the plan says who is marked, and these are
    model.facts.mark_all(&peers);
    let Some(plan) = planned(model, peers) else { return };
    if !plan.targets.is_empty() {
        model.many.look_at(Campaign::new(plan, model.now), View::default());
    }
}
