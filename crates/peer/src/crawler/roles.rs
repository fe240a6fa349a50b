//! Peer side: what the owner of this peer lets each Crawler do, where the allow-list says more than
//! a permid.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::gate::FLEXIBILITY;
use swarmscope_wire::identity::Role;
use swarmscope_wire::{ErrorByte, MessageId, Permid};

/// The time that a budget is for.
const A_DAY: Duration = Duration::from_secs(24 * 3600);

/// Why a request is not answered: the error byte, and the payload of the reply.
pub(super) type Refusal = (ErrorByte, &'static [u8]);

const NOT_THIS: Refusal =
    (ErrorByte::HANDLER, b"the owner of this peer does not let this Crawler ask this message");
const TOO_OFTEN: Refusal = (ErrorByte::FREQUENCY, b"frequency error");
/// What a Crawler is told whose budget is used up.
pub(super) const USED_UP: &str = "the replies that this Crawler is sent within 24 hours are more than the owner of this peer \
     allows: ask again tomorrow, or for less";

/// The roles of all Crawlers that have one, and what counts towards them. Bounded by the
/// allow-list.
#[derive(Debug, Default)]
pub(super) struct Roles {
    by_permid: HashMap<Permid, Role>,
    accepted: HashMap<(Permid, MessageId), Instant>,
    /// Since when, and how many bytes.
    sent: HashMap<Permid, (Instant, u64)>,
}

impl Roles {
    /// Replaces the roles; what was counted for Crawlers that still have one stays.
    pub(super) fn set(&mut self, roles: HashMap<Permid, Role>) {
        self.accepted.retain(|(permid, _), _| roles.contains_key(permid));
        self.sent.retain(|permid, _| roles.contains_key(permid));
        self.by_permid = roles;
    }

    /// Whether a request is refused. The frequency in it does not matter: the owner's goes before,
    /// and this Crawler's own last request counts.
    pub(super) fn refuse(
        &self,
        permid: Permid,
        message: MessageId,
        now: Instant,
    ) -> Option<Refusal> {
        let role = self.by_permid.get(&permid)?;
        if role.ids.as_ref().is_some_and(|ids| !ids.contains(&message)) {
            return Some(NOT_THIS);
        }
        let last = self.accepted.get(&(permid, message));
        let too_often = role.min_frequency.zip(last).is_some_and(|(least, last)| {
            least.duration() > FLEXIBILITY && *last + least.duration() >= now + FLEXIBILITY
        });
        if too_often {
            return Some(TOO_OFTEN);
        }
        let (sent, budget) = (self.sent_today(permid, now), role.budget);
        budget
            .is_some_and(|budget| sent >= budget)
            .then_some((ErrorByte::HANDLER, USED_UP.as_bytes()))
    }

    /// A request was accepted.
    pub(super) fn accepted(&mut self, permid: Permid, message: MessageId, now: Instant) {
        if self.by_permid.contains_key(&permid) {
            self.accepted.insert((permid, message), now);
        }
    }

    /// Counts a reply, where the budget has so much left; else `false`.
    pub(super) fn spend(&mut self, permid: Permid, bytes: usize, now: Instant) -> bool {
        let Some(budget) = self.by_permid.get(&permid).and_then(|role| role.budget) else {
            return true;
        };
        let sent = self.sent_today(permid, now).saturating_add(bytes as u64);
        if sent > budget {
            return false;
        }
        let entry = self.sent.entry(permid).or_insert((now, 0));
        if now >= entry.0 + A_DAY {
            entry.0 = now;
        }
        entry.1 = sent;
        true
    }

    fn sent_today(&self, permid: Permid, now: Instant) -> u64 {
        let today = self.sent.get(&permid).filter(|(since, _)| now < *since + A_DAY);
        today.map_or(0, |(_, bytes)| *bytes)
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // an origin for virtual time
mod tests {
    use super::*;

    const WHO: Permid = Permid::Ed25519([1; 32]);
    const OTHER: Permid = Permid::Ed25519([2; 32]);
    const ID: MessageId = MessageId::NATCHECK;

    fn roles(text: &str) -> Roles {
        let mut roles = Roles::default();
        roles.set([(WHO, Role::parse(text).unwrap())].into());
        roles
    }

    #[test]
    fn ids_and_frequency_hold_for_whom_they_are_given() {
        let (mut roles, t0) = (roles("ids=3 min-frequency=60"), Instant::now());
        let at = |seconds| t0 + Duration::from_secs(seconds);
        assert_eq!(roles.refuse(WHO, MessageId(1), t0), Some(NOT_THIS));
        assert_eq!(roles.refuse(OTHER, MessageId(1), t0), None);
        assert_eq!(roles.refuse(WHO, ID, t0), None);
        roles.accepted(WHO, ID, t0);
        assert_eq!(
            roles.refuse(WHO, ID, at(55)),
            Some(TOO_OFTEN),
            "as the gate: last + f = now + 5"
        );
        assert_eq!(roles.refuse(WHO, ID, at(56)), None);
    }

    #[test]
    fn a_budget_is_for_a_day() {
        let (mut roles, t0) = (roles("budget=1KiB"), Instant::now());
        assert!(roles.spend(WHO, 1000, t0) && !roles.spend(WHO, 25, t0));
        assert!(roles.spend(OTHER, 1 << 30, t0));
        assert_eq!(roles.refuse(WHO, ID, t0), None, "24 bytes are left");
        assert!(roles.spend(WHO, 24, t0));
        assert!(roles.refuse(WHO, ID, t0).is_some());
        assert_eq!(roles.refuse(WHO, ID, t0 + A_DAY), None);
        assert!(roles.spend(WHO, 1024, t0 + A_DAY));
        roles.set(HashMap::new());
        assert!(roles.accepted.is_empty() && roles.sent.is_empty());
    }
}
