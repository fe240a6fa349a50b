//! The signals that ask the program to stop.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::CliError;
use swarmscope_wire::failure::exit;

/// What asked to stop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    /// Ctrl-C at the keyboard.
    Interrupt,
    /// SIGTERM or SIGHUP: whatever started the program ends it.
    Terminate,
}

impl Asked {
    /// How a program that runs until it is told to stop ends then (cli.md: 130 interrupted).
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Interrupt => exit::INTERRUPTED,
            Self::Terminate => 0,
        }
    }
}

/// SIGINT (Ctrl-C), SIGTERM and SIGHUP, caught from the moment this is made.
pub struct Stop {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Stop {
    /// # Errors
    /// The signals can't be caught.
    pub fn listen() -> Result<Self, CliError> {
        let catch = |kind| {
            signal(kind).map_err(|error: io::Error| CliError::io(format!("signals: {error}")))
        };
        Ok(Self {
            interrupt: catch(SignalKind::interrupt())?,
            terminate: catch(SignalKind::terminate())?,
            hang_up: catch(SignalKind::hangup())?,
        })
    }

    /// Returns when the first of them comes. Cancel-safe.
    pub async fn wait(&mut self) -> Asked {
        tokio::select! {
            _ = self.interrupt.recv() => Asked::Interrupt,
            _ = self.terminate.recv() => Asked::Terminate,
            _ = self.hang_up.recv() => Asked::Terminate,
        }
    }
}
