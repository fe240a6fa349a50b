//! How a signal spread over rounds, counted on one fixed panel of peers: those that were asked in
//! every round. A rate is named only where the data carry one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::input::{Round, Text};

/// Below these no rate is named.
pub const MIN_PEERS: u64 = 10;
/// Doublings between the first count and the last.
pub const MIN_DOUBLINGS: f64 = 3.0;

/// Counts of one signal over rounds.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Spread {
    /// Hours since the first round, and how many peers of the panel showed it then.
    pub counts: Vec<(f64, u64)>,
    /// How many peers the panel has.
    pub panel: u64,
    /// Of those that showed it later than the first, how many an earlier one had named in gossip;
    /// and how many there are. None where no round has gossip: then nobody knows.
    pub named_before: Option<(u64, u64)>,
    /// Peers by the round in which they showed it first.
    pub order: Vec<(u64, Text)>,
}

/// A time to double, in hours, with its 95 % interval.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Doubling {
    /// The lower end.
    pub low: f64,
    /// From the slope of the logarithm.
    pub hours: f64,
    /// The upper end.
    pub high: f64,
}

impl Spread {
    /// Of the peers that showed it, by round.
    #[must_use]
    pub fn of(rounds: &[Round], members: &BTreeMap<u64, BTreeSet<Text>>) -> Self {
        let asked = |round: &Round| {
            let asked = round.answers.iter().map(|answer| &answer.peer);
            asked.chain(round.dials.iter().map(|dial| &dial.peer)).cloned().collect::<BTreeSet<_>>()
        };
        let mut sets = rounds.iter().map(asked);
        let panel = sets
            .next()
            .map(|first| sets.fold(first, |panel, set| &panel & &set))
            .unwrap_or_default();
        let start = rounds.first().map_or(0, |round| round.at_ns);
        let none = BTreeSet::new();
        let mut spread = Self { panel: panel.len() as u64, ..Self::default() };
        let (mut later, mut named_before) = (0, 0);
        let mut before: BTreeSet<Text> = BTreeSet::new();
        let mut named: BTreeSet<&Text> = BTreeSet::new();
        for round in rounds {
            let now = members.get(&round.number).unwrap_or(&none);
            let hours = round.at_ns.saturating_sub(start) as f64 / 3.6e12;
            spread.counts.push((hours, now.intersection(&panel).count() as u64));
            for peer in now.difference(&before) {
                if !before.is_empty() {
                    later += 1;
                    named_before += u64::from(named.contains(peer));
                }
                spread.order.push((round.number, peer.clone()));
            }
            before.extend(now.iter().cloned());
            let told = round.gossip.iter().filter(|gossip| before.contains(&gossip.teller));
            named.extend(told.flat_map(|gossip| &gossip.named));
        }
        let is_known = rounds.iter().any(|round| !round.gossip.is_empty());
        spread.named_before = is_known.then_some((named_before, later));
        spread
    }

    fn ends(&self) -> Option<((f64, u64), (f64, u64))> {
        let first = self.counts.iter().find(|(_, count)| *count > 0)?;
        Some((*first, *self.counts.last()?))
    }

    /// How often it doubled from the first count to the last.
    #[must_use]
    pub fn doublings(&self) -> f64 {
        self.ends()
            .map_or(0.0, |((_, first), (_, last))| (last.max(1) as f64 / first as f64).log2())
    }

    /// The time to double: least squares on the logarithm. `None` where there are too few peers,
    /// doublings or rounds, or where the interval reaches zero growth.
    #[must_use]
    pub fn doubling(&self) -> Option<Doubling> {
        let (_, (_, last)) = self.ends()?;
        let points: Vec<(f64, f64)> = self
            .counts
            .iter()
            .filter(|(_, count)| *count > 0)
            .map(|(hours, count)| (*hours, (*count as f64).log2()))
            .collect();
        if last < MIN_PEERS || self.doublings() < MIN_DOUBLINGS || points.len() < 4 {
            return None;
        }
        let n = points.len() as f64;
        let mean = |pick: fn(&(f64, f64)) -> f64| points.iter().map(pick).sum::<f64>() / n;
        let (x, y) = (mean(|point| point.0), mean(|point| point.1));
        let spread: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
        let slope = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum::<f64>() / spread;
        let rest: f64 =
            points.iter().map(|point| (point.1 - y - slope * (point.0 - x)).powi(2)).sum();
        let half = student(points.len() - 2) * (rest / (n - 2.0) / spread).sqrt();
        (slope - half > 0.0).then(|| Doubling {
            low: 1.0 / (slope + half),
            hours: 1.0 / slope,
            high: 1.0 / (slope - half),
        })
    }

    /// In words; `None` with fewer than two rounds.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        if self.counts.len() < 2 {
            return None;
        }
        let ((began, first), (ended, last)) = self.ends()?;
        let mut words = format!(
            "{first} to {last} of a fixed panel of {} peers in {}.",
            self.panel,
            time(ended - began)
        );
        let _ = match self.doubling() {
            Some(Doubling { low, hours, high }) => {
                write!(
                    words,
                    " It doubled every {} (95 % interval {} to {}).",
                    time(hours),
                    time(low),
                    time(high)
                )
            }
            None if last <= first => write!(words, " It did not grow."),
            None => write!(
                words,
                " No rate: {:.1} doublings and {last} peers; {MIN_DOUBLINGS} and {MIN_PEERS} are needed, in at least 4 rounds.",
                self.doublings()
            ),
        };
        if let Some((named, later)) = self.named_before.filter(|(_, later)| *later > 0) {
            let _ = write!(
                words,
                " Of {later} that showed it later, {named} had been named by an earlier one in the last gossip heard of it."
            );
        }
        Some(words)
    }
}

/// A time as people say it.
#[must_use]
pub fn time(hours: f64) -> String {
    match hours {
        hours if hours < 0.05 => format!("{:.0} s", hours * 3600.0),
        hours if hours < 2.0 => format!("{:.0} min", hours * 60.0),
        hours => format!("{hours:.1} h"),
    }
}

/// The two-sided 95 % point of Student's t.
fn student(freedom: usize) -> f64 {
    const T: [f64; 10] = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];
    T.get(freedom.saturating_sub(1)).copied().unwrap_or(if freedom < 30 { 2.13 } else { 1.97 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signals::input::Gossip;

    fn counts(counts: &[u64]) -> Spread {
        let counts = counts.iter().enumerate().map(|(hour, count)| (hour as f64, *count)).collect();
        Spread { counts, panel: 400, ..Spread::default() }
    }

    #[test]
    fn a_rate_is_named_only_where_the_data_carry_one() {
        let doubling = counts(&[1, 2, 4, 8, 16, 32]).doubling().expect("five doublings");
        assert!((doubling.hours - 1.0).abs() < 1e-9, "{doubling:?}");
        assert_eq!(counts(&[5, 6, 7, 8, 10, 12]).doubling(), None, "1.3 doublings");
        assert_eq!(counts(&[1, 2, 4, 8]).doubling(), None, "8 peers");
        assert_eq!(counts(&[1, 40]).doubling(), None, "two rounds");
        let words = counts(&[5, 6, 7, 8, 10, 12]).words().expect("words");
        assert!(
            words.starts_with(
                "5 to 12 of a fixed panel of 400 peers in 5.0 h. No rate: 1.3 doublings"
            ),
            "{words}"
        );
        let words = counts(&[64, 40, 9, 1]).words().expect("words");
        assert_eq!(words, "64 to 1 of a fixed panel of 400 peers in 3.0 h. It did not grow.");
    }

    #[test]
    fn who_named_whom_is_said_only_where_gossip_was_seen() {
        let members = BTreeMap::from([
            (0, BTreeSet::from(["a".into()])),
            (1, BTreeSet::from(["a".into(), Text::from("b")])),
        ]);
        let round = |number: u64| Round { number, ..Round::default() };
        let gossip = Gossip {
            teller: "a".into(),
            network: "overlay".into(),
            named: vec!["b".into()],
            bogons: 0,
            listed: 1,
        };
        let told = Round { gossip: vec![gossip], ..round(0) };
        let named = |first: Round| Spread::of(&[first, round(1)], &members).named_before;
        assert_eq!(named(round(0)), None);
        assert_eq!(named(told), Some((1, 1)));
    }
}
