//! Case files and stores that somebody else made: nothing in them does anything on a terminal.

use std::fs;

use data_encoding::HEXLOWER;
use rusqlite::Connection;
use swarmscope_evidence::case::sha256_hex;

use crate::process::{Home, Outcome};

const TABLES: &str = include_str!("../../crates/store/src/database/schema/sqlite.sql");
/// A title of the window, a colour, the order of reading, a control of eight bits, a line's end, a
/// key that deletes, a byte order mark, and a line that could be the program's.
const HOSTILE: &str =
    "\x1b]0;pwned\x07\x1b[31mred\u{202e}\u{2066}\u{9b}31m\u{2028}\u{7f}\u{feff}\r\nhint: run this";
const TIME: &str = "2026-01-01T00:00:00.000000000Z";

type Fields<'a> = &'a [(&'a str, &'a str)];

/// A case file whose chain of hashes holds, and which nobody signed.
fn case_of(entries: &[Fields<'_>]) -> Vec<u8> {
    let mut file = b"swarmscope case 1\n".to_vec();
    let mut previous = vec![0; 32];
    for (index, fields) in entries.iter().enumerate() {
        let mut leaf = (index as u64).to_be_bytes().to_vec();
        leaf.extend(&previous);
        leaf.extend(u16::try_from(fields.len()).expect("few").to_be_bytes());
        for (name, value) in *fields {
            leaf.push(u8::try_from(name.len()).expect("short"));
            leaf.extend(name.as_bytes());
            leaf.push(0);
            leaf.extend(sized(value.as_bytes()));
        }
        let record = sized(&sized(&leaf));
        file.extend(&record);
        let mut checksum = flate2::Crc::new();
        checksum.update(&record);
        file.extend(checksum.sum().to_be_bytes());
        let hash = sha256_hex(&[&[0], &leaf[..]].concat());
        previous = HEXLOWER.decode(hash.as_bytes()).expect("digits");
    }
    file
}

fn sized(bytes: &[u8]) -> Vec<u8> {
    let size = u32::try_from(bytes.len()).expect("small").to_be_bytes();
    [&size, bytes].concat()
}

fn store_of(home: &Home, name: &str, more: &str) {
    let connection = Connection::open(home.path().join(name)).expect("a database");
    let head = "PRAGMA application_id = 0x53777363; PRAGMA user_version = 1;";
    connection.execute_batch(&format!("{TABLES}{head}{more}")).expect("tables");
}

/// Nothing but visible characters, lines and columns, and no line of the file's.
fn is_harmless(what: &str, text: &str) {
    let acts = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    assert_eq!(text.chars().find(|c| acts(*c)), None, "{what}: {text:?}");
    assert!(!text.lines().any(|line| line.starts_with("hint: run this")), "{what}: {text}");
}

fn all_are_harmless(home: &Home, commands: &[&str]) -> Vec<Outcome> {
    let run = |command: &&str| {
        let outcome = home.run(&command.split(' ').collect::<Vec<_>>());
        is_harmless(command, &outcome.stdout);
        is_harmless(command, &outcome.stderr);
        outcome
    };
    commands.iter().map(run).collect()
}

#[test]
fn a_case_file_does_nothing_on_a_terminal() {
    let home = Home::new();
    let key = "7".repeat(32);
    let id = "ab".repeat(16);
    let head: Fields<'_> = &[("type", "case"), ("time", TIME), ("id", &id), ("key", &key)];
    let sent: Fields<'_> = &[
        ("type", "sent"),
        ("time", TIME),
        ("network", HOSTILE),
        ("peer", HOSTILE),
        ("question", HOSTILE),
        ("bytes", "0"),
    ];
    let reply: Fields<'_> = &[
        ("type", "reply"),
        ("time", TIME),
        ("request", "1"),
        ("error", "0"),
        ("bytes", "1"),
        ("summary", HOSTILE),
        ("payload", HOSTILE),
    ];
    let note: Fields<'_> = &[("type", "note"), ("time", TIME), ("text", HOSTILE), ("about", "1")];
    let odd: Fields<'_> = &[("type", HOSTILE), ("time", HOSTILE)];
    let bad_id: Fields<'_> = &[("type", "case"), ("time", TIME), ("id", HOSTILE), ("key", &key)];
    let write = |name: &str, entries: &[Fields<'_>]| {
        fs::write(home.path().join(name), case_of(entries)).expect("written");
    };
    write("a.case", &[head, sent, reply, note]);
    write("b.case", &[head, odd, sent]);
    write("c.case", &[bad_id, odd, note]);
    let mut shown = 0;
    for name in ["a", "b", "c"] {
        let outcomes = all_are_harmless(
            &home,
            &[
                &format!("case show {name}.case"),
                &format!("case show {name}.case --json"),
                &format!("case verify {name}.case"),
                &format!("case verify {name}.case --json"),
                &format!("case checkpoint {name}.case"),
                &format!("case witness {name}.case"),
                &format!("case sign {name}.case"),
                &format!("case add {name}.case --note x"),
                &format!("case redact {name}.case --out {name}.copy --values 1:text --why x"),
                &format!("signals {name}.case"),
                &format!("signals {name}.case --json"),
            ],
        );
        shown += outcomes.iter().filter(|it| it.stdout.contains("·]0;pwned·")).count();
    }
    assert!(shown >= 3, "the text itself is shown: {shown}");
    for format in ["jsonl", "csv", "stix", "html", "markdown"] {
        let ending = match format {
            "stix" => "json",
            "markdown" => "md",
            other => other,
        };
        let out = format!("out.{ending}");
        let outcome = home.run(&["case", "export", "a.case", "--format", format, "--out", &out]);
        assert_eq!(outcome.code, 0, "{outcome:?}");
        if format == "jsonl" || format == "stix" {
            let text = fs::read_to_string(home.path().join(&out)).expect("written");
            is_harmless(format, &text);
            assert!(text.contains(r"\u202e") && text.contains(r"\u009b"), "{text}");
        }
    }
}

#[test]
fn a_store_does_nothing_on_a_terminal() {
    let home = Home::new();
    let sql = HOSTILE.replace('\'', "''");
    let rows = serde_json::json!([[HOSTILE]]).to_string();
    store_of(
        &home,
        "rows.sqlite",
        &format!(
            "INSERT INTO word VALUES (1, '{sql}');
             INSERT INTO round VALUES (1, 1, 'complete', 1, 2, 3, '{sql}', '{{}}', NULL);
             INSERT INTO round VALUES (2, 1, 'complete', 1, 2, 3, '{sql}', '{{}}', NULL);
             INSERT INTO peer (id, network, hash, first_heard, last_heard, failures, due)
                 VALUES (1, 1, x'01', 1, 1, 0, 1);
             INSERT INTO visit VALUES (1, 1, 1, 1, 1, NULL, NULL, 0);
             INSERT INTO question VALUES (1, 1, 3, '{sql}', '{{\"at\":\"\",\"columns\":[{{\"name\":\"kind\",
                 \"from\":\"kind\",\"kind\":\"text\",\"sensitive\":false,\"volatile\":false}}]}}');
             INSERT INTO reply VALUES (1, 1, 1, 1, 1, 1, 5, 1, NULL, '{rows}', NULL);"
        ),
    );
    let unreadable = format!(
        "CREATE TABLE \"{sql}\" (a); PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = 'nonsense' WHERE name LIKE '%pwned%';
         PRAGMA writable_schema = OFF;"
    );
    store_of(&home, "schema.sqlite", &unreadable);
    let unsound = format!(
        "PRAGMA ignore_check_constraints = 1; CREATE TABLE \"{sql}\" (a CHECK (a > 0));
         INSERT INTO \"{sql}\" VALUES (-1);"
    );
    store_of(&home, "unsound.sqlite", &unsound);
    for name in ["rows", "schema", "unsound"] {
        let mut commands = Vec::new();
        for what in ["info", "verify", "rounds", "peers", "visits", "replies", "migrate"] {
            commands.push(format!("store {what} {name}.sqlite"));
            commands.push(format!("store {what} {name}.sqlite --json"));
        }
        commands.push(format!("store diff {name}.sqlite 1 2"));
        commands.push(format!("store diff {name}.sqlite 1 2 --json"));
        commands.push(format!("store export {name}.sqlite --format jsonl --out {name}.jsonl"));
        commands.push(format!("store report {name}.sqlite --out {name}.html"));
        commands.push(format!("signals {name}.sqlite"));
        commands.push(format!("store prune {name}.sqlite --max-bytes 1"));
        let commands: Vec<&str> = commands.iter().map(String::as_str).collect();
        let outcomes = all_are_harmless(&home, &commands);
        let shown =
            outcomes.iter().filter(|it| format!("{}{}", it.stdout, it.stderr).contains("pwned"));
        assert!(shown.count() >= 2, "the text itself is shown: {outcomes:#?}");
    }
    let text = fs::read_to_string(home.path().join("rows.jsonl")).expect("written");
    is_harmless("jsonl", &text);
    assert!(text.contains(r"\u202e") && text.contains(r"\u009b"), "{text}");
}

#[test]
fn what_is_no_file_makes_no_command_wait() {
    let home = Home::new();
    let made = home.run(&["case", "new", "a.case"]);
    assert_eq!(made.code, 0, "{made:?}");
    store_of(&home, "a.sqlite", "");
    let pipe = std::process::Command::new("mkfifo").arg(home.path().join("pipe")).status();
    assert!(pipe.expect("mkfifo").success());
    for (file, kind) in [("pipe", "pipe"), ("/dev/zero", "device")] {
        for command in [
            "case verify a.case --checkpoint FILE",
            "case verify FILE",
            "case show FILE",
            "case add a.case --checkpoint FILE",
            "case add a.case --add-file FILE",
            "case add a.case --recording FILE",
            "case witness a.case --memory FILE",
            "signals a.case --rule FILE",
            "recording export FILE --out a.csv",
            "crawl 127.0.0.1:1 --probe natcheck --store b.sqlite --opt-out FILE",
            "peer --listen 127.0.0.1:0 --bootstrap FILE",
            "signals FILE",
            "store info FILE",
        ] {
            let command = command.replace("FILE", file);
            let outcome = home.run(&command.split(' ').collect::<Vec<_>>());
            assert!(![0, 124].contains(&outcome.code), "{command}: {outcome:?}");
            let why = [format!("it is a {kind}"), "not a file".into()];
            assert!(why.iter().any(|why| outcome.stderr.contains(why)), "{command}: {outcome:?}");
        }
    }
}
