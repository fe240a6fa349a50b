//! The world around the machine: a node, a store on a thread of its own, a clock, rounds.
#![allow(
    clippy::disallowed_methods,
    reason = "a crawl lives in the world: it has a clock and tasks"
)]

mod visits;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use swarmscope_peer::crawler::Decoding;
use swarmscope_peer::node::Events;
use swarmscope_peer::weighed::Load;
use swarmscope_peer::{Failure, Node, NodeConfig};
use swarmscope_store::records::State;
use swarmscope_store::store::{Left, Opening};
use swarmscope_store::time::millis;
use swarmscope_store::writer::{Done, Writer};
use swarmscope_store::{
    Figures, Leased, Network, Question as Declared, Round, Store, StoreError, StoreKey, Time,
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, sleep_until};

use crate::machine::{Machine, Now, Unread};
use crate::pace::Pace;
use crate::progress::Progress;
use crate::question::{Question, Undefined};
use crate::settings::Settings;

/// How often the machine's clock ticks, and progress is told.
const TICK: Duration = Duration::from_millis(500);
/// How often the size of the store and the peers that are due are looked at.
const LOOK: Duration = Duration::from_secs(10);
/// Bytes of larger ones that are read at the same time, or wait for that: two longest replies.
const MOST_READING: usize = 128 << 20;
/// How long visits in flight may take once the crawl was told to stop.
const GRACE: Duration = Duration::from_secs(10);
/// How long connections may take to close at the end.
const CLOSE: Duration = Duration::from_secs(2);

/// Why a crawl ended other than well.
#[derive(Debug, thiserror::Error)]
pub enum CrawlError {
    /// The store cannot be used.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The node could not start, or has ended.
    #[error("{0}")]
    Node(#[from] Failure),
    /// The operating system gives no thread.
    #[error("the store's thread could not be started: {0}")]
    Thread(std::io::Error),
}

/// How a crawl ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// Its rounds, or its time, are over.
    Over,
    /// It was told to stop.
    Stopped,
}

/// A round that has ended.
#[derive(Clone, Debug)]
pub struct RoundReport {
    /// Its number.
    pub round: i64,
    /// Of which network.
    pub network: Network,
    /// What came of it.
    pub figures: Figures,
}

/// A reply that was read on a thread of its own.
type Read = (Unread, Decoding);

/// A crawl. Made from a store and settings, then run.
pub struct Crawl {
    node: Node,
    events: Events,
    writer: Writer,
    done: UnboundedReceiver<Done>,
    machine: Machine,
    settings: Settings,
    reading: UnboundedSender<Read>,
    /// Large replies that are being read, or wait for that; beyond this no news is taken.
    load: Load,
    read: UnboundedReceiver<Read>,
    leased: VecDeque<Leased>,
    pace: Option<Pace>,
    told: watch::Sender<Progress>,
    began: Instant,
    /// A lease was asked for and has not come.
    leasing: bool,
    /// The store had nobody who is due when it was asked last, at that time.
    nobody: Option<Instant>,
    recent: VecDeque<(Instant, u64)>,
}

impl Crawl {
    /// Starts a node that visits what the store says, and asks what the settings say. `config` says
    /// who it is and where it listens; what a crawl needs of the rest is set here.
    ///
    /// # Errors
    /// A store that cannot be written, a node that cannot start.
    pub async fn start(
        store: Store,
        key: StoreKey,
        config: NodeConfig,
        settings: Settings,
    ) -> Result<(Self, watch::Receiver<Progress>), CrawlError> {
        let (writer, done) = Writer::start(store, Network::Overlay, settings.holder.clone())
            .map_err(CrawlError::Thread)?;
        let mut questions = Vec::new();
        for message in &settings.questions {
            let asked = (settings.registry.get(*message).cloned())
                .unwrap_or_else(|| Arc::new(Undefined::new(*message)));
            let rows = asked.rows();
            let declared =
                Declared { message: message.0, name: asked.name().to_owned(), rows: rows.clone() };
            let id = writer.call(move |store| store.declare(Network::Overlay, &declared)).await?;
            let frequency = settings
                .frequency
                .map_or_else(|| asked.default_frequency(), swarmscope_wire::Frequency);
            questions.push(Question { id, message: *message, asked, frequency, rows });
        }
        let concurrency = settings.concurrency;
        let config = NodeConfig {
            registry: settings.registry.clone(),
            gossip: true,
            survey: true,
            max_peers: 0,
            max_known: config.max_known.max(1 << 18), /* word of a peer is told once as long as
                                                       * it is kept in mind */
            limits: swarmscope_peer::Limits {
                dials: concurrency.max(config.limits.dials),
                ..config.limits
            },
            ..config
        };
        let (node, events) = Node::start(config).await?;
        let (told, progress) = watch::channel(Progress::default());
        let (reading, read) = unbounded_channel();
        let now = Instant::now();
        let crawl = Self {
            node,
            events,
            writer,
            done,
            machine: Machine::new(settings.clone(), questions, key),
            pace: settings.rate.map(|rate| Pace::new(rate, now)),
            settings,
            reading,
            load: Load::new(MOST_READING),
            read,
            leased: VecDeque::new(),
            told,
            began: now,
            leasing: false,
            nobody: None,
            recent: VecDeque::new(),
        };
        Ok((crawl, progress))
    }

    /// Makes rounds until they are over or `stop` ends; `report` hears of each round at its end.
    /// Whatever was in flight is finished or given back, and everything is written, before this
    /// returns.
    ///
    /// # Errors
    /// The store is no longer usable, or the node has ended.
    pub async fn run(
        mut self,
        stop: impl Future<Output = ()>,
        mut report: impl FnMut(&RoundReport),
    ) -> Result<Ended, CrawlError> {
        tokio::pin!(stop);
        let deadline = self.deadline();
        let ended = loop {
            let (round, _) = self.open().await?;
            let stopped = tokio::select! {
                over = self.round(&round) => { over?; false }
                () = &mut stop => true,
                () = until(deadline) => true,
            };
            if stopped {
                let is_over = self.is_over();
                break if is_over { Ended::Over } else { Ended::Stopped };
            }
            self.ended(&round, &mut report).await?;
            if self.settings.rounds.is_some_and(|rounds| self.machine.progress.rounds >= rounds) {
                break Ended::Over;
            }
            let next = round.began.after(round.every);
            let wait = Instant::now() + next.since(Time::now());
            let stopped = tokio::select! {
                idle = self.rest(wait) => { idle?; false }
                () = &mut stop => true,
                () = until(deadline) => true,
            };
            if stopped {
                break if self.is_over() { Ended::Over } else { Ended::Stopped };
            }
        };
        self.finish().await?;
        Ok(ended)
    }

    fn deadline(&self) -> Option<Instant> {
        self.settings.lasts.map(|lasts| self.began + lasts)
    }

    fn is_over(&self) -> bool {
        self.deadline().is_some_and(|deadline| Instant::now() >= deadline)
    }

    async fn open(&mut self) -> Result<(Round, bool), CrawlError> {
        let opening = Opening {
            network: Network::Overlay,
            every: self.settings.every,
            program: self.settings.program.clone(),
            settings: self.settings.record(),
        };
        let opened = self.writer.call(move |store| store.open_round(&opening, Time::now())).await?;
        let (round, joined) = &opened;
        tracing::info!("round {} {}", round.id.0, if *joined { "goes on" } else { "begins" });
        self.machine.begin(round.id, round.began, now());
        (self.nobody, self.recent) = (None, VecDeque::new());
        Ok(opened)
    }

    /// Visits until nobody is left.
    async fn round(&mut self, round: &Round) -> Result<(), CrawlError> {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut looked = None;
        let mut renewed = Instant::now();
        loop {
            self.start_visits();
            self.act();
            tokio::select! {
                event = self.events.recv(), if self.load.has_room() => self.event(event)?,
                done = self.done.recv() => self.done(done)?,
                Some((reply, decoding)) = self.read.recv() => self.machine.decoded(&reply, &decoding, now()),
                _ = ticks.tick() => {
                    let instant = Instant::now();
                    self.machine.tick(now());
                    if instant >= renewed + self.settings.lease / 3 {
                        renewed = instant;
                        self.renew().await?;
                    }
                    if looked.is_none_or(|looked| instant >= looked + LOOK) {
                        looked = Some(instant);
                        self.look(round).await?;
                    }
                    self.tell(round);
                    if self.is_idle() && self.is_ended(round).await? {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Waits for the next round. The node's events are read meanwhile: peers may dial in and tell
    /// of others.
    async fn rest(&mut self, until: Instant) -> Result<(), CrawlError> {
        loop {
            self.act();
            tokio::select! {
                event = self.events.recv() => self.event(event)?,
                done = self.done.recv() => self.done(done)?,
                Some((reply, decoding)) = self.read.recv() => self.machine.decoded(&reply, &decoding, now()),
                () = sleep_until(until.into()) => return Ok(()),
            }
        }
    }

    /// Ends what is in flight, gives back what was not begun, and writes everything.
    async fn finish(mut self) -> Result<(), CrawlError> {
        self.leased.clear(); // given back with all that is still held
        let until = Instant::now() + GRACE;
        let mut ticks = interval(TICK);
        while (self.machine.in_flight() > 0 || self.machine.progress.unwritten > 0)
            && Instant::now() < until
        {
            self.act();
            tokio::select! {
                event = self.events.recv() => self.event(event)?,
                done = self.done.recv() => self.done(done)?,
                Some((reply, decoding)) = self.read.recv() => self.machine.decoded(&reply, &decoding, now()),
                _ = ticks.tick() => self.machine.tick(now()),
            }
        }
        self.act();
        let holder = self.settings.holder.clone();
        self.writer.call(move |store| store.release(&holder, Time::now())).await?;
        self.node.shutdown(CLOSE).await;
        let writer = self.writer;
        let _ = tokio::task::spawn_blocking(move || writer.finish()).await; // it has said what there is to say
        Ok(())
    }

    /// Whether nothing is in flight, held, or on its way to or from the store.
    fn is_idle(&self) -> bool {
        let empty = self.machine.in_flight() == 0
            && self.leased.is_empty()
            && self.machine.progress.unwritten == 0;
        empty && !self.leasing && self.nobody.is_some() && !self.machine.is_asking()
    }

    async fn is_ended(&mut self, round: &Round) -> Result<bool, CrawlError> {
        let asked = round.clone();
        let Left { due, held } = self.writer.call(move |store| store.left(&asked)).await?;
        self.machine.progress.due = due;
        Ok(due == 0 && held == 0)
    }

    async fn ended(
        &mut self,
        round: &Round,
        report: &mut impl FnMut(&RoundReport),
    ) -> Result<(), CrawlError> {
        let id = round.id;
        let figures = self
            .writer
            .call(move |store| store.end_round(id, State::Complete, Time::now()))
            .await?;
        // Where another Crawler was faster, its word counts.
        let figures = if figures.is_some() {
            figures
        } else {
            let rounds = self.writer.call(Store::rounds).await?;
            rounds.into_iter().find(|ended| ended.id == id).and_then(|ended| ended.figures)
        };
        self.machine.progress.rounds += 1;
        self.prune().await?;
        if let Some(figures) = figures {
            self.machine.progress.known = figures.known;
            self.machine.progress.last = Some(figures.clone());
            tracing::info!(
                "round {} is complete: {} of {} visits reached their peer",
                id.0,
                figures.reached(),
                figures.dialled
            );
            report(&RoundReport { round: id.0, network: round.network, figures });
        }
        self.tell(round);
        Ok(())
    }

    /// Keeps the store within its age and size.
    async fn prune(&mut self) -> Result<(), CrawlError> {
        let (keep, bytes) = (self.settings.keep, self.settings.max_bytes);
        if keep.is_none() && bytes.is_none() {
            return Ok(());
        }
        let prune = move |store: &mut Store| {
            let now = Time::now();
            let aged = keep
                .map(|keep| store.prune_before(Time(now.0.saturating_sub(millis(keep)))))
                .transpose()?;
            let sized = bytes.map(|bytes| store.prune_to(bytes)).transpose()?;
            Ok(aged.map_or(0, |pruned| pruned.visits) + sized.map_or(0, |pruned| pruned.visits))
        };
        let visits = self.writer.call(prune).await?;
        if visits > 0 {
            tracing::info!(
                "{visits} old visits were removed from the store; their rounds keep their figures"
            );
        }
        Ok(())
    }

    async fn renew(&mut self) -> Result<(), CrawlError> {
        let (holder, until) =
            (self.settings.holder.clone(), Time::now().after(self.settings.lease));
        self.writer.call(move |store| store.renew(&holder, until)).await?;
        Ok(())
    }

    async fn look(&mut self, round: &Round) -> Result<(), CrawlError> {
        let round = round.clone();
        let look = move |store: &mut Store| {
            Ok((store.bytes()?, store.left(&round)?, store.known(round.network)?))
        };
        let (bytes, left, known) = self.writer.call(look).await?;
        let progress = &mut self.machine.progress;
        (progress.store_bytes, progress.due, progress.known) = (bytes, left.due, known);
        Ok(())
    }

    fn tell(&mut self, round: &Round) {
        let now = Instant::now();
        let progress = &mut self.machine.progress;
        self.recent.push_back((now, progress.dialled));
        while self.recent.len() > 20 {
            self.recent.pop_front();
        }
        if let (Some((first, before)), Some((last, after))) =
            (self.recent.front(), self.recent.back())
        {
            let seconds = last.saturating_duration_since(*first).as_secs_f64();
            progress.visits_per_second =
                if seconds > 0.0 { after.saturating_sub(*before) as f64 / seconds } else { 0.0 };
        }
        progress.round_seconds = Time::now().since(round.began).as_secs_f64();
        progress.queued = self.leased.len() as u64;
        let in_flight = self.machine.in_flight() as u64;
        self.machine.progress.in_flight = in_flight;
        self.told.send_replace(self.machine.progress.clone());
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}

fn now() -> Now {
    Now { instant: Instant::now(), time: Time::now() }
}
