//! Who can reach whom over UDP: a matrix of the NAT types that peers told of. Derived from the
//! types, and it says so: nothing of it was tried.

use ratatui::style::Style;

use super::canvas::{Area, Canvas};
use super::layout::Grid;
use super::many::parts::paragraph;
use crate::screen::Model;
use swarmscope_facts::NatType;
use swarmscope_facts::format::{counted, thousands};
use swarmscope_facts::reach::{Reach, reach};

/// Cells of a type and its number.
const TYPE: u16 = 22;
/// Cells of a column, and of one headed by a number where there is not room for names.
const COLUMN: u16 = 12;
const NARROW: u16 = 5;

/// Draws the screen.
pub fn draw(canvas: &mut Canvas, model: &Model, grid: &Grid) {
    let end = if model.tour.is_some() { grid.tour } else { grid.event };
    let y = if grid.rows >= 24 { 2 } else { 1 };
    let height = end.saturating_sub(y + 1);
    let area = Area { bar: 0, x: 3, right: grid.columns - 1, y, height };
    let told = model.census.nats();
    let types: Vec<(NatType, usize)> = NatType::ALL
        .into_iter()
        .filter_map(|nat| told.iter().find(|(of, _)| *of == nat).copied())
        .collect();
    let said: usize = types.iter().map(|(_, n)| n).sum();
    let (said_text, known) = (thousands(said as u64), counted(model.census.known(), "peer"));
    let note = format!("over UDP: derived from what {said_text} of {known} said, not tried");
    canvas.heading(&area, "REACH", true, &note);
    if types.is_empty() {
        let (all, send) = (model.key_of("mark all"), model.key_of("send now"));
        let text = format!(
            "No peer has said what its NAT is. NATCHECK asks that: in the list {all} marks all, \
             {send} shows what would be sent."
        );
        paragraph(canvas, area.rows(2, u16::MAX), &text, canvas.theme.muted);
        return;
    }
    let below = matrix(canvas, area.rows(2, u16::MAX), &types);
    meanings(canvas, area.rows(below + 1 - area.y, u16::MAX), &types);
}

/// Returns the first row below it.
fn matrix(canvas: &mut Canvas, area: Area, types: &[(NatType, usize)]) -> u16 {
    let (muted, strong) = (canvas.theme.muted, canvas.theme.strong());
    let columns = u16::try_from(types.len()).unwrap_or(u16::MAX);
    let named = columns.saturating_mul(COLUMN) + TYPE <= area.width();
    let cell = if named { COLUMN } else { NARROW };
    let x_of = |column: usize| area.x + TYPE + u16::try_from(column).unwrap_or(0) * cell;
    canvas.text(area.x, area.x + TYPE - 1, area.y, "FROM         PEERS TO", muted);
    for (column, (nat, _)) in types.iter().enumerate() {
        let number = (column + 1).to_string();
        let head = if named { nat.short() } else { &number };
        canvas.text(x_of(column), area.right, area.y, head, muted);
    }
    let mut y = area.y + 1;
    for (row, (from, n)) in types.iter().enumerate() {
        if y >= area.bottom() {
            return y;
        }
        let text =
            if named { from.short().to_owned() } else { format!("{} {}", row + 1, from.short()) };
        canvas.text(area.x, area.x + TYPE - 1, y, &text, strong);
        canvas.right(area.x + TYPE - 4, y, &thousands(*n as u64), Style::new());
        for (column, (to, of)) in types.iter().enumerate() {
            if row == column && *of < 2 {
                continue; // the only one of its type has nobody of it to reach
            }
            let (sign, style) = sign(canvas, reach(*from, *to));
            canvas.text(x_of(column), area.right, y, sign, style);
        }
        y += 1;
    }
    y
}

fn sign(canvas: &Canvas, reach: Reach) -> (&'static str, Style) {
    match reach {
        Reach::Direct => ("√", Style::new()),
        Reach::Punch => ("P", canvas.theme.accent),
        Reach::Never => ("×", canvas.theme.fail),
        Reach::NotSaid => ("?", canvas.theme.muted),
    }
}

/// What the signs mean, and how many pairs of peers each stands for: they add up.
fn meanings(canvas: &mut Canvas, area: Area, types: &[(NatType, usize)]) {
    let pairs = |wanted: Reach| {
        let of = |(from, n): &(NatType, usize)| {
            let to = types.iter().filter(|(to, _)| reach(*from, *to) == wanted);
            to.map(|(to, m)| n * (m - usize::from(to == from))).sum::<usize>()
        };
        types.iter().map(of).sum::<usize>()
    };
    let all: usize = Reach::ALL.into_iter().map(pairs).sum();
    let note = format!("of {} from one peer to another", counted(all, "way"));
    canvas.heading(&area, "WAYS", false, &note);
    let mut y = area.y + 1;
    for reach in Reach::ALL {
        if y >= area.bottom() {
            return;
        }
        let (sign, style) = sign(canvas, reach);
        canvas.text(area.x, area.right, y, sign, style);
        canvas.right(area.x + 12, y, &thousands(pairs(reach) as u64), canvas.theme.strong());
        canvas.text(area.x + 14, area.right, y, reach.meaning(), Style::new());
        y += 1;
    }
    let text = "A type is what a peer measured against one STUN server and says of itself. A way can \
                fail all the same, and TCP is another matter.";
    if y < area.bottom() {
        paragraph(canvas, area.rows(y + 1 - area.y, u16::MAX), text, canvas.theme.muted);
    }
}
