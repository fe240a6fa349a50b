//! A theme's file: what it says of each token, and what it leaves to the theme that it inherits
//! from.

use std::collections::BTreeMap;
use std::fmt;

use ratatui::style::{Color, Modifier};
use serde::de::value::{Error as ValueError, MapAccessDeserializer};
use serde::de::{Error as _, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::Depth;

/// What a colour is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Debug)]
#[serde(rename_all = "kebab-case")]
pub enum Token {
    Bg,
    Panel,
    Sel,
    Text,
    Muted,
    Faint,
    Rule,
    Accent,
    Wait,
    OnWait,
    Caution,
    Fail,
}

/// What a file says of a token.
#[derive(Clone, Copy, Default, Debug)]
pub struct Ink {
    pub rgb: Option<Color>,
    pub ansi: Option<Ansi>,
}

/// The same as a table: `{ rgb = "#4d9ff5", ansi = "12" }`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InkTable {
    #[serde(default, deserialize_with = "read_rgb")]
    rgb: Option<Color>,
    ansi: Option<Ansi>,
}

impl<'de> Deserialize<'de> for Ink {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ReadInk)
    }
}

/// A table, or a colour alone.
struct ReadInk;

impl<'de> Visitor<'de> for ReadInk {
    type Value = Ink;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r##""#11151b", or { rgb = "#11151b", ansi = "13" }"##)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Ink, E> {
        Ok(Ink { rgb: Some(rgb(text).map_err(E::custom)?), ansi: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Ink, A::Error> {
        let InkTable { rgb, ansi } = InkTable::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Ink { rgb, ansi })
    }
}

/// `default dim`, `13`, `none`.
#[derive(Clone, Copy, Default, Deserialize, Debug)]
#[serde(try_from = "String")]
pub struct Ansi {
    pub colour: Option<Color>,
    pub modifiers: Modifier,
}

/// The colours that a theme wants, at most.
#[derive(Clone, Copy, Deserialize, Debug)]
pub enum Colours {
    #[serde(rename = "all")]
    All,
    #[serde(rename = "16")]
    Sixteen,
    #[serde(rename = "none")]
    None,
}

impl Colours {
    /// As far as the terminal has them.
    #[must_use]
    pub const fn within(self, depth: Depth) -> Depth {
        match (self, depth) {
            (_, Depth::None) | (Self::None, _) => Depth::None,
            (_, Depth::Sixteen) | (Self::Sixteen, _) => Depth::Sixteen,
            (Self::All, Depth::True) => Depth::True,
        }
    }
}

/// A file, perhaps with what it inherits filled in.
#[derive(Clone, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// The theme it starts from.
    pub inherits: Option<Spanned<String>>,
    pub colours: Option<Colours>,
    pub ascii: Option<bool>,
    #[serde(default)]
    tokens: BTreeMap<Token, Ink>,
}

/// What is wrong with a file, and on which of its lines, from 1.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Flaw {
    pub line: Option<usize>,
    pub what: String,
}

impl File {
    /// Reads a file's text.
    ///
    /// # Errors
    /// It is no TOML, or says something that no theme says.
    pub fn read(text: &str) -> Result<Self, Flaw> {
        toml::from_str(text).map_err(|error| Flaw {
            line: error.span().map(|span| line_of(text, span.start)),
            what: what(error.message()),
        })
    }

    /// The line on which it names what it inherits from.
    #[must_use]
    pub fn inherits_line(&self, text: &str) -> Option<usize> {
        self.inherits.as_ref().map(|name| line_of(text, name.span().start))
    }

    /// Fills in what it does not say from what it inherits.
    #[must_use]
    pub fn over(mut self, parent: Self) -> Self {
        self.colours = self.colours.or(parent.colours);
        self.ascii = self.ascii.or(parent.ascii);
        for (token, inherited) in parent.tokens {
            let ink = self.tokens.entry(token).or_default();
            *ink = Ink { rgb: ink.rgb.or(inherited.rgb), ansi: ink.ansi.or(inherited.ansi) };
        }
        self
    }

    /// A token's colour of 24 bits.
    #[must_use]
    pub fn rgb(&self, token: Token) -> Option<Color> {
        self.tokens.get(&token)?.rgb
    }

    /// What stands for a token among the 16 colours.
    #[must_use]
    pub fn ansi(&self, token: Token) -> Ansi {
        self.tokens.get(&token).and_then(|ink| ink.ansi).unwrap_or_default()
    }
}

/// What is wrong, in words of a theme.
fn what(message: &str) -> String {
    let unknown = message.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`'));
    let is_token = |name: &str| {
        Token::deserialize(IntoDeserializer::<ValueError>::into_deserializer(name)).is_ok()
    };
    match unknown {
        Some((name, _)) if is_token(name) => {
            format!("`{name}` is a token: put it below a line [tokens]")
        }
        _ => message.to_owned(),
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

impl TryFrom<String> for Ansi {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut ansi = Self { colour: None, modifiers: Modifier::empty() };
        for word in text.split_whitespace() {
            match (word, word.parse::<u8>()) {
                ("none", _) => {}
                ("default", _) => ansi.colour = Some(Color::Reset),
                ("bold", _) => ansi.modifiers |= Modifier::BOLD,
                ("dim", _) => ansi.modifiers |= Modifier::DIM,
                (_, Ok(number @ 0..16)) => ansi.colour = Some(Color::Indexed(number)),
                _ => {
                    return Err(format!(
                        "{word:?} is neither 0 to 15 nor default, none, bold or dim"
                    ));
                }
            }
        }
        Ok(ansi)
    }
}

fn read_rgb<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Color>, D::Error> {
    let text = String::deserialize(deserializer)?;
    rgb(&text).map(Some).map_err(D::Error::custom)
}

fn rgb(text: &str) -> Result<Color, String> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6);
    let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    number.map(Color::from_u32).ok_or_else(|| format!("{text:?} is not a colour like #11151b"))
}
