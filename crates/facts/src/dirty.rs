//! Places in a table where something has changed, each counted once: what makes work follow the
//! news, not the table's size.

/// A set of places, one bit each.
#[derive(Clone, Default, Debug)]
pub struct Places {
    words: Vec<u64>,
}

impl Places {
    /// Adds a place. Returns whether it is new.
    pub fn add(&mut self, index: usize) -> bool {
        if self.words.len() <= index / 64 {
            self.words.resize(index / 64 + 1, 0);
        }
        let (word, bit) = (&mut self.words[index / 64], 1 << (index % 64));
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    /// Takes a place out. Returns whether it was there.
    pub fn remove(&mut self, index: usize) -> bool {
        let Some(word) = self.words.get_mut(index / 64) else { return false };
        let bit = 1 << (index % 64);
        let was_there = *word & bit != 0;
        *word &= !bit;
        was_there
    }

    /// Whether this place is among them.
    #[must_use]
    pub fn contains(&self, index: usize) -> bool {
        self.words.get(index / 64).is_some_and(|word| word & 1 << (index % 64) != 0)
    }

    /// All of them, in their order.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        self.iter_from(0)
    }

    /// Those from this place on, in their order.
    pub fn iter_from(&self, first: usize) -> impl Iterator<Item = usize> {
        let words = self.words.iter().enumerate().skip(first / 64);
        words.flat_map(|(at, word)| bits(at, *word)).skip_while(move |place| *place < first)
    }

    /// Those that are in one of the two alone, in their order.
    pub fn differing(&self, other: &Self) -> impl Iterator<Item = usize> {
        let word = |of: &Self, at: usize| of.words.get(at).copied().unwrap_or(0);
        let all = 0..self.words.len().max(other.words.len());
        all.flat_map(move |at| bits(at, word(self, at) ^ word(other, at)))
    }
}

/// The places of one word.
fn bits(at: usize, word: u64) -> impl Iterator<Item = usize> {
    let left = std::iter::successors(Some(word), |left| Some(left & left.wrapping_sub(1)));
    left.take_while(|left| *left != 0).map(move |left| at * 64 + left.trailing_zeros() as usize)
}

/// A set of places that is filled one by one and emptied at once.
#[derive(Clone, Default, Debug)]
pub struct Dirty {
    list: Vec<usize>,
    is: Places,
}

impl Dirty {
    /// Adds a place; once is enough.
    pub fn add(&mut self, index: usize) {
        if self.is.add(index) {
            self.list.push(index);
        }
    }

    /// Whether this place is among them.
    #[must_use]
    pub fn contains(&self, index: usize) -> bool {
        self.is.contains(index)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All of them, in the order in which they came; none is left.
    pub fn take(&mut self) -> Vec<usize> {
        for &index in &self.list {
            self.is.remove(index);
        }
        std::mem::take(&mut self.list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_there_once_until_it_is_taken() {
        let mut dirty = Dirty::default();
        for index in [7, 2, 7, 2, 9] {
            dirty.add(index);
        }
        assert!(dirty.contains(7) && !dirty.contains(8) && !dirty.contains(1000));
        assert_eq!(dirty.take(), [7, 2, 9]);
        assert!(dirty.is_empty() && !dirty.contains(7));
        dirty.add(7);
        assert_eq!(dirty.take(), [7]);
    }
}
