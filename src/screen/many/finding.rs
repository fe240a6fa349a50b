//! Finding something in the list that has the focus: answers, outcomes, the peers of one of them, or
//! whom a request would go to.

use super::view::{Pane, outcomes};
use crate::screen::actions::{Effects, none};
use crate::screen::conditions::Ready;
use crate::screen::input::Input;
use crate::screen::mode::Mode;
use crate::screen::model::Model;
use swarmscope_facts::format::counted;
use swarmscope_facts::many::groups::Group;
use swarmscope_peer::node::PeerKey;

/// The texts of the list with the focus, from the top, and which is selected.
fn list(model: &Model) -> (Vec<String>, usize) {
    let many = &model.many;
    let peer = |peer: &PeerKey| model.name_of(peer);
    if let Some(preview) = &many.preview {
        let targets = preview.plan.as_ref().map_or(&[][..], |plan| &plan.targets);
        return (targets.iter().map(|target| peer(&target.peer)).collect(), preview.top);
    }
    let Some(campaign) = &many.campaign else { return (Vec::new(), 0) };
    let view = &many.view;
    let (texts, at): (Vec<String>, _) = if view.inside {
        let at = view.peers(campaign).position(|row| Some(&row.peer) == view.peer.as_ref());
        (view.peers(campaign).map(|row| peer(&row.peer)).collect(), at)
    } else if view.pane == Pane::Answers {
        let mut groups = campaign.groups().listed();
        let at = groups.by_ref().position(|group| Some(group.id) == view.group);
        (campaign.groups().listed().map(text).collect(), at)
    } else {
        let listed = outcomes(campaign);
        let at = listed.iter().position(|outcome| *outcome == view.outcome(campaign));
        (listed.iter().map(|outcome| outcome.name().to_owned()).collect(), at)
    };
    (texts, at.unwrap_or(0))
}

/// What is seen of a group of answers in the list.
fn text(group: &Group) -> String {
    let line = group.sample.as_ref().map_or("", |sample| sample.line.as_str());
    format!("{} {line}", group.id.short())
}

/// The places of the texts that have all words.
fn places(texts: &[String], words: &str) -> Vec<usize> {
    let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
    let has = |text: &String| {
        let text = text.to_lowercase();
        !words.is_empty() && words.iter().all(|word| text.contains(word))
    };
    texts.iter().enumerate().filter(|(_, text)| has(text)).map(|(place, _)| place).collect()
}

/// `3 of 12 rows`, for the prompt. They were counted when it was typed: a list may be long.
#[must_use]
pub fn note(model: &Model) -> String {
    match (model.many.find.text(), model.many.found) {
        ("", _) => "words that a row has".to_owned(),
        (_, (0, _)) => "not found".to_owned(),
        (_, (found, of)) => format!("{found} of {}", counted(of, "row")),
    }
}

/// # Errors
/// There is no list to look into.
pub fn can_find(model: &Model) -> Ready {
    super::acts::has_many(model)
}

pub fn open(model: &mut Model) -> Effects {
    model.mode = Mode::ManyFind;
    none()
}

/// What is looked for has changed: on to the first place, from the selected row on.
pub(in crate::screen) fn typed(model: &mut Model) {
    let (texts, _) = list(model);
    model.many.found = (places(&texts, model.many.find.text()).len(), texts.len());
    go(model, |places, at| places.iter().find(|place| **place >= at).or(places.first()).copied());
}

pub fn keep(model: &mut Model) -> Effects {
    model.mode = Mode::Main;
    none()
}

pub fn clear(model: &mut Model) -> Effects {
    model.many.find = Input::default();
    model.mode = Mode::Main;
    none()
}

/// # Errors
/// Nothing is looked for.
pub fn is_on(model: &Model) -> Ready {
    match model.many.find.text() {
        "" => Err(format!("no search is active: {} looks for words", model.key_of("find in list"))),
        _ => Ok(()),
    }
}

pub fn next(model: &mut Model) -> Effects {
    go(model, |places, at| places.iter().find(|place| **place > at).or(places.first()).copied());
    none()
}

pub fn before(model: &mut Model) -> Effects {
    let last_before = |places: &[usize], at: usize| {
        places.iter().rev().find(|place| **place < at).or(places.last()).copied()
    };
    go(model, last_before);
    none()
}

/// Selects one of the places where something was found.
fn go(model: &mut Model, which: impl Fn(&[usize], usize) -> Option<usize>) {
    let (texts, at) = list(model);
    let Some(to) = which(&places(&texts, model.many.find.text()), at) else { return };
    let signed = |place: usize| isize::try_from(place).unwrap_or(isize::MAX);
    super::acts::step(model, signed(to) - signed(at));
}
