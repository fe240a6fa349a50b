//! Encoding "a", in which the original answers ids 1, 8, 10 and 11 (protocol.md §6): Python values
//! as text, each with its length or count before it.
//!
//! A count is believed only as far as the bytes that are left could hold it, nesting is bounded by
//! [`MAX_DEPTH`], and one value has one encoding, but for the order of dict keys, which is
//! reported.

use std::cmp::Ordering;
use std::ops::Range;

use super::float;
use super::integer::Integer;
use super::limits::{MAX_DEPTH, MAX_VALUES};
use super::reader::Reader;

/// The fewest bytes that a value takes: `0n`.
const MIN_VALUE_LEN: usize = 2;

/// A Python value.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// `0n`.
    None,
    /// `2i42`.
    Int(Integer),
    /// `3f2.5`.
    Float(f64),
    /// `3sabc`.
    Text(String),
    /// `3babc`: bytes that are not text.
    Bytes(Vec<u8>),
    /// `0l`.
    List(Vec<Value>),
    /// `0t`.
    Tuple(Vec<Value>),
    /// In the order of the encoding; [`Value::dict`] makes the order that the original writes.
    Dict(Vec<(Value, Value)>),
}

/// A value with what is known about its encoding.
#[derive(Clone, PartialEq, Debug)]
pub struct Parsed {
    /// What was read.
    pub value: Value,
    /// Where each value stands in the input, in the order of the encoding: a container before its
    /// contents, a key before its value.
    pub spans: Vec<Range<usize>>,
    /// Dicts whose keys were not sorted, which the original never writes.
    pub unsorted_dicts: usize,
}

/// Why bytes are not encoding "a", and where.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("byte {at}: {what}")]
pub struct EncodingAError {
    /// Offset in bytes.
    pub at: usize,
    /// The rule that was broken.
    pub what: Fault,
}

/// Every way in which bytes can fail to be encoding "a".
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
    /// Another first byte.
    #[error("does not begin with `a`")]
    Version,
    /// No end before the input's.
    #[error("the input ends inside a value")]
    Ends,
    /// Something else than a count before a type.
    #[error("a count that is not a decimal number")]
    Count,
    /// A count or length beyond the rest of the input.
    #[error("{announced} announced, which the {left} bytes left can't hold")]
    TooMany {
        /// The count, as it says.
        announced: usize,
        /// How many bytes there are.
        left: usize,
    },
    /// A letter that stands for no type.
    #[error("no type has the letter {0:#04x}")]
    Type(u8),
    /// Something else than digits in an integer.
    #[error("an integer that is not a decimal number")]
    Integer,
    /// Something else than a number in a float.
    #[error("a float that is not a number")]
    Float,
    /// Bytes that are not UTF-8 in a text.
    #[error("text that is not UTF-8")]
    Text,
    /// None takes no bytes.
    #[error("a None with a length")]
    None,
    /// A key that Python could not have made.
    #[error("a dict key that is a list or a dict")]
    Key,
    /// A key that Python could not have kept twice.
    #[error("a dict key occurs twice")]
    DuplicateKey,
    /// Deeper than this reader goes.
    #[error("nested deeper than {MAX_DEPTH}")]
    Depth,
    /// More values than this reader keeps.
    #[error("more than {MAX_VALUES} values")]
    Values,
    /// More than one value.
    #[error("bytes follow the value")]
    Trailing,
}

/// Reads exactly one value.
///
/// # Errors
/// The first fault, with its offset.
pub fn decode(bytes: &[u8]) -> Result<Value, EncodingAError> {
    decode_spanned(bytes).map(|parsed| parsed.value)
}

/// As [`decode`], with spans.
///
/// # Errors
/// The first fault, with its offset.
pub fn decode_spanned(bytes: &[u8]) -> Result<Parsed, EncodingAError> {
    let mut decoder = Decoder { input: Reader::new(bytes), spans: Vec::new(), unsorted_dicts: 0 };
    if decoder.input.byte("version") != Ok(b'a') {
        return Err(EncodingAError { at: 0, what: Fault::Version });
    }
    let value = decoder.value(0)?;
    if !decoder.input.rest().is_empty() {
        return decoder.fail(Fault::Trailing);
    }
    Ok(Parsed { value, spans: decoder.spans, unsorted_dicts: decoder.unsorted_dicts })
}

struct Decoder<'a> {
    input: Reader<'a>,
    spans: Vec<Range<usize>>,
    unsorted_dicts: usize,
}

impl<'a> Decoder<'a> {
    fn value(&mut self, depth: usize) -> Result<Value, EncodingAError> {
        if self.spans.len() >= MAX_VALUES {
            return self.fail(Fault::Values);
        }
        let at = self.input.position();
        let index = self.spans.len();
        self.spans.push(at..at);
        let count = self.count()?;
        let value =
            match self.input.byte("type").map_err(|_| EncodingAError { at, what: Fault::Ends })? {
                b'n' if count == 0 => Value::None,
                b'n' => return Err(EncodingAError { at, what: Fault::None }),
                b'i' => Value::Int(self.integer(count)?),
                b'f' => Value::Float(self.float(count)?),
                b's' => Value::Text(self.text(count, Fault::Text)?.into()),
                b'b' => Value::Bytes(self.take(count)?.to_vec()),
                b'l' | b't' | b'd' if depth >= MAX_DEPTH => {
                    return Err(EncodingAError { at, what: Fault::Depth });
                }
                b'l' => Value::List(self.items(count, depth)?),
                b't' => Value::Tuple(self.items(count, depth)?),
                b'd' => Value::Dict(self.dict(count, depth)?),
                other => return Err(EncodingAError { at, what: Fault::Type(other) }),
            };
        self.spans[index].end = self.input.position();
        Ok(value)
    }

    fn count(&mut self) -> Result<usize, EncodingAError> {
        let at = self.input.position();
        let digits = self.input.take_while(|byte| byte.is_ascii_digit());
        if digits.is_empty() && self.input.rest().is_empty() {
            return Err(EncodingAError { at, what: Fault::Ends });
        }
        if digits.is_empty() || !Integer::is_canonical(digits) {
            return Err(EncodingAError { at, what: Fault::Count });
        }
        let text = str::from_utf8(digits).unwrap_or_default();
        Ok(text.parse().unwrap_or(usize::MAX)) // too large for a usize is too large for any input
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], EncodingAError> {
        let (at, left) = (self.input.position(), self.input.rest().len());
        let too_many = Fault::TooMany { announced: count, left };
        self.input.take(count, "value").map_err(|_| EncodingAError { at, what: too_many })
    }

    fn text(&mut self, count: usize, fault: Fault) -> Result<&'a str, EncodingAError> {
        let at = self.input.position();
        str::from_utf8(self.take(count)?).map_err(|_| EncodingAError { at, what: fault })
    }

    fn integer(&mut self, count: usize) -> Result<Integer, EncodingAError> {
        let at = self.input.position();
        let digits = self.take(count)?;
        let number = Integer::parse(digits).filter(|_| Integer::is_canonical(digits));
        number.ok_or(EncodingAError { at, what: Fault::Integer })
    }

    fn float(&mut self, count: usize) -> Result<f64, EncodingAError> {
        let at = self.input.position();
        float::read(self.text(count, Fault::Float)?)
            .ok_or(EncodingAError { at, what: Fault::Float })
    }

    fn items(&mut self, count: usize, depth: usize) -> Result<Vec<Value>, EncodingAError> {
        self.check_count(count, MIN_VALUE_LEN)?;
        (0..count).map(|_| self.value(depth + 1)).collect()
    }

    fn dict(&mut self, count: usize, depth: usize) -> Result<Vec<(Value, Value)>, EncodingAError> {
        self.check_count(count, 2 * MIN_VALUE_LEN)?;
        let at = self.input.position();
        let mut dict = Vec::new();
        for _ in 0..count {
            let key = self.value(depth + 1)?;
            if !key.is_hashable() {
                return Err(EncodingAError { at, what: Fault::Key });
            }
            dict.push((key, self.value(depth + 1)?));
        }
        let mut keys: Vec<&Value> = dict.iter().map(|(key, _)| key).collect();
        if !keys.is_sorted_by(|one, other| one.order(other).is_lt()) {
            keys.sort_by(|one, other| one.order(other));
            if keys.windows(2).any(|two| two[0].order(two[1]).is_eq()) {
                return Err(EncodingAError { at, what: Fault::DuplicateKey });
            }
            self.unsorted_dicts += 1;
        }
        Ok(dict)
    }

    /// Refuses a count of values that the rest of the input is too short for, before any memory is
    /// taken for them.
    fn check_count(&self, count: usize, min_len: usize) -> Result<(), EncodingAError> {
        let left = self.input.rest().len();
        if count > left / min_len {
            return self.fail(Fault::TooMany { announced: count, left });
        }
        Ok(())
    }

    fn fail<T>(&self, what: Fault) -> Result<T, EncodingAError> {
        Err(EncodingAError { at: self.input.position(), what })
    }
}

impl Value {
    /// A dict with its keys in the order that the original writes.
    #[must_use]
    pub fn dict(pairs: impl IntoIterator<Item = (Self, Self)>) -> Self {
        let mut pairs: Vec<_> = pairs.into_iter().collect();
        pairs.sort_by(|(one, _), (other, _)| one.order(other));
        Self::Dict(pairs)
    }

    /// The encoding, with the `a` before it; dicts in the order they are held.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![b'a'];
        self.encode_to(&mut out);
        out
    }

    fn encode_to(&self, out: &mut Vec<u8>) {
        match self {
            Self::None => out.extend_from_slice(b"0n"),
            Self::Int(number) => encode_scalar('i', number.to_string().as_bytes(), out),
            Self::Float(number) => encode_scalar('f', float::python_str(*number).as_bytes(), out),
            Self::Text(text) => encode_scalar('s', text.as_bytes(), out),
            Self::Bytes(bytes) => encode_scalar('b', bytes, out),
            Self::List(items) => encode_items('l', items, out),
            Self::Tuple(items) => encode_items('t', items, out),
            Self::Dict(pairs) => {
                out.extend_from_slice(format!("{}d", pairs.len()).as_bytes());
                for (key, value) in pairs {
                    key.encode_to(out);
                    value.encode_to(out);
                }
            }
        }
    }

    /// Whether Python takes this as a dict key.
    fn is_hashable(&self) -> bool {
        match self {
            Self::List(_) | Self::Dict(_) => false,
            Self::Tuple(items) => items.iter().all(Self::is_hashable),
            _ => true,
        }
    }

    /// Python 2's order of dict keys: None, numbers by value, text, tuples.
    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Int(one), Self::Int(other)) => one.cmp(other),
            (Self::Float(one), Self::Float(other)) => one.total_cmp(other),
            (Self::Int(one), Self::Float(other)) => order_numbers(one, *other),
            (Self::Float(one), Self::Int(other)) => order_numbers(other, *one).reverse(),
            (Self::Tuple(one), Self::Tuple(other)) => order_items(one, other),
            _ => self.rank().cmp(&other.rank()).then_with(|| self.raw().cmp(other.raw())),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::None => 0,
            Self::Int(_) | Self::Float(_) => 1,
            Self::Text(_) | Self::Bytes(_) => 2, /* equal where their bytes are, for ASCII as in
            * Python 2 */
            Self::Tuple(_) => 3,
            Self::List(_) | Self::Dict(_) => 4, // no keys
        }
    }

    fn raw(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
            _ => &[],
        }
    }
}

/// By their exact values: a float is near many integers, and what is equal to one of them only is
/// what sorting relies on.
fn order_numbers(integer: &Integer, float: f64) -> Ordering {
    let near: f64 = integer.to_string().parse().unwrap_or(f64::NAN);
    match near.total_cmp(&float) {
        Ordering::Equal if float.is_infinite() => 0_f64.total_cmp(&float),
        Ordering::Equal => Integer::parse(format!("{float:.0}").as_bytes())
            .map_or(Ordering::Equal, |exact| integer.cmp(&exact)),
        unequal => unequal,
    }
}

fn order_items(one: &[Value], other: &[Value]) -> Ordering {
    let unequal =
        one.iter().zip(other).map(|(one, other)| one.order(other)).find(|order| order.is_ne());
    unequal.unwrap_or_else(|| one.len().cmp(&other.len()))
}

fn encode_scalar(letter: char, text: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(format!("{}{letter}", text.len()).as_bytes());
    out.extend_from_slice(text);
}

fn encode_items(letter: char, items: &[Value], out: &mut Vec<u8>) {
    out.extend_from_slice(format!("{}{letter}", items.len()).as_bytes());
    for item in items {
        item.encode_to(out);
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number.into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

#[cfg(test)]
mod tests;
