//! The proof that silence was a filter: the answers that did not come are asked for again from a
//! socket that has just sent to where they come from. Now they must come, or the server never sent
//! them.

use std::time::Instant;

use super::exchange::{Ask, Exchange, Heard};
use crate::nat::stun::TransactionId;

pub(super) struct Opened {
    ways: Vec<Way>,
}

/// One answer's way.
struct Way {
    ask: Ask,
    asked: TransactionId,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Sending to where the answer comes from. That was done in the mapping test, but filters
    /// forget, some within 30 s.
    Opening,
    Asking,
    Proven,
    Failed,
}

impl Opened {
    pub fn new(asks: Vec<Ask>, exchange: &mut Exchange, now: Instant) -> Self {
        let mut way = |ask: Ask| {
            let opener = ask.answers_from().map_or(ask, |from| Ask::plain(ask.socket, from));
            Way { ask, asked: exchange.ask(opener, now), state: State::Opening }
        };
        Self { ways: asks.into_iter().map(&mut way).collect() }
    }

    pub fn heard(
        &mut self,
        exchange: &mut Exchange,
        id: TransactionId,
        heard: &Heard,
        now: Instant,
    ) {
        let Some(way) = self.ways.iter_mut().find(|way| way.asked == id) else { return };
        way.state = match (way.state, heard) {
            (State::Opening, Heard::Answer { .. }) => {
                way.asked = exchange.ask(way.ask, now);
                State::Asking
            }
            (State::Asking, Heard::Answer { .. }) => State::Proven,
            _ => State::Failed,
        };
    }

    pub fn given_up(&mut self, id: TransactionId) {
        if let Some(way) = self.ways.iter_mut().find(|way| way.asked == id) {
            way.state = State::Failed;
        }
    }

    pub fn is_done(&self) -> bool {
        self.is_proven() || self.ways.iter().any(|way| way.state == State::Failed)
    }

    pub fn is_proven(&self) -> bool {
        self.ways.iter().all(|way| way.state == State::Proven)
    }
}
