//! The log, newest last, with the code and the next step of what failed.

use ratatui::layout::Rect;

use super::canvas::{Area, Canvas};
use super::layout::Grid;
use super::log_line;
use crate::app::format::{clock_with_millis, thousands};
use crate::app::log::Line;
use crate::app::{Class, Model};

pub fn draw(canvas: &mut Canvas, model: &Model, grid: &Grid, back: usize) {
    let theme = canvas.theme;
    let body = Rect::new(0, 1, grid.columns, grid.footer.saturating_sub(1));
    canvas.blank(body, ratatui::style::Style::new());
    canvas.cursor = None;
    let lines = model.log.lines();
    let area = Area { bar: 0, x: 3, right: grid.columns - 1, y: if grid.rows >= 20 { 2 } else { 1 }, height: 1 };
    let note = format!("{} lines, newest last", thousands(lines.len() as u64));
    canvas.heading(&area, "LOG", true, &note);
    if model.coalesced > 0 {
        let text = format!("{} states of peers were passed over in a rush", thousands(model.coalesced));
        canvas.right(area.right, area.y, &text, theme.muted);
    }
    let list = Area { y: area.y + 1, height: grid.footer.saturating_sub(area.y + 1), ..area };
    // from the newest line shown upwards, two rows where there is a next step
    let mut y = list.bottom();
    for line in lines.iter().rev().skip(back.min(lines.len().saturating_sub(1))) {
        let height = 1 + u16::from(line.next.is_some() && line.kind.needs_a_person());
        if y < list.y + height {
            break;
        }
        y -= height;
        draw_line(canvas, model, grid, &Area { y, height, ..list }, line);
    }
}

fn draw_line(canvas: &mut Canvas, model: &Model, grid: &Grid, area: &Area, line: &Line) {
    let muted = canvas.theme.muted;
    let x = if grid.class > Class::OnePane {
        canvas.text(area.x, area.right, area.y, &clock_with_millis(line.at.wall), muted) + 2
    } else {
        area.x
    };
    log_line::write(canvas, model, line, Area { x, height: 1, ..*area }, false);
    if let Some((code, hint)) = line.next.filter(|_| area.height > 1) {
        canvas.text(x + 2, area.right, area.y + 1, &format!("{code}: {hint}"), muted);
    }
}
