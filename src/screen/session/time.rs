//! The commands about time and showing: freeze, record, go about in a replay, the key-cast, the
//! presenter's layout.

use std::time::Duration;

use crate::screen::actions::{Effects, none};
use crate::screen::conditions::Ready;
use crate::screen::log::Kind;
use crate::screen::mode::Pane;
use crate::screen::model::Model;
use crate::screen::msg::Effect;
use crate::screen::palette::line::Misfit;
use crate::screen::session::moment::SPEEDS;
use crate::screen::session::moment::{self, Moment};
use crate::screen::session::showing::Control;

/// How far one key goes back or forward.
const JUMP: Duration = Duration::from_secs(10);

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
        None => Err("no replay is running".to_owned()),
    }
}

fn replay(control: Control) -> Effects {
    vec![Effect::Replay(control)]
}

pub fn pause(_: &mut Model) -> Effects {
    replay(Control::Pause)
}

pub fn step(_: &mut Model) -> Effects {
    replay(Control::Step)
}

pub fn step_back(_: &mut Model) -> Effects {
    replay(Control::StepBack)
}

pub fn slower(_: &mut Model) -> Effects {
    replay(Control::Slower)
}

pub fn faster(_: &mut Model) -> Effects {
    replay(Control::Faster)
}

pub fn normal_speed(_: &mut Model) -> Effects {
    replay(Control::Speed(1.0))
}

pub fn back(_: &mut Model) -> Effects {
    replay(Control::Seek(Moment::Earlier(JUMP)))
}

pub fn forward(_: &mut Model) -> Effects {
    replay(Control::Seek(Moment::Later(JUMP)))
}

pub fn to_start(_: &mut Model) -> Effects {
    replay(Control::Seek(Moment::START))
}

pub fn to_end(_: &mut Model) -> Effects {
    replay(Control::Seek(Moment::END))
}

/// Places in the recording that may be meant.
pub fn moments(_: &Model, _: &str) -> Vec<String> {
    ["start", "25%", "50%", "75%", "end", "-1:00", "+1:00"].map(str::to_owned).to_vec()
}

pub fn seek_to(model: &mut Model, text: &str) -> Result<Effects, Misfit> {
    is_replay(model)?;
    Ok(replay(Control::Seek(text.parse()?)))
}

pub fn speeds(_: &Model, _: &str) -> Vec<String> {
    SPEEDS.iter().map(f64::to_string).collect()
}

pub fn speed_of(model: &mut Model, text: &str) -> Result<Effects, Misfit> {
    is_replay(model)?;
    Ok(replay(Control::Speed(moment::speed(text)?)))
}

pub fn cast_keys(model: &mut Model) -> Effects {
    model.showing.cast.on = !model.showing.cast.on;
    none()
}

pub fn present(model: &mut Model) -> Effects {
    model.showing.presenter = !model.showing.presenter;
    let text = if model.showing.presenter {
        "projector layout: less on screen, in larger type"
    } else {
        "normal layout"
    };
    if model.showing.presenter && model.focus == Pane::Channels {
        model.focus = Pane::Reply;
    }
    model.say(Kind::Plain, text);
    none()
}
