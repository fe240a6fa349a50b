//! The world around the machine: a node, a store on a thread of its own, a clock, rounds.
#![allow(
    clippy::disallowed_methods,
    reason = "a crawl lives in the world: it has a clock and tasks"
)]

mod visits;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use swarmscope_peer::node::{Events, Read, Readers};
use swarmscope_peer::{Failure, Node, NodeConfig};
use swarmscope_store::store::Left;
use swarmscope_store::writer::{Done, Writer};
use swarmscope_store::{
    Figures, Leased, Network, Question as Declared, Round, Store, StoreError, StoreKey, Time,
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, sleep, sleep_until};

use crate::machine::{Machine, Now, Unread};
use crate::pace::{Pace, Speed};
use crate::progress::{Dropped, Progress};
use crate::question::{Kept, Question, Undefined};
use crate::rounds::{self, Crawler};
use crate::settings::Settings;

/// How often the machine's clock ticks, and progress is told.
const TICK: Duration = Duration::from_millis(500);
/// How often the size of the store and the peers that are due are looked at.
const LOOK: Duration = Duration::from_secs(10);
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
    /// The store has the crawl of another part of the DHT, of so many bits.
    #[error("{}", other_zone(*.0))]
    OtherZone(u8),
    /// The operating system gives no thread.
    #[error("the store's thread could not be started: {0}")]
    Thread(std::io::Error),
}

fn other_zone(bits: u8) -> String {
    match bits {
        0 => {
            "this store has a crawl of the whole DHT: omit --zone, or use another store".to_owned()
        }
        bits => format!(
            "this store has a crawl of one zone of the DHT: use --zone {bits}, or another store"
        ),
    }
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
    /// [`Settings::zone`].
    pub zone: Option<u8>,
    /// What came of it.
    pub figures: Figures,
    /// What this process did not take in it, by why.
    pub dropped: BTreeMap<Dropped, u64>,
}

/// A reply that was read on another thread, in its turn.
type InTurn = (Unread, Read<Kept>);

/// A crawl. Made from a store and settings, then run.
pub struct Crawl {
    node: Node,
    events: Events,
    writer: Writer,
    done: UnboundedReceiver<Done>,
    machine: Machine,
    settings: Settings,
    reading: UnboundedSender<InTurn>,
    readers: Readers,
    read: UnboundedReceiver<InTurn>,
    leased: VecDeque<Leased>,
    pace: Option<Pace>,
    told: watch::Sender<Progress>,
    began: Instant,
    /// A lease was asked for and has not come.
    leasing: bool,
    /// The store had nobody who is due when it was asked last, at that time.
    nobody: Option<Instant>,
    speed: Speed,
}

impl Crawl {
    /// Starts a node that visits what the store says, and asks what the settings say. `config` says
    /// who it is, where it listens and what its limits are ([`Settings::limits`] are the usual ones);
    /// what a crawl needs of the rest is set here.
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
        let config = NodeConfig {
            registry: settings.registry.clone(),
            gossip: true,
            survey: true,
            max_peers: 0,
            ..config
        };
        let listens = config.listen.is_some();
        let (node, events) = Node::start(config).await?;
        let (told, progress) = watch::channel(Progress::default());
        let (reading, read) = unbounded_channel();
        let now = Instant::now();
        let crawl = Self {
            node,
            events,
            writer,
            done,
            machine: Machine::new(settings.clone(), questions, key).listening(listens),
            pace: settings.rate.map(|rate| Pace::new(rate, now)),
            settings,
            reading,
            readers: Readers::default(),
            read,
            leased: VecDeque::new(),
            told,
            began: now,
            leasing: false,
            nobody: None,
            speed: Speed::default(),
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
        self,
        stop: impl Future<Output = ()>,
        report: impl FnMut(&RoundReport),
    ) -> Result<Ended, CrawlError> {
        rounds::run(self, stop, report).await
    }

    /// Whether nothing is in flight, held, or on its way to or from the store.
    fn is_idle(&self) -> bool {
        let empty = self.machine.in_flight() == 0
            && self.leased.is_empty()
            && self.machine.progress.unwritten == 0;
        empty && !self.leasing && self.nobody.is_some() && !self.machine.is_asking()
    }

    async fn is_ended(&mut self, round: &Round) -> Result<bool, CrawlError> {
        let Left { due, held } = rounds::left(&self.writer, round).await?;
        self.machine.progress.due = due;
        Ok(due == 0 && held == 0)
    }
}

impl Crawler for Crawl {
    const NETWORK: Network = Network::Overlay;

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn writer(&self) -> &Writer {
        &self.writer
    }

    fn progress(&mut self) -> &mut Progress {
        &mut self.machine.progress
    }

    fn began(&self) -> Instant {
        self.began
    }

    fn begin(&mut self, round: &Round) {
        self.machine.begin(round.id, round.began, now());
        (self.nobody, self.speed) = (None, Speed::default());
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
            let next = self.pace.as_ref().filter(|_| self.may_visit()).map(Pace::wait);
            tokio::select! {
                event = self.events.recv() => self.event(event)?,
                done = self.done.recv() => self.done(done)?,
                Some((reply, read)) = self.read.recv() => self.machine.read(&reply, read.what, now()),
                () = sleep(next.unwrap_or_default()), if next.is_some() => {}
                _ = ticks.tick() => {
                    let instant = Instant::now();
                    self.machine.tick(now());
                    if instant >= renewed + self.settings.lease / 3 {
                        renewed = instant;
                        rounds::renew(&self.writer, &self.settings).await?;
                    }
                    if looked.is_none_or(|looked| instant >= looked + LOOK) {
                        looked = Some(instant);
                        rounds::look(self, round).await?;
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
                Some((reply, read)) = self.read.recv() => self.machine.read(&reply, read.what, now()),
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
                Some((reply, read)) = self.read.recv() => self.machine.read(&reply, read.what, now()),
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

    fn tell(&mut self, round: &Round) {
        rounds::measure(&mut self.machine.progress, &mut self.speed, round);
        let progress = &mut self.machine.progress;
        progress.queued = self.leased.len() as u64;
        progress.limits = self.node.limits();
        let in_flight = self.machine.in_flight() as u64;
        self.machine.progress.in_flight = in_flight;
        self.told.send_replace(self.machine.progress.clone());
    }
}

fn now() -> Now {
    Now { instant: Instant::now(), time: Time::now() }
}
