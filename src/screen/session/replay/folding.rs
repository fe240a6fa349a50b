//! The lines of a recording, folded as they were folded then.

use super::spot::{Goal, Unread};

use super::Player;
use crate::screen::many::planning::{self, has_begun};
use crate::screen::model::Model;
use crate::screen::msg::{Effect, Msg};
use crate::screen::session::recording::{Line, What};
use crate::screen::update::update;
use swarmscope_facts::networks;
use swarmscope_peer::node::PeerKey;
use swarmscope_wire::MessageId;

const SECOND: i64 = 1_000_000;

/// Whether it depends on the order of the list.
fn moves_about(what: &What) -> bool {
    matches!(what, What::Msg(Msg::Key(_) | Msg::Paste(_) | Msg::Mouse(..) | Msg::Wake))
}

/// Whom a request went to that was taken, and what it asks.
fn taken(msg: &Msg) -> Option<(PeerKey, MessageId)> {
    match msg {
        Msg::Asked(ask, _) => Some((PeerKey::Permid(ask.to), ask.message)),
        Msg::Network(networks::Event::Asked { peer, question, .. }) => {
            Some((peer.clone(), *question))
        }
        _ => None,
    }
}

impl Player {
    /// When the next line is folded: lines that had waited come when the one before them came.
    pub(super) fn next_line(&self) -> Option<i64> {
        self.recording.lines.get(self.spot.next).map(|Line(at, _)| (*at).max(self.spot.at))
    }

    /// Where it stood before the newest line that is folded.
    pub(super) fn before_the_last_line(&self) -> Goal {
        let lines = self.spot.next.saturating_sub(1);
        let goal = Goal { at: self.spot.at, lines };
        let (from, at) = self.places.before(goal).map_or((0, 0), |(spot, _)| (spot.next, spot.at));
        let between = self.recording.lines.get(from..lines).unwrap_or_default();
        Goal { at: between.iter().fold(at, |newest, Line(at, _)| newest.max(*at)), lines }
    }

    /// Folds lines up to a goal, `most` of them at once, and the ticks between them. In a hurry
    /// only those ticks on which something may depend: the last ones before keys and before the
    /// goal. Returns whether it has come there.
    pub(super) fn fold_until(
        &mut self,
        model: &mut Model,
        goal: Goal,
        hurry: bool,
        most: usize,
    ) -> bool {
        for _ in 0..most {
            self.places.pass(&self.spot, model, goal);
            let next = self.next_line().filter(|at| *at <= goal.at && self.spot.next < goal.lines);
            let until = next.unwrap_or(goal.at);
            let last = self.second_before(until);
            if hurry && last > self.spot.ticked && self.counts(last, goal.at) {
                self.tick(model, last);
            }
            while !hurry && self.next_tick() <= until {
                self.tick(model, self.next_tick());
            }
            self.spot.ticked = last.max(self.spot.ticked);
            self.spot.at = until.max(self.spot.at);
            if next.is_none() {
                model.now = self.now();
                return true;
            }
            self.fold_next(model);
        }
        false
    }

    /// Whether somebody moves about in the second that begins then, or it is the last one.
    fn counts(&self, second: i64, to: i64) -> bool {
        let end = second.saturating_add(SECOND);
        let within =
            self.recording.lines[self.spot.next..].iter().take_while(|Line(at, _)| *at < end);
        to < end || within.into_iter().any(|Line(_, what)| moves_about(what))
    }

    fn tick(&mut self, model: &mut Model, at: i64) {
        (self.spot.at, self.spot.ticked) = (at.max(self.spot.at), at);
        if self.spot.frozen.is_none() {
            self.fold(model, at, Msg::Tick);
        }
    }

    /// When time passes next: at whole seconds of the clock, as it did.
    pub(super) fn next_tick(&self) -> i64 {
        self.second_before(self.spot.at.max(self.spot.ticked)) + SECOND
    }

    /// The last whole second of the clock up to a moment.
    fn second_before(&self, at: i64) -> i64 {
        let started =
            i64::try_from(self.recording.header.started % SECOND.unsigned_abs()).unwrap_or(0);
        (at + started).div_euclid(SECOND) * SECOND - started
    }

    /// Folds the next line.
    fn fold_next(&mut self, model: &mut Model) {
        let Some(Line(at, what)) = self.recording.lines.get(self.spot.next).cloned() else {
            return;
        };
        self.spot.next += 1;
        match what {
            What::Msg(msg) => {
                if taken(&msg).is_some_and(|(peer, message)| has_begun(model, &peer, message)) {
                    planning::finish(model);
                    self.fold(model, at, Msg::Wake);
                }
                if let Msg::Decoded { ticket, .. } = msg {
                    self.spot.take_unread(ticket); // where what it was read as is recorded
                }
                self.fold(model, at, msg);
            }
            What::Read(permid, ticket) => {
                if let Some(Unread { message, error, payload, .. }) = self.spot.take_unread(ticket)
                {
                    let decoding = swarmscope_peer::crawler::decode_reply(
                        &self.setup.registry,
                        message,
                        error,
                        &payload,
                    );
                    self.fold(model, at, Msg::Decoded { permid, ticket, decoding });
                }
            }
            What::Lost(count) => {
                let text = format!(
                    "{count} messages are missing here: the disk was too slow to record them"
                );
                self.fold(model, at, Msg::Notice(text));
            }
            What::End => {}
        }
        self.places.keep(&self.spot, model);
    }

    /// Folds a message as it was folded then: without whoever watches, and with what it wanted done
    /// left undone.
    fn fold(&mut self, model: &mut Model, at: i64, msg: Msg) {
        let now = self.spot.frozen.unwrap_or_else(|| self.moment(at));
        let (replay, cast) = (model.showing.replay.take(), model.showing.cast.on);
        let size = std::mem::replace(&mut model.size, self.spot.size);
        std::mem::swap(&mut model.setup.keymap, &mut self.keymap);
        let resized = matches!(msg, Msg::Resize(..));
        for effect in update(model, now, msg) {
            match effect {
                Effect::Decode { ticket, message, error, payload, .. } => {
                    self.spot.is_to_be_read(Unread { ticket, message, error, payload });
                }
                Effect::Freeze => {
                    let thaws = self.spot.frozen.take().is_some();
                    self.spot.frozen = (!thaws).then_some(now);
                    model.showing.frozen = (!thaws).then_some(0);
                }
                _ => {} // a replay sends nothing
            }
        }
        if resized {
            self.spot.size = model.size;
        }
        model.size = size;
        std::mem::swap(&mut model.setup.keymap, &mut self.keymap);
        (model.showing.replay, model.showing.cast.on) = (replay, cast);
        self.hide(model);
    }
}
