//! What differs between two replies: signs and words, equal values folded.

use ratatui::style::Style;

use super::canvas::{Area, Canvas, width};
use super::found::mark_all;
use swarmscope_facts::format::thousands;
use swarmscope_facts::reply::diff::{Change, Diff, Line};

/// Where values stand behind their labels.
const VALUE: u16 = 14;
/// From this width on the old and the new value share a line, if both fit.
const ROOMY: u16 = 50;

/// Draws a diff with the payload called `name`, its lines from `first` on.
pub fn draw(canvas: &mut Canvas, area: Area, name: &str, diff: &Diff, first: usize, found: &str) {
    summary(canvas, &area, name, diff);
    let skip = if area.height > 8 { 2 } else { 1 };
    let list = area.rows(skip, u16::MAX);
    let mut y = list.y;
    for line in diff.lines.iter().skip(first) {
        if y >= list.bottom() {
            return;
        }
        y = write(canvas, &Area { y, height: list.bottom() - y, ..list }, line, found);
    }
    if diff.hidden > 0 && y < list.bottom() {
        let text = format!("… {} more lines", thousands(diff.hidden as u64));
        canvas.text(list.x, list.right, y, &text, canvas.theme.muted);
    }
}

/// `with #12: 3 changed, 1 added, 2 removed`.
fn summary(canvas: &mut Canvas, area: &Area, name: &str, diff: &Diff) {
    let theme = canvas.theme;
    let x = canvas.pieces(
        area.x,
        area.right,
        area.y,
        &[("with ", theme.muted), (name, Style::new()), (": ", theme.muted)],
    );
    if diff.is_empty() {
        let text = if diff.only_bytes {
            "same values, different bytes: see hex"
        } else {
            "identical to the byte"
        };
        canvas.text(x, area.right, area.y, text, Style::new());
        return;
    }
    let counts = [
        (diff.changed, "~", "changed"),
        (diff.added, "+", "added"),
        (diff.removed, "-", "removed"),
    ];
    let counts = counts.iter().filter(|(count, ..)| *count > 0);
    let counts: Vec<String> =
        counts.map(|(n, sign, word)| format!("{sign} {} {word}", thousands(*n as u64))).collect();
    canvas.text(x, area.right, area.y, &counts.join("  "), theme.strong());
}

/// Writes one line, in two rows where it does not fit into one. Returns the row below.
fn write(canvas: &mut Canvas, area: &Area, line: &Line, found: &str) -> u16 {
    let theme = canvas.theme;
    let (strong, muted, plain) = (theme.strong(), theme.muted, Style::new());
    let y = area.y;
    let indent = 2 * u16::try_from(line.depth).unwrap_or(u16::MAX).min(8);
    let x = area.x + 2 + indent.min(area.width() / 3);
    let (sign, style) = match &line.change {
        Change::Same(_) => ("", muted),
        Change::Folded(text) => {
            canvas.text(x, area.right, y, &format!("… {text}"), theme.faint);
            return y + 1;
        }
        Change::Changed { .. } => ("~", strong),
        Change::Added(_) => ("+", strong),
        Change::Removed(_) => ("-", strong),
    };
    canvas.text(area.x, area.x + 1, y, sign, style);
    let value_x =
        if line.label.is_empty() { x } else { (area.x + VALUE).max(x + 4).min(area.right - 1) };
    let end = canvas.text(x, value_x.saturating_sub(1).max(x), y, &line.label, muted);
    mark_all(canvas, x, end, y, &line.label, found);
    match &line.change {
        Change::Same(value) => {
            let end = canvas.text(value_x, area.right, y, value, muted);
            mark_all(canvas, value_x, end, y, value, found);
        }
        Change::Added(value) | Change::Removed(value) => {
            let end = canvas.text(value_x, area.right, y, value, plain);
            mark_all(canvas, value_x, end, y, value, found);
        }
        Change::Changed { before, after } => {
            return changed(canvas, area, value_x, before, after, found);
        }
        Change::Folded(_) => {}
    }
    y + 1
}

fn changed(
    canvas: &mut Canvas,
    area: &Area,
    x: u16,
    before: &str,
    after: &str,
    found: &str,
) -> u16 {
    let theme = canvas.theme;
    let (y, strong, muted) = (area.y, theme.strong(), theme.muted);
    if before == after {
        let end = canvas.text(x, area.right, y, before, Style::new());
        canvas.text(end, area.right, y, "  differs beyond what is shown", muted);
        return y + 1;
    }
    let fits = area.width() >= ROOMY && x + width(before) + 3 + width(after) <= area.right;
    if fits || area.height < 2 {
        let end = canvas.text(x, area.right, y, before, muted);
        mark_all(canvas, x, end, y, before, found);
        let x = canvas.text(end, area.right, y, " → ", muted);
        let end = canvas.text(x, area.right, y, after, strong);
        mark_all(canvas, x, end, y, after, found);
        return y + 1;
    }
    let end = canvas.text(x, area.right, y, before, muted);
    mark_all(canvas, x, end, y, before, found);
    let x = canvas.text(x.saturating_sub(2), area.right, y + 1, "→ ", muted);
    let end = canvas.text(x, area.right, y + 1, after, strong);
    mark_all(canvas, x, end, y + 1, after, found);
    y + 2
}

/// Where nothing to compare with.
pub fn nothing(canvas: &mut Canvas, area: Area, key: &str) {
    let text = format!("no previous reply to the same message: {key} picks another one");
    canvas.text(area.x, area.right, area.y, &text, canvas.theme.muted);
}
