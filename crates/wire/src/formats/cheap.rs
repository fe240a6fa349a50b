//! Whether a payload is read in no time: a hundred bytes may become sixteen mebibytes when they are
//! inflated, or it may be a pickle that shares its values a thousandfold.

use super::MAX_LAYERS;
use crate::inflate::{self, End};
use crate::limits::MAX_DEPTH;
use crate::pickle;
use crate::shape::{Shape, Source};

/// How long it may be, in bytes: a list of nothing takes longest to read, a millisecond.
const SHORT: usize = 4 << 10;
/// What it may become.
const GROWN: usize = 16 << 10;
/// What a value weighs besides its text, in bytes.
const EACH: usize = 4;
/// And one that becomes a map.
const MAP: usize = 64;

/// Whether a payload is read in some milliseconds at most, whatever is in it. What is not belongs on
/// a thread beside those who wait for others.
#[must_use]
pub fn is_cheap(payload: &[u8]) -> bool {
    // a decoder of one's own may inflate once more
    payload.len() <= SHORT && grows_little(payload, MAX_LAYERS + 1)
}

/// How long one may be that is read in a few hundred milliseconds.
const MIDDLING: usize = 256 << 10;
/// What it may become.
const GROWN_MIDDLING: usize = 1 << 20;

/// Whether a payload is read in a few hundred milliseconds, whatever is in it; told in some.
#[must_use]
pub fn is_middling(payload: &[u8]) -> bool {
    let is_small_stream = || {
        inflate::inflate(payload, GROWN_MIDDLING)
            .is_ok_and(|inflated| inflated.end != End::Limit && is_linear(&inflated.bytes))
    };
    payload.len() <= MIDDLING && (is_linear(payload) || is_small_stream())
}

/// Whether it begins and ends like nothing that may become more than it is.
fn is_linear(payload: &[u8]) -> bool {
    let is_like_pickle = payload.first() == Some(&0x80) || payload.last() == Some(&b'.');
    !is_like_pickle && !inflate::is_zlib(payload)
}

/// As a stream and as a pickle, whatever it will be taken for.
fn grows_little(payload: &[u8], layers: usize) -> bool {
    let stream = (layers > 0).then(|| inflate::inflate(payload, GROWN).ok()).flatten();
    let is_small_stream = stream.is_none_or(|inflated| {
        inflated.end != End::Limit && grows_little(&inflated.bytes, layers - 1)
    });
    let mut left = GROWN;
    is_small_stream
        && pickle::decode(payload).map_or(true, |pickle| weigh(pickle.source(), &mut left, 0))
}

/// Whether everything in it weighs no more than what is left, each value wherever it occurs, as deep
/// as it is read.
fn weigh<'a>(source: impl Source<'a>, left: &mut usize, depth: usize) -> bool {
    let shape = source.shape();
    let weight = match &shape {
        Shape::Text(text) => text.len(),
        Shape::Bytes(bytes) => bytes.len(),
        Shape::Dict(_) => MAP,
        Shape::Refused { name, .. } => MAP + name.len(),
        _ => 0,
    };
    let Some(rest) = left.checked_sub(EACH + weight) else { return false };
    *left = rest;
    if depth > MAX_DEPTH {
        return true;
    }
    match shape {
        Shape::List(items) | Shape::Tuple(items) | Shape::Refused { operands: items, .. } => {
            items.into_iter().all(|item| weigh(item, left, depth + 1))
        }
        Shape::Dict(pairs) => pairs
            .into_iter()
            .all(|(key, value)| weigh(key, left, depth + 1) && weigh(value, left, depth + 1)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::ZlibEncoder;

    use super::*;

    fn deflated(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn what_honest_peers_answer_is_cheap() {
        let rows = [&b"a60l"[..], &b"2t1i440s0123456789012345678901234567890123456789".repeat(60)];
        let text = b"1795337030.84 CRAWL\n".repeat(500);
        for cheap in [&b""[..], b"5:hello", b"plain text", &rows.concat(), &deflated(&text)] {
            assert!(is_cheap(cheap), "{cheap:?}");
        }
        assert!(is_cheap(b"\x80\x02]q\x00(K\x01K\x02e."), "a pickle of two numbers");
    }

    #[test]
    fn a_long_log_is_middling_and_a_pickle_is_not() {
        let log = b"1795337030.84 CRAWL\n".repeat(10_000);
        assert!(is_middling(&log) && is_middling(&deflated(&log)) && !is_cheap(&log));
        let pickle = [&b"\x80\x02]("[..], &b"N".repeat(9000), b"e."].concat();
        let bomb = deflated(&vec![0; 2 << 20]);
        for long in [&pickle[..], &deflated(&pickle), &bomb, &deflated(&bomb), &log.repeat(2)] {
            assert!(!is_middling(long));
        }
    }

    #[test]
    fn what_grows_is_not() {
        let nul = vec![0; 1 << 20];
        assert!(!is_cheap(&deflated(&nul)), "a bomb of {} bytes", deflated(&nul).len());
        assert!(!is_cheap(&deflated(&deflated(&nul))), "in two layers");
        assert!(!is_cheap(&vec![b' '; SHORT + 1]), "long");
        let shared = include_bytes!("../../../../fuzz/crashes/reply/a-dict-as-its-own-key");
        assert!(!is_cheap(&shared[2..]), "102 bytes that become 64 MiB of JSON");
        let text =
            [&b"\x80\x02(X\x00\x08\x00\x00"[..], &[b'x'; 2048], b"q\x00", &b"h\x00".repeat(99)];
        assert!(!is_cheap(&[text.concat(), b"t.".to_vec()].concat()), "a text a hundred times");
        let named = [&b"\x80\x02(cos\nsystem\n"[..], &b"2".repeat(4000), b"t."].concat();
        assert!(!is_cheap(&named), "four thousand maps");
        assert!(is_cheap(b"\x80\x02]2a."), "a list in itself ends where reading does");
    }
}
