//! The last keys and what they did, for those who watch.

use std::collections::VecDeque;
use std::time::Duration;

use swarmscope_facts::Now;

/// Keys shown at most.
const MOST: usize = 5;
/// How long a key stays.
const STAYS: Duration = Duration::from_secs(6);
/// Typed characters shown of one text.
const LONGEST: usize = 24;

/// One key, or the characters of a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cast {
    pub keys: String,
    /// The command's name; empty for what is typed.
    pub command: &'static str,
    at: Now,
}

/// The newest keys, whether they are shown or not.
#[derive(Clone, Default, Debug)]
pub struct KeyCast {
    /// Whether the screen shows them.
    pub on: bool,
    newest: VecDeque<Cast>,
}

impl KeyCast {
    /// Keys that ran a command.
    pub fn command(&mut self, now: Now, keys: String, command: &'static str) {
        self.push(Cast { keys, command, at: now });
    }

    /// A character that was typed into a text, or another key that means nothing but itself.
    pub fn typed(&mut self, now: Now, key: &str) {
        match self.newest.back_mut().filter(|last| last.command.is_empty()) {
            Some(last) => {
                last.at = now;
                last.keys.push_str(key);
                let over = last.keys.chars().count().saturating_sub(LONGEST);
                last.keys = last.keys.chars().skip(over).collect();
            }
            None => self.push(Cast { keys: key.to_owned(), command: "", at: now }),
        }
    }

    /// Forgets all keys: time has gone back.
    pub fn forget(&mut self) {
        self.newest.clear();
    }

    fn push(&mut self, cast: Cast) {
        if self.newest.len() == MOST {
            self.newest.pop_front();
        }
        self.newest.push_back(cast);
    }

    /// Those of the last seconds, newest last; none while they are not to be shown.
    #[must_use]
    pub fn shown(&self, now: Now) -> impl DoubleEndedIterator<Item = &Cast> {
        let fresh =
            move |cast: &&Cast| now.instant.saturating_duration_since(cast.at.instant) < STAYS;
        self.newest.iter().filter(|_| self.on).filter(fresh)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Instant, UNIX_EPOCH};

    #[allow(clippy::disallowed_methods)] // any moment will do
    fn now() -> Now {
        Now { instant: Instant::now(), wall: UNIX_EPOCH }
    }

    #[test]
    fn typed_characters_make_one_text_and_old_keys_go() {
        let (mut cast, start) = (KeyCast { on: true, ..KeyCast::default() }, now());
        cast.command(start, "r".into(), "request");
        for c in ["n", "a", "t"] {
            cast.typed(start, c);
        }
        for _ in 0..3 {
            cast.command(start, "enter".into(), "send");
        }
        let shown: Vec<_> =
            cast.shown(start).map(|cast| (cast.keys.as_str(), cast.command)).collect();
        assert_eq!(
            shown,
            [
                ("r", "request"),
                ("nat", ""),
                ("enter", "send"),
                ("enter", "send"),
                ("enter", "send")
            ]
        );
        let later = Now { instant: start.instant + STAYS, ..start };
        assert_eq!(cast.shown(later).count(), 0);
        cast.command(later, "j".into(), "down");
        assert_eq!(cast.shown(later).count(), 1);
        cast.on = false;
        assert_eq!(cast.shown(later).count(), 0);
    }
}
