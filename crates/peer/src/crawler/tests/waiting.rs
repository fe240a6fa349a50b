//! Crawler side: requests that wait for a connection, or that one does not take.

use super::*;

fn requests(rig: &mut Rig) -> Vec<ConnId> {
    let requests = rig.sent.drain(..).filter(|(_, frame)| frame.id == FrameId::CRAWLER_REQUEST);
    requests.map(|(conn, _)| conn).collect()
}

#[test]
fn a_request_that_a_connection_does_not_take_goes_out_on_another() {
    let mut rig = Rig::crawler();
    rig.connect(B, 2, Direction::Outgoing, None);
    let (ticket, channel) = rig.ask_on(ask(2));
    let (conn, frame) = rig.sent.pop().unwrap();
    assert_eq!(conn, B, "the newest");
    rig.input(Input::NotSent { conn, frame });
    assert_eq!(requests(&mut rig), [A]);
    rig.ask(ask(2));
    assert_eq!(requests(&mut rig), [A], "the other one is leaving");
    rig.input(Input::Closed { conn: B, failure: Failure::new(Cause::Duplicate, By::Us, "") });
    rig.part(A, &part(channel, 0, b"yes"));
    assert_eq!(rig.ends(), [(ticket, Ok("yes".into()))]);
}

#[test]
fn or_on_the_next_or_it_fails_with_its_connection() {
    let mut rig = Rig::crawler();
    let (cancelled, _) = rig.ask_on(ask(2));
    rig.ask_on(ask(2));
    for (conn, frame) in std::mem::take(&mut rig.sent) {
        rig.input(Input::NotSent { conn, frame });
    }
    rig.input(Input::Cancel(cancelled));
    rig.connect(B, 2, Direction::Incoming, None);
    assert_eq!(requests(&mut rig), [B], "only the one that is still wanted");

    let mut rig = Rig::crawler();
    let (ticket, _) = rig.ask_on(ask(2));
    let (conn, frame) = rig.sent.pop().unwrap();
    rig.input(Input::NotSent { conn, frame });
    rig.close(A);
    rig.connect(B, 2, Direction::Incoming, None);
    assert_eq!(rig.ends(), [(ticket, Err(Cause::ClosedWithoutReply))]);
    assert!(requests(&mut rig).is_empty());
}

#[test]
fn requests_that_wait_for_a_connection_hold_no_more_than_they_may() {
    let limits = Limits { waiting_bytes: 1000, ..Limits::default() };
    let mut rig = Rig::new(EngineConfig { limits, ..config(1) });
    for n in [2, 3] {
        let (host, port) = (address(n).ip().to_string(), address(n).port());
        let target = Target { permid: Some(permid(n)), host, port };
        rig.input(Input::Connect { target, source: Source::Operator });
    }
    let large = |to| Ask { payload: vec![b'?'; 400].into(), ..ask(to) };
    let (first, _) = (rig.ask(large(2)), rig.ask(large(3)));
    let refused = rig.ask(large(2));
    assert_eq!(rig.ends(), [(refused, Err(Cause::ChannelsFull))], "of all peers together");
    rig.input(Input::Cancel(first));
    assert_eq!(rig.ends(), [(first, Err(Cause::Cancelled))]);
    let waits = rig.ask(large(2));
    assert_eq!(rig.ends(), [], "it has the place of the one that was given up");
    rig.connect(A, 2, Direction::Outgoing, Some(rig.dials[0].0));
    assert!(
        rig.events.iter().any(|it| matches!(it, Event::Sent { ticket, .. } if *ticket == waits))
    );
    rig.ask(large(3));
    assert_eq!(rig.ends(), [], "what was sent waits no more");
}

#[test]
fn no_more_requests_wait_for_one_peer_than_it_has_channels() {
    let mut rig = Rig::new(config(1));
    let (host, port) = (address(2).ip().to_string(), address(2).port());
    let target = Target { permid: Some(permid(2)), host, port };
    rig.input(Input::Connect { target, source: Source::Operator });
    for _ in 0..255 {
        rig.ask(ask(2));
    }
    assert_eq!(rig.ends(), []);
    let refused = rig.ask(ask(2));
    assert_eq!(rig.ends(), [(refused, Err(Cause::ChannelsFull))]);
}
