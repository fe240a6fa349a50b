//! What a payload is, told from its bytes, and how it reads. Used for every reply that no probe
//! decodes.

mod cheap;

use super::bencode::DeviationKind;
use super::decoded::Decoded;
use super::inflate::{self, End, Inflated};
use super::note::{Note, NoteKind};
use super::shape::Source;
use super::text::{self, count};
use super::tree::{self, Node};
use super::{bencode, encoding_a, json, pickle};

pub use cheap::{is_cheap, is_middling};

/// How many zlib streams inside one another are inflated: each may take [`inflate::max_output`].
const MAX_LAYERS: usize = 2;
/// The longest text that is its own summary, in characters.
const MAX_SUMMARY_CHARS: usize = 60;
/// How many bytes of what is no text stand in the JSON: a stream of a megabyte inflates to sixteen
/// that say nothing.
const MAX_BYTES_IN_JSON: usize = 1 << 20;
/// The highest protocol that a pickle of any age announces.
const NEWEST_PICKLE: u8 = 5;

/// An encoding of payloads.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Format {
    /// No bytes at all.
    Empty,
    /// See [`crate::bencode`].
    Bencode,
    /// See [`crate::encoding_a`].
    A,
    /// See [`crate::pickle`].
    Pickle,
    /// A zlib stream, with one of the other formats inside.
    Zlib,
    /// UTF-8 text.
    Text,
    /// Bytes that are none of these.
    Hex,
}

/// A payload that is not in the format it was read as.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// Bytes in a payload that should be empty.
    #[error("{0} bytes where none are expected")]
    NotEmpty(usize),
    /// Not bencode.
    #[error("bencode: {0}")]
    Bencode(#[from] bencode::BencodeError),
    /// Not encoding "a".
    #[error("encoding a: {0}")]
    A(#[from] encoding_a::EncodingAError),
    /// Not a pickle that this reader knows.
    #[error("pickle: {0}")]
    Pickle(#[from] pickle::PickleError),
    /// Not a zlib stream.
    #[error("zlib: {0}")]
    Zlib(#[from] inflate::NotZlib),
    /// A zlib stream that is damaged from its first byte on.
    #[error("zlib: nothing could be inflated")]
    NothingInflated,
    /// Bytes that are not UTF-8.
    #[error("text: not UTF-8")]
    Text,
}

impl Format {
    /// The word for it: `bencode`, `a`, `pickle`, `zlib`, `text`, `hex`, `empty`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Bencode => "bencode",
            Self::A => "a",
            Self::Pickle => "pickle",
            Self::Zlib => "zlib",
            Self::Text => "text",
            Self::Hex => "hex",
        }
    }
}

/// What a payload looks like, by how it begins. [`decode`] finds out whether it is that.
#[must_use]
pub fn sniff(payload: &[u8]) -> Format {
    match payload {
        [] => Format::Empty,
        _ if begins_like_a(payload) => Format::A,
        _ if begins_like_bencode(payload) => Format::Bencode,
        _ if is_like_pickle(payload) => Format::Pickle,
        _ if is_like_zlib(payload) => Format::Zlib,
        _ => plain(payload),
    }
}

/// Reads a payload in the format it is in. What only looks like one is shown as text or bytes, with
/// the fault as a note.
#[must_use]
pub fn decode(payload: &[u8]) -> Decoded {
    decode_layer(payload, MAX_LAYERS)
}

/// Reads a payload in a format that is known.
///
/// # Errors
/// Why it is not in that format.
pub fn decode_as(format: Format, payload: &[u8]) -> Result<Decoded, FormatError> {
    decode_layer_as(format, payload, MAX_LAYERS)
}

fn decode_layer(payload: &[u8], layers: usize) -> Decoded {
    let format = sniff(payload);
    decode_layer_as(format, payload, layers).unwrap_or_else(|error| {
        let text = if plain(payload) == Format::Text { from_text(payload) } else { None };
        let mut decoded = text.unwrap_or_else(|| as_bytes(payload));
        let text = format!("begins like {}, but is not: {error}", format.name());
        decoded.notes.push(Note::new(NoteKind::NotTheFormat, text));
        decoded
    })
}

fn decode_layer_as(format: Format, payload: &[u8], layers: usize) -> Result<Decoded, FormatError> {
    match format {
        Format::Empty if payload.is_empty() => {
            Ok(Decoded { tree: Node::leaf("", "empty", None), ..named(format, "empty") })
        }
        Format::Empty => Err(FormatError::NotEmpty(payload.len())),
        Format::Bencode => {
            let parsed = bencode::decode_lenient(payload)?;
            let notes = parsed.deviations.iter().map(deviation).collect();
            Ok(from_source(format, parsed.source(), notes))
        }
        Format::A => {
            let parsed = encoding_a::decode_spanned(payload)?;
            let unsorted = parsed.unsorted_dicts;
            let text = || format!("{} not sorted", count(unsorted, "dict is", "dicts are"));
            let note = (unsorted > 0).then(|| Note::new(NoteKind::UnsortedKeys, text()));
            Ok(from_source(format, parsed.source(), note.into_iter().collect()))
        }
        Format::Pickle => {
            let pickle = pickle::decode(payload)?;
            Ok(from_source(format, pickle.source(), pickle.notes()))
        }
        Format::Zlib => from_zlib(payload, layers),
        Format::Text => from_text(payload).ok_or(FormatError::Text),
        Format::Hex => Ok(as_bytes(payload)),
    }
}

fn named(format: Format, summary: impl Into<String>) -> Decoded {
    Decoded { format: format.name().into(), summary: summary.into(), ..Decoded::default() }
}

fn from_source<'a>(format: Format, source: impl Source<'a>, mut notes: Vec<Note>) -> Decoded {
    let tree = tree::build(source, &mut notes);
    let json = json::build(source, &mut notes);
    let summary = text::clip(tree.value.as_bytes(), MAX_SUMMARY_CHARS);
    Decoded { tree, json, notes, ..named(format, summary) }
}

/// What a lenient reader of bencode let pass.
fn deviation(deviation: &bencode::Deviation) -> Note {
    let kind = match deviation.kind {
        DeviationKind::UnsortedKeys => NoteKind::UnsortedKeys,
        DeviationKind::DuplicateKey => NoteKind::DuplicateKey,
        DeviationKind::LeadingZero => NoteKind::LeadingZero,
        DeviationKind::TrailingBytes => NoteKind::TrailingBytes,
    };
    Note::new(kind, deviation.to_string())
}

fn from_zlib(payload: &[u8], layers: usize) -> Result<Decoded, FormatError> {
    if layers == 0 {
        let mut decoded = as_bytes(payload);
        decoded.notes.push(Note::new(
            NoteKind::StreamNested,
            "a zlib stream inside others was not inflated",
        ));
        return Ok(decoded);
    }
    let inflated = inflate::inflate(payload, inflate::max_output())?;
    if inflated.bytes.is_empty() && inflated.end != End::Whole {
        return Err(FormatError::NothingInflated);
    }
    let mut decoded = decode_layer(whole_characters(&inflated), layers - 1);
    decoded.tree.forget_spans(); // they are of the inflated bytes
    decoded.format = format!("{}, {}", Format::Zlib.name(), decoded.format);
    decoded.notes.splice(0..0, what_was_cut(&inflated, payload.len()));
    Ok(decoded)
}

/// Without the beginning of a character that was cut off.
fn whole_characters(inflated: &Inflated) -> &[u8] {
    match str::from_utf8(&inflated.bytes) {
        Err(error) if error.error_len().is_none() && inflated.end != End::Whole => {
            &inflated.bytes[..error.valid_up_to()]
        }
        _ => &inflated.bytes,
    }
}

/// What a person should know of how a stream of `len` bytes was inflated: what was cut, what
/// follows, what is wrong with it.
#[must_use]
pub fn what_was_cut(inflated: &Inflated, len: usize) -> Option<Note> {
    let got = count(inflated.bytes.len(), "byte", "bytes");
    let (kind, text) = match inflated.end {
        End::Whole if inflated.consumed < len => {
            let bytes = count(len - inflated.consumed, "byte follows", "bytes follow");
            (NoteKind::TrailingBytes, format!("{bytes} the zlib stream"))
        }
        End::Whole => return None,
        End::Limit => {
            let read = inflated.consumed;
            let text = format!(
                "inflates to more than {got}: the rest was cut, after {read} of {len} bytes of the stream"
            );
            (NoteKind::InflateLimit, text)
        }
        End::Truncated => (NoteKind::StreamCut, format!("the zlib stream ends early, after {got}")),
        End::Corrupt => {
            (NoteKind::StreamDamaged, format!("the zlib stream is corrupt, after {got}"))
        }
    };
    Some(Note::new(kind, text))
}

fn from_text(payload: &[u8]) -> Option<Decoded> {
    let text = str::from_utf8(payload).ok()?;
    let mut notes = Vec::new();
    let hidden = text
        .chars()
        .filter(|c| !matches!(c, '\n' | '\r' | '\t'))
        .filter(|c| c.is_control())
        .count();
    if hidden > 0 {
        let text = format!(
            "{} not shown",
            count(hidden, "control character is", "control characters are")
        );
        notes.push(Note::new(NoteKind::HiddenCharacters, text));
    }
    let mut tree = tree::lines(text, &mut notes);
    let summary = match &tree.children[..] {
        [line] => text::clip(line.value.as_bytes(), MAX_SUMMARY_CHARS),
        _ => tree.value.clone(),
    };
    if let [line] = &tree.children[..] {
        tree = Node::leaf("", line.value.clone(), line.span.clone());
    }
    Some(Decoded { tree, json: text.into(), notes, ..named(Format::Text, summary) })
}

/// A payload as bytes, whatever it is.
#[must_use]
pub fn as_bytes(payload: &[u8]) -> Decoded {
    let tree = Node::leaf("", tree::show_bytes(payload), Some(0..payload.len()));
    let len = payload.len().min(MAX_BYTES_IN_JSON);
    let text = || format!("the JSON has the first {} only", count(len, "byte", "bytes"));
    let cut = (len < payload.len()).then(|| Note::new(NoteKind::LeftOut, text()));
    let (json, notes) = (json::base64(&payload[..len]), cut.into_iter().collect());
    Decoded { tree, json, notes, ..named(Format::Hex, count(payload.len(), "byte", "bytes")) }
}

fn plain(payload: &[u8]) -> Format {
    if text::is_text(payload) { Format::Text } else { Format::Hex }
}

/// `a`, a count, a type.
fn begins_like_a(payload: &[u8]) -> bool {
    let [b'a', rest @ ..] = payload else { return false };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && rest.get(digits).is_some_and(|letter| b"ifsbltdn".contains(letter))
}

/// The first value of a list is looked at too, so that words are not taken for lists.
fn begins_like_bencode(payload: &[u8]) -> bool {
    match payload {
        [b'l', ..] => {
            let lists = payload.iter().take_while(|byte| **byte == b'l').count();
            let inside = &payload[lists..];
            if inside.starts_with(b"e") { is_bencode(payload) } else { begins_like_bencode(inside) }
        }
        [b'd', b'e'] | [b'i', b'0'..=b'9' | b'-', ..] => true,
        [b'd', key @ ..] => begins_like_string(key),
        _ => begins_like_string(payload),
    }
}

/// Also where it nests deeper than is read.
fn is_bencode(payload: &[u8]) -> bool {
    bencode::decode(payload).map_or_else(|error| error.what == bencode::Fault::Depth, |_| true)
}

fn begins_like_string(payload: &[u8]) -> bool {
    let digits = payload.iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && payload.get(digits) == Some(&b':')
}

/// A pickle of protocol 2 and later says so; an older one is a program that few other bytes happen
/// to be.
fn is_like_pickle(payload: &[u8]) -> bool {
    match payload {
        [0x80, 0..=NEWEST_PICKLE, ..] => true,
        [_, .., b'.'] => pickle::decode(payload).is_ok(),
        _ => false,
    }
}

/// Some words begin like a zlib stream: `x^2`. Text is only taken for one that inflates to its end.
fn is_like_zlib(payload: &[u8]) -> bool {
    inflate::is_zlib(payload)
        && (!text::is_text(payload)
            || inflate::inflate(payload, inflate::max_output())
                .is_ok_and(|inflated| inflated.end == End::Whole))
}

#[cfg(test)]
mod tests;
