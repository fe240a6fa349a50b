//! The failure ladder of a peer: from its address to the reply of a request, rung by rung
//! (product.md's seven).

mod networks;

use std::net::IpAddr;
use std::time::Duration;

use crate::conversation::{Attempt, Step};
use crate::facts::Facts;
use crate::format::{counted, took};
use crate::now::Now;
use crate::peer::Peer;
use crate::request::{Outcome, Request};
use crate::words;
use swarmscope_wire::failure::{By, Cause, Failure, Phase};
use swarmscope_wire::handshake::PeerId;
use swarmscope_wire::{ErrorByte, OverlayVersion};

/// How a rung is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It lies behind.
    Passed,
    /// The peer is not to be asked yet: no failure.
    NotYet,
    /// The peer would not have us.
    Refused,
    /// It ended there.
    Failed,
    /// It is being climbed.
    Now,
    /// Nothing came: what that means, other rungs tell.
    Silent,
    /// Nobody has come so far.
    Ahead,
}

/// One rung.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rung {
    /// `resolve`, `tcp`, …
    pub name: &'static str,
    /// How it is.
    pub standing: Standing,
    /// What was found there, in words.
    pub detail: String,
    /// When it was passed, or failed.
    pub after: Option<After>,
}

/// A time since one of the two beginnings; any time may lie between them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum After {
    /// Since the connection began.
    Connection(Duration),
    /// Since the request was sent.
    Request(Duration),
}

const NAMES: [&str; 5] = ["resolve", "tcp", "handshake", "version", "authenticate"];

/// The ladder of a peer, for one of its requests or none, as it stands `at` a moment. `hidden`:
/// addresses and ports are.
#[must_use]
pub fn ladder(
    facts: &Facts,
    at: Now,
    hidden: bool,
    peer: &Peer,
    request: Option<&Request>,
) -> Vec<Rung> {
    if peer.other.is_some() {
        return networks::ladder(at, peer, request);
    }
    let attempt =
        facts.conversations().get(&peer.key).and_then(|conversation| conversation.climb.attempt());
    let mut rungs: Vec<Rung> =
        Step::ALL.into_iter().map(|step| connection(peer, attempt, step, hidden)).collect();
    let above = rungs.last().is_some_and(|rung| rung.standing == Standing::Passed);
    rungs.push(allow_list(request, above));
    rungs.push(reply(at, request));
    rungs
}

fn connection(peer: &Peer, attempt: Option<&Attempt>, step: Step, hidden: bool) -> Rung {
    let name = NAMES[step as usize];
    let Some(attempt) = attempt else {
        let known = peer.connected();
        let (standing, detail) = if known { (Standing::Passed, "") } else { (Standing::Ahead, "") };
        return Rung { name, standing, detail: detail.to_owned(), after: None };
    };
    if let Some(after) = attempt.passed(step) {
        return Rung {
            name,
            standing: Standing::Passed,
            detail: passed(peer, attempt, step, hidden),
            after: Some(After::Connection(after)),
        };
    }
    let before = Step::ALL.into_iter().rev().find(|before| *before < step);
    let next = before.is_none_or(|before| attempt.passed(before).is_some());
    match &attempt.failed {
        Some((failure, after)) if Step::of(failure.phase()).map_or(next, |at| at == step) => {
            let refused = failure.cause == Cause::AuthClosed && failure.by == By::Peer;
            let standing = if refused { Standing::Refused } else { Standing::Failed };
            Rung {
                name,
                standing,
                detail: failed(attempt, step, failure),
                after: Some(After::Connection(*after)),
            }
        }
        // a rung below the one that failed was passed, whether it was seen or not
        Some((failure, _)) if Step::of(failure.phase()).is_some_and(|at| step < at) => Rung {
            name,
            standing: Standing::Passed,
            detail: passed(peer, attempt, step, hidden),
            after: None,
        },
        None if next => {
            Rung { name, standing: Standing::Now, detail: now(attempt, step), after: None }
        }
        _ => Rung { name, standing: Standing::Ahead, detail: String::new(), after: None },
    }
}

/// `hidden`: addresses are, and ports go with them.
fn passed(peer: &Peer, attempt: &Attempt, step: Step, hidden: bool) -> String {
    match step {
        Step::Resolve => match &attempt.host {
            None => "it dialled us".to_owned(),
            Some(host) if is_literal(host) => "a literal address".to_owned(),
            Some(_) => "the name has an address".to_owned(),
        },
        Step::Tcp => match attempt.theirs {
            Some(theirs) if theirs.port() == 0 => "open, announces no port".to_owned(),
            Some(_) if hidden => "open, announces a port".to_owned(),
            Some(theirs) => format!("open, announces port {}", theirs.port()),
            None => "open".to_owned(),
        },
        Step::Handshake => "68 B, infohash ok".to_owned(),
        Step::Version => match attempt.ours.zip(attempt.theirs) {
            Some((ours, theirs)) => {
                let selected = ours.current().min(theirs.current());
                format!("they {}, we {} → {selected}", range(&theirs), range(&ours))
            }
            None => peer.version.map(|version| format!("{version} selected")).unwrap_or_default(),
        },
        Step::Authenticate => {
            let words = match (attempt.host.is_some(), attempt.pinned, attempt.tls) {
                (true, true, false) => "permid is the pinned one",
                (true, true, true) => "TLS 1.3, the pinned permid",
                (true, false, false) => "permid was not pinned",
                (true, false, true) => "TLS 1.3, permid not pinned",
                (false, _, false) => "permid is proved",
                (false, _, true) => "TLS 1.3, permid is proved",
            };
            words.to_owned()
        }
    }
}

fn failed(attempt: &Attempt, step: Step, failure: &Failure) -> String {
    let versions = attempt.ours.zip(attempt.theirs).filter(|_| step == Step::Version);
    match versions {
        Some((ours, theirs)) => format!("they {}, we {}", range(&theirs), range(&ours)),
        None => failure.cause.text().to_owned(),
    }
}

fn now(attempt: &Attempt, step: Step) -> String {
    match step {
        Step::Resolve => "looking the name up",
        Step::Tcp => "waiting for an answer",
        Step::Handshake => "waiting for its 68 B",
        Step::Version => "comparing",
        Step::Authenticate if attempt.tls => "waiting for its HELLO",
        Step::Authenticate => "waiting for its proof",
    }
    .to_owned()
}

fn is_literal(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    bare.parse::<IpAddr>().is_ok()
}

/// `2–17`.
#[must_use]
pub fn range(id: &PeerId) -> String {
    let (OverlayVersion(lowest), OverlayVersion(current)) = (id.lowest(), id.current());
    format!("{lowest}–{current}")
}

/// Whether the peer answers us at all: nothing but an answer tells.
fn allow_list(request: Option<&Request>, connected: bool) -> Rung {
    let rung = |standing, detail: &str, after| Rung {
        name: "allow-list",
        standing,
        detail: detail.to_owned(),
        after,
    };
    let Some(request) = request else { return rung(Standing::Ahead, "an answer tells", None) };
    if let Some(part) = request.parts.first().or(request.newest.as_ref()) {
        return rung(
            Standing::Passed,
            "a part came: we are on it",
            Some(After::Request(part.after)),
        );
    }
    match &request.outcome {
        Outcome::Replied(reply) => {
            rung(Standing::Passed, "it answered: we are on it", Some(After::Request(reply.elapsed)))
        }
        Outcome::Failed { failure, at } if failure.cause == Cause::ClosedWithoutReply => {
            let after = request.sent.map(|sent| at.instant.saturating_duration_since(sent.instant));
            rung(Standing::Refused, "likely: closed without a reply", after.map(After::Request))
        }
        Outcome::Waiting if connected => rung(Standing::Now, "an answer tells", None),
        _ => rung(Standing::Ahead, "an answer tells", None),
    }
}

fn reply(at: Now, request: Option<&Request>) -> Rung {
    let rung = |standing, detail: String, after| Rung { name: "reply", standing, detail, after };
    let Some(request) = request else {
        return rung(Standing::Ahead, "nothing is asked".to_owned(), None);
    };
    let parts = counted(request.part_count() as usize, "part");
    match &request.outcome {
        Outcome::Queued => rung(Standing::Ahead, "not sent yet".to_owned(), None),
        Outcome::AwaitingDialBack => {
            rung(Standing::Now, "waiting for a dial-back".to_owned(), None)
        }
        Outcome::Waiting if request.newest.is_none() => {
            let waited = words::seconds(request.elapsed(at));
            rung(Standing::Now, format!("no part yet, {waited}"), None)
        }
        Outcome::Waiting => rung(Standing::Now, format!("{parts} in"), None),
        Outcome::Replied(reply) if reply.error == ErrorByte::FREQUENCY => {
            rung(Standing::NotYet, "not yet".to_owned(), Some(After::Request(reply.elapsed)))
        }
        Outcome::Replied(reply) => {
            let detail = match reply.error {
                ErrorByte::SUCCESS => format!("whole, {}", counted(reply.parts as usize, "part")),
                _ => words::reply_error(reply),
            };
            rung(Standing::Passed, detail, Some(After::Request(reply.elapsed)))
        }
        Outcome::Failed { failure, .. } if failure.phase() < Phase::Reply => {
            rung(Standing::Ahead, String::new(), None)
        }
        Outcome::Failed { failure, .. } => {
            let elapsed = request.elapsed(at);
            rung(
                Standing::Failed,
                ended(request, failure, elapsed, &parts),
                Some(After::Request(elapsed)),
            )
        }
    }
}

fn ended(request: &Request, failure: &Failure, elapsed: Duration, parts: &str) -> String {
    let silence =
        took(elapsed.saturating_sub(request.newest.map_or(Duration::ZERO, |part| part.after)));
    match failure.cause {
        Cause::Cancelled | Cause::Stopped => "given up from here".to_owned(),
        Cause::FirstPartTimeout => format!("no part in {}", took(elapsed)),
        Cause::BetweenPartsTimeout => format!("{parts}, then {silence} silence"),
        Cause::WholeTimeout => format!("{parts} in {}, not whole", took(elapsed)),
        Cause::ClosedInReply => format!("{parts}, then the end"),
        cause => words::row(cause),
    }
}

/// Why a peer is not there, where that is known: of the newest connection, else what the list says.
#[must_use]
pub fn why<'f>(facts: &'f Facts, peer: &'f Peer) -> Option<&'f Failure> {
    let attempt =
        facts.conversations().get(&peer.key).and_then(|conversation| conversation.climb.attempt());
    if peer.connected() {
        return None;
    }
    if let Some((failure, _)) = attempt.and_then(|attempt| attempt.failed.as_ref()) {
        return Some(failure);
    }
    peer.state.failure()
}
