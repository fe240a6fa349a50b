//! The case that is written to while the screen runs: its entries as they stand in the file, and
//! what was last found of its chain.

pub mod acts;

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::time::Duration;

use crate::screen::input::Input;
use swarmscope_evidence::signals::Card;
use swarmscope_facts::Now;

/// Entries that are kept at hand, the newest ones. The file has all.
const MOST: usize = 10_000;

/// What is to be done with a case.
#[derive(Clone, Debug)]
pub enum Order {
    /// Go on with this one, or make it where there is none.
    Open {
        /// Its file.
        path: PathBuf,
        /// A new one keeps no addresses; one that keeps them is not opened.
        private: bool,
        /// Who is connected: what they answer is about them.
        peers: Vec<Connected>,
    },
    /// Write a note about these entries.
    Note(String, Vec<u64>),
    /// Write a signal, with the entries it rests on.
    Signal(Box<Card>),
    /// Sign what is not signed yet, and check all of it.
    Check,
    /// Write all of it into this file, in the format that its name says.
    Export(PathBuf),
    /// Sign, and write no more.
    Close,
}

/// A peer that was connected before the case was opened.
#[derive(Clone, Debug)]
pub struct Connected {
    /// Who.
    pub permid: swarmscope_wire::Permid,
    /// Where.
    pub address: std::net::SocketAddr,
    /// Which version it speaks.
    pub version: swarmscope_wire::OverlayVersion,
}

/// What became of that.
#[derive(Clone, PartialEq, Debug)]
pub enum Told {
    /// It is open.
    Opened(Head),
    /// Entries that now stand in the file, in their order.
    Entries(Vec<Entry>),
    /// Its chain was checked.
    Checked(Checked),
    /// So many questions were written into this file.
    Exported(PathBuf, u64),
    /// Something was not done, and why.
    NotDone(String),
    /// It was signed and closed; or why it can't be written to any more.
    Closed(Result<(), String>),
}

/// What a case is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Head {
    /// Its file.
    pub path: PathBuf,
    /// Whether it was made just now.
    pub is_new: bool,
    /// Whether it keeps addresses and permids.
    pub addresses: bool,
    /// The public key that it is signed with, in short.
    pub by: String,
}

/// An entry, as it stands in the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its number, from 0.
    pub index: u64,
    /// When it was written: RFC 3339.
    pub time: String,
    /// `sent`, `reply`, `failure`, `note`, `signal`, `signed`, …
    pub kind: String,
    /// In a few words.
    pub about: String,
    /// The hash of the entry before it, and its own, hexadecimal.
    pub hashes: [String; 2],
    /// Its other values, by name; those that this copy withholds say so.
    pub fields: Vec<(String, String)>,
}

/// What was found when all of a case was checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checked {
    pub entries: u64,
    /// How many of the first entries a valid checkpoint covers.
    pub signed: u64,
    pub checkpoints: u64,
    /// The first entry that does not hold, and why.
    pub fault: Option<(u64, String)>,
    pub took: Duration,
}

/// The case, as far as the screen knows it.
#[derive(Clone, Debug)]
pub struct Case {
    pub head: Head,
    entries: VecDeque<Entry>,
    /// How many the file has.
    pub count: u64,
    /// How many of each kind.
    pub kinds: BTreeMap<String, u64>,
    /// The newest checkpoint covers the entries before this one.
    pub signed: u64,
    /// Which entry is selected, of those at hand. None: the newest, whichever that is.
    pub at: Option<usize>,
    pub checked: Option<(Now, Checked)>,
    /// Only entries with these words are listed.
    pub filter: Input,
    /// Why nothing more is written.
    pub closed: Option<Result<(), String>>,
}

impl Case {
    fn new(head: Head) -> Self {
        Self {
            head,
            entries: VecDeque::new(),
            count: 0,
            kinds: BTreeMap::new(),
            signed: 0,
            at: None,
            checked: None,
            filter: Input::default(),
            closed: None,
        }
    }

    /// The file's name.
    #[must_use]
    pub fn name(&self) -> String {
        self.head.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Those at hand, oldest first.
    #[must_use]
    pub const fn entries(&self) -> &VecDeque<Entry> {
        &self.entries
    }

    /// The selected one.
    #[must_use]
    pub fn entry(&self) -> Option<&Entry> {
        self.entries.get(self.row())
    }

    /// The row of the selected one.
    #[must_use]
    pub fn row(&self) -> usize {
        let last = self.entries.len().saturating_sub(1);
        self.at.map_or(last, |at| at.min(last))
    }

    /// The rows that the filter leaves, oldest first.
    pub fn listed(&self) -> impl Iterator<Item = usize> {
        let words = self.filter.text().to_lowercase();
        let has = move |entry: &Entry| {
            words.split_whitespace().all(|word| {
                let is_in = |text: &str| text.to_lowercase().contains(word);
                is_in(&entry.kind) || is_in(&entry.about)
            })
        };
        (0..).zip(&self.entries).filter(move |(_, entry)| has(entry)).map(|(row, _)| row)
    }

    /// Whether it is written to.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.closed.is_none()
    }

    fn take(&mut self, entries: Vec<Entry>) {
        for entry in entries {
            self.count = entry.index + 1;
            *self.kinds.entry(entry.kind.clone()).or_default() += 1;
            if entry.kind == "signed" {
                self.signed = entry.index;
            }
            if self.entries.len() >= MOST {
                self.entries.pop_front();
                self.at = self.at.map(|at| at.saturating_sub(1));
            }
            self.entries.push_back(entry);
        }
    }
}
