//! Sending the request in the composer. Where it is to be in vain as far as anybody can tell, that
//! is said first, and the same once more sends it.

use super::question;
use super::warned::Warned;
use crate::screen::actions::{Effects, choose, none, not_done};
use crate::screen::conditions::ask;
use crate::screen::log::Kind;
use crate::screen::mode::Mode;
use crate::screen::model::Model;
use crate::screen::msg::Effect;
use swarmscope_facts::format::clock;
use swarmscope_networks::target::Network;
use swarmscope_peer::crawler::Acceptance;
use swarmscope_peer::node::Ask;
use swarmscope_wire::text::clean;

/// To the selected peer.
pub fn send(model: &mut Model) -> Effects {
    if model.composer.network != Network::Overlay {
        return question::send(model).unwrap_or_else(|why| {
            not_done(model, "send", &why);
            none()
        });
    }
    let ask = match ask(model) {
        Ok(ask) => ask,
        Err(why) => {
            not_done(model, "send", &why);
            return none();
        }
    };
    let is_meant = model.warned.take().is_some_and(|warned| warned == Warned::Request(ask.clone()));
    if !is_meant && let Some(until) = certain_254(model, &ask) {
        let label = model.registry().label(ask.message);
        model.warned = Some(Warned::Request(ask));
        model.log.nothing(
            model.now,
            &format!("{label} will get 254 until {until}: press again to send anyway"),
        );
        return none();
    }
    let is_own = model.candidate().edited && !ask.payload.is_empty();
    choose(model); // where the picker is open, what it points at is sent
    model.mode = Mode::Main;
    vec![if is_own && !is_meant { Effect::CheckedRequest(ask) } else { Effect::Request(ask) }]
}

/// Until when the peer is certain to answer 254: our own accepted request was the last one.
fn certain_254(model: &Model, ask: &Ask) -> Option<String> {
    let acceptance = model.facts.acceptance();
    match acceptance.acceptance(ask.to, ask.message, ask.frequency, model.now.instant) {
        Acceptance::In(left) => model.now.wall.checked_add(left).map(clock),
        // a guess is no reason to hold a request back
        Acceptance::Unknown
        | Acceptance::Now
        | Acceptance::AtMost(_)
        | Acceptance::IfCounted(_) => None,
    }
}

/// Something was found wrong with a request, and it was not sent.
pub(in crate::screen) fn doubted(model: &mut Model, ask: Ask, why: &str) {
    let label = model.registry().label(ask.message);
    let text = format!("{label} not sent: {}; press again to send anyway", clean(why));
    model.say(Kind::NotDone, text);
    model.warned = Some(Warned::Request(ask));
}
