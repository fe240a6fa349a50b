//! Peer side, against Crawlers that the tests play.

use super::*;

fn one_reply(rig: &mut Rig) -> (ConnId, ErrorByte, Bytes) {
    let replies = rig.replies();
    let [(conn, reply)] = &replies[..] else { panic!("{replies:?}") };
    assert!(reply.parts_left.is_last());
    (*conn, reply.error, reply.payload.clone())
}

#[test]
fn an_answer_goes_back_on_the_channel_it_was_asked_on() {
    let mut rig = Rig::peer();
    rig.request(A, ID, 0, 3600);
    let id = rig.asked[0];
    rig.answer(id, "yes");
    let (conn, reply) = rig.replies().pop().unwrap();
    assert_eq!(
        (conn, reply),
        (A, CrawlerReply { channel: ChannelId(0), ..part(ChannelId(0), 0, b"yes") })
    );
    rig.answer(id, "again");
    assert!(rig.replies().is_empty(), "a handler replies once");
}

#[test]
fn who_is_not_allowed_gets_nothing_and_is_closed() {
    let mut rig = Rig::peer();
    rig.connect(B, 9, Direction::Incoming, None);
    assert!(rig.closes.is_empty(), "being there is no offence");
    rig.events();
    rig.request(B, ID, 1, 0);
    let failure = Failure::new(Cause::NotAllowed, By::Us, "");
    assert_eq!(rig.events(), [Event::Refused { permid: permid(9), message: ID, failure }]);
    assert!(rig.sent.is_empty() && rig.asked.is_empty());
    let [(B, failure)] = &rig.closes[..] else { panic!() };
    assert_eq!(failure.cause, Cause::NotAllowed);
    rig.request(B, ID, 1, 0); // what was on its way
    assert!(rig.events().is_empty() && rig.closes.len() == 1);
}

#[test]
fn under_5_bytes_or_below_version_7_closes_without_a_reply() {
    let mut rig = Rig::peer();
    rig.frame(A, Frame { id: FrameId::CRAWLER_REQUEST, body: Bytes::from_static(&[200, 1, 0]) });
    assert_eq!(rig.closes.pop().unwrap().1.cause, Cause::MessageMalformed);
    let peer = ConnectedPeer {
        permid: permid(3),
        version: OverlayVersion(6),
        offers: OverlayVersion(6),
        direction: Direction::Incoming,
        remote: address(3),
        listening_port: 0,
        rtt: Duration::ZERO,
    };
    rig.input(Input::Connected { conn: B, attempt: None, peer });
    rig.request(B, ID, 1, 0);
    assert_eq!(rig.closes.pop().unwrap().1.cause, Cause::VersionNoCrawler);
    assert!(rig.sent.is_empty() && rig.asked.is_empty());
}

#[test]
fn an_unknown_id_is_253_and_the_connection_stays() {
    let mut rig = Rig::peer();
    rig.request(A, UNKNOWN_ID, 5, 3600);
    rig.request(A, UNKNOWN_ID, 6, 3600);
    let replies = rig.replies();
    assert!(
        replies
            .iter()
            .all(|(_, r)| r.error == ErrorByte::UNKNOWN_MESSAGE && r.payload == "unknown message")
    );
    assert_eq!((replies.len(), rig.closes.len()), (2, 0));
}

#[test]
fn one_gate_for_two_crawlers_and_all_connections() {
    let mut rig = Rig::peer();
    rig.connect(B, 3, Direction::Incoming, None);
    rig.request(A, ID, 1, 60);
    rig.request(A, ID, 2, 60);
    assert_eq!(one_reply(&mut rig), (A, ErrorByte::FREQUENCY, "frequency error".into()));
    rig.request(B, ID, 1, 60);
    assert_eq!(one_reply(&mut rig), (B, ErrorByte::FREQUENCY, "frequency error".into()));
    rig.connect(ConnId(3), 2, Direction::Incoming, None);
    rig.request(ConnId(3), ID, 1, 60);
    assert_eq!(one_reply(&mut rig).1, ErrorByte::FREQUENCY);
    rig.request(B, OTHER_ID, 1, 60);
    assert_eq!(rig.asked.len(), 2, "each id has its own gate");
    rig.pass(secs(55));
    rig.request(B, ID, 2, 60);
    assert_eq!(one_reply(&mut rig).1, ErrorByte::FREQUENCY, "55 s: last + 60 = now + 5");
    rig.pass(Duration::from_millis(1));
    rig.request(B, ID, 2, 60);
    assert_eq!(rig.asked.len(), 3);
    rig.request(A, ID, 3, 5);
    assert_eq!(rig.asked.len(), 4, "5 and below always pass");
}

#[test]
fn parts_are_cut_as_the_socket_takes_them_and_those_of_two_replies_take_turns() {
    let mut rig = Rig::peer();
    rig.takes = false;
    rig.request(A, ID, 1, 0);
    rig.request(A, ID, 2, 0);
    let [one, two] = rig.asked[..] else { panic!() };
    rig.answer(one, vec![1; 300 * 32_768]);
    rig.answer(two, vec![2; 4 * 32_768]);
    assert_eq!(rig.sent.len(), 8, "not more than the window");
    let mut channels = Vec::new();
    for _ in 0..304 {
        channels.extend(rig.replies().into_iter().map(|(_, reply)| reply.channel.0));
        rig.input(Input::Written { conn: A, frames: 1 });
    }
    assert_eq!(channels.len(), 304);
    let second: Vec<_> = channels
        .iter()
        .enumerate()
        .filter(|(_, channel)| **channel == 2)
        .map(|(at, _)| at)
        .collect();
    assert_eq!(second, [9, 11, 13, 15], "in turn, once the window opens");
    let answered =
        rig.events().into_iter().filter(|event| matches!(event, Event::Answered { .. })).count();
    assert_eq!(answered, 2);
}

#[test]
fn the_pace_is_kept_between_the_parts_of_each_reply() {
    let mut rig = Rig::new(EngineConfig { pace: Some(secs(2)), ..config(1) });
    rig.input(Input::Allow([permid(2)].into()));
    rig.connect(A, 2, Direction::Incoming, None);
    rig.request(A, ID, 1, 0);
    rig.answer(rig.asked[0], vec![0; 3 * 32_768]);
    assert_eq!(rig.replies().len(), 1);
    rig.pass(Duration::from_millis(1_999));
    assert_eq!(rig.replies().len(), 0);
    rig.pass(Duration::from_millis(1));
    assert_eq!(rig.replies().len(), 1);
    rig.request(A, UNKNOWN_ID, 2, 0);
    assert_eq!(
        one_reply(&mut rig).1,
        ErrorByte::UNKNOWN_MESSAGE,
        "another reply doesn't wait for it"
    );
    rig.pass(secs(2));
    assert_eq!(rig.replies().len(), 1);
}

#[test]
fn more_requests_than_can_be_worked_on_get_an_error_and_do_not_count() {
    let mut rig = Rig::peer();
    for n in 0..16 {
        rig.request(A, ID, n, 0);
    }
    assert_eq!((rig.asked.len(), rig.replies().len()), (16, 0), "one Crawler's share");
    rig.request(A, OTHER_ID, 200, 3600);
    assert_eq!(one_reply(&mut rig).1, ErrorByte::HANDLER);
    rig.answer(rig.asked[0], "");
    rig.replies();
    rig.request(A, OTHER_ID, 200, 3600);
    assert_eq!(rig.asked.len(), 17, "the refused one did not move the gate");
}

#[test]
fn a_crawler_that_asks_and_never_reads_is_closed() {
    let mut rig = Rig::peer();
    rig.takes = false;
    for n in 0..2_000u32 {
        rig.request(A, UNKNOWN_ID, n.to_le_bytes()[0], 0);
    }
    assert_eq!(rig.closes[0].1.cause, Cause::QueueFull);
    assert!(rig.sent.len() <= 8);
}

#[test]
fn replies_that_nobody_takes_are_bounded() {
    let mut rig = Rig::peer();
    rig.takes = false;
    for n in 0..5 {
        rig.request(A, ID, n, 0);
    }
    for id in rig.asked.clone() {
        rig.answer(id, vec![0; 60 << 20]);
    }
    rig.takes = true;
    rig.input(Input::Written { conn: A, frames: 8 });
    let last: Vec<_> =
        rig.replies().into_iter().filter(|(_, reply)| reply.channel == ChannelId(4)).collect();
    assert_eq!((last.len(), last[0].1.error), (1, ErrorByte::HANDLER));
}
