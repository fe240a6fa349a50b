//! What a crawl writes: peers heard of, leases, questions, outcomes.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::{Store, unexpected};
use crate::database::Value;
use crate::error::StoreError;
use crate::key::PeerHash;
use crate::outcome::REACHED;
use crate::records::{Heard, Leased, Network, PeerId, Permit, RoundId, Visited};
use crate::time::{Time, millis};

/// In milliseconds: who was heard of within this time, and did not fail there, is not written down
/// again. Several Crawlers hear of the same peers, and else would wait for one another at each.
const NEWS: i64 = 60_000;

/// The peer of a staged row `s`, where it is known.
const ITS_PEER: &str = "SELECT p.id FROM peer p WHERE p.network = ?1 AND p.hash = s.hash";

/// What became of a batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Written {
    /// Visits that are counted now.
    pub visits: u64,
    /// Visits of peers that this round had visited already: not counted twice.
    pub again: u64,
}

impl Store {
    /// Records gossip; returns the number of peers not heard of before. An address replaces
    /// another one only if the peer was never reached there, or no longer is, and not within a
    /// minute unless it failed there.
    ///
    /// # Errors
    /// Nothing of it was written.
    pub fn hear(&mut self, network: Network, heard: &[Heard]) -> Result<u64, StoreError> {
        let mut latest: HashMap<PeerHash, &Heard> = HashMap::new();
        for word in heard {
            let known = latest.entry(word.peer).or_insert(word);
            if word.address.is_some() || known.address.is_none() {
                *known = word;
            }
        }
        let key = self.key()?.clone();
        let mut latest: Vec<&Heard> = latest.into_values().collect();
        latest.sort_unstable_by_key(|word| word.peer); // in one order, so that two Crawlers never wait for each other
        let mut rows = latest.iter().map(|word| {
            let sealed =
                word.address.as_deref().map(|address| Value::Blob(key.seal(word.peer, address)));
            vec![
                Value::Blob(word.peer.0.to_vec()),
                sealed.unwrap_or_default(),
                Value::int(word.version),
                word.at.into(),
            ]
        });
        let network = [Value::Int(network.number())];
        self.transaction(|store| {
            store.database.stage("staged_heard", &["hash", "sealed", "version", "at"], &mut rows)?;
            // Peers are looked up one by one in queries of their own: a join leaves it to the
            // planner, which may read all of them.
            let recent = store.database.run(
                "DELETE FROM staged_heard WHERE at < (
                     SELECT p.last_heard + ?2 FROM peer p
                     WHERE p.network = ?1 AND p.hash = staged_heard.hash AND p.failures = 0
                       AND EXISTS (SELECT 1 FROM address a WHERE a.peer = p.id))",
                &[network[0].clone(), NEWS.into()],
            )?;
            let told = latest.len() as u64 - recent;
            if told == 0 {
                return Ok(0);
            }
            let known = format!("WHERE id IN (SELECT ({ITS_PEER}) FROM staged_heard s)");
            let known = store.hold(&known, &network)?;
            store.database.run(
                "INSERT INTO peer (network, hash, first_heard, last_heard, version, failures, due)
                 SELECT CAST(?1 AS BIGINT), hash, at, at, version, 0, at FROM staged_heard WHERE true ORDER BY hash
                 ON CONFLICT (network, hash) DO UPDATE SET last_heard = excluded.last_heard",
                &network,
            )?;
            store.database.run(
                &format!(
                    "INSERT INTO address (peer, sealed, at)
                     SELECT ({ITS_PEER}), s.sealed, s.at FROM staged_heard s WHERE s.sealed IS NOT NULL ORDER BY 1
                     ON CONFLICT (peer) DO UPDATE SET sealed = excluded.sealed, at = excluded.at
                     WHERE EXISTS (SELECT 1 FROM peer WHERE id = excluded.peer AND (failures > 0 OR reached_at IS NULL))"
                ),
                &network,
            )?;
            Ok(told.saturating_sub(known))
        })
    }

    /// Takes peers that are due, the one that is due longest first, and holds them until `until`;
    /// then they are due again by themselves, should this process not live to say more. The
    /// lease is on disk when this returns. Whom the running round has visited waits for the next
    /// one, also where this one takes longer than its time: a second visit would not count.
    ///
    /// # Errors
    /// Nobody was taken.
    pub fn lease(
        &mut self,
        network: Network,
        want: usize,
        holder: &str,
        now: Time,
        until: Time,
    ) -> Result<Vec<Leased>, StoreError> {
        let key = self.key()?.clone();
        let skip = self.database.skip_locked();
        let running =
            "(SELECT max(r.id) FROM round r WHERE r.network = ?3 AND r.state = 'running')";
        let taken = format!(
            "UPDATE peer SET due = ?1, holder = ?2 WHERE id IN (
                 SELECT id FROM peer WHERE network = ?3 AND due <= ?4
                     AND (round IS NULL OR round < COALESCE({running}, round + 1))
                 ORDER BY due LIMIT ?5 {skip})
             RETURNING id, hash, failures, online_since, (SELECT sealed FROM address WHERE address.peer = peer.id)"
        );
        let values = [
            until.into(),
            holder.into(),
            network.number().into(),
            now.into(),
            i64::try_from(want).unwrap_or(i64::MAX).into(),
        ];
        self.transaction(|store| {
            let rows = store.all(&taken, &values)?;
            let mut leased =
                rows.iter().map(|row| read(row, &key)).collect::<Result<Vec<_>, _>>()?;
            let places: HashMap<i64, usize> =
                leased.iter().enumerate().map(|(at, one)| (one.peer.0, at)).collect();
            let clocks =
                "SELECT c.peer, c.message, c.not_before FROM peer p JOIN clock c ON c.peer = p.id
                          WHERE p.holder = ?1 AND p.due = ?2";
            store.database.query(clocks, &[holder.into(), until.into()], &mut |row| {
                if let [Value::Int(peer), Value::Int(message), Value::Int(not_before)] = row
                    && let (Some(at), Ok(message)) = (places.get(peer), u8::try_from(*message))
                {
                    leased[*at].clocks.push((message, Time(*not_before)));
                }
                true
            })?;
            Ok(leased)
        })
    }

    /// Holds what this process holds until later. How many peers that are.
    ///
    /// # Errors
    /// What the database says; the old leases go on.
    pub fn renew(&mut self, holder: &str, until: Time) -> Result<u64, StoreError> {
        let sql = "UPDATE peer SET due = ?1 WHERE holder = ?2";
        self.transaction(|store| {
            store.hold("WHERE holder = ?1", &[holder.into()])?;
            store.database.run(sql, &[until.into(), holder.into()])
        })
    }

    /// Locks peers, in the order of their numbers: whoever changes several in one transaction locks
    /// them so, and no two Crawlers wait for each other. How many peers that are.
    fn hold(&mut self, which: &str, values: &[Value]) -> Result<u64, StoreError> {
        let lock = self.database.locking();
        let lock = if lock.is_empty() { String::new() } else { format!("{lock} OF peer") };
        let held = format!("SELECT peer.id FROM peer {which} ORDER BY peer.id {lock}");
        self.count(&format!("SELECT count(*) FROM ({held}) AS held"), values)
    }

    /// Gives back what this process holds and has not visited: due at once. How many peers that
    /// were.
    ///
    /// # Errors
    /// What the database says; then they come back when their lease ends.
    pub fn release(&mut self, holder: &str, now: Time) -> Result<u64, StoreError> {
        let sql = "UPDATE peer SET due = ?1, holder = NULL WHERE holder = ?2";
        self.transaction(|store| {
            store.hold("WHERE holder = ?1", &[holder.into()])?;
            store.database.run(sql, &[now.into(), holder.into()])
        })
    }

    /// Lets go of peers that are not visited after all (asked not to be, or no address): due then,
    /// and no visit.
    ///
    /// # Errors
    /// What the database says.
    pub fn pass_over(&mut self, peers: &[PeerId], due: Time) -> Result<(), StoreError> {
        let mut peers = peers.to_vec();
        peers.sort_unstable();
        self.transaction(|store| {
            for peer in &peers {
                let sql = "UPDATE peer SET due = ?1, holder = NULL WHERE id = ?2";
                store.database.run(sql, &[due.into(), peer.0.into()])?;
            }
            Ok(())
        })
    }

    /// Asks whether these questions may be sent now. A yes is on disk when this returns, so that no
    /// other Crawler gets one before the question's time, whatever becomes of this process.
    ///
    /// # Errors
    /// No question may be sent.
    pub fn permit(&mut self, permits: &[Permit]) -> Result<Vec<bool>, StoreError> {
        let mut sorted: Vec<&Permit> = permits.iter().collect();
        sorted.sort_unstable_by_key(|permit| (permit.peer, permit.message));
        sorted.dedup_by_key(|permit| (permit.peer, permit.message));
        let mut rows = sorted.into_iter().map(|permit| {
            vec![
                permit.peer.0.into(),
                i64::from(permit.message).into(),
                permit.at.into(),
                permit.until.into(),
            ]
        });
        let granted = self.transaction(|store| {
            store.database.stage("staged_permit", &["peer", "message", "at", "until"], &mut rows)?;
            store.all(
                "INSERT INTO clock (peer, message, not_before)
                 SELECT peer, message, until FROM staged_permit WHERE true ORDER BY peer, message
                 ON CONFLICT (peer, message) DO UPDATE SET not_before = excluded.not_before
                 WHERE clock.not_before <= (
                     SELECT s.at FROM staged_permit s WHERE s.peer = clock.peer AND s.message = clock.message)
                 RETURNING peer, message",
                &[],
            )
        })?;
        let granted: HashSet<(i64, i64)> = granted
            .iter()
            .filter_map(|row| Some((row.first()?.as_int()?, row.get(1)?.as_int()?)))
            .collect();
        let key = |permit: &Permit| (permit.peer.0, i64::from(permit.message));
        Ok(permits.iter().map(|permit| granted.contains(&key(permit))).collect())
    }

    /// Writes visits that have ended, and lets go of their peers. All of them are on disk when this
    /// returns. The same batch again, after a connection was lost while it was written, changes
    /// nothing.
    ///
    /// # Errors
    /// None of them was written, or, after [`Kind::Lost`](crate::error::Kind::Lost), all may have
    /// been.
    pub fn visited(&mut self, visits: &[Visited]) -> Result<Written, StoreError> {
        let mut sorted: Vec<&Visited> = visits.iter().collect();
        sorted.sort_by_key(|visit| visit.peer);
        self.transaction(|store| {
            let span = sorted.iter().flat_map(|visit| {
                std::iter::once(visit.at).chain(visit.replies.iter().map(|reply| reply.at))
            });
            if let (Some(first), Some(last)) = (span.clone().min(), span.max()) {
                store.database.prepare_days(first, last)?;
            }
            store.stage_visits(&sorted)?;
            store.hold("WHERE id IN (SELECT peer FROM staged_visit)", &[])?;
            // A round counts one visit of a peer: where a lease ran out and somebody else was
            // faster, theirs.
            let fresh = "JOIN peer p ON p.id = s.peer AND (p.round IS NULL OR p.round < s.round)";
            let counted = store.database.run(
                &format!(
                    "INSERT INTO visit (round, peer, at, took, outcome, version, rtt, listed)
                     SELECT s.round, s.peer, s.at, s.took, s.outcome, s.version, s.rtt, s.listed FROM staged_visit s {fresh}"
                ),
                &[],
            )?;
            store.database.run(
                &format!(
                    "INSERT INTO reply (round, peer, question, at, took, outcome, bytes, parts, content, rows, raw)
                     SELECT s.round, s.peer, s.question, s.at, s.took, s.outcome, s.bytes, s.parts, s.content, s.rows, s.raw
                     FROM staged_reply s {fresh}"
                ),
                &[],
            )?;
            store.database.run(
                "INSERT INTO clock (peer, message, not_before)
                 SELECT peer, message, max(not_before) FROM staged_reply WHERE true GROUP BY peer, message ORDER BY peer, message
                 ON CONFLICT (peer, message) DO UPDATE SET not_before = excluded.not_before",
                &[],
            )?;
            store.database.run(
                "UPDATE peer SET holder = NULL, due = s.due, tried_at = s.at, outcome = s.outcome,
                     failures = s.failures, online_since = s.online_since, round = s.round,
                     version = COALESCE(s.version, peer.version),
                     reached_at = CASE WHEN s.reached = 1 THEN s.at ELSE peer.reached_at END
                 FROM staged_visit s WHERE peer.id = s.peer AND (peer.round IS NULL OR peer.round < s.round)",
                &[],
            )?;
            Ok(Written { visits: counted, again: (sorted.len() as u64).saturating_sub(counted) })
        })
    }

    fn stage_visits(&mut self, visits: &[&Visited]) -> Result<(), StoreError> {
        let mut rows = Vec::with_capacity(visits.len());
        let mut replies = Vec::new();
        for visit in visits {
            let outcome = self.word(&visit.outcome)?;
            rows.push(vec![
                visit.round.0.into(),
                visit.peer.0.into(),
                visit.at.into(),
                millis(visit.took).into(),
                outcome.into(),
                Value::int(visit.version),
                Value::int(visit.rtt.map(micros)),
                Value::Int(visit.listed.into()),
                Value::Int(visit.failures.into()),
                Value::int(visit.online_since.map(|since| since.0)),
                visit.due.into(),
                Value::Int((visit.outcome == REACHED).into()),
            ]);
            for reply in &visit.replies {
                let rows = (!reply.rows.is_empty())
                    .then(|| serde_json::to_string(&reply.rows).expect("cells are JSON"));
                replies.push(vec![
                    visit.round.0.into(),
                    visit.peer.0.into(),
                    reply.question.0.into(),
                    i64::from(reply.message).into(),
                    reply.at.into(),
                    millis(reply.took).into(),
                    self.word(&reply.outcome)?.into(),
                    i64::try_from(reply.bytes).unwrap_or(i64::MAX).into(),
                    Value::Int(reply.parts.into()),
                    reply.content.map_or(Value::Null, |content| Value::Blob(content.to_vec())),
                    rows.map_or(Value::Null, Value::Text),
                    reply.raw.clone().map_or(Value::Null, Value::Blob),
                    reply.not_before.into(),
                ]);
            }
        }
        let columns = [
            "round",
            "peer",
            "at",
            "took",
            "outcome",
            "version",
            "rtt",
            "listed",
            "failures",
            "online_since",
            "due",
            "reached",
        ];
        self.database.stage("staged_visit", &columns, &mut rows.into_iter())?;
        let columns = [
            "round",
            "peer",
            "question",
            "message",
            "at",
            "took",
            "outcome",
            "bytes",
            "parts",
            "content",
            "rows",
            "raw",
            "not_before",
        ];
        self.database.stage("staged_reply", &columns, &mut replies.into_iter())
    }

    /// How many peers the round that begins next will visit at the latest, and those that are held.
    pub(super) fn waiting(
        &mut self,
        network: Network,
        before: Time,
    ) -> Result<(u64, u64), StoreError> {
        let network = Value::Int(network.number());
        let due = "SELECT count(*) FROM peer WHERE network = ?1 AND due < ?2 AND holder IS NULL";
        let held = "SELECT count(*) FROM peer WHERE network = ?1 AND holder IS NOT NULL";
        Ok((self.count(due, &[network.clone(), before.into()])?, self.count(held, &[network])?))
    }

    /// The round in which a peer was visited last; for tests and the curious.
    ///
    /// # Errors
    /// What the database says.
    pub fn last_round(&mut self, peer: PeerId) -> Result<Option<RoundId>, StoreError> {
        let row = self.one("SELECT round FROM peer WHERE id = ?1", &[peer.0.into()])?;
        Ok(row.first().and_then(Value::as_int).map(RoundId))
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn read(row: &[Value], key: &crate::key::StoreKey) -> Result<Leased, StoreError> {
    let [id, hash, failures, online_since, sealed] = row else {
        return Err(unexpected("a column of a peer"));
    };
    let hash =
        hash.as_blob().and_then(PeerHash::from_bytes).ok_or_else(|| unexpected("a peer's hash"))?;
    Ok(Leased {
        peer: PeerId(id.as_int().ok_or_else(|| unexpected("a peer's number"))?),
        hash,
        address: sealed.as_blob().and_then(|sealed| key.open(hash, sealed)),
        failures: failures.as_int().and_then(|failures| u32::try_from(failures).ok()).unwrap_or(0),
        online_since: online_since.as_int().map(Time),
        clocks: Vec::new(),
    })
}
