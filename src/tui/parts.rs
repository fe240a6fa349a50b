//! The parts of a reply as they came: when, how many bytes, what the hint said, and the time since
//! the one before.

use std::time::Duration;

use ratatui::style::Style;

use super::canvas::{Area, Canvas};
use swarmscope_facts::Now;
use swarmscope_facts::format::{thousands, took};
use swarmscope_facts::request::{Outcome, Part, Request};

/// The longest bar of a gap, in cells.
const LONGEST: u16 = 10;

/// Where the columns end.
pub struct Columns {
    part: u16,
    after: u16,
    bytes: u16,
    hint: u16,
    gap: u16,
    right: u16,
}

impl Columns {
    pub fn of(area: &Area) -> Self {
        let x = area.x;
        Self {
            part: x + 4,
            after: x + 12,
            bytes: x + 20,
            hint: x + 26,
            gap: x + 34,
            right: area.right,
        }
    }

    pub fn headings(&self, canvas: &mut Canvas, y: u16) {
        let headings = [
            (self.part, "PART"),
            (self.after, "AFTER"),
            (self.bytes, "BYTES"),
            (self.hint, "HINT"),
            (self.gap, "GAP"),
        ];
        for (right, title) in headings {
            if right <= self.right {
                canvas.right(right, y, title, canvas.theme.muted);
            }
        }
    }

    /// A part, and the time since the one before.
    pub fn part(&self, canvas: &mut Canvas, y: u16, part: &Part, gap: Duration, style: Style) {
        canvas.right(self.part, y, &part.index.to_string(), style);
        canvas.right(self.after, y, &took(part.after), style);
        canvas.right(self.bytes, y, &thousands(part.bytes as u64), style);
        let hint = if part.hint.is_last() { "last".to_owned() } else { part.hint.0.to_string() };
        canvas.right(self.hint, y, &hint, style);
        draw_gap(canvas, self, y, gap, style, "▓");
    }

    /// What follows the last part: no bytes, no hint.
    pub fn end(&self, canvas: &mut Canvas, y: u16, sign: &str, after: Duration, style: Style) {
        canvas.right(self.part, y, sign, style);
        canvas.right(self.after, y, &took(after), style);
        canvas.right(self.bytes, y, "–", canvas.theme.muted);
        canvas.right(self.hint, y, "–", canvas.theme.muted);
    }
}

/// Draws the newest parts that there is room for, newest last.
pub fn draw(canvas: &mut Canvas, area: Area, request: &Request, now: Now) {
    if area.height < 2 || area.width() < 26 {
        return;
    }
    let columns = Columns::of(&area);
    let muted = canvas.theme.muted;
    columns.headings(canvas, area.y);
    let list = area.rows(1, u16::MAX);
    let waits = matches!(request.outcome, Outcome::Waiting) && !request.parts.is_empty();
    let room = usize::from(list.height.saturating_sub(u16::from(waits)));
    let first = request.parts.len().saturating_sub(room);
    let mut before = first.checked_sub(1).map_or(Duration::ZERO, |i| request.parts[i].after);
    let mut y = list.y;
    for part in &request.parts[first..] {
        let gap = part.after.saturating_sub(before);
        before = part.after;
        columns.part(canvas, y, part, gap, Style::new());
        y += 1;
    }
    if waits {
        let waited = request.elapsed(now).saturating_sub(before);
        canvas.right(columns.part, y, "…", muted);
        draw_gap(canvas, &columns, y, waited, muted, "░");
    }
}

/// How long it was, in numbers and as a bar of this sign.
pub fn draw_gap(
    canvas: &mut Canvas,
    columns: &Columns,
    y: u16,
    gap: Duration,
    style: Style,
    sign: &str,
) {
    if columns.gap > columns.right {
        return;
    }
    canvas.right(columns.gap, y, &took(gap), style);
    if columns.gap + 1 + LONGEST <= columns.right {
        let bar = sign.repeat(usize::from(cells(gap)));
        let failed = style.fg.is_some() && style.fg == canvas.theme.fail.fg;
        let style = if failed { style } else { canvas.theme.accent };
        canvas.text(columns.gap + 1, columns.right, y, &bar, style);
    }
}

/// Cells for a gap, on a logarithmic scale: one up to 30 ms, all from 30 s on.
fn cells(gap: Duration) -> u16 {
    const STEPS: [u64; 9] = [30, 65, 140, 300, 650, 1_400, 3_000, 6_500, 14_000];
    let ms = u64::try_from(gap.as_millis()).unwrap_or(u64::MAX);
    let steps = STEPS.iter().filter(|step| ms > **step).count();
    u16::try_from(steps).unwrap_or(LONGEST).saturating_add(1).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_drawn_on_a_logarithmic_scale() {
        let bar = |ms| cells(Duration::from_millis(ms));
        assert_eq!([0, 30, 31, 300, 319, 30_000].map(bar), [1, 1, 2, 4, 5, 10]);
        assert_eq!(bar(u64::MAX), 10);
    }
}
