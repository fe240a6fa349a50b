//! Places in a table where something has changed, each counted once: what makes work follow the
//! news, not the table's size.

/// A set of places that is filled one by one and emptied at once.
#[derive(Clone, Default, Debug)]
pub struct Dirty {
    list: Vec<usize>,
    is: Vec<bool>,
}

impl Dirty {
    /// Adds a place; once is enough.
    pub fn add(&mut self, index: usize) {
        if self.is.len() <= index {
            self.is.resize(index + 1, false);
        }
        if !std::mem::replace(&mut self.is[index], true) {
            self.list.push(index);
        }
    }

    /// Whether this place is among them.
    #[must_use]
    pub fn contains(&self, index: usize) -> bool {
        self.is.get(index).copied().unwrap_or(false)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All of them, in the order in which they came; none is left.
    pub fn take(&mut self) -> Vec<usize> {
        for &index in &self.list {
            self.is[index] = false;
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
