//! Everything that is known.

use std::net::SocketAddr;
use std::sync::Arc;

use swarmscope_peer::crawler::AcceptanceLog;
use swarmscope_peer::node::{PeerKey, Source, Ticket};

use crate::conversation::Conversations;
use crate::gossip::{Gossip, Guesses, Last};
use crate::held::Held;
use crate::marks::Marks;
use crate::peer::Peer;
use crate::peers::Peers;
use crate::request::{Outcome, Request};
use crate::settings::Settings;

/// A Crawler's knowledge: peers, the requests to them and their outcomes, when they accept to
/// be asked again, and, where connections are traced, what passed over them. Changed by
/// [`fold`](Self::fold) and by nothing else, but for the operator's marks.
///
/// A copy is cheap where little has changed since the last one: peers, requests and conversations
/// are shared.
#[derive(Clone, Debug)]
pub struct Facts {
    pub(crate) settings: Settings,
    pub(crate) peers: Peers,
    pub(crate) acceptance: AcceptanceLog,
    pub(crate) conversations: Conversations,
    pub(crate) held: Held,
    pub(crate) gossip: Gossip,
    pub(crate) guesses: Last<Guesses>,
    pub(crate) listening: Option<SocketAddr>,
    pub(crate) coalesced: u64,
    /// Where the newest peer was heard of: mostly the next one is heard of there too.
    source: Option<Arc<Source>>,
    /// Numbers the events that peers are sorted by.
    pub(crate) events: u64,
}

impl Default for Facts {
    fn default() -> Self {
        Self::new(Settings::default())
    }
}

impl Facts {
    /// Nothing is known yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            peers: Peers::new(settings.peers),
            acceptance: AcceptanceLog::default(),
            conversations: Conversations::new(settings.conversations),
            held: Held::default(),
            gossip: Gossip::default(),
            guesses: Last::default(),
            listening: None,
            coalesced: 0,
            source: None,
            events: 0,
        }
    }

    /// How much is kept.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The peers.
    #[must_use]
    pub const fn peers(&self) -> &Peers {
        &self.peers
    }

    /// One peer.
    #[must_use]
    pub fn peer(&self, key: &PeerKey) -> Option<&Peer> {
        self.peers.get(key)
    }

    /// One request of one peer.
    #[must_use]
    pub fn request(&self, key: &PeerKey, ticket: Ticket) -> Option<&Request> {
        self.peer(key)?.request(ticket)
    }

    /// When peers accept what they were asked before.
    #[must_use]
    pub const fn acceptance(&self) -> &AcceptanceLog {
        &self.acceptance
    }

    /// What passed over the connections of each peer, where that is traced.
    #[must_use]
    pub const fn conversations(&self) -> &Conversations {
        &self.conversations
    }

    /// The replies whose payloads are in memory.
    #[must_use]
    pub const fn held(&self) -> &Held {
        &self.held
    }

    /// What peers told of others last.
    #[must_use]
    pub const fn gossip(&self) -> &Gossip {
        &self.gossip
    }

    /// Who sent replies on channels that no question had gone over.
    #[must_use]
    pub const fn guesses(&self) -> &Last<Guesses> {
        &self.guesses
    }

    /// Where this program listens, if it does.
    #[must_use]
    pub const fn listening(&self) -> Option<SocketAddr> {
        self.listening
    }

    /// Peer states that a slow reader of events missed.
    #[must_use]
    pub const fn coalesced(&self) -> u64 {
        self.coalesced
    }

    /// The places in the table of peers where something may have changed since this was last asked.
    pub fn take_changed(&mut self) -> Vec<usize> {
        self.peers.take_changed()
    }

    /// Which peers are marked.
    #[must_use]
    pub const fn marks(&self) -> &Marks {
        self.peers.marks()
    }

    /// Marks the peer at a place of the table, or unmarks it. Returns whether it was otherwise.
    pub fn mark(&mut self, place: usize, marked: bool) -> bool {
        self.peers.mark(place, marked)
    }

    /// Marks these peers, as far as they are known.
    pub fn mark_all<'k>(&mut self, keys: impl IntoIterator<Item = &'k PeerKey>) {
        for key in keys {
            self.peers.index(key).map(|place| self.peers.mark(place, true));
        }
    }

    /// Unmarks everybody.
    pub fn unmark_all(&mut self) {
        self.peers.unmark_all();
    }

    pub(crate) fn request_mut(&mut self, key: &PeerKey, ticket: Ticket) -> Option<&mut Request> {
        self.peers.get_mut(key)?.request_mut(ticket)
    }

    /// The same source in one piece for all who are heard of one after the other.
    pub(crate) fn shared(&mut self, source: Source) -> Arc<Source> {
        match &self.source {
            Some(newest) if **newest == source => newest.clone(),
            _ => self.source.insert(Arc::new(source)).clone(),
        }
    }

    /// Lets the payloads of the oldest replies go where they take too much.
    pub(crate) fn make_room(&mut self) {
        while let Some((key, ticket)) =
            self.held.let_go(self.settings.replies, self.settings.reply_bytes)
        {
            if let Some(Outcome::Replied(reply)) =
                self.request_mut(&key, ticket).map(|request| &mut request.outcome)
            {
                reply.payload = None;
                reply.decoding = None;
            }
        }
    }
}
