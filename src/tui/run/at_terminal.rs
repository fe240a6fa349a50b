//! What concerns the terminal itself while the screen runs: its mouse, its theme, leaving it to the
//! shell.

use std::io;

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use super::Running;
use crate::screen::Msg;
use crate::screen::kept::{KeptIn, theme_text};
use crate::screen::keys::spot::Gesture;
use crate::tui::draw::spot;
use crate::tui::terminal::jobs;

impl Running {
    /// What was done with the mouse, on what stands there.
    pub(super) fn pointed(&mut self, event: MouseEvent) {
        let gesture = match event.kind {
            MouseEventKind::Down(MouseButton::Left) => Gesture::Press,
            MouseEventKind::ScrollUp => Gesture::WheelUp,
            MouseEventKind::ScrollDown => Gesture::WheelDown,
            _ => return,
        };
        let spot = spot(&self.model, self.look.theme(), self.tops, (event.column, event.row));
        self.fold(Msg::Mouse(gesture, spot));
    }

    /// Ctrl-Z: asks the job to stop, if something can continue it. The signal comes back as
    /// [`Told::Stop`].
    pub(super) fn suspend(&mut self) {
        if !jobs::can_be_continued() {
            self.fold(Msg::NotDone("not suspended: no shell could resume the program".to_owned()));
        } else if let Err(error) = jobs::ask_to_stop() {
            self.fold(Msg::NotDone(format!("not stopped: {error}")));
        }
    }

    /// Gives the terminal back and stops until the program is continued.
    pub(super) fn stop(&mut self) -> io::Result<()> {
        self.taken.lend();
        jobs::stop()
    }

    /// Continued: other programs have used the terminal, and it may have another size.
    pub(super) fn continued(&mut self) -> io::Result<()> {
        if self.away {
            return Ok(()); // it still is
        }
        self.taken.take_again()?;
        self.draw()
    }

    /// The next theme, by name.
    pub(super) fn next_theme(&mut self) {
        if let Err(errors) = self.look.turn() {
            for error in errors {
                self.fold(Msg::NotDone(format!("theme skipped: {error}")));
            }
        }
        self.keep_theme();
        self.fold(Msg::Done(format!("theme: {}", self.look.name())));
    }

    /// The next start begins with this theme.
    fn keep_theme(&self) {
        self.keep.write(KeptIn::Theme, theme_text(self.look.name()));
    }

    /// The theme of this name.
    pub(super) fn theme(&mut self, name: &str) {
        let done = match self.look.turn_to(name) {
            Ok(()) => {
                self.keep_theme();
                Msg::Done(format!("theme: {}", self.look.name()))
            }
            Err(error) => Msg::NotDone(format!("theme not changed: {error}")),
        };
        self.fold(done);
    }

    /// Reads the theme again if its file has changed.
    pub(super) fn look_again(&mut self) {
        match self.look.refresh() {
            Ok(false) => {}
            Ok(true) => self.fold(Msg::Done(format!("theme: {}, reloaded", self.look.name()))),
            Err(error) => self.fold(Msg::NotDone(format!("theme not changed: {error}"))),
        }
    }
}
