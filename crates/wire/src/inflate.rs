//! Zlib streams behind a limit: deployed peers were seen to send kilobytes that inflate to
//! gigabytes (protocol.md §5, id 9).

use std::sync::OnceLock;

use flate2::{Decompress, FlushDecompress, Status};

/// The most bytes that one stream may inflate to, unless the program says otherwise: far over what
/// any original peer's log holds.
pub const MAX_OUTPUT: usize = 16 << 20;
/// How much is inflated at a time.
const CHUNK: usize = 32 << 10;

/// What the program said.
static LIMIT: OnceLock<usize> = OnceLock::new();

/// How many bytes one stream of a reply may inflate to.
#[must_use]
pub fn max_output() -> usize {
    LIMIT.get().copied().unwrap_or(MAX_OUTPUT)
}

/// Sets [`max_output`] for the whole program, before the first reply comes. Only the first call
/// counts.
pub fn set_max_output(bytes: usize) {
    LIMIT.get_or_init(|| bytes);
}

/// What a stream inflated to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inflated {
    /// Everything that was inflated before `end`.
    pub bytes: Vec<u8>,
    /// How the stream ended.
    pub end: End,
    /// How many bytes of the input were read.
    pub consumed: usize,
}

/// How a stream ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// With its checksum, which fits.
    Whole,
    /// There is more than the limit; what is over was not inflated.
    Limit,
    /// The input stops before the stream does.
    Truncated,
    /// What follows is not a zlib stream, or the checksum does not fit.
    Corrupt,
}

/// Bytes that do not begin as a zlib stream does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a zlib stream")]
pub struct NotZlib;

/// Whether these bytes begin as a zlib stream does (RFC 1950 §2.2): deflate, a window of at most 32
/// KiB, no dictionary.
#[must_use]
pub fn is_zlib(bytes: &[u8]) -> bool {
    let Some([method, flags]) = bytes.first_chunk() else { return false };
    let checked = u16::from_be_bytes([*method, *flags]) % 31 == 0;
    method & 0x0f == 8 && method >> 4 <= 7 && flags & 0x20 == 0 && checked
}

/// Inflates up to `limit` bytes.
///
/// # Errors
/// Bytes that do not begin as a zlib stream. A stream that goes wrong later gives what came before.
pub fn inflate(input: &[u8], limit: usize) -> Result<Inflated, NotZlib> {
    if !is_zlib(input) {
        return Err(NotZlib);
    }
    let mut zlib = Decompress::new(true);
    let mut chunk = vec![0; CHUNK.min(limit.saturating_add(1))];
    let mut bytes = Vec::new();
    loop {
        let (read, written) = (position(zlib.total_in()), zlib.total_out());
        let status = zlib.decompress(&input[read..], &mut chunk, FlushDecompress::None);
        let new = &chunk[..position(zlib.total_out() - written)];
        let room = limit - bytes.len();
        bytes.extend_from_slice(&new[..new.len().min(room)]);
        let end = match status {
            _ if new.len() > room => End::Limit,
            Ok(Status::StreamEnd) => End::Whole,
            Err(_) => End::Corrupt,
            Ok(_) if new.is_empty() && position(zlib.total_in()) == read => End::Truncated,
            Ok(_) => continue,
        };
        return Ok(Inflated { bytes, end, consumed: position(zlib.total_in()) });
    }
}

/// A count of bytes that are all in memory.
fn position(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::ZlibEncoder;
    use proptest::prelude::*;

    use super::*;

    fn deflate(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn the_original_s_puncture_log_is_read() {
        let stream = b"x\x9c34\xb74566706\xd0\xb30Qp\x0er\x0c\xf7\xe1\x02\x00+\xb2\x04D";
        let inflated = inflate(stream, MAX_OUTPUT).unwrap();
        assert_eq!(inflated.bytes, b"1795337030.84 CRAWL\n");
        assert_eq!((inflated.end, inflated.consumed), (End::Whole, stream.len()));
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let bomb = deflate(&vec![0; 3 * MAX_OUTPUT]);
        assert!(bomb.len() < 64 << 10);
        let inflated = inflate(&bomb, MAX_OUTPUT).unwrap();
        assert_eq!((inflated.bytes.len(), inflated.end), (MAX_OUTPUT, End::Limit));
        assert!(inflated.bytes.capacity() <= 2 * MAX_OUTPUT);
    }

    #[test]
    fn the_limit_itself_is_allowed() {
        let stream = deflate(&vec![7; 100_000]);
        assert_eq!(inflate(&stream, 100_000).unwrap().end, End::Whole);
        assert_eq!(inflate(&stream, 99_999).unwrap().end, End::Limit);
        assert_eq!(inflate(&deflate(b""), 0).unwrap().end, End::Whole);
    }

    #[test]
    fn what_goes_wrong_later_keeps_what_came_before() {
        let text: Vec<u8> = (0..50_000_u32).flat_map(u32::to_le_bytes).collect();
        let stream = deflate(&text);
        let half = inflate(&stream[..stream.len() / 2], MAX_OUTPUT).unwrap();
        assert_eq!(half.end, End::Truncated);
        assert!(half.bytes.len() > 1000 && text.starts_with(&half.bytes));

        let mut bad = stream.clone();
        *bad.last_mut().unwrap() ^= 1;
        assert_eq!(inflate(&bad, MAX_OUTPUT).unwrap().end, End::Corrupt);

        let trailing = [&stream[..], b"rest"].concat();
        let inflated = inflate(&trailing, MAX_OUTPUT).unwrap();
        assert_eq!((inflated.end, inflated.consumed), (End::Whole, stream.len()));
    }

    #[test]
    fn other_bytes_are_told_apart() {
        for bytes in
            [&b""[..], b"x", b"a0l", b"\x80\x02]q\x01.", b"x\x9d", b"\x78\xbb", b"\x88\x1c"]
        {
            assert_eq!(inflate(bytes, MAX_OUTPUT), Err(NotZlib), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn what_was_deflated_is_inflated(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let inflated = inflate(&deflate(&bytes), MAX_OUTPUT)?;
            prop_assert_eq!((inflated.bytes, inflated.end), (bytes, End::Whole));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), limit in 0..1000_usize) {
            let stream = [b"x\x9c", &bytes[..]].concat();
            let inflated = inflate(&stream, limit)?;
            prop_assert!(inflated.bytes.len() <= limit);
        }
    }
}
