//! One pane on the whole screen, and back.

use super::actions::{Effects, none};
use super::conditions::Ready;
use super::mode::{Mode, Pane};
use super::model::Model;
use super::size::Class;
use super::which::Screen;
use crate::screen::reply::lines::{COMPACT_LIST, MIDDLE_LIST, list_width, reply_width};

impl Model {
    /// Whether one pane has the whole of the screen that is shown.
    #[must_use]
    pub fn zoomed(&self) -> bool {
        self.zoom == Some(self.screen)
    }

    /// The pane that has the whole main screen: the focused one, or the one that is typed in.
    #[must_use]
    pub fn whole(&self) -> Option<Pane> {
        self.zoomed().then_some(match self.mode {
            _ if self.mode.composes() => Pane::Request,
            Mode::Filter => Pane::Peers,
            _ => self.focus,
        })
    }

    /// Cells that the columns of the list have on the main screen.
    #[must_use]
    pub fn list_room(&self) -> u16 {
        let (columns, rows) = self.size;
        match Class::of(columns, rows) {
            Class::TooSmall => 1,
            _ if self.whole().is_some() => columns.saturating_sub(4),
            Class::OnePane => columns.saturating_sub(4),
            Class::Compact => COMPACT_LIST - 3,
            Class::Middle => MIDDLE_LIST - 3,
            Class::Wide => list_width(columns, self.kept.columns.width_at(columns)) - 3,
        }
    }

    /// Cells that a reply has on the main screen.
    #[must_use]
    pub fn reply_width(&self) -> u16 {
        let (columns, rows) = self.size;
        if self.whole().is_some() {
            return columns.saturating_sub(4);
        }
        let list = self.kept.columns.width_at(columns);
        reply_width(Class::of(columns, rows), columns, list)
    }

    /// Whether there is room for one pane only, or one pane has taken it.
    #[must_use]
    pub fn one_pane(&self) -> bool {
        self.zoomed() || Class::of(self.size.0, self.size.1) <= Class::OnePane
    }

    /// Gives the room back. Returns whether a pane had it.
    pub(super) fn unzoom(&mut self) -> bool {
        let was = self.zoomed();
        if was {
            self.zoom = None;
        }
        was
    }
}

pub fn can(model: &Model) -> Ready {
    match model.screen {
        Screen::Main | Screen::Peer | Screen::Many => Ok(()),
        _ => Err("this screen is one pane".to_owned()),
    }
}

/// Every screen has its own: another one shows all its panes.
pub fn toggle(model: &mut Model) -> Effects {
    if !model.unzoom() {
        model.zoom = Some(model.screen);
    }
    none()
}
