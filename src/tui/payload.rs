//! The payload's text in its editor: long lines are folded, and the line of the cursor is always
//! among those shown.

use ratatui::style::Style;

use super::canvas::{Area, Canvas, width};
use crate::screen::asking::composer::Composer;
use swarmscope_facts::format::counted;
use swarmscope_wire::mask::Mask;
use swarmscope_wire::text::clean;

/// Cells for the line number.
const NUMBER: u16 = 3;

/// One row: which line it belongs to, and which characters of it.
struct Row {
    line: usize,
    first: usize,
    text: String,
}

/// Rows that the text takes.
#[must_use]
pub fn rows(composer: &Composer, area: &Area) -> u16 {
    u16::try_from(folded(composer.payload().lines(), None, room(area)).len()).unwrap_or(u16::MAX)
}

/// Cells for the text.
fn room(area: &Area) -> usize {
    usize::from(area.right.saturating_sub(area.x + NUMBER + 1)).max(1)
}

pub fn draw(canvas: &mut Canvas, composer: &Composer, typing: bool, area: &Area) {
    let theme = canvas.theme;
    let x = area.x + NUMBER;
    let rows = folded(composer.payload().lines(), canvas.mask, room(area));
    let cursor = composer.payload().cursor();
    let at =
        rows.iter().rposition(|row| row.line == cursor.0 && row.first <= cursor.1).unwrap_or(0);
    let height = usize::from(area.height);
    let top = if typing { (at + 1).saturating_sub(height) } else { 0 };
    for (i, y) in (top..).zip(area.y..area.bottom()) {
        canvas.tint(area.x, area.right, y, theme.panel);
        let Some(row) = rows.get(i) else { continue };
        if !typing && i + 1 == height && rows.len() > height {
            let more = format!("… {} more", counted(rows.len() - i, "row"));
            canvas.text(x, area.right, y, &more, theme.muted);
            continue;
        }
        if row.first == 0 {
            canvas.right(x - 1, y, &(row.line + 1).to_string(), theme.faint);
        }
        canvas.text(x, area.right, y, &row.text, Style::new());
        if typing && i == at {
            let before: String = row.text.chars().take(cursor.1 - row.first).collect();
            canvas.cursor = Some((x + width(&before), y));
        }
    }
}

/// With `mask`, what identifies a peer is hidden before a line is broken: halves of it are not
/// known again.
fn folded(lines: &[String], mask: Option<&Mask>, room: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    for (line, text) in lines.iter().enumerate() {
        let text = clean(text);
        let masked = mask.map(|mask| mask.text(&text));
        let chars: Vec<char> = masked.as_deref().unwrap_or(&text).chars().collect();
        let mut first = 0;
        loop {
            let end = (first + room).min(chars.len());
            // broken behind a blank, where there is one
            let blank =
                chars[first..end].iter().rposition(|c| *c == ' ').filter(|_| end < chars.len());
            let end = blank.map_or(end, |blank| first + blank + 1);
            rows.push(Row { line, first, text: chars[first..end].iter().collect() });
            first = end;
            if first >= chars.len() {
                break;
            }
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str, room: usize) -> Vec<String> {
        folded(&[line.to_owned()], None, room).into_iter().map(|row| row.text).collect()
    }

    #[test]
    fn long_lines_fold_behind_blanks_and_lose_nothing() {
        assert_eq!(texts("SELECT a FROM b", 9), ["SELECT a ", "FROM b"]);
        assert_eq!(texts("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(texts("", 3), [""]);
        assert_eq!(texts("a b c d e", 3).concat(), "a b c d e");
    }
}
