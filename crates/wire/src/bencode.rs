//! Bencoding, the encoding of every message body but the crawler's own (protocol.md §3, §5, §7).
//!
//! Strict by default: one value has one encoding, and anything else is an error. The lenient mode
//! reads more than the original accepts and says what deviates; [`decode_message`] reads what the
//! original does. None of them recurses deeper than [`MAX_DEPTH`], so no input can exhaust the
//! stack, and none takes memory before it has seen the bytes that are to fill it.

mod keys;

use std::fmt;
use std::io::Write as _;
use std::ops::Range;

use self::keys::Keys;
use super::integer::Integer;
use super::limits::{MAX_DEPTH, MAX_VALUES};
use super::reader::Reader;

/// A bencoded value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// `i…e`.
    Int(Integer),
    /// A string; bencode doesn't say whether it is text.
    Bytes(Vec<u8>),
    /// `l…e`.
    List(Vec<Value>),
    /// In the order of the encoding; [`Value::dict`] makes the order that strict readers demand.
    Dict(Vec<(Vec<u8>, Value)>),
}

/// What a lenient reader let pass.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DeviationKind {
    /// A dict whose keys are not in the order of their bytes.
    UnsortedKeys,
    /// A dict with the same key twice; both values are kept.
    DuplicateKey,
    /// A number with zeros before it, or `-0`.
    LeadingZero,
    /// Bytes after the value.
    TrailingBytes,
}

/// All deviations of one kind: how many, and where in the input the first one is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Deviation {
    /// Which rule was broken.
    pub kind: DeviationKind,
    /// Offset of the first one, in bytes.
    pub at: usize,
    /// How many values deviate so; for trailing bytes, how many bytes.
    pub count: usize,
}

/// A value with what is known about its encoding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parsed {
    /// What was read.
    pub value: Value,
    /// Where each value stands in the input, in the order of the encoding: a container before its
    /// contents, a key before its value.
    pub spans: Vec<Range<usize>>,
    /// At most one entry a kind; empty where the input passes strict reading.
    pub deviations: Vec<Deviation>,
}

/// An entry of a dict that is the whole of an encoding, and where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry<'a> {
    /// The key's bytes.
    pub key: &'a [u8],
    /// The value under it.
    pub value: &'a Value,
    /// Where the key stands in the input, with its length.
    pub key_span: Range<usize>,
    /// Where the value stands in the input.
    pub value_span: Range<usize>,
}

impl Parsed {
    /// The entries, where the value is a dict.
    #[must_use]
    pub fn entries(&self) -> Option<Vec<Entry<'_>>> {
        let dict = self.value.as_dict()?;
        let mut at = 1; // the dict itself is the first
        let entry = |(_, value): &'_ (Vec<u8>, Value)| {
            let (key_span, value_span) =
                (self.spans.get(at)?.clone(), self.spans.get(at + 1)?.clone());
            at += 1 + value.spans();
            Some((key_span, value_span))
        };
        let spans: Option<Vec<_>> = dict.iter().map(entry).collect();
        let entries = dict.iter().zip(spans?);
        Some(
            entries
                .map(|((key, value), (key_span, value_span))| Entry {
                    key,
                    value,
                    key_span,
                    value_span,
                })
                .collect(),
        )
    }
}

/// Why bytes are not bencode, and where.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("byte {at}: {what}")]
pub struct BencodeError {
    /// Offset in bytes.
    pub at: usize,
    /// The rule that was broken.
    pub what: Fault,
}

/// Every way in which bytes can fail to be bencode.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
    /// No end before the input's.
    #[error("the input ends inside a value")]
    Ends,
    /// A byte that begins no value.
    #[error("no value begins with {0:#04x}")]
    Start(u8),
    /// Something else than digits between `i` and `e`.
    #[error("an integer that is not a decimal number")]
    Integer,
    /// A string longer than the rest of the input.
    #[error("a string announces {announced} bytes, {left} are left")]
    StringLength {
        /// Its length in bytes, as it says.
        announced: usize,
        /// How many bytes there are.
        left: usize,
    },
    /// Something else than digits before the colon.
    #[error("a string length that is not a number and a colon")]
    Length,
    /// A dict key of another type.
    #[error("a dict key that is not a string")]
    Key,
    /// Deeper than this reader goes.
    #[error("nested deeper than {MAX_DEPTH}")]
    Depth,
    /// More values than this reader keeps.
    #[error("more than {MAX_VALUES} values")]
    Values,
    /// A deviation that only the lenient reader accepts.
    #[error("{0}")]
    Deviates(DeviationKind),
}

impl fmt::Display for DeviationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnsortedKeys => "dict keys are not sorted",
            Self::DuplicateKey => "a dict key occurs twice",
            Self::LeadingZero => "a number has a leading zero or is -0",
            Self::TrailingBytes => "bytes follow the value",
        })
    }
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, at, count } = self;
        match (kind, count) {
            (DeviationKind::TrailingBytes, _) => write!(f, "{kind}: {count} from byte {at}"),
            (_, 1) => write!(f, "{kind} (byte {at})"),
            _ => write!(f, "{kind} ({count} times, first at byte {at})"),
        }
    }
}

/// Reads exactly one value in its one valid encoding.
///
/// # Errors
/// The first fault, with its offset.
pub fn decode(bytes: &[u8]) -> Result<Value, BencodeError> {
    decode_spanned(bytes).map(|parsed| parsed.value)
}

/// As [`decode`], with spans.
///
/// # Errors
/// The first fault, with its offset.
pub fn decode_spanned(bytes: &[u8]) -> Result<Parsed, BencodeError> {
    Decoder::new(bytes, |_| false).run()
}

/// Reads the body of a message as the original does: dict keys may stand in any order, all else is
/// strict.
///
/// # Errors
/// The first fault, with its offset.
pub fn decode_message(bytes: &[u8]) -> Result<Value, BencodeError> {
    Decoder::new(bytes, |kind| kind == DeviationKind::UnsortedKeys).run().map(|parsed| parsed.value)
}

/// Reads one value however sloppily it is encoded, and reports the deviations. Of a key that occurs
/// twice both values stay.
///
/// # Errors
/// What cannot be read at all.
pub fn decode_lenient(bytes: &[u8]) -> Result<Parsed, BencodeError> {
    Decoder::new(bytes, |_| true).run()
}

struct Decoder<'a> {
    input: Reader<'a>,
    tolerates: fn(DeviationKind) -> bool,
    spans: Vec<Range<usize>>,
    deviations: Vec<Deviation>,
}

impl<'a> Decoder<'a> {
    fn new(bytes: &'a [u8], tolerates: fn(DeviationKind) -> bool) -> Self {
        Self { input: Reader::new(bytes), tolerates, spans: Vec::new(), deviations: Vec::new() }
    }

    fn run(mut self) -> Result<Parsed, BencodeError> {
        let value = self.value(0)?;
        let trailing = self.input.rest().len();
        if trailing > 0 {
            self.deviation(DeviationKind::TrailingBytes, self.input.position(), trailing)?;
        }
        Ok(Parsed { value, spans: self.spans, deviations: self.deviations })
    }

    fn value(&mut self, depth: usize) -> Result<Value, BencodeError> {
        let start = self.input.position();
        let first = self.peek()?;
        let index = self.open_span()?;
        let value = match first {
            b'i' => Value::Int(self.integer()?),
            b'0'..=b'9' => Value::Bytes(self.string()?.to_vec()),
            b'l' | b'd' if depth >= MAX_DEPTH => {
                return Err(BencodeError { at: start, what: Fault::Depth });
            }
            b'l' => self.list(depth)?,
            b'd' => self.dict(depth)?,
            other => return Err(BencodeError { at: start, what: Fault::Start(other) }),
        };
        self.spans[index].end = self.input.position();
        Ok(value)
    }

    /// Makes room for the span of a value that begins here.
    fn open_span(&mut self) -> Result<usize, BencodeError> {
        if self.spans.len() >= MAX_VALUES {
            return self.fail(Fault::Values);
        }
        let start = self.input.position();
        self.spans.push(start..start);
        Ok(self.spans.len() - 1)
    }

    fn list(&mut self, depth: usize) -> Result<Value, BencodeError> {
        self.skip()?;
        let mut list = Vec::new();
        while self.peek()? != b'e' {
            list.push(self.value(depth + 1)?);
        }
        self.skip()?;
        Ok(Value::List(list))
    }

    fn dict(&mut self, depth: usize) -> Result<Value, BencodeError> {
        self.skip()?;
        let mut dict: Vec<(Vec<u8>, Value)> = Vec::new();
        let mut keys = Keys::default();
        while self.peek()? != b'e' {
            let at = self.input.position();
            let key = self.key()?;
            if let Some(deviation) = keys.enter(key, &dict) {
                self.deviation(deviation, at, 1)?;
            }
            let value = self.value(depth + 1)?;
            dict.push((key.to_vec(), value));
        }
        self.skip()?;
        Ok(Value::Dict(dict))
    }

    fn key(&mut self) -> Result<&'a [u8], BencodeError> {
        if !self.peek()?.is_ascii_digit() {
            return self.fail(Fault::Key);
        }
        let index = self.open_span()?;
        let key = self.string()?;
        self.spans[index].end = self.input.position();
        Ok(key)
    }

    fn integer(&mut self) -> Result<Integer, BencodeError> {
        let at = self.input.position();
        self.skip()?;
        let digits = self.input.take_while(|byte| byte == b'-' || byte.is_ascii_digit());
        let number = Integer::parse(digits).filter(|_| self.input.rest().first() == Some(&b'e'));
        let Some(number) = number else {
            let what = if self.input.rest().is_empty() { Fault::Ends } else { Fault::Integer };
            return Err(BencodeError { at, what });
        };
        self.skip()?;
        self.check_digits(digits, at)?;
        Ok(number)
    }

    fn string(&mut self) -> Result<&'a [u8], BencodeError> {
        let at = self.input.position();
        let digits = self.input.take_while(|byte| byte.is_ascii_digit());
        match self.input.rest().first() {
            Some(b':') => self.skip()?,
            Some(_) => return Err(BencodeError { at, what: Fault::Length }),
            None => return Err(BencodeError { at, what: Fault::Ends }),
        }
        self.check_digits(digits, at)?;
        let text = str::from_utf8(digits).unwrap_or_default();
        let announced = text.parse().unwrap_or(usize::MAX); // too long for a usize is too long for any input
        let left = self.input.rest().len();
        let taken = self.input.take(announced, "string");
        taken.map_err(|_| BencodeError { at, what: Fault::StringLength { announced, left } })
    }

    fn check_digits(&mut self, digits: &[u8], at: usize) -> Result<(), BencodeError> {
        if Integer::is_canonical(digits) {
            Ok(())
        } else {
            self.deviation(DeviationKind::LeadingZero, at, 1)
        }
    }

    fn deviation(
        &mut self,
        kind: DeviationKind,
        at: usize,
        count: usize,
    ) -> Result<(), BencodeError> {
        if !(self.tolerates)(kind) {
            return Err(BencodeError { at, what: Fault::Deviates(kind) });
        }
        match self.deviations.iter_mut().find(|known| known.kind == kind) {
            Some(known) => known.count += count,
            None => self.deviations.push(Deviation { kind, at, count }),
        }
        Ok(())
    }

    fn peek(&self) -> Result<u8, BencodeError> {
        self.input
            .rest()
            .first()
            .copied()
            .ok_or(BencodeError { at: self.input.position(), what: Fault::Ends })
    }

    fn skip(&mut self) -> Result<(), BencodeError> {
        let at = self.input.position();
        self.input.byte("value").map(drop).map_err(|_| BencodeError { at, what: Fault::Ends })
    }

    fn fail<T>(&self, what: Fault) -> Result<T, BencodeError> {
        Err(BencodeError { at: self.input.position(), what })
    }
}

impl Value {
    /// A dict with its keys sorted, as strict readers demand.
    #[must_use]
    pub fn dict(pairs: impl IntoIterator<Item = (&'static str, Self)>) -> Self {
        let mut pairs: Vec<_> =
            pairs.into_iter().map(|(key, value)| (key.as_bytes().to_vec(), value)).collect();
        pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
        Self::Dict(pairs)
    }

    /// The encoding; dicts in the order they are held.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode_to(&mut out);
        out
    }

    /// Appends the encoding to `out`.
    pub fn encode_to(&self, out: &mut Vec<u8>) {
        match self {
            Self::Int(number) => drop(write!(out, "i{number}e")), // memory takes all of it
            Self::Bytes(bytes) => encode_bytes(bytes, out),
            Self::List(list) => {
                out.push(b'l');
                for value in list {
                    value.encode_to(out);
                }
                out.push(b'e');
            }
            Self::Dict(dict) => {
                out.push(b'd');
                for (key, value) in dict {
                    encode_bytes(key, out);
                    value.encode_to(out);
                }
                out.push(b'e');
            }
        }
    }

    /// How many spans an encoding of it has. No deeper than what was read: [`MAX_DEPTH`].
    fn spans(&self) -> usize {
        match self {
            Self::Int(_) | Self::Bytes(_) => 1,
            Self::List(list) => 1 + list.iter().map(Self::spans).sum::<usize>(),
            Self::Dict(dict) => 1 + dict.iter().map(|(_, value)| 1 + value.spans()).sum::<usize>(),
        }
    }

    /// The number, where this is one that fits 64 bits.
    #[must_use]
    pub const fn as_int(&self) -> Option<i64> {
        if let Self::Int(number) = self { number.small() } else { None }
    }

    /// The bytes of a string.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }

    /// The items of a list.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Self]> {
        if let Self::List(list) = self { Some(list) } else { None }
    }

    /// The pairs of a dict, in the order they came in.
    #[must_use]
    pub fn as_dict(&self) -> Option<&[(Vec<u8>, Self)]> {
        if let Self::Dict(dict) = self { Some(dict) } else { None }
    }

    /// The value of a dict's key, where this is a dict that has it; of a key that occurs twice, the
    /// first.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_dict()?.iter().find(|(name, _)| name == key.as_bytes()).map(|(_, value)| value)
    }
}

/// Appends one bencoded string to `out`.
pub fn encode_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    // By hand: a query of the DHT writes ten of them, in half a microsecond altogether.
    let mut digits = [0; 20]; // of the largest number of 64 bits
    let (mut at, mut rest) = (digits.len(), bytes.len());
    loop {
        at -= 1;
        digits[at] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
    out.push(b':');
    out.extend_from_slice(bytes);
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number.into())
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Bytes(text.as_bytes().to_vec())
    }
}

impl From<Vec<Self>> for Value {
    fn from(list: Vec<Self>) -> Self {
        Self::List(list)
    }
}

#[cfg(test)]
mod tests;
