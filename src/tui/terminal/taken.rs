//! Taking the terminal, and giving it back whatever happens.

use std::fmt;
use std::io::{self, Write};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crossterm::cursor::{Hide, SetCursorStyle, Show};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{Command, execute, queue};
use ratatui::backend::CrosstermBackend;
use ratatui::{CompletedFrame, Frame, Terminal};

/// The terminal that the screen is drawn on.
pub type Screen = Terminal<CrosstermBackend<Out>>;

/// Something panicked since the terminal was taken.
static PANICKED: AtomicBool = AtomicBool::new(false);
/// What of the terminal is ours. Whoever writes holds it, so that nothing is drawn on a terminal
/// that another thread has just given back.
static OURS: Mutex<Ours> = Mutex::new(Ours { taken: false, mouse: false });

struct Ours {
    /// The terminal has to be given back.
    taken: bool,
    /// The mouse is reported to us, not used by the terminal for its own selection.
    mouse: bool,
}

fn ours() -> MutexGuard<'static, Ours> {
    OURS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gathers a frame and writes it at once; drops it where the terminal is not ours.
#[derive(Default)]
pub struct Out {
    waiting: Vec<u8>,
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let ours = ours();
        let written = if ours.taken { write_out(&self.waiting) } else { Ok(()) };
        self.waiting.clear();
        written
    }
}

fn write_out(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

/// Has presses and the wheel reported, with their cells as numbers. Not every move of the pointer:
/// nothing here follows it.
struct ReportMouse(bool);

impl Command for ReportMouse {
    fn write_ansi(&self, f: &mut impl fmt::Write) -> fmt::Result {
        f.write_str(if self.0 { "\x1b[?1000h\x1b[?1006h" } else { "\x1b[?1006l\x1b[?1000l" })
    }
}

/// The terminal while it is ours. Dropping it gives the terminal back.
pub struct Taken {
    pub screen: Screen,
}

impl Taken {
    /// Takes the terminal: raw mode, the alternate screen, bracketed paste. A panic anywhere gives
    /// it back before its message is printed.
    ///
    /// # Errors
    /// Standard input or output is no terminal, or can't be used as one.
    pub fn take() -> io::Result<Self> {
        install_panic_hook();
        PANICKED.store(false, Ordering::SeqCst);
        enable_raw_mode()?;
        ours().taken = true;
        let taken = enter().and_then(|()| Terminal::new(CrosstermBackend::new(Out::default())));
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
        queue!(self.screen.backend_mut(), BeginSynchronizedUpdate)?;
        let drawn = self.screen.draw(frame)?;
        let mut out = Out::default();
        execute!(out, EndSynchronizedUpdate)?;
        Ok(drawn)
    }

    /// Whether something has panicked, so that the terminal was given back for good.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        PANICKED.load(Ordering::SeqCst)
    }

    /// Leaves the terminal to another program for a while: the shell, an editor. What is drawn
    /// meanwhile is not seen.
    pub fn lend(&mut self) {
        give_back();
    }

    /// Takes the terminal again, whoever had it and in whatever state it is, and forgets what was
    /// drawn on it.
    ///
    /// # Errors
    /// It is no longer usable.
    pub fn take_again(&mut self) -> io::Result<()> {
        // raw mode may have been undone behind our back, by a shell to which SIGSTOP has given the
        // terminal
        disable_raw_mode()?;
        enable_raw_mode()?;
        ours().taken = true;
        enter()?;
        // not `clear`: that asks the terminal where its cursor is, and the answer would go to
        // the reader of the keys
        self.screen = Terminal::new(CrosstermBackend::new(Out::default()))?;
        Ok(())
    }

    /// Empties the terminal, and forgets what was drawn on it: all of the next frame is written.
    ///
    /// # Errors
    /// The terminal can't be written.
    pub fn start_afresh(&mut self) -> io::Result<()> {
        self.send(Clear(ClearType::All))?;
        self.screen = Terminal::new(CrosstermBackend::new(Out::default()))?; // as in `take_again`
        Ok(())
    }

    /// Has the mouse reported, or leaves it to the terminal.
    ///
    /// # Errors
    /// The terminal can't be written.
    pub fn report_mouse(&mut self, on: bool) -> io::Result<()> {
        ours().mouse = on;
        self.send(ReportMouse(on))
    }

    /// Sends a command to the terminal, at once.
    ///
    /// # Errors
    /// The terminal can't be written.
    pub fn send(&mut self, command: impl Command) -> io::Result<()> {
        execute!(self.screen.backend_mut(), command)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        give_back();
    }
}

fn enter() -> io::Result<()> {
    let mut bytes = Vec::new();
    queue!(
        bytes,
        EnterAlternateScreen,
        Clear(ClearType::All),
        EnableBracketedPaste,
        SetCursorStyle::SteadyBar,
        Hide
    )?;
    if ours().mouse {
        queue!(bytes, ReportMouse(true))?;
    }
    write_out(&bytes)
}

/// Leaves the terminal as it was found. Does nothing where it is not ours; errors have nowhere to
/// go, it may be gone.
fn give_back() {
    let mut ours = ours();
    if !ours.taken {
        return;
    }
    ours.taken = false;
    let mut bytes = Vec::new();
    if ours.mouse {
        let _ = queue!(bytes, ReportMouse(false));
    }
    let _ = queue!(
        bytes,
        EndSynchronizedUpdate,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        SetCursorStyle::DefaultUserShape,
        Show
    );
    let _ = write_out(&bytes);
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
