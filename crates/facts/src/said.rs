//! The lines of a conversation and the fields of a frame, in words.

use crate::conversation::{Line, Of, What};
use crate::facts::Facts;
use crate::format::{counted, thousands};
use crate::naming::Naming;
use crate::peer::Peer;
use crate::request::more;
use crate::words;
use swarmscope_peer::crawler::{Registry, Trace};
use swarmscope_peer::node::PeerKey;
use swarmscope_wire::anatomy::{self, Field, Means};
use swarmscope_wire::failure::{By, Cause, Phase};
use swarmscope_wire::frame::FrameId;
use swarmscope_wire::trace::{Kind, Piece};
use swarmscope_wire::{ChannelId, ErrorByte};

/// What facts are put into words with.
#[derive(Clone, Copy)]
pub struct Saying<'a> {
    /// What is known.
    pub facts: &'a Facts,
    /// The names of messages.
    pub registry: &'a Registry,
    /// The names of peers and addresses.
    pub naming: &'a Naming,
}

/// Which way it went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// From us.
    Out,
    /// To us.
    In,
    /// A fact, not a message.
    Between,
}

/// What a person should look at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sign {
    /// Odd or hostile.
    Odd,
    /// 254.
    NotYet,
    /// It failed.
    Failed,
}

/// A line in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Said {
    /// Which way it went.
    pub way: Way,
    /// What it is.
    pub name: String,
    /// On which channel.
    pub channel: Option<ChannelId>,
    /// What a person should look at.
    pub sign: Option<Sign>,
    /// The particulars.
    pub detail: String,
    /// On the wire.
    pub bytes: Option<u64>,
}

impl Said {
    fn fact(way: Way, name: &str, detail: impl Into<String>) -> Self {
        Self {
            way,
            name: name.to_owned(),
            channel: None,
            sign: None,
            detail: detail.into(),
            bytes: None,
        }
    }
}

/// A line of the conversation with this peer.
#[must_use]
pub fn said(by: &Saying, peer: &Peer, line: &Line) -> Said {
    let trace = match &line.what {
        What::Trace(trace) => trace,
        What::GivenUp { channel, failure, .. } => {
            let (name, detail) = given_up(failure.cause);
            let sign = (!matches!(failure.cause, Cause::Cancelled | Cause::Stopped))
                .then_some(Sign::Failed);
            return Said { channel: *channel, sign, ..Said::fact(Way::Between, name, detail) };
        }
    };
    match trace {
        Trace::Resolving { host, .. } => Said::fact(Way::Out, "resolve", by.naming.address(host)),
        Trace::Dialling(address) => {
            Said::fact(Way::Out, "connect", by.naming.address(&address.to_string()))
        }
        Trace::Open => Said::fact(Way::In, "connected", ""),
        Trace::Accepted(address) => {
            Said::fact(Way::In, "connect", by.naming.address(&address.to_string()))
        }
        Trace::Tls => Said::fact(Way::Between, "TLS 1.3 is up", "keys proved on both sides"),
        Trace::Authenticated => Said::fact(Way::Between, "authenticated", who(by, &peer.key)),
        Trace::Closed(failure) => {
            let quiet = matches!(failure.cause, Cause::Closed | Cause::Stopped | Cause::Duplicate);
            let sign = (!quiet).then_some(Sign::Failed);
            let (way, name) = match failure.by {
                By::Peer => (Way::In, "closed by the peer"),
                By::Us => (Way::Out, "closed by us"),
                By::Network if failure.phase() < Phase::Handshake => (Way::Between, "not reached"),
                By::Network => (Way::Between, "lost"),
            };
            Said { sign, ..Said::fact(way, name, why_closed(failure.cause)) }
        }
        Trace::Unwatched(count) => {
            Said::fact(Way::Between, "not traced", format!("{} not traced", many(*count, "frame")))
        }
        Trace::Lost(count) => {
            let detail = format!("{}: too much at once", many(*count, "step"));
            Said { sign: Some(Sign::Odd), ..Said::fact(Way::Between, "not traced", detail) }
        }
        Trace::Sent(piece) => frame(by, peer, line, piece, Way::Out),
        Trace::Received(piece) => frame(by, peer, line, piece, Way::In),
    }
}

fn many(count: u64, one: &str) -> String {
    counted(usize::try_from(count).unwrap_or(usize::MAX), one)
}

/// What the name does not say: `tcp refused`, `idle`.
fn why_closed(cause: Cause) -> String {
    match cause.phase() {
        _ if cause == Cause::Closed => String::new(),
        Phase::Open | Phase::Local | Phase::Request | Phase::Reply => words::row(cause),
        _ => words::brief(cause),
    }
}

fn given_up(cause: Cause) -> (&'static str, String) {
    match cause {
        Cause::FirstPartTimeout => ("deadline", "no first part".to_owned()),
        Cause::BetweenPartsTimeout => ("deadline", "between parts".to_owned()),
        Cause::WholeTimeout => ("deadline", "not whole in time".to_owned()),
        Cause::DialBackTimeout => ("deadline", "no dial-back".to_owned()),
        Cause::Cancelled | Cause::Stopped => ("given up", "from here".to_owned()),
        cause => ("given up", words::row(cause)),
    }
}

fn who(by: &Saying, key: &PeerKey) -> String {
    match key {
        PeerKey::Permid(permid) => by.naming.permid(permid),
        PeerKey::Address(_) => String::new(),
    }
}

fn frame(by: &Saying, peer: &Peer, line: &Line, piece: &Piece, way: Way) -> Said {
    let fields = anatomy::fields(piece);
    let said = Said { bytes: Some(piece.length), ..Said::fact(way, &name(piece.kind), "") };
    if !piece.whole {
        let announced = fields.iter().find_map(|field| match field.means {
            Means::Length(announced) => Some(u64::from(announced) + 4),
            _ => None,
        });
        let detail = match (piece.kind, announced) {
            (Kind::Frame(_), Some(all)) => format!("broke off, of {} B", thousands(all)),
            _ => "no whole frame".to_owned(),
        };
        return Said { sign: Some(Sign::Odd), detail, ..said };
    }
    match piece.kind {
        Kind::Handshake => handshake(&fields, said, by.naming.privacy),
        Kind::KeepAlive | Kind::Scrap => said,
        Kind::Frame(FrameId::CRAWLER_REQUEST) => request(by, &fields, said),
        Kind::Frame(FrameId::CRAWLER_REPLY) => reply(line.of, &fields, said),
        Kind::Frame(id) => Said { detail: other(by, peer, id, &fields, way), ..said },
    }
}

fn name(kind: Kind) -> String {
    match kind {
        Kind::Handshake => "handshake".to_owned(),
        Kind::KeepAlive => "keep-alive".to_owned(),
        Kind::Scrap => "bytes".to_owned(),
        Kind::Frame(id) if id.is_ours() => id.to_string(),
        Kind::Frame(id) => {
            id.name().map_or_else(|| id.to_string(), |name| format!("{name} {}", id.0))
        }
    }
}

fn handshake(fields: &[Field], said: Said, privacy: bool) -> Said {
    let version = |name: &str| {
        fields.iter().find(|field| field.name == name).and_then(|field| match field.means {
            Means::Version(version) => Some(version.0),
            _ => None,
        })
    };
    let port = fields
        .iter()
        .find_map(|field| if let Means::Port(port) = field.means { Some(port) } else { None });
    match (version("lowest"), version("current"), port) {
        (Some(lowest), Some(current), Some(port)) if !privacy => {
            Said { detail: format!("{lowest}–{current}, port {port}"), ..said }
        }
        (Some(lowest), Some(current), _) => {
            Said { detail: format!("{lowest}–{current}"), ..said }
        }
        _ if withheld(fields) => Said { detail: "hidden".to_owned(), ..said },
        _ => Said { sign: Some(Sign::Odd), detail: "another protocol".to_owned(), ..said },
    }
}

/// Nobody is to see what it says.
fn withheld(fields: &[Field]) -> bool {
    fields.iter().any(|field| matches!(field.means, Means::Withheld(_)))
}

fn channel(fields: &[Field]) -> Option<ChannelId> {
    fields.iter().find_map(|field| {
        if let Means::Channel(channel) = field.means { Some(channel) } else { None }
    })
}

fn request(by: &Saying, fields: &[Field], said: Said) -> Said {
    let asked = fields
        .iter()
        .find_map(|field| if let Means::Message(id) = field.means { Some(id) } else { None });
    let often = fields
        .iter()
        .find_map(|field| if let Means::Frequency(f) = field.means { Some(f) } else { None });
    match (asked, often) {
        (Some(message), Some(frequency)) => {
            let detail = format!("{}, every {frequency}", by.registry.label(message));
            Said { channel: channel(fields), detail, ..said }
        }
        _ => Said {
            channel: channel(fields),
            sign: Some(Sign::Odd),
            detail: "too short".to_owned(),
            ..said
        },
    }
}

fn reply(of: Of, fields: &[Field], said: Said) -> Said {
    let hint = fields
        .iter()
        .find_map(|field| if let Means::PartsLeft(hint) = field.means { Some(hint) } else { None });
    let error = fields
        .iter()
        .find_map(|field| if let Means::Error(error) = field.means { Some(error) } else { None });
    let said = Said { channel: channel(fields), ..said };
    let (Some(hint), Some(error)) = (hint, error) else {
        return Said { sign: Some(Sign::Odd), detail: "too short".to_owned(), ..said };
    };
    let part = match of {
        Of::Part(_, 0) => "a part".to_owned(),
        Of::Part(_, index) => format!("part {index}"),
        Of::Stray if said.way == Way::In => {
            return Said { sign: Some(Sign::Odd), detail: "no such channel".to_owned(), ..said };
        }
        _ => "a part".to_owned(),
    };
    match (error, hint.is_last()) {
        (ErrorByte::FREQUENCY, true) => {
            Said { sign: Some(Sign::NotYet), detail: "not yet".to_owned(), ..said }
        }
        (ErrorByte::SUCCESS, true) => Said { detail: format!("{part}, the last"), ..said },
        (_, true) => Said { detail: words::error(error), ..said },
        (_, false) => Said { detail: format!("{part}, hint {}", hint.0), ..said },
    }
}

fn other(by: &Saying, peer: &Peer, id: FrameId, fields: &[Field], way: Way) -> String {
    let permid = || {
        fields.iter().find_map(|field| {
            if let Means::Permid(permid) = field.means { Some(permid) } else { None }
        })
    };
    let signature = || {
        fields
            .iter()
            .find_map(|field| if let Means::Signature(n) = field.means { Some(n) } else { None })
    };
    match id {
        FrameId::CHALLENGE => match fields.last().map(|field| &field.means) {
            Some(Means::Random(bytes)) => format!("{bytes} random bytes"),
            _ if withheld(fields) => "hidden".to_owned(),
            _ => "not a challenge".to_owned(),
        },
        FrameId::RESPONSE1 | FrameId::RESPONSE2 if way == Way::Out => {
            signature().map_or_else(String::new, |bytes| format!("signature {bytes} B"))
        }
        FrameId::RESPONSE1 | FrameId::RESPONSE2 => match permid() {
            Some(permid) if peer.key == PeerKey::Permid(permid) => {
                let climb = by
                    .facts
                    .conversations()
                    .get(&peer.key)
                    .and_then(|conversation| conversation.climb.attempt());
                let pinned = climb.is_some_and(|attempt| attempt.pinned);
                if pinned {
                    "permid is as pinned".to_owned()
                } else {
                    format!("permid {}", by.naming.permid(&permid))
                }
            }
            Some(permid) => format!("permid {}", by.naming.permid(&permid)),
            None if withheld(fields) => "hidden".to_owned(),
            None => "no permid".to_owned(),
        },
        FrameId::HELLO => "both handshakes' hash".to_owned(),
        FrameId::BUDDYCAST => {
            let told = fields
                .iter()
                .map(|field| if let Means::Peers(peers) = field.means { peers } else { 0 });
            format!("tells of {}", counted(told.sum(), "peer"))
        }
        FrameId::KEEP_ALIVE => String::new(),
        _ if way == Way::In => "not ours, dropped".to_owned(),
        _ => String::new(),
    }
}

/// What a field says, in words. `line` says which request a channel stands for.
#[must_use]
pub fn value(by: &Saying, peer: &Peer, line: &Line, field: &Field) -> String {
    let hidden = by.naming.privacy && field.hides;
    match &field.means {
        Means::Permid(permid) => by.naming.permid(permid),
        Means::Text(_) | Means::Number(_) | Means::Port(_) if hidden => "hidden".to_owned(),
        Means::Text(text) => text.clone(),
        Means::Number(number) => number.to_string(),
        Means::Length(bytes) => thousands((*bytes).into()),
        Means::Port(port) => port.to_string(),
        Means::Version(version) => version.to_string(),
        Means::Frame(id) => id
            .name()
            .map_or_else(|| format!("{}, unknown", id.0), |name| format!("{} {name}", id.0)),
        Means::Message(message) => format!("{} {}", message.0, by.registry.label(*message)),
        Means::Channel(channel) => {
            match line
                .of
                .ticket()
                .and_then(|ticket| peer.requests.iter().find(|r| r.ticket == ticket))
            {
                Some(request) => format!("request #{}", request.number),
                None if line.of == Of::Stray => "no request of ours".to_owned(),
                None => format!("channel {channel}"),
            }
        }
        Means::Frequency(frequency) => format!("every {} s", thousands(frequency.0.into())),
        Means::PartsLeft(hint) if hint.is_last() => "the last part".to_owned(),
        Means::PartsLeft(hint) => format!("a hint: {}", more(*hint)),
        Means::Error(error) => {
            error.name().map_or_else(|| format!("{error}, the handler's own"), str::to_owned)
        }
        Means::Random(bytes) => format!("{} random bytes", thousands(*bytes)),
        Means::Signature(bytes) => format!("{bytes} B, DER"),
        Means::Payload(bytes) => format!("{} B", thousands(*bytes)),
        Means::Peers(peers) => counted(*peers, "peer"),
        Means::Withheld(bytes) => format!("{} B, not displayed", thousands(*bytes)),
    }
}
