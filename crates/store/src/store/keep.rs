//! How long things are kept, and whether they hold together.

use super::Store;
use crate::database::Value;
use crate::error::StoreError;
use crate::figures::total;
use crate::time::Time;

/// Peers that are forgotten in one transaction, so that nobody waits long.
const SLICE: i64 = 20_000;
/// Peers that are forgotten before the size is looked at again, at the least: each look is a pass
/// over all peers. Doubled, up to the slice, whenever the store did not become smaller: SQLite gives
/// back whole pages only, and those who were heard of longest ago may be spread over all of them.
const STEP: i64 = 5_000;
/// Addresses that are taken away by one statement.
const ADDRESSES: usize = 500;
/// What a peer takes at least that was only heard of, with its address and its place in indexes
/// (measured: 215 bytes).
const PEER_BYTES: u64 = 200;
/// Who was never reached, is nobody's to visit, and is named by no visit, reply or clock that is
/// still there.
const HEARSAY: &str = "p.reached_at IS NULL AND p.holder IS NULL
    AND (p.round IS NULL OR p.round < (SELECT COALESCE(min(r.id), 9223372036854775807) FROM round r
        WHERE EXISTS (SELECT 1 FROM visit v WHERE v.round = r.id)
           OR EXISTS (SELECT 1 FROM reply a WHERE a.round = r.id)))
    AND NOT EXISTS (SELECT 1 FROM clock c WHERE c.peer = p.id)";

/// What was taken away.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Pruned {
    /// Visits, with their replies. The figures of their rounds stay.
    pub visits: u64,
    /// Addresses of peers.
    pub addresses: u64,
    /// Peers that were only heard of. Who is spoken of again is heard of anew.
    pub peers: u64,
    /// The size before, in bytes.
    pub before: u64,
    /// The size after, in bytes.
    pub after: u64,
}

impl Store {
    /// Takes away the visits and replies of rounds that ended before this time, and addresses and
    /// peers that nobody spoke of since: of those that were ever reached, the address only. Rounds
    /// stay with their figures.
    ///
    /// # Errors
    /// What the database says; what is gone is gone.
    pub fn prune_before(&mut self, time: Time) -> Result<Pruned, StoreError> {
        self.prune(time, time)
    }

    /// Takes away visits and replies from before the first time, and who was only heard of before
    /// the second.
    fn prune(&mut self, time: Time, heard: Time) -> Result<Pruned, StoreError> {
        let before = self.bytes()?;
        let kept = self.kept()?.unwrap_or(time);
        let visits = self.database.drop_before(time.min(kept))?;
        let mut pruned = Pruned { visits, before, ..Pruned::default() };
        while self.forget(heard, SLICE, &mut pruned)? > 0 {}
        let stale = "DELETE FROM address WHERE at < ?1 AND peer IN (
                         SELECT id FROM peer WHERE last_heard < ?1 AND (reached_at IS NULL OR reached_at < ?1))";
        pruned.addresses += self.transaction(|store| store.database.run(stale, &[heard.into()]))?;
        self.database.shrink()?;
        Ok(Pruned { after: self.bytes()?, ..pruned })
    }

    /// When the first of these began: the last complete round of each network, which the next one is
    /// compared with, and those that run, whose peers may wait for their visit.
    fn kept(&mut self) -> Result<Option<Time>, StoreError> {
        let kept = "SELECT min(began) FROM round WHERE id IN (
                        SELECT max(id) FROM round WHERE state = 'complete' GROUP BY network) OR state = 'running'";
        Ok(self.one(kept, &[])?.first().and_then(Value::as_int).map(Time))
    }

    /// Takes away what makes the store larger than so many bytes: peers that nobody spoke of since
    /// the last complete round of each network and every running one began, then the oldest rounds'
    /// visits, then other peers that were only heard of, the longest ago first. Left are the last
    /// complete rounds, and whoever was reached.
    ///
    /// # Errors
    /// As [`Self::prune_before`].
    pub fn prune_to(&mut self, bytes: u64) -> Result<Pruned, StoreError> {
        let before = self.bytes()?;
        let mut all = Pruned { before, after: before, ..Pruned::default() };
        if before > bytes {
            self.database.shrink()?; // what only waits for its checkpoint is no reason to forget
            all.after = self.bytes()?;
        }
        let kept = self.kept()?;
        if let Some(began) = kept {
            self.forget_until(bytes, began, &mut all)?;
        }
        while all.after > bytes {
            let oldest = "SELECT min(r.ended) FROM round r WHERE r.ended IS NOT NULL
                          AND EXISTS (SELECT 1 FROM visit v WHERE v.round = r.id)";
            let Some(oldest) = self.one(oldest, &[])?.first().and_then(Value::as_int) else {
                break;
            };
            let ended = Time(oldest.saturating_add(1));
            let pruned = self.prune(ended, kept.map_or(ended, |began| began.min(ended)))?;
            all.visits += pruned.visits;
            all.addresses += pruned.addresses;
            all.peers += pruned.peers;
            all.after = pruned.after;
            if pruned.visits == 0 {
                break;
            }
        }
        if self.database.gives_back() {
            self.forget_until(bytes, Time(i64::MAX), &mut all)?;
        }
        Ok(all)
    }

    /// Forgets those who were only heard of, and not since this time, until the store takes so many
    /// bytes; in how many steps.
    fn forget_until(
        &mut self,
        bytes: u64,
        time: Time,
        pruned: &mut Pruned,
    ) -> Result<u32, StoreError> {
        let (mut steps, mut least) = (0, STEP);
        while let Some(over) = pruned.after.checked_sub(bytes).filter(|over| *over > 0) {
            let most = i64::try_from(over / PEER_BYTES + 1).unwrap_or(SLICE).clamp(least, SLICE);
            if self.forget(time, most, pruned)? == 0 {
                break;
            }
            steps += 1;
            self.database.shrink()?;
            let after = self.bytes()?;
            if after >= pruned.after {
                least = (least * 2).min(SLICE);
            }
            pruned.after = after;
        }
        Ok(steps)
    }

    /// Forgets so many at most of those who were only heard of, and not since this time, the
    /// longest ago first; how many.
    fn forget(&mut self, time: Time, most: i64, pruned: &mut Pruned) -> Result<u64, StoreError> {
        // What another Crawler changes in between is looked at again, and then stays.
        let forget = format!(
            "DELETE FROM peer WHERE last_heard < ?1 AND reached_at IS NULL AND holder IS NULL AND id IN (
                 SELECT p.id FROM peer p WHERE p.last_heard < ?1 AND {HEARSAY}
                 ORDER BY p.last_heard LIMIT ?2)
             RETURNING id"
        );
        let places: Vec<String> = (1..=ADDRESSES).map(|at| format!("?{at}")).collect();
        let addresses = format!("DELETE FROM address WHERE peer IN ({})", places.join(", "));
        let (peers, gone) = self.transaction(|store| {
            let peers = store.all(&forget, &[time.into(), most.into()])?;
            let mut gone = 0;
            for some in peers.chunks(ADDRESSES) {
                let mut ids: Vec<Value> = some.iter().flatten().cloned().collect();
                ids.resize(ADDRESSES, Value::Int(0)); // one statement, however many there are
                gone += store.database.run(&addresses, &ids)?;
            }
            Ok((peers.len() as u64, gone))
        })?;
        pruned.peers += peers;
        pruned.addresses += gone;
        Ok(peers)
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
                && total(&figures.outcomes) != figures.dialled
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

#[cfg(test)]
mod tests;
