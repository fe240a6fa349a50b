//! The signals that concern the screen: those that end the program, and those of the shell's jobs.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a signal tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Told {
    /// SIGINT: Ctrl-C, where another program has the terminal.
    Interrupt,
    /// SIGTERM or SIGHUP.
    End,
    /// SIGTSTP: stop, but give the terminal back before.
    Stop,
    /// SIGCONT: the program was stopped, by SIGTSTP or by SIGSTOP, and goes on.
    Continue,
}

/// The signals that are listened to.
pub struct Signals {
    end: [Signal; 3],
    stop: Signal,
    go_on: Signal,
}

impl Signals {
    /// # Errors
    /// The system refuses to tell.
    pub fn new() -> io::Result<Self> {
        let [interrupt, terminate, hangup] =
            [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(signal);
        let kind = |named: nix::sys::signal::Signal| signal(SignalKind::from_raw(named as i32));
        Ok(Self {
            end: [interrupt?, terminate?, hangup?],
            stop: kind(nix::sys::signal::SIGTSTP)?,
            go_on: kind(nix::sys::signal::SIGCONT)?,
        })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Told {
        let [interrupt, terminate, hangup] = &mut self.end;
        tokio::select! {
            biased;
            _ = interrupt.recv() => Told::Interrupt,
            _ = terminate.recv() => Told::End,
            _ = hangup.recv() => Told::End,
            _ = self.stop.recv() => Told::Stop,
            _ = self.go_on.recv() => Told::Continue,
        }
    }
}
