//! The reply that is read, beside another one: the peer's before, or one that was picked.

use super::comparison::{Candidate, Made};
use crate::screen::actions::{Effects, none};
use crate::screen::conditions::Ready;
use crate::screen::mode::{Mode, Pane, Picker};
use crate::screen::model::{Model, tree_of};
use crate::screen::search::search;
use swarmscope_facts::format::{ago, size};
use swarmscope_facts::peer::Peer;
use swarmscope_facts::reply::diff::{Diff, Side, diff};
use swarmscope_facts::reply::reading::View;
use swarmscope_facts::request::Request;
use swarmscope_peer::node::{PeerKey, Ticket};
use swarmscope_wire::MessageId;

/// Replies that are listed to compare with.
const MOST_LISTED: usize = 5000;
/// Replies of one peer that are listed.
const MOST_OF_ONE: usize = 20;

impl Model {
    /// The diff that is shown, and what it is with: `#12, 10 min ago`.
    #[must_use]
    pub fn compared(&self) -> Option<(&str, &Diff)> {
        let made = self.comparison.made.as_ref()?;
        (Some(made.of.0) == self.request().map(|request| request.ticket))
            .then_some((&*made.name, &made.diff))
    }

    /// Of the replies that can be compared with, those that the query finds.
    #[must_use]
    pub fn candidates_found(&self) -> Vec<&Candidate> {
        let Mode::Against(picker, all) = &self.mode else { return Vec::new() };
        let texts: Vec<String> = all.iter().map(Candidate::text).collect();
        let hits = search(picker.input.text().trim(), texts.iter().map(String::as_str));
        hits.into_iter().map(|hit| &all[hit.index]).collect()
    }

    /// This peer's other replies to the same message, and the newest of each other peer; the newest
    /// first.
    fn candidates(&self) -> Vec<Candidate> {
        let Some(shown) = self.request() else { return Vec::new() };
        let is_own = |peer: &Peer| self.selected.as_ref() == Some(&peer.key);
        let mut all: Vec<_> = self.others(shown).take(MOST_LISTED).collect();
        all.sort_by_key(|(peer, request)| {
            std::cmp::Reverse((is_own(peer), request.reply().map(|reply| reply.at.instant)))
        });
        all.into_iter().map(|(peer, request)| self.candidate_of(peer, request, shown)).collect()
    }

    fn others<'m>(&'m self, shown: &'m Request) -> impl Iterator<Item = (&'m Peer, &'m Request)> {
        self.facts.peers().iter().flat_map(move |peer| {
            let most = if self.selected.as_ref() == Some(&peer.key) { MOST_OF_ONE } else { 1 };
            let others =
                replies(peer, shown.message).filter(|request| request.ticket != shown.ticket);
            others.take(most).map(move |request| (peer, request))
        })
    }

    fn candidate_of(&self, peer: &Peer, request: &Request, shown: &Request) -> Candidate {
        let bytes = |request: &Request| request.reply().and_then(|reply| reply.payload.clone());
        let at = request.reply().map_or(self.now.instant, |reply| reply.at.instant);
        Candidate {
            peer: peer.key.clone(),
            ticket: request.ticket,
            number: format!("#{}", request.number),
            who: self.name_of(&peer.key),
            ago: ago(self.now.instant.saturating_duration_since(at)),
            size: size(request.reply().map_or(0, |reply| reply.bytes)),
            same: bytes(request).is_some() && bytes(request) == bytes(shown),
        }
    }

    /// Brings the diff up to date, where one is shown.
    pub(in crate::screen) fn compare(&mut self) {
        if self.reading.view != View::Diff {
            return;
        }
        let Some(with) = self.picked().or_else(|| self.reply_before()) else {
            self.comparison.made = None;
            return;
        };
        let of = self.request().map(|request| (request.ticket, with));
        if self.comparison.made.as_ref().map(|made| &made.of) != of.as_ref() {
            self.comparison.made = of.and_then(|of| self.make(of));
        }
    }

    fn make(&self, of: (Ticket, (PeerKey, Ticket))) -> Option<Made> {
        let (peer, ticket) = &of.1;
        let peer = self.facts.peer(peer)?;
        let other = peer.requests.iter().find(|request| request.ticket == *ticket)?;
        let diff = diff(side(other)?, side(self.request()?)?);
        let own = self.selected.as_ref() == Some(&peer.key);
        let who = if own { String::new() } else { format!("{} ", self.name_of(&peer.key)) };
        Some(Made { name: format!("{who}#{}", other.number), of, diff })
    }

    /// The reply before the selected one, to the same question.
    fn reply_before(&self) -> Option<(PeerKey, Ticket)> {
        let (peer, shown) = (self.peer()?, self.request()?);
        let before = replies(peer, shown.message).find(|request| request.number < shown.number)?;
        Some((peer.key.clone(), before.ticket))
    }

    /// What was picked, where it answers the same message and is another reply.
    fn picked(&self) -> Option<(PeerKey, Ticket)> {
        let (key, ticket) = self.comparison.picked.as_ref()?;
        let other =
            self.facts.peer(key)?.requests.iter().find(|request| request.ticket == *ticket)?;
        let shown = self.request()?;
        (other.message == shown.message && other.ticket != shown.ticket)
            .then(|| (key.clone(), *ticket))
    }
}

fn side(request: &Request) -> Option<Side<'_>> {
    Some(Side {
        tree: tree_of(request)?,
        bytes: request.reply()?.payload.as_deref().unwrap_or_default(),
    })
}

/// A peer's replies to a message that were read, the newest first; 254 answers nothing.
fn replies(peer: &Peer, message: MessageId) -> impl Iterator<Item = &Request> {
    let requests = peer.requests.iter().rev().map(|request| &**request);
    let of_message = requests.filter(move |request| request.message == message);
    of_message.filter(|request| !request.was_254() && tree_of(request).is_some())
}

// --- commands
// -----------------------------------------------------------------------------------------------------------

/// To the diff with the reply before.
pub(in crate::screen) fn with_the_one_before(model: &mut Model) -> Effects {
    model.comparison.picked = None;
    show(model)
}

fn show(model: &mut Model) -> Effects {
    model.reading.view = View::Diff;
    model.reading.line = 0;
    model.focus = Pane::Reply;
    model.compare();
    none()
}

pub(in crate::screen) fn pick(model: &mut Model) -> Effects {
    model.mode = Mode::Against(Picker::default(), model.candidates());
    none()
}

pub(in crate::screen) fn choose(model: &mut Model) -> Effects {
    let Mode::Against(picker, _) = &model.mode else { return none() };
    let Some(candidate) = model.candidates_found().get(picker.at).copied() else { return none() };
    model.comparison.picked = Some((candidate.peer.clone(), candidate.ticket));
    model.mode = Mode::Main;
    show(model)
}

pub(in crate::screen) fn has_one_before(model: &Model) -> Ready {
    has_tree(model)?;
    model
        .reply_before()
        .map(drop)
        .ok_or_else(|| "no previous reply from this peer to the same message".to_owned())
}

pub(in crate::screen) fn has_others(model: &Model) -> Ready {
    has_tree(model)?;
    let other = model.request().and_then(|shown| model.others(shown).next());
    other.map(drop).ok_or_else(|| "no other reply to the same message".to_owned())
}

pub(in crate::screen) fn finds_candidate(model: &Model) -> Ready {
    let found = model.candidates_found().first().copied();
    found.map(drop).ok_or_else(|| "no such reply".to_owned())
}

fn has_tree(model: &Model) -> Ready {
    let tree = model.request().filter(|request| !request.was_254()).and_then(tree_of);
    tree.map(drop).ok_or_else(|| "no reply to compare".to_owned())
}
