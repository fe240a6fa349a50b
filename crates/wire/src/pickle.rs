//! Python pickles of protocol 0 to 2, read as data and nothing else (protocol.md §5: peers before
//! 5.3.9).
//!
//! A pickle is a program for a small stack machine, some of whose opcodes import modules and call
//! what they find there: unpickling a stranger's bytes is remote code execution. This reader knows
//! every opcode of the three protocols but runs none that would call something; where one stands,
//! the value is [`Value::Refused`] and [`Pickle::calls`] has a line.
//!
//! [`Opcodes`] writes the few kinds of values that replies of that age consist of.
//!
//! Values live in one table and refer to each other by [`Id`], so that neither deep nesting, nor
//! one list shared a thousandfold, nor a list inside itself costs more than its opcodes did.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::ops::Range;

use super::integer::Integer;
use super::limits::{MAX_NOTES, MAX_VALUES};
use super::note::{Note, NoteKind};
use super::text::count;

mod machine;
mod protocol0;
mod write;

pub use write::{Opcodes, Scalar};

/// The most bytes of a binary integer: what the opcode of short integers can hold. Longer ones take
/// quadratic time to write out.
pub const MAX_INTEGER_LEN: usize = 255;
/// How much of a name from a peer is kept.
const MAX_NAME_CHARS: usize = 80;

/// Where a value stands in its [`Pickle`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Id(u32);

/// A Python value, with what it contains by reference.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// Python's None.
    None,
    /// True or False.
    Bool(bool),
    /// An int or a long.
    Int(Integer),
    /// A float.
    Float(f64),
    /// A `unicode` of Python 2.
    Text(String),
    /// A `str` of Python 2.
    Bytes(Vec<u8>),
    /// A list.
    List(Vec<Id>),
    /// A tuple.
    Tuple(Vec<Id>),
    /// In the order of the opcodes; a key may occur twice, as Python takes the last.
    Dict(Vec<(Id, Id)>),
    /// What an opcode would have made by importing or calling something.
    Refused(Box<Refused>),
}

/// The placeholder of something that was not made.
#[derive(Clone, PartialEq, Debug)]
pub struct Refused {
    /// The name of the opcode in Python's `pickletools`.
    pub opcode: &'static str,
    /// What it names: `os.system`; empty where only the operands do. Free of control characters.
    pub name: String,
    /// What it would have been applied to.
    pub operands: Vec<Id>,
}

/// A value and the opcodes that made it.
#[derive(Clone, PartialEq, Debug)]
pub struct Item {
    /// What the opcodes made.
    pub value: Value,
    /// From the first opcode to the end of the last one.
    pub span: Range<usize>,
}

/// An opcode that would have called or imported something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call {
    /// Offset in bytes.
    pub at: usize,
    /// The name of the opcode in Python's `pickletools`.
    pub opcode: &'static str,
    /// What it names, free of control characters; may be empty.
    pub name: String,
}

/// A pickle that was read to its end.
#[derive(Clone, PartialEq, Debug)]
pub struct Pickle {
    items: Vec<Item>,
    root: Id,
    /// The first [`MAX_NOTES`] opcodes that would have called something.
    pub calls: Vec<Call>,
    /// How many more there were.
    pub more_calls: usize,
    /// Halves of characters beyond U+FFFF without their other half, in texts of protocol 0; each
    /// stands as U+FFFD.
    pub lone_surrogates: usize,
    /// Bytes after the end of the pickle.
    pub trailing: usize,
}

/// Why bytes are not a pickle that this reader knows, and where.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("byte {at}: {what}")]
pub struct PickleError {
    /// Offset in bytes of the opcode.
    pub at: usize,
    /// The rule that was broken.
    pub what: Fault,
}

/// Every way in which bytes can fail to be a pickle.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
    /// No STOP before the input's end.
    #[error("the input ends before the pickle does")]
    Ends,
    /// An opcode of a later protocol, or none at all.
    #[error("no opcode of protocol 0 to 2 is {0:#04x}")]
    Opcode(u8),
    /// A later protocol.
    #[error("protocol {0}, where 0 to 2 are read")]
    Protocol(u8),
    /// An opcode that needs more values than were pushed.
    #[error("takes more from the stack than there is")]
    Stack,
    /// An opcode that needs a MARK.
    #[error("no mark is on the stack")]
    Mark,
    /// A GET of something that was never PUT.
    #[error("nothing is remembered under that number")]
    Memo,
    /// An APPEND or SETITEM to something else than a list or a dict.
    #[error("adds to a value that holds no others")]
    Container,
    /// A dict with a key but no value.
    #[error("keys and values do not pair up")]
    Pairs,
    /// Digits that make no number.
    #[error("a number that is none")]
    Number,
    /// An integer too long to be written out in reasonable time.
    #[error("an integer of {0} bytes, more than {MAX_INTEGER_LEN}")]
    IntegerLength(usize),
    /// A quoted text that Python would not have written.
    #[error("a text that is not quoted or not escaped as Python does")]
    Text,
    /// More values than this reader keeps, each counted wherever it is put.
    #[error("more than {MAX_VALUES} values")]
    Values,
    /// More marks without their containers than this reader keeps.
    #[error("more than {} open marks", machine::MAX_MARKS)]
    Marks,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, opcode, name } = self;
        let space = if name.is_empty() { "" } else { " " };
        write!(f, "byte {at}: {opcode}{space}{name} would import or call something: shown, not run")
    }
}

/// Reads one pickle, up to its STOP.
///
/// # Errors
/// The first fault, with its offset.
pub fn decode(bytes: &[u8]) -> Result<Pickle, PickleError> {
    machine::Machine::new(bytes).run()
}

impl Pickle {
    /// The value that the pickle is of.
    #[must_use]
    pub const fn root(&self) -> Id {
        self.root
    }

    /// The value that stands at `id`.
    ///
    /// # Panics
    /// An id of another pickle.
    #[must_use]
    pub fn item(&self, id: Id) -> &Item {
        &self.items[id.0 as usize]
    }

    /// What a person should know: calls that were not made, keys that occur twice, bytes that were
    /// not read.
    #[must_use]
    pub fn notes(&self) -> Vec<Note> {
        let mut notes: Vec<_> =
            self.calls.iter().map(|call| Note::new(NoteKind::NotRun, call.to_string())).collect();
        let mut add = |kind, number, text: String| {
            if number > 0 {
                notes.push(Note::new(kind, text));
            }
        };
        let more = count(self.more_calls, "more opcode", "more opcodes");
        let text = format!("{more} would import or call something, beyond the first {MAX_NOTES}");
        add(NoteKind::NotRun, self.more_calls, text);
        let twice = self.keys_that_occur_twice();
        let keys = count(twice, "dict key occurs", "dict keys occur");
        add(
            NoteKind::DuplicateKey,
            twice,
            format!("{keys} twice: Python would keep the last value only"),
        );
        let surrogates = count(self.lone_surrogates, "lone surrogate is", "lone surrogates are");
        add(NoteKind::LoneSurrogate, self.lone_surrogates, format!("{surrogates} shown as U+FFFD"));
        let bytes = count(self.trailing, "byte follows", "bytes follow");
        add(NoteKind::TrailingBytes, self.trailing, format!("{bytes} the pickle"));
        notes
    }

    /// Texts and integers under which a dict has a second value.
    fn keys_that_occur_twice(&self) -> usize {
        const UNKNOWN: u32 = u32::MAX;
        #[derive(PartialEq, Eq, Hash)]
        enum Key<'a> {
            Text(&'a [u8]), // as in Python 2, where u'a' == 'a'
            Int(&'a Integer),
        }
        fn key(value: &Value) -> Option<Key<'_>> {
            match value {
                Value::Text(text) => Some(Key::Text(text.as_bytes())),
                Value::Bytes(bytes) => Some(Key::Text(bytes)),
                Value::Int(number) => Some(Key::Int(number)),
                _ => None,
            }
        }
        let dicts = || {
            self.items.iter().filter_map(|item| match &item.value {
                Value::Dict(pairs) if pairs.len() > 1 => Some(pairs),
                _ => None,
            })
        };
        // each key is looked at once, however many pairs share it
        let mut names = vec![UNKNOWN; if dicts().next().is_some() { self.items.len() } else { 0 }];
        let mut numbers = HashMap::new();
        for (id, _) in dicts().flatten() {
            let name = &mut names[id.0 as usize];
            if *name == UNKNOWN
                && let Some(key) = key(&self.item(*id).value)
            {
                let next = u32::try_from(numbers.len()).unwrap_or(UNKNOWN);
                *name = *numbers.entry(key).or_insert(next);
            }
        }
        let twice = |pairs: &Vec<(Id, Id)>| {
            let mut seen = HashSet::new();
            let names = pairs.iter().map(|(id, _)| names[id.0 as usize]);
            names.filter(|name| *name != UNKNOWN && !seen.insert(*name)).count()
        };
        dicts().map(twice).sum()
    }
}

#[cfg(test)]
mod tests;
