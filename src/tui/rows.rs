//! Rows of `label  text`, the text folded at blanks.

use ratatui::style::Style;

use super::canvas::{Area, Canvas, PILL, width};
use super::why::folded;
use swarmscope_wire::text::ELLIPSIS;

/// Writes one line of a text: canvas, from, to, row, line.
pub type Write = fn(&mut Canvas, u16, u16, u16, &str);

/// As it is.
pub fn plain(canvas: &mut Canvas, x: u16, right: u16, y: u16, line: &str) {
    canvas.text(x, right, y, line, Style::new());
}

/// A 254 at its end is the pill.
pub fn with_pill(canvas: &mut Canvas, x: u16, right: u16, y: u16, line: &str) {
    match line.strip_suffix("254") {
        Some(before) if x + width(before) + PILL <= right => {
            let x = canvas.text(x, right, y, before, Style::new());
            canvas.pill(x, right, y);
        }
        _ => plain(canvas, x, right, y, line),
    }
}

/// An area that is filled from above.
pub struct Rows<'c, 'a> {
    pub canvas: &'c mut Canvas<'a>,
    pub area: Area,
    /// The next row.
    pub y: u16,
    /// Where texts stand behind their labels.
    pub value: u16,
    pub write: Write,
}

impl Rows<'_, '_> {
    pub fn add(&mut self, label: &str, text: &str) {
        let (area, x) = (self.area, self.area.x + self.value);
        if self.y < area.bottom() {
            self.canvas.text(area.x, x - 1, self.y, label, self.canvas.theme.muted);
        }
        let lines = folded(text, usize::from(area.right.saturating_sub(x)));
        for (line, after) in lines.iter().zip(1..) {
            if self.y >= area.bottom() {
                return;
            }
            let goes_on = self.y + 1 == area.bottom() && after < lines.len();
            let cut = if goes_on { format!("{line}  {ELLIPSIS}") } else { String::new() };
            (self.write)(self.canvas, x, area.right, self.y, if goes_on { &cut } else { line });
            self.y += 1;
        }
    }
}
