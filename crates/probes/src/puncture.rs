//! PUNCTURE_QUERY (protocol.md §5, id 9): the log of UDP puncturing tests; handed over once.
//!
//! The request is empty, the reply a zlib stream of text: a line `<unix time> CRAWL`, then the log.
//! Deployed peers were seen to send kilobytes that inflate to gigabytes of NUL: no more than a
//! limit is inflated, and what was cut or left out is said. An original's lines name addresses:
//! what is shown in privacy mode or kept goes through [`swarmscope_wire::mask`]; a peer here masks
//! its own.

use std::fmt::Write as _;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::desk::Desk;
use super::hand_over::{HandOver, Offer};
use super::pseudonyms::mask;
use super::sql::LONGEST_PAYLOAD;
use swarmscope_peer::crawler::ReplyDecodeError;
use swarmscope_peer::crawler::{Answer, Asked, PeerView, Probe, Question, Receipt};
use swarmscope_wire::rows::{Column, ColumnKind, Rows};
use swarmscope_wire::{Decoded, MessageId, Permid, text};

mod reading;

const LINES: &str =
    "SELECT timestamp, line FROM PunctureLine WHERE collected_at IS NULL AND id <= ?1 ORDER BY id";

/// Both sides of PUNCTURE_QUERY.
pub struct Puncture {
    desk: Desk,
    lines: HandOver,
}

impl Puncture {
    /// Answers from these statistics.
    #[must_use]
    pub fn new(desk: Desk) -> Self {
        let lines = HandOver::new(desk.statistics.clone(), "PunctureLine");
        Self { desk, lines }
    }
}

/// The log with its first line.
fn log(offer: &Offer) -> rusqlite::Result<String> {
    let now: f64 = offer.database.query_row("SELECT unixepoch('subsec')", [], |row| row.get(0))?;
    let mut log = format!("{now:.2} CRAWL\n");
    let mut lines = offer.database.prepare_cached(LINES)?;
    let mut rows = lines.query([offer.up_to.unwrap_or_default()])?;
    while let Some(row) = rows.next()? {
        let (time, line): (i64, String) = (row.get(0)?, row.get(1)?);
        // No address belongs into the table. One that is there all the same has another name in
        // every process.
        let line = text::clean(&line);
        let _ = writeln!(log, "{time}.00 {}", mask().text(&line)); // a String takes everything
    }
    Ok(log)
}

fn deflate(log: &str) -> std::io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(log.as_bytes())?;
    encoder.finish()
}

impl Question for Puncture {
    fn id(&self) -> MessageId {
        MessageId::PUNCTURE_QUERY
    }

    fn name(&self) -> &'static str {
        "PUNCTURE"
    }

    fn doc(&self) -> &'static str {
        "the log of UDP hole punching; collected once; an original's log contains addresses"
    }

    fn takes_payload(&self) -> bool {
        false
    }

    fn consumes(&self) -> bool {
        true
    }

    /// A line names addresses, in an original's log.
    fn rows(&self) -> Rows {
        Rows::of(vec![
            Column::new("at", ColumnKind::Real).from("time").volatile(),
            Column::new("line", ColumnKind::Text).from("text").sensitive(),
        ])
        .at("lines")
    }

    fn decode(&self, payload: &[u8]) -> Result<Decoded, ReplyDecodeError> {
        reading::decode(payload)
    }
}

impl Probe for Puncture {
    fn longest_payload(&self) -> usize {
        LONGEST_PAYLOAD
    }

    async fn answer(&self, asked: Asked, _peer: &PeerView) -> Answer {
        self.lines
            .answer(&self.desk, asked.from, |offer| {
                let log = log(offer).map_err(|error| format!("SQLError: {error}"))?;
                let stream = deflate(&log).map_err(|error| format!("zlib: {error}"))?;
                Ok(Answer { receipt: offer.receipt(), ..Answer::success(stream) })
            })
            .await
    }

    fn delivered(&self, to: Permid, receipt: Receipt) {
        self.lines.delivered(to, receipt);
    }
}

#[cfg(test)]
mod tests;
