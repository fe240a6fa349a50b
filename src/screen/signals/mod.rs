//! The signals of what this screen has seen: what looks odd among many answers, and why.

pub mod acts;
mod rounds;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use swarmscope_evidence::moment::parse_rfc3339;
use swarmscope_evidence::signals::heat::{self, Heat};
use swarmscope_evidence::signals::input::{Round, Text};
use swarmscope_evidence::signals::{self, Card, Severity};
use swarmscope_facts::Now;

pub use rounds::Asked;

/// What was found, and which of it the operator looks at.
#[derive(Clone, Default)]
pub struct Signals {
    /// Those that are open first, then those that are set aside.
    found: Found,
    /// The card that is explained.
    pub at: usize,
    /// When it was looked for.
    pub looked: Option<Now>,
    /// Somebody has looked at these.
    seen: HashSet<String>,
    /// Reviewed by the operator, by the card's id.
    aside: BTreeMap<String, Aside>,
    /// All that were ever found here.
    ever: BTreeSet<String>,
}

/// Why a signal is of no concern.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Aside {
    /// The operator's words.
    pub reason: String,
    /// How many peers had shown it then.
    pub peers: u64,
}

impl Signals {
    /// Those that ask for most attention first; behind them those that are set aside.
    #[must_use]
    pub fn cards(&self) -> &[Card] {
        &self.found.cards
    }

    /// How many of them are not set aside: the first ones.
    #[must_use]
    pub fn open(&self) -> usize {
        self.cards().iter().filter(|card| self.aside(card).is_none()).count()
    }

    /// What they were found in.
    #[must_use]
    pub const fn found(&self) -> &Found {
        &self.found
    }

    /// The one that is explained.
    #[must_use]
    pub fn card(&self) -> Option<&Card> {
        self.cards().get(self.at)
    }

    /// Why it is set aside; none where it is not, or where more peers have shown it since.
    #[must_use]
    pub fn aside(&self, card: &Card) -> Option<&Aside> {
        self.reviewed(card).filter(|aside| card.peers <= aside.peers)
    }

    /// Why it was set aside once.
    #[must_use]
    pub fn reviewed(&self, card: &Card) -> Option<&Aside> {
        self.aside.get(&card.id)
    }

    /// How many of all that were ever found here had a harmless cause, in the operator's words.
    #[must_use]
    pub fn harmless(&self) -> (usize, usize) {
        let is_open_again =
            |card: &&Card| self.reviewed(card).is_some() && self.aside(card).is_none();
        let open_again = self.cards().iter().filter(is_open_again).count();
        (self.aside.len().saturating_sub(open_again), self.ever.len())
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
    pub(in crate::screen) fn take(&mut self, found: Found, now: Now) {
        let selected = self.card().map(|card| card.id.clone());
        self.looked = Some(now);
        self.ever.extend(found.cards.iter().map(|card| card.id.clone()));
        self.found = found;
        self.order(selected.as_deref());
    }

    fn set_aside(&mut self, card: &Card, reason: String) {
        self.aside.insert(card.id.clone(), Aside { reason, peers: card.peers });
        self.order(None); // the next one is looked at
        self.at = self.at.min(self.open().saturating_sub(1));
    }

    fn take_back(&mut self, id: &str) {
        self.aside.remove(id);
        self.order(Some(id));
    }

    fn order(&mut self, selected: Option<&str>) {
        let mut cards = std::mem::take(&mut self.found.cards);
        cards.sort_by_key(|card| self.aside(card).is_some()); // stable
        self.found.cards = cards;
        if let Some(id) = selected {
            self.at = self.cards().iter().position(|card| card.id == id).unwrap_or(0);
        }
    }
}

/// What was found in some rounds.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Found {
    pub cards: Vec<Card>,
    /// What each question was answered, round by round.
    pub heats: Vec<Heat>,
    /// How many ends of questions there were, of how many peers, in how many rounds.
    pub answers: usize,
    pub peers: usize,
    pub rounds: usize,
    /// When the first round began and the last one, in nanoseconds since 1970.
    pub span_ns: (u64, u64),
}

impl Found {
    /// Looks through rounds: on a blocking thread, since many rounds of many peers take a while.
    #[must_use]
    pub fn of(rounds: &[Round]) -> Self {
        let answers = || rounds.iter().flat_map(|round| &round.answers);
        let at = |round: Option<&Round>| round.map_or(0, |round| round.at_ns);
        Self {
            cards: signals::find(rounds, &signals::built_in()),
            heats: heat::of(rounds),
            answers: answers().count(),
            peers: answers().map(|answer| &answer.peer).collect::<HashSet<&Text>>().len(),
            rounds: rounds.len(),
            span_ns: (at(rounds.first()), at(rounds.last())),
        }
    }

    /// The heat maps of the questions that a card is about.
    pub fn heats_of<'a>(&'a self, card: &'a Card) -> impl Iterator<Item = &'a Heat> {
        let is_of =
            |heat: &&Heat| heat.network == card.network && card.questions.contains(&heat.question);
        self.heats.iter().filter(is_of)
    }

    /// When signals were new or had grown: a round that more peers showed one in than any before
    /// it, in nanoseconds since 1970.
    #[must_use]
    pub fn news(&self) -> Vec<u64> {
        let mut times = Vec::new();
        for card in &self.cards {
            times.extend(parse_rfc3339(&card.since));
            let mut most = 0;
            for (hours, peers) in &card.by_round {
                if most > 0 && *peers > most {
                    times.push(self.span_ns.0 + nanoseconds(*hours));
                }
                most = most.max(*peers);
            }
        }
        times.sort_unstable();
        times
    }
}

/// Hours that are not negative.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // hours of a screen's life
fn nanoseconds(hours: f64) -> u64 {
    (hours * 3.6e12) as u64
}
