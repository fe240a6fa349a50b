//! What passes over connections, told under the name of their peer.

use super::*;
use swarmscope_wire::failure::By;
use swarmscope_wire::frame::FrameId;
use swarmscope_wire::trace::{Kind, Piece};

/// Every event up to the end of the peer's connection.
async fn until_gone(running: &mut Running) -> Vec<Event> {
    let mut events = Vec::new();
    let read = async {
        loop {
            let event = running.events.recv().await.expect("the node lives");
            let gone = matches!(event, Event::Disconnected { .. });
            events.push(event);
            if gone {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, read).await.expect("in time");
    events
}

fn traced(events: &[Event]) -> Vec<(PeerKey, Trace)> {
    let traced = |event: &Event| match event {
        Event::Traced { peer, traced } => Some((peer.clone(), traced.what.clone())),
        _ => None,
    };
    events.iter().filter_map(traced).collect()
}

fn pieces(traced: &[(PeerKey, Trace)], sent: bool) -> Vec<Piece> {
    let piece = |(_, what): &(PeerKey, Trace)| match what {
        Trace::Sent(piece) if sent => Some(piece.clone()),
        Trace::Received(piece) if !sent => Some(piece.clone()),
        _ => None,
    };
    traced.iter().filter_map(piece).collect()
}

#[tokio::test]
async fn both_sides_are_told_of_the_same_bytes_and_before_what_they_mean() {
    for version in [LEGACY, CURRENT] {
        let peer = NodeConfig {
            listen: LOOPBACK,
            allow: vec![permid(version, 1)],
            trace: true,
            ..config(version, 2)
        };
        let mut peer = Running::start(peer).await;
        let mut crawler = Running::start(NodeConfig { trace: true, ..config(version, 1) }).await;
        crawler.node.connect(peer.target());
        let who = permid(version, 2);
        let mut before = Vec::new();
        while !matches!(before.last(), Some(Event::Connected { .. })) {
            before.push(crawler.events.recv().await.unwrap());
        }
        let ticket = crawler.node.request(ask(version, "100000 0"));
        let mut parts = 0;
        while !matches!(before.last(), Some(Event::Reply(_))) {
            let event = crawler.events.recv().await.unwrap();
            let is_part = matches!(event, Event::Part { ticket: of, .. } if of == ticket);
            parts += usize::from(is_part);
            if is_part {
                let told = pieces(&traced(&before), false);
                let frames = told
                    .iter()
                    .filter(|piece| piece.kind == Kind::Frame(FrameId::CRAWLER_REPLY))
                    .count();
                assert!(frames >= parts, "a part is told of after its frame");
            }
            before.push(event);
        }
        crawler.node.disconnect(who);
        before.extend(until_gone(&mut crawler).await);
        let (near, far) = (traced(&before), traced(&until_gone(&mut peer).await));
        assert_eq!(
            (pieces(&near, true), pieces(&near, false)),
            (pieces(&far, false), pieces(&far, true)),
            "{version}"
        );
        assert!(matches!(&near[0].0, PeerKey::Address(_)), "nobody knows yet who it is");
        assert!(
            near.iter()
                .skip_while(|(_, what)| *what != Trace::Authenticated)
                .skip(1)
                .all(|(key, _)| *key == PeerKey::Permid(who))
        );
        assert!(far.iter().all(|(key, _)| *key == PeerKey::Permid(permid(version, 1))));
        assert!(matches!(&near.last().unwrap().1, Trace::Closed(failure) if failure.by == By::Us));
    }
}

#[tokio::test]
async fn who_does_not_ask_for_it_is_told_of_no_step() {
    let peer = Running::peer(CURRENT).await;
    let mut crawler = Running::start(config(CURRENT, 1)).await;
    crawler.node.connect(peer.target());
    let mut events = Vec::new();
    while !matches!(events.last(), Some(Event::Connected { .. })) {
        events.push(crawler.events.recv().await.unwrap());
    }
    crawler.node.disconnect(permid(CURRENT, 2));
    events.extend(until_gone(&mut crawler).await);
    assert_eq!(traced(&events), []);
}

#[tokio::test]
async fn frames_are_told_only_of_the_peer_that_is_looked_at_and_from_then_on() {
    let peer = Running::peer(CURRENT).await;
    let mut crawler = Running::crawler(CURRENT, &peer).await;
    let who = permid(CURRENT, 2);
    for _ in 0..3 {
        crawler.ask(ask(CURRENT, "40000 0")).await.unwrap();
    }
    crawler.node.trace(who, true);
    let of = crawler.node.request(ask(CURRENT, "40000 0"));
    let mut events = Vec::new();
    while !matches!(events.last(), Some(Event::Reply(Reply { ticket, .. })) if *ticket == of) {
        events.push(crawler.events.recv().await.unwrap());
    }
    let watched = traced(&events);
    let frames = |sent, id| {
        pieces(&watched, sent).iter().filter(|piece| piece.kind == Kind::Frame(id)).count()
    };
    assert_eq!(
        (frames(true, FrameId::CRAWLER_REQUEST), frames(false, FrameId::CRAWLER_REPLY)),
        (1, 2),
        "{watched:?}"
    );
    assert!(pieces(&watched, false).iter().all(|piece| piece.whole), "cut between frames");
    crawler.node.trace(permid(CURRENT, 9), true);
    crawler.node.trace(who, false);
    let of = crawler.node.request(ask(CURRENT, "40000 0"));
    let mut events = Vec::new();
    while !matches!(events.last(), Some(Event::Reply(Reply { ticket, .. })) if *ticket == of) {
        events.push(crawler.events.recv().await.unwrap());
    }
    assert_eq!(traced(&events), [], "nobody looks any more");
}

#[tokio::test]
async fn more_time_for_a_request_that_is_under_way() {
    let peer = Running::peer(CURRENT).await;
    let mut crawler = Running::crawler(CURRENT, &peer).await;
    let ticket =
        crawler.node.request(Ask { timeout: Duration::from_millis(400), ..ask(CURRENT, "5 1200") });
    crawler.node.extend(ticket, Duration::from_secs(20));
    let whole = |event| match event {
        Event::Due { ticket: of, whole, .. } if of == ticket => Some(whole),
        _ => None,
    };
    assert_eq!(crawler.until(whole).await, Duration::from_millis(400));
    assert_eq!(crawler.until(whole).await, Duration::from_millis(20_400));
    assert_eq!(crawler.end(ticket).await, Ok((ErrorByte::SUCCESS, pattern(5))));
}
