//! The file of the operator's notes.

use crate::screen::kept::lines::at_line;
use crate::screen::kept::lines::parse;
use swarmscope_facts::Notes;
use swarmscope_wire::Permid;

/// What stands above them in their file.
const ABOVE: &str = "# swarmscope: notes on peers, by permid. Written by the program; edit it while that is not running.\n";

/// The text of their file.
#[must_use]
pub fn to_toml(notes: &Notes) -> String {
    let line =
        |(permid, note): (&Permid, &str)| format!("\"{permid}\" = {}\n", toml::Value::from(note));
    let mut lines: Vec<String> = notes.iter().map(line).collect();
    lines.sort_unstable();
    ABOVE.to_owned() + &lines.concat()
}

/// Reads the text of their file.
///
/// # Errors
/// What is wrong with it, with its line.
pub fn from_toml(text: &str) -> Result<Notes, String> {
    let mut notes = Notes::default();
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
        assert_eq!(from_toml(&to_toml(&notes)), Ok(notes.clone()));
        assert!(!notes.get(&ONE).unwrap().contains('\u{1b}'));
        notes.set(TWO, " ").unwrap();
        assert_eq!(notes.get(&TWO), None);
    }

    #[test]
    fn a_wrong_line_is_named() {
        for (text, error) in [
            ("# a\n\"x\" = \"y\"", "line 2: \"x\": not a permid"),
            ("a = ", "line 1: "),
            (&format!("\n\"{ONE}\" = 3"), "line 2: "),
        ] {
            let found = from_toml(text).unwrap_err();
            assert!(found.starts_with(error), "{found}");
        }
    }
}
