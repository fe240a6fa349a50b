//! What happened, newest last: the line above the footer and the log view.

pub mod found;
pub mod reading;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use swarmscope_facts::Now;
use swarmscope_facts::news;
use swarmscope_peer::node::PeerKey;
use swarmscope_wire::failure::Failure;
use swarmscope_wire::text::clip;

/// Lines kept.
const MOST_LINES: usize = 2000;
/// Characters of a line at most: ten times what a screen shows of it.
const LONGEST: usize = 4000;
/// How long a line that needs a person stays above plain news.
const HELD: Duration = Duration::from_secs(8);
/// How long the outcome of what the operator did is shown.
const OUTCOME: Duration = Duration::from_secs(4);
/// How long a line that needs a person stands at least before the next takes its place: no flicker
/// in a rush.
const STAY: Duration = Duration::from_secs(1);
/// So many outcomes at most give back the time for which they stood before a line.
const COVERED: u32 = 3;

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
    /// Something that the operator asked for was done.
    Done,
    /// Something that the operator asked for was not done, and why.
    NotDone,
    /// What was asked for does nothing here, and why: no news, and not kept.
    Nothing,
    Tour,
}

impl From<news::Kind> for Kind {
    fn from(kind: news::Kind) -> Self {
        match kind {
            news::Kind::Plain => Self::Plain,
            news::Kind::NotYet => Self::NotYet,
            news::Kind::Signal => Self::Signal,
            news::Kind::Refused => Self::Refused,
            news::Kind::Failed => Self::Failed,
        }
    }
}

impl Kind {
    /// Whether a person should have the time to read it.
    #[must_use]
    pub const fn needs_a_person(self) -> bool {
        matches!(self, Self::Signal | Self::Refused | Self::Failed | Self::NotDone)
    }

    /// Whether it answers something that the operator did.
    #[must_use]
    pub const fn is_outcome(self) -> bool {
        matches!(self, Self::Done | Self::NotDone | Self::Nothing)
    }

    /// How a person who looks for such lines calls it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Plain | Self::Nothing => "",
            Self::NotYet => "254",
            Self::Signal => "signal",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Done => "done",
            Self::NotDone => "not done",
            Self::Tour => "tour",
        }
    }
}

/// One line.
#[derive(Clone, Debug)]
pub struct Line {
    /// Counts all lines there ever were, from 1.
    pub(super) number: u64,
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
    /// It was said before: no news for the line above the footer.
    known: bool,
}

impl Line {
    /// Whether a person should have the time to read it.
    const fn needs_a_person(&self) -> bool {
        self.kind.needs_a_person() && !self.known
    }

    /// How long it stands at least before a line that is no outcome takes its place.
    const fn stay(&self) -> Duration {
        if self.kind.is_outcome() { OUTCOME } else { STAY }
    }
}

/// The line above the footer.
#[derive(Clone, Copy, Debug)]
pub struct Headline<'l> {
    pub line: &'l Line,
    /// How many lines that need a person wait behind it.
    pub more: usize,
}

/// The line of those waiting, oldest first, whose turn it is: an outcome at once, the others when
/// the one before has stood for as long as it has to.
fn in_turn<'l>(waiting: &[&'l Line], now: Now) -> Option<&'l Line> {
    let mut shown: Option<(&Line, Instant)> = None;
    let mut next: Option<&Line> = None;
    for &line in waiting {
        let at = line.at.instant;
        advance(&mut shown, &mut next, at);
        match shown {
            Some((before, since)) if !line.kind.is_outcome() && at < since + before.stay() => {
                next = Some(line);
            }
            _ => (shown, next) = (Some((line, at)), None),
        }
    }
    advance(&mut shown, &mut next, now.instant);
    shown.map(|(line, _)| line)
}

/// The next line's turn has come, if the one that is shown has stood long enough by then.
fn advance<'l>(shown: &mut Option<(&'l Line, Instant)>, next: &mut Option<&'l Line>, by: Instant) {
    if let (Some((before, since)), Some(line)) = (*shown, *next)
        && by >= since + before.stay()
    {
        (*shown, *next) = (Some((line, since + before.stay())), None);
    }
}

/// The log.
#[derive(Clone, Default, Debug)]
pub struct Log {
    lines: VecDeque<Line>,
    /// The number of the newest line.
    newest: u64,
    /// Why the last key or command did nothing.
    nothing: Option<Line>,
    /// Numbers of lines that are about a peer of another name since they were looked at.
    renamed: Vec<u64>,
}

impl Log {
    /// Adds a line; the same line again is counted.
    pub fn add(
        &mut self,
        now: Now,
        kind: Kind,
        peer: Option<&PeerKey>,
        text: String,
        failure: Option<&Failure>,
    ) {
        let text = if text.len() > LONGEST { clip(text.as_bytes(), LONGEST) } else { text };
        if let Some(last) = self.lines.back_mut()
            && last.kind == kind
            && last.peer.as_ref() == peer
            && last.text == text
        {
            last.times = last.times.saturating_add(1);
            last.at = now;
            return;
        }
        if self.lines.len() == MOST_LINES {
            self.lines.pop_front();
        }
        if kind.is_outcome() {
            self.nothing = None;
        }
        let next = failure.map(|failure| (failure.cause.code(), failure.cause.hint()));
        self.newest += 1;
        let number = self.newest;
        self.lines.push_back(Line {
            number,
            at: now,
            kind,
            peer: peer.cloned(),
            text,
            next,
            times: 1,
            within: "",
            known: false,
        });
    }

    /// Says for a while why something does nothing here; the log keeps none of it.
    pub fn nothing(&mut self, now: Now, text: &str) {
        self.nothing = Some(Line {
            number: self.newest,
            at: now,
            kind: Kind::Nothing,
            peer: None,
            text: clip(text.as_bytes(), LONGEST),
            next: None,
            times: 1,
            within: "",
            known: false,
        });
    }

    /// The newest line happened this often in this time.
    pub fn counted(&mut self, times: u64, within: &'static str) {
        if let Some(last) = self.lines.back_mut() {
            last.times = times.max(1);
            last.within = within;
        }
    }

    /// The newest line says what one before has said, of the same peer.
    pub fn is_known(&mut self) {
        if let Some(last) = self.lines.back_mut() {
            last.known = true;
        }
    }

    /// The number of the newest line; a line that comes has a higher one.
    #[must_use]
    pub const fn newest(&self) -> u64 {
        self.newest
    }

    /// Newest last.
    #[must_use]
    pub fn lines(&self) -> &VecDeque<Line> {
        &self.lines
    }

    /// The line above the footer: why the last key did nothing, or the outcome of what the operator
    /// did, for a while; a line that needs a person, for a while; else the newest event. The tour
    /// has a line of its own.
    #[must_use]
    pub fn headline(&self, now: Now) -> Option<Headline<'_>> {
        let waiting = self.waiting(now);
        let in_turn = in_turn(&waiting, now);
        let line = self.why_nothing(now).or(in_turn).or_else(|| self.newest_event())?;
        let people = waiting.iter().filter(|line| line.needs_a_person()).count();
        let shown = in_turn.is_some_and(|turn| std::ptr::eq(turn, line) && turn.needs_a_person());
        Some(Headline { line, more: people - usize::from(shown) })
    }

    fn newest_event(&self) -> Option<&Line> {
        let is_event =
            |line: &&Line| line.kind != Kind::Tour && !line.kind.is_outcome() && !line.known;
        self.lines.iter().rev().find(is_event)
    }

    /// Why the last key did nothing, while that is said.
    fn why_nothing(&self, now: Now) -> Option<&Line> {
        self.nothing.as_ref().filter(|line| now.since(line.at) < OUTCOME)
    }

    /// The lines that want to be read now, oldest first.
    fn waiting(&self, now: Now) -> Vec<&Line> {
        let age = |line: &Line| now.instant.saturating_duration_since(line.at.instant);
        let mut outcomes = 0;
        let mut waiting = Vec::new();
        for line in self.lines.iter().rev().take_while(|line| age(line) < HELD + OUTCOME * COVERED)
        {
            let for_so_long = match line.kind {
                Kind::Done => OUTCOME,
                _ => HELD + OUTCOME * outcomes.min(COVERED),
            };
            outcomes += u32::from(line.kind.is_outcome());
            if (line.kind.is_outcome() || line.needs_a_person()) && age(line) < for_so_long {
                waiting.push(line);
            }
        }
        waiting.reverse();
        waiting
    }

    /// A peer's key has changed.
    pub fn rename(&mut self, was: &PeerKey, now: &PeerKey) {
        for line in self.lines.iter_mut().filter(|line| line.peer.as_ref() == Some(was)) {
            line.peer = Some(now.clone());
            self.renamed.push(line.number);
        }
        if self.renamed.len() > 2 * MOST_LINES {
            // nobody reads the log: no more of them than there are lines
            let oldest = self.lines.front().map_or(0, |line| line.number);
            self.renamed.retain(|number| *number >= oldest);
            self.renamed.sort_unstable();
            self.renamed.dedup();
        }
    }

    /// The line of this number, while it is kept: their numbers follow one another.
    pub(super) fn numbered(&self, number: u64) -> Option<&Line> {
        let at = number.checked_sub(self.lines.front()?.number)?;
        self.lines.get(usize::try_from(at).ok()?)
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // the clock's origin: only differences count
mod tests {
    use std::time::SystemTime;

    use super::*;

    /// A log, and a clock in milliseconds.
    struct Told {
        log: Log,
        start: Instant,
    }

    impl Told {
        fn new() -> Self {
            Self { log: Log::default(), start: Instant::now() }
        }

        fn now(&self, ms: u64) -> Now {
            Now { instant: self.start + Duration::from_millis(ms), wall: SystemTime::UNIX_EPOCH }
        }

        fn add(&mut self, ms: u64, kind: Kind, text: &str) {
            self.log.add(self.now(ms), kind, None, text.to_owned(), None);
        }

        fn shown(&self, ms: u64) -> &str {
            self.log.headline(self.now(ms)).map_or("", |shown| &shown.line.text)
        }

        fn more(&self, ms: u64) -> usize {
            self.log.headline(self.now(ms)).map_or(0, |shown| shown.more)
        }
    }

    #[test]
    fn an_outcome_is_shown_at_once_expires_and_stays_in_the_log() {
        let mut told = Told::new();
        told.add(0, Kind::Plain, "event");
        told.add(100, Kind::Done, "copied");
        told.add(200, Kind::Plain, "later event");
        assert_eq!(told.shown(200), "copied");
        assert_eq!(told.shown(4_099), "copied");
        assert_eq!(told.shown(4_100), "later event");
        assert_eq!(told.log.lines().len(), 3);
    }

    #[test]
    fn what_the_operator_did_is_not_displaced_by_what_others_do() {
        let mut told = Told::new();
        told.add(0, Kind::Done, "saved");
        told.add(1_500, Kind::Signal, "odd");
        assert_eq!((told.shown(1_500), told.more(1_500)), ("saved", 1));
        assert_eq!((told.shown(3_999), told.shown(4_000)), ("saved", "odd"));
        assert_eq!(told.shown(9_499), "odd", "it has its own time to be read");
        told.add(9_500, Kind::Done, "saved again");
        told.add(9_600, Kind::NotDone, "not saved");
        assert_eq!(told.shown(9_600), "not saved", "the next outcome is what was done last");
    }

    #[test]
    fn why_a_key_does_nothing_is_said_for_a_while_and_kept_by_no_log() {
        let mut told = Told::new();
        told.add(0, Kind::Failed, "failure");
        told.log.nothing(told.now(100), "the request has ended");
        assert_eq!((told.shown(100), told.more(100)), ("the request has ended", 1));
        assert_eq!(told.log.lines().len(), 1);
        told.add(200, Kind::Done, "copied");
        assert_eq!(told.shown(200), "copied", "what was done says more");
        told.log.nothing(told.now(300), "nothing");
        assert_eq!((told.shown(4_299), told.shown(4_300)), ("nothing", "failure"));
    }

    #[test]
    fn an_old_outcome_is_not_the_newest_event() {
        let mut told = Told::new();
        told.add(0, Kind::Done, "copied");
        assert_eq!(told.shown(5_000), "");
    }

    #[test]
    fn what_needs_a_person_stays_above_plain_news() {
        let mut told = Told::new();
        told.add(0, Kind::Failed, "failure");
        told.add(10, Kind::Plain, "event");
        assert_eq!((told.shown(7_999), told.more(7_999)), ("failure", 0));
        assert_eq!(told.shown(8_000), "event");
    }

    #[test]
    fn what_was_said_before_is_in_the_log_and_hides_nothing() {
        let mut told = Told::new();
        told.add(0, Kind::Failed, "attempt 1");
        told.add(1_000, Kind::Plain, "event");
        told.add(20_000, Kind::Failed, "attempt 2");
        told.log.is_known();
        assert_eq!((told.shown(20_000), told.more(20_000)), ("event", 0));
        assert_eq!(told.log.lines().len(), 3);
    }

    #[test]
    fn several_failures_stand_a_second_each_at_least_and_the_others_are_counted() {
        let mut told = Told::new();
        for (ms, text) in [(0, "first"), (300, "second"), (600, "third")] {
            told.add(ms, Kind::Failed, text);
        }
        assert_eq!((told.shown(600), told.more(600)), ("first", 2));
        assert_eq!(told.shown(1_000), "third", "the newest of those that wait");
        told.add(5_000, Kind::Failed, "fourth");
        assert_eq!((told.shown(5_000), told.more(5_000)), ("fourth", 3));
        assert_eq!((told.shown(8_700), told.more(8_700)), ("fourth", 0));
    }

    #[test]
    fn an_outcome_covers_a_failure_and_gives_the_time_back() {
        let mut told = Told::new();
        told.add(0, Kind::Failed, "failure");
        told.add(500, Kind::Done, "copied");
        assert_eq!((told.shown(500), told.more(500)), ("copied", 1));
        assert_eq!((told.shown(4_500), told.more(4_500)), ("failure", 0));
        assert_eq!(told.shown(11_999), "failure");
        assert_eq!(told.shown(12_000), "failure", "it is the newest event, too");
        assert_eq!(told.log.waiting(told.now(12_000)).len(), 0);
    }

    #[test]
    fn a_rush_of_thousands_is_cheap_and_shows_one_line_at_a_time() {
        let mut told = Told::new();
        for ms in 0..5_000 {
            told.add(ms, Kind::Failed, &ms.to_string());
        }
        assert_eq!(told.shown(4_999), told.shown(4_999));
        assert_eq!(told.more(4_999), MOST_LINES - 1);
    }
}
