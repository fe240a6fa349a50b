//! Whole crawls of simulated swarms whose truth is known.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![allow(clippy::disallowed_methods, reason = "a crawl lives in the world")]

use std::sync::Arc;
use std::time::Duration;

use swarmscope_crawl::sim::{Kind, NatCheck, Simulator, World};
use swarmscope_crawl::{Crawl, Ended, RoundReport, Settings};
use swarmscope_peer::crawler::Registry;
use swarmscope_peer::limits::{Limit, Reading};
use swarmscope_peer::{Ed25519Identity, Identities, Limits, NodeConfig};
use swarmscope_store::opt_out::OptOut;
use swarmscope_store::store::Selection;
use swarmscope_store::{Place, Store, StoreKey};
use swarmscope_wire::MessageId;

fn registry() -> Registry {
    Registry::default().with_question(NatCheck)
}

struct World1 {
    directory: tempfile::TempDir,
    swarm: Simulator,
    key: StoreKey,
}

impl World1 {
    async fn start(world: World) -> Self {
        let swarm = Simulator::start(world).await.unwrap();
        Self { directory: tempfile::tempdir().unwrap(), swarm, key: StoreKey::new([7; 32]) }
    }

    fn place(&self) -> Place {
        Place::Sqlite(self.directory.path().join("crawl.sqlite"))
    }

    fn settings(&self) -> Settings {
        let world = self.swarm.world();
        Settings {
            targets: vec![world.address(0).to_string().parse().unwrap()],
            questions: vec![MessageId::NATCHECK],
            every: Duration::from_secs(3600),
            rounds: Some(1),
            ..Settings::new(registry())
        }
    }

    async fn crawl(&self, settings: Settings) -> (Ended, Vec<RoundReport>) {
        let limits = settings.limits();
        self.crawl_within(&limits, settings).await.0
    }

    /// The limits in effect, too.
    async fn crawl_within(
        &self,
        limits: &Limits,
        settings: Settings,
    ) -> ((Ended, Vec<RoundReport>), Vec<Reading>) {
        let store = Store::crawl(&self.place(), &self.key).unwrap();
        let identities = Identities {
            current: Some(Arc::new(Ed25519Identity::from_seed([9; 32]))),
            legacy: None,
        };
        let config = NodeConfig { identities, limits: *limits, ..NodeConfig::default() };
        let (crawl, progress) =
            Crawl::start(store, self.key.clone(), config, settings).await.unwrap();
        let mut reports = Vec::new();
        let ended =
            crawl.run(std::future::pending(), |report| reports.push(report.clone())).await.unwrap();
        let read = progress.borrow().limits.clone();
        ((ended, reports), read)
    }

    fn store(&self) -> Store {
        Store::read(&self.place()).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_finds_everybody_and_counts_what_is_true() {
    let world = World { silent: 0, ..World::mixed(1, 400, 0) };
    let test = World1::start(world).await;
    let (ended, reports) = test.crawl(test.settings()).await;
    assert_eq!((ended, reports.len()), (Ended::Over, 1));
    let figures = &reports[0].figures;
    let world = test.swarm.world();
    let count =
        |fits: &dyn Fn(u32) -> bool| (0..world.peers).filter(|peer| fits(*peer)).count() as u64;
    let reachable = count(&|peer| matches!(world.kind(peer), Kind::Plain | Kind::Slow));
    assert_eq!(figures.known, 400);
    assert_eq!((figures.dialled, figures.outcomes.values().sum()), (400, 400));
    // Who is away at the moment of its visit is not reached; the swarm knows how many connected.
    assert_eq!(figures.reached(), test.swarm.served().authenticated);
    assert!(
        figures.reached() <= reachable && figures.reached() * 10 >= reachable * 9,
        "{figures:?}"
    );
    assert_eq!(figures.answered["NATCHECK"], figures.reached());
    assert_eq!(figures.outcomes["tcp.refused"], count(&|peer| world.kind(peer) == Kind::BehindNat));
    assert_eq!(figures.hearsay, 400 - figures.reached());
    assert_eq!(test.swarm.served().too_soon, 0);
    assert!(test.store().faults().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_start_asks_nobody_again_within_its_time() {
    let test = World1::start(World::plain(2, 60, 0)).await;
    test.crawl(test.settings()).await;
    assert_eq!(test.store().info().unwrap().visits, 60);
    // A second round at once: everybody may be visited, nobody asked.
    let every = Duration::from_millis(1);
    let frequency = Some(3600);
    test.crawl(Settings { every, frequency, ..test.settings() }).await;
    let served = test.swarm.served();
    assert_eq!(served.too_soon, 0);
    assert!(served.accepted.values().all(|times| *times == 1), "{served:?}");
    assert_eq!(served.accepted.len(), 60);
}

/// A crawl needs more than a peer; what its operator sets holds all the same.
#[tokio::test(flavor = "multi_thread")]
async fn the_limits_that_are_set_hold_for_a_crawl() {
    let test = World1::start(World::plain(2, 30, 0)).await;
    let limits = Limits { known: 1000, ..Limits::default() };
    let (_, read) = test.crawl_within(&limits, test.settings()).await;
    let of = |limit| read.iter().find(|it| it.limit == limit).map(|it| it.allowed);
    assert_eq!(of(Limit::Known), Some(1000));
    assert_eq!(test.store().info().unwrap().visits, 30);
    let usual = test.settings().limits();
    assert!(usual.known >= 1 << 18 && usual.dials >= test.settings().concurrency);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asked_not_to_be_visited_is_not() {
    let test = World1::start(World::plain(3, 30, 0)).await;
    let world = test.swarm.world();
    let list = format!("{}\n{}\n", world.permid(7), world.ip(8));
    let settings = Settings { opt_out: OptOut::parse(&list).unwrap(), ..test.settings() };
    let (_, reports) = test.crawl(settings).await;
    assert_eq!((reports[0].figures.known, reports[0].figures.dialled), (30, 28));
    let served = test.swarm.served();
    assert!(!served.accepted.contains_key(&(7, 3)) && !served.accepted.contains_key(&(8, 3)));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_in_the_store_names_a_peer_or_its_address() {
    let test = World1::start(World::plain(4, 40, 0)).await;
    test.crawl(test.settings()).await;
    let world = test.swarm.world();
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(test.directory.path()).unwrap() {
        bytes.extend(std::fs::read(entry.unwrap().path()).unwrap());
    }
    let holds = |what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
    for peer in 0..world.peers {
        assert!(!holds(world.ip(peer).to_string().as_bytes()), "address {peer}");
        assert!(!holds(&world.permid(peer).to_der()[12..]), "key {peer}");
        assert!(!holds(world.permid(peer).to_string().as_bytes()), "permid {peer}");
    }
    let mut replies = 0;
    test.store()
        .replies(Selection::default(), &mut |row| {
            replies += usize::from(!row.rows.is_empty());
            true
        })
        .unwrap();
    assert_eq!(replies, 40, "and yet every reply is there");
}
