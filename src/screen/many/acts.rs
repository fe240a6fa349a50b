//! What the commands of requests to many do, and when they can be done.

use super::super::actions::{self, Effects, none};
use super::super::conditions::{self, Ready};
use super::super::log::Kind;
use super::super::mode::{Mode, Pane as MainPane};
use super::super::model::Model;
use super::super::msg::Effect;
use super::super::opened::OpenedFrom;
use super::super::which::Screen;
use super::command;
use super::form::PaceForm;
use super::planning;
use super::state::MOST;
use super::view::Pane;
use crate::screen::asking::sending;
use crate::screen::input::Input;
use crate::screen::list::filtering;
use swarmscope_facts::Now;
use swarmscope_facts::format::counted;
use swarmscope_facts::many::groups::Group;
use swarmscope_facts::many::signal::{self as telling, Test};
use swarmscope_facts::many::{Campaign, Plan};
use swarmscope_peer::node::{PeerKey, Ticket};

fn only_if(condition: bool, why: &str) -> Ready {
    if condition { Ok(()) } else { Err(why.to_owned()) }
}

// --- before
// -------------------------------------------------------------------------------------------------------------

/// To the marked peers where there are any, else to the selected one.
pub fn can_send(model: &Model) -> Ready {
    if model.facts.marks().is_empty() { conditions::can_send(model) } else { Ok(()) }
}

/// Where peers are marked, the preview; else the request goes to the selected peer.
pub fn send(model: &mut Model) -> Effects {
    if model.facts.marks().is_empty() {
        return sending::send(model);
    }
    actions::choose(model); // where the picker is open, what it points at is sent
    model.mode = Mode::Main;
    model.screen = Screen::Many;
    planning::show(model)
}

/// How many peers are marked.
pub fn marked(model: &Model) -> usize {
    model.facts.marks().len()
}

/// What the preview shows, once everybody was looked at.
fn plan(model: &Model) -> Option<&Plan> {
    model.many.preview.as_ref()?.plan.as_ref()
}

/// How many peers the preview would send to.
pub fn targets(model: &Model) -> usize {
    plan(model).map_or(0, |plan| plan.targets.len())
}

/// The list with nobody but the marked peers: there marks are changed, and sending shows the
/// preview again.
pub fn marks(model: &mut Model) -> Effects {
    model.screen = Screen::Main;
    filtering::show_only(model, "marked:yes");
    let (mark, send) = (model.key_of("mark"), model.key_of("send now"));
    model
        .say(Kind::Plain, format!("these are marked: {mark} unmarks, {send} previews the request"));
    none()
}

pub fn can_start(model: &Model) -> Ready {
    conditions::is_no_replay(model)?;
    let Some(preview) = &model.many.preview else { return Err("nothing prepared".to_owned()) };
    preview.draft.as_ref().map_err(Clone::clone)?;
    let plan = preview.plan.as_ref().ok_or("still checking the marked peers")?;
    only_if(!preview.starts, "it starts once every peer has been checked again")?;
    only_if(!plan.targets.is_empty(), "no marked peer can be asked; see LEFT OUT")?;
    let room = model.many.under_way().count() < MOST;
    only_if(room, "16 requests to many are under way: stop one or wait")
}

/// Sends to all: what is planned is planned once more, for the peers are not what they were when it
/// was read.
pub fn start(model: &mut Model) -> Effects {
    if !planning::is_shown(model) {
        model.say(Kind::Plain, "the request has changed: this is what would be sent now");
        return planning::show(model);
    }
    if let Some(preview) = &mut model.many.preview {
        preview.starts = true;
    }
    planning::again(model)
}

pub fn has_plan(model: &Model) -> Ready {
    only_if(plan(model).is_some(), "nothing to send")
}

/// Back to the composer, with what is in it.
pub fn edit(model: &mut Model) -> Effects {
    model.screen = Screen::Main;
    actions::edit(model)
}

pub fn edit_pace(model: &mut Model) -> Effects {
    model.mode = Mode::Pace(PaceForm::new(model.many.pace));
    none()
}

pub fn next_pace_field(model: &mut Model) -> Effects {
    if let Mode::Pace(form) = &mut model.mode {
        form.second = !form.second;
    }
    none()
}

/// Keeps what was typed, if it is right; else says what is wrong, right there.
pub fn keep_pace(model: &mut Model) -> Effects {
    let Mode::Pace(form) = &mut model.mode else { return none() };
    match form.pace() {
        Ok(pace) => {
            model.mode = Mode::Main;
            model.many.pace = pace;
            if let Some(preview) = &mut model.many.preview {
                preview.plan = None; // it is of another pace
                preview.starts = false;
            }
            return planning::again(model);
        }
        Err(error) => form.error = Some(error),
    }
    none()
}

pub fn copy_script(model: &mut Model) -> Effects {
    let Some(script) = plan(model).map(|plan| command::script(model, plan)) else { return none() };
    let hidden = if model.setup.naming.privacy { ", without the hidden addresses" } else { "" };
    model.say(Kind::Done, format!("copied a shell script that sends the same{hidden}"));
    vec![Effect::Copy(script)]
}

// --- under way
// ----------------------------------------------------------------------------------------------------------

pub fn is_under_way(model: &Model) -> Ready {
    conditions::is_no_replay(model)?;
    only_if(model.many.under_way().next().is_some(), "no request to many is running")
}

/// The one that is looked at.
pub fn can_pause(model: &Model) -> Ready {
    conditions::is_no_replay(model)?;
    let shown = model.many.campaign.as_ref().is_some_and(Campaign::under_way);
    only_if(shown, "this request to many has ended")
}

/// Nothing more goes out, of none of them; what is in flight is cancelled.
pub fn stop(model: &mut Model) -> Effects {
    let now = model.now;
    let running = model.many.all_mut().filter(|campaign| campaign.under_way());
    let (texts, tickets): (Vec<String>, Vec<Vec<Ticket>>) =
        running.map(|campaign| stopped(campaign, now)).unzip();
    for text in texts {
        model.say(Kind::NotDone, text);
    }
    tickets.into_iter().flatten().map(Effect::Cancel).collect()
}

/// The one that is selected in the list.
pub fn stop_listed(model: &mut Model) -> Effects {
    let (Some(at), now) = (listed(model), model.now) else { return none() };
    let started = model.many.listed()[at].started.instant;
    let one = model.many.all_mut().find(|campaign| campaign.started.instant == started);
    let Some((text, tickets)) = one.map(|campaign| stopped(campaign, now)) else { return none() };
    model.say(Kind::NotDone, text);
    tickets.into_iter().map(Effect::Cancel).collect()
}

/// The place of the selected one in the list.
fn listed(model: &Model) -> Option<usize> {
    let Mode::Campaigns { at } = model.mode else { return None };
    Some(at.min(model.many.listed().len().checked_sub(1)?))
}

pub fn can_stop_listed(model: &Model) -> Ready {
    conditions::is_no_replay(model)?;
    let running = listed(model).is_some_and(|at| model.many.listed()[at].under_way());
    only_if(running, "it has ended")
}

/// The selected one is looked at.
pub fn look_at_listed(model: &mut Model) -> Effects {
    if let Some(at) = listed(model) {
        model.many.turn_to(at);
    }
    model.mode = Mode::Main;
    model.many.preview = None;
    model.screen = Screen::Many;
    none()
}

fn stopped(campaign: &mut Campaign, now: Now) -> (String, Vec<Ticket>) {
    let in_flight = campaign.counts().in_flight();
    let tickets = campaign.stop(now);
    let (sent, all) = (campaign.counts().sent(), campaign.counts().total());
    let mut text = format!("stopped: {sent} of {} sent", counted(all, "request"));
    if in_flight > 0 {
        text =
            format!("{text}; {in_flight} in flight cancelled, their peers may have counted them");
    }
    (text, tickets)
}

pub fn pause(model: &mut Model) -> Effects {
    if let Some(campaign) = &mut model.many.campaign {
        campaign.pause();
    }
    none()
}

// --- what there is to see
// -----------------------------------------------------------------------------------------------

pub fn has_many(model: &Model) -> Ready {
    let there = model.many.preview.is_some() || model.many.campaign.is_some();
    only_if(there, "no request to many yet: mark peers, then send")
}

/// There is something to go back to.
pub fn is_elsewhere(model: &Model) -> Ready {
    has_many(model)?;
    let others = model.many.all().nth(1).is_some();
    let before_it = matches!(model.mode, Mode::Log { .. });
    only_if(model.screen != Screen::Many || others || before_it, "already open")
}

pub fn has_campaign(model: &Model) -> Ready {
    only_if(model.many.campaign.is_some(), "no request to many yet")
}

/// A preview is of the marks and the request as they are now.
pub fn show(model: &mut Model) -> Effects {
    if model.many.all().nth(1).is_some() {
        let shown = model.many.campaign.as_ref().map(|campaign| campaign.started.instant);
        let at = model.many.listed().iter().position(|one| Some(one.started.instant) == shown);
        model.mode = Mode::Campaigns { at: at.unwrap_or(0) };
        return none();
    }
    model.screen = Screen::Many;
    model.mode = Mode::Main; // the log is left
    if model.many.preview.is_some() { planning::show(model) } else { none() }
}

/// Out of a group, out of the preview, out of the screen.
pub fn back(model: &mut Model) -> Effects {
    if model.many.preview.is_none() && model.many.view.inside {
        model.many.view.inside = false;
        return none();
    }
    if model.unzoom() {
        return none();
    }
    model.many.preview = None;
    model.screen = Screen::Main;
    none()
}

pub fn step(model: &mut Model, by: isize) {
    if let Some(preview) = &mut model.many.preview {
        let targets = preview.plan.as_ref().map_or(0, |plan| plan.targets.len());
        preview.top = preview.top.saturating_add_signed(by).min(targets.saturating_sub(1));
    } else if let Some(campaign) = &model.many.campaign {
        model.many.view.step(campaign, by);
    }
}

/// In a preview there is another pane only where one is seen at a time.
pub fn has_other_pane(model: &Model) -> Ready {
    let there = model.many.campaign.is_some() && model.many.preview.is_none();
    only_if(there || model.many.preview.is_some() && model.one_pane(), "all panes are visible")
}

pub fn other_pane(model: &mut Model) -> Effects {
    let view = &mut model.many.view;
    view.inside = false;
    view.pane = match view.pane {
        Pane::Outcomes => Pane::Answers,
        Pane::Answers => Pane::Outcomes,
    };
    none()
}

pub fn has_peers(model: &Model) -> Ready {
    let view = &model.many.view;
    let any =
        model.many.campaign.as_ref().is_some_and(|campaign| view.peers(campaign).next().is_some());
    only_if(any, "no peers in it")
}

/// Into a group; from one of its peers to its reply.
pub fn open(model: &mut Model) -> Effects {
    let Some(campaign) = &model.many.campaign else { return none() };
    if !model.many.view.inside {
        model.many.view.enter(campaign);
        return none();
    }
    let Some(row) = model.many.view.row(campaign) else { return none() };
    let (key, ticket) = (row.peer.clone(), row.ticket);
    model.picks.set(key.clone(), ticket);
    model.select(Some(key.clone()));
    model.follow();
    model.screen = Screen::Main;
    model.focus = MainPane::Reply;
    model.inside = true;
    model.opened_from = Some(OpenedFrom::Many(key));
    none()
}

/// Marks the peers of what is selected, and no others: the next request to many goes to them.
pub fn mark(model: &mut Model) -> Effects {
    let before = model.facts.marks().len();
    mark_selected(model);
    let instead = if before > 0 { format!(" instead of {before}") } else { String::new() };
    model
        .say(Kind::Done, format!("{} marked{instead}", counted(model.facts.marks().len(), "peer")));
    none()
}

fn mark_selected(model: &mut Model) {
    let Some(campaign) = &model.many.campaign else { return };
    let view = &model.many.view;
    let keys: Vec<PeerKey> = match view.row(campaign) {
        Some(row) => vec![row.peer.clone()],
        None => view.peers(campaign).map(|row| row.peer.clone()).collect(),
    };
    model.facts.unmark_all();
    model.facts.mark_all(&keys);
}

/// The group of answers that is looked at.
fn group(model: &Model) -> Option<(&Campaign, &Group)> {
    let campaign =
        model.many.campaign.as_ref().filter(|_| model.many.view.pane == Pane::Answers)?;
    let index = campaign.groups().index(model.many.view.group?)?;
    Some((campaign, campaign.groups().get(index)?))
}

pub fn can_tell(model: &Model) -> Ready {
    let (campaign, group) = group(model).ok_or("no answer selected")?;
    let signal = campaign.signal(group).ok_or("this answer is not an outlier")?;
    let test = telling::test(campaign, signal);
    test.map(drop).ok_or_else(|| {
        "no follow-up request helps: open the reply; nothing in it was run".to_owned()
    })
}

/// Prepares the request that tells why an answer is far from the others: to its peers, who are
/// marked, after a preview.
pub fn tell(model: &mut Model) -> Effects {
    let Some((campaign, group)) = group(model) else { return none() };
    let Some(test) = campaign.signal(group).and_then(|signal| telling::test(campaign, signal))
    else {
        return none();
    };
    let plan = &campaign.plan;
    let (message, frequency, payload) = match test {
        Test::Again(frequency) => {
            (plan.message, frequency, plan.payloads.first().filter(|_| plan.payloads.len() == 1))
        }
        Test::Canary(message) => (message, plan.frequency, None),
    };
    if let Some((payload, _)) = payload.cloned() {
        model.composer.take_over(message, frequency, &payload);
    } else {
        model.choose(message);
        model.composer.frequency = Input::new(frequency.to_string());
    }
    mark_selected(model);
    let effects = planning::show(model);
    let label = model.registry().label(message);
    model.say(
        Kind::Plain,
        format!(
            "{label} is prepared for {}, now marked",
            counted(model.facts.marks().len(), "peer")
        ),
    );
    effects
}

pub fn order(model: &mut Model) -> Effects {
    if let Some(campaign) = &mut model.many.campaign {
        campaign.next_order();
    }
    none()
}

/// By content or by shape.
pub fn group_by(model: &mut Model) -> Effects {
    let Some(campaign) = &mut model.many.campaign else { return none() };
    campaign.group_otherwise();
    model.many.view.group = None;
    model.many.view.inside = false;
    none()
}
