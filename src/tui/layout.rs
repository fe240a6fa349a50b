//! Where everything stands: a pure function of the terminal's size and of what is open (screens as
//! in `screenshots/`).
//!
//! Row 0 is the status bar, the last row the footer, the row above it the newest event. Between
//! them stand two panes with one vertical rule, blocks with one blank row between them. Widths
//! depend on the size alone.

use super::canvas::Area;
use crate::screen::reply::lines::{WIDEST, list_width};
use crate::screen::{Class, Mode, Model, Pane};

/// Rows of the CHANNELS block besides its heading, at 120×40.
const CHANNEL_ROWS: u16 = 6;
/// Rows of the REPLY block at 120×40: heading, state, blank, seven fields, blank, seven rows of
/// bytes.
const REPLY_ROWS: u16 = 18;
/// Rows of the FRAMES block, its heading included, at 120×40.
const FRAME_ROWS: u16 = 6;
/// Rows of the REQUEST block at 120×40: heading, message, frequency, payload, three lines of it, to
/// send, same as.
const REQUEST_ROWS: u16 = 9;
/// Rows that the composer takes as a sheet.
const SHEET_ROWS: u16 = 12;

/// The places of a frame. A block that has no room has none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Grid {
    pub class: Class,
    pub columns: u16,
    pub rows: u16,
    pub status: u16,
    /// The tour's line, above the newest event.
    pub tour: u16,
    pub event: u16,
    pub footer: u16,
    /// The vertical rule: column, first row, one past the last.
    pub rule: Option<(u16, u16, u16)>,
    /// The horizontal rule above the composer's sheet.
    pub sheet_rule: Option<u16>,
    pub peers: Option<Area>,
    /// Whether the list has a row of column headings.
    pub headings: bool,
    pub request: Option<Request>,
    pub peer: Option<Area>,
    pub channels: Option<Area>,
    pub reply: Option<Area>,
    pub frames: Option<Area>,
}

/// How the composer is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Request {
    Line(Area),
    Block(Area),
    /// Over the width of the screen, while it is edited.
    Sheet(Area),
}

impl Grid {
    /// The places for what the model shows in its terminal.
    #[must_use]
    pub fn of(model: &Model) -> Self {
        let (columns, rows) = model.size;
        let inside = model.inside || model.focus != Pane::Peers;
        let composing = model.mode.composes();
        let list = model.kept.columns.width();
        let inside = inside && !matches!(model.mode, Mode::Filter);
        let grid = Self::with_list(columns, rows, composing, inside, list);
        if model.showing.presenter { grid.for_a_projector(composing) } else { grid }
    }

    /// Fewer blocks, and air around them: the list, and the reply as tall as the screen. Widths
    /// stay.
    #[must_use]
    pub fn for_a_projector(mut self, composing: bool) -> Self {
        let (Some(peers), Some(peer)) = (self.peers, self.peer) else { return self };
        let bottom = match self.request {
            _ if self.class < Class::Compact => return self,
            Some(Request::Line(_)) => self.rows - 5,
            Some(Request::Sheet(area)) => area.y - 2,
            // beside the reply while it is edited, else one line
            Some(Request::Block(_)) if composing => self.rows - 4,
            _ => self.rows - 6,
        };
        let first = 2;
        let list = if composing { peers.bottom().min(bottom) } else { bottom };
        self.peers = Some(Area { y: first, height: list - first, ..peers });
        self.peer = Some(Area { y: first, ..peer });
        (self.channels, self.frames, self.headings) = (None, None, false);
        let tall = (bottom - first).saturating_sub(2);
        self.reply = (tall >= 3).then_some(Area { y: first + 2, height: tall, ..peer });
        self.rule = self.rule.map(|(x, ..)| (x, first, bottom));
        if let (Some(Request::Block(_)), false) = (self.request, composing) {
            let line = Area { bar: 0, x: 3, right: self.columns - 1, y: self.rows - 5, height: 1 };
            self.request = Some(Request::Line(line));
        }
        self
    }

    /// `composing`: the composer is open. `inside`: where there is room for one pane, it is the
    /// peer's.
    #[must_use]
    pub fn new(columns: u16, rows: u16, composing: bool, inside: bool) -> Self {
        Self::with_list(columns, rows, composing, inside, 0)
    }

    /// `list`: cells that the list's columns would take.
    fn with_list(columns: u16, rows: u16, composing: bool, inside: bool, list: u16) -> Self {
        let class = Class::of(columns, rows);
        let blank = Self {
            class,
            columns,
            rows,
            status: 0,
            tour: rows.saturating_sub(3),
            event: rows.saturating_sub(2),
            footer: rows.saturating_sub(1),
            rule: None,
            sheet_rule: None,
            peers: None,
            headings: false,
            request: None,
            peer: None,
            channels: None,
            reply: None,
            frames: None,
        };
        match class {
            Class::TooSmall => blank,
            Class::OnePane => blank.one_pane(composing, inside),
            Class::Compact => blank.compact(composing),
            Class::Middle => blank.two_panes(43),
            Class::Wide => blank.two_panes(list_width(columns, list)),
        }
    }

    fn one_pane(mut self, composing: bool, inside: bool) -> Self {
        let pane = Area { bar: 0, x: 3, right: self.columns - 1, y: 1, height: self.rows - 4 };
        if composing {
            self.request = Some(Request::Sheet(pane));
        } else if inside {
            self.right_pane(pane, 4);
        } else {
            let air = u16::from(self.rows >= 16);
            self.peers = Some(Area { height: pane.height - 1 - air, ..pane });
            self.request = Some(Request::Line(pane.rows(pane.height - 1, 1)));
        }
        self
    }

    fn compact(mut self, composing: bool) -> Self {
        let (left, rows) = (37, self.rows);
        let end = if composing { rows - 3 - SHEET_ROWS - 1 } else { rows - 5 };
        self.rule = Some((left + 1, 1, end));
        self.peers = Some(Area { bar: 0, x: 3, right: left, y: 1, height: end - 1 });
        let pane =
            Area { bar: left + 2, x: left + 4, right: self.columns - 1, y: 1, height: end - 1 };
        self.right_pane(pane, CHANNEL_ROWS);
        let wide = |y, height| Area { bar: 0, x: 3, right: self.columns - 1, y, height };
        if composing {
            self.sheet_rule = Some(end);
            self.request = Some(Request::Sheet(wide(end + 1, SHEET_ROWS)));
        } else {
            self.request = Some(Request::Line(wide(rows - 4, 1)));
        }
        self
    }

    fn two_panes(mut self, left: u16) -> Self {
        let (first, end) = (2, self.rows - 3);
        self.rule = Some((left + 1, first, end));
        self.headings = true;
        let extra = self.rows.saturating_sub(40);
        let request = REQUEST_ROWS + (extra / 4).min(5);
        let pane = Area { bar: 0, x: 3, right: left, y: first, height: end - first };
        let list = pane.height - request - 1;
        self.peers = Some(pane.rows(0, list));
        self.request = Some(Request::Block(pane.rows(list + 1, request)));
        let right = (self.columns - 1).min(left + 5 + WIDEST);
        let pane = Area { bar: left + 3, x: left + 5, right, y: first, height: end - first };
        self.peer_and_blocks(pane, extra);
        self
    }

    /// The right pane from 34 rows on: header, channels, reply, frames.
    fn peer_and_blocks(&mut self, pane: Area, extra: u16) {
        self.peer = Some(pane.rows(0, 1));
        let channels = CHANNEL_ROWS + 1 + (extra / 4).min(8);
        self.channels = Some(pane.rows(2, channels));
        let rest = pane.rows(2 + channels + 1, u16::MAX);
        let reply = REPLY_ROWS + (extra / 3).min(16);
        if rest.height > reply + FRAME_ROWS {
            let frames = rest.rows(reply + 1, u16::MAX);
            self.reply = Some(rest.rows(0, reply));
            self.frames = Some(frames);
        } else {
            self.reply = Some(rest);
        }
    }

    /// The right pane where rows are few: header, channels, reply.
    fn right_pane(&mut self, pane: Area, channels: u16) {
        self.peer = Some(pane.rows(0, 1));
        let channels = (channels + 1).min(pane.height.saturating_sub(1));
        self.channels = Some(pane.rows(1, channels));
        let rest = pane.rows(1 + channels + 1, u16::MAX);
        self.reply = (rest.height >= 3).then_some(rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::reply::lines::reply_width;

    fn blocks(grid: &Grid) -> Vec<Area> {
        let request = grid.request.map(|request| match request {
            Request::Line(area) | Request::Block(area) | Request::Sheet(area) => area,
        });
        [grid.peers, request, grid.peer, grid.channels, grid.reply, grid.frames]
            .into_iter()
            .flatten()
            .collect()
    }

    #[test]
    fn at_every_size_blocks_stand_inside_and_apart() {
        let ways = [(false, false), (true, false), (false, true)];
        for columns in (40..=200).step_by(3) {
            for rows in 10..=70 {
                for (composing, inside, presenter) in
                    ways.into_iter().flat_map(|(a, b)| [(a, b, false), (a, b, true)])
                {
                    let grid = Grid::new(columns, rows, composing, inside);
                    let grid = if presenter { grid.for_a_projector(composing) } else { grid };
                    let all = blocks(&grid);
                    assert!(!all.is_empty());
                    if let Some(reply) = grid.reply {
                        assert_eq!(
                            reply.width(),
                            reply_width(grid.class, columns, 0),
                            "{columns}×{rows}"
                        );
                    }
                    for (i, area) in all.iter().enumerate() {
                        assert!(area.height > 0, "{columns}×{rows}: {grid:?}");
                        assert!(
                            area.y > 0 && area.bottom() <= grid.event,
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

    #[test]
    fn the_grid_at_the_sizes_it_was_drawn_for() {
        let wide = Grid::new(120, 40, false, false);
        assert_eq!(wide.rule, Some((57, 2, 37)));
        assert_eq!(wide.peers, Some(Area { bar: 0, x: 3, right: 56, y: 2, height: 25 }));
        assert_eq!(wide.channels, Some(Area { bar: 59, x: 61, right: 119, y: 4, height: 7 }));
        assert_eq!(wide.reply, Some(Area { bar: 59, x: 61, right: 119, y: 12, height: 18 }));
        assert_eq!(wide.frames, Some(Area { bar: 59, x: 61, right: 119, y: 31, height: 6 }));
        let compact = Grid::new(80, 24, false, false);
        assert_eq!(compact.rule, Some((38, 1, 19)));
        assert_eq!(compact.peers, Some(Area { bar: 0, x: 3, right: 37, y: 1, height: 18 }));
        assert_eq!(compact.reply, Some(Area { bar: 39, x: 41, right: 79, y: 10, height: 9 }));
        assert_eq!(
            compact.request,
            Some(Request::Line(Area { bar: 0, x: 3, right: 79, y: 20, height: 1 }))
        );
        assert_eq!(Grid::new(80, 24, true, false).sheet_rule, Some(8));
        assert_eq!(blocks(&Grid::new(39, 9, false, false)), []);
    }

    #[test]
    fn extra_rows_go_to_the_list_and_the_frames() {
        let (small, large) = (Grid::new(120, 40, false, false), Grid::new(200, 60, false, false));
        assert!(large.peers.unwrap().height >= small.peers.unwrap().height + 15);
        assert!(large.frames.unwrap().height > small.frames.unwrap().height);
    }
}
