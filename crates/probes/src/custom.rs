//! Probes that the operator defines: one TOML file each in `probes/` of the configuration
//! directory, read when the program starts.
//!
//! ```toml
//! id = 200                       # 0 to 255 name = "UPTIME"                # letters, digits and _
//! doc = "how long the program has been running" payload = "since={since}"      # or payload_hex =
//! "01 {since:u32}"; without either, requests are empty decoder = "utf8"               # bencode,
//! a, pickle, json, utf8, hex; with zlib+ before it for a stream of one of them frequency = 60     
//!            # the rest may be left out timeout = 30 min_version = 13 max_version = 18 consumes =
//! false               # asking uses something up at the peer instead_of_built_in = false    #
//! needed where the id is a built-in one
//!
//! [[field]]
//! name = "since"                 # {since} in the payload stands for its value
//! type = "int"                   # int, text, bytes (hexadecimal digits)
//! default = 0
//! min = 0                        # of an int
//! max = 86400
//! # longest = 100                # of a text or of bytes, in bytes
//!
//! [[row]]                        # what `swarmscope crawl` stores of a reply; nothing is kept that
//! is not named here name = "seconds"               # the column: small letters, digits and _ from
//! = "uptime.seconds"        # where it stands in the decoded reply; its name if left out type =
//! "int"                   # int, real, text sensitive = false              # kept as a keyed
//! digest only volatile = true                # left out where replies are compared
//! # rows_at = "list", beside id and name: the member of the reply that holds the rows
//! # in a list, a number counts, from 0; a negative one counts from the end
//! ```
//!
//! What stands behind a colon says how a value is written: `{since:bencode}`, `{since:a}`; of an
//! int also `u8`, `u16`, `u32`, `u64`, big-endian; of a text `sql`, in quotes. `{{` and `}}` are
//! braces.
//!
//! They are the Crawler's: a peer answers them as ids that it does not know.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;

use crate::config_file::Fault;
use swarmscope_peer::crawler::ReplyDecodeError;
use swarmscope_peer::crawler::field::{Field, Value};
use swarmscope_peer::crawler::{Question, Recipient, Registry};
use swarmscope_wire::rows::Rows;
use swarmscope_wire::{Decoded, Frequency, MessageId, OverlayVersion};

mod decoder;
mod file;
mod template;
mod twice;

use decoder::Decoder;
use template::Template;

/// The longest file that is read, in bytes.
const MAX_FILE: u64 = 64 << 10;

/// A probe as its file defines it.
#[derive(Debug)]
pub struct Custom {
    id: MessageId,
    name: String,
    doc: String,
    fields: Vec<Field>,
    payload: Option<Template>,
    decoder: Decoder,
    frequency: Frequency,
    timeout: Duration,
    versions: (OverlayVersion, OverlayVersion),
    consumes: bool,
    instead_of_built_in: bool,
    rows: Rows,
}

/// As the text of such a file.
impl FromStr for Custom {
    /// What is wrong with it, and in which line where that is known.
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (probe, _) = file::parse(text).map_err(|(line, what)| match line {
            Some(line) => format!("line {line}: {what}"),
            None => what,
        })?;
        Ok(probe)
    }
}

/// A registry with the probes of this directory's `*.toml` files; one that is not there holds none.
///
/// # Errors
/// All that is wrong with any of the files: what can't be read, and ids and names that are taken.
pub fn extend(registry: &Registry, directory: &Path) -> Result<Registry, Vec<Fault>> {
    let mut errors = Vec::new();
    let mut custom: BTreeMap<MessageId, (PathBuf, Custom)> = BTreeMap::new();
    for path in files(directory).map_err(|error| vec![whole(directory, &error)])? {
        let (probe, lines) = match read(&path) {
            Ok(read) => read,
            Err(error) => {
                errors.push(error);
                continue;
            }
        };
        if let Err((line, what)) = check(registry, &custom, &probe, &lines) {
            errors.push(Fault { path, line: Some(line), what });
        } else {
            custom.insert(probe.id, (path, probe));
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    for (_, probe) in custom.values_mut().filter(|(_, probe)| probe.instead_of_built_in) {
        probe.doc = format!("instead of the built-in one: {}", probe.doc);
    }
    Ok(custom
        .into_values()
        .fold(registry.clone(), |registry, (_, question)| registry.with_question(question)))
}

/// The files in the order of their names.
fn files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let paths =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
    let mut files: Vec<_> =
        paths.into_iter().filter(|path| path.extension().is_some_and(|it| it == "toml")).collect();
    files.sort();
    Ok(files)
}

fn read(path: &Path) -> Result<(Custom, file::Lines), Fault> {
    let text = text(path).map_err(|error| whole(path, &error))?;
    file::parse(&text).map_err(|(line, what)| Fault { path: path.to_owned(), line, what })
}

fn text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    swarmscope_peer::files::open(path)?.take(MAX_FILE + 1).read_to_string(&mut text)?;
    match text.len() as u64 {
        0..=MAX_FILE => Ok(text),
        _ => Err(io::Error::other(format!("more than {MAX_FILE} bytes: shorten it"))),
    }
}

fn whole(path: &Path, error: &io::Error) -> Fault {
    Fault { path: path.to_owned(), line: None, what: error.to_string() }
}

/// Whether the id and the name are still to be had; the line that says which, and what to do.
fn check(
    registry: &Registry,
    others: &BTreeMap<MessageId, (PathBuf, Custom)>,
    probe: &Custom,
    lines: &file::Lines,
) -> Result<(), (usize, String)> {
    let Custom { id, name, instead_of_built_in, .. } = probe;
    if let Some((path, other)) = others.get(id) {
        return Err((lines.id, format!("id {id} is already {} in {}", other.name, path.display())));
    }
    if let Some((path, _)) = others.values().find(|(_, other)| is_same(&other.name, name)) {
        return Err((lines.name, format!("{name} is already the name of {}", path.display())));
    }
    match registry.get(*id) {
        Some(built_in) if !instead_of_built_in => {
            let name = built_in.name();
            return Err((
                lines.id,
                format!(
                    "id {id} is the built-in {name}: use another id, or add instead_of_built_in = \
                     true"
                ),
            ));
        }
        None if *instead_of_built_in => {
            return Err((
                lines.id,
                format!("id {id} is not built in: leave instead_of_built_in out"),
            ));
        }
        _ => {}
    }
    match registry.find(name).filter(|taken| taken != id) {
        Some(taken) => {
            Err((lines.name, format!("{name} already means id {taken}: choose another name")))
        }
        None => Ok(()),
    }
}

fn is_same(one: &str, other: &str) -> bool {
    let bare = |name: &str| name.to_ascii_uppercase().trim_end_matches("_QUERY").to_owned();
    bare(one) == bare(other)
}

impl Custom {
    fn defaults(&self) -> Vec<Value> {
        self.fields.iter().map(|field| field.default.clone()).collect()
    }

    fn render(&self, values: &[Value]) -> Bytes {
        self.payload.as_ref().map(|payload| payload.render(values).into()).unwrap_or_default()
    }
}

impl Question for Custom {
    fn id(&self) -> MessageId {
        self.id
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn doc(&self) -> &str {
        &self.doc
    }

    fn min_version(&self) -> OverlayVersion {
        self.versions.0
    }

    fn max_version(&self) -> OverlayVersion {
        self.versions.1
    }

    fn takes_payload(&self) -> bool {
        self.payload.is_some()
    }

    fn default_frequency(&self) -> Frequency {
        self.frequency
    }

    fn timeout(&self) -> Duration {
        self.timeout
    }

    fn consumes(&self) -> bool {
        self.consumes
    }

    fn initiate(&self, _to: &Recipient) -> Bytes {
        self.render(&self.defaults())
    }

    fn fields(&self) -> &[Field] {
        &self.fields
    }

    fn fill(&self, values: &[Value], _to: &Recipient) -> Result<Bytes, String> {
        Ok(self.render(values))
    }

    fn rows(&self) -> Rows {
        self.rows.clone()
    }

    fn decode(&self, payload: &[u8]) -> Result<Decoded, ReplyDecodeError> {
        self.decoder.decode(payload)
    }
}

#[cfg(test)]
mod tests;
