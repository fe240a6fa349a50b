//! One reply, read closely: what differs from another, what is copied, saved and opened, and the
//! request sent again.

use crate::finding::replied;
use crossterm::event::KeyCode;
use swarmscope::screen::msg::{Saved, Unsaved};
use swarmscope::screen::{Effect, Key, Mode, Model, Msg};
use swarmscope::tui::Theme;
use swarmscope::tui::theme::Depth;
use swarmscope_facts::reply::reading::View;
use swarmscope_wire::encoding_a::Value;
use swarmscope_wire::{MessageId, Permid};

use crate::fixture::{Script, blank, drawn, fold, nat_reply, permid, press, type_text};
use crate::hostile::{HOSTILE, check, hostile_session};

const DATABASE: MessageId = MessageId::DATABASE_QUERY;

/// A keystroke for each word: `tab`, `esc`, `enter`, `down`, or the character itself.
pub fn keys(words: &str) -> Vec<Key> {
    let key = |word: &str| match word {
        "tab" => Key::named(KeyCode::Tab),
        "esc" => Key::named(KeyCode::Esc),
        "enter" => Key::named(KeyCode::Enter),
        "up" => Key::named(KeyCode::Up),
        "down" => Key::named(KeyCode::Down),
        "end" => Key::named(KeyCode::End),
        "space" => Key::char(' '),
        _ => match word.strip_prefix("ctrl-") {
            Some(c) => Key::ctrl(c.chars().next().expect("a key")),
            None => Key::char(word.chars().next().expect("a key")),
        },
    };
    words.split_whitespace().map(key).collect()
}

pub fn does(model: &mut Model, words: &str) -> Vec<Effect> {
    press(model, &keys(words))
}

pub fn copied(effects: &[Effect]) -> &str {
    let [Effect::Copy(text)] = effects else { panic!("nothing is copied: {effects:?}") };
    text
}

pub fn said(model: &Model) -> &str {
    &model.log.headline(model.now).expect("something is said").line.text
}

pub fn screen(model: &mut Model, columns: u16, rows: u16) -> String {
    let theme = Theme::built_in("dark", Depth::True).expect("built in");
    let (cells, _) = drawn(model, columns, rows, &theme);
    let row = |row: &[ratatui::buffer::Cell]| {
        row.iter().map(ratatui::buffer::Cell::symbol).collect::<String>()
    };
    let rows: Vec<String> = cells
        .content
        .chunks(usize::from(columns))
        .map(|cells| row(cells).trim_end().to_owned())
        .collect();
    rows.join("\n")
}

/// The counts of a peer's tables.
pub fn counts(counts: &[(&str, i64)]) -> Vec<u8> {
    let row =
        |(name, count): &(&str, i64)| Value::Tuple(vec![Value::from(*name), Value::from(*count)]);
    Value::List(counts.iter().map(row).collect()).encode()
}

/// Two peers; the first has answered DATABASE twice, the other once.
pub fn two_peers() -> (Model, Permid, Permid) {
    let (mut model, one, other) = (blank(), permid("9f3ac1", 18), permid("d02ef3", 18));
    let mut script = Script::default();
    script.connected(600_000, one, 18, 3, 40_213);
    script.connected(590_000, other, 18, 4, 40_214);
    let old = counts(&[
        ("peer_count", 5),
        ("torrent_count", 174),
        ("channel_files", 9),
        ("all_subscriptions", 2),
    ]);
    let new = counts(&[
        ("peer_count", 5),
        ("torrent_count", 181),
        ("channel_files", 9),
        ("own_downloads", 1),
    ]);
    script.asked(500_000, 40, one, DATABASE, 1, 0, &old);
    script.asked(400_000, 30, other, DATABASE, 2, 0, &old);
    script.asked(
        300_000,
        37_000,
        one,
        MessageId::NATCHECK,
        3,
        0,
        &nat_reply("Open Internet", 0, 55),
    );
    script.asked(60_000, 45, one, DATABASE, 4, 0, &new);
    script.tell(&mut model);
    does(&mut model, "g");
    (model, one, other)
}

#[test]
fn a_reply_is_compared_with_the_one_before() {
    let (mut model, ..) = two_peers();
    does(&mut model, "d");
    assert_eq!(model.reading.view, View::Diff);
    let (name, diff) = model.compared().expect("there was one before");
    assert_eq!((name, diff.changed, diff.added, diff.removed), ("#1", 1, 1, 1));
    for (columns, rows) in [(120, 40), (80, 24), (60, 20)] {
        insta::assert_snapshot!(
            format!("diff_{columns}x{rows}"),
            screen(&mut model, columns, rows)
        );
    }
}

#[test]
fn what_has_nothing_to_compare_with_says_so() {
    let (mut model, ..) = two_peers();
    does(&mut model, "tab down d");
    assert!(
        said(&model).contains("no previous reply from this peer to the same message"),
        "{}",
        said(&model)
    );
    assert_eq!(model.reading.view, View::Tree);
    does(&mut model, "v v v");
    assert!(screen(&mut model, 120, 40).contains("no previous reply to the same message"));
}

#[test]
fn another_peers_reply_is_picked_to_compare_with() {
    let (mut model, ..) = two_peers();
    does(&mut model, "=");
    insta::assert_snapshot!("compare_with_100x30", screen(&mut model, 100, 30));
    type_text(&mut model, "d02e");
    does(&mut model, "enter");
    let (name, diff) = model.compared().expect("it is compared");
    assert_eq!((name, diff.changed), ("d02e…f3 #1", 1));
    // it stays for this peer's older reply to the same message, and is not for another message
    does(&mut model, "tab tab tab down down");
    let compared =
        model.compared().map(|(name, diff)| (name.to_owned(), diff.is_empty(), diff.only_bytes));
    assert_eq!(compared, Some(("d02e…f3 #1".to_owned(), true, false)));
    does(&mut model, "up");
    assert!(model.compared().is_none());
}

#[test]
fn a_picker_that_is_closed_changes_nothing() {
    let (mut model, ..) = two_peers();
    does(&mut model, "= esc");
    assert!(matches!(model.mode, Mode::Main) && model.reading.view == View::Tree);
    does(&mut model, "=");
    type_text(&mut model, "nothing is called that");
    does(&mut model, "enter");
    assert!(matches!(model.mode, Mode::Against(..)) && said(&model).contains("no such reply"));
}

#[test]
fn the_same_bytes_are_sent_again_and_254_is_foretold() {
    let (mut model, one, _) = two_peers();
    let effects = does(&mut model, "R");
    let [Effect::Request(ask)] = &effects[..] else { panic!("{effects:?}") };
    let request = model.request().expect("selected");
    assert_eq!((ask.to, ask.message, ask.frequency), (one, DATABASE, request.frequency));
    assert_eq!(ask.payload, request.payload);
    assert!(said(&model).contains("expect 254: the peer accepts it again at"), "{}", said(&model));
}

#[test]
fn everything_can_be_copied() {
    let (mut model, one, _) = two_peers();
    assert_eq!(copied(&does(&mut model, "y p")), one.to_string());
    assert_eq!(copied(&does(&mut model, "y a")), "127.0.0.1:40213");
    let json =
        r#"[["peer_count",5],["torrent_count",181],["channel_files",9],["own_downloads",1]]"#;
    assert_eq!(copied(&does(&mut model, "y r")), json);
    assert!(
        copied(&does(&mut model, "y b")).starts_with("61346c"),
        "the bytes of an encoding a list"
    );
    assert_eq!(copied(&does(&mut model, "y v")), "peer_count, 5");
    assert!(
        copied(&does(&mut model, "y c")).contains("natcheck --frequency"),
        "the composer's, from the list"
    );
    let command = "swarmscope request 127.0.0.1:40213 database --frequency 3600";
    assert_eq!(copied(&does(&mut model, "tab y c")), command, "that of the request, from its row");
    assert!(said(&model).contains("copied the command of #3"), "{}", said(&model));
}

#[test]
fn a_command_asks_as_the_same_crawler_and_an_old_peer_by_its_permid() {
    let (mut model, _, _) = two_peers();
    model.setup.identity.current = Some("crawler.pem".into());
    model.setup.identity.legacy = Some("old.pem".into());
    assert!(copied(&does(&mut model, "y c")).ends_with(" --identity crawler.pem"));
    let (mut model, old) = (blank(), permid("81bc07", 17));
    model.setup.identity.legacy = Some("old.pem".into());
    let mut script = Script::default();
    script.connected(1_000, old, 17, 31, 7760);
    script.tell(&mut model);
    let command = format!(
        "swarmscope request {old}@127.0.0.1:7760 natcheck --frequency 3600 --legacy-identity \
         old.pem"
    );
    assert_eq!(copied(&does(&mut model, "y c")), command);
}

#[test]
fn nothing_that_is_hidden_is_copied() {
    let (mut model, one, _) = two_peers();
    does(&mut model, "tab down P");
    for keys in ["y a", "y b"] {
        assert!(does(&mut model, keys).is_empty(), "{keys}");
        assert!(said(&model).contains("hidden"), "{}", said(&model));
    }
    for keys in ["y p", "y r", "y v", "y c"] {
        let effects = does(&mut model, keys);
        let text = copied(&effects);
        for secret in ["198.51", "192.168", "127.0.0", &one.to_string()] {
            assert!(!text.contains(secret), "{keys}: {text}");
        }
    }
}

#[test]
fn what_is_too_long_for_a_clipboard_is_said() {
    let (mut model, who) = (blank(), permid("9f3ac1", 18));
    let mut script = Script::default();
    script.connected(600_000, who, 18, 3, 40_213);
    script.asked(60_000, 45, who, MessageId(41), 4, 0, &vec![b'x'; 80_000]);
    script.tell(&mut model);
    for keys in ["y b", "y v", "y r"] {
        assert!(does(&mut model, keys).is_empty(), "{keys}");
        assert!(said(&model).contains("too long for a terminal's clipboard"), "{}", said(&model));
    }
}

#[test]
fn nothing_hostile_is_copied() {
    let mut model = hostile_session();
    does(&mut model, "tab");
    for _ in 0..6 {
        for keys in ["y v", "y r", "y b", "y c", "y a", "y p"] {
            for effect in does(&mut model, keys) {
                let Effect::Copy(text) = effect else { panic!("{effect:?}") };
                assert_eq!(swarmscope_wire::text::clean(&text), text, "{keys}");
            }
        }
        does(&mut model, "down");
    }
    does(&mut model, "r");
    type_text(&mut model, "database");
    does(&mut model, "enter");
    let now = model.now;
    fold(&mut model, now, Msg::Paste(HOSTILE.to_owned()));
    let effects = does(&mut model, "ctrl-y");
    let command = copied(&effects);
    assert!(command.contains("hex:") && !command.chars().any(char::is_control), "{command}");
}

#[test]
fn nothing_hostile_reaches_a_cell_of_a_diff() {
    let (mut model, who) = (blank(), permid("9f3ac1", 18));
    let mut script = Script::default();
    script.connected(600_000, who, 18, 3, 40_213);
    let other = HOSTILE.replace("txet", "text");
    for (ms, text) in [(80_000, HOSTILE), (60_000, &other)] {
        let dict = Value::Dict(vec![
            (Value::from(text), Value::from(text)),
            (Value::from("k"), Value::from(text)),
        ]);
        script.asked(ms, 45, who, MessageId::REPEX_QUERY, 4, 0, &dict.encode());
    }
    script.tell(&mut model);
    does(&mut model, "d");
    assert!(model.compared().is_some_and(|(_, diff)| diff.lines.len() >= 3));
    check(&mut model, "diff");
    does(&mut model, "=");
    check(&mut model, "compare with");
}

/// What the screen wants written, and what it says once that is done.
fn written(effects: &[Effect]) -> (&str, &[u8], bool) {
    let [Effect::Save { path, contents, overwrite }] = effects else { panic!("{effects:?}") };
    (path.to_str().expect("plain"), contents, *overwrite)
}

fn outcome(model: &mut Model, outcome: Result<usize, Unsaved>) {
    let now = model.now;
    fold(model, now, Msg::Saved(Saved { path: "x".into(), outcome }));
}

#[test]
fn a_payload_is_saved_and_a_file_that_is_there_is_asked_about() {
    let mut model = replied(b"\x1b[2Jsome bytes");
    does(&mut model, "W s");
    assert!(screen(&mut model, 80, 24).contains("save the payload to 9f3ac1-41-1.bin"));
    let effects = does(&mut model, "enter");
    assert_eq!(
        written(&effects),
        ("9f3ac1-41-1.bin", &b"\x1b[2Jsome bytes"[..], false),
        "bytes are saved as they are"
    );
    outcome(&mut model, Err(Unsaved::IsThere));
    assert!(screen(&mut model, 80, 24).contains("file exists; enter again to overwrite"));
    assert!(written(&does(&mut model, "enter")).2);
    outcome(&mut model, Err(Unsaved::IsThere));
    type_text(&mut model, "2");
    assert!(!written(&does(&mut model, "enter")).2, "another name is another question");
    outcome(&mut model, Err(Unsaved::Failed("Permission denied".into())));
    assert!(
        screen(&mut model, 120, 40).contains("not saved: Permission denied; type another name")
    );
    outcome(&mut model, Ok(14));
    assert!(matches!(model.mode, Mode::Main));
    assert!(said(&model).contains("saved to x, 14 B"), "{}", said(&model));
}

#[test]
fn the_decoded_reply_is_saved_as_request_json_has_it() {
    let (mut model, ..) = two_peers();
    does(&mut model, "W j");
    let effects = does(&mut model, "enter");
    let (path, contents, _) = written(&effects);
    assert_eq!(path, "9f3ac1-database-3.json");
    assert_eq!(contents, b"[[\"peer_count\",5],[\"torrent_count\",181],[\"channel_files\",9],[\"own_downloads\",1]]\n");
    does(&mut model, "esc tab down P W s");
    assert!(said(&model).contains("bytes are hidden with the addresses"), "{}", said(&model));
    does(&mut model, "W j");
    let effects = does(&mut model, "enter");
    let json = String::from_utf8_lossy(written(&effects).1).into_owned();
    assert!(json.contains("ip-") && !json.contains("198.51"), "{json}");
}

#[test]
fn what_is_shown_is_opened_whole_and_clean() {
    let open = |model: &mut Model, keys: &str| {
        let effects = does(model, keys);
        let [Effect::Open { text, .. }] = &effects[..] else { panic!("{effects:?}") };
        text.clone()
    };
    let mut model = hostile_session();
    does(&mut model, "tab");
    for _ in 0..5 {
        for _ in View::ALL {
            for effect in does(&mut model, "W p") {
                let Effect::Open { text, .. } = effect else { panic!("{effect:?}") };
                assert!(
                    text.lines().all(|line| swarmscope_wire::text::clean(line) == line),
                    "{text:?}"
                );
            }
            does(&mut model, "v");
        }
        does(&mut model, "down");
    }
    let (mut model, ..) = two_peers();
    assert!(open(&mut model, "W e").ends_with("3  own_downloads, 1\n"));
    let diff = open(&mut model, "d W p");
    assert!(
        diff.contains("with #1") && diff.contains("~ 1  torrent_count, 174 → torrent_count, 181"),
        "{diff}"
    );
    assert!(open(&mut model, "v v W e").contains("\nown_downloads\t1\n"), "as a table");
    assert!(open(&mut model, "v v W e").contains("00000000  61 34 6c"));
    let now = model.now;
    fold(
        &mut model,
        now,
        Msg::Opened(Some("there is no program less: set $PAGER to one that is there".into())),
    );
    assert!(
        said(&model).contains("not opened: there is no program less: set $PAGER"),
        "{}",
        said(&model)
    );
}

/// The bytes of the selected value are in sight, all of them where they fit: beside or below the
/// tree, and in the hex view.
#[test]
fn the_bytes_of_the_selected_value_are_in_sight() {
    let rows = |n: i64| Value::Tuple(vec![Value::from("a table"), Value::from(n)]);
    let payload = Value::List((0..200).map(rows).collect()).encode();
    let (mut model, who) = (blank(), permid("9f3ac1", 18));
    let mut script = Script::default();
    script.connected(600_000, who, 18, 3, 40_213);
    script.asked(60_000, 40, who, MessageId::DATABASE_QUERY, 7, 0, &payload);
    script.tell(&mut model);
    does(&mut model, "tab tab G");
    for (columns, rows) in [(200, 60), (120, 40), (80, 24)] {
        let now = model.now;
        fold(&mut model, now, Msg::Resize(columns, rows));
        let value = model.reading.selected().expect("a value").clone();
        let span = value.span.clone().expect("its bytes");
        let last = String::from_utf8_lossy(&payload[span.end - 3..span.end]).into_owned();
        let theme = Theme::built_in("dark", Depth::True).expect("built in");
        let linked = |model: &mut Model| {
            let (cells, _) = drawn(model, columns, rows, &theme);
            let ground = theme.linked().bg;
            let marked = |cell: &&ratatui::buffer::Cell| Some(cell.bg) == ground;
            cells
                .content
                .iter()
                .filter(marked)
                .map(ratatui::buffer::Cell::symbol)
                .collect::<String>()
        };
        let shown = linked(&mut model);
        assert!(rows == 24 || shown.contains(&last), "{columns}x{rows} {last:?}: {shown}");
        does(&mut model, "v v");
        let shown = linked(&mut model);
        assert!(!shown.is_empty(), "{columns}x{rows}: in the hex view");
        while model.reading.view != View::Tree {
            does(&mut model, "v");
        }
    }
}
