//! The blocks of the overview where there is room for all of them.

use ratatui::style::Style;

use crate::screen::Model;
use crate::screen::trend::{SECONDS, Second};
use crate::tui::canvas::{Area, Canvas, width};
use crate::tui::many::answers::share;
use crate::tui::many::outcomes;
use crate::tui::many::parts::{Draw, bar, paragraph};
use crate::tui::spark;
use crate::tui::stack::Block;
use crate::tui::why::folded;
use swarmscope_facts::format::{self, clock, lasted, size, thousands};
use swarmscope_facts::list::census::Way;
use swarmscope_facts::many::outcome::Outcome;
use swarmscope_facts::words;

/// Where a figure ends, and where its note begins.
const FIGURE: u16 = 20;
const NOTE: u16 = FIGURE + 2;
/// Cells of a count and of a share at the right.
const COUNT: u16 = 16;
const SHARE: u16 = 8;
/// Cells of the widest scale, `0 – 999 KiB`, and two blanks.
const SCALE: u16 = 14;
/// Rows of a list of causes or versions at most.
const MOST: usize = 6;

fn number(n: usize) -> String {
    thousands(n as u64)
}

fn rows(n: usize) -> u16 {
    u16::try_from(n).unwrap_or(u16::MAX)
}

/// Health, ways, outcomes, causes.
pub fn left(model: &Model) -> Vec<(Block, Draw<'_>)> {
    let census = &model.census;
    let outcomes = Outcome::ALL.into_iter().filter(|o| census.outcomes().of(*o) > 0).count().max(1);
    let causes = census.causes().len().min(MOST);
    let mut all: Vec<(Block, Draw)> = vec![
        (Block::new(7, 4, 0), Box::new(move |canvas, area| health(canvas, model, area))),
        (
            Block::new(1 + rows(outcomes), 3, 1),
            Box::new(move |canvas, area| last_questions(canvas, model, area)),
        ),
        (Block::new(6, 4, 2), Box::new(move |canvas, area| ways(canvas, model, area))),
    ];
    if causes > 0 {
        let draw: Draw = Box::new(move |canvas, area| not_reached(canvas, model, area));
        all.push((Block::new(1 + rows(causes), 3, 3), draw));
    }
    all
}

/// Over time, versions, NAT types, and what is not here.
pub fn right(model: &Model, width: u16) -> Vec<(Block, Draw<'_>)> {
    let census = &model.census;
    let (versions, nats) = (census.versions().len().min(MOST), census.nats().len().max(1));
    let missing = not_known(model);
    let lines = folded(&missing, usize::from(width)).len();
    vec![
        (Block::new(6, 6, 0), Box::new(move |canvas, area| over_time(canvas, model, area))),
        (
            Block::new(1 + rows(versions), 2, 2),
            Box::new(move |canvas, area| versions_of(canvas, model, area)),
        ),
        (
            Block::new(1 + rows(nats), 2, 3),
            Box::new(move |canvas, area| nat_types(canvas, model, area)),
        ),
        (
            Block::new(1 + rows(lines), 1 + rows(lines), 1),
            Box::new(move |canvas, area| {
                canvas.heading(&area, "NOT KNOWN HERE", false, "");
                paragraph(canvas, area.rows(1, u16::MAX), &missing, Style::new());
            }),
        ),
    ]
}

/// What nobody can tell from one session.
fn not_known(model: &Model) -> String {
    let unlisted = match model.facts.peers().unlisted {
        0 => String::new(),
        1 => "1 more peer was named when the list was full. ".to_owned(),
        n => format!("{} more peers were named when the list was full. ", thousands(n)),
    };
    format!(
        "{unlisted}How large the swarm is, how much of it this is, and what is usual: peers that \
         nobody named are in no figure here. A crawl estimates that (swarmscope crawl)."
    )
}

fn figure(canvas: &mut Canvas, area: &Area, row: u16, label: &str, value: &str, note: &str) {
    let (y, theme) = (area.y + row, canvas.theme);
    if row < area.height {
        canvas.text(area.x, area.right, y, label, theme.muted);
        canvas.right(area.x + FIGURE, y, value, theme.strong());
        canvas.text(area.x + NOTE, area.right, y, note, theme.muted);
    }
}

fn health(canvas: &mut Canvas, model: &Model, area: Area) {
    let (census, known) = (&model.census, model.census.known());
    let since = model.started();
    let up = lasted(model.now.instant.saturating_duration_since(since.instant));
    let note = format!("this session, {} since {}", up, clock(since.wall));
    canvas.heading(&area, "HEALTH", false, &note);
    let of = |n, whole, what: &str| format!("of {} {what}, {}", number(whole), share(n, whole));
    let connected = census.way(Way::Connected);
    figure(canvas, &area, 1, "known", &number(known), "peers, by address or permid");
    let note = of(connected, known, "known");
    figure(canvas, &area, 2, "connected", &number(connected), &note);
    let asked = census.asked();
    figure(canvas, &area, 3, "asked", &number(asked), &of(asked, known, "known"));
    let answered = answered(model);
    let note = of(answered, asked, "asked");
    figure(canvas, &area, 4, "answered", &number(answered), &note);
    let in_flight = number(model.tally.in_flight);
    figure(canvas, &area, 5, "in flight", &in_flight, "requests");
    figure(canvas, &area, 6, "odd", &number(census.odd()), &of(census.odd(), known, "known"));
    if census.odd() > 0 && area.height > 6 {
        outcomes::odd(canvas, area.x + 4, area.y + 6);
    }
}

/// Peers whose last question was answered: with any byte but 254, and so that it can be read.
pub fn answered(model: &Model) -> usize {
    let counts = model.census.outcomes();
    counts.of(Outcome::Answered) + counts.of(Outcome::Error)
}

fn last_questions(canvas: &mut Canvas, model: &Model, area: Area) {
    let census = &model.census;
    let asked = census.asked();
    let note = format!("last question of {} asked", format::counted(asked, "peer"));
    canvas.heading(&area, "OUTCOMES", false, &note);
    if asked == 0 {
        canvas.text(
            area.x,
            area.right,
            area.y + 1,
            "no peer has been asked yet",
            canvas.theme.muted,
        );
        return;
    }
    let present = Outcome::ALL.into_iter().filter(|o| census.outcomes().of(*o) > 0);
    let most = Outcome::ALL.into_iter().map(|o| census.outcomes().of(o)).max().unwrap_or(0);
    for (outcome, y) in present.zip(area.y + 1..area.bottom()) {
        let count = census.outcomes().of(outcome);
        outcomes::sign(canvas, area.x, area.right, y, outcome, true);
        let style = outcomes::colour(canvas, outcome);
        counted(canvas, &area.at_x(6), y, outcome.name(), (count, asked, most), style);
    }
}

/// A name, a bar, a count and its share.
fn counted(
    canvas: &mut Canvas,
    area: &Area,
    y: u16,
    name: &str,
    (count, of, most): (usize, usize, usize),
    style: Style,
) {
    let theme = canvas.theme;
    let (bar_x, right) = (area.x + FIGURE, area.right);
    canvas.text(area.x, bar_x.saturating_sub(1), y, name, Style::new());
    bar(canvas, bar_x, right.saturating_sub(COUNT + 1), y, count, most, style);
    canvas.right(right.saturating_sub(SHARE), y, &number(count), theme.strong());
    canvas.right(right, y, &share(count, of), theme.muted);
}

fn ways(canvas: &mut Canvas, model: &Model, area: Area) {
    let (census, known) = (&model.census, model.census.known());
    canvas.heading(&area, "PEERS", false, &format!("{} known", number(known)));
    let most = Way::ALL.into_iter().map(|way| census.way(way)).max().unwrap_or(0);
    // without peers of other networks nobody can have answered without a connection
    let shown = Way::ALL.into_iter().filter(|way| *way != Way::Answered || census.way(*way) > 0);
    for (way, y) in shown.zip(area.y + 1..area.bottom()) {
        let count = census.way(way);
        let (sign, style) = way_sign(canvas, way);
        let style = if count == 0 { canvas.theme.muted } else { style };
        canvas.text(area.x, area.right, y, sign, style);
        let bar = if way >= Way::Refused { canvas.theme.fail } else { canvas.theme.muted };
        counted(canvas, &area.at_x(6), y, way.name(), (count, known, most), bar);
    }
}

/// The sign of a way, as the list has it.
pub fn way_sign(canvas: &Canvas, way: Way) -> (&'static str, Style) {
    let theme = canvas.theme;
    match way {
        Way::Connected => ("●", Style::new()),
        Way::Answered => ("•", Style::new()),
        Way::Waiting => ("…", theme.muted),
        Way::Gone => ("○", theme.muted),
        Way::Refused => ("■", theme.fail),
        Way::Failed => ("×", theme.fail),
    }
}

fn not_reached(canvas: &mut Canvas, model: &Model, area: Area) {
    let causes = model.census.causes();
    let all: usize = causes.iter().map(|(_, n)| n).sum();
    let note = format!("of {} not reached, or refused", number(all));
    canvas.heading(&area, "CAUSES", false, &note);
    let most = causes.first().map_or(0, |(_, n)| *n);
    let room = usize::from(area.height.saturating_sub(1)).min(MOST);
    for ((code, n), y) in cut_list(causes, room, "other causes").into_iter().zip(area.y + 1..) {
        counted(canvas, &area, y, code, (n, all, most), canvas.theme.fail);
    }
}

/// The first of a list, and the rest in one row, so that all of them add up.
fn cut_list<'a>(
    mut list: Vec<(&'a str, usize)>,
    room: usize,
    rest: &'a str,
) -> Vec<(&'a str, usize)> {
    if list.len() > room {
        let others = list.split_off(room.saturating_sub(1)).iter().map(|(_, n)| n).sum();
        list.push((rest, others));
    }
    list
}

fn over_time(canvas: &mut Canvas, model: &Model, area: Area) {
    type Line = (&'static str, fn(&Second) -> u64, fn(u64) -> String);
    let seconds: Vec<Second> = model.trend.seconds().copied().collect();
    let note = format!("a column a second, the last {SECONDS} s");
    canvas.heading(&area, "OVER TIME", false, &note);
    let (theme, muted) = (canvas.theme, canvas.theme.muted);
    let y = area.y + 1;
    canvas.right(area.x + FIGURE, y, "NOW", muted);
    canvas.right(area.right, y, "FROM – TO", muted);
    let bytes = |n: u64| size(usize::try_from(n).unwrap_or(usize::MAX));
    let lines: [Line; 4] = [
        ("connected", |second| second.connected as u64, thousands),
        ("known", |second| second.known as u64, thousands),
        ("events/s", |second| second.events, thousands),
        ("replies/s", |second| second.bytes, bytes),
    ];
    for ((label, figure, text), y) in lines.into_iter().zip(y + 1..area.bottom()) {
        let figures: Vec<u64> = seconds.iter().map(figure).collect();
        let high = figures.iter().copied().max().unwrap_or(0);
        // what is per second is told of the last whole one
        let now = if label.ends_with("/s") { model.trend.last() } else { seconds.last() };
        canvas.text(area.x, area.right, y, label, muted);
        let now = now.map_or_else(|| "–".to_owned(), |second| text(figure(second)));
        canvas.right(area.x + FIGURE, y, &now, theme.strong());
        let scale = format!("0 – {}", text(high));
        canvas.right(area.right, y, &scale, muted);
        let end = area.right.saturating_sub(SCALE);
        spark::row(canvas, area.x + NOTE, end, y, &figures, high);
    }
    debug_assert!(width("connected") < FIGURE);
}

fn versions_of(canvas: &mut Canvas, model: &Model, area: Area) {
    let known = model.census.known();
    canvas.heading(&area, "VERSIONS", false, &format!("of {} known", number(known)));
    let texts: Vec<(String, usize)> = model
        .census
        .versions()
        .into_iter()
        .map(|(version, n)| {
            (version.map_or("not known".to_owned(), |version| words::version(version, None)), n)
        })
        .collect();
    list(canvas, &area, texts.iter().map(|(text, n)| (text.as_str(), *n)).collect(), known);
}

fn nat_types(canvas: &mut Canvas, model: &Model, area: Area) {
    let nats: Vec<_> = model.census.nats().into_iter().map(|(nat, n)| (nat.short(), n)).collect();
    let said: usize = nats.iter().map(|(_, n)| n).sum();
    let note = format!("of {} that said, of {} known", number(said), number(model.census.known()));
    canvas.heading(&area, "NAT TYPES", false, &note);
    if said == 0 {
        let text = "nobody has answered NATCHECK yet";
        canvas.text(area.x, area.right, area.y + 1, text, canvas.theme.muted);
    }
    list(canvas, &area, nats, said);
}

fn list(canvas: &mut Canvas, area: &Area, texts: Vec<(&str, usize)>, all: usize) {
    let most = texts.iter().map(|(_, n)| *n).max().unwrap_or(0);
    let room = usize::from(area.height.saturating_sub(1));
    for ((text, n), y) in cut_list(texts, room, "others").into_iter().zip(area.y + 1..) {
        counted(canvas, area, y, text, (n, all, most), canvas.theme.muted);
    }
}
