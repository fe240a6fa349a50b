//! Filing answers: which contacts are taken, and under which id a node counts.

use std::net::SocketAddr;
use std::time::Duration;

use swarmscope_wire::krpc::{Contact, Distance, NodeId};

use super::Lookup;
use super::candidates::{Candidate, Neighbours, State};
use super::terms::{CLOSEST, Hop, Token};
use crate::address::Refused;

/// The number of different ids that one address may be named by.
const MAX_CLAIMS: usize = 3;

impl Lookup {
    /// Files an answer under the id that the node gives itself, if another node named it by that
    /// id.
    pub(super) fn settle(&mut self, address: SocketAddr, named_as: Option<NodeId>, hop: Hop) {
        let own = hop.contact.id;
        // It began with an address only: what it says of itself is all there is.
        let is_seed = named_as.is_none();
        if !is_seed && named_as != Some(own) {
            self.tally.kept_out.unconfirmed += 1;
        }
        if is_seed {
            self.candidates
                .list
                .retain(|candidate| candidate.address != address || candidate.id.is_some());
            self.add(address, Some(own), hop.depth);
        }
        for candidate in
            self.candidates.list.iter_mut().filter(|candidate| candidate.address == address)
        {
            candidate.state =
                if candidate.id == Some(own) { State::Answered(hop) } else { State::Failed };
        }
    }

    /// Takes the contacts of one answer; returns how many it named and how many were taken.
    pub(super) fn take<'a>(
        &mut self,
        contacts: impl Iterator<Item = &'a Contact>,
        depth: u16,
    ) -> (usize, usize) {
        let mut named: Vec<Contact> = contacts.copied().collect();
        let count = named.len();
        named.sort_by_key(|contact| contact.id.distance(&self.target));
        self.tally.kept_out.surplus += count.saturating_sub(CLOSEST);
        named.truncate(CLOSEST);
        let taken = named
            .into_iter()
            .filter(|contact| self.add(contact.address, Some(contact.id), depth + 1))
            .count();
        (count, taken)
    }

    /// Files a candidate; says whether it was new and acceptable.
    pub(super) fn add(&mut self, address: SocketAddr, id: Option<NodeId>, depth: u16) -> bool {
        if let Err(why) = self.config.policy.check(address) {
            match why {
                Refused::Address => self.tally.kept_out.addresses += 1,
                Refused::SystemPort => self.tally.kept_out.system_ports += 1,
            }
            return false;
        }
        let claims = self.candidates.list.iter().filter(|candidate| candidate.address == address);
        let (mut count, mut hop) = (0, None);
        for claim in claims {
            if claim.id == id {
                return false;
            }
            count += 1;
            hop = match claim.state {
                State::Answered(known) => Some(known),
                _ => hop,
            };
        }
        let own = self.own_ids.get(&address).copied();
        if own.is_some() && own != id {
            self.tally.kept_out.misnamed += 1;
            return false;
        }
        if count >= MAX_CLAIMS {
            self.tally.kept_out.surplus += 1;
            return false;
        }
        let confirmed = own.map(|own| self.confirmed(address, own, depth));
        let distance = id.map_or(Distance([0; 20]), |id| id.distance(&self.target));
        let token = Token(self.next_token);
        self.next_token += 1;
        let state = hop.or(confirmed).map_or(State::Fresh, State::Answered);
        self.candidates.insert(Candidate {
            token,
            address,
            id,
            distance,
            depth,
            state,
            retried: false,
            neighbours: Neighbours::NotAsked,
        });
        self.tally.kept_out.surplus += usize::from(self.candidates.cut());
        true
    }

    /// An address had answered under an id by which another node names it only now.
    fn confirmed(&mut self, address: SocketAddr, own: NodeId, depth: u16) -> Hop {
        self.tally.kept_out.unconfirmed = self.tally.kept_out.unconfirmed.saturating_sub(1);
        let contact = Contact { id: own, address };
        Hop { contact, depth, rtt: Duration::ZERO, named: 0, taken: 0 }
    }
}
