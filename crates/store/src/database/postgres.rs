//! PostgreSQL: any number of Crawlers on one database. Results go in by `COPY`, visits and replies
//! lie in partitions of a day.

use std::collections::HashMap;
use std::error::Error;
use std::time::Duration;

use postgres::binary_copy::BinaryCopyInWriter;
use postgres::error::SqlState;
use postgres::fallible_iterator::FallibleIterator as _;
use postgres::types::private::BytesMut;
use postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use postgres::{Client, Config, NoTls, Statement};
use swarmscope_wire::rows::ColumnKind;

use super::{Access, Database, SCHEMA, Value, check_version};
use crate::error::{Kind, StoreError};
use crate::time::Time;

const TABLES: &str = include_str!("schema/postgres.sql");
const STAGED: &str = include_str!("schema/staged.sql");
/// Held while tables are made or migrated, so that Crawlers that start together do it once.
/// Arbitrary.
const MIGRATING: i64 = 0x5377_7363_0000_0001;
/// Rows that a staged table has held before its file is begun anew. Nobody vacuums what one
/// connection has to itself: rows deleted from it would stay, and every statement read them.
/// Truncating costs as much as deleting some hundred rows.
const STALE: usize = 2000;
/// For the rest of a transaction that stages rows: they are few, and looked up one by one. Nobody
/// counts the rows of a staged table, so the planner would read all peers instead.
const FEW: &str = "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off;";
/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);

/// A connection to a server.
pub(super) struct Postgres {
    client: Client,
    config: Config,
    access: Access,
    statements: HashMap<String, Statement>,
    /// Days for which there are partitions.
    days: Option<(i64, i64)>,
    /// Rows that each staged table has held since its file was begun.
    staged: HashMap<String, usize>,
}

impl Postgres {
    pub(super) fn open(url: &str, access: Access) -> Result<Self, StoreError> {
        let mut config: Config = url.parse().map_err(|error| said(&error))?;
        config.application_name("swarmscope").connect_timeout(CONNECT);
        let client = config.connect(NoTls).map_err(|error| said(&error))?;
        let mut postgres = Self {
            client,
            config,
            access,
            statements: HashMap::new(),
            days: None,
            staged: HashMap::new(),
        };
        postgres.set_up()?;
        Ok(postgres)
    }

    fn set_up(&mut self) -> Result<(), StoreError> {
        let schema = self.schema()?;
        check_version(schema)?;
        if schema == 0 {
            match self.access {
                Access::Crawl => self.make()?,
                _ => {
                    return Err(StoreError::new(Kind::NotAStore, "the database contains no store"));
                }
            }
        }
        if self.access == Access::Read {
            self.batch("SET default_transaction_read_only = on")?;
        }
        if self.access == Access::Crawl {
            // Its statements are prepared while the tables are empty, and planned so would go on
            // reading all of them.
            self.batch("SET plan_cache_mode = force_custom_plan")?;
            self.batch(
                &STAGED
                    .replace("{int}", "BIGINT")
                    .replace("{blob}", "BYTEA")
                    .replace("{text}", "TEXT"),
            )?;
        }
        Ok(())
    }

    /// Makes the tables, unless another Crawler did meanwhile.
    fn make(&mut self) -> Result<(), StoreError> {
        let mut transaction = self.client.transaction().map_err(|error| said(&error))?;
        let made = (|| {
            transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&MIGRATING])?;
            // to_regclass would answer from what this session knew before it had the lock
            let there = "SELECT EXISTS (SELECT FROM pg_class WHERE relname = 'meta'
                             AND relnamespace = current_schema()::regnamespace)";
            let there = transaction.query_one(there, &[])?.get::<_, bool>(0);
            if !there {
                transaction.batch_execute(TABLES)?;
                let schema = SCHEMA.to_string();
                transaction.execute("INSERT INTO meta VALUES ('schema', $1)", &[&schema])?;
            }
            transaction.commit()
        })();
        made.map_err(|error| said(&error))
    }

    fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        self.client.batch_execute(sql).map_err(|error| said(&error))
    }

    fn prepared(&mut self, sql: &str) -> Result<Statement, StoreError> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement =
            self.client.prepare(&sql.replace('?', "$")).map_err(|error| said(&error))?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    /// The names of the partitions of a table that end before this day.
    fn partitions_before(&mut self, table: &str, day: i64) -> Result<Vec<String>, StoreError> {
        let mut names = Vec::new();
        let sql =
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = ?1::text::regclass";
        self.query(sql, &[table.into()], &mut |row| {
            names.extend(row[0].as_text().map(str::to_owned));
            true
        })?;
        let of =
            |name: &String| name.rsplit_once("_d").and_then(|(_, day)| day.parse::<i64>().ok());
        names.retain(|name| of(name).is_some_and(|partition| partition < day));
        Ok(names)
    }
}

/// What the server's word means.
fn said(error: &postgres::Error) -> StoreError {
    let kind = match error.code() {
        _ if error.is_closed() => Kind::Lost,
        None => Kind::Lost, // no connection, or it broke
        Some(code) => match *code {
            SqlState::DISK_FULL | SqlState::OUT_OF_MEMORY => Kind::Full,
            SqlState::DATA_CORRUPTED | SqlState::INDEX_CORRUPTED => Kind::Corrupt,
            SqlState::READ_ONLY_SQL_TRANSACTION => Kind::ReadOnly,
            SqlState::CANNOT_CONNECT_NOW
            | SqlState::ADMIN_SHUTDOWN
            | SqlState::CRASH_SHUTDOWN
            | SqlState::CONNECTION_FAILURE
            | SqlState::T_R_DEADLOCK_DETECTED
            | SqlState::TOO_MANY_CONNECTIONS => Kind::Lost,
            SqlState::INVALID_PASSWORD
            | SqlState::INVALID_AUTHORIZATION_SPECIFICATION
            | SqlState::INSUFFICIENT_PRIVILEGE => Kind::Denied,
            SqlState::INVALID_CATALOG_NAME => Kind::NotFound,
            _ => Kind::Other,
        },
    };
    let detail = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    StoreError::new(kind, detail)
}

impl ToSql for Value {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(value) => value.to_sql(ty, out),
            Self::Real(value) => value.to_sql(ty, out),
            Self::Text(value) => value.to_sql(ty, out),
            Self::Blob(value) => value.to_sql(ty, out),
        }
    }

    fn accepts(ty: &Type) -> bool {
        [Type::INT8, Type::FLOAT8, Type::TEXT, Type::BYTEA].contains(ty)
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(match *ty {
            Type::INT8 => Self::Int(i64::from_sql(ty, raw)?),
            Type::FLOAT8 => Self::Real(f64::from_sql(ty, raw)?),
            Type::BYTEA => Self::Blob(raw.to_vec()),
            _ => Self::Text(String::from_utf8_lossy(raw).into_owned()),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self::Null)
    }

    fn accepts(ty: &Type) -> bool {
        <Self as ToSql>::accepts(ty)
    }
}

impl Database for Postgres {
    fn run(&mut self, sql: &str, values: &[Value]) -> Result<u64, StoreError> {
        let statement = self.prepared(sql)?;
        let values: Vec<_> = values.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
        self.client.execute(&statement, &values).map_err(|error| said(&error))
    }

    fn query(
        &mut self,
        sql: &str,
        values: &[Value],
        each: &mut dyn FnMut(&[Value]) -> bool,
    ) -> Result<(), StoreError> {
        let statement = self.prepared(sql)?;
        let mut rows = self.client.query_raw(&statement, values).map_err(|error| said(&error))?;
        while let Some(row) = rows.next().map_err(|error| said(&error))? {
            let values: Result<Vec<Value>, _> =
                (0..row.len()).map(|column| row.try_get(column)).collect();
            if !each(&values.map_err(|error| said(&error))?) {
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
        let is_stale = self.staged.get(table).is_some_and(|held| *held >= STALE);
        let empty = if is_stale { "TRUNCATE" } else { "DELETE FROM" };
        self.batch(&format!("{FEW} {empty} {table}"))?;
        if is_stale {
            self.staged.remove(table);
        }
        let columns = columns.join(", ");
        let types = self.prepared(&format!("SELECT {columns} FROM {table}"))?;
        let types: Vec<Type> =
            types.columns().iter().map(|column| column.type_().clone()).collect();
        let copy = format!("COPY {table} ({columns}) FROM STDIN (FORMAT binary)");
        let held = self.staged.entry(table.to_owned()).or_default();
        let written = (|| {
            let mut writer = BinaryCopyInWriter::new(self.client.copy_in(&copy)?, &types);
            for row in rows {
                *held += 1;
                writer.write_raw(&row)?;
            }
            writer.finish()
        })();
        written.map(drop).map_err(|error| said(&error))
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        if self.client.is_closed() {
            self.statements.clear();
            self.staged.clear();
            self.client = self.config.connect(NoTls).map_err(|error| said(&error))?;
            self.set_up()?;
        }
        self.batch("BEGIN")
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.batch("COMMIT")
    }

    fn rollback(&mut self) {
        self.days = None; // partitions of this transaction are gone with it
        self.staged.values_mut().for_each(|held| *held = STALE); // and so may be a truncation
        if !self.client.is_closed()
            && let Err(error) = self.batch("ROLLBACK")
        {
            tracing::warn!("the transaction could not be rolled back: {error}");
        }
    }

    fn locking(&self) -> &'static str {
        "FOR NO KEY UPDATE" // rows of other tables may refer to a locked peer meanwhile
    }

    fn skip_locked(&self) -> &'static str {
        "FOR UPDATE SKIP LOCKED"
    }

    fn unnest(&self) -> &'static str {
        "jsonb_array_elements(reply.rows::jsonb) AS r(value)"
    }

    fn cell(&self, position: usize, kind: ColumnKind) -> String {
        let kind = match kind {
            ColumnKind::Int => "BIGINT",
            ColumnKind::Real => "DOUBLE PRECISION",
            ColumnKind::Text => "TEXT",
        };
        format!("CAST(r.value ->> {position} AS {kind})")
    }

    fn prepare_days(&mut self, first: Time, last: Time) -> Result<(), StoreError> {
        let wanted = (first.day(), last.day() + 1);
        if self.days.is_some_and(|(first, last)| first <= wanted.0 && wanted.1 <= last) {
            return Ok(());
        }
        self.run("SELECT pg_advisory_xact_lock(?1)", &[MIGRATING.into()])?;
        for day in wanted.0..=wanted.1 {
            for table in ["visit", "reply"] {
                let (from, to) = (day * Time::DAY, (day + 1) * Time::DAY);
                self.batch(&format!(
                    "CREATE TABLE IF NOT EXISTS {table}_d{day} PARTITION OF {table} FOR VALUES \
                     FROM ({from}) TO ({to})"
                ))?;
            }
        }
        self.days = Some(wanted);
        Ok(())
    }

    fn drop_before(&mut self, time: Time) -> Result<u64, StoreError> {
        let mut visits = 0;
        for table in ["reply", "visit"] {
            for partition in self.partitions_before(table, time.day())? {
                if table == "visit" {
                    self.query(&format!("SELECT count(*) FROM {partition}"), &[], &mut |row| {
                        visits += row[0]
                            .as_int()
                            .and_then(|count| u64::try_from(count).ok())
                            .unwrap_or(0);
                        true
                    })?;
                }
                self.batch(&format!("DROP TABLE {partition}"))?;
            }
            let deleted =
                self.run(&format!("DELETE FROM {table} WHERE at < ?1"), &[time.into()])?;
            visits += if table == "visit" { deleted } else { 0 };
        }
        self.days = None;
        Ok(visits)
    }

    fn gives_back(&self) -> bool {
        false
    }

    fn shrink(&mut self) -> Result<(), StoreError> {
        Ok(()) // partitions are given back when they are dropped; the rest is autovacuum's
    }

    fn bytes(&mut self) -> Result<u64, StoreError> {
        let mut bytes = 0;
        let sql = "SELECT COALESCE(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = current_schema() AND c.relkind = 'r'";
        self.query(sql, &[], &mut |row| {
            bytes = row[0].as_int().and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(0);
            true
        })?;
        Ok(bytes)
    }

    fn faults(&mut self) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new()) // pages are the server's business; what the tables say is checked by the store
    }

    fn schema(&mut self) -> Result<i64, StoreError> {
        let mut there = false;
        self.query("SELECT 1::bigint WHERE to_regclass('meta') IS NOT NULL", &[], &mut |_| {
            there = true;
            true
        })?;
        if !there {
            return Ok(0);
        }
        let mut schema = None;
        let asked = self.query("SELECT value FROM meta WHERE name = 'schema'", &[], &mut |row| {
            schema = row[0].as_text().and_then(|text| text.parse().ok());
            true
        });
        match (asked, schema) {
            (Ok(()), Some(schema)) => Ok(schema),
            (Err(error), _) if error.kind == Kind::Lost => Err(error),
            _ => Err(StoreError::new(
                Kind::NotAStore,
                "a database of another program has a table `meta`",
            )),
        }
    }
}
