//! What the loop does with time: holding still, recording, replaying, and keys from a script.

use std::io;
use std::time::Instant;

use crossterm::event::Event as TerminalEvent;
use ratatui::buffer::Buffer;

use super::{Ended, Running, Stored, now};
use crate::screen::keys::script::Action;
use crate::screen::session::showing::Control;
use crate::screen::{Msg, Now, Screen};
use crate::tui::frozen::Frozen;
use crate::tui::recorder::{self, Finished, Recorder, Target};

/// Whether to wait until everything is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    Yes,
    No,
}

impl Running {
    /// Before the first frame: the recording that is to be shown, or the one that is to be made.
    pub(super) fn begin(&mut self, record: Option<Target>) {
        if let Some(player) = &mut self.player {
            let showing = std::mem::take(&mut self.model.showing);
            self.model = player.begin();
            self.model.showing = showing;
            self.model.showing.cast.on = true;
            player.control(&mut self.model, Control::Pause, Instant::now());
            for note in player.notes() {
                self.fold(Msg::Notice(note));
            }
        }
        self.model.themes = self.look.names();
        if let Some(target) = record {
            self.record_to(target);
        }
    }

    /// Before the first frame, where a store is shown.
    pub(super) fn begin_with_store(&mut self, first: Screen) {
        self.model.screen = first;
        self.model.showing.written = Some(now().wall);
    }

    /// What a store tells is folded with the time at which it happened.
    pub(super) fn stored(&mut self, stored: Stored) {
        let now = now();
        match stored {
            Stored::Written(last) => self.model.showing.written = Some(last),
            Stored::Told(wall, msg) => {
                let ago = now.wall.duration_since(wall).unwrap_or_default();
                let instant = now.instant.checked_sub(ago).unwrap_or(now.instant);
                let at = Now { instant, wall };
                match &mut self.frozen {
                    Some(frozen) => frozen.wait(at, *msg),
                    None => self.fold_at(at, at, *msg),
                }
            }
        }
        if self.frozen.is_none() {
            self.model.now = now;
        }
        self.changed = true;
    }

    /// How it is shown, as of now.
    pub(super) fn show_status(&mut self) {
        let showing = &mut self.model.showing;
        showing.replay = self.player.as_ref().map(|player| player.status());
        showing.recording = self.recorder.as_ref().map(Recorder::status);
        if self.player.is_none() {
            showing.frozen = self.frozen.as_ref().map(Frozen::len);
        }
    }

    /// When the model wants to be woken. A screen that holds still sends nothing more to many, and
    /// a replay sends nothing: there only what somebody who looks around has asked for, the filter
    /// or the order, has the rest of the peers to go through.
    pub(super) fn wake(&self) -> Option<Instant> {
        match &self.player {
            Some(player) => (player.is_looked_at() && self.model.is_busy()).then(Instant::now),
            None if self.frozen.is_some() => self.model.is_busy().then(Instant::now),
            None => self.model.next_wake(),
        }
    }

    /// However much news comes, what the model does step by step goes on after each lot of it.
    pub(super) fn wake_if_due(&mut self) {
        if self.wake().is_some_and(|at| at <= Instant::now()) {
            self.woken();
        }
    }

    pub(super) fn woken(&mut self) {
        self.fold(if self.player.is_some() { Msg::Tick } else { Msg::Wake });
    }

    /// Another second of the clock. A recording brings its own.
    pub(super) fn tick(&mut self, waiting: usize) {
        self.look_again();
        if self.player.is_none() {
            self.told(Msg::Tick);
        }
        self.tell_figures(waiting);
    }

    // --- freeze
    // ---------------------------------------------------------------------------------------------------------

    pub(super) fn freeze(&mut self) {
        if self.frozen.is_some() {
            self.thaw();
        } else {
            self.frozen = Some(Frozen::new(self.model.now));
        }
        self.show_status(); // from now on nothing more is sent
    }

    /// Lets all that waited in at once, each with its own time.
    pub(super) fn thaw(&mut self) {
        let Some(frozen) = self.frozen.take() else { return };
        self.show_status();
        for (at, msg) in frozen.thaw() {
            self.fold_at(at, at, msg);
        }
        self.fold(Msg::Tick);
    }

    // --- record
    // ---------------------------------------------------------------------------------------------------------

    /// Starts a recording in a file of its own, or ends the one that runs.
    pub(super) fn record(&mut self) {
        if self.recorder.is_some() {
            return self.end_recording(Wait::No);
        }
        let Some(directory) = &self.recordings else {
            return self
                .fold(Msg::NotDone("not recorded: no data directory for this user".to_owned()));
        };
        match Target::create_in(directory, now()) {
            Ok(target) => self.record_to(target),
            Err(error) => {
                let text = format!("not recorded: {}: {error}", directory.display());
                self.fold(Msg::NotDone(text));
            }
        }
    }

    fn record_to(&mut self, target: Target) {
        let private =
            if self.model.setup.naming.privacy { ", addresses and permids masked" } else { "" };
        let text = format!("recording to {}{private}", target.path.display());
        self.recorder = Some(Recorder::start(target, &self.model, now(), self.finished.clone()));
        self.fold(Msg::Done(text));
    }

    pub(super) fn end_recording(&mut self, wait: Wait) {
        let Some(recorder) = self.recorder.take() else { return };
        let thread = recorder.end(now());
        if wait == Wait::Yes {
            // how it ended has no screen any more to be told on; a recording that breaks off says
            // so itself
            let _ = thread.join();
        }
    }

    /// Addresses are hidden from now on: what was recorded without a mask ends here.
    pub(super) fn keep_private(&mut self) {
        let unmasked = self.recorder.as_ref().is_some_and(|recorder| !recorder.status().masked);
        if self.model.setup.naming.privacy && unmasked {
            self.end_recording(Wait::No);
            let text = "recording stopped: it contains addresses; a new one will not";
            self.fold(Msg::NotDone(text.to_owned()));
        }
    }

    /// The writer has ended.
    pub(super) fn recorded(&mut self, finished: Finished) {
        recorder::ended(&mut self.recorder, &finished);
        let Finished { path, result } = finished;
        let file = path.display();
        let told = match result {
            Ok(lines) => Msg::Done(format!(
                "recorded {}: {file}",
                swarmscope_facts::format::counted(saturated(lines), "line")
            )),
            Err(error) => {
                let told = Msg::NotDone(format!("recording stopped: {file}: {error}"));
                self.broken_off.get_or_insert_with(|| recorder::broken_off(&path, &error));
                told
            }
        };
        self.fold(told);
    }

    // --- replay
    // ---------------------------------------------------------------------------------------------------------

    pub(super) fn replay_is_due(&self) -> Option<Instant> {
        self.player.as_ref().and_then(|player| player.due())
    }

    pub(super) fn go_on(&mut self) {
        if let Some(player) = &mut self.player {
            player.go_on(&mut self.model, Instant::now());
            self.changed = true;
        }
    }

    // --- script
    // ---------------------------------------------------------------------------------------------------------

    pub(super) fn script_is_due(&self) -> Option<Instant> {
        self.script.as_ref().and_then(|script| script.due(Instant::now()))
    }

    /// Does what the script says, as far as it goes now.
    pub(super) fn play_script(&mut self) -> io::Result<()> {
        while let Some(script) = &mut self.script {
            match script.next(Instant::now(), &self.shown) {
                Ok(None) => return Ok(()),
                Ok(Some(Action::Quit)) => {
                    self.ended = Some(Ended::Quit);
                    return Ok(());
                }
                Ok(Some(Action::Key(key))) => {
                    self.input(Instant::now(), TerminalEvent::Key(key.event()));
                }
                Ok(Some(Action::Paste(text))) => {
                    self.input(Instant::now(), TerminalEvent::Paste(text));
                }
                Err(not_seen) => {
                    self.ended = Some(Ended::NotSeen(not_seen, self.shown.clone()));
                    return Ok(());
                }
            }
            self.draw()?;
        }
        Ok(())
    }
}

fn saturated(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// What a frame says, row by row.
pub fn text(cells: &Buffer) -> String {
    let row = |y| (0..cells.area.width).map(|x| cells[(x, y)].symbol()).collect::<String>();
    (0..cells.area.height).map(row).collect::<Vec<_>>().join("\n")
}
