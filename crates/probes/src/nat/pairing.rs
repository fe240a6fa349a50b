//! The Crawler's side of NATTRAVERSAL (protocol.md §5): opens a rendezvous, sends two peers there,
//! and records what each replies.
#![allow(clippy::disallowed_methods, reason = "drivers own the randomness")]

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use tokio_util::task::AbortOnDropHandle;

use crate::nat::rendezvous::Met;
use crate::nat::{Invitation, InvitationError, Rendezvous, Traversed};
use swarmscope_peer::crawler::Ask;
use swarmscope_peer::node::{Event, Node, Origin, Reply, Ticket};
use swarmscope_wire::failure::Failure;
use swarmscope_wire::{ErrorByte, Frequency, MessageId, Permid, text};

/// A try takes a peer at most 20 s.
const TIMEOUT: Duration = Duration::from_secs(30);
/// A peer may be paired with several others, one after the other; each is a request of its own.
const FREQUENCY: Frequency = Frequency(0);
/// Random bytes of a request id, written in hex: 24 characters, as the original's.
const ID_BYTES: usize = 12;
/// The longest reason of a peer that is kept.
const MAX_REASON: usize = 200;

/// Where two peers are to meet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The address to open the rendezvous on.
    pub bind: IpAddr,
    /// The name or address by which both peers reach it.
    pub host: String,
    /// The port; without it a random one of the original's, 3200 to 4199.
    pub port: Option<u16>,
}

/// One of the two.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Side {
    /// The peer.
    pub permid: Permid,
    /// Where its pings come from, as far as that is known: the address of its connection. Then no
    /// stranger can take its place.
    pub ip: Option<IpAddr>,
}

/// What one of the two replied.
#[derive(Clone, PartialEq, Debug)]
pub enum Replied {
    /// The peer has replied.
    Traversed(Traversed),
    /// An error byte, and the peer's words for it.
    Error(ErrorByte, String),
    /// Success, and a payload that is no reply to this.
    Malformed(InvitationError),
    /// The reply names another request id.
    WrongId,
    /// There was no reply.
    Failed(Failure),
}

impl fmt::Display for Replied {
    /// `YES`, `NO` or `ERR`; else what went wrong.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Traversed(traversed) => traversed.fmt(f),
            Self::Error(error, words) => write!(f, "error {error}: {words}"),
            Self::Malformed(error) => write!(f, "the reply: {error}"),
            Self::WrongId => f.write_str("the reply names another pair"),
            Self::Failed(failure) => failure.fmt(f),
        }
    }
}

/// What is recorded of a pair.
#[derive(Clone, PartialEq, Debug)]
pub struct Paired {
    /// What the peers' replies carry.
    pub request_id: String,
    /// In the order in which they were named.
    pub replies: [(Permid, Replied); 2],
}

/// Two peers that were asked to meet. Both have to be connected, because each waits only 5 s for
/// the other at the rendezvous, which closes when this is dropped.
pub struct Pairing {
    request_id: String,
    asked: [(Permid, Ticket); 2],
    replies: [Option<Replied>; 2],
    _rendezvous: AbortOnDropHandle<()>,
}

impl Pairing {
    /// Opens the rendezvous, and asks both.
    ///
    /// # Errors
    /// The rendezvous' address can't be bound.
    pub async fn begin(node: &Node, place: Place, between: [Side; 2]) -> io::Result<Self> {
        let request_id = request_id()?;
        let rendezvous = Rendezvous::open(place.bind, place.port).await?;
        let port = rendezvous.address().port();
        let payload =
            Invitation { request_id: request_id.clone(), host: place.host, port }.encode();
        let [one, other] = between.map(|side| side.ip);
        let expected = one.zip(other).map(|(one, other)| [one, other]);
        let meeting = tokio::spawn(meet(rendezvous, expected));
        let asked = between
            .map(|side| (side.permid, node.request(ask(side.permid, payload.clone().into()))));
        Ok(Self {
            request_id,
            asked,
            replies: [None, None],
            _rendezvous: AbortOnDropHandle::new(meeting),
        })
    }

    /// Takes note of an event of the node, if it is about this pair. All events have to be shown to
    /// it until it has an outcome.
    pub fn observe(&mut self, event: &Event) {
        let (of, replied) = match event {
            Event::Reply(Reply { ticket, error, payload, .. }) => {
                (*ticket, self.read(*error, payload))
            }
            Event::RequestFailed { ticket, failure, .. } => {
                (*ticket, Replied::Failed(failure.clone()))
            }
            _ => return,
        };
        if let Some(side) = self.asked.iter().position(|(_, ticket)| *ticket == of) {
            self.replies[side] = Some(replied);
        }
    }

    fn read(&self, error: ErrorByte, payload: &[u8]) -> Replied {
        if error != ErrorByte::SUCCESS {
            return Replied::Error(error, text::clip(payload, MAX_REASON));
        }
        match Traversed::decode(payload) {
            Ok((id, traversed)) if id == self.request_id => Replied::Traversed(traversed),
            Ok(_) => Replied::WrongId,
            Err(error) => Replied::Malformed(error),
        }
    }

    /// What came of it, once both have replied or failed to.
    #[must_use]
    pub fn outcome(&self) -> Option<Paired> {
        let [Some(one), Some(other)] = &self.replies else { return None };
        let replies = [(self.asked[0].0, one.clone()), (self.asked[1].0, other.clone())];
        Some(Paired { request_id: self.request_id.clone(), replies })
    }
}

fn ask(to: Permid, payload: Bytes) -> Ask {
    Ask {
        to,
        message: MessageId::NATTRAVERSAL,
        frequency: FREQUENCY,
        payload,
        timeout: TIMEOUT,
        origin: Origin::Operator,
        wait_for_dial_back: false,
    }
}

async fn meet(rendezvous: Rendezvous, expected: Option<[IpAddr; 2]>) {
    match rendezvous.meet(expected).await {
        Ok(Met::Both(_)) => tracing::debug!("both peers came to the rendezvous"),
        Ok(Met::One(_)) => tracing::debug!("one peer came to the rendezvous"),
        Ok(Met::Nobody) => tracing::debug!("no peer came to the rendezvous"),
        Err(error) => tracing::warn!("the rendezvous of NATTRAVERSAL failed: {error}"),
    }
}

fn request_id() -> io::Result<String> {
    let mut random = [0; ID_BYTES];
    getrandom::fill(&mut random)
        .map_err(|_| io::Error::other("the operating system returned no random numbers"))?;
    Ok(text::hex(&random))
}
