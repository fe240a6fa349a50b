//! Evidence that an answer does not come.
//!
//! One lost packet looks like a filter. So the questions are asked in rounds, each with a control
//! request whose answer needs no luck but the network's, and a round counts only if its control was
//! answered. The controls also measure the loss; silence is believed once loss alone would explain
//! it with a probability of at most [`DOUBT`]. Rounds take the place of RFC 8489's retransmission
//! here: each has new transaction ids, because a repeated id can't tell which copy was answered.

use std::time::{Duration, Instant};

use super::exchange::{Ask, Exchange, Heard};
use crate::nat::axis::Confidence;
use crate::nat::stun::TransactionId;

/// Between two rounds: RFC 8489's first RTO.
const INTERVAL: Duration = Duration::from_millis(500);
/// Silence shorter than that many counted rounds (4 s) can be one short outage of the path from the
/// other address.
const MIN_ROUNDS: usize = 8;
/// Then it is given up (16 s). Enough for a path that loses every second answer.
const MAX_ROUNDS: usize = 32;
/// How probable it may be that loss alone made the silence.
const DOUBT: f64 = 1e-5;
/// How long an answer may lag behind its control's, at least; else three times the slowest control.
const GRACE: Duration = Duration::from_secs(1);
/// … and at most.
const MAX_GRACE: Duration = Duration::from_secs(5);

/// What became of one question.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Finding {
    Heard,
    Silent(Confidence),
    /// Not heard, but too few controls were answered to call it silence.
    Lossy,
    /// Answered by the plain way, so that nothing is learnt.
    Elsewhere,
    Refused,
}

struct Question {
    ask: Ask,
    ids: Vec<TransactionId>,
    settled: Option<Finding>,
}

struct Round {
    control: TransactionId,
    at: Instant,
    answered: bool,
}

/// One test for silence, with one or more questions asked side by side.
pub(super) struct Silence {
    control: Ask,
    questions: Vec<Question>,
    rounds: Vec<Round>,
    slowest: Duration,
    next: Instant,
    /// When late answers have had their time.
    end: Option<Instant>,
    done: bool,
}

impl Silence {
    /// `control` goes the same way as the questions and is answered by the plain one.
    pub fn new(control: Ask, questions: Vec<Ask>, now: Instant) -> Self {
        let questions = questions
            .into_iter()
            .map(|ask| Question { ask, ids: Vec::new(), settled: None })
            .collect();
        Self {
            control,
            questions,
            rounds: Vec::new(),
            slowest: Duration::ZERO,
            next: now,
            end: None,
            done: false,
        }
    }

    pub fn tick(&mut self, exchange: &mut Exchange, now: Instant) {
        if self.end.is_some_and(|end| now >= end) {
            self.done = true;
        }
        if !self.done && self.end.is_none() && now >= self.next {
            self.round(exchange, now);
        }
    }

    fn round(&mut self, exchange: &mut Exchange, now: Instant) {
        let control = exchange.ask_once(self.control);
        self.rounds.push(Round { control, at: now, answered: false });
        for question in self.questions.iter_mut().filter(|question| question.settled.is_none()) {
            question.ids.push(exchange.ask_once(question.ask));
        }
        self.next = now + INTERVAL;
        if self.rounds.len() >= MAX_ROUNDS {
            self.end = Some(now + self.grace());
        }
    }

    pub fn heard(&mut self, id: TransactionId, heard: &Heard, now: Instant) {
        if let Some(round) = self.rounds.iter_mut().find(|round| round.control == id) {
            round.answered = matches!(heard, Heard::Answer { .. });
            self.slowest = self.slowest.max(now.saturating_duration_since(round.at));
            if self.end.is_none() && self.silence().is_some() {
                self.end = Some(now + self.grace());
            }
        } else if let Some(question) =
            self.questions.iter_mut().find(|question| question.ids.contains(&id))
        {
            question.settled = Some(match heard {
                Heard::Answer { .. } | Heard::Itself => Finding::Heard,
                Heard::Elsewhere => Finding::Elsewhere,
                Heard::Refused => Finding::Refused,
            });
        }
        self.done |= self.questions.iter().all(|question| question.settled.is_some());
    }

    fn grace(&self) -> Duration {
        (self.slowest * 3).clamp(GRACE, MAX_GRACE)
    }

    /// How sure silence is by now, if sure enough.
    fn silence(&self) -> Option<Confidence> {
        let (sent, answered) =
            (self.rounds.len(), self.rounds.iter().filter(|round| round.answered).count());
        let doubt = doubt(sent, answered);
        (answered >= MIN_ROUNDS && doubt <= DOUBT).then(|| Confidence::from_doubt(doubt))
    }

    pub fn deadline(&self) -> Option<Instant> {
        if self.done { None } else { self.end.or(Some(self.next)) }
    }

    pub const fn is_done(&self) -> bool {
        self.done
    }

    /// One a question, in their order.
    pub fn findings(&self) -> Vec<Finding> {
        let unheard = self.silence().map_or(Finding::Lossy, Finding::Silent);
        self.questions.iter().map(|question| question.settled.unwrap_or(unheard)).collect()
    }
}

/// The probability that loss alone silenced as many rounds as had their control answered. The loss
/// is estimated from the controls by Laplace's rule, so that no loss seen is not taken for no loss.
fn doubt(sent: usize, answered: usize) -> f64 {
    let loss = (sent - answered + 1) as f64 / (sent + 2) as f64;
    (0..answered).fold(1.0, |doubt, _| doubt * loss)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubt_falls_with_every_round_and_rises_with_loss() {
        assert!(doubt(8, 8) < 1e-7);
        assert!(doubt(8, 4) > 1e-3);
        assert!(doubt(10, 8) > DOUBT, "eight of ten answered is not enough");
        assert!(doubt(12, 10) < DOUBT, "ten of twelve is");
        assert!((doubt(5, 0) - 1.0).abs() < f64::EPSILON);
        assert!(
            doubt(MAX_ROUNDS, MAX_ROUNDS / 2 + 1) <= DOUBT,
            "half of all lost still ends in a verdict"
        );
    }
}
