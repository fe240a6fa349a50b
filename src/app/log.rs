//! What happened, newest last: the line above the footer and the log view.

use std::collections::VecDeque;

use super::msg::Now;
use crate::failure::Failure;
use crate::node::PeerKey;

/// Lines kept.
const MOST_LINES: usize = 2000;
/// How many seconds a line that needs a person stays above plain news.
const HELD_SECONDS: u64 = 8;

/// What kind of news a line is; decides its sign.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// It went as it should.
    Plain,
    /// 254: not yet.
    NotYet,
    /// Odd or hostile.
    Signal,
    /// Refused by the peer.
    Refused,
    Failed,
    /// Something that this program did not do, and why.
    NotDone,
    Tour,
}

impl Kind {
    /// Whether a person should have the time to read it.
    #[must_use]
    pub const fn needs_a_person(self) -> bool {
        matches!(self, Self::Signal | Self::Refused | Self::Failed | Self::NotDone)
    }
}

/// One line.
#[derive(Clone, Debug)]
pub struct Line {
    pub at: Now,
    pub kind: Kind,
    pub peer: Option<PeerKey>,
    /// Already free of control characters.
    pub text: String,
    /// The stable code and what to do next.
    pub next: Option<(&'static str, &'static str)>,
    /// How often.
    pub times: u64,
    /// In which time: ` in 60 s`, or empty for in a row.
    pub within: &'static str,
}

/// The log.
#[derive(Clone, Default, Debug)]
pub struct Log {
    lines: VecDeque<Line>,
}

impl Log {
    /// Adds a line; the same line again is counted.
    pub fn add(&mut self, now: Now, kind: Kind, peer: Option<&PeerKey>, text: String, failure: Option<&Failure>) {
        if let Some(last) = self.lines.back_mut()
            && last.kind == kind
            && last.peer.as_ref() == peer
            && last.text == text
        {
            last.times += 1;
            last.at = now;
            return;
        }
        if self.lines.len() == MOST_LINES {
            self.lines.pop_front();
        }
        let next = failure.map(|failure| (failure.cause.code(), failure.cause.hint()));
        self.lines.push_back(Line { at: now, kind, peer: peer.cloned(), text, next, times: 1, within: "" });
    }

    /// The newest line happened this often in this time.
    pub fn counted(&mut self, times: u64, within: &'static str) {
        if let Some(last) = self.lines.back_mut() {
            last.times = times.max(1);
            last.within = within;
        }
    }

    /// Newest last.
    #[must_use]
    pub fn lines(&self) -> &VecDeque<Line> {
        &self.lines
    }

    /// The line above the footer: the newest, or one shortly before it that needs a person.
    #[must_use]
    pub fn headline(&self, now: Now) -> Option<&Line> {
        let fresh = |line: &&Line| now.instant.saturating_duration_since(line.at.instant).as_secs() < HELD_SECONDS;
        let urgent = self.lines.iter().rev().take_while(fresh).find(|line| line.kind.needs_a_person());
        // the tour has a line of its own
        urgent.or_else(|| self.lines.iter().rev().find(|line| line.kind != Kind::Tour))
    }

    /// A peer's key has changed.
    pub fn rename(&mut self, was: &PeerKey, now: &PeerKey) {
        for line in self.lines.iter_mut().filter(|line| line.peer.as_ref() == Some(was)) {
            line.peer = Some(now.clone());
        }
    }
}
