//! What a request to many shows: its answers in groups, its counts, what is odd, how long it takes.

use super::super::groups::{Group, Grouping, Groups, Norm, Signal};
use super::super::outcome::Counts;
use super::{Campaign, Row, State};
use crate::now::Now;
use crate::words;
use std::time::Duration;
use swarmscope_networks::target::Network;
use swarmscope_wire::{ContentId, ErrorByte};

/// From so many requests on how it has gone tells how it will go.
const FEW_SENT: u32 = 10;

impl Campaign {
    /// The answers in groups, in the way that is chosen.
    #[must_use]
    pub const fn groups(&self) -> &Groups {
        match self.grouping {
            Grouping::Content => &self.by_content,
            Grouping::Shape => &self.by_shape,
        }
    }

    /// By content, whatever is chosen.
    #[must_use]
    pub const fn by_content(&self) -> &Groups {
        &self.by_content
    }

    /// Where the answer of this peer is among [`Self::groups`].
    #[must_use]
    pub fn group_of(&self, row: &Row) -> Option<usize> {
        let (content, shape) = row.groups?;
        Some(if self.grouping == Grouping::Content { content } else { shape })
    }

    /// The group of this peer's answer by content.
    #[must_use]
    pub fn by_content_of(&self, row: &Row) -> Option<&Group> {
        self.by_content.get(row.groups?.0)
    }

    /// Digests of this peer's answer: its content, and its shape.
    #[must_use]
    pub fn ids_of(&self, row: &Row) -> Option<(ContentId, ContentId)> {
        let (content, shape) = row.groups?;
        Some((self.by_content.get(content)?.id, self.by_shape.get(shape)?.id))
    }

    /// How many answers are in groups.
    #[must_use]
    pub fn grouped(&self) -> usize {
        self.rows.iter().filter(|row| row.groups.is_some()).count()
    }

    /// The other way to put answers in groups.
    pub fn group_otherwise(&mut self) {
        self.grouping = self.grouping.next();
        self.sort();
    }

    /// The other order of the list.
    pub fn next_order(&mut self) {
        let order = self.groups().order.next();
        (self.by_content.order, self.by_shape.order) = (order, order);
        self.sort();
    }

    /// What has become of each, in the order in which they are asked.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// How many have become of what.
    #[must_use]
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Bytes of the median answer.
    #[must_use]
    pub fn median(&self) -> u64 {
        self.sizes.median().unwrap_or(0)
    }

    /// What an answer is measured against.
    #[must_use]
    pub fn norm(&self) -> Norm {
        Norm { median: self.median(), error: self.by_content.usual_error() }
    }

    /// An error in words, as the network that was asked means it.
    #[must_use]
    pub fn error_words(&self, error: ErrorByte) -> String {
        match self.plan.network {
            Network::Overlay => words::error(error),
            _ => words::krpc_error(error),
        }
    }

    /// Why a group of answers needs a person.
    #[must_use]
    pub fn signal(&self, group: &Group) -> Option<Signal> {
        group.signal(self.norm())
    }

    /// The answer of more than half: by content, else by shape. `None` without a majority.
    #[must_use]
    pub fn usual(&self) -> Option<&Group> {
        self.by_content.majority().or_else(|| self.by_shape.majority())
    }

    /// How many kinds of answers need a person.
    #[must_use]
    pub fn signals(&self) -> usize {
        self.by_content.signals(self.norm())
    }

    /// How long it may take until the last request has gone out: an estimate from how it has gone
    /// so far, else from its rate. `None` where nothing goes out.
    #[must_use]
    pub fn time_left(&self, now: Now) -> Option<Duration> {
        let to_come = u32::try_from(self.rows.len() - self.next).ok()?;
        if self.state != State::Running || to_come == 0 {
            return None;
        }
        let each = match u32::try_from(self.next) {
            // the first few say little of the rest
            Ok(sent) if sent >= FEW_SENT => self.elapsed(now) / sent,
            _ => Duration::ZERO,
        };
        Some(each.max(self.plan.pace.rate.interval()).saturating_mul(to_come))
    }

    /// How long it has taken so far, or took.
    #[must_use]
    pub fn elapsed(&self, now: Now) -> Duration {
        self.ended.unwrap_or(now).instant.saturating_duration_since(self.started.instant)
    }

    /// In how long the next of the requests in flight has to have ended, and in how long the last
    /// of all.
    #[must_use]
    pub fn deadlines(&self, now: Now) -> Option<(Duration, Duration)> {
        let in_flight = self.rows[..self.next].iter().filter(|row| row.outcome.in_flight());
        let left = |row: &Row| {
            Some((row.asked?.instant + self.plan.timeout).saturating_duration_since(now.instant))
        };
        let (mut first, mut last) = (None, Duration::ZERO);
        for left in in_flight.filter_map(left) {
            first = Some(first.map_or(left, |first: Duration| first.min(left)));
            last = last.max(left);
        }
        let to_come = self.rows.len() - self.next;
        if to_come > 0 && self.under_way() {
            last = last.max(self.plan.pace.duration(to_come, self.plan.timeout).1);
        }
        first.map(|first| (first, last))
    }
}
