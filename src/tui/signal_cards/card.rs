//! One signal explained: every line that a card owes, its spread, its peers, its evidence.

use ratatui::style::Style;

use super::list::clock;
use crate::screen::Model;
use crate::screen::signals::acts::members;
use crate::tui::canvas::{Area, Canvas};
use crate::tui::many::parts::{Draw, bar, labelled, labelled_height};
use crate::tui::stack::Block;
use swarmscope_evidence::signals::Card;
use swarmscope_facts::format::{counted, thousands};

/// Where values begin.
const VALUE: u16 = 13;
/// Digits of a digest that are shown.
const DIGEST: usize = 12;
/// Rounds that are drawn at most, the newest.
const MOST_ROUNDS: usize = 6;
/// Peers that are listed at most.
const MOST_PEERS: u16 = 6;

/// The blocks of the pane.
pub fn all(model: &Model, area: Area, wide: bool) -> Vec<(Block, Draw<'_>)> {
    let Some(card) = model.signals.card() else { return Vec::new() };
    let (explained, spread, evidence) = (lines(card), spread_lines(card), evidence(card));
    let value = if wide { VALUE } else { 11 };
    let height = |rows: &[(&str, String)]| 1 + labelled_height(area.width(), value, rows);
    let rounds = u16::try_from(rounds_of(card).len().min(MOST_ROUNDS)).unwrap_or(0);
    let peers = u16::try_from(card.members.len()).unwrap_or(u16::MAX).min(MOST_PEERS);
    vec![
        (Block::new(height(&explained), 5, 0), block(card, "SIGNAL", value, explained)),
        (
            Block::new(height(&spread) + rounds, 2, 1),
            Box::new(move |canvas, area| spread_of(canvas, card, area, value, &spread)),
        ),
        (
            Block::new(2 + peers, 2, 2),
            Box::new(move |canvas, area| peers_of(canvas, model, card, area)),
        ),
        (Block::new(height(&evidence), 2, 3), block(card, "EVIDENCE", value, evidence)),
    ]
}

fn block<'a>(
    card: &'a Card,
    title: &'static str,
    value: u16,
    rows: Vec<(&'static str, String)>,
) -> Draw<'a> {
    Box::new(move |canvas, area| {
        let note = if title == "SIGNAL" { card.title.clone() } else { replies(card) };
        canvas.heading(&area, title, false, &note);
        labelled(canvas, area.rows(1, u16::MAX), value, &rows);
    })
}

fn lines(card: &Card) -> Vec<(&'static str, String)> {
    let when = format!("first {}, last {}", clock(&card.since), clock(&card.latest));
    let asks = ("asks for", format!("{}; {when}", card.severity.words()));
    [asks].into_iter().chain(card.lines()).collect()
}

fn replies(card: &Card) -> String {
    match card.replies.as_slice() {
        [] => "no reply: what is missing is what was seen".to_owned(),
        all => counted(all.len(), "content"),
    }
}

fn evidence(card: &Card) -> Vec<(&'static str, String)> {
    let short =
        |digest: &String| digest.get(..DIGEST).map_or(digest.clone(), |it| format!("{it}…"));
    let digests: Vec<String> = card.replies.iter().take(4).map(short).collect();
    let mut rows = Vec::new();
    if !digests.is_empty() {
        rows.push(("sha-256", digests.join("  ")));
    }
    rows.push(("rule", card.rule.clone()));
    rows
}

fn spread_lines(card: &Card) -> Vec<(&'static str, String)> {
    vec![("in words", card.spread_words().to_owned())]
}

/// A row a round: when, and how many of the panel showed it.
fn spread_of(
    canvas: &mut Canvas,
    card: &Card,
    area: Area,
    value: u16,
    words: &[(&'static str, String)],
) {
    canvas.heading(&area, "SPREAD", false, "of the peers that were asked in every round");
    let below = labelled(canvas, area.rows(1, u16::MAX), value, words);
    let rounds = rounds_of(card);
    let skipped = rounds.len().saturating_sub(MOST_ROUNDS);
    let most = rounds.iter().map(|(_, peers)| *peers).max().unwrap_or(0);
    for ((hours, peers), y) in rounds.iter().skip(skipped).zip(below..area.bottom()) {
        canvas.text(area.x, area.x + value - 1, y, &after(*hours), canvas.theme.muted);
        let x = canvas.right(area.x + value + 5, y, &thousands(*peers), Style::new());
        let (part, whole) = (of(*peers), of(most));
        bar(canvas, x.max(area.x + value + 5) + 1, area.right, y, part, whole, canvas.theme.faint);
    }
}

/// The counts by round; one of them alone says nothing of spread.
fn rounds_of(card: &Card) -> &[(f64, u64)] {
    if card.by_round.len() > 1 { &card.by_round } else { &[] }
}

fn of(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// How long after the first round.
fn after(hours: f64) -> String {
    match hours * 3600.0 {
        s if s < 60.0 => format!("+{s:.0} s"),
        s if s < 3600.0 => format!("+{:.0} min", s / 60.0),
        s => format!("+{:.1} h", s / 3600.0),
    }
}

fn peers_of(canvas: &mut Canvas, model: &Model, card: &Card, area: Area) {
    let known = members(model);
    let note = format!("{} of {}", thousands(card.peers), thousands(card.of));
    canvas.heading(&area, "PEERS", false, &note);
    let mut rows = area.rows(1, u16::MAX);
    let more = card.members.len().saturating_sub(usize::from(rows.height.saturating_sub(1)));
    for key in known.iter().take(usize::from(rows.height.saturating_sub(1))) {
        let peer = model.facts.peers().get(key);
        let version = peer.and_then(|peer| peer.version).map_or(String::new(), |v| v.to_string());
        let x = canvas.text(rows.x, rows.right, rows.y, &model.name_of(key), Style::new());
        canvas.text(x + 2, rows.right, rows.y, &version, canvas.theme.muted);
        rows = rows.rows(1, u16::MAX);
    }
    if more > 0 && rows.height > 0 {
        let text = format!("… {more} more");
        canvas.text(rows.x, rows.right, rows.y, &text, canvas.theme.muted);
    }
}
