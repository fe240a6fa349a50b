use std::net::SocketAddr;
use std::time::Instant;

use swarmscope_wire::krpc::{Contact, NodeId};

use crate::address::Policy;
use crate::dht::crawl::{Crawl, CrawlConfig, Zone};
use crate::dht::estimate::Estimate;
use crate::dht::pace::TOTAL_RATE;
use crate::simulated::{Swarm, SwarmConfig, crawl};

/// Small for the clock's sake; the bench `crawl` has 100 000 nodes and 50 seeds.
#[test]
fn the_true_size_lies_in_the_printed_interval() {
    let (seeds, nodes, bits) = (10, 2_000, 1);
    let mut held = 0;
    for seed in 0..seeds {
        let config = SwarmConfig { nodes, liars: 10, silent: 20, limited: 5, loss: 1, seed };
        let crawled = crawl(Swarm::new(config), bits, 4, TOTAL_RATE, Instant::now());
        let truth = crawled.swarm.truth().count() as f64;
        let figures = crawled.crawl.figures();
        let Estimate { low, mid, high } = figures.catches.estimate(bits).unwrap();
        held += u32::from((low..=high).contains(&truth));
        println!(
            "truth {truth}, estimate {low:.0} – {mid:.0} – {high:.0}; zone {} of {}, {:?}, heard {}, {} queries, {:.0?}",
            figures.confirmed,
            crawled.truth,
            figures.catches,
            figures.heard,
            figures.queries,
            crawled.took
        );
        assert!(figures.confirmed <= crawled.truth, "what liars invent does not count");
        assert!(figures.catches.seen() == figures.confirmed);
        assert_eq!(figures.security.iter().sum::<usize>(), figures.confirmed);
        assert_eq!(figures.clients.values().sum::<usize>(), figures.confirmed);
        assert!(crawled.swarm.busiest_second() <= 4);
    }
    assert!(held >= 9, "{held} of {seeds}");
}

fn contact(id: u8, last: u8) -> Contact {
    Contact { id: NodeId([id; 20]), address: ([11, 0, 0, last], 6881).into() }
}

fn config(bits: u8) -> CrawlConfig {
    let zone = Zone { prefix: NodeId([0; 20]), bits };
    CrawlConfig { zone, questions: 2, most_known: 100, policy: Policy::default(), seed: 1 }
}

#[test]
fn a_node_counts_once_somebody_else_names_it_as_it_names_itself() {
    let mut crawl = Crawl::new(config(0), &[contact(1, 1)]);
    let ask = crawl.next_query().unwrap();
    crawl.answered(ask.token, NodeId([9; 20]), None, [contact(2, 2)].iter());
    assert_eq!((crawl.figures().answered, crawl.figures().confirmed), (1, 0));
    let ask = std::iter::from_fn(|| crawl.next_query())
        .find(|ask| ask.to == contact(2, 2).address)
        .unwrap();
    crawl.answered(ask.token, NodeId([2; 20]), Some(b"LT\x02\x08"), [contact(9, 1)].iter());
    let figures = crawl.figures();
    assert_eq!(figures.confirmed, 2);
    assert_eq!(figures.clients.get("libtorrent 2.0.8"), Some(&1));
}

#[test]
fn nobody_outside_the_zone_is_asked_and_everybody_in_it_once_more_where_slow() {
    let outside = Contact { id: NodeId([0x80; 20]), ..contact(1, 9) };
    let mut crawl = Crawl::new(config(1), &[outside, contact(1, 1), contact(1, 1)]);
    let ask = crawl.next_query().unwrap();
    assert_eq!((ask.to, crawl.next_query()), (contact(1, 1).address, None));
    crawl.slow(ask.token);
    let again = crawl.next_query().unwrap();
    assert_eq!(again.to, ask.to);
    crawl.slow(again.token);
    assert!(crawl.is_pass_done());
    crawl.begin_second_pass(&[contact(1, 1)]);
    crawl.answered(ask.token, NodeId([1; 20]), None, [].iter());
    assert_eq!(
        crawl.figures().answered,
        0,
        "an answer to the first pass says nothing in the second"
    );
    assert!(crawl.next_query().is_some_and(|ask| ask.to == contact(1, 1).address));
}

#[test]
fn what_is_remembered_is_bounded() {
    let seeds: Vec<Contact> = (0..200).map(|last| contact(1, last)).collect();
    let crawl = Crawl::new(config(0), &seeds);
    assert_eq!((crawl.known(), crawl.figures().surplus), (100, 100));
    let special: SocketAddr = ([127, 0, 0, 1], 1).into();
    let crawl = Crawl::new(config(0), &[Contact { id: NodeId([1; 20]), address: special }]);
    assert_eq!((crawl.known(), crawl.figures().refused_addresses), (0, 1));
}
