//! Crawler side, against a peer that the tests play.

use std::collections::HashSet;

use super::*;
use swarmscope_wire::failure::Delivered;

#[test]
fn all_255_channels_are_used_once_and_then_none_is_left() {
    let mut rig = Rig::crawler();
    let channels: HashSet<_> = (0..255).map(|_| rig.ask_on(ask(2)).1).collect();
    assert_eq!(channels.len(), 255);
    assert!(!channels.contains(&ChannelId(0)));
    let ticket = rig.ask(ask(2));
    assert_eq!(rig.ends(), [(ticket, Err(Cause::ChannelsFull))]);
    rig.connect(B, 3, Direction::Outgoing, None);
    rig.ask_on(ask(3)); // another peer has channels of its own
    rig.part(A, &part(ChannelId(77), 0, b"done"));
    assert_eq!(rig.ask_on(ask(2)).1, ChannelId(77));
}

#[test]
fn parts_of_several_replies_interleave() {
    let mut rig = Rig::crawler();
    let (one, two) = (rig.ask_on(ask(2)), rig.ask_on(ask(2)));
    for (channel, left, payload) in
        [(one.1, 2, "a"), (two.1, 1, "x"), (one.1, 1, "b"), (two.1, 0, "y"), (one.1, 0, "c")]
    {
        rig.part(A, &part(channel, left, payload.as_bytes()));
    }
    assert_eq!(rig.ends(), [(two.0, Ok("xy".into())), (one.0, Ok("abc".into()))]);
}

#[test]
fn the_error_of_the_last_part_is_the_replys() {
    let mut rig = Rig::crawler();
    let (_, channel) = rig.ask_on(ask(2));
    rig.part(A, &part(channel, 1, b"half"));
    rig.part(A, &CrawlerReply { error: ErrorByte(7), ..part(channel, 0, b" whole") });
    let errors: Vec<_> = rig
        .events()
        .iter()
        .filter_map(|event| match event {
            Event::Part { error, .. } => Some(error.0),
            Event::Reply(Reply { error, payload, parts, .. }) => {
                assert_eq!((&payload[..], *parts), (&b"half whole"[..], 2));
                Some(error.0)
            }
            _ => None,
        })
        .collect();
    assert_eq!(errors, [0, 7, 7]);
}

#[test]
fn only_a_hint_of_0_completes() {
    let mut rig = Rig::crawler();
    let (ticket, channel) = rig.ask_on(ask(2));
    for left in [1, 200, 3, 255, 1, 1] {
        rig.part(A, &part(channel, left, b"-"));
    }
    assert_eq!(rig.ends(), []);
    rig.part(A, &part(channel, 0, b"."));
    assert_eq!(rig.ends(), [(ticket, Ok("------.".into()))]);
}

#[test]
fn what_belongs_to_no_request_is_dropped_counted_and_shown() {
    let mut rig = Rig::crawler();
    rig.connect(B, 3, Direction::Outgoing, None);
    let (ticket, channel) = rig.ask_on(ask(2));
    let strange = ChannelId(channel.0 ^ 1);
    rig.events();
    rig.part(A, &part(strange, 0, b"wrong channel"));
    rig.part(B, &part(channel, 0, b"another peer"));
    rig.part(A, &CrawlerReply { message: OTHER_ID, ..part(channel, 0, b"another id") });
    let refused: Vec<_> = rig
        .events()
        .into_iter()
        .map(|event| match event {
            Event::ReplyRefused { permid, channel, message, why, times, guessed } => {
                (permid, channel, message, why, times, guessed)
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        refused,
        [
            (permid(2), strange, ID, "no request is outstanding on this channel".into(), 1, 1),
            (permid(3), channel, ID, "no request is outstanding at this peer".into(), 1, 1),
            (
                permid(2),
                channel,
                OTHER_ID,
                "the request on this channel has a different message-specific id".into(),
                1,
                1 // as before: its channel is in use
            ),
        ]
    );
    rig.part(A, &part(channel, 0, b"right"));
    assert_eq!(rig.ends(), [(ticket, Ok("right".into()))]);
}

#[test]
fn a_flood_of_strays_makes_few_events_and_no_count_is_lost() {
    let mut rig = Rig::crawler();
    rig.ask_on(ask(2));
    rig.events();
    for _ in 0..10_000 {
        rig.part(A, &CrawlerReply { message: OTHER_ID, ..part(ChannelId(0), 0, b"") });
    }
    rig.pass(secs(2));
    let times: Vec<_> = rig
        .events()
        .iter()
        .filter_map(|event| match event {
            Event::ReplyRefused { times, .. } => Some(*times),
            _ => None,
        })
        .collect();
    assert_eq!(times, [1, 10_000]);
}

#[test]
fn the_three_deadlines() {
    let mut rig = Rig::crawler();
    let (none, _) = rig.ask_on(ask(2));
    let (slow, slow_channel) = rig.ask_on(Ask { timeout: secs(300), ..ask(2) });
    let (whole, whole_channel) = rig.ask_on(Ask { timeout: secs(100), ..ask(2) });
    rig.part(A, &part(slow_channel, 255, b"."));
    for _ in 0..9 {
        rig.part(A, &part(whole_channel, 255, b"."));
        rig.pass(secs(11));
    }
    let expected = [(none, Err(Cause::FirstPartTimeout)), (slow, Err(Cause::BetweenPartsTimeout))];
    assert_eq!(rig.ends(), expected);
    rig.pass(secs(2));
    assert_eq!(rig.ends(), [(whole, Err(Cause::WholeTimeout))]);
}

#[test]
fn more_time_counts_for_every_deadline_and_only_while_the_request_lives() {
    let mut rig = Rig::crawler();
    let (first, _) = rig.ask_on(ask(2));
    let (between, channel) = rig.ask_on(Ask { timeout: secs(3000), ..ask(2) });
    rig.part(A, &part(channel, 255, b"."));
    let allowed = ask(2).timeout;
    rig.input(Input::Extend(first, secs(100)));
    rig.input(Input::Extend(between, secs(100)));
    let due = rig.events().into_iter().filter_map(|event| match event {
        Event::Due { ticket, whole, between, .. } => Some((ticket, whole, between)),
        _ => None,
    });
    let due: Vec<_> = due.skip(2).collect(); // the first two came with the requests
    assert_eq!(due, [(first, allowed + secs(100), secs(160)), (between, secs(3100), secs(160))]);
    rig.pass(secs(125));
    assert_eq!(rig.ends(), [], "both would have ended");
    rig.pass(secs(40));
    assert_eq!(
        rig.ends(),
        [(first, Err(Cause::FirstPartTimeout)), (between, Err(Cause::BetweenPartsTimeout))]
    );
    rig.input(Input::Extend(first, secs(100)));
    assert!(!rig.events().iter().any(|event| matches!(event, Event::Due { .. })));
}

#[test]
fn a_timeout_says_whether_the_peer_may_have_counted_the_request() {
    let mut rig = Rig::crawler();
    let (_, channel) = rig.ask_on(ask(2));
    rig.ask_on(ask(2));
    rig.part(A, &part(channel, 9, b"."));
    rig.pass(secs(31));
    let delivered: Vec<_> = rig
        .events()
        .iter()
        .filter_map(|event| match event {
            Event::RequestFailed { failure, .. } => Some(failure.delivered),
            _ => None,
        })
        .collect();
    assert_eq!(delivered, [Delivered::Yes, Delivered::Maybe]);
}

#[test]
fn a_late_part_is_recognised_until_the_channels_hour_is_over() {
    let mut rig = Rig::crawler();
    let (_, channel) = rig.ask_on(ask(2));
    rig.pass(secs(3_000));
    rig.events();
    rig.part(A, &part(channel, 3, b"late"));
    let [Event::ReplyRefused { why, .. }] = &rig.events()[..] else { panic!() };
    assert_eq!(*why, "its request had already ended");
    rig.pass(secs(700));
    rig.part(A, &part(channel, 0, b"too late"));
    let [Event::ReplyRefused { why, .. }] = &rig.events()[..] else { panic!() };
    assert_eq!(*why, "no request is outstanding at this peer");
}

#[test]
fn held_channels_are_used_again_only_when_no_other_is_free() {
    let mut rig = Rig::crawler();
    let (ticket, held) = rig.ask_on(ask(2));
    rig.input(Input::Cancel(ticket));
    let others: HashSet<_> = (0..254).map(|_| rig.ask_on(ask(2)).1).collect();
    assert!(!others.contains(&held));
    assert_eq!(rig.ask_on(ask(2)).1, held);
    rig.ask(ask(2));
    assert_eq!(rig.ends().pop().unwrap().1, Err(Cause::ChannelsFull));
}

#[test]
fn endless_empty_parts_end() {
    let mut rig = Rig::new(EngineConfig {
        limits: Limits { reply_bytes: 1 << 20, ..Limits::default() },
        ..config(1)
    });
    rig.connect(A, 2, Direction::Outgoing, None);
    let (ticket, channel) = rig.ask_on(ask(2));
    for _ in 0..256 {
        rig.part(A, &part(channel, 255, b""));
    }
    assert_eq!(rig.ends(), []);
    rig.part(A, &part(channel, 255, b""));
    assert_eq!(rig.ends(), [(ticket, Err(Cause::TooLarge))]);
    assert_eq!(rig.engine.requests.held(), (0, 0, 0));
}

#[test]
fn one_peer_can_not_take_the_memory_of_all() {
    let limits = Limits {
        reply_bytes: 100_000,
        reply_bytes_per_peer: 150_000,
        reply_bytes_in_all: 200_000,
        ..Limits::default()
    };
    let mut rig = Rig::new(EngineConfig { limits, ..config(1) });
    rig.connect(A, 2, Direction::Outgoing, None);
    rig.connect(B, 3, Direction::Outgoing, None);
    let (one, two, three) = (rig.ask_on(ask(2)), rig.ask_on(ask(2)), rig.ask_on(ask(3)));
    rig.part(A, &part(one.1, 9, &vec![0; 90_000]));
    rig.part(A, &part(two.1, 9, &vec![0; 70_000]));
    assert_eq!(rig.ends(), [(two.0, Err(Cause::TooLarge))]);
    rig.part(B, &part(three.1, 9, &vec![0; 90_000]));
    rig.part(B, &part(three.1, 9, &vec![0; 9_000]));
    assert_eq!(rig.engine.requests.held(), (189_000, 189_000, 189_000));
    rig.part(A, &part(one.1, 0, &[]));
    assert_eq!(rig.ends(), [(one.0, Ok(vec![0; 90_000].into()))]);
    assert_eq!(rig.engine.requests.held(), (99_000, 99_000, 99_000));
}

#[test]
fn small_replies_pass_while_large_ones_take_all_that_there_is() {
    let limits = Limits { reply_bytes_in_all: 100_000, ..Limits::default() };
    let mut rig = Rig::new(EngineConfig { limits, ..config(1) });
    rig.connect(A, 2, Direction::Outgoing, None);
    rig.connect(B, 3, Direction::Outgoing, None);
    let (large, honest, other) = (rig.ask_on(ask(2)), rig.ask_on(ask(3)), rig.ask_on(ask(3)));
    // and nothing more, for as long as it may take
    rig.part(A, &part(large.1, 9, &vec![0; 96_000]));
    rig.part(B, &part(honest.1, 1, &vec![1; 20_000]));
    rig.part(B, &part(honest.1, 0, &vec![1; 12_000]));
    assert_eq!(rig.ends(), [(honest.0, Ok(vec![1; 32_000].into()))]);
    rig.part(B, &part(other.1, 1, &vec![1; 32_768]));
    rig.part(B, &part(other.1, 0, &[1]));
    assert_eq!(rig.ends(), [(other.0, Err(Cause::TooLarge))], "this one is not small");
}

#[test]
fn replies_that_are_not_read_yet_leave_less_room_for_others() {
    let limits = Limits { reply_bytes_in_all: 200_000, ..Limits::default() };
    let mut rig = Rig::new(EngineConfig { limits, ..config(1) });
    rig.connect(A, 2, Direction::Outgoing, None);
    let unread = rig.engine.core.meter.reads(150_000);
    let (first, second, third) = (rig.ask_on(ask(2)), rig.ask_on(ask(2)), rig.ask_on(ask(2)));
    rig.part(A, &part(first.1, 9, &vec![0; 96_000]));
    rig.part(A, &part(second.1, 0, &vec![0; 20_000]));
    let small = (second.0, Ok(vec![0; 20_000].into()));
    assert_eq!(rig.ends(), [(first.0, Err(Cause::TooLarge)), small]);
    drop(unread);
    rig.part(A, &part(third.1, 0, &vec![0; 96_000]));
    assert_eq!(rig.ends(), [(third.0, Ok(vec![0; 96_000].into()))]);
}

#[test]
fn a_small_part_does_not_pin_the_buffer_it_came_in() {
    let mut rig = Rig::crawler();
    let (_, channel) = rig.ask_on(ask(2));
    let big = part(channel, 0, b"small").encode();
    rig.frame(A, big.clone());
    let payload = rig.ends().pop().unwrap().1.unwrap();
    assert!(!big.body.as_ptr_range().contains(&payload.as_ptr()));
}

#[test]
fn a_reply_comes_on_a_connection_that_the_peer_dialled() {
    let mut rig = Rig::crawler();
    let (ticket, channel) = rig.ask_on(Ask { wait_for_dial_back: true, ..ask(2) });
    rig.events();
    rig.close(A);
    assert!(rig.events().contains(&Event::AwaitingDialBack { ticket, permid: permid(2) }));
    rig.connect(B, 2, Direction::Incoming, None);
    rig.part(B, &part(channel, 0, b"back"));
    let event = rig.events().pop().unwrap();
    assert!(
        matches!(event, Event::Reply(Reply { dialled_back: true, payload, .. }) if payload == "back")
    );
}

#[test]
fn a_dial_back_that_does_not_come_has_its_own_cause() {
    let mut rig = Rig::crawler();
    let (ticket, _) = rig.ask_on(Ask { wait_for_dial_back: true, ..ask(2) });
    rig.close(A);
    rig.pass(secs(29));
    assert_eq!(rig.ends(), []);
    rig.pass(secs(2));
    assert_eq!(rig.ends(), [(ticket, Err(Cause::DialBackTimeout))]);
}

#[test]
fn the_rest_of_a_reply_may_come_on_another_connection_but_a_gap_is_noticed() {
    for (next, whole) in [(2, true), (1, false), (3, false)] {
        let mut rig = Rig::crawler();
        let (ticket, channel) = rig.ask_on(Ask { wait_for_dial_back: true, ..ask(2) });
        rig.part(A, &part(channel, 3, b"a"));
        rig.close(A);
        rig.connect(B, 2, Direction::Incoming, None);
        rig.part(B, &part(channel, next, b"b"));
        rig.part(B, &part(channel, 0, b"c"));
        let expected = if whole { Ok("abc".into()) } else { Err(Cause::PartsMissing) };
        assert_eq!(rig.ends(), [(ticket, expected)], "3, then {next}");
    }
}

#[test]
fn a_known_peer_is_dialled_first_and_an_unknown_one_is_refused() {
    let mut rig = Rig::crawler();
    let unknown = rig.ask(ask(9));
    assert_eq!(rig.ends(), [(unknown, Err(Cause::NotConnected))]);
    rig.close(A);
    let (one, two) = (rig.ask(ask(2)), rig.ask(ask(2)));
    let [(attempt, to, Some(expected))] = rig.dials[..] else { panic!("{:?}", rig.dials) };
    assert_eq!((to, expected), (address(2), permid(2)));
    assert!(rig.sent.is_empty());
    rig.connect(B, 2, Direction::Outgoing, Some(attempt));
    let sent: Vec<_> = rig.sent.iter().map(|(conn, frame)| (*conn, frame.id)).collect();
    assert_eq!(sent, [(B, FrameId::CRAWLER_REQUEST); 2]);
    rig.close(B);
    assert_eq!(rig.ends().into_iter().map(|(ticket, _)| ticket).collect::<Vec<_>>(), [one, two]);
}

#[test]
fn a_dial_that_fails_fails_what_waited_for_it_with_its_cause() {
    let mut rig = Rig::crawler();
    rig.close(A);
    let ticket = rig.ask(ask(2));
    let attempt = rig.dials[0].0;
    rig.input(Input::DialFailed {
        attempt,
        failure: Failure::new(Cause::TcpRefused, By::Peer, ""),
    });
    assert_eq!(rig.ends(), [(ticket, Err(Cause::TcpRefused))]);
}

#[test]
fn cancelled_before_and_after_it_was_sent() {
    let mut rig = Rig::crawler();
    let (sent, _) = rig.ask_on(ask(2));
    rig.input(Input::Cancel(sent));
    assert_eq!(rig.ends(), [(sent, Err(Cause::Cancelled))]);
    rig.close(A);
    let waiting = rig.ask(ask(2));
    rig.input(Input::Cancel(waiting));
    assert_eq!(rig.ends(), [(waiting, Err(Cause::Cancelled))]);
    rig.input(Input::Cancel(waiting));
    assert_eq!(rig.ends(), []);
}

#[test]
fn refused_here_what_no_peer_could_take() {
    let mut rig = Rig::crawler();
    let huge = rig.ask(Ask { payload: vec![0; (1 << 23) - 4].into(), ..ask(2) });
    assert_eq!(rig.ends(), [(huge, Err(Cause::PayloadTooLarge))]);
    rig.ask_on(Ask { payload: vec![0; (1 << 23) - 5].into(), ..ask(2) });
    let peer = ConnectedPeer {
        permid: permid(3),
        version: OverlayVersion(6),
        offers: OverlayVersion(6),
        direction: Direction::Outgoing,
        remote: address(3),
        listening_port: 1,
        rtt: Duration::ZERO,
    };
    rig.input(Input::Connected { conn: B, attempt: None, peer });
    let old = rig.ask(ask(3));
    assert_eq!(rig.ends(), [(old, Err(Cause::VersionNoCrawler))]);
}

#[test]
fn strangers_are_dropped_and_counted_by_name_and_close_nothing() {
    let mut rig = Rig::crawler();
    rig.events();
    for _ in 0..3 {
        rig.frame(A, Frame { id: FrameId(226), body: Bytes::from_static(b"votecast") });
    }
    rig.frame(A, Frame { id: FrameId::KEEP_ALIVE, body: Bytes::new() });
    rig.frame(A, Frame { id: FrameId::BUDDYCAST, body: Bytes::new() });
    rig.pass(secs(1));
    let dropped = |id, times| Event::FrameDropped { permid: permid(2), id, times };
    assert_eq!(
        rig.events(),
        [dropped(FrameId(226), 1), dropped(FrameId::BUDDYCAST, 1), dropped(FrameId(226), 3)]
    );
    assert!(rig.closes.is_empty());
}

#[test]
fn a_reply_too_short_to_be_one_closes() {
    let mut rig = Rig::crawler();
    rig.frame(A, Frame { id: FrameId::CRAWLER_REPLY, body: Bytes::from_static(b"abc") });
    assert_eq!(rig.closes[0].1.cause, Cause::MessageMalformed);
}
