//! The signals that ask the program to stop.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::CliError;

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
        let catch = |kind| signal(kind).map_err(|error: io::Error| CliError::io(format!("signals: {error}")));
        Ok(Self {
            interrupt: catch(SignalKind::interrupt())?,
            terminate: catch(SignalKind::terminate())?,
            hang_up: catch(SignalKind::hangup())?,
        })
    }

    /// Returns when the first of them comes. Cancel-safe.
    pub async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }
}
