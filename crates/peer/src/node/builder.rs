//! A node, step by step: what isn't said has a default that most programs want.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use super::Events;
use super::config::NodeConfig;
use super::handle::Node;
use crate::crawler::{Probe, Registry, Target};
use crate::identity::{Ed25519Identity, Key, LegacyIdentity, key_file};
use crate::limits::Limits;
use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::{MessageId, Permid, PermidKind};

/// Makes a [`Node`]; see [`Node::builder`].
#[derive(Clone, Default)]
#[must_use = "nothing runs before start"]
pub struct NodeBuilder {
    config: NodeConfig,
}

impl Node {
    /// Begins one with what most programs want:
    ///
    /// ```no_run
    /// # async fn f(crawler: swarmscope_peer::Permid) -> Result<(), swarmscope_peer::Failure> {
    /// use swarmscope_peer::{Answer, MessageId, Node};
    ///
    /// let (node, mut events) = Node::builder()
    ///     .listen(([0, 0, 0, 0], 7760).into())
    ///     .allow(crawler)
    ///     .answer(MessageId(200), |_asked| async { Answer::success("hello") })
    ///     .start()
    ///     .await?;
    /// # Ok(()) }
    /// ```
    pub fn builder() -> NodeBuilder {
        NodeBuilder::default()
    }
}

impl NodeBuilder {
    /// Whom this node is known as. Without one it makes a key that nobody keeps.
    pub fn identity(mut self, key: Ed25519Identity) -> Self {
        self.config.identities.current = Some(Arc::new(key));
        self
    }

    /// Whom it is known as by peers of overlay versions up to 17. Without one it doesn't speak
    /// those versions.
    pub fn legacy_identity(mut self, key: LegacyIdentity) -> Self {
        self.config.identities.legacy = Some(Arc::new(key));
        self
    }

    /// Accepts connections here; port 0 for any free one. Without it this node only dials, and no
    /// peer can dial it back.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.config.listen = Some(address);
        self
    }

    /// Lets this Crawler ask; may be called several times.
    pub fn allow(mut self, crawler: Permid) -> Self {
        self.config.allow.push(crawler);
        self
    }

    /// Lets the Crawlers of this file ask, too. It is read again whenever it changes.
    pub fn allow_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.config.allow_file = Some(path.into());
        self
    }

    /// Answers this message-specific id with a [`Probe`], which may be a closure.
    pub fn answer(mut self, id: MessageId, probe: impl Probe) -> Self {
        self.config.registry = self.config.registry.with_probe(id, probe);
        self
    }

    /// All questions and probes at once, instead of those named before.
    pub fn registry(mut self, registry: Registry) -> Self {
        self.config.registry = registry;
        self
    }

    /// Takes part in BuddyCast (protocol.md §7), beginning with these peers.
    pub fn discover(mut self, bootstrap: impl IntoIterator<Item = Target>) -> Self {
        self.config.gossip = true;
        self.config.bootstrap.extend(bootstrap);
        self
    }

    /// What peers may take of this process.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.config.limits = limits;
        self
    }

    /// Starts it: see [`Node::start`].
    ///
    /// # Errors
    /// As [`Node::start`]; and where no identity was given, that the operating system has no
    /// randomness for one.
    pub async fn start(mut self) -> Result<(Node, Events), Failure> {
        let identities = &mut self.config.identities;
        if identities.current.is_none() && identities.legacy.is_none() {
            let made = key_file::generate(PermidKind::Ed25519);
            self.config.first_run = true;
            match made.map_err(|error| Failure::new(Cause::Io, By::Us, error.to_string()))? {
                Key::Ed25519(key) => identities.current = Some(Arc::new(key)),
                Key::Sect233k1(key) => identities.legacy = Some(Arc::new(key)),
            }
        }
        Node::start(self.config).await
    }
}
