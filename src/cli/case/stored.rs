//! What a crawl stored, as entries of a case: its questions with their ends, and visits that reached
//! nobody.

use std::collections::HashMap;

use swarmscope_evidence::case::Draft;
use swarmscope_evidence::entry::{StoredQuestion, StoredReply};
use swarmscope_evidence::moment::rfc3339;
use swarmscope_store::outcome::REACHED;
use swarmscope_store::store::{ReplyRow, Selection, VisitRow};
use swarmscope_store::{Place, Store, Time};

use super::CaseFile;
use crate::cli::CliError;
use crate::cli::signals::from_store::{error, id};
use crate::cli::store::{Filter, rows};

/// The question of a visit in which nothing could be asked.
const VISIT: &str = "VISIT";

/// Overlay versions of visits, by round and peer.
type Versions = HashMap<(i64, String), u64>;

/// Writes what passes the filter; first and last entry.
///
/// # Errors
/// The store can't be read, or the case not written.
pub fn add(case: &mut CaseFile, place: &Place, filter: &Filter) -> Result<Vec<u64>, CliError> {
    let mut store = Store::read(place)?;
    let mut head = Draft::new("store").plain("schema", store.info()?.schema.unsigned_abs());
    if case.entries.keeps().addresses {
        head = head.private("name", place.to_string());
    }
    let from = case.append(head)?;
    let mut adding = Adding { case, from, versions: Versions::new() };
    let (mut visits, mut replies, mut failed) = (0_u64, 0_u64, None);
    store.visits(Selection::default(), &mut |row| {
        let wanted = row.outcome != REACHED && filter.passes(&rows::visit(&row));
        visits += u64::from(wanted);
        failed = adding.visit(&row, wanted).err();
        failed.is_none()
    })?;
    if failed.is_none() {
        store.replies(Selection::default(), &mut |row| {
            if filter.passes(&rows::reply(&row)) {
                replies += 1;
                failed = adding.reply(&row).err();
            }
            failed.is_none()
        })?;
    }
    if let Some(failed) = failed {
        return Err(failed);
    }
    let end = Draft::new("store_end")
        .plain("store", from)
        .plain("failed_visits", visits)
        .plain("questions", replies);
    Ok(vec![from, case.append(end)?])
}

struct Adding<'a> {
    case: &'a mut CaseFile,
    from: u64,
    versions: Versions,
}

impl Adding<'_> {
    /// Its version is remembered for what was asked in it.
    fn visit(&mut self, row: &VisitRow, wanted: bool) -> Result<(), CliError> {
        let version = row.version.map(i64::unsigned_abs);
        if let Some(version) = version {
            self.versions.insert((row.round, row.peer.clone()), version);
        }
        if !wanted {
            return Ok(());
        }
        let question = StoredQuestion {
            network: row.network.name(),
            question: VISIT,
            message: None,
            peer: &row.peer,
            peer_version: version,
            round: row.round.unsigned_abs(),
        };
        let draft = self.case.entries.stored_failure(None, &question, &row.outcome);
        self.append(draft, row.at).map(drop)
    }

    fn reply(&mut self, row: &ReplyRow) -> Result<(), CliError> {
        let question = StoredQuestion {
            network: row.network.name(),
            question: &row.question,
            message: id(&row.question).map(|id| id.0),
            peer: &row.peer,
            peer_version: self.versions.get(&(row.round, row.peer.clone())).copied(),
            round: row.round.unsigned_abs(),
        };
        let request = self.append(self.case.entries.stored_question(&question), row.at)?;
        let took = row.took.unsigned_abs();
        let ended = Time(row.at.0.saturating_add_unsigned(took));
        let Some(error) = error(&row.outcome) else {
            let draft = self.case.entries.stored_failure(Some(request), &question, &row.outcome);
            return self.append(draft, ended).map(drop);
        };
        let says = rows::reply(row)["rows"].to_string();
        let reply = StoredReply {
            error: error.unsigned_abs(),
            bytes: row.bytes.unsigned_abs(),
            parts: row.parts.unsigned_abs(),
            elapsed_us: took.saturating_mul(1000),
            content: row.content.as_deref(),
            rows: &says,
        };
        self.append(self.case.entries.stored_reply(request, &question, &reply), ended).map(drop)
    }

    fn append(&mut self, draft: Draft, at: Time) -> Result<u64, CliError> {
        let at = u64::try_from(at.0).unwrap_or_default().saturating_mul(1_000_000);
        self.case.append(draft.plain("recorded_at", rfc3339(at)).plain("store", self.from))
    }
}
