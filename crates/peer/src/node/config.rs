//! What a node is and does.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::crawler::{FAST_ROUND, Registry, Target};
use crate::identity::Identities;
use crate::limits::Limits;
use crate::overlay::KeyLog;
use swarmscope_wire::{MessageId, OverlayVersion, Permid};

/// What a node is and does.
#[derive(Clone)]
pub struct NodeConfig {
    /// Whom it is known as: at least one of the two.
    pub identities: Identities,
    /// Whether these identities were made for this run: nobody can owe us a reply from before.
    pub first_run: bool,
    /// The current version presented (7–18).
    pub version: OverlayVersion,
    /// Where to accept connections; port 0 for any free one.
    pub listen: Option<SocketAddr>,
    /// Crawlers that may ask, besides those of `allow_file`.
    pub allow: Vec<Permid>,
    /// A file of more such Crawlers, read again when it changes.
    pub allow_file: Option<PathBuf>,
    /// What is asked by name and answered here.
    pub registry: Registry,
    /// Whether to take part in BuddyCast, and to dial the peers it lists.
    pub gossip: bool,
    /// Whether to exchange BuddyCast messages with every peer as soon as it is connected, listing
    /// nobody: what a crawl does, which has `gossip` on and `max_peers` 0, so that it dials
    /// only the peers it is told to.
    pub survey: bool,
    /// Dialled at the start, and again by rounds where `gossip` is on.
    pub bootstrap: Vec<Target>,
    /// Ids whose initiators run by themselves; none unless switched on.
    pub initiators: Vec<MessageId>,
    /// Peer side: the time between two parts of a reply. A cap on what a reply takes of the line.
    pub pace: Option<Duration>,
    /// How many peers to keep connections to at the same time.
    pub max_peers: usize,
    /// While fewer are connected and more are known: how often one of them is dialled.
    pub fast_round: Duration,
    /// What others may take of this process.
    pub limits: Limits,
    /// Whether to tell what passes over every connection
    /// ([`Event::Traced`](super::Event::Traced)).
    pub trace: bool,
    /// Where to write the secrets of TLS sessions, so that a capture of them can be decrypted;
    /// nowhere unless asked for.
    pub key_log: Option<KeyLog>,
}

impl Default for NodeConfig {
    /// Nobody: no identity, no listener, nobody allowed, no probes, no gossip. The rest is what
    /// most nodes want.
    fn default() -> Self {
        Self {
            identities: Identities::default(),
            first_run: false,
            version: OverlayVersion::CURRENT,
            listen: None,
            allow: Vec::new(),
            allow_file: None,
            registry: Registry::default(),
            gossip: false,
            survey: false,
            bootstrap: Vec::new(),
            initiators: Vec::new(),
            pace: None,
            max_peers: 50, /* arbitrary: enough to stay findable, few enough for any limit on
                            * open files */
            fast_round: FAST_ROUND,
            limits: Limits::default(),
            trace: false,
            key_log: None,
        }
    }
}

impl NodeConfig {
    /// The permids that this node is known by: (current, legacy); below version 18 only the legacy
    /// identity is in use.
    pub(super) fn permids(&self) -> (Option<Permid>, Option<Permid>) {
        let current = self.identities.current.as_ref().filter(|_| self.version.is_encrypted());
        (
            current.map(|identity| identity.permid()),
            self.identities.legacy.as_ref().map(|identity| identity.permid()),
        )
    }
}
