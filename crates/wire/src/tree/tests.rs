use super::*;
use crate::testing::words;
use crate::{bencode, encoding_a, pickle};

/// A tree as indented lines: label, value, span.
fn outline(node: &Node) -> Vec<String> {
    fn add(node: &Node, depth: usize, lines: &mut Vec<String>) {
        let span = node.span.as_ref().map_or_else(|| "-".into(), |span| format!("{span:?}"));
        lines.push(format!("{}{}={} @{span}", "  ".repeat(depth), node.label, node.value));
        node.children.iter().for_each(|child| add(child, depth + 1, lines));
    }
    let mut lines = Vec::new();
    add(node, 0, &mut lines);
    lines
}

fn tree<'a>(source: impl Source<'a>) -> (Node, Vec<String>) {
    let mut notes = Vec::new();
    let node = build(source, &mut notes);
    (node, words(&notes))
}

#[test]
fn bencode_becomes_a_tree_with_spans() {
    let parsed =
        bencode::decode_spanned(b"d12:current timei0e5:statsll2:\xff\xfe0:i-1eeee").unwrap();
    let (node, notes) = tree(parsed.source());
    assert_eq!(
        outline(&node),
        [
            "=2 keys @0..41",
            "  current time=0 @16..19",
            "  stats=1 value @26..40",
            "    0=0xfffe (2 bytes), \"\", -1 @27..39",
            "      0=0xfffe (2 bytes) @28..32",
            "      1=\"\" @32..34",
            "      2=-1 @34..38",
        ]
        .map(str::to_owned)
    );
    assert_eq!(notes, Vec::<String>::new());
}

#[test]
fn encoding_a_becomes_a_tree_of_rows() {
    let parsed = encoding_a::decode_spanned(b"a2l2t10speer_count1i12t2d1sk0n1sq2f.51sx").unwrap();
    let (node, _) = tree(parsed.source());
    assert_eq!(
        outline(&node),
        [
            "=2 rows @1..40",
            "  0=peer_count, 1 @3..21",
            "    0=peer_count @5..18",
            "    1=1 @18..21",
            "  1=2 values @21..40",
            "    0=2 keys @23..37",
            "      k=none @28..30",
            "      q=0.5 @33..37",
            "    1=x @37..40",
        ]
        .map(str::to_owned),
    );
}

#[test]
fn pickles_show_what_would_have_been_called() {
    let pickle = pickle::decode(b"cos\nsystem\n(S'ls'\nI01\ntR.").unwrap();
    let (node, _) = tree(pickle.source());
    assert_eq!(
        outline(&node),
        [
            "=REDUCE, not run @23..24",
            "  0=GLOBAL os.system, not run @0..11",
            "  1=ls, true @11..23",
            "    0=ls @12..18",
            "    1=true @18..22",
        ]
        .map(str::to_owned)
    );
}

#[test]
fn keys_of_any_kind_are_labels() {
    let parsed = encoding_a::decode_spanned(b"a3d0n1i14i12340n2t1sa1i10n").unwrap();
    let labels: Vec<_> =
        tree(parsed.source()).0.children.into_iter().map(|child| child.label).collect();
    assert_eq!(labels, ["none", "1234", "a, 1"]);
}

#[test]
fn text_of_peers_is_clean_and_short() {
    let long = format!("200000:{}", "é".repeat(100_000));
    let parsed = bencode::decode_spanned(long.as_bytes()).unwrap();
    let (node, _) = tree(parsed.source());
    assert!(
        node.value.starts_with("éé") && node.value.ends_with("é… (200 000 bytes)"),
        "{}",
        node.value
    );
    let parsed = bencode::decode_spanned(b"d9:a\x1b[31m\xe2\x80\xae9:\x07hi theree").unwrap();
    let (node, _) = tree(parsed.source());
    assert_eq!((&*node.children[0].label, &*node.children[0].value), ("a·[31m·", "·hi there"));
}

#[test]
fn large_values_are_shown_as_far_as_memory_goes_and_the_rest_is_counted() {
    let many = [b"l".to_vec(), b"i1e".repeat(500_000), b"e".to_vec()].concat();
    let parsed = bencode::decode_spanned(&many).unwrap();
    let (node, notes) = tree(parsed.source());
    let shown = node.children.len() - 1;
    assert!(node.children.iter().map(Node::size).sum::<usize>() < MAX_SIZE + 1000);
    assert!(shown > 100_000);
    let last = node.children.last().unwrap();
    assert_eq!((&*last.label, &*last.value), ("…", &*count(500_000 - shown, "more", "more")));
    assert_eq!(node.value, "500 000 values");
    assert_eq!(notes, ["too many values to show: the tree ends early"]);
}

#[test]
fn sharing_without_end_and_nesting_without_end_end() {
    let laughs = [&b"]q\0"[..], &b"(h\0h\0h\0h\0h\0h\0h\0h\0lq\0".repeat(100), b"."].concat();
    let (_, notes) = tree(pickle::decode(&laughs).unwrap().source());
    assert_eq!(notes[0], "too many values to show: the tree ends early");

    let nested = [&b"]".repeat(200_000)[..], &b"a".repeat(199_999), b"."].concat();
    let (node, notes) = tree(pickle::decode(&nested).unwrap().source());
    assert_eq!(notes, ["nested deeper than 64: the tree ends there"]);
    assert_eq!(node.children[0].value, "1 value");

    let (_, notes) = tree(pickle::decode(b"]2a.").unwrap().source());
    assert_eq!(notes.len(), 1);
}

#[test]
fn long_values_shared_by_all_nodes_are_not_read_at_each_of_them() {
    let long = "7".repeat(1 << 20);
    for value in [format!("L{long}L\nq\0"), format!("S'{long}'\nq\0"), format!("V{long}\nq\0")] {
        let shared = [b"(", value.as_bytes(), &b"h\0".repeat(50_000), b"l."].concat();
        let (node, _) = tree(pickle::decode(&shared).unwrap().source());
        assert!(node.children[50_000].value.ends_with("7… (1 048 576 bytes)"));
    }
}

#[test]
fn bytes_are_text_as_far_as_they_are_shown() {
    let show = |bytes: &[u8]| {
        tree(bencode::decode_spanned(&bencode::Value::from(bytes).encode()).unwrap().source())
            .0
            .value
    };
    assert_eq!(show("é".as_bytes()), "é");
    assert_eq!(show(&"é".as_bytes()[..1]), "0xc3 (1 byte)");
    assert!(show(format!("x{}", "é".repeat(200)).as_bytes()).starts_with("xéé"));
    assert_eq!(show(&[7; 40]), format!("0x{}… (40 bytes)", "07".repeat(32)));
}

#[test]
fn lines_of_text_know_where_they_stand() {
    let mut notes = Vec::new();
    let node = lines("1.00 CRAWL\r\n\nlast\x1b", &mut notes);
    assert_eq!(
        outline(&node),
        ["=3 lines @0..18", "  1=1.00 CRAWL @0..10", "  2=\"\" @12..12", "  3=last· @13..18"]
    );
    let node = lines(&"\n".repeat(1_000_000), &mut notes);
    assert_eq!(node.value, "1 000 000 lines");
    assert_eq!(words(&notes), ["too many lines to show: the tree ends early"]);
}
