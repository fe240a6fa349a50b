//! Peer side: replies whose connection is gone, and peers that dial by themselves.

use super::*;

/// A peer that was asked by Crawler 2 on [`A`], which has gone since.
fn asked_and_gone() -> (Rig, ReplyId) {
    let mut rig = Rig::peer();
    rig.request(A, ID, 7, 3600);
    rig.close(A);
    let id = rig.asked[0];
    rig.events();
    (rig, id)
}

fn undelivered(rig: &mut Rig) -> Vec<(Permid, Cause)> {
    let failed = |event| match event {
        Event::Undelivered { permid, failure, .. } => Some((permid, failure.cause)),
        _ => None,
    };
    rig.events().into_iter().filter_map(failed).collect()
}

#[test]
fn a_late_reply_is_dialled_back_to_the_same_permid() {
    let (mut rig, id) = asked_and_gone();
    assert!(rig.dials.is_empty());
    rig.answer(id, "late");
    let [(attempt, to, expected)] = rig.dials[..] else { panic!() };
    assert_eq!((to, expected), (address(2), Some(permid(2))));
    rig.connect(B, 2, Direction::Outgoing, Some(attempt));
    assert_eq!(rig.replies(), [(B, part(ChannelId(7), 0, b"late"))]);
}

#[test]
fn nobody_else_gets_it() {
    let (mut rig, id) = asked_and_gone();
    rig.answer(id, "late");
    rig.connect(B, 3, Direction::Incoming, None);
    assert!(rig.replies().is_empty());
    let attempt = rig.dials[0].0;
    rig.input(Input::DialFailed { attempt, failure: Failure::new(Cause::WrongPermid, By::Us, "") });
    assert_eq!(undelivered(&mut rig), [(permid(2), Cause::WrongPermid)]);
    rig.connect(A, 2, Direction::Incoming, None);
    assert!(rig.replies().is_empty() && rig.dials.len() == 1, "one attempt");
}

#[test]
fn any_live_connection_of_that_permid_comes_first() {
    let mut rig = Rig::peer();
    rig.connect(B, 2, Direction::Incoming, None);
    rig.request(A, ID, 7, 0);
    rig.answer(rig.asked[0], "home");
    assert_eq!(rig.replies()[0].0, A, "the one it was asked on, not the newest");
    rig.request(A, ID, 8, 0);
    rig.close(A);
    rig.answer(rig.asked[1], "other");
    assert_eq!(rig.replies()[0].0, B);
    assert!(rig.dials.is_empty());
}

#[test]
fn a_crawler_that_comes_back_by_itself_gets_what_waits_for_the_dial() {
    let (mut rig, id) = asked_and_gone();
    rig.answer(id, "late");
    rig.connect(B, 2, Direction::Incoming, None);
    assert_eq!(rig.replies(), [(B, part(ChannelId(7), 0, b"late"))]);
    let attempt = rig.dials[0].0;
    rig.events();
    rig.input(Input::DialFailed { attempt, failure: Failure::new(Cause::Duplicate, By::Peer, "") });
    assert!(undelivered(&mut rig).is_empty());
}

#[test]
fn port_0_is_never_dialled() {
    let mut rig = Rig::new(config(1));
    rig.input(Input::Allow([permid(2)].into()));
    let peer = ConnectedPeer {
        permid: permid(2),
        version: OverlayVersion::CURRENT,
        offers: OverlayVersion::CURRENT,
        direction: Direction::Incoming,
        remote: address(2),
        listening_port: 0,
        rtt: Duration::ZERO,
    };
    rig.input(Input::Connected { conn: A, attempt: None, peer });
    rig.request(A, ID, 7, 10);
    rig.close(A);
    rig.answer(rig.asked[0], "late");
    assert_eq!(undelivered(&mut rig), [(permid(2), Cause::NotConnected)]);
    rig.pass(secs(100));
    assert!(rig.dials.is_empty());
}

/// A peer that was asked the same by Crawler 2, then by Crawler 3, who have both gone since.
fn asked_by_two_and_gone() -> Rig {
    let mut rig = Rig::peer();
    rig.connect(B, 3, Direction::Incoming, None);
    rig.request(A, ID, 7, 0);
    rig.request(B, ID, 8, 0);
    rig.close(A);
    rig.close(B);
    rig
}

#[test]
fn one_pending_an_id_the_latest_crawlers() {
    let mut rig = asked_by_two_and_gone();
    rig.answer(rig.asked[0], "first");
    rig.events();
    rig.answer(rig.asked[1], "second");
    assert_eq!(undelivered(&mut rig), [(permid(2), Cause::NotConnected)]);
    let [(first, ..), (second, _, Some(expected))] = rig.dials[..] else { panic!() };
    assert_eq!(expected, permid(3));
    rig.connect(A, 2, Direction::Outgoing, Some(first));
    assert!(rig.replies().is_empty(), "it was replaced");
    rig.connect(B, 3, Direction::Outgoing, Some(second));
    assert_eq!(rig.replies(), [(B, part(ChannelId(8), 0, b"second"))]);
}

#[test]
fn the_later_request_keeps_its_dial_back_when_the_earlier_one_is_answered_last() {
    let mut rig = asked_by_two_and_gone();
    rig.answer(rig.asked[1], "second");
    rig.events();
    rig.answer(rig.asked[0], "first");
    assert_eq!(undelivered(&mut rig), [(permid(2), Cause::NotConnected)]);
    let [(dialled, _, Some(expected))] = rig.dials[..] else { panic!() };
    assert_eq!(expected, permid(3));
    rig.connect(B, 3, Direction::Outgoing, Some(dialled));
    assert_eq!(rig.replies(), [(B, part(ChannelId(8), 0, b"second"))]);
}

#[test]
fn off_the_allow_list_stops_replies_at_every_stage() {
    let (mut rig, id) = asked_and_gone();
    rig.input(Input::Allow([permid(3)].into()));
    rig.answer(id, "before the dial");
    assert_eq!(undelivered(&mut rig), [(permid(2), Cause::NotAllowed)]);
    assert!(rig.dials.is_empty());

    let (mut rig, id) = asked_and_gone();
    rig.answer(id, "during the dial");
    rig.input(Input::Allow([permid(3)].into()));
    assert_eq!(undelivered(&mut rig), [(permid(2), Cause::NotAllowed)]);
    let attempt = rig.dials[0].0;
    rig.connect(B, 2, Direction::Outgoing, Some(attempt));
    assert!(rig.replies().is_empty());

    let mut rig = Rig::peer();
    rig.takes = false;
    rig.request(A, ID, 7, 0);
    rig.answer(rig.asked[0], vec![0; 20 * 32_768]);
    rig.events();
    rig.input(Input::Allow([permid(3)].into()));
    assert_eq!(undelivered(&mut rig), [(permid(2), Cause::NotAllowed)]);
    rig.replies();
    rig.input(Input::Written { conn: A, frames: 8 });
    assert!(rig.replies().is_empty());

    let mut rig = Rig::peer();
    rig.request(A, ID, 7, 10);
    rig.close(A);
    rig.input(Input::Allow([permid(3)].into()));
    rig.pass(secs(100));
    assert!(rig.dials.is_empty(), "no dial-back by itself either");
}

#[test]
fn the_rest_goes_out_with_the_first_part_that_was_not_taken() {
    let mut rig = Rig::peer();
    rig.takes = false;
    rig.request(A, ID, 7, 3600);
    let payload: Vec<u8> = (0..20 * 32_768u32).map(|n| n.to_le_bytes()[1]).collect();
    rig.answer(rig.asked[0], payload.clone());
    rig.input(Input::Written { conn: A, frames: 3 });
    let first: Vec<_> = rig.replies().into_iter().take(3).map(|(_, reply)| reply.payload).collect();
    rig.close(A);
    let attempt = rig.dials[0].0;
    rig.takes = true;
    rig.connect(B, 2, Direction::Outgoing, Some(attempt));
    let rest: Vec<_> = rig.replies().into_iter().map(|(_, reply)| reply.payload).collect();
    assert_eq!([first, rest].concat().concat(), payload);
    rig.close(B);
    assert_eq!(rig.dials.len(), 1);
}

#[test]
fn a_253_or_254_is_not_dialled_back() {
    let mut rig = Rig::peer();
    rig.takes = false;
    rig.request(A, UNKNOWN_ID, 7, 0);
    rig.close(A);
    assert!(rig.dials.is_empty());
    assert_eq!(undelivered(&mut rig), [(permid(2), Cause::Closed)]);
}

#[test]
fn a_peer_dials_by_itself_more_than_frequency_and_5_s_after_it_served() {
    let mut rig = Rig::peer();
    rig.request(A, ID, 7, 60);
    rig.answer(rig.asked[0], "here");
    rig.close(A);
    rig.pass(secs(65));
    assert!(rig.dials.is_empty());
    rig.pass(Duration::from_millis(1));
    let [(attempt, to, expected)] = rig.dials[..] else { panic!() };
    assert_eq!((to, expected), (address(2), Some(permid(2))));
    rig.input(Input::DialFailed {
        attempt,
        failure: Failure::new(Cause::TcpRefused, By::Peer, ""),
    });
    rig.pass(secs(100_000));
    assert_eq!(rig.dials.len(), 1, "one attempt an id");
}

#[test]
fn a_connected_crawler_is_not_dialled() {
    let mut rig = Rig::peer();
    rig.request(A, ID, 7, 60);
    rig.answer(rig.asked[0], "here");
    rig.pass(secs(66));
    rig.close(A);
    rig.pass(secs(100));
    assert!(rig.dials.is_empty());
}

#[test]
fn a_reply_that_shares_a_dial_which_fails_still_gets_its_own() {
    let (mut rig, id) = asked_and_gone();
    let elsewhere = Target { host: "127.0.0.9".into(), port: 9, permid: Some(permid(2)) };
    rig.input(Input::Connect { target: elsewhere, source: Source::Operator });
    rig.answer(id, "late");
    let [(attempt, ..)] = rig.dials[..] else { panic!() };
    rig.input(Input::DialFailed {
        attempt,
        failure: Failure::new(Cause::TcpRefused, By::Peer, ""),
    });
    let [_, (attempt, to, _)] = rig.dials[..] else { panic!() };
    assert_eq!(to, address(2));
    rig.connect(B, 2, Direction::Outgoing, Some(attempt));
    assert_eq!(rig.replies().len(), 1);
}

#[test]
fn what_was_written_before_the_end_is_not_sent_again() {
    let mut rig = Rig::peer();
    rig.takes = false;
    rig.request(A, ID, 7, 3600);
    rig.answer(rig.asked[0], "whole");
    rig.input(Input::Disconnect(permid(2)));
    rig.input(Input::Written { conn: A, frames: 1 });
    rig.close(A);
    assert!(rig.dials.is_empty());
    assert!(rig.events().iter().any(|event| matches!(event, Event::Answered { .. })));
}

#[test]
fn parts_that_a_connection_does_not_take_go_out_on_another() {
    let mut rig = Rig::peer();
    rig.connect(B, 2, Direction::Incoming, None);
    rig.takes = false;
    rig.request(A, ID, 7, 0);
    rig.answer(rig.asked[0], vec![0; 20 * 32_768]);
    let sent = std::mem::take(&mut rig.sent);
    rig.input(Input::Written { conn: A, frames: 5 });
    for (conn, frame) in sent.into_iter().skip(5) {
        rig.input(Input::NotSent { conn, frame });
    }
    rig.sent.clear();
    rig.takes = true;
    rig.close(A);
    let replies = rig.replies();
    assert_eq!(replies.len(), 15);
    assert!(replies.iter().all(|(conn, _)| *conn == B));
}

/// The dial-back waits for the end of the connection, and the Crawler comes by itself meanwhile.
#[test]
fn a_dial_back_that_only_waited_was_not_used() {
    let mut rig = Rig::peer();
    rig.request(A, ID, 7, 3600);
    rig.input(Input::Disconnect(permid(2)));
    rig.answer(rig.asked[0], "late");
    rig.takes = false;
    rig.connect(B, 2, Direction::Incoming, None);
    rig.close(A);
    assert!(rig.dials.is_empty(), "{:?}", rig.dials);
    rig.close(B); // with the reply on it
    assert_eq!(undelivered(&mut rig), []);
    assert_eq!(rig.dials.len(), 1);
}

/// It is the one attempt of the reply, though it began later.
#[test]
fn a_dial_back_that_waited_and_failed_is_not_tried_again() {
    let mut rig = Rig::peer();
    rig.request(A, ID, 7, 3600);
    rig.input(Input::Disconnect(permid(2)));
    rig.answer(rig.asked[0], "late");
    rig.close(A);
    let [(attempt, ..)] = rig.dials[..] else { panic!("{:?}", rig.dials) };
    rig.events();
    rig.pass(secs(5));
    rig.input(Input::DialFailed { attempt, failure: Failure::new(Cause::TcpTimeout, By::Us, "") });
    assert_eq!(undelivered(&mut rig), [(permid(2), Cause::TcpTimeout)]);
    assert_eq!(rig.dials.len(), 1, "one attempt");
}

#[test]
fn a_dial_back_that_waited_and_is_called_off_is_told() {
    let mut rig = Rig::peer();
    rig.request(A, ID, 7, 3600);
    rig.input(Input::Disconnect(permid(2)));
    rig.answer(rig.asked[0], "late");
    rig.events();
    rig.input(Input::Disconnect(permid(2)));
    assert_eq!(undelivered(&mut rig), [(permid(2), Cause::Closed)]);
    rig.close(A);
    assert!(rig.dials.is_empty(), "{:?}", rig.dials);
}
