use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use swarmscope_wire::krpc::{NodeId, Question};

use crate::dht::asker::{Asker, AskerConfig};
use crate::dht::pace::{NODE_SPACING, TOTAL_RATE};
use crate::dht::transactions::Deadlines;

fn asker() -> Asker<usize> {
    let (id, deadlines) = (NodeId([1; 20]), Deadlines::default());
    Asker::new(AskerConfig { id, rate: TOTAL_RATE, deadlines, seed: 1 })
}

/// Sends all that waits, in the time of the test: which question when.
fn run(asker: &mut Asker<usize>) -> Vec<(usize, Duration)> {
    asker.watch();
    let (start, mut datagram, mut sent) = (Instant::now(), Vec::new(), Vec::new());
    let mut now = start;
    while asker.queued() > 0 {
        while asker.transmit(now, &mut datagram).is_some() {
            sent.push((asker.latest().expect("it is watched").0, now - start));
        }
        while asker.pass(now).is_some() {}
        now = asker.deadline().filter(|_| asker.queued() > 0).unwrap_or(now);
    }
    sent
}

#[test]
fn an_address_with_many_questions_before_it_holds_up_nobody_else() {
    let mut asker = asker();
    let crowd = |port: u16| SocketAddr::from(([192, 0, 2, 1], port));
    let honest = |host: u8| SocketAddr::from(([198, 51, 100, host], 6881));
    for port in 0..128 {
        asker.ask(crowd(1024 + port), Question::Ping, usize::from(port));
    }
    for host in 0..64 {
        asker.ask(honest(host), Question::Ping, 1000 + usize::from(host));
    }
    let sent = run(&mut asker);
    assert_eq!(sent.len(), 192);
    let last = sent.iter().filter(|(what, _)| *what >= 1000).map(|(_, at)| *at).max();
    // 64 at 250 a second
    assert!(last < Some(Duration::from_millis(300)), "{last:?}");
    let crowd: Vec<Duration> = sent.iter().filter(|it| it.0 < 1000).map(|it| it.1).collect();
    assert!(crowd.windows(2).all(|two| two[1] >= two[0] + NODE_SPACING), "and rests as it must");
}

proptest! {
    /// Everything is sent once, in order for each address, and no address is asked too often.
    #[test]
    fn all_that_is_asked_is_sent_in_order(hosts in proptest::collection::vec(0..5_u8, 0..60)) {
        let mut asker = asker();
        for (what, host) in hosts.iter().enumerate() {
            asker.ask(([192, 0, 2, *host], 6881).into(), Question::Ping, what);
        }
        let mut before: HashMap<u8, (usize, Duration)> = HashMap::new();
        let sent = run(&mut asker);
        prop_assert_eq!(sent.len(), hosts.len());
        for (what, at) in sent {
            if let Some((earlier, then)) = before.insert(hosts[what], (what, at)) {
                prop_assert!(earlier < what && at >= then + NODE_SPACING);
            }
        }
    }

    /// What is given up is gone, and nothing else.
    #[test]
    fn what_is_given_up_is_gone(hosts in proptest::collection::vec(0..5_u8, 0..60), kept in 1..4_usize) {
        let mut asker = asker();
        for (what, host) in hosts.iter().enumerate() {
            asker.ask(([192, 0, 2, *host], 6881).into(), Question::Ping, what);
        }
        asker.retain(|what| what % kept == 0);
        let left = (0..hosts.len()).filter(|what| what % kept == 0).count();
        prop_assert_eq!((asker.queued(), run(&mut asker).len()), (left, left));
    }
}
