//! Finding a message by typed text.

use crate::screen::search::{Hit, search};
use swarmscope_facts::messages::{Known, all, known};
use swarmscope_peer::crawler::Registry;
use swarmscope_wire::MessageId;

/// The messages that `query` may mean, the likeliest first, with the characters of the name that
/// match: the id itself for a number, else names by how well they match; all of them for an empty
/// query.
#[must_use]
pub fn find(registry: &Registry, query: &str) -> Vec<(Known, Vec<u32>)> {
    let query = query.trim();
    let all = all(registry);
    if let Ok(number) = query.parse() {
        return vec![(known(registry, MessageId(number)), Vec::new())];
    }
    let hits = search(query, all.iter().map(|message| message.name.as_str()));
    hits.into_iter().map(|Hit { index, marks }| (all[index].clone(), marks)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(query: &str) -> Vec<String> {
        find(&Registry::default(), query).into_iter().map(|(known, _)| known.name).collect()
    }

    #[test]
    fn a_message_is_found_by_name_or_number() {
        assert_eq!(names("natc"), ["NATCHECK"]);
        assert_eq!(names("3"), ["NATCHECK"]);
        assert_eq!(names(" 41 "), ["41"], "any number can be sent");
        assert_eq!(names("256"), [""; 0]);
        assert_eq!(names("").len(), 11);
    }
}
