use std::time::{Instant, SystemTime};

use swarmscope_facts::peer::State;
use swarmscope_facts::request::Outcome;
use swarmscope_facts::{Facts, Now, Settings};

use super::*;

const HASH: &str = "9f3a01c400112233445566778899aabb";

fn visited(outcome: &str) -> VisitRow {
    VisitRow {
        network: Network::Overlay,
        round: 1,
        peer: HASH.into(),
        at: Time(1000),
        took: 500,
        outcome: outcome.into(),
        version: (outcome == REACHED).then_some(18),
        rtt: None,
        listed: 3,
    }
}

fn answered(outcome: &str) -> ReplyRow {
    ReplyRow {
        network: Network::Overlay,
        round: 1,
        peer: HASH.into(),
        question: "NATCHECK".into(),
        at: Time(1100),
        took: 40,
        outcome: outcome.into(),
        bytes: 61,
        parts: 1,
        content: Some("00112233445566778899aabbccddeeff".into()),
        columns: vec!["kind".into(), "code".into()],
        rows: vec![vec![Cell::Text("Full Cone NAT".into()), Cell::Int(1)]],
    }
}

fn folded(known: impl IntoIterator<Item = Known>) -> Facts {
    let mut facts = Facts::new(Settings::default());
    #[allow(clippy::disallowed_methods, reason = "a test's beginning of time")]
    let now = Now { instant: Instant::now(), wall: SystemTime::UNIX_EPOCH };
    for (_, input) in known {
        facts.fold(now, input);
    }
    facts
}

fn replies(row: &ReplyRow) -> Vec<Known> {
    let registry = swarmscope_probes::registry(swarmscope_probes::Statistics::empty());
    reply(row, Duration::from_secs(3600), &registry, Ticket(1)).expect("a known question")
}

#[test]
fn a_visit_is_a_connection_that_has_ended_and_has_no_address() {
    let facts = folded(visit(&visited(REACHED)).into_iter().chain(replies(&answered(ANSWERED))));
    let [peer] = &facts.peers().iter().collect::<Vec<_>>()[..] else { panic!("one peer") };
    assert!(matches!(peer.state, State::Gone { .. }), "{:?}", peer.state);
    assert_eq!((peer.version, peer.address, peer.rtt), (Some(OverlayVersion(18)), None, None));
    let Outcome::Replied(reply) = &peer.requests[0].outcome else { panic!("a reply") };
    assert_eq!((reply.bytes, reply.parts, reply.elapsed), (61, 1, Duration::from_millis(40)));
    let payload = reply.payload.as_deref().expect("what stands for it");
    assert!(payload.starts_with(NOT_KEPT), "no byte is made up");
    let decoding = reply.decoding.as_ref().expect("its rows");
    assert_eq!(decoding.decoded.tree.children[0].children[0].value, "Full Cone NAT");
    assert_eq!(format!("{}", decoding.content), answered(ANSWERED).content.expect("one"));
}

#[test]
fn outcomes_are_those_of_the_store() {
    let facts = folded(visit(&visited("tcp.refused")));
    let peer = facts.peers().iter().next().expect("one");
    let State::Failed { failure, .. } = &peer.state else { panic!("{:?}", peer.state) };
    assert_eq!(failure.cause.code(), "tcp.refused");
    let facts = folded(visit(&visited(REACHED)).into_iter().chain(replies(&answered("error.254"))));
    let peer = facts.peers().iter().next().expect("one");
    let Outcome::Replied(reply) = &peer.requests[0].outcome else { panic!("a reply") };
    assert_eq!(reply.error, ErrorByte::FREQUENCY);
}

#[test]
fn what_is_not_known_here_is_left_out() {
    assert_eq!(visit(&visited("a.code.of.later")), []);
    assert_eq!(visit(&VisitRow { network: Network::Dht, ..visited(REACHED) }), []);
    let known = visit(&VisitRow { peer: "no digits".into(), ..visited(REACHED) });
    assert_eq!(known, []);
}
