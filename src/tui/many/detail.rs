//! What there is to see of the selected group or outcome: why it is far from the others, its peers,
//! its content, what is still out.

use ratatui::style::Style;

use super::answers::most_rows;
use super::outcomes::{odd, sign};
use super::preview::CLIENT;
use super::{Draw, labelled, labelled_height};
use crate::screen::many::signal;
use crate::screen::many::view::Pane;
use crate::screen::{Class, Model};
use crate::tui::canvas::{Area, Canvas, follow, width};
use crate::tui::peers::program;
use crate::tui::stack::Block;
use swarmscope_facts::format::{clock, counted, size, thousands, took};
use swarmscope_facts::many::Campaign;
use swarmscope_facts::many::against;
use swarmscope_facts::many::campaign::{Row, State};
use swarmscope_facts::many::groups::{Group, Grouping};
use swarmscope_facts::many::outcome::Outcome;
use swarmscope_facts::many::sample::Sample;
use swarmscope_facts::{networks, words};
use swarmscope_networks::target::Network;
use swarmscope_wire::tree::Node;

/// Where the values of these blocks stand.
const VALUE: u16 = 10;
/// Cells of a reply's label at most, and the blank behind it.
const LONGEST_LABEL: u16 = 18;

/// The blocks below the answers.
pub fn blocks<'a>(model: &'a Model, campaign: &'a Campaign, width: u16) -> Vec<(Block, Draw<'a>)> {
    let view = &model.many.view;
    let most = most_rows(Class::of(model.size.0, model.size.1));
    let group = view
        .group
        .and_then(|id| campaign.groups().index(id))
        .and_then(|index| campaign.groups().get(index));
    let group = group.filter(|_| view.pane == Pane::Answers);
    let mut all: Vec<(Block, Draw)> = Vec::new();
    if let Some(rows) = group.and_then(|group| signal::rows(model, campaign, group)) {
        let height = 1 + labelled_height(width, VALUE, &rows);
        let draw = move |canvas: &mut Canvas, area: Area| {
            canvas.heading(&area, "SIGNAL", false, "an outlier");
            labelled(canvas, area.rows(1, u16::MAX), VALUE, &rows);
        };
        all.push((Block::new(height, 4, if view.inside { 2 } else { 1 }), Box::new(draw)));
    }
    let count = view.peers(campaign).count();
    let rows = u16::try_from(count).unwrap_or(u16::MAX);
    let (wanted, rank) = if view.inside { (rows, 1) } else { (rows.min(most.min(4)), 2) };
    if count > 0 {
        let draw = move |canvas: &mut Canvas, area: Area| {
            peers(canvas, model, campaign, group, count, area);
        };
        all.push((Block::new(1 + wanted, 2, rank).up_to(1 + rows.min(most)), Box::new(draw)));
    }
    if let Some((group, sample)) = group.and_then(|group| Some((group, group.sample.as_ref()?))) {
        let lines = content_lines(sample, most);
        let wanted = 1 + u16::try_from(lines.len()).unwrap_or(u16::MAX);
        let draw = move |canvas: &mut Canvas, area: Area| {
            content(canvas, group, sample, &lines, campaign.grouping == Grouping::Shape, area);
        };
        all.push((Block::new(wanted, 2, 3), Box::new(draw)));
        all.extend(compared(campaign, group, sample, width));
    }
    let still = still_out(model, campaign);
    let height = if still.is_empty() { 0 } else { 1 + labelled_height(width, VALUE, &still) };
    let draw = move |canvas: &mut Canvas, area: Area| {
        canvas.heading(&area, "STILL OUT", false, "");
        labelled(canvas, area.rows(1, u16::MAX), VALUE, &still);
    };
    all.push((Block::new(height, 2, 6), Box::new(draw)));
    all
}

fn compared<'a>(
    campaign: &'a Campaign,
    group: &'a Group,
    sample: &Sample,
    width: u16,
) -> Option<(Block, Draw<'a>)> {
    let usual = campaign.usual().filter(|usual| usual.id != group.id && usual.id != group.shape)?;
    let rows = against::lines(sample, usual.sample.as_ref()?);
    let height = 1 + labelled_height(width, VALUE, &rows);
    let draw = move |canvas: &mut Canvas, area: Area| {
        let all = thousands(campaign.groups().answers() as u64);
        let note = format!("the answer of {} of {all}", thousands(usual.peers as u64));
        canvas.heading(&area, &format!("AGAINST {}", usual.id.short()), false, &note);
        labelled(canvas, area.rows(1, u16::MAX), VALUE, &rows);
    };
    Some((Block::new(height, 2, 5), Box::new(draw)))
}

fn peers(
    canvas: &mut Canvas,
    model: &Model,
    campaign: &Campaign,
    group: Option<&Group>,
    count: usize,
    area: Area,
) {
    let view = &model.many.view;
    let title = match group {
        Some(group) => format!("PEERS IN {}", group.id.short()),
        None => format!("PEERS {}", view.outcome(campaign).name().to_uppercase()),
    };
    canvas.heading(&area, &title, view.inside, &thousands(count as u64));
    let list = area.rows(1, u16::MAX);
    let at = view.peer.as_ref().filter(|_| view.inside);
    let at = at.and_then(|peer| view.peers(campaign).position(|row| row.peer == *peer));
    let height = usize::from(list.height);
    let top = follow(0, at.unwrap_or(0), height, count);
    let cut = !view.inside && count > height;
    let shown = height - usize::from(cut && height > 1);
    let mut y = list.y;
    for (i, row) in view.peers(campaign).enumerate().skip(top).take(shown) {
        let here = Some(i) == at;
        if here {
            canvas.selected(&area, y, true);
        }
        peer(canvas, model, campaign, row, &area, y, here);
        y += 1;
    }
    if cut && y < list.bottom() {
        canvas.text(
            area.x,
            area.right,
            y,
            &format!("… {} more", thousands((count - shown) as u64)),
            canvas.theme.muted,
        );
    }
}

/// `√ f7b2…5d  17 clear  Blocked  61 parts  2.10 s  12:04:15Z`, as much of it as there is room for.
fn peer(
    canvas: &mut Canvas,
    model: &Model,
    campaign: &Campaign,
    row: &Row,
    area: &Area,
    y: u16,
    here: bool,
) {
    let theme = canvas.theme;
    let plain = if here { theme.strong() } else { Style::new() };
    let known = model.facts.peers().get(&row.peer);
    let pill = row.outcome == Outcome::NotYet;
    sign(canvas, area.x, area.right, y, row.outcome, true);
    if row.outcome == Outcome::Answered
        && campaign.by_content_of(row).is_some_and(|of| campaign.signal(of).is_some())
    {
        odd(canvas, area.x, y);
    }
    let mut x = area.x + if pill { 6 } else { 2 };
    if model.facts.peers().is_marked(&row.peer) && !pill {
        canvas.text(area.bar + 1, area.x, y, "+", plain);
    }
    let name = model.naming().peer(&row.peer);
    x = canvas.text(x, area.right, y, networks::without_scheme(&name), plain) + 2;
    let is_overlay = campaign.plan.network == Network::Overlay;
    let mut right = area.right;
    let when = row.ended.or(row.asked).map(|at| clock(at.wall)).unwrap_or_default();
    right = canvas.right(right, y, &when, theme.muted).saturating_sub(2);
    let what = match (row.cause, row.error, row.outcome) {
        (Some(cause), ..) => words::row(cause),
        (None, Some(error), Outcome::Error) if is_overlay => words::error(error),
        (None, Some(error), Outcome::Error) => format!("error {error}"),
        (None, Some(_), _) => {
            format!("{}  {}", counted(row.parts as usize, "part"), took(row.elapsed))
        }
        (None, None, Outcome::Parts) if is_overlay => {
            format!("{}, {}", counted(row.parts as usize, "part"), size(row.bytes))
        }
        (None, None, Outcome::Parts) => counted(row.parts as usize, "part"),
        (None, None, Outcome::Other) => "nobody answered".to_owned(),
        (None, None, _) => String::new(),
    };
    let end = canvas.right(right, y, &what, plain).max(x);
    let version = known
        .and_then(|peer| Some(words::version(peer.version?, peer.transport)))
        .or_else(|| known.map(|peer| program(peer, CLIENT)))
        .unwrap_or_default();
    if x + 10 <= end {
        canvas.text(
            x,
            end,
            y,
            &version,
            if version.ends_with("tls") { theme.muted } else { plain },
        );
        x += 10;
    }
    if let Some(nat) = known.and_then(|peer| peer.nat.as_ref()).filter(|_| x + 11 <= end) {
        canvas.text(x, end.saturating_sub(1), y, nat, plain);
    }
}

/// Label and value of the first values of a reply.
fn content_lines(sample: &Sample, most: u16) -> Vec<(String, String)> {
    let tree = &sample.tree;
    if tree.children.is_empty() {
        return vec![(String::new(), tree.value.clone())];
    }
    let mut lines: Vec<(String, String)> = Vec::new();
    let add = |lines: &mut Vec<(String, String)>, node: &Node| {
        lines.push((node.label.clone(), node.value.clone()));
    };
    let shown = if sample.all_equal { 2 } else { usize::from(most) };
    for child in tree.children.iter().take(shown) {
        add(&mut lines, child);
    }
    let rest = sample.total.saturating_sub(lines.len());
    if rest > 0 {
        let equal = if sample.all_equal { ", all equal" } else { "" };
        lines.push(("…".to_owned(), format!("{} more{equal}", thousands(rest as u64))));
    }
    lines
}

fn content(
    canvas: &mut Canvas,
    group: &Group,
    sample: &Sample,
    lines: &[(String, String)],
    numbers_left_out: bool,
    area: Area,
) {
    let mut note = format!("{}, {}", group.id.short(), sample.tree.value);
    if sample.tree.value.is_empty() || sample.tree.children.is_empty() {
        note = group.id.short();
    }
    let variants = group.encodings.len();
    if variants > 1 && !numbers_left_out {
        note = format!("{note}, in {variants} encodings");
    }
    if numbers_left_out && variants > 1 {
        note = format!("{note}, one of several");
    }
    canvas.heading(&area, "CONTENT", false, &note);
    let longest = lines.iter().map(|(label, _)| width(label) + 1).max().unwrap_or_default();
    let value_x = area.x + longest.clamp(VALUE, LONGEST_LABEL.min(area.width() / 3).max(VALUE));
    for ((label, value), y) in lines.iter().zip(area.y + 1..area.bottom()) {
        let x = if label.is_empty() { area.x } else { value_x };
        canvas.text(area.x, x.saturating_sub(1).max(area.x), y, label, canvas.theme.muted);
        let style = if label == "…" { canvas.theme.muted } else { Style::new() };
        canvas.text(x, area.right, y, value, style);
    }
}

/// What may still come.
fn still_out(model: &Model, campaign: &Campaign) -> Vec<(&'static str, String)> {
    let counts = campaign.counts();
    let (to_send, in_flight) = (counts.of(Outcome::NotSent), counts.in_flight());
    let mut rows = Vec::new();
    if campaign.under_way() {
        rows.push((
            "now",
            format!(
                "{} not sent, {} in flight",
                thousands(to_send as u64),
                thousands(in_flight as u64)
            ),
        ));
    }
    if let Some((first, last)) = campaign.deadlines(model.now) {
        let at = model.now.wall.checked_add(last).map(clock).unwrap_or_default();
        rows.push((
            "deadline",
            format!("next in {}; all done at latest {at}", words::seconds(first)),
        ));
    }
    if counts.of(Outcome::NotYet) > 0 {
        let accept = model
            .now
            .wall
            .checked_add(campaign.plan.frequency.duration())
            .map(clock)
            .unwrap_or_default();
        rows.push((
            "254",
            format!(
                "{}: others asked; they accept at latest {accept}",
                counted(counts.of(Outcome::NotYet), "peer")
            ),
        ));
    }
    if campaign.state == State::Stopped {
        rows.push((
            "stopped",
            format!(
                "{} were sent, {} never",
                thousands(counts.sent() as u64),
                thousands(to_send as u64)
            ),
        ));
    }
    rows
}
