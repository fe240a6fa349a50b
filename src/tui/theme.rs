//! Colours as a handful of tokens, from a TOML file of the operator's own or one that is built in;
//! by bold, dim, underline and reverse alone where colour is not wanted.

mod file;
mod look;
mod shelf;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use ratatui::style::{Modifier, Style};

pub use file::File as ThemeFile;
use file::{File, Flaw, Token};
pub use look::Look;
pub use shelf::names;

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
    #[error("no theme {name:?}: there are {known}, and NAME.toml in the directory `themes`")]
    Unknown { name: String, known: String },
    #[error("{} can't be read: {what}", path.display())]
    Unreadable { path: PathBuf, what: String },
    #[error("{place}{}: {what}", line.map(|line| format!(", line {line}")).unwrap_or_default())]
    Malformed { place: String, line: Option<usize>, what: String },
}

impl ThemeError {
    fn malformed(place: &str, flaw: Flaw) -> Self {
        Self::Malformed { place: place.to_owned(), line: flaw.line, what: flaw.what }
    }
}

impl Theme {
    /// One of those built in: `dark`, `light`, `high-contrast`, `sixteen`, `mono`.
    #[must_use]
    pub fn built_in(name: &str, depth: Depth) -> Option<Self> {
        shelf::built_in_theme(name, depth)
    }

    /// A theme from its file, whose parents are filled in, as far as the terminal's colours go.
    fn from_file(file: &File, depth: Depth) -> Self {
        let theme = match file.colours.unwrap_or(file::Colours::All).within(depth) {
            Depth::True => true_colour(file),
            Depth::Sixteen => sixteen(file),
            Depth::None => mono(),
        };
        Self { ascii: file.ascii.unwrap_or(false), ..theme }
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

fn true_colour(file: &File) -> Theme {
    let ink = |token| file.rgb(token).map_or(Style::new(), |colour| Style::new().fg(colour));
    let ground = |token| file.rgb(token).map_or(Style::new(), |colour| Style::new().bg(colour));
    styles(ink, ground)
}

fn sixteen(file: &File) -> Theme {
    let ink = |token| {
        let ansi = file.ansi(token);
        ansi.colour
            .map_or(Style::new(), |colour| Style::new().fg(colour))
            .add_modifier(ansi.modifiers)
    };
    let ground =
        |token| file.ansi(token).colour.map_or(Style::new(), |colour| Style::new().bg(colour));
    styles(ink, ground)
}

fn styles(ink: impl Fn(Token) -> Style, ground: impl Fn(Token) -> Style) -> Theme {
    Theme {
        base: ink(Token::Text).patch(ground(Token::Bg)),
        panel: ground(Token::Panel),
        sel: ground(Token::Sel),
        muted: ink(Token::Muted),
        faint: ink(Token::Faint),
        rule: ink(Token::Rule),
        accent: ink(Token::Accent),
        pill: ink(Token::OnWait).patch(ground(Token::Wait)).add_modifier(Modifier::BOLD),
        caution: ink(Token::Caution),
        fail: ink(Token::Fail),
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
