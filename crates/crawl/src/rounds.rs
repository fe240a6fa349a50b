//! One round after the other, the same on every network: opening and ending it in the store, the
//! wait for the next, what is kept.
#![allow(clippy::disallowed_methods, reason = "a crawl lives in the world: it has a clock")]

use std::collections::BTreeMap;
use std::time::Instant;

use swarmscope_store::records::State;
use swarmscope_store::store::{Left, Opening};
use swarmscope_store::time::millis;
use swarmscope_store::writer::Writer;
use swarmscope_store::{Network, Round, Store, StoreError, Time};
use tokio::time::sleep_until;

use crate::crawl::{CrawlError, Ended, RoundReport};
use crate::pace::Speed;
use crate::progress::{Dropped, Progress};
use crate::settings::Settings;

/// How large a store that could not be made small enough has to be, in percent of what it was then,
/// before that is tried again within a round.
const GROWN: u64 = 110;

/// What makes the rounds of one network.
pub(crate) trait Crawler {
    /// Which network.
    const NETWORK: Network;

    fn settings(&self) -> &Settings;
    fn writer(&self) -> &Writer;
    fn progress(&mut self) -> &mut Progress;
    /// Since when it has run.
    fn began(&self) -> Instant;
    /// A round begins, or goes on.
    fn begin(&mut self, round: &Round);
    /// Visits until nobody is left.
    async fn round(&mut self, round: &Round) -> Result<(), CrawlError>;
    /// Waits for the next round.
    async fn rest(&mut self, until: Instant) -> Result<(), CrawlError>;
    /// Tells how far it is.
    fn tell(&mut self, round: &Round);
    /// Ends what is in flight, gives back what was not begun, and writes everything.
    async fn finish(self) -> Result<(), CrawlError>;
}

/// Makes rounds until they are over or `stop` ends; `report` hears of each round at its end.
/// Whatever was in flight is finished or given back, and everything is written, before this
/// returns.
///
/// # Errors
/// The store is no longer usable, or the network is gone.
pub(crate) async fn run<C: Crawler>(
    mut crawl: C,
    stop: impl Future<Output = ()>,
    mut report: impl FnMut(&RoundReport),
) -> Result<Ended, CrawlError> {
    tokio::pin!(stop);
    let deadline = crawl.settings().lasts.map(|lasts| crawl.began() + lasts);
    let ended = |stopped: bool| {
        let over = !stopped || deadline.is_some_and(|deadline| Instant::now() >= deadline);
        if over { Ended::Over } else { Ended::Stopped }
    };
    let ended = loop {
        let round = open(&mut crawl).await?;
        let before = crawl.progress().dropped.clone();
        let stopped = tokio::select! {
            over = crawl.round(&round) => { over?; false }
            () = &mut stop => true,
            () = until(deadline) => true,
        };
        if stopped {
            break ended(true);
        }
        end(&mut crawl, &round, &before, &mut report).await?;
        let made = crawl.progress().rounds;
        if crawl.settings().rounds.is_some_and(|rounds| made >= rounds) {
            break ended(false);
        }
        let next = round.began.after(round.every);
        let wait = Instant::now() + next.since(Time::now());
        let stopped = tokio::select! {
            idle = crawl.rest(wait) => { idle?; false }
            () = &mut stop => true,
            () = until(deadline) => true,
        };
        if stopped {
            break ended(true);
        }
    };
    crawl.finish().await?;
    Ok(ended)
}

async fn open<C: Crawler>(crawl: &mut C) -> Result<Round, CrawlError> {
    let settings = crawl.settings();
    let opening = Opening {
        network: C::NETWORK,
        every: settings.every,
        program: settings.program.clone(),
        settings: settings.record(),
    };
    let (round, joined) =
        crawl.writer().call(move |store| store.open_round(&opening, Time::now())).await?;
    tracing::info!("round {} {}", round.id.0, if joined { "goes on" } else { "begins" });
    if let Some(by) = Time::set_by() {
        let (seconds, way) = (by.unsigned_abs() / 1000, if by > 0 { "forward" } else { "back" });
        tracing::warn!(
            "the system's clock was set {way} by {seconds} s, or the machine slept: this crawl keeps to the clock it began with, so that no question comes too soon; restart it to take the new one"
        );
    }
    crawl.begin(&round);
    Ok(round)
}

async fn end<C: Crawler>(
    crawl: &mut C,
    round: &Round,
    before: &BTreeMap<Dropped, u64>,
    report: &mut impl FnMut(&RoundReport),
) -> Result<(), CrawlError> {
    let id = round.id;
    let ended = move |store: &mut Store| store.end_round(id, State::Complete, Time::now());
    let mut figures = crawl.writer().call(ended).await?;
    if figures.is_none() {
        // Another Crawler was faster, and its word counts.
        let rounds = crawl.writer().call(Store::rounds).await?;
        figures = rounds.into_iter().find(|ended| ended.id == id).and_then(|ended| ended.figures);
    }
    crawl.progress().rounds += 1;
    prune(crawl.writer(), crawl.settings()).await?;
    look(crawl, round).await?; // a short round ends before the next look at the size
    if let Some(figures) = figures {
        crawl.progress().known = figures.known;
        crawl.progress().last = Some(figures.clone());
        tracing::info!(
            "round {} is complete: {} of {} visits reached their peer",
            id.0,
            figures.reached(),
            figures.dialled
        );
        let zone = crawl.settings().zone;
        let dropped = crawl.progress().dropped_since(before);
        report(&RoundReport { round: id.0, network: round.network, zone, figures, dropped });
    }
    crawl.tell(round);
    Ok(())
}

/// Keeps the store within its age and size; how many peers were forgotten.
async fn prune(writer: &Writer, settings: &Settings) -> Result<u64, CrawlError> {
    let (keep, bytes) = (settings.keep, settings.max_bytes);
    if keep.is_none() && bytes.is_none() {
        return Ok(0);
    }
    let prune = move |store: &mut Store| {
        let now = Time::now();
        let aged = keep
            .map(|keep| store.prune_before(Time(now.0.saturating_sub(millis(keep)))))
            .transpose()?;
        let sized = bytes.map(|bytes| store.prune_to(bytes)).transpose()?;
        let both = [aged, sized].into_iter().flatten();
        Ok(both.fold((0, 0), |all, it| (all.0 + it.visits, all.1 + it.peers)))
    };
    let (visits, peers) = writer.call(prune).await?;
    if visits > 0 || peers > 0 {
        tracing::info!(
            "{visits} old visits and {peers} peers that were only heard of were removed from the store; the rounds keep their figures"
        );
    }
    Ok(peers)
}

/// How much of a round is left.
pub(crate) async fn left(writer: &Writer, round: &Round) -> Result<Left, StoreError> {
    let asked = round.clone();
    writer.call(move |store| store.left(&asked)).await
}

/// Holds what is held until later.
pub(crate) async fn renew(writer: &Writer, settings: &Settings) -> Result<(), CrawlError> {
    let (holder, until) = (settings.holder.clone(), Time::now().after(settings.lease));
    writer.call(move |store| store.renew(&holder, until)).await?;
    Ok(())
}

/// Looks at the size of the store and at who is due.
pub(crate) async fn look<C: Crawler>(crawl: &mut C, round: &Round) -> Result<(), CrawlError> {
    let round = round.clone();
    let look = move |store: &mut Store| {
        Ok((store.bytes()?, store.left(&round)?, store.known(round.network)?))
    };
    let (bytes, left, known) = crawl.writer().call(look.clone()).await?;
    note(crawl.progress(), bytes, &left, known);
    let most = crawl.settings().max_bytes.unwrap_or(u64::MAX);
    // A flood of invented peers does not wait for the end of a round. What pruning could not make
    // smaller is left alone until it has grown.
    if bytes > most.max(crawl.progress().kept_bytes.saturating_mul(GROWN) / 100) {
        let forgotten = prune(crawl.writer(), crawl.settings()).await?;
        if forgotten > 0 {
            tracing::warn!(
                "{forgotten} peers that were only heard of were forgotten to keep --max-bytes; of them, this round visits only whoever is heard of again"
            );
        }
        let (bytes, left, known) = crawl.writer().call(look).await?;
        note(crawl.progress(), bytes, &left, known);
        crawl.progress().kept_bytes = bytes;
        if bytes > most {
            tracing::warn!(
                "the store has {bytes} bytes, more than --max-bytes: the last complete rounds and whoever was reached stay, and PostgreSQL keeps the space of deleted rows"
            );
        }
    }
    Ok(())
}

fn note(progress: &mut Progress, bytes: u64, left: &Left, known: u64) {
    (progress.store_bytes, progress.due, progress.known) = (bytes, left.due, known);
}

/// Brings the figures of the running round up to date.
pub(crate) fn measure(progress: &mut Progress, speed: &mut Speed, round: &Round) {
    progress.visits_per_second = speed.at(Instant::now(), progress.dialled);
    progress.round_seconds = Time::now().since(round.began).as_secs_f64();
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}
