//! Where the cells of the map stand: a pure function of the terminal's size and of how many peers
//! there are, so that moving and drawing agree.

use std::ops::Range;

use crate::screen::Class;

/// Cells that what stands beside the map takes on a wide terminal.
const BESIDE: u16 = 44;
/// Rows that what stands below it takes on any other.
const BELOW: u16 = 9;
/// The sizes of a cell, the roomiest first: with the name beside the sign, with air round the sign,
/// signs alone.
const SIZES: [(u16, u16); 5] = [(12, 2), (12, 1), (4, 2), (2, 1), (1, 1)];
/// The same for a projector: no names, but signs that fill their cells, to be told from afar.
const PROJECTED: [(u16, u16); 6] = [(8, 4), (6, 3), (4, 2), (3, 2), (2, 1), (1, 1)];
/// Columns that a cell with a name has.
const NAMED: u16 = 12;

/// The map on one terminal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sheet {
    /// Where the cells begin.
    pub x: u16,
    pub y: u16,
    /// Columns and rows of the terminal that they have.
    pub width: u16,
    pub height: u16,
    /// Columns and rows of one cell.
    pub cell: (u16, u16),
    /// Peers of one cell: more than one where there are more peers than cells.
    pub peers: usize,
    /// What is explained stands beside the map, not below it.
    pub beside: bool,
    /// Signs fill their cells.
    pub projected: bool,
}

impl Sheet {
    /// The map of so many places, in a terminal of this size.
    #[must_use]
    pub fn of((columns, rows): (u16, u16), places: usize, projected: bool) -> Self {
        let beside = Class::of(columns, rows) >= Class::Wide;
        let y = if rows >= 30 { 4 } else { 3 };
        let right = if beside { columns.saturating_sub(BESIDE) } else { columns.saturating_sub(1) };
        let below = if beside { 3 } else { BELOW + 2 };
        let (width, height) = (right.saturating_sub(3), rows.saturating_sub(y + below).max(1));
        let fits =
            |(w, h): &(u16, u16)| room((width, height), (*w, *h), projected) >= places.max(1);
        let sizes = if projected { &PROJECTED[..] } else { &SIZES };
        let cell = sizes.iter().copied().find(fits).unwrap_or((1, 1));
        let peers = places.div_ceil(room((width, height), cell, projected).max(1)).max(1);
        Self { x: 3, y, width, height, cell, peers, beside, projected }
    }

    /// Cells in a row.
    #[must_use]
    pub const fn columns(&self) -> usize {
        let columns = self.width / self.cell.0;
        if columns == 0 { 1 } else { columns as usize }
    }

    /// Whether there is room for the name of each peer.
    #[must_use]
    pub const fn is_named(&self) -> bool {
        self.cell.0 >= NAMED
    }

    /// Columns and rows of the sign of a cell: the rest is air between cells.
    #[must_use]
    pub const fn sign(&self) -> (u16, u16) {
        sign(self.cell, self.projected)
    }

    /// The cell of a place in the table of peers.
    #[must_use]
    pub const fn cell_of(&self, place: usize) -> usize {
        place / self.peers
    }

    /// The places of a cell.
    #[must_use]
    pub const fn places(&self, cell: usize) -> Range<usize> {
        cell * self.peers..(cell + 1) * self.peers
    }

    /// Where a cell stands: column and row of the terminal.
    #[must_use]
    pub fn at(&self, cell: usize) -> (u16, u16) {
        let number = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        let (column, row) = (number(cell % self.columns()), number(cell / self.columns()));
        (
            self.x.saturating_add(column.saturating_mul(self.cell.0)),
            self.y.saturating_add(row.saturating_mul(self.cell.1)),
        )
    }
}

const fn sign((columns, rows): (u16, u16), projected: bool) -> (u16, u16) {
    if !projected {
        return (1, 1);
    }
    (if columns > 1 { columns - 1 } else { 1 }, if rows > 1 { rows - 1 } else { 1 })
}

/// How many cells of a size there is room for: the air below the last row is not needed.
const fn room((width, height): (u16, u16), (w, h): (u16, u16), projected: bool) -> usize {
    let (_, needed) = sign((w, h), projected);
    (width / w) as usize * ((height + h - needed) / h) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_peer_has_a_cell_on_the_screen_from_10_to_50_000() {
        for size in [(40, 10), (80, 24), (100, 30), (120, 40), (200, 60)] {
            for places in [0, 1, 10, 24, 100, 400, 1_000, 5_000, 50_000] {
                for projected in [false, true] {
                    let sheet = Sheet::of(size, places, projected);
                    for place in [0, places / 2, places.saturating_sub(1)] {
                        let cell = sheet.cell_of(place);
                        assert!(sheet.places(cell).contains(&place));
                        let (x, y) = sheet.at(cell);
                        let right = sheet.x + sheet.width;
                        assert!(x + sheet.cell.0 <= right, "{size:?} {places} {place}");
                        let bottom = y + sheet.sign().1;
                        assert!(y < sheet.y + sheet.height, "{size:?} {places} {place} {sheet:?}");
                        assert!(bottom <= sheet.y + sheet.height, "{size:?} {places} {sheet:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn cells_are_as_roomy_as_the_peers_are_few() {
        let of = |places| Sheet::of((120, 40), places, false);
        assert!(of(24).is_named() && of(24).peers == 1);
        assert_eq!((of(1_000).cell, of(1_000).peers), ((2, 1), 1));
        assert!(of(50_000).peers > 1, "more peers than cells");
        let projected = |places| Sheet::of((120, 40), places, true).cell;
        assert_eq!([projected(37), projected(400), projected(1_000)], [(8, 4), (3, 2), (2, 1)]);
    }
}
