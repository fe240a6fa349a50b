//! The signals of what this screen has seen: what looks odd among many answers, and why.

pub mod acts;
mod rounds;

use std::collections::HashSet;

use swarmscope_evidence::signals::input::Round;
use swarmscope_evidence::signals::{self, Card, Severity};
use swarmscope_facts::Now;

pub use rounds::rounds;

/// What was found, and which of it the operator looks at.
#[derive(Clone, Default)]
pub struct Signals {
    cards: Vec<Card>,
    /// The card that is explained.
    pub at: usize,
    /// When it was looked for, in how many answers, in how many rounds.
    pub looked: Option<(Now, usize, usize)>,
    /// Somebody has looked at these.
    seen: HashSet<String>,
}

impl Signals {
    /// Those that ask for most attention first.
    #[must_use]
    pub fn cards(&self) -> &[Card] {
        &self.cards
    }

    /// The one that is explained.
    #[must_use]
    pub fn card(&self) -> Option<&Card> {
        self.cards.get(self.at)
    }

    /// Whether a card is a ▲ that nobody has looked at yet.
    #[must_use]
    pub fn is_new(&self, card: &Card) -> bool {
        card.severity > Severity::Odd && !self.seen.contains(&card.id)
    }

    /// The selected one is looked at.
    pub(in crate::screen) fn look(&mut self) {
        let id = self.card().map(|card| card.id.clone());
        self.seen.extend(id);
    }

    /// Takes what was found; the selection stays on its card.
    pub(in crate::screen) fn found(&mut self, found: Found, now: Now) {
        let selected = self.card().map(|card| card.id.clone());
        let at = found.cards.iter().position(|card| Some(&card.id) == selected.as_ref());
        self.at = at.unwrap_or(0);
        self.looked = Some((now, found.answers, found.rounds));
        self.cards = found.cards;
    }
}

/// What was found in some rounds.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Found {
    pub cards: Vec<Card>,
    pub answers: usize,
    pub rounds: usize,
}

impl Found {
    /// Looks through rounds: on a blocking thread, since many rounds of many peers take a while.
    #[must_use]
    pub fn of(rounds: &[Round]) -> Self {
        let answers = rounds.iter().map(|round| round.answers.len()).sum();
        let cards = signals::find(rounds, &signals::built_in());
        Self { cards, answers, rounds: rounds.len() }
    }
}
