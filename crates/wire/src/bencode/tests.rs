use proptest::prelude::*;

use super::*;

fn fault(bytes: &[u8]) -> Fault {
    decode(bytes).unwrap_err().what
}

#[test]
fn values_of_the_protocol_are_read_and_written() {
    let natcheck = b"l7:Unknowni-1ei0e7:0.0.0.0i0e7:0.0.0.0i6700ee";
    let value = decode(natcheck).unwrap();
    assert_eq!(value.as_list().unwrap()[1].as_int(), Some(-1));
    assert_eq!(value.encode(), natcheck);
    let stats = Value::dict([("stats", Vec::new().into()), ("current time", 0.into())]);
    assert_eq!(stats.encode(), b"d12:current timei0e5:statslee");
    assert_eq!(stats.get("current time"), Some(&Value::from(0)));
    assert_eq!(stats.get("nothing"), None);
}

#[test]
fn each_value_says_where_it_stands() {
    let parsed = decode_spanned(b"d1:ali1ee1:b0:e").unwrap();
    assert_eq!(parsed.spans, [0..15, 1..4, 4..9, 5..8, 9..12, 12..14]);
    assert_eq!(parsed.deviations, []);
}

#[test]
fn faults_are_named_with_their_place() {
    assert_eq!(fault(b""), Fault::Ends);
    assert_eq!(fault(b"junk"), Fault::Start(b'j'));
    assert_eq!(fault(b"e"), Fault::Start(b'e'));
    assert_eq!(fault(b"i1"), Fault::Ends);
    for integer in [&b"ie"[..], b"i-e", b"i1x", b"i--1e", b"i1-1e", b"i e", b"i1.5e", b"i0x1e"] {
        assert_eq!(fault(integer), Fault::Integer, "{integer:?}");
    }
    assert_eq!(fault(b"5:abc"), Fault::StringLength { announced: 5, left: 3 });
    assert_eq!(
        fault(b"99999999999999999999999:a"),
        Fault::StringLength { announced: usize::MAX, left: 1 }
    );
    assert_eq!(fault(b"5"), Fault::Ends);
    assert_eq!(fault(b"5x"), Fault::Length);
    assert_eq!(fault(b"l"), Fault::Ends);
    assert_eq!(fault(b"di1ei2ee"), Fault::Key);
    assert_eq!(fault(b"d1:ae"), Fault::Start(b'e'));
    let error = decode(b"li1e9:abe").unwrap_err();
    assert_eq!(error.to_string(), "byte 4: a string announces 9 bytes, 3 are left");
}

#[test]
fn deviations_are_refused_strictly_and_reported_leniently() {
    use DeviationKind::{DuplicateKey, LeadingZero, TrailingBytes, UnsortedKeys};
    for (bytes, kind, at, count) in [
        (&b"d1:bi1e1:ai2ee"[..], UnsortedKeys, 7, 1),
        (b"d1:ai1e1:ai2ee", DuplicateKey, 7, 1),
        (b"d1:ai1e1:bi2e1:ai2ee", DuplicateKey, 13, 1),
        (b"li01ei-0ei00ee", LeadingZero, 1, 3),
        (b"01:a", LeadingZero, 0, 1),
        (b"i1e...", TrailingBytes, 3, 3),
    ] {
        assert_eq!(decode(bytes), Err(BencodeError { at, what: Fault::Deviates(kind) }));
        assert_eq!(decode_lenient(bytes).unwrap().deviations, [Deviation { kind, at, count }]);
    }
    let parsed = decode_lenient(b"d1:bi1e1:ai1e1:ci1e1:ai1e1:bi1ee").unwrap();
    let deviates = |kind, at, count| Deviation { kind, at, count };
    assert_eq!(parsed.deviations, [deviates(UnsortedKeys, 7, 1), deviates(DuplicateKey, 19, 2)]);
    assert!(decode_message(b"d1:bi1e1:ai2ee").is_ok());
    for bytes in [&b"d1:ai1e1:ai2ee"[..], b"i01e", b"i1e."] {
        assert!(decode_message(bytes).is_err());
    }
    let both = decode_lenient(b"d1:ai1e1:ai2ee").unwrap().value;
    assert_eq!(both.as_dict().unwrap().len(), 2);
}

#[test]
fn nesting_is_bounded_however_deep_the_input() {
    let nested = |depth: usize| [vec![b'l'; depth], vec![b'e'; depth]].concat();
    assert!(decode(&nested(MAX_DEPTH)).is_ok());
    assert_eq!(fault(&nested(MAX_DEPTH + 1)), Fault::Depth);
    assert_eq!(fault(&nested(200_000)), Fault::Depth);
    assert_eq!(decode_lenient(&b"d1:a".repeat(200_000)).unwrap_err().what, Fault::Depth);
}

#[test]
fn the_number_of_values_is_bounded() {
    let many = [b"l".to_vec(), b"0:".repeat(MAX_VALUES), b"e".to_vec()].concat();
    assert_eq!(fault(&many), Fault::Values);
}

/// Any value that strict reading accepts.
fn values() -> impl Strategy<Value = Value> {
    let bytes = || proptest::collection::vec(any::<u8>(), 0..12);
    let leaf = prop_oneof![any::<i64>().prop_map(Value::from), bytes().prop_map(Value::Bytes)];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::List),
            proptest::collection::btree_map(bytes(), inner, 0..6)
                .prop_map(|map| Value::Dict(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(value in values()) {
        let bytes = value.encode();
        let parsed = decode_spanned(&bytes).unwrap();
        prop_assert_eq!(&parsed.value, &value);
        prop_assert_eq!(&parsed.spans[0], &(0..bytes.len()));
        for span in parsed.spans {
            prop_assert!(decode(&bytes[span]).is_ok());
        }
        for end in 0..bytes.len() {
            prop_assert!(decode(&bytes[..end]).is_err());
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode_lenient(&bytes);
    }

    #[test]
    fn what_strict_reading_accepts_is_the_only_encoding(text in "[ilde0-9:a-]{0,40}") {
        if let Ok(value) = decode(text.as_bytes()) {
            prop_assert_eq!(value.encode(), text.as_bytes());
        }
        if let Ok(parsed) = decode_lenient(text.as_bytes()) {
            prop_assert_eq!(parsed.deviations.is_empty(), decode(text.as_bytes()).is_ok());
        }
    }
}
