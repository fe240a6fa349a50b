//! The demo's tour, without the screen: everything that it promises happens, and only to the peers
//! that play.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use swarmscope::demo::{self, Reading, Role, Scenario, Swarm, SwarmConfig};
use swarmscope::screen::Msg;
use swarmscope_peer::node::{Event, Events, Origin, PeerKey, Source};
use swarmscope_wire::failure::Cause;
use swarmscope_wire::{ErrorByte, MessageId, Permid};
use tokio::sync::mpsc;

use crate::process::PATIENCE;

/// What the screen was told during the tour.
struct Seen {
    events: Vec<Event>,
    labels: HashMap<Permid, String>,
    steps: usize,
}

/// Watches until the tour has ended and this peer is gone.
async fn watch(mut events: Events, mut extra: mpsc::Receiver<Msg>, leaves: Permid) -> Seen {
    let mut seen = Seen { events: Vec::new(), labels: HashMap::new(), steps: 0 };
    let (mut ended, mut gone) = (false, false);
    while !(ended && gone) {
        tokio::select! {
            Some(event) = events.recv() => {
                gone |= matches!(&event, Event::Disconnected { permid, .. } if *permid == leaves);
                seen.events.push(event);
            }
            Some(msg) = extra.recv() => match msg {
                Msg::Label { permid, label } => {
                    seen.labels.insert(permid, label);
                }
                Msg::Tour(_) => seen.steps += 1,
                Msg::TourEnded => ended = true,
                other => panic!("{other:?}"),
            },
        }
    }
    seen
}

fn replies(seen: &Seen, from: Permid) -> Vec<(MessageId, ErrorByte, u32, bool)> {
    let reply = |event: &Event| match event {
        Event::Reply { permid, message, error, parts, dialled_back, .. } if *permid == from => {
            Some((*message, *error, *parts, *dialled_back))
        }
        _ => None,
    };
    seen.events.iter().filter_map(reply).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_the_tour_promises_happens() {
    let config = SwarmConfig {
        peers: 24,
        seed: 1,
        allow: Vec::new(),
        scenario: Scenario::Tour,
        played: true,
        nats: None,
        watch: None,
    };
    let swarm = Swarm::start(config).await.expect("a swarm");
    let player = |role| swarm.player(role).expect("a player").permid;
    let stage = demo::stage(&swarm, Reading::NoTime).await.expect("a stage");
    let watching = watch(stage.events, stage.extra, player(Role::GoesAway));
    let seen = tokio::time::timeout(PATIENCE, watching).await.expect("the tour ends");
    assert_eq!(seen.steps, 9);

    let natcheck = MessageId::NATCHECK;
    assert_eq!(replies(&seen, player(Role::BehindNat)), [(natcheck, ErrorByte::SUCCESS, 1, false)]);
    let slow = replies(&seen, player(Role::SlowLine));
    assert_eq!((slow[0].1, slow[1].1), (ErrorByte::SUCCESS, ErrorByte::FREQUENCY));
    assert!(slow[0].2 >= 10, "{} parts", slow[0].2);
    assert_eq!(
        replies(&seen, player(Role::AskedBefore)),
        [(natcheck, ErrorByte::FREQUENCY, 1, false)]
    );
    assert_eq!(
        replies(&seen, player(Role::FewIds)),
        [(MessageId::REPEX_QUERY, ErrorByte::UNKNOWN_MESSAGE, 1, false)]
    );
    assert_eq!(
        replies(&seen, player(Role::AnswersLate)),
        [(natcheck, ErrorByte::SUCCESS, 1, true)]
    );
    let refuses = player(Role::Refuses);
    let closed = |event: &Event| matches!(event, Event::RequestFailed { permid, failure, .. } if *permid == refuses && failure.cause == Cause::ClosedWithoutReply);
    assert!(seen.events.iter().any(closed));

    let asked: HashSet<Permid> = seen
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Sent { permid, origin, .. } => Some((*permid, *origin)),
            _ => None,
        })
        .inspect(|(_, origin)| assert_eq!(*origin, Origin::Tour))
        .map(|(permid, _)| permid)
        .collect();
    assert!(
        asked.iter().all(|permid| seen.labels.contains_key(permid)),
        "only those that play are asked"
    );

    // Some are quicker to dial the screen than it is to hear of them.
    let mut heard = 0;
    let mut found = HashSet::new();
    for event in &seen.events {
        if let Event::Discovered { peer: PeerKey::Permid(permid), source, .. } = event {
            heard += usize::from(matches!(source, Source::BuddyCast(_)));
            found.insert(*permid);
        }
    }
    assert!(heard >= 10, "BuddyCast told of {heard} only");
    assert_eq!(
        found,
        swarm.peers().iter().map(|peer| peer.permid).collect(),
        "the whole swarm is found"
    );
    swarm.shutdown(Duration::from_secs(1)).await;
}
