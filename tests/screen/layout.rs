//! Room: blocks take what they need, the rest goes to whoever has more to show, and one pane can
//! have all of it.

use crossterm::event::KeyCode;
use swarmscope::screen::{Key, Model, Msg};
use swarmscope_peer::node::Event;
use swarmscope_wire::MessageId;

use crate::fixture::{Script, blank, fold, permid, press};
use crate::pictures::session;
use crate::reply::{does, screen};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

/// The row in which a text stands.
fn row(screen: &str, text: &str) -> usize {
    screen
        .lines()
        .position(|line| line.contains(text))
        .unwrap_or_else(|| panic!("{text}\n{screen}"))
}

/// A peer that has answered so many requests with 253.
fn asked(times: u64) -> Model {
    let (mut model, who) = (blank(), permid("9f3ac1", 18));
    let mut script = Script::default();
    script.connected(3_900_000, who, 18, 3, 40_213);
    for n in 0..times {
        let ms = 3_600_000 - n * 10_000;
        script.asked(ms, 12, who, MessageId(40), 0x20, 253, b"unknown message");
    }
    script.tell(&mut model);
    does(&mut model, "g");
    model
}

#[test]
fn one_key_gives_the_focused_pane_the_whole_screen_and_back() {
    for (columns, rows) in SIZES {
        let mut model = session();
        let before = screen(&mut model, columns, rows);
        does(&mut model, "+");
        let list = screen(&mut model, columns, rows);
        assert!(!list.contains("CHANNELS") && !list.contains('│'), "{list}");
        assert!(list.contains("127.0.0.1:40213"), "more columns have room\n{list}");
        does(&mut model, "+");
        assert_eq!(screen(&mut model, columns, rows), before, "and back");
        does(&mut model, "tab tab +");
        let reply = screen(&mut model, columns, rows);
        assert!(reply.contains("REPLY  #15") && !reply.contains("PEERS"), "{reply}");
        assert!(reply.contains("9f3a…c1"), "it says whose\n{reply}");
        does(&mut model, "v v");
        assert!(screen(&mut model, columns, rows).contains("010  "), "sixteen bytes in a row");
        does(&mut model, "esc");
        assert!(screen(&mut model, columns, rows).contains("PEERS"), "esc gives the room back");
        does(&mut model, "esc");
    }
}

#[test]
fn every_screen_zooms() {
    for (columns, rows) in SIZES {
        let (mut model, _) = crate::talk::story();
        press(&mut model, &[Key::char('+')]);
        let shown = screen(&mut model, columns, rows);
        assert!(shown.contains("CONVERSATION") && !shown.contains("BYTES  line"), "{shown}");
        press(&mut model, &[Key::named(KeyCode::BackTab)]);
        let shown = screen(&mut model, columns, rows);
        assert!(shown.contains("BYTES") && !shown.contains("CONVERSATION"), "{shown}");
        press(&mut model, &[Key::named(KeyCode::Esc)]);
        assert!(screen(&mut model, columns, rows).contains("CONVERSATION"), "esc: all of it");

        let mut model = crate::crowd::odd_one_out();
        press(&mut model, &[Key::char('+')]);
        let shown = screen(&mut model, columns, rows);
        assert!(shown.contains("ANSWERS") && !shown.contains("OUTCOMES"), "{shown}");
    }
}

#[test]
fn what_a_block_does_not_need_goes_to_whoever_has_more_to_show() {
    for (columns, rows) in [(80, 24), (120, 40), (200, 60)] {
        let mut one = asked(1);
        let shown = screen(&mut one, columns, rows);
        let gap = row(&shown, "REPLY  #1") - row(&shown, "CHANNELS");
        assert_eq!(gap, 3, "a heading, one request, a blank row\n{shown}");
        let mut many = asked(30);
        let shown = screen(&mut many, columns, rows);
        let seen =
            shown.lines().filter(|line| line.contains(" 20 ") && line.contains("253")).count();
        let least = match rows {
            24 => 6,
            40 => 8,
            _ => 20,
        };
        assert!(seen >= least, "{seen} of 30 requests are seen\n{shown}");
    }
}

#[test]
fn a_wide_terminal_shows_more_columns_of_the_list_and_of_the_requests() {
    let mut model = session();
    let narrow = screen(&mut model, 120, 40);
    assert!(!narrow.contains("ADDRESS") && !narrow.contains("PARTS"), "{narrow}");
    let wide = screen(&mut model, 200, 60);
    assert!(wide.contains("ADDRESS") && wide.contains("127.0.0.1:40301"), "{wide}");
    assert!(wide.contains("SENT") && wide.contains("PARTS"), "{wide}");
    assert!(wide.contains("010  "), "sixteen bytes in a row beside the values\n{wide}");
}

#[test]
fn columns_that_are_shown_besides_stay_when_others_are_chosen() {
    let mut model = session();
    screen(&mut model, 200, 60);
    // hide the version
    press(&mut model, &[Key::char('C'), Key::char('g')]);
    does(&mut model, "down down down space esc");
    let shown = screen(&mut model, 200, 60);
    assert!(shown.contains("ADDRESS") && !shown.contains("VERSION"), "{shown}");
    let file = model.kept.columns.to_toml();
    assert!(file.contains("\"address\""), "what was chosen is kept: {file}");
}

#[test]
fn the_bytes_of_a_frame_are_sixteen_in_a_row_where_they_fit() {
    for (columns, rows) in [(200, 60), (140, 40), (78, 30)] {
        let (mut model, _) = crate::talk::story();
        screen(&mut model, columns, rows);
        let up = Key::named(KeyCode::Up);
        press(&mut model, &[up, up, up, Key::named(KeyCode::BackTab)]);
        let shown = screen(&mut model, columns, rows);
        assert!(shown.contains("0010 "), "{columns}×{rows}\n{shown}");
    }
}

/// A peer that has answered this message with this error, a little after it was asked.
fn refused(message: MessageId, error: u8, payload: &[u8]) -> Model {
    let (mut model, who) = (blank(), permid("9f3ac1", 18));
    let mut script = Script::default();
    script.connected(600_000, who, 18, 3, 40_213);
    script.asked(60_000, 40, who, message, 9, error, payload);
    script.tell(&mut model);
    does(&mut model, "g");
    model
}

#[test]
fn a_253_says_what_it_means_what_is_known_and_what_comes_next() {
    for (columns, rows) in SIZES {
        let mut model = refused(MessageId(41), 253, b"unknown message");
        let shown = screen(&mut model, columns, rows);
        for word in ["253 unknown message", "known  ", "next   ", "another message"] {
            assert!(shown.contains(word), "{word}\n{shown}");
        }
        assert!(rows < 30 || shown.contains("means  ") && shown.contains("not counted"), "{shown}");
        let mut model = refused(MessageId::NATCHECK, 253, b"unknown message");
        let shown = screen(&mut model, columns, rows);
        assert!(shown.contains('9'), "the version that has it\n{shown}");
        does(&mut model, "tab tab v");
        assert!(
            screen(&mut model, columns, rows).contains("unknown message"),
            "its bytes are there"
        );
    }
}

#[test]
fn an_error_at_the_peer_says_what_it_means_what_is_known_and_what_comes_next() {
    for (columns, rows) in SIZES {
        let mut model = refused(MessageId::DATABASE_QUERY, 1, b"no such table: Nobody");
        let shown = screen(&mut model, columns, rows);
        for word in ["error 1, handler error", "said   ", "no such table: Nobody", "next   "] {
            assert!(shown.contains(word), "{word}\n{shown}");
        }
        let all = shown.contains("failed there") && shown.contains("known  ");
        assert!(all || columns < 120, "{shown}");
        assert!(shown.contains("13:03:26Z") || columns < 120, "when it accepts\n{shown}");
    }
}

#[test]
fn a_request_that_is_waited_for_counts_down() {
    let (mut model, who) = (blank(), permid("9f3ac1", 18));
    let mut script = Script::default();
    script.connected(600_000, who, 18, 3, 40_213);
    let ticket = script.sent(10_000, who, MessageId::DATABASE_QUERY, 9, "SELECT 1");
    script.at(
        9_999,
        swarmscope_peer::node::Event::Due {
            ticket,
            permid: who,
            whole: std::time::Duration::from_secs(30),
            between: std::time::Duration::from_secs(30),
        },
    );
    script.tell(&mut model);
    does(&mut model, "g");
    for (columns, rows) in SIZES {
        let shown = screen(&mut model, columns, rows);
        assert!(shown.contains("given up in 00:20"), "{shown}");
    }
}

#[test]
fn a_peer_that_was_not_reached_says_when_it_is_dialled_again() {
    use swarmscope_peer::node::{Event, PeerKey};
    use swarmscope_wire::failure::{By, Cause, Failure};
    let failed = |again: Option<u64>| {
        let (mut model, mut script) = (blank(), Script::default());
        let again_in = again.map(std::time::Duration::from_secs);
        let failure = Failure::new(Cause::TcpRefused, By::Network, "");
        let peer = PeerKey::Permid(permid("9f3ac1", 18));
        let (attempt, gives_up_at) = (3, 28);
        script.at(20_000, Event::ConnectFailed { peer, failure, attempt, gives_up_at, again_in });
        script.tell(&mut model);
        does(&mut model, "g");
        model
    };
    for (columns, rows) in SIZES {
        let shown = |again| screen(&mut failed(again), columns, rows);
        assert!(shown(Some(80)).contains("in 01:00 at the earliest"), "{}", shown(Some(80)));
        assert!(shown(Some(10)).contains("due: "), "{}", shown(Some(10)));
        assert!(shown(None).contains("no further attempt"), "{}", shown(None));
    }
}

#[test]
fn esc_in_a_reply_goes_back_to_where_it_was_opened() {
    use swarmscope::screen::Pane;
    let mut model = session();
    does(&mut model, "tab enter");
    assert_eq!(model.focus, Pane::Reply);
    does(&mut model, "esc");
    assert_eq!(model.focus, Pane::Channels, "there it was opened");
    does(&mut model, "esc");
    assert_eq!(model.focus, Pane::Peers);
    does(&mut model, "tab tab esc");
    assert_eq!(model.focus, Pane::Peers, "nobody opened it: tab went there");
}

#[test]
fn dialling_many_says_how_many_and_estimates_the_rest() {
    use swarmscope_peer::node::{Event, PeerKey, Source};
    let who = |n: u64| permid(&format!("{:02x}{:02x}{:02x}", n / 256, n % 256, n % 251), 18);
    let (mut model, mut script) = (blank(), Script::default());
    let discovered = |n| Event::Discovered {
        peer: PeerKey::Permid(who(n)),
        address: None,
        version: None,
        source: Source::BuddyCast(permid("9f3ac1", 18)),
    };
    (0..400).for_each(|n| script.at(60_000, discovered(n)));
    (0..123).for_each(|n| script.connected(25_000 - 200 * n, who(n), 18, 3, 40_000));
    for (ms, msg) in script.in_order() {
        fold(&mut model, crate::fixture::before(ms), msg);
        fold(&mut model, crate::fixture::before(ms), Msg::Tick);
    }
    for (columns, rows) in SIZES {
        let shown = screen(&mut model, columns, rows);
        let bar = shown.lines().next().expect("the status bar");
        let estimate = bar.contains("123 of 400 dialled, about ") && bar.contains(" left");
        assert!(estimate || columns < 120, "{bar}");
    }
    (0..40).for_each(|n| {
        let now = crate::crowd::after(1_000 * n);
        drop(fold(&mut model, now, Msg::Tick));
    });
    assert!(!screen(&mut model, 120, 40).contains("dialled, about"), "nobody is dialled any more");
}

#[test]
fn what_a_request_waits_for_is_said_to_its_end() {
    for (columns, rows) in SIZES {
        let (mut model, who) = (blank(), permid("9f3ac1", 18));
        let mut script = Script::default();
        script.connected(60_000, who, 18, 3, 40_213);
        let ticket = script.sent(40_000, who, MessageId::NATCHECK, 7, "");
        script.at(39_000, Event::AwaitingDialBack { ticket, permid: who });
        script.tell(&mut model);
        let text = screen(&mut model, columns, rows);
        assert!(text.contains("the answer"), "{columns}x{rows}\n{text}");
    }
}

#[test]
fn a_list_that_could_use_every_row_leaves_the_composer_its_own() {
    let mut model = blank();
    let mut script = Script::default();
    for (n, port) in (0..400_u16).zip(40_300..) {
        let who = permid(&format!("{:04x}a1", n + 0x1000), 18);
        script.connected(600_000, who, 18, 3, port);
    }
    script.tell(&mut model);
    for (columns, rows) in [(120, 40), (200, 60)] {
        let text = screen(&mut model, columns, rows);
        for one in ["none; NATCHECK takes no payload", "00000005 e8 03 ·· 0e10 ", "same as"] {
            assert!(text.contains(one), "{columns}x{rows}: {one}\n{text}");
        }
    }
}

/// A request of 590 bytes ten seconds ago, and a reply of 5 900.
fn busy() -> Model {
    let (mut model, who) = (blank(), permid("9f3ac1", 18));
    let mut script = Script::default();
    script.connected(3_900_000, who, 18, 3, 40_213);
    let ticket = script.sent(10_000, who, MessageId(41), 4, &"x".repeat(590));
    script.part(10_000, 20, ticket, who, 1, 0, 5900);
    script.tell(&mut model);
    model
}

#[test]
fn throughput_has_a_line_where_there_are_rows_and_says_what_it_counts() {
    let mut model = busy();
    for (columns, rows) in [(120, 39), (90, 30), (80, 24)] {
        let text = screen(&mut model, columns, rows);
        assert!(!text.contains("requests out"), "{columns}x{rows}\n{text}");
    }
    for (columns, rows) in [(120, 40), (200, 60)] {
        let text = screen(&mut model, columns, rows);
        let line = text.lines().nth(1).expect("the second row").to_owned();
        for part in ["replies in", "100 B/s", "requests out", "10 B/s", "payload bytes, average"] {
            assert!(line.contains(part), "{columns}x{rows}: {part}\n{line}");
        }
        assert!(line.contains("of 59 seconds"), "the second that runs is not counted: {line}");
        assert_eq!(line.matches('▇').count(), 2, "one column of each curve: {line}");
    }
    does(&mut model, "t p");
    assert!(!screen(&mut model, 120, 40).contains("requests out"), "not for an audience");
    let mut quiet = blank();
    assert!(screen(&mut quiet, 120, 40).contains("no second is over yet"));
}
