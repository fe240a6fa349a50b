//! How long things are kept, and whether they hold together.

use super::Store;
use crate::database::Value;
use crate::error::StoreError;
use crate::time::Time;

/// What was taken away.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Pruned {
    /// Visits, with their replies. The figures of their rounds stay.
    pub visits: u64,
    /// Addresses of peers.
    pub addresses: u64,
    /// The size before, in bytes.
    pub before: u64,
    /// The size after, in bytes.
    pub after: u64,
}

impl Store {
    /// Takes away the visits and replies of rounds that ended before this time, and addresses that
    /// nobody spoke of since. Rounds stay with their figures.
    ///
    /// # Errors
    /// What the database says; what is gone is gone.
    pub fn prune_before(&mut self, time: Time) -> Result<Pruned, StoreError> {
        let before = self.bytes()?;
        // The last complete round of a network is what the next one is compared with: it stays.
        let kept = "SELECT min(began) FROM round WHERE id IN (
                        SELECT max(id) FROM round WHERE state = 'complete' GROUP BY network) OR state = 'running'";
        let kept = self.one(kept, &[])?.first().and_then(Value::as_int).map_or(time, Time);
        let visits = self.database.drop_before(time.min(kept))?;
        let stale = "DELETE FROM address WHERE at < ?1 AND peer IN (
                         SELECT id FROM peer WHERE last_heard < ?1 AND (reached_at IS NULL OR reached_at < ?1))";
        let addresses = self.transaction(|store| store.database.run(stale, &[time.into()]))?;
        self.database.shrink()?;
        Ok(Pruned { visits, addresses, before, after: self.bytes()? })
    }

    /// Takes away the oldest rounds' visits until the store takes at most so many bytes, or only
    /// the last complete rounds are left.
    ///
    /// # Errors
    /// As [`Self::prune_before`].
    pub fn prune_to(&mut self, bytes: u64) -> Result<Pruned, StoreError> {
        let mut all = Pruned { before: self.bytes()?, ..Pruned::default() };
        all.after = all.before;
        while all.after > bytes {
            let oldest = "SELECT min(r.ended) FROM round r WHERE r.ended IS NOT NULL
                          AND EXISTS (SELECT 1 FROM visit v WHERE v.round = r.id)";
            let Some(oldest) = self.one(oldest, &[])?.first().and_then(Value::as_int) else {
                break;
            };
            let pruned = self.prune_before(Time(oldest + 1))?;
            all.visits += pruned.visits;
            all.addresses += pruned.addresses;
            all.after = pruned.after;
            if pruned.visits == 0 {
                break;
            }
        }
        Ok(all)
    }

    /// What does not hold together: pages, as far as the database can tell, and what the tables say
    /// of one another. Nothing if the store is sound.
    ///
    /// # Errors
    /// It could not be looked at.
    pub fn faults(&mut self) -> Result<Vec<String>, StoreError> {
        let mut faults = self.database.faults()?;
        if !faults.is_empty() {
            return Ok(faults);
        }
        for (what, sql) in [
            (
                "visits of peers that are not there",
                "SELECT count(*) FROM visit v LEFT JOIN peer p ON p.id = v.peer WHERE p.id IS NULL",
            ),
            (
                "visits of rounds that are not there",
                "SELECT count(*) FROM visit v LEFT JOIN round r ON r.id = v.round WHERE r.id IS NULL",
            ),
            (
                "visits without an outcome",
                "SELECT count(*) FROM visit v LEFT JOIN word w ON w.id = v.outcome WHERE w.id IS NULL",
            ),
            (
                "visits of a peer twice in a round",
                "SELECT count(*) FROM (SELECT 1 FROM visit GROUP BY round, peer HAVING count(*) > 1) AS twice",
            ),
            (
                "replies without a visit",
                "SELECT count(*) FROM reply r LEFT JOIN visit v ON v.round = r.round AND v.peer = r.peer WHERE v.peer IS NULL",
            ),
            (
                "replies to questions that are not there",
                "SELECT count(*) FROM reply r LEFT JOIN question q ON q.id = r.question WHERE q.id IS NULL",
            ),
            (
                "addresses of peers that are not there",
                "SELECT count(*) FROM address a LEFT JOIN peer p ON p.id = a.peer WHERE p.id IS NULL",
            ),
            (
                "rounds that ended before they began",
                "SELECT count(*) FROM round WHERE ended < began",
            ),
            (
                "visits in a round of another network",
                "SELECT count(*) FROM visit v JOIN peer p ON p.id = v.peer JOIN round r ON r.id = v.round WHERE r.network <> p.network",
            ),
        ] {
            let count = self.count(sql, &[])?;
            if count > 0 {
                faults.push(format!("{count} {what}"));
            }
        }
        for round in self.rounds()? {
            if let Some(figures) = &round.figures
                && figures.outcomes.values().sum::<u64>() != figures.dialled
            {
                faults.push(format!(
                    "the outcomes of round {} do not add up to its visits",
                    round.id.0
                ));
            }
        }
        Ok(faults)
    }
}
