//! Files that the screen writes of what it knows: outcomes of requests to many, the requests of a
//! peer. What stands in them is complete, says what it is, and claims no more than is known.

use crossterm::event::KeyCode;
use serde_json::Value;
use swarmscope::screen::{Effect, Key, Mode, Model};

use crate::crowd::{answer, answered, peer, rows};
use crate::fixture::{press, type_text};
use crate::many::{dark, screen};

const ENTER: Key = Key::named(KeyCode::Enter);
const TAB: Key = Key::named(KeyCode::Tab);

/// What is written under the name that stands in the prompt.
fn saved(model: &mut Model) -> String {
    let effects = press(model, &[ENTER]);
    let mode = std::mem::replace(&mut model.mode, Mode::Main);
    match &effects[..] {
        [Effect::Save { contents, .. }] => {
            String::from_utf8(contents.to_vec()).expect("a text format")
        }
        other => panic!("{other:?}; {mode:?}"),
    }
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// The line of this peer.
fn of(lines: &[Value], n: usize) -> Value {
    let permid = peer(n).0.to_string();
    lines.iter().find(|line| line["peer"] == permid.as_str()).expect("a line a peer").clone()
}

#[test]
fn a_line_says_what_was_asked_when_and_by_whom() {
    let mut model = answered();
    press(&mut model, &[Key::char('E')]);
    let all = lines(&saved(&mut model));
    let line = of(&all, 49);
    for (name, value) in [
        ("message_id", Value::from(1)),
        ("message", "database".into()),
        ("frequency_s", 3600.into()),
        ("outcome", "error".into()),
        ("program", concat!("swarmscope ", env!("CARGO_PKG_VERSION")).into()),
    ] {
        assert_eq!(line[name], value, "{name} of {line}");
    }
    let payload = line["request_payload_base64"].as_str().expect("what was asked");
    let payload = data_encoding::BASE64.decode(payload.as_bytes()).expect("base64");
    assert!(payload.starts_with(b"SELECT"), "{line}");
    let sent = line["sent_at"].as_str().expect("a time");
    assert!(
        sent.starts_with("20") && sent.contains('T') && sent.ends_with('Z'),
        "{sent}: RFC 3339"
    );
    assert!(line["ended_at"].as_str().expect("a time") > sent);
    assert_eq!(line["reply_sha256"].as_str().map(str::len), Some(64), "{line}");
    assert!(line.get("identity").is_some(), "who asked, where that is known: {line}");
}

#[test]
fn a_digest_is_that_of_the_bytes() {
    let mut model = answered();
    press(&mut model, &[Key::char('E')]);
    let all = lines(&saved(&mut model));
    // 253: the payload is the peer's text
    let digest = swarmscope_evidence::case::sha256_hex(b"unknown message");
    assert_eq!(of(&all, 49)["reply_sha256"], digest.as_str());
}

#[test]
fn an_unknown_extension_is_refused_with_those_that_are_known() {
    for name in ["out.parquet", "out", "out.xlsx", "out.bin"] {
        let mut model = answered();
        press(&mut model, &[Key::char('E'), Key::ctrl('u')]);
        type_text(&mut model, name);
        assert!(press(&mut model, &[ENTER]).is_empty(), "{name} is written");
        let Mode::Save(saving) = &model.mode else { panic!("{name}: the prompt is gone") };
        let why = saving.error.clone().unwrap_or_default();
        for known in [".ndjson", ".jsonl", ".csv"] {
            assert!(why.contains(known), "{name}: {why}");
        }
    }
}

#[test]
fn raw_bytes_come_on_request_only() {
    let mut model = answered();
    press(&mut model, &[Key::char('E')]);
    let plain = lines(&saved(&mut model));
    assert!(of(&plain, 49).get("reply_payload_base64").is_none());
    press(&mut model, &[Key::char('E'), Key::ctrl('b')]);
    assert!(screen(&mut model, 120, 40, &dark()).contains("with bytes"));
    let raw = lines(&saved(&mut model));
    let bytes = data_encoding::BASE64.encode(b"unknown message");
    assert_eq!(of(&raw, 49)["reply_payload_base64"], bytes.as_str());
}

#[test]
fn the_group_or_the_marked_alone_are_saved() {
    let mut model = answered();
    let group = {
        let campaign = model.many.campaign.as_ref().expect("a campaign");
        model.many.view.peers(campaign).count()
    };
    press(&mut model, &[Key::char('E'), TAB]);
    assert!(screen(&mut model, 120, 40, &dark()).contains("of this group"));
    let some = lines(&saved(&mut model));
    assert_eq!(some.len(), group);
    assert!(group < 60);
    model.facts.unmark_all();
    let two = [3, 7].map(|n| swarmscope_peer::node::PeerKey::Permid(peer(n).0));
    model.facts.mark_all(&two);
    press(&mut model, &[Key::char('E'), TAB, TAB]);
    assert!(screen(&mut model, 120, 40, &dark()).contains("of the marked"));
    let marked = lines(&saved(&mut model));
    assert_eq!((marked.len(), of(&marked, 7)["peer"].is_string()), (2, true));
}

#[test]
fn the_requests_of_one_peer_are_saved_in_the_same_words() {
    let mut model = answered();
    press(&mut model, &[Key::char('E')]);
    let many = lines(&saved(&mut model));
    model.screen = swarmscope::screen::Screen::Main;
    model.mode = Mode::Main;
    model.selected = Some(swarmscope_peer::node::PeerKey::Permid(peer(49).0));
    press(&mut model, &[Key::char('W'), Key::char('x')]);
    let own = lines(&saved(&mut model));
    let names =
        |line: &Value| line.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    let line = of(&many, 49);
    let newest = own.last().expect("it was asked");
    assert_eq!(names(newest), names(&line));
    for name in ["peer", "message", "sent_at", "reply_sha256", "request_payload_base64", "error"] {
        assert_eq!(newest[name], line[name], "{name}");
    }
}

#[test]
fn privacy_leaves_nothing_that_tells_who_or_what() {
    let mut model = answered();
    model.setup.naming.privacy = true;
    press(&mut model, &[Key::char('E'), Key::ctrl('b')]);
    let text = saved(&mut model);
    assert!(!text.contains(&peer(49).0.to_string()) && !text.contains("127.0.0.1"));
    for line in lines(&text).iter().filter(|line| line["outcome"] == "error") {
        let withheld = line["withheld"].as_array().expect("a list");
        assert!(withheld.contains(&"reply_sha256".into()), "{line}");
        assert!(withheld.contains(&"reply_payload".into()), "{line}");
        assert_eq!(line["reply_sha256"], Value::Null);
    }
}

/// Blocks of a pcapng file: their kinds and bodies.
fn blocks(file: &[u8]) -> Vec<(u32, &[u8])> {
    let number = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().expect("four bytes"));
    let (mut at, mut blocks) = (0, Vec::new());
    while at < file.len() {
        let length = number(at + 4) as usize;
        assert!(length.is_multiple_of(4) && number(at + length - 4) as usize == length);
        blocks.push((number(at), &file[at + 8..at + length - 4]));
        at += length;
    }
    blocks
}

#[test]
fn a_conversation_is_saved_as_a_capture_that_says_that_it_is_made() {
    let (mut model, who) = crate::talk::story();
    model.selected = Some(swarmscope_peer::node::PeerKey::Permid(who));
    press(&mut model, &[Key::char('W'), Key::char('c')]);
    let effects = press(&mut model, &[ENTER]);
    let [Effect::Save { path, contents, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert!(path.display().to_string().ends_with(".pcapng"), "{path:?}");
    let blocks = blocks(contents);
    let kinds: Vec<u32> = blocks.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds[..2], [0x0a0d_0d0a, 1]);
    assert!(kinds.len() > 8 && kinds[2..].iter().all(|kind| *kind == 6), "{kinds:?}");
    let says = String::from_utf8_lossy(blocks[0].1).into_owned();
    let version = env!("CARGO_PKG_VERSION");
    assert!(
        says.contains(&format!("synthetic, decrypted, captured by swarmscope {version}"))
            && says.contains("ports and sequence numbers are made"),
        "{says}"
    );
}

#[test]
fn a_conversation_is_no_table_and_bytes_are_no_capture() {
    let (mut model, who) = crate::talk::story();
    model.selected = Some(swarmscope_peer::node::PeerKey::Permid(who));
    press(&mut model, &[Key::char('W'), Key::char('c'), Key::ctrl('u')]);
    type_text(&mut model, "x.csv");
    assert!(press(&mut model, &[ENTER]).is_empty());
    let Mode::Save(saving) = &model.mode else { panic!("{:?}", model.mode) };
    assert!(saving.error.as_deref().is_some_and(|why| why.contains(".pcapng")), "{saving:?}");
}

#[test]
fn a_capture_has_no_address_and_no_permid_where_they_are_hidden() {
    let (mut model, who) = crate::talk::story();
    model.selected = Some(swarmscope_peer::node::PeerKey::Permid(who));
    model.setup.naming.privacy = true;
    press(&mut model, &[Key::char('W'), Key::char('c')]);
    let effects = press(&mut model, &[ENTER]);
    let [Effect::Save { contents, .. }] = &effects[..] else { panic!("{effects:?}") };
    let has = |bytes: &[u8]| contents.windows(bytes.len()).any(|at| at == bytes);
    assert!(!has(&[198, 51, 100, 77]) && !has(b"198.51.100.77"));
    assert!(!has(who.to_string().as_bytes()) && !has(&who.to_der()[40..]));
    assert!(has(&[0xfd, 0, 0, 0]), "a pseudonym in fd00::/8");
}

/// What is written to a file of this name.
pub fn exported(model: &mut Model, name: &str) -> String {
    press(model, &[Key::char('E'), Key::ctrl('u')]);
    type_text(model, name);
    let effects = press(model, &[ENTER]);
    model.mode = Mode::Main;
    match &effects[..] {
        [Effect::Save { contents, .. }] => String::from_utf8(contents.to_vec()).expect("text"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn outcomes_are_exported_for_programs_and_for_spreadsheets() {
    let mut model = answered();
    let (who, _) = peer(49);
    answer(&mut model, 2_900, peer(51).0, 0, &rows("=cmd|' /C calc'!A0", 1), 1, 20);
    let lines: Vec<serde_json::Value> = exported(&mut model, "a.ndjson")
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(lines.len(), 60);
    let line = lines.iter().find(|line| line["peer"] == who.to_string()).expect("a line a peer");
    assert_eq!((line["outcome"].as_str(), line["error"].as_u64()), (Some("error"), Some(253)));
    assert_eq!(line["summary"], "253 unknown message");
    assert_eq!(line["content"].as_str().map(str::len), Some(32));
    assert_eq!(lines.iter().filter(|line| line["outcome"] == "not-sent").count(), 3);

    let table = exported(&mut model, "a.csv");
    assert_eq!(table.lines().count(), 61);
    assert!(table.lines().all(|line| line.starts_with("peer,") || line.starts_with('M')));
    let formula =
        |table: &str| table.contains(",=") || table.contains("\"=") || table.contains(",@");
    assert!(!formula(&table), "{table}");

    model.setup.naming.privacy = true;
    for name in ["a.ndjson", "a.csv"] {
        let text = exported(&mut model, name);
        assert!(
            !text.contains("127.0.0.1")
                && !text.contains(&who.to_string())
                && text.contains("permid-")
        );
        assert!(
            !text.contains(line["content"].as_str().expect("a digest")),
            "no digest that a guess can be checked with"
        );
    }
}

#[test]
fn the_name_of_the_file_decides_what_stands_in_it() {
    let mut model = answered();
    let saved = |model: &mut Model| match &press(model, &[ENTER])[..] {
        [Effect::Save { path, contents, overwrite: false }] => {
            (path.display().to_string(), contents.clone())
        }
        other => panic!("{other:?}"),
    };
    press(&mut model, &[Key::char('E')]);
    assert!(screen(&mut model, 80, 24, &dark()).contains("save the outcomes to"));
    let (name, contents) = saved(&mut model);
    assert_eq!(name, "many-database-120431.ndjson");
    assert!(contents.starts_with(b"{\"peer\":"));
    press(&mut model, &[Key::ctrl('u')]);
    type_text(&mut model, "table.csv");
    let (name, contents) = saved(&mut model);
    assert_eq!(name, "table.csv");
    assert!(contents.starts_with(b"peer,address,"));
    press(&mut model, &[Key::ctrl('u')]);
    type_text(&mut model, "out.parquet");
    assert!(press(&mut model, &[ENTER]).is_empty(), "it would not be what its name says");
    let shown = screen(&mut model, 120, 40, &dark());
    assert!(shown.contains(".parquet is not supported: use .ndjson, .jsonl, .csv"));
}
