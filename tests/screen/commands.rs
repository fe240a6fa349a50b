//! The list of commands: searching, arguments, completion, errors under the cursor.

use crossterm::event::KeyCode;
use swarmscope::app::{Effect, Key, Mode, Model};
use swarmscope::wire::MessageId;

use crate::fixture::{press, session, type_text};
use crate::snapshots::dark;

const ENTER: Key = Key::named(KeyCode::Enter);
const TAB: Key = Key::named(KeyCode::Tab);
const DOWN: Key = Key::named(KeyCode::Down);

/// The session with the list open and this typed.
fn typed(text: &str) -> Model {
    let mut model = session();
    press(&mut model, &[Key::char(':')]);
    type_text(&mut model, text);
    model
}

fn line(model: &Model) -> String {
    let Mode::Palette(palette) = &model.mode else { panic!("the list is closed") };
    palette.input.text().to_owned()
}

#[test]
fn an_argument_runs_the_command_with_it() {
    let mut model = typed("filter 81bc");
    press(&mut model, &[ENTER]);
    assert!(matches!(model.mode, Mode::Main));
    assert_eq!((model.filter.text(), model.order.rows().len()), ("81bc", 1));

    let mut model = typed("connect 192.0.2.7:7760");
    let effects = press(&mut model, &[ENTER]);
    assert!(matches!(&effects[..], [Effect::Connect(target)] if target.to_string() == "192.0.2.7:7760"), "{effects:?}");

    let mut model = typed("send natcheck");
    let effects = press(&mut model, &[ENTER]);
    assert!(matches!(&effects[..], [Effect::Request(ask)] if ask.message == MessageId::NATCHECK), "{effects:?}");

    let mut model = typed("send database SELECT 1");
    let effects = press(&mut model, &[ENTER]);
    assert!(matches!(&effects[..], [Effect::Request(ask)] if &ask.payload[..] == b"SELECT 1"), "{effects:?}");
}

#[test]
fn without_an_argument_the_command_runs_as_on_its_key() {
    for text in ["filter", "filter "] {
        let mut model = typed(text);
        press(&mut model, &[ENTER]);
        assert!(matches!(model.mode, Mode::Filter), "{text:?}: {:?}", model.mode);
    }
}

#[test]
fn what_cannot_be_taken_is_said_under_its_place_and_the_line_stays() {
    for (text, what) in [
        ("connect nowhere", "the port is missing"),
        ("sort nonsense", "there are "),
        ("request natchek", "no message is called natchek"),
        ("view tre", "do you mean tree?"),
    ] {
        let mut model = typed(text);
        assert!(press(&mut model, &[ENTER]).is_empty());
        let Mode::Palette(palette) = &model.mode else { panic!("{text}: closed") };
        let wrong = palette.wrong.clone().unwrap_or_else(|| panic!("{text}"));
        assert!(wrong.what.contains(what), "{text}: {wrong:?}");
        assert_eq!(Some(wrong.at), text.find(' ').map(|at| at + 1), "{text}");
        let (row, carets) = {
            let screen = dark(&mut model, 100, 30);
            let rows: Vec<String> = screen.lines().map(str::to_owned).collect();
            let at = rows.iter().position(|row| row.contains(&format!(": {text}"))).expect("the line");
            (rows[at].clone(), rows[at + 1].clone())
        };
        let column = |row: &str, of: &str| row[..row.find(of).expect(of)].chars().count();
        assert!(column(&carets, "^") <= column(&row, text) + wrong.at, "{row}\n{carets}");
        type_text(&mut model, "x");
        let Mode::Palette(palette) = &model.mode else { panic!("closed") };
        assert_eq!(palette.wrong, None, "typing takes it back");
    }
}

#[test]
fn tab_completes_a_command_and_then_what_it_takes() {
    let mut model = typed("conn");
    press(&mut model, &[TAB]);
    assert_eq!(line(&model), "connect ");
    let mut model = typed("vie");
    press(&mut model, &[TAB]);
    assert_eq!(line(&model), "view ");
    for expected in ["view tree", "view text", "view hex", "view diff", "view tree"] {
        press(&mut model, &[TAB]);
        assert_eq!(line(&model), expected, "the candidates come round");
    }
    press(&mut model, &[Key::named(KeyCode::BackTab)]);
    assert_eq!(line(&model), "view diff");
    let mut model = typed("request nat");
    press(&mut model, &[DOWN]);
    assert_eq!(line(&model), "request natcheck");
    press(&mut model, &[DOWN]);
    assert_eq!(line(&model), "request nattraversal", "what was typed is what they are searched by");
    press(&mut model, &[ENTER]);
    assert_eq!(model.composer.message, MessageId::NATTRAVERSAL);
}

#[test]
fn hidden_addresses_are_not_offered() {
    let mut model = typed("connect ");
    model.setup.privacy = true;
    assert!(swarmscope::app::palette::found(&model).is_empty());
}

#[test]
fn it_looks_like_this() {
    for (name, text, more) in [
        ("commands_found", "se", vec![]),
        ("commands_argument", "request ", vec![]),
        ("commands_candidate", "request na", vec![TAB]),
        ("commands_wrong", "connect 192.0.2.7", vec![ENTER]),
    ] {
        for (columns, rows) in [(120, 40), (80, 24)] {
            let mut model = typed(text);
            press(&mut model, &more);
            insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), dark(&mut model, columns, rows));
        }
    }
}
