use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::testing::words;

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn brief(payload: &[u8]) -> (String, String, Vec<String>) {
    let decoded = decode(payload);
    (decoded.format, decoded.summary, words(&decoded.notes))
}

#[test]
fn replies_of_the_original_are_told_apart() {
    for (payload, format, summary) in [
        (&b""[..], "empty", "empty"),
        (b"l7:Unknowni-1ei0e7:0.0.0.0i0e7:0.0.0.0i6700ee", "bencode", "Unknown, -1, 0, 0.0.0.0, 0, 0.0.0.0, 6700"),
        (b"d12:current timei0e5:statslee", "bencode", "2 keys"),
        (b"27:eee6EzwVLiJXT85BnTOp501:YES", "bencode", "eee6EzwVLiJXT85BnTOp501:YES"),
        (b"a8l1t5sVideo1t10sVideoClips1t5sAudio1t10sCompressed1t8sDocument1t7sPicture1t3sxxx1t5sother", "a", "8 rows"),
        (b"a0l", "a", "empty list"),
        (b"\x80\x02]q\x01.", "pickle", "empty list"),
        (b"\x80\x02]q\x01U\x00a.", "pickle", "\"\""),
        (b"(lp0\nI1\na.", "pickle", "1"),
        (b"x\x9c34\xb74566706\xd0\xb30Qp\x0er\x0c\xf7\xe1\x02\x00+\xb2\x04D", "zlib, text", "1795337030.84 CRAWL"),
        (b"x\xdak`\x8a\xd5\x03\x00\x02\xf2\x01\x0e", "zlib, pickle", "empty list"),
        (b"frequency error", "text", "frequency error"),
        (b"SQLError: near \"FOO\": syntax error", "text", "SQLError: near \"FOO\": syntax error"),
        (b"a\nb\n", "text", "2 lines"),
        (b"\x00\x01\xff", "hex", "3 bytes"),
    ] {
        assert_eq!(brief(payload), (format.into(), summary.into(), vec![]), "{payload:?}");
        let outermost = format.split(", ").next().unwrap();
        assert_eq!(sniff(payload).name(), outermost);
        assert!(decode_as(sniff(payload), payload).is_ok());
    }
}

#[test]
fn words_are_text() {
    for text in [
        "little by little",
        "de",
        "delete",
        "a word",
        "a1 sauce",
        "ll",
        "lei",
        "12 apples",
        "N",
        "x^2+1",
        "done.",
        "(see there).",
        "x",
        "index",
    ] {
        let expected = if text == "de" { "bencode" } else { "text" };
        assert_eq!(
            brief(text.as_bytes()),
            (expected.into(), if text == "de" { "empty dict" } else { text }.into(), vec![]),
            "{text}"
        );
    }
}

#[test]
fn lists_in_lists_are_bencode() {
    for bytes in [&b"le"[..], b"llee", b"llei1ee", b"lli1eee", b"ld1:ai1eee"] {
        assert_eq!(sniff(bytes), Format::Bencode, "{bytes:?}");
    }
}

#[test]
fn what_only_looks_like_a_format_is_shown_with_the_fault() {
    assert_eq!(
        brief(b"a2t1i4"),
        (
            "text".into(),
            "a2t1i4".into(),
            vec![
                "begins like a, but is not: encoding a: byte 3: 2 announced, which the 3 bytes left can't hold".into()
            ]
        )
    );
    assert_eq!(
        brief(b"d3:cow"),
        (
            "text".into(),
            "d3:cow".into(),
            vec![
                "begins like bencode, but is not: bencode: byte 6: the input ends inside a value"
                    .into()
            ]
        )
    );
    let (format, _, notes) = brief(b"\x80\x02]q\x01");
    assert_eq!((&*format, notes.len()), ("hex", 1));
    assert_eq!(
        decode_as(Format::A, b"l").unwrap_err().to_string(),
        "encoding a: byte 0: does not begin with `a`"
    );
    assert_eq!(decode_as(Format::Zlib, b"l").unwrap_err().to_string(), "zlib: not a zlib stream");
    assert_eq!(decode_as(Format::Empty, b"l"), Err(FormatError::NotEmpty(1)));
    assert_eq!(decode_as(Format::Text, b"\xff"), Err(FormatError::Text));
}

#[test]
fn deviations_and_calls_are_noted() {
    assert_eq!(brief(b"d1:bi1e1:ai2ee").2, ["dict keys are not sorted (byte 7)"]);
    assert_eq!(brief(b"a2d1sb0n1sa0n").2, ["1 dict is not sorted"]);
    assert_eq!(
        brief(b"cos\nsystem\n.").2,
        ["byte 0: GLOBAL os.system would import or call something: shown, not run"]
    );
    assert_eq!(brief(b"a colourful \x1b[31mword").2, ["1 control character is not shown"]);
}

#[test]
fn damage_has_a_code() {
    let stream = deflate("line\n".repeat(20_000).as_bytes());
    let mut damaged = stream.clone();
    *damaged.last_mut().unwrap() ^= 1;
    for (kind, payload) in [
        (NoteKind::UnsortedKeys, b"d1:bi1e1:ai2ee".to_vec()),
        (NoteKind::DuplicateKey, b"d1:ai1e1:ai2ee".to_vec()),
        (NoteKind::LeadingZero, b"i01e".to_vec()),
        (NoteKind::TrailingBytes, b"i1erest".to_vec()),
        (NoteKind::TrailingBytes, [&stream[..], b"rest"].concat()),
        (NoteKind::UnsortedKeys, b"a2d1sb0n1sa0n".to_vec()),
        (NoteKind::DuplicateKey, b"(dS'a'\nI1\nsS'a'\nI2\ns.".to_vec()),
        (NoteKind::NotRun, b"cos\nsystem\n.".to_vec()),
        (NoteKind::StreamCut, stream[..stream.len() - 6].to_vec()),
        (NoteKind::StreamDamaged, damaged),
        (NoteKind::InflateLimit, deflate(&vec![b'x'; inflate::MAX_OUTPUT + 1])),
        (NoteKind::NotTheFormat, b"a2lx".to_vec()),
        (NoteKind::HiddenCharacters, b"a colourful \x1b[31mword".to_vec()),
        (
            NoteKind::TooDeep,
            b"\x80\x02".iter().copied().chain([b']'; 70]).chain([b'a'; 69]).chain(*b".").collect(),
        ),
    ] {
        let kinds: Vec<_> = decode(&payload).notes.iter().map(|note| note.kind).collect();
        assert_eq!(kinds.first(), Some(&kind), "{kinds:?}");
    }
}

#[test]
fn zlib_says_what_was_cut() {
    let long = "line\n".repeat(20_000);
    let stream = deflate(long.as_bytes());
    assert_eq!(brief(&[&stream[..], b"xyz"].concat()).2, ["3 bytes follow the zlib stream"]);
    let (format, _, notes) = brief(&stream[..stream.len() - 6]);
    assert_eq!(format, "zlib, text");
    assert!(notes[0].starts_with("the zlib stream ends early, after"), "{notes:?}");
    let (format, summary, notes) = brief(&deflate(&vec![0; inflate::MAX_OUTPUT + 1]));
    assert_eq!((&*format, &*summary), ("zlib, hex", "16 777 216 bytes"));
    assert!(
        notes[0].starts_with("inflates to more than 16 777 216 bytes: the rest was cut, after "),
        "{notes:?}"
    );
    let accents = format!("x{}", "é".repeat(inflate::MAX_OUTPUT / 2));
    assert_eq!(
        brief(&deflate(accents.as_bytes())).0,
        "zlib, text",
        "half a character at the cut is left out"
    );
}

#[test]
fn streams_inside_one_another_end() {
    let mut stream = b"core".to_vec();
    for _ in 0..3 {
        stream = deflate(&stream);
    }
    let (format, _, notes) = brief(&stream);
    assert_eq!(
        (&*format, &*notes[0]),
        ("zlib, zlib, hex", "a zlib stream inside others was not inflated")
    );
}

#[test]
fn spans_are_of_the_payload_only() {
    let plain = decode(b"a1l2i42");
    assert_eq!(plain.tree.children[0].span, Some(3..7));
    assert_eq!(plain.json, json!([42]));
    let inside = decode(&deflate(b"a1l2i42"));
    assert_eq!(inside.tree.children[0].span, None);
    assert_eq!(inside.json, json!([42]));
}

fn check(payload: &[u8]) {
    fn visible(node: &Node, len: usize) {
        for text in [&node.label, &node.value] {
            assert_eq!(text::clean(text), **text);
        }
        assert!(
            node.span.as_ref().is_none_or(|span| span.start <= span.end && span.end <= len),
            "{node:?}"
        );
        node.children.iter().for_each(|child| visible(child, len));
    }
    let decoded = decode(payload);
    visible(&decoded.tree, payload.len());
    assert!(!decoded.format.is_empty() && !decoded.summary.is_empty());
    for line in words(&decoded.notes).iter().chain([&decoded.format, &decoded.summary]) {
        assert_eq!(text::clean(line), **line);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_decoded_and_safe_to_show(bytes in proptest::collection::vec(any::<u8>(), 0..200), text: String) {
        for start in [&b""[..], b"a", b"l", b"d1:x", b"\x80\x02", b"x\x9c", b"(c"] {
            check(&[start, &bytes].concat());
            check(&[start, text.as_bytes(), b"."].concat());
        }
        check(&deflate(&bytes));
    }
}

#[test]
fn the_json_has_the_beginning_of_many_bytes() {
    let decoded = decode(&vec![0xff; MAX_BYTES_IN_JSON + 1]);
    assert_eq!(decoded.summary, "1 048 577 bytes");
    assert_eq!(words(&decoded.notes), ["the JSON has the first 1 048 576 bytes only"]);
    assert_eq!(decoded.json["base64"].as_str().unwrap().len(), MAX_BYTES_IN_JSON.div_ceil(3) * 4);
    assert_eq!(decode(&vec![0xff; MAX_BYTES_IN_JSON]).notes, []);
}

#[test]
fn what_nests_too_deep_is_said_to() {
    let deep = [vec![b'l'; 100], vec![b'e'; 100]].concat();
    assert_eq!(
        words(&decode(&deep).notes),
        ["begins like bencode, but is not: bencode: byte 64: nested deeper than 64"]
    );
    assert_eq!(sniff(b"lle"), Format::Text);
}
