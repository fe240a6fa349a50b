//! The formats, and what is written in them.

use std::fmt;
use std::path::Path;

use crate::record::Contents;
use crate::signals::Card;

/// A format that a case can be exported in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Format {
    /// A JSON object a line.
    Jsonl,
    /// RFC 4180, with a header.
    Csv,
    /// Columns, for `DuckDB` and pandas.
    Parquet,
    /// A STIX 2.1 bundle.
    Stix,
    /// A report for people.
    Markdown,
    /// The same as one page that loads nothing.
    Html,
}

impl Format {
    /// All of them, those that this build lacks too.
    pub const ALL: [Self; 6] =
        [Self::Jsonl, Self::Csv, Self::Parquet, Self::Stix, Self::Markdown, Self::Html];

    /// As the command line spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Parquet => "parquet",
            Self::Stix => "stix",
            Self::Markdown => "markdown",
            Self::Html => "html",
        }
    }

    /// What files of it end in.
    #[must_use]
    pub const fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Jsonl => &["jsonl", "ndjson"],
            Self::Csv => &["csv"],
            Self::Parquet => &["parquet"],
            Self::Stix => &["json"],
            Self::Markdown => &["md"],
            Self::Html => &["html"],
        }
    }

    /// The format of a name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Whether a file of this name may hold it: a file that says that it is something else is taken
    /// for that.
    #[must_use]
    pub fn suits(self, path: &Path) -> bool {
        let extension =
            path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        self.extensions().contains(&extension.to_ascii_lowercase().as_str())
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is exported.
#[derive(Clone, Copy, Debug)]
pub struct Export<'a> {
    /// What the case says.
    pub contents: &'a Contents,
    /// Signals: those of the case, and those found now.
    pub signals: &'a [Card],
    /// Program and version that exports.
    pub program: &'a str,
    /// When, RFC 3339.
    pub now: &'a str,
    /// What a verification of the case said, in a sentence.
    pub verified: &'a str,
}
