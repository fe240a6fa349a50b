//! What is looked for in a reply, and where it was found.

use crate::screen::input::Input;
use swarmscope_facts::reply::View;
use swarmscope_facts::reply::find::{Hit, MOST};
use swarmscope_peer::node::Ticket;

/// What is looked for, and where it was found.
#[derive(Clone, Default, Debug)]
pub struct Find {
    /// Empty: nothing is looked for.
    pub query: Input,
    pub(super) hits: Vec<Hit>,
    pub(super) at: usize,
    /// What the hits are of.
    pub(super) of: Option<(Ticket, View, String)>,
}

impl Find {
    /// Text is marked where it stands, except where bytes are looked for.
    #[must_use]
    pub fn text(&self) -> &str {
        if self.query.text().starts_with("hex:") { "" } else { self.query.text() }
    }

    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.query.text().is_empty()
    }

    /// The one that was gone to.
    #[must_use]
    pub fn hit(&self) -> Option<&Hit> {
        self.hits.get(self.at)
    }

    #[must_use]
    pub fn hits(&self) -> &[Hit] {
        &self.hits
    }

    /// `3 of 17`.
    #[must_use]
    pub fn count(&self) -> String {
        match self.hits.len() {
            0 => "not found".to_owned(),
            MOST => format!("{} of {MOST} or more", self.at + 1),
            all => format!("{} of {all}", self.at + 1),
        }
    }
}
