//! What the commands of the map, the overview and the matrix do. The cursor of the map is the
//! selected peer: whatever can be done to that can be done here.

use super::Sheet;
use crate::screen::actions::{Effects, none};
use crate::screen::conditions::Ready;
use crate::screen::mode::Mode;
use crate::screen::model::Model;
use crate::screen::peer_screen::cursor::Inspect;
use crate::screen::which::Screen;

impl Model {
    /// The map on this terminal.
    #[must_use]
    pub fn sheet(&self) -> Sheet {
        Sheet::of(self.size, self.census.places(), self.showing.presenter)
    }

    /// The cell with the cursor.
    #[must_use]
    pub fn map_cell(&self) -> Option<usize> {
        let place = self.facts.peers().index(self.selected.as_ref()?)?;
        Some(self.sheet().cell_of(place))
    }
}

pub fn overview(model: &mut Model) -> Effects {
    show(model, Screen::Overview)
}

pub fn list(model: &mut Model) -> Effects {
    show(model, Screen::Main)
}

pub fn map(model: &mut Model) -> Effects {
    show(model, Screen::Map)
}

pub fn reach(model: &mut Model) -> Effects {
    show(model, Screen::Reach)
}

fn show(model: &mut Model, screen: Screen) -> Effects {
    model.screen = screen;
    model.mode = Mode::Main; // the log is left
    none()
}

pub fn open(model: &mut Model) -> Effects {
    model.inspect = Inspect::default();
    show(model, Screen::Peer)
}

pub fn colour_by(model: &mut Model) -> Effects {
    model.colouring = model.colouring.next();
    none()
}

pub fn has_answers(model: &Model) -> Ready {
    let any = model.many.campaign.is_some();
    if any { Ok(()) } else { Err("no request to many yet: nobody's answers to compare".into()) }
}

pub fn left(model: &mut Model) -> Effects {
    go(model, -1);
    none()
}

pub fn right(model: &mut Model) -> Effects {
    go(model, 1);
    none()
}

/// By rows of cells.
pub fn step(model: &mut Model, by: isize) {
    let columns = isize::try_from(model.sheet().columns()).unwrap_or(1);
    go(model, by.saturating_mul(columns));
}

/// To the cell so many further on, or the nearest one on the way back that has a peer.
fn go(model: &mut Model, by: isize) {
    let sheet = model.sheet();
    let Some(last) = model.census.places().checked_sub(1) else { return };
    let here = model.map_cell().unwrap_or(0);
    let last = sheet.cell_of(last);
    let to = here.saturating_add_signed(by).min(last);
    let mut cells: Box<dyn Iterator<Item = usize>> = if by < 0 {
        Box::new((0..=to).rev().chain(to..here))
    } else {
        Box::new((to..=last).chain((here..to).rev()))
    };
    let Some(place) = cells.find_map(|cell| telling(model, &sheet, cell)) else { return };
    let key = model.facts.peers().at(place).map(|peer| peer.key.clone());
    model.select(key);
}

/// The peer that a cell is selected by: an odd one where it has one, else its first.
fn telling(model: &Model, sheet: &Sheet, cell: usize) -> Option<usize> {
    let known = |place: &usize| model.census.at(*place).is_some();
    let odd = |place: &usize| model.census.at(*place).is_some_and(|standing| standing.odd);
    sheet.places(cell).find(odd).or_else(|| sheet.places(cell).find(known))
}
