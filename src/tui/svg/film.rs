//! Frames that follow each other, as one SVG that moves. A row of cells that stays as it is stands
//! in it once, with the times from which and until which it is seen; whoever wants no motion sees
//! the frame in the middle.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use ratatui::buffer::Buffer;

use super::{BASE, HEIGHT, MARGIN, PAPER, WIDTH, colour, escaped, hex, number, row};
use crate::tui::theme::Theme;

/// A frame, and how long it is seen.
pub struct Shot {
    pub cells: Buffer,
    pub shown: Duration,
}

/// The film of these frames, which are all of the size of the first; it begins again at its end.
#[must_use]
pub fn film(shots: &[Shot], theme: &Theme, title: &str) -> String {
    let Some(first) = shots.first() else { return String::new() };
    let (columns, rows) = (first.cells.area.width, first.cells.area.height);
    let (width, height) =
        (f64::from(columns) * WIDTH + 2.0 * MARGIN, f64::from(rows) * HEIGHT + 2.0 * MARGIN);
    let ground = colour(theme.base.bg, PAPER.1);
    let mut begins = vec![Duration::ZERO];
    for shot in shots {
        begins.push(begins[begins.len() - 1] + shot.shown);
    }
    // the rows, each under the frames from which and before which it is seen
    let mut seen: BTreeMap<(usize, usize), String> = BTreeMap::new();
    for y in 0..rows {
        let picture = |shot: &Shot| {
            let mut out = String::new();
            row(&mut out, &shot.cells, theme, y, ground);
            out
        };
        let mut since = 0;
        let mut now = picture(first);
        for (at, shot) in shots.iter().enumerate().skip(1) {
            let next = picture(shot);
            if next != now {
                seen.entry((since, at)).or_default().push_str(&std::mem::replace(&mut now, next));
                since = at;
            }
        }
        seen.entry((since, shots.len())).or_default().push_str(&now);
    }
    let still = shots.len() / 2;
    let whole = begins[shots.len()];
    let mut style = String::new();
    let mut groups = String::new();
    for (number, ((from, to), rows)) in
        seen.iter().enumerate().filter(|(_, (_, rows))| !rows.is_empty())
    {
        if (*from, *to) == (0, shots.len()) {
            let _ = write!(groups, "<g>{rows}</g>");
            continue;
        }
        let percent = |at: usize| begins[at].as_secs_f64() / whole.as_secs_f64() * 100.0;
        let first = if *from == 0 { "visible" } else { "hidden" };
        let _ = write!(style, "@keyframes k{number}{{0%{{visibility:{first}}}");
        if *from > 0 {
            let _ = write!(style, "{:.3}%{{visibility:visible}}", percent(*from));
        }
        if *to < shots.len() {
            let _ = write!(style, "{:.3}%{{visibility:hidden}}", percent(*to));
        }
        let last = if *to < shots.len() { "hidden" } else { "visible" };
        let _ =
            writeln!(style, "100%{{visibility:{last}}}}}#g{number}{{animation-name:k{number}}}");
        let poster = if (*from..*to).contains(&still) { "visible" } else { "hidden" };
        let _ =
            write!(groups, "<g id=\"g{number}\" class=\"f\" visibility=\"{poster}\">{rows}</g>");
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" width=\"{}\" height=\"{}\" role=\"img\"><title>{}</title>\n\
         <style>.f{{animation-duration:{:.2}s;animation-timing-function:step-end;animation-iteration-count:infinite}}\n{style}\
         @media (prefers-reduced-motion:reduce){{.f{{animation:none}}}}</style>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"{}\"/>{BASE}{groups}</g></svg>\n",
        number(width),
        number(height),
        width.round(),
        height.round(),
        escaped(title),
        whole.as_secs_f64(),
        hex(ground),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::Depth;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    fn shot(rows: [&str; 2], seconds: u64) -> Shot {
        let mut cells = Buffer::empty(Rect::new(0, 0, 8, 2));
        for (row, y) in rows.iter().zip(0..) {
            cells.set_string(0, y, row, Style::new());
        }
        Shot { cells, shown: Duration::from_secs(seconds) }
    }

    #[test]
    fn what_stays_stands_there_once_and_what_changes_has_its_times() {
        let theme = Theme::built_in("dark", Depth::True).unwrap();
        let shots =
            [shot(["stays", "one"], 1), shot(["stays", "two"], 2), shot(["stays", "one"], 1)];
        let svg = film(&shots, &theme, "t");
        assert_eq!(svg.matches(">stays<").count(), 1);
        assert_eq!(svg.matches(">one<").count(), 2);
        assert!(svg.contains("animation-duration:4.00s"));
        assert!(
            svg.contains(
                "0%{visibility:hidden}25.000%{visibility:visible}75.000%{visibility:hidden}"
            ),
            "{svg}"
        );
        assert_eq!(
            svg.matches("visibility=\"visible\"").count(),
            1,
            "the middle one is seen where nothing moves"
        );
        assert_eq!(film(&[], &theme, "t"), "");
    }
}
