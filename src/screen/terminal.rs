//! What concerns the terminal itself: how the screen looks on it, and leaving it to the shell.

use super::actions::Effects;
use super::figures::Debug;
use super::model::Model;
use super::msg::Effect;
use crate::screen::actions::none;

pub fn next_theme(_: &mut Model) -> Effects {
    vec![Effect::NextTheme]
}

pub fn suspend(_: &mut Model) -> Effects {
    vec![Effect::Suspend]
}

pub fn redraw(_: &mut Model) -> Effects {
    vec![Effect::Redraw]
}

/// Shows or hides resource usage.
pub fn figures(model: &mut Model) -> Effects {
    model.debug = Debug { shown: !model.debug.shown, figures: None };
    none()
}
