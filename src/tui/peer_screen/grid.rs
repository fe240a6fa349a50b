//! Where the blocks stand: a function of the terminal's size, and of the block with the focus where
//! not all have room.

use crate::screen::peer_screen::cursor::Focus;
use crate::screen::peer_screen::inspect::LADDER as LADDER_END;
use crate::screen::{Class, Model};
use crate::tui::canvas::Area;
use crate::tui::layout::Grid;

/// Rows that the channel, or the questions, have at least.
const LEAST_CHANNEL: u16 = 4;
/// Rows that a frame's fields have at least where there is room for them.
const FRAME: u16 = 9;
/// Heading and seven rungs.
const LADDER: u16 = 8;
/// From so many rows on there is room for more than the newest odd thing.
const ROOMY: u16 = 30;
/// From so many rows on a note stands beside what is odd; below, what is odd takes its row.
const ROOM_FOR_NOTE: u16 = 16;
/// Rows of a conversation around its lines: the heading, a blank row, the summary.
const AROUND_SAID: u16 = 3;
/// Rows that it has at least.
const LEAST_SAID: u16 = 8;
/// Cells of the right pane's text at most.
const WIDEST: u16 = 118;

/// A block that has no room has none.
#[derive(Clone, Copy, Default, Debug)]
pub struct Places {
    pub rule: Option<(u16, u16, u16)>,
    /// What is odd about the peer, newest first.
    pub odd: Option<Area>,
    /// The operator's note on the peer.
    pub note: Option<Area>,
    /// The ladder in one row.
    pub summary: Option<Area>,
    pub ladder: Option<Area>,
    pub why: Option<Area>,
    pub channel: Option<Area>,
    pub frame: Option<Area>,
    pub conversation: Option<Area>,
    pub bytes: Option<Area>,
}

/// What there is to see.
#[derive(Clone, Copy, Debug)]
struct Has {
    /// Lines of a conversation.
    said: u16,
    /// A note.
    noted: bool,
    /// Different things that are odd about it.
    odd: usize,
    /// A lookup, whose closest nodes need a row more than a frame's fields.
    lookup: bool,
}

/// Blocks one below the other, with a blank row between them.
struct Stack(Area);

impl Stack {
    /// The next block; the last one takes what is left.
    fn take(&mut self, height: u16) -> Option<Area> {
        let block = self.0.rows(0, height);
        self.0 = self.0.rows(height.saturating_add(1), u16::MAX);
        (block.height > 0).then_some(block)
    }
}

impl Places {
    pub fn of(model: &Model, grid: &Grid) -> Self {
        let lines = model.conversation().map_or(0, |conversation| conversation.lines().len());
        let said = u16::try_from(lines).unwrap_or(u16::MAX);
        let noted = model.peer().is_some_and(|peer| model.present().note(peer).is_some());
        let odd = model.peer().map_or(0, |peer| peer.odd.len());
        let said = if said > 0 { said.saturating_add(AROUND_SAID) } else { 0 };
        let lookup = model.request().is_some_and(|r| model.registry().label(r.message) == "LOOKUP");
        let has = Has { said, noted, odd, lookup };
        let places = Self::new(grid.class, grid.columns, grid.rows, model.inspect.focus, has);
        if model.zoomed() { places.whole(grid, model.inspect.focus) } else { places }
    }

    fn new(class: Class, columns: u16, rows: u16, focus: Focus, has: Has) -> Self {
        let lines = if rows < ROOMY { 1 } else { usize::from(ROOMY) };
        let lines = u16::try_from(has.odd.min(lines)).unwrap_or(1);
        let noted = has.noted && (lines == 0 || rows >= ROOM_FOR_NOTE);
        let above = lines + u16::from(noted);
        let (first, end) = match class {
            Class::TooSmall => return Self::default(),
            Class::OnePane | Class::Compact => (1 + above, rows - 3),
            Class::Middle | Class::Wide => (1 + above.max(1), rows - 3),
        };
        let row = Area { bar: 0, x: 3, right: columns - 1, y: 1, height: 1 };
        let odd = (lines > 0).then_some(Area { height: lines, ..row });
        let note = noted.then_some(Area { y: 1 + lines, ..row });
        if class == Class::OnePane {
            let area = Area { y: first, height: end - first, ..row };
            return Self { odd, note, ..Self::one_pane(area, focus, has.said > 0) };
        }
        let left = match columns {
            120.. => LADDER_END,
            100..120 => 43,
            _ => 37,
        };
        let near = u16::from(columns < 100);
        let rule = Some((left + 1, first, end));
        let mut places = Self { rule, odd, note, ..Self::default() };
        places.left(
            class,
            Area { bar: 0, x: 3, right: left, y: first, height: end - first },
            focus,
            FRAME + u16::from(has.lookup),
        );
        let right = (columns - 1).min(left + 5 + WIDEST);
        let area =
            Area { bar: left + 3 - near, x: left + 5 - near, right, y: first, height: end - first };
        places.right(area, has.said);
        places
    }

    /// The block with the focus alone, with the note on the peer.
    fn whole(self, grid: &Grid, focus: Focus) -> Self {
        let air = u16::from(grid.class > Class::Compact);
        let above = self.note.or(self.odd).map_or(1 + air, |above| above.bottom().max(1 + air));
        let height = grid.rows.saturating_sub(3 + above);
        let area = Some(Area { bar: 0, x: 3, right: grid.columns - 1, y: above, height });
        let whole = Self { note: self.note, odd: self.odd, ..Self::default() };
        match focus {
            Focus::Conversation => Self { conversation: area, ..whole },
            Focus::Frame => Self { frame: area, ..whole },
            Focus::Channel => Self { channel: area, ..whole },
            Focus::Bytes => Self { bytes: area, ..whole },
        }
    }

    fn one_pane(area: Area, focus: Focus, said: bool) -> Self {
        let mut places = Self::default();
        let mut stack = Stack(area);
        match focus {
            Focus::Conversation if !said && area.height >= LADDER + 4 => {
                places.ladder = stack.take(LADDER);
                places.why = stack.take(u16::MAX);
            }
            Focus::Conversation => {
                places.summary = Some(area.rows(0, 1));
                places.conversation = Some(area.rows(1, u16::MAX));
            }
            Focus::Frame => places.frame = Some(area),
            Focus::Channel if area.height >= 14 => {
                places.channel = stack.take(area.height - 7);
                places.why = stack.take(u16::MAX);
            }
            Focus::Channel => places.channel = Some(area),
            Focus::Bytes => places.bytes = Some(area),
        }
        places
    }

    fn left(&mut self, class: Class, area: Area, focus: Focus, least_frame: u16) {
        let mut stack = Stack(area);
        match (class, focus) {
            (Class::Wide, _) if area.height >= 31 => {
                self.ladder = stack.take(LADDER);
                let extra = area.height.saturating_sub(35);
                self.why = stack.take(7 + (extra / 4).min(4));
                // the questions above need four rows
                let room = stack.0.height.saturating_sub(LEAST_CHANNEL + 1);
                let frame = (least_frame + (extra / 3).min(6)).min(room);
                self.channel = stack.take(stack.0.height.saturating_sub(frame + 1));
                self.frame = stack.take(u16::MAX);
            }
            (Class::Wide | Class::Middle, Focus::Channel) => {
                self.ladder = stack.take(LADDER);
                self.why = stack.take(5);
                self.channel = stack.take(u16::MAX);
            }
            (Class::Wide | Class::Middle, _) => {
                self.ladder = stack.take(LADDER);
                self.why = stack.take(5);
                self.frame = stack.take(u16::MAX);
            }
            (_, Focus::Frame) => self.frame = stack.take(u16::MAX),
            (_, Focus::Channel) => self.channel = stack.take(u16::MAX),
            _ => {
                self.ladder = stack.take(LADDER);
                self.why = stack.take(u16::MAX);
            }
        }
    }

    /// A short conversation leaves its room to the bytes; a long one keeps its share, whatever the
    /// line with the cursor holds, so that nothing moves with the cursor.
    fn right(&mut self, area: Area, said: u16) {
        let mut stack = Stack(area);
        let most = (area.height - 1) * 3 / 5;
        self.conversation = stack.take(said.clamp(LEAST_SAID, most.max(LEAST_SAID)));
        self.bytes = stack.take(u16::MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_every_size_blocks_stand_inside_and_apart_and_the_one_with_the_focus_is_there() {
        for columns in (40..=220).step_by(3) {
            for rows in 10..=70 {
                let cases =
                    Focus::ALL.into_iter().flat_map(|focus| (0..8).map(move |has| (focus, has)));
                for (focus, has) in cases {
                    let odd = if has & 4 > 0 { 3 } else { 0 };
                    let has = Has {
                        said: if has & 1 > 0 { 40 } else { 0 },
                        noted: has & 2 > 0,
                        odd,
                        lookup: has & 1 > 0,
                    };
                    let places = Places::new(Class::of(columns, rows), columns, rows, focus, has);
                    let all = [
                        places.odd,
                        places.note,
                        places.summary,
                        places.ladder,
                        places.why,
                        places.channel,
                        places.frame,
                        places.conversation,
                        places.bytes,
                    ];
                    let all: Vec<Area> = all.into_iter().flatten().collect();
                    let focused = match focus {
                        Focus::Conversation => places.conversation.or(places.ladder),
                        Focus::Frame => places.frame,
                        Focus::Channel => places.channel,
                        Focus::Bytes => places.bytes,
                    };
                    assert!(
                        focused.is_some_and(|area| area.height >= 4),
                        "{columns}×{rows} {focus:?}: {places:?}"
                    );
                    for (i, area) in all.iter().enumerate() {
                        assert!(
                            area.height > 0 && area.y > 0 && area.bottom() <= rows - 3,
                            "{columns}×{rows}: {area:?}"
                        );
                        assert!(
                            area.bar < area.x && area.x < area.right && area.right < columns,
                            "{area:?}"
                        );
                        for other in &all[..i] {
                            let apart_in_rows =
                                area.y >= other.bottom() || other.y >= area.bottom();
                            let apart_in_columns =
                                area.bar >= other.right || other.bar >= area.right;
                            assert!(
                                apart_in_rows || apart_in_columns,
                                "{columns}×{rows}: {area:?} {other:?}"
                            );
                        }
                    }
                }
            }
        }
    }
}
