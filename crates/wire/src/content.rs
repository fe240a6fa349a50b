//! When two replies say the same: a digest over what a payload was read as, so that thousands of
//! replies can be put in groups while one of each is kept.
//!
//! Values count, not their encoding: a dictionary in another order, a pickle of another protocol or
//! a bencoded reply with equal values are the same. A payload that was not read to its end, or in
//! which something odd was found, is the same only as one with the same bytes: what was not looked
//! at may differ.
//!
//! Where every peer has other numbers, the same is told of the shape: the values with all numbers
//! left out.

use std::fmt;
use std::str::FromStr;

use data_encoding::HEXLOWER_PERMISSIVE;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::ErrorByte;
use super::decoded::Decoded;
use super::text;

/// Bytes of a digest that are kept: nobody finds two contents with the same 128 bits.
const KEPT: usize = 16;

/// The digest of a reply's content, or of its bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ContentId([u8; KEPT]);

/// SHA-256 of a payload, all of it: what other programs compute of the same bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Sha256Sum([u8; 32]);

impl Sha256Sum {
    /// Of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// As short as contents are told apart by.
    #[must_use]
    pub fn id(&self) -> ContentId {
        let mut kept = [0; KEPT];
        kept.copy_from_slice(&self.0[..KEPT]);
        ContentId(kept)
    }

    /// Another one, that says nothing of the bytes to those without `key`.
    #[must_use]
    pub fn keyed(self, key: &[u8]) -> Self {
        Self(Sha256::new().chain_update(key).chain_update(self.0).finalize().into())
    }
}

/// All 64 digits.
impl fmt::Display for Sha256Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::hex(&self.0))
    }
}

impl ContentId {
    /// Of the bytes as they are.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Sha256Sum::of(bytes).id()
    }

    /// Of what a reply says: its error byte, its values but for those of the `volatile` members,
    /// and what was odd about them. `bytes` is the digest of the payload, `whole` whether a decoder
    /// could read all of it.
    #[must_use]
    pub fn of_reply(
        error: ErrorByte,
        decoded: &Decoded,
        whole: bool,
        bytes: Self,
        volatile: &[&str],
    ) -> Self {
        let mut hash = Sha256::new().chain_update([error.0]);
        Counted { numbers: true, volatile }.add(&mut hash, &decoded.json);
        if !whole || !decoded.notes.is_empty() {
            hash.update(bytes.0);
        }
        Self::from_hash(hash)
    }

    /// As [`Self::of_reply`] but for its numbers, those in texts too: two addresses or two counts
    /// are the same, two words are not.
    #[must_use]
    pub fn of_shape(error: ErrorByte, decoded: &Decoded, whole: bool, volatile: &[&str]) -> Self {
        let mut hash = Sha256::new().chain_update([error.0, u8::from(whole)]);
        Counted { numbers: false, volatile }.add(&mut hash, &decoded.json);
        for note in &decoded.notes {
            add_text(&mut hash, *b"s", &without_numbers(&note.text));
        }
        Self::from_hash(hash)
    }

    /// A digest that says nothing of the content to those without `key`, and stays the same under
    /// it: without one, who has a guess at a content could check it.
    #[must_use]
    pub fn keyed(self, key: &[u8]) -> Self {
        Self::from_hash(Sha256::new().chain_update(key).chain_update(self.0))
    }

    /// `15f9…`: enough to tell groups on a screen apart.
    #[must_use]
    pub fn short(&self) -> String {
        format!("{}…", text::hex(&self.0[..2]))
    }

    fn from_hash(hash: Sha256) -> Self {
        let mut kept = [0; KEPT];
        kept.copy_from_slice(&hash.finalize()[..KEPT]);
        Self(kept)
    }
}

/// All 32 digits.
impl fmt::Display for ContentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::hex(&self.0))
    }
}

impl From<ContentId> for String {
    fn from(id: ContentId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for ContentId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// # Errors
/// Anything but 32 hexadecimal digits.
impl FromStr for ContentId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bytes = HEXLOWER_PERMISSIVE
            .decode(text.as_bytes())
            .ok()
            .and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| format!("a digest has {} hexadecimal digits", 2 * KEPT))
    }
}

impl fmt::Debug for ContentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentId({})", self.short())
    }
}

/// `#.#.#.#` for `198.51.100.23`, `#` for `-1`.
fn without_numbers(text: &str) -> String {
    let mut shape = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '0'..='9' if shape.ends_with('#') => {}
            '0'..='9' => {
                if shape.ends_with('-') {
                    shape.pop();
                }
                shape.push('#');
            }
            other => shape.push(other),
        }
    }
    shape
}

/// How much of a value counts.
struct Counted<'a> {
    numbers: bool,
    /// Names of members whose values don't count, wherever they stand.
    volatile: &'a [&'a str],
}

impl Counted<'_> {
    /// Adds a value so that no two values give the same bytes: kinds are told apart, lengths stand
    /// before what they count, members stand in the order of their names. No deeper than the value,
    /// whose depth is bounded where it is made.
    fn add(&self, hash: &mut Sha256, value: &Value) {
        match value {
            Value::Null => hash.update(b"n"),
            Value::Bool(value) => hash.update(if *value { b"t" } else { b"f" }),
            Value::Number(_) if !self.numbers => hash.update(b"i"),
            Value::String(text) if !self.numbers => add_text(hash, *b"s", &without_numbers(text)),
            Value::Number(number) => add_text(hash, *b"i", &number.to_string()),
            Value::String(text) => add_text(hash, *b"s", text),
            Value::Array(items) => {
                add_length(hash, *b"l", items.len());
                for item in items {
                    self.add(hash, item);
                }
            }
            Value::Object(members) => {
                add_length(hash, *b"d", members.len());
                let mut members: Vec<_> = members.iter().collect();
                members.sort_unstable_by_key(|(name, _)| *name);
                for (name, value) in members {
                    add_text(hash, *b"s", name);
                    if self.volatile.contains(&name.as_str()) {
                        hash.update(b"v");
                    } else {
                        self.add(hash, value);
                    }
                }
            }
        }
    }
}

fn add_length(hash: &mut Sha256, kind: [u8; 1], length: usize) {
    hash.update(kind);
    hash.update((length as u64).to_be_bytes());
}

fn add_text(hash: &mut Sha256, kind: [u8; 1], text: &str) {
    add_length(hash, kind, text.len());
    hash.update(text);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::formats;
    use super::super::note::{Note, NoteKind};
    use super::*;

    fn id(payload: &[u8]) -> ContentId {
        ContentId::of_reply(
            ErrorByte::SUCCESS,
            &formats::decode(payload),
            true,
            ContentId::of_bytes(payload),
            &[],
        )
    }

    fn of_value(json: Value) -> ContentId {
        let decoded = Decoded { json, ..Decoded::default() };
        ContentId::of_reply(ErrorByte::SUCCESS, &decoded, true, ContentId::default(), &[])
    }

    #[test]
    fn the_encoding_of_equal_values_does_not_count() {
        let bencode = id(b"l1:ai1ee");
        assert_eq!(id(b"(lp0\nS'a'\np1\naI1\na."), bencode, "a pickle of protocol 0");
        assert_eq!(id(b"\x80\x02]q\x00(U\x01aK\x01e."), bencode, "and of protocol 2");
        assert_ne!(id(b"l1:bi1ee"), bencode);
        assert_eq!(of_value(json!({"a": 1, "b": 2})), of_value(json!({"b": 2, "a": 1})));
    }

    #[test]
    fn values_that_look_alike_are_told_apart() {
        let all = [
            json!(null),
            json!(true),
            json!(1),
            json!(1.0),
            json!("1"),
            json!([]),
            json!([1]),
            json!([[1]]),
            json!(["a", "b"]),
            json!(["ab"]),
            json!(["a,b"]),
            json!({}),
            json!({"a": "b"}),
            json!(["a", "b", []]),
        ];
        let ids: std::collections::HashSet<_> = all.iter().cloned().map(of_value).collect();
        assert_eq!(ids.len(), all.len());
    }

    #[test]
    fn the_shape_of_an_answer_has_no_numbers() {
        let shape = |payload: &[u8]| {
            ContentId::of_shape(ErrorByte::SUCCESS, &formats::decode(payload), true, &[])
        };
        let nat = shape(b"l13:Symmetric NATi-1ei55e13:198.51.100.23e");
        assert_eq!(shape(b"l13:Symmetric NATi3ei115e9:10.0.0.17e"), nat);
        assert_ne!(shape(b"l13:Open Internet.i3ei115e9:10.0.0.17e"), nat);
        assert_ne!(shape(b"l13:Symmetric NATi3ei115ee"), nat, "fewer values");
        assert_eq!(without_numbers("a1b22-3c"), "a#b##c");
    }

    #[test]
    fn volatile_members_do_not_count_wherever_they_stand() {
        let nat = |json: Value, volatile: &[&str]| {
            let decoded = Decoded { json, ..Decoded::default() };
            let bytes = ContentId::default();
            let content = ContentId::of_reply(ErrorByte::SUCCESS, &decoded, true, bytes, volatile);
            (content, ContentId::of_shape(ErrorByte::SUCCESS, &decoded, true, volatile))
        };
        let one =
            json!({"type": "Open Internet", "port": 1, "measured": {"at": "today", "ip": "a"}});
        let other =
            json!({"type": "Open Internet", "port": 2, "measured": {"at": "tomorrow", "ip": "b"}});
        assert_ne!(nat(one.clone(), &[]).0, nat(other.clone(), &[]).0);
        assert_ne!(nat(one.clone(), &["port", "at"]).1, nat(other.clone(), &["port", "at"]).1);
        assert_eq!(nat(one.clone(), &["port", "at", "ip"]), nat(other, &["port", "at", "ip"]));
        let less = json!({"type": "Open Internet", "port": 1, "measured": {"at": "today"}});
        assert_ne!(
            nat(one, &["port", "at", "ip"]).0,
            nat(less, &["port", "at", "ip"]).0,
            "that it is there counts"
        );
    }

    #[test]
    fn what_was_not_read_to_its_end_goes_by_its_bytes() {
        let decoded = formats::decode(b"le");
        let of = |whole, bytes: &[u8]| {
            ContentId::of_reply(
                ErrorByte::SUCCESS,
                &decoded,
                whole,
                ContentId::of_bytes(bytes),
                &[],
            )
        };
        assert_eq!(of(true, b"one"), of(true, b"other"));
        assert_ne!(of(false, b"one"), of(false, b"other"));
        let odd = Decoded {
            notes: vec![Note::new(NoteKind::LeftOut, "the JSON ends early")],
            ..decoded.clone()
        };
        let of_odd = |bytes: &[u8]| {
            ContentId::of_reply(ErrorByte::SUCCESS, &odd, true, ContentId::of_bytes(bytes), &[])
        };
        assert_ne!(of_odd(b"one"), of_odd(b"other"));
        let other =
            ContentId::of_reply(ErrorByte(1), &decoded, true, ContentId::of_bytes(b"one"), &[]);
        assert_ne!(other, of(true, b"one"), "an error is not an answer");
    }

    #[test]
    fn a_digest_is_short_on_the_screen_and_whole_in_files() {
        let id = ContentId::of_bytes(b"abc");
        assert_eq!(id.short(), "ba78…");
        assert_eq!(id.to_string(), "ba7816bf8f01cfea414140de5dae2223");
        assert_eq!(id.to_string().parse(), Ok(id));
        for wrong in
            ["", "ba78", "+a7816bf8f01cfea414140de5dae2223", "ga7816bf8f01cfea414140de5dae2223"]
        {
            assert!(wrong.parse::<ContentId>().is_err(), "{wrong}");
        }
        assert_ne!(id.keyed(b"key"), id);
        assert_eq!(id.keyed(b"key"), id.keyed(b"key"));
        assert_ne!(id.keyed(b"key"), id.keyed(b"yek"));
    }
}
