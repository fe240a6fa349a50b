use super::*;
use crate::testing::words;
use crate::{bencode, encoding_a, pickle};

fn json<'a>(source: impl Source<'a>) -> Value {
    let mut notes = Vec::new();
    let value = build(source, &mut notes);
    assert_eq!(notes, []);
    value
}

#[test]
fn values_of_all_encodings_become_json() {
    let parsed = bencode::decode_spanned(b"d1:al2:\xff\xfei-1e1:xe1:bdee").unwrap();
    assert_eq!(json(parsed.source()), json!({"a": [{"base64": "//4="}, -1, "x"], "b": {}}));

    let bytes =
        b"a1t8l0n3f2.53fnan4f-inf1s\x1b20i1000000000000000000020i-9223372036854775809" as &[u8];
    let parsed = encoding_a::decode_spanned(&[bytes, b"1d2t1i11i20l"].concat()).unwrap();
    assert_eq!(
        json(parsed.source()),
        json!([[null, 2.5, "nan", "-inf", "\u{1b}", "10000000000000000000", "-9223372036854775809", {"pairs": [[[1, 2], []]]}]])
    );

    let pickle = pickle::decode(b"cos\nsystem\n(S'ls'\nI01\ntR.").unwrap();
    let global = json!({"refused": "GLOBAL", "name": "os.system", "operands": []});
    assert_eq!(
        json(pickle.source()),
        json!({"refused": "REDUCE", "name": "", "operands": [global, ["ls", true]]})
    );
}

#[test]
fn keys_that_are_not_distinct_names_keep_their_values() {
    let parsed = bencode::decode_lenient(b"d1:ai1e1:ai2ee").unwrap();
    assert_eq!(json(parsed.source()), json!({"pairs": [["a", 1], ["a", 2]]}));
    let parsed = bencode::decode_lenient(b"d1:\xffi1ee").unwrap();
    assert_eq!(json(parsed.source()), json!({"pairs": [[{"base64": "/w=="}, 1]]}));
}

#[test]
fn a_large_reply_is_whole() {
    let many = [b"l".to_vec(), b"i1e".repeat(1_000_000), b"e".to_vec()].concat();
    let parsed = bencode::decode_spanned(&many).unwrap();
    assert_eq!(json(parsed.source()).as_array().unwrap().len(), 1_000_000);
}

#[test]
fn sharing_and_nesting_are_bounded() {
    let words_of = |bytes: &[u8]| {
        let mut notes = Vec::new();
        build(pickle::decode(bytes).unwrap().source(), &mut notes);
        words(&notes)
    };
    let laughs = [&b"]q\0"[..], &b"(h\0h\0h\0h\0h\0h\0h\0h\0lq\0".repeat(100), b"."].concat();
    assert_eq!(words_of(&laughs)[0], "the JSON ends early: it would take more than 64 MiB");
    let text = format!("V{}\nq\0", "x".repeat(1 << 20));
    let shared = [b"(", text.as_bytes(), &b"h\0".repeat(10_000), b"l."].concat();
    assert_eq!(words_of(&shared), ["the JSON ends early: it would take more than 64 MiB"]);
    assert_eq!(words_of(b"]2a."), ["nested deeper than 64: the JSON ends there"]);
}

#[test]
fn dicts_with_odd_keys_inside_one_another_take_no_exponential_time() {
    let nested = [&b"}N".repeat(60)[..], b"}", &b"s".repeat(60), b"."].concat();
    let mut value = json(pickle::decode(&nested).unwrap().source());
    for _ in 0..60 {
        value = value["pairs"][0][1].take();
    }
    assert_eq!(value, json!({}));
}

/// Found by a fuzz target: 104 bytes that were copied at every depth anew took more than a minute.
#[test]
#[allow(clippy::disallowed_methods, reason = "how long it takes is what is tested")]
fn a_dict_that_is_its_own_key_is_copied_at_no_depth() {
    let bytes = [&b"}"[..], &[b'2'; 98], b"s."].concat();
    let pickle = pickle::decode(&bytes).unwrap();
    let began = std::time::Instant::now();
    build(pickle.source(), &mut Vec::new());
    assert!(began.elapsed() < std::time::Duration::from_secs(30), "{:?}", began.elapsed());
}
