//! What all Crawlers, or all peers, may take together: one that stays within its own share is
//! refused for what others hold.

use super::*;
use crate::limits::Limit;

/// An engine with these limits, connected with peers 2 and 3, who may ask.
fn bounded(limits: &Limits) -> Rig {
    let (meter, limits) = (Meter::new(limits), *limits);
    let mut rig = Rig::new(EngineConfig { limits, meter, ..config(1) });
    rig.input(Input::Allow([permid(2), permid(3)].into()));
    rig.connect(A, 2, Direction::Incoming, None);
    rig.connect(B, 3, Direction::Incoming, None);
    rig
}

fn refused(rig: &Rig, limit: Limit) -> u64 {
    rig.engine.core.meter.read()[limit as usize].refused
}

/// Asks with a payload of so many bytes; returns how many questions are open then.
fn asks(rig: &mut Rig, conn: ConnId, channel: u8, bytes: usize) -> usize {
    let request = CrawlerRequest {
        message: ID,
        channel: ChannelId(channel),
        frequency: Frequency(0),
        payload: vec![b'?'; bytes].into(),
    };
    rig.frame(conn, request.encode());
    rig.asked.len()
}

#[test]
fn all_crawlers_together_have_no_more_questions_open_than_they_may() {
    let mut rig = bounded(&Limits { questions: 2, ..Limits::default() });
    assert_eq!((asks(&mut rig, A, 1, 0), asks(&mut rig, A, 2, 0)), (1, 2));
    assert_eq!(asks(&mut rig, B, 1, 0), 3, "a Crawler's first has room");
    for conn in [A, B] {
        assert_eq!(asks(&mut rig, conn, 9, 0), 3);
        assert_eq!(rig.replies()[0].1.error, ErrorByte::HANDLER);
    }
    assert_eq!(refused(&rig, Limit::Questions), 2);
}

#[test]
fn payloads_of_all_questions_hold_no_more_than_they_may() {
    let own = Limits { question_bytes: 12_000, ..Limits::default() };
    let memory = Limits { memory: 12_000, ..Limits::default() };
    for (limits, limit) in [(own, Limit::QuestionBytes), (memory, Limit::Memory)] {
        let mut rig = bounded(&limits);
        assert_eq!((asks(&mut rig, A, 1, 5_000), asks(&mut rig, B, 1, 5_000)), (1, 2));
        assert_eq!(asks(&mut rig, B, 2, 5_000), 2, "{limit:?}");
        assert_eq!(rig.replies()[0].1.error, ErrorByte::HANDLER);
        assert_eq!(refused(&rig, limit), 1);
        assert_eq!(asks(&mut rig, B, 3, 1_000), 3, "a small one has room");
    }
}

#[test]
fn replies_to_all_crawlers_hold_no_more_than_they_may() {
    let own = Limits { unsent_bytes: 3 << 20, ..Limits::default() };
    let memory = Limits { memory: 3 << 20, ..Limits::default() };
    for (limits, limit) in [(own, Limit::UnsentBytes), (memory, Limit::Memory)] {
        let mut rig = bounded(&limits);
        rig.takes = false;
        for (conn, bytes, fits) in [(A, 2 << 20, true), (B, 2 << 20, false), (B, 1_000, true)] {
            asks(&mut rig, conn, 1, 0);
            rig.answer(*rig.asked.last().unwrap(), vec![0; bytes]);
            let replies = rig.replies();
            let part = &replies.last().unwrap().1;
            assert_eq!(part.error == ErrorByte::SUCCESS, fits, "{limit:?}: {bytes} bytes");
        }
        assert_eq!(refused(&rig, limit), 1);
    }
}

#[test]
fn unfinished_replies_of_all_peers_hold_no_more_than_they_may() {
    let own = Limits { reply_bytes_in_all: 200_000, ..Limits::default() };
    let memory = Limits { memory: 200_000, ..Limits::default() };
    for limits in [own, memory] {
        let mut rig = bounded(&limits);
        let (one, other) = (rig.ask_on(ask(2)), rig.ask_on(ask(3)));
        rig.part(A, &part(one.1, 9, &vec![0; 90_000]));
        rig.part(B, &part(other.1, 9, &vec![0; 90_000]));
        assert_eq!(rig.ends(), []);
        rig.part(B, &part(other.1, 8, &vec![0; 90_000]));
        assert_eq!(rig.ends(), [(other.0, Err(Cause::TooLarge))]);
        assert_eq!(refused(&rig, Limit::ReplyBytesInAll), 1);
        rig.part(A, &part(one.1, 0, &[]));
        assert_eq!(rig.ends(), [(one.0, Ok(vec![0; 90_000].into()))], "the other one is whole");
    }
}

#[test]
fn requests_that_wait_count_towards_the_memory_of_all() {
    let mut rig = Rig::new({
        let limits = Limits { memory: 1_000, ..Limits::default() };
        EngineConfig { limits, meter: Meter::new(&limits), ..config(1) }
    });
    let (host, port) = (address(2).ip().to_string(), address(2).port());
    let target = Target { permid: Some(permid(2)), host, port };
    rig.input(Input::Connect { target, source: Source::Operator });
    let large = || Ask { payload: vec![b'?'; 400].into(), ..ask(2) };
    let (_, _, third) = (rig.ask(large()), rig.ask(large()), rig.ask(large()));
    assert_eq!(rig.ends(), [(third, Err(Cause::ChannelsFull))]);
    assert_eq!(refused(&rig, Limit::Memory), 1);
}
