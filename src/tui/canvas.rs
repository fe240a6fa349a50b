//! Writing text into cells: cut with `…` where it does not fit, never over an edge.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use unicode_width::UnicodeWidthStr;

use super::shown::sure;
use super::theme::Theme;
use crate::screen::keys::spot::Spot;
pub use crate::screen::reply::lines::cut;
use swarmscope_wire::PartsLeft;
use swarmscope_wire::mask::Mask;
use swarmscope_wire::text::clean;

/// Cells of the pill ` 254 `.
pub const PILL: u16 = 5;
/// Cells of a part bar.
pub const BAR: u16 = 9;

/// Where a block is drawn: its selection bar, its text from `x` up to `right`, and its rows.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Area {
    pub bar: u16,
    pub x: u16,
    /// One past the last cell.
    pub right: u16,
    pub y: u16,
    pub height: u16,
}

impl Area {
    #[must_use]
    pub const fn width(&self) -> u16 {
        self.right.saturating_sub(self.x)
    }

    /// One past the last row.
    #[must_use]
    pub const fn bottom(&self) -> u16 {
        self.y + self.height
    }

    /// The same, so many cells further to the right.
    #[must_use]
    pub const fn at_x(&self, by: u16) -> Self {
        Self { x: self.x + by, ..*self }
    }

    /// `height` rows of it, `skip` rows down.
    #[must_use]
    pub fn rows(&self, skip: u16, height: u16) -> Self {
        let skip = skip.min(self.height);
        Self { y: self.y + skip, height: height.min(self.height - skip), ..*self }
    }
}

/// The cells of one frame, and the theme they are drawn in.
pub struct Canvas<'a> {
    pub cells: &'a mut Buffer,
    pub theme: &'a Theme,
    /// Replaces addresses and permids, where they are not to be seen.
    pub mask: Option<&'a Mask>,
    /// Where the terminal's cursor stands, if text is typed somewhere.
    pub cursor: Option<(u16, u16)>,
    /// What can be pointed at, the topmost last.
    zones: Vec<(Rect, Spot)>,
}

impl<'a> Canvas<'a> {
    /// A blank frame.
    pub fn new(cells: &'a mut Buffer, theme: &'a Theme, mask: Option<&'a Mask>) -> Self {
        for cell in &mut cells.content {
            cell.set_style(theme.base);
        }
        Self { cells, theme, mask, cursor: None, zones: Vec::new() }
    }

    #[must_use]
    pub fn size(&self) -> (u16, u16) {
        (self.cells.area.width, self.cells.area.height)
    }

    /// Writes text from `x` on, cut so that it ends before `right`. Returns where it ended.
    ///
    /// Whatever the text is, only plainly visible characters reach a cell: this is the one way for
    /// text to get there.
    pub fn text(&mut self, x: u16, right: u16, y: u16, text: &str, style: Style) -> u16 {
        let right = right.min(self.cells.area.right());
        if x >= right || y >= self.cells.area.bottom() {
            return x;
        }
        let room = usize::from(right - x);
        let text = &*self.shown(beginning(text, room));
        let plain = is_plain(text);
        if plain && text.len() <= room {
            return self.letters(x, y, text, style);
        }
        if !plain && UnicodeWidthStr::width(text) <= room {
            return self.cells.set_stringn(x, y, text, room, style).0;
        }
        let (end, _) = self.cells.set_stringn(x, y, cut(text, room - 1), room - 1, style);
        self.cells.set_stringn(end, y, "…", 1, style).0
    }

    /// Writes a text that has a cell for each byte, all of them inside the frame. Nearly all texts
    /// are of this kind, and finding the graphemes of each would be half the time of a frame.
    fn letters(&mut self, x: u16, y: u16, text: &str, style: Style) -> u16 {
        let first = self.cells.index_of(x, y);
        let cells = self.cells.content[first..].iter_mut();
        for (cell, letter) in cells.zip(text.chars()) {
            cell.set_char(letter).set_style(style);
        }
        x + u16::try_from(text.len()).unwrap_or(u16::MAX)
    }

    /// A text as it may be seen: what hides is replaced, and addresses where they are hidden.
    fn shown<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.mask.is_none() && is_plain(text) {
            return Cow::Borrowed(text);
        }
        let shown = match (clean(text), self.mask) {
            (Cow::Borrowed(text), Some(mask)) => mask.text(text),
            (Cow::Owned(text), Some(mask)) => Cow::Owned(mask.text(&text).into_owned()),
            (text, None) => text,
        };
        match shown {
            Cow::Borrowed(text) => sure(text),
            Cow::Owned(text) => Cow::Owned(sure(&text).into_owned()),
        }
    }

    /// Writes text that ends before `right`. Returns where it begins.
    pub fn right(&mut self, right: u16, y: u16, text: &str, style: Style) -> u16 {
        let text = &*self.shown(text);
        let x = right.saturating_sub(width(text));
        self.text(x, right, y, text, style);
        x
    }

    /// Writes pieces one after another. Returns where they end.
    pub fn pieces(&mut self, mut x: u16, right: u16, y: u16, pieces: &[(&str, Style)]) -> u16 {
        for (text, style) in pieces {
            x = self.text(x, right, y, text, *style);
        }
        x
    }

    /// Says what the pointer is on in these cells, unless something is drawn over them.
    pub fn zone(&mut self, x: u16, right: u16, y: u16, height: u16, spot: Spot) {
        self.zones.push((Rect::new(x, y, right.saturating_sub(x), height), spot));
    }

    /// The same for a block, its selection bar included.
    pub fn block_zone(&mut self, area: &Area, spot: Spot) {
        self.zone(area.bar, area.right, area.y, area.height, spot);
    }

    /// The same for one row of a block.
    pub fn row_zone(&mut self, area: &Area, y: u16, spot: Spot) {
        self.zone(area.bar, area.right, y, 1, spot);
    }

    /// What the pointer is on in this cell.
    #[must_use]
    pub fn spot(&self, x: u16, y: u16) -> Spot {
        let here = self.zones.iter().rev().find(|(area, _)| area.contains((x, y).into()));
        here.map_or(Spot::Nothing, |(_, spot)| *spot)
    }

    /// Lays a style over cells: a background, mostly.
    pub fn tint(&mut self, x: u16, right: u16, y: u16, style: Style) {
        let area = Rect::new(x, y, right.saturating_sub(x), 1).intersection(self.cells.area);
        self.cells.set_style(area, style);
    }

    /// Empties cells and gives them a background.
    pub fn blank(&mut self, area: Rect, style: Style) {
        let area = area.intersection(self.cells.area);
        self.zones.push((area, Spot::Nothing));
        for position in area.positions() {
            if let Some(cell) = self.cells.cell_mut(position) {
                cell.reset();
                cell.set_style(self.theme.base.patch(style));
            }
        }
    }

    /// The row that is selected: bar, background, bold. Before its text is written.
    pub fn selected(&mut self, area: &Area, y: u16, focused: bool) {
        self.tint(area.bar, area.right, y, self.theme.sel);
        let style = if focused { self.theme.accent } else { self.theme.muted };
        self.text(area.bar, area.bar + 1, y, "▌", self.theme.sel.patch(style));
    }

    /// ` 254 `.
    pub fn pill(&mut self, x: u16, right: u16, y: u16) -> u16 {
        self.text(x, right, y, if self.theme.ascii { "[254]" } else { " 254 " }, self.theme.pill)
    }

    /// Parts that are in and parts to come, in [`BAR`] cells. Never full before the last part is
    /// in.
    pub fn part_bar(&mut self, x: u16, right: u16, y: u16, have: u32, hint: PartsLeft) -> u16 {
        // saturating: a recording's numbers can be anything
        let (have, more, cells) = (have as usize, usize::from(hint.more().0), usize::from(BAR));
        let total = have.saturating_add(more);
        let filled =
            if total <= cells { have } else { (have.saturating_mul(cells) / total).max(1) };
        let shown = total.min(cells);
        let open = shown.saturating_sub(filled).max(usize::from(more > 0));
        let filled = filled.min(cells.saturating_sub(open));
        let x = self.text(x, right, y, &"▓".repeat(filled), self.theme.accent);
        self.text(x, right, y, &"░".repeat(open), self.theme.accent)
    }

    /// A heading, its note, and how it looks with the focus.
    pub fn heading(&mut self, area: &Area, title: &str, focused: bool, note: &str) -> u16 {
        let style = if focused { self.theme.focused() } else { self.theme.strong() };
        let x = self.text(area.x, area.right, area.y, title, style);
        self.text(x + 2, area.right, area.y, note, self.theme.muted)
    }

    /// A label in muted and a value behind it.
    pub fn labelled(
        &mut self,
        area: &Area,
        y: u16,
        value_x: u16,
        label: &str,
        value: &str,
        style: Style,
    ) -> u16 {
        self.text(area.x, value_x.saturating_sub(1), y, label, self.theme.muted);
        self.text(value_x, area.right, y, value, style)
    }

    /// Everything drawn so far recedes: an overlay comes.
    pub fn fade(&mut self) {
        let style = Style::reset().patch(self.theme.base).patch(self.theme.faint);
        for cell in &mut self.cells.content {
            cell.modifier = Modifier::empty();
            cell.set_style(style);
        }
        self.cursor = None;
        self.zones.clear();
    }
}

/// Visible characters of ASCII alone: nothing of it hides, and each has one cell.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// As much of a text as can stand in so many cells, and more than that where it does not fit: a
/// line of megabytes costs no more than what is seen of it.
fn beginning(text: &str, room: usize) -> &str {
    // a cell holds a character with two marks at most; an address may be masked by a shorter name
    const CHARS_A_CELL: usize = 3;
    const LONGEST_ADDRESS: usize = 200;
    let most = CHARS_A_CELL * room + LONGEST_ADDRESS;
    if text.len() <= most {
        return text;
    }
    text.char_indices().nth(most).map_or(text, |(end, _)| &text[..end])
}

/// How many cells a text takes.
#[must_use]
pub fn width(text: &str) -> u16 {
    u16::try_from(UnicodeWidthStr::width(text)).unwrap_or(u16::MAX)
}

/// Lays out a list of `length` rows in `height`: the first row shown, so that the selected one is
/// seen and no more moves than must.
#[must_use]
pub fn follow(top: usize, at: usize, height: usize, length: usize) -> usize {
    let top = top.min(at).max((at + 1).saturating_sub(height));
    top.min(length.saturating_sub(height))
}

/// The plain characters that stand for the signs, where a terminal shows no others.
pub fn to_ascii(cells: &mut Buffer) {
    for cell in &mut cells.content {
        if cell.symbol().is_ascii() {
            continue;
        }
        cell.set_symbol(match cell.symbol() {
            "●" => "*",
            "…" => "~",
            "○" => "o",
            "■" => "R",
            "×" => "x",
            "▲" => "!",
            "▓" | "█" => "#",
            "░" | "·" => ".",
            "√" | "▼" | "↓" => "v",
            "→" | "▌" | "≥" => ">",
            "←" | "≤" => "<",
            "↑" => "^",
            "µ" => "u",
            "–" | "─" => "-",
            "│" => "|",
            "▁" => "1",
            "▂" => "2",
            "▃" => "3",
            "▄" => "4",
            "▅" => "5",
            "▆" => "6",
            "▇" => "7",
            "┌" | "┐" | "└" | "┘" => "+",
            _ => "?",
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::Depth;

    fn drawn(width: u16, draw: impl FnOnce(&mut Canvas)) -> String {
        let theme = Theme::built_in("dark", Depth::True).unwrap();
        let mut cells = Buffer::empty(Rect::new(0, 0, width, 1));
        draw(&mut Canvas::new(&mut cells, &theme, None));
        cells
            .content
            .iter()
            .map(ratatui::buffer::Cell::symbol)
            .collect::<String>()
            .trim_end()
            .to_owned()
    }

    #[test]
    fn text_that_does_not_fit_ends_in_an_ellipsis() {
        let text = |text: &str, right| {
            drawn(10, |c| {
                c.text(1, right, 0, text, Style::new());
            })
        };
        assert_eq!(text("abcdef", 7), " abcdef");
        assert_eq!(text("abcdef", 6), " abcd…");
        assert_eq!(text("日本語", 6), " 日 本 …", "wide characters are not halved");
        assert_eq!(text("abc", 200), " abc");
        assert_eq!(text("abc", 1), "");
    }

    #[test]
    fn a_part_bar_is_never_full_while_parts_are_to_come() {
        let bar = |have, hint| {
            drawn(20, |c| {
                c.part_bar(0, 20, 0, have, PartsLeft(hint));
            })
        };
        assert_eq!(bar(7, 3), "▓▓▓▓▓▓▓░░");
        assert_eq!(bar(1, 1), "▓░");
        assert_eq!(bar(300, 1), "▓▓▓▓▓▓▓▓░");
        assert_eq!(bar(1, 255), "▓░░░░░░░░");
        assert_eq!(bar(3, 0), "▓▓▓");
        assert_eq!(bar(u32::MAX, 255).chars().count(), 9);
        assert_eq!(bar(u32::MAX, 0).chars().count(), 9);
    }

    #[test]
    fn the_window_moves_only_as_far_as_it_must() {
        assert_eq!(follow(0, 4, 5, 20), 0);
        assert_eq!(follow(0, 5, 5, 20), 1);
        assert_eq!(follow(10, 8, 5, 20), 8);
        assert_eq!(follow(18, 19, 5, 20), 15, "no blank rows at the end");
        assert_eq!(follow(7, 0, 5, 0), 0);
        assert_eq!(follow(7, 2, 0, 3), 3);
    }
}
