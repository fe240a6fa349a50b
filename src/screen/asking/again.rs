//! A request that was sent already, sent again with the same bytes.

use super::question;
use crate::screen::actions::{Effects, none};
use crate::screen::conditions::{Ready, USUAL_TIMEOUT, is_no_replay, question_again};
use crate::screen::log::Kind;
use crate::screen::model::Model;
use crate::screen::msg::Effect;
use swarmscope_facts::format::{clock, size};
use swarmscope_facts::peer::Peer;
use swarmscope_networks::target::Network;
use swarmscope_peer::crawler::Acceptance;
use swarmscope_peer::node::{Ask, Origin};

/// Sends the selected request again, and says whether it is to meet 254.
pub fn resend(model: &mut Model) -> Effects {
    if model.composer.network != Network::Overlay {
        return question::resend(model).unwrap_or_default();
    }
    let Ok(ask) = ask(model) else { return none() };
    let Some(number) = model.request().map(|request| request.number) else { return none() };
    let label = model.registry().label(ask.message);
    let will = will_meet_254(model, &ask);
    let bytes = if ask.payload.is_empty() {
        String::new()
    } else {
        format!(", the same {}", size(ask.payload.len()))
    };
    model.say(Kind::Done, format!("resending #{number} {label}{bytes}{will}"));
    vec![Effect::Request(ask)]
}

pub fn can_resend(model: &Model) -> Ready {
    if model.composer.network != Network::Overlay {
        return question_again(model).map(drop);
    }
    ask(model).map(drop)
}

fn ask(model: &Model) -> Result<Ask, String> {
    is_no_replay(model)?;
    let request = model.request().ok_or("no request to this peer yet")?;
    let to = model.peer().and_then(Peer::permid).ok_or("identity unknown: connect first")?;
    let timeout =
        model.registry().get(request.message).map_or(USUAL_TIMEOUT, |probe| probe.timeout());
    Ok(Ask {
        to,
        message: request.message,
        frequency: request.frequency,
        payload: request.payload.clone(),
        timeout,
        origin: Origin::Operator,
        wait_for_dial_back: model.facts.listening().is_some(),
    })
}

/// `; it will meet 254 until 12:41:57Z`, as far as that is known.
fn will_meet_254(model: &Model, ask: &Ask) -> String {
    let at = |left| model.now.wall.checked_add(left).map(clock).unwrap_or_default();
    match model.facts.acceptance().acceptance(ask.to, ask.message, ask.frequency, model.now.instant)
    {
        Acceptance::Now | Acceptance::Unknown => String::new(),
        Acceptance::In(left) => {
            format!("; expect 254: the peer accepts it again at {}", at(left))
        }
        Acceptance::AtMost(left) | Acceptance::IfCounted(left) => {
            format!("; 254 is possible: the peer accepts it again at {} at the latest", at(left))
        }
    }
}
