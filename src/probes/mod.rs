//! The message-specific ids that are built in: one file each, and the list of them here.

use std::io;
use std::path::PathBuf;

use crate::crawler::Registry;
use crate::wire::{Decoded, ErrorByte, MessageId};

/// Where DATABASE answers from: a peer's own statistics.
#[derive(Clone, Debug)]
pub struct Statistics {
    path: Option<PathBuf>,
}

impl Statistics {
    /// The database of this file, which is made, with empty tables, where there is none.
    ///
    /// # Errors
    /// The file can't be opened or made, or is no statistics database.
    pub fn file(path: PathBuf) -> io::Result<Self> {
        Ok(Self { path: Some(path) })
    }

    /// Empty tables in memory.
    #[must_use]
    pub fn empty() -> Self {
        Self { path: None }
    }
}

/// How a payload was read.
#[derive(Clone, PartialEq, Debug)]
pub struct Decoding {
    /// What it was read as; where the registered decoder failed, what the formats make of it.
    pub decoded: Decoded,
    /// Why the registered decoder could not read it.
    pub failed: Option<String>,
}

/// All built-in probes.
#[must_use]
pub fn registry(statistics: Statistics) -> Registry {
    let _ = statistics.path;
    Registry::default()
}

/// Reads a whole reply: with error 0 by the id's registered decoder, else, or where that fails, by its format.
#[must_use]
pub fn decode_reply(registry: &Registry, message: MessageId, error: ErrorByte, payload: &[u8]) -> Decoding {
    let _ = (registry, message, error, payload);
    todo!()
}
