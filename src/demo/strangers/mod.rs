//! BitTorrent clients and a DHT on loopback, simulated: they behave as real ones were measured to
//! (docs/networks.md says which), and are labelled wherever they are shown. Nothing of them leaves
//! this machine, and their torrent does not exist.

mod client;
mod nodes;
mod udp;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use bytes::Bytes;
use swarmscope_facts::networks::{self, AnyTarget, Event, Question};
use swarmscope_networks::address::{Policy, Range};
use swarmscope_networks::question::Spec;
use swarmscope_peer::node::PeerKey;
use swarmscope_wire::MessageId;
use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::text::hex;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// The torrent that both clients have.
pub const INFOHASH: [u8; 20] = *b"demo torrent, no one";

/// Who is who among them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stranger {
    /// A client that takes plain and obfuscated connections.
    Open,
    /// One that closes plain ones.
    Forced,
    /// A port where nobody listens.
    Closed,
    /// A node that knows others.
    Node,
    /// A node that falls silent when it is asked a few times in a row.
    Limited,
}

impl Stranger {
    const ALL: [Self; 5] = [Self::Open, Self::Forced, Self::Closed, Self::Node, Self::Limited];

    const fn scheme(self) -> &'static str {
        match self {
            Self::Open | Self::Forced | Self::Closed => "bt",
            Self::Node | Self::Limited => "dht",
        }
    }

    /// What the screen writes beside it: short enough for every place where it is shown.
    const fn label(self) -> &'static str {
        match self {
            Self::Closed => "a closed port",
            _ => "simulated",
        }
    }

    /// What it is, for whoever has no screen.
    const fn doc(self) -> &'static str {
        match self {
            Self::Open => "simulated client",
            Self::Forced => "simulated client, encryption forced",
            Self::Closed => "a closed port",
            Self::Node => "simulated node",
            Self::Limited => "simulated node, answers 5 a minute",
        }
    }
}

/// All of them, until it is dropped.
pub struct Strangers {
    addresses: [SocketAddr; Stranger::ALL.len()],
    _tasks: JoinSet<()>,
}

impl Strangers {
    /// Starts them; all listen when this returns. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// There is no port on loopback.
    pub async fn start(seed: u64) -> Result<Self, Failure> {
        let started = Self::listen(seed).await;
        started.map_err(|error| {
            Failure::new(Cause::Bind, By::Us, format!("simulated clients: {error}"))
        })
    }

    async fn listen(seed: u64) -> io::Result<Self> {
        let mut tasks = JoinSet::new();
        let open = client::start(false, &mut tasks).await?;
        let forced = client::start(true, &mut tasks).await?;
        let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?.local_addr()?;
        let node = nodes::start(seed, &mut tasks).await?;
        let limited = nodes::limited(&mut tasks).await?;
        Ok(Self { addresses: [open, forced, closed, node, limited], _tasks: tasks })
    }

    fn target(&self, who: Stranger) -> String {
        let address =
            Stranger::ALL.into_iter().zip(self.addresses).find(|(other, _)| *other == who);
        format!("{}://{}", who.scheme(), address.map_or(self.addresses[0], |(_, address)| address))
    }

    /// Where they are and what they are, for people and scripts.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let line = |who: Stranger| format!("{}  # {}", self.target(who), who.doc());
        let torrent = format!("# the torrent of both clients: {}", hex(&INFOHASH));
        Stranger::ALL.into_iter().map(line).chain([torrent]).collect()
    }

    /// By which the screen knows one.
    pub(super) fn key(&self, who: Stranger) -> Option<PeerKey> {
        Some(self.target(who).parse::<AnyTarget>().ok()?.key())
    }

    /// What tells the screen of them.
    pub(super) fn told(&self) -> Vec<Event> {
        let keys = Stranger::ALL.into_iter().filter_map(|who| Some((who, self.key(who)?)));
        keys.flat_map(|(who, peer)| {
            let label = who.label().to_owned();
            [Event::Named { peer: peer.clone() }, Event::Labelled { peer, label }]
        })
        .collect()
    }

    /// A question to one of them, by its name; about their torrent, where it is about something.
    pub(super) fn question(&self, who: Stranger, name: &str) -> Option<Question> {
        let peer = self.key(who)?;
        let spec = Spec::find(networks::network(&peer), name)?;
        let message: MessageId = networks::number(spec);
        let about =
            |about: &[u8]| Question::new(peer.clone(), message, Bytes::copy_from_slice(about)).ok();
        about(&INFOHASH).or_else(|| about(&[]))
    }
}

/// Whom the screen's lookups may ask here.
#[must_use]
pub fn policy() -> Policy {
    let loopback = "127.0.0.0/8".parse::<Range>();
    Policy { allowed: loopback.into_iter().collect(), refused: Vec::new() }
}
