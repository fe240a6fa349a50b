//! The allow-list: which Crawlers a peer answers (protocol.md §4; cli.md, `--allow-file`). An empty
//! one: nobody.
//!
//! One base64 permid a line, of either kind, and what its Crawler may do ([`Role`]); of two lines
//! with the same permid the later one counts. `#` begins a comment; empty lines are skipped.
//! `keys/crawlers.txt` is an example.

use std::collections::HashMap;

use super::is_valid_key;
use super::role::{Role, RoleError};
use crate::Permid;
use crate::permid::PermidError;

/// The Crawlers that may ask.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AllowList {
    permids: HashMap<Permid, Role>,
}

/// A line that is no permid. Lines count from 1.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "line {line}: found {found}; {cause}. A line is one base64 permid, as `swarmscope key show FILE` prints it, with what its Crawler may do, or a `#` comment"
)]
pub struct AllowListError {
    /// Counted from 1.
    pub line: usize,
    /// The beginning of what stands there, printable.
    pub found: String,
    /// What is wrong with it.
    pub cause: LineError,
}

/// What a line of an allow-list can be instead of a permid.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LineError {
    /// A line of a key file.
    #[error("this is PEM text, and a key file's contents don't belong here")]
    Pem,
    /// Bytes that are not UTF-8.
    #[error("this is not UTF-8 text")]
    NotText,
    /// What stands behind the permid.
    #[error(transparent)]
    Role(RoleError),
    /// A word that is not a permid.
    #[error("it is not a permid: {0}")]
    Permid(PermidError),
    /// A permid by its shape, but no public key.
    #[error(
        "it has the form of a permid but is no public key: the point is not on the curve, or of the wrong order"
    )]
    NotAKey,
}

impl AllowList {
    /// Reads the text of a list; with the first line that is wrong, nothing of it counts.
    ///
    /// # Errors
    /// The first line that is neither a permid nor a comment.
    pub fn parse(text: &[u8]) -> Result<Self, AllowListError> {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text); // the mark that some editors leave at the beginning
        let mut permids = HashMap::new();
        for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
            let entry = line.split(|byte| *byte == b'#').next().unwrap_or_default().trim_ascii();
            if entry.is_empty() {
                continue;
            }
            let wrong = |cause| AllowListError { line: index + 1, found: excerpt(entry), cause };
            let (permid, role) = parse_entry(entry).map_err(wrong)?;
            permids.insert(permid, role);
        }
        Ok(Self { permids })
    }

    /// Whether this permid may ask.
    #[must_use]
    pub fn contains(&self, permid: &Permid) -> bool {
        self.permids.contains_key(permid)
    }

    /// All permids on the list, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Permid> {
        self.permids.keys()
    }

    /// The same, each with what it may do.
    pub fn roles(&self) -> impl Iterator<Item = (&Permid, &Role)> {
        self.permids.iter()
    }

    /// How many permids are on the list.
    #[must_use]
    pub fn len(&self) -> usize {
        self.permids.len()
    }

    /// Whether nobody may ask.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.permids.is_empty()
    }
}

impl FromIterator<Permid> for AllowList {
    fn from_iter<I: IntoIterator<Item = Permid>>(permids: I) -> Self {
        Self { permids: permids.into_iter().map(|permid| (permid, Role::default())).collect() }
    }
}

impl Extend<Permid> for AllowList {
    fn extend<I: IntoIterator<Item = Permid>>(&mut self, permids: I) {
        self.permids.extend(permids.into_iter().map(|permid| (permid, Role::default())));
    }
}

fn parse_entry(entry: &[u8]) -> Result<(Permid, Role), LineError> {
    if entry.starts_with(b"-----") {
        return Err(LineError::Pem);
    }
    let text = std::str::from_utf8(entry).map_err(|_| LineError::NotText)?;
    let (permid, role) = text.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((text, ""));
    let permid = Permid::from_base64(permid).map_err(LineError::Permid)?;
    if !is_valid_key(&permid) {
        return Err(LineError::NotAKey);
    }
    Ok((permid, Role::parse(role).map_err(LineError::Role)?))
}

/// How much of a wrong line is repeated: enough to find it by.
const EXCERPT: usize = 24;

fn excerpt(entry: &[u8]) -> String {
    let more = if entry.len() > EXCERPT { "…" } else { "" };
    format!("`{}{more}`", entry[..entry.len().min(EXCERPT)].escape_ascii())
}

#[cfg(test)]
mod tests;
