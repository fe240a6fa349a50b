//! Keys from a file: for tests, for shows, and for the pictures of the documentation.
//!
//! ```text
//! # names of keys, as the key map writes them, one after the other
//! down down enter
//! y c
//! type natcheck
//! paste SELECT count(*) FROM Torrent
//! wait 2 s
//! limit 10 s          # for each `until` after it; 30 s at first
//! until error 0, success
//! pace 80 ms          # between two keys from here on
//! quit
//! ```

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::screen::keys::key::Key;
use crossterm::event::KeyCode;

/// How long `until` waits unless the script says otherwise.
const LIMIT: Duration = Duration::from_secs(30);
/// The longest wait that is no slip.
const LONGEST: Duration = Duration::from_secs(3600);

/// What one line of a script does.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Step {
    Keys(Vec<Key>),
    Paste(String),
    Wait(Duration),
    Until(String),
    Limit(Duration),
    Pace(Duration),
    Quit,
}

/// A script that is being played.
#[derive(Clone, Debug)]
pub struct Script {
    /// With their lines.
    steps: VecDeque<(usize, Step)>,
    keys: VecDeque<Key>,
    /// Not before this.
    ready: Option<Instant>,
    /// The line of an `until`, what it waits for, and how long.
    until: Option<(usize, String, Instant)>,
    limit: Duration,
    pace: Duration,
}

/// What a script does to the program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    Key(Key),
    Paste(String),
    Quit,
}

/// A line that means nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct ScriptError {
    pub line: usize,
    pub what: String,
}

/// What a script waited for did not come.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}: {text:?} was not on the screen in {limit:?}")]
pub struct NotSeen {
    pub line: usize,
    pub text: String,
    pub limit: Duration,
}

impl Script {
    /// Reads a script.
    ///
    /// # Errors
    /// The first line that means nothing.
    pub fn parse(text: &str) -> Result<Self, ScriptError> {
        let mut steps = VecDeque::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with("# ") && line != "#" {
                let step = step(line).map_err(|what| ScriptError { line: number, what })?;
                steps.push_back((number, step));
            }
        }
        Ok(Self {
            steps,
            keys: VecDeque::new(),
            ready: None,
            until: None,
            limit: LIMIT,
            pace: Duration::ZERO,
        })
    }

    /// When to look again, although nothing on the screen has changed; `None` when the script has
    /// ended.
    #[must_use]
    pub fn due(&self, now: Instant) -> Option<Instant> {
        match &self.until {
            Some((.., end)) => Some(*end),
            None if self.keys.is_empty() && self.steps.is_empty() => None,
            None => Some(self.ready.unwrap_or(now)),
        }
    }

    /// What is to be done now, seeing this on the screen; `None` while there is nothing.
    ///
    /// # Errors
    /// An `until` has waited for too long.
    pub fn next(&mut self, now: Instant, screen: &str) -> Result<Option<Action>, NotSeen> {
        loop {
            if let Some((line, text, end)) = &self.until {
                if screen.contains(text.as_str()) {
                    self.until = None;
                } else if now >= *end {
                    return Err(NotSeen { line: *line, text: text.clone(), limit: self.limit });
                } else {
                    return Ok(None);
                }
            }
            if self.ready.is_some_and(|ready| now < ready) {
                return Ok(None);
            }
            self.ready = None;
            if let Some(key) = self.keys.pop_front() {
                self.ready = Some(now + self.pace).filter(|_| !self.pace.is_zero());
                return Ok(Some(Action::Key(key)));
            }
            let Some((line, step)) = self.steps.pop_front() else { return Ok(None) };
            match step {
                Step::Keys(keys) => self.keys = keys.into(),
                Step::Paste(text) => return Ok(Some(Action::Paste(text))),
                Step::Wait(time) => self.ready = Some(now + time),
                Step::Until(text) => self.until = Some((line, text, now + self.limit)),
                Step::Limit(limit) => self.limit = limit,
                Step::Pace(pace) => self.pace = pace,
                Step::Quit => return Ok(Some(Action::Quit)),
            }
        }
    }
}

fn step(line: &str) -> Result<Step, String> {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let rest = rest.trim();
    let text = || {
        if rest.is_empty() {
            Err(format!("{word} needs a text after it"))
        } else {
            Ok(rest.to_owned())
        }
    };
    Ok(match word {
        "type" => Step::Keys(text()?.chars().map(|c| Key::named(KeyCode::Char(c))).collect()),
        "paste" => Step::Paste(text()?),
        "until" => Step::Until(text()?),
        "wait" => Step::Wait(time(rest)?),
        "limit" => Step::Limit(time(rest)?),
        "pace" => Step::Pace(time(rest)?),
        "quit" if rest.is_empty() => Step::Quit,
        _ => Step::Keys(
            line.split_whitespace()
                .map(str::parse)
                .collect::<Result<_, _>>()
                .map_err(|error: String| no_key(&error))?,
        ),
    })
}

fn no_key(error: &str) -> String {
    format!("{error}, nor one of type, paste, wait, until, limit, pace, quit")
}

/// `2 s`, `500 ms`, `2s`; what follows a `#` is a comment.
fn time(text: &str) -> Result<Duration, String> {
    let text = text.split('#').next().unwrap_or_default().trim();
    let wrong = || format!("{text:?} is not a time; use 2 s or 500 ms");
    let digits =
        text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
    let (number, unit) = text.split_at(digits);
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let seconds = match unit.trim() {
        "ms" => number / 1000.0,
        "s" => number,
        "min" => number * 60.0,
        _ => return Err(wrong()),
    };
    let time = Duration::try_from_secs_f64(seconds).map_err(|_| wrong())?;
    if time > LONGEST { Err(format!("{text} is more than an hour")) } else { Ok(time) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[allow(clippy::disallowed_methods)] // any moment will do
    fn start() -> Instant {
        Instant::now()
    }

    fn key(text: &str) -> Action {
        Action::Key(text.parse().unwrap())
    }

    #[test]
    fn keys_texts_waits_in_their_order() {
        let text =
            "# a comment\n\ndown ctrl-s\ny c\ntype a b\nwait 2 s\npaste x  y\nuntil done\n#\nquit";
        let (mut script, start) = (Script::parse(text).unwrap(), start());
        let mut actions = Vec::new();
        while let Some(action) = script.next(start, "").unwrap() {
            actions.push(action);
        }
        assert_eq!(
            actions,
            [key("down"), key("ctrl-s"), key("y"), key("c"), key("a"), key("space"), key("b")]
        );
        let later = start + Duration::from_secs(2);
        assert_eq!(script.due(start), Some(later));
        assert_eq!(script.next(later, "").unwrap(), Some(Action::Paste("x  y".into())));
        assert_eq!(script.next(later, "not yet").unwrap(), None);
        assert_eq!(script.due(later), Some(later + LIMIT));
        assert_eq!(script.next(later, "it is done now").unwrap(), Some(Action::Quit));
        assert_eq!((script.next(later, "").unwrap(), script.due(later)), (None, None));
    }

    #[test]
    fn what_does_not_come_ends_it_and_a_pace_keeps_keys_apart() {
        let (mut script, start) =
            (Script::parse("limit 1.5 s # short\nuntil never").unwrap(), start());
        assert_eq!(script.next(start, ""), Ok(None));
        let error = script.next(start + Duration::from_millis(1500), "").unwrap_err();
        assert_eq!(error.to_string(), "line 2: \"never\" was not on the screen in 1.5s");
        let mut script = Script::parse("pace 80 ms\nj k").unwrap();
        assert_eq!(script.next(start, ""), Ok(Some(key("j"))));
        assert_eq!(script.next(start, ""), Ok(None));
        assert_eq!(script.next(start + Duration::from_millis(80), ""), Ok(Some(key("k"))));
    }

    #[test]
    fn lines_that_mean_nothing_are_errors_with_their_numbers() {
        for (text, line, word) in [
            ("j\nhyper-x", 2, "not a key, nor one of type"),
            ("wait", 1, "not a time"),
            ("wait 2 h", 1, "not a time"),
            ("wait 2000 min", 1, "more than an hour"),
            ("type", 1, "needs a text"),
            ("quit now", 1, "not a key"),
        ] {
            let error = Script::parse(text).unwrap_err();
            assert_eq!(error.line, line, "{text}");
            assert!(error.what.contains(word), "{text}: {error}");
        }
    }
}
