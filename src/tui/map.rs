//! The map of the swarm: one cell a peer; the cursor explains the cell under it. Every state has a
//! sign of its own, so that the map can be read without colours.

use std::collections::BTreeMap;

use ratatui::style::Style;

use super::canvas::{Area, Canvas};
use super::layout::Grid;
use super::many::outcomes;
use super::many::parts::{labelled, paragraph};
use super::overview::way_sign;
use super::peer_screen::why;
use crate::screen::Model;
use crate::screen::map::Sheet;
use crate::screen::which::Colouring;
use swarmscope_facts::format::{ago, clock, counted, size, thousands};
use swarmscope_facts::list::census::{Standing, Way};
use swarmscope_facts::many::Campaign;
use swarmscope_facts::many::groups::Group;
use swarmscope_facts::many::outcome::Outcome;
use swarmscope_facts::request::{Outcome as Became, Request};
use swarmscope_facts::{Peer, words};
use swarmscope_wire::ErrorByte;

/// The answers that have a letter of their own; the others have [`OTHERS`].
const LETTERS: [&str; OTHERS as usize] = ["A", "B", "C", "D", "E", "F", "G", "H"];
const OTHERS: u8 = 8;
/// What is said of the cell under the cursor in front of an audience: no more than it can read.
const PROJECTED_ROWS: usize = 2;
/// Where the text stands behind a label.
const VALUE: u16 = 9;

/// What a cell shows: whatever has a sign and a line in the legend.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Mark {
    Odd,
    Asked(Outcome),
    NotAsked(Way),
    /// The answer with this place in the list.
    Answer(u8),
    NoAnswer,
}

/// How many peers have each of the marks, by [`Mark::index`]: one array for a cell costs less than
/// a mark for each of a million peers.
type Counts = [usize; Mark::NO_ANSWER + 1];

impl Mark {
    const ASKED: usize = 1;
    const NOT_ASKED: usize = Self::ASKED + Outcome::ALL.len();
    const ANSWER: usize = Self::NOT_ASKED + Way::ALL.len();
    const NO_ANSWER: usize = Self::ANSWER + OTHERS as usize + 1;

    const fn index(self) -> usize {
        match self {
            Self::Odd => 0,
            Self::Asked(outcome) => Self::ASKED + outcome as usize,
            Self::NotAsked(way) => Self::NOT_ASKED + way as usize,
            Self::Answer(place) => Self::ANSWER + place as usize,
            Self::NoAnswer => Self::NO_ANSWER,
        }
    }

    fn all() -> impl Iterator<Item = Self> {
        let asked = Outcome::ALL.map(Self::Asked).into_iter().chain(Way::ALL.map(Self::NotAsked));
        let answers = (0..=OTHERS).map(Self::Answer);
        [Self::Odd, Self::NoAnswer].into_iter().chain(asked).chain(answers)
    }
}

/// The marks that some peer has, in their order.
fn listed(counts: &Counts) -> Vec<(Mark, usize)> {
    let each = Mark::all().map(|mark| (mark, counts[mark.index()]));
    let mut some: Vec<(Mark, usize)> = each.filter(|(_, n)| *n > 0).collect();
    some.sort_unstable();
    some
}

/// Draws the screen.
pub fn draw(canvas: &mut Canvas, model: &Model, grid: &Grid) {
    let sheet = model.sheet();
    let cells = cells(model, &sheet);
    heading(canvas, model, &sheet);
    let here = model.map_cell();
    for (cell, mark) in cells.iter().map(shown).enumerate() {
        if let Some(mark) = mark {
            draw_cell(canvas, model, &sheet, mark, cell, here == Some(cell));
        }
    }
    let end = if model.tour.is_some() { grid.tour } else { grid.event };
    let area = if sheet.beside {
        let x = sheet.x + sheet.width + 2;
        Area { bar: x - 1, x, right: grid.columns - 1, y: sheet.y, height: end - sheet.y }
    } else {
        let y = sheet.y + sheet.height + 1;
        Area { bar: 0, x: 3, right: grid.columns - 1, y, height: end.saturating_sub(y) }
    };
    let below = legend(canvas, model, area, &cells, sheet.beside);
    let skip = below.saturating_sub(area.y);
    explained(canvas, model, area.rows(skip, u16::MAX), &sheet, &cells);
}

/// What there is to show of each cell.
fn cells(model: &Model, sheet: &Sheet) -> Vec<Counts> {
    let (census, answers) = (&model.census, answers(model));
    let last = census.places().checked_sub(1).map(|last| sheet.cell_of(last));
    let of = |cell: usize| {
        let mut counts = Counts::default();
        for place in sheet.places(cell) {
            let Some(standing) = census.at(place) else { continue };
            let mark = answers.as_ref().map_or_else(|| by_outcome(standing), |of| of[place]);
            counts[mark.index()] += 1;
        }
        counts
    };
    (0..last.map_or(0, |last| last + 1)).map(of).collect()
}

/// What each place has answered, where that is what the cells show.
fn answers(model: &Model) -> Option<Vec<Mark>> {
    let campaign = model.many.campaign.as_ref().filter(|_| model.colouring == Colouring::Answer)?;
    let mut marks = vec![Mark::NoAnswer; model.census.places()];
    let groups = campaign.groups();
    let index = |(place, group): (usize, &Group)| Some((groups.index(group.id)?, place));
    let places: BTreeMap<usize, usize> = groups.listed().enumerate().filter_map(index).collect();
    for row in campaign.rows() {
        let Some(group) = campaign.group_of(row) else { continue };
        let place = places.get(&group).and_then(|place| u8::try_from(*place).ok());
        if let Some(index) = model.facts.peers().index(&row.peer) {
            marks[index] = Mark::Answer(place.map_or(OTHERS, |place| place.min(OTHERS)));
        }
    }
    Some(marks)
}

fn by_outcome(standing: &Standing) -> Mark {
    match standing.outcome {
        _ if standing.odd => Mark::Odd,
        Some(outcome) => Mark::Asked(outcome),
        None => Mark::NotAsked(standing.way),
    }
}

/// The answer of a letter.
fn group_at(model: &Model, place: u8) -> Option<(&Campaign, &Group)> {
    let campaign = model.many.campaign.as_ref()?;
    Some((campaign, campaign.groups().listed().nth(place.into())?))
}

fn heading(canvas: &mut Canvas, model: &Model, sheet: &Sheet) {
    let known = model.census.known();
    let what = match model.colouring {
        Colouring::Outcome => "its last question, else the way to it".to_owned(),
        Colouring::Answer => {
            let asked = model.many.campaign.as_ref().map(|campaign| campaign.plan.title.as_str());
            format!("answers to {}", asked.unwrap_or("the newest request to many"))
        }
    };
    let cells = match sheet.peers {
        1 => "a cell each".to_owned(),
        peers => format!("up to {peers} in a cell: it shows what most are, ▲ where one is odd"),
    };
    let brief = format!("{}, {cells}", counted(known, "peer"));
    // an audience is told what the signs are by the legend
    let is_plain = sheet.projected && sheet.peers == 1;
    let note = if is_plain { brief } else { format!("{brief}; {what}") };
    let (columns, _) = canvas.size();
    let area = Area { bar: 0, x: sheet.x, right: columns - 1, y: sheet.y - 2, height: 1 };
    canvas.heading(&area, "MAP", true, &note);
}

fn draw_cell(
    canvas: &mut Canvas,
    model: &Model,
    sheet: &Sheet,
    mark: Mark,
    cell: usize,
    here: bool,
) {
    let (x, y) = sheet.at(cell);
    let right = x + sheet.cell.0;
    let (sign, style) = sign(canvas, model, mark);
    if sheet.projected {
        return filled(
            canvas,
            sheet.sign(),
            (x, y),
            sign,
            if here { style.patch(canvas.theme.linked()) } else { style },
        );
    }
    let end = canvas.text(x, right, y, sign, style);
    if sheet.is_named()
        && let Some(peer) = model.facts.peers().at(sheet.places(cell).start)
    {
        canvas.text(end + 1, right - 1, y, &model.name_of(&peer.key), Style::new());
    }
    if here {
        let end = if sheet.is_named() { right - 1 } else { x + 1 };
        // the cursor must be seen where there are no colours too
        canvas.tint(x, end, y, canvas.theme.linked());
    }
}

/// A sign as large as its cell.
fn filled(
    canvas: &mut Canvas,
    (columns, rows): (u16, u16),
    (x, y): (u16, u16),
    sign: &str,
    style: Style,
) {
    for row in 0..rows {
        for column in 0..columns {
            canvas.text(x + column, x + column + 1, y + row, sign, style);
        }
    }
}

/// What a cell shows: an odd one where there is any, else what most of its peers are.
fn shown(counts: &Counts) -> Option<Mark> {
    if counts[Mark::Odd.index()] > 0 {
        return Some(Mark::Odd);
    }
    let most = listed(counts).into_iter().max_by_key(|(mark, n)| (*n, std::cmp::Reverse(*mark)));
    most.map(|(mark, _)| mark)
}

/// One cell wide, each its own: the pill is one digit here.
fn sign(canvas: &Canvas, model: &Model, mark: Mark) -> (&'static str, Style) {
    let theme = canvas.theme;
    match mark {
        Mark::Odd => ("▲", theme.caution.patch(theme.strong())),
        Mark::Asked(Outcome::NotYet) => ("2", theme.pill),
        // what shares a sign in lists that have words beside it has a letter here
        Mark::Asked(Outcome::TimedOut) => ("T", theme.fail),
        Mark::Asked(Outcome::Malformed) => ("M", theme.fail),
        Mark::Asked(Outcome::Other) => ("F", theme.fail),
        Mark::Asked(Outcome::Stopped) => ("S", theme.muted),
        Mark::Asked(outcome) => outcomes::plain_sign(canvas, outcome),
        Mark::NotAsked(Way::Waiting) => ("·", theme.muted),
        Mark::NotAsked(Way::Refused) => ("N", theme.fail),
        Mark::NotAsked(way) => (way_sign(canvas, way).0, theme.muted),
        Mark::Answer(place) => {
            let odd = group_at(model, place)
                .is_some_and(|(campaign, group)| campaign.signal(group).is_some());
            let style = if odd { theme.caution.patch(theme.strong()) } else { Style::new() };
            (LETTERS.get(usize::from(place)).copied().unwrap_or("+"), style)
        }
        Mark::NoAnswer => ("·", theme.faint),
    }
}

fn name(mark: Mark) -> &'static str {
    match mark {
        Mark::Odd => "odd",
        Mark::Asked(outcome) => outcome.name(),
        Mark::NotAsked(Way::Connected) => "connected",
        Mark::NotAsked(Way::Answered) => "answered",
        Mark::NotAsked(Way::Waiting) => "not connected yet",
        Mark::NotAsked(Way::Gone) => "gone",
        Mark::NotAsked(Way::Refused) => "refused us",
        Mark::NotAsked(Way::Failed) => "not reached",
        Mark::Answer(OTHERS) => "other answers",
        Mark::Answer(_) => "",
        Mark::NoAnswer => "no answer to it",
    }
}

/// What the signs mean, each with its number. Returns the first row below.
fn legend(canvas: &mut Canvas, model: &Model, area: Area, cells: &[Counts], beside: bool) -> u16 {
    let mut counts = Counts::default();
    for (mark, n) in cells.iter().flat_map(|cell| cell.iter().enumerate()) {
        counts[mark] += n;
    }
    let (mut x, mut y) = (area.x, area.y);
    for (mark, n) in listed(&counts) {
        let (sign, style) = sign(canvas, model, mark);
        let line = match mark {
            Mark::Answer(place) if place < OTHERS => group_at(model, place)
                .and_then(|(_, group)| group.sample.as_ref())
                .map_or_else(|| "its content was let go".to_owned(), |s| s.line.clone()),
            _ => name(mark).to_owned(),
        };
        let number = thousands(n as u64);
        let cells = 4 + super::canvas::width(&number) + super::canvas::width(&line).min(30);
        let is_answer = matches!(mark, Mark::Answer(_));
        if !beside && !is_answer && x > area.x && x + cells > area.right {
            (x, y) = (area.x, y + 1);
        }
        if y >= area.bottom() {
            return y;
        }
        canvas.text(x, area.right, y, sign, style);
        if beside || is_answer {
            canvas.right(area.x + 9, y, &number, canvas.theme.strong());
            canvas.text(area.x + 11, area.right, y, &line, Style::new());
            y += 1;
        } else {
            let end = canvas.text(x + 2, area.right, y, &number, canvas.theme.strong());
            x = canvas.text(end + 1, area.right, y, &line, canvas.theme.muted) + 3;
        }
    }
    y + 1 + u16::from(!beside && x > area.x)
}

/// The cell under the cursor.
fn explained(canvas: &mut Canvas, model: &Model, area: Area, sheet: &Sheet, cells: &[Counts]) {
    let Some(peer) = model.peer() else {
        paragraph(canvas, area, "no peer is known yet", canvas.theme.muted);
        return;
    };
    let rows = rows(model, peer, sheet, cells);
    let title = model.name_of(&peer.key);
    let label = peer.label.as_deref().unwrap_or_default();
    canvas.heading(&area, &title, false, label);
    let most = if sheet.projected { PROJECTED_ROWS } else { rows.len() };
    labelled(canvas, area.rows(1, u16::MAX), VALUE, &rows[..rows.len().min(most)]);
}

fn rows(
    model: &Model,
    peer: &Peer,
    sheet: &Sheet,
    cells: &[Counts],
) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    let cell = model.map_cell().filter(|_| sheet.peers > 1).and_then(|cell| cells.get(cell));
    if let Some(counts) = cell {
        let each = |(mark, n): (Mark, usize)| format!("{n} {}", name(mark));
        let texts: Vec<String> = listed(counts).into_iter().map(each).collect();
        let all: usize = counts.iter().sum();
        rows.push(("cell", format!("{all}: {}", texts.join(", "))));
    }
    if peer.signals > 0 {
        let key = model.key_of("inspect");
        rows.push((
            "▲",
            format!("{} odd about it; {key} opens it", thousands(peer.signals.into())),
        ));
    }
    match peer.last() {
        Some(request) => {
            let since = model.now.instant.saturating_duration_since(request.asked.instant);
            let label = model.registry().label(request.message);
            rows.push(("asked", format!("{label}, {}", ago(since))));
            rows.push(("then", became(model, request)));
        }
        None => rows.push(("asked", "nothing yet".to_owned())),
    }
    let version = peer.version.map(|version| words::version(version, peer.transport));
    let way = Way::of(&peer.state).name();
    rows.push(("way", version.map_or(way.to_owned(), |version| format!("{way}, {version}"))));
    if let Some(nat) = &peer.nat {
        rows.push(("nat", format!("{nat}, as it says itself")));
    }
    rows
}

/// What became of a request, in a sentence.
fn became(model: &Model, request: &Request) -> String {
    match &request.outcome {
        Became::Queued => "asked for; the peer is being dialled".to_owned(),
        Became::AwaitingDialBack => "the connection ended first; it may dial back".to_owned(),
        Became::Waiting if request.part_count() == 0 => "no part of a reply yet".to_owned(),
        Became::Waiting => format!(
            "{} in, {} so far",
            counted(request.part_count() as usize, "part"),
            size(request.bytes)
        ),
        Became::Failed { failure, .. } => why::cause(model, Some(request), failure),
        Became::Replied(reply) if reply.error == ErrorByte::SUCCESS => match &reply.decoding {
            Some(decoding) => match &decoding.failed {
                Some(why) => format!("not what it should be: {}", words::clean(why)),
                None => words::clean(&decoding.decoded.summary),
            },
            None if reply.payload.is_some() => "being read".to_owned(),
            None => "answered; its bytes were let go".to_owned(),
        },
        Became::Replied(reply) => {
            format!("{} at {}", words::reply_error(reply), clock(reply.at.wall))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::asking::identity::Identity;
    use crate::screen::kept::Kept;
    use crate::screen::{Keymap, Now, Setup};
    use crate::tui::canvas::to_ascii;
    use crate::tui::theme::{Depth, Theme};
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use std::collections::HashSet;
    use swarmscope_facts::Naming;
    use swarmscope_wire::mask::Mask;

    fn model() -> Model {
        let setup = Setup {
            registry: swarmscope_probes::registry(swarmscope_probes::Statistics::empty()),
            title: String::new(),
            naming: Naming { privacy: false, mask: Mask::new([7; 32]) },
            identity: Identity::default(),
            keymap: Keymap::default(),
            kept: Kept::default(),
        };
        #[allow(clippy::disallowed_methods)] // any moment
        let instant = std::time::Instant::now();
        Model::new(setup, Now { instant, wall: std::time::UNIX_EPOCH })
    }

    /// Without colours, and with plain characters too: no two states look the same.
    #[test]
    fn every_state_has_a_sign_of_its_own() {
        let model = model();
        let mut theme = Theme::built_in("mono", Depth::None).unwrap();
        for ascii in [false, true] {
            theme.ascii = ascii;
            let mut seen = HashSet::new();
            let asked = Outcome::ALL.into_iter().filter(|o| *o != Outcome::NotSent);
            let marks = asked.map(Mark::Asked).chain(Way::ALL.map(Mark::NotAsked));
            for mark in marks.chain([Mark::Odd]) {
                let mut cells = Buffer::empty(Rect::new(0, 0, 1, 1));
                let mut canvas = Canvas::new(&mut cells, &theme, None);
                let (sign, style) = sign(&canvas, &model, mark);
                canvas.text(0, 1, 0, sign, style);
                if ascii {
                    to_ascii(&mut cells);
                }
                let shown = cells[(0, 0)].symbol().to_owned();
                assert!(seen.insert(shown.clone()), "{mark:?} is {shown} too");
            }
        }
    }

    #[test]
    fn a_cell_of_many_shows_what_most_are_unless_one_is_odd() {
        let (ok, not_yet) = (Mark::Asked(Outcome::Answered), Mark::Asked(Outcome::NotYet));
        let of = |marks: &[Mark]| {
            let mut counts = Counts::default();
            for mark in marks {
                counts[mark.index()] += 1;
            }
            shown(&counts)
        };
        assert_eq!(of(&[ok, not_yet, not_yet]), Some(not_yet));
        assert_eq!(of(&[ok, ok, Mark::Odd]), Some(Mark::Odd));
        assert_eq!(of(&[not_yet, ok]), Some(ok), "the first of as many");
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn every_mark_is_counted_in_a_place_of_its_own() {
        let places: HashSet<usize> = Mark::all().map(Mark::index).collect();
        assert_eq!(places.len(), Counts::default().len());
        assert!(Mark::all().all(|mark| mark.index() < Counts::default().len()));
    }
}
