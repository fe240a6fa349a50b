//! Everybody in order, and the rows of those that are shown.

/// Places in the table of peers, as they are laid out in a list.
#[derive(Clone, Default, Debug)]
pub struct Laid {
    /// Everybody who has a place in the order.
    pub order: Vec<u32>,
    /// Those that are shown. Who is new stands at the end, outside the order.
    pub rows: Vec<u32>,
    /// One more than the row of each place; 0 for none.
    row_of: Vec<u32>,
    /// How many marked peers have a row.
    pub marked: usize,
}

impl Laid {
    /// Nobody, with room for so many.
    pub fn with_room(places: usize) -> Self {
        let (order, rows) = (Vec::with_capacity(places), Vec::with_capacity(places));
        Self { order, rows, row_of: vec![0; places], marked: 0 }
    }

    /// The row of the peer at this place.
    pub fn row(&self, index: usize) -> Option<usize> {
        (*self.row_of.get(index)? as usize).checked_sub(1)
    }

    /// Gives the next row to a peer.
    pub fn show(&mut self, index: u32, marked: bool) {
        let at = index as usize;
        if self.row_of.len() <= at {
            self.row_of.resize(at + 1, 0);
        }
        self.rows.push(index);
        self.row_of[at] = u32::try_from(self.rows.len()).unwrap_or(0);
        self.marked += usize::from(marked);
    }

    /// The peer at a place was marked or unmarked.
    pub fn mark(&mut self, index: usize, marked: bool) {
        if self.row(index).is_some() {
            self.marked = if marked { self.marked + 1 } else { self.marked - 1 };
        }
    }

    /// Takes a peer out: those below it move up. Returns where in the order it stood.
    pub fn take_out(&mut self, index: usize, marked: bool) -> Option<usize> {
        if let Some(row) = self.row(index) {
            self.marked -= usize::from(marked);
            self.rows.remove(row);
            self.row_of[index] = 0;
            for &below in &self.rows[row..] {
                self.row_of[below as usize] -= 1;
            }
        }
        let place = self.order.iter().position(|&other| other as usize == index)?;
        self.order.remove(place);
        Some(place)
    }
}
