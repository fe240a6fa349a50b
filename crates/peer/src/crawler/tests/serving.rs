//! Peer side, whatever Crawlers, probes and the network do.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::*;
use crate::crawler::replies::WINDOW;

#[derive(Clone, Debug)]
enum Step {
    Connect(u8),
    Close(usize),
    Request { at: usize, message: u8, frequency: u16 },
    Answer { which: usize, size: usize },
    Written { at: usize, frames: usize },
    Allow(Vec<u8>),
    Dialled { which: usize, works: bool },
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (2u8..5).prop_map(Step::Connect),
        2 => (0usize..6).prop_map(Step::Close),
        8 => (0usize..6, 199u8..202, prop_oneof![3 => Just(0u16), 1 => Just(60)])
            .prop_map(|(at, message, frequency)| Step::Request { at, message, frequency }),
        8 => (0usize..9, 0usize..500_000).prop_map(|(which, size)| Step::Answer { which, size }),
        8 => (0usize..6, 1usize..9).prop_map(|(at, frames)| Step::Written { at, frames }),
        1 => prop::collection::vec(2u8..5, 1..4).prop_map(Step::Allow),
        3 => (0usize..4, any::<bool>()).prop_map(|(which, works)| Step::Dialled { which, works }),
        1 => (1u64..100).prop_map(Step::Pass),
    ]
}

/// A peer, its Crawlers, and what must hold of them.
struct Play {
    rig: Rig,
    conns: Vec<(ConnId, u8)>,
    next_conn: u64,
    allowed: HashSet<Permid>,
    /// Frames on each connection that its socket has not taken.
    in_flight: HashMap<ConnId, usize>,
    answered: usize,
}

impl Play {
    fn connect(&mut self, n: u8, attempt: Option<AttemptId>) {
        self.next_conn += 1;
        let conn = ConnId(self.next_conn);
        self.conns.push((conn, n));
        let direction = if attempt.is_some() { Direction::Outgoing } else { Direction::Incoming };
        self.rig.connect(conn, n, direction, attempt);
    }

    fn close(&mut self, at: usize) {
        if at < self.conns.len() {
            let (conn, _) = self.conns.remove(at);
            self.in_flight.remove(&conn);
            self.rig.close(conn);
        }
    }

    fn apply(&mut self, step: Step) {
        match step {
            Step::Connect(n) if self.conns.len() < 6 => self.connect(n, None),
            Step::Connect(_) => {}
            Step::Close(at) => self.close(at),
            Step::Request { at, message, frequency } => {
                if let Some((conn, _)) = self.conns.get(at).copied() {
                    self.rig.request(conn, MessageId(message), 1, frequency);
                }
            }
            Step::Answer { which, size } => {
                if which < self.rig.asked.len() {
                    let id = self.rig.asked.swap_remove(which);
                    self.answered += 1;
                    self.rig.answer(id, vec![0; size]);
                }
            }
            Step::Written { at, frames } => {
                if let Some((conn, _)) = self.conns.get(at).copied() {
                    let in_flight = self.in_flight.entry(conn).or_default();
                    let frames = frames.min(*in_flight);
                    *in_flight -= frames;
                    self.rig.input(Input::Written { conn, frames });
                }
            }
            Step::Allow(allowed) => {
                self.allowed = allowed.into_iter().map(permid).collect();
                self.rig.input(Input::Allow(self.allowed.clone()));
            }
            Step::Dialled { which, works } => self.dialled(which, works),
            Step::Pass(time) => self.rig.pass(secs(time)),
        }
    }

    fn dialled(&mut self, which: usize, works: bool) {
        if which >= self.rig.dials.len() {
            return;
        }
        let (attempt, to, expected) = self.rig.dials.swap_remove(which);
        assert_eq!(
            expected,
            (2..5).map(permid).find(|permid| to == address(number(*permid))),
            "nobody else is dialled"
        );
        if works {
            self.connect(number(expected.unwrap()), Some(attempt));
        } else {
            self.rig.input(Input::DialFailed {
                attempt,
                failure: Failure::new(Cause::TcpRefused, By::Peer, ""),
            });
        }
    }

    fn check(&mut self) {
        let closed: Vec<_> = self.rig.closes.drain(..).map(|(conn, _)| conn).collect();
        for (conn, frame) in self.rig.sent.drain(..) {
            if frame.id == FrameId::KEEP_ALIVE {
                *self.in_flight.entry(conn).or_default() += 1;
                continue; // everybody gets these
            }
            let (_, n) = self
                .conns
                .iter()
                .find(|(other, _)| *other == conn)
                .expect("only what is there is sent on");
            assert!(self.allowed.contains(&permid(*n)), "who is not allowed gets nothing");
            let in_flight = self.in_flight.entry(conn).or_default();
            *in_flight += 1;
            assert!(*in_flight <= WINDOW);
        }
        for conn in &closed {
            let at = self.conns.iter().position(|(other, _)| other == conn).expect("closed once");
            self.close(at);
        }
        if !closed.is_empty() {
            self.check(); // replies go on elsewhere, while their Crawlers are still allowed
        }
    }
}

fn number(permid: Permid) -> u8 {
    let Permid::Ed25519([n, ..]) = permid else { panic!() };
    n
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Nobody gets what is not theirs, no connection gets more than its window, every accepted request ends in exactly one of
    /// `Answered` and `Undelivered`, and nothing is held in the end.
    #[test]
    fn every_reply_ends_once(steps in prop::collection::vec(step(), 1..150)) {
        let mut rig = Rig::new(config(1));
        rig.takes = false;
        let allowed: HashSet<_> = (2..5).map(permid).collect();
        rig.input(Input::Allow(allowed.clone()));
        let mut play = Play { rig, conns: vec![], next_conn: 0, allowed, in_flight: HashMap::new(), answered: 0 };
        for step in steps {
            play.apply(step);
            play.check();
        }
        while !play.rig.asked.is_empty() || !play.rig.dials.is_empty() || !play.conns.is_empty() {
            for step in [Step::Answer { which: 0, size: 1 }, Step::Close(0), Step::Dialled { which: 0, works: false }] {
                play.apply(step);
                play.check();
            }
        }
        prop_assert_eq!(play.rig.engine.backend.replies.held(), (0, 0));
        let ended = |event: &Event| match event {
            Event::Answered { error, .. } => *error == ErrorByte::SUCCESS,
            // 253 and 254 that could not be sent any more, and the refusal of a request that was never accepted.
            Event::Undelivered { failure, .. } => failure.detail != "before the answer could be sent",
            _ => false,
        };
        let at_once_barred = |event: &Event| matches!(event, Event::Undelivered { failure, .. } if failure.cause == Cause::NotAllowed);
        let ends = play.rig.events.iter().filter(|event| ended(event)).count();
        let barred = play.rig.events.iter().filter(|event| at_once_barred(event)).count();
        prop_assert!(ends >= play.answered && ends - play.answered <= barred, "{} of {}", ends, play.answered);
    }
}

/// Connects Crawler 3 to a peer that lets 2 and 3 ask.
fn two_crawlers() -> Rig {
    let mut rig = Rig::peer();
    rig.connect(B, 3, Direction::Incoming, None);
    rig
}

#[test]
fn one_crawler_s_questions_leave_room_for_another_s() {
    let mut rig = two_crawlers();
    for n in 0..64 {
        rig.request(A, ID, n, 0);
    }
    let of_one = rig.asked.len();
    assert!(of_one < 64, "{of_one}");
    rig.request(B, ID, 1, 0);
    assert_eq!(rig.asked.len(), of_one + 1, "the other one is asked for");
    rig.answer(rig.asked[of_one], "done");
    assert!(rig.replies().iter().any(|(conn, reply)| *conn == B && reply.payload == "done"));
}

#[test]
fn a_question_whose_asker_is_gone_and_has_no_address_is_dropped() {
    let mut rig = Rig::peer();
    let peer = ConnectedPeer {
        permid: permid(3),
        version: OverlayVersion::CURRENT,
        offers: OverlayVersion::CURRENT,
        direction: Direction::Incoming,
        remote: address(3),
        listening_port: 0,
        rtt: Duration::ZERO,
    };
    rig.input(Input::Connected { conn: B, attempt: None, peer });
    rig.request(B, ID, 1, 0);
    rig.close(B);
    assert_eq!(rig.abandoned, rig.asked, "nobody can take the answer any more");
    rig.request(A, ID, 1, 0);
    rig.close(A);
    assert_eq!(rig.abandoned.len(), 1, "who can be dialled back still gets it");
}

#[test]
fn large_replies_that_nobody_reads_hold_up_no_small_one() {
    let mut rig = two_crawlers();
    rig.takes = false;
    let large = Bytes::from(vec![0; 64 << 20]);
    for n in 1..=4 {
        rig.request(A, ID, n, 0);
        rig.answer(*rig.asked.last().unwrap(), large.clone());
    }
    rig.replies();
    rig.request(B, ID, 1, 0);
    rig.answer(*rig.asked.last().unwrap(), "48 bytes");
    let replies = rig.replies();
    let [(conn, reply)] = &replies[..] else { panic!("{} replies", replies.len()) };
    assert_eq!((*conn, reply.error, &reply.payload[..]), (B, ErrorByte::SUCCESS, &b"48 bytes"[..]));
    rig.request(B, ID, 2, 0);
    rig.answer(*rig.asked.last().unwrap(), large);
    let of_another = rig.replies();
    assert!(
        of_another.iter().all(|(_, reply)| reply.error == ErrorByte::SUCCESS),
        "one Crawler has a share, not all of it"
    );
}

#[test]
fn a_large_reply_that_is_read_in_drips_ends() {
    let mut rig = Rig::peer();
    rig.takes = false;
    rig.request(A, ID, 1, 0);
    rig.answer(rig.asked[0], vec![0; 64 << 20]);
    for _ in 0..70 {
        rig.pass(secs(60));
        rig.input(Input::Written { conn: A, frames: 1 }); // 546 bytes a second
    }
    assert!(rig.events().iter().any(|event| matches!(event, Event::Undelivered { .. })));
    let (conn, failure) = rig.closes.pop().unwrap();
    assert_eq!((conn, failure.cause, failure.by), (A, Cause::QueueFull, By::Us));
    assert_eq!(rig.engine.backend.replies.held(), (0, 0));
}
