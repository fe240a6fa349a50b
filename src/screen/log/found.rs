//! What the log's filter finds.

use std::collections::VecDeque;

use super::{Line, Log};
use swarmscope_peer::node::PeerKey;

/// The lines that the log's filter finds, kept up to date: a line is put into words once, and not
/// whenever another one comes.
#[derive(Clone, Default, Debug)]
pub struct Found {
    /// What is looked for: the filter, and whether names are hidden.
    of: (String, bool),
    /// Numbers of the lines found, oldest first.
    numbers: VecDeque<u64>,
    /// Up to which line all were looked at.
    upto: u64,
}

impl Found {
    /// Looks at what is new.
    pub(in crate::screen) fn update(
        &mut self,
        log: &mut Log,
        of: (&str, bool),
        name_of: impl Fn(&PeerKey) -> String,
    ) {
        if (self.of.0.as_str(), self.of.1) != of {
            *self = Self { of: (of.0.to_owned(), of.1), ..Self::default() };
        }
        let words: Vec<String> = of.0.split_whitespace().map(str::to_lowercase).collect();
        let oldest = log.lines.front().map_or(u64::MAX, |line| line.number);
        while self.numbers.front().is_some_and(|number| *number < oldest) {
            self.numbers.pop_front();
        }
        for number in std::mem::take(&mut log.renamed) {
            if let Some(line) = log.numbered(number).filter(|_| number <= self.upto) {
                let place = self.numbers.binary_search(&number);
                match (place, has(line, &words, &name_of)) {
                    (Ok(at), false) => drop(self.numbers.remove(at)),
                    (Err(at), true) => self.numbers.insert(at, number),
                    _ => {}
                }
            }
        }
        let new = log.lines.iter().rev().take_while(|line| line.number > self.upto).count();
        for line in log.lines.range(log.lines.len() - new..) {
            if has(line, &words, &name_of) {
                self.numbers.push_back(line.number);
            }
        }
        self.upto = log.newest;
    }

    /// Numbers of the lines found, oldest first.
    pub(in crate::screen) const fn numbers(&self) -> &VecDeque<u64> {
        &self.numbers
    }

    /// How many of them come after a line.
    pub(in crate::screen) fn after(&self, number: u64) -> usize {
        self.numbers.len() - self.numbers.partition_point(|found| *found <= number)
    }
}

/// Whether a line has all words: in what happened, to whom, its code, its kind.
fn has(line: &Line, words: &[String], name_of: impl Fn(&PeerKey) -> String) -> bool {
    if words.is_empty() {
        return true;
    }
    let who = line.peer.as_ref().map(name_of).unwrap_or_default();
    let code = line.next.map_or("", |(code, _)| code);
    let text = format!("{who} {} {code} {}", line.text, line.kind.word()).to_lowercase();
    words.iter().all(|word| text.contains(word))
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // the clock's origin: only differences count
mod tests {
    use std::cell::Cell;
    use std::time::{Instant, SystemTime};

    use super::super::{Kind, MOST_LINES};
    use super::*;
    use swarmscope_facts::Now;

    #[test]
    fn a_line_is_put_into_words_once() {
        let now = Now { instant: Instant::now(), wall: SystemTime::UNIX_EPOCH };
        let key = |n: u64| PeerKey::Address(format!("peer-{n}"));
        let (mut log, mut found, named) = (Log::default(), Found::default(), Cell::new(0));
        let name_of = |key: &PeerKey| {
            named.set(named.get() + 1);
            let PeerKey::Address(name) = key else { panic!() };
            name.clone()
        };
        let all = 2 * MOST_LINES as u64;
        for n in 1..=all {
            log.add(now, Kind::Plain, Some(&key(n % 10)), format!("line {n}"), None);
            found.update(&mut log, ("line peer-3", false), name_of);
        }
        assert_eq!(named.get(), all, "each line once, and not the whole log with each");
        assert_eq!(found.numbers.len(), MOST_LINES / 10);
        assert_eq!(found.after(all - 20), 2);
        log.rename(&key(3), &key(30));
        log.rename(&key(4), &key(31));
        log.rename(&key(5), &key(55));
        found.update(&mut log, ("line peer-3", false), name_of);
        assert_eq!(found.numbers.len(), 2 * MOST_LINES / 10, "both are called like that now");
        found.update(&mut log, ("line peer-5", false), name_of);
        assert_eq!(found.numbers.len(), MOST_LINES / 10, "another filter");
    }
}
