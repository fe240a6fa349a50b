//! Fuzzy search in a short list.

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// An entry that matches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hit {
    /// Its place in the list.
    pub index: usize,
    /// The matching characters, in order.
    pub marks: Vec<u32>,
}

/// The entries that match, best first; all of them in their order for an empty query.
pub fn search<'a>(query: &str, entries: impl Iterator<Item = &'a str>) -> Vec<Hit> {
    if query.is_empty() {
        return entries.enumerate().map(|(index, _)| Hit { index, marks: Vec::new() }).collect();
    }
    let pattern = Pattern::new(query, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut scored: Vec<(u32, Hit)> = entries
        .enumerate()
        .filter_map(|(index, entry)| {
            let mut marks = Vec::new();
            let score =
                pattern.indices(Utf32Str::new(entry, &mut Vec::new()), &mut matcher, &mut marks)?;
            marks.sort_unstable();
            marks.dedup();
            Some((score, Hit { index, marks }))
        })
        .collect();
    scored.sort_by_key(|(score, hit)| (std::cmp::Reverse(*score), hit.index));
    scored.into_iter().map(|(_, hit)| hit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 5] = ["DATABASE", "SEEDINGSTATS", "NATCHECK", "NATTRAVERSAL", "PUNCTURE"];

    #[test]
    fn names_that_begin_with_the_query_come_first() {
        let found: Vec<&str> =
            search("na", NAMES.into_iter()).iter().map(|hit| NAMES[hit.index]).collect();
        assert_eq!(found[..2], ["NATCHECK", "NATTRAVERSAL"]);
        assert_eq!(search("na", NAMES.into_iter())[0].marks, [0, 1]);
    }

    #[test]
    fn an_empty_query_finds_all_and_nonsense_none() {
        assert_eq!(search("", NAMES.into_iter()).len(), 5);
        assert_eq!(search("xyz", NAMES.into_iter()), []);
    }
}
