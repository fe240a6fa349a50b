//! The demo's tour, without the screen: everything that it promises happens, and only to the peers
//! that play.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use swarmscope::demo::{self, Reading, Role, Scenario, Swarm, SwarmConfig};
use swarmscope::screen::{Msg, Scene, TourControl, TourStep};
use swarmscope_facts::networks::{self, Event as Told};
use swarmscope_peer::node::{Ask, Event, Events, Node, Origin, PeerKey, Reply, Source};
use swarmscope_wire::failure::Cause;
use swarmscope_wire::{ErrorByte, Frequency, MessageId, Permid};
use tokio::sync::mpsc;

use crate::process::PATIENCE;

/// What the screen was told during the tour.
struct Seen {
    events: Vec<Event>,
    labels: HashMap<Permid, String>,
    steps: Vec<TourStep>,
}

/// Watches until the tour has ended and this peer is gone.
async fn watch(
    mut events: Events,
    mut extra: mpsc::Receiver<Msg>,
    leaves: Permid,
    (node, everybody): (Node, Vec<Permid>),
) -> Seen {
    let mut seen = Seen { events: Vec::new(), labels: HashMap::new(), steps: Vec::new() };
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
                Msg::Tour(step) => {
                    if matches!(step.scene, Some(Scene::AskAll(_))) {
                        ask_all(&node, &everybody);
                    }
                    seen.steps.push(step);
                }
                Msg::TourEnded => ended = true,
                other => panic!("{other:?}"),
            },
        }
    }
    seen
}

/// What the screen does where nobody has touched a key.
fn ask_all(node: &Node, everybody: &[Permid]) {
    for permid in everybody {
        node.request(Ask {
            to: *permid,
            message: MessageId::NATCHECK,
            frequency: Frequency::DEFAULT,
            payload: bytes::Bytes::new(),
            timeout: PATIENCE,
            origin: Origin::Operator,
            wait_for_dial_back: false,
        });
    }
}

fn replies(seen: &Seen, from: Permid) -> Vec<(MessageId, ErrorByte, u32, bool)> {
    let reply = |event: &Event| match event {
        Event::Reply(Reply { permid, message, error, parts, dialled_back, .. })
            if *permid == from =>
        {
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
        clients: None,
        watch: None,
    };
    let swarm = Swarm::start(config).await.expect("a swarm");
    let player = |role| swarm.player(role).expect("a player").permid;
    let stage = demo::stage(&swarm, Reading::NoTime, None).await.expect("a stage");
    let untouched =
        swarm.peers().iter().filter(|peer| matches!(peer.role, Role::Plain | Role::Changed));
    let everybody = (stage.node.clone(), untouched.map(|peer| peer.permid).collect());
    let watching = watch(stage.events, stage.extra, player(Role::GoesAway), everybody);
    let seen = tokio::time::timeout(PATIENCE, watching).await.expect("the tour ends");
    assert_eq!(seen.steps.len(), 13);
    let changed: HashSet<Permid> = swarm
        .peers()
        .iter()
        .filter(|peer| peer.role == Role::Changed)
        .map(|peer| peer.permid)
        .collect();
    let [.., all, answers, odd, _yours] = &seen.steps[..] else { panic!("{:#?}", seen.steps) };
    assert!(matches!(all.scene, Some(Scene::AskAll(_))));
    assert!(answers.text.contains("3 peers"), "no more than have answered: {}", answers.text);
    assert_eq!(odd.scene, Some(Scene::Peer));
    assert!(odd.show.is_some_and(|(permid, _)| changed.contains(&permid)), "one of the three");

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
        .filter(|(_, origin)| *origin == Origin::Tour)
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

/// Somebody steps through the tour: it holds still where it is told to, goes on and back at a key,
/// and asks nobody twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tour_is_held_and_stepped_through() {
    let config = SwarmConfig {
        peers: 12,
        seed: 1,
        allow: Vec::new(),
        scenario: Scenario::Worm,
        played: true,
        nats: None,
        clients: None,
        watch: None,
    };
    let swarm = Swarm::start(config).await.expect("a swarm");
    let mut stage = demo::stage(&swarm, Reading::AsWritten, None).await.expect("a stage");
    tokio::spawn(async move { while stage.events.recv().await.is_some() {} });
    let send = |control| stage.tour.try_send(control).expect("it listens");
    let mut next = async || loop {
        match stage.extra.recv().await.expect("the tour goes on") {
            Msg::Tour(step) => return Some((step.step, step.paused)),
            Msg::TourEnded => return None,
            _ => {}
        }
    };
    assert_eq!(next().await, Some((1, false)));
    send(TourControl::Pause);
    let held = tokio::time::timeout(Duration::from_secs(9), next()).await;
    assert!(held.is_err(), "it goes on by itself after seven seconds: {held:?}");
    send(TourControl::Next);
    assert_eq!(next().await, Some((2, true)), "stepped through, it stays held");
    send(TourControl::Back);
    assert_eq!(next().await, Some((1, true)));
    send(TourControl::Pause);
    assert_eq!(next().await, Some((2, false)), "the time to read it is over");
    send(TourControl::Skip);
    assert_eq!(next().await, None);
    swarm.shutdown(Duration::from_secs(1)).await;
}

/// The clients and nodes are named and labelled before anything is asked, and what each step speaks
/// of is asked by the screen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tour_of_other_networks_asks_what_it_speaks_of() {
    let config = SwarmConfig {
        peers: 2,
        seed: 1,
        allow: Vec::new(),
        scenario: Scenario::BitTorrent,
        played: true,
        nats: None,
        clients: None,
        watch: None,
    };
    let swarm = Swarm::start(config).await.expect("a swarm");
    let mut stage = demo::stage(&swarm, Reading::NoTime, None).await.expect("a stage");
    tokio::spawn(async move { while stage.events.recv().await.is_some() {} });
    let (mut labels, mut named, mut asked) = (HashMap::new(), Vec::new(), Vec::new());
    while let Some(msg) = stage.extra.recv().await {
        match msg {
            Msg::Network(Told::Named { peer }) => named.push(peer),
            Msg::Network(Told::Labelled { peer, label }) => drop(labels.insert(peer, label)),
            Msg::Tour(step) => {
                for question in step.asks {
                    assert_eq!(step.other.as_ref(), Some(&question.peer), "{}", step.text);
                    let registry = networks::registry(networks::network(&question.peer));
                    let asks = registry.get(question.message).expect("a question");
                    let who = named.iter().position(|peer| *peer == question.peer);
                    asked.push((who.expect("it was named"), asks.name().to_owned()));
                }
            }
            Msg::TourEnded => break,
            other => panic!("{other:?}"),
        }
    }
    let labels: Vec<&str> = named.iter().map(|peer| &*labels[peer]).collect();
    let simulated = "simulated";
    assert_eq!(labels, [simulated, simulated, "a closed port", simulated, simulated]);
    let asked: Vec<(usize, &str)> = asked.iter().map(|(who, what)| (*who, &**what)).collect();
    let (ladder, burst) = asked.split_at(6);
    let expected =
        [(0, "REACH"), (1, "REACH"), (2, "REACH"), (0, "HELLO"), (0, "PEX"), (3, "LOOKUP")];
    assert_eq!((ladder, burst), (&expected[..], &[(4, "PING"); 7][..]));
    swarm.shutdown(Duration::from_secs(1)).await;
}

/// The overload takes down the peers of one version, all but one; of the others nobody goes.
#[cfg(feature = "legacy")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cascade_takes_down_one_version() {
    let config = SwarmConfig {
        peers: 24,
        seed: 1,
        allow: Vec::new(),
        scenario: Scenario::Cascade,
        played: true,
        nats: None,
        clients: None,
        watch: None,
    };
    let swarm = Swarm::start(config).await.expect("a swarm");
    let old: HashSet<Permid> =
        swarm.peers().iter().filter(|peer| peer.version.0 == 17).map(|peer| peer.permid).collect();
    let mut stage = demo::stage(&swarm, Reading::AsWritten, None).await.expect("a stage");
    let (mut waves, mut gone) = (Vec::new(), HashSet::new());
    while gone.len() < old.len() - 1 {
        tokio::select! {
            Some(event) = stage.events.recv() => if let Event::Disconnected { permid, .. } = event {
                gone.insert(permid);
            },
            Some(msg) = stage.extra.recv() => if let Msg::Tour(step) = msg {
                waves.push((step.step, gone.len()));
            },
        }
    }
    assert!(gone.is_subset(&old), "of version 17 alone");
    assert_eq!(waves, [(1, 0), (2, 0), (3, 1), (4, 3)], "one, then two, then the rest");
    swarm.shutdown(Duration::from_secs(1)).await;
}
