//! Looking for words and patterns in what is shown of a peer, without making a text of it first: a
//! filter may have to look at fifty thousand peers between two frames.

use regex::{Regex, RegexBuilder};

use super::field::{client, with_address};
use super::state_word;
use crate::peer::Peer;
use crate::present::Present;
use swarmscope_peer::node::PeerKey;
use swarmscope_wire::Permid;

/// Bytes that a compiled pattern may take, and the tables made while it runs.
const PATTERN_SIZE: usize = 256 << 10;
/// Letters from which on a word is looked for in the base64 of permids: shorter ones are in too
/// many of them.
const BASE64_FROM: usize = 8;

/// A text that is looked for, whatever the case of its letters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Needle {
    lower: String,
    /// As it was written.
    text: String,
    /// Only hexadecimal digits, and the `…` of the short form.
    hex: bool,
    /// Only what addresses are written with.
    address: bool,
}

impl Needle {
    #[must_use]
    pub fn new(text: &str) -> Self {
        let only = |also: &str| text.chars().all(|c| c.is_ascii_hexdigit() || also.contains(c));
        Self {
            lower: text.to_lowercase(),
            text: text.to_owned(),
            hex: only("…"),
            address: only(".:[]"),
        }
    }

    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        contains(text, &self.lower)
    }

    /// Whether it names a type of NAT: by the beginning of the short name, or by the long one.
    #[must_use]
    pub fn names(&self, nat: &str) -> bool {
        let letters = |text: &str| {
            text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase()
        };
        let (wanted, nat) = (letters(&self.lower), letters(nat));
        nat.starts_with(&wanted) || !nat.is_empty() && wanted.starts_with(&nat)
    }
}

/// Whether `lower`, which is in lower case, is in the text.
fn contains(text: &str, lower: &str) -> bool {
    if !text.is_ascii() {
        return text.to_lowercase().contains(lower);
    }
    let (text, lower) = (text.as_bytes(), lower.as_bytes());
    let Some((first, rest)) = lower.split_first() else { return true };
    text.len() >= lower.len()
        && (0..=text.len() - lower.len()).any(|at| {
            text[at].to_ascii_lowercase() == *first
                && text[at + 1..at + lower.len()].eq_ignore_ascii_case(rest)
        })
}

/// A regular expression, limited in size: it takes time in proportion to the text, never more.
#[derive(Clone, Debug)]
pub struct Pattern {
    regex: Regex,
}

impl Pattern {
    /// # Errors
    /// Why it is none, in a few words.
    pub fn new(pattern: &str) -> Result<Self, String> {
        let mut builder = RegexBuilder::new(pattern);
        builder
            .case_insensitive(true)
            .size_limit(PATTERN_SIZE)
            .dfa_size_limit(PATTERN_SIZE)
            .nest_limit(40);
        let why = |error: regex::Error| match error {
            regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
            other => {
                let text = other.to_string();
                let last = text.lines().last().unwrap_or_default();
                crate::words::clean(last.trim_start_matches("error: "))
            }
        };
        builder.build().map(|regex| Self { regex }).map_err(why)
    }

    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

/// Whether a word is somewhere in what is shown of a peer.
pub fn found(needle: &Needle, facts: &Present, peer: &Peer) -> bool {
    let text = |text: Option<&str>| text.is_some_and(|text| needle.is_in(text));
    peer.permid().is_some_and(|permid| is_permid(needle, &permid))
        || text(peer.nat.as_deref())
        || text(client(peer))
        || text(peer.label.as_deref())
        || text(facts.note(peer))
        || needle.is_in(state_word(&peer.state))
        || version(peer, |text| needle.is_in(text))
        || by_address(needle, facts, peer)
}

fn by_address(needle: &Needle, facts: &Present, peer: &Peer) -> bool {
    match &peer.key {
        PeerKey::Permid(_) => {
            needle.address && with_address(facts, peer, |address| needle.is_in(address))
        }
        PeerKey::Address(_) => with_address(facts, peer, |address| needle.is_in(address)),
    }
}

fn version(peer: &Peer, is: impl Fn(&str) -> bool) -> bool {
    let Some(version) = peer.version else { return false };
    let kind = if version.is_encrypted() { "tls" } else { "clear" };
    let mut number = [0; 5];
    is(decimal(version.0, &mut number)) || is(kind)
}

/// A number's digits.
fn decimal(mut number: u16, digits: &mut [u8; 5]) -> &str {
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
        if number == 0 {
            return std::str::from_utf8(&digits[at..]).unwrap_or_default();
        }
    }
}

/// Whether a word is in the hexadecimal form of a permid, in its short form, or in its base64.
pub fn is_permid(needle: &Needle, permid: &Permid) -> bool {
    if needle.hex {
        let key: &[u8] = match permid {
            Permid::Ed25519(key) => key,
            Permid::Sect233k1(point) => &point[1..],
        };
        let mut hex = [0; 120];
        for (digits, byte) in hex.chunks_exact_mut(2).zip(key) {
            digits[0] = b"0123456789abcdef"[usize::from(byte >> 4)];
            digits[1] = b"0123456789abcdef"[usize::from(byte & 15)];
        }
        let hex = std::str::from_utf8(&hex[..2 * key.len()]).unwrap_or_default();
        if hex.contains(needle.lower.as_str())
            || needle.lower.contains('…') && permid.short().contains(&needle.lower)
        {
            return true;
        }
    }
    needle.text.len() >= BASE64_FROM && permid.to_string().contains(&needle.text)
}

/// Whether a pattern is somewhere in what is shown of a peer.
pub fn matched(pattern: &Pattern, facts: &Present, peer: &Peer) -> bool {
    let text = |text: Option<&str>| text.is_some_and(|text| pattern.is_in(text));
    peer.permid().is_some_and(|permid| pattern.is_in(&permid.hex()))
        || text(peer.nat.as_deref())
        || text(peer.label.as_deref())
        || text(facts.note(peer))
        || pattern.is_in(state_word(&peer.state))
        || version(peer, |text| pattern.is_in(text))
        || with_address(facts, peer, |address| pattern.is_in(address))
}
