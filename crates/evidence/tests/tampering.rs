//! Every way to change a case file that somebody without the key has: found, and the entry named.
#![allow(clippy::cast_possible_truncation, reason = "drawn numbers are cut to what they pick")]

mod sample;

use std::io::Cursor;

use sample::{Numbers, bounds, case, key, moment, reply, salts};
use swarmscope_evidence::case::format::{self, MAGIC};
use swarmscope_evidence::case::note::Note;
use swarmscope_evidence::case::{Report, Writer, verify};

fn check(file: &[u8], outside: Option<&Note>) -> Report {
    verify(Cursor::new(file), outside).expect("memory can be read")
}

/// Entries of the large case, and how many of each kind of change are tried on it. Arithmetic
/// without optimisation takes fifty times as long, so that a debug build tries less; `cargo test
/// --release` tries all of it.
const LARGE: (u64, usize) = if cfg!(debug_assertions) { (600, 2) } else { (10_000, 200) };
/// Which bytes of the small case are changed: each, or one in so many.
const STEP: usize = if cfg!(debug_assertions) { 61 } else { 1 };

fn first(report: &Report) -> Option<u64> {
    report.faults.first().map(|fault| fault.entry)
}

/// Which record a byte belongs to.
fn record_of(bounds: &[usize], at: usize) -> u64 {
    bounds.partition_point(|begin| *begin <= at).saturating_sub(1) as u64
}

/// A change of a byte is found, and its record named; in the last record it may look like a torn
/// tail, which is said.
fn assert_named(file: &[u8], bounds: &[usize], at: usize, value: u8, note: Option<&Note>) {
    let mut changed = file.to_vec();
    changed[at] = value;
    let entry = record_of(bounds, at);
    let alone = check(&changed, None);
    if let Some(note) = note {
        assert!(!check(&changed, Some(note)).is_sound(), "byte {at}");
    }
    let last = entry + 2 == bounds.len() as u64;
    if last && alone.faults.is_empty() {
        assert!(alone.torn > 0, "byte {at} of the last entry: not said");
    } else {
        assert_eq!(first(&alone), Some(entry), "byte {at} := {value}: {:?}", alone.faults);
    }
}

#[test]
fn every_byte_of_a_small_case_is_guarded() {
    let (file, note) = case(12, 99, 40);
    let bounds = bounds(&file);
    assert!(check(&file, Some(&note)).is_sound());
    for at in (0..file.len()).step_by(STEP) {
        for value in [file[at] ^ 1, file[at] ^ 0x80, !file[at]] {
            assert_named(&file, &bounds, at, value, None);
        }
    }
}

#[test]
fn bytes_entries_cuts_swaps_and_insertions_of_a_case_of_10_000_entries() {
    let (file, note) = case(LARGE.0, 1000, 200);
    let bounds = bounds(&file);
    let entries = bounds.len() - 1;
    assert_eq!(check(&file, Some(&note)).signed, LARGE.0 - 1);
    let mut numbers = Numbers::new(3);
    let record = |n: usize| &file[bounds[n]..bounds[n + 1]];
    for _ in 0..LARGE.1 {
        let at = numbers.below(file.len());
        let value = file[at] ^ (1 << numbers.below(8));
        assert_named(
            &file,
            &bounds,
            at,
            value,
            (record_of(&bounds, at) + 2 < bounds.len() as u64).then_some(&note),
        );

        // a cut inside the file
        let (from, count) = (1 + numbers.below(entries - 60), 1 + numbers.below(50));
        let cut = [&file[..bounds[from]], &file[bounds[from + count]..]].concat();
        assert_eq!(first(&check(&cut, None)), Some(from as u64), "{count} entries cut from {from}");

        // bytes cut inside the file
        let at = MAGIC.len() + numbers.below(file.len() - 400);
        let cut = [&file[..at], &file[at + 1 + numbers.below(99)..]].concat();
        assert_eq!(first(&check(&cut, None)), Some(record_of(&bounds, at)), "bytes cut from {at}");

        // a cut at the end: only a checkpoint from elsewhere shows it
        let to = 1 + numbers.below(entries - 2);
        let cut = &file[..bounds[to]];
        assert!(check(cut, None).is_sound());
        assert_eq!(first(&check(cut, Some(&note))), Some(to as u64), "cut to {to} entries");

        // two entries swapped
        let (a, b) = (numbers.below(entries / 2), entries / 2 + numbers.below(entries / 2));
        let middle = &file[bounds[a + 1]..bounds[b]];
        let swapped =
            [&file[..bounds[a]], record(b), middle, record(a), &file[bounds[b + 1]..]].concat();
        assert_eq!(first(&check(&swapped, None)), Some(a as u64), "{a} and {b} swapped");

        // an entry again at another place, and bytes that are none
        let (from, to) = (numbers.below(entries), numbers.below(entries - 1));
        let inserted = [&file[..bounds[to]], record(from), &file[bounds[to]..]].concat();
        assert_eq!(first(&check(&inserted, None)), Some(to as u64), "{from} inserted before {to}");
        let junk: Vec<u8> = (0..=numbers.below(300)).map(|_| numbers.below(256) as u8).collect();
        let inserted = [&file[..bounds[to]], &junk, &file[bounds[to]..]].concat();
        assert_eq!(first(&check(&inserted, None)), Some(to as u64), "junk before {to}");
    }
}

/// Changes a byte of an entry's hashed bytes and mends the checksum.
fn forged(file: &[u8], bounds: &[usize], entry: usize, at: usize) -> Vec<u8> {
    let mut forged = file.to_vec();
    forged[bounds[entry] + 8 + at] ^= 1;
    let body = bounds[entry] + 4..bounds[entry + 1] - 4;
    let length = forged[bounds[entry]..bounds[entry] + 4].try_into().expect("four bytes");
    let checksum = format::checksum(length, &forged[body]);
    forged[bounds[entry + 1] - 4..bounds[entry + 1]].copy_from_slice(&checksum.to_be_bytes());
    forged
}

#[test]
fn a_forged_entry_with_a_mended_checksum_is_named_and_the_rest_stays_proven() {
    let (file, _) = case(30, 9, 40);
    let bounds = bounds(&file);
    // the last byte of the leaf's first plain value: "reply" becomes "repl…"
    let inside = 8 + 32 + 2 + 1 + 4 + 1 + 4 + 4;
    for entry in [1, 5, 8, 12, 20] {
        let report = check(&forged(&file, &bounds, entry, inside), None);
        let entry = entry as u64;
        assert_eq!(
            report.faults.iter().map(|fault| fault.entry).collect::<Vec<_>>(),
            [entry],
            "{report:?}"
        );
        assert_eq!(report.proven, [0..entry, entry + 1..29], "{entry}");
    }
}

#[test]
fn an_entry_whose_word_for_its_predecessor_was_changed_is_the_one_that_is_named() {
    let (file, _) = case(30, 9, 40);
    let bounds = bounds(&file);
    let report = check(&forged(&file, &bounds, 12, 8 + 3), None); // a byte of the predecessor's hash
    assert_eq!(first(&report), Some(12), "{:?}", report.faults);
    assert_eq!(report.faults.len(), 1, "{:?}", report.faults);
}

#[test]
fn one_such_entry_under_each_of_many_checkpoints_is_the_only_one_that_is_named() {
    let (mut file, _) = case(62, 4, 40);
    let bounds = bounds(&file);
    let changed: Vec<u64> = (2..60).step_by(5).collect(); // a checkpoint is every fifth entry
    for entry in &changed {
        file = forged(&file, &bounds, usize::try_from(*entry).expect("small"), 8 + 3);
    }
    let report = check(&file, None);
    let named: Vec<u64> = report.faults.iter().map(|fault| fault.entry).collect();
    assert_eq!(named, changed, "{:?}", report.faults);
    assert_eq!(report.checkpoints, 13);
}

#[test]
fn a_changed_value_is_named_beside_a_successor_whose_word_for_it_was_changed() {
    let (file, _) = case(30, 9, 40);
    let bounds = bounds(&file);
    let last_of_payload = bounds[12] - 4 - 1 - (bounds[11] + 8);
    let file = forged(&forged(&file, &bounds, 12, 8 + 3), &bounds, 11, last_of_payload);
    let report = check(&file, None);
    let named: Vec<u64> = report.faults.iter().map(|fault| fault.entry).collect();
    assert_eq!(named, [11, 12], "{:?}", report.faults);
    assert!(report.faults[0].why.contains("commitment"), "{:?}", report.faults);
}

#[test]
fn a_chain_made_anew_without_the_key_fails_at_the_next_checkpoint() {
    // the same case from entry 5 on with another reply, and the old checkpoint copied in
    let (file, _) = case(30, 9, 40);
    let old = bounds(&file);
    let mut writer = sample::begin();
    for n in 1..10 {
        writer.append(reply(if n == 5 { 999 } else { n }, 40), moment(n)).expect("appends");
    }
    let forged = writer.into_inner().into_inner();
    let new = bounds(&forged);
    let mut whole = forged[..new[9]].to_vec();
    whole.extend(&file[old[9]..]);
    let report = check(&whole, None);
    assert_eq!(
        first(&report),
        Some(8),
        "the checkpoint was written after another entry: {:?}",
        report.faults
    );
    assert_eq!(report.signed, 0, "{report:?}");
}

#[test]
fn a_torn_tail_is_no_tampering_and_is_cut_when_the_case_goes_on() {
    let (file, _) = case(12, 4, 300);
    let bounds = bounds(&file);
    for kept in [1, 3, 4, 5, 20, 200, bounds[11] - bounds[10] - 1] {
        let torn = [&file[..bounds[11]], &file[bounds[10]..bounds[10] + kept]].concat();
        let report = check(&torn, None);
        assert!(report.is_sound(), "{kept}: {:?}", report.faults);
        assert_eq!((report.torn, report.entries), (kept as u64, 11));
        let (mut writer, _) = Writer::open(Cursor::new(torn), moment(99), salts()).expect("opens");
        writer.append(reply(99, 10), moment(100)).expect("appends");
        writer.sign(&key(), moment(101)).expect("signs");
        let report = check(writer.into_inner().get_ref(), None);
        assert!(report.is_sound(), "{:?}", report.faults);
        assert_eq!((report.torn, report.entries, report.signed), (0, 14, 13));
    }
    // a block of zeros, as some file systems leave it
    let zeros = [&file[..], &[0; 4096]].concat();
    let report = check(&zeros, None);
    assert_eq!((report.is_sound(), report.torn), (true, 4096));
}

#[test]
fn nothing_is_added_to_a_broken_case() {
    let (mut file, _) = case(12, 4, 30);
    let bounds = bounds(&file);
    file[bounds[6] + 60] ^= 1;
    let error = Writer::open(Cursor::new(file), moment(99), salts()).expect_err("broken");
    assert!(error.to_string().starts_with("entry 6: "), "{error}");
}

#[test]
fn other_files_are_no_cases_and_arbitrary_bytes_are_never_believed() {
    let mut numbers = Numbers::new(3);
    for length in [0, 1, 17, 18, 40, 1000] {
        let mut bytes: Vec<u8> = (0..length).map(|_| numbers.below(256) as u8).collect();
        assert_eq!(check(&bytes, None).faults.len(), 1);
        bytes.splice(0..0, MAGIC.iter().copied());
        let report = check(&bytes, None);
        assert!(report.signed == 0 && !report.is_sound(), "{report:?}");
    }
}
