//! The terminal itself: what it can show, taking it, and giving it back whatever happens.

use std::env;
use std::io::{self, Write as _};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::{Hide, SetCursorStyle, Show};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use crossterm::{execute, queue};
use ratatui::backend::CrosstermBackend;
use ratatui::{CompletedFrame, Frame, Terminal};

use super::theme::Depth;

/// The terminal that the screen is drawn on.
pub type Screen = Terminal<CrosstermBackend<io::Stdout>>;

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
        let is = |value: &Option<String>, words: &[&str]| value.as_deref().is_some_and(|value| words.contains(&value));
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

/// Something panicked since the terminal was taken.
static PANICKED: AtomicBool = AtomicBool::new(false);
/// The terminal is ours, and has to be given back.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal while it is ours. Dropping it gives the terminal back.
pub struct Taken {
    pub screen: Screen,
}

impl Taken {
    /// Takes the terminal: raw mode, the alternate screen, bracketed paste. A panic anywhere gives it back before its message
    /// is printed.
    ///
    /// # Errors
    /// Standard input or output is no terminal, or can't be used as one.
    pub fn take() -> io::Result<Self> {
        install_panic_hook();
        PANICKED.store(false, Ordering::SeqCst);
        enable_raw_mode()?;
        TAKEN.store(true, Ordering::SeqCst);
        let taken = execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, SetCursorStyle::SteadyBar, Hide)
            .and_then(|()| Terminal::new(CrosstermBackend::new(io::stdout())));
        if taken.is_err() {
            give_back();
        }
        Ok(Self { screen: taken? })
    }

    /// Draws a frame that the terminal shows at once, never half of it.
    ///
    /// # Errors
    /// The terminal can't be written.
    pub fn draw(&mut self, frame: impl FnOnce(&mut Frame)) -> io::Result<CompletedFrame<'_>> {
        queue!(io::stdout(), BeginSynchronizedUpdate)?;
        let drawn = self.screen.draw(frame)?;
        execute!(io::stdout(), EndSynchronizedUpdate)?;
        Ok(drawn)
    }

    /// Leaves the terminal to somebody else for a while: the shell, an editor. What is drawn meanwhile is not seen.
    pub fn lend(&mut self) {
        give_back();
    }

    /// Takes the terminal again.
    ///
    /// # Errors
    /// It can't be used any more.
    pub fn take_again(&mut self) -> io::Result<()> {
        enable_raw_mode()?;
        TAKEN.store(true, Ordering::SeqCst);
        execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, SetCursorStyle::SteadyBar, Hide)?;
        self.screen.clear()
    }

    /// Whether something has panicked, so that the terminal was given back already.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        PANICKED.load(Ordering::SeqCst)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        give_back();
    }
}

/// Leaves the terminal as it was found. Does nothing the second time; errors have nowhere to go, the terminal may be gone.
fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    let _ = queue!(
        out,
        EndSynchronizedUpdate,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        SetCursorStyle::DefaultUserShape,
        Show
    );
    let _ = out.flush();
    let _ = disable_raw_mode();
}

fn install_panic_hook() {
    static INSTALLED: AtomicBool = AtomicBool::new(false);
    if INSTALLED.swap(true, Ordering::SeqCst) {
        return;
    }
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        PANICKED.store(true, Ordering::SeqCst);
        give_back();
        before(info);
    }));
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
