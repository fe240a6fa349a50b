//! What was odd or hostile about a peer: the newest things, each with when it was seen last.

use crate::news::News;
use crate::now::Now;

/// Different things that are kept of a peer: whoever invents new ones takes the place of his own.
const MOST: usize = 3;

/// One odd thing.
#[derive(Clone, Debug)]
pub struct Odd {
    /// What it is.
    pub news: News,
    /// When it was seen last.
    pub at: Now,
}

/// Notes an odd thing: one that was seen before is the newest again.
pub(crate) fn note(odd: &mut Vec<Odd>, news: News, at: Now) {
    odd.retain(|before| before.news.what != news.what);
    if odd.len() == MOST {
        odd.remove(0);
    }
    odd.push(Odd { news, at });
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // the clock's origin: only differences count
mod tests {
    use std::time::{Instant, SystemTime};

    use super::*;
    use crate::news::{Kind, What};

    #[test]
    fn the_newest_different_things_are_kept() {
        let at = Now { instant: Instant::now(), wall: SystemTime::UNIX_EPOCH };
        let mut odd = Vec::new();
        for what in ["a", "b", "a", "c", "d", "d"] {
            let news = News::new(None, Kind::Signal, What::Notice(what.to_owned()));
            note(&mut odd, news, at);
        }
        let kept: Vec<_> = odd.into_iter().map(|odd| odd.news.what).collect();
        assert_eq!(kept, ["a", "c", "d"].map(|what| What::Notice(what.to_owned())));
    }
}
