//! Colours as a handful of tokens, from a TOML file or one of the two built in; by bold, dim, underline and reverse alone
//! where colour is not wanted.

use std::path::{Path, PathBuf};

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

use super::terminal::Environment;

/// The themes that are built in.
const BUILT_IN: [(&str, &str); 2] =
    [("dark", include_str!("../../themes/dark.toml")), ("light", include_str!("../../themes/light.toml"))];
/// The theme without colour.
const MONO: &str = "mono";

/// How many colours the terminal shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Depth {
    True,
    Sixteen,
    None,
}

/// What every token looks like on this terminal. Styles lie on top of [`Theme::base`].
#[derive(Clone, PartialEq, Debug)]
pub struct Theme {
    /// Text on the background.
    pub base: Style,
    /// The background of bars, inputs and overlays.
    pub panel: Style,
    /// The selected row.
    pub sel: Style,
    pub muted: Style,
    pub faint: Style,
    pub rule: Style,
    pub accent: Style,
    /// 254, and nothing else.
    pub pill: Style,
    pub caution: Style,
    pub fail: Style,
    /// Signs as plain characters.
    pub ascii: bool,
}

/// A theme that can't be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ThemeError {
    #[error("no theme is called {name:?}: there are {known}")]
    Unknown { name: String, known: String },
    #[error("{} can't be read: {what}", path.display())]
    Unreadable { path: PathBuf, what: String },
    #[error("{name} is no theme: {what}")]
    Malformed { name: String, what: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    ascii: bool,
    tokens: Tokens,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Tokens {
    bg: Token,
    panel: Token,
    sel: Token,
    text: Token,
    muted: Token,
    faint: Token,
    rule: Token,
    accent: Token,
    wait: Token,
    on_wait: Token,
    caution: Token,
    fail: Token,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Token {
    #[serde(deserialize_with = "read_rgb")]
    rgb: Color,
    ansi: Ansi,
}

/// `default dim`, `13`, `none`.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
struct Ansi {
    colour: Option<Color>,
    modifiers: Modifier,
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
                _ => return Err(format!("{word:?} is neither 0 to 15 nor default, none, bold or dim")),
            }
        }
        Ok(ansi)
    }
}

fn read_rgb<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Color, D::Error> {
    let text = String::deserialize(deserializer)?;
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6);
    let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    number
        .map(Color::from_u32)
        .ok_or_else(|| serde::de::Error::custom(format!("{text:?} is not a colour like #11151b")))
}

impl Theme {
    /// The theme of this name (`dark`, `light`, `mono`, or `NAME.toml` in `directory`), as far as this terminal can show
    /// it: `NO_COLOR` gives no colour, a terminal without `COLORTERM=truecolor` the 16 colours. No name: `light` where the
    /// terminal says that it is, else `dark`.
    ///
    /// # Errors
    /// A name that is none of these, or a file that does not say what a theme says.
    pub fn load(name: Option<&str>, directory: Option<&Path>) -> Result<Self, ThemeError> {
        Self::load_for(name, directory, &Environment::of_this_process())
    }

    /// As [`Self::load`], in this environment.
    ///
    /// # Errors
    /// As there.
    pub fn load_for(name: Option<&str>, directory: Option<&Path>, env: &Environment) -> Result<Self, ThemeError> {
        let name = name.unwrap_or(if env.is_light() { "light" } else { "dark" });
        let depth = if name == MONO { Depth::None } else { env.depth() };
        let text = source(name, directory)?;
        let mut theme =
            Self::parse(&text, depth).map_err(|what| ThemeError::Malformed { name: name.to_owned(), what })?;
        theme.ascii |= env.is_ascii();
        Ok(theme)
    }

    /// A theme from its file's text.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str, depth: Depth) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        let tokens = file.tokens;
        Ok(match depth {
            Depth::True => true_colour(&tokens),
            Depth::Sixteen => sixteen(&tokens),
            Depth::None => mono(),
        }
        .ascii(file.ascii))
    }

    /// One of the two built in, or `mono`.
    #[must_use]
    pub fn built_in(name: &str, depth: Depth) -> Option<Self> {
        if name == MONO {
            return Some(mono());
        }
        let (_, text) = BUILT_IN.iter().find(|(known, _)| *known == name)?;
        Self::parse(text, depth).ok()
    }

    const fn ascii(mut self, ascii: bool) -> Self {
        self.ascii = ascii;
        self
    }

    /// A heading of the focused pane.
    #[must_use]
    pub fn focused(&self) -> Style {
        self.accent.add_modifier(Modifier::BOLD | Modifier::UNDERLINED)
    }

    /// Bold.
    #[must_use]
    pub fn strong(&self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// Bytes that belong to the selected field, and the current view.
    #[must_use]
    pub fn linked(&self) -> Style {
        self.sel.add_modifier(Modifier::BOLD | Modifier::UNDERLINED)
    }
}

fn source(name: &str, directory: Option<&Path>) -> Result<String, ThemeError> {
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    if let Some(path) = directory.filter(|_| plain).map(|directory| directory.join(format!("{name}.toml")))
        && path.is_file()
    {
        return std::fs::read_to_string(&path)
            .map_err(|error| ThemeError::Unreadable { path, what: error.to_string() });
    }
    let wanted = if name == MONO { "dark" } else { name };
    let built_in = BUILT_IN.iter().find(|(known, _)| *known == wanted);
    built_in.map(|(_, text)| (*text).to_owned()).ok_or_else(|| {
        let place = directory.map(|d| format!(", and NAME.toml in {}", d.display())).unwrap_or_default();
        ThemeError::Unknown { name: name.to_owned(), known: format!("dark, light, mono{place}") }
    })
}

fn true_colour(tokens: &Tokens) -> Theme {
    let ink = |token: &Token| Style::new().fg(token.rgb);
    let ground = |token: &Token| Style::new().bg(token.rgb);
    Theme {
        base: ink(&tokens.text).bg(tokens.bg.rgb),
        panel: ground(&tokens.panel),
        sel: ground(&tokens.sel),
        muted: ink(&tokens.muted),
        faint: ink(&tokens.faint),
        rule: ink(&tokens.rule),
        accent: ink(&tokens.accent),
        pill: ink(&tokens.on_wait).bg(tokens.wait.rgb).add_modifier(Modifier::BOLD),
        caution: ink(&tokens.caution),
        fail: ink(&tokens.fail),
        ascii: false,
    }
}

fn sixteen(tokens: &Tokens) -> Theme {
    let ink = |token: &Token| match token.ansi.colour {
        Some(colour) => Style::new().fg(colour).add_modifier(token.ansi.modifiers),
        None => Style::new().add_modifier(token.ansi.modifiers),
    };
    let ground = |token: &Token| token.ansi.colour.map_or(Style::new(), |colour| Style::new().bg(colour));
    Theme {
        base: ink(&tokens.text).patch(ground(&tokens.bg)),
        panel: ground(&tokens.panel),
        sel: ground(&tokens.sel),
        muted: ink(&tokens.muted),
        faint: ink(&tokens.faint),
        rule: ink(&tokens.rule),
        accent: ink(&tokens.accent),
        pill: ink(&tokens.on_wait).patch(ground(&tokens.wait)).add_modifier(Modifier::BOLD),
        caution: ink(&tokens.caution),
        fail: ink(&tokens.fail),
        ascii: false,
    }
}

fn mono() -> Theme {
    let (plain, dim) = (Style::new(), Style::new().add_modifier(Modifier::DIM));
    Theme {
        base: plain,
        panel: plain,
        sel: plain,
        muted: dim,
        faint: dim,
        rule: dim,
        accent: plain.add_modifier(Modifier::BOLD),
        pill: plain.add_modifier(Modifier::BOLD | Modifier::REVERSED),
        caution: plain.add_modifier(Modifier::BOLD),
        fail: plain,
        ascii: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(name: Option<&str>, directory: Option<&Path>) -> Result<Theme, ThemeError> {
        let environment = Environment { colorterm: Some("truecolor".into()), ..Environment::default() };
        Theme::load_for(name, directory, &environment)
    }

    #[test]
    fn the_built_in_themes_read_at_every_depth() {
        for name in ["dark", "light", "mono"] {
            for depth in [Depth::True, Depth::Sixteen, Depth::None] {
                assert!(Theme::built_in(name, depth).is_some(), "{name}");
            }
        }
        assert_eq!(load(None, None).ok(), Theme::built_in("dark", Depth::True));
        assert_eq!(load(Some("mono"), None).ok(), Theme::built_in("mono", Depth::None));
    }

    #[test]
    fn a_theme_of_ones_own_goes_before_the_built_in_one() {
        let folder = tempfile::tempdir().unwrap();
        let own = include_str!("../../themes/dark.toml")
            .replace("#11151b", "#000000")
            .replace("ascii = false", "ascii = true");
        std::fs::write(folder.path().join("dark.toml"), own).unwrap();
        let theme = load(Some("dark"), Some(folder.path())).unwrap();
        assert_eq!(theme.base.bg, Some(Color::Rgb(0, 0, 0)));
        assert!(theme.ascii);
    }

    #[test]
    fn what_is_wrong_with_a_theme_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let dark = include_str!("../../themes/dark.toml");
        for (name, text, word) in [
            ("colour", dark.replace("#f4764e", "red"), "is not a colour like"),
            ("ansi", dark.replace("ansi = \"13\"", "ansi = \"16\""), "neither 0 to 15"),
            ("token", dark.replace("caution =", "warning ="), "unknown field `warning`"),
            ("toml", "[".to_owned(), "is no theme"),
        ] {
            std::fs::write(folder.path().join(format!("{name}.toml")), text).unwrap();
            let error = load(Some(name), Some(folder.path())).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
        for name in ["nothing", "../dark", ""] {
            let error = load(Some(name), Some(folder.path())).unwrap_err().to_string();
            assert!(error.contains("there are dark, light, mono"), "{error}");
        }
    }

    #[test]
    fn without_colour_only_emphasis_is_left() {
        let mono = Theme::built_in("mono", Depth::None).unwrap();
        for style in [mono.base, mono.panel, mono.sel, mono.muted, mono.accent, mono.pill, mono.caution, mono.fail] {
            assert_eq!((style.fg, style.bg), (None, None));
        }
        assert!(mono.pill.add_modifier.contains(Modifier::REVERSED), "reverse is 254's alone");
    }
}
