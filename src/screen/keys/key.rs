//! A key press in the form in which commands name it: `r`, `ctrl-s`, `pgdn`, `↑`.

use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use swarmscope_wire::serial;

/// A key with the modifiers that count. Shift is part of a character (`L`), so it is kept only for
/// named keys.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Key {
    pub code: KeyCode,
    pub modifiers: KeyModifiers,
}

impl Key {
    #[must_use]
    pub const fn char(c: char) -> Self {
        Self { code: KeyCode::Char(c), modifiers: KeyModifiers::NONE }
    }

    #[must_use]
    pub const fn ctrl(c: char) -> Self {
        Self { code: KeyCode::Char(c), modifiers: KeyModifiers::CONTROL }
    }

    #[must_use]
    pub const fn named(code: KeyCode) -> Self {
        Self { code, modifiers: KeyModifiers::NONE }
    }

    /// What the terminal reports, normalised: `None` for key releases.
    #[must_use]
    pub fn from_event(event: KeyEvent) -> Option<Self> {
        if event.kind == KeyEventKind::Release {
            return None;
        }
        let kept = KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT;
        let mut modifiers = event.modifiers & kept;
        if matches!(event.code, KeyCode::Char(_) | KeyCode::BackTab) {
            modifiers.remove(KeyModifiers::SHIFT);
        }
        Some(Self { code: event.code, modifiers })
    }

    /// The character this key types into a text, if it types one.
    #[must_use]
    pub fn typed(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c)
                if !self.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) =>
            {
                Some(c)
            }
            _ => None,
        }
    }

    /// The event a text editor takes.
    #[must_use]
    pub fn event(self) -> KeyEvent {
        KeyEvent::new(self.code, self.modifiers)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, modifier) in MODIFIERS {
            if self.modifiers.contains(modifier) {
                f.write_str(name)?;
            }
        }
        match (NAMES.iter().find(|(_, code)| *code == self.code), self.code) {
            (Some((name, _)), _) => f.write_str(name),
            (None, KeyCode::Char(c)) => write!(f, "{c}"),
            (None, KeyCode::F(n)) => write!(f, "f{n}"),
            (None, other) => f.write_str(&format!("{other:?}").to_lowercase()),
        }
    }
}

/// Named keys as they may be written, the form in which they are shown first.
const NAMES: [(&str, KeyCode); 22] = [
    ("↑", KeyCode::Up),
    ("up", KeyCode::Up),
    ("↓", KeyCode::Down),
    ("down", KeyCode::Down),
    ("←", KeyCode::Left),
    ("left", KeyCode::Left),
    ("→", KeyCode::Right),
    ("right", KeyCode::Right),
    ("pgup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("tab", KeyCode::Tab),
    ("shift-tab", KeyCode::BackTab),
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("space", KeyCode::Char(' ')),
    ("backspace", KeyCode::Backspace),
    ("del", KeyCode::Delete),
    ("delete", KeyCode::Delete),
    ("ins", KeyCode::Insert),
    ("insert", KeyCode::Insert),
];

/// Prefixes of a key's name, in the order in which they are written.
const MODIFIERS: [(&str, KeyModifiers); 3] = [
    ("ctrl-", KeyModifiers::CONTROL),
    ("alt-", KeyModifiers::ALT),
    ("shift-", KeyModifiers::SHIFT),
];

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        serial::text(from, str::parse)
    }
}

impl FromStr for Key {
    type Err = String;

    /// Reads a key as [`Display`](fmt::Display) writes it; `up` and the like instead of arrows too.
    fn from_str(text: &str) -> Result<Self, String> {
        let (mut rest, mut modifiers) = (text, KeyModifiers::NONE);
        let code = loop {
            let named = NAMES.iter().find(|(name, _)| *name == rest).map(|(_, code)| *code);
            if let Some(code) = named.or_else(|| single(rest)).or_else(|| function(rest)) {
                break code;
            }
            let modifier = MODIFIERS
                .iter()
                .find_map(|(name, modifier)| Some((rest.strip_prefix(name)?, modifier)));
            let Some((after, modifier)) = modifier else {
                return Err(format!("{text:?} is not a key"));
            };
            (rest, modifiers) = (after, modifiers | *modifier);
        };
        Ok(Self { code, modifiers })
    }
}

fn single(text: &str) -> Option<KeyCode> {
    let mut chars = text.chars();
    let first = chars.next()?;
    (chars.next().is_none() && !first.is_control() && first != ' ').then_some(KeyCode::Char(first))
}

fn function(text: &str) -> Option<KeyCode> {
    let number = text.strip_prefix('f')?.parse().ok()?;
    (1..=24).contains(&number).then_some(KeyCode::F(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_as_people_write_them() {
        for (key, text) in [
            (Key::char('L'), "L"),
            (Key::char(' '), "space"),
            (Key::ctrl('s'), "ctrl-s"),
            (Key::named(KeyCode::PageDown), "pgdn"),
            (Key::named(KeyCode::BackTab), "shift-tab"),
            (Key::named(KeyCode::Up), "↑"),
            (Key::named(KeyCode::Enter), "enter"),
            (Key::named(KeyCode::Esc), "esc"),
        ] {
            assert_eq!(key.to_string(), text);
            assert_eq!(text.parse(), Ok(key));
        }
    }

    #[test]
    fn what_is_no_key_is_an_error() {
        for text in ["", "ctrl-", "hyper-x", "xy", "f0", "f25", " ", "\n"] {
            assert_eq!(text.parse::<Key>(), Err(format!("{text:?} is not a key")));
        }
        assert_eq!(
            "ctrl-shift-up".parse(),
            Ok(Key { code: KeyCode::Up, modifiers: KeyModifiers::CONTROL | KeyModifiers::SHIFT })
        );
        assert_eq!("-".parse(), Ok(Key::char('-')));
    }

    #[test]
    fn shift_is_part_of_a_character_and_releases_are_nothing() {
        let shifted = KeyEvent::new(KeyCode::Char('L'), KeyModifiers::SHIFT);
        assert_eq!(Key::from_event(shifted), Some(Key::char('L')));
        let released = KeyEvent { kind: KeyEventKind::Release, ..shifted };
        assert_eq!(Key::from_event(released), None);
    }
}
