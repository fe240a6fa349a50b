//! How facts are put into words: the same in the list, the log and the reply.

use std::borrow::Cow;
use std::time::Duration;

use swarmscope_peer::node::{Direction, Transport};
use swarmscope_wire::failure::{By, Cause, Delivered, Failure, Phase};
use swarmscope_wire::{ChannelId, ErrorByte, OverlayVersion, text};

use crate::format::{ago, took};
use crate::now::Now;
use crate::peer::State;
use crate::request::Reply;

/// Text from a peer, as it may reach a cell.
#[must_use]
pub fn clean(text: &str) -> String {
    match text::clean(text) {
        Cow::Borrowed(clean) => clean.to_owned(),
        Cow::Owned(clean) => clean,
    }
}

/// `18 tls`, `17 clear`.
#[must_use]
pub fn version(version: OverlayVersion, transport: Option<Transport>) -> String {
    let encrypted =
        transport.map_or(version.is_encrypted(), |transport| transport == Transport::Tls);
    format!("{version} {}", if encrypted { "tls" } else { "clear" })
}

/// `connected: 18 tls, 3 ms`; `dialled us: …`.
#[must_use]
pub fn connected(
    selected: OverlayVersion,
    transport: Transport,
    direction: Direction,
    rtt: Duration,
) -> String {
    let how = match direction {
        Direction::Outgoing => "connected",
        Direction::Incoming => "dialled us",
    };
    format!("{how}: {}, {}", version(selected, Some(transport)), took(rtt))
}

/// `failed: tcp refused, attempt 3 of 28`.
#[must_use]
pub fn connect_failed(failure: &Failure, attempt: u32, gives_up_at: u32) -> String {
    let failed = failed(failure);
    match gives_up_at {
        0 => format!("failed: {failed}"), // a store does not keep which attempt it was
        most => format!("failed: {failed}, attempt {attempt} of {most}"),
    }
}

/// What failed, and its particulars.
#[must_use]
pub fn failed(failure: &Failure) -> String {
    let text = match failure.cause {
        Cause::ClosedWithoutReply => {
            return "closed without a reply: its allow-list, likely".to_owned();
        }
        cause => cause.text(),
    };
    if failure.detail.is_empty() {
        text.to_owned()
    } else {
        format!("{text}: {}", clean(&failure.detail))
    }
}

/// `reply dropped: no request on channel 4f`.
#[must_use]
pub fn refused_reply(why: &str, channel: ChannelId, message: &str) -> String {
    let brief = why.replace(" is outstanding", "");
    if brief.contains("this channel") {
        format!("reply dropped: {}", brief.replace("this channel", &format!("channel {channel}")))
    } else {
        format!("reply dropped, {message} on channel {channel}: {brief}")
    }
}

/// `error 0, success`; `253 unknown message`.
#[must_use]
pub fn error(error: ErrorByte) -> String {
    match (error, error.name()) {
        (ErrorByte::SUCCESS | ErrorByte::HANDLER | ErrorByte::NO_RESULT, Some(name)) => {
            format!("error {error}, {name}")
        }
        (_, Some(name)) => format!("{error} {name}"),
        (_, None) => format!("error {error}, the handler's own"),
    }
}

/// `answered`; `error 203, protocol error`: of a node of the DHT (BEP 5).
#[must_use]
pub fn krpc_error(error: ErrorByte) -> String {
    let name = match error.0 {
        0 => return "answered".to_owned(),
        201 => "generic error",
        202 => "server error",
        203 => "protocol error",
        204 => "method unknown",
        _ => return "refused, by a code of its own".to_owned(),
    };
    format!("error {error}, {name}")
}

/// The error of a reply, as its network means it.
#[must_use]
pub fn reply_error(reply: &Reply) -> String {
    if reply.as_read { krpc_error(reply.error) } else { error(reply.error) }
}

/// A cause in two or three words, for the list: `tcp refused`.
#[must_use]
pub fn brief(cause: Cause) -> String {
    let (phase, what) = cause.code().split_once('.').unwrap_or(("", cause.code()));
    let what = what.replace('-', " ");
    match cause.phase() {
        Phase::Authentication => what,
        _ => format!("{phase} {what}"),
    }
}

/// What became of a request, in the few words that its row has room for.
#[must_use]
pub fn row(cause: Cause) -> String {
    match cause {
        Cause::FirstPartTimeout => "no first part".to_owned(),
        Cause::BetweenPartsTimeout => "no next part".to_owned(),
        Cause::WholeTimeout => "not whole in time".to_owned(),
        Cause::DialBackTimeout => "not dialled back".to_owned(),
        Cause::ClosedWithoutReply => "closed, no reply".to_owned(),
        Cause::ClosedInReply => "lost between parts".to_owned(),
        Cause::ChannelsFull => "no free channel".to_owned(),
        _ => cause.code().split_once('.').map_or(cause.code(), |(_, what)| what).replace('-', " "),
    }
}

/// The longest clause at the beginning of a text that has no more characters than `room`; cut where
/// even the first has more.
#[must_use]
pub fn clause(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let ends = text.char_indices().filter(|(_, c)| ",;:.".contains(*c)).map(|(at, _)| at);
    let fitting = ends.rev().find(|at| text[..*at].chars().count() <= room);
    match fitting {
        Some(end) => text[..end].to_owned(),
        None => text.chars().take(room.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// What the list says of a peer that is not connected: the word that carries the weight, and what
/// follows it.
#[must_use]
pub fn state(
    state: &State,
    since: impl Fn(Now) -> Duration,
    may_dial_back: bool,
) -> (&'static str, String) {
    match state {
        State::Heard => ("", "heard of, not dialled yet".to_owned()),
        State::Connecting { phase, since: start } => {
            ("", format!("connecting: {}, {}", phase.name(), seconds(since(*start))))
        }
        State::Connected { .. } => ("", String::new()),
        State::Answered { at } => ("", format!("answered {}", ago(since(*at)))),
        State::Gone { at, .. } => {
            let back = if may_dial_back { ", may dial back" } else { "" };
            ("", format!("gone {}{back}", ago(since(*at))))
        }
        State::Refused { failure, .. } if failure.cause == Cause::ClosedWithoutReply => {
            ("refused", ": allow-list, likely".to_owned())
        }
        State::Refused { .. } => ("refused", ": its key or version, likely".to_owned()),
        State::Failed { failure, gives_up_at: 0, .. } => {
            ("failed", format!(": {}", brief(failure.cause)))
        }
        State::Failed { failure, attempt, gives_up_at, .. } => {
            ("failed", format!(": {}, {attempt} of {gives_up_at}", brief(failure.cause)))
        }
    }
}

/// `2 s`, `3 min`: whole units, for what is still going on.
#[must_use]
pub fn seconds(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..100 => format!("{seconds} s"),
        seconds => format!("{} min", seconds / 60),
    }
}

/// Who ended it, and what that leaves.
#[must_use]
pub const fn ended(by: By) -> &'static str {
    match by {
        By::Us => "by us",
        By::Peer => "by the peer",
        By::Network => "by the network",
    }
}

/// Whether the peer has counted the request in its frequency gate (protocol.md §4).
#[must_use]
pub const fn counted(delivered: Delivered) -> &'static str {
    match delivered {
        Delivered::No => "the peer never got it: a retry counts as the first request",
        Delivered::Maybe => "the peer may have counted it: a retry can meet 254",
        Delivered::Yes => "the peer has counted it: a retry meets 254",
    }
}
