//! A copy of a case that withholds values. Its entries, chain and checkpoints are the original's,
//! byte by byte; of the withheld values only the commitments are left. The original first gets an
//! entry that says which values a copy leaves out, and why.

use std::collections::BTreeSet;
use std::io::{self, Read, Seek, Write};

use super::format::{self, MAGIC, Value, opening};
use super::read::{Found, Records};
use super::write::assemble;
use super::{Draft, kind};

/// A value: entry and field.
pub type Place = (u64, String);

/// Why no copy was made.
#[derive(Debug, thiserror::Error)]
pub enum RedactError {
    /// The file system.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Something in the original does not hold.
    #[error("the case is damaged at byte {0}; verify it first")]
    Damaged(u64),
}

/// The places of all values of these fields that the case holds and can withhold.
///
/// # Errors
/// See [`RedactError`].
pub fn places(
    source: impl Read + Seek,
    fields: &BTreeSet<String>,
) -> Result<BTreeSet<Place>, RedactError> {
    let mut places = BTreeSet::new();
    let mut records = Records::open(source)?.ok_or(RedactError::Damaged(0))?;
    while let Some(found) = records.read()? {
        match found {
            Found::Entry { entry, .. } => {
                let opened = entry
                    .fields
                    .into_iter()
                    .filter(|field| matches!(field.value, Value::Opened(_)));
                let wanted = opened.filter(|field| fields.contains(&field.name));
                places.extend(wanted.map(|field| (entry.index, field.name)));
            }
            Found::Damage { offset, .. } => return Err(RedactError::Damaged(offset)),
        }
    }
    Ok(places)
}

/// The entry for the original that says what a copy withholds.
#[must_use]
pub fn entry(places: &BTreeSet<Place>, why: &str) -> Draft {
    let lines: Vec<String> =
        places.iter().map(|(entry, field)| format!("{entry} {field}")).collect();
    Draft::new(kind::REDACTION).plain("why", why).plain("withheld", lines.join("\n"))
}

/// Writes the copy.
///
/// # Errors
/// See [`RedactError`].
pub fn copy(
    source: impl Read + Seek,
    mut to: impl Write,
    places: &BTreeSet<Place>,
) -> Result<(), RedactError> {
    let mut records = Records::open(source)?.ok_or(RedactError::Damaged(0))?;
    to.write_all(MAGIC)?;
    while let Some(found) = records.read()? {
        match found {
            Found::Entry { entry, .. } => {
                let withheld: Vec<bool> = entry
                    .fields
                    .iter()
                    .filter(|field| !matches!(field.value, Value::Plain(_)))
                    .map(|field| places.contains(&(entry.index, field.name.clone())))
                    .collect();
                to.write_all(
                    &without(records.body(), &withheld)
                        .ok_or(RedactError::Damaged(records.offset()))?,
                )?;
            }
            Found::Damage { offset, .. } => return Err(RedactError::Damaged(offset)),
        }
    }
    to.flush()?;
    Ok(())
}

/// A record without some of its openings. The leaf is copied, never made again.
fn without(body: &[u8], withheld: &[bool]) -> Option<Vec<u8>> {
    let (size, rest) = body.split_first_chunk::<4>()?;
    let (leaf, mut openings) = rest.split_at_checked(u32::from_be_bytes(*size) as usize)?;
    let mut kept = Vec::with_capacity(openings.len());
    for withhold in withheld {
        let length = if openings.first()? == &opening::WITHHELD {
            1
        } else {
            let size = openings.get(1 + size_of::<format::Salt>()..)?.first_chunk::<4>()?;
            1 + size_of::<format::Salt>() + 4 + u32::from_be_bytes(*size) as usize
        };
        let (one, rest) = openings.split_at_checked(length)?;
        if *withhold {
            kept.push(opening::WITHHELD);
        } else {
            kept.extend(one);
        }
        openings = rest;
    }
    Some(assemble(leaf, &kept))
}
