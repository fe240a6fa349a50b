//! Planning the request in the composer, step by step: no key waits for a million peers.

use std::collections::BTreeSet;
use std::ops::Bound::{Excluded, Unbounded};
use std::time::Duration;

use super::state::{Making, Preview};
use super::view::View;
use crate::screen::actions::Effects;
use crate::screen::log::Kind;
use crate::screen::mode::Mode;
use crate::screen::model::Model;
use crate::screen::msg::Effect;
use crate::screen::which::Screen;
use swarmscope_facts::format::counted;
use swarmscope_facts::many::pace::Pace;
use swarmscope_facts::many::planning::Sight;
use swarmscope_facts::many::{Campaign, Draft, Plan, Planning};
use swarmscope_facts::networks;
use swarmscope_networks::target::Network;
use swarmscope_peer::node::PeerKey;
use swarmscope_wire::MessageId;
use swarmscope_wire::text::clean;

/// Marked peers that one step gathers at most: some milliseconds.
const GATHERED: usize = 2_000;
/// Those that one step looks at at most: the same.
const LOOKED_AT: usize = 1_000;
/// How long a plan is shown before it is made again, for each of its peers: times pass, peers come
/// and go. A look takes some microseconds, so that a core is busy with it for a few hundredths of
/// the time. What is sent is planned anew in any case.
const AGAIN: Duration = Duration::from_micros(100);

/// Shows the preview of the composer's request to the marked peers. What the operator has written is
/// looked at meanwhile.
pub(in crate::screen) fn show(model: &mut Model) -> Effects {
    let draft = draft(model);
    let own = draft.as_ref().ok().filter(|draft| !draft.usual && !draft.payload.is_empty());
    let check = own
        .filter(|_| model.showing.replay.is_none())
        .map(|draft| Effect::CheckPayload(draft.message, draft.payload.clone()));
    model.many.preview = Some(Preview {
        making: draft.is_ok().then(|| gathering(model)),
        draft,
        plan: None,
        top: 0,
        doubt: None,
        starts: false,
        peers: BTreeSet::new(),
        gathered: false,
        again: model.now.instant,
    });
    go_on(model);
    check.into_iter().collect()
}

/// Looks at the same peers once more: times have passed, peers have come and gone. What was known is
/// shown meanwhile. Another request than the one that is shown begins anew.
pub(super) fn again(model: &mut Model) -> Effects {
    let draft = draft(model);
    let Some(preview) = &model.many.preview else { return Effects::new() };
    if !is_of(preview, &draft) {
        return show(model);
    }
    let begins = draft
        .clone()
        .ok()
        .map(|draft| if preview.gathered { looking_at(model, draft) } else { gathering(model) });
    if let Some(preview) = &mut model.many.preview {
        preview.draft = draft;
        preview.making = begins;
    }
    go_on(model);
    Effects::new()
}

/// Whether a preview is of this request. Its pace may be another one, and a payload that is made for
/// each peer is not the one in the composer.
fn is_of(preview: &Preview, draft: &Result<Draft, String>) -> bool {
    match (&preview.draft, draft) {
        (Ok(shown), Ok(draft)) => {
            let request = |it: &Draft| (it.message, it.network, it.frequency, it.usual);
            request(shown) == request(draft) && (draft.usual || shown.payload == draft.payload)
        }
        (shown, draft) => shown == draft,
    }
}

/// Whether the preview is of the request in the composer.
pub(super) fn is_shown(model: &Model) -> bool {
    model.many.preview.as_ref().is_some_and(|preview| is_of(preview, &draft(model)))
}

fn gathering(model: &Model) -> Making {
    Making::Gathering { marks: model.facts.marks().clone(), next: 0 }
}

fn looking_at(model: &Model, draft: Draft) -> Making {
    Making::LookingAt { planning: Box::new(Planning::new(&sight(model), draft)), last: None }
}

fn sight(model: &Model) -> Sight<'_> {
    let own = &model.many.own;
    Sight { facts: &model.facts, registry: model.registry(), now: model.now, own }
}

/// Whether a recorded ticket can only be of the request that is to go out: a program that planned in
/// other steps had begun by then.
pub(in crate::screen) fn has_begun(model: &Model, peer: &PeerKey, message: MessageId) -> bool {
    let many = &model.many;
    let starts = many.preview.as_ref().filter(|preview| preview.starts);
    let is_same =
        starts.and_then(|it| it.draft.as_ref().ok()).is_some_and(|it| it.message == message);
    let of_another = many.all().any(|campaign| campaign.waits_for(peer, message));
    is_same && model.facts.peers().is_marked(peer) && !of_another && !many.is_taken(message, peer)
}

/// All that is left, at once.
pub(in crate::screen) fn finish(model: &mut Model) {
    while model.many.is_planning() {
        go_on(model);
    }
}

/// The next step, if any is left.
pub(super) fn go_on(model: &mut Model) {
    let Some(mut preview) = model.many.preview.take() else { return };
    if let Some(making) = preview.making.take() {
        preview.making = step(model, &mut preview, making);
    }
    model.many.preview = Some(preview);
    if !model.many.is_planning() {
        start_if_told(model);
    }
}

/// What is left after a step; `None` once the plan is made. Few peers are gathered and looked at in
/// one.
fn step(model: &Model, preview: &mut Preview, making: Making) -> Option<Making> {
    let making = match making {
        Making::Gathering { marks, next } => {
            let peers = model.facts.peers();
            let mut left = marks.iter_from(next);
            // a place is given to another peer once its own has gone, and its mark with it
            let is_marked = |place: &usize| peers.marks().contains(*place);
            let key = |place| peers.at(place).map(|peer| peer.key.clone());
            let some = left.by_ref().take(GATHERED).filter(is_marked);
            preview.peers.extend(some.filter_map(key));
            if let Some(next) = left.next() {
                drop(left);
                return Some(Making::Gathering { marks, next });
            }
            // a mark can move to the place of another peer, which is the same one
            let since = peers.marks().since(&marks).filter(is_marked);
            preview.peers.extend(since.filter_map(key));
            preview.gathered = true;
            looking_at(model, preview.draft.clone().ok()?)
        }
        looking_at @ Making::LookingAt { .. } => looking_at,
    };
    let Making::LookingAt { mut planning, mut last } = making else { return Some(making) };
    let sight = sight(model);
    let message = preview.draft.as_ref().ok()?.message;
    let after = last.as_ref().map_or(Unbounded, Excluded);
    let mut left = preview.peers.range::<PeerKey, _>((after, Unbounded));
    let mut seen = None;
    for key in left.by_ref().take(LOOKED_AT) {
        if !was_unmarked(model, key) {
            planning.look_at(&sight, key, model.many.is_taken(message, key));
        }
        seen = Some(key);
    }
    if left.next().is_some() {
        last = seen.cloned();
        return Some(Making::LookingAt { planning, last });
    }
    let peers = u32::try_from(preview.peers.len()).unwrap_or(u32::MAX);
    preview.again = model.now.instant + AGAIN * peers;
    preview.plan = Some(planning.done());
    None
}

/// Whether the operator has unmarked a peer since it was gathered. One that is gone is told of.
fn was_unmarked(model: &Model, key: &PeerKey) -> bool {
    let peers = model.facts.peers();
    peers.index(key).is_some_and(|place| !peers.marks().contains(place))
}

/// Sends to all where the operator has said so and still looks at it: a request never begins behind
/// another screen, or a list that is open before it.
fn start_if_told(model: &mut Model) {
    let Some(preview) = model.many.preview.as_mut().filter(|preview| preview.starts) else {
        return;
    };
    preview.starts = false;
    let can_be_sent = preview.plan.as_ref().is_some_and(|plan| !plan.targets.is_empty());
    let is_seen = model.screen == Screen::Many && matches!(model.mode, Mode::Main);
    if !is_seen || !can_be_sent {
        let why = if is_seen { "no marked peer can be asked any more" } else { "you looked away" };
        model.say(Kind::NotDone, format!("nothing was sent: {why}"));
        return;
    }
    let Some(plan) = model.many.preview.take().and_then(|preview| preview.plan) else { return };
    let peers = counted(plan.targets.len(), "peer");
    model.say(Kind::Plain, format!("{} to {peers}, {}", plan.title, plan.pace.text()));
    model.many.look_at(Campaign::new(plan, model.now), View::default());
}

/// The plan of the composer's request to these peers, at once.
pub(super) fn planned(model: &Model, mut peers: Vec<PeerKey>) -> Option<Plan> {
    peers.sort_unstable();
    let draft = draft(model).ok()?;
    let (sight, message) = (sight(model), draft.message);
    let mut planning = Planning::new(&sight, draft);
    for key in &peers {
        planning.look_at(&sight, key, model.many.is_taken(message, key));
    }
    Some(planning.done())
}

/// The request in the composer, or what is wrong with it.
fn draft(model: &Model) -> Result<Draft, String> {
    let composer = &model.composer;
    let (message, payload) = (composer.message, composer.bytes(model.registry())?);
    if composer.network != Network::Overlay {
        networks::asked(composer.network, message, &payload, [0; 20])
            .map_err(|error| error.to_string())?;
    }
    Ok(Draft {
        network: composer.network,
        message,
        frequency: composer.frequency()?,
        payload,
        usual: !composer.edited,
        pace: pace(model),
    })
}

/// As the operator chose it; fewer wait where the network's politeness allows no more.
fn pace(model: &Model) -> Pace {
    let (composer, pace) = (&model.composer, model.many.pace);
    if composer.network == Network::Overlay {
        return pace;
    }
    Pace { waiting: pace.waiting.min(networks::at_once(composer.message)), ..pace }
}

/// Something was found wrong with a payload: it is said where it would be sent from.
pub(in crate::screen) fn doubted(model: &mut Model, message: MessageId, payload: &[u8], why: &str) {
    let Some(preview) = &mut model.many.preview else { return };
    let is_it = |draft: &Draft| draft.message == message && draft.payload == payload;
    if preview.draft.as_ref().is_ok_and(is_it) {
        preview.doubt = Some(clean(why).into_owned());
    }
}
