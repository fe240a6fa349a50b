//! What somebody sees who starts the program for the first time.

use std::time::Duration;

use crossterm::event::KeyCode;
use swarmscope::screen::hints::given::Hints;
use swarmscope::screen::hints::hints;
use swarmscope::screen::kept::KeptIn;
use swarmscope::screen::{Effect, Key, Mode, Model, Msg, Now, Screen};

use crate::fixture::{before, blank, fold, press, type_text};
use crate::pictures::session;
use crate::snapshots::dark;

const ESC: Key = Key::named(KeyCode::Esc);

fn first(mut model: Model) -> Model {
    model.kept.hints = Hints::first();
    model
}

fn shown(model: &Model) -> Vec<&'static str> {
    hints(model).into_iter().map(|hint| hint.text).collect()
}

#[test]
fn three_hints_until_they_are_followed() {
    let mut model = first(session());
    assert_eq!(shown(&model), ["ask the selected peer", "all keys", "filter the list"]);
    press(&mut model, &[Key::char('?'), ESC]);
    assert_eq!(shown(&model), ["ask the selected peer", "filter the list"]);
    press(&mut model, &[Key::char('/'), ESC]);
    assert_eq!(shown(&model), ["ask the selected peer"]);
    press(&mut model, &[Key::named(KeyCode::Enter)]);
    assert_eq!(shown(&model), [""; 0]);
}

#[test]
fn no_hint_stands_where_its_key_does_something_else() {
    let mut model = first(session());
    press(&mut model, &["a", "ctrl-s"].map(|key| key.parse().expect("a key")));
    assert_eq!(
        (model.screen, shown(&model)),
        (Screen::Many, Vec::new()),
        "enter would send to everybody"
    );
    press(&mut model, &["esc", "i"].map(|key| key.parse().expect("a key")));
    assert_eq!((model.screen, shown(&model)), (Screen::Peer, Vec::new()));
    press(&mut model, &["esc"].map(|key| key.parse().expect("a key")));
    assert!(!shown(&model).is_empty());
}

#[test]
fn esc_hides_them_where_it_has_nothing_else_to_do() {
    let mut model = first(session());
    press(&mut model, &[Key::named(KeyCode::Tab), ESC]);
    assert_eq!(shown(&model).len(), 3, "it only went back to the list");
    press(&mut model, &[ESC]);
    assert_eq!(shown(&model).len(), 0);
}

#[test]
fn that_they_were_shown_is_kept_and_nothing_else() {
    let mut model = first(session());
    let now = model.now;
    let later = Now { instant: now.instant + Duration::from_secs(1), wall: now.wall };
    let kept: Vec<_> = fold(&mut model, later, Msg::Tick)
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Keep(KeptIn::Hints, text) => Some(text),
            _ => None,
        })
        .collect();
    assert!(matches!(&kept[..], [text] if text.lines().last() == Some("shown = true")), "{kept:?}");
    assert!(fold(&mut model, later, Msg::Tick).is_empty(), "once");
    assert!(
        fold(&mut session(), before(0), Msg::Tick).is_empty(),
        "who has seen them writes nothing"
    );
}

#[test]
fn without_peers_it_says_what_to_do_first() {
    let mut model = first(blank());
    assert_eq!(shown(&model), ["connect to a peer", "all keys", "all commands"]);
    for (columns, rows) in [(120, 40), (80, 24), (60, 20), (40, 10)] {
        insta::assert_snapshot!(
            format!("first_run_{columns}x{rows}"),
            dark(&mut model, columns, rows)
        );
    }
    press(&mut model, &[Key::char(':')]);
    type_text(&mut model, "connect 192.0.2.1:7760");
    press(&mut model, &[Key::named(KeyCode::Enter)]);
    assert!(matches!(model.mode, Mode::Main));
    assert_eq!(shown(&model), ["all keys"], "the list of commands and what ran from it count, too");
}
