//! Overview, map and matrix: how the swarm is, each figure with what it is of, one cell a peer.

use crossterm::event::KeyCode;
use ratatui::buffer::Cell;
use swarmscope::screen::{Key, Mode, Model, Msg, Screen};
use swarmscope::tui::Theme;
use swarmscope::tui::theme::Depth;
use swarmscope_facts::list::census::Way;
use swarmscope_peer::node::{Event, PeerKey, Source};

use crate::crowd;
use crate::fixture::{before, blank, drawn, fold, press};
use crate::pictures::session;
use crate::snapshots::dark;

const SIZES: [(u16, u16); 5] = [(60, 20), (80, 24), (100, 30), (120, 40), (200, 60)];

fn on(key: char, mut model: Model) -> Model {
    press(&mut model, &[Key::char(key)]);
    model
}

#[test]
fn one_to_six_are_the_screens() {
    let mut model = crowd::odd_one_out();
    for (key, screen) in [
        ('1', Screen::Overview),
        ('2', Screen::Main),
        ('3', Screen::Many),
        ('5', Screen::Map),
        ('6', Screen::Reach),
        ('2', Screen::Main),
    ] {
        press(&mut model, &[Key::char(key)]);
        assert_eq!(model.screen, screen, "{key}");
    }
    // from the log, too: no digit of a screen begins a count there
    for (key, screen) in [
        ('1', Screen::Overview),
        ('2', Screen::Main),
        ('3', Screen::Many),
        ('5', Screen::Map),
        ('6', Screen::Reach),
    ] {
        press(&mut model, &[Key::char('4'), Key::char('4')]);
        assert!(dark(&mut model, 120, 40).contains("LOG"));
        press(&mut model, &[Key::char(key)]);
        assert_eq!(model.screen, screen, "{key}");
        assert!(matches!(model.mode, Mode::Main), "{key}");
    }
}

#[test]
fn every_figure_is_of_something_and_the_parts_add_up() {
    for view in [session, crowd::swarm, crowd::odd_one_out, blank] {
        let model = view();
        let census = &model.census;
        let peers = model.facts.peers();
        assert_eq!(census.known(), peers.len());
        assert_eq!(Way::ALL.map(|way| census.way(way)).iter().sum::<usize>(), peers.len());
        assert_eq!(census.way(Way::Connected), model.tally.connected);
        assert_eq!(census.asked(), peers.iter().filter(|peer| peer.last().is_some()).count());
        assert_eq!(census.odd(), model.tally.signals);
        let causes: usize = census.causes().iter().map(|(_, n)| n).sum();
        assert_eq!(causes, model.tally.refused + model.tally.failed);
        let versions: usize = census.versions().iter().map(|(_, n)| n).sum();
        assert_eq!(versions, peers.len());
    }
    let text = dark(&mut on('1', session()), 120, 40);
    for figure in ["of 37 known", "last question of", "NOT KNOWN HERE", "a column a second"] {
        assert!(text.contains(figure), "{figure}\n{text}");
    }
    assert!(!text.contains("coverage  "), "nobody can know that from one session");
}

#[test]
fn overview_at_every_layout() {
    for (columns, rows) in [(60, 20), (200, 60)] {
        let name = format!("overview_{columns}x{rows}");
        insta::assert_snapshot!(name, dark(&mut on('1', session()), columns, rows));
    }
    insta::assert_snapshot!("overview_empty_80x24", dark(&mut on('1', blank()), 80, 24));
}

#[test]
fn the_map_has_a_cell_for_each_peer_and_its_legend_adds_up() {
    for (columns, rows) in SIZES {
        let mut model = on('5', session());
        let text = dark(&mut model, columns, rows);
        assert!(text.contains("37 peers"), "{text}");
        let sheet = model.sheet();
        assert_eq!((sheet.peers, model.census.places()), (1, 37), "{columns}×{rows}");
    }
    insta::assert_snapshot!("map_80x24", dark(&mut on('5', session()), 80, 24));
    let mut model = on('5', crowd::odd_one_out());
    press(&mut model, &[Key::char('v')]);
    insta::assert_snapshot!("map_by_answer_120x40", dark(&mut model, 120, 40));
}

#[test]
fn the_cursor_of_the_map_is_the_selected_peer_and_explains_its_cell() {
    let mut model = on('5', session());
    let place = |model: &Model| {
        model.selected.as_ref().and_then(|key| model.facts.peers().index(key)).expect("a peer")
    };
    press(&mut model, &[Key::char('g')]);
    let first = place(&model);
    press(&mut model, &[Key::named(KeyCode::Right)]);
    assert_eq!(place(&model), first + 1);
    press(&mut model, &[Key::named(KeyCode::Down)]);
    assert_eq!(place(&model), first + 1 + model.sheet().columns());
    press(&mut model, &[Key::named(KeyCode::Up), Key::named(KeyCode::Left)]);
    assert_eq!(place(&model), first);
    press(&mut model, &[Key::char('G')]);
    assert_eq!(place(&model), 36);
    let name = model.name_of(model.selected.as_ref().expect("a peer"));
    let text = dark(&mut model, 120, 40);
    assert!(text.matches(&name).count() >= 2, "in its cell, and where it is explained: {text}");
    press(&mut model, &[Key::named(KeyCode::Enter)]);
    assert_eq!(model.screen, Screen::Peer);
}

#[test]
fn fifty_thousand_peers_share_cells_and_it_says_so() {
    let mut model = blank();
    for n in 0..50_000_u32 {
        let peer = PeerKey::Address(format!("10.{}.{}.{}:1", n >> 16, n >> 8 & 255, n & 255));
        let source = Source::Operator;
        let heard = Event::Discovered { peer, address: None, version: None, source };
        fold(&mut model, before(0), Msg::Node(heard));
    }
    press(&mut model, &[Key::char('5')]);
    for (columns, rows) in SIZES {
        let text = dark(&mut model, columns, rows);
        assert!(text.contains("50 000 peers, up to"), "{columns}×{rows}: {text}");
        press(&mut model, &[Key::named(KeyCode::Down), Key::named(KeyCode::Right)]);
    }
    press(&mut model, &[Key::char('G')]);
    assert!(model.map_cell().is_some_and(|cell| cell > 1_000));
}

/// In the terminal's own colours, or none, the cursor is seen and reverse is 254's alone.
#[test]
fn the_map_can_be_read_without_colours() {
    let mono = Theme::built_in("mono", Depth::None).expect("built in");
    let (cells, _) = drawn(&mut on('5', session()), 120, 40, &mono);
    let (plain, _) = drawn(
        &mut on('5', session()),
        120,
        40,
        &Theme::built_in("dark", Depth::True).expect("built in"),
    );
    let text = |cells: &ratatui::buffer::Buffer| -> String {
        cells.content.iter().map(Cell::symbol).collect()
    };
    assert_eq!(text(&cells), text(&plain));
}

#[test]
fn the_matrix_says_that_it_is_derived() {
    let mut model = on('6', crowd::swarm());
    let text = dark(&mut model, 120, 40);
    for words in ["derived from what 48 of 60 peers said, not tried", "of 2256 from one", "√"] {
        assert!(text.replace("2 256 ways", "2256").contains(words), "{words}\n{text}");
    }
    insta::assert_snapshot!("reach_80x24", dark(&mut model, 80, 24));
    let text = dark(&mut on('6', blank()), 80, 24);
    assert!(text.contains("No peer has said"), "{text}");
}
