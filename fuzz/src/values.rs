//! The formats of payloads.

use swarmscope_wire::inflate::End;
use swarmscope_wire::tree::Node;
use swarmscope_wire::{
    Decoded, bencode as ben, encoding_a as a, formats, inflate as zlib, pickle as pick, text,
};

/// What the strict reader takes is canonical, and the lenient reader takes it without complaint.
pub fn bencode(data: &[u8]) {
    let strict = ben::decode_spanned(data);
    let lenient = ben::decode_lenient(data);
    if let Ok(parsed) = &strict {
        assert_eq!(parsed.value.encode(), data);
        let lenient = lenient.as_ref().expect("the lenient reader takes what the strict one does");
        assert_eq!((&lenient.value, lenient.deviations.len()), (&parsed.value, 0));
    }
    if let Ok(parsed) = lenient {
        for span in &parsed.spans {
            assert!(span.start <= span.end && span.end <= data.len());
        }
        assert_eq!(strict.is_err(), !parsed.deviations.is_empty());
    }
    let _ = ben::decode_message(data);
}

/// What is read is written and read as the same.
pub fn encoding_a(data: &[u8]) {
    if let Ok(parsed) = a::decode_spanned(data) {
        let written = parsed.value.encode();
        let again = a::decode(&written).expect("what was written is read");
        assert_eq!(again.encode(), written);
        for span in &parsed.spans {
            assert!(span.start <= span.end && span.end <= data.len());
        }
    }
}

/// Every value refers to others of the same pickle.
pub fn pickle(data: &[u8]) {
    if let Ok(pickle) = pick::decode(data) {
        let span = &pickle.item(pickle.root()).span;
        assert!(span.start <= span.end && span.end <= data.len());
        let _ = pickle.notes();
        let _ = pickle.source();
    }
}

/// No more comes out than is allowed, and a larger limit begins with the same.
pub fn inflate(data: &[u8]) {
    const LIMIT: usize = 1 << 16;
    let stream = [b"x\x9c", data].concat();
    for stream in [data, &stream] {
        let Ok(small) = zlib::inflate(stream, LIMIT) else { continue };
        assert!(small.bytes.len() <= LIMIT && small.consumed <= stream.len());
        let large = zlib::inflate(stream, 2 * LIMIT).expect("it was a stream before");
        assert!(large.bytes.starts_with(&small.bytes));
        assert!(small.end == End::Limit || large == small);
    }
}

/// A payload in any format is read, and nothing of what is shown acts on a terminal.
pub fn any(data: &[u8]) {
    shown(&formats::decode(data), data.len());
}

/// What holds for whatever a payload of `len` bytes was read as.
pub(crate) fn shown(decoded: &Decoded, len: usize) {
    visible(&decoded.tree, len);
    let notes = decoded.notes.iter().map(|note| &note.text);
    for line in notes.chain([&decoded.format, &decoded.summary]) {
        assert_eq!(text::clean(line), **line);
    }
    let json = text::json(&decoded.json).expect("serialises");
    assert!(json.chars().all(|c| !c.is_control()));
}

fn visible(node: &Node, len: usize) {
    for shown in [&node.label, &node.value] {
        assert_eq!(text::clean(shown), **shown);
    }
    assert!(
        node.span.as_ref().is_none_or(|span| span.start <= span.end && span.end <= len),
        "{node:?}"
    );
    node.children.iter().for_each(|child| visible(child, len));
}
