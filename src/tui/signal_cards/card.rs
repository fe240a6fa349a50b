//! One signal explained: every line that a card owes, its spread, its peers, its evidence.

use ratatui::style::Style;

use super::{list::clock, spread};
use crate::screen::Model;
use crate::screen::signals::acts::members;
use crate::tui::canvas::{Area, Canvas};
use crate::tui::many::parts::{Draw, labelled, labelled_height};
use crate::tui::stack::Block;
use swarmscope_evidence::signals::Card;
use swarmscope_facts::format::{counted, thousands};

/// Where values begin.
const VALUE: u16 = 13;
/// Digits of a digest that are shown.
const DIGEST: usize = 12;
/// Peers that are listed at most.
const MOST_PEERS: u16 = 6;

/// The blocks of the pane.
pub fn all(model: &Model, area: Area, wide: bool) -> Vec<(Block, Draw<'_>)> {
    let Some(card) = model.signals.card() else { return Vec::new() };
    let (explained, evidence) = (lines(model, card), evidence(card));
    let value = if wide { VALUE } else { 11 };
    let height = |rows: &[(&str, String)]| 1 + labelled_height(area.width(), value, rows);
    let peers = u16::try_from(card.members.len()).unwrap_or(u16::MAX).min(MOST_PEERS);
    let mut blocks = vec![
        (Block::new(height(&explained), 5, 0), block(card, "SIGNAL", value, explained)),
        spread::curve(card, area, value),
    ];
    blocks.extend(model.signals.found().heats_of(card).map(|heat| spread::heat(heat, 3)));
    blocks.push((
        Block::new(2 + peers, 2, 2),
        Box::new(move |canvas, area| peers_of(canvas, model, card, area)),
    ));
    blocks.push((Block::new(height(&evidence), 2, 4), block(card, "EVIDENCE", value, evidence)));
    blocks
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

fn lines(model: &Model, card: &Card) -> Vec<(&'static str, String)> {
    let when = format!("first {}, last {}", clock(&card.since), clock(&card.latest));
    let asks = ("asks for", format!("{}; {when}", card.severity.words()));
    let mut lines = vec![asks];
    if let Some(aside) = model.signals.reviewed(card) {
        let grown = if card.peers > aside.peers { "; more show it now" } else { "" };
        let peers = counted(usize::try_from(aside.peers).unwrap_or(usize::MAX), "peer");
        lines.push(("set aside", format!("at {peers}: {}{grown}", aside.reason)));
    }
    lines.extend(card.lines());
    lines
}

fn replies(card: &Card) -> String {
    match card.replies.as_slice() {
        [] => "no reply to a question is part of it".to_owned(),
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

fn peers_of(canvas: &mut Canvas, model: &Model, card: &Card, area: Area) {
    let note = format!("{} of {}", thousands(card.peers), thousands(card.of));
    canvas.heading(&area, "PEERS", false, &note);
    let mut rows = area.rows(1, u16::MAX);
    let more = card.members.len().saturating_sub(usize::from(rows.height.saturating_sub(1)));
    for key in members(model).take(usize::from(rows.height.saturating_sub(1))) {
        let peer = model.facts.peers().get(&key);
        let version = peer.and_then(|peer| peer.version).map_or(String::new(), |v| v.to_string());
        let x = canvas.text(rows.x, rows.right, rows.y, &model.name_of(&key), Style::new());
        canvas.text(x + 2, rows.right, rows.y, &version, canvas.theme.muted);
        rows = rows.rows(1, u16::MAX);
    }
    if more > 0 && rows.height > 0 {
        let text = format!("… {more} more");
        canvas.text(rows.x, rows.right, rows.y, &text, canvas.theme.muted);
    }
}
