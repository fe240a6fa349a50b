//! The case that is written to while a screen runs.
#![allow(clippy::disallowed_methods)] // how long a check takes is said

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use data_encoding::HEXLOWER;
use swarmscope_evidence::case::read::{Found, Records};
use swarmscope_evidence::case::{self, Value, kind};
use swarmscope_evidence::entry::Keeps;
use swarmscope_evidence::export::Format;
use swarmscope_evidence::record;
use swarmscope_evidence::signals::Card;
use swarmscope_facts::networks;
use swarmscope_networks::exchange::Exchange;
use swarmscope_peer::crawler::Registry;
use swarmscope_peer::files;
use swarmscope_peer::node::{Event, Ticket};
use swarmscope_wire::{Permid, text};

use super::keeper::{Keeper, Questions};
use super::{CaseFile, KeyOption, export, file, verify};
use crate::cli::{CliError, signals};
use crate::screen::case::{Checked, Connected, Entry, Head};
use crate::tui::cases::{Keeping, OpenCase};

/// Entries that are read at once.
const BATCH: usize = 1000;
/// Bytes of a value that are shown.
const SHOWN: usize = 400;
/// Bytes of a value that names what an entry is about.
const BRIEF: usize = 40;
/// Digits of the key that signs.
const KEY: usize = 16;
/// Values that the screen says otherwise.
const SAID: [&str; 4] = ["type", "time", "monotonic_ns", "card"];
/// Values that say in a few words what an entry is about.
const TELLING: [&str; 13] = [
    "question", "peer", "error", "code", "bytes", "summary", "text", "title", "rule", "peers",
    "format", "why", "name",
];

/// How cases are opened for a screen that asks as `identity`.
#[must_use]
pub fn opener(key: KeyOption, registry: Registry, identity: String) -> OpenCase {
    Arc::new(move |path, private| {
        let opened = open(path, private, &key, &registry, &identity);
        let (kept, head) = opened.map_err(|error| error.to_string())?;
        Ok((Box::new(kept) as Box<dyn Keeping>, head))
    })
}

struct Kept {
    path: PathBuf,
    case: CaseFile,
    keeper: Keeper,
    questions: Questions,
    /// How far the screen was told of it.
    read: u64,
    /// The hash of the entry before.
    before: String,
}

fn open(
    path: &Path,
    private: bool,
    key: &KeyOption,
    registry: &Registry,
    identity: &str,
) -> Result<(Kept, Head), CliError> {
    let is_new = !path.exists();
    let case = if is_new {
        let keeps = Keeps { addresses: !private, bytes: !private };
        file::create(path, key.read()?, keeps, &[])?
    } else {
        CaseFile::open(path, key)?
    };
    let addresses = case.entries.keeps().addresses;
    if private && addresses {
        return Err(CliError::file(path, "it keeps addresses, and they are hidden here")
            .with_hint("choose a new file, or show addresses first"));
    }
    let by = HEXLOWER.encode(&case.public_key())[..KEY].to_owned();
    let head = Head { path: path.to_owned(), is_new, addresses, by };
    let keeper = Keeper::new(registry.clone(), identity.to_owned(), None);
    let questions = Questions::default();
    let path = path.to_owned();
    Ok((Kept { path, case, keeper, questions, read: 0, before: String::new() }, head))
}

fn said<T>(done: Result<T, CliError>) -> Result<T, String> {
    done.map_err(|error| error.to_string())
}

impl Kept {
    fn entries(&mut self) -> Result<Vec<Entry>, CliError> {
        let failed = |error| CliError::file(&self.path, error);
        let source = files::open(&self.path).map_err(failed)?;
        let mut records = match self.read {
            0 => Records::open(source).map_err(failed)?,
            read => Some(Records::resume(source, read).map_err(failed)?),
        }
        .ok_or_else(|| CliError::file(&self.path, "not a case file any more"))?;
        let mut entries = Vec::new();
        while entries.len() < BATCH {
            match records.read().map_err(failed)? {
                Some(Found::Entry { entry, .. }) => {
                    let hash = HEXLOWER.encode(&entry.hash);
                    let before = std::mem::replace(&mut self.before, hash.clone());
                    entries.push(shown(&entry, [before, hash]));
                }
                Some(Found::Damage { offset, .. }) => {
                    let why = format!("damaged at byte {offset}: `swarmscope case verify` tells");
                    return Err(CliError::file(&self.path, why));
                }
                None => break,
            }
        }
        self.read = records.offset();
        Ok(entries)
    }

    fn checked(&mut self) -> Result<Checked, CliError> {
        self.case.sign()?;
        let begun = Instant::now();
        let report = verify::report(&self.path, None)?;
        Ok(Checked {
            entries: report.entries,
            signed: report.signed,
            checkpoints: report.checkpoints,
            fault: report.faults.into_iter().next().map(|fault| (fault.entry, fault.why)),
            took: begun.elapsed(),
        })
    }

    fn exported(&mut self, to: &Path) -> Result<u64, CliError> {
        let format = Format::ALL.into_iter().find(|format| format.suits(to)).ok_or_else(|| {
            let known: Vec<&str> =
                Format::ALL.iter().flat_map(|it| it.extensions()).copied().collect();
            CliError::usage(
                format!("{}: its name says no format", to.display()),
                format!("end it in .{}", known.join(", .")),
            )
        })?;
        let report = verify::report(&self.path, None)?;
        if let Some(fault) = report.faults.first() {
            return Err(CliError::file(
                &self.path,
                format!("entry {}: {}", fault.entry, fault.why),
            ));
        }
        let made = export::make(&self.path, format, &report, |_| {})?;
        made.write(to)?;
        self.case.append(made.draft())?;
        Ok(made.questions as u64)
    }

    fn with_signal(&mut self, card: &Card) -> Result<(), CliError> {
        let contents = record::contents(file::read(&self.path)?)
            .map_err(|error| CliError::file(&self.path, error))?;
        let card = self.case.entries.card(card);
        self.case.append(signals::draft(&card, &contents.records)?).map(drop)
    }
}

/// An entry as the screen shows it.
fn shown(entry: &case::Entry, hashes: [String; 2]) -> Entry {
    let value = |value: &Value, most| match value {
        Value::Withheld => "(withheld)".to_owned(),
        value => text::clip(value.bytes().unwrap_or_default(), most),
    };
    let told = |name: &&str| {
        let field = entry.fields.iter().find(|field| field.name == **name)?;
        let text = value(&field.value, usize::MAX);
        let permid = Permid::from_base64(&text).ok();
        Some(permid.map_or_else(|| value(&field.value, BRIEF), |permid| permid.short()))
    };
    let about: Vec<String> = match entry.kind() {
        kind::SIGNED => vec![format!("entries 0 to {}", entry.index.saturating_sub(1))],
        _ => TELLING.iter().filter_map(told).take(3).collect(),
    };
    let fields = entry.fields.iter().filter(|field| !SAID.contains(&field.name.as_str()));
    Entry {
        index: entry.index,
        time: entry.text("time").unwrap_or_default().to_owned(),
        kind: entry.kind().to_owned(),
        about: about.join(" "),
        hashes,
        fields: fields.map(|field| (field.name.clone(), value(&field.value, SHOWN))).collect(),
    }
}

impl Keeping for Kept {
    fn connected(&mut self, peer: &Connected) {
        self.keeper.knows(peer.permid, peer.address, peer.version);
    }

    fn event(&mut self, event: &Event) -> Result<(), String> {
        said(self.keeper.event(event, &mut self.case, |draft| draft))
    }

    fn network(&mut self, event: &networks::Event) -> Result<(), String> {
        said(self.questions.event(event, &mut self.case, |draft| draft))
    }

    fn exchange(&mut self, ticket: Ticket, exchange: &Exchange) -> Result<(), String> {
        said(self.questions.exchange(ticket, exchange, &mut self.case))
    }

    fn note(&mut self, text: &str, about: &[u64]) -> Result<(), String> {
        let draft = self.case.entries.note(text, about, None);
        said(self.case.append(draft).map(drop))
    }

    fn signal(&mut self, card: &Card) -> Result<(), String> {
        said(self.with_signal(card))
    }

    fn check(&mut self) -> Result<Checked, String> {
        said(self.checked())
    }

    fn export(&mut self, to: &Path) -> Result<u64, String> {
        said(self.exported(to))
    }

    fn news(&mut self) -> Result<Vec<Entry>, String> {
        said(self.entries())
    }

    fn close(self: Box<Self>) -> Result<(), String> {
        said(self.case.close())
    }
}
