//! A request as a command line (cli.md): to be the same, it names the peer as it is dialled here,
//! and asks as the same Crawler.

use super::composer::Composer;
use crate::screen::model::Model;
use swarmscope_facts::peer::Peer;
use swarmscope_networks::target::Network;
use swarmscope_peer::node::{PeerKey, Transport};

/// The composer's request to the selected peer; `None` where it has no address that could be
/// dialled.
#[must_use]
pub fn to_selected(model: &Model, composer: &Composer) -> Option<String> {
    let peer = model.peer()?;
    let target = target(model, peer)?;
    if peer.network() != Network::Overlay {
        return Some(composer.command(model.registry(), &target));
    }
    let options = model.setup.identity.options(peer.version);
    Some(format!("{}{options}", composer.command(model.registry(), &target)))
}

/// `host:port`; `permid@host:port` where nobody else is dialled from here either, and where the
/// version is one whose authentication could be passed on (protocol.md §3).
#[must_use]
pub fn target(model: &Model, peer: &Peer) -> Option<String> {
    let address = model.naming().address(&peer.target()?);
    let attempt = model
        .facts
        .conversations()
        .get(&peer.key)
        .and_then(|conversation| conversation.climb.attempt());
    let pinned = attempt.is_some_and(|attempt| attempt.pinned);
    match peer.key {
        PeerKey::Permid(permid)
            if !model.setup.naming.privacy
                && (pinned || peer.transport == Some(Transport::Legacy)) =>
        {
            Some(format!("{permid}@{address}"))
        }
        _ => Some(address),
    }
}
