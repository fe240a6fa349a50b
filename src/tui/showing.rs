//! How the session is shown, said on the screen: frozen, recorded, replayed in the status bar, the
//! newest keys above the newest event.

use ratatui::layout::Rect;

use super::canvas::{Canvas, width};
use super::layout::Grid;
use crate::screen::case::Case;
use crate::screen::{Class, Model};
use swarmscope_facts::format::{lasted, thousands};

/// Blanks between two keys.
const GAP: u16 = 3;

/// Says it left of `end` in row `y`. Returns where what stands before it has to end.
pub fn status(canvas: &mut Canvas, model: &Model, mut end: u16, y: u16, class: Class) -> u16 {
    let (showing, style) = (&model.showing, canvas.theme.accent.patch(canvas.theme.strong()));
    let recording = showing.recording.map(|recording| match recording.lost {
        0 => "rec".to_owned(),
        lost => format!("rec, {} lost", thousands(lost)),
    });
    let frozen = showing.frozen.map(|waiting| match waiting {
        0 => "frozen".to_owned(),
        waiting => format!("frozen, {} waiting", thousands(waiting as u64)),
    });
    let replay = showing.replay.map(|replay| {
        let (at, of) = (lasted(replay.at), lasted(replay.length));
        if let Some(to) = replay.to {
            return format!("replay {at}, going to {}/{of}", lasted(to));
        }
        match (replay.ended(), replay.paused) {
            (true, _) => format!("replay ended {of}"),
            (false, true) => format!("replay paused {at}/{of}"),
            (false, false) if class > Class::OnePane => {
                format!("replay {}× {at}/{of}", replay.speed)
            }
            (false, false) => format!("{}× {at}/{of}", replay.speed),
        }
    });
    let store = showing.written.map(|last| {
        let since = model.now.wall.duration_since(last).unwrap_or_default();
        format!("store, last write {} ago", lasted(since))
    });
    let hidden = if class >= Class::Wide { "addresses hidden" } else { "privacy" };
    let hidden = model.setup.naming.privacy.then(|| hidden.to_owned());
    let hidden = hidden.filter(|_| store.is_none()); // it has none to hide
    let case = model.case.as_ref().filter(|case| case.is_open()).map(Case::name);
    let case = case.map(|name| format!("case {name}"));
    for text in [recording, case, replay, store, frozen, hidden].into_iter().flatten() {
        if width(&text) + 2 < end {
            end = canvas.right(end, y, &text, style).saturating_sub(2);
        }
    }
    end
}

/// The newest keys with what they did, newest at the right.
pub fn cast(canvas: &mut Canvas, model: &Model, grid: &Grid) {
    let (y, mut end) = (grid.tour, grid.columns - 1);
    let theme = canvas.theme;
    for cast in model.showing.cast.shown(model.now).rev() {
        let command =
            if cast.command.is_empty() { String::new() } else { format!(" {}", cast.command) };
        let whole = GAP + width(&cast.keys) + width(&command);
        if whole > end {
            return;
        }
        let x = end - whole;
        canvas.blank(Rect::new(x, y, whole + 1, 1), theme.panel);
        let after = canvas.text(x + GAP, end, y, &cast.keys, theme.strong());
        canvas.text(after, end, y, &command, theme.muted);
        end = x;
    }
}
