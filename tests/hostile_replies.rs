//! Replies that want memory, time or a command of the Crawler: each ends as a finding or an error
//! that is shown, and the process grows by less than 32 MiB, or 72 where a reply shares its values, or
//! 320 where it has two million of them.
//! In a process of its own, one after the other, because it is the process that is measured.
#![cfg(target_os = "linux")]

mod clock;

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use swarmscope_peer::crawler::Decoding;
use swarmscope_probes::Statistics;
use swarmscope_wire::{ErrorByte, MessageId};

/// What a reply may take beyond its own bytes, in KiB.
const MAX_GROWTH: u64 = 32 << 10;
/// And one that shares its values a thousandfold, which its JSON does not: that ends at 64 MiB.
const MAX_SHARED: u64 = 72 << 10;
/// And one of two million values.
const MAX_MANY: u64 = 320 << 10;
/// How deep the nested ones go.
const DEEP: usize = 200_000;
/// Nobody registered it: read by its format.
const STRANGER: MessageId = MessageId(99);

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// A figure of this process, in KiB.
fn status(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).expect(name);
    line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().expect("a number")
}

/// Reads a reply of each of these ids, and gives what was found with what each took at most.
fn read(ids: &[MessageId], payload: &[u8]) -> Vec<(MessageId, Decoding)> {
    read_as(ids, ErrorByte::SUCCESS, payload, MAX_GROWTH)
}

/// The same of a reply with this error byte, which may take so many KiB.
fn read_as(
    ids: &[MessageId],
    error: ErrorByte,
    payload: &[u8],
    most: u64,
) -> Vec<(MessageId, Decoding)> {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let registry = swarmscope_probes::registry(Statistics::empty());
    let mut found = Vec::new();
    for id in ids {
        fs::write("/proc/self/clear_refs", "5").expect("the peak can be reset");
        let before = status("VmRSS");
        let began = clock::of_this_thread();
        let decoding = swarmscope_peer::crawler::decode_reply(&registry, *id, error, payload);
        let (took, grown) =
            (clock::of_this_thread().saturating_sub(began), status("VmHWM").saturating_sub(before));
        println!(
            "id {id}: {} bytes, +{grown} KiB, {took:?}, {:?} {:?}",
            payload.len(),
            decoding.failed,
            decoding.decoded.notes
        );
        assert!(grown < most, "id {id}: +{grown} KiB of {most}");
        assert!(took < Duration::from_secs(20), "id {id}: {took:?}");
        found.push((*id, decoding));
    }
    found
}

/// All of them say what is wrong: as a finding, or as the reason why the id's own decoder gave up.
fn assert_shown(ids: &[MessageId], payload: &[u8], words: &str) {
    for (id, Decoding { decoded, failed, .. }) in read(ids, payload) {
        let said = failed
            .iter()
            .chain(decoded.notes.iter().map(|note| &note.text))
            .any(|text| text.contains(words));
        assert!(said, "id {id}: {failed:?} {:?}", decoded.notes);
    }
}

/// 1 GiB of NUL behind these bytes.
fn bomb(first: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    let mut write = |bytes: &[u8]| {
        encoder.write_all(bytes).and_then(|()| encoder.flush()).expect("memory");
        encoder.get_ref().clone()
    };
    write(first);
    let nul = vec![0; 1 << 20];
    let (one, two) = (write(&nul), write(&nul));
    // with nothing but NUL before it, each further mebibyte is the same bytes again
    [&two, &two[one.len()..].repeat(1022)[..]].concat()
}

#[test]
fn a_gibibyte_of_nul_in_a_mebibyte_is_cut() {
    for first in [&b""[..], b"1795337030.84 CRAWL\n"] {
        let bomb = bomb(first);
        assert!(bomb.len() < 2 << 20);
        let ids = [
            MessageId::PUNCTURE_QUERY,
            MessageId::VIDEOPLAYBACK_EVENT_QUERY,
            MessageId::REPEX_QUERY,
            STRANGER,
        ];
        assert_shown(&ids, &bomb, "inflates to more than 16 777 216 bytes: the rest was cut");
    }
}

#[test]
fn a_pickle_that_would_run_a_command_is_shown_and_not_run() {
    let directory = tempfile::tempdir().expect("a directory");
    let trace: PathBuf = directory.path().join("ran");
    let command = format!("touch {}", trace.display());
    let pickle = [
        b"\x80\x02]cos\nsystem\nX",
        &u32::try_from(command.len()).expect("short").to_le_bytes()[..],
        command.as_bytes(),
        b"\x85Ra.",
    ]
    .concat();
    let ids = [
        MessageId::DATABASE_QUERY,
        MessageId::SEEDINGSTATS_QUERY,
        MessageId::VIDEOPLAYBACK_INFO_QUERY,
        MessageId::REPEX_QUERY,
        MessageId::CHANNEL_QUERY,
        MessageId::USEREVENTLOG_QUERY,
        STRANGER,
    ];
    assert_shown(&ids, &pickle, "GLOBAL os.system would import or call something: shown, not run");
    assert!(!trace.exists());
}

#[test]
fn nesting_ends_where_a_stack_would() {
    let ids = [
        MessageId::DATABASE_QUERY,
        MessageId::SEEDINGSTATS_QUERY,
        MessageId::REPEX_QUERY,
        STRANGER,
    ];
    let pickle = [&b"\x80\x02"[..], &vec![b']'; DEEP], &vec![b'a'; DEEP - 1], b"."].concat();
    assert_shown(&ids, &pickle, "nested deeper than 64");
    let ids = [MessageId::NATCHECK, MessageId::FRIENDSHIP_STATS, STRANGER];
    let bencode = [vec![b'l'; DEEP], vec![b'e'; DEEP]].concat();
    assert_shown(&ids, &bencode, "nested deeper than 64");
    let dicts = [b"d1:a".repeat(DEEP), b"le".to_vec(), vec![b'e'; DEEP]].concat();
    assert_shown(&ids, &dicts, "nested deeper than 64");
    let ids = [MessageId::DATABASE_QUERY, MessageId::REPEX_QUERY, STRANGER];
    assert_shown(
        &ids,
        &[b"a".to_vec(), b"1l".repeat(DEEP), b"0n".to_vec()].concat(),
        "nested deeper than 64",
    );
}

#[test]
fn a_count_is_believed_only_as_far_as_there_are_bytes() {
    let ids = [
        MessageId::DATABASE_QUERY,
        MessageId::REPEX_QUERY,
        MessageId::CHANNEL_QUERY,
        MessageId::USEREVENTLOG_QUERY,
        STRANGER,
    ];
    for (payload, words) in [
        (&b"a1000000000000000000l"[..], "1000000000000000000 announced"),
        (b"a1l1000000000000000000t0n", "1000000000000000000 announced"),
        (b"a1000000000000000000s", "1000000000000000000 announced"),
        (b"a1000000000000000000d0n0n", "1000000000000000000 announced"),
    ] {
        assert_shown(&ids, payload, words);
    }
    assert_shown(&[MessageId::NATCHECK, STRANGER], b"1000000000000000000:x", "1000000000000000000");
}

#[test]
fn marks_and_memos_of_a_pickle_count() {
    let marks = [&b"\x80\x02"[..], &vec![b'('; 8 << 20]].concat();
    let ids = [MessageId::SEEDINGSTATS_QUERY, STRANGER];
    assert_shown(&ids, &marks, "open marks");
}

/// Found by fuzzing: some hundred bytes that make a dict its own key, many times over.
#[test]
fn a_dict_that_is_its_own_key_is_bounded_as_json() {
    let input = include_bytes!("../fuzz/crashes/reply/a-dict-as-its-own-key");
    let ids = [MessageId::VIDEOPLAYBACK_INFO_QUERY, MessageId::CHANNEL_QUERY, STRANGER];
    for error in [ErrorByte::SUCCESS, ErrorByte::HANDLER] {
        read_as(&ids, error, &input[2..], MAX_SHARED);
    }
}

/// As many values as are read, two million: each takes some tens of bytes, and so do its JSON's.
#[test]
fn very_many_small_values_are_bounded_in_number() {
    const COUNT: usize = 1_999_990;
    let bencode = [&b"l"[..], &b"1:x".repeat(COUNT), b"e"].concat();
    let a = [format!("a{COUNT}l").as_bytes(), &b"1i1".repeat(COUNT)].concat();
    let pickle = [&b"\x80\x02("[..], &b"N".repeat(COUNT), b"l."].concat();
    for payload in [bencode, a, pickle] {
        for (_, Decoding { decoded, .. }) in
            read_as(&[STRANGER], ErrorByte::SUCCESS, &payload, MAX_MANY)
        {
            let cut = "the JSON ends early: it would take more than 64 MiB";
            assert!(decoded.notes.iter().any(|note| note.text == cut), "{:?}", decoded.notes);
        }
    }
}

/// Values that are shared cost what they are, however often they stand somewhere: some kilobytes that
/// would take hours otherwise.
#[test]
fn what_is_shared_is_looked_at_once() {
    let len = 1_u32 << 20;
    let text = [&b"X"[..], &len.to_le_bytes(), &vec![b'k'; 1 << 20]].concat();
    let pairs = [&b"\x80\x02}("[..], &text, &b"2".repeat(500_001), b"u."].concat();
    let thrown_away = [&pairs[..pairs.len() - 1], b"0N."].concat();
    // a dict of long keys in eighty thousand places, where values are no longer read
    let keys: Vec<u8> = (0..1000_u32)
        .flat_map(|n| [&b"U\xff"[..], format!("{n:0255}").as_bytes(), b"N"].concat())
        .collect();
    let deep = [
        &b"\x80\x02"[..],
        &b"]".repeat(63),
        b"}(",
        &keys,
        b"uq\x000(",
        &b"h\x00".repeat(80_000),
        b"l",
        &b"a".repeat(63),
        b".",
    ];
    let many = [&b"(N"[..], &b"2".repeat(1_500_000), b"e"].concat();
    let references = [&b"\x80\x02]"[..], &many.repeat(20), b"."].concat();
    let numbers: Vec<u8> =
        (0..1_900_000_u32).flat_map(|n| [&b"J"[..], &n.to_le_bytes()].concat()).collect();
    let beside = [&b"\x80\x02(}(K\x00NK\x01Nu"[..], &numbers, b"l."].concat();
    for (payload, note) in [
        (pairs, "250 000 dict keys occur twice"),
        (thrown_away, "250 000 dict keys occur twice"),
        (deep.concat(), "nested deeper than 64"),
        (references, "more than 2000000 values"),
        (beside, "the JSON ends early"),
    ] {
        for (id, Decoding { decoded, .. }) in
            read_as(&[MessageId::DATABASE_QUERY, STRANGER], ErrorByte::SUCCESS, &payload, MAX_MANY)
        {
            let told = decoded.notes.iter().any(|it| it.text.contains(note));
            assert!(told, "id {id}: {note}: {:?}", decoded.notes);
        }
    }
}
