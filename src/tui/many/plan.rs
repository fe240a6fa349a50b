//! The plan: the first block, before and while a request to many is sent.

use ratatui::style::Style;

use super::{Draw, labelled_height};
use crate::screen::many::form::PaceForm;
use crate::screen::{Mode, Model};
use crate::tui::canvas::{Area, Canvas};
use crate::tui::stack::Block;
use crate::tui::why::folded;
use swarmscope_facts::format::{counted, size, thousands};
use swarmscope_facts::many::Plan;
use swarmscope_facts::{networks, words};
use swarmscope_networks::target::Network;
use swarmscope_wire::text::{self, clean_bytes};

/// Where the values stand.
const VALUE: u16 = 11;

/// The rows of the block.
fn rows(model: &Model, plan: &Plan) -> Vec<(&'static str, String)> {
    if plan.network != Network::Overlay {
        return rows_of_other(model, plan);
    }
    let payload = match plan.payloads.as_slice() {
        [(payload, _)] if payload.is_empty() => "empty".to_owned(),
        [(payload, _)] => shown(payload),
        [] => "–".to_owned(),
        many if many.len() == plan.targets.len() => {
            "the default; each request names its own peer".to_owned()
        }
        many => format!("the default, {} kinds, by peer or version", many.len()),
    };
    let (targets, marked) = (plan.targets.len(), plan.marked);
    let (sending, silent) = plan.duration();
    let takes = format!("about {}, {} if no peer answers", about(sending), about(silent));
    let uses = plan.consumes.map_or_else(|| "nothing on the peers".to_owned(), str::to_owned);
    let mut rows = vec![
        ("message", format!("{}, frequency {} s", plan.title, plan.frequency)),
        ("payload", payload),
        ("peers", format!("{} of {} marked", thousands(targets as u64), thousands(marked as u64))),
        ("rate", plan.pace.text()),
        ("takes", takes),
        ("traffic", format!("{} out, answers unknown", size(plan.traffic()))),
        ("consumes", uses),
    ];
    if plan.to_dial > 0 {
        rows.push((
            "dialled",
            format!("{} first: not connected now", counted(plan.to_dial, "peer")),
        ));
    }
    if plan.refused_before > 0 {
        rows.push((
            "refused",
            format!("{} below, will be asked anyway", counted(plan.refused_before, "peer")),
        ));
    }
    rows
}

/// The same of a question to another network's peers.
fn rows_of_other(model: &Model, plan: &Plan) -> Vec<(&'static str, String)> {
    let subject = plan.payloads.first().map(|(subject, _)| text::hex(subject)).unwrap_or_default();
    let subject = if subject.is_empty() { "–".to_owned() } else { model.naming().text(&subject) };
    let (targets, marked) = (plan.targets.len() as u64, plan.marked as u64);
    let (sending, silent) = plan.duration();
    let takes = format!("about {}, {} if no peer answers", about(sending), about(silent));
    vec![
        ("question", format!("{}, over {}", plan.title, plan.network.name())),
        ("about", subject),
        ("peers", format!("{} of {} marked", thousands(targets), thousands(marked))),
        ("rate", plan.pace.text()),
        ("takes", takes),
        ("sends", networks::sends(plan.message).to_owned()),
    ]
}

/// `21 s`, `3 min 30 s`.
fn about(duration: std::time::Duration) -> String {
    let seconds = duration.as_secs() + u64::from(duration.subsec_millis() > 0);
    match (seconds / 60, seconds % 60) {
        (0, _) => format!("{} s", seconds.max(1)),
        (minutes @ 1..10, rest @ 1..) => format!("{minutes} min {rest} s"),
        (minutes @ 1..120, _) => format!("{minutes} min"),
        (minutes, _) => format!("{} h", minutes / 60),
    }
}

/// The beginning of a payload on a line or two.
fn shown(payload: &[u8]) -> String {
    const SHOWN: usize = 80;
    let cut = if payload.len() > SHOWN { "…" } else { "" };
    let text = &payload[..payload.len().min(SHOWN)];
    let spaced: Vec<u8> =
        text.iter().map(|byte| if byte.is_ascii_whitespace() { b' ' } else { *byte }).collect();
    let text = words::clean(&clean_bytes(&spaced))
        .split(' ')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    format!("{text}{cut}")
}

/// What goes from the block where it has fewer rows than it would fill, first to last.
const LEAST_TELLING: [&str; 9] =
    ["traffic", "sends", "payload", "about", "takes", "refused", "dialled", "rate", "consumes"];

/// The block, and how many rows it takes. `rank`: who gets rows sooner.
pub fn block<'a>(model: &'a Model, plan: &'a Plan, width: u16, rank: u8) -> (Block, Draw<'a>) {
    let rows = rows(model, plan);
    let form = matches!(model.mode, Mode::Pace(_));
    let height = 1 + labelled_height(width, VALUE, &rows) + u16::from(form);
    let draw = move |canvas: &mut Canvas, area: Area| {
        draw(canvas, model, plan, area, &fitting(rows, form, &area));
    };
    (Block::new(height, 3, if form { 0 } else { rank }), Box::new(draw))
}

/// The rows for which there is room.
fn fitting(
    mut rows: Vec<(&'static str, String)>,
    form: bool,
    area: &Area,
) -> Vec<(&'static str, String)> {
    let may_go = LEAST_TELLING.iter().filter(|label| !(form && **label == "rate"));
    for label in may_go {
        if 1 + labelled_height(area.width(), VALUE, &rows) + u16::from(form) <= area.height {
            break;
        }
        rows.retain(|(known, _)| known != label);
    }
    rows
}

fn draw(
    canvas: &mut Canvas,
    model: &Model,
    plan: &Plan,
    area: Area,
    rows: &[(&'static str, String)],
) {
    let theme = canvas.theme;
    let note = format!("{} marked", thousands(plan.marked as u64));
    canvas.heading(&area, "PLAN", matches!(model.mode, Mode::Pace(_)), &note);
    let mut y = area.y + 1;
    for (label, text) in rows {
        if y >= area.bottom() {
            return;
        }
        canvas.text(area.x, area.x + VALUE - 1, y, label, theme.muted);
        if let (Mode::Pace(form), "rate") = (&model.mode, *label) {
            y = pace_form(canvas, form, &Area { y, ..area });
            continue;
        }
        let style = match *label {
            "peers" | "rate" | "takes" => theme.strong(),
            "consumes" if plan.consumes.is_some() => theme.caution,
            _ => Style::new(),
        };
        for line in folded(text, usize::from(area.right.saturating_sub(area.x + VALUE))) {
            if y < area.bottom() {
                canvas.text(area.x + VALUE, area.right, y, line, style);
            }
            y += 1;
        }
    }
}

/// `20  /s, at most 64  waiting`, the fields on a panel; what is wrong below. Returns the first row
/// below.
fn pace_form(canvas: &mut Canvas, form: &PaceForm, area: &Area) -> u16 {
    const RATE: u16 = 6;
    const WAITING: u16 = 5;
    let y = area.y;
    let mut x = area.x + VALUE;
    for (input, wide, after, is_here) in [
        (&form.rate, RATE, "/s, at most ", !form.second),
        (&form.waiting, WAITING, " waiting", form.second),
    ] {
        canvas.tint(x, x + wide, y, canvas.theme.panel);
        let (before, rest) = input.halves();
        let style = if is_here { canvas.theme.strong() } else { Style::new() };
        let cursor = canvas.text(x, x + wide, y, before, style);
        canvas.text(cursor, x + wide, y, rest, style);
        if is_here {
            canvas.cursor = Some((cursor.min(x + wide - 1), y));
        }
        x = canvas.text(x + wide, area.right, y, after, canvas.theme.muted);
    }
    let Some(error) = &form.error else { return y + 1 };
    let below = Area { x: area.x + VALUE, y: y + 1, height: 2, ..*area };
    super::paragraph(canvas, below, error, canvas.theme.caution)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_told_as_a_person_would() {
        for (ms, text) in [
            (0, "1 s"),
            (20_550, "21 s"),
            (195_000, "3 min 15 s"),
            (1_500_000, "25 min"),
            (9_000_000, "2 h"),
        ] {
            assert_eq!(about(Duration::from_millis(ms)), text);
        }
    }

    #[test]
    fn a_payload_is_shown_on_one_line_and_clean() {
        assert_eq!(shown(b"SELECT value\n  FROM MyInfo"), "SELECT value FROM MyInfo");
        assert_eq!(shown("a\u{1b}[2Jb".as_bytes()), "a·[2Jb");
        assert!(shown(&[b'x'; 500]).ends_with("x…"));
    }
}
