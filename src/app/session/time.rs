//! The commands about time and showing: freeze, record, go about in a replay, the key-cast, the presenter's layout.

use crate::app::actions::{Effects, none};
use crate::app::conditions::Ready;
use crate::app::log::Kind;
use crate::app::mode::Pane;
use crate::app::model::Model;
use crate::app::msg::Effect;
use crate::app::session::showing::Control;

pub fn freeze(_: &mut Model) -> Effects {
    vec![Effect::Freeze]
}

pub fn record(_: &mut Model) -> Effects {
    vec![Effect::Record]
}

/// A replay has a pause instead, and is a recording already.
pub fn is_live(model: &Model) -> Ready {
    match model.showing.replay {
        Some(_) => Err("this is a replay".to_owned()),
        None => Ok(()),
    }
}

pub fn is_replay(model: &Model) -> Ready {
    match model.showing.replay {
        Some(_) => Ok(()),
        None => Err("nothing is replayed".to_owned()),
    }
}

pub fn pause(_: &mut Model) -> Effects {
    vec![Effect::Replay(Control::Pause)]
}

pub fn step(_: &mut Model) -> Effects {
    vec![Effect::Replay(Control::Step)]
}

pub fn slower(_: &mut Model) -> Effects {
    vec![Effect::Replay(Control::Slower)]
}

pub fn faster(_: &mut Model) -> Effects {
    vec![Effect::Replay(Control::Faster)]
}

pub fn back(_: &mut Model) -> Effects {
    vec![Effect::Replay(Control::Back)]
}

pub fn forward(_: &mut Model) -> Effects {
    vec![Effect::Replay(Control::Forward)]
}

pub fn to_start(_: &mut Model) -> Effects {
    vec![Effect::Replay(Control::Start)]
}

pub fn cast_keys(model: &mut Model) -> Effects {
    model.showing.cast.on = !model.showing.cast.on;
    none()
}

pub fn present(model: &mut Model) -> Effects {
    model.showing.presenter = !model.showing.presenter;
    let text =
        if model.showing.presenter { "the presenter's layout: fewer, larger things" } else { "the usual layout" };
    if model.showing.presenter && model.focus == Pane::Channels {
        model.focus = Pane::Reply;
    }
    model.say(Kind::Plain, text);
    none()
}
