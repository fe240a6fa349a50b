//! Which peers the list shows. Every word must be found somewhere in what is shown of a peer.
//!
//! A word is a term; a typed one (`nat:sym`, `v:17`) will be another kind of term.

use super::peers::{Peer, State};
use crate::node::PeerKey;

/// One condition.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Term {
    /// In lower case.
    Substring(String),
}

/// A filter, read from what was typed.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Filter {
    terms: Vec<Term>,
}

impl Filter {
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self { terms: text.split_whitespace().map(|word| Term::Substring(word.to_lowercase())).collect() }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether a peer is shown. With `privacy` its address is not looked at either.
    #[must_use]
    pub fn shows(&self, peer: &Peer, privacy: bool) -> bool {
        if self.is_empty() {
            return true;
        }
        let text = searchable(peer, privacy);
        self.terms.iter().all(|Term::Substring(word)| text.contains(word))
    }
}

/// All that a word is looked for in, in lower case.
fn searchable(peer: &Peer, privacy: bool) -> String {
    let mut words = Vec::new();
    match &peer.key {
        PeerKey::Permid(permid) => words.extend([permid.hex(), permid.short(), permid.to_string()]),
        PeerKey::Address(address) if !privacy => words.push(address.clone()),
        PeerKey::Address(_) => {}
    }
    if let Some(address) = peer.address.filter(|_| !privacy) {
        words.push(address.to_string());
    }
    if let Some(version) = peer.version {
        words.push(format!("{version} {}", if version.is_encrypted() { "tls" } else { "clear" }));
    }
    words.extend(peer.nat.clone());
    words.extend(peer.label.clone());
    words.push(state_word(&peer.state).to_owned());
    words.join("\n").to_lowercase()
}

/// The word for a state, as in the list at its narrowest.
#[must_use]
pub const fn state_word(state: &State) -> &'static str {
    match state {
        State::Heard => "heard of",
        State::Connecting { .. } => "connecting",
        State::Connected { .. } => "connected",
        State::Gone { .. } => "gone",
        State::Refused { .. } => "refused",
        State::Failed { .. } => "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{OverlayVersion, Permid};

    fn peer() -> Peer {
        let mut peer = Peer::new(PeerKey::Permid(Permid::Ed25519([0x9f; 32])));
        peer.address = Some("10.1.2.3:7760".parse().unwrap());
        peer.version = Some(OverlayVersion(18));
        peer.nat = Some("Symmetric".into());
        peer.label = Some("tour".into());
        peer
    }

    #[test]
    fn every_word_must_be_found_somewhere() {
        for (text, shown) in [
            ("", true),
            ("9f9f…9f", true),
            ("9F9F9F", true),
            ("10.1.2", true),
            ("18 tls", true),
            ("sym tour heard", true),
            ("sym clear", false),
            ("nothing", false),
        ] {
            assert_eq!(Filter::parse(text).shows(&peer(), false), shown, "{text:?}");
        }
    }

    #[test]
    fn privacy_hides_addresses_from_the_filter_too() {
        assert!(!Filter::parse("10.1.2.3").shows(&peer(), true));
    }
}
