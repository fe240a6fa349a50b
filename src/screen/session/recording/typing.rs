//! What is typed in privacy mode: an address that somebody types is no less an address. While text
//! is being typed, what happens waits, until it is known whether the text says who or where
//! somebody is; if so, `x` is written for each character.

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
    Text(String),
    /// Text that is an address, or that this does not know.
    Secret,
}

impl Typing {
    #[must_use]
    pub fn of(model: &Model) -> Self {
        match &model.mode {
            Mode::Filter => Self::Text(model.filter.text().to_owned()),
            Mode::Message(picker) | Mode::Against(picker, _) => {
                Self::Text(picker.input.text().to_owned())
            }
            Mode::Note(input)
            | Mode::FilterName(input, _)
            | Mode::Help { search: Some(input), .. } => Self::Text(input.text().to_owned()),
            Mode::Pace(_) => Self::Text(String::new()), // numbers
            Mode::Palette(palette)
                if palette::said(model.table(), palette.input.text()).is_some() =>
            {
                Self::Secret
            }
            Mode::Palette(palette) => Self::Text(palette.input.text().to_owned()),
            Mode::Frequency => Self::Text(model.composer.frequency.text().to_owned()),
            Mode::Payload => Self::Text(model.composer.text()),
            mode if mode.types() => Self::Secret,
            _ => Self::Nothing,
        }
    }

    fn tells(&self, mask: &Mask) -> bool {
        match self {
            Self::Nothing => false,
            Self::Secret => true,
            Self::Text(text) => {
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
}

impl<T> Typist<T> {
    #[must_use]
    pub const fn new(mask: Mask) -> Self {
        Self { mask, held: Vec::new(), secret: false, prompt: false }
    }

    /// Takes what happened, with what was being typed before and after it; returns what can be
    /// written now.
    pub fn take(&mut self, at: T, what: What, before: &Typing, after: &Typing) -> Vec<(T, What)> {
        if *before == Typing::Nothing && *after == Typing::Nothing && self.held.is_empty() {
            return vec![(at, what)];
        }
        self.secret |= before.tells(&self.mask) || after.tells(&self.mask);
        self.prompt |= *before == Typing::Secret || *after == Typing::Secret;
        self.held.push((at, what, *before != Typing::Nothing));
        if *after == Typing::Nothing || self.held.len() >= MOST_HELD {
            self.secret |= self.held.len() >= MOST_HELD;
            return self.release();
        }
        Vec::new()
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

    fn typed(texts: &[&str], secret: bool) -> Vec<String> {
        let mut typist = Typist::new(Mask::new([3; 32]));
        let text = |text: &str| if secret { Typing::Secret } else { Typing::Text(text.to_owned()) };
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
            let text = |text: &str| Typing::Text(text.to_owned());
            let edited = What::Msg(Msg::Edited(Ok(left.to_owned())));
            assert!(typist.take(0, edited, &text(""), &text(left)).is_empty(), "it waits");
            let out = typist.take(1, key("esc"), &text(left), &Typing::Nothing);
            let What::Msg(Msg::Edited(Ok(text))) = &out[0].1 else { panic!() };
            assert_eq!(text, written);
        }
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
