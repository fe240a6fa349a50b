use proptest::prelude::*;
use serde_json::json;

use swarmscope_wire::{Note, NoteKind};

use super::*;
use crate::Statistics;
use swarmscope_peer::crawler::field::{read_form, write_form};

const WHOLE: &str = r#"
id = 200
name = "uptime"
doc = "how long the program has been running"
payload = "since={since};who={who:sql};{{raw}}={key}"
decoder = "utf8"
frequency = 60
timeout = 5
min_version = 13
max_version = 18
consumes = true

[[field]]
name = "since"
type = "int"
default = 0
min = -1
max = 86400

[[field]]
name = "who"
type = "text"
default = "it's me"
longest = 20

[[field]]
name = "key"
type = "bytes"
default = "00 ff"
"#;

fn parse(text: &str) -> Custom {
    file::parse(text).unwrap_or_else(|(line, what)| panic!("{line:?}: {what}\n{text}")).0
}

/// The line and the words of what is wrong.
fn wrong(text: &str) -> (usize, String) {
    let (line, what) = file::parse(text).expect_err(text);
    (line.unwrap_or_else(|| panic!("no line: {what}\n{text}")), what)
}

fn with_payload(key: &str, payload: &str, field: &str) -> String {
    format!(
        "id = 200\nname = 'X'\ndoc = 'x'\ndecoder = 'hex'\n{key} = '''{payload}'''\n[[field]]\nname = 'f'\n{field}"
    )
}

fn rendered(key: &str, payload: &str, field: &str) -> Vec<u8> {
    parse(&with_payload(key, payload, field)).initiate(&OverlayVersion::CURRENT.into()).to_vec()
}

#[test]
fn a_file_is_a_probe() {
    let probe = parse(WHOLE);
    assert_eq!((probe.id(), probe.name()), (MessageId(200), "UPTIME"));
    assert_eq!(
        (probe.default_frequency(), probe.timeout(), probe.consumes()),
        (Frequency(60), Duration::from_secs(5), true)
    );
    assert_eq!(
        (probe.min_version(), probe.max_version()),
        (OverlayVersion(13), OverlayVersion(18))
    );
    assert_eq!(
        &probe.initiate(&OverlayVersion(13).into())[..],
        b"since=0;who='it''s me';{raw}=\x00\xff"
    );
    let names: Vec<_> =
        probe.fields().iter().map(|field| (&*field.name, field.default.write())).collect();
    assert_eq!(
        names,
        [("since", "0".to_owned()), ("who", "it's me".to_owned()), ("key", "00ff".to_owned())]
    );
    assert_eq!(&fill(&probe, "since=5; key=01").unwrap()[..], b"since=5;who='it''s me';{raw}=\x01");
    assert_eq!(probe.decode("é".as_bytes()).unwrap().json, json!("é"));

    let smallest = parse("id = 0\nname = 'X'\ndoc = ''\ndecoder = 'hex'");
    assert_eq!(
        (smallest.takes_payload(), smallest.fields().len(), smallest.consumes()),
        (false, 0, false)
    );
    assert_eq!(
        (smallest.default_frequency(), smallest.min_version()),
        (Frequency::DEFAULT, OverlayVersion::CRAWLER)
    );
    assert!(smallest.initiate(&OverlayVersion::CURRENT.into()).is_empty());
}

#[test]
fn values_are_written_as_the_payload_says() {
    let int = "type = 'int'\ndefault = 258\nmin = 0\nmax = 65535";
    let text = "type = 'text'\ndefault = 'né'";
    let bytes = "type = 'bytes'\ndefault = '00ff'";
    for (key, payload, field, expected) in [
        ("payload", "{f}", int, &b"258"[..]),
        ("payload", "d1:x{f:bencode}e", int, b"d1:xi258ee"),
        ("payload", "a1l{f:a}", int, b"a1l3i258"),
        ("payload_hex", "ff {f:u16} 00", int, b"\xff\x01\x02\x00"),
        ("payload_hex", "{f:u32}{f:u64}", int, b"\0\0\x01\x02\0\0\0\0\0\0\x01\x02"),
        ("payload", "[{f}]", text, "[né]".as_bytes()),
        ("payload", "{f:bencode}", text, "3:né".as_bytes()),
        ("payload", "a{f:a}", text, "a3sné".as_bytes()),
        ("payload", "{f}", bytes, b"\x00\xff"),
        ("payload", "{f:bencode}", bytes, b"2:\x00\xff"),
        ("payload", "{f:a}", bytes, b"2b\x00\xff"),
        ("payload", "}}{{{f}}}", int, b"}{258}"),
    ] {
        assert_eq!(rendered(key, payload, field), expected, "{payload}");
    }
}

#[test]
fn what_is_wrong_in_a_file_has_its_line() {
    let field = "type = 'int'\ndefault = 1\nmin = 0\nmax = 300";
    for (text, line, words) in [
        ("id = 1\nname = ", 2, ""),
        ("id = 'one'\nname = 'X'", 1, "invalid type"),
        ("name = 'X'\ndoc = ''", 1, "missing field `id`"),
        ("id = 256\nname = 'X'\ndoc = ''\ndecoder = 'hex'", 1, "id 256 is not between 0 and 255"),
        ("\nid = 1\nname = '1X'\ndoc = ''\ndecoder = 'hex'", 3, "is not a valid name"),
        (
            "id = 1\nname = 'X'\ndoc = ''\ndecoder = 'xml'",
            4,
            "use bencode, a, pickle, json, utf8, hex, each optionally with zlib+",
        ),
        ("id = 1\nname = 'X'\ndoc = ''\ndecoder = 'zlib'", 4, "is not a decoder"),
        (
            "id = 1\nname = 'X'\ndoc = ''\ndecoder = 'hex'\nfreqency = 3",
            5,
            "unknown field `freqency`",
        ),
        (
            "id = 1\nname = 'X'\ndoc = ''\ndecoder = 'hex'\nfrequency = 65536",
            5,
            "not between 0 and 65535",
        ),
        ("id = 1\nname = 'X'\ndoc = ''\ndecoder = 'hex'\ntimeout = 0", 5, "not between 1 and 3600"),
        ("id = 1\nname = 'X'\ndoc = ''\ndecoder = 'hex'\nmin_version = 6", 5, "not between 7"),
        (
            "id = 1\nname = 'X'\ndoc = ''\ndecoder = 'hex'\nmin_version = 9\nmax_version = 8",
            6,
            "max_version 8",
        ),
        (
            "id = 1\nname = 'X'\ndoc = ''\ndecoder = 'hex'\npayload = ''\npayload_hex = ''",
            6,
            "one of the two",
        ),
        ("id = 1\nname = 'X'\ndoc = ''\ndecoder = 'hex'\npayload = 'a{b'", 5, "a { without its }"),
        ("id = 1\nname = 'X'\ndoc = ''\ndecoder = 'hex'\npayload = 'a}b'", 5, "a } without its {"),
        (
            "id = 1\nname = 'X'\ndoc = ''\ndecoder = 'hex'\npayload = '{b}'",
            5,
            "no [[field]] with the name \"b\"",
        ),
        (
            "id = 1\nname = 'X'\ndoc = ''\ndecoder = 'hex'\npayload_hex = '0g'",
            5,
            "'g' at position 2 is not a hexadecimal digit",
        ),
        ("id = 1\nname = 'X'\ndoc = ''\ndecoder = 'hex'\npayload_hex = '012'", 5, "odd number"),
        (&with_payload("payload", "x", field), 7, "does not use {f}"),
        (&with_payload("payload", "{f:u8}", field), 5, "u8 holds 0 to 255"),
        (&with_payload("payload", "{f:sql}", field), 5, "use bencode, a, u8"),
        (
            &with_payload("payload", "{f}", "type = 'float'\ndefault = 1"),
            8,
            "use int, text or bytes",
        ),
        (&with_payload("payload", "{f}", "type = 'int'\ndefault = 'x'"), 9, "not a whole number"),
        (
            &with_payload("payload", "{f}", "type = 'int'\ndefault = 9\nmax = 8"),
            9,
            "9 is not between",
        ),
        (
            &with_payload("payload", "{f}", "type = 'int'\ndefault = 9\nmin = 9\nmax = 8"),
            10,
            "min 9 is above max 8",
        ),
        (
            &with_payload("payload", "{f}", "type = 'int'\ndefault = 9\nlongest = 9"),
            10,
            "does not apply to int",
        ),
        (
            &with_payload("payload", "{f}", "type = 'text'\ndefault = ''\nmin = 9"),
            10,
            "does not apply to text",
        ),
        (
            &with_payload("payload", "{f}", "type = 'text'\ndefault = ''\nlongest = 0"),
            10,
            "not between 1 and 65536",
        ),
        (
            &with_payload("payload", "{f}", "type = 'text'\ndefault = 'long'\nlongest = 3"),
            9,
            "4 bytes of text",
        ),
        (&with_payload("payload", "{f}", "type = 'bytes'\ndefault = '0'"), 9, "odd number"),
        (
            &with_payload("payload", "{f}", &format!("{field}\n[[field]]\nname = 'f'\n{field}")),
            13,
            "two fields",
        ),
        (
            &with_payload("payload", "{F}", &field.replace("min", "name = 'F'\nmin")),
            10,
            "duplicate key",
        ),
    ] {
        let (at, what) = wrong(text);
        assert!(at == line && what.contains(words), "line {at}, not {line}; {what:?}\n{text}");
        assert!(!what.contains('\n'), "{what:?}");
    }
}

/// The payload of a form that was filled in.
fn fill(probe: &Custom, form: &str) -> Result<Bytes, String> {
    probe.fill(&read_form(&probe.fields, form)?, &OverlayVersion::CURRENT.into())
}

#[test]
fn forms_are_read_as_people_write_them() {
    let probe = parse(WHOLE);
    let filled = |form: &str| {
        fill(&probe, form).map(|payload| String::from_utf8_lossy(&payload).into_owned())
    };
    let plain = |since: &str, who: &str| format!("since={since};who='{who}';{{raw}}=\0\u{fffd}");
    for (form, payload) in [
        ("", plain("0", "it''s me")),
        ("since=7", plain("7", "it''s me")),
        (" since = 7 ;\n who = you there \n", plain("7", "you there")),
        ("who=\"a;b\\nc\"", plain("0", "a;b\nc")),
        ("who=\"\"; since=-1", plain("-1", "")),
        ("who=a=b", plain("0", "a=b")),
    ] {
        assert_eq!(filled(form), Ok(payload), "{form:?}");
    }
    for (form, words) in [
        ("since", "is not name=value"),
        ("until=1", "there is no field \"until\"; there are since, who, key"),
        ("since=x", "since: \"x\" is not a whole number"),
        ("since=86401", "since: 86401 is not between -1 and 86400"),
        ("since=1;since=2", "since: is given twice"),
        ("who=\"a", "who: a quote that is not closed"),
        ("who=\"a\" b", "who: something follows"),
        ("who=123456789012345678901", "who: 21 bytes of text; the maximum is 20"),
        ("key=0x", "key: 'x' at position 2 is not a hexadecimal digit"),
    ] {
        let error = filled(form).expect_err(form);
        assert!(error.contains(words), "{error}");
    }
    assert!(fill(&parse("id = 0\nname = 'X'\ndoc = ''\ndecoder = 'hex'"), "a=1").is_err());
}

#[test]
fn replies_are_read_in_the_format_named_and_no_other() {
    let decode = |decoder: &str, payload: &[u8]| {
        let probe = parse(&format!("id = 1\nname = 'X'\ndoc = ''\ndecoder = '{decoder}'"));
        probe.decode(payload).map(|decoded| (decoded.format, decoded.json, decoded.summary))
    };
    let zlib = b"x\x9c34\xb74566706\xd0\xb30Qp\x0er\x0c\xf7\xe1\x02\x00+\xb2\x04D";
    for (decoder, payload, format, json, summary) in [
        ("bencode", &b"li1ee"[..], "bencode", json!([1]), "1"),
        ("a", b"a1l1i1", "a", json!([1]), "1"),
        ("pickle", b"\x80\x02].", "pickle", json!([]), "empty list"),
        (
            "utf8",
            b"1795337030.84 CRAWL\n",
            "text",
            json!("1795337030.84 CRAWL\n"),
            "1795337030.84 CRAWL",
        ),
        ("hex", b"ab", "hex", json!({"base64": "YWI="}), "2 bytes"),
        ("zlib+utf8", zlib, "zlib, text", json!("1795337030.84 CRAWL\n"), "1795337030.84 CRAWL"),
        (
            "zlib+hex",
            zlib,
            "zlib, hex",
            json!({"base64": "MTc5NTMzNzAzMC44NCBDUkFXTAo="}),
            "20 bytes",
        ),
        (
            "json",
            br#"{"up": 3.5, "ok": [true, null, 18446744073709551615]}"#,
            "json",
            json!({"up": 3.5, "ok": [true, null, 18_446_744_073_709_551_615_u64]}),
            "2 keys",
        ),
    ] {
        assert_eq!(
            decode(decoder, payload),
            Ok((format.into(), json, summary.into())),
            "{decoder}"
        );
    }
    let deep = [vec![b'['; 200_000], vec![b']'; 200_000]].concat();
    let wide = [&b"["[..], &b"1,".repeat(2_000_000), b"1]"].concat();
    for (decoder, payload) in [
        ("bencode", &b"a0l"[..]),
        ("a", b"le"),
        ("pickle", b"le"),
        ("utf8", b"\xff"),
        ("zlib+utf8", b"plain"),
        ("zlib+json", zlib),
        ("json", b""),
        ("json", b"{} {}"),
        ("json", &deep),
        ("json", &wide),
    ] {
        assert!(decode(decoder, payload).is_err(), "{decoder} {payload:.20?}");
    }
}

#[test]
fn what_was_cut_is_said_behind_any_decoder() {
    use std::io::Write as _;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&vec![b'x'; 17 << 20]).unwrap();
    let stream = encoder.finish().unwrap();
    let twice = Decoder::parse("json").unwrap().decode(br#"{"a": 1, "a": 2}"#).unwrap();
    let words = "1 name occurs twice in an object: only the last value is shown";
    assert_eq!(twice.notes, [Note::new(NoteKind::DuplicateKey, words)]);
    let text = Decoder::parse("zlib+utf8").unwrap().decode(&stream).unwrap();
    assert!(
        text.notes[0].text.starts_with("inflates to more than 16 777 216 bytes"),
        "{:?}",
        text.notes
    );
    let json = Decoder::parse("zlib+json").unwrap().decode(&stream).unwrap_err();
    assert!(json.to_string().contains("inflates to more than"), "{json}");
}

fn directory(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(directory.path().join(name), text).unwrap();
    }
    directory
}

fn own(id: u8, name: &str, more: &str) -> String {
    format!("id = {id}\nname = '{name}'\ndoc = 'mine'\ndecoder = 'hex'\n{more}")
}

#[test]
fn probes_of_a_directory_stand_beside_the_built_in_ones() {
    let built_in = crate::registry(Statistics::empty());
    let (one, two) = (own(200, "mine", ""), own(3, "my_nat", "instead_of_built_in = true"));
    let files = directory(&[
        ("one.toml", &one),
        ("two.toml", &two),
        ("notes.txt", "nothing"),
        ("old.toml~", "x"),
    ]);
    let registry = extend(&built_in, files.path()).unwrap();
    assert_eq!(registry.iter().count(), built_in.iter().count() + 1);
    assert_eq!(
        (registry.find("MINE"), registry.label(MessageId(200))),
        (Some(MessageId(200)), "MINE".into())
    );
    assert_eq!(
        registry.get(MessageId::NATCHECK).unwrap().doc(),
        "instead of the built-in one: mine"
    );
    assert_eq!(
        registry.find("natcheck"),
        Some(MessageId::NATCHECK),
        "§5 knows it by its number still"
    );
    let nothing = extend(&built_in, &files.path().join("missing")).unwrap();
    assert_eq!(nothing.iter().count(), built_in.iter().count());
}

#[test]
fn what_is_taken_is_refused_with_file_and_line() {
    let built_in = crate::registry(Statistics::empty());
    for (files, words) in [
        (
            vec![own(3, "mine", "")],
            "one.toml:1: id 3 is the built-in NATCHECK: use another id, or add instead_of_built_in",
        ),
        (
            vec![own(200, "mine", "instead_of_built_in = true")],
            "one.toml:1: id 200 is not built in",
        ),
        (vec![own(200, "repex", "")], "one.toml:2: REPEX already means id 8"),
        (vec![own(200, "database_query", "")], "one.toml:2: DATABASE_QUERY already means id 1"),
        (vec![own(200, "a", ""), own(200, "b", "")], "two.toml:1: id 200 is already A in "),
        (vec![own(200, "a", ""), own(201, "A", "")], "two.toml:2: A is already the name of "),
        (vec!["id = 200\nname = 7".into()], "one.toml:2: invalid type"),
        (vec!["x".repeat(70_000)], "one.toml: more than 65536 bytes"),
    ] {
        let files: Vec<_> =
            ["one.toml", "two.toml"].into_iter().zip(files.iter().map(String::as_str)).collect();
        let directory = directory(&files);
        let errors = extend(&built_in, directory.path()).unwrap_err();
        assert!(errors.len() == 1 && errors[0].to_string().contains(words), "{errors:?} {words}");
    }
    let both = directory(&[("a.toml", "id = "), ("b.toml", "name = ")]);
    assert_eq!(
        extend(&built_in, both.path()).unwrap_err().len(),
        2,
        "all that is wrong is told at once"
    );
    fs::create_dir(both.path().join("c.toml")).unwrap();
    assert_eq!(extend(&built_in, both.path()).unwrap_err().len(), 3);
}

#[test]
fn a_peer_does_not_answer_it() {
    let own = directory(&[("own.toml", WHOLE)]);
    let registry = extend(&crate::registry(Statistics::empty()), own.path()).unwrap();
    let id = parse(WHOLE).id;
    assert!(registry.get(id).is_some() && registry.probe(id).is_none());
}

proptest! {
    #[test]
    fn a_form_reads_back_what_it_shows(since in -1_i64..=86_400, who in "\\PC{0,5}|[ ;\"\\n=a]{0,12}", key in proptest::collection::vec(any::<u8>(), 0..8)) {
        let mut probe = parse(WHOLE);
        let values = [Value::Int(since), Value::Text(who), Value::Bytes(key)];
        for (field, value) in probe.fields.iter_mut().zip(&values) {
            field.default = value.clone();
        }
        let form = write_form(probe.fields.iter().map(|field| (field, field.default.write())));
        prop_assert_eq!(read_form(&probe.fields, &form), Ok(values.to_vec()), "{}", form);
    }

    #[test]
    fn no_file_and_no_form_make_it_panic(text in "\\PC{0,80}|([a-z_]{1,12} = [0-9'\"\\[\\]{}]{0,6}\n){0,8}") {
        let _ = file::parse(&text);
        let _ = fill(&parse(WHOLE), &text);
    }
}

#[test]
fn a_file_declares_the_rows_that_a_crawl_stores() {
    let text = own(200, "mine", "rows_at = 'list'");
    let rows = "\n[[row]]\nname = \"seconds\"\nfrom = \"up.s\"\ntype = \"int\"\nvolatile = true\n";
    let (probe, _) = super::file::parse(&format!("{text}{rows}")).unwrap();
    let read = probe.rows().read(&serde_json::json!({"list": [{"up": {"s": 7}}]}));
    assert_eq!(read, [[swarmscope_wire::rows::Cell::Int(7)]]);
    assert!(probe.rows().columns[0].volatile && !probe.rows().columns[0].sensitive);
    for wrong in ["Name", "a b"] {
        let (_, what) =
            super::file::parse(&format!("{text}{}", rows.replace("seconds", wrong))).unwrap_err();
        assert!(what.contains(wrong), "{what}");
    }
    assert!(super::file::parse(&format!("{text}{rows}{rows}")).unwrap_err().1.contains("two"));
}
