//! Which block has the cursor.

use crate::screen::peer_screen::cursor::Focus;
use crate::screen::{Mode, Model};

pub(super) fn has_focus(model: &Model, focus: Focus) -> bool {
    model.inspect.focus == focus && matches!(model.mode, Mode::Main)
}
