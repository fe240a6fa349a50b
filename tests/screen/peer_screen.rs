//! The screen of one peer: what was said, field by field and byte by byte, and why it ended.

use std::time::Duration;

use crossterm::event::KeyCode;
use proptest::prelude::*;
use ratatui::buffer::Cell;
use swarmscope::screen::peer_screen::cursor::Focus;
use swarmscope::screen::{Effect, Key, Model, Msg, Screen};
use swarmscope::tui::Theme;
use swarmscope::tui::theme::Depth;
use swarmscope_facts::conversation::Of;
use swarmscope_facts::ladder::{Standing, ladder};
use swarmscope_peer::crawler::SocketId;
use swarmscope_peer::node::{Event, PeerKey, Ticket, Trace, Traced};
use swarmscope_wire::buddycast::{BuddyCast, ListedPeer};
use swarmscope_wire::failure::{By, Cause, Delivered, Failure};
use swarmscope_wire::trace::Cutter;
use swarmscope_wire::{ChannelId, Frequency, OverlayVersion, Permid};

use crate::clock;
use crate::fixture::{Script, before, blank, drawn, failure, fold, permid, press, type_text};
use crate::hostile::HOSTILE;
use crate::talk::{BEGAN, CHANNEL, DATABASE, Talk, frame, part, story};

pub fn text(model: &mut Model, columns: u16, rows: u16) -> String {
    let theme = Theme::built_in("dark", Depth::True).expect("built in");
    rows_of(model, columns, rows, &theme)
}

fn rows_of(model: &mut Model, columns: u16, rows: u16, theme: &Theme) -> String {
    let (cells, _) = drawn(model, columns, rows, theme);
    let row = |row: &[Cell]| {
        row.iter().map(Cell::symbol).collect::<String>().trim_end().to_owned() + "\n"
    };
    cells.content.chunks(usize::from(columns)).map(row).collect()
}

fn keys(text: &str) -> Vec<Key> {
    let one = |word: &str| match word {
        "tab" => Key::named(KeyCode::Tab),
        "up" => Key::named(KeyCode::Up),
        "down" => Key::named(KeyCode::Down),
        "left" => Key::named(KeyCode::Left),
        "right" => Key::named(KeyCode::Right),
        "esc" => Key::named(KeyCode::Esc),
        word => Key::char(word.chars().next().expect("a key")),
    };
    text.split_whitespace().map(one).collect()
}

/// The name of the field with the cursor.
fn field(model: &Model) -> String {
    let (fields, at) = model.fields();
    at.and_then(|at| fields.get(at)).map(|field| field.name.clone()).unwrap_or_default()
}

#[test]
fn every_layout() {
    for (columns, rows) in [(200, 60), (120, 40), (100, 30), (80, 24), (60, 20), (40, 10)] {
        let (mut model, _) = story();
        fold(&mut model, before(0), Msg::Resize(columns, rows));
        press(&mut model, &keys("up up")); // the third part
        insta::assert_snapshot!(format!("peer_{columns}x{rows}"), text(&mut model, columns, rows));
    }
}

#[test]
fn each_block_where_there_is_room_for_one() {
    for (name, presses) in
        [("frame", "up up tab"), ("channel", "up up tab tab"), ("bytes", "up up tab tab tab")]
    {
        let (mut model, _) = story();
        press(&mut model, &keys(presses));
        insta::assert_snapshot!(format!("peer_{name}_80x24"), text(&mut model, 80, 24));
        insta::assert_snapshot!(format!("peer_{name}_60x20"), text(&mut model, 60, 20));
    }
}

#[test]
fn one_cursor_moves_through_line_part_field_and_byte() {
    let (mut model, _) = story();
    assert_eq!(model.screen, Screen::Peer);
    assert_eq!(model.inspect.line, None, "the newest is followed");
    press(&mut model, &keys("up up"));
    assert_eq!(model.part(), Some(3), "the line of the third part is that part in the channel");
    press(&mut model, &keys("tab down down down down"));
    assert_eq!((model.inspect.focus, field(&model).as_str()), (Focus::Frame, "parts left"));
    assert_eq!(model.inspect.byte, 7, "and its byte");
    press(&mut model, &keys("tab up"));
    assert_eq!((model.inspect.focus, model.part()), (Focus::Channel, Some(2)));
    let line = model.line().expect("a line").1;
    assert!(matches!(line.of, Of::Part(_, 2)), "{line:?}");
    assert_eq!(field(&model), "parts left", "from part to part the hint is looked at");
    press(&mut model, &keys("tab right"));
    assert_eq!(
        (model.inspect.focus, model.inspect.byte, field(&model).as_str()),
        (Focus::Bytes, 8, "error")
    );
    press(&mut model, &keys("right down"));
    assert_eq!(field(&model), "payload");
    press(&mut model, &keys("tab g"));
    assert_eq!(model.inspect.focus, Focus::Conversation);
    assert_eq!(model.line().map(|(at, _)| at), Some(0));
    press(&mut model, &keys("G"));
    assert_eq!(model.inspect.line, None, "whoever goes to the end follows again");
    press(&mut model, &keys("esc"));
    assert_eq!(model.screen, Screen::Main);
}

#[test]
fn new_lines_are_followed_until_one_moves() {
    let (mut model, who) = story();
    let say = |model: &mut Model, socket| {
        let what = Trace::Lost(1);
        let traced = Traced { socket: SocketId(socket), after: Duration::from_secs(40), what };
        fold(model, before(0), Msg::Node(Event::Traced { peer: PeerKey::Permid(who), traced }));
    };
    say(&mut model, BEGAN);
    let length = model.conversation().expect("said").lines().len();
    assert_eq!(model.line().map(|(at, _)| at), Some(length - 1));
    press(&mut model, &keys("up"));
    say(&mut model, BEGAN);
    assert_eq!(model.line().map(|(at, _)| at), Some(length - 2), "it stays where it was put");
}

#[test]
fn a_second_connection_that_is_superfluous_leaves_the_ladder_of_the_first() {
    let (mut model, who) = story();
    let duplicate = Failure::new(Cause::Duplicate, By::Us, "");
    for what in
        [Trace::Resolving { host: "198.51.100.77".into(), pinned: true }, Trace::Closed(duplicate)]
    {
        let traced = Traced { socket: SocketId(9), after: Duration::ZERO, what };
        fold(
            &mut model,
            before(0),
            Msg::Node(Event::Traced { peer: PeerKey::Permid(who), traced }),
        );
    }
    let rungs = ladder(
        &model.facts,
        model.now,
        model.naming().privacy,
        model.peer().expect("selected"),
        model.request(),
    );
    assert!(rungs[..6].iter().all(|rung| rung.standing == Standing::Passed), "{rungs:?}");
}

#[test]
fn waiting_longer_is_for_what_is_in_flight() {
    let (mut model, who) = story();
    assert!(press(&mut model, &keys("w")).is_empty(), "the request has ended");
    let said = crate::reply::said(&model);
    assert!(said.contains("the request has ended"), "{said}");
    let mut script = Script::default();
    let ticket = Ticket(900);
    script.at(
        900,
        Event::Sent {
            ticket,
            permid: who,
            message: DATABASE,
            channel: ChannelId(5),
            frequency: Frequency(3600),
            payload: b""[..].into(),
            origin: swarmscope_peer::node::Origin::Operator,
        },
    );
    let seconds = Duration::from_secs;
    script.at(900, Event::Due { ticket, permid: who, whole: seconds(30), between: seconds(60) });
    script.tell(&mut model);
    assert!(text(&mut model, 120, 40).contains("29 s left"));
    let effects = press(&mut model, &keys("w"));
    assert!(
        matches!(effects[..], [Effect::Extend(extended, by)] if extended == ticket && by == seconds(60))
    );
    let due = Event::Due { ticket, permid: who, whole: seconds(90), between: seconds(120) };
    fold(&mut model, before(0), Msg::Node(due));
    assert!(text(&mut model, 120, 40).contains("89 s left"));
}

#[test]
fn another_peer_is_looked_at_without_going_back() {
    let (mut model, who) = story();
    let other = permid("9f3ac1", 18);
    let mut script = Script::default();
    script.connected(100, other, 18, 3, 40_213);
    script.tell(&mut model);
    press(&mut model, &keys("up J"));
    assert_ne!(model.selected, Some(PeerKey::Permid(who)));
    assert_eq!((model.screen, model.inspect.line), (Screen::Peer, None));
    press(&mut model, &keys("K"));
    assert_eq!(model.selected, Some(PeerKey::Permid(who)));
}

#[test]
fn a_frame_that_is_let_go_leaves_the_cursor_on_the_oldest_that_stays() {
    let (mut model, who) = story();
    press(&mut model, &keys("g"));
    let mut script = Script::default();
    let mut talk = Talk::new(&mut script, PeerKey::Permid(who), BEGAN);
    talk.received.tls();
    for _ in 0..200 {
        talk.heard(60_000, &part(ChannelId(1), 1, 32_768));
    }
    script.tell(&mut model);
    let conversation = model.conversation().expect("said");
    assert!(conversation.let_go > 0);
    assert_eq!(model.line().map(|(at, _)| at), Some(0));
    assert!(text(&mut model, 120, 40).contains("older lines let go"));
}

/// Addresses, permids, their bytes: nothing of them reaches a cell.
#[test]
fn privacy_hides_whoever_could_be_found_in_fields_and_bytes() {
    let (mut model, who) = story();
    let mut script = Script::default();
    let mut talk = Talk::new(&mut script, PeerKey::Permid(who), 20_000);
    talk.received.tls();
    let listed = ListedPeer {
        permid: permid("ab0199", 18),
        ip: [203, 0, 113, 9].into(),
        port: 7001,
        similarity: 1,
        version: None,
        services: None,
    };
    let gossip = BuddyCast {
        ip: [203, 0, 113, 8].into(),
        port: 7002,
        connectable: true,
        services: Some(0),
        taste_buddies: vec![listed],
        random_peers: Vec::new(),
    };
    talk.heard(1, &gossip.encode(OverlayVersion(17)).encode());
    talk.heard(2, &frame(3, b"see 203.0.113.7"));
    talk.heard(3, &frame(243, b"12:203.0.113.66"));
    script.tell(&mut model);
    press(&mut model, &[Key::char('P')]);
    let hex =
        |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
    let secrets = [
        "198.51.100".to_owned(),
        "203.0.113".to_owned(),
        "7760".to_owned(),
        who.short(),
        hex(b"203.0"),
        hex(&who.to_der()[24..32]),
        hex(&[0x30; 6]),
        "7002".to_owned(),
    ];
    let length = model.conversation().expect("said").lines().len();
    press(&mut model, &keys("g"));
    for (columns, rows) in [(120, 40), (80, 24), (60, 20)] {
        for focus in Focus::ALL {
            model.inspect.focus = Focus::Conversation;
            press(&mut model, &keys("g"));
            for _ in 0..length {
                model.inspect.focus = focus;
                let shown = text(&mut model, columns, rows);
                // the newest event and the status bar are others' and have their own tests
                let body: String = shown
                    .lines()
                    .skip(1)
                    .take(usize::from(rows) - 3)
                    .collect::<Vec<_>>()
                    .join("\n");
                for secret in &secrets {
                    assert!(
                        !body.contains(secret),
                        "{secret} at {columns}×{rows}, {focus:?}:\n{body}"
                    );
                }
                model.inspect.focus = Focus::Conversation;
                press(&mut model, &keys("down"));
            }
        }
    }
    model.inspect.focus = Focus::Conversation;
    press(&mut model, &keys("g down down down down down down")); // RESPONSE1
    press(&mut model, &keys("tab down down down down"));
    assert_eq!(field(&model), "certA");
    insta::assert_snapshot!("peer_privacy_120x40", text(&mut model, 120, 40));
}

#[test]
fn hostile_bytes_and_texts_stay_plain_in_every_block() {
    let (mut model, who) = story();
    let mut script = Script::default();
    let mut talk = Talk::new(&mut script, PeerKey::Permid(who), 20_000);
    talk.fact(0, Trace::Resolving { host: HOSTILE.into(), pinned: false });
    talk.heard(1, format!("\u{1b}]0;owned\u{7}{HOSTILE:\u{202e}<120}").as_bytes());
    talk.received.tls();
    let key = HOSTILE.len();
    talk.heard(2, &frame(252, format!("d{key}:{HOSTILE}{key}:{HOSTILE}e").as_bytes()));
    talk.heard(3, &frame(3, HOSTILE.as_bytes()));
    talk.fact(4, Trace::Closed(failure(Cause::Closed, By::Peer, Delivered::No, HOSTILE)));
    script.tell(&mut model);
    let length = model.conversation().expect("said").lines().len();
    for focus in Focus::ALL {
        model.inspect.focus = Focus::Conversation;
        press(&mut model, &keys("g"));
        for _ in 0..length {
            model.inspect.focus = focus;
            crate::hostile::check(&mut model, "the screen of one peer");
            model.inspect.focus = Focus::Conversation;
            press(&mut model, &keys("down"));
        }
    }
}

#[test]
fn without_colour_and_with_plain_characters() {
    let (mut model, _) = story();
    press(&mut model, &keys("up up"));
    let mono = Theme::built_in("mono", Depth::None).expect("built in");
    assert_eq!(
        rows_of(&mut model, 120, 40, &mono),
        text(&mut model, 120, 40),
        "the same characters in every theme"
    );
    let mut ascii = Theme::built_in("dark", Depth::Sixteen).expect("built in");
    ascii.ascii = true;
    let plain = rows_of(&mut model, 120, 40, &ascii);
    assert!(plain.is_ascii());
    insta::assert_snapshot!("peer_ascii_120x40", plain);
}

#[test]
fn five_thousand_steps_of_as_many_peers_cost_a_few_milliseconds() {
    let mut model = blank();
    let mut pieces = Vec::new();
    let mut cutter = Cutter::default();
    cutter.tls();
    cutter.push(&part(CHANNEL, 1, 1_000), &mut pieces);
    let began = clock::of_this_thread();
    for n in 0..5_000_u32 {
        let mut key = [0; 32];
        key[..4].copy_from_slice(&n.to_be_bytes());
        let traced = Traced {
            socket: SocketId(n.into()),
            after: Duration::ZERO,
            what: Trace::Received(pieces[0].clone()),
        };
        fold(
            &mut model,
            before(0),
            Msg::Node(Event::Traced { peer: PeerKey::Permid(Permid::Ed25519(key)), traced }),
        );
    }
    let took = clock::of_this_thread().saturating_sub(began);
    assert!(took < Duration::from_secs(2), "{took:?} for 5 000 steps without optimisation");
    assert_eq!(model.facts.conversations().held().0, 5_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is pressed on it, and whatever comes meanwhile: the cursor is on a line that is there, on a byte that is there.
    #[test]
    fn any_keys_leave_the_cursor_somewhere(
        presses in proptest::collection::vec(0..14_usize, 0..60),
        size in (40..200_u16, 10..60_u16),
    ) {
        let (mut model, who) = story();
        fold(&mut model, before(0), Msg::Resize(size.0, size.1));
        let all = ["up", "down", "tab", "left", "right", "g", "G", "J", "K", "w", "P", "esc", "i"];
        let theme = Theme::built_in("dark", Depth::True).expect("built in");
        for at in presses {
            if let Some(key) = all.get(at) {
                press(&mut model, &keys(key));
            } else {
                let traced = Traced { socket: SocketId(BEGAN), after: Duration::ZERO, what: Trace::Lost(1) };
                fold(&mut model, before(0), Msg::Node(Event::Traced { peer: PeerKey::Permid(who), traced }));
            }
            drawn(&mut model, size.0, size.1, &theme);
            if let Some((at, line)) = model.line() {
                let lines = model.conversation().expect("said").lines();
                prop_assert_eq!(lines.get(at).map(|line| line.seq), Some(line.seq));
                let (fields, at) = model.fields();
                prop_assert_eq!(fields.is_empty(), at.is_none());
            }
        }
    }
}

#[test]
fn a_note_on_the_peer_is_shown_and_written_here() {
    let (mut model, _) = story();
    press(&mut model, &keys(";"));
    type_text(&mut model, "sends parts that nobody asked for; its owner is told");
    insta::assert_snapshot!("peer_noting_80x24", text(&mut model, 80, 24));
    press(&mut model, &[Key::named(KeyCode::Enter)]);
    for (columns, rows) in [(120, 40), (80, 24), (60, 20)] {
        insta::assert_snapshot!(
            format!("peer_note_{columns}x{rows}"),
            text(&mut model, columns, rows)
        );
    }
    press(&mut model, &[Key::char(';'), Key::ctrl('u'), Key::named(KeyCode::Enter)]);
    assert!(model.kept.notes.is_empty() && !text(&mut model, 80, 24).contains("its owner"));
}

/// Whoever opens a peer for its ▲ reads there what is odd about it, at every size.
#[test]
fn a_peer_with_a_signal_says_why() {
    let mut model = crate::pictures::session();
    let odd = PeerKey::Permid(permid("81bc07", 17));
    while model.selected.as_ref() != Some(&odd) {
        press(&mut model, &keys("down"));
    }
    press(&mut model, &keys("i"));
    for (columns, rows) in [(200, 60), (120, 40), (80, 24), (60, 20), (40, 10)] {
        fold(&mut model, before(0), Msg::Resize(columns, rows));
        let shown = text(&mut model, columns, rows);
        let why = shown.lines().nth(1).expect("a row").trim();
        let begins = "▲ 12:04:29Z  reply ";
        assert!(why.starts_with(begins), "{columns}x{rows}\n{shown}");
        assert!(columns < 120 || why.contains("no request on channel 4f"), "{shown}");
        assert!(columns < 120 || why.ends_with("(3 times in 60 s)"), "{shown}");
    }
}

#[test]
fn the_screen_of_a_peer_says_that_addresses_are_hidden() {
    let (mut model, _) = story();
    press(&mut model, &keys("P"));
    for (columns, rows, says) in
        [(120, 40, "addresses hidden"), (80, 24, "privacy"), (60, 20, "privacy")]
    {
        let shown = text(&mut model, columns, rows);
        assert!(shown.lines().next().expect("a row").contains(says), "{shown}");
    }
}

/// A quiet hour of keep-alives is one row, and does not hide what was said.
#[test]
fn keep_alives_in_a_row_are_one_row_with_their_count() {
    let (mut model, who) = story();
    let mut script = Script::default();
    let mut talk = Talk::new(&mut script, PeerKey::Permid(who), BEGAN);
    talk.received.tls();
    for n in 0..17 {
        talk.heard(50_000 + n, &frame(240, b""));
    }
    script.tell(&mut model);
    let lines = model.conversation().expect("said").lines().len();
    let rows = model.conversation_rows();
    // two of the story, before the deadline that passed, and these
    assert_eq!((rows.len() + 1 + 16, rows.last().map(|row| row.lines)), (lines, Some(17)));
    let shown = text(&mut model, 120, 40);
    let keep_alives: Vec<&str> = shown.lines().filter(|row| row.contains("in a row")).collect();
    assert!(matches!(keep_alives[..], [_, row] if row.contains("17 in a row")), "{shown}");
    press(&mut model, &keys("up"));
    let before = model.line().expect("a line").0;
    assert_eq!(before, lines - 18, "one step goes over all of them");
    insta::assert_snapshot!("peer_keep_alives_80x24", text(&mut model, 80, 24));
}

#[test]
fn a_conversation_is_filtered_by_words_and_stepped_through() {
    let (mut model, _) = story();
    let all = model.conversation_rows().len();
    press(&mut model, &keys("/"));
    type_text(&mut model, "PART hint");
    insta::assert_snapshot!("peer_filtering_120x40", text(&mut model, 120, 40));
    press(&mut model, &[Key::named(KeyCode::Enter)]);
    let found = model.conversation_rows();
    assert!(found.len() > 2 && found.len() < all, "{found:?}");
    let shown = text(&mut model, 80, 24);
    assert!(shown.contains("/PART hint") && !shown.contains("authenticated 81bc"), "{shown}");
    press(&mut model, &keys("g"));
    assert_eq!(model.line().map(|(at, _)| at), Some(found[0].at));
    press(&mut model, &keys("n n N"));
    assert_eq!(model.line().map(|(at, _)| at), Some(found[1].at));
    press(&mut model, &keys("/"));
    type_text(&mut model, " nonsense");
    assert!(text(&mut model, 120, 40).contains("No line matches."));
    press(&mut model, &keys("esc"));
    assert_eq!(model.conversation_rows().len(), all);
    press(&mut model, &keys("esc"));
    assert_eq!(model.screen, Screen::Main);
}

#[test]
fn a_peer_opened_from_a_request_shows_its_reply() {
    let (mut model, _) = story();
    press(&mut model, &keys("esc tab i"));
    let (_, line) = model.line().expect("a line");
    assert!(matches!(line.of, Of::Part(_, 1)), "{line:?}");
    press(&mut model, &keys("esc"));
    model.focus = swarmscope::screen::Pane::Peers;
    press(&mut model, &keys("i"));
    assert_eq!(model.inspect.line, None, "from the list the newest is followed");
}
