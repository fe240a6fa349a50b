//! The screen at the sizes it is laid out for, cell by cell.

use crossterm::event::KeyCode;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use swarmscope::screen::{Key, Model, Msg};
use swarmscope::tui::Theme;
use swarmscope::tui::draw::draw;
use swarmscope::tui::theme::Depth;
use swarmscope::tui::tops::Tops;

use crate::fixture::{blank, fold, press, type_text};
use crate::pictures::session;

fn screen(model: &mut Model, columns: u16, rows: u16, theme: &str, depth: Depth) -> String {
    let theme = Theme::built_in(theme, depth).expect("built in");
    let now = model.now;
    fold(model, now, Msg::Resize(columns, rows));
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).expect("a test backend");
    let frame = terminal.draw(|frame| {
        draw(frame.buffer_mut(), model, &theme, &mut Tops::default());
    });
    frame.expect("a frame");
    terminal.backend().to_string()
}

pub fn dark(model: &mut Model, columns: u16, rows: u16) -> String {
    screen(model, columns, rows, "dark", Depth::True)
}

#[test]
fn main_screen_at_every_layout() {
    // those of 200x60, 120x40, 80x24 and 60x20 are kept as pictures
    for (columns, rows) in [(100, 30), (40, 10), (39, 9)] {
        insta::assert_snapshot!(
            format!("main_{columns}x{rows}"),
            dark(&mut session(), columns, rows)
        );
    }
}

#[test]
fn one_pane_inside() {
    let mut model = session();
    fold(&mut model, crate::fixture::before(0), Msg::Resize(60, 20));
    press(&mut model, &[Key::named(KeyCode::Enter)]);
    insta::assert_snapshot!("inside_60x20", dark(&mut model, 60, 20));
    insta::assert_snapshot!("inside_40x10", dark(&mut model, 40, 10));
}

#[test]
fn composer() {
    let mut model = session();
    press(&mut model, &[Key::char('r')]);
    type_text(&mut model, "na");
    // the larger ones are kept as pictures
    insta::assert_snapshot!("picker_40x12", dark(&mut model, 40, 12));
    let mut model = session();
    press(&mut model, &[Key::char('p')]);
    insta::assert_snapshot!("payload_80x24", dark(&mut model, 80, 24));
}

#[test]
fn before_anything_has_happened() {
    insta::assert_snapshot!("empty_80x24", dark(&mut blank(), 80, 24));
}

#[test]
fn overlays() {
    for (name, key) in [("help", '?'), ("commands", ':'), ("log", 'L')] {
        let mut model = session();
        press(&mut model, &[Key::char(key)]);
        // the help at 100x30 is kept as a picture
        let large = (name != "help").then_some((100, 30));
        for (columns, rows) in large.into_iter().chain([(60, 20), (40, 10)]) {
            insta::assert_snapshot!(
                format!("{name}_{columns}x{rows}"),
                dark(&mut model, columns, rows)
            );
        }
    }
}

#[test]
fn each_kind_of_outcome() {
    let down = Key::named(KeyCode::Down);
    for (name, steps) in [("not_yet", 1), ("timed_out", 3), ("unknown_message", 5)] {
        let mut model = session();
        // the channels, from the newest on
        press(&mut model, &[Key::named(KeyCode::Tab), Key::char('g')]);
        press(&mut model, &vec![down; steps]);
        insta::assert_snapshot!(format!("{name}_120x40"), dark(&mut model, 120, 40));
    }
}

#[test]
fn peers_that_are_not_connected_say_why() {
    for (name, filter) in
        [("refused", "5e01"), ("failed", "3388"), ("gone", "6fe4"), ("connecting", "0c44")]
    {
        let mut model = session();
        press(&mut model, &[Key::char('/')]);
        type_text(&mut model, filter);
        press(&mut model, &[Key::named(KeyCode::Enter)]);
        insta::assert_snapshot!(format!("{name}_80x24"), dark(&mut model, 80, 24));
    }
}

/// Without colour the same cells, and every state still has a sign of its own.
#[test]
fn without_colour() {
    let mono = screen(&mut session(), 120, 40, "mono", Depth::None);
    assert_eq!(mono, dark(&mut session(), 120, 40), "the same characters in every theme");
}

#[test]
fn plain_characters_only_where_the_terminal_shows_no_others() {
    let mut theme = Theme::built_in("dark", Depth::Sixteen).expect("built in");
    theme.ascii = true;
    let (cells, _) = {
        let mut model = session();
        crate::fixture::drawn(&mut model, 120, 40, &theme)
    };
    let text: String = cells.content.iter().map(ratatui::buffer::Cell::symbol).collect();
    assert!(text.is_ascii());
    assert!(text.contains("[254]") && text.contains("* 9f3a~c1"));
}
