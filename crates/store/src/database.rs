//! What the store needs of a database: few enough calls that every rule is written once, in
//! [`Store`](crate::Store). Statements are those that SQLite and PostgreSQL both take, with `?1`,
//! `?2`… for values; what differs is here.

use crate::error::{Kind, StoreError};
use crate::place::Place;
use crate::time::Time;

#[cfg(feature = "postgres")]
mod postgres;
mod sqlite;

/// A value in a database.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum Value {
    /// None.
    #[default]
    Null,
    /// A whole number.
    Int(i64),
    /// A number.
    Real(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// The version of the tables that this program writes.
pub const SCHEMA: i64 = 1;

/// Whether a store may be made where there is none, and written to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// For a crawl: made, migrated and written; an SQLite file for this process alone.
    Crawl,
    /// For `store` commands that change it: it has to be there.
    Write,
    /// For questions.
    Read,
}

/// A connection. Used by one thread at a time.
pub trait Database: Send {
    /// Runs a statement; how many rows it changed.
    ///
    /// # Errors
    /// What the database says.
    fn run(&mut self, sql: &str, values: &[Value]) -> Result<u64, StoreError>;

    /// Runs a query and hands on its rows, one at a time, until the callback says no.
    ///
    /// # Errors
    /// What the database says.
    fn query(
        &mut self,
        sql: &str,
        values: &[Value],
        each: &mut dyn FnMut(&[Value]) -> bool,
    ) -> Result<(), StoreError>;

    /// Empties one of the connection's own `staged_…` tables and fills it: prepared inserts in
    /// SQLite, `COPY` in PostgreSQL.
    ///
    /// # Errors
    /// What the database says.
    fn stage(
        &mut self,
        table: &str,
        columns: &[&str],
        rows: &mut dyn Iterator<Item = Vec<Value>>,
    ) -> Result<(), StoreError>;

    /// Begins a transaction that will write.
    ///
    /// # Errors
    /// What the database says.
    fn begin(&mut self) -> Result<(), StoreError>;

    /// Ends it: everything is on disk, or nothing.
    ///
    /// # Errors
    /// What the database says. After [`Kind::Lost`] it may have been committed.
    fn commit(&mut self) -> Result<(), StoreError>;

    /// Gives it up. A connection that is lost has done so by itself.
    fn rollback(&mut self);

    /// What is added to a `SELECT` whose rows this transaction is going to change: behind `FROM …
    /// WHERE …`.
    fn locking(&self) -> &'static str;

    /// The same, leaving out rows that another transaction has.
    fn skip_locked(&self) -> &'static str;

    /// An expression for the rows of a reply as a table `r(value)`, from the column `reply.rows`.
    fn unnest(&self) -> &'static str;

    /// An expression for the cell at this position of `r.value`, as this SQL type.
    fn cell(&self, position: usize, kind: swarmscope_wire::rows::ColumnKind) -> String;

    /// Makes room for visits of these days, where tables are kept by day.
    ///
    /// # Errors
    /// What the database says.
    fn prepare_days(&mut self, first: Time, last: Time) -> Result<(), StoreError>;

    /// Takes away what was visited before this day, giving its space back; how many visits.
    ///
    /// # Errors
    /// What the database says.
    fn drop_before(&mut self, time: Time) -> Result<u64, StoreError>;

    /// Whether [`Self::shrink`] makes it smaller by what was deleted. A server keeps the space of
    /// rows for later ones.
    fn gives_back(&self) -> bool;

    /// Gives the space of deleted rows back to the disk.
    ///
    /// # Errors
    /// What the database says.
    fn shrink(&mut self) -> Result<(), StoreError>;

    /// How many bytes it takes on disk.
    ///
    /// # Errors
    /// What the database says.
    fn bytes(&mut self) -> Result<u64, StoreError>;

    /// What does not hold together; nothing if it is sound.
    ///
    /// # Errors
    /// It could not be looked at.
    fn faults(&mut self) -> Result<Vec<String>, StoreError>;

    /// The version of its tables.
    ///
    /// # Errors
    /// What the database says.
    fn schema(&mut self) -> Result<i64, StoreError>;
}

/// Opens a database; with [`Access::Crawl`] it is made or migrated.
///
/// # Errors
/// It is not there, is not a store, is newer, or cannot be used.
pub fn open(place: &Place, access: Access) -> Result<Box<dyn Database>, StoreError> {
    let opened: Result<Box<dyn Database>, StoreError> = match place {
        Place::Sqlite(path) => {
            sqlite::Sqlite::open(path, access).map(|database| Box::new(database) as _)
        }
        #[cfg(feature = "postgres")]
        Place::Postgres(url) => {
            postgres::Postgres::open(url, access).map(|database| Box::new(database) as _)
        }
        #[cfg(not(feature = "postgres"))]
        Place::Postgres(_) => {
            Err(StoreError::new(Kind::Unsupported, "this build has no PostgreSQL support"))
        }
    };
    opened.map_err(|error| error.about(place))
}

/// What to say of tables in another version.
fn check_version(found: i64) -> Result<(), StoreError> {
    if found > SCHEMA {
        let what = format!("its tables have version {found}; this program supports up to {SCHEMA}");
        return Err(StoreError::new(Kind::Newer, what));
    }
    Ok(())
}

impl Value {
    /// A number, or null.
    #[must_use]
    pub fn int(value: Option<impl Into<i64>>) -> Self {
        value.map_or(Self::Null, |value| Self::Int(value.into()))
    }

    /// Text.
    #[must_use]
    pub fn text(value: impl Into<String>) -> Self {
        Self::Text(value.into())
    }

    /// The number, if it is one.
    #[must_use]
    pub const fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            _ => None,
        }
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(value) => Some(value),
            _ => None,
        }
    }

    /// The bytes, if they are some.
    #[must_use]
    pub fn as_blob(&self) -> Option<&[u8]> {
        match self {
            Self::Blob(value) => Some(value),
            _ => None,
        }
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<Time> for Value {
    fn from(value: Time) -> Self {
        Self::Int(value.0)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}
