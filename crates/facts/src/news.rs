//! What happened, as lines for people: data first, words on demand.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use swarmscope_networks::target::Network;
use swarmscope_peer::crawler::Registry;
use swarmscope_peer::node::{Direction, PeerKey, Transport};
use swarmscope_wire::failure::{Cause, Failure};
use swarmscope_wire::frame::FrameId;
use swarmscope_wire::{ChannelId, ErrorByte, Frequency, MessageId, OverlayVersion};

use crate::format::{clock, counted, size, took};
use crate::naming::Naming;
use crate::networks;
use crate::words;

/// What kind of news it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// It went as it should.
    Plain,
    /// 254: not yet.
    NotYet,
    /// Odd or hostile.
    Signal,
    /// Refused by the peer.
    Refused,
    /// It failed.
    Failed,
}

impl Kind {
    /// What kind of news a failed request is.
    #[must_use]
    pub const fn of(failure: &Failure) -> Self {
        match failure.cause {
            Cause::ClosedWithoutReply => Self::Refused,
            Cause::Cancelled | Cause::Stopped => Self::Plain,
            _ => Self::Failed,
        }
    }
}

/// An event, and the peer it concerns.
#[derive(Clone, PartialEq, Debug)]
pub struct News {
    /// What kind it is.
    pub kind: Kind,
    /// The peer it concerns; `None` for this program.
    pub peer: Option<PeerKey>,
    /// What happened.
    pub what: What,
    /// What failed, with its stable code and what to do next.
    pub failure: Option<Failure>,
    /// How often it happened in the last 60 s, where the node counts that.
    pub in_60_s: Option<u64>,
    /// The last news of this sort about this peer said the same: nothing new to a reader of
    /// it.
    pub known: bool,
}

impl News {
    pub(crate) const fn new(peer: Option<PeerKey>, kind: Kind, what: What) -> Self {
        Self { kind, peer, what, failure: None, in_60_s: None, known: false }
    }

    pub(crate) fn failed(self, failure: &Failure) -> Self {
        Self { failure: Some(failure.clone()), ..self }
    }

    /// In one line, without the name of the peer; free of control characters.
    #[must_use]
    pub fn text(&self, registry: &Registry, naming: &Naming) -> String {
        let failure = self.failure.as_ref();
        let network = self.peer.as_ref().map_or(Network::Overlay, networks::network);
        let registry = match network {
            Network::Overlay => registry,
            other => networks::registry(other),
        };
        self.what.text(failure, |message| registry.label(message), naming)
    }
}

/// What happened.
#[derive(Clone, PartialEq, Debug)]
pub enum What {
    /// The listening socket is open.
    Listening(SocketAddr),
    /// Something that the node says in words.
    Notice(String),
    /// A connection is authenticated.
    Connected {
        /// The version agreed on.
        version: OverlayVersion,
        /// Inside TLS or not.
        transport: Transport,
        /// Who dialled.
        direction: Direction,
        /// From our handshake to theirs.
        rtt: Duration,
    },
    /// An attempt to connect failed.
    ConnectFailed {
        /// Which in a row, from 1.
        attempt: u32,
        /// The last one.
        gives_up_at: u32,
    },
    /// The last connection ended.
    Gone,
    /// A connection from here never authenticated.
    AcceptFailed(SocketAddr),
    /// A request was sent.
    Asked {
        /// What is asked.
        message: MessageId,
        /// Counts the requests to this peer, from 1.
        number: u32,
        /// Its channel.
        channel: ChannelId,
    },
    /// A peer of another network than the overlay was asked.
    Questioned {
        /// What it is asked.
        message: MessageId,
        /// Counts the requests to this peer, from 1.
        number: u32,
    },
    /// Its reply, in one line.
    Said {
        /// What it was asked.
        message: MessageId,
        /// What it says.
        summary: String,
    },
    /// What listens where an overlay dial was closed without a byte.
    Examined(String),
    /// The connection ended before the reply; the peer may dial back.
    AwaitingDialBack,
    /// A request ended without a whole reply.
    RequestFailed(MessageId),
    /// A whole reply came.
    Replied {
        /// What was asked.
        message: MessageId,
        /// Its error byte.
        error: ErrorByte,
        /// Payload bytes.
        bytes: usize,
        /// In how many parts.
        parts: u32,
        /// Since it was sent.
        elapsed: Duration,
        /// The peer dialled back with it.
        dialled_back: bool,
        /// After a 254: when it is accepted again, as far as that is known.
        again: Option<Again>,
    },
    /// A reply that its decoder could not read, and why.
    Malformed(MessageId, String),
    /// Something odd in a reply.
    Odd(MessageId, String),
    /// A reply part that belongs to no request of ours.
    ReplyRefused {
        /// What it says it answers.
        message: MessageId,
        /// The channel it came on.
        channel: ChannelId,
        /// Why it is refused.
        why: Cow<'static, str>,
    },
    /// Frames that are not ours: so many so far.
    FrameDropped(FrameId, u64),
    /// A BuddyCast message.
    Gossip {
        /// Peers in it.
        listed: usize,
        /// Peers in it that were malformed.
        left_out: usize,
    },
    /// It asks us.
    AsksUs {
        /// What it asks.
        message: MessageId,
        /// How often it wants to.
        frequency: Frequency,
        /// Payload bytes.
        bytes: usize,
    },
    /// We answered it.
    Answered {
        /// What it asked.
        message: MessageId,
        /// Our error byte.
        error: ErrorByte,
        /// Payload bytes.
        bytes: usize,
    },
    /// It asked us this, and we closed the connection for that cause.
    ClosedOn(MessageId, Cause),
    /// Our answer to this did not reach it.
    Undelivered(MessageId),
}

/// When a request is accepted again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Again {
    /// Exactly then.
    At(SystemTime),
    /// Then at the latest.
    AtLatest(SystemTime),
}

impl What {
    fn text(
        &self,
        failure: Option<&Failure>,
        label: impl Fn(MessageId) -> String,
        naming: &Naming,
    ) -> String {
        let cause = failure.map_or("", |failure| failure.cause.text());
        match self {
            Self::Listening(address) => {
                format!("listening on {}", naming.address(&address.to_string()))
            }
            Self::Notice(text) => words::clean(text),
            Self::Connected { version, transport, direction, rtt } => {
                words::connected(*version, *transport, *direction, *rtt)
            }
            Self::ConnectFailed { attempt, gives_up_at } => failure
                .map(|failure| words::connect_failed(failure, *attempt, *gives_up_at))
                .unwrap_or_default(),
            Self::Gone => format!("gone: {}", words::clean(cause)),
            Self::AcceptFailed(remote) => {
                format!(
                    "a connection from {} did not authenticate: {cause}",
                    naming.address(&remote.to_string())
                )
            }
            Self::Asked { message, number, channel } => {
                format!("is asked {}, #{number} on channel {channel}", label(*message))
            }
            Self::Questioned { message, number } => {
                format!("is asked {}, #{number}", label(*message))
            }
            Self::Said { message, summary } => {
                format!("{}: {}", label(*message), naming.text(summary))
            }
            Self::Examined(summary) => {
                let summary = naming.text(summary);
                format!("closed without a byte, so asked REACH: {summary}")
            }
            Self::AwaitingDialBack => {
                "the connection ended before the reply; the peer may dial back with it".to_owned()
            }
            Self::RequestFailed(message) => {
                format!("{}: {}", label(*message), failure.map(words::failed).unwrap_or_default())
            }
            Self::Replied { message, .. } => self.replied(&label(*message)),
            Self::Malformed(message, why) => {
                format!("{}: unexpected content: {why}; its bytes are kept", label(*message))
            }
            Self::Odd(message, finding) => format!("{}: {finding}", label(*message)),
            Self::ReplyRefused { message, channel, why } => {
                words::refused_reply(why, *channel, &label(*message))
            }
            Self::FrameDropped(id, times) => {
                let name = id.name().unwrap_or("of an unknown type");
                // one of ours is dropped where it says nothing that can be taken
                let why = if id.is_ours() { "was not taken" } else { "is not ours" };
                format!("a frame {name} {} {why}: dropped, {times} so far", id.0)
            }
            Self::Gossip { listed, left_out: 0 } => format!("told of {}", counted(*listed, "peer")),
            Self::Gossip { listed, left_out } => {
                format!(
                    "told of {}, {left_out} more malformed and left out",
                    counted(*listed, "peer")
                )
            }
            Self::AsksUs { message, frequency, bytes } => {
                let bytes = if *bytes > 0 { format!(", {}", size(*bytes)) } else { String::new() };
                format!("asks us {}, every {frequency} s{bytes}", label(*message))
            }
            Self::Answered { message, error, bytes } => {
                format!(
                    "has our answer to {}: {}, {}",
                    label(*message),
                    words::error(*error),
                    size(*bytes)
                )
            }
            Self::ClosedOn(message, Cause::NotAllowed) => {
                format!("asked us {} and is not on the allow-list: closed", label(*message))
            }
            Self::ClosedOn(message, cause) => {
                format!("asked us {} and was closed: {}", label(*message), cause.text())
            }
            Self::Undelivered(message) => {
                format!("our answer to {} did not reach it: {cause}", label(*message))
            }
        }
    }

    fn replied(&self, label: &str) -> String {
        let Self::Replied { error, bytes, parts, elapsed, dialled_back, again, .. } = self else {
            return String::new();
        };
        let mut text = format!("{label}: {}", words::error(*error));
        if *error == ErrorByte::SUCCESS {
            let parts = counted(*parts as usize, "part");
            text = format!("{text}, {} in {parts}, {}", size(*bytes), took(*elapsed));
        }
        match again {
            Some(Again::At(at)) => text = format!("{text}, accepts again at {}", clock(*at)),
            Some(Again::AtLatest(at)) => {
                text = format!("{text}, accepts at latest at {}", clock(*at));
            }
            None => {}
        }
        if *dialled_back {
            text.push_str(", on a connection that the peer dialled back");
        }
        text
    }
}
