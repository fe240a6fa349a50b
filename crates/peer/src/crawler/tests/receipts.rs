//! Peer side: when an answer that hands something over has arrived. Crawler side: that the peer is
//! told.

use super::*;

const RECEIPT: Receipt = Receipt(17);

/// A peer that has handed all parts of an answer with a receipt to the overlay; the socket takes
/// them only when told.
fn answered(parts: usize) -> Rig {
    let mut rig = Rig::peer();
    rig.takes = false;
    rig.request(A, ID, 1, 0);
    answer(&mut rig, parts);
    rig
}

fn answer(rig: &mut Rig, parts: usize) {
    let answer = Answer::success(vec![0; parts * 32_768]).with_receipt(RECEIPT);
    let id = *rig.asked.last().unwrap();
    rig.input(Input::Answer { id, answer });
}

fn write(rig: &mut Rig, conn: ConnId, frames: usize) {
    rig.input(Input::Written { conn, frames });
}

fn keep_alive(rig: &mut Rig, conn: ConnId) {
    rig.frame(conn, Frame { id: FrameId::KEEP_ALIVE, body: Bytes::new() });
}

fn undelivered(rig: &mut Rig) -> usize {
    rig.events().iter().filter(|event| matches!(event, Event::Undelivered { .. })).count()
}

#[test]
fn a_connection_that_lives_5_s_longer_has_delivered() {
    let mut rig = answered(3);
    write(&mut rig, A, 2);
    rig.pass(secs(60));
    assert!(rig.delivered.is_empty(), "the last part is not written");
    write(&mut rig, A, 1);
    rig.pass(Duration::from_millis(4_999));
    assert!(rig.delivered.is_empty());
    rig.pass(Duration::from_millis(1));
    assert_eq!(rig.delivered, [(permid(2), RECEIPT, 1)]);
    rig.close(A);
    rig.pass(secs(60));
    assert_eq!((rig.delivered.len(), undelivered(&mut rig)), (1, 0), "told once");
}

#[test]
fn a_further_frame_says_so_at_once_and_before_the_request_that_it_is() {
    let mut rig = answered(1);
    keep_alive(&mut rig, A);
    assert!(rig.delivered.is_empty(), "it was on its way before the last part was written");
    write(&mut rig, A, 1);
    rig.request(A, ID, 2, 0);
    assert_eq!(
        rig.delivered,
        [(permid(2), RECEIPT, 1)],
        "one request had come before: the second is told after this"
    );
    assert_eq!(rig.asked.len(), 2);
    rig.pass(secs(60));
    assert_eq!(rig.delivered.len(), 1);
}

#[test]
fn frames_of_others_and_on_other_connections_prove_nothing() {
    let mut rig = answered(1);
    rig.connect(B, 3, Direction::Incoming, None);
    rig.connect(ConnId(3), 2, Direction::Incoming, None);
    write(&mut rig, A, 1);
    keep_alive(&mut rig, B);
    keep_alive(&mut rig, ConnId(3));
    assert!(rig.delivered.is_empty());
    rig.events();
    rig.close(A);
    assert_eq!(undelivered(&mut rig), 1);
    keep_alive(&mut rig, ConnId(3));
    rig.pass(secs(60));
    assert!(rig.delivered.is_empty());
}

#[test]
fn a_connection_that_ends_sooner_has_not() {
    let mut rig = answered(1);
    write(&mut rig, A, 1);
    rig.pass(Duration::from_millis(4_999));
    rig.events();
    rig.close(A);
    assert_eq!(undelivered(&mut rig), 1);
    rig.pass(secs(60));
    assert!(rig.delivered.is_empty());
}

#[test]
fn a_reply_over_two_connections_is_never_certain() {
    let mut rig = answered(3);
    rig.connect(B, 2, Direction::Incoming, None);
    write(&mut rig, A, 1);
    rig.sent.clear();
    rig.close(A);
    assert_eq!(
        rig.replies().iter().map(|(conn, _)| *conn).collect::<Vec<_>>(),
        [B, B],
        "the parts go on"
    );
    write(&mut rig, B, 2);
    keep_alive(&mut rig, B);
    rig.pass(secs(60));
    assert!(rig.delivered.is_empty(), "nobody can tell whether the first part has arrived");
}

#[test]
fn a_reply_that_is_dialled_back_whole_is_delivered_there() {
    let mut rig = Rig::peer();
    rig.takes = false;
    rig.request(A, ID, 1, 0);
    rig.close(A);
    answer(&mut rig, 2);
    let (attempt, ..) = rig.dials.pop().expect("dialled back");
    rig.connect(B, 2, Direction::Outgoing, Some(attempt));
    write(&mut rig, B, 2);
    rig.pass(secs(5));
    assert_eq!(rig.delivered, [(permid(2), RECEIPT, 1)]);
}

#[test]
fn a_crawler_that_comes_back_by_itself_may_know_nothing_of_its_request() {
    let mut rig = Rig::peer();
    rig.takes = false;
    rig.request(A, ID, 1, 0);
    rig.close(A);
    rig.connect(B, 2, Direction::Incoming, None);
    answer(&mut rig, 1);
    assert_eq!(rig.replies().len(), 1, "it is sent nevertheless: it may be the same process");
    write(&mut rig, B, 1);
    rig.request(B, ID, 2, 0);
    rig.pass(secs(60));
    assert!(rig.delivered.is_empty(), "what the killed one did not get is offered again");
    answer(&mut rig, 1);
    write(&mut rig, B, 1);
    rig.pass(secs(5));
    assert_eq!(rig.delivered, [(permid(2), RECEIPT, 2)]);
}

#[test]
fn several_answers_on_one_connection_are_told_in_their_order() {
    let mut rig = answered(1);
    write(&mut rig, A, 1);
    rig.request(B, ID, 1, 0); // not connected: no frame
    rig.pass(secs(2));
    rig.takes = true;
    rig.connect(B, 3, Direction::Incoming, None);
    rig.request(B, ID, 1, 0);
    let answer = Answer::success("").with_receipt(Receipt(18));
    rig.input(Input::Answer { id: rig.asked[1], answer });
    rig.pass(secs(3));
    assert_eq!(rig.delivered, [(permid(2), RECEIPT, 2)]);
    rig.pass(secs(2));
    assert_eq!(rig.delivered[1..], [(permid(3), Receipt(18), 2)]);
    assert_eq!(
        rig.engine.next_deadline().filter(|(_, why)| matches!(why, Deadline::Certain(_))),
        None
    );
}

#[test]
fn an_answer_without_a_receipt_is_nobody_s_business() {
    let mut rig = Rig::peer();
    rig.request(A, ID, 1, 0);
    rig.answer(rig.asked[0], "plain");
    rig.pass(secs(60));
    assert!(rig.delivered.is_empty());
}

#[test]
fn a_crawler_says_that_it_has_the_whole_of_what_it_used_up() {
    for (message, says) in [(OTHER_ID, 1), (ID, 0)] {
        let mut rig = Rig::crawler();
        let (_, channel) = rig.ask_on(Ask { message, ..ask(2) });
        rig.sent.clear();
        rig.part(A, &CrawlerReply { message, ..part(channel, 1, b"first") });
        assert!(rig.sent.is_empty());
        rig.part(A, &CrawlerReply { message, ..part(channel, 0, b"last") });
        let frames: Vec<_> = rig.sent.drain(..).map(|(conn, frame)| (conn, frame.id)).collect();
        assert_eq!(frames, vec![(A, FrameId::KEEP_ALIVE); says], "{message}");
        rig.part(A, &CrawlerReply { message, ..part(channel, 0, b"stray") });
        assert!(rig.sent.is_empty());
    }
}
