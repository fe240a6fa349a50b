//! A stranger's SQL, run so that it can read the statistics and do nothing else: not write, not
//! reach another file, and not take more than its share of time, rows or memory.
//!
//! * An authorizer lets through what reading needs and denies the rest while a statement is
//!   compiled.
//! * The clock is looked at every 25 steps of SQLite's machine, and waits for other programs that
//!   have the database count, over all statements of a request together.
//! * One value is at most [`MAX_BYTES`] long. Some functions take time that grows with the square
//!   of a value's length, in one step: a statement that names one of those works with shorter
//!   values.
//! * Who collected a record is no part of what can be read.
//! * All of SQLite's memory in this process is limited, sorting and recursion included.
//!
//! What exceeds a limit gives an error that names it, never a part of the rows.

#![allow(clippy::disallowed_methods)] // the time limit needs a clock, and runs on a blocking thread

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::fallible_iterator::FallibleIterator as _;
use rusqlite::ffi::ErrorCode;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Batch, Connection, Row};

use swarmscope_wire::encoding_a::Value;
use swarmscope_wire::pickle::{Opcodes, Scalar};

/// How long all statements of a request may take together.
pub const MAX_TIME: Duration = Duration::from_secs(10);
/// How many rows all statements of a request may give together.
pub const MAX_ROWS: usize = 100_000;
/// The longest reply, and the longest value inside SQLite: what a Crawler keeps for one channel.
pub const MAX_BYTES: usize = 64 << 20;
/// What SQLite may take in the whole process: a few values of the largest size.
const MAX_MEMORY: i64 = 256 << 20;
/// The longest request: a hundred times the longest of the original.
const MAX_SQL: usize = 128 << 10;
/// What is refused before it waits for its turn; what is a little too long hears by how much.
pub(super) const LONGEST_PAYLOAD: usize = 2 * MAX_SQL;
/// How many steps of SQLite's machine lie between two looks at the clock: one that copies a value of
/// 64 MiB takes some 20 ms, a look 50 ns.
const OPCODES: i32 = 25;

/// Functions that compare everything with everything, with the longest value, in bytes, with which
/// one call still ends in a second.
const SLOW: [(&str, i32); 9] = [
    ("trim", 64 << 10),
    ("ltrim", 64 << 10),
    ("rtrim", 64 << 10),
    ("json_patch", 128 << 10),
    ("jsonb_patch", 128 << 10),
    ("replace", 256 << 10),
    ("instr", 256 << 10),
    ("like", 256 << 10),
    ("glob", 256 << 10),
];

/// The column in which a table of records has its Crawlers' names: over the wire it reads as NULL.
const HIDDEN: &str = "collected_by";

/// Functions that are more than functions.
const FORBIDDEN: [&str; 2] = ["load_extension", "fts3_tokenizer"];

/// What a request was refused or stopped for: the text of a reply with error 1.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SqlError {
    /// In the words and with the prefix of the original.
    #[error("SQLError: {0}")]
    Statement(String),
    /// The statement may not do that.
    #[error("SQLError: not authorized: only SELECT on this peer's statistics is answered")]
    Denied,
    /// The request is not UTF-8, or has a NUL in it.
    #[error("the request is not UTF-8 text")]
    NotText,
    /// The request is longer than so many bytes.
    #[error("the request has {0} bytes; the maximum is {MAX_SQL}")]
    TooLong(usize),
    /// It took too long.
    #[error("stopped after {} s: ask for less at a time", MAX_TIME.as_secs())]
    Time,
    /// It has too many rows.
    #[error("stopped at {MAX_ROWS} rows: ask for fewer with LIMIT, or for counts")]
    Rows,
    /// Its rows are too large together.
    #[error("stopped at {} MiB: ask for less at a time", MAX_BYTES >> 20)]
    Bytes,
    /// One value is larger than so many bytes.
    #[error(
        "stopped at a value of more than {0} bytes, which is the most in this statement: ask for \
         less at a time"
    )]
    Value(i32),
    /// It needs too much memory.
    #[error("stopped because SQLite used {} MiB: ask for less at a time", MAX_MEMORY >> 20)]
    Memory,
    /// Nobody waits for it any more.
    #[error("stopped: the peer is shutting down")]
    Cancelled,
}

/// Rows on their way into a reply, each encoded at once: none is kept as it came from SQLite.
pub trait Rows: Default {
    /// Adds a row.
    fn add(&mut self, row: &[ValueRef<'_>]);

    /// The bytes of the whole list so far.
    fn encoded_len(&self) -> usize;
}

/// What a request may take, from the moment it is made.
pub struct Limits {
    until: Instant,
    cancelled: Arc<AtomicBool>,
}

impl Limits {
    /// [`MAX_TIME`] from now; `cancelled` stops it from outside.
    #[must_use]
    pub fn from_now(cancelled: Arc<AtomicBool>) -> Self {
        Self { until: Instant::now() + MAX_TIME, cancelled }
    }
}

/// Runs all statements of a request and gives the rows of all of them.
///
/// # Errors
/// See [`SqlError`]. Nothing of the rows is given then.
pub fn run<R: Rows>(
    mut database: Connection,
    request: &[u8],
    limits: &Limits,
) -> Result<R, SqlError> {
    let request = text(request)?;
    let guard = Guard::new(limits);
    guard.set_on(&mut database).map_err(|error| guard.explain(error))?;
    let mut rows = Counted { number: 0, rows: R::default() };
    let mut statements = Batch::new(&database, request);
    loop {
        guard.longest_value.store(LONGEST_VALUE, Ordering::Relaxed);
        // compiling may wait for another program as well as running
        database.busy_timeout(guard.left()).map_err(|error| guard.explain(error))?;
        let next = statements.next().map_err(|error| guard.explain(error))?;
        let Some(mut statement) = next else { return Ok(rows.rows) };
        let longest = guard.longest_value.load(Ordering::Relaxed); // after what the statement names
        let columns = statement.column_count();
        database
            .set_limit(Limit::SQLITE_LIMIT_LENGTH, longest)
            .map_err(|error| guard.explain(error))?;
        database.busy_timeout(guard.left()).map_err(|error| guard.explain(error))?;
        let mut results = statement.raw_query();
        while let Some(row) = results.next().map_err(|error| guard.explain(error))? {
            rows.add(row, columns)?;
        }
        database
            .set_limit(Limit::SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
            .map_err(|error| guard.explain(error))?;
    }
}

/// Compiles all statements of a request, and runs none.
///
/// # Errors
/// What is wrong with the first one that is wrong.
pub fn check(mut database: Connection, request: &[u8]) -> Result<(), SqlError> {
    let request = text(request)?;
    let guard = Guard::new(&Limits::from_now(Arc::default()));
    guard.set_on(&mut database).map_err(|error| guard.explain(error))?;
    let mut statements = Batch::new(&database, request);
    while statements.next().map_err(|error| guard.explain(error))?.is_some() {}
    Ok(())
}

/// A request's text, where it can be one.
fn text(request: &[u8]) -> Result<&str, SqlError> {
    if request.len() > MAX_SQL {
        return Err(SqlError::TooLong(request.len()));
    }
    let text = str::from_utf8(request).ok().filter(|text| !text.contains('\0'));
    text.ok_or(SqlError::NotText)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)] // 64 MiB
const LONGEST_VALUE: i32 = MAX_BYTES as i32;

/// What watches over a request.
struct Guard {
    deadline: Instant,
    cancelled: Arc<AtomicBool>,
    /// The longest value that the statement compiled last may work with.
    longest_value: Arc<AtomicI32>,
}

impl Guard {
    fn new(limits: &Limits) -> Self {
        let longest_value = Arc::new(AtomicI32::new(LONGEST_VALUE));
        Self { deadline: limits.until, cancelled: limits.cancelled.clone(), longest_value }
    }

    /// How long this request may still take.
    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    fn set_on(&self, database: &mut Connection) -> rusqlite::Result<()> {
        database.busy_timeout(self.left())?;
        database.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        database.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
        database.pragma_update(None, "query_only", true)?;
        database.pragma_update(None, "temp_store", "MEMORY")?; // sorting and recursion count as memory, and fill no disk
        database.pragma_update_and_check(None, "hard_heap_limit", MAX_MEMORY, |_| Ok(()))?;
        for (limit, value) in [
            (Limit::SQLITE_LIMIT_LENGTH, LONGEST_VALUE),
            (Limit::SQLITE_LIMIT_COLUMN, 200),
            (Limit::SQLITE_LIMIT_FUNCTION_ARG, 32),
            (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 50),
            (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
            (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100),
            (Limit::SQLITE_LIMIT_ATTACHED, 0),
            (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
        ] {
            database.set_limit(limit, value)?;
        }
        let (deadline, cancelled) = (self.deadline, self.cancelled.clone());
        database.progress_handler(
            OPCODES,
            Some(move || cancelled.load(Ordering::Relaxed) || Instant::now() >= deadline),
        )?;
        let longest_value = self.longest_value.clone();
        database.authorizer(Some(move |context: AuthContext<'_>| {
            authorize(context.action, &longest_value)
        }))
    }

    /// Which limit was hit, where one was.
    fn explain(&self, error: rusqlite::Error) -> SqlError {
        match error.sqlite_error_code() {
            Some(ErrorCode::OperationInterrupted) if self.cancelled.load(Ordering::Relaxed) => {
                SqlError::Cancelled
            }
            Some(ErrorCode::OperationInterrupted) => SqlError::Time,
            Some(ErrorCode::DatabaseBusy) if self.left().is_zero() => SqlError::Time,
            Some(ErrorCode::TooBig) => SqlError::Value(self.longest_value.load(Ordering::Relaxed)),
            Some(ErrorCode::OutOfMemory) => SqlError::Memory,
            Some(ErrorCode::AuthorizationForStatementDenied) => SqlError::Denied,
            _ => SqlError::Statement(message(error)),
        }
    }
}

/// SQLite's own words, without the statement that rusqlite repeats.
fn message(error: rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message,
        rusqlite::Error::SqlInputError { msg, .. } => msg,
        other => other.to_string(),
    }
}

fn authorize(action: AuthAction<'_>, longest_value: &AtomicI32) -> Authorization {
    match action {
        AuthAction::Read { column_name, .. } if column_name.eq_ignore_ascii_case(HIDDEN) => {
            Authorization::Ignore
        }
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => {
            Authorization::Allow
        }
        AuthAction::Function { function_name } if !is_one_of(function_name, &FORBIDDEN) => {
            if let Some((_, longest)) =
                SLOW.iter().find(|(name, _)| name.eq_ignore_ascii_case(function_name))
            {
                longest_value.fetch_min(*longest, Ordering::Relaxed);
            }
            Authorization::Allow
        }
        _ => Authorization::Deny,
    }
}

fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|one| one.eq_ignore_ascii_case(name))
}

/// Rows within the limits.
struct Counted<R> {
    number: usize,
    rows: R,
}

impl<R: Rows> Counted<R> {
    fn add(&mut self, row: &Row<'_>, columns: usize) -> Result<(), SqlError> {
        if self.number == MAX_ROWS {
            return Err(SqlError::Rows);
        }
        let values: Vec<_> = (0..columns).filter_map(|column| row.get_ref(column).ok()).collect();
        self.check_length(values.iter().map(|value| length(*value)).sum())?; // before anything is copied
        self.rows.add(&values);
        self.number += 1;
        self.check_length(0)
    }

    fn check_length(&self, more: usize) -> Result<(), SqlError> {
        let fits = self.rows.encoded_len() + more <= MAX_BYTES;
        fits.then_some(()).ok_or(SqlError::Bytes)
    }
}

/// A list of tuples in encoding "a" (protocol.md §6): `a0l` where there are no rows.
#[derive(Default)]
pub struct ARows {
    number: usize,
    encoded: Vec<u8>,
}

impl ARows {
    /// What stands before the rows: a list needs only their number.
    fn head(&self) -> String {
        format!("a{}l", self.number)
    }

    /// The payload of the reply.
    #[must_use]
    pub fn into_reply(self) -> Vec<u8> {
        [self.head().as_bytes(), &self.encoded].concat()
    }
}

impl Rows for ARows {
    fn add(&mut self, row: &[ValueRef<'_>]) {
        let tuple = Value::Tuple(row.iter().map(|value| to_value(*value)).collect()).encode();
        self.encoded.extend_from_slice(&tuple[1..]); // without its `a`
        self.number += 1;
    }

    fn encoded_len(&self) -> usize {
        self.head().len() + self.encoded.len()
    }
}

/// A list of tuples as a pickle, for the ids that the newer generation of the original no longer
/// had.
#[derive(Default)]
pub struct PickledRows(Opcodes);

impl PickledRows {
    /// What a pickle around it takes at most.
    const AROUND: usize = 6;

    /// The list as one value of a pickle.
    #[must_use]
    pub fn into_list(self) -> Opcodes {
        let mut list = Opcodes::default();
        list.list(&self.0);
        list
    }
}

impl Rows for PickledRows {
    fn add(&mut self, row: &[ValueRef<'_>]) {
        self.0.tuple(row.iter().map(|value| to_scalar(*value)));
    }

    fn encoded_len(&self) -> usize {
        self.0.len() + Self::AROUND
    }
}

/// The bytes that a value takes at least.
fn length(value: ValueRef<'_>) -> usize {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.len(),
        _ => 0,
    }
}

/// As the original encodes it. A BLOB, and text that isn't UTF-8, go as bytes: the original answers
/// nothing then.
fn to_value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::None,
        ValueRef::Integer(number) => Value::from(number),
        ValueRef::Real(number) => Value::Float(number),
        ValueRef::Text(text) => {
            str::from_utf8(text).map_or_else(|_| Value::Bytes(text.to_vec()), Value::from)
        }
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
    }
}

/// As SQLite's values come to Python 2.
fn to_scalar(value: ValueRef<'_>) -> Scalar<'_> {
    match value {
        ValueRef::Null => Scalar::None,
        ValueRef::Integer(number) => Scalar::Int(number),
        ValueRef::Real(number) => Scalar::Float(number),
        ValueRef::Text(text) => str::from_utf8(text).map_or(Scalar::Bytes(text), Scalar::Text),
        ValueRef::Blob(bytes) => Scalar::Bytes(bytes),
    }
}

#[cfg(test)]
mod tests;
