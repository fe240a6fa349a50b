use std::net::SocketAddr;
use std::time::{Duration, Instant};

use swarmscope_wire::krpc::{Contact, NodeId, Question, Target, Want};

use crate::address::Policy;
use crate::dht::asker::{Asker, AskerConfig};
use crate::dht::lookup::{Ask, CLOSEST, Ended, Lookup, LookupConfig, LookupTally};
use crate::dht::pace::TOTAL_RATE;
use crate::dht::transactions::{Deadlines, Tally};
use crate::random::Random;
use crate::simulated::{Conduct, Network, Swarm, SwarmConfig};

const CONFIG: SwarmConfig =
    SwarmConfig { nodes: 10_000, liars: 10, silent: 20, limited: 0, loss: 1, seed: 0 };

struct Outcome {
    ended: Ended,
    found: Vec<NodeId>,
    truth: Vec<NodeId>,
    tally: LookupTally,
    queries: Tally,
    open: usize,
    busiest: usize,
    took: Duration,
}

/// One lookup of a random target from three honest nodes.
fn look_up(config: SwarmConfig, settings: LookupConfig) -> Outcome {
    let start = Instant::now();
    let mut random = Random::new(config.seed ^ 0xabcd);
    let target = Target(random.bytes());
    let swarm = Swarm::new(config);
    let mut truth: Vec<NodeId> = swarm.truth().map(|contact| contact.id).collect();
    truth.sort_unstable_by_key(|id| id.distance(&target));
    truth.truncate(CLOSEST);
    let mut seeds: Vec<(SocketAddr, Option<NodeId>)> = Vec::new();
    while seeds.len() < 3.min(config.nodes) {
        let index = usize::try_from(random.below(config.nodes as u64)).unwrap();
        if swarm.conduct(index) == Conduct::Honest {
            seeds.push((swarm.nodes()[index].address, None));
        }
    }
    let asking = AskerConfig {
        id: NodeId(random.bytes()),
        rate: TOTAL_RATE,
        deadlines: Deadlines::default(),
        seed: config.seed,
    };
    let (mut asker, mut network) = (Asker::new(asking), Network::new(swarm, start));
    let mut lookup = Lookup::new(target, settings, &seeds, start);
    let mut events = Vec::new();
    while lookup.ended().is_none() {
        while let Some(Ask { token, to, target }) = lookup.next_query(network.now()) {
            asker.ask(to, Question::FindNode { target, want: Want::default() }, token);
        }
        assert!(
            network.step(&mut asker, &mut events) || lookup.ended().is_some(),
            "it waits for nothing"
        );
        for event in events.drain(..) {
            lookup.hear(event, network.now());
        }
    }
    let found = lookup.closest().iter().map(|hop| hop.contact.id).collect();
    let (queries, open) = (asker.tally(), asker.open() - asker.queued());
    Outcome {
        ended: lookup.ended().unwrap(),
        found,
        truth,
        tally: lookup.tally(),
        queries,
        open,
        busiest: network.swarm.busiest_second(),
        took: network.now() - start,
    }
}

/// The figures of 200 lookups: how many found the true closest eight, and how many queries each
/// took.
#[test]
fn lookups_among_liars_and_the_silent_find_the_true_closest_eight() {
    let (mut right, mut queries, mut took) = (0, Vec::new(), Vec::new());
    let seeds = 200;
    for seed in 0..seeds {
        let outcome = look_up(SwarmConfig { seed, ..CONFIG }, LookupConfig::default());
        right += u64::from(outcome.found == outcome.truth);
        queries.push(outcome.tally.queries);
        took.push(outcome.took);
        assert!(
            outcome.busiest <= 4,
            "seed {seed}: {} queries to one node in a second",
            outcome.busiest
        );
        let Tally { asked, answered, timed_out, unreachable, cancelled, .. } = outcome.queries;
        assert_eq!(asked, answered + timed_out + unreachable + cancelled + outcome.open as u64);
    }
    queries.sort_unstable();
    took.sort_unstable();
    println!(
        "{right} of {seeds} right; queries: median {}, most {}; virtual time: median {:.1?}, longest {:.1?}",
        queries[100], queries[199], took[100], took[199]
    );
    assert!(right * 100 >= seeds * 99, "{right} of {seeds}");
}

#[test]
fn a_lookup_says_why_it_ended() {
    let few = SwarmConfig { nodes: 5, liars: 0, silent: 0, ..CONFIG };
    assert_eq!(look_up(few, LookupConfig::default()).ended, Ended::Exhausted);
    let capped = LookupConfig { most_queries: 5, ..LookupConfig::default() };
    let outcome = look_up(CONFIG, capped);
    assert_eq!((outcome.ended, outcome.tally.queries), (Ended::Capped, 5));
    let hurried = LookupConfig { most_time: Duration::from_millis(200), ..LookupConfig::default() };
    assert_eq!(look_up(CONFIG, hurried).ended, Ended::TimeUp);
    let mut lookup = Lookup::new(Target([0; 20]), LookupConfig::default(), &[], Instant::now());
    lookup.stop();
    assert_eq!(lookup.ended(), Some(Ended::Stopped));
}

fn contact(id: u8, ip: [u8; 4]) -> Contact {
    Contact { id: NodeId([id; 20]), address: (ip, 6881).into() }
}

/// One seed, which then names `contacts`.
fn told(contacts: &[Contact]) -> (Lookup, Instant) {
    let now = Instant::now();
    let seed = (([9, 9, 9, 9], 1).into(), None);
    let mut lookup = Lookup::new(Target([0; 20]), LookupConfig::default(), &[seed], now);
    let token = lookup.next_query(now).unwrap().token;
    lookup.answered_by(token, NodeId([0xff; 20]), contacts.iter(), Duration::ZERO, now).unwrap();
    (lookup, now)
}

#[test]
fn one_node_of_a_neighbourhood_is_asked_at_a_time_and_the_next_where_it_fails() {
    let (mut lookup, now) =
        told(&[contact(1, [11, 1, 1, 1]), contact(2, [11, 1, 1, 2]), contact(3, [11, 2, 1, 1])]);
    let Ask { token: first, to: address, .. } = lookup.next_query(now).unwrap();
    assert_eq!(address.ip().to_string(), "11.1.1.1");
    assert_eq!(lookup.next_query(now).unwrap().to.ip().to_string(), "11.2.1.1");
    assert_eq!((lookup.next_query(now), lookup.tally().kept_out.crowded), (None, 1));
    lookup.unreachable(first, now);
    assert_eq!(lookup.next_query(now).unwrap().to.ip().to_string(), "11.1.1.2");
}

#[test]
fn a_node_counts_only_under_an_id_by_which_somebody_else_named_it() {
    let (mut lookup, now) = told(&[contact(1, [11, 1, 1, 1]), contact(4, [11, 2, 1, 1])]);
    let first = lookup.next_query(now).unwrap().token;
    // Named 1, it calls itself 3: that may be a lie of either.
    lookup.answered_by(first, NodeId([3; 20]), [].iter(), Duration::ZERO, now);
    assert_eq!((lookup.closest().len(), lookup.tally().kept_out.unconfirmed), (1, 1));
    // Another one names it 3: then it was the first that lied.
    let second = lookup.next_query(now).unwrap().token;
    lookup.answered_by(
        second,
        NodeId([4; 20]),
        [contact(3, [11, 1, 1, 1])].iter(),
        Duration::ZERO,
        now,
    );
    assert_eq!(lookup.closest()[0].contact, contact(3, [11, 1, 1, 1]));
    assert_eq!(lookup.tally().kept_out.unconfirmed, 0);
}

#[test]
fn contacts_at_special_addresses_and_beyond_eight_are_kept_out_and_counted() {
    let many: Vec<_> = (1..=12).map(|n| contact(n, [11, n, 1, 1])).collect();
    let (lookup, _) = told(&many);
    assert_eq!(lookup.tally().kept_out.surplus, 4);
    let (lookup, _) = told(&[contact(1, [127, 0, 0, 1]), contact(2, [10, 0, 0, 1])]);
    assert_eq!(lookup.tally().kept_out.addresses, 2);
    let service = |port| Contact { address: ([11, 2, 1, 1], port).into(), ..contact(3, [0; 4]) };
    let (lookup, _) = told(&[service(53), service(123), contact(1, [11, 1, 1, 1])]);
    assert_eq!((lookup.tally().kept_out.system_ports, lookup.tally().kept_out.addresses), (2, 0));
    let lab = Policy { allowed: vec!["10.0.0.0/8".parse().unwrap()], ..Policy::default() };
    let config = LookupConfig { policy: lab, ..LookupConfig::default() };
    let mut lookup =
        Lookup::new(Target([0; 20]), config, &[(([10, 0, 0, 1], 1).into(), None)], Instant::now());
    assert!(lookup.next_query(Instant::now()).is_some());
}

#[test]
fn a_slow_node_is_asked_once_more_after_all_others_and_may_still_answer() {
    let (mut lookup, now) = told(&[contact(1, [11, 1, 1, 1]), contact(2, [11, 2, 1, 1])]);
    let slow = lookup.next_query(now).unwrap().token;
    lookup.slow(slow, now);
    let other = lookup.next_query(now).unwrap().token;
    assert_ne!(slow, other);
    let again = lookup.next_query(now).unwrap().token;
    assert_eq!(again, slow);
    lookup.slow(again, now);
    assert_eq!((lookup.tally().silent, lookup.tally().retries, lookup.ended()), (1, 1, None));
    let hop =
        lookup.answered_by(slow, NodeId([1; 20]), [].iter(), Duration::from_secs(3), now).unwrap();
    assert_eq!(hop.contact.id, NodeId([1; 20]));
    assert_eq!(lookup.answered_by(slow, NodeId([1; 20]), [].iter(), Duration::ZERO, now), None);
}
