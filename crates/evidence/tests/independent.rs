//! The independent verifier in Python, which knows only the published format, agrees with ours on
//! whole and on changed files.
#![allow(clippy::cast_possible_truncation, reason = "drawn numbers are cut to what they pick")]

mod sample;

use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::process::Command;

use sample::{Numbers, bounds, case, key, moment};
use swarmscope_evidence::case::{redact, verify};

/// Whether a Python is there; a machine without one says that it skipped, and continuous
/// integration has one.
fn python() -> bool {
    let there = Command::new("python3")
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success());
    if !there {
        eprintln!("skipped: no python3 on this machine");
    }
    there
}

/// What it prints, and whether all entries hold for it.
fn theirs(file: &[u8], checkpoint: Option<&str>) -> (String, bool) {
    let directory = tempfile::tempdir().expect("a directory");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/case/verify.py");
    let path = directory.path().join("a.case");
    fs::write(&path, file).expect("writes");
    let mut command = Command::new("python3");
    command.arg(script).arg(&path);
    if let Some(note) = checkpoint {
        fs::write(directory.path().join("note"), note).expect("writes");
        command.arg(directory.path().join("note"));
    }
    let output = command.output().expect("runs");
    let code = output.status.code();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        matches!(code, Some(0 | 13)),
        "{code:?} {text} {}",
        String::from_utf8_lossy(&output.stderr)
    );
    (text, code == Some(0))
}

#[test]
fn both_say_the_same_of_a_whole_file_and_of_its_checkpoint() {
    if !python() {
        return;
    }
    let (file, note) = case(40, 13, 100);
    assert_eq!(theirs(&file, Some(&note.to_string())), ("40 entries, 39 signed\n".into(), true));
    let bounds = bounds(&file);
    let (text, sound) = theirs(&file[..bounds[30]], Some(&note.to_string()));
    assert!(!sound && text.starts_with("entry 30: "), "{text}");
}

#[test]
fn both_name_the_same_entry_of_a_changed_file() {
    if !python() {
        return;
    }
    let (file, _) = case(30, 9, 60);
    let bounds = bounds(&file);
    let mut numbers = Numbers::new(11);
    for round in 0..16 {
        let mut changed = file.clone();
        let (a, b) = (1 + numbers.below(13), 15 + numbers.below(13));
        match round % 4 {
            0 => changed[numbers.below(bounds[29])] ^= 1 << numbers.below(8),
            1 => drop(changed.drain(bounds[a]..bounds[b])),
            2 => {
                let moved = file[bounds[b]..bounds[b + 1]].to_vec();
                changed.splice(bounds[a]..bounds[a], moved);
            }
            _ => changed.truncate(bounds[b] + 9),
        }
        let ours = verify(Cursor::new(&changed), None).expect("reads");
        let (text, sound) = theirs(&changed, None);
        assert_eq!(sound, ours.is_sound(), "round {round}: {text} {:?}", ours.faults);
        if let Some(fault) = ours.faults.first() {
            assert!(
                text.starts_with(&format!("entry {}: ", fault.entry)),
                "round {round}: {text} {:?}",
                ours.faults
            );
        }
    }
}

#[test]
fn both_stop_a_search_that_costs_too_much() {
    if !python() {
        return;
    }
    let (whole, _) = case(4, 2, 10);
    for (repeats, is_searched) in [(4, true), (40_000, false)] {
        let body = 16 * repeats as u32 / 2;
        let head = [body.to_be_bytes(), body.saturating_sub(64).to_be_bytes(), [0; 4], [0; 4]];
        let mut file = whole.clone();
        file.extend([0x0f, 0xff, 0xff, 0xff]); // a length that only the end of the file cuts short
        file.extend(head.concat().repeat(repeats));
        let ours = verify(Cursor::new(&file), None).expect("reads");
        let (text, sound) = theirs(&file, None);
        assert_eq!(
            (ours.is_sound(), sound),
            (is_searched, is_searched),
            "{text} {:?}",
            ours.faults
        );
        assert_eq!(ours.torn > 0, is_searched);
        assert!(is_searched || text.starts_with("entry 4: "), "{text}");
        // a length that no entry has is not a torn tail, whatever follows
        file[whole.len()] = 0xff;
        let ours = verify(Cursor::new(&file), None).expect("reads");
        let (text, sound) = theirs(&file, None);
        assert_eq!((ours.is_sound(), sound), (false, false), "{text} {:?}", ours.faults);
    }
}

#[test]
fn a_redacted_copy_verifies_for_both_and_holds_nothing_of_what_it_withholds() {
    let mut writer = sample::begin();
    for n in 1..6 {
        writer.append(sample::reply(n, 30), moment(n)).expect("appends");
    }
    let original = writer.into_inner().into_inner();
    let places =
        redact::places(Cursor::new(&original), &["address".to_owned()].into()).expect("places");
    assert_eq!(places.len(), 5);
    let (mut writer, _) =
        swarmscope_evidence::case::Writer::open(Cursor::new(original), moment(7), sample::salts())
            .expect("opens");
    writer
        .append(redact::entry(&places, "for a partner who need not know them"), moment(8))
        .expect("appends");
    writer.sign(&key(), moment(9)).expect("signs");
    let original = writer.into_inner().into_inner();
    let mut copy = Vec::new();
    redact::copy(Cursor::new(&original), &mut copy, &places).expect("copies");
    let holds = |file: &[u8]| file.windows(7).any(|window| window == b"198.18.");
    assert!(holds(&original) && !holds(&copy));
    let report = verify(Cursor::new(&copy), None).expect("reads");
    assert!(report.is_sound(), "{:?}", report.faults);
    assert_eq!((report.entries, report.signed, report.withheld), (8, 7, 5));
    if python() {
        assert_eq!(theirs(&copy, None), ("8 entries, 7 signed\n".into(), true));
    }
    // withheld without an entry that says so
    let mut silent = Vec::new();
    let more =
        redact::places(Cursor::new(&original), &["address".to_owned(), "peer".to_owned()].into());
    redact::copy(Cursor::new(&original), &mut silent, &more.expect("places")).expect("copies");
    let report = verify(Cursor::new(&silent), None).expect("reads");
    assert_eq!(report.faults.first().map(|fault| fault.entry), Some(1), "{:?}", report.faults);
}
