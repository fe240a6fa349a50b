//! A signal that was found outside a case, as the case may hold it.

use serde_json::Value;
use swarmscope_wire::{ContentId, Permid};

use super::Entries;
use crate::signals::Card;

/// Digits of a digest by which cards tell answers apart.
const BEGINNING: usize = 8;

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

    /// Cards tell answers apart by how their digests begin, as `1f3a09c4…` and at the end of their
    /// id: of four thousand million addresses that one might guess, that leaves one.
    fn beginnings(&self, text: &str) -> String {
        let mut rest = text;
        let mut masked = String::new();
        while let Some(end) = rest.find('…') {
            masked += &self.without_beginning(&rest[..end]);
            masked.push('…');
            rest = &rest[end + '…'.len_utf8()..];
        }
        let in_id = rest.rsplit_once('/').is_some_and(|(_, last)| last.len() == BEGINNING);
        masked + &if in_id { self.without_beginning(rest) } else { rest.to_owned() }
    }

    /// A text whose last digits are another digest's, if they begin one.
    fn without_beginning(&self, text: &str) -> String {
        let Some((before, digits)) =
            text.len().checked_sub(BEGINNING).and_then(|at| text.split_at_checked(at))
        else {
            return text.to_owned();
        };
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return text.to_owned();
        }
        let keyed = self.mask.content(ContentId::of_bytes(digits.as_bytes())).to_string();
        before.to_owned() + keyed.get(..BEGINNING).unwrap_or_default()
    }

    fn words(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.beginnings(&self.text(text)),
            Value::Array(items) => items.iter_mut().for_each(|item| self.words(item)),
            Value::Object(members) => members.values_mut().for_each(|value| self.words(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}
