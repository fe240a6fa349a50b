//! Which peers the list shows: a small language of words, fields and patterns.
//!
//! `nat:symmetric version:>=13 rtt:>200ms` shows who meets all three; `or`, `not`, `-`, `( )`
//! combine, `/…/` is a regular expression, a bare word must be found somewhere in what is shown of
//! a peer, quotes keep a text together.

mod complete;
mod field;
mod lex;
mod matching;
mod number;
mod parse;

use std::fmt;
use std::ops::Range;

use crate::peer::{Peer, State};
use crate::present::Present;
pub use complete::{Candidate, Completion, complete};
pub use field::Field;
use matching::{Needle, Pattern};
use number::Test;

/// Characters of one filter.
pub const LONGEST: usize = 1000;

/// What is wrong with a filter, where, and what could stand there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FilterError {
    /// Bytes of the text.
    pub at: Range<usize>,
    /// What is wrong.
    pub what: String,
    /// What is possible in its place; may be empty.
    pub possible: String,
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        if self.possible.is_empty() { Ok(()) } else { write!(f, ": {}", self.possible) }
    }
}

/// A condition, or several.
#[derive(Clone, Debug)]
enum Expr {
    All(Vec<Expr>),
    Any(Vec<Expr>),
    Not(Box<Expr>),
    Term(Term),
}

/// One condition.
#[derive(Clone, Debug)]
enum Term {
    /// Somewhere in what is shown.
    Word(Needle),
    Pattern(Pattern),
    /// One of the values is that of the field.
    Field(Field, Vec<Value>),
}

/// What the value of a field must be.
#[derive(Clone, Debug)]
enum Value {
    /// Nothing is known.
    None,
    /// Something is known.
    Any,
    Number(Test),
    Text(Needle),
    Pattern(Pattern),
    /// One of these words, by their places in [`Field::words`].
    Words(u32),
}

/// A filter, read from what was typed. The empty one shows everybody.
#[derive(Clone, Default, Debug)]
pub struct Filter {
    root: Option<Expr>,
    marks: bool,
    time: bool,
}

impl Filter {
    /// Reads a filter. Takes time in proportion to the text's length, and never panics.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let root = parse::parse(text)?;
        let uses = |field| root.as_ref().is_some_and(|root| root.uses(field));
        Ok(Self { marks: uses(Field::Marked), time: uses(Field::Reply) || uses(Field::Next), root })
    }

    /// Whether it shows everybody.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.root.is_none()
    }

    /// Whether a peer is shown.
    #[must_use]
    pub fn shows(&self, facts: &Present, peer: &Peer) -> bool {
        self.root.as_ref().is_none_or(|root| root.holds(facts, peer))
    }

    /// Whether marks decide what it shows.
    #[must_use]
    pub const fn asks_for_marks(&self) -> bool {
        self.marks
    }

    /// Whether what it shows changes while nothing happens.
    #[must_use]
    pub const fn asks_for_the_time(&self) -> bool {
        self.time
    }
}

impl Expr {
    fn holds(&self, facts: &Present, peer: &Peer) -> bool {
        match self {
            Self::All(all) => all.iter().all(|expr| expr.holds(facts, peer)),
            Self::Any(any) => any.iter().any(|expr| expr.holds(facts, peer)),
            Self::Not(expr) => !expr.holds(facts, peer),
            Self::Term(Term::Word(needle)) => matching::found(needle, facts, peer),
            Self::Term(Term::Pattern(pattern)) => matching::matched(pattern, facts, peer),
            Self::Term(Term::Field(field, values)) => {
                values.iter().any(|value| field.is(value, facts, peer))
            }
        }
    }

    fn uses(&self, field: Field) -> bool {
        match self {
            Self::All(list) | Self::Any(list) => list.iter().any(|expr| expr.uses(field)),
            Self::Not(expr) => expr.uses(field),
            Self::Term(Term::Field(used, _)) => *used == field,
            Self::Term(_) => false,
        }
    }
}

/// The word for a state, as in the list at its narrowest.
#[must_use]
pub const fn state_word(state: &State) -> &'static str {
    match state {
        State::Heard => "heard of",
        State::Connecting { .. } => "connecting",
        State::Connected { .. } => "connected",
        State::Answered { .. } => "answered",
        State::Gone { .. } => "gone",
        State::Refused { .. } => "refused",
        State::Failed { .. } => "failed",
    }
}

#[cfg(test)]
mod tests;
