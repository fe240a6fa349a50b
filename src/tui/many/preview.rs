//! The preview of a request: its peers and those left out, the bytes, the same as a script, what
//! to think of before.

use std::time::Duration;

use ratatui::style::Style;

use super::{Draw, Panes, bar, blocks, labelled_height, paragraph, plan, sentence};
use crate::screen::Model;
use crate::screen::many::view::Pane;
use crate::screen::many::{Preview, command};
use crate::tui::canvas::{Area, Canvas, PILL, width};
use crate::tui::peers::program;
use crate::tui::stack::Block;
use crate::tui::why::folded;
use swarmscope_facts::format::{clock, countdown, counted, size, thousands};
use swarmscope_facts::many::Plan;
use swarmscope_facts::many::plan::Target;
use swarmscope_facts::messages::{BEFORE_PAYLOAD, danger};
use swarmscope_facts::{networks, words};
use swarmscope_networks::target::Network;
use swarmscope_peer::crawler::Acceptance;
use swarmscope_peer::node::PeerKey;
use swarmscope_wire::crawler::CrawlerRequest;
use swarmscope_wire::{ChannelId, text};

/// Cells of a count at the left of a row.
const COUNT: u16 = 6;
/// Cells of most addresses.
const ADDRESS: u16 = 21;
/// Cells of a client's name.
pub(super) const CLIENT: usize = 12;
/// Rows of bytes.
const MOST_BYTES: usize = 6;

pub fn draw(canvas: &mut Canvas, model: &Model, panes: &Panes, preview: &Preview) {
    let area = panes.left.unwrap_or(panes.right);
    if let Err(why) = &preview.draft {
        canvas.heading(&area, "PLAN", false, "can't be sent");
        paragraph(canvas, area.rows(1, u16::MAX), why, canvas.theme.caution);
        return;
    }
    if let Some((peers, all)) = preview.looked_at() {
        let note = format!("{} of {}", thousands(peers as u64), thousands(all as u64));
        canvas.heading(&area, "PLAN", true, &note);
        paragraph(canvas, area.rows(1, u16::MAX), waiting(preview), canvas.theme.muted);
        return;
    }
    let Some(plan) = &preview.plan else { return };
    match panes.left {
        Some(left) => {
            blocks(canvas, left, left_blocks(model, plan, left.width()));
            blocks(
                canvas,
                panes.right,
                right_blocks(model, plan, preview.top, panes.right.width()),
            );
        }
        None if model.many.view.pane == Pane::Outcomes => {
            blocks(
                canvas,
                panes.right,
                right_blocks(model, plan, preview.top, panes.right.width()),
            );
        }
        None => blocks(canvas, panes.right, left_blocks(model, plan, panes.right.width())),
    }
}

/// What the operator waits for.
const fn waiting(preview: &Preview) -> &'static str {
    if preview.starts {
        "Checking every marked peer again; then the first request goes out. Leaving this screen cancels it."
    } else {
        "Checking which marked peers can be asked. Nothing has been sent."
    }
}

fn rows(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

fn left_blocks<'a>(model: &'a Model, plan: &'a Plan, width: u16) -> Vec<(Block, Draw<'a>)> {
    let left_out = rows(plan.left_out.len());
    let left_out = if left_out > 0 { 1 + left_out } else { 0 };
    // what only the overlay has
    let is_empty = plan.targets.is_empty() || plan.network != Network::Overlay;
    let transports = if is_empty { 0 } else { 1 + rows(plan.by_transport.len()) };
    let nats = if is_empty { 0 } else { 1 + rows(plan.by_nat.len().min(6)) };
    vec![
        plan::block(model, plan, width, 0),
        (
            Block::new(left_out, 2, 1),
            Box::new(move |canvas, area| self::left_out(canvas, plan, area)),
        ),
        (
            Block::new(transports, 2, 4),
            Box::new(move |canvas, area| by_transport(canvas, plan, area)),
        ),
        (Block::new(nats, 2, 5), Box::new(move |canvas, area| by_nat(canvas, plan, area))),
    ]
}

fn right_blocks<'a>(
    model: &'a Model,
    plan: &'a Plan,
    top: usize,
    width: u16,
) -> Vec<(Block, Draw<'a>)> {
    if plan.targets.is_empty() {
        let text = "No marked peer can be asked. The reasons are listed beside; marks are made in the list.";
        let draw = move |canvas: &mut Canvas, area: Area| {
            paragraph(canvas, area, text, canvas.theme.caution);
        };
        return vec![(Block::new(3, 1, 0), Box::new(draw))];
    }
    let is_overlay = plan.network == Network::Overlay;
    let lines = if is_overlay { bytes(plan, width) } else { Vec::new() };
    let preview = if is_overlay { 3 + rows(lines.len()) } else { 0 };
    let first = rows(plan.targets.len().min(8));
    let same = command::body(model, plan);
    let same: Vec<String> =
        same.iter().flat_map(|line| line.split('\n')).map(words::clean).collect();
    let same_height =
        1 + rows(same.iter().map(|line| folded(line, usize::from(width)).len()).sum());
    let before = before(model, plan);
    let before_height = 1 + labelled_height(width, 2, &before);
    vec![
        (
            Block::new(preview, 3, 1),
            Box::new(move |canvas, area| draw_bytes(canvas, plan, &lines, area)),
        ),
        (
            Block::new(2 + first, 3, 3),
            Box::new(move |canvas, area| targets(canvas, model, plan, top, area)),
        ),
        (Block::new(same_height, 3, 4), Box::new(move |canvas, area| same_as(canvas, &same, area))),
        (
            Block::new(before_height, 2, 2),
            Box::new(move |canvas, area| before_you_send(canvas, &before, area)),
        ),
    ]
}

fn left_out(canvas: &mut Canvas, plan: &Plan, area: Area) {
    let note = format!(
        "{} of {} marked",
        thousands(plan.left_out_count() as u64),
        thousands(plan.marked as u64)
    );
    canvas.heading(&area, "LEFT OUT", false, &note);
    for (left, y) in plan.left_out.iter().zip(area.y + 1..area.bottom()) {
        canvas.right(area.x + COUNT - 1, y, &thousands(left.peers as u64), Style::new());
        let mut x = area.x + COUNT + 1;
        if left.is_254() {
            x = canvas.pill(x, area.right, y) + 1;
        }
        canvas.text(x, area.right, y, &left.text(), Style::new());
    }
}

fn by_transport(canvas: &mut Canvas, plan: &Plan, area: Area) {
    canvas.heading(&area, "BY TRANSPORT", false, "");
    for ((transport, peers, readable), y) in plan.by_transport.iter().zip(area.y + 1..area.bottom())
    {
        canvas.right(area.x + COUNT - 1, y, &thousands(*peers as u64), Style::new());
        let x = canvas.text(area.x + COUNT + 1, area.right, y, transport, Style::new());
        if *readable {
            canvas.text(x + 3, area.right, y, "not encrypted", canvas.theme.caution);
        }
    }
}

fn by_nat(canvas: &mut Canvas, plan: &Plan, area: Area) {
    canvas.heading(&area, "BY NAT", false, "");
    let room = usize::from(area.height.saturating_sub(1));
    let shown = if plan.by_nat.len() > room { room.saturating_sub(1) } else { room };
    let rest: usize = plan.by_nat.iter().skip(shown).map(|(_, peers)| peers).sum();
    let others = (rest > 0).then(|| ("others".to_owned(), rest));
    let most = plan.by_nat.first().map_or(0, |(_, peers)| *peers);
    let listed = plan.by_nat.iter().take(shown).chain(&others);
    for ((nat, peers), y) in listed.zip(area.y + 1..area.bottom()) {
        canvas.right(area.x + COUNT - 1, y, &thousands(*peers as u64), Style::new());
        let x = area.x + COUNT + 1;
        canvas.text(x, x + 13, y, nat, Style::new());
        bar(canvas, x + 14, area.right, y, *peers, most, canvas.theme.muted);
    }
}

/// The frame as hexadecimal digits, row by row; two dots for the channel.
fn bytes(plan: &Plan, width: u16) -> Vec<String> {
    let payload = plan.payloads.first().map(|(payload, _)| payload.clone()).unwrap_or_default();
    let length = u32::try_from(BEFORE_PAYLOAD - 4 + payload.len()).unwrap_or(u32::MAX);
    let shown = payload.slice(..payload.len().min(256));
    let request = CrawlerRequest {
        message: plan.message,
        channel: ChannelId(0),
        frequency: plan.frequency,
        payload: shown,
    };
    let frame = [&length.to_be_bytes()[..], &[0xe8], &request.encode().body].concat();
    let channel = BEFORE_PAYLOAD - 3;
    let per_row = if width >= 53 { 16 } else { 8 };
    let digits = |(at, byte): (usize, &u8)| {
        if at == channel { "··".to_owned() } else { text::hex(&[*byte]) }
    };
    let all: Vec<String> = frame.iter().enumerate().map(digits).collect();
    let row =
        |(row, digits): (usize, &[String])| format!("{:03x}  {}", row * per_row, digits.join(" "));
    all.chunks(per_row).enumerate().map(row).take(MOST_BYTES).collect()
}

fn draw_bytes(canvas: &mut Canvas, plan: &Plan, lines: &[String], area: Area) {
    let note = match plan.payloads.len() {
        1 => format!(
            "the bytes, same for all {} but the channel",
            thousands(plan.targets.len() as u64)
        ),
        kinds if kinds == plan.targets.len() => "for the first peer; each names its own".to_owned(),
        kinds => format!(
            "the bytes for {} of {}, {kinds} kinds",
            thousands(plan.payloads[0].1 as u64),
            thousands(plan.targets.len() as u64)
        ),
    };
    canvas.heading(&area, "PREVIEW", true, &note);
    let room = usize::from(area.height.saturating_sub(1));
    let hidden = canvas.mask.is_some();
    let shown = if hidden { 0 } else { lines.len().min(room) };
    for (line, y) in lines.iter().take(shown).zip(area.y + 1..area.bottom()) {
        let x = canvas.text(area.x, area.right, y, &line[..3], canvas.theme.faint);
        canvas.text(x, area.right, y, &line[3..], canvas.theme.muted);
    }
    if hidden {
        canvas.text(
            area.x,
            area.right,
            area.y + 1,
            "bytes are hidden with the addresses",
            canvas.theme.muted,
        );
    }
    let bytes = BEFORE_PAYLOAD + plan.payloads.first().map_or(0, |(payload, _)| payload.len());
    let y = area.y + 2 + rows(shown.max(usize::from(hidden)));
    if y < area.bottom() {
        let text = format!("{} a peer. Channel ·· is picked at random for each peer.", size(bytes));
        canvas.text(area.x, area.right, y, &text, canvas.theme.muted);
    }
}

fn targets(canvas: &mut Canvas, model: &Model, plan: &Plan, top: usize, area: Area) {
    let all = plan.targets.len();
    let title = if top == 0 {
        format!("FIRST OF {}", thousands(all as u64))
    } else {
        format!("FROM {} OF {}", thousands(top as u64 + 1), thousands(all as u64))
    };
    canvas.heading(&area, &title, false, "");
    let label = model.registry().label(plan.message);
    if plan.network == Network::Overlay {
        canvas.right(area.right, area.y, &format!("{label} NEXT"), canvas.theme.muted);
    }
    let room = usize::from(area.height.saturating_sub(1));
    let rest = all.saturating_sub(top);
    let shown = if rest > room { room.saturating_sub(1) } else { room };
    let mut y = area.y + 1;
    for target in plan.targets.iter().skip(top).take(shown) {
        self::target(canvas, model, plan, target, &area, y);
        y += 1;
    }
    if rest > shown && y < area.bottom() {
        canvas.text(
            area.x,
            area.right,
            y,
            &format!("… {} more", thousands((rest - shown) as u64)),
            canvas.theme.muted,
        );
    }
}

fn target(canvas: &mut Canvas, model: &Model, plan: &Plan, target: &Target, area: &Area, y: u16) {
    let Some(peer) = model.facts.peers().get(&target.peer) else { return };
    let theme = canvas.theme;
    let x = canvas.text(area.x, area.right, y, "+ ", Style::new());
    let name = model.naming().peer(&target.peer);
    let end = canvas.text(x, area.right, y, networks::without_scheme(&name), Style::new());
    let PeerKey::Permid(permid) = target.peer else {
        canvas.text(end.max(x + ADDRESS) + 2, area.right, y, &program(peer, CLIENT), theme.muted);
        return;
    };
    let version =
        peer.version.map(|version| words::version(version, peer.transport)).unwrap_or_default();
    let style = if version.ends_with("tls") { theme.muted } else { Style::new() };
    canvas.text(x + 10, area.right, y, &version, style);
    let known = model.facts.acceptance().acceptance(
        permid,
        plan.message,
        plan.frequency,
        model.now.instant,
    );
    let end = match (known, peer.connected()) {
        (Acceptance::Now, true) => canvas.right(area.right, y, "now", theme.muted),
        (Acceptance::Now, false) => canvas.right(area.right, y, "now, dialled first", theme.muted),
        (Acceptance::Unknown, true) => canvas.right(area.right, y, "now?", theme.muted),
        (Acceptance::Unknown, false) => {
            canvas.right(area.right, y, "now? dialled first", theme.muted)
        }
        (Acceptance::In(left) | Acceptance::AtMost(left) | Acceptance::IfCounted(left), _) => {
            let end = canvas
                .right(area.right, y, &countdown(left), Style::new())
                .saturating_sub(PILL + 1);
            canvas.pill(end, area.right, y);
            end
        }
    };
    let nat = peer.nat.as_deref().unwrap_or_default();
    if x + 21 + width(nat) < end {
        canvas.text(x + 21, end, y, nat, Style::new());
    }
}

fn same_as(canvas: &mut Canvas, lines: &[String], area: Area) {
    canvas.heading(&area, "SAME AS", false, "a shell script, one request after the other");
    let mut y = area.y + 1;
    for line in lines {
        let indent = u16::try_from(line.len() - line.trim_start().len()).unwrap_or(0);
        let pieces = folded(line, usize::from(area.width().saturating_sub(indent)).max(1));
        for (i, piece) in pieces.into_iter().enumerate() {
            if y < area.bottom() {
                canvas.text(
                    area.x + indent + 2 * u16::from(i > 0),
                    area.right,
                    y,
                    piece,
                    Style::new(),
                );
            }
            y += 1;
        }
    }
}

/// What to think of before: a sign, and a text.
fn before(model: &Model, plan: &Plan) -> Vec<(&'static str, String)> {
    let label = model.registry().label(plan.message);
    let mut rows = Vec::new();
    let preview = model.many.preview.as_ref();
    if let Some(doubt) = preview.and_then(|preview| preview.doubt.as_ref()) {
        rows.push(("▲", format!("{doubt}, by the tables known here; others may have more.")));
    }
    if let Some(uses_up) = plan.consumes {
        rows.push(("▲", format!("{label}: {uses_up}.")));
    }
    let danger = plan.payloads.iter().find_map(|(payload, _)| danger(plan.message, None, payload));
    if let Some(danger) = danger.filter(|_| plan.readable() > 0) {
        rows.push(("▲", format!("{danger}; {} of these may be one.", plan.readable())));
    }
    if plan.readable() > 0 {
        let text = "17 and older are not encrypted: anyone on the path can read request and answer";
        rows.push(("▲", format!("{} of version {text}.", counted(plan.readable(), "peer"))));
    }
    if plan.network == Network::Overlay {
        rows.extend(counted_by_peers(model, plan, &label));
    } else {
        rows.push(("", polite(plan)));
    }
    if let Some(before) = &model.many.campaign {
        let sent = counted(before.counts().sent(), "peer");
        let text = if before.under_way() { "is still running" } else { "has ended" };
        rows.push((
            "",
            format!(
                "The request before, {} to {sent}, {text}; {} lists all of them.",
                before.plan.title,
                model.key_of("many")
            ),
        ));
    }
    let stop = model.key_of("stop all");
    rows.push(("", format!("One key stops all: {stop}. Requests already sent can't be recalled.")));
    rows
}

/// What a request does to what others may ask.
fn counted_by_peers(model: &Model, plan: &Plan, label: &str) -> [(&'static str, String); 2] {
    let frequency = plan.frequency;
    let until = model.now.wall.checked_add(frequency.duration()).map(clock).unwrap_or_default();
    let counted = format!(
        "Every peer counts this request: other Crawlers that ask {label} with frequency {frequency} meet 254 until {until}."
    );
    [("", counted), ("", "A lower frequency is for peers whose owners agreed.".to_owned())]
}

/// What holds for every question of such a network, whatever the rate above says.
fn polite(plan: &Plan) -> String {
    let a_second = Duration::from_secs(1).as_millis() / networks::BETWEEN.as_millis();
    let at_once = counted(networks::at_once(plan.message), "question");
    format!(
        "At most {a_second} questions a second go out and {at_once} of this kind wait at a time, whatever the rate is; a node of the DHT gets at most 4 queries a second."
    )
}

fn before_you_send(canvas: &mut Canvas, rows: &[(&'static str, String)], area: Area) {
    canvas.heading(&area, "BEFORE YOU SEND", false, "");
    let mut y = area.y + 1;
    for (sign, text) in rows {
        let x = if sign.is_empty() { area.x } else { area.x + 2 };
        for (i, line) in
            folded(text, usize::from(area.right.saturating_sub(x))).into_iter().enumerate()
        {
            if y >= area.bottom() {
                return;
            }
            if i == 0 {
                canvas.text(
                    area.x,
                    area.right,
                    y,
                    sign,
                    canvas.theme.caution.patch(canvas.theme.strong()),
                );
            }
            sentence(canvas, x, area.right, y, line, Style::new());
            y += 1;
        }
    }
}
