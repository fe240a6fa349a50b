//! How this machine looks from outside: what nodes that do not know each other say of our address.
//! One liar must not decide it.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// How many nodes have to agree before an address counts as known.
const FEWEST_VOTES: usize = 2;

/// A node that was asked, as the operator named it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    /// Its name.
    pub place: String,
    /// From query to answer, where it answered.
    pub rtt: Option<Duration>,
    /// Why it was not asked: its name has no address, or one of another family than the first's.
    pub not_asked: Option<String>,
}

/// What nodes said of our address, all asked from one socket.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Outside {
    /// The nodes that the operator named, in that order.
    pub nodes: Vec<Asked>,
    /// How many said which address.
    pub votes: BTreeMap<SocketAddr, usize>,
    /// Queries that came to our port from addresses that nothing was sent to: it is open to
    /// strangers.
    pub strangers: usize,
}

impl Outside {
    /// How many nodes were asked.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.nodes.iter().filter(|node| node.not_asked.is_none()).count()
    }

    /// How many answered.
    #[must_use]
    pub fn answered(&self) -> usize {
        self.nodes.iter().filter(|node| node.rtt.is_some()).count()
    }

    /// Our address, where more than half of those who say one agree on it and they are at least
    /// two.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        let mut by_ip: BTreeMap<IpAddr, usize> = BTreeMap::new();
        for (address, count) in &self.votes {
            *by_ip.entry(address.ip()).or_default() += count;
        }
        let (ip, count) = by_ip.into_iter().max_by_key(|(_, count)| *count)?;
        (count >= FEWEST_VOTES && count * 2 > self.voters()).then_some(ip)
    }

    /// Whether our port depends on the node asked: `same for all` or `by destination`; none where
    /// too few say.
    #[must_use]
    pub fn mapping(&self) -> Option<&'static str> {
        let ip = self.address()?;
        let ports = self.votes.keys().filter(|address| address.ip() == ip).count();
        Some(if ports == 1 { "same for all" } else { "by destination" })
    }

    fn voters(&self) -> usize {
        self.votes.values().sum()
    }

    /// All of it in a sentence.
    #[must_use]
    pub fn summary(&self) -> String {
        let heard = format!("{} of {} nodes answered", self.answered(), self.asked());
        let Some(ip) = self.address() else {
            let why = match self.voters() {
                0 => "none reports our address",
                1 => "only one reports our address, which proves nothing",
                _ => "they disagree about our address",
            };
            return format!("{heard}; {why}");
        };
        let agree: usize = self
            .votes
            .iter()
            .filter(|(address, _)| address.ip() == ip)
            .map(|(_, count)| count)
            .sum();
        let mapping = match self.mapping() {
            Some("same for all") => {
                "our port is the same for all of them: no destination-dependent mapping seen"
            }
            _ => {
                "our port differs between them: destination-dependent mapping, so peers behind \
                 NATs can't easily connect"
            }
        };
        format!("{heard}; {agree} of {} that report it see us at {ip}; {mapping}", self.voters())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(votes: &[(&str, usize)]) -> Outside {
        let votes = votes.iter().map(|(address, count)| (address.parse().unwrap(), *count));
        Outside { votes: votes.collect(), ..Outside::default() }
    }

    #[test]
    fn one_liar_does_not_decide_our_address() {
        assert_eq!(seen(&[("192.0.2.9:1", 1)]).address(), None);
        let agreed = seen(&[("192.0.2.9:1", 5), ("203.0.113.1:9", 1)]);
        assert_eq!(agreed.address(), Some([192, 0, 2, 9].into()));
        assert_eq!(agreed.mapping(), Some("same for all"));
        assert!(agreed.summary().contains("5 of 6"));
        assert_eq!(seen(&[("192.0.2.9:1", 2), ("203.0.113.1:9", 2)]).address(), None);
    }

    #[test]
    fn ports_that_differ_tell_of_a_mapping_by_destination() {
        let differs = seen(&[("192.0.2.9:1", 1), ("192.0.2.9:2", 1), ("192.0.2.9:3", 1)]);
        assert_eq!(differs.mapping(), Some("by destination"));
        assert!(differs.summary().contains("destination-dependent"));
        assert!(seen(&[]).summary().contains("none reports"));
    }
}
