//! The list of commands: searching, arguments, completion, errors under the cursor.

use crossterm::event::KeyCode;
use swarmscope::screen::commands::{COMMANDS, Group, TABLE};
use swarmscope::screen::keys::keymap;
use swarmscope::screen::palette::{self, Entry};
use swarmscope::screen::{Effect, Key, Mode, Model, Screen};
use swarmscope_probes::config_file::ConfigFile;
use swarmscope_wire::MessageId;

use crate::fixture::{press, type_text};
use crate::pictures::session;
use crate::reply::does;
use crate::snapshots::dark;

const ENTER: Key = Key::named(KeyCode::Enter);
const TAB: Key = Key::named(KeyCode::Tab);
const DOWN: Key = Key::named(KeyCode::Down);

/// The session with the list open and this typed.
fn typed(text: &str) -> Model {
    let mut model = session();
    model.themes = ["dark", "light"].map(str::to_owned).to_vec();
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
    assert!(
        matches!(&effects[..], [Effect::Connect(target)] if target.to_string() == "192.0.2.7:7760"),
        "{effects:?}"
    );

    let mut model = typed("send natcheck");
    assert!(press(&mut model, &[ENTER]).is_empty(), "it was asked: that is said first");
    press(&mut model, &[Key::char(':')]);
    type_text(&mut model, "send natcheck");
    let effects = press(&mut model, &[ENTER]);
    assert!(
        matches!(&effects[..], [Effect::Request(ask)] if ask.message == MessageId::NATCHECK),
        "{effects:?}"
    );

    let mut model = typed("send database SELECT 1");
    let effects = press(&mut model, &[ENTER]);
    assert!(
        matches!(&effects[..], [Effect::Request(ask)] if &ask.payload[..] == b"SELECT 1"),
        "{effects:?}"
    );
}

#[test]
fn without_an_argument_the_command_runs_as_on_its_key() {
    for text in ["filter", "filter "] {
        let mut model = typed(text);
        press(&mut model, &[ENTER]);
        assert!(matches!(model.mode, Mode::Filter), "{text:?}: {:?}", model.mode);
    }
}

/// `list` also stands in `other list`, and `send` takes a message, but `now` is none.
#[test]
fn a_whole_name_means_that_command() {
    let mut model = session();
    press(&mut model, &[Key::char('5'), Key::char(':')]);
    type_text(&mut model, "list");
    press(&mut model, &[ENTER]);
    assert_eq!(model.screen, Screen::Main);

    let mut model = session();
    press(&mut model, &[Key::char(' '), Key::char(':')]);
    type_text(&mut model, "send now");
    press(&mut model, &[ENTER]);
    assert!(model.many.preview.is_some(), "{:?}", model.mode);

    let mut names: Vec<(&str, &str)> =
        palette::offered(&session()).map(|command| (command.name, command.name)).collect();
    names.extend([
        ("case export", "export case"),
        ("theme", "next theme"),
        ("save json", "save JSON"),
    ]);
    for (line, name) in names {
        let model = typed(line);
        let lines = palette::found(&model);
        let Some(Entry::Command(first)) = lines.first().map(|found| &found.entry) else {
            panic!("{line}: {lines:?}")
        };
        assert_eq!(first.name, name, "{line}");
    }
}

#[test]
fn what_cannot_be_taken_is_said_under_its_place_and_the_line_stays() {
    for (text, what) in [
        ("connect nowhere", "the port is missing"),
        ("sort nonsense", "there are "),
        ("request natchek", "no message natchek"),
        ("view tre", "did you mean tree?"),
        ("theme lihgt", "did you mean light?"),
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
            let at =
                rows.iter().position(|row| row.contains(&format!(": {text}"))).expect("the line");
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
    let mut model = typed("next th");
    press(&mut model, &[TAB]);
    assert_eq!(line(&model), "theme ", "the word that takes an argument");
    press(&mut model, &[TAB]);
    assert_eq!(line(&model), "theme dark");
    let effects = press(&mut model, &[ENTER]);
    assert!(matches!(&effects[..], [Effect::Theme(name)] if name == "dark"), "{effects:?}");
    let mut model = typed("save reply.bin");
    let effects = press(&mut model, &[ENTER]);
    assert!(
        matches!(&effects[..], [Effect::Save { path, overwrite: false, .. }] if path.ends_with("reply.bin")),
        "{effects:?}"
    );
    let mut model = typed("vie");
    press(&mut model, &[TAB]);
    assert_eq!(line(&model), "view ");
    for expected in ["view tree", "view table", "view text", "view hex", "view diff", "view tree"] {
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
    model.setup.naming.privacy = true;
    assert!(swarmscope::screen::palette::found(&model).is_empty());
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
            insta::assert_snapshot!(
                format!("{name}_{columns}x{rows}"),
                dark(&mut model, columns, rows)
            );
        }
    }
}

#[test]
fn the_first_key_of_a_sequence_shows_what_may_follow() {
    let mut model = session();
    press(&mut model, &[Key::char('y')]);
    let screen = dark(&mut model, 120, 40);
    assert!(screen.contains("─ y …") && screen.contains("copy as a command"), "{screen}");
    assert!(
        screen.contains("copy the reply's bytes as hex  "),
        "whole, and apart from what follows: {screen}"
    );
    for (columns, rows) in [(120, 40), (80, 24), (60, 20), (40, 10)] {
        insta::assert_snapshot!(
            format!("which_key_{columns}x{rows}"),
            dark(&mut model, columns, rows)
        );
    }
    for leave in [KeyCode::Esc, KeyCode::Backspace] {
        press(&mut model, &[Key::named(leave)]);
        assert!(model.pending.is_empty() && !dark(&mut model, 120, 40).contains("─ y …"));
        assert!(matches!(model.mode, Mode::Main));
        press(&mut model, &[Key::char('y')]);
    }
    let lines = model.log.lines().len();
    press(&mut model, &[Key::char('#')]);
    assert_eq!(model.log.lines().len(), lines, "what is on no key is said, and not kept");
    assert!(dark(&mut model, 120, 40).contains("no command is bound to y #"));
}

#[test]
fn the_footer_names_a_prefix_once() {
    let (left, right) = swarmscope::screen::commands::footer(&session());
    let copies: Vec<_> = left.iter().filter(|footing| footing.key.starts_with('y')).collect();
    assert!(matches!(&copies[..], [copy] if copy.key == "y…" && copy.verb == "copy"), "{left:?}");
    assert_eq!(right.iter().map(|footing| &*footing.verb).collect::<Vec<_>>(), ["help", "quit"]);
}

#[test]
fn the_help_begins_with_what_can_be_done_here_and_is_searched() {
    let mut model = session();
    press(&mut model, &[TAB, Key::char('?')]);
    let sections = swarmscope::screen::commands::help(&model);
    assert_eq!(sections[0].title, "CHANNELS");
    assert!(sections.iter().any(|section| section.elsewhere && section.title == "LIST"));
    press(&mut model, &[Key::char('/')]);
    type_text(&mut model, "copy");
    let found = swarmscope::screen::commands::help(&model);
    let docs: Vec<&str> =
        found.iter().flat_map(|section| section.lines.iter().map(|line| line.doc)).collect();
    assert!(docs.contains(&"copy as a command") && docs.len() < 12, "{docs:?}");
    for (columns, rows) in [(120, 40), (80, 24), (40, 10)] {
        insta::assert_snapshot!(
            format!("help_search_{columns}x{rows}"),
            dark(&mut model, columns, rows)
        );
    }
    type_text(&mut model, " nonsense");
    assert!(dark(&mut model, 120, 40).contains("no key or command matches"));
    press(&mut model, &[Key::named(KeyCode::Esc)]);
    assert!(matches!(&model.mode, Mode::Help { search: None, .. }), "first the search goes");
    press(&mut model, &[Key::named(KeyCode::Esc)]);
    assert!(matches!(model.mode, Mode::Main));
}

#[test]
fn all_of_the_help_can_be_scrolled_to_and_no_further() {
    for (columns, rows) in [(200, 60), (120, 40), (80, 24), (60, 20), (40, 10)] {
        let mut model = session();
        press(&mut model, &[Key::char('?')]);
        dark(&mut model, columns, rows);
        press(&mut model, &[Key::char('G')]);
        let end = dark(&mut model, columns, rows);
        assert!(end.contains("end the search"), "{columns}x{rows}\n{end}");
        press(&mut model, &[Key::char('k')]);
        let back = dark(&mut model, columns, rows);
        assert!(back != end || rows == 60, "{columns}x{rows}: a line back is seen at once");
    }
}

#[test]
fn the_help_goes_back_to_what_lay_under_it() {
    let mut model = session();
    press(&mut model, &[Key::char('p'), Key::named(KeyCode::F(1))]);
    assert_eq!(swarmscope::screen::commands::help(&model)[0].title, "PAYLOAD");
    press(&mut model, &[Key::named(KeyCode::Esc)]);
    assert!(matches!(model.mode, Mode::Payload), "{:?}", model.mode);
}

#[test]
fn an_operators_keys_are_in_the_footer_the_help_and_the_list_of_commands() {
    let text = "filter = \"F7\"\nfliter = \"x\"\n\"copy command\" = []\n".replace("F7", "f7");
    let file = ConfigFile { path: "/home/me/keymap.toml".into(), text };
    let mut model = session();
    model.setup.keymap = keymap::read(&file);
    assert!(dark(&mut model, 120, 40).contains("f7 filter"));
    press(&mut model, &[Key::char('/')]);
    assert!(matches!(model.mode, Mode::Main), "/ is nobody's now");
    press(&mut model, &[Key::named(KeyCode::F(7))]);
    assert!(matches!(model.mode, Mode::Filter));
    press(&mut model, &[ENTER, Key::char('?')]);
    assert!(dark(&mut model, 120, 40).contains("f7"));
    press(&mut model, &[Key::named(KeyCode::Esc), Key::char(':')]);
    type_text(&mut model, "copy command");
    assert!(
        dark(&mut model, 120, 40).contains("copy command"),
        "without a key it is still in the list"
    );
    assert_eq!(model.setup.keymap.faults().len(), 1);
}

#[test]
fn what_is_wrong_in_a_key_map_is_in_the_log() {
    let file =
        ConfigFile { path: "/home/me/keymap.toml".into(), text: "\nfliter = \"x\"\n".into() };
    let mut setup = session().setup;
    setup.keymap = keymap::read(&file);
    let mut model = Model::new(setup, crate::fixture::before(0));
    let screen = dark(&mut model, 120, 40);
    assert!(
        screen.contains("keymap.toml:2: no command \"fliter\": did you mean \"filter\"?"),
        "{screen}"
    );
}

#[test]
fn one_of_two_commands_says_in_the_list_what_it_does_itself() {
    let doc = |name: &str| {
        COMMANDS.iter().find(|command| command.name == name).expect("a command").own_doc(&TABLE)
    };
    assert_eq!((doc("first"), doc("last")), ("first", "last"));
    assert_eq!((doc("next peer"), doc("previous peer")), ("next peer", "previous peer"));
    assert_eq!(doc("request"), "choose message, frequency", "two keys for one thing");
    assert_eq!(doc("view"), "tree, table, text, hex, diff", "one command, one doc");
}

#[test]
fn a_number_before_a_key_moves_by_so_many() {
    let mut model = session();
    let row = |model: &Model| model.selected_row();
    let keys = |model: &mut Model, keys: &str| {
        for c in keys.chars() {
            press(model, &[Key::char(c)]);
        }
    };
    keys(&mut model, "2g7j");
    assert_eq!((row(&model), model.count), (Some(7), None), "1 to 6 are screens");
    keys(&mut model, "8");
    assert!(dark(&mut model, 120, 40).contains("8 ↑↓ move by so many"), "what waits is seen");
    keys(&mut model, "k");
    assert_eq!(row(&model), Some(0), "no further than there is");
    keys(&mut model, "90j");
    assert_eq!(row(&model), Some(36), "37 peers");
    keys(&mut model, "7G");
    assert_eq!(row(&model), Some(6), "to the seventh");
    press(&mut model, &[Key::char('9'), Key::named(KeyCode::Esc), Key::char('j')]);
    assert_eq!(row(&model), Some(7), "esc takes it back");
    press(&mut model, &[Key::char('r')]);
    type_text(&mut model, "7");
    assert_eq!(model.count, None, "where text is typed, digits are text");
}

#[test]
fn keys_of_vim_and_less_do_here_what_they_do_there() {
    let quits = |keys: &[Key]| {
        let effects = press(&mut session(), keys);
        matches!(effects[..], [Effect::Quit { interrupted: false }])
    };
    assert!(quits(&[Key::char('Z'), Key::char('Z')]));
    let line = |text: &str| text.chars().map(Key::char).chain([ENTER]).collect::<Vec<_>>();
    for text in [":q", ":q!", ":wq"] {
        assert!(quits(&line(text)), "{text}");
    }
    let mut model = session();
    press(&mut model, &[Key::ctrl('d')]);
    let half = model.selected_row().expect("a row");
    assert!(half > 3, "{half}");
    press(&mut model, &[Key::ctrl('n'), Key::ctrl('u'), Key::ctrl('p')]);
    assert_eq!(model.selected_row(), Some(0));
    let effects = press(&mut model, &[Key::ctrl('r')]);
    assert!(matches!(effects[..], [Effect::Redraw]), "nothing is recorded: {effects:?}");
    let effects = press(&mut model, &[Key::named(KeyCode::F(5))]);
    assert!(matches!(effects[..], [Effect::Redraw]));
}

#[test]
fn the_list_of_commands_begins_with_what_was_used_and_what_acts() {
    let mut model = session();
    press(&mut model, &[Key::char('I'), Key::char(':')]);
    let names = |model: &Model| -> Vec<&str> {
        let found = swarmscope::screen::palette::found(model);
        let name = |found: swarmscope::screen::palette::Found| match found.entry {
            swarmscope::screen::palette::Entry::Command(command) => command.name,
            swarmscope::screen::palette::Entry::Candidate(_) => "",
        };
        found.into_iter().map(name).collect()
    };
    assert_eq!(names(&model)[0], "invert marks");
    let group = |name: &str| COMMANDS.iter().find(|it| it.name == name).expect("there").group;
    assert_eq!(group(names(&model)[1]), Group::Request);
    assert_eq!(names(&model).last().map(|name| group(name)), Some(Group::Move));
    type_text(&mut model, "zzzz");
    assert!(names(&model).is_empty());
    assert!(dark(&mut model, 80, 24).contains("no command matches"));
}

#[test]
fn every_field_of_a_filter_is_in_the_list() {
    use swarmscope_facts::list::filter::complete;
    let mut model = session();
    press(&mut model, &[Key::char('/')]);
    let all = complete("", 0, &model.present()).candidates.len();
    assert_eq!(model.sieve.candidates().len(), all);
    let shown = dark(&mut model, 120, 40);
    for candidate in model.sieve.candidates().iter().take(17) {
        assert!(shown.contains(candidate.text.trim_end()), "{}\n{shown}", candidate.text);
    }
    for (columns, rows) in [(120, 40), (80, 24), (60, 20), (40, 10)] {
        insta::assert_snapshot!(
            format!("filter_list_{columns}x{rows}"),
            dark(&mut model, columns, rows)
        );
    }
}

#[test]
fn a_request_is_chosen_on_the_screen_of_one_peer_too() {
    let mut model = session();
    does(&mut model, "i");
    assert_eq!(model.screen, Screen::Peer);
    does(&mut model, "r");
    assert!(matches!(model.mode, Mode::Message(_)), "what is typed is no command");
    type_text(&mut model, "videoplayback");
    does(&mut model, "enter");
    let effects = does(&mut model, "ctrl-s");
    assert!(matches!(effects[..], [Effect::Request(_)]), "{effects:?}");
    assert_eq!(model.screen, Screen::Peer, "where its reply is read");
}
