//! The questions of a visit: permitted, sent, answered or failed.

use super::{Action, Machine, Now, Unread};
use crate::question::{Keeper, Kept};
use crate::visit::Put;
use std::time::Duration;
use swarmscope_peer::crawler::Recipient;
use swarmscope_peer::{Ask, Origin, Ticket};
use swarmscope_store::outcome::ANSWERED;
use swarmscope_store::schedule;
use swarmscope_store::{Permit, Replied};
use swarmscope_wire::failure::{Delivered, Failure};
use swarmscope_wire::{ErrorByte, OverlayVersion, Permid};

impl Machine {
    /// The store has decided on a question.
    pub fn permitted(&mut self, permit: Permit, granted: bool, now: Now) {
        let Some(peer) = self.permids.get(&permit.peer).copied() else { return };
        let Some(place) =
            self.questions.iter().position(|question| question.message.0 == permit.message)
        else {
            return;
        };
        let Some(visit) = self.visits.get_mut(&peer) else { return };
        let Some(put) = visit.put.iter_mut().find(|put| put.question == place && put.awaits_permit)
        else {
            return;
        };
        put.awaits_permit = false;
        if !granted {
            self.progress.not_permitted += 1;
            visit.put.retain(|put| put.question != place);
            return self.end_if_done(peer, now);
        }
        let question = &self.questions[place];
        let version = visit.version.unwrap_or(OverlayVersion::CURRENT);
        self.actions.push_back(Action::Ask(Ask {
            to: peer,
            message: question.message,
            frequency: question.frequency,
            payload: question.asked.initiate(&Recipient { permid: Some(peer), version }),
            timeout: question.asked.timeout(),
            origin: Origin::Initiator,
            wait_for_dial_back: false,
        }));
    }

    /// A question is on its way under this ticket.
    pub fn sent(&mut self, ask: &Ask, ticket: Ticket, now: Now) {
        let Some(place) =
            self.questions.iter().position(|question| question.message == ask.message)
        else {
            return;
        };
        self.tickets.insert(ticket, (ask.to, place));
        if let Some(put) = self.put_mut(ask.to, place) {
            put.sent = Some((ticket, now.instant, now.time));
        }
    }

    /// Who makes of a decoded reply what is kept of it, wherever it is read.
    pub(crate) fn keeper(&self, unread: &Unread) -> Keeper {
        Keeper::new(self.questions[unread.question].clone(), self.key.clone())
    }

    /// A reply has been read.
    pub(crate) fn read(&mut self, unread: &Unread, kept: Kept, now: Now) {
        let Unread { reply, question: which } = unread;
        let question = &self.questions[*which];
        let is_answer = reply.error == ErrorByte::SUCCESS;
        let replied = Replied {
            question: question.id,
            message: question.message.0,
            at: now.time,
            outcome: if is_answer { ANSWERED.into() } else { format!("error.{}", reply.error.0) },
            bytes: reply.payload.len() as u64,
            parts: reply.parts,
            took: reply.elapsed,
            content: Some(kept.content),
            rows: if is_answer { kept.rows } else { Vec::new() },
            raw: self.settings.keep_raw.then(|| reply.payload.to_vec()),
            not_before: schedule::not_before(now.time, question.interval()),
        };
        self.question_ended(reply.permid, *which, replied, now);
    }

    pub(super) fn question_failed(
        &mut self,
        permid: Permid,
        place: usize,
        failure: &Failure,
        now: Now,
    ) {
        let question = &self.questions[place];
        let before = self.visits.get(&permid).and_then(|visit| visit.clock(question.message.0));
        // What the peer cannot have got it cannot have counted.
        let not_before = match failure.delivered {
            Delivered::No => before.unwrap_or_default(),
            Delivered::Maybe | Delivered::Yes => {
                schedule::not_before(now.time, question.interval())
            }
        };
        let replied = Replied {
            question: question.id,
            message: question.message.0,
            at: now.time,
            outcome: failure.cause.code().into(),
            bytes: 0,
            parts: 0,
            took: Duration::ZERO,
            content: None,
            rows: Vec::new(),
            raw: None,
            not_before,
        };
        self.question_ended(permid, place, replied, now);
    }

    pub(super) fn question_ended(
        &mut self,
        permid: Permid,
        place: usize,
        mut replied: Replied,
        now: Now,
    ) {
        let name = self.settings.registry.label(self.questions[place].message);
        self.progress.asked(&name, &replied.outcome);
        let Some(visit) = self.visits.get_mut(&permid) else { return };
        if let Some((_, since, at)) =
            visit.put.iter().find(|put| put.question == place).and_then(|put| put.sent)
        {
            replied.at = at;
            replied.took = now.instant.saturating_duration_since(since);
        }
        visit.put.retain(|put| put.question != place);
        visit.replies.push(replied);
        self.end_if_done(permid, now);
    }

    pub(super) fn put_mut(&mut self, permid: Permid, question: usize) -> Option<&mut Put> {
        self.visits.get_mut(&permid)?.put.iter_mut().find(|put| put.question == question)
    }
}
