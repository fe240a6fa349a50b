use proptest::prelude::*;

use super::*;

fn fault(bytes: &[u8]) -> Fault {
    decode(bytes).unwrap_err().what
}

#[test]
fn the_examples_of_the_specification() {
    assert_eq!(decode(b"a2i42"), Ok(42.into()));
    assert_eq!(decode(b"a2t1i41i2"), Ok(Value::Tuple(vec![4.into(), 2.into()])));
    assert_eq!(decode(b"a0l"), Ok(Value::List(vec![])));
}

/// What the original answered to `SELECT 1, -5, 2.5, NULL, 'abc', 1e300, 9223372036854775807, '',
/// char(233), 0.1`.
#[test]
fn all_types_of_sql_are_read_and_written() {
    let bytes = "a1l10t1i12i-53f2.50n3sabc6f1e+30019i92233720368547758070s2sé3f0.1".as_bytes();
    let row = vec![
        1.into(),
        (-5).into(),
        Value::Float(2.5),
        Value::None,
        "abc".into(),
        Value::Float(1e300),
        i64::MAX.into(),
        "".into(),
        "é".into(),
        Value::Float(0.1),
    ];
    let rows = Value::List(vec![Value::Tuple(row)]);
    assert_eq!(decode(bytes), Ok(rows.clone()));
    assert_eq!(rows.encode(), bytes);
}

/// §6: 2.7.1, which 5.3.9 ran on, writes an exponent from 1e11 on; what it rounds up to that counts.
#[test]
fn floats_from_1e11_are_written_as_2_7_1_did() {
    for (value, bytes) in [
        (123_456_789_013.0, "a17f1.23456789013e+11"),
        (-123_456_789_013.0, "a18f-1.23456789013e+11"),
        (1e11, "a5f1e+11"),
        (99_999_999_999.96, "a5f1e+11"),
        (99_999_999_999.9, "a13f99999999999.9"),
        (12_345_678_901.0, "a13f12345678901.0"),
    ] {
        assert_eq!(Value::Float(value).encode(), bytes.as_bytes());
    }
    assert_eq!(decode(b"a17f1.23456789013e+11"), Ok(Value::Float(123_456_789_013.0)));
}

#[test]
fn each_value_says_where_it_stands() {
    let parsed = decode_spanned(b"a1d1sk2l0n2b\xff\xfe").unwrap();
    assert_eq!(parsed.spans, [1..14, 3..6, 6..14, 8..10, 10..14]);
    assert_eq!(
        parsed.value,
        Value::dict([("k".into(), Value::List(vec![Value::None, Value::Bytes(vec![255, 254])]))])
    );
}

#[test]
fn faults_are_named() {
    assert_eq!(fault(b""), Fault::Version);
    assert_eq!(fault(b"b0l"), Fault::Version);
    for ends in [&b"a"[..], b"a1"] {
        assert_eq!(fault(ends), Fault::Ends, "{ends:?}");
    }
    for count in [&b"al"[..], b"a-1l", b"a00l", b"a01i1"] {
        assert_eq!(fault(count), Fault::Count, "{count:?}");
    }
    assert_eq!(fault(b"a1x1"), Fault::Type(b'x'));
    assert_eq!(fault(b"a3i12"), Fault::TooMany { announced: 3, left: 2 });
    for integer in [&b"a0i"[..], b"a1i-", b"a2i01", b"a2i-0", b"a2i+1", b"a3i1.0"] {
        assert_eq!(fault(integer), Fault::Integer, "{integer:?}");
    }
    assert_eq!(fault(b"a0f"), Fault::Float);
    assert_eq!(fault(b"a2f0x"), Fault::Float);
    assert_eq!(fault(b"a1s\xff"), Fault::Text);
    assert_eq!(fault(b"a1nx"), Fault::None);
    assert_eq!(fault(b"a1d0l0n"), Fault::Key);
    assert_eq!(fault(b"a1d1t0l0n"), Fault::Key);
    assert_eq!(fault(b"a2d1sx0n1sx0n"), Fault::DuplicateKey);
    assert_eq!(fault(b"a3d1sx0n1sy0n1bx0n"), Fault::DuplicateKey);
    assert_eq!(fault(b"a0l0l"), Fault::Trailing);
    assert_eq!(
        decode(b"a1l1i").unwrap_err().to_string(),
        "byte 5: 1 announced, which the 0 bytes left can't hold"
    );
}

#[test]
fn counts_are_not_believed() {
    for huge in [
        &b"a1000000000000000000l"[..],
        b"a1000000000000000000d",
        b"a1000000000000000000s",
        b"a9l1i1",
    ] {
        assert!(matches!(fault(huge), Fault::TooMany { .. }), "{huge:?}");
    }
    assert_eq!(
        fault(b"a99999999999999999999999t0n"),
        Fault::TooMany { announced: usize::MAX, left: 2 }
    );
}

#[test]
fn nesting_and_values_are_bounded() {
    let nested = |depth: usize| [&b"a"[..], &b"1l".repeat(depth), b"0n"].concat();
    assert!(decode(&nested(MAX_DEPTH)).is_ok());
    assert_eq!(fault(&nested(MAX_DEPTH + 1)), Fault::Depth);
    assert_eq!(fault(&nested(200_000)), Fault::Depth);
    let many = [format!("a{MAX_VALUES}l").into_bytes(), b"0n".repeat(MAX_VALUES)].concat();
    assert_eq!(fault(&many), Fault::Values);
}

#[test]
fn the_order_of_keys_is_python_s() {
    let keys = ["1i2", "4f10.0", "2i11", "1sa", "1sb", "2t1i11i2"];
    let (mut sorted, mut reversed) = (b"a6d".to_vec(), b"a6d".to_vec());
    for (forward, backward) in keys.iter().zip(keys.iter().rev()) {
        sorted.extend_from_slice(format!("{forward}0n").as_bytes());
        reversed.extend_from_slice(format!("{backward}0n").as_bytes());
    }
    assert_eq!(decode_spanned(&sorted).unwrap().unsorted_dicts, 0);
    let parsed = decode_spanned(&reversed).unwrap();
    assert_eq!(parsed.unsorted_dicts, 1);
    assert_eq!(parsed.value.encode(), reversed);
    let Value::Dict(pairs) = parsed.value else { panic!() };
    assert_eq!(Value::dict(pairs).encode(), sorted);
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::None),
        any::<i64>().prop_map(Value::from),
        any::<i32>().prop_map(|number| Value::Float(f64::from(number) / 8.0)),
        ".{0,8}".prop_map(Value::Text),
        proptest::collection::vec(any::<u8>(), 0..8).prop_map(Value::Bytes),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        let items = proptest::collection::vec(inner.clone(), 0..6);
        prop_oneof![
            items.clone().prop_map(Value::List),
            items.prop_map(Value::Tuple),
            proptest::collection::btree_map("[a-z]{0,4}", inner, 0..6).prop_map(|map| Value::dict(
                map.iter().map(|(key, value)| (key.as_str().into(), value.clone()))
            )),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(value in values()) {
        let bytes = value.encode();
        let parsed = decode_spanned(&bytes)?;
        prop_assert_eq!(&parsed.value, &value);
        prop_assert_eq!(parsed.unsorted_dicts, 0);
        prop_assert_eq!(&parsed.spans[0], &(1..bytes.len()));
        for span in parsed.spans {
            prop_assert!(decode(&[b"a", &bytes[span]].concat()).is_ok());
        }
        for end in 0..bytes.len() {
            prop_assert!(decode(&bytes[..end]).is_err());
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100), text in "a[ifsbltdn0-9.e+-]{0,40}") {
        let _ = decode(&bytes);
        let _ = decode(text.as_bytes());
    }
}

/// Sorting may panic where the order of keys is none.
#[test]
fn the_order_of_numbers_is_total() {
    let near = 9_007_199_254_740_992_i64; // 2⁵³: from here on a float stands near several integers
    let floats = [near as f64, near as f64 + 2.0, 0.5, -0.0, f64::INFINITY, f64::NEG_INFINITY];
    let big = |text: &[u8]| Value::Int(Integer::parse(text).unwrap());
    let mut all: Vec<Value> =
        floats.into_iter().chain([f64::NAN, 1e300]).map(Value::Float).collect();
    all.extend((-3..=3).map(|n| Value::Int(Integer::Small(near + n))));
    all.extend([big(b"0"), big(&[b'9'; 400]), big(&[b"-", &[b'9'; 400][..]].concat())]);
    for one in &all {
        for two in &all {
            assert_eq!(one.order(two), two.order(one).reverse(), "{one:?} {two:?}");
            for three in &all {
                if one.order(two).is_le() && two.order(three).is_le() {
                    assert!(one.order(three).is_le(), "{one:?} {two:?} {three:?}");
                }
            }
        }
    }
}
