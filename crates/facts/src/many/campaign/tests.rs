#![allow(clippy::disallowed_methods)] // an origin for virtual time

use std::time::UNIX_EPOCH;

use bytes::Bytes;
use proptest::prelude::*;

use super::super::pace::{Pace, Rate};
use super::super::sample::tests::{decoding, rows};
use super::*;
use swarmscope_wire::failure::By;
use swarmscope_wire::{Frequency, MessageId, Permid};

const MESSAGE: MessageId = MessageId::DATABASE_QUERY;

fn permid(n: usize) -> Permid {
    let mut key = [7; 32];
    key[..8].copy_from_slice(&(n as u64).to_be_bytes());
    Permid::Ed25519(key)
}

/// Whom it goes to.
fn to(request: &Request) -> PeerKey {
    match request {
        Request::Overlay(ask) => PeerKey::Permid(ask.to),
        Request::Other(question) => question.peer.clone(),
    }
}

/// A clock that is moved by hand.
#[derive(Clone, Copy)]
struct Clock {
    start: Now,
}

impl Clock {
    fn new() -> Self {
        Self { start: Now { instant: Instant::now(), wall: UNIX_EPOCH } }
    }

    fn at(&self, ms: u64) -> Now {
        let after = Duration::from_millis(ms);
        Now { instant: self.start.instant + after, wall: self.start.wall + after }
    }
}

fn campaign(peers: usize, rate: &str, waiting: usize, clock: &Clock) -> Campaign {
    let pace = Pace { rate: Rate::parse(rate).unwrap(), waiting };
    let permids = (0..peers).map(permid);
    let plan = Plan::of_targets(
        MESSAGE,
        Frequency::DEFAULT,
        Bytes::from_static(b"SELECT 1"),
        pace,
        permids,
    );
    Campaign::new(plan, clock.at(0))
}

/// Sends what may go out until then; the times of sending, in milliseconds. Tickets are the places
/// of the peers.
fn run(campaign: &mut Campaign, clock: &Clock, until: u64) -> Vec<u64> {
    let mut times = Vec::new();
    while let Some(due) = campaign.due() {
        let ms =
            u64::try_from(due.saturating_duration_since(clock.start.instant).as_millis()).unwrap();
        if ms > until {
            break;
        }
        let peer = to(&campaign.send(clock.at(ms)).expect("it is due"));
        let n = campaign.rows().iter().position(|row| row.peer == peer).expect("one of ours");
        assert!(!campaign.asked(&peer, MESSAGE, Ticket(n as u64)));
        times.push(ms);
    }
    times
}

fn answer(campaign: &mut Campaign, n: u64, error: u8, payload: &[u8], now: Now) {
    campaign.reply(Ticket(n), ErrorByte(error), payload.len(), 1, Duration::from_millis(4), now);
    campaign.decoded(Ticket(n), &decoding(MESSAGE, ErrorByte(error), payload), now);
    campaign.settle(now);
}

fn failure(cause: Cause) -> Failure {
    Failure::new(cause, By::Peer, "")
}

#[test]
fn requests_go_out_evenly_from_the_first_moment_on() {
    let clock = Clock::new();
    let mut campaign = campaign(5, "20", 64, &clock);
    assert_eq!(run(&mut campaign, &clock, 10_000), [0, 50, 100, 150, 200]);
    assert_eq!(
        (campaign.due(), campaign.counts().sent(), campaign.state),
        (None, 5, State::Running)
    );
}

#[test]
fn who_is_to_come_is_found_in_whatever_order_tickets_come() {
    let clock = Clock::new();
    let mut campaign = campaign(9, "20", 64, &clock);
    let key = |n| PeerKey::Permid(permid(n));
    let mut left: Vec<usize> = (0..9).collect();
    for (ticket, n) in [(0, 5), (1, 8), (2, 0), (3, 7), (4, 1)] {
        campaign.send(clock.at(50 * ticket)).expect("it is due");
        campaign.asked(&key(n), MESSAGE, Ticket(ticket));
        left.retain(|other| *other != n);
        assert_eq!((0..9).filter(|n| campaign.is_to_come(&key(*n))).collect::<Vec<_>>(), left);
        let targets: Vec<_> = campaign.plan.targets.iter().map(|target| &target.peer).collect();
        assert_eq!(targets, campaign.rows().iter().map(|row| &row.peer).collect::<Vec<_>>());
    }
}

#[test]
fn so_are_they_where_several_wait_for_their_tickets() {
    let clock = Clock::new();
    let mut campaign = campaign(8, "20", 64, &clock);
    let key = |n| PeerKey::Permid(permid(n));
    for ms in [0, 50, 100] {
        campaign.send(clock.at(ms)).expect("it is due");
    }
    for (ticket, n) in [(0, 3), (1, 5), (2, 0)] {
        campaign.asked(&key(n), MESSAGE, Ticket(ticket));
    }
    let to_come: Vec<_> = (0..8).filter(|n| campaign.is_to_come(&key(*n))).collect();
    assert_eq!(to_come, [1, 2, 4, 6, 7]);
}

#[test]
fn silent_peers_hold_the_places_and_answers_give_them_back_without_a_burst() {
    let clock = Clock::new();
    let mut campaign = campaign(10, "20", 3, &clock);
    assert_eq!(run(&mut campaign, &clock, 60_000), [0, 50, 100], "three wait, and nobody answers");
    assert_eq!(campaign.due(), None);
    for n in 0..3 {
        campaign.failed(Ticket(n), &failure(Cause::FirstPartTimeout), clock.at(30_000));
    }
    assert!(campaign.send(clock.at(30_000)).is_some());
    assert_eq!(campaign.send(clock.at(30_000)), None, "one a time, though three places are free");
    assert!(campaign.send(clock.at(30_050)).is_some() && campaign.send(clock.at(30_100)).is_some());
    assert_eq!(campaign.counts().of(Outcome::TimedOut), 3);
    assert_eq!(campaign.counts().in_flight(), 3);
}

#[test]
fn outcomes_are_told_apart_and_add_up() {
    let clock = Clock::new();
    let mut campaign = campaign(8, "200", 64, &clock);
    run(&mut campaign, &clock, 10_000);
    let now = clock.at(1000);
    answer(&mut campaign, 0, 0, &rows(&["5.3.9"]), now);
    answer(&mut campaign, 1, 0, b"li1ee", now);
    answer(&mut campaign, 2, 254, b"frequency error", now);
    answer(&mut campaign, 3, 253, b"unknown message", now);
    campaign.failed(Ticket(4), &failure(Cause::ClosedWithoutReply), now);
    campaign.failed(Ticket(5), &failure(Cause::WholeTimeout), now);
    campaign.part(Ticket(6), 32_768, Duration::from_millis(90));
    let counted: Vec<usize> =
        Outcome::ALL.into_iter().map(|outcome| campaign.counts().of(outcome)).collect();
    assert_eq!(counted, [1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0]);
    assert_eq!(campaign.groups().len(), 3, "a 254 is in no group, an error is in one");
    assert_eq!(campaign.group_of(&campaign.rows()[2]), None);
    assert_eq!(campaign.sizes.len(), 2);
    assert!(campaign.under_way());
    campaign.failed(Ticket(6), &failure(Cause::ClosedInReply), now);
    campaign.failed(Ticket(7), &failure(Cause::TcpRefused), now);
    campaign.settle(clock.at(2000));
    let counts = campaign.counts();
    assert_eq!(
        (counts.of(Outcome::Error), counts.of(Outcome::Other)),
        (1, 2),
        "an error byte is an answer"
    );
    assert_eq!(campaign.state, State::Done);
    assert_eq!(campaign.elapsed(clock.at(9000)), Duration::from_secs(2));
}

#[test]
fn what_is_paused_goes_on_at_the_same_rate() {
    let clock = Clock::new();
    let mut campaign = campaign(5, "20", 64, &clock);
    assert_eq!(run(&mut campaign, &clock, 50), [0, 50]);
    campaign.pause();
    assert_eq!((campaign.due(), campaign.send(clock.at(100))), (None, None));
    campaign.pause();
    assert!(campaign.send(clock.at(5_000)).is_some() && campaign.send(clock.at(5_000)).is_none());
    assert_eq!(campaign.due(), Some(clock.at(5_050).instant));
}

#[test]
fn what_is_stopped_stays_stopped_and_late_answers_still_count() {
    let clock = Clock::new();
    let mut campaign = campaign(10, "20", 64, &clock);
    run(&mut campaign, &clock, 100);
    // its ticket is still to come
    let peer = to(&campaign.send(clock.at(150)).expect("it is due"));
    answer(&mut campaign, 0, 0, &rows(&["5.3.9"]), clock.at(160));
    assert_eq!(campaign.stop(clock.at(170)), [Ticket(1), Ticket(2)]);
    assert!(campaign.asked(&peer, MESSAGE, Ticket(3)), "cancelled as soon as it can be");
    assert_eq!(
        (campaign.send(clock.at(9_000)), campaign.due(), campaign.state),
        (None, None, State::Stopped)
    );
    let counts = campaign.counts();
    assert_eq!(
        (counts.sent(), counts.of(Outcome::Stopped), counts.of(Outcome::NotSent)),
        (4, 3, 6)
    );
    answer(&mut campaign, 1, 0, &rows(&["5.3.9"]), clock.at(180));
    campaign.failed(Ticket(2), &failure(Cause::Cancelled), clock.at(180));
    assert_eq!(
        (campaign.counts().of(Outcome::Answered), campaign.counts().of(Outcome::Stopped)),
        (2, 2)
    );
    assert_eq!(campaign.stop(clock.at(200)), [], "once");
    campaign.pause();
    assert_eq!(campaign.state, State::Stopped);
}

#[test]
fn deadlines_are_those_of_what_is_in_flight_and_of_what_is_still_to_come() {
    let clock = Clock::new();
    let mut campaign = campaign(3, "20", 64, &clock);
    assert_eq!(campaign.deadlines(clock.at(0)), None);
    run(&mut campaign, &clock, 60_000);
    let (first, last) = campaign.deadlines(clock.at(1_000)).expect("three are in flight");
    assert_eq!((first, last), (Duration::from_secs(29), Duration::from_millis(29_100)));
}

#[derive(Clone, Debug)]
enum Step {
    Pass(u64),
    Part(u64),
    Answer(u64, u8, u8),
    Fail(u64, Cause),
    Pause,
    Stop,
}

fn steps() -> impl Strategy<Value = Step> {
    let n = || 0_u64..14;
    let causes =
        vec![Cause::FirstPartTimeout, Cause::ClosedWithoutReply, Cause::Cancelled, Cause::Reset];
    prop_oneof![
        6 => (0_u64..400).prop_map(Step::Pass),
        2 => n().prop_map(Step::Part),
        4 => (n(), prop::sample::select(vec![0_u8, 1, 253, 254]), 0_u8..4).prop_map(|(n, e, k)| Step::Answer(n, e, k)),
        3 => (n(), prop::sample::select(causes)).prop_map(|(n, cause)| Step::Fail(n, cause)),
        1 => Just(Step::Pause),
        1 => prop_oneof![9 => Just(Step::Pass(1)), 1 => Just(Step::Stop)],
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_everybody_is_asked_once_and_counted_once(
        peers in 0_usize..12,
        waiting in 1_usize..5,
        all in prop::collection::vec(steps(), 0..80),
    ) {
        let clock = Clock::new();
        let mut campaign = campaign(peers, "20", waiting, &clock);
        let mut asked = std::collections::HashSet::new();
        let (mut ms, mut last_sent, mut stopped) = (0_u64, None, false);
        for step in all {
            let now = clock.at(ms);
            match step {
                Step::Pass(by) => ms += by,
                Step::Part(n) => campaign.part(Ticket(n), 10, Duration::from_millis(ms)),
                Step::Answer(n, error, kind) => answer(&mut campaign, n, error, &rows(&[&kind.to_string()]), now),
                Step::Fail(n, cause) => campaign.failed(Ticket(n), &failure(cause), now),
                Step::Pause => campaign.pause(),
                Step::Stop => {
                    stopped |= campaign.under_way();
                    campaign.stop(now);
                }
            }
            let now = clock.at(ms);
            if let Some(peer) = campaign.send(now).as_ref().map(to) {
                prop_assert!(!stopped && asked.insert(peer.clone()), "once each, and never after a stop");
                prop_assert!(last_sent.is_none_or(|last| ms - last <= ms), "time goes on");
                prop_assert_eq!(campaign.send(now), None, "no burst");
                last_sent = Some(ms);
                let n = campaign.rows().iter().position(|row| row.peer == peer).unwrap();
                campaign.asked(&peer, MESSAGE, Ticket(n as u64));
            }
            campaign.settle(now);
            let counts = campaign.counts();
            prop_assert_eq!(counts.total(), peers);
            prop_assert_eq!(counts.sent(), asked.len());
            prop_assert!(counts.in_flight() <= waiting);
            for outcome in Outcome::ALL {
                let rows = campaign.rows().iter().filter(|row| row.outcome == outcome).count();
                prop_assert_eq!(counts.of(outcome), rows);
            }
            let grouped = campaign.grouped();
            let in_groups: usize = (0..campaign.groups().len()).map(|at| campaign.groups().get(at).unwrap().peers).sum();
            prop_assert_eq!(grouped, in_groups);
        }
    }
}
