//! One line of text that is being typed.

use std::borrow::Cow;

use crossterm::event::KeyCode;

use crate::screen::keys::key::Key;
use swarmscope_wire::text;

/// The most characters one line takes: longer pastes are cut.
const MOST: usize = 1000;

/// A text with LF at its line ends: terminals paste CR, Windows has CR LF.
#[must_use]
pub fn with_lf(text: &str) -> Cow<'_, str> {
    if !text.contains('\r') {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
}

/// A line and where its cursor stands.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Input {
    text: String,
    /// In bytes, always between two characters.
    cursor: usize,
}

impl Input {
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { cursor: text.len(), text }
    }

    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text before the cursor and from it on.
    #[must_use]
    pub fn halves(&self) -> (&str, &str) {
        self.text.split_at(self.cursor)
    }

    /// Types text in: line ends and tabs become blanks, and what does not show itself stays out,
    /// for what is typed here goes into files and command lines. Returns whether anything
    /// changed.
    pub fn type_in(&mut self, text: &str) -> bool {
        let room = MOST.saturating_sub(self.text.chars().count());
        let enough = text.char_indices().nth(room).map_or(text, |(end, _)| &text[..end]);
        let enough = with_lf(enough);
        let shown = text::clean(&enough);
        let typed = enough.chars().zip(shown.chars()).filter_map(|(c, shown)| match c {
            '\n' | '\t' => Some(' '),
            _ => (c == shown).then_some(c),
        });
        let clean: String = typed.collect();
        self.text.insert_str(self.cursor, &clean);
        self.cursor += clean.len();
        !clean.is_empty()
    }

    /// Puts text in the place of these bytes, with the cursor behind it.
    pub fn replace(&mut self, at: std::ops::Range<usize>, text: &str) {
        if self.text.get(at.clone()).is_some() {
            self.text.replace_range(at.clone(), text);
            self.cursor = at.start + text.len();
        }
    }

    /// Takes an editing key. Returns whether the text changed.
    pub fn key(&mut self, key: Key) -> bool {
        if let Some(c) = key.typed() {
            return self.type_in(c.encode_utf8(&mut [0; 4]));
        }
        let before = self.text.len();
        match key {
            _ if key == Key::ctrl('u') => drop(self.text.drain(..std::mem::take(&mut self.cursor))),
            _ if key == Key::ctrl('w') => self.delete_word(),
            Key { code: KeyCode::Backspace, .. } => {
                if let Some(c) = self.text[..self.cursor].chars().next_back() {
                    self.cursor -= c.len_utf8();
                    self.text.remove(self.cursor);
                }
            }
            Key { code: KeyCode::Delete, .. } if self.cursor < self.text.len() => {
                self.text.remove(self.cursor);
            }
            Key { code: KeyCode::Left, .. } => {
                self.cursor -=
                    self.text[..self.cursor].chars().next_back().map_or(0, char::len_utf8);
            }
            Key { code: KeyCode::Right, .. } => {
                self.cursor += self.text[self.cursor..].chars().next().map_or(0, char::len_utf8);
            }
            Key { code: KeyCode::Home, .. } => self.cursor = 0,
            Key { code: KeyCode::End, .. } => self.cursor = self.text.len(),
            _ => {}
        }
        self.text.len() != before
    }

    fn delete_word(&mut self) {
        let before = &self.text[..self.cursor];
        let start = before
            .trim_end()
            .rfind(char::is_whitespace)
            .map_or(0, |space| space + before[space..].chars().next().map_or(0, char::len_utf8));
        self.text.drain(start..self.cursor);
        self.cursor = start;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_edited_in_the_middle() {
        let mut input = Input::default();
        for c in "häus".chars() {
            input.key(Key::char(c));
        }
        for _ in 0..2 {
            input.key(Key::named(KeyCode::Left));
        }
        input.key(Key::named(KeyCode::Backspace));
        input.key(Key::char('o'));
        assert_eq!((input.text(), input.halves()), ("hous", ("ho", "us")));
        input.key(Key::named(KeyCode::Delete));
        input.key(Key::named(KeyCode::End));
        assert_eq!(input.halves(), ("hos", ""));
    }

    #[test]
    fn words_and_lines_go_whole() {
        let mut input = Input::new("nat:sym  v:17");
        assert!(input.key(Key::ctrl('w')));
        assert_eq!(input.text(), "nat:sym  ");
        assert!(input.key(Key::ctrl('w')));
        assert_eq!(input.text(), "");
        assert!(!input.key(Key::ctrl('w')), "nothing left");
        input.type_in("abc");
        input.key(Key::named(KeyCode::Left));
        input.key(Key::ctrl('u'));
        assert_eq!(input.text(), "c");
    }

    #[test]
    fn pasted_control_characters_stay_out() {
        let mut input = Input::default();
        input.type_in("a\u{1b}[2Jb\u{202e}\u{200b}é");
        assert_eq!(input.text(), "a[2Jbé");
        let mut input = Input::default();
        input.type_in("one\ntwo\r\nthree\tfour\rfive");
        assert_eq!(input.text(), "one two three four five", "several lines become one");
        input.type_in(&"x".repeat(5000));
        assert_eq!(input.text().len(), MOST);
    }
}
