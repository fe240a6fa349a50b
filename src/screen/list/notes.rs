//! The operator's notes on peers: a line each, by permid, for this user's eyes only. They are never sent.

use std::collections::HashMap;

use crate::screen::kept::{at_line, parse};
use crate::screen::words;
use swarmscope_wire::Permid;

/// Notes kept at most: more than anybody writes by hand.
const MOST: usize = 10_000;
/// Characters of one note.
pub const LONGEST: usize = 500;
/// What stands above them in their file.
const ABOVE: &str =
    "# swarmscope: notes on peers, by permid. Written by the program; edit it while that is not running.\n";

/// All notes.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Notes {
    by_permid: HashMap<Permid, String>,
}

impl Notes {
    #[must_use]
    pub fn get(&self, permid: &Permid) -> Option<&str> {
        self.by_permid.get(permid).map(String::as_str)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_permid.is_empty()
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
            return Err(format!("there are {MOST} notes: take one away first"));
        }
        self.by_permid.insert(permid, text);
        Ok(())
    }

    /// The text of their file.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut lines: Vec<String> = self
            .by_permid
            .iter()
            .map(|(permid, note)| format!("\"{permid}\" = {}\n", toml::Value::from(note.as_str())))
            .collect();
        lines.sort_unstable();
        ABOVE.to_owned() + &lines.concat()
    }

    /// Reads the text of their file.
    ///
    /// # Errors
    /// What is wrong with it, with its line.
    pub fn from_toml(text: &str) -> Result<Self, String> {
        let mut notes = Self::default();
        for (permid, note) in parse(text)? {
            let wrong = |why: &str| Err(at_line(text, &permid, why));
            let Ok(key) = Permid::from_base64(&permid) else { return wrong("not a permid") };
            let Some(note) = note.as_str() else { return wrong("a note is text in quotes") };
            if let Err(why) = notes.set(key, note) {
                return wrong(&why);
            }
        }
        Ok(notes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Permid = Permid::Ed25519([1; 32]);
    const TWO: Permid = Permid::Sect233k1([2; 60]);

    #[test]
    fn notes_come_back_from_their_file() {
        let mut notes = Notes::default();
        notes.set(ONE, "  says \"hello\" \u{1b}[2J ").unwrap();
        notes.set(TWO, "slow").unwrap();
        assert_eq!(Notes::from_toml(&notes.to_toml()), Ok(notes.clone()));
        assert!(!notes.get(&ONE).unwrap().contains('\u{1b}'));
        notes.set(TWO, " ").unwrap();
        assert_eq!(notes.get(&TWO), None);
    }

    #[test]
    fn notes_are_bounded() {
        let mut notes = Notes::default();
        for n in 0..u32::try_from(MOST).unwrap() {
            let mut key = [0; 32];
            key[..4].copy_from_slice(&n.to_le_bytes());
            notes.set(Permid::Ed25519(key), "x").unwrap();
        }
        assert!(notes.set(TWO, "x").is_err());
        assert!(notes.set(Permid::Ed25519([0; 32]), &"x".repeat(5000)).is_ok(), "those that are there can be edited");
        assert_eq!(notes.get(&Permid::Ed25519([0; 32])).map(str::len), Some(LONGEST));
    }

    #[test]
    fn a_wrong_line_is_named() {
        for (text, error) in [
            ("# a\n\"x\" = \"y\"", "line 2: \"x\": not a permid"),
            ("a = ", "line 1: "),
            (&format!("\n\"{ONE}\" = 3"), "line 2: "),
        ] {
            let found = Notes::from_toml(text).unwrap_err();
            assert!(found.starts_with(error), "{found}");
        }
    }
}
