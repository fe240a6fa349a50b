//! SQLite: one file, one Crawler, any number of readers beside it (WAL).

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _, ToSql, params_from_iter};
use swarmscope_wire::rows::ColumnKind;

use super::{Access, Database, SCHEMA, Value, check_version};
use crate::error::{Kind, StoreError};
use crate::time::Time;

/// In the file's header, so that another program's file is recognised: "Swsc".
const APPLICATION: i64 = 0x5377_7363;
const TABLES: &str = include_str!("schema/sqlite.sql");
const STAGED: &str = include_str!("schema/staged.sql");
/// How long a statement waits while a reader or `store prune` has the file.
const BUSY: Duration = Duration::from_secs(20);
/// The largest value or row: a raw reply of the largest budget a request can have (64 MiB), and what
/// it was read as beside it. A file can claim a value of any size with a few bytes.
const LONGEST_VALUE: i32 = 256 << 20;
/// Rows that are deleted at once, so that nobody waits long.
const SLICE: i64 = 20_000;

/// An open file.
pub(super) struct Sqlite {
    connection: Connection,
    path: PathBuf,
    /// Held while this process crawls into the file.
    _lock: Option<File>,
}

impl Sqlite {
    pub(super) fn open(path: &Path, access: Access) -> Result<Self, StoreError> {
        let is_new = match fs::metadata(path) {
            Ok(metadata) if !metadata.is_file() => {
                return Err(StoreError::new(Kind::NotAStore, "not a file"));
            }
            Ok(metadata) => metadata.len() == 0,
            Err(error) if error.kind() == io::ErrorKind::NotFound && access == Access::Crawl => {
                true
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StoreError::new(Kind::NotFound, "no such file"));
            }
            Err(error) => return Err(StoreError::new(Kind::Other, error.to_string())),
        };
        if is_new && access != Access::Crawl {
            return Err(StoreError::new(Kind::NotAStore, "the file is empty"));
        }
        let lock = (access == Access::Crawl).then(|| lock(path)).transpose()?;
        if is_new {
            make(path)?;
        }
        let flags = match access {
            Access::Read if is_read_only(path) => OpenFlags::SQLITE_OPEN_READ_ONLY,
            _ => OpenFlags::SQLITE_OPEN_READ_WRITE,
        };
        let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .map_err(said)?;
        let mut sqlite = Self { connection, path: path.to_owned(), _lock: lock };
        sqlite.set_up(access, is_new)?;
        Ok(sqlite)
    }

    fn set_up(&mut self, access: Access, is_new: bool) -> Result<(), StoreError> {
        self.connection.busy_timeout(BUSY).map_err(said)?;
        self.trust_nothing().map_err(said)?;
        self.connection.set_prepared_statement_cache_capacity(64);
        if is_new {
            // Before the first table: space that rows no longer take can be given back piece by
            // piece.
            self.batch("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;")?;
            let create = format!(
                "BEGIN IMMEDIATE; {TABLES} PRAGMA application_id = {APPLICATION}; PRAGMA \
                 user_version = {SCHEMA}; COMMIT;"
            );
            self.batch(&create)?;
        }
        if self.number("PRAGMA application_id")? != APPLICATION {
            return Err(StoreError::new(Kind::NotAStore, "an SQLite database of another program"));
        }
        check_version(self.schema()?)?;
        self.check_tables()?;
        if access != Access::Read && self.connection.is_readonly("main").map_err(said)? {
            return Err(StoreError::new(Kind::ReadOnly, "the file cannot be written to"));
        }
        // NORMAL with WAL: a crash of the machine can lose the last transactions, never damage the
        // file.
        self.batch(
            "PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000;",
        )?;
        if access == Access::Read {
            self.batch("PRAGMA query_only = ON;")?;
        }
        if access == Access::Crawl {
            // Written once, so that a file that cannot be written to is found now.
            self.batch("BEGIN IMMEDIATE; DELETE FROM meta WHERE name = ''; COMMIT;")?;
            self.batch(
                &STAGED
                    .replace("{int}", "INTEGER")
                    .replace("{blob}", "BLOB")
                    .replace("{text}", "TEXT"),
            )?;
        }
        Ok(())
    }

    /// Whoever made the file may have written anything into its schema: what that would run by
    /// itself is turned off.
    fn trust_nothing(&mut self) -> rusqlite::Result<()> {
        for (option, is_on) in [
            (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
            (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
            (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
        ] {
            self.connection.set_db_config(option, is_on)?;
        }
        self.connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
        self.connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, LONGEST_VALUE).map(drop)
    }

    /// A view or a virtual table in a table's place, and a column that is computed, can have rows
    /// and values without end.
    fn check_tables(&mut self) -> Result<(), StoreError> {
        let altered = |what: String| StoreError::new(Kind::Altered, what);
        for table in tables() {
            let kind = "SELECT type FROM pragma_table_list WHERE schema = 'main' AND name = ?1";
            let kind = self.connection.query_row(kind, [table], |row| row.get::<_, String>(0));
            match kind.optional().map_err(said)?.as_deref() {
                Some("table") => {}
                Some(kind) => return Err(altered(format!("its {table} is a {kind}, not a table"))),
                None => return Err(altered(format!("it has no table {table}"))),
            }
            let computed = "SELECT count(*) FROM pragma_table_xinfo(?1) WHERE hidden <> 0";
            let computed = self.connection.query_row(computed, [table], |row| row.get::<_, i64>(0));
            if computed.map_err(said)? > 0 {
                return Err(altered(format!("its table {table} has computed columns")));
            }
        }
        Ok(())
    }

    fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        self.connection.execute_batch(sql).map_err(said)
    }

    fn number(&mut self, sql: &str) -> Result<i64, StoreError> {
        self.connection.query_row(sql, [], |row| row.get(0)).map_err(said)
    }
}

/// The names of the tables that this program makes.
fn tables() -> impl Iterator<Item = &'static str> {
    let name = |create: &'static str| create.split([' ', '(']).next();
    TABLES.split("CREATE TABLE ").skip(1).filter_map(name)
}

/// A file beside the database that one Crawler holds.
fn lock(path: &Path) -> Result<File, StoreError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let open = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&name);
    let file = open.map_err(|error| {
        let kind = if is_denied(&error) { Kind::ReadOnly } else { full_or_other(&error) };
        StoreError::new(kind, format!("{}: {error}", Path::new(&name).display()))
    })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => {
            Err(StoreError::new(Kind::InUse, "another Crawler writes to it"))
        }
        Err(std::fs::TryLockError::Error(error)) => {
            Err(StoreError::new(Kind::Other, error.to_string()))
        }
    }
}

fn make(path: &Path) -> Result<(), StoreError> {
    let made = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
    made.map(drop).map_err(|error| {
        let kind = if is_denied(&error) { Kind::ReadOnly } else { full_or_other(&error) };
        StoreError::new(kind, error.to_string())
    })
}

fn is_denied(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}

fn full_or_other(error: &io::Error) -> Kind {
    if error.kind() == io::ErrorKind::StorageFull { Kind::Full } else { Kind::Other }
}

fn is_read_only(path: &Path) -> bool {
    OpenOptions::new().write(true).open(path).is_err()
}

/// What SQLite's word means.
#[allow(clippy::needless_pass_by_value, reason = "what map_err gives")]
fn said(error: rusqlite::Error) -> StoreError {
    let kind = match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => Kind::NotAStore,
        Some(ErrorCode::DatabaseCorrupt) => Kind::Corrupt,
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Kind::ReadOnly,
        Some(ErrorCode::DiskFull) => Kind::Full,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Kind::InUse,
        Some(ErrorCode::CannotOpen) => Kind::NotFound,
        Some(ErrorCode::TooBig) => Kind::Altered,
        _ => Kind::Other,
    };
    StoreError::new(kind, error.to_string())
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(value) => ValueRef::Integer(*value),
            Self::Real(value) => ValueRef::Real(*value),
            Self::Text(value) => ValueRef::Text(value.as_bytes()),
            Self::Blob(value) => ValueRef::Blob(value),
        }))
    }
}

impl From<ValueRef<'_>> for Value {
    /// Text that is not UTF-8, which only another program can have put there, is read with
    /// replacement characters.
    fn from(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(value) => Self::Int(value),
            ValueRef::Real(value) => Self::Real(value),
            ValueRef::Text(value) => Self::Text(String::from_utf8_lossy(value).into_owned()),
            ValueRef::Blob(value) => Self::Blob(value.to_vec()),
        }
    }
}

impl Database for Sqlite {
    fn run(&mut self, sql: &str, values: &[Value]) -> Result<u64, StoreError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(said)?;
        statement.execute(params_from_iter(values)).map(|changed| changed as u64).map_err(said)
    }

    fn query(
        &mut self,
        sql: &str,
        values: &[Value],
        each: &mut dyn FnMut(&[Value]) -> bool,
    ) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(said)?;
        let columns = statement.column_count();
        let mut rows = statement.query(params_from_iter(values)).map_err(said)?;
        let mut row_values = Vec::with_capacity(columns);
        while let Some(row) = rows.next().map_err(said)? {
            row_values.clear();
            for column in 0..columns {
                row_values.push(row.get_ref(column).map_err(said)?.into());
            }
            if !each(&row_values) {
                return Ok(());
            }
        }
        Ok(())
    }

    fn stage(
        &mut self,
        table: &str,
        columns: &[&str],
        rows: &mut dyn Iterator<Item = Vec<Value>>,
    ) -> Result<(), StoreError> {
        let mut clear =
            self.connection.prepare_cached(&format!("DELETE FROM {table}")).map_err(said)?;
        clear.execute([]).map_err(said)?;
        let places: Vec<String> = (1..=columns.len()).map(|at| format!("?{at}")).collect();
        let insert =
            format!("INSERT INTO {table} ({}) VALUES ({})", columns.join(", "), places.join(", "));
        let mut insert = self.connection.prepare_cached(&insert).map_err(said)?;
        for row in rows {
            insert.execute(params_from_iter(row)).map_err(said)?;
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        self.run("BEGIN IMMEDIATE", &[]).map(drop)
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.run("COMMIT", &[]).map(drop)
    }

    fn rollback(&mut self) {
        if !self.connection.is_autocommit()
            && let Err(error) = self.run("ROLLBACK", &[])
        {
            tracing::warn!("the transaction could not be rolled back: {error}");
        }
    }

    fn locking(&self) -> &'static str {
        "" // the whole file is this transaction's
    }

    fn skip_locked(&self) -> &'static str {
        ""
    }

    fn unnest(&self) -> &'static str {
        "json_each(reply.rows) AS r"
    }

    fn cell(&self, position: usize, kind: ColumnKind) -> String {
        let cell = format!("json_extract(r.value, '$[{position}]')");
        match kind {
            ColumnKind::Int | ColumnKind::Text => cell,
            ColumnKind::Real => format!("CAST({cell} AS REAL)"),
        }
    }

    fn prepare_days(&mut self, _first: Time, _last: Time) -> Result<(), StoreError> {
        Ok(())
    }

    fn drop_before(&mut self, time: Time) -> Result<u64, StoreError> {
        let mut visits = 0;
        for table in ["reply", "visit"] {
            let keys = if table == "reply" { "round, peer, question" } else { "round, peer" };
            let sql = format!(
                "DELETE FROM {table} WHERE ({keys}) IN (SELECT {keys} FROM {table} WHERE at < ?1 \
                 LIMIT {SLICE})"
            );
            loop {
                let deleted = self.run(&sql, &[time.into()])?;
                visits += if table == "visit" { deleted } else { 0 };
                if deleted == 0 {
                    break;
                }
            }
        }
        Ok(visits)
    }

    fn gives_back(&self) -> bool {
        true
    }

    fn shrink(&mut self) -> Result<(), StoreError> {
        // A pragma that steps once a page: as a query, so that all its steps are made.
        self.query("PRAGMA incremental_vacuum", &[], &mut |_| true)?;
        self.query("PRAGMA wal_checkpoint(TRUNCATE)", &[], &mut |_| true)
    }

    fn bytes(&mut self) -> Result<u64, StoreError> {
        let size = |suffix: &str| {
            let mut name = self.path.as_os_str().to_owned();
            name.push(suffix);
            fs::metadata(name).map_or(0, |metadata| metadata.len())
        };
        Ok(size("") + size("-wal"))
    }

    fn faults(&mut self) -> Result<Vec<String>, StoreError> {
        let mut faults = Vec::new();
        let looked = self.query("PRAGMA integrity_check(20)", &[], &mut |row| {
            if let Some(text) = row[0].as_text().filter(|text| *text != "ok") {
                faults.push(text.to_owned());
            }
            true
        });
        match looked {
            Err(error) if error.kind == Kind::Corrupt => faults.push(error.detail),
            looked => looked?,
        }
        Ok(faults)
    }

    fn schema(&mut self) -> Result<i64, StoreError> {
        self.number("PRAGMA user_version")
    }
}
