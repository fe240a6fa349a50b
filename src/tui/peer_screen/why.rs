//! Why it ended, who ended it, whether the peer has counted it, and what can be done next; or how
//! it stands, where nothing failed.

use ratatui::style::Style;

use crate::screen::Model;
use crate::tui::canvas::{Area, Canvas, width};
use crate::tui::rows::{Rows, with_pill};
use swarmscope_facts::format::{clock, size};
use swarmscope_facts::ladder::why;
use swarmscope_facts::networks;
use swarmscope_facts::peer::{Peer, State};
use swarmscope_facts::request::{Outcome, Request};
use swarmscope_facts::words;
use swarmscope_peer::crawler::Acceptance;
use swarmscope_wire::ErrorByte;
use swarmscope_wire::failure::{Cause, Delivered, Failure, Phase};

/// Where text stands behind its label.
const VALUE: u16 = 7;
/// From this height on there is room for everything that a failure has to say.
const ROOMY: u16 = 10;

/// The block from this row on.
fn rows<'c, 'a>(canvas: &'c mut Canvas<'a>, area: Area, y: u16) -> Rows<'c, 'a> {
    Rows { canvas, area, y, value: VALUE, write: with_pill }
}

/// Keys and what they do, as many as one row has room for.
fn key_row(rows: &mut Rows, keys: &[(String, &str)]) {
    let (area, theme) = (rows.area, rows.canvas.theme);
    if rows.y >= area.bottom() || keys.is_empty() {
        return;
    }
    rows.canvas.text(area.x, area.x + VALUE - 1, rows.y, "next", theme.muted);
    let mut x = area.x + VALUE;
    for (key, verb) in keys.iter().filter(|(key, _)| !key.is_empty()) {
        if x + width(key) + 1 + width(verb) > area.right {
            break;
        }
        x = rows.canvas.text(x, area.right, rows.y, key, theme.strong());
        x = rows.canvas.text(x + 1, area.right, rows.y, verb, Style::new()) + 3;
    }
    rows.y += 1;
}

pub fn draw(canvas: &mut Canvas, model: &Model, area: Area) {
    let Some(peer) = model.peer() else { return };
    let request = model.request();
    let failed = request.and_then(|request| match &request.outcome {
        Outcome::Failed { failure, .. } => Some((request, failure)),
        _ => None,
    });
    match (failed, request) {
        (Some((_, failure)), _)
            if failure.cause == Cause::NotConnected && why(&model.facts, peer).is_some() =>
        {
            // why it is not there says more than that it is not
            failure_block(canvas, model, area, why(&model.facts, peer).unwrap_or(failure), None);
        }
        (Some((request, failure)), _) => {
            failure_block(canvas, model, area, failure, Some((peer, request)));
        }
        (None, Some(request)) => state_of_request(canvas, model, area, peer, request),
        (None, None) => match why(&model.facts, peer) {
            Some(failure) => failure_block(canvas, model, area, failure, None),
            None => state_of_peer(canvas, model, area, peer),
        },
    }
}

fn failure_block(
    canvas: &mut Canvas,
    model: &Model,
    area: Area,
    failure: &Failure,
    asked: Option<(&Peer, &Request)>,
) {
    canvas.heading(&area, "WHY", false, failure.cause.code());
    let mut rows = rows(canvas, area, area.y + 1);
    rows.add("cause", &cause(model, asked.map(|(_, request)| request), failure));
    let counts = asked.filter(|_| failure.cause != Cause::ClosedWithoutReply);
    // where not all fits, what to do comes before who did it
    let roomy = area.height >= ROOMY;
    if roomy {
        rows.add("ended", &ended(failure, asked.map(|(peer, _)| peer)));
    }
    if let Some((peer, request)) = counts.filter(|(peer, _)| peer.other.is_none()) {
        rows.add("count", &counted(model, peer, request, failure));
    }
    if roomy || counts.is_some() {
        key_row(&mut rows, &keys(model));
        rows.add("hint", failure.cause.hint());
    } else {
        rows.add("hint", failure.cause.hint());
        key_row(&mut rows, &keys(model));
    }
    if !roomy {
        rows.add("ended", &ended(failure, asked.map(|(peer, _)| peer)));
    }
}

/// In the words of the request, where those say more; without its particulars, where these may name
/// a host that is hidden.
pub(in crate::tui) fn cause(model: &Model, request: Option<&Request>, failure: &Failure) -> String {
    let between =
        request.and_then(|request| Some((request.due?.between.as_secs(), request.newest?.index)));
    match (failure.cause, between) {
        (Cause::BetweenPartsTimeout, Some((between, part))) => {
            format!("no part within {between} s of part {part}")
        }
        (cause, _) if model.setup.naming.privacy && cause.phase() <= Phase::Tcp => {
            cause.text().to_owned()
        }
        _ => words::failed(failure),
    }
}

fn ended(failure: &Failure, peer: Option<&Peer>) -> String {
    let by = words::ended(failure.by);
    match peer {
        Some(peer) if peer.connected() => format!("{by}; the connection is still open"),
        _ => by.to_owned(),
    }
}

fn counted(model: &Model, peer: &Peer, request: &Request, failure: &Failure) -> String {
    if failure.delivered == Delivered::No {
        return words::counted(failure.delivered).to_owned();
    }
    let at = |left| model.now.wall.checked_add(left).map(clock).unwrap_or_default();
    let who = if failure.delivered == Delivered::Yes {
        "the peer has counted it"
    } else {
        "the peer may have counted it"
    };
    match model.present().acceptance(peer, request.message, request.frequency) {
        Acceptance::In(left) => format!("{who}: a retry before {} meets 254", at(left)),
        Acceptance::AtMost(left) | Acceptance::IfCounted(left) => {
            format!("{who}: a retry before {} can meet 254", at(left))
        }
        Acceptance::Now => format!("{who}; that time has passed"),
        Acceptance::Unknown => who.to_owned(),
    }
}

fn keys(model: &Model) -> Vec<(String, &'static str)> {
    let mut keys = Vec::new();
    if model.request().is_some_and(Request::in_flight) {
        keys.push((model.key_of("wait longer"), "wait longer"));
        keys.push((model.key_of("cancel request"), "cancel"));
    } else if model.request().is_some() {
        keys.push((model.key_of("edit and resend"), "edit and resend"));
        keys.push((model.key_of("copy command"), "copy command"));
    }
    keys
}

fn state_of_request(
    canvas: &mut Canvas,
    model: &Model,
    area: Area,
    peer: &Peer,
    request: &Request,
) {
    let heading = |canvas: &mut Canvas, title: &str, note: &str| {
        canvas.heading(&area, title, false, note);
    };
    let y = area.y + 1;
    match &request.outcome {
        Outcome::Replied(reply) if reply.error == ErrorByte::FREQUENCY => {
            heading(canvas, "NOT YET", "no failure: the peer keeps its frequency");
            let mut rows = rows(canvas, area, y);
            let at = |left| model.now.wall.checked_add(left).map(clock).unwrap_or_default();
            let known = model.present().acceptance(peer, request.message, request.frequency);
            let text = match known {
                Acceptance::In(left) => format!("again at {}, exactly", at(left)),
                Acceptance::AtMost(left) => {
                    format!("at latest at {}; asked from elsewhere", at(left))
                }
                Acceptance::IfCounted(left) => {
                    format!("at {}, if it counted a later request that was lost", at(left))
                }
                Acceptance::Now | Acceptance::Unknown => {
                    "the time has passed; nothing newer is known".to_owned()
                }
            };
            rows.add("then", &text);
            rows.add("hint", "wait; a lower frequency is for peers whose owners agreed to it");
        }
        Outcome::Replied(reply) if reply.as_read => {
            heading(canvas, "ANSWER", &words::reply_error(reply));
            answer(canvas, model, area, peer, request);
        }
        Outcome::Replied(reply) => {
            heading(canvas, "ANSWER", &words::reply_error(reply));
            let mut rows = rows(canvas, area, y);
            let parts = swarmscope_facts::format::counted(reply.parts as usize, "part");
            rows.add("size", &format!("{} in {parts}", size(reply.bytes)));
            let reads = match &reply.decoding {
                Some(decoding) => match &decoding.failed {
                    Some(why) => format!("unexpected content: {}", words::clean(why)),
                    None => words::clean(&decoding.decoded.summary),
                },
                None if reply.payload.is_some() => "being read".to_owned(),
                None => "bytes dropped".to_owned(),
            };
            rows.add("reads", &reads);
            if reply.dialled_back {
                rows.add("way", "on a connection that the peer dialled back");
            }
        }
        _ => {
            heading(canvas, "WAITING", &model.registry().label(request.message));
            let is_other = peer.other.is_some();
            let text = match &request.outcome {
                Outcome::Queued if is_other => "waits for its turn".to_owned(),
                Outcome::Waiting if is_other => "asked, not answered yet".to_owned(),
                Outcome::Queued => "asked for; the peer is being dialled".to_owned(),
                Outcome::AwaitingDialBack => {
                    "the connection ended first: refused, or the peer dials back with the answer"
                        .to_owned()
                }
                _ if request.newest.is_none() => "sent; no part yet".to_owned(),
                _ => format!("{} so far", size(request.bytes)),
            };
            let mut rows = rows(canvas, area, y);
            rows.add("now", &text);
            if let Some(left) = request.left(model.now) {
                rows.add("left", &format!("{} before it is given up", words::seconds(left)));
            }
            let keys = keys(model);
            key_row(&mut rows, &keys);
        }
    }
}

/// What an answer of another network than the overlay means, what else it could mean, and what to
/// do next.
fn answer(canvas: &mut Canvas, model: &Model, area: Area, peer: &Peer, request: &Request) {
    let reply = request.reply().and_then(|reply| reply.decoding.as_ref());
    let Some(decoding) = reply else { return };
    let (says, keys) = (&decoding.decoded.json, keys(model));
    let mut rows = rows(canvas, area, area.y + 1);
    rows.add("reads", &words::clean(&decoding.decoded.summary));
    if says["encryption"] == "forced" {
        rows.add("likely", "it takes encrypted connections only: inferred, not seen");
        rows.add(
            "or",
            "something on the way drops plain BitTorrent, or it limits connections from one address",
        );
        rows.add("tell", "ask REACH again later");
    }
    if let Some(next) = says["next"].as_str() {
        let place = peer.target().unwrap_or_default();
        let place = model.naming().address(networks::without_scheme(&place));
        rows.add("hint", &words::clean(next).replace("HOST:PORT", &place));
    }
    key_row(&mut rows, &keys);
}

fn state_of_peer(canvas: &mut Canvas, model: &Model, area: Area, peer: &Peer) {
    let (title, note, text) = match &peer.state {
        State::Connected { .. } => ("CONNECTED", "", "no requests yet"),
        State::Answered { .. } => ("ANSWERED", "", "it has answered a question"),
        State::Connecting { phase, .. } => ("CONNECTING", phase.name(), "still connecting"),
        _ => ("KNOWN", "", "heard of, not dialled yet"),
    };
    canvas.heading(&area, title, false, note);
    let mut rows = rows(canvas, area, area.y + 1);
    rows.add("now", text);
    let send = model.key_of("send");
    rows.add(
        "next",
        &format!("{} goes back to the list, where {send} asks", model.key_of("leave peer")),
    );
}
