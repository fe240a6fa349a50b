//! What is typed in privacy mode: an address that somebody types is no less an address. While text
//! is being typed, what happens waits, until it is known whether the text says who or where
//! somebody is; if so, `x` is written for each character. What a field holds when it opens, as the
//! payload does by default, was not typed, and decides nothing.

use std::mem::{Discriminant, discriminant};

use super::What;
use crate::screen::keys::key::Key;
use crate::screen::mode::Mode;
use crate::screen::model::Model;
use crate::screen::msg::Msg;
use crate::screen::palette;
use crossterm::event::KeyCode;
use swarmscope_wire::mask::Mask;

/// What may wait: then it is decided without knowing the rest.
const MOST_HELD: usize = 20_000;
/// So many hexadecimal digits in a row may be part of a permid.
const TELLING: usize = 4;

/// The text that is being typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Typing {
    /// Keys are commands.
    Nothing,
    /// The field, and what it holds.
    Text(Discriminant<Mode>, String),
    /// Text that is an address, or that this does not know.
    Secret,
}

impl Typing {
    #[must_use]
    pub fn of(model: &Model) -> Self {
        let text = |text: &str| Self::Text(discriminant(&model.mode), text.to_owned());
        match &model.mode {
            Mode::Filter => text(model.filter.text()),
            Mode::Message(picker) | Mode::Against(picker, _) => text(picker.input.text()),
            Mode::Note(input)
            | Mode::FilterName(input, _)
            | Mode::Help { search: Some(input), .. } => text(input.text()),
            Mode::Pace(_) => text(""), // numbers
            Mode::Palette(palette)
                if palette::said(model.table(), palette.input.text()).is_some() =>
            {
                Self::Secret
            }
            Mode::Palette(palette) => text(palette.input.text()),
            Mode::Frequency => text(model.composer.frequency.text()),
            Mode::Payload => text(&model.composer.text()),
            mode if mode.types() => Self::Secret,
            _ => Self::Nothing,
        }
    }

    /// Whether both are the same field, whatever it holds.
    fn is_in(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(field, _), Self::Text(other, _)) => field == other,
            _ => discriminant(self) == discriminant(other),
        }
    }

    fn tells(&self, mask: &Mask) -> bool {
        match self {
            Self::Nothing => false,
            Self::Secret => true,
            Self::Text(_, text) => {
                let digits = |run: &str| run.len() >= TELLING;
                *mask.text(text) != **text
                    || text.split(|c: char| !c.is_ascii_hexdigit()).any(digits)
            }
        }
    }
}

/// Passes on what may be written as it is, and holds the rest until it is known.
pub struct Typist<T> {
    mask: Mask,
    /// Each with whether it was typed into the text, and did not open it.
    held: Vec<(T, What, bool)>,
    secret: bool,
    /// The prompt is one whose text is acted on when it is closed with enter.
    prompt: bool,
    /// What the field held when it opened.
    given: Typing,
}

impl<T> Typist<T> {
    #[must_use]
    pub const fn new(mask: Mask) -> Self {
        Self { mask, held: Vec::new(), secret: false, prompt: false, given: Typing::Nothing }
    }

    /// Takes what happened, with what was being typed before and after it; returns what can be
    /// written now.
    pub fn take(&mut self, at: T, what: What, before: &Typing, after: &Typing) -> Vec<(T, What)> {
        if *before == Typing::Nothing && *after == Typing::Nothing && self.held.is_empty() {
            return vec![(at, what)];
        }
        if !before.is_in(after) {
            self.given = after.clone();
        }
        self.secret |= self.tells(before) || self.tells(after);
        self.prompt |= *before == Typing::Secret || *after == Typing::Secret;
        self.held.push((at, what, *before != Typing::Nothing));
        if *after == Typing::Nothing || self.held.len() >= MOST_HELD {
            self.secret |= self.held.len() >= MOST_HELD;
            return self.release();
        }
        Vec::new()
    }

    fn tells(&self, typing: &Typing) -> bool {
        let is_given = matches!(typing, Typing::Text(..)) && *typing == self.given;
        !is_given && typing.tells(&self.mask)
    }

    /// What still waits, when the recording ends.
    pub fn release(&mut self) -> Vec<(T, What)> {
        let (secret, prompt) = (std::mem::take(&mut self.secret), std::mem::take(&mut self.prompt));
        let mut held = std::mem::take(&mut self.held);
        if secret {
            held.iter_mut()
                .filter(|(.., inside)| *inside)
                .for_each(|(_, what, _)| hide(what, prompt));
        }
        held.into_iter().map(|(at, what, _)| (at, what)).collect()
    }
}

/// Writes `x` for a character; leaves a prompt for an address instead of acting on it.
fn hide(what: &mut What, prompt: bool) {
    match what {
        What::Msg(Msg::Key(key)) if key.typed().is_some() => *key = Key::char('x'),
        What::Msg(Msg::Key(key)) if prompt && key.code == KeyCode::Enter => {
            *key = Key::named(KeyCode::Esc);
        }
        What::Msg(Msg::Paste(text) | Msg::Edited(Ok(text))) => {
            *text = "x".repeat(text.chars().count());
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(mode: &Mode, text: &str) -> Typing {
        Typing::Text(discriminant(mode), text.to_owned())
    }

    fn typed(texts: &[&str], secret: bool) -> Vec<String> {
        let mut typist = Typist::new(Mask::new([3; 32]));
        let text = |text: &str| if secret { Typing::Secret } else { field(&Mode::Filter, text) };
        let mut out = typist.take(0, key("/"), &Typing::Nothing, &text(""));
        for pair in texts.windows(2) {
            let new = pair[1].chars().last().expect("typed").to_string();
            out.extend(typist.take(1, key(&new), &text(pair[0]), &text(pair[1])));
        }
        assert!(out.is_empty(), "it waits");
        out.extend(typist.take(
            2,
            key("enter"),
            &text(texts.last().expect("typed")),
            &Typing::Nothing,
        ));
        out.extend(typist.take(3, key("j"), &Typing::Nothing, &Typing::Nothing));
        out.iter()
            .map(
                |(_, what)| {
                    if let What::Msg(Msg::Key(key)) = what { key.to_string() } else { panic!() }
                },
            )
            .collect()
    }

    fn key(text: &str) -> What {
        What::Msg(Msg::Key(text.parse().unwrap()))
    }

    #[test]
    fn what_says_nothing_of_anybody_is_written_as_it_was_typed() {
        assert_eq!(typed(&["", "t", "to"], false), ["/", "t", "o", "enter", "j"]);
    }

    #[test]
    fn what_an_editor_left_is_hidden_like_what_is_typed() {
        for (left, written) in [("SELECT 1", "SELECT 1"), ("ask 10.0.0.1", "xxxxxxxxxxxx")] {
            let mut typist = Typist::new(Mask::new([3; 32]));
            let text = |text: &str| field(&Mode::Payload, text);
            let edited = What::Msg(Msg::Edited(Ok(left.to_owned())));
            assert!(typist.take(0, edited, &text(""), &text(left)).is_empty(), "it waits");
            let out = typist.take(1, key("esc"), &text(left), &Typing::Nothing);
            let What::Msg(Msg::Edited(Ok(text))) = &out[0].1 else { panic!() };
            assert_eq!(text, written);
        }
    }

    #[test]
    fn what_a_field_holds_when_it_opens_was_not_typed() {
        let [found, default, typed] = [
            field(&Mode::Filter, "data"),
            field(&Mode::Payload, "SELECT 1 WHERE permid = '9f3ac1'"),
            field(&Mode::Payload, "S"),
        ];
        let empty = field(&Mode::Payload, "");
        let mut typist = Typist::new(Mask::new([3; 32]));
        let steps = [
            ("a", &Typing::Nothing, &found),
            ("enter", &found, &default),
            ("ctrl-k", &default, &empty),
            ("S", &empty, &typed),
            ("esc", &typed, &Typing::Nothing),
        ];
        let out: Vec<_> = steps
            .into_iter()
            .flat_map(|(name, before, after)| typist.take(0, key(name), before, after))
            .map(|(_, what)| format!("{what:?}"))
            .collect();
        assert_eq!(out, steps.map(|(name, ..)| format!("{:?}", key(name))));
    }

    #[test]
    fn addresses_and_beginnings_of_permids_are_not_written() {
        let all = ["", "1", "10", "10.", "10.0", "10.0.", "10.0.0", "10.0.0.", "10.0.0.1"];
        assert!(typed(&all, false)[1..9].iter().all(|key| key == "x"), "{:?}", typed(&all, false));
        assert_eq!(
            typed(&["", "9", "9f", "9f3", "9f3a"], false)[1..6],
            ["x", "x", "x", "x", "enter"]
        );
        assert_eq!(
            typed(&["", "h", "ho"], true),
            ["/", "x", "x", "esc", "j"],
            "a prompt for an address is left"
        );
    }
}
