//! Blocks one below the other, with a blank row between them: how many rows each gets where there
//! is not room for all.

use crate::tui::canvas::Area;

/// One block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Block {
    /// Rows it would fill.
    pub wanted: u16,
    /// With fewer rows it says nothing: then it is left out whole.
    pub least: u16,
    /// Lower gets its rows sooner.
    pub rank: u8,
    /// What lies between the two is of no use to it.
    whole: bool,
    /// Rows it makes use of where nobody else wants them.
    most: u16,
}

impl Block {
    #[must_use]
    pub const fn new(wanted: u16, least: u16, rank: u8) -> Self {
        Self {
            wanted,
            least: if least < wanted { least } else { wanted },
            rank,
            whole: false,
            most: wanted,
        }
    }

    /// All rows or the least.
    #[must_use]
    pub const fn whole(self) -> Self {
        Self { whole: true, ..self }
    }

    /// So many rows, where there are more than all blocks want.
    #[must_use]
    pub const fn up_to(self, most: u16) -> Self {
        Self { most: if most > self.wanted { most } else { self.wanted }, ..self }
    }

    /// The rows it takes of those that there are.
    const fn of(self, room: u16) -> u16 {
        if room >= self.wanted {
            self.wanted
        } else if room < self.least {
            0
        } else if self.whole {
            self.least
        } else {
            room
        }
    }
}

/// Where each block stands; `None` for those that are left out, and for those that want no row.
#[must_use]
pub fn stack(area: &Area, blocks: &[Block]) -> Vec<Option<Area>> {
    let mut heights = vec![0; blocks.len()];
    let mut order: Vec<usize> = (0..blocks.len()).collect();
    order.sort_by_key(|&i| blocks[i].rank);
    for &i in &order {
        let taken = total(&heights);
        let gap = u16::from(taken > 0);
        heights[i] = blocks[i].of(area.height.saturating_sub(taken + gap));
    }
    for i in order {
        let left = area.height.saturating_sub(total(&heights));
        if heights[i] > 0 {
            heights[i] += blocks[i].most.saturating_sub(heights[i]).min(left);
        }
    }
    let mut skip = 0;
    let place = |height: u16| {
        let place = (height > 0).then(|| area.rows(skip, height));
        skip += if height > 0 { height + 1 } else { 0 };
        place
    };
    heights.into_iter().map(place).collect()
}

/// Rows of all blocks and of the blank ones between them.
fn total(heights: &[u16]) -> u16 {
    let shown = heights.iter().filter(|height| **height > 0);
    shown.fold(0_u16, |sum, height| sum.saturating_add(height + 1)).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heights(height: u16, blocks: &[(u16, u16, u8)]) -> Vec<(u16, u16)> {
        let area = Area { bar: 0, x: 3, right: 20, y: 2, height };
        let blocks: Vec<Block> = blocks.iter().map(|(w, l, r)| Block::new(*w, *l, *r)).collect();
        stack(&area, &blocks)
            .into_iter()
            .map(|area| area.map_or((0, 0), |area| (area.y, area.height)))
            .collect()
    }

    #[test]
    fn all_get_what_they_want_where_there_is_room() {
        assert_eq!(heights(20, &[(5, 2, 1), (0, 0, 0), (4, 4, 2)]), [(2, 5), (0, 0), (8, 4)]);
    }

    #[test]
    fn what_matters_most_gets_all_and_the_rest_what_is_left() {
        assert_eq!(heights(10, &[(5, 2, 2), (6, 3, 1)]), [(2, 3), (6, 6)]);
        assert_eq!(heights(7, &[(5, 2, 2), (6, 3, 1)]), [(0, 0), (2, 6)]);
        assert_eq!(heights(8, &[(5, 2, 2), (6, 3, 1), (1, 1, 3)]), [(0, 0), (2, 6), (9, 1)]);
        assert_eq!(heights(0, &[(5, 2, 2)]), [(0, 0)]);
    }

    #[test]
    fn what_is_left_over_goes_to_whom_it_is_of_use() {
        let area = Area { bar: 0, x: 3, right: 20, y: 2, height: 20 };
        let blocks = [Block::new(3, 1, 1), Block::new(4, 2, 2).up_to(30), Block::new(2, 2, 3)];
        let places: Vec<(u16, u16)> =
            stack(&area, &blocks).into_iter().flatten().map(|a| (a.y, a.height)).collect();
        assert_eq!(places, [(2, 3), (6, 13), (20, 2)]);
        let blocks = [Block::new(3, 1, 1), Block::new(4, 2, 2).up_to(5)];
        let heights: Vec<u16> =
            stack(&area, &blocks).into_iter().flatten().map(|area| area.height).collect();
        assert_eq!(heights, [3, 5]);
    }

    #[test]
    fn what_is_of_use_only_whole_shrinks_to_its_least() {
        let area = Area { bar: 0, x: 3, right: 20, y: 2, height: 8 };
        let blocks = [Block::new(9, 1, 1).whole(), Block::new(9, 2, 2)];
        let heights: Vec<u16> =
            stack(&area, &blocks).into_iter().flatten().map(|area| area.height).collect();
        assert_eq!(heights, [1, 6]);
    }
}
