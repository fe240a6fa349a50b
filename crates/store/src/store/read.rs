//! Questions to a store.

use swarmscope_wire::rows::{Cell, Rows};

use super::{Store, unexpected, view_name};
use crate::database::Value;
use crate::error::StoreError;
use crate::records::Network;
use crate::time::Time;

/// What a store holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Info {
    /// The version of its tables.
    pub schema: i64,
    /// Networks with at least one peer or round.
    pub networks: Vec<Network>,
    /// Rounds.
    pub rounds: u64,
    /// Peers.
    pub peers: u64,
    /// Visits.
    pub visits: u64,
    /// Replies and questions that got none.
    pub replies: u64,
    /// On disk.
    pub bytes: u64,
    /// When the first round began.
    pub first: Option<Time>,
    /// When the last visit was.
    pub last: Option<Time>,
}

/// Which rows are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Selection {
    /// Of this round only.
    pub round: Option<i64>,
    /// Of this network only.
    pub network: Option<Network>,
    /// Not before this time: visits and replies that began then, peers that were heard of or
    /// visited.
    pub since: Option<Time>,
}

/// A peer as a store shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PeerRow {
    /// Its network.
    pub network: Network,
    /// Its keyed hash, in hexadecimal digits.
    pub peer: String,
    /// When it was first heard of.
    pub first_heard: Time,
    /// When it was last heard of.
    pub last_heard: Time,
    /// The version of its last connection, or as others say.
    pub version: Option<i64>,
    /// When it was visited last.
    pub tried: Option<Time>,
    /// What became of that visit.
    pub outcome: Option<String>,
    /// When it was reached last.
    pub reached: Option<Time>,
    /// Since when every visit reached it.
    pub online_since: Option<Time>,
    /// Failed visits since it was last reached.
    pub failures: i64,
    /// When it is due.
    pub due: Time,
}

/// A visit as a store shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VisitRow {
    /// Its network.
    pub network: Network,
    /// Its round.
    pub round: i64,
    /// The peer's keyed hash.
    pub peer: String,
    /// When it began.
    pub at: Time,
    /// How long it took, in milliseconds.
    pub took: i64,
    /// What became of it.
    pub outcome: String,
    /// The version of the connection.
    pub version: Option<i64>,
    /// A round trip, in microseconds.
    pub rtt: Option<i64>,
    /// How many peers it listed.
    pub listed: i64,
}

/// A reply as a store shows it.
#[derive(Clone, PartialEq, Debug)]
pub struct ReplyRow {
    /// Its network.
    pub network: Network,
    /// Its round.
    pub round: i64,
    /// The peer's keyed hash.
    pub peer: String,
    /// The question.
    pub question: String,
    /// When it was sent.
    pub at: Time,
    /// Until the last part, in milliseconds.
    pub took: i64,
    /// What became of it.
    pub outcome: String,
    /// Bytes of the payload.
    pub bytes: i64,
    /// Parts.
    pub parts: i64,
    /// The keyed digest of what it says.
    pub content: Option<String>,
    /// The names of its columns.
    pub columns: Vec<String>,
    /// Its rows.
    pub rows: Vec<Vec<Cell>>,
}

/// What the peers of a round said in one column.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Shares {
    /// Peers that said anything.
    pub peers: u64,
    /// Values, with how many peers said each, most first. Where a reply has several rows, a peer
    /// may say several.
    pub values: Vec<(String, u64)>,
}

impl Store {
    /// A question of one's own, in SQL: `reply_NAME` has the typed rows of what NAME was answered.
    /// A store that is only read is not changed by it.
    ///
    /// # Errors
    /// What the database says.
    pub fn query(&mut self, sql: &str, each: &mut dyn FnMut(&[Value])) -> Result<(), StoreError> {
        self.database.query(sql, &[], &mut |row| {
            each(row);
            true
        })
    }

    /// What the store holds.
    ///
    /// # Errors
    /// What the database says.
    pub fn info(&mut self) -> Result<Info, StoreError> {
        let networks = self.all(
            "SELECT DISTINCT network FROM peer UNION SELECT DISTINCT network FROM round",
            &[],
        )?;
        let mut networks: Vec<Network> = networks
            .iter()
            .filter_map(|row| Network::from_number(row.first()?.as_int()?))
            .collect();
        networks.sort_unstable();
        let first = self.one("SELECT min(began) FROM round", &[])?;
        let last = self.one("SELECT max(at) FROM visit", &[])?;
        let time = |row: Vec<Value>| row.first().and_then(Value::as_int).map(Time);
        Ok(Info {
            schema: self.database.schema()?,
            networks,
            rounds: self.count("SELECT count(*) FROM round", &[])?,
            peers: self.count("SELECT count(*) FROM peer", &[])?,
            visits: self.count("SELECT count(*) FROM visit", &[])?,
            replies: self.count("SELECT count(*) FROM reply", &[])?,
            bytes: self.bytes()?,
            first: time(first),
            last: time(last),
        })
    }

    /// Peers in the order in which they were heard of, one at a time, until the callback says no.
    /// With a round: those it visited.
    ///
    /// # Errors
    /// What the database says.
    pub fn peers(
        &mut self,
        wanted: Selection,
        each: &mut dyn FnMut(PeerRow) -> bool,
    ) -> Result<(), StoreError> {
        let sql = "SELECT p.network, p.hash, p.first_heard, p.last_heard, p.version, p.tried_at, w.text, p.reached_at,
                       p.online_since, p.failures, p.due
                   FROM peer p LEFT JOIN word w ON w.id = p.outcome
                   WHERE (CAST(?1 AS BIGINT) IS NULL OR p.id IN (SELECT peer FROM visit WHERE round = ?1))
                     AND (CAST(?2 AS BIGINT) IS NULL OR p.network = ?2)
                     AND (CAST(?3 AS BIGINT) IS NULL OR p.last_heard >= ?3 OR p.tried_at >= ?3) ORDER BY p.id";
        self.database.query(sql, &wanted.values(), &mut |row| {
            let number = |at: usize| row[at].as_int();
            let time = |at: usize| number(at).map(Time);
            each(PeerRow {
                network: network(&row[0]),
                peer: hex(&row[1]),
                first_heard: time(2).unwrap_or_default(),
                last_heard: time(3).unwrap_or_default(),
                version: number(4),
                tried: time(5),
                outcome: row[6].as_text().map(str::to_owned),
                reached: time(7),
                online_since: time(8),
                failures: number(9).unwrap_or(0),
                due: time(10).unwrap_or_default(),
            })
        })
    }

    /// Visits by round, one at a time, until the callback says no.
    ///
    /// # Errors
    /// What the database says.
    pub fn visits(
        &mut self,
        wanted: Selection,
        each: &mut dyn FnMut(VisitRow) -> bool,
    ) -> Result<(), StoreError> {
        let sql =
            "SELECT p.network, v.round, p.hash, v.at, v.took, w.text, v.version, v.rtt, v.listed
                   FROM visit v JOIN peer p ON p.id = v.peer JOIN word w ON w.id = v.outcome
                   WHERE (CAST(?1 AS BIGINT) IS NULL OR v.round = ?1)
                     AND (CAST(?2 AS BIGINT) IS NULL OR p.network = ?2)
                     AND (CAST(?3 AS BIGINT) IS NULL OR v.at >= ?3) ORDER BY v.round, v.peer";
        self.database.query(sql, &wanted.values(), &mut |row| {
            let number = |at: usize| row[at].as_int();
            each(VisitRow {
                network: network(&row[0]),
                round: number(1).unwrap_or(0),
                peer: hex(&row[2]),
                at: Time(number(3).unwrap_or(0)),
                took: number(4).unwrap_or(0),
                outcome: row[5].as_text().unwrap_or_default().to_owned(),
                version: number(6),
                rtt: number(7),
                listed: number(8).unwrap_or(0),
            })
        })
    }

    /// Replies by round, one at a time, until the callback says no.
    ///
    /// # Errors
    /// What the database says.
    pub fn replies(
        &mut self,
        wanted: Selection,
        each: &mut dyn FnMut(ReplyRow) -> bool,
    ) -> Result<(), StoreError> {
        let sql =
            "SELECT p.network, r.round, p.hash, q.name, r.at, r.took, w.text, r.bytes, r.parts, r.content, r.rows,
                       q.declared
                   FROM reply r JOIN peer p ON p.id = r.peer JOIN question q ON q.id = r.question
                   JOIN word w ON w.id = r.outcome
                   WHERE (CAST(?1 AS BIGINT) IS NULL OR r.round = ?1)
                     AND (CAST(?2 AS BIGINT) IS NULL OR p.network = ?2)
                     AND (CAST(?3 AS BIGINT) IS NULL OR r.at >= ?3) ORDER BY r.round, r.peer, r.question";
        self.database.query(sql, &wanted.values(), &mut |row| {
            let number = |at: usize| row[at].as_int();
            let text = |at: usize| row[at].as_text().unwrap_or_default();
            let declared: Rows = serde_json::from_str(text(11)).unwrap_or_default();
            each(ReplyRow {
                network: network(&row[0]),
                round: number(1).unwrap_or(0),
                peer: hex(&row[2]),
                question: text(3).to_owned(),
                at: Time(number(4).unwrap_or(0)),
                took: number(5).unwrap_or(0),
                outcome: text(6).to_owned(),
                bytes: number(7).unwrap_or(0),
                parts: number(8).unwrap_or(0),
                content: row[9].as_blob().map(|_| hex(&row[9])),
                columns: declared.columns.iter().map(|column| column.name.to_string()).collect(),
                rows: serde_json::from_str(text(10)).unwrap_or_default(),
            })
        })
    }

    /// Values and how many peers said them in a round, most first, for one column of a question. A
    /// peer counts once for a value, however many rows of its reply say it.
    ///
    /// # Errors
    /// There is no such question or column; what the database says.
    pub fn shares(&mut self, view: &str, column: &str, round: i64) -> Result<Shares, StoreError> {
        let missing = || unexpected(&format!("the column {column} of the question {view}"));
        let questions =
            self.all("SELECT id, declared, network, name FROM question ORDER BY id DESC", &[])?;
        let is_named = |row: &&Vec<Value>| {
            view_name(network(&row[2]), row[3].as_text().unwrap_or_default()) == view
        };
        let question = questions.iter().find(is_named).ok_or_else(missing)?;
        let declared: Rows =
            serde_json::from_str(question[1].as_text().unwrap_or_default()).unwrap_or_default();
        if !declared.columns.iter().any(|it| it.name == column) {
            return Err(missing());
        }
        // Not by the view: that is for people, and somebody else may have written it.
        let said = self.typed_rows(&declared.columns, question[0].as_int().unwrap_or_default())?;
        let sql = format!(
            "SELECT CAST(\"{column}\" AS TEXT), count(DISTINCT of_peer) FROM ({said}) AS said
             WHERE in_round = ?1 GROUP BY 1 ORDER BY 2 DESC, 1"
        );
        let rows = self.all(&sql, &[round.into()])?;
        let value = |row: &Vec<Value>| {
            let count = row.get(1)?.as_int().and_then(|count| u64::try_from(count).ok())?;
            Some((row[0].as_text().unwrap_or("not said").to_owned(), count))
        };
        let sql =
            format!("SELECT count(DISTINCT of_peer) FROM ({said}) AS said WHERE in_round = ?1");
        Ok(Shares {
            peers: self.count(&sql, &[round.into()])?,
            values: rows.iter().filter_map(value).collect(),
        })
    }

    /// Questions of a network, as their views name them, with each of their text columns that is
    /// not sensitive.
    ///
    /// # Errors
    /// What the database says.
    pub fn text_columns(&mut self, network: Network) -> Result<Vec<(String, String)>, StoreError> {
        use swarmscope_wire::rows::ColumnKind;
        let sql = "SELECT name, declared FROM question WHERE network = ?1 ORDER BY id DESC";
        let mut found: Vec<(String, String)> = Vec::new();
        for row in self.all(sql, &[network.number().into()])? {
            let view = view_name(network, row[0].as_text().unwrap_or_default());
            if found.iter().any(|(known, _)| *known == view) {
                continue; // an older declaration; the view is that of the newest
            }
            let declared: Rows =
                serde_json::from_str(row[1].as_text().unwrap_or_default()).unwrap_or_default();
            let texts = declared
                .columns
                .iter()
                .filter(|column| column.kind == ColumnKind::Text && !column.sensitive);
            found.extend(texts.map(|column| (view.clone(), column.name.to_string())));
        }
        Ok(found)
    }

    /// The overlay versions of the peers that a round reached, most first.
    ///
    /// # Errors
    /// What the database says.
    pub fn versions(&mut self, round: i64) -> Result<Vec<(i64, u64)>, StoreError> {
        let sql = "SELECT version, count(*) FROM visit WHERE round = ?1 AND version IS NOT NULL GROUP BY version
                   ORDER BY 2 DESC, 1";
        let rows = self.all(sql, &[round.into()])?;
        Ok(rows
            .iter()
            .filter_map(|row| {
                Some((row.first()?.as_int()?, u64::try_from(row.get(1)?.as_int()?).ok()?))
            })
            .collect())
    }
}

impl Selection {
    fn values(self) -> [Value; 3] {
        [
            Value::int(self.round),
            Value::int(self.network.map(Network::number)),
            Value::int(self.since.map(|since| since.0)),
        ]
    }
}

fn network(value: &Value) -> Network {
    value.as_int().and_then(Network::from_number).unwrap_or(Network::Overlay)
}

fn hex(value: &Value) -> String {
    swarmscope_wire::text::hex(value.as_blob().unwrap_or_default())
}
