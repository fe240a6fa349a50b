//! The operator's notes on peers: a line each, by permid, for this user's eyes only. They are never
//! sent.

use std::collections::HashMap;

use swarmscope_wire::Permid;

use crate::words;

/// Notes kept at most: more than anybody writes by hand.
const MOST: usize = 10_000;
/// Characters of one note.
pub const LONGEST: usize = 500;

/// All notes.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Notes {
    by_permid: HashMap<Permid, String>,
}

impl Notes {
    /// The note on this peer.
    #[must_use]
    pub fn get(&self, permid: &Permid) -> Option<&str> {
        self.by_permid.get(permid).map(String::as_str)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_permid.is_empty()
    }

    /// All of them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&Permid, &str)> {
        self.by_permid.iter().map(|(permid, note)| (permid, note.as_str()))
    }

    /// Writes a note; an empty one takes it away.
    ///
    /// # Errors
    /// There are too many, in words.
    pub fn set(&mut self, permid: Permid, text: &str) -> Result<(), String> {
        let text: String = words::clean(text).trim().chars().take(LONGEST).collect();
        if text.is_empty() {
            self.by_permid.remove(&permid);
            return Ok(());
        }
        if self.by_permid.len() >= MOST && !self.by_permid.contains_key(&permid) {
            return Err(format!("{MOST} notes exist: delete one first"));
        }
        self.by_permid.insert(permid, text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_bounded() {
        let mut notes = Notes::default();
        for n in 0..u32::try_from(MOST).unwrap() {
            let mut key = [0; 32];
            key[..4].copy_from_slice(&n.to_le_bytes());
            notes.set(Permid::Ed25519(key), "x").unwrap();
        }
        assert!(notes.set(Permid::Sect233k1([2; 60]), "x").is_err());
        assert!(
            notes.set(Permid::Ed25519([0; 32]), &"x".repeat(5000)).is_ok(),
            "those that are there can be edited"
        );
        assert_eq!(notes.get(&Permid::Ed25519([0; 32])).map(str::len), Some(LONGEST));
    }
}
