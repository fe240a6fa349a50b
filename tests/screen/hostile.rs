//! What peers send never reaches a cell as anything but plain, visible characters.

use std::time::Duration;

use crossterm::event::KeyCode;
use swarmscope::app::{Key, Model, Msg};
use swarmscope::failure::{By, Cause, Delivered};
use swarmscope::node::{Event, PeerKey, Ticket};
use swarmscope::tui::Theme;
use swarmscope::tui::theme::Depth;
use swarmscope::wire::{ChannelId, ErrorByte, MessageId};
use unicode_width::UnicodeWidthStr;

use crate::fixture::{Script, before, blank, drawn, failure, fold, nat_reply, permid, press};

/// Escapes, bidi controls, zero-width and combining characters, tabs, bells, wide characters.
pub const HOSTILE: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}txet\u{2066}\u{200b}\u{feff}a\u{300}\u{300}\u{300}\u{300}\t\r\n\u{9b}31m日本\u{e000}";

pub fn hostile_session() -> Model {
    let (mut model, who) = (blank(), permid("9f3ac1", 18));
    let mut script = Script::default();
    script.connected(60_000, who, 18, 3, 40_213);
    script.asked(50_000, 5, who, MessageId::NATCHECK, 1, 0, &nat_reply(HOSTILE, 3, 55));
    script.asked(45_000, 5, who, MessageId::DATABASE_QUERY, 2, 1, HOSTILE.as_bytes());
    script.asked(40_000, 5, who, MessageId(41), 3, 0, HOSTILE.as_bytes());
    script.asked(35_000, 5, who, MessageId(42), 4, 0, &[0xff, 0x1b, 0x5b, 0x00, 0x80]);
    let address = PeerKey::Address(HOSTILE.replace('\u{1b}', "") + "\u{1b}:1");
    script.at(
        30_000,
        Event::ConnectFailed {
            peer: address,
            failure: failure(Cause::TcpOther, By::Network, Delivered::No, HOSTILE),
            attempt: 1,
            gives_up_at: 28,
        },
    );
    script.at(
        20_000,
        Event::RequestFailed {
            ticket: Ticket(77),
            permid: who,
            message: MessageId(43),
            failure: failure(Cause::MessageMalformed, By::Us, Delivered::Yes, HOSTILE),
        },
    );
    script.at(10_000, Event::Notice { text: HOSTILE.to_owned() });
    script.tell(&mut model);
    fold(&mut model, before(0), Msg::Label { permid: who, label: HOSTILE.to_owned() });
    model
}

pub fn check(model: &mut Model, what: &str) {
    let theme = Theme::built_in("dark", Depth::True).expect("built in");
    for (columns, rows) in [(120, 40), (80, 24), (60, 20), (40, 10)] {
        let (cells, _) = drawn(model, columns, rows, &theme);
        for cell in &cells.content {
            let symbol = cell.symbol();
            let visible =
                symbol.chars().all(|c| !c.is_control() && !"\u{202e}\u{2066}\u{200b}\u{feff}\u{e000}".contains(c));
            assert!(
                visible && symbol.chars().count() <= 3 && symbol.width() <= 2,
                "{what}, {columns}×{rows}: {symbol:?}"
            );
        }
    }
}

#[test]
fn nothing_hostile_reaches_a_cell_in_any_view() {
    let (tab, down) = (Key::named(KeyCode::Tab), Key::named(KeyCode::Down));
    let mut model = hostile_session();
    check(&mut model, "main");
    press(&mut model, &[tab]);
    for _ in 0..4 {
        for view in ["tree", "text", "hex", "diff"] {
            check(&mut model, view);
            press(&mut model, &[Key::char('v')]);
        }
        press(&mut model, &[down]);
    }
    press(&mut model, &[Key::char('L')]);
    check(&mut model, "log");
    press(&mut model, &[Key::named(KeyCode::Esc), Key::char('g')]);
    let now = model.now;
    for key in ['p', '/', 'c'] {
        press(&mut model, &[Key::named(KeyCode::Esc), Key::named(KeyCode::Esc), Key::char(key)]);
        fold(&mut model, now, Msg::Paste(HOSTILE.to_owned()));
        check(&mut model, "pasted");
    }
}

/// With addresses hidden none is left on any screen, whatever they stand in.
#[test]
fn no_address_is_seen_where_they_are_hidden() {
    let theme = Theme::built_in("dark", Depth::True).expect("built in");
    let mut model = crate::fixture::session();
    press(&mut model, &[Key::char('P')]);
    let (tab, down) = (Key::named(KeyCode::Tab), Key::named(KeyCode::Down));
    for keys in
        [vec![], vec![tab], vec![Key::char('v')], vec![Key::char('v')], vec![down, down, down], vec![Key::char('L')]]
    {
        press(&mut model, &keys);
        let (cells, _) = drawn(&mut model, 120, 40, &theme);
        let text: String = cells.content.iter().map(ratatui::buffer::Cell::symbol).collect();
        for part in ["127.0", "198.51", "192.168", "31 39 38 2e"] {
            assert!(!text.contains(part), "{part} after {keys:?}");
        }
    }
}

#[test]
fn what_is_copied_is_clean_too() {
    let mut model = hostile_session();
    press(&mut model, &[Key::named(KeyCode::Tab), Key::named(KeyCode::End), Key::named(KeyCode::Enter)]);
    let effects = press(&mut model, &[Key::char('Y')]);
    let [swarmscope::app::Effect::Copy(text)] = &effects[..] else { panic!("{effects:?}") };
    assert!(!text.chars().any(char::is_control), "{text:?}");
}

/// A reply for a request that this screen knows nothing of, parts that never end, a peer nobody mentioned: counted, not believed.
#[test]
fn events_in_any_order_do_no_harm() {
    let mut model = blank();
    let who = permid("9f3ac1", 18);
    let part = Event::Part {
        ticket: Ticket(9),
        permid: who,
        channel: ChannelId(1),
        index: u32::MAX,
        parts_left: swarmscope::wire::PartsLeft(255),
        error: ErrorByte(77),
        payload: bytes::Bytes::new(),
        after: Duration::MAX,
    };
    for _ in 0..3 {
        fold(&mut model, before(0), Msg::Node(part.clone()));
    }
    fold(&mut model, before(0), Msg::Node(Event::AwaitingDialBack { ticket: Ticket(3), permid: who }));
    check(&mut model, "early");
    assert!(model.peers.is_empty());
}
