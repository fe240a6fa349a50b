//! Steps that anything may happen between must come to what one look at everybody finds, and none of
//! them may take longer with more peers.

use std::time::{Duration, Instant, UNIX_EPOCH};

use proptest::prelude::*;

use super::*;
use crate::notes::Notes;
use crate::peers::Peers;
use swarmscope_peer::crawler::AcceptanceLog;
use swarmscope_peer::node::PeerKey;
use swarmscope_wire::{OverlayVersion, Permid};

const COLUMNS: [By; 6] = [
    By::NewestEvent,
    By::Column(Column::Version),
    By::Column(Column::RoundTrip),
    By::Column(Column::Label),
    By::Column(Column::Permid),
    By::Column(Column::Signals),
];
const FILTERS: [&str; 4] = ["", "v:17", "rtt:>2ms or marked:yes", "label:a"];
const LABELS: [&str; 4] =
    ["alpha", "beta, which is longer than sixteen", "beta, which is longer still", ""];

/// What happens between two steps, to one of the peers.
#[derive(Clone, Debug)]
enum Happens {
    Known(u8),
    News(u8, u16),
    Labelled(u8, u8),
    Same(u8, u8),
    Forgotten(u8),
    Marked(u8),
    Sorted(u8, bool),
    Filtered(u8),
    Settled(u64),
    Key,
    Step(u16),
}

fn happens() -> impl Strategy<Value = Happens> {
    use Happens::{
        Filtered, Forgotten, Key, Known, Labelled, Marked, News, Same, Settled, Sorted, Step,
    };
    prop_oneof![
        4 => (0..80_u8).prop_map(Known),
        4 => (0..80_u8, 0..6_u16).prop_map(|(n, rtt)| News(n, rtt)),
        2 => (0..80_u8, 0..4_u8).prop_map(|(n, label)| Labelled(n, label)),
        1 => (0..80_u8, 0..80_u8).prop_map(|(was, now)| Same(was, now)),
        3 => (0..80_u8).prop_map(Forgotten),
        1 => (0..80_u8).prop_map(Marked),
        1 => (0..6_u8, any::<bool>()).prop_map(|(by, reversed)| Sorted(by, reversed)),
        1 => (0..4_u8).prop_map(Filtered),
        2 => prop::sample::select(vec![0, 100, 300, 5000]).prop_map(Settled),
        1 => Just(Key),
        // some that end in the midst of the looks, some in the midst of what comes after them
        6 => (0..40_u16).prop_map(Step),
        3 => (800..850_u16).prop_map(Step),
    ]
}

fn key(n: u8) -> PeerKey {
    PeerKey::Permid(Permid::Ed25519([n.wrapping_mul(37); 32]))
}

struct World {
    peers: Peers,
    notes: Notes,
    acceptance: AcceptanceLog,
    now: Now,
    events: u64,
    order: Order,
    filter: Filter,
}

impl World {
    #[allow(clippy::disallowed_methods)] // an origin for virtual time
    fn new() -> Self {
        let mut world = Self {
            peers: Peers::default(),
            notes: Notes::default(),
            acceptance: AcceptanceLog::default(),
            now: Now { instant: Instant::now(), wall: UNIX_EPOCH },
            events: 0,
            order: Order::default(),
            filter: Filter::default(),
        };
        (0..50).for_each(|n| world.happen(&Happens::Known(n)));
        world
    }

    /// Does something with the list and all that it looks at.
    fn with(&mut self, act: impl FnOnce(&mut Order, &Present, &Filter)) {
        let facts = Present {
            peers: &self.peers,
            notes: &self.notes,
            acceptance: &self.acceptance,
            message: swarmscope_wire::MessageId::NATCHECK,
            frequency: Frequency(60),
            target: None,
            now: self.now,
            origin: self.now.instant,
            privacy: false,
        };
        act(&mut self.order, &facts, &self.filter);
    }

    fn happen(&mut self, what: &Happens) {
        self.events += 1;
        match *what {
            Happens::Known(n) => {
                let version = OverlayVersion(if n.is_multiple_of(3) { 17 } else { 18 });
                self.peers.entry(&key(n)).unwrap().version = Some(version);
            }
            Happens::News(n, rtt) => {
                if let Some(peer) = self.peers.get_mut(&key(n)) {
                    peer.newest = self.events;
                    peer.rtt = Some(Duration::from_millis(rtt.into()));
                    peer.signals = (rtt / 2).into();
                }
            }
            Happens::Labelled(n, label) => {
                if let Some(peer) = self.peers.get_mut(&key(n)) {
                    peer.label = Some(LABELS[usize::from(label)].into());
                }
            }
            Happens::Same(was, now) => {
                self.peers.rename(&key(was), &key(now));
            }
            Happens::Forgotten(n) => {
                self.peers.forget(&key(n));
            }
            Happens::Marked(n) => {
                if let Some(place) = self.peers.index(&key(n)) {
                    self.peers.mark(place, !self.peers.marks().contains(place));
                }
            }
            Happens::Sorted(by, reversed) => {
                self.order.sort = Sort { by: COLUMNS[usize::from(by)], reversed };
                self.order.begin(Whom::Sorted);
            }
            Happens::Filtered(filter) => {
                self.filter = Filter::parse(FILTERS[usize::from(filter)]).unwrap();
                let sorts = self.order.pass.as_ref().is_some_and(|pass| pass.whom == Whom::Sorted);
                self.order.begin(if sorts { Whom::Sorted } else { Whom::Filtered });
            }
            Happens::Settled(ms) => {
                let later = Duration::from_millis(ms);
                self.now = Now { instant: self.now.instant + later, wall: self.now.wall + later };
                if !self.order.is_under_way() {
                    self.order.begin(Whom::Changed);
                }
            }
            Happens::Key => self.order.hold(self.now),
            Happens::Step(most) => {
                let before = self.order.work();
                self.with(|order, facts, filter| order.step(facts, filter, most.into()));
                assert!(self.order.work() - before <= most.into(), "a step does no more");
            }
        }
        self.look_around();
    }

    /// What the screen does after each message, and what holds at every moment.
    fn look_around(&mut self) {
        let changed = self.peers.take_changed();
        self.with(|order, facts, filter| {
            order.changed(facts, filter, &changed);
            order.marked(facts, filter);
            let peer = |index: &u32| facts.peers.at(*index as usize).expect("rows lead to peers");
            for (row, index) in order.rows().iter().enumerate() {
                assert_eq!(order.row(*index as usize), Some(row), "nobody has two rows");
            }
            let marked = order.rows().iter().filter(|row| facts.peers.is_marked(&peer(row).key));
            assert_eq!(order.marked_shown(), marked.count());
        });
    }

    /// The list, once all steps are done and nothing happens any more.
    fn settled(&mut self) {
        for whom in [None, Some(Whom::Filtered)] {
            if let Some(whom) = whom {
                self.order.begin(whom); // who was marked or not when the filter asked
            }
            while self.order.is_under_way() {
                self.happen(&Happens::Step(70));
            }
        }
        self.with(|order, facts, filter| {
            let mut expected: Vec<(usize, Key)> = (0..facts.peers.places())
                .filter_map(|index| Some((index, facts.peers.at(index)?)))
                .filter(|(_, peer)| filter.shows(facts, peer))
                .map(|(index, peer)| (index, Key::of(order.sort.by, facts, peer)))
                .collect();
            expected.sort_by(|(a, key_a), (b, key_b)| {
                compare(order.sort, facts, (*a, key_a), (*b, key_b))
            });
            let expected: Vec<u32> = expected.iter().map(|(index, _)| place(*index)).collect();
            assert_eq!(order.rows(), expected, "{}", order.sort);
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn steps_come_to_what_one_sort_finds(
        happens in prop::collection::vec(happens(), 0..120),
    ) {
        let mut world = World::new();
        for what in &happens {
            world.happen(what);
        }
        world.settled();
    }
}

/// The most work of one step of what is begun by this, and the steps it takes.
fn steps(world: &mut World, begin: fn(&mut Order, &Present, &Filter)) -> (u64, usize) {
    let (mut most, mut count) = (0, 0);
    let mut before = world.order.work();
    world.with(begin);
    loop {
        most = most.max(world.order.work() - before);
        count += 1;
        if !world.order.is_under_way() {
            return (most, count);
        }
        before = world.order.work();
        world.with(Order::go_on);
    }
}

#[test]
fn no_step_takes_longer_with_more_peers() {
    let mut world = World::new();
    for many in [3_000_u32, 30_000, 48_000] {
        for n in 0..many {
            let key = PeerKey::Address(n.wrapping_mul(2_654_435_761).to_string());
            world.peers.entry(&key);
        }
        let changed = world.peers.take_changed();
        world.with(|order, facts, filter| order.changed(facts, filter, &changed));
        let news = steps(&mut world, |order, facts, filter| order.settle(facts, filter, true));
        let begins: [fn(&mut Order, &Present, &Filter); 2] = [Order::sort_all, Order::filter_all];
        let all = begins.map(|begin| steps(&mut world, begin));
        for (most, count) in [news].into_iter().chain(all) {
            assert!(most <= STEP as u64, "{most} at {many} peers");
            assert!(count <= 2 + many as usize * (LOOK + MERGED) / STEP, "{count} at {many} peers");
        }
    }
}

#[test]
fn a_filter_that_is_asked_again_because_time_has_passed_moves_no_row_under_a_key() {
    let mut world = World::new();
    for n in 0..20_000 {
        world.peers.entry(&PeerKey::Address(n.to_string()));
    }
    let changed = world.peers.take_changed();
    world.with(|order, facts, filter| order.changed(facts, filter, &changed));
    steps(&mut world, |order, facts, filter| order.settle(facts, filter, true));
    world.filter = Filter::parse("next:<1m").unwrap();
    assert!(world.filter.asks_for_the_time());
    let settle = |world: &mut World| {
        world.with(|order, facts, filter| order.settle(facts, filter, true));
        world.order.is_under_way()
    };
    assert!(settle(&mut world), "it takes several steps");
    world.order.hold(world.now);
    assert!(!world.order.is_under_way() && !settle(&mut world), "somebody moves among the rows");
    world.now.instant += HELD + ASKED_AGAIN;
    assert!(settle(&mut world), "it is asked later");
    world.with(Order::filter_all);
    world.order.hold(world.now);
    assert!(world.order.is_under_way(), "who filters wants to see it");
}
