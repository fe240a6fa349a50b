//! Who may ask this peer: those it was started with, and those of the allow-list's file, which is
//! read again when it changes.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::SystemTime;

use crate::identity::{AllowFile, AllowList};
use swarmscope_wire::Permid;
use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::identity::{Day, Role};

/// Both sources together.
pub(super) struct Allowed {
    given: Vec<Permid>,
    file: Option<AllowFile>,
    /// When [`Self::all`] was asked last: a line may be for some days.
    day: Day,
}

/// What a look at the file has found.
pub(super) struct Change {
    /// Who may ask now; `None` where that stays as it was.
    pub(super) allowed: Option<HashMap<Permid, Role>>,
    /// For the operator.
    pub(super) notice: String,
}

impl Allowed {
    /// # Errors
    /// The file is there and can't be read, or has a line that is no permid.
    pub(super) fn new(given: Vec<Permid>, file: Option<PathBuf>) -> Result<Self, Failure> {
        let opened = file.map(AllowFile::open).transpose();
        let file = opened.map_err(|error| Failure::new(Cause::Io, By::Us, error.to_string()))?;
        Ok(Self { given, file, day: today() })
    }

    /// Everybody who may ask today, as last read, and what. Who is named on the command line may
    /// ask whatever the file says.
    pub(super) fn all(&self) -> HashMap<Permid, Role> {
        let listed = self.file.iter().flat_map(|file| file.list().roles());
        let listed = listed.filter(|(_, role)| !role.is_over(self.day));
        let mut all: HashMap<_, _> = listed.map(|(permid, role)| (*permid, role.clone())).collect();
        all.extend(self.given.iter().map(|permid| (*permid, Role::default())));
        all
    }

    /// Looks at the file: one `stat` where nothing has changed.
    pub(super) fn refresh(&mut self) -> Option<Change> {
        let file = self.file.as_mut()?;
        let (before, day) = (self.day, today());
        self.day = day;
        match file.refresh() {
            Ok(false) => {
                let ended = |role: &Role| role.is_over(day) && !role.is_over(before);
                let ended = file.list().roles().filter(|(_, role)| ended(role)).count();
                let notice = format!("allow-list: the last day of {ended} Crawlers is over");
                (ended > 0).then(|| Change { allowed: Some(self.all()), notice })
            }
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

#[allow(clippy::disallowed_methods, reason = "the node lives in the world")]
fn today() -> Day {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Day::of(since.unwrap_or_default().as_secs())
}

fn count(list: &AllowList) -> String {
    match list.len() {
        0 => "it is empty".into(),
        1 => "1 Crawler may ask".into(),
        many => format!("{many} Crawlers may ask"),
    }
}
