//! What happens, as far as a campaign is concerned, and what it does next.

use super::super::actions::Effects;
use super::super::log::Kind;
use super::super::model::Model;
use super::super::msg::{Effect, Msg};
use super::super::which::Screen;
use super::planning;
use swarmscope_facts::format;
use swarmscope_facts::many::Campaign;
use swarmscope_facts::many::campaign::State;
use swarmscope_facts::many::groups::Signal;
use swarmscope_facts::many::outcome::Outcome;
use swarmscope_facts::many::plan::Request;
use swarmscope_facts::{Input, Now, networks};
use swarmscope_peer::crawler::Decoding;
use swarmscope_peer::node::{Event, PeerKey, Ticket};
use swarmscope_wire::MessageId;

/// Notes new facts before the rest of the model does.
pub fn see(model: &mut Model, input: &Input) -> Option<Effect> {
    if let Input::Event(Event::Listening { permid, legacy_permid, .. }) = input {
        model.many.own = permid.iter().chain(legacy_permid).copied().collect();
    }
    let cancelled = seen(model, input);
    if let Input::Decoded { permid, ticket, decoding } = input {
        tell_if_large(model, &PeerKey::Permid(*permid), *ticket, decoding);
    }
    cancelled.map(Effect::Cancel)
}

/// All of them look; a ticket is taken by the one that waits for it.
fn seen(model: &mut Model, input: &Input) -> Option<Ticket> {
    let now = model.now;
    let Some((peer, message, ticket)) = taken(input) else {
        return model.many.all_mut().find_map(|campaign| campaign.see(now, input));
    };
    let exact = model.many.all().any(|campaign| campaign.waits_for(&peer, message));
    for campaign in model.many.all_mut() {
        if exact && !campaign.waits_for(&peer, message) {
            continue;
        }
        let cancelled = campaign.see(now, input);
        if campaign.has(ticket) {
            return cancelled;
        }
    }
    None
}

/// Whether a request was taken: to whom, what it asks, and its ticket.
fn taken(input: &Input) -> Option<(PeerKey, MessageId, Ticket)> {
    match input {
        Input::Asked(ask, ticket) => Some((PeerKey::Permid(ask.to), ask.message, *ticket)),
        Input::Network(networks::Event::Asked { peer, ticket, question, .. }) => {
            Some((peer.clone(), *question, *ticket))
        }
        _ => None,
    }
}

/// What kind of message was folded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Passed {
    /// The moment has come at which something wanted to be woken.
    Wake,
    /// A second.
    Second,
    /// Something has happened.
    News,
}

impl Passed {
    #[must_use]
    pub const fn of(msg: &Msg) -> Self {
        match msg {
            Msg::Wake => Self::Wake,
            Msg::Tick => Self::Second,
            _ => Self::News,
        }
    }
}

/// What a campaign does now: the next request, if its time has come; a line when it is over. A
/// preview follows the time.
pub fn turn(model: &mut Model, what: Passed) -> Vec<Effect> {
    let (now, is_frozen) = (model.now, model.showing.frozen.is_some());
    let (mut asks, mut ended) = (refresh(model, what), Vec::new());
    for campaign in model.many.all_mut() {
        let was_under_way = campaign.under_way();
        // only then: what has waited while the screen held still comes with times that are past,
        // and must not lead to a burst
        if what == Passed::Wake && !is_frozen {
            asks.extend(campaign.send(now).map(sent));
        }
        campaign.settle(now);
        if was_under_way && campaign.state == State::Done {
            ended.push(the_end(campaign, now));
        }
    }
    for text in ended {
        model.say(Kind::Plain, text);
    }
    model.many.view.keep_a_selection(model.many.campaign.as_ref());
    asks
}

fn sent(request: Request) -> Effect {
    match request {
        Request::Overlay(ask) => Effect::Request(ask),
        Request::Other(question) => Effect::Question(question),
    }
}

/// A plan that is being made goes on, in a replay that somebody looks at to its end; one that was
/// shown for its time is made again.
fn refresh(model: &mut Model, what: Passed) -> Effects {
    let now = model.now.instant;
    let is_seen = what == Passed::Second && model.screen == Screen::Many;
    if model.many.is_planning() {
        match what {
            Passed::Wake => planning::go_on(model),
            Passed::Second if model.showing.replay.is_some() => planning::finish(model),
            Passed::Second | Passed::News => {}
        }
    } else if is_seen && model.many.preview.as_ref().is_some_and(|preview| now >= preview.again) {
        return planning::again(model);
    }
    Effects::new()
}

/// The first answer of its kind that is far larger than the others. What else can be odd is told
/// where it is read.
fn tell_if_large(model: &mut Model, key: &PeerKey, ticket: Ticket, decoding: &Decoding) {
    let Some(campaign) = model.many.of(ticket) else { return };
    let median = campaign.median();
    let group = campaign
        .by_content()
        .index(decoding.content)
        .and_then(|index| campaign.by_content().get(index));
    let Some(group) =
        group.filter(|group| group.peers == 1 && campaign.signal(group) == Some(Signal::Size))
    else {
        return;
    };
    let (size, times) =
        (format::size(group.bytes), format::thousands(group.bytes as u64 / median.max(1)));
    let text = format!("answer is {size}, {times} times the median of this request");
    model.log.add(model.now, Kind::Signal, Some(key), text, None);
}

fn the_end(campaign: &Campaign, now: Now) -> String {
    let counts = campaign.counts();
    let ended = Outcome::ALL.into_iter().filter(|outcome| counts.of(*outcome) > 0);
    let all: Vec<String> = ended
        .map(|outcome| {
            format!("{} {}", format::thousands(counts.of(outcome) as u64), outcome.name())
        })
        .collect();
    let peers = format::counted(counts.total(), "peer");
    let took = format::took(campaign.elapsed(now));
    format!("{} to {peers}: done in {took}: {}", campaign.plan.title, all.join(", "))
}
