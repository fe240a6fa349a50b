//! When commands can be done; if not, why.

use std::time::Duration;

use bytes::Bytes;

use super::mode::{Mode, Pane};
use super::model::Model;
use swarmscope_facts::messages::known;
use swarmscope_facts::networks::Question;
use swarmscope_facts::peer::Peer;
use swarmscope_facts::reply::reading::View;
use swarmscope_facts::request::Request;
use swarmscope_networks::target::Network;
use swarmscope_peer::node::{Ask, Origin, PeerKey, Target};
use swarmscope_wire::MessageId;

/// How long a reply may take where no probe says otherwise.
pub const USUAL_TIMEOUT: Duration = Duration::from_secs(30);

/// Done, or why not.
pub type Ready = Result<(), String>;

#[expect(clippy::unnecessary_wraps, reason = "one answer among those of the table of commands")]
pub fn always(_: &Model) -> Ready {
    Ok(())
}

fn only_if(condition: bool, why: &str) -> Ready {
    if condition { Ok(()) } else { Err(why.to_owned()) }
}

pub fn has_peer(model: &Model) -> Ready {
    only_if(model.peer().is_some(), "no peer is selected")
}

pub fn has_marks(model: &Model) -> Ready {
    only_if(!model.facts.marks().is_empty(), "no peers marked")
}

pub fn filter_reads(model: &Model) -> Ready {
    model.sieve.error.as_ref().map_or(Ok(()), |error| Err(error.to_string()))
}

pub fn has_candidates(model: &Model) -> Ready {
    only_if(!model.sieve.candidates().is_empty(), "nothing to complete")
}

pub fn has_request(model: &Model) -> Ready {
    only_if(model.request().is_some(), "no request to this peer yet")
}

pub fn has_reply(model: &Model) -> Ready {
    only_if(
        model.request().is_some_and(|request| request.reply().is_some()),
        "there is no reply yet",
    )
}

pub fn is_connected(model: &Model) -> Ready {
    is_no_replay(model)?;
    only_if(model.peer().is_some_and(Peer::connected), "this peer is not connected")
}

pub fn is_in_flight(model: &Model) -> Ready {
    is_no_replay(model)?;
    only_if(model.request().is_some_and(Request::in_flight), "the request has ended")
}

pub fn on_tour(model: &Model) -> Ready {
    is_no_replay(model)?;
    only_if(model.tour.is_some(), "no tour is running")
}

pub fn can_go_back(model: &Model) -> Ready {
    let away = model.range.is_some()
        || model.inside
        || model.zoomed()
        || model.focus != Pane::Peers
        || !model.filter.text().is_empty();
    only_if(away || model.kept.hints.are_open(), "already at the start")
}

pub fn can_unfold(model: &Model) -> Ready {
    let container = model.reading.selected().is_some_and(|row| row.open.is_some());
    only_if(container && model.reading.shows() == View::Tree, "it has no nested values")
}

pub fn has_value(model: &Model) -> Ready {
    only_if(model.reading.selected().is_some(), "no value is selected")
}

pub fn takes_payload(model: &Model) -> Ready {
    only_if(
        known(model.registry(), model.composer.message).takes_payload,
        "this message takes no payload",
    )
}

pub fn has_form(model: &Model) -> Ready {
    only_if(model.composer.form().is_some(), "this message has no form")
}

pub fn finds_message(model: &Model) -> Ready {
    only_if(!model.found().is_empty(), "no such message: type a name or a number from 0 to 255")
}

pub fn is_target(model: &Model) -> Ready {
    is_no_replay(model)?;
    match &model.mode {
        Mode::Connect(input, _) => {
            let text = input.text();
            let overlay = |error: swarmscope_peer::TargetError| error.what;
            if text.contains("://") {
                text.parse::<swarmscope_networks::target::Target>().map(drop).map_err(overlay)
            } else {
                text.parse::<Target>().map(drop).map_err(overlay)
            }
        }
        _ => Err("no address is being typed".to_owned()),
    }
}

pub fn has_target(model: &Model) -> Ready {
    only_if(model.target().is_some(), "no address is known for this peer")
}

/// What goes out to a peer needs a node.
pub fn is_no_replay(model: &Model) -> Ready {
    only_if(model.showing.replay.is_none(), "a replay sends nothing")?;
    only_if(model.showing.written.is_none(), "a store is only read: nothing is sent")
}

/// Whether the request in the composer can go to the selected peer.
pub fn can_send(model: &Model) -> Ready {
    if model.composer.network != Network::Overlay {
        return question(model).map(drop);
    }
    ask(model).map(drop)
}

/// The question in the composer, to the selected peer of another network than the overlay.
///
/// # Errors
/// Why it can't be asked.
pub fn question(model: &Model) -> Result<Question, String> {
    let composer = model.candidate();
    question_about(model, composer.message, composer.bytes(model.registry())?)
}

/// The selected request to such a peer, once more.
///
/// # Errors
/// Why it can't be asked.
pub fn question_again(model: &Model) -> Result<Question, String> {
    let request = model.request().ok_or("no request to this peer yet")?;
    question_about(model, request.message, request.payload.clone())
}

fn question_about(model: &Model, message: MessageId, about: Bytes) -> Result<Question, String> {
    is_no_replay(model)?;
    let peer = model.peer().ok_or("no peer is selected")?;
    Question::new(peer.key.clone(), message, about).map_err(|error| error.to_string())
}

/// The request in the composer, to the selected peer; or why it can't be sent.
pub fn ask(model: &Model) -> Result<Ask, String> {
    is_no_replay(model)?;
    let peer = model.peer().ok_or("no peer is selected")?;
    let PeerKey::Permid(to) = peer.key else {
        return Err("identity unknown: connect first".to_owned());
    };
    let registry = model.registry();
    let composer = model.candidate();
    let message = composer.message;
    let known = known(registry, message);
    if let Some(version) = peer.version.filter(|version| *version < known.min_version) {
        return Err(format!(
            "{} needs version {}, this peer speaks {version}",
            known.name, known.min_version
        ));
    }
    if let Some(version) = peer.version.filter(|version| *version > known.max_version) {
        return Err(format!(
            "{} is for versions up to {}, this peer speaks {version}",
            known.name, known.max_version
        ));
    }
    let frequency = composer.frequency()?;
    let payload = composer.bytes(registry)?;
    let timeout = registry.get(message).map_or(USUAL_TIMEOUT, |probe| probe.timeout());
    let wait_for_dial_back = model.facts.listening().is_some();
    Ok(Ask {
        to,
        message,
        frequency,
        payload,
        timeout,
        origin: Origin::Operator,
        wait_for_dial_back,
    })
}
