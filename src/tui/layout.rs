//! Where everything stands: a pure function of the terminal's size and of what is open (screens as
//! in `screenshots/`).
//!
//! Row 0 is the status bar, the last row the footer, the row above it the newest event. Between
//! them stand two panes with one vertical rule, blocks with one blank row between them. Widths
//! depend on the size alone.

use super::canvas::Area;
use super::needs::Needs;
use super::request;
use super::stack::{Block, stack};
use crate::screen::list::columns::{ADDRESS, Layout as _};
use crate::screen::reply::lines::{COMPACT_LIST, MIDDLE_LIST, WIDEST, list_width};
use crate::screen::{Class, Mode, Model, Pane};
use swarmscope_facts::list::Column;

/// Rows of the CHANNELS block at 120×40 where other blocks have something to show too.
const CHANNEL_ROWS: u16 = 7;
/// Rows of the REPLY block at 120×40: heading, state, blank, seven fields, blank, seven rows of
/// bytes.
const REPLY_ROWS: u16 = 18;
/// Rows of the FRAMES block, its heading included, at 120×40.
const FRAME_ROWS: u16 = 6;
/// Rows of the REQUEST block at 120×40: heading, message, frequency, payload, three lines of it, to
/// send, same as.
const REQUEST_ROWS: u16 = 9;
/// How many parts of a pane are the command's, whatever the list could use.
const COMMAND_SHARE: u16 = 4;
/// Rows of a REQUEST block without a payload.
const LEAST_REQUEST: u16 = 6;
/// Rows that the list keeps above a composer: its headings and five peers.
const LEAST_LIST: u16 = 7;
/// Rows that the composer takes as a sheet, where it holds no text that might be longer.
const SHEET_ROWS: u16 = 12;
/// Rows below which there is no room for both channels and a reply: two of the one, three of the
/// other, a blank one.
const LEAST_BLOCKS: u16 = 6;
/// Rows that the panes keep above a sheet: a heading and three peers.
const ABOVE_SHEET: u16 = 4;

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

/// What is open, and what has to do with widths.
#[derive(Clone, Copy, Default, Debug)]
pub struct Open {
    /// The composer.
    pub composing: bool,
    /// Where there is room for one pane, it is the peer's.
    pub inside: bool,
    /// Cells that the list's columns would take.
    pub list: u16,
    /// The pane that has the whole screen.
    pub whole: Option<Pane>,
}

/// How the composer is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Request {
    Line(Area),
    Block(Area),
    /// Over the width of the screen, while it is edited.
    Sheet(Area),
}

impl Request {
    const fn area(self) -> Area {
        match self {
            Self::Line(area) | Self::Block(area) | Self::Sheet(area) => area,
        }
    }
}

/// Cells that the list takes besides where peers of other networks are in it.
fn besides_names(model: &Model) -> u16 {
    if !model.tally.has_others() {
        return 0;
    }
    let network = if model.tally.is_mixed() { Column::Network.width() + 1 } else { 0 };
    ADDRESS - Column::Permid.width() + network
}

impl Grid {
    /// The places for what the model shows in its terminal.
    #[must_use]
    pub fn of(model: &Model) -> Self {
        let (columns, rows) = model.size;
        let inside = model.inside || model.focus != Pane::Peers;
        let open = Open {
            composing: model.mode.composes(),
            inside: inside && !matches!(model.mode, Mode::Filter),
            list: model.kept.columns.width_at(columns) + besides_names(model),
            whole: model.whole(),
        };
        let needs = Needs::of(model);
        let mut grid = Self::new(columns, rows, open, &needs);
        if open.composing
            && grid.request.is_some_and(|place| !request::has_room(model, &place.area()))
        {
            let whole = Some(Pane::Request);
            grid = Self::new(columns, rows, Open { whole, ..open }, &needs);
        }
        if model.showing.presenter { grid.for_a_projector(open.composing) } else { grid }
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

    #[must_use]
    pub fn new(columns: u16, rows: u16, open: Open, needs: &Needs) -> Self {
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
        match (class, open.whole) {
            (Class::TooSmall, _) => blank,
            (_, Some(pane)) => blank.whole(pane),
            (Class::OnePane, _) => blank.one_pane(open, needs),
            (Class::Compact, _) => blank.compact(open, needs),
            (Class::Middle, _) => blank.two_panes(MIDDLE_LIST, open, needs),
            (Class::Wide, _) => blank.two_panes(list_width(columns, open.list), open, needs),
        }
    }

    /// One pane has all the room.
    fn whole(mut self, pane: Pane) -> Self {
        let air = u16::from(self.class > Class::Compact);
        let (y, right) = (1 + air, self.columns - 1);
        let area = Area { bar: 0, x: 3, right, y, height: self.rows - 3 - y };
        if matches!(pane, Pane::Channels | Pane::Reply) {
            self.peer = Some(area.rows(0, 1));
        }
        let below = area.rows(1 + air, u16::MAX);
        match pane {
            Pane::Peers => (self.peers, self.headings) = (Some(area), true),
            Pane::Channels => self.channels = Some(below),
            Pane::Reply => self.reply = Some(below),
            Pane::Request => self.request = Some(Request::Sheet(area)),
        }
        self
    }

    fn one_pane(mut self, open: Open, needs: &Needs) -> Self {
        let pane = Area { bar: 0, x: 3, right: self.columns - 1, y: 1, height: self.rows - 4 };
        if open.composing {
            self.request = Some(Request::Sheet(pane));
        } else if open.inside {
            self.right_pane(pane, 5, needs);
        } else {
            let air = u16::from(self.rows >= 16);
            self.peers = Some(Area { height: pane.height - 1 - air, ..pane });
            self.request = Some(Request::Line(pane.rows(pane.height - 1, 1)));
        }
        self
    }

    fn compact(mut self, open: Open, needs: &Needs) -> Self {
        let (left, rows) = (COMPACT_LIST, self.rows);
        // the status bar and the panes above it; a rule; the event, the footer, a blank row
        let most = rows - 1 - ABOVE_SHEET - 1 - 3;
        let sheet = needs.request.clamp(SHEET_ROWS, most.max(SHEET_ROWS));
        let end = if open.composing { rows - 3 - sheet - 1 } else { rows - 5 };
        self.rule = Some((left + 1, 1, end));
        self.peers = Some(Area { bar: 0, x: 3, right: left, y: 1, height: end - 1 });
        let pane =
            Area { bar: left + 2, x: left + 4, right: self.columns - 1, y: 1, height: end - 1 };
        self.right_pane(pane, CHANNEL_ROWS, needs);
        let wide = |y, height| Area { bar: 0, x: 3, right: self.columns - 1, y, height };
        if open.composing {
            self.sheet_rule = Some(end);
            self.request = Some(Request::Sheet(wide(end + 1, sheet)));
        } else {
            self.request = Some(Request::Line(wide(rows - 4, 1)));
        }
        self
    }

    fn two_panes(mut self, left: u16, open: Open, needs: &Needs) -> Self {
        let (first, end) = (2, self.rows - 3);
        self.rule = Some((left + 1, first, end));
        self.headings = true;
        let extra = self.rows.saturating_sub(40);
        let pane = Area { bar: 0, x: 3, right: left, y: first, height: end - first };
        let room = pane.height - 1;
        let usual = REQUEST_ROWS + (extra / 4).min(5) + needs.command.min(room / COMMAND_SHARE);
        let most = if open.composing { room - LEAST_LIST } else { room.saturating_sub(needs.list) };
        let least = if open.composing { REQUEST_ROWS } else { LEAST_REQUEST };
        let request = needs.request.clamp(least, most.max(usual));
        let list = room - request;
        self.peers = Some(pane.rows(0, list));
        self.request = Some(Request::Block(pane.rows(list + 1, request)));
        let right = (self.columns - 1).min(left + 5 + WIDEST);
        let pane = Area { bar: left + 3, x: left + 5, right, y: first, height: end - first };
        self.peer_and_blocks(pane, extra, needs);
        self
    }

    /// The right pane from 30 rows on: header, channels, reply, frames. Each takes what it needs,
    /// up to its share, and leaves the rest to whoever has more to show, the reply first.
    fn peer_and_blocks(&mut self, pane: Area, extra: u16, needs: &Needs) {
        self.peer = Some(pane.rows(0, 1));
        let share = |needed: u16, share: u16, least, rank| {
            Block::new(needed.min(share), least, rank).up_to(needed)
        };
        let blocks = [
            share(needs.channels, CHANNEL_ROWS + (extra / 4).min(8), 2, 1),
            share(needs.reply, REPLY_ROWS + (extra / 3).min(16), 3, 0),
            share(needs.frames, FRAME_ROWS, 3, 2),
        ];
        let places = stack(&pane.rows(2, u16::MAX), &blocks);
        (self.channels, self.reply, self.frames) = (places[0], places[1], places[2]);
    }

    /// The right pane where rows are few: header, channels, reply.
    fn right_pane(&mut self, pane: Area, channels: u16, needs: &Needs) {
        self.peer = Some(pane.rows(0, 1));
        let below = pane.rows(1, u16::MAX);
        if below.height < LEAST_BLOCKS {
            self.channels = Some(below);
            return;
        }
        let room = below.height - 1;
        let reply = needs.reply.min(room.saturating_sub(needs.channels.min(channels)));
        let blocks =
            [Block::new(needs.channels, 2, 1), Block::new(reply.max(3), 3, 0).up_to(u16::MAX)];
        let places = stack(&below, &blocks);
        (self.channels, self.reply) = (places[0], places[1]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::reply::lines::reply_width;

    fn blocks(grid: &Grid) -> Vec<Area> {
        let request = grid.request.map(Request::area);
        [grid.peers, request, grid.peer, grid.channels, grid.reply, grid.frames]
            .into_iter()
            .flatten()
            .collect()
    }

    const ALL: Needs =
        Needs { list: 500, request: 9, command: 0, channels: 99, reply: 99, frames: 99 };

    fn plain(columns: u16, rows: u16) -> Grid {
        Grid::new(columns, rows, Open::default(), &ALL)
    }

    /// Blocks that have little to show, much, and some one and some the other.
    fn needs() -> impl Iterator<Item = Needs> {
        let little = Needs { list: 3, request: 6, command: 0, channels: 2, reply: 4, frames: 0 };
        let mixed = Needs {
            channels: 40,
            reply: 5,
            frames: 3,
            request: u16::MAX,
            command: u16::MAX,
            ..little
        };
        [ALL, little, mixed].into_iter()
    }

    fn ways() -> impl Iterator<Item = (Open, bool)> {
        let plain = Open::default();
        let wholes = Pane::ALL.map(|pane| Open { whole: Some(pane), ..plain });
        [plain, Open { composing: true, ..plain }, Open { inside: true, ..plain }]
            .into_iter()
            .chain(wholes)
            .flat_map(|open| [(open, false), (open, true)])
    }

    fn check(grid: &Grid, open: Open) {
        let (columns, rows) = (grid.columns, grid.rows);
        let all = blocks(grid);
        assert!(!all.is_empty());
        if let Some(reply) = grid.reply.filter(|_| open.whole.is_none()) {
            assert_eq!(reply.width(), reply_width(grid.class, columns, 0), "{columns}×{rows}");
        }
        for (i, area) in all.iter().enumerate() {
            assert!(area.height > 0, "{columns}×{rows}: {grid:?}");
            assert!(area.y > 0 && area.bottom() <= grid.event, "{columns}×{rows}: {area:?}");
            assert!(area.bar < area.x && area.x < area.right && area.right < columns, "{area:?}");
            for other in &all[..i] {
                let apart_in_rows = area.y >= other.bottom() || other.y >= area.bottom();
                let apart_in_columns = area.bar >= other.right || other.bar >= area.right;
                assert!(apart_in_rows || apart_in_columns, "{columns}×{rows}: {area:?} {other:?}");
            }
        }
    }

    #[test]
    fn at_every_size_blocks_stand_inside_and_apart() {
        for columns in (40..=200).step_by(3) {
            for rows in 10..=70 {
                for (open, presenter) in ways() {
                    for needs in needs() {
                        let grid = Grid::new(columns, rows, open, &needs);
                        let of_all = |grid: Grid| grid.for_a_projector(open.composing);
                        check(&if presenter { of_all(grid) } else { grid }, open);
                    }
                }
            }
        }
    }

    #[test]
    fn the_grid_at_the_sizes_it_was_drawn_for() {
        let wide = plain(120, 40);
        assert_eq!(wide.rule, Some((57, 2, 37)));
        assert_eq!(wide.peers, Some(Area { bar: 0, x: 3, right: 56, y: 2, height: 25 }));
        assert_eq!(wide.channels, Some(Area { bar: 59, x: 61, right: 119, y: 4, height: 7 }));
        assert_eq!(wide.reply, Some(Area { bar: 59, x: 61, right: 119, y: 12, height: 18 }));
        assert_eq!(wide.frames, Some(Area { bar: 59, x: 61, right: 119, y: 31, height: 6 }));
        let compact = plain(80, 24);
        assert_eq!(compact.rule, Some((38, 1, 19)));
        assert_eq!(compact.peers, Some(Area { bar: 0, x: 3, right: 37, y: 1, height: 18 }));
        assert_eq!(compact.reply, Some(Area { bar: 39, x: 41, right: 79, y: 10, height: 9 }));
        assert_eq!(
            compact.request,
            Some(Request::Line(Area { bar: 0, x: 3, right: 79, y: 20, height: 1 }))
        );
        let composing = Open { composing: true, ..Open::default() };
        assert_eq!(Grid::new(80, 24, composing, &ALL).sheet_rule, Some(8));
        let text = Needs { request: u16::MAX, ..ALL };
        assert_eq!(Grid::new(80, 24, composing, &text).sheet_rule, Some(5));
        assert_eq!(blocks(&plain(39, 9)), []);
    }

    #[test]
    fn extra_rows_go_to_the_list_and_the_frames() {
        let (small, large) = (plain(120, 40), plain(200, 60));
        assert!(large.peers.unwrap().height >= small.peers.unwrap().height + 15);
        assert!(large.frames.unwrap().height >= small.frames.unwrap().height);
    }

    #[test]
    fn what_a_block_does_not_need_goes_to_one_that_has_more_to_show() {
        let few = Needs { channels: 2, ..ALL };
        let grid = Grid::new(120, 40, Open::default(), &few);
        let heights = |grid: &Grid| {
            [grid.channels, grid.reply, grid.frames].map(|a| a.map_or(0, |a| a.height))
        };
        assert_eq!(heights(&grid), [2, 23, 6]);
        let short = Needs { reply: 5, ..ALL };
        assert_eq!(heights(&Grid::new(120, 40, Open::default(), &short)), [20, 5, 6]);
        let silent = Needs { frames: 0, reply: 5, ..ALL };
        assert_eq!(heights(&Grid::new(120, 40, Open::default(), &silent)), [27, 5, 0]);
        let alone = Needs { list: 3, request: 20, ..ALL };
        let grid = Grid::new(120, 40, Open::default(), &alone);
        assert_eq!(grid.peers.unwrap().height, 14, "a short list leaves room for the payload");
    }
}
