//! What concerns the terminal itself: how the screen looks on it, and leaving it to the shell.

use super::actions::Effects;
use super::model::Model;
use super::msg::Effect;

pub fn next_theme(_: &mut Model) -> Effects {
    vec![Effect::NextTheme]
}

pub fn suspend(_: &mut Model) -> Effects {
    vec![Effect::Suspend]
}
