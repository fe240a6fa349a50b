use proptest::prelude::*;

use super::*;
use crate::limits::MAX_VALUES;
use crate::testing::words;

fn fault(bytes: &[u8]) -> Fault {
    decode(bytes).unwrap_err().what
}

/// A value with what it contains, for comparisons; the pickles of these tests are small.
fn show(pickle: &Pickle, id: Id) -> String {
    let all = |ids: &[Id]| ids.iter().map(|id| show(pickle, *id)).collect::<Vec<_>>().join(", ");
    match &pickle.item(id).value {
        Value::None => "None".into(),
        Value::Bool(value) => value.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => format!("{number:?}"),
        Value::Text(text) => format!("u{text:?}"),
        Value::Bytes(bytes) => format!("{:?}", String::from_utf8_lossy(bytes)),
        Value::List(ids) => format!("[{}]", all(ids)),
        Value::Tuple(ids) => format!("({})", all(ids)),
        Value::Dict(pairs) => {
            let pair = |(key, value): &(Id, Id)| {
                format!("{}: {}", show(pickle, *key), show(pickle, *value))
            };
            format!("{{{}}}", pairs.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
        Value::Refused(refused) => {
            format!("<{} {}>({})", refused.opcode, refused.name, all(&refused.operands))
        }
    }
}

fn shown(bytes: &[u8]) -> String {
    let pickle = decode(bytes).unwrap();
    show(&pickle, pickle.root())
}

#[test]
fn the_original_s_replies_are_read() {
    let rows =
        b"\x80\x02]q\x01(X\x05\x00\x00\x00Video\x85q\x02X\n\x00\x00\x00VideoClips\x85q\x03e.";
    assert_eq!(shown(rows), r#"[(u"Video"), (u"VideoClips")]"#);
    assert_eq!(decode(rows).unwrap().notes(), []);
    assert_eq!(shown(b"\x80\x02]q\x01(]q\x02Ne."), "[[], None]");
    assert_eq!(
        shown(b"\x80\x02]q\x01(X\x0a\x00\x00\x00peer_countK\x01\x86q\x02e."),
        r#"[(u"peer_count", 1)]"#
    );
    let query = b"\x80\x02]q\x01(U\x04readq\x02U\x06SELECTq\x03\x86q\x04U\x05writeq\x05U\x06UPDATEq\x06\x86q\x07e.";
    assert_eq!(shown(query), r#"[("read", "SELECT"), ("write", "UPDATE")]"#);
}

/// `[None, True, False, 1, -2, 70000, 2**70, 1.5, 'a', u'\u20ac', (), (1,), {1: 'x'}]` in the
/// opcodes of each protocol; Python reads all three the same.
#[test]
fn all_three_protocols_say_the_same() {
    let expected = r#"[None, true, false, 1, -2, 70000, 1180591620717411303424, 1.5, "a", u"€", (), (1), {1: "x"}]"#;
    let protocol0 = b"(lp0\nNaI01\naI00\naI1\naI-2\naI70000\naL1180591620717411303424L\naF1.5\naS'a'\np1\naV\\u20ac\np2\na(ta(I1\ntp3\na(dp4\nI1\nS'x'\np5\nsa.";
    assert_eq!(shown(protocol0), expected);
    let protocol1 = b"]q\x00(NI01\nI00\nK\x01J\xfe\xff\xff\xffJp\x11\x01\x00L1180591620717411303424L\nG\x3f\xf8\x00\x00\x00\x00\x00\x00U\x01aq\x01X\x03\x00\x00\x00\xe2\x82\xacq\x02)(K\x01tq\x03}q\x04K\x01U\x01xq\x05se.";
    assert_eq!(shown(protocol1), expected);
    let protocol2 = b"\x80\x02]q\x00(N\x88\x89K\x01J\xfe\xff\xff\xffJp\x11\x01\x00\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00@G\x3f\xf8\x00\x00\x00\x00\x00\x00U\x01aq\x01X\x03\x00\x00\x00\xe2\x82\xacq\x02)K\x01\x85q\x03}q\x04K\x01U\x01xq\x05se.";
    assert_eq!(shown(protocol2), expected);
}

#[test]
fn each_value_says_where_it_stands() {
    let bytes = b"\x80\x02]q\x01(K\x01(K\x02K\x03te.";
    let pickle = decode(bytes).unwrap();
    let Value::List(items) = &pickle.item(pickle.root()).value else { panic!() };
    assert_eq!(pickle.item(pickle.root()).span, 2..15);
    assert_eq!(pickle.item(items[0]).span, 6..8);
    assert_eq!(pickle.item(items[1]).span, 8..14);
    assert_eq!(decode(b"K\x01K\x02\x86q\x01.").unwrap().item(Id(2)).span, 0..5);
}

#[test]
fn what_would_call_something_is_shown_and_not_run() {
    let exploit = b"cos\nsystem\n(S'rm -rf ~'\ntR.";
    assert_eq!(shown(exploit), r#"<REDUCE >(<GLOBAL os.system>(), ("rm -rf ~"))"#);
    assert_eq!(
        words(&decode(exploit).unwrap().notes()),
        [
            "byte 0: GLOBAL os.system would import or call something: shown, not run",
            "byte 25: REDUCE would import or call something: shown, not run",
        ]
    );
    for (bytes, expected) in [
        (&b"(S'x'\nios\nsystem\n."[..], r#"<INST os.system>("x")"#),
        (b"(cos\nsystem\nS'x'\no.", r#"<OBJ >(<GLOBAL os.system>(), "x")"#),
        (b"\x80\x02cm\nC\n)\x81.", "<NEWOBJ >(<GLOBAL m.C>(), ())"),
        (b"\x80\x02cm\nC\n)\x81}b.", "<BUILD >(<NEWOBJ >(<GLOBAL m.C>(), ()), {})"),
        (b"\x80\x02\x82\x07.", "<EXT1 extension 7>()"),
        (b"\x80\x02\x83\x07\x01.", "<EXT2 extension 263>()"),
        (b"\x80\x02\x84\x07\x00\x00\x80.", "<EXT4 extension 2147483655>()"),
        (b"Pname\n.", "<PERSID name>()"),
        (b"K\x05Q.", "<BINPERSID >(5)"),
        (b"cm\nC\n(K\x01K\x02e.", "<GLOBAL m.C>(1, 2)"),
        (b"cm\nC\nK\x01K\x02s.", "<GLOBAL m.C>(1, 2)"),
    ] {
        assert_eq!(shown(bytes), expected);
        assert!(!decode(bytes).unwrap().calls.is_empty());
    }
    let hostile = decode(b"cos\x1b[2J\n\xff\n.").unwrap();
    assert_eq!(hostile.calls[0].name, "os·[2J.·");
}

#[test]
fn a_key_that_occurs_twice_is_noted() {
    for (twice, bytes) in [
        (0, &b"(dS'a'\nI1\nsI1\nI1\ns."[..]),
        (1, b"(dS'a'\nI1\nsS'a'\nI2\ns."),
        (1, b"(dS'a'\nI1\nsVa\nI2\ns."),
        (2, b"(dI1\nI1\nsI1\nI2\nsI1\nI3\ns."),
        (0, b"(d(tI1\ns(I1\ntI2\ns."),
    ] {
        let notes = decode(bytes).unwrap().notes();
        let found = notes.iter().filter(|note| note.kind == NoteKind::DuplicateKey);
        let said =
            found.map(|note| note.text.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>();
        assert_eq!(said, if twice > 0 { vec![twice.to_string()] } else { vec![] }, "{notes:?}");
    }
}

#[test]
fn notes_are_bounded_and_counted() {
    let pickle = decode(&[&b"("[..], &b"cm\nC\n".repeat(1000), b"l."].concat()).unwrap();
    assert_eq!((pickle.calls.len(), pickle.more_calls), (32, 968));
    assert_eq!(
        pickle.notes()[32].text,
        "968 more opcodes would import or call something, beyond the first 32"
    );
    assert_eq!(words(&decode(b"N.rest").unwrap().notes()), ["4 bytes follow the pickle"]);
}

#[test]
fn faults_are_named() {
    for ends in [
        &b""[..],
        b"N",
        b"I1",
        b"J\0\0\0",
        b"X\x05\0\0\0abc",
        b"X\xff\xff\xff\xffabc",
        b"G123",
        b"cos\nsystem",
    ] {
        assert_eq!(fault(ends), Fault::Ends, "{ends:?}");
    }
    assert_eq!(fault(b"\x80\x03N."), Fault::Protocol(3));
    assert_eq!(fault(b"\x8cabc"), Fault::Opcode(0x8c));
    for underflow in [
        &b"."[..],
        b"0",
        b"2",
        b"K\x01a",
        b"R",
        b"K\x01(a",
        b"K\x01(\x85.",
        b"(q\x01",
        b"Q",
        b"K\x01K\x02\x87",
    ] {
        assert_eq!(fault(underflow), Fault::Stack, "{underflow:?}");
    }
    for unmarked in [&b"t"[..], b"l", b"1", b"]e", b"o", b"im\nC\n"] {
        assert_eq!(fault(unmarked), Fault::Mark, "{unmarked:?}");
    }
    assert_eq!(fault(b"h\x01."), Fault::Memo);
    assert_eq!(fault(b"K\x01K\x02a."), Fault::Container);
    assert_eq!(fault(b"]K\x01K\x02s."), Fault::Container);
    assert_eq!(fault(b"(K\x01d."), Fault::Pairs);
    for number in [&b"Ix\n."[..], b"L1LL\n.", b"Fx\n.", b"gx\n.", b"p-1\n."] {
        let number = [b"N", number].concat();
        assert_eq!(fault(&number), Fault::Number, "{number:?}");
    }
    assert_eq!(fault(b"Sabc\n."), Fault::Text);
    assert_eq!(fault(b"\x8b\x00\x01\x00\x00abc"), Fault::IntegerLength(256));
    assert_eq!(
        decode(b"K\x01K\x02a.").unwrap_err().to_string(),
        "byte 4: adds to a value that holds no others"
    );
}

#[test]
fn pop_takes_marks_too() {
    assert_eq!(shown(b"K\x01K\x020."), "1");
    assert_eq!(shown(b"K\x01(0."), "1");
    assert_eq!(shown(b"K\x01(K\x02K\x031."), "1");
    assert_eq!(shown(b"(K\x012t."), "(1, 1)");
}

#[test]
fn nesting_without_end_costs_its_opcodes_and_no_stack() {
    let nested = [&b"]".repeat(200_000)[..], &b"a".repeat(199_999), b"."].concat();
    let pickle = decode(&nested).unwrap();
    assert_eq!(pickle.items.len(), 200_000);
    let tuples = [&b"N"[..], &b"\x85".repeat(200_000), b"."].concat();
    assert_eq!(decode(&tuples).unwrap().items.len(), 200_001);
    assert_eq!(decode(&b"(".repeat(60_000)).unwrap_err().what, Fault::Ends);
    assert_eq!(decode(&b"(".repeat(200_000)).unwrap_err().what, Fault::Marks);
}

#[test]
fn a_list_inside_itself_and_sharing_cost_nothing() {
    let itself = decode(b"]2a.").unwrap();
    assert_eq!(itself.item(itself.root()).value, Value::List(vec![itself.root()]));
    let laughs = [&b"]q\0"[..], &b"(h\0h\0h\0h\0h\0h\0h\0h\0lq\0".repeat(100), b"."].concat();
    assert_eq!(decode(&laughs).unwrap().items.len(), 101);
}

#[test]
fn the_number_of_values_is_bounded() {
    assert_eq!(fault(&b"N".repeat(MAX_VALUES + 1)), Fault::Values);
    assert_eq!(fault(&[&b"N"[..], &b"2".repeat(MAX_VALUES)].concat()), Fault::Values);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(&bytes);
    }

    #[test]
    fn no_opcodes_make_it_panic(
        opcodes in proptest::collection::vec(prop::sample::select(&b"(.012NIJKLMPQRSTUVXabcdeghijlopqrstu)]}FG\n'1\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x00\x01\x02"[..]), 0..60),
    ) {
        let bytes = [&b"]q\0(K\x01K\x02q\x01"[..], &opcodes, b"."].concat();
        if let Ok(pickle) = decode(&bytes) {
            prop_assert!(pickle.items.iter().all(|item| item.span.end <= bytes.len() && item.span.start <= item.span.end));
            prop_assert_eq!(pickle.calls.is_empty(), pickle.notes().iter().all(|note| note.kind != NoteKind::NotRun));
        }
    }
}

#[test]
fn what_is_written_is_read() {
    let mut rows = Opcodes::default();
    rows.tuple([Scalar::Text("peer_count"), Scalar::Int(1)]);
    rows.tuple([]);
    rows.tuple([
        Scalar::None,
        Scalar::Float(0.1),
        Scalar::Bytes(b"\xff"),
        Scalar::Bytes(&[b'x'; 300]),
        Scalar::Text("é"),
    ]);
    for number in [0, 255, 256, 65_535, 65_536, -1, i64::from(i32::MAX) + 1, i64::MIN, i64::MAX] {
        rows.scalar(Scalar::Int(number));
    }
    let mut reply = Opcodes::default();
    reply.list(&rows);
    assert_eq!(
        shown(&reply.into_pickle()),
        format!(
            r#"[(u"peer_count", 1), (), (None, 0.1, "{}", "{}", u"é"), 0, 255, 256, 65535, 65536, -1, 2147483648, {}, {}]"#,
            char::REPLACEMENT_CHARACTER,
            "x".repeat(300),
            i64::MIN,
            i64::MAX
        )
    );
}

/// As 5.3.8 replies where nothing was found, but for its numbering of values.
#[test]
fn lists_are_written_as_the_original_writes_them() {
    let (mut outer, mut inner) = (Opcodes::default(), Opcodes::default());
    outer.list(&Opcodes::default());
    assert_eq!(outer.into_pickle(), b"\x80\x02].");
    inner.list(&Opcodes::default());
    inner.scalar(Scalar::None);
    let mut outer = Opcodes::default();
    outer.list(&inner);
    assert_eq!(outer.into_pickle(), b"\x80\x02](]Ne.");
}
