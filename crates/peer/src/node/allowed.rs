//! Who may ask this peer: those it was started with, and those of the allow-list's file, which is
//! read again when it changes.

use std::collections::HashSet;
use std::path::PathBuf;

use crate::identity::{AllowFile, AllowList};
use swarmscope_wire::Permid;
use swarmscope_wire::failure::{By, Cause, Failure};

/// Both sources together.
pub(super) struct Allowed {
    given: Vec<Permid>,
    file: Option<AllowFile>,
}

/// What a look at the file has found.
pub(super) struct Change {
    /// Who may ask now; `None` where that stays as it was.
    pub(super) allowed: Option<HashSet<Permid>>,
    /// For the operator.
    pub(super) notice: String,
}

impl Allowed {
    /// # Errors
    /// The file is there and can't be read, or has a line that is no permid.
    pub(super) fn new(given: Vec<Permid>, file: Option<PathBuf>) -> Result<Self, Failure> {
        let opened = file.map(AllowFile::open).transpose();
        let file = opened.map_err(|error| Failure::new(Cause::Io, By::Us, error.to_string()))?;
        Ok(Self { given, file })
    }

    /// Everybody who may ask, as last read.
    pub(super) fn all(&self) -> HashSet<Permid> {
        let listed = self.file.iter().flat_map(|file| file.list().iter());
        self.given.iter().chain(listed).copied().collect()
    }

    /// Looks at the file: one `stat` where nothing has changed.
    pub(super) fn refresh(&mut self) -> Option<Change> {
        let file = self.file.as_mut()?;
        match file.refresh() {
            Ok(false) => None,
            Ok(true) => {
                let notice = format!("allow-list reloaded: {}", count(file.list()));
                Some(Change { allowed: Some(self.all()), notice })
            }
            Err(error) => Some(Change {
                allowed: None,
                notice: format!("{error}; the previous list stays in effect"),
            }),
        }
    }
}

fn count(list: &AllowList) -> String {
    match list.len() {
        0 => "it is empty".into(),
        1 => "1 Crawler may ask".into(),
        many => format!("{many} Crawlers may ask"),
    }
}
