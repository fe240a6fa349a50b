//! A Crawler and a peer, back to back.

use proptest::prelude::*;

use super::world::World;
use super::*;

/// Bytes whose order shows.
fn pattern(size: usize) -> Bytes {
    (0..=250u8).cycle().take(size).collect()
}

fn pair(size: usize, after: Duration) -> World {
    let mut world = World::new();
    let payload = pattern(size);
    world.add(config(1), Box::new(|_| (Duration::ZERO, Answer::success(""))));
    world.add(config(2), Box::new(move |_| (after, Answer::success(payload.clone()))));
    world.input(1, Input::Allow([permid(1)].into()));
    world.connect(0, 1);
    world.run(secs(1));
    world
}

fn intact(reply: &Bytes, size: usize) -> bool {
    *reply == pattern(size)
}

#[test]
fn replies_of_every_interesting_size_arrive_whole() {
    for size in
        [0, 1, 32_767, 32_768, 32_769, 65_536, 70_000, 98_304, 299 * 32_768 + 1, 300 * 32_768]
    {
        let mut world = pair(size, Duration::ZERO);
        world.input(0, Input::Ask { ticket: Ticket(1), ask: ask(2) });
        world.run(secs(29));
        let ends = world.ends(0);
        let [(Ticket(1), Ok(reply))] = &ends[..] else { panic!("{size}: {ends:?}") };
        assert!(intact(reply, size), "{size}");
        let parts = world.members[0]
            .events
            .iter()
            .filter(|event| matches!(event, Event::Part { .. }))
            .count();
        assert_eq!(parts, size.div_ceil(32_768).max(1));
    }
}

#[test]
fn a_connection_cut_at_any_part_is_either_whole_by_dial_back_or_a_known_failure() {
    for cut in 0..12 {
        for wait_for_dial_back in [true, false] {
            let size = 10 * 32_768 + 5;
            let mut world = pair(size, Duration::ZERO);
            world.cut_after = Some(cut);
            world.input(
                0,
                Input::Ask { ticket: Ticket(1), ask: Ask { wait_for_dial_back, ..ask(2) } },
            );
            world.run(secs(60));
            let ends = world.ends(0);
            let [(_, end)] = &ends[..] else { panic!("{cut}: {ends:?}") };
            match end {
                Ok(reply) => {
                    assert!(intact(reply, size) && (wait_for_dial_back || cut >= 11), "{cut}");
                }
                Err(Cause::LostUnanswered) => assert!(cut == 0 && !wait_for_dial_back),
                Err(Cause::ClosedInReply) => assert!(cut > 0 && !wait_for_dial_back),
                Err(other) => panic!("{cut}: {other:?}"),
            }
        }
    }
}

#[test]
fn a_late_reply_finds_a_crawler_that_was_unplugged() {
    let mut world = pair(70_000, secs(10));
    let waiting = Ask { wait_for_dial_back: true, ..ask(2) };
    world.input(0, Input::Ask { ticket: Ticket(1), ask: waiting });
    world.run(secs(1));
    world.unplug(0);
    world.run(secs(20));
    let back = world.members[0]
        .events
        .iter()
        .any(|event| matches!(event, Event::Reply(Reply { dialled_back: true, .. })));
    assert!(back, "{:?}", world.members[0].events);
}

#[derive(Clone, Debug)]
enum Step {
    Ask { peer: u8, timeout: u64, wait: bool },
    Cancel(u64),
    Part { peer: u8, channel: u8, wrong: bool, left: u8, size: usize },
    Close(u8),
    Connect(u8),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (2u8..4, 1u64..100, any::<bool>()).prop_map(|(peer, timeout, wait)| Step::Ask { peer, timeout, wait }),
        1 => (1u64..40).prop_map(Step::Cancel),
        8 => (2u8..4, any::<u8>(), prop::bool::weighted(0.1), 0u8..4, prop_oneof![Just(0usize), 1usize..50_000])
            .prop_map(|(peer, channel, wrong, left, size)| Step::Part { peer, channel, wrong, left, size }),
        1 => (2u8..4).prop_map(Step::Close),
        1 => (2u8..4).prop_map(Step::Connect),
        2 => (1u64..2_000).prop_map(Step::Pass),
    ]
}

/// No reply came, on the line that was lost or on the one that the peer dialled.
fn is_timeout(cause: Cause) -> bool {
    cause.exit() == swarmscope_wire::failure::exit::TIMEOUT
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever peers do: what is booked is what is held, budgets hold, and each request ends exactly once.
    #[test]
    fn the_books_balance_and_each_request_ends_once(steps in prop::collection::vec(step(), 1..120)) {
        let limits = Limits {
            reply_bytes: 100_000,
            reply_bytes_per_peer: 150_000,
            reply_bytes_in_all: 220_000,
            ..Limits::default()
        };
        let mut rig = Rig::new(EngineConfig { limits, ..config(1) });
        let mut conns = [ConnId(0); 4];
        let mut next_conn = 10;
        let mut channels = Vec::new();
        for step in steps {
            match step {
                Step::Ask { peer, timeout, wait } => {
                    rig.ask(Ask { timeout: secs(timeout), wait_for_dial_back: wait, ..ask(peer) });
                }
                Step::Cancel(ticket) => rig.input(Input::Cancel(Ticket(ticket))),
                Step::Part { peer, channel, wrong, left, size } => {
                    let known = channels.get(channel as usize % channels.len().max(1)).copied().unwrap_or(ChannelId(channel));
                    let message = if wrong { OTHER_ID } else { ID };
                    let conn = conns[peer as usize];
                    rig.part(conn, &CrawlerReply { message, ..part(known, left, &vec![7; size]) });
                }
                Step::Close(peer) => {
                    let conn = std::mem::take(&mut conns[peer as usize].0);
                    rig.close(ConnId(conn));
                }
                Step::Connect(peer) => {
                    if conns[peer as usize] == ConnId(0) {
                        next_conn += 1;
                        conns[peer as usize] = ConnId(next_conn);
                        rig.connect(ConnId(next_conn), peer, Direction::Incoming, None);
                    }
                }
                Step::Pass(time) => rig.pass(secs(time)),
            }
            channels.extend(rig.events.iter().filter_map(|event| match event {
                Event::Sent { channel, .. } => Some(*channel),
                _ => None,
            }));
            channels.drain(..channels.len().saturating_sub(20));
            let (process, peers, counted) = rig.engine.requests.held();
            prop_assert!(process == peers && peers == counted && process <= limits.reply_bytes_in_all);
        }
        for (attempt, ..) in std::mem::take(&mut rig.dials) {
            rig.input(Input::DialFailed { attempt, failure: Failure::new(Cause::TcpRefused, By::Peer, "") });
        }
        rig.pass(secs(4_000));
        prop_assert_eq!(rig.engine.requests.open(), 0);
        prop_assert_eq!(rig.engine.requests.held(), (0, 0, 0));
        let mut ended: Vec<_> = rig.ends().into_iter().map(|(ticket, _)| ticket.0).collect();
        ended.sort_unstable();
        prop_assert_eq!(ended, (1..=rig.tickets).collect::<Vec<_>>());
    }

    /// Several requests at once, of any sizes and delays, with the line cut at any part: each reply is whole and its own.
    #[test]
    fn several_replies_survive_a_cut(sizes in prop::collection::vec(0usize..200_000, 1..6), cut in 0u32..30) {
        let mut world = World::new();
        world.add(config(1), Box::new(|_| (Duration::ZERO, Answer::success(""))));
        let (count, answers) = (std::cell::Cell::new(0u8), sizes.clone());
        world.add(config(2), Box::new(move |_| {
            let n = count.replace(count.get() + 1);
            (Duration::from_millis(n.into()), Answer::success(vec![n; answers[usize::from(n)]]))
        }));
        world.input(1, Input::Allow([permid(1)].into()));
        world.connect(0, 1);
        world.run(secs(1));
        world.cut_after = Some(cut);
        for (n, _) in (0..).zip(&sizes) {
            let ask = Ask { wait_for_dial_back: true, ..ask(2) };
            world.input(0, Input::Ask { ticket: Ticket(n), ask });
        }
        world.run(secs(60));
        let ends = world.ends(0);
        prop_assert_eq!(ends.len(), sizes.len());
        for (Ticket(n), end) in ends {
            let n = u8::try_from(n).unwrap();
            // Of the same id only the latest waits for a dial-back; the others time out.
            let is_latest = usize::from(n) + 1 == sizes.len();
            prop_assert!(end.is_ok() || !is_latest, "the latest is dialled back");
            match end {
                Ok(reply) => prop_assert_eq!(reply, vec![n; sizes[usize::from(n)]]),
                Err(cause) => prop_assert!(is_timeout(cause), "{cause:?}"),
            }
        }
        let (_, peers, held) = world.members[0].engine.requests.held();
        prop_assert_eq!((peers, held), (0, 0));
    }
}
