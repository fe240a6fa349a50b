//! Reads a case file record by record. Nothing here was written with the writer's code, and nothing
//! is believed: sizes are checked before memory is taken, and what does not parse is damage at a
//! place, never a panic.

use std::collections::HashSet;
use std::io::{self, Read, Seek, SeekFrom};

use super::format::{self, AROUND, Field, Hash, MAGIC, MAX_BODY, MIN_BODY, Value, form, opening};

/// How much is looked through at once for the next whole record behind a damaged one: at first, for
/// it is mostly near, and at most.
const WINDOW: std::ops::RangeInclusive<usize> = 1 << 14..=1 << 20;
/// How many times the length of the file is read at most for what only looks like the head of a
/// record (docs/case-format.md). Bytes that are not made for it come to less than once.
const READ_AGAIN: u64 = 16;
/// The leading bytes of a record that a search looks at first: length, leaf's length, index.
const HEAD: usize = 4 + 4 + 8;

/// An entry as it was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its place, from 0.
    pub index: u64,
    /// What it says the hash of the entry before it is; zeros in entry 0.
    pub previous: Hash,
    /// Its own hash, made from the bytes read.
    pub hash: Hash,
    /// Its values, in the order in which they were written.
    pub fields: Vec<Field>,
}

impl Entry {
    /// The bytes of a field, where it is there and not withheld.
    #[must_use]
    pub fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.value(name)?.bytes()
    }

    /// The field of a name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|field| field.name == name).map(|field| &field.value)
    }

    /// The text of a field; `None` also where it is not UTF-8.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.bytes(name)?).ok()
    }

    /// The number in a field.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u64> {
        self.text(name)?.parse().ok()
    }

    /// What kind of entry it is (see [`super::kind`]).
    #[must_use]
    pub fn kind(&self) -> &str {
        self.text("type").unwrap_or_default()
    }
}

/// What stands at a place of the file.
#[derive(Debug)]
pub enum Found {
    /// A record whose checksum fits and whose entry parses.
    Entry {
        /// The entry.
        entry: Entry,
        /// The first field whose opening does not fit its commitment.
        broken_opening: Option<String>,
    },
    /// Bytes that are no record, up to the next record, or to the end of the file.
    Damage {
        /// Where they begin.
        offset: u64,
        /// How many.
        bytes: u64,
        /// In which way.
        why: Damage,
        /// Whether a whole record follows.
        followed: bool,
    },
}

/// In which way bytes are no record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Damage {
    /// The file ends within the record, or in zeros: as a crash leaves it.
    Torn,
    /// A length that no record has.
    Length,
    /// The checksum does not fit.
    Checksum,
    /// The checksum fits, but the bytes are no entry.
    Malformed,
    /// So much of what follows looks like records that it was not looked through to the end.
    Unsearched,
}

impl Damage {
    /// In words, after "its".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Torn => "bytes end before the entry does",
            Self::Length => "length is not one that an entry can have",
            Self::Checksum => "bytes do not match their checksum",
            Self::Malformed => "bytes are not an entry of the format",
            Self::Unsearched => {
                "bytes are damaged, and too much of what follows looks like entries to search it all"
            }
        }
    }
}

/// Reads records from a source whose length is known.
#[derive(Debug)]
pub struct Records<R> {
    source: R,
    /// Where the next record begins.
    offset: u64,
    length: u64,
    body: Vec<u8>,
    /// How many bytes may still be read for what only looks like a record.
    to_try: u64,
}

/// What a search came to.
enum Next {
    Record(u64),
    End,
    Unsearched,
}

impl<R: Read + Seek> Records<R> {
    /// Begins behind the magic; `None`: the source does not begin with it, and is no case file.
    ///
    /// # Errors
    /// What the source says.
    pub fn open(mut source: R) -> io::Result<Option<Self>> {
        let length = source.seek(SeekFrom::End(0))?;
        source.seek(SeekFrom::Start(0))?;
        let mut magic = vec![0; MAGIC.len()];
        if length < MAGIC.len() as u64 {
            return Ok(None);
        }
        source.read_exact(&mut magic)?;
        let records = Self::at(source, MAGIC.len() as u64, length);
        Ok((magic == MAGIC).then_some(records))
    }

    /// Goes on behind records that were read before, where [`Self::offset`] stood then: the source
    /// may have grown.
    ///
    /// # Errors
    /// What the source says.
    pub fn resume(mut source: R, offset: u64) -> io::Result<Self> {
        let length = source.seek(SeekFrom::End(0))?;
        let offset = source.seek(SeekFrom::Start(offset.min(length)))?;
        Ok(Self::at(source, offset, length))
    }

    fn at(source: R, offset: u64, length: u64) -> Self {
        let to_try = length.saturating_mul(READ_AGAIN);
        Self { source, offset, length, body: Vec::new(), to_try }
    }

    /// Where the next record begins: the length of all that was read.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// The body of the record that was read last.
    pub(super) fn body(&self) -> &[u8] {
        &self.body
    }

    /// What stands next; `None` at the end.
    ///
    /// # Errors
    /// What the source says.
    pub fn read(&mut self) -> io::Result<Option<Found>> {
        if self.offset == self.length {
            return Ok(None);
        }
        let why = match self.record()? {
            Ok(()) => match parse(&self.body) {
                Some((entry, broken_opening)) => {
                    self.offset += (self.body.len() + AROUND) as u64;
                    return Ok(Some(Found::Entry { entry, broken_opening }));
                }
                None => Damage::Malformed,
            },
            Err(why) => why,
        };
        self.skip(why).map(Some)
    }

    /// Reads the record at the offset into `body`.
    fn record(&mut self) -> io::Result<Result<(), Damage>> {
        let left = self.length - self.offset;
        if left < 4 {
            return Ok(Err(Damage::Torn));
        }
        let mut length = [0; 4];
        self.source.read_exact(&mut length)?;
        let size = u32::from_be_bytes(length) as usize;
        if !(MIN_BODY..=MAX_BODY).contains(&size) {
            return Ok(Err(Damage::Length));
        }
        if ((size + AROUND) as u64) > left {
            return Ok(Err(Damage::Torn));
        }
        self.body.resize(size, 0);
        self.source.read_exact(&mut self.body)?;
        let mut checksum = [0; 4];
        self.source.read_exact(&mut checksum)?;
        let fits = format::checksum(length, &self.body) == u32::from_be_bytes(checksum);
        Ok(if fits { Ok(()) } else { Err(Damage::Checksum) })
    }

    /// Goes to the next whole record, or to the end.
    fn skip(&mut self, why: Damage) -> io::Result<Found> {
        let begins = self.offset;
        let (next, searched) = match self.search(begins + 1)? {
            Next::Record(at) => (Some(at), true),
            Next::End => (None, true),
            Next::Unsearched => (None, false),
        };
        let ends = next.unwrap_or(self.length);
        let torn = next.is_none() && (why == Damage::Torn || self.ends_in_zeros(begins)?);
        self.offset = ends;
        self.source.seek(SeekFrom::Start(ends))?;
        let why = match why {
            _ if !searched => Damage::Unsearched, // what is not known to be the end is not torn
            _ if torn => Damage::Torn,
            Damage::Torn => Damage::Length, // a length that leads past records that are there
            why => why,
        };
        Ok(Found::Damage { offset: begins, bytes: ends - begins, why, followed: next.is_some() })
    }

    /// The first place from `at` on where a whole record stands.
    fn search(&mut self, mut at: u64) -> io::Result<Next> {
        let mut window = Vec::new();
        let mut most = *WINDOW.start();
        while self.length.saturating_sub(at) >= (MIN_BODY + AROUND) as u64 {
            let size = usize::try_from(self.length - at).unwrap_or(usize::MAX).min(most);
            window.resize(size, 0);
            self.source.seek(SeekFrom::Start(at))?;
            self.source.read_exact(&mut window)?;
            for (n, head) in window.windows(HEAD).enumerate() {
                let offset = at + n as u64;
                let Some(body) = self.plausible(head, offset) else { continue };
                let Some(left) = self.to_try.checked_sub(body + AROUND as u64) else {
                    return Ok(Next::Unsearched);
                };
                self.to_try = left;
                if self.is_record(&window[n..], offset)? {
                    return Ok(Next::Record(offset));
                }
            }
            at += (size - (HEAD - 1)) as u64;
            most = (2 * most).min(*WINDOW.end());
        }
        Ok(Next::End)
    }

    /// How long the body is, where bytes can be the head of a record at `offset`: cheap, and none
    /// for nearly all that are no head.
    fn plausible(&self, head: &[u8], offset: u64) -> Option<u64> {
        let number =
            |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let (body, leaf) = (u64::from(number(0)), u64::from(number(4)));
        let index = u64::from(number(8)) << 32 | u64::from(number(12));
        let fits = body + AROUND as u64 <= self.length - offset;
        let is_head = fits
            && body <= MAX_BODY as u64
            && leaf + 4 <= body
            && leaf + 4 >= MIN_BODY as u64
            && index <= self.length;
        is_head.then_some(body)
    }

    /// Whether a record stands at `offset`. What `window` holds of it is not read again.
    fn is_record(&mut self, window: &[u8], offset: u64) -> io::Result<bool> {
        if let Some(sound) = whole(window) {
            return Ok(sound);
        }
        let before = std::mem::replace(&mut self.offset, offset);
        self.source.seek(SeekFrom::Start(offset))?;
        let sound = self.record()?.is_ok();
        self.offset = before;
        Ok(sound && parse(&self.body).is_some())
    }

    /// Whether the file ends in a block of zeros, which a file system may leave for bytes that were
    /// never synced.
    fn ends_in_zeros(&mut self, from: u64) -> io::Result<bool> {
        const BLOCK: u64 = 64; // no record ends so, and no crash leaves less than a sector
        let Some(at) = self.length.checked_sub(BLOCK).filter(|at| *at >= from) else {
            return Ok(false);
        };
        let mut tail = Vec::new();
        self.source.seek(SeekFrom::Start(at))?;
        self.source.by_ref().take(BLOCK).read_to_end(&mut tail)?;
        Ok(tail.iter().all(|byte| *byte == 0))
    }
}

/// Whether these bytes begin with a record; none: they end before it does.
fn whole(bytes: &[u8]) -> Option<bool> {
    let mut cursor = Cursor(bytes);
    let length: [u8; 4] = cursor.array()?;
    let body = cursor.take(usize::try_from(u32::from_be_bytes(length)).ok()?)?;
    let checksum = u32::from_be_bytes(cursor.array()?);
    Some(format::checksum(length, body) == checksum && parse(body).is_some())
}

/// The entry in a record's body, and the first field whose opening does not fit. `None`: it is not
/// of the format.
fn parse(body: &[u8]) -> Option<(Entry, Option<String>)> {
    let mut body = Cursor(body);
    let size = body.number()?;
    let leaf = body.take(size)?;
    let mut openings = body;
    let mut cursor = Cursor(leaf);
    let index = u64::from_be_bytes(cursor.array()?);
    let previous = cursor.array()?;
    let count = u16::from_be_bytes(cursor.array()?);
    let mut entry = Entry { index, previous, hash: format::leaf_hash(leaf), fields: Vec::new() };
    let (mut broken, mut names) = (None, HashSet::new());
    for _ in 0..count {
        let [length] = cursor.array()?;
        let name = cursor.take(usize::from(length)).filter(|name| format::is_name(name))?;
        let name = std::str::from_utf8(name).ok()?;
        if !names.insert(name) {
            return None;
        }
        let name = name.to_owned();
        let [stands] = cursor.array()?;
        let size = cursor.number()?;
        let stored = cursor.take(size)?;
        let value = match stands {
            form::PLAIN => Value::Plain(stored.to_vec()),
            form::COMMITTED => {
                let commitment: Hash = stored.try_into().ok()?;
                let (value, fits) = opened(&mut openings, &name, &commitment)?;
                if !fits {
                    broken.get_or_insert_with(|| name.clone());
                }
                value
            }
            _ => return None,
        };
        entry.fields.push(Field { name, value });
    }
    (cursor.0.is_empty() && openings.0.is_empty()).then_some((entry, broken))
}

/// The next opening, and whether it fits.
fn opened(openings: &mut Cursor<'_>, name: &str, commitment: &Hash) -> Option<(Value, bool)> {
    match openings.array()? {
        [opening::WITHHELD] => Some((Value::Withheld, true)),
        [opening::OPEN] => {
            let salt = openings.array()?;
            let size = openings.number()?;
            let value = openings.take(size)?;
            Some((
                Value::Opened(value.to_vec()),
                format::commitment(&salt, name, value) == *commitment,
            ))
        }
        _ => None,
    }
}

/// What is left of a slice.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, left) = self.0.split_at_checked(count)?;
        self.0 = left;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn number(&mut self) -> Option<usize> {
        self.array().map(u32::from_be_bytes).and_then(|number| usize::try_from(number).ok())
    }
}
