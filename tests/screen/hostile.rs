//! What peers send never reaches a cell as anything but plain, visible characters.

use std::time::Duration;

use crossterm::event::KeyCode;
use swarmscope::screen::msg::{Saved, Unsaved};
use swarmscope::screen::{Effect, Key, Model, Msg};
use swarmscope::tui::Theme;
use swarmscope::tui::theme::Depth;
use swarmscope_peer::node::{Event, PeerKey, Ticket};
use swarmscope_wire::failure::{By, Cause, Delivered};
use swarmscope_wire::{ChannelId, ErrorByte, MessageId};
use unicode_width::UnicodeWidthStr;

use crate::clock;
use crate::fixture::{Script, before, blank, drawn, failure, fold, nat_reply, permid, press};
use crate::views::{SIZES, VIEWS, go, keys};

/// Escapes, bidi controls, zero-width and combining characters, tabs, bells, wide characters.
pub const HOSTILE: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}txet\u{2066}\u{200b}\u{feff}a\u{300}\u{300}\u{300}\u{300}\t\r\n\u{9b}31m日本\u{e000}";

pub fn hostile_session() -> Model {
    told(HOSTILE)
}

/// A session in which everything that can be text is this.
pub fn told(text: &str) -> Model {
    let (mut model, who) = (blank(), permid("9f3ac1", 18));
    let mut script = Script::default();
    script.connected(60_000, who, 18, 3, 40_213);
    script.asked(50_000, 5, who, MessageId::NATCHECK, 1, 0, &nat_reply(text, 3, 55));
    script.asked(45_000, 5, who, MessageId::DATABASE_QUERY, 2, 1, text.as_bytes());
    script.asked(40_000, 5, who, MessageId(41), 3, 0, text.as_bytes());
    script.asked(35_000, 5, who, MessageId(42), 4, 0, &[0xff, 0x1b, 0x5b, 0x00, 0x80]);
    let address = PeerKey::Address(
        text.chars().take(300).collect::<String>().replace('\u{1b}', "") + "\u{1b}:1",
    );
    script.at(
        30_000,
        Event::ConnectFailed {
            peer: address,
            failure: failure(Cause::TcpOther, By::Network, Delivered::No, text),
            attempt: 1,
            gives_up_at: 28,
            again_in: None,
        },
    );
    script.at(
        20_000,
        Event::RequestFailed {
            ticket: Ticket(77),
            permid: who,
            message: MessageId(43),
            failure: failure(Cause::MessageMalformed, By::Us, Delivered::Yes, text),
        },
    );
    script.at(10_000, Event::Notice { text: text.to_owned() });
    script.tell(&mut model);
    fold(&mut model, before(0), Msg::Label { permid: who, label: text.to_owned() });
    let now = before(0);
    for msg in [
        Msg::Notice(text.to_owned()),
        Msg::Done(text.to_owned()),
        Msg::NotDone(text.to_owned()),
        Msg::Opened(Some(text.to_owned())),
        Msg::Edited(Ok(text.to_owned())),
        Msg::Edited(Err(text.to_owned())),
        Msg::Saved(Saved { path: text.to_owned(), outcome: Err(Unsaved::Failed(text.to_owned())) }),
    ] {
        fold(&mut model, now, msg);
    }
    model
}

pub fn check(model: &mut Model, what: &str) {
    check_at(model, what, &SIZES[1..]);
}

fn check_at(model: &mut Model, what: &str, sizes: &[(u16, u16)]) {
    let theme = Theme::built_in("dark", Depth::True).expect("built in");
    for &(columns, rows) in sizes {
        let (cells, _) = drawn(model, columns, rows, &theme);
        for cell in &cells.content {
            let symbol = cell.symbol();
            let visible = symbol.chars().all(|c| {
                !c.is_control() && !"\u{202e}\u{2066}\u{200b}\u{feff}\u{e000}".contains(c)
            });
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
    let mut model = crate::pictures::session();
    press(&mut model, &[Key::char('P')]);
    let (tab, down) = (Key::named(KeyCode::Tab), Key::named(KeyCode::Down));
    for keys in [
        vec![],
        vec![tab],
        vec![Key::char('v')],
        vec![Key::char('v')],
        vec![down, down, down],
        vec![Key::char('L')],
    ] {
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
    press(
        &mut model,
        &[Key::named(KeyCode::Tab), Key::named(KeyCode::End), Key::named(KeyCode::Enter)],
    );
    let effects = press(&mut model, &[Key::char('Y')]);
    let [swarmscope::screen::Effect::Copy(text)] = &effects[..] else { panic!("{effects:?}") };
    assert!(!text.chars().any(char::is_control), "{text:?}");
}

/// A reply for a request that this screen knows nothing of, parts that never end, a peer nobody
/// mentioned: counted, not believed.
#[test]
fn events_in_any_order_do_no_harm() {
    let mut model = blank();
    let who = permid("9f3ac1", 18);
    let part = Event::Part {
        ticket: Ticket(9),
        permid: who,
        channel: ChannelId(1),
        index: u32::MAX,
        parts_left: swarmscope_wire::PartsLeft(255),
        error: ErrorByte(77),
        payload: bytes::Bytes::new(),
        after: Duration::MAX,
    };
    for _ in 0..3 {
        fold(&mut model, before(0), Msg::Node(part.clone()));
    }
    fold(
        &mut model,
        before(0),
        Msg::Node(Event::AwaitingDialBack { ticket: Ticket(3), permid: who }),
    );
    check(&mut model, "early");
    assert!(model.facts.peers().is_empty());
}

/// What a hostile peer or file may say, besides: each is tried in every view, at every size.
fn payloads() -> Vec<(&'static str, String)> {
    vec![
        (
            "clipboard, link, device control",
            "\u{1b}]52;c;b3duZWQ=\u{7}\u{1b}]8;;http://evil\u{1b}\\x\u{1b}]8;;\u{1b}\\\u{1b}P1$r0m\u{1b}\\\u{1b}[6n"
                .into(),
        ),
        (
            "c1 and bidi",
            "\u{90}q\u{9c}\u{9d}52;c;x\u{9c}\u{85}\u{61c}\u{200e}\u{202a}\u{202d}a\u{2067}b\u{2069}\u{e0041}\u{feff}"
                .into(),
        ),
        ("zero width", "\u{200b}\u{200d}\u{2060}".repeat(5_000)),
        ("marks", format!("z{}", "\u{300}\u{489}".repeat(5_000))),
        ("wide", "日本語".repeat(400)),
        ("lines", "a\tb\r\nc\u{b}d\u{c}e\u{2028}f\n".repeat(200)),
        ("everything", HOSTILE.repeat(20)),
    ]
}

/// Whether a text may reach a terminal, a clipboard or a file of text: line ends are all that it
/// may have besides plain text.
fn is_plain(text: &str) -> bool {
    text.split('\n').all(|line| swarmscope_wire::text::clean(line) == line)
}

/// What leaves the program as text is plain.
fn check_effects(effects: &[Effect], what: &str) {
    for effect in effects {
        match effect {
            Effect::Copy(text)
            | Effect::Open { text, .. }
            | Effect::Edit(text)
            | Effect::Keep(_, text) => {
                assert!(is_plain(text), "{what}: {text:?}");
            }
            _ => {}
        }
    }
}

#[test]
fn in_no_view_does_hostile_text_reach_a_cell() {
    for (name, payload) in payloads() {
        let session = told(&payload);
        for view in VIEWS {
            let mut model = session.clone();
            let what = format!("{}, {name}", view.0);
            check_effects(&go(&mut model, view, &payload), &what);
            check_at(&mut model, &what, &SIZES[1..]);
        }
    }
}

/// The ways for text to leave the program, from every view in which they work.
#[test]
fn what_is_copied_saved_or_opened_is_plain_from_every_view() {
    const WAYS: [&str; 13] = [
        "y c",
        "y v",
        "y r",
        "y p",
        "y a",
        "y b",
        "ctrl-y",
        "W e",
        "W p",
        "W j enter",
        "W s enter",
        "E enter",
        "enter",
    ];
    let mut left = 0;
    // escapes, and what hides: the rest differs in length only
    for (name, payload) in payloads().into_iter().take(2) {
        let session = told(&payload);
        for view in VIEWS {
            for way in WAYS {
                let mut model = session.clone();
                go(&mut model, view, &payload);
                let effects = press(&mut model, &keys(way));
                left += effects.len();
                check_effects(&effects, &format!("{}, {name}, {way}", view.0));
                for effect in &effects {
                    if let Effect::Save { path, .. } = effect {
                        assert!(is_plain(&path.display().to_string()), "{}: {path:?}", view.0);
                    }
                }
            }
        }
    }
    assert!(left > 200, "{left} texts left the program");
}

/// A line of 10 MB takes no longer to draw than a frame may, in any view.
#[test]
fn ten_megabytes_on_one_line_are_drawn_in_no_time() {
    let line = "x\u{1b}[31m\u{202e}日".repeat(10_000_000 / 14);
    let (mut model, who) = (blank(), permid("9f3ac1", 18));
    let mut script = Script::default();
    script.connected(60_000, who, 18, 3, 40_213);
    script.asked(50_000, 5, who, MessageId(41), 3, 0, line.as_bytes());
    script.asked(40_000, 5, who, MessageId::DATABASE_QUERY, 2, 1, line.as_bytes());
    script.at(10_000, Event::Notice { text: line.clone() });
    script.tell(&mut model);
    let theme = Theme::built_in("dark", Depth::True).expect("built in");
    for view in VIEWS {
        let mut model = model.clone();
        go(&mut model, view, &line);
        drawn(&mut model, 120, 40, &theme);
        let started = clock::of_this_thread();
        drawn(&mut model, 120, 40, &theme);
        let took = clock::of_this_thread().saturating_sub(started);
        assert!(took < Duration::from_millis(250), "{}: {took:?} without optimisation", view.0);
        check_at(&mut model, view.0, &SIZES[1..3]);
    }
}

/// Plain characters only, and each of our own signs has one that stands for it.
#[test]
fn in_plain_mode_every_cell_of_every_view_is_ascii() {
    let plain = Theme { ascii: true, ..Theme::built_in("dark", Depth::True).expect("built in") };
    let signs = Theme { ascii: false, ..plain.clone() };
    for view in VIEWS {
        for (columns, rows) in SIZES {
            let mut model = crate::pictures::session();
            go(&mut model, view, "error");
            let (shown, _) = drawn(&mut model, columns, rows, &signs);
            let (ascii, _) = drawn(&mut model, columns, rows, &plain);
            for (sign, cell) in shown.content.iter().zip(&ascii.content) {
                assert!(cell.symbol().is_ascii(), "{}: {:?}", view.0, cell.symbol());
                let lost = cell.symbol() == "?" && sign.symbol() != "?";
                assert!(
                    !lost,
                    "{}, {columns}×{rows}: nothing stands for {:?}",
                    view.0,
                    sign.symbol()
                );
            }
        }
    }
}
