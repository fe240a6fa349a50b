//! The case: what is kept of questions, answers and signals.

use std::path::PathBuf;
use std::time::Duration;

use swarmscope::screen::case::{Checked, Entry, Head, Order, Told};
use swarmscope::screen::{Effect, Model, Msg};

use crate::fixture::{fold, press, taped, type_text};
use crate::signals::{asked, look};
use crate::snapshots::dark;
use crate::time::file;
use crate::views::keys;

fn told(model: &mut Model, told: Told) {
    let now = model.now;
    fold(model, now, Msg::Case(told));
}

fn entry(index: u64, kind: &str, about: &str) -> Entry {
    let hash = |n: u64| format!("{:016x}", (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)).repeat(4);
    Entry {
        index,
        time: format!("2026-11-27T12:02:{:02}.114000000Z", index % 60),
        kind: kind.to_owned(),
        about: about.to_owned(),
        hashes: [hash(index), hash(index + 1)],
        fields: vec![
            ("question".to_owned(), "99".to_owned()),
            ("bytes".to_owned(), "0".to_owned()),
        ],
    }
}

/// A case with some of all kinds.
pub fn case(addresses: bool) -> Model {
    let mut model = asked();
    let path = PathBuf::from("/cases/0417.case");
    told(
        &mut model,
        Told::Opened(Head { path, is_new: true, addresses, by: "9f3ac1d27be0415c".to_owned() }),
    );
    let kinds = [
        ("case", "peers that answer everything"),
        ("signed", "entries 0 to 0"),
        ("sent", "99 81bc…07"),
        ("reply", "99 81bc…07 0 15"),
        ("failure", "99 a4d6…39 answer.timeout"),
        ("note", "all but one send our bytes back"),
        ("signal", "canary-success@1 3"),
    ];
    let entries = (0..).zip(kinds).map(|(index, (kind, about))| entry(index, kind, about));
    told(&mut model, Told::Entries(entries.collect()));
    press(&mut model, &keys("s c"));
    model
}

#[test]
fn a_note_is_about_the_entry_that_was_the_newest_when_it_was_begun() {
    let mut model = case(true);
    press(&mut model, &keys("N"));
    told(&mut model, Told::Entries(vec![entry(7, "sent", "171 81bc…07")]));
    let screen = dark(&mut model, 120, 40);
    assert!(screen.contains("about entry 6: "), "{screen}");
    type_text(&mut model, "three of sixty");
    let effects = press(&mut model, &keys("enter"));
    let [Effect::Case(Order::Note(_, about))] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(about, &[6]);
}

/// The same after an hour of work: more questions, notes, an export.
pub fn worked_on() -> Model {
    let mut model = case(true);
    let mut more = Vec::new();
    for (n, minute) in (7..).zip([3, 3, 4, 9, 9, 9, 10, 21, 22, 22, 23, 40, 41, 41, 55, 56]) {
        let (kind, about) = match n {
            12 => ("note", "asked again at noon"),
            15 => ("signed", "entries 0 to 14"),
            20 => ("signal", "success for invented questions"),
            21 => ("note", "one of them restarted, or was updated: 253 now"),
            22 => ("export", "html"),
            n if n % 2 == 1 => ("sent", "171 81bc…07"),
            _ => ("reply", "171 81bc…07 0 8192"),
        };
        let mut entry = entry(n, kind, about);
        entry.time = format!("2026-11-27T12:{minute:02}:{:02}.000000000Z", n % 60);
        if kind == "export" {
            let fields =
                ["format html", "questions 7", "bytes 5662", "sha256 6d3da413c32f30718a76"];
            let pairs = fields.iter().filter_map(|field| field.split_once(' '));
            entry.fields = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        }
        more.push(entry);
    }
    told(&mut model, Told::Entries(more));
    model
}

#[test]
fn a_case_is_filtered_by_words_and_shows_when_what_was_written() {
    let mut model = worked_on();
    let screen = dark(&mut model, 144, 46); // screenshots/case.svg
    for words in ["TIMELINE  ", "NOTES  3", "EXPORTS  1", "7 questions  5662 B", "signal  "] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    press(&mut model, &keys("/"));
    type_text(&mut model, "note");
    let case = model.case.as_ref().expect("a case");
    assert_eq!(case.listed().collect::<Vec<_>>(), [5, 12, 21]);
    press(&mut model, &keys("enter"));
    let entry = |model: &Model| model.case.as_ref()?.entry().map(|it| it.index);
    assert_eq!(entry(&model), Some(21), "the newest of those that are left");
    press(&mut model, &keys("k"));
    assert_eq!(entry(&model), Some(12));
    press(&mut model, &keys("k k k"));
    assert_eq!(entry(&model), Some(5), "the first");
    let screen = dark(&mut model, 120, 40);
    assert!(
        screen.contains("3 of 23 with \"note\"") && !screen.contains("entries 0 to 14"),
        "{screen}"
    );
    press(&mut model, &keys("/ esc"));
    assert_eq!(model.case.as_ref().expect("a case").listed().count(), 23);
}

fn checked(fault: Option<(u64, String)>) -> Checked {
    Checked { entries: 7, signed: 1, checkpoints: 1, fault, took: Duration::from_millis(20) }
}

/// The same, after a check that found an entry changed.
pub fn broken() -> Model {
    let mut model = case(true);
    let why = "its hash does not fit the entry after it".to_owned();
    told(&mut model, Told::Checked(checked(Some((3, why.clone())))));
    told(&mut model, Told::Closed(Err(format!("entry 3: {why}"))));
    model
}

#[test]
fn a_case_shows_its_entries_and_what_is_sure_of_them() {
    let mut model = case(true);
    insta::assert_snapshot!("case_80x24", dark(&mut model, 80, 24));
    told(&mut model, Told::Checked(checked(None)));
    assert!(dark(&mut model, 120, 40).contains("7 entries: all hold; 0.02 s"));
    let screen = dark(&mut broken(), 120, 40);
    assert!(screen.contains("no more: entry 3") && !screen.contains("N note"), "{screen}");
}

#[test]
fn a_case_says_what_others_have_signed_and_that_their_keys_are_not_checked() {
    let mut model = case(true);
    assert!(!dark(&mut model, 120, 40).contains("outside"), "nobody has");
    told(&mut model, Told::Entries(vec![entry(7, "witnessed", "")]));
    let shown = dark(&mut model, 120, 40);
    assert!(shown.contains("also signed by others once, last as entry 7"), "{shown}");
    assert!(shown.contains("whose keys these are is not checked"), "{shown}");
}

#[test]
fn commands_of_a_case_are_orders_to_whoever_writes_it() {
    let mut model = asked();
    for typed in ["case 0417.case", "case new 0417.case"] {
        press(&mut model, &keys(":"));
        type_text(&mut model, typed);
        let effects = press(&mut model, &keys("enter"));
        let [Effect::Case(Order::Open { path, private: false, peers })] = &effects[..] else {
            panic!("{effects:?}")
        };
        assert_eq!((path.to_str(), peers.len()), (Some("0417.case"), 60));
    }

    let mut model = case(true);
    press(&mut model, &keys("k k N"));
    type_text(&mut model, "asked again at noon");
    let effects = press(&mut model, &keys("enter"));
    let [Effect::Case(Order::Note(text, about))] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((text.as_str(), &about[..]), ("asked again at noon", &[4][..]));
    let effects = press(&mut model, &keys("c"));
    assert!(matches!(effects[..], [Effect::Case(Order::Check)]), "{effects:?}");
    press(&mut model, &keys("E"));
    type_text(&mut model, "report.html");
    let effects = press(&mut model, &keys("enter"));
    assert!(
        matches!(&effects[..], [Effect::Case(Order::Export(path))] if path.ends_with("report.html"))
    );
    look(&mut model);
    let effects = press(&mut model, &keys("A"));
    assert!(matches!(effects[..], [Effect::Case(Order::Signal(_))]), "{effects:?}");
}

#[test]
fn a_case_that_keeps_addresses_is_not_shown_where_they_are_hidden() {
    for (addresses, is_shown) in [(true, false), (false, true)] {
        let mut model = case(addresses);
        press(&mut model, &keys("P"));
        let screen = dark(&mut model, 120, 40);
        assert_eq!(screen.contains("81bc…07"), is_shown, "{screen}");
    }
}

#[test]
fn neither_a_case_nor_signals_are_in_a_recording() {
    let (model, tape) = taped(|| {
        let mut model = case(true);
        look(&mut model);
        model
    });
    let text = file(&model, tape, crate::fixture::before(4_000_000));
    for words in ["0417.case", "peers that answer everything", "canary-success"] {
        assert!(!text.contains(words), "{words}");
    }
}

#[test]
fn what_was_set_aside_is_taken_back_and_the_case_says_both() {
    let mut model = case(true);
    look(&mut model);
    press(&mut model, &keys("X"));
    type_text(&mut model, "a test peer");
    let effects = press(&mut model, &keys("enter"));
    let [Effect::Case(Order::Note(text, about))] = &effects[..] else { panic!("{effects:?}") };
    assert!(text.contains("is set aside at 3 peers: a test peer") && about.is_empty(), "{text}");
    let mut note = entry(7, "note", "signal set aside");
    note.fields = vec![("text".to_owned(), text.clone())];
    told(&mut model, Told::Entries(vec![note]));
    model.signals.at = model.signals.open();
    let screen = dark(&mut model, 160, 60);
    let row = screen.lines().find(|line| line.contains("3 overlay")).expect("it is listed");
    assert!(row.contains('7'), "{row}");
    let effects = press(&mut model, &keys("X"));
    let [Effect::Case(Order::Note(text, _))] = &effects[..] else { panic!("{effects:?}") };
    assert!(text.ends_with("is open again"), "{text}");
    assert_eq!(model.signals.harmless().0, 0);
}
