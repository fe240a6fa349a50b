//! The list of peers as an operator works with it: filters, marks, columns, notes, and the figures
//! of the program.

use std::time::Duration;

use crossterm::event::KeyCode;
use swarmscope::screen::figures::{Figures, Reached, Spread};
use swarmscope::screen::kept::KeptIn;
use swarmscope::screen::{Effect, Key, Mode, Model, Msg};
use swarmscope::tui::Theme;
use swarmscope::tui::theme::Depth;
use swarmscope_facts::list::Column;
use swarmscope_peer::node::{Direction, Event, PeerKey, Source, Transport};
use swarmscope_wire::OverlayVersion;

use crate::fixture::{before, blank, drawn, fold, permid, press, type_text};
use crate::hostile::{HOSTILE, check, hostile_session};
use crate::pictures::session;

fn text(model: &mut Model, columns: u16, rows: u16) -> String {
    let theme = Theme::built_in("dark", Depth::True).expect("built in");
    let (cells, _) = drawn(model, columns, rows, &theme);
    let line = |y: u16| -> String {
        (0..columns).map(|x| cells[(x, y)].symbol()).collect::<String>().trim_end().to_owned()
    };
    (0..rows).map(line).collect::<Vec<_>>().join("\n")
}

fn named(code: KeyCode) -> Key {
    Key::named(code)
}

/// The short names of the peers in the list, from the top.
fn names(model: &Model) -> Vec<String> {
    let rows = (0..model.order.rows().len()).filter_map(|row| model.peer_at(row));
    rows.map(|peer| model.name_of(&peer.key)).collect()
}

fn marked(model: &Model) -> Vec<String> {
    let rows = (0..model.order.rows().len()).filter_map(|row| model.peer_at(row));
    rows.filter(|peer| model.facts.peers().is_marked(&peer.key))
        .map(|peer| model.name_of(&peer.key))
        .collect()
}

/// A session with a filter that is being typed.
fn typing(filter: &str) -> Model {
    let mut model = session();
    press(&mut model, &[Key::char('/')]);
    type_text(&mut model, filter);
    model
}

fn kept(effects: &[Effect], file: KeptIn) -> Option<&str> {
    effects.iter().rev().find_map(|effect| match effect {
        Effect::Keep(of, text) if *of == file => Some(text.as_str()),
        _ => None,
    })
}

#[test]
fn a_filter_is_typed_completed_and_told_what_is_wrong_under_its_place() {
    let mut model = typing("na");
    press(&mut model, &[named(KeyCode::Tab)]);
    assert_eq!(model.filter.text(), "nat:");
    insta::assert_snapshot!("filter_values_120x40", text(&mut model, 120, 40));
    press(&mut model, &[named(KeyCode::Tab), named(KeyCode::Tab)]);
    let chosen = model.filter.text().to_owned();
    press(&mut model, &[named(KeyCode::BackTab), named(KeyCode::Tab)]);
    assert_eq!(model.filter.text(), chosen, "back and forth");
    type_text(&mut model, "v:18 rtt:>fast");
    let (shown, all) = (model.order.rows().len(), model.facts.peers().len());
    assert!(shown > 0 && shown < all, "the filter before the error stays in force");
    for (columns, rows) in [(120, 40), (80, 24), (60, 20)] {
        let screen = text(&mut model, columns, rows);
        let lines: Vec<&str> = screen.lines().collect();
        let (typed, below) = (lines[usize::from(rows) - 3], lines[usize::from(rows) - 2]);
        let place = |line: &str, what: &str| line.find(what).map(|at| line[..at].chars().count());
        assert_eq!(place(typed, ">fast"), place(below, "^"), "{typed}\n{below}");
        assert!(below.contains("not a number"), "{below}");
    }
    insta::assert_snapshot!("filter_error_80x24", text(&mut model, 80, 24));
    press(&mut model, &[named(KeyCode::Enter)]);
    assert!(matches!(model.mode, Mode::Filter), "a filter in error is not kept");
}

#[test]
fn a_long_filter_shows_where_the_cursor_is() {
    let mut model = typing(&"nat:sym or ".repeat(12));
    type_text(&mut model, "v:x");
    let screen = text(&mut model, 80, 24);
    assert!(screen.contains("or v:x"), "{screen}");
    let lines: Vec<&str> = screen.lines().collect();
    assert_eq!(lines[21].rfind('x'), lines[22].find('^'), "{}\n{}", lines[21], lines[22]);
}

#[test]
fn filters_before_come_back_with_the_arrows() {
    let mut model = session();
    for filter in ["v:17", "state:up nat:sym"] {
        press(&mut model, &[Key::char('/'), Key::ctrl('u')]);
        type_text(&mut model, filter);
        press(&mut model, &[named(KeyCode::Enter)]);
    }
    press(&mut model, &[Key::char('/'), Key::ctrl('u')]);
    type_text(&mut model, "9f");
    let mut seen = Vec::new();
    for key in [KeyCode::Up, KeyCode::Up, KeyCode::Up, KeyCode::Down, KeyCode::Down] {
        press(&mut model, &[named(key)]);
        seen.push(model.filter.text().to_owned());
    }
    assert_eq!(seen, ["state:up nat:sym", "v:17", "v:17", "state:up nat:sym", "9f"]);
}

#[test]
fn filters_are_saved_applied_and_deleted() {
    let mut model = typing("nat:sym v:18");
    press(&mut model, &[named(KeyCode::Enter), Key::char('F'), Key::char('s')]);
    press(&mut model, &[named(KeyCode::Enter)]);
    assert!(text(&mut model, 100, 30).contains("give it a name"));
    type_text(&mut model, "modern symmetric");
    let effects = press(&mut model, &[named(KeyCode::Enter)]);
    assert!(kept(&effects, KeptIn::Filters).is_some_and(|text| text.contains("modern symmetric")));
    insta::assert_snapshot!("saved_filters_100x30", text(&mut model, 100, 30));
    press(&mut model, &[named(KeyCode::Esc), named(KeyCode::Esc)]);
    assert_eq!(model.order.rows().len(), model.facts.peers().len(), "esc shows all");
    press(&mut model, &[Key::char('F'), named(KeyCode::Enter)]);
    assert_eq!(model.filter.text(), "nat:sym v:18");
    assert!(model.order.rows().len() < model.facts.peers().len());
    let effects = press(&mut model, &[Key::char('F'), Key::char('d')]);
    assert!(kept(&effects, KeptIn::Filters).is_some_and(|text| !text.contains("modern")));
    assert!(model.kept.filters.is_empty());
    insta::assert_snapshot!("no_saved_filters_80x24", text(&mut model, 80, 24));
}

#[test]
fn marks_are_set_one_by_one_and_in_ranges() {
    let mut model = session();
    let all = names(&model);
    press(&mut model, &[Key::char(' '), Key::char(' ')]);
    assert_eq!(marked(&model), all[..2], "marked, and a step down");
    press(&mut model, &[Key::char('k'), Key::char(' ')]);
    assert_eq!(marked(&model), all[..1], "a second time takes it off");
    press(&mut model, &[Key::char('j'), Key::char('V')]);
    press(&mut model, &[Key::char('j'); 4]);
    assert_eq!(marked(&model).len(), 1 + 5);
    press(&mut model, &[Key::char('k'); 2]);
    assert_eq!(
        marked(&model),
        [&all[..1], &all[3..6]].concat(),
        "the range follows the cursor back"
    );
    press(&mut model, &[Key::char('V'), Key::char('j')]);
    assert_eq!(marked(&model).len(), 4, "the request has ended");
    press(&mut model, &[Key::char('V'), Key::char('g'), named(KeyCode::Esc)]);
    assert_eq!(
        marked(&model),
        [&all[..1], &all[3..6]].concat(),
        "given up: what was marked before stays"
    );
    assert!(text(&mut model, 120, 40).contains("37 of 37, 4 marked"));
    insta::assert_snapshot!("marks_120x40", text(&mut model, 120, 40));
}

#[test]
fn all_that_is_shown_is_marked_inverted_and_what_is_hidden_is_said() {
    let mut model = typing("v:17");
    press(&mut model, &[named(KeyCode::Enter), Key::char('a')]);
    let old = model.facts.marks().len();
    assert_eq!(old, model.order.rows().len());
    press(&mut model, &[named(KeyCode::Esc), Key::char('/')]);
    type_text(&mut model, "v:18");
    press(&mut model, &[named(KeyCode::Enter)]);
    assert!(text(&mut model, 120, 40).contains(&format!("{old} marked, {old} hidden")));
    press(&mut model, &[Key::char('I')]);
    assert_eq!(
        model.facts.marks().len(),
        old + model.order.rows().len(),
        "only what is shown is inverted"
    );
    press(&mut model, &[Key::char('I')]);
    assert_eq!(model.facts.marks().len(), old);
    press(&mut model, &[Key::char('/'), Key::ctrl('u')]);
    type_text(&mut model, "marked:no");
    press(&mut model, &[named(KeyCode::Enter), Key::char('u')]);
    assert!(model.facts.marks().is_empty(), "hidden ones, too");
}

#[test]
fn a_range_holds_the_rows_still_and_marks_follow_the_permid() {
    let mut model = session();
    let address = PeerKey::Address("tour.example:7760".into());
    let discovered = Event::Discovered {
        peer: address.clone(),
        address: None,
        version: None,
        source: Source::Operator,
    };
    fold(&mut model, before(0), Msg::Node(discovered));
    press(&mut model, &[Key::char('G'), Key::char('V')]);
    assert!(model.facts.peers().is_marked(&address));
    let rows = model.order.rows().to_vec();
    let later = swarmscope_facts::Now {
        instant: before(0).instant + Duration::from_secs(60),
        wall: before(0).wall,
    };
    fold(&mut model, later, Msg::Tick);
    assert_eq!(model.order.rows(), rows, "a minute later the range still stands where it stood");
    let who = permid("abcdef", 18);
    let connected = Event::Connected {
        permid: who,
        was: Some(address.clone()),
        address: ([127, 0, 0, 1], 7760).into(),
        listening_port: 7760,
        version: swarmscope_wire::OverlayVersion(18),
        transport: swarmscope_peer::node::Transport::Tls,
        direction: swarmscope_peer::node::Direction::Outgoing,
        rtt: Duration::from_millis(1),
    };
    fold(&mut model, later, Msg::Node(connected));
    assert!(
        model.facts.peers().is_marked(&PeerKey::Permid(who))
            && !model.facts.peers().is_marked(&address)
    );
}

#[test]
fn columns_are_chosen_moved_sorted_by_and_kept() {
    let mut model = session();
    press(&mut model, &[Key::char('C')]);
    insta::assert_snapshot!("columns_100x30", text(&mut model, 100, 30));
    insta::assert_snapshot!("columns_80x24", text(&mut model, 80, 24));
    let at = model
        .kept
        .columns
        .list()
        .iter()
        .position(|(column, _)| *column == Column::Reply)
        .expect("a column");
    press(&mut model, &[Key::char('g')]);
    press(&mut model, &vec![Key::char('j'); at + 3]);
    let effects = press(&mut model, &[Key::char(' '), Key::char('h'), Key::char('s')]);
    let toml = kept(&effects, KeptIn::Columns).expect("it is kept");
    assert!(toml.contains("\"last reply\"") && toml.contains("sort = \"last reply\""), "{toml}");
    press(&mut model, &[Key::char('s')]);
    assert!(model.order.sort.reversed, "a second time, the other way round");
    press(&mut model, &[Key::char('O'), named(KeyCode::Esc)]);
    insta::assert_snapshot!("more_columns_200x60", text(&mut model, 200, 60));
    let narrow = text(&mut model, 120, 40);
    assert!(
        narrow.contains("REPLY") && !narrow.contains(" NAT "),
        "what was added stays longer: {narrow}"
    );
    press(&mut model, &[Key::char('C'), Key::char('g'), Key::char(' ')]);
    assert!(model.kept.columns.shown().any(|column| column == Column::State), "its place is fixed");
    press(&mut model, &[Key::char('d'), named(KeyCode::Esc)]);
    assert_eq!(text(&mut model, 120, 40), text(&mut session_again(), 120, 40), "as it was");
}

/// A session in which the same keys were pressed as far as the log goes.
fn session_again() -> Model {
    let mut model = session();
    press(&mut model, &[Key::char('C'), Key::char('g'), Key::char(' '), named(KeyCode::Esc)]);
    model
}

#[test]
fn a_note_is_written_shown_found_and_kept() {
    let mut model = session();
    let who = model.selected.clone();
    press(&mut model, &[Key::char(';')]);
    type_text(&mut model, "says odd things about NAT");
    insta::assert_snapshot!("note_80x24", text(&mut model, 80, 24));
    let effects = press(&mut model, &[named(KeyCode::Enter)]);
    assert!(kept(&effects, KeptIn::Notes).is_some_and(|text| text.contains("says odd things")));
    assert!(
        text(&mut model, 200, 60).contains("says odd things about NAT"),
        "in the header of the peer"
    );
    press(&mut model, &[Key::char('/')]);
    type_text(&mut model, "note:odd");
    assert_eq!(model.order.rows().len(), 1);
    assert_eq!(model.selected, who);
    press(
        &mut model,
        &[named(KeyCode::Enter), Key::char(';'), Key::ctrl('u'), named(KeyCode::Enter)],
    );
    assert!(model.kept.notes.is_empty(), "an empty note is none");
}

#[test]
fn the_figures_of_the_program_are_shown() {
    let mut model = session();
    press(&mut model, &[Key::char('t'), Key::char('d')]);
    let spread = |micros| Spread {
        p50: Duration::from_micros(micros),
        p99: Duration::from_micros(micros * 4),
        most: Duration::from_micros(micros * 30),
    };
    let figures = Figures {
        update: spread(7),
        draw: spread(900),
        key: spread(1_100),
        messages: 5_012,
        frames: 60,
        events: (83, 1_024),
        decodings: 2,
        resident: Some(98 << 20),
        limits: Vec::new(),
    };
    let reached = |limit: &str, bytes, used, allowed, refused| Reached {
        limit: limit.to_owned(),
        bytes,
        allowed,
        used,
        refused,
    };
    let limits = vec![
        reached("connections-per-source", false, 384, 384, 12_345),
        reached("unsent-bytes-per-crawler", true, 120 << 20, 128 << 20, 3),
    ];
    fold(&mut model, before(0), Msg::Figures(figures.clone()));
    assert!(text(&mut model, 120, 40).contains("limits reached"), "none, which is said");
    fold(&mut model, before(0), Msg::Figures(Figures { limits, ..figures }));
    insta::assert_snapshot!("debug_120x40", text(&mut model, 120, 40));
    insta::assert_snapshot!("debug_40x10", text(&mut model, 40, 10));
    press(&mut model, &[Key::char('t'), Key::char('d')]);
    assert!(!text(&mut model, 120, 40).contains("DEBUG"));
}

#[test]
fn hostile_text_reaches_no_cell_of_the_lists_views() {
    let mut model = hostile_session();
    press(&mut model, &[Key::char('C')]);
    for (at, (column, _)) in model.kept.columns.list().to_vec().into_iter().enumerate() {
        if matches!(
            column,
            Column::Label | Column::Note | Column::Address | Column::Error | Column::Reply
        ) {
            press(&mut model, &[Key::char('g')]);
            press(&mut model, &vec![Key::char('j'); at + 3]);
            press(&mut model, &[Key::char(' ')]);
        }
    }
    press(&mut model, &[named(KeyCode::Esc), Key::char(';')]);
    fold(&mut model, before(0), Msg::Paste(HOSTILE.to_owned()));
    check(&mut model, "a note that is typed");
    let effects = press(&mut model, &[named(KeyCode::Enter)]);
    let toml = kept(&effects, KeptIn::Notes).expect("it is kept");
    assert!(!toml.contains(['\u{1b}', '\u{202e}', '\u{9b}']), "{toml:?}");
    check(&mut model, "the columns");
    for filter in ["nat:", "label:", "note:", "error:"] {
        press(&mut model, &[Key::char('/'), Key::ctrl('u')]);
        type_text(&mut model, filter);
        check(&mut model, filter);
        press(&mut model, &[named(KeyCode::Tab)]);
        check(&mut model, "a candidate");
        press(&mut model, &[named(KeyCode::Esc)]);
    }
}

#[test]
fn the_cursor_goes_to_the_peer_that_one_dials() {
    let dialled = |then: &[Key]| {
        let mut model = session();
        press(&mut model, &[Key::char('c')]);
        type_text(&mut model, "192.0.2.77:7760");
        press(&mut model, &[Key::named(KeyCode::Enter)]);
        press(&mut model, then);
        let peer = PeerKey::Address("192.0.2.77:7760".into());
        let phase = swarmscope_wire::failure::Phase::Tcp;
        let now = model.now;
        fold(
            &mut model,
            now,
            Msg::Node(Event::Connecting { peer: peer.clone(), phase, detail: String::new() }),
        );
        model.selected == Some(peer)
    };
    assert!(dialled(&[]));
    assert!(!dialled(&[Key::named(KeyCode::Down)]), "who has gone on meanwhile stays there");
}

#[test]
fn the_first_row_is_selected_until_somebody_chooses() {
    let mut model = blank();
    let peers: Vec<_> = (1..=4).map(|n| permid(&format!("{n}{n}00…0{n}"), 18)).collect();
    let join = |model: &mut Model, n: usize| {
        let event = Event::Connected {
            permid: peers[n],
            was: None,
            address: ([127, 0, 0, 1], 7700).into(),
            listening_port: 7700,
            version: OverlayVersion::CURRENT,
            transport: Transport::Tls,
            direction: Direction::Outgoing,
            rtt: Duration::from_millis(1),
        };
        let second = n as u64 * 1000;
        fold(model, before(60_000 - second), Msg::Node(event));
        fold(model, before(59_500 - second), Msg::Tick);
    };
    join(&mut model, 0);
    join(&mut model, 1);
    assert_eq!(names(&model)[0], model.name_of(&PeerKey::Permid(peers[1])), "the newest first");
    assert_eq!(model.selected_row(), Some(0), "nobody chose a peer");
    // moving down is a choice, and the selection stays with its peer from then on
    press(&mut model, &[Key::char('j')]);
    join(&mut model, 2);
    join(&mut model, 3);
    assert_eq!(model.selected, Some(PeerKey::Permid(peers[0])));
}

/// Does what the screen asks for where peers are to be forgotten.
fn forget(model: &mut Model) -> usize {
    let effects = press(model, &[Key::char('X')]);
    for effect in &effects {
        let Effect::Forget(key) = effect else { panic!("{effect:?}") };
        fold(model, before(0), Msg::Forgotten(key.clone()));
    }
    effects.len()
}

#[test]
fn a_peer_that_is_gone_is_forgotten_and_its_neighbour_selected() {
    let mut model = session();
    press(&mut model, &[Key::char('/')]);
    type_text(&mut model, "state:failed");
    press(&mut model, &[named(KeyCode::Enter), Key::char('g')]);
    let failed = names(&model);
    let known = model.facts.peers().len();
    assert_eq!(forget(&mut model), 1);
    assert_eq!(names(&model), failed[1..]);
    assert_eq!(model.facts.peers().len(), known - 1);
    assert_eq!(model.peer().map(|peer| model.name_of(&peer.key)), failed.get(1).cloned());
    assert!(text(&mut model, 120, 40).contains(&format!("{} forgotten", failed[0])));
    let mut model = session();
    press(&mut model, &[Key::char('g')]);
    assert_eq!(forget(&mut model), 0, "the first one is connected");
    assert!(text(&mut model, 120, 40).contains("D closes"));
}

#[test]
fn marked_peers_are_forgotten_at_the_second_press_and_only_if_they_are_gone() {
    let mut model = session();
    press(&mut model, &[Key::char('a')]);
    let gone = model.facts.peers().iter().filter(|peer| peer.can_be_forgotten()).count();
    let known = model.facts.peers().len();
    assert!(gone > 1 && gone < known);
    assert_eq!(forget(&mut model), 0);
    assert!(text(&mut model, 120, 40).contains("press again to forget"));
    press(&mut model, &[Key::char('j')]);
    assert_eq!(forget(&mut model), 0, "something else was done in between");
    assert_eq!(forget(&mut model), gone);
    assert_eq!(
        (model.facts.peers().len(), model.facts.marks().len()),
        (known - gone, known - gone)
    );
    assert_eq!(names(&model).len(), known - gone);
    let text = text(&mut model, 120, 40);
    assert!(text.contains(&format!("{} peers", known - gone)), "the counts follow: {text}");
}
