//! Rounds: several Crawlers on one store share them.

use std::collections::BTreeMap;
use std::slice::from_ref;
use std::time::Duration;

use super::{Store, unexpected};
use crate::database::Value;
use crate::error::StoreError;
use crate::figures::{Before, Figures};
use crate::outcome::{ANSWERED, REACHED};
use crate::records::{Network, Round, RoundId, State};
use crate::time::{Time, millis};

/// How a round begins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Opening {
    /// Of which network.
    pub network: Network,
    /// From its beginning to that of the next one.
    pub every: Duration,
    /// Which program, with its version.
    pub program: String,
    /// What it was told to do, as JSON; no address or permid in it.
    pub settings: String,
}

/// What is left of a round.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Left {
    /// Peers that are still to be visited in it, now or before its time is over.
    pub due: u64,
    /// Peers that some Crawler holds.
    pub held: u64,
}

/// A round that begins this much after its time, or less, is written down as in time. Rounds that
/// came later each time would find peers due just before their end, and wait for them.
const PUNCTUAL: Duration = Duration::from_secs(1);

const COLUMNS: &str = "id, network, state, began, ended, every, program, settings, figures";

impl Store {
    /// The round that is running, or a new one. A running round whose time is over and that nobody
    /// works on any more is ended first, as stopped: what it found stays, with its figures.
    /// True if the round was begun before.
    ///
    /// # Errors
    /// What the database says.
    pub fn open_round(
        &mut self,
        opening: &Opening,
        now: Time,
    ) -> Result<(Round, bool), StoreError> {
        if let Some(running) = self.running(opening.network)? {
            let held =
                "SELECT count(*) FROM peer WHERE network = ?1 AND holder IS NOT NULL AND due > ?2";
            let held = self.count(held, &[opening.network.number().into(), now.into()])?;
            let is_over = now >= running.began.after(running.every);
            if held > 0 || !is_over {
                return Ok((running, true));
            }
            self.end_round(running.id, State::Stopped, now)?;
        }
        let last = self.last_ended(opening.network)?;
        let in_time = last.and_then(|last| in_time(&last, opening.every, now));
        let values = [
            opening.network.number().into(),
            State::Running.name().into(),
            in_time.unwrap_or(now).into(),
            millis(opening.every).into(),
            opening.program.as_str().into(),
            opening.settings.as_str().into(),
        ];
        let sql = "INSERT INTO round (network, state, began, every, program, settings) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                   ON CONFLICT DO NOTHING";
        let begun = self.transaction(|store| store.database.run(sql, &values))?;
        let running = self
            .running(opening.network)?
            .ok_or_else(|| unexpected("the round that has just begun"))?;
        Ok((running, begun == 0))
    }

    /// The running round of a network.
    ///
    /// # Errors
    /// What the database says.
    pub fn running(&mut self, network: Network) -> Result<Option<Round>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM round WHERE network = ?1 AND state = 'running'");
        let row = self.one(&sql, &[network.number().into()])?;
        Ok(if row.is_empty() { None } else { Some(read(&row)?) })
    }

    /// The last round of a network that has ended, whatever became of it.
    ///
    /// # Errors
    /// What the database says.
    pub fn last_ended(&mut self, network: Network) -> Result<Option<Round>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM round WHERE network = ?1 AND state <> 'running' ORDER BY id DESC LIMIT 1"
        );
        let row = self.one(&sql, &[network.number().into()])?;
        Ok(if row.is_empty() { None } else { Some(read(&row)?) })
    }

    /// All rounds, oldest first.
    ///
    /// # Errors
    /// What the database says.
    pub fn rounds(&mut self) -> Result<Vec<Round>, StoreError> {
        let rows = self.all(&format!("SELECT {COLUMNS} FROM round ORDER BY id"), &[])?;
        rows.iter().map(|row| read(row)).collect()
    }

    /// How much of a round is left.
    ///
    /// # Errors
    /// What the database says.
    pub fn left(&mut self, round: &Round) -> Result<Left, StoreError> {
        let (due, held) = self.waiting(round.network, round.began.after(round.every))?;
        Ok(Left { due, held })
    }

    /// Ends a round and keeps its figures; `None` if another Crawler has ended it.
    ///
    /// # Errors
    /// What the database says; the round goes on.
    pub fn end_round(
        &mut self,
        id: RoundId,
        state: State,
        now: Time,
    ) -> Result<Option<Figures>, StoreError> {
        self.transaction(|store| {
            let lock = store.database.locking();
            let sql =
                format!("SELECT {COLUMNS} FROM round WHERE id = ?1 AND state = 'running' {lock}");
            let row = store.one(&sql, &[id.0.into()])?;
            if row.is_empty() {
                return Ok(None);
            }
            let figures = store.figures(&read(&row)?, now)?;
            let written = serde_json::to_string(&figures).expect("figures are JSON");
            store.database.run(
                "UPDATE round SET state = ?1, ended = ?2, figures = ?3 WHERE id = ?4",
                &[state.name().into(), now.into(), written.as_str().into(), id.0.into()],
            )?;
            Ok(Some(figures))
        })
    }

    /// How many peers of a network are known.
    ///
    /// # Errors
    /// What the database says.
    pub fn known(&mut self, network: Network) -> Result<u64, StoreError> {
        self.count("SELECT count(*) FROM peer WHERE network = ?1", &[network.number().into()])
    }

    /// The figures of a round as they are now.
    ///
    /// # Errors
    /// What the database says.
    pub fn figures(&mut self, round: &Round, now: Time) -> Result<Figures, StoreError> {
        let (id, network) = (Value::Int(round.id.0), Value::Int(round.network.number()));
        let began = Value::from(round.began);
        let mut figures =
            Figures { seconds: now.since(round.began).as_secs_f64(), ..Figures::default() };
        figures.known =
            self.count("SELECT count(*) FROM peer WHERE network = ?1", from_ref(&network))?;
        figures.heard = self.count(
            "SELECT count(*) FROM peer WHERE network = ?1 AND first_heard >= ?2",
            &[network.clone(), began],
        )?;
        figures.hearsay = self.count(
            "SELECT count(*) FROM peer WHERE network = ?1 AND reached_at IS NULL",
            from_ref(&network),
        )?;
        let outcomes = "SELECT w.text, count(*) FROM visit v JOIN word w ON w.id = v.outcome WHERE v.round = ?1
                        GROUP BY w.text";
        figures.outcomes = counts(&self.all(outcomes, from_ref(&id))?);
        figures.dialled = figures.outcomes.values().sum();
        let asked =
            "SELECT q.name, w.text, count(*) FROM reply r JOIN question q ON q.id = r.question
                     JOIN word w ON w.id = r.outcome WHERE r.round = ?1 GROUP BY q.name, w.text";
        for row in self.all(asked, from_ref(&id))? {
            if let [Value::Text(name), rest @ ..] = &row[..] {
                figures.asked.entry(name.clone()).or_default().extend(counts(&[rest.to_vec()]));
            }
        }
        figures.answered = figures
            .asked
            .iter()
            .map(|(name, outcomes)| (name.clone(), outcomes.get(ANSWERED).copied().unwrap_or(0)))
            .collect();
        if !skips(&round.settings) {
            figures.before = self.before(&id, &network)?;
        }
        Ok(figures)
    }

    /// The snapshot of the last complete round before this one, as far as its visits are still
    /// there.
    fn before(&mut self, id: &Value, network: &Value) -> Result<Option<Before>, StoreError> {
        let sql =
            "SELECT id, settings FROM round WHERE network = ?1 AND state = 'complete' AND id < ?2
                   ORDER BY id DESC LIMIT 1";
        let row = self.one(sql, &[network.clone(), id.clone()])?;
        let [Value::Int(round), Value::Text(settings)] = &row[..] else { return Ok(None) };
        if skips(settings) {
            return Ok(None);
        }
        let round = *round;
        let reached = Value::Int(self.word(REACHED)?);
        let before = "SELECT count(*) FROM visit WHERE round = ?1 AND outcome = ?2";
        let both = "SELECT count(*) FROM visit a JOIN visit b ON b.peer = a.peer AND b.round = ?1 AND b.outcome = ?2
                    WHERE a.round = ?3 AND a.outcome = ?2";
        let before = self.count(before, &[round.into(), reached.clone()])?;
        let both = self.count(both, &[round.into(), reached, id.clone()])?;
        Ok((before > 0).then_some(Before { round, reached: before, both }))
    }
}

/// When a round begins now that follows in time, a whole number of intervals after the last one.
fn in_time(last: &Round, every: Duration, now: Time) -> Option<Time> {
    let (passed, every) = (now.0.checked_sub(last.began.0)?, millis(every).max(1));
    let late = passed % every;
    let follows =
        last.every == Duration::from_millis(u64::try_from(every).ok()?) && passed >= every;
    (follows && late <= millis(PUNCTUAL)).then_some(Time(now.0 - late))
}

/// Whether a round leaves out peers that are reached again and again: it is no snapshot then, and
/// comparing it with another would call them gone.
fn skips(settings: &str) -> bool {
    let settings: Result<serde_json::Value, _> = serde_json::from_str(settings);
    settings.is_ok_and(|settings| settings["stable_every_s"].is_number())
}

fn counts(rows: &[Vec<Value>]) -> BTreeMap<String, u64> {
    rows.iter()
        .filter_map(|row| match &row[..] {
            [Value::Text(name), Value::Int(count)] => {
                Some((name.clone(), u64::try_from(*count).ok()?))
            }
            _ => None,
        })
        .collect()
}

fn read(row: &[Value]) -> Result<Round, StoreError> {
    let [id, network, state, began, ended, every, program, settings, figures] = row else {
        return Err(unexpected("a column of a round"));
    };
    let number = |value: &Value| value.as_int().ok_or_else(|| unexpected("a number of a round"));
    let text = |value: &Value| value.as_text().unwrap_or_default().to_owned();
    Ok(Round {
        id: RoundId(number(id)?),
        network: Network::from_number(number(network)?)
            .ok_or_else(|| unexpected("the network of a round"))?,
        state: State::named(&text(state)).ok_or_else(|| unexpected("the state of a round"))?,
        began: Time(number(began)?),
        ended: ended.as_int().map(Time),
        every: Duration::from_millis(u64::try_from(number(every)?).unwrap_or(0)),
        program: text(program),
        settings: text(settings),
        figures: figures.as_text().and_then(|figures| serde_json::from_str(figures).ok()),
    })
}
