//! REPEX_QUERY (protocol.md §5, id 8): how walks through the peers of a swarm went that were known
//! from before ("RePEX"); handed over once.
//!
//! The request is empty, the reply a list of `(infohash, swarmcache dict, stats tuple or None,
//! timestamp, endtimestamp)`, in encoding "a" or, before 5.3.9, a pickle; the first peers that had
//! this id left out the last. In an original's cache peers stand with their addresses: what is
//! shown in privacy mode or kept goes through [`swarmscope_wire::mask`]. A peer here has hashes of
//! both.

use rusqlite::{CachedStatement, Row};

use super::desk::Desk;
use super::hand_over::{HandOver, Offer};
use super::sql::LONGEST_PAYLOAD;
use super::sql::MAX_BYTES;
use swarmscope_peer::crawler::ReplyDecodeError;
use swarmscope_peer::crawler::{Answer, Asked, PeerView, Probe, Question, Receipt};
use swarmscope_wire::encoding_a::Value;
use swarmscope_wire::rows::{Column, ColumnKind, Rows};
use swarmscope_wire::{Decoded, MessageId, Permid};

mod reading;

/// The records of an offer, oldest first.
const RECORDS: &str = "SELECT id, infohash, timestamp, endtimestamp, shufflecount, shufflepeers, bootstrapcount, connection_attempts,
    connections_made, bootstrap_peers, pex_connections FROM RepexRecord WHERE collected_at IS NULL AND id <= ?1 ORDER BY id";
const PEERS: &str = "SELECT peer, last_seen, pex, prev FROM RepexPeer WHERE record = ?1";
/// What stands before the records at most: `a10000l`.
const HEAD: usize = 16;

/// Both sides of REPEX_QUERY.
pub struct Repex {
    desk: Desk,
    records: HandOver,
}

impl Repex {
    /// Answers from these statistics.
    #[must_use]
    pub fn new(desk: Desk) -> Self {
        let records = HandOver::new(desk.statistics.clone(), "RepexRecord");
        Self { desk, records }
    }
}

/// As many of the records as fit into a reply.
fn reply(offer: &Offer) -> rusqlite::Result<Answer> {
    let mut records = offer.database.prepare_cached(RECORDS)?;
    let mut peers = offer.database.prepare_cached(PEERS)?;
    let (mut number, mut encoded, mut receipt) = (0_u32, Vec::new(), None);
    let mut rows = records.query([offer.up_to.unwrap_or_default()])?;
    while let Some(row) = rows.next()? {
        let (id, record) = record(row, &mut peers)?;
        let record = record.encode();
        if HEAD + encoded.len() + record.len() > MAX_BYTES {
            break;
        }
        encoded.extend_from_slice(&record[1..]); // without its `a`
        number += 1;
        receipt = u64::try_from(id).ok().map(Receipt);
    }
    let reply = [format!("a{number}l").as_bytes(), &encoded].concat();
    Ok(Answer { receipt, ..Answer::success(reply) })
}

fn record(row: &Row<'_>, peers: &mut CachedStatement<'_>) -> rusqlite::Result<(i64, Value)> {
    let id: i64 = row.get(0)?;
    let text = |column| row.get(column).map(Value::Text);
    let number =
        |column| row.get(column).map(|number: Option<i64>| number.map_or(Value::None, Value::from));
    let costs = ["connection_attempts", "connections_made", "bootstrap_peers", "pex_connections"];
    let costs =
        costs.into_iter().zip(7..).map(|(name, column)| Ok((Value::from(name), number(column)?)));
    let stats = match number(4)? {
        Value::None => Value::None,
        shuffled => {
            let costs = Value::dict(costs.collect::<rusqlite::Result<Vec<_>>>()?);
            Value::Tuple(vec![shuffled, number(5)?, number(6)?, costs])
        }
    };
    let cache = peers.query_map([id], peer)?.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok((id, Value::Tuple(vec![text(1)?, Value::dict(cache), stats, number(2)?, number(3)?])))
}

/// A peer of a cache; how many others it told of stands where an original has a list of them.
fn peer(row: &Row<'_>) -> rusqlite::Result<(Value, Value)> {
    let number = |column| row.get(column).map(|number: i64| Value::from(number));
    let known = [("last_seen", number(1)?), ("pex", number(2)?), ("prev", number(3)?)];
    let known = Value::dict(known.map(|(name, value)| (Value::from(name), value)));
    Ok((Value::Text(row.get(0)?), known))
}

impl Question for Repex {
    fn id(&self) -> MessageId {
        MessageId::REPEX_QUERY
    }

    fn name(&self) -> &'static str {
        "REPEX"
    }

    fn doc(&self) -> &'static str {
        "how previously known peers were found again; collected once: the next Crawler gets only \
         new records"
    }

    fn takes_payload(&self) -> bool {
        false
    }

    fn consumes(&self) -> bool {
        true
    }

    fn rows(&self) -> Rows {
        Rows::of(vec![
            Column::new("infohash", ColumnKind::Text).sensitive(),
            Column::new("began", ColumnKind::Int).from("timestamp").volatile(),
            Column::new("ended", ColumnKind::Int).from("endtimestamp").volatile(),
            Column::new("shuffles", ColumnKind::Int).from("stats.shufflecount"),
            Column::new("shuffle_peers", ColumnKind::Int).from("stats.shufflepeers"),
            Column::new("bootstraps", ColumnKind::Int).from("stats.bootstrapcount"),
        ])
    }

    fn decode(&self, payload: &[u8]) -> Result<Decoded, ReplyDecodeError> {
        reading::decode(payload)
    }
}

impl Probe for Repex {
    fn longest_payload(&self) -> usize {
        LONGEST_PAYLOAD
    }

    async fn answer(&self, asked: Asked, _peer: &PeerView) -> Answer {
        let reply = |offer: &Offer| reply(offer).map_err(|error| format!("SQLError: {error}"));
        self.records.answer(&self.desk, asked.from, reply).await
    }

    fn delivered(&self, to: Permid, receipt: Receipt) {
        self.records.delivered(to, receipt);
    }
}

#[cfg(test)]
mod tests;
