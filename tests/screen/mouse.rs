//! The mouse, as somebody uses it: pointing at what is drawn.

use std::time::Duration;

use crossterm::event::KeyCode;
use swarmscope::screen::keys::spot::Gesture;
use swarmscope::screen::keys::spot::Spot;
use swarmscope::screen::{Effect, Key, Mode, Model, Msg, Pane};
use swarmscope::tui::Theme;
use swarmscope::tui::draw::{draw, spot};
use swarmscope::tui::theme::Depth;
use swarmscope::tui::tops::Tops;

use crate::fixture::{drawn, fold, press};
use crate::pictures::session;

fn theme() -> Theme {
    Theme::built_in("dark", Depth::True).expect("built in")
}

/// Where a text stands on the screen.
fn find(model: &mut Model, text: &str) -> (u16, u16) {
    let (columns, rows) = model.size;
    let (cells, _) = drawn(model, columns, rows, &theme());
    for y in 0..rows {
        let row: Vec<&str> = (0..columns).map(|x| cells[(x, y)].symbol()).collect();
        let found = (0..row.len()).find(|&x| row[x..].concat().starts_with(text));
        if let Some(x) = found {
            return (u16::try_from(x).expect("a column"), y);
        }
    }
    panic!("{text:?} is not on the screen");
}

/// Does something with the mouse at a cell, as the program would.
fn point(model: &mut Model, gesture: Gesture, at: (u16, u16)) -> Vec<Effect> {
    let what = spot(model, &theme(), Tops::default(), at);
    let now = model.now;
    fold(model, now, Msg::Mouse(gesture, what))
}

fn click(model: &mut Model, text: &str) -> Vec<Effect> {
    let at = find(model, text);
    // each click stands alone
    model.now.instant += Duration::from_secs(1);
    point(model, Gesture::Press, at)
}

#[test]
fn a_click_selects_a_row_and_gives_its_pane_the_focus() {
    let mut model = session();
    click(&mut model, "d02e…f3");
    assert_eq!(model.focus, Pane::Peers);
    assert_eq!(model.name_of(model.selected.as_ref().expect("selected")), "d02e…f3");
    click(&mut model, "9f3a…c1");
    click(&mut model, "REPEX");
    assert_eq!(model.focus, Pane::Channels);
    assert!(model.registry().label(model.request().expect("a request").message).contains("REPEX"));
    click(&mut model, "REQUEST");
    assert_eq!(model.focus, Pane::Request);
    assert!(matches!(model.mode, Mode::Main), "only the focus");
}

#[test]
fn a_double_click_opens_and_never_sends() {
    let mut model = session();
    for text in ["d02e…f3", "c3f1…2a"] {
        let at = find(&mut model, text);
        let mut effects = point(&mut model, Gesture::Press, at);
        effects.extend(point(&mut model, Gesture::Press, at));
        assert!(effects.is_empty(), "{effects:?}");
        press(&mut model, &[Key::named(KeyCode::Esc)]);
        press(&mut model, &[Key::named(KeyCode::Esc)]);
    }
    click(&mut model, "9f3a…c1");
    let at = find(&mut model, "NATCHECK");
    point(&mut model, Gesture::Press, at);
    model.now.instant += Duration::from_secs(1);
    point(&mut model, Gesture::Press, at);
    assert_eq!(model.focus, Pane::Channels, "two slow clicks are no double click");
    point(&mut model, Gesture::Press, at);
    assert_eq!(model.focus, Pane::Reply, "it is read");
}

#[test]
fn the_wheel_scrolls_what_is_under_the_pointer_and_leaves_the_focus() {
    let mut model = session();
    press(&mut model, &[Key::named(KeyCode::Tab)]);
    let before = model.selected_row().expect("a row");
    let at = find(&mut model, "2e7d…44");
    point(&mut model, Gesture::WheelDown, at);
    assert_eq!(model.selected_row(), Some(before + 3));
    assert_eq!(model.focus, Pane::Channels);
    point(&mut model, Gesture::WheelUp, at);
    assert_eq!(model.selected_row(), Some(before));
    // over an overlay it scrolls that, and a click behind it reaches nothing
    press(&mut model, &[Key::char('?')]);
    point(&mut model, Gesture::WheelDown, at);
    assert!(matches!(model.mode, Mode::Help { top: 3, .. }), "{:?}", model.mode);
    point(&mut model, Gesture::Press, at);
    assert_eq!(model.selected_row(), Some(before));
}

#[test]
fn entries_of_the_footer_are_pressed() {
    let mut model = session();
    click(&mut model, "/ filter");
    assert!(matches!(model.mode, Mode::Filter));
    press(&mut model, &[Key::named(KeyCode::Esc)]);
    click(&mut model, "? help");
    assert!(matches!(model.mode, Mode::Help { .. }));
    press(&mut model, &[Key::named(KeyCode::Esc)]);
    let quit = click(&mut model, "q quit");
    assert!(matches!(quit[..], [Effect::Quit { interrupted: false }]), "{quit:?}");
}

#[test]
fn the_list_of_commands_and_of_messages_can_be_pointed_at() {
    let mut model = session();
    press(&mut model, &[Key::char(':')]);
    crate::fixture::type_text(&mut model, "copy");
    click(&mut model, "copy reply");
    let Mode::Palette(palette) = &model.mode else { panic!("{:?}", model.mode) };
    assert!(palette.at > 0);
    press(&mut model, &[Key::named(KeyCode::Esc), Key::char('r')]);
    let at = find(&mut model, "SEEDINGSTATS");
    for _ in 0..2 {
        point(&mut model, Gesture::Press, at);
    }
    assert!(matches!(model.mode, Mode::Payload | Mode::Frequency), "{:?}", model.mode);
}

#[test]
fn every_cell_of_every_size_can_be_pointed_at() {
    let mut model = session();
    for (columns, rows) in [(120, 40), (80, 24), (60, 20), (40, 10), (5, 3), (1, 1)] {
        drawn(&mut model, columns, rows, &theme());
        for at in (0..=rows).step_by(3).flat_map(|y| (0..=columns).step_by(7).map(move |x| (x, y)))
        {
            let mut cells =
                ratatui::buffer::Buffer::empty(ratatui::layout::Rect::new(0, 0, columns, rows));
            draw(&mut cells, &model, &theme(), &mut Tops::default());
            let _: Spot = spot(&model, &theme(), Tops::default(), at);
        }
    }
}

#[test]
fn the_mouse_is_switched_on_and_off_by_a_command() {
    let mut model = session();
    for on in [true, false] {
        let effects = press(&mut model, &[Key::char('t'), Key::char('m')]);
        assert!(matches!(effects[..], [Effect::Mouse(now)] if now == on), "{effects:?}");
    }
}

#[test]
fn on_the_screen_of_one_peer_a_click_moves_the_one_cursor() {
    use swarmscope::screen::peer_screen::cursor::Focus;
    let mut model = crate::talk::story().0;
    fold(&mut model, crate::fixture::before(0), Msg::Resize(120, 40));
    click(&mut model, "part 3, hint 2");
    assert_eq!((model.inspect.focus, model.part()), (Focus::Conversation, Some(3)));
    click(&mut model, "parts left");
    assert_eq!((model.inspect.focus, model.inspect.byte), (Focus::Frame, 7));
    click(&mut model, "1   61 ms"); // the first part, after that time
    assert_eq!((model.inspect.focus, model.part()), (Focus::Channel, Some(1)));
    click(&mut model, "e7 01 91"); // the frame's id among the bytes
    assert_eq!((model.inspect.focus, model.inspect.byte), (Focus::Bytes, 4));
    let at = find(&mut model, "CHALLENGE");
    point(&mut model, Gesture::WheelUp, at);
    assert_eq!(model.inspect.focus, Focus::Conversation, "the wheel moves where the pointer is");
    assert_ne!(model.part(), Some(1));
}

#[test]
fn a_click_on_a_heading_sorts_by_its_column_and_again_reverses() {
    use swarmscope::screen::list::columns::Layout as _;
    use swarmscope_facts::list::{By, Column};
    let mut model = session();
    let by = By::Column(Column::Version);
    for reversed in [false, true, false] {
        click(&mut model, Column::Version.heading());
        assert_eq!((model.order.sort.by, model.order.sort.reversed), (by, reversed));
    }
}
