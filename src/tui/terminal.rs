//! The terminal itself: what it can show, taking it and giving it back whatever happens, and the
//! shell's jobs.

pub mod jobs;
mod taken;

use std::env;

use super::theme::Depth;
pub use taken::{Screen, Taken};

/// What the environment says of the terminal.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Environment {
    pub no_color: Option<String>,
    pub colorterm: Option<String>,
    pub term: Option<String>,
    /// `15;0`: foreground and background, as some terminals tell.
    pub colorfgbg: Option<String>,
    /// The first of `LC_ALL`, `LC_CTYPE` and `LANG` that is not empty.
    pub locale: Option<String>,
}

impl Environment {
    #[must_use]
    pub fn of_this_process() -> Self {
        let get = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            no_color: get("NO_COLOR"),
            colorterm: get("COLORTERM"),
            term: get("TERM"),
            colorfgbg: get("COLORFGBG"),
            locale: ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(get),
        }
    }

    /// How many colours it shows.
    #[must_use]
    pub fn depth(&self) -> Depth {
        let is = |value: &Option<String>, words: &[&str]| {
            value.as_deref().is_some_and(|value| words.contains(&value))
        };
        let direct = self.term.as_deref().is_some_and(|term| term.ends_with("-direct"));
        if self.no_color.is_some() || is(&self.term, &["dumb"]) {
            Depth::None
        } else if is(&self.colorterm, &["truecolor", "24bit"]) || direct {
            Depth::True
        } else {
            Depth::Sixteen
        }
    }

    /// Whether it says that its background is light.
    #[must_use]
    pub fn is_light(&self) -> bool {
        let background = self.colorfgbg.as_deref().and_then(|both| both.rsplit(';').next());
        matches!(background, Some("7" | "15"))
    }

    /// Whether it shows only plain characters: a locale that is set and not UTF-8.
    #[must_use]
    pub fn is_ascii(&self) -> bool {
        let utf8 = |locale: &String| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        };
        self.locale.as_ref().is_some_and(|locale| !utf8(locale))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(set: impl FnOnce(&mut Environment)) -> Environment {
        let mut environment = Environment::default();
        set(&mut environment);
        environment
    }

    #[test]
    fn colours_as_far_as_the_terminal_says() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(Environment::default().depth(), Depth::Sixteen);
        assert_eq!(environment(|e| e.colorterm = some("truecolor")).depth(), Depth::True);
        assert_eq!(environment(|e| e.term = some("xterm-direct")).depth(), Depth::True);
        assert_eq!(environment(|e| e.term = some("xterm-256color")).depth(), Depth::Sixteen);
        assert_eq!(environment(|e| e.term = some("dumb")).depth(), Depth::None);
        let both = environment(|e| (e.colorterm, e.no_color) = (some("truecolor"), some("1")));
        assert_eq!(both.depth(), Depth::None, "NO_COLOR wins");
    }

    #[test]
    fn light_and_plain_terminals_are_told_by_what_they_set() {
        let some = |text: &str| Some(text.to_owned());
        assert!(environment(|e| e.colorfgbg = some("0;15")).is_light());
        assert!(environment(|e| e.colorfgbg = some("0;default;7")).is_light());
        assert!(!environment(|e| e.colorfgbg = some("15;0")).is_light());
        assert!(!Environment::default().is_ascii(), "nothing set: UTF-8 is the rule today");
        assert!(environment(|e| e.locale = some("C")).is_ascii());
        assert!(!environment(|e| e.locale = some("C.UTF-8")).is_ascii());
    }
}
