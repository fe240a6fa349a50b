//! The list of peers. Its last column belongs to the composer's message: when does each peer accept
//! it?

use crate::screen::list::columns::Layout as _;
use ratatui::style::Style;

use super::canvas::{Area, BAR, Canvas, PILL, cut, follow, width};
use super::columns::{Placed, of_list, words_over};
use crate::screen::keys::spot::List;
use crate::screen::keys::spot::Spot;
use crate::screen::list::column_view;
use crate::screen::{Mode, Model, Pane};
use swarmscope_facts::format::{ago, countdown, thousands, took};
use swarmscope_facts::list::Column;
use swarmscope_facts::list::filter::state_word;
use swarmscope_facts::list::next::{Cell, cell};
use swarmscope_facts::list::tally::NETWORKS;
use swarmscope_facts::messages::Known;
use swarmscope_facts::messages::known;
use swarmscope_facts::networks;
use swarmscope_facts::peer::{Peer, State};
use swarmscope_facts::reply_of::{last_error, last_reply};
use swarmscope_facts::words;
use swarmscope_peer::node::{PeerKey, Transport};
use swarmscope_wire::bittorrent::client::letters;
use swarmscope_wire::{ErrorByte, Frequency};

/// What all rows share.
struct Rows {
    columns: Vec<Placed>,
    /// What is said of a peer that is not connected goes over the columns that are empty then.
    words: Option<(u16, u16)>,
    /// The messages that columns are for, with the frequencies they are asked with.
    messages: Vec<(Column, Known, Frequency)>,
}

impl Rows {
    fn of(model: &Model, area: &Area) -> Self {
        let columns = of_list(model, area);
        let message = |placed: &Placed| match placed.column {
            Column::Next => {
                let known = known(model.registry(), model.composer.message);
                Some((Column::Next, known, model.composer.frequency_or_default()))
            }
            Column::NextOf(id) => {
                Some((placed.column, known(model.registry(), id), Frequency::DEFAULT))
            }
            _ => None,
        };
        let messages = columns.iter().filter_map(message).collect();
        Self { words: words_over(&columns), messages, columns }
    }

    fn place(&self, column: Column) -> Option<&Placed> {
        self.columns.iter().find(|placed| placed.column == column)
    }

    fn message(&self, column: Column) -> Option<(&Known, Frequency)> {
        let (_, known, frequency) = self.messages.iter().find(|(of, ..)| *of == column)?;
        Some((known, *frequency))
    }
}

pub fn draw(canvas: &mut Canvas, model: &Model, area: Area, headings: bool, top: &mut usize) {
    let shared = Rows::of(model, &area);
    heading(canvas, model, &area, headings, &shared);
    let list = area.rows(if headings { 2 } else { 1 }, u16::MAX);
    let rows = model.order.rows();
    if rows.is_empty() {
        return nothing(canvas, model, &list);
    }
    let height = usize::from(list.height);
    let selected = model.selected_row();
    *top = follow(*top, selected.unwrap_or(*top), height, rows.len());
    for (row, y) in (*top..rows.len()).zip(list.y..list.bottom()) {
        let Some(peer) = model.peer_at(row) else { continue };
        let here = selected == Some(row);
        canvas.row_zone(&area, y, Spot::Row(List::Peers, row));
        if here {
            canvas.selected(&area, y, focused(model));
        }
        if model.facts.peers().is_marked(&peer.key) {
            let style = canvas.theme.strong();
            canvas.text(area.bar + 1, area.x - 1, y, "+", style);
        }
        draw_row(canvas, model, &shared, peer, y, here);
    }
}

fn focused(model: &Model) -> bool {
    let here = matches!(model.mode, Mode::Main | Mode::Filter | Mode::Connect(..) | Mode::Note(_));
    model.focus == Pane::Peers && here
}

/// `37 of 37, 3 marked, 1 hidden`: how many, and marks that the filter does not show.
fn counts(model: &Model, headings: bool) -> String {
    let (shown, all) = (model.order.rows().len(), model.facts.peers().len());
    let mut note = thousands(shown as u64);
    if headings && model.tally.is_mixed() && shown == all {
        note = by_network(model);
    } else if headings {
        note = note + " of " + &thousands(all as u64);
    }
    if !model.facts.marks().is_empty() {
        note = note + ", " + &thousands(model.facts.marks().len() as u64) + " marked";
    }
    match model.facts.marks().len().saturating_sub(model.order.marked_shown()) {
        0 => note,
        hidden => note + &format!(", {} hidden", thousands(hidden as u64)),
    }
}

/// `overlay 37, bt 148, dht 127`.
fn by_network(model: &Model) -> String {
    let counted = NETWORKS.iter().zip(model.tally.networks).filter(|(_, count)| *count > 0);
    let words = counted.map(|(of, count)| format!("{} {}", of.name(), thousands(count as u64)));
    words.collect::<Vec<_>>().join(", ")
}

fn heading(canvas: &mut Canvas, model: &Model, area: &Area, headings: bool, shared: &Rows) {
    let x = canvas.heading(area, "PEERS", focused(model), &counts(model, headings));
    filter(canvas, model, x + 2, area);
    let (y, muted) = (area.y, canvas.theme.muted);
    let unfiltered = model.filter.text().is_empty();
    if !headings {
        let Some((message, _)) = shared.message(Column::Next) else { return };
        let label = cut(&message.name, usize::from(Column::Next.width()));
        if x + 2 + width(label) <= area.right && unfiltered {
            canvas.right(area.right, y, label, muted);
        }
        return;
    }
    let sort = format!("sort: {}", model.order.sort);
    if unfiltered && x + 2 + width(&sort) <= area.right {
        canvas.right(area.right, y, &sort, muted);
    }
    let entries = column_view::entries(model);
    for placed in &shared.columns {
        let (x, right) = (placed.x, placed.right);
        if let Some(at) = entries.iter().position(|(column, _)| *column == placed.column) {
            canvas.zone(x, right, y + 1, 1, Spot::Row(List::Headings, at));
        }
        match (placed.column, shared.message(placed.column)) {
            (_, Some((message, _))) => {
                canvas.right(
                    right,
                    y + 1,
                    cut(&message.name, usize::from(Column::Next.width())),
                    muted,
                );
            }
            (Column::RoundTrip, None) => {
                canvas.right(right, y + 1, placed.column.heading(), muted);
            }
            (column, None) => drop(canvas.text(x, right, y + 1, column.heading(), muted)),
        }
    }
}

/// The filter, where one is set: `/sym tour`. Where it is typed it stands in a prompt of its own.
fn filter(canvas: &mut Canvas, model: &Model, x: u16, area: &Area) {
    if model.filter.text().is_empty() {
        return;
    }
    let (y, strong) = (area.y, canvas.theme.strong());
    canvas.tint(x, area.right, y, canvas.theme.panel);
    let end = canvas.text(x, area.right, y, "/", canvas.theme.muted);
    canvas.text(end, area.right, y, model.filter.text(), strong);
}

/// Why the list is empty, and what to do.
fn nothing(canvas: &mut Canvas, model: &Model, list: &Area) {
    let theme = canvas.theme;
    let none = String::new();
    let lines = if model.facts.peers().is_empty() && model.showing.replay.is_some() {
        let pause = model.key_of("pause replay");
        vec![
            (none, "No peers yet at this time."),
            (pause, "go on, pause"),
            (model.key_of("help"), "all keys"),
        ]
    } else if model.facts.peers().is_empty() {
        vec![
            (none, "No peers yet."),
            (model.key_of("connect"), "connect to host:port"),
            (model.key_of("help"), "all keys"),
            (model.key_of("quit"), "quit, and try: swarmscope demo"),
            (String::new(), ""),
            (String::new(), "Peers answer listed Crawlers:"),
            (String::new(), "swarmscope key show prints your"),
            (String::new(), "permid for its list."),
        ]
    } else {
        vec![(none, "No peer matches the filter."), (model.key_of("show all"), "show all")]
    };
    for ((key, text), y) in lines.iter().zip(list.y..list.bottom()) {
        let x = canvas.text(list.x, list.right, y, key, theme.strong());
        canvas.text(if key.is_empty() { x } else { x + 1 }, list.right, y, text, theme.muted);
    }
}

fn draw_row(canvas: &mut Canvas, model: &Model, shared: &Rows, peer: &Peer, y: u16, here: bool) {
    let plain = if here { canvas.theme.strong() } else { Style::new() };
    let up = peer.is_up();
    for placed in &shared.columns {
        draw_cell(canvas, model, shared, peer, *placed, y, here);
    }
    if let PeerKey::Address(_) = &peer.key {
        address_as_name(
            canvas,
            model,
            shared,
            peer,
            y,
            if up { plain } else { canvas.theme.muted },
        );
    }
    if let Some(over) = shared.words.filter(|_| !up) {
        state(canvas, model, over, peer, y);
    }
}

fn draw_cell(
    canvas: &mut Canvas,
    model: &Model,
    shared: &Rows,
    peer: &Peer,
    placed: Placed,
    y: u16,
    here: bool,
) {
    let theme = canvas.theme;
    let (x, right, muted) = (placed.x, placed.right, theme.muted);
    let up = peer.is_up();
    let plain = if here { theme.strong() } else { Style::new() };
    let text = if up { plain } else { muted };
    let mut write = |words: &str, style: Style| {
        canvas.text(x, right, y, words, style);
    };
    match placed.column {
        Column::State => {
            let (sign, style) = match peer.state {
                State::Connected { .. } | State::Answered { .. } => ("●", Style::new()),
                State::Heard | State::Connecting { .. } => ("…", muted),
                State::Gone { .. } => ("○", muted),
                State::Refused { .. } => ("■", theme.fail),
                State::Failed { .. } => ("×", theme.fail.patch(theme.strong())),
            };
            write(sign, style);
        }
        Column::Permid => {
            if let Some(permid) = peer.permid() {
                write(&model.naming().permid(&permid), text);
            }
        }
        Column::Network => write(peer.network().name(), muted),
        Column::Signals if peer.signals > 0 => write("▲", theme.caution.patch(theme.strong())),
        Column::Version if peer.other.is_some() => {
            write(&program(peer, usize::from(placed.column.width())), text);
        }
        Column::Version => match peer.version {
            Some(version) => {
                let style = if up && !version.is_encrypted() { plain } else { muted };
                write(&words::version(version, peer.transport), style);
            }
            None if peer.permid().is_some() => write("–", muted),
            None => {}
        },
        Column::Transport => match peer.transport {
            Some(Transport::Tls) => write("tls", muted),
            Some(Transport::Legacy) => write("clear", text),
            None => write("–", muted),
        },
        Column::Client => {
            let client = peer.other.as_ref().and_then(|other| other.program());
            write(client.unwrap_or_default(), text);
        }
        Column::Bep42 => {
            let bep42 = peer.other.as_ref().and_then(|other| other.bep42.as_deref());
            write(bep42.unwrap_or_default(), muted);
        }
        Column::Queue => {
            let queue = peer.other.as_ref().and_then(|other| other.queue);
            canvas.right(right, y, &queue.map(thousands).unwrap_or_default(), text);
        }
        Column::Distance => {
            if let Some(distance) = model.present().distance(peer) {
                let log2 = distance.log2().map_or_else(|| "0".to_owned(), |n| format!("2^{n}"));
                canvas.right(right, y, &log2, text);
            }
        }
        Column::Address => {
            let address = peer.target().or_else(|| peer.address.map(|address| address.to_string()));
            write(
                &address.map_or_else(
                    || "–".to_owned(),
                    |address| model.naming().address(networks::without_scheme(&address)),
                ),
                text,
            );
        }
        Column::RoundTrip if up => {
            canvas.right(right, y, &peer.rtt.map(took).unwrap_or_default(), plain);
        }
        Column::Nat if up && peer.other.is_none() => {
            write(peer.nat.as_deref().unwrap_or("–"), plain);
        }
        Column::Reply => last(canvas, model, peer, placed, y, text),
        Column::Label => write(peer.label.as_deref().unwrap_or_default(), muted),
        Column::Note => write(model.present().note(peer).unwrap_or_default(), text),
        Column::Error => {
            if let Some(failure) = last_error(peer) {
                write(&words::brief(failure.cause), muted);
            }
        }
        Column::Next if peer.other.is_some() => {
            next_of_other(canvas, model, placed, peer, y, here);
        }
        Column::Next | Column::NextOf(_) if up && peer.other.is_none() => {
            acceptance(canvas, model, shared, placed, peer, y, here);
        }
        Column::Signals | Column::RoundTrip | Column::Nat | Column::Next | Column::NextOf(_) => {}
    }
}

/// When a peer of another network was asked, or gives samples again: where that is known.
fn next_of_other(
    canvas: &mut Canvas,
    model: &Model,
    placed: Placed,
    peer: &Peer,
    y: u16,
    here: bool,
) {
    let theme = canvas.theme;
    let plain = if here { theme.strong() } else { Style::new() };
    if let Some(request) = peer.last().filter(|request| request.in_flight()) {
        let elapsed = words::seconds(request.elapsed(model.now));
        let parts = request.part_count();
        let text =
            if parts > 0 { format!("{parts} in, {elapsed}") } else { format!("… {elapsed}") };
        canvas.right(placed.right, y, &text, plain);
        return;
    }
    let samples = peer.other.as_ref().and_then(|other| other.samples_from);
    let left = samples.map(|from| from.instant.saturating_duration_since(model.now.instant));
    if let Some(left) = left.filter(|left| !left.is_zero() && peer.is_up()) {
        canvas.right(placed.right, y, &format!("in {}", countdown(left)), theme.muted);
    }
}

/// The program of a peer of another network in so many cells: its name, or its letters where that is
/// too long, with the first two numbers of its version: `qB 4.5` of `qBittorrent/4.5.2`. A `v` of a
/// node is written as it is.
pub(super) fn program(peer: &Peer, room: usize) -> String {
    let Some(other) = &peer.other else { return String::new() };
    if let Some(version) = other.version.as_deref().filter(|version| version.len() <= room) {
        return version.to_owned();
    }
    let Some(client) = other.program() else {
        let encryption = match other.encryption.as_deref() {
            Some("forced") => "mse?", // inferred
            Some(_) => "open",
            None => "–",
        };
        return encryption.to_owned();
    };
    let is_version =
        |text: &str| text.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit());
    let both = client.split_once(['/', ' ']).filter(|(_, version)| is_version(version));
    let Some((name, version)) = both else { return client.to_owned() };
    let version: Vec<&str> = version.trim_start_matches('v').split('.').take(2).collect();
    let version = version.join(".");
    let room = room.saturating_sub(version.chars().count() + 1).max(1);
    let name = match letters(name).filter(|_| name.chars().count() > room) {
        Some(letters) => letters.to_owned(),
        None => name.chars().take(room).collect(),
    };
    format!("{name} {version}")
}

/// A peer whose permid is not known goes by its address, as far as nothing else stands there.
fn address_as_name(
    canvas: &mut Canvas,
    model: &Model,
    shared: &Rows,
    peer: &Peer,
    y: u16,
    style: Style,
) {
    let Some(name) = shared.place(Column::Permid) else { return };
    if let Some(other) = &peer.other {
        let text = match &other.node {
            Some(node) => model.naming().node(node),
            None => networks::without_scheme(&model.name_of(&peer.key)).to_owned(),
        };
        canvas.text(name.x, name.right, y, &text, style);
        return;
    }
    if model.tally.has_others() {
        canvas.text(name.x, name.right, y, &model.name_of(&peer.key), style);
        return;
    }
    let after =
        |column: Column| matches!(column, Column::Permid | Column::Signals | Column::Version);
    let right = shared.columns.iter().skip(1).take_while(|placed| after(placed.column)).last();
    let right = right.map_or(name.right, |placed| placed.right);
    canvas.text(name.x, right + 1, y, &model.name_of(&peer.key), style);
}

/// When the last reply came, and its error byte where that is not 0.
fn last(canvas: &mut Canvas, model: &Model, peer: &Peer, placed: Placed, y: u16, style: Style) {
    let Some((_, reply)) = last_reply(peer) else { return };
    let end = canvas.text(placed.x, placed.right, y, &ago(model.present().since(reply.at)), style);
    match reply.error {
        ErrorByte::SUCCESS => {}
        ErrorByte::FREQUENCY => drop(canvas.right(placed.right, y, "254", canvas.theme.strong())),
        error if end < placed.right => {
            canvas.right(placed.right, y, &error.to_string(), canvas.theme.fail);
        }
        _ => {}
    }
}

/// What became of a peer that is not connected: in words where they fit, else in one.
fn state(canvas: &mut Canvas, model: &Model, (x, right): (u16, u16), peer: &Peer, y: u16) {
    let theme = canvas.theme;
    let since =
        |then: swarmscope_facts::Now| model.now.instant.saturating_duration_since(then.instant);
    let (word, rest) = words::state(&peer.state, since, model.facts.listening().is_some());
    let shorter = rest.rsplit_once(',').map_or("", |(first, _)| first);
    let fits = |rest: &&str| !rest.is_empty() && x + width(word) + width(rest) <= right;
    if let Some(rest) = [rest.as_str(), shorter].into_iter().find(fits) {
        canvas.pieces(x, right, y, &[(word, theme.fail), (rest, theme.muted)]);
    } else {
        let style = if word.is_empty() { theme.muted } else { theme.fail };
        canvas.right(right, y, state_word(&peer.state), style);
    }
}

fn acceptance(
    canvas: &mut Canvas,
    model: &Model,
    shared: &Rows,
    placed: Placed,
    peer: &Peer,
    y: u16,
    here: bool,
) {
    let Some((message, frequency)) = shared.message(placed.column) else { return };
    let theme = canvas.theme;
    let (x, right, muted) = (placed.x, placed.right, theme.muted);
    let end = match cell(&model.present(), peer, message.id, message.min_version, frequency) {
        Cell::Unknown => canvas.right(right, y, "now?", muted),
        Cell::Now => canvas.right(right, y, "now", muted),
        Cell::In(left) => canvas.right(right, y, &format!("in {}", countdown(left)), muted),
        Cell::AtMost(left) => canvas.right(right, y, &format!("≤{}", countdown(left)), muted),
        Cell::IfCounted(left) => canvas.right(right, y, &format!("≤{}?", countdown(left)), muted),
        Cell::NotYet { left, exact } => {
            canvas.pill(x, x + PILL, y);
            let bound = if exact { "" } else { "≤" };
            canvas.right(right, y, &format!("{bound}{}", countdown(left)), theme.strong());
            x
        }
        Cell::Waiting(elapsed) => {
            let text = format!("… {}", words::seconds(elapsed));
            canvas.right(right, y, &text, if here { theme.strong() } else { Style::new() })
        }
        Cell::Parts { have, hint } => {
            canvas.part_bar(right - BAR, right, y, have, hint);
            right - BAR
        }
        Cell::Refused => canvas.right(right, y, "refused", theme.fail),
        Cell::Needs(version) => canvas.right(right, y, &format!("needs ≥{version}"), muted),
    };
    let has_column = shared.place(Column::Label).is_some() || placed.column != Column::Next;
    let label = peer.label.as_deref().filter(|_| !has_column);
    let word = label.and_then(|label| label.split([' ', ',', '·']).next());
    // whole where there is room for it, else its first word: never cut
    let shown = label.into_iter().chain(word).find(|label| x + width(label) + 2 <= end);
    if let Some(label) = shown {
        canvas.right(end - 2, y, label, muted);
    }
}
