//! A crawl of the Mainline DHT: the same rounds, leases and store as the overlay's, over a socket
//! that keeps the pace of [`swarmscope_networks`]: at most 4 queries a second to one node, read-only
//! (BEP 43), under a `v` of our own.
#![allow(
    clippy::disallowed_methods,
    reason = "a crawl lives in the world: it has a clock and a socket"
)]

mod also;
mod sources;
mod visits;

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use swarmscope_networks::address::{Policy, Range};
use swarmscope_networks::dht::asker::AskerConfig;
use swarmscope_networks::dht::crawl::Zone;
use swarmscope_networks::dht::lookup::LookupConfig;
use swarmscope_networks::dht::pace::{NODE_SPACING, TOTAL_RATE};
use swarmscope_networks::dht::transactions::Deadlines;
use swarmscope_networks::sockets::{self, Socket};
use swarmscope_peer::Target;
use swarmscope_store::store::Left;
use swarmscope_store::writer::{Done, Writer};
use swarmscope_store::{
    Leased, Network, Question as Declared, Round, Store, StoreError, StoreKey, Time,
};
use swarmscope_wire::krpc::NodeId;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, sleep_until};

use crate::crawl::{CrawlError, Ended, RoundReport};
use crate::machine::Now;
use crate::pace::{Pace, Speed};
use crate::progress::{Dropped, Progress};
use crate::rounds::{self, Crawler};
use crate::settings::Settings;
pub use also::Also;
use visits::{Action, Token, Visits};

/// How often progress is told.
const TICK: Duration = Duration::from_millis(500);
/// How often the size of the store and the nodes that are due are looked at.
const LOOK: Duration = Duration::from_secs(10);
/// How long visits in flight may take once the crawl was told to stop.
const GRACE: Duration = Duration::from_secs(10);
/// Nodes that are leased at once, at the least.
const LEAST_LEASE: usize = 100;

/// Lookups by which a round finds its way into a zone, to random points of it.
const WAYS_IN: usize = 3;
/// Under which name a store keeps its zone.
const ZONE: &str = "dht zone";

/// A node to start from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seed {
    /// Where.
    pub place: Target,
    /// Only if it is this node.
    pub id: Option<NodeId>,
}

/// A crawl of the DHT. Made from a store and settings, then run.
pub struct DhtCrawl {
    socket: Socket<Token>,
    writer: Writer,
    done: UnboundedReceiver<Done>,
    visits: Visits,
    settings: Settings,
    /// Nodes to start from, of one family of addresses.
    seeds: Vec<(SocketAddr, Option<NodeId>)>,
    leased: VecDeque<Leased>,
    pace: Option<Pace>,
    told: watch::Sender<Progress>,
    began: Instant,
    leasing: bool,
    /// The store had nobody who is due when it was asked last.
    nobody: bool,
    speed: Speed,
}

impl DhtCrawl {
    /// Opens a socket and looks the nodes up that the crawl starts from. `allowed`: ranges that are
    /// asked beside public addresses; the seeds' own addresses always are.
    ///
    /// # Errors
    /// A store that cannot be written, no socket, a name that does not resolve.
    pub async fn start(
        store: Store,
        key: StoreKey,
        seeds: &[Seed],
        mut allowed: Vec<Range>,
        settings: Settings,
    ) -> Result<(Self, watch::Receiver<Progress>), CrawlError> {
        let (writer, done) = Writer::start(store, Network::Dht, settings.holder.clone())
            .map_err(CrawlError::Thread)?;
        let declared = Declared {
            message: visits::MESSAGE,
            name: visits::NAME.to_owned(),
            rows: visits::rows(),
        };
        let question = writer.call(move |store| store.declare(Network::Dht, &declared)).await?;
        let mut also = Vec::new();
        for one in settings.also.clone() {
            let declared = one.declared();
            let declare = move |store: &mut Store| store.declare(Network::Dht, &declared);
            also.push((one, writer.call(declare).await?));
        }
        let seeds = sockets_of(seeds).await?;
        let zone = zone_of(&writer, settings.zone).await?;
        allowed.extend(seeds.iter().map(|(address, _)| Range::single(address.ip())));
        let mut random = sockets::random()?;
        let asking = AskerConfig {
            id: NodeId(random.bytes()),
            rate: TOTAL_RATE,
            deadlines: Deadlines::default(),
            seed: random.next(),
        };
        let any = || (Ipv4Addr::UNSPECIFIED, 0).into();
        let socket =
            Socket::to_many(seeds.first().map_or_else(any, |(seed, _)| *seed), asking).await?;
        let named = seeds.iter().map(|(address, _)| *address).collect();
        let addresses = Policy { allowed, refused: Vec::new(), named };
        let questions = (question, also);
        let visits =
            Visits::new(key, settings.clone(), (addresses, zone), questions, random.next());
        let (told, progress) = watch::channel(visits.progress.clone());
        let began = Instant::now();
        let crawl = Self {
            socket,
            writer,
            done,
            visits,
            pace: settings.rate.map(|rate| Pace::new(rate, began)),
            settings,
            seeds,
            leased: VecDeque::new(),
            told,
            began,
            leasing: false,
            nobody: false,
            speed: Speed::default(),
        };
        Ok((crawl, progress))
    }

    /// Makes rounds until they are over or `stop` ends; `report` hears of each round at its end.
    ///
    /// # Errors
    /// The store is no longer usable.
    pub async fn run(
        self,
        stop: impl Future<Output = ()>,
        report: impl FnMut(&RoundReport),
    ) -> Result<Ended, CrawlError> {
        rounds::run(self, stop, report).await
    }

    /// Whether a visit may begin, but for the rate.
    fn may_visit(&self) -> bool {
        self.writer.has_room() && self.visits.may_start(&self.leased)
    }

    /// Begins visits while there are free places, and asks for nodes before the last one is taken.
    fn start_visits(&mut self) {
        let has_room = || self.writer.has_room();
        self.visits.start(&mut self.leased, self.pace.as_mut(), has_room, now());
        if self.leased.len() < LEAST_LEASE / 2 && !self.leasing && !self.nobody {
            let time = Time::now();
            self.writer.lease(LEAST_LEASE, time, time.after(self.settings.lease));
            self.leasing = true;
        }
    }

    /// Looks for nodes of the zone, where it is not everything: whom the nodes to start from know is
    /// mostly elsewhere.
    async fn enter_zone(&mut self) -> Result<(), CrawlError> {
        if self.settings.zone.is_none() || self.seeds.is_empty() {
            return Ok(());
        }
        for _ in 0..WAYS_IN {
            let (target, policy) = self.visits.way_in();
            let config = LookupConfig { policy, ..LookupConfig::default() };
            let found =
                sockets::look_up(&self.seeds, target, TOTAL_RATE, config, |_, _, _| {}).await?;
            let (kept_out, progress) = (found.tally.kept_out, &mut self.visits.progress);
            progress.dropped(Dropped::Address, kept_out.addresses);
            progress.dropped(Dropped::SystemPort, kept_out.system_ports);
            progress.dropped(Dropped::Surplus, kept_out.surplus);
            let contacts: Vec<_> = found.closest.iter().map(|hop| hop.contact).collect();
            self.visits.hear(&contacts, now());
            sleep_until((Instant::now() + NODE_SPACING).into()).await; // each socket has its own pace
        }
        self.nobody = false;
        Ok(())
    }

    /// Does what the visits want done.
    fn act(&mut self) {
        while let Some(action) = self.visits.next_action() {
            match action {
                Action::Ask(to, question, token) => self.socket.ask(to, question, token),
                Action::Hear(heard) => {
                    let left_out = self.writer.hear(heard);
                    self.visits.progress.dropped(Dropped::StoreBehind, left_out);
                }
                Action::PassOver(peer, due) => self.writer.pass_over(vec![peer], due),
                Action::Write(visited) => self.writer.visited(*visited),
            }
        }
    }

    fn done(&mut self, done: Option<Done>) -> Result<(), CrawlError> {
        use swarmscope_store::error::Kind;
        let done =
            done.ok_or_else(|| StoreError::new(Kind::Lost, "the store's thread has ended"))?;
        match done {
            Done::Leased(leased) => {
                self.leasing = false;
                self.nobody = leased.is_empty();
                self.leased.extend(leased);
            }
            Done::Failed(error) => return Err(error.into()),
            other => {
                self.nobody &= !matches!(other, Done::Heard(fresh) if fresh > 0);
                self.visits.progress.done(&other);
            }
        }
        Ok(())
    }

    /// Waits for the next thing that happens, until then at the longest.
    async fn step(&mut self, until: Instant) -> Result<(), CrawlError> {
        self.act();
        tokio::select! {
            Some(event) = self.socket.next_event() => self.visits.event(event, now()),
            done = self.done.recv() => self.done(done)?,
            () = sleep_until(until.into()) => {}
        }
        self.act();
        Ok(())
    }

    /// Whether nothing is in flight, held, or on its way to or from the store.
    fn is_idle(&self) -> bool {
        let visits = self.visits.in_flight() + self.visits.waiting() + self.leased.len();
        visits == 0
            && self.visits.progress.unwritten == 0
            && !self.leasing
            && self.nobody
            && !self.visits.is_starting()
    }
}

impl Crawler for DhtCrawl {
    const NETWORK: Network = Network::Dht;

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn writer(&self) -> &Writer {
        &self.writer
    }

    fn progress(&mut self) -> &mut Progress {
        &mut self.visits.progress
    }

    fn began(&self) -> Instant {
        self.began
    }

    fn begin(&mut self, round: &Round) {
        self.visits.begin(round.id, round.began);
        for (address, expected) in self.seeds.clone() {
            self.visits.start_from(address, expected, now());
        }
        (self.nobody, self.speed) = (false, Speed::default());
    }

    async fn round(&mut self, round: &Round) -> Result<(), CrawlError> {
        self.enter_zone().await?;
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut looked, mut renewed) = (None, Instant::now());
        let mut tick = Instant::now();
        loop {
            self.start_visits();
            let next = self.pace.as_ref().filter(|_| self.may_visit()).map(Pace::wait);
            self.step(next.map_or(tick, |next| tick.min(Instant::now() + next))).await?;
            let instant = Instant::now();
            if instant < tick {
                continue;
            }
            tick = instant + TICK;
            if instant >= renewed + self.settings.lease / 3 {
                renewed = instant;
                rounds::renew(&self.writer, &self.settings).await?;
            }
            if looked.is_none_or(|looked| instant >= looked + LOOK) {
                looked = Some(instant);
                rounds::look(self, round).await?;
            }
            self.tell(round);
            if self.is_idle() {
                let Left { due, held } = rounds::left(&self.writer, round).await?;
                self.visits.progress.due = due;
                if due == 0 && held == 0 {
                    return Ok(());
                }
                self.nobody = false; // another Crawler holds some, or some are due later
            }
        }
    }

    async fn rest(&mut self, until: Instant) -> Result<(), CrawlError> {
        while Instant::now() < until {
            self.step(until).await?;
        }
        Ok(())
    }

    fn tell(&mut self, round: &Round) {
        let queued = (self.leased.len() + self.visits.waiting()) as u64;
        let in_flight = self.visits.in_flight() as u64;
        let progress = &mut self.visits.progress;
        rounds::measure(progress, &mut self.speed, round);
        (progress.queued, progress.in_flight) = (queued, in_flight);
        self.told.send_replace(progress.clone());
    }

    async fn finish(mut self) -> Result<(), CrawlError> {
        self.visits.let_go();
        self.leased.clear(); // given back with all that is still held
        let until = Instant::now() + GRACE;
        while (self.visits.in_flight() > 0 || self.visits.progress.unwritten > 0)
            && Instant::now() < until
        {
            self.step(until).await?;
        }
        let holder = self.settings.holder.clone();
        self.writer.call(move |store| store.release(&holder, Time::now())).await?;
        let writer = self.writer;
        let _ = tokio::task::spawn_blocking(move || writer.finish()).await; // it has said what there is to say
        Ok(())
    }
}

/// The zone of this store, which its first Crawler chose at random. Rounds of several zones could not
/// be held against one another.
async fn zone_of(writer: &Writer, bits: Option<u8>) -> Result<Zone, CrawlError> {
    let whole = || NodeId([0; 20]);
    let prefix = NodeId(sockets::random()?.bytes());
    let settle = move |store: &mut Store| {
        let is_whole = bits.is_none() || store.known(Network::Dht)? > 0;
        let (prefix, bits) = if is_whole { (whole(), 0) } else { (prefix, bits.unwrap_or(0)) };
        store.settle(ZONE, &format!("{prefix}/{bits}"))
    };
    let settled = writer.call(settle).await?;
    let zone = settled.split_once('/').and_then(|(prefix, bits)| {
        Some(Zone { prefix: prefix.parse().ok()?, bits: bits.parse().ok()? })
    });
    match zone {
        Some(zone) if zone.bits == bits.unwrap_or(0) => Ok(zone),
        Some(zone) => Err(CrawlError::OtherZone(zone.bits)),
        None => Err(StoreError::new(
            swarmscope_store::error::Kind::Corrupt,
            "its zone of the DHT can't be read",
        )
        .into()),
    }
}

/// Where the seeds are: those of the family of the first.
async fn sockets_of(seeds: &[Seed]) -> Result<Vec<(SocketAddr, Option<NodeId>)>, CrawlError> {
    let mut found: Vec<(SocketAddr, Option<NodeId>)> = Vec::new();
    for seed in seeds {
        let address = sockets::resolve(&seed.place).await?;
        if found.first().is_none_or(|(first, _)| first.is_ipv4() == address.is_ipv4()) {
            found.push((address, seed.id));
        }
    }
    Ok(found)
}

fn now() -> Now {
    Now { instant: Instant::now(), time: Time::now() }
}
