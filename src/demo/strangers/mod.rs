//! BitTorrent clients and a DHT beside the overlay's peers: real clients where there can be some,
//! else simulated ones that behave as real ones were measured to (docs/networks.md says which).
//! Whoever is simulated is labelled so wherever it is shown. Nothing of them leaves this machine.

mod client;
mod companion;
mod nodes;
mod real;
mod udp;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use swarmscope_facts::networks::{self, AnyTarget, Event, Question};
use swarmscope_networks::address::{Policy, Range};
use swarmscope_networks::question::Spec;
use swarmscope_networks::sockets;
use swarmscope_peer::node::PeerKey;
use swarmscope_wire::MessageId;
use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::krpc::{self, Contact};
use swarmscope_wire::text::hex;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

pub use real::{Client, Clients, WhySimulated};

/// The torrent that simulated clients have. It does not exist.
const INFOHASH: [u8; 20] = *b"demo torrent, no one";
/// The real clients' network has only a loopback interface; there, nobody listens here.
const NOBODY: (Ipv4Addr, u16) = (companion::ADDRESS, 9);
/// How long a real client's node may take to tell its id.
const PING: Duration = Duration::from_secs(2);

/// What the tour knows one of them by.
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
    /// The tour leaves it alone.
    Other,
}

/// One of them.
struct Member {
    who: Stranger,
    target: String,
    /// What the screen writes beside it: short enough for every place where it is shown.
    label: &'static str,
    /// What it is, for whoever has no screen.
    doc: String,
}

impl Member {
    fn client(who: Stranger, address: SocketAddr, label: &'static str, doc: &str) -> Self {
        Self { who, target: format!("bt://{address}"), label, doc: doc.to_owned() }
    }

    fn node(who: Stranger, address: SocketAddr, label: &'static str, doc: &str) -> Self {
        Self { who, target: format!("dht://{address}"), label, doc: doc.to_owned() }
    }

    fn closed(address: SocketAddr) -> Self {
        Self::client(Stranger::Closed, address, "a closed port", "a closed port")
    }
}

/// Real clients, or why there are none.
pub type Lab = Result<Clients, WhySimulated>;

/// All of them, until it is dropped.
pub struct Strangers {
    lab: Arc<Lab>,
    members: Vec<Member>,
    _tasks: JoinSet<()>,
}

impl Strangers {
    /// Starts them; all listen when this returns. Must be called inside a tokio runtime, whose
    /// threads the real clients' network is that of.
    ///
    /// # Errors
    /// There is no port on loopback.
    pub async fn start(seed: u64, lab: Arc<Lab>) -> Result<Self, Failure> {
        let mut tasks = JoinSet::new();
        let listening = async {
            let (mut members, met) = match &*lab {
                Ok(clients) => real_clients(clients, &mut tasks).await,
                Err(_) => (simulated_clients(&mut tasks).await?, Vec::new()),
            };
            let node = nodes::start(seed, &met, &mut tasks).await?;
            members.push(Member::node(Stranger::Node, node, "simulated", "simulated node"));
            let node = nodes::limited(&mut tasks).await?;
            let doc = "simulated node, answers 5 a minute";
            members.push(Member::node(Stranger::Limited, node, "simulated", doc));
            Ok(members)
        };
        let members = listening.await.map_err(|error: io::Error| {
            Failure::new(Cause::Bind, By::Us, format!("simulated clients: {error}"))
        })?;
        Ok(Self { lab, members, _tasks: tasks })
    }

    /// Whether the clients are real or simulated, and why, in half a line.
    #[must_use]
    pub fn which(&self) -> String {
        match &*self.lab {
            Ok(_) => "the clients are real, in a network of their own".to_owned(),
            Err(why) => format!("all simulated: {why}"),
        }
    }

    fn infohash(&self) -> [u8; 20] {
        self.lab.as_ref().as_ref().map_or(INFOHASH, Clients::infohash)
    }

    fn target(&self, who: Stranger) -> Option<&str> {
        self.members.iter().find(|member| member.who == who).map(|member| &*member.target)
    }

    /// Whom the screen's lookups may ask here.
    #[must_use]
    pub fn policy(&self) -> Policy {
        let ranges: &[&str] = match &*self.lab {
            Ok(_) => &["127.0.0.0/8", "198.18.0.0/15"],
            Err(_) => &["127.0.0.0/8"],
        };
        let allowed = ranges.iter().flat_map(|range| range.parse::<Range>()).collect();
        Policy { allowed, ..Policy::default() }
    }

    /// Where they are and what they are, for people and scripts.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let line = |member: &Member| format!("{}  # {}", member.target, member.doc);
        let torrent = format!("# the torrent of the clients: {}", hex(&self.infohash()));
        let mut lines = vec![format!("# {}", self.which())];
        if self.lab.is_ok() {
            let own = std::process::id();
            lines.push(format!("# to ask them: nsenter --net=/proc/{own}/ns/net swarmscope …"));
        }
        lines.extend(self.members.iter().map(line).chain([torrent]));
        lines
    }

    /// By which the screen knows one.
    pub(super) fn key(&self, who: Stranger) -> Option<PeerKey> {
        key(self.target(who)?)
    }

    /// What tells the screen of them.
    pub(super) fn told(&self) -> Vec<Event> {
        let keys = self.members.iter().filter_map(|member| Some((member, key(&member.target)?)));
        keys.flat_map(|(member, peer)| {
            let label = member.label.to_owned();
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
        about(&self.infohash()).or_else(|| about(&[]))
    }
}

fn key(target: &str) -> Option<PeerKey> {
    Some(target.parse::<AnyTarget>().ok()?.key())
}

async fn simulated_clients(tasks: &mut JoinSet<()>) -> io::Result<Vec<Member>> {
    let open = client::start(false, tasks).await?;
    let forced = client::start(true, tasks).await?;
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?.local_addr()?;
    let (label, doc) = ("simulated", "simulated client, encryption forced");
    Ok(vec![
        Member::client(Stranger::Open, open, label, "simulated client"),
        Member::client(Stranger::Forced, forced, label, doc),
        Member::closed(closed),
    ])
}

/// With what the simulated nodes are to know of them.
async fn real_clients(clients: &Clients, tasks: &mut JoinSet<()>) -> (Vec<Member>, Vec<Contact>) {
    let (mut members, mut met) = (Vec::new(), Vec::new());
    for Client { name, address } in clients.all() {
        let (who, doc) = match &**name {
            "qbittorrent" => (Stranger::Open, format!("real client: {name}")),
            "libtorrent-encrypted" => {
                (Stranger::Forced, "real client: libtorrent, encryption forced".to_owned())
            }
            _ => (Stranger::Other, format!("real client: {name}")),
        };
        members.push(Member::client(who, *address, "real client", &doc));
        let doc = format!("node of the real client {name}");
        members.push(Member::node(Stranger::Other, *address, "real client", &doc));
        if who != Stranger::Forced {
            companion::visit(*address, clients.infohash(), tasks);
        }
        let ping = sockets::ask(*address, None, krpc::Question::Ping, PING).await;
        let said = ping.ok().and_then(|ping| ping.answer.said.ok());
        met.extend(said.map(|said| Contact { id: said.id, address: *address }));
    }
    members.push(Member::closed(NOBODY.into()));
    (members, met)
}
