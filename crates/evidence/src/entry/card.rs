//! A signal that was found outside a case, as the case may hold it.

use serde_json::Value;
use swarmscope_wire::{ContentId, Permid};

use super::Entries;
use crate::signals::Card;

impl Entries {
    /// The card, its peers named as in this case. Where addresses are hidden, none is left in its
    /// words, and digests of replies are keyed: they would confirm a guess.
    #[must_use]
    pub fn card(&self, card: &Card) -> Card {
        if self.keeps.addresses {
            return card.clone();
        }
        let mut masked = serde_json::to_value(card).unwrap_or_default();
        self.words(&mut masked);
        let mut masked: Card = serde_json::from_value(masked).expect("a card with other texts");
        masked.members = card.members.iter().map(|member| self.member(member)).collect();
        masked.replies = card.replies.iter().map(|reply| self.digest(reply)).collect();
        masked
    }

    fn member(&self, member: &str) -> String {
        match Permid::from_base64(member) {
            Ok(permid) => self.peer(&permid),
            Err(_) if member.contains("://") => self.place(member),
            Err(_) => self.text(member),
        }
    }

    /// As replies of this case have it where it is one of what they say.
    fn digest(&self, digest: &str) -> String {
        let id = digest.parse().unwrap_or_else(|_| ContentId::of_bytes(digest.as_bytes()));
        self.mask.content(id).to_string()
    }

    fn words(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.words(item)),
            Value::Object(members) => members.values_mut().for_each(|value| self.words(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}
