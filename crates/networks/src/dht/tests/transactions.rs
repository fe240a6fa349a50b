use std::net::SocketAddr;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use crate::dht::transactions::{Deadlines, MAX_WAITING, Match, Passed, Transactions};

const DEADLINES: Deadlines =
    Deadlines { slow: Duration::from_secs(1), last: Duration::from_secs(15) };

fn address(last: u8) -> SocketAddr {
    ([192, 0, 2, last], 6881).into()
}

#[test]
fn an_answer_is_matched_by_id_and_endpoint_and_only_once() {
    let start = Instant::now();
    let mut transactions = Transactions::new(DEADLINES, 1);
    let id = transactions.begin(address(1), 7, start).unwrap();
    let later = start + Duration::from_millis(30);
    assert_eq!(transactions.answer(address(2), &id, later), Match::Unknown);
    assert_eq!(transactions.answer(address(1), &id[..2], later), Match::Unknown);
    let expected = Match::Query { what: 7, rtt: Duration::from_millis(30), late: false };
    assert_eq!(transactions.answer(address(1), &id, later), expected);
    assert_eq!(transactions.answer(address(1), &id, later), Match::Repeated);
    let tally = transactions.tally();
    assert_eq!((tally.asked, tally.answered, tally.unknown, tally.repeated), (1, 1, 2, 1));
}

#[test]
fn a_late_answer_is_a_fact_and_not_noise() {
    let start = Instant::now();
    let mut transactions = Transactions::new(DEADLINES, 1);
    let one = transactions.begin(address(1), 1, start).unwrap();
    let other = transactions.begin(address(2), 2, start).unwrap();
    assert_eq!(transactions.deadline(), Some(start + DEADLINES.slow));
    let second = start + DEADLINES.slow;
    assert_eq!(transactions.pass(second), Some(Passed::Slow(1)));
    assert_eq!(transactions.pass(second), Some(Passed::Slow(2)));
    assert_eq!(transactions.pass(second), None);
    assert!(matches!(
        transactions.answer(address(1), &one, second),
        Match::Query { late: true, .. }
    ));
    let end = start + DEADLINES.last;
    assert_eq!(transactions.deadline(), Some(end));
    assert_eq!(transactions.pass(end), Some(Passed::Over(2)));
    assert_eq!(transactions.answer(address(2), &other, end), Match::TooLate);
    assert_eq!((transactions.deadline(), transactions.waiting()), (None, 0));
}

#[test]
fn what_waits_is_bounded() {
    let start = Instant::now();
    let mut transactions = Transactions::new(DEADLINES, 1);
    for _ in 0..MAX_WAITING {
        assert!(transactions.begin(address(1), 0, start).is_some());
    }
    assert_eq!(transactions.begin(address(1), 0, start), None);
    assert_eq!(transactions.unreachable(address(1)).len(), MAX_WAITING);
}

#[derive(Clone, Debug)]
enum Act {
    Begin(u8),
    Answer(usize),
    Wait(u64),
    Unreachable(u8),
    GiveUp(u8),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (0..4_u8).prop_map(Act::Begin),
        3 => (0..40_usize).prop_map(Act::Answer),
        2 => (0..9000_u64).prop_map(Act::Wait),
        1 => (0..4_u8).prop_map(Act::Unreachable),
        1 => (0..4_u8).prop_map(Act::GiveUp),
    ]
}

proptest! {
    /// Whatever happens, every query ends in exactly one way.
    #[test]
    fn the_sums_hold(acts in proptest::collection::vec(act(), 0..80)) {
        let mut now = Instant::now();
        let mut transactions = Transactions::new(DEADLINES, 3);
        let mut ids = Vec::new();
        for act in acts {
            match act {
                Act::Begin(to) => ids.push((to, transactions.begin(address(to), to, now).unwrap())),
                Act::Answer(index) => if let Some((from, id)) = ids.get(index) {
                    transactions.answer(address(*from), id, now);
                },
                Act::Wait(ms) => {
                    now += Duration::from_millis(ms);
                    while transactions.pass(now).is_some() {}
                    prop_assert!(transactions.deadline().is_none_or(|at| at > now));
                }
                Act::Unreachable(to) => drop(transactions.unreachable(address(to))),
                Act::GiveUp(to) => transactions.retain(|what| *what != to),
            }
            let tally = transactions.tally();
            let ended = tally.answered + tally.timed_out + tally.unreachable + tally.cancelled;
            prop_assert_eq!(tally.asked, ended + transactions.waiting() as u64);
        }
    }
}
