//! One look at the values of all encodings, so that trees and JSON are made in one way.

use std::ops::Range;

use super::integer::Integer;
use super::{bencode, encoding_a, pickle};

/// The contents of a container, one after the other.
pub type Items<'a, V> = Box<dyn ExactSizeIterator<Item = V> + 'a>;

/// A value, one level deep.
pub enum Shape<'a, V> {
    None,
    Bool(bool),
    Int(&'a Integer),
    Float(f64),
    Text(&'a str),
    /// Text too, where it is UTF-8: bencode and Python 2 do not tell the two apart.
    Bytes(&'a [u8]),
    List(Items<'a, V>),
    Tuple(Items<'a, V>),
    Dict(Items<'a, (V, V)>),
    /// What a pickle would have made by a call.
    Refused {
        opcode: &'static str,
        name: &'a str,
        operands: Items<'a, V>,
    },
}

/// A value that can be looked at.
pub trait Source<'a>: Copy {
    /// The value itself, with its contents as sources again.
    fn shape(self) -> Shape<'a, Self>;

    /// Where it stands in the input.
    fn span(self) -> Range<usize>;
}

/// A value of an encoding that lists its spans in the order of the input, with its place in that
/// list.
#[derive(Clone, Copy, Debug)]
pub struct Spanned<'a, T> {
    value: T,
    spans: &'a [Range<usize>],
    index: usize,
}

impl<'a, T> Spanned<'a, T> {
    const fn root(value: T, spans: &'a [Range<usize>]) -> Self {
        Self { value, spans, index: 0 }
    }

    fn span(&self) -> Range<usize> {
        self.spans.get(self.index).cloned().unwrap_or_default()
    }

    /// The place of the first value that begins behind the end of the one at `index`.
    fn after(spans: &[Range<usize>], index: usize) -> usize {
        let Some(rest) = spans.get(index..) else { return spans.len() };
        index + rest.partition_point(|span| span.start < rest[0].end)
    }

    /// Values that follow one another, the first at `index`.
    fn siblings<V>(
        values: &'a [V],
        spans: &'a [Range<usize>],
        mut index: usize,
    ) -> Items<'a, Spanned<'a, &'a V>> {
        Box::new(values.iter().map(move |value| {
            let sibling = Spanned { value, spans, index };
            index = Self::after(spans, index);
            sibling
        }))
    }
}

/// A part of a bencoded value: dict keys are no values of their own there.
#[derive(Clone, Copy, Debug)]
pub enum Bencoded<'a> {
    Key(&'a [u8]),
    Value(&'a bencode::Value),
}

impl bencode::Parsed {
    /// The whole value as a source.
    #[must_use]
    pub fn source(&self) -> Spanned<'_, Bencoded<'_>> {
        Spanned::root(Bencoded::Value(&self.value), &self.spans)
    }
}

impl<'a> Source<'a> for Spanned<'a, Bencoded<'a>> {
    fn shape(self) -> Shape<'a, Self> {
        let spans = self.spans;
        let value = match self.value {
            Bencoded::Key(key) => return Shape::Bytes(key),
            Bencoded::Value(value) => value,
        };
        match value {
            bencode::Value::Int(number) => Shape::Int(number),
            bencode::Value::Bytes(bytes) => Shape::Bytes(bytes),
            bencode::Value::List(list) => {
                let items = Self::siblings(list, spans, self.index + 1);
                Shape::List(Box::new(items.map(move |item| Spanned {
                    value: Bencoded::Value(item.value),
                    spans,
                    index: item.index,
                })))
            }
            bencode::Value::Dict(dict) => {
                let mut index = self.index + 1;
                Shape::Dict(Box::new(dict.iter().map(move |(key, value)| {
                    let key = Spanned { value: Bencoded::Key(key), spans, index };
                    let value = Spanned { value: Bencoded::Value(value), spans, index: index + 1 };
                    index = Self::after(spans, index + 1);
                    (key, value)
                })))
            }
        }
    }

    fn span(self) -> Range<usize> {
        Spanned::span(&self)
    }
}

impl encoding_a::Parsed {
    /// The whole value as a source.
    #[must_use]
    pub fn source(&self) -> Spanned<'_, &encoding_a::Value> {
        Spanned::root(&self.value, &self.spans)
    }
}

impl<'a> Source<'a> for Spanned<'a, &'a encoding_a::Value> {
    fn shape(self) -> Shape<'a, Self> {
        let (spans, first) = (self.spans, self.index + 1);
        match self.value {
            encoding_a::Value::None => Shape::None,
            encoding_a::Value::Int(number) => Shape::Int(number),
            encoding_a::Value::Float(number) => Shape::Float(*number),
            encoding_a::Value::Text(text) => Shape::Text(text),
            encoding_a::Value::Bytes(bytes) => Shape::Bytes(bytes),
            encoding_a::Value::List(items) => Shape::List(Self::siblings(items, spans, first)),
            encoding_a::Value::Tuple(items) => Shape::Tuple(Self::siblings(items, spans, first)),
            encoding_a::Value::Dict(dict) => {
                let mut index = first;
                Shape::Dict(Box::new(dict.iter().map(move |(key, value)| {
                    let key = Spanned { value: key, spans, index };
                    let value = Spanned { value, spans, index: Self::after(spans, index) };
                    index = Self::after(spans, value.index);
                    (key, value)
                })))
            }
        }
    }

    fn span(self) -> Range<usize> {
        Spanned::span(&self)
    }
}

/// A value of a pickle.
#[derive(Clone, Copy, Debug)]
pub struct Pickled<'a> {
    pickle: &'a pickle::Pickle,
    id: pickle::Id,
}

impl pickle::Pickle {
    /// The whole value as a source. What is shared comes again at each of its places.
    #[must_use]
    pub fn source(&self) -> Pickled<'_> {
        Pickled { pickle: self, id: self.root() }
    }
}

impl<'a> Source<'a> for Pickled<'a> {
    fn shape(self) -> Shape<'a, Self> {
        let pickle = self.pickle;
        let all = |ids: &'a [pickle::Id]| -> Items<'a, Self> {
            Box::new(ids.iter().map(move |id| Self { pickle, id: *id }))
        };
        match &pickle.item(self.id).value {
            pickle::Value::None => Shape::None,
            pickle::Value::Bool(value) => Shape::Bool(*value),
            pickle::Value::Int(number) => Shape::Int(number),
            pickle::Value::Float(number) => Shape::Float(*number),
            pickle::Value::Text(text) => Shape::Text(text),
            pickle::Value::Bytes(bytes) => Shape::Bytes(bytes),
            pickle::Value::List(ids) => Shape::List(all(ids)),
            pickle::Value::Tuple(ids) => Shape::Tuple(all(ids)),
            pickle::Value::Dict(pairs) => {
                let pair = move |(key, value): &(pickle::Id, pickle::Id)| {
                    (Self { pickle, id: *key }, Self { pickle, id: *value })
                };
                Shape::Dict(Box::new(pairs.iter().map(pair)))
            }
            pickle::Value::Refused(refused) => Shape::Refused {
                opcode: refused.opcode,
                name: &refused.name,
                operands: all(&refused.operands),
            },
        }
    }

    fn span(self) -> Range<usize> {
        self.pickle.item(self.id).span.clone()
    }
}
