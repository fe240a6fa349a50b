//! The line of throughput below the status bar, where there are rows for it: what came in replies and
//! went out in requests, of the seconds that are kept. It says what it counts: payloads, neither
//! frames nor what TLS and TCP add.

use super::canvas::{Area, Canvas, width};
use super::layout::Grid;
use super::spark;
use crate::screen::trend::{SECONDS, Second};
use crate::screen::{Class, Model};
use swarmscope_facts::format::{counted, size};

/// Rows from which on there is one.
const ROWS: u16 = 40;
/// Columns of a curve: each is so many whole seconds of the minute.
const CURVES: [usize; 4] = [SECONDS, SECONDS / 2, SECONDS / 3, SECONDS / 4];
/// Cells of the widest rate, `999 KiB/s`, and of a label.
const RATE: u16 = 9;
const LABEL: u16 = 13;
/// Blanks between parts.
const GAP: u16 = 2;

type Figure = fn(&Second) -> u64;

/// Draws it, if this screen has a row for it.
pub fn draw(canvas: &mut Canvas, model: &Model, grid: &Grid) {
    if grid.rows < ROWS || grid.class < Class::Middle || model.showing.presenter {
        return;
    }
    let area = Area { bar: 0, x: 3, right: grid.columns - 1, y: grid.status + 1, height: 1 };
    let over = model.trend.over().len();
    let note = match over {
        0 => "payload bytes: no second is over yet".to_owned(),
        _ => format!("payload bytes, average of {}", counted(over, "second")),
    };
    let half = |curve: u16| LABEL + RATE + 1 + curve + GAP;
    let fits = |curve: &usize| {
        u16::try_from(*curve).is_ok_and(|curve| 2 * half(curve) + width(&note) <= area.width())
    };
    let Some(curve) = CURVES.into_iter().find(fits) else { return };
    let cells = u16::try_from(curve).unwrap_or_default();
    let (replies, requests): (Figure, Figure) = (|second| second.bytes, |second| second.sent);
    one(canvas, model, &Area { right: area.x + half(cells) - GAP, ..area }, "replies in", replies);
    let area_2 = area.at_x(half(cells));
    one(
        canvas,
        model,
        &Area { right: area_2.x + half(cells) - GAP, ..area_2 },
        "requests out",
        requests,
    );
    canvas.right(area.right, area.y, &note, canvas.theme.muted);
}

/// A label, the average, and the course over the minute.
fn one(canvas: &mut Canvas, model: &Model, area: &Area, label: &str, figure: Figure) {
    let (theme, seconds) = (canvas.theme, model.trend.over());
    canvas.text(area.x, area.right, area.y, label, theme.muted);
    let all = seconds.clone().map(figure).fold(0, u64::saturating_add);
    let rate = match seconds.len() as u64 {
        0 => "–".to_owned(),
        over if all > 0 && all < over => "<1 B/s".to_owned(),
        over => format!("{}/s", size(usize::try_from(all / over).unwrap_or(usize::MAX))),
    };
    let x = area.x + LABEL + RATE;
    canvas.right(x, area.y, &rate, if all == 0 { theme.muted } else { theme.strong() });
    let columns = usize::from(area.right.saturating_sub(x + 1)).max(1);
    let mut course = [0; SECONDS];
    let per_column = SECONDS.div_ceil(columns);
    // whole columns, counted from the newest second back
    let drawn = seconds.len().div_ceil(per_column).min(columns);
    for (place, second) in seconds.rev().enumerate() {
        let column = place / per_column;
        if column < drawn {
            let at = &mut course[drawn - 1 - column];
            *at = figure(second).saturating_add(*at);
        }
    }
    let course = &course[..drawn];
    let high = course.iter().copied().max().unwrap_or(0);
    spark::row(canvas, x + 1, area.right, area.y, course, high);
}
