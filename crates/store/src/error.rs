//! Why a store cannot be used, with what to do about it.

use std::fmt;

use swarmscope_wire::text::clean;

/// What kind of failure it is. Each has a stable code for scripts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// There is no store there.
    NotFound,
    /// A file or database of another program.
    NotAStore,
    /// Written by a newer version.
    Newer,
    /// Written under another operator's key.
    OtherKey,
    /// The key file cannot be used.
    Key,
    /// The database says that its pages do not hold together.
    Corrupt,
    /// Its tables are not those that this program makes.
    Altered,
    /// It can be read only.
    ReadOnly,
    /// No space is left.
    Full,
    /// Another process has it.
    InUse,
    /// The connection to the server is lost, or cannot be made.
    Lost,
    /// The server refuses this user or this database.
    Denied,
    /// This build has no support for that back end.
    Unsupported,
    /// Anything else that the database says.
    Other,
}

impl Kind {
    /// All of them, for tests and documentation.
    pub const ALL: [Self; 14] = [
        Self::NotFound,
        Self::NotAStore,
        Self::Newer,
        Self::OtherKey,
        Self::Key,
        Self::Corrupt,
        Self::Altered,
        Self::ReadOnly,
        Self::Full,
        Self::InUse,
        Self::Lost,
        Self::Denied,
        Self::Unsupported,
        Self::Other,
    ];

    /// A stable code for scripts.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotFound => "store.not-found",
            Self::NotAStore => "store.not-a-store",
            Self::Newer => "store.newer",
            Self::OtherKey => "store.other-key",
            Self::Key => "store.key",
            Self::Corrupt => "store.corrupt",
            Self::Altered => "store.altered",
            Self::ReadOnly => "store.read-only",
            Self::Full => "store.full",
            Self::InUse => "store.in-use",
            Self::Lost => "store.lost",
            Self::Denied => "store.denied",
            Self::Unsupported => "store.unsupported",
            Self::Other => "store.other",
        }
    }

    /// What to do next.
    #[must_use]
    pub const fn hint(self) -> &'static str {
        match self {
            Self::NotFound => {
                "check the path; `swarmscope crawl` makes a store where there is none"
            }
            Self::NotAStore => "it was not changed: use another file or database",
            Self::Newer => {
                "use the version of swarmscope that wrote it, or a newer one; it was not changed"
            }
            Self::OtherKey => {
                "give the key file it was created with (--store-key): without it no peer can be \
                 recognised"
            }
            Self::Key => {
                "a key file holds 64 hexadecimal digits and has mode 0600; --store-key names one"
            }
            Self::Corrupt => {
                "copy the file before anything else, then run `swarmscope store verify`; restore a \
                 backup if that fails"
            }
            Self::Altered => {
                "another program changed it: do not trust its contents; use a backup, or a store \
                 that `swarmscope crawl` made"
            }
            Self::ReadOnly => {
                "make the file and its directory writable, or read it with `swarmscope store`"
            }
            Self::Full => {
                "free space, or shorten what is kept with `swarmscope store prune`; nothing that \
                 was acknowledged is lost"
            }
            Self::InUse => {
                "one Crawler writes to an SQLite file at a time: stop the other one, or use \
                 PostgreSQL"
            }
            Self::Lost => {
                "check that the server is running and reachable; a crawl retries by itself"
            }
            Self::Denied => "check the user, the password and the database in the address",
            Self::Unsupported => "build with the feature `postgres`",
            Self::Other => "see the detail for the database's error",
        }
    }
}

/// A store that cannot be used, and why.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub struct StoreError {
    /// What kind of failure it is.
    pub kind: Kind,
    /// Which store, and what was said, in words; no address or permid of a peer is in it.
    pub detail: String,
}

impl StoreError {
    /// A failure of this kind. The database's own words name tables as their file does, so that they
    /// are cleaned and on one line.
    #[must_use]
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: clean(&detail.into()).into_owned() }
    }

    /// Names what it is about in front of what was said.
    #[must_use]
    pub fn about(mut self, what: impl fmt::Display) -> Self {
        self.detail = format!("{}: {}", clean(&what.to_string()), self.detail);
        self
    }

    /// Whether the same call may succeed in a moment, without anybody doing anything.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        matches!(self.kind, Kind::Lost)
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_kind_has_its_own_code_and_a_hint() {
        let codes: HashSet<_> = Kind::ALL.iter().map(|kind| kind.code()).collect();
        assert_eq!(codes.len(), Kind::ALL.len());
        assert!(Kind::ALL.iter().all(|kind| !kind.hint().is_empty()));
    }
}
