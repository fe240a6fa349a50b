//! Word of nodes: which of it is taken, and what becomes of the rest.

use std::net::{IpAddr, SocketAddr};

use swarmscope_networks::address::Refused;
use swarmscope_store::{Heard, Network};
use swarmscope_wire::krpc::Contact;

use super::{Action, MOST_CLAIMS, Visits};
use crate::machine::Now;
use crate::progress::Dropped;

/// How many addresses are remembered in a round.
const MOST_KNOWN: usize = 1 << 20;

impl Visits {
    /// Word of nodes that a lookup has found.
    pub(in crate::dht) fn hear(&mut self, contacts: &[Contact], now: Now) {
        self.hear_of(None, contacts, now);
    }

    pub(super) fn hear_from(&mut self, teller: SocketAddr, contacts: &[Contact], now: Now) {
        self.hear_of(Some(teller.ip()), contacts, now);
    }

    /// Word of nodes: those of the zone that may be asked, each once a round.
    fn hear_of(&mut self, teller: Option<IpAddr>, contacts: &[Contact], now: Now) {
        let mut heard = Vec::new();
        let zone = self.zone;
        for contact in contacts.iter().filter(|contact| zone.contains(&contact.id)) {
            match self.claim(contact, teller) {
                Ok(false) => {}
                Ok(true) => {
                    let place = format!("{}@{}", contact.id, contact.address);
                    let peer = self.key.peer(Network::Dht, place.as_bytes());
                    heard.push(Heard { peer, address: Some(place), version: None, at: now.time });
                }
                Err(why) => self.progress.dropped(why, 1),
            }
        }
        if !heard.is_empty() {
            self.actions.push_back(Action::Hear(heard));
        }
    }

    /// Whether it was not known in this round.
    fn claim(&mut self, contact: &Contact, teller: Option<IpAddr>) -> Result<bool, Dropped> {
        let Contact { id, address } = contact;
        if let Some(claims) = self.claims.get_mut(address) {
            if claims.contains(id) {
                return Ok(false);
            }
            if claims.len() >= MOST_CLAIMS {
                return Err(Dropped::Claim);
            }
            claims.push(*id);
            return Ok(true);
        }
        self.addresses.check(*address).map_err(refused)?;
        if self.claims.len() >= MOST_KNOWN {
            return Err(Dropped::Full);
        }
        self.sources.name(address.ip(), teller)?;
        self.claims.insert(*address, vec![*id]);
        Ok(true)
    }
}

/// The word of a crawl for it.
pub(super) const fn refused(why: Refused) -> Dropped {
    match why {
        Refused::Address => Dropped::Address,
        Refused::SystemPort => Dropped::SystemPort,
    }
}
