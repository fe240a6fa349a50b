//! Which peers are marked. Marks belong to peers, never to rows: they stay whatever is shown, follow
//! a peer to its permid, and go when it is forgotten. That is why the table of peers keeps them, by
//! its places: marking a million peers is a million bits.

use crate::dirty::Places;

/// The places of the marked peers.
#[derive(Clone, Default, Debug)]
pub struct Marks {
    places: Places,
    len: usize,
    /// How often marks have come or gone.
    changes: u64,
}

impl Marks {
    /// How many peers are marked.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether nobody is marked.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether the peer at this place is marked.
    #[must_use]
    pub fn contains(&self, place: usize) -> bool {
        self.places.contains(place)
    }

    /// The places of the marked peers, in their order.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        self.places.iter()
    }

    /// The places of those from this one on, in their order.
    pub fn iter_from(&self, first: usize) -> impl Iterator<Item = usize> {
        self.places.iter_from(first)
    }

    /// Marks the peer at a place, or unmarks it. Returns whether it was otherwise.
    pub(crate) fn set(&mut self, place: usize, marked: bool) -> bool {
        let was_otherwise = if marked { self.places.add(place) } else { self.places.remove(place) };
        if was_otherwise {
            self.len = if marked { self.len + 1 } else { self.len - 1 };
            self.changes += 1;
        }
        was_otherwise
    }

    /// Unmarks everybody.
    pub(crate) fn clear(&mut self) {
        *self = Self { changes: self.changes + 1, ..Self::default() };
    }

    /// How often marks have come or gone: whoever has seen as many changes has seen all.
    pub(crate) const fn changes(&self) -> u64 {
        self.changes
    }

    /// The places whose mark has come or gone since this was so.
    pub fn since(&self, before: &Self) -> impl Iterator<Item = usize> {
        self.places.differing(&before.places)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_comes_and_goes() {
        let mut marks = Marks::default();
        assert!(marks.set(70, true) && !marks.set(70, true) && marks.contains(70));
        assert!(marks.set(3, true) && !marks.set(4, false));
        assert_eq!((marks.iter().collect(), marks.len()), (vec![3, 70], 2));
        let from = |first| marks.iter_from(first).next();
        assert_eq!(
            [0, 3, 4, 70, 71, 900].map(from),
            [Some(3), Some(3), Some(70), Some(70), None, None]
        );
        let before = marks.clone();
        assert!(marks.set(70, false) && !marks.contains(70));
        assert!(marks.set(200, true));
        assert_eq!(marks.since(&before).collect::<Vec<_>>(), [70, 200]);
        let before = marks.clone();
        marks.clear();
        assert!(marks.is_empty() && marks.iter().next().is_none());
        assert_ne!(marks.changes(), before.changes());
        assert_eq!(marks.since(&before).collect::<Vec<_>>(), [3, 200]);
    }
}
