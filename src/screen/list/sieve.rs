//! The filter in force, and what can be said about the one that is typed.

use swarmscope_facts::list::filter::{Candidate, Completion, Filter, FilterError};

/// Filters that were kept before in this run, for the arrows.
const RECENT: usize = 50;

/// The filter in force, and what can be said about the one that is typed.
#[derive(Clone, Default, Debug)]
pub struct Sieve {
    filter: Filter,
    /// What is wrong with the text; the filter before it stays in force.
    pub error: Option<FilterError>,
    /// What could stand at the cursor, where a filter is typed.
    pub completion: Completion,
    /// The candidate that `tab` has put in.
    pub chosen: Option<usize>,
    /// Newest last.
    pub(super) recent: Vec<String>,
    /// How far back among them, and what was typed before that.
    pub(super) back: Option<(usize, String)>,
}

impl Sieve {
    /// The filter in force.
    #[must_use]
    pub const fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Takes a text. Of one that is in error, what stands before the word with the error is in
    /// force, where that can be read; else the filter stays as it is.
    pub fn read(&mut self, text: &str) {
        match Filter::parse(text) {
            Ok(filter) => (self.filter, self.error) = (filter, None),
            Err(error) => {
                let before = text.get(..error.at.start).unwrap_or_default();
                let word = before.rfind(char::is_whitespace).unwrap_or(0);
                if let Ok(filter) = Filter::parse(&before[..word]) {
                    self.filter = filter;
                }
                self.error = Some(error);
            }
        }
    }

    /// The candidates at the cursor.
    #[must_use]
    pub fn candidates(&self) -> &[Candidate] {
        &self.completion.candidates
    }

    pub(super) fn remember(&mut self, text: &str) {
        let text = text.trim();
        self.back = None;
        if text.is_empty() || self.error.is_some() {
            return;
        }
        self.recent.retain(|recent| recent != text);
        self.recent.push(text.to_owned());
        if self.recent.len() > RECENT {
            self.recent.remove(0);
        }
    }
}
