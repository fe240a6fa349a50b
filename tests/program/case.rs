//! `swarmscope case` as cli.md has it: kept, shown, verified, signed, witnessed, redacted,
//! exported.

use std::fs;

use serde_json::Value;

use crate::pair::Pair;
use crate::process::{Home, Outcome};

fn ran(outcome: Outcome) -> Outcome {
    assert_eq!(outcome.code, 0, "{outcome:?}");
    outcome
}

/// A peer, and a Crawler with a case of which two questions and a note are kept.
fn kept(options: &[&str]) -> Pair {
    let pair = Pair::new(18, &[], &["--json", "--case", "a.case"]);
    ran(pair.crawler.run(&[&["case", "new", "a.case", "--why", "a test"][..], options].concat()));
    assert_eq!(pair.ask(&["natcheck"]).code, 0);
    assert_eq!(pair.ask(&["77"]).code, 11, "nobody knows id 77");
    ran(pair.crawler.run(&[
        "case",
        "add",
        "a.case",
        "--note",
        "one peer, two questions",
        "--about",
        "3",
    ]));
    pair
}

fn verified(home: &Home, more: &[&str]) -> (i32, Value) {
    let outcome = home.run(&[&["case", "verify", "a.case", "--json"][..], more].concat());
    let event = outcome.last("verify");
    (outcome.code, event)
}

#[test]
fn what_was_asked_and_came_is_kept_and_verifies() {
    let pair = kept(&[]);
    let (code, event) = verified(&pair.crawler, &[]);
    assert_eq!((code, &event["ok"]), (0, &true.into()), "{event}");
    let shown = ran(pair.crawler.run(&["case", "show", "a.case", "--json"])).events();
    let kinds: Vec<&str> =
        shown.iter().filter_map(|entry| entry["fields"]["type"].as_str()).collect();
    let expected =
        ["case", "signed", "sent", "reply", "signed", "sent", "reply", "signed", "note", "signed"];
    assert_eq!(kinds, expected, "{shown:#?}");
    assert_eq!(shown[2]["fields"]["peer"], pair.peer.permid);
    assert_eq!(shown[3]["fields"]["request"], "2");
    assert_eq!(shown[6]["fields"]["error"], "253");
    assert_eq!((&event["entries"], &event["signed"]), (&10.into(), &9.into()));
    let text = ran(pair.crawler.run(&["case", "verify", "a.case"])).stdout;
    assert!(text.starts_with("From the file alone: the holder of the key"), "{text}");
}

#[test]
fn a_failure_is_kept_too() {
    let home = Home::new();
    ran(home.run(&["case", "new", "a.case"]));
    assert_eq!(home.run(&["request", "127.0.0.1:1", "natcheck", "--case", "a.case"]).code, 3);
    let shown = ran(home.run(&["case", "show", "a.case", "--json"])).events();
    assert_eq!(shown[2]["fields"]["code"], "tcp.refused", "{shown:#?}");
    assert_eq!(shown[2]["fields"]["question"], "NATCHECK", "what the dial was made for");
    assert_eq!(home.run(&["request", "127.0.0.1:1", "natcheck", "--case", "a.case"]).code, 3);
    let found = ran(home.run(&["signals", "a.case"]));
    assert!(
        found.stdout.contains("0 answers in 0 rounds"),
        "nobody is known to have been asked: {found:?}"
    );
    assert_eq!(verified(&home, &[]).0, 0);
}

#[test]
fn a_change_is_13_and_named_and_nothing_more_is_added() {
    let pair = kept(&[]);
    let path = pair.crawler.path().join("a.case");
    let mut bytes = fs::read(&path).expect("a case");
    let at = bytes
        .windows(7)
        .position(|window| window == b"natchec" || window == b"NATCHEC")
        .expect("the question");
    bytes[at] ^= 1;
    fs::write(&path, bytes).expect("writes");
    let (code, event) = verified(&pair.crawler, &[]);
    assert_eq!((code, &event["ok"], &event["entry"]), (13, &false.into(), &2.into()), "{event}");
    assert_eq!(event["proven"], serde_json::json!([[0, 1], [3, 8]]), "{event}");
    let added = pair.crawler.run(&["case", "add", "a.case", "--note", "more"]);
    assert_eq!(added.code, 1, "{added:?}");
    assert!(added.stderr.contains("nothing is added to a broken case"), "{added:?}");
    let exported =
        pair.crawler.run(&["case", "export", "a.case", "--format", "csv", "--out", "a.csv"]);
    assert_eq!(exported.code, 13, "{exported:?}");
}

#[test]
fn a_checkpoint_kept_elsewhere_shows_a_cut_at_the_end() {
    let pair = kept(&[]);
    let home = &pair.crawler;
    let note = ran(home.run(&["case", "checkpoint", "a.case"])).stdout;
    assert!(note.starts_with("swarmscope-case/") && note.contains("\n9\n"), "{note}");
    fs::write(home.path().join("note"), &note).expect("writes");
    assert_eq!(verified(home, &["--checkpoint", "note"]).1["outside"], 9);
    let path = home.path().join("a.case");
    let bytes = fs::read(&path).expect("a case");
    let mut ends = vec![18];
    while let Some(length) = bytes.get(ends[ends.len() - 1]..ends[ends.len() - 1] + 4) {
        let length = u32::from_be_bytes(length.try_into().expect("four")) as usize;
        ends.push(ends[ends.len() - 1] + length + 8);
    }
    fs::write(&path, &bytes[..ends[5]]).expect("writes");
    assert_eq!(verified(home, &[]).0, 0, "the file alone can't tell");
    let (code, event) = verified(home, &["--checkpoint", "note"]);
    assert_eq!((code, &event["entry"]), (13, &5.into()), "{event}");
    // torn by a crash: said, not called tampering, and gone on with
    fs::write(&path, &bytes[..ends[5] + 30]).expect("writes");
    let (code, event) = verified(home, &[]);
    assert_eq!((code, &event["torn_bytes"]), (0, &30.into()), "{event}");
    ran(home.run(&["case", "add", "a.case", "--note", "after the crash"]));
    assert_eq!(verified(home, &[]).1["torn_bytes"], 0);
}

#[test]
fn a_witness_signs_what_grew_and_refuses_what_was_rewritten() {
    let pair = kept(&[]);
    let (home, witness) = (&pair.crawler, Home::new());
    let path = home.path().join("a.case");
    let case = path.to_str().expect("UTF-8");
    let first = ran(witness.run(&["case", "witness", case]));
    assert_eq!(first.stdout.matches("\u{2014} ").count(), 2, "{first:?}");
    fs::write(home.path().join("note"), &first.stdout).expect("writes");
    ran(home.run(&["case", "add", "a.case", "--checkpoint", "note"]));
    let again = ran(witness.run(&["case", "witness", case]));
    assert!(again.stderr.contains("continues the 9 entries"), "{again:?}");
    // the holder of the key writes another case under the same name: the witness remembers the id
    // only of the first
    fs::copy(&path, home.path().join("before.case")).expect("copies");
    ran(home.run(&["case", "add", "a.case", "--note", "more"]));
    ran(witness.run(&["case", "witness", case]));
    fs::copy(home.path().join("before.case"), &path).expect("copies");
    let refused = witness.run(&["case", "witness", case]);
    assert_eq!(refused.code, 13, "{refused:?}");
    ran(home.run(&["case", "add", "a.case", "--note", "other"]));
    ran(home.run(&["case", "add", "a.case", "--note", "words"]));
    let refused = witness.run(&["case", "witness", case]);
    assert_eq!(refused.code, 13, "{refused:?}");
    assert!(refused.stderr.contains("differ from those seen before"), "{refused:?}");
}

#[test]
fn a_redacted_copy_verifies_and_names_no_address() {
    let pair = kept(&[]);
    let home = &pair.crawler;
    let copied = home.run(&[
        "case",
        "redact",
        "a.case",
        "--out",
        "b.case",
        "--field",
        "address,payload",
        "--why",
        "for a partner",
    ]);
    ran(copied);
    let bytes = fs::read(home.path().join("b.case")).expect("a copy");
    assert!(!bytes.windows(10).any(|window| window == b"127.0.0.1:"));
    let outcome = ran(home.run(&["case", "verify", "b.case", "--json"]));
    assert!(outcome.last("verify")["withheld"].as_u64() > Some(2), "{outcome:?}");
}

#[test]
fn a_case_with_hidden_addresses_holds_none_and_verifies() {
    let pair = kept(&["--hide-addresses"]);
    let home = &pair.crawler;
    ran(home.run(&["case", "add", "a.case", "--note", "127.0.0.1:7760 was told"]));
    assert_eq!(verified(home, &[]).0, 0);
    let bytes = fs::read(home.path().join("a.case")).expect("a case");
    let address = pair.peer.addr.clone();
    for hidden in ["127.0.0.1", &address, &pair.peer.permid] {
        assert!(!bytes.windows(hidden.len()).any(|window| window == hidden.as_bytes()), "{hidden}");
    }
}

#[test]
fn every_format_holds_every_question_and_other_extensions_are_refused() {
    let pair = kept(&[]);
    let home = &pair.crawler;
    let export = |format: &str, name: &str| {
        home.run(&["case", "export", "a.case", "--format", format, "--out", name])
    };
    for (format, name) in [("jsonl", "a.txt"), ("csv", "a.jsonl"), ("stix", "a"), ("html", "a.htm")]
    {
        let refused = export(format, name);
        assert_eq!(refused.code, 2, "{name}: {refused:?}");
        assert!(!home.path().join(name).exists());
    }
    let read = |name: &str| fs::read_to_string(home.path().join(name)).expect("an export");
    ran(export("jsonl", "a.jsonl"));
    let lines: Vec<Value> =
        read("a.jsonl").lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let questions: Vec<&Value> = lines.iter().filter(|line| line["record"] == "question").collect();
    assert_eq!(questions.len(), 2);
    assert_eq!(
        (&questions[0]["outcome"], &questions[1]["error"]),
        (&"success".into(), &253.into())
    );
    for name in [
        "peer",
        "address",
        "question",
        "frequency_s",
        "sent_at",
        "ended_at",
        "reply_sha256",
        "program",
        "identity",
    ] {
        assert!(
            questions[0][name].is_string() || questions[0][name].is_number(),
            "{name}: {}",
            questions[0]
        );
    }
    ran(export("csv", "a.csv"));
    assert_eq!(read("a.csv").lines().count(), 3);
    ran(export("stix", "a.json"));
    let bundle: Value = serde_json::from_str(&read("a.json")).expect("JSON");
    let objects = bundle["objects"].as_array().expect("objects");
    let ids: Vec<&str> = objects.iter().filter_map(|object| object["id"].as_str()).collect();
    let mut references = Vec::new();
    for object in objects {
        for (name, value) in object.as_object().expect("an object") {
            match value {
                Value::String(id) if name.ends_with("_ref") => references.push(id.clone()),
                Value::Array(many) if name.ends_with("_refs") => {
                    references.extend(many.iter().filter_map(Value::as_str).map(str::to_owned));
                }
                _ => {}
            }
        }
    }
    assert!(references.iter().all(|id| ids.contains(&id.as_str())), "{references:?} {ids:?}");
    assert_eq!(objects.iter().filter(|object| object["type"] == "observed-data").count(), 2);
    ran(export("markdown", "a.md"));
    ran(export("html", "a.html"));
    assert!(
        read("a.html").contains("2 questions to 1 peer between")
            && read("a.md").contains("one peer, two questions")
    );
    assert_eq!(export("html", "a.html").code, 1, "an existing file is never replaced");
    assert_eq!(verified(home, &[]).0, 0);
}
