//! The store: every rule about peers, leases, visits and rounds, once for both databases.
//!
//! | file | what it is |
//! |---|---|
//! | `crawl` | hearing of peers, leasing them, permits to ask, writing visits |
//! | `rounds` | beginning, joining and ending rounds, and their figures |
//! | `read` | questions to a store |
//! | `keep` | retention, verification |

mod crawl;
mod keep;
mod read;
mod rounds;

use std::collections::HashMap;

use swarmscope_wire::rows::{Column, ColumnKind};

use crate::database::{self, Access, Database, Value};
use crate::error::{Kind, StoreError};
use crate::key::StoreKey;
use crate::place::Place;
use crate::records::{Network, Question, QuestionId};

pub use crawl::Written;
pub use keep::Pruned;
pub use read::{Info, PeerRow, ReplyRow, Selection, Shares, VisitRow};
pub use rounds::{Left, Opening};

/// The name of the key's check in the table `meta`.
const KEY_CHECK: &str = "key";

/// An open store. Used by one thread at a time; a crawl has it on a thread of its own, see
/// [`crate::writer`].
pub struct Store {
    database: Box<dyn Database>,
    /// Readers may have none: then addresses stay sealed.
    key: Option<StoreKey>,
    words: HashMap<String, i64>,
}

impl Store {
    /// Opens a store for a crawl; makes it where there is none. The first key that opens it is its
    /// key from then on.
    ///
    /// # Errors
    /// It cannot be used, or was made under another key.
    pub fn crawl(place: &Place, key: &StoreKey) -> Result<Self, StoreError> {
        let mut store = Self::with(database::open(place, Access::Crawl)?, Some(key.clone()));
        store.check_key(key).map_err(|error| error.about(place))?;
        Ok(store)
    }

    /// Opens a store for questions.
    ///
    /// # Errors
    /// It is not there or cannot be read.
    pub fn read(place: &Place) -> Result<Self, StoreError> {
        Ok(Self::with(database::open(place, Access::Read)?, None))
    }

    /// Opens a store that is there, to change what it keeps.
    ///
    /// # Errors
    /// It is not there or cannot be written to.
    pub fn write(place: &Place) -> Result<Self, StoreError> {
        Ok(Self::with(database::open(place, Access::Write)?, None))
    }

    fn with(database: Box<dyn Database>, key: Option<StoreKey>) -> Self {
        Self { database, key, words: HashMap::new() }
    }

    fn check_key(&mut self, key: &StoreKey) -> Result<(), StoreError> {
        let check = key.check();
        if self.settle(KEY_CHECK, &check)? == check {
            return Ok(());
        }
        Err(StoreError::new(
            Kind::OtherKey,
            "it was created with another key, so its peers can't be recognised",
        ))
    }

    /// What holds for this store once and for all under a name: what the first Crawler says.
    ///
    /// # Errors
    /// What the database says.
    pub fn settle(&mut self, name: &str, value: &str) -> Result<String, StoreError> {
        let name = Value::from(name);
        self.database.run(
            "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING",
            &[name.clone(), value.into()],
        )?;
        let found = self.one("SELECT value FROM meta WHERE name = ?1", &[name])?;
        Ok(found.first().and_then(Value::as_text).unwrap_or_default().to_owned())
    }

    fn key(&self) -> Result<&StoreKey, StoreError> {
        self.key
            .as_ref()
            .ok_or_else(|| StoreError::new(Kind::Key, "the store was opened without its key"))
    }

    /// Declares a question: its replies are stored as the rows it names, and a view `reply_NAME`
    /// has them as typed columns. The same declaration again is the same question.
    ///
    /// # Errors
    /// A column's name cannot be used in a query; what the database says.
    pub fn declare(
        &mut self,
        network: Network,
        question: &Question,
    ) -> Result<QuestionId, StoreError> {
        let declared = serde_json::to_string(&question.rows).expect("a declaration is JSON");
        let values = [
            network.number().into(),
            i64::from(question.message).into(),
            question.name.as_str().into(),
            declared.as_str().into(),
        ];
        let id = self.transaction(|store| {
            store.database.run(
                "INSERT INTO question (network, message, name, declared) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT DO NOTHING",
                &values,
            )?;
            let sql = "SELECT id FROM question WHERE network = ?1 AND message = ?2 AND name = ?3 AND declared = ?4";
            let row = store.one(sql, &values)?;
            let id = row.first().and_then(Value::as_int).ok_or_else(|| unexpected("a question that was declared"))?;
            store.view(network, question, id)?;
            Ok(id)
        })?;
        Ok(QuestionId(id))
    }

    /// The view of a question's replies, with a row for each of theirs.
    fn view(&mut self, network: Network, question: &Question, id: i64) -> Result<(), StoreError> {
        let name = view_name(network, &question.name);
        if !Column::is_name(&view_name(Network::Overlay, &question.name)) {
            return Err(StoreError::new(
                Kind::Other,
                format!("{:?} cannot be the name of a view", question.name),
            ));
        }
        let select = self.typed_rows(&question.rows.columns, id)?;
        self.database.run(&format!("DROP VIEW IF EXISTS reply_{name}"), &[])?;
        self.database.run(&format!("CREATE VIEW reply_{name} AS {select}"), &[]).map(drop)
    }

    /// The replies to a question as a query with typed columns.
    fn typed_rows(&self, columns: &[Column], id: i64) -> Result<String, StoreError> {
        let selected = columns.iter().enumerate().map(|(position, column)| {
            if !Column::is_name(&column.name) {
                return Err(StoreError::new(
                    Kind::Other,
                    format!("{:?} cannot be the name of a column", column.name),
                ));
            }
            let kind = if column.sensitive { ColumnKind::Text } else { column.kind }; // a digest is text
            Ok(format!(", {} AS \"{}\"", self.database.cell(position, kind), column.name))
        });
        let selected = selected.collect::<Result<String, _>>()?;
        let rows = if columns.is_empty() {
            String::new()
        } else {
            format!(", {}", self.database.unnest())
        };
        Ok(format!(
            "SELECT reply.round AS \"in_round\", reply.peer AS \"of_peer\", reply.at AS \"asked_at\"{selected}
             FROM reply{rows} WHERE reply.question = {id}"
        ))
    }

    /// How many bytes the store takes on disk.
    ///
    /// # Errors
    /// What the database says.
    pub fn bytes(&mut self) -> Result<u64, StoreError> {
        self.database.bytes()
    }

    /// Runs something in a transaction: all of it, or nothing.
    fn transaction<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.database.begin()?;
        let done = work(self).and_then(|value| self.database.commit().map(|()| value));
        if done.is_err() {
            self.database.rollback();
            self.words.clear();
        }
        done
    }

    /// The only row of a query, or nothing.
    fn one(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Value>, StoreError> {
        let mut found = Vec::new();
        self.database.query(sql, values, &mut |row| {
            found = row.to_vec();
            false
        })?;
        Ok(found)
    }

    /// All rows of a query that cannot be long.
    fn all(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Vec<Value>>, StoreError> {
        let mut found = Vec::new();
        self.database.query(sql, values, &mut |row| {
            found.push(row.to_vec());
            true
        })?;
        Ok(found)
    }

    /// A count.
    fn count(&mut self, sql: &str, values: &[Value]) -> Result<u64, StoreError> {
        let row = self.one(sql, values)?;
        Ok(row
            .first()
            .and_then(Value::as_int)
            .and_then(|count| u64::try_from(count).ok())
            .unwrap_or(0))
    }

    /// The number of an outcome's code.
    fn word(&mut self, text: &str) -> Result<i64, StoreError> {
        if let Some(id) = self.words.get(text) {
            return Ok(*id);
        }
        let value = [Value::from(text)];
        self.database
            .run("INSERT INTO word (text) VALUES (?1) ON CONFLICT (text) DO NOTHING", &value)?;
        let row = self.one("SELECT id FROM word WHERE text = ?1", &value)?;
        let id = row
            .first()
            .and_then(Value::as_int)
            .ok_or_else(|| unexpected("a word that was written"))?;
        self.words.insert(text.to_owned(), id);
        Ok(id)
    }
}

/// What follows `reply_` in the name of a question's view.
fn view_name(network: Network, question: &str) -> String {
    let plain = question.to_ascii_lowercase().replace('-', "_");
    match network {
        Network::Overlay => plain,
        other => format!("{}_{plain}", other.name()),
    }
}

/// Rows that are not what they were written as: another program changed them.
fn unexpected(what: &str) -> StoreError {
    StoreError::new(Kind::Corrupt, format!("{what} does not exist"))
}
