//! Initiators that run by themselves, and peers that are given up.

use super::*;

fn rig(initiators: Vec<MessageId>) -> Rig {
    Rig::new(EngineConfig { initiators, ..config(1) })
}

fn sent(rig: &mut Rig) -> Vec<(Ticket, ChannelId, Origin)> {
    let sent = |event| match event {
        Event::Sent { ticket, channel, origin, .. } => Some((ticket, channel, origin)),
        _ => None,
    };
    rig.events().into_iter().filter_map(sent).collect()
}

#[test]
fn none_runs_unless_it_is_switched_on() {
    let mut rig = rig(vec![]);
    rig.connect(A, 2, Direction::Outgoing, None);
    rig.pass(secs(10_000));
    assert!(sent(&mut rig).is_empty());
}

#[test]
fn it_runs_on_connections_of_either_direction_and_again_every_frequency() {
    let mut rig = rig(vec![ID]);
    rig.connect(A, 2, Direction::Incoming, None);
    let [(_, channel, Origin::Initiator)] = sent(&mut rig)[..] else { panic!() };
    rig.part(A, &part(channel, 0, b""));
    rig.close(A);
    rig.connect(A, 2, Direction::Incoming, None);
    assert!(sent(&mut rig).is_empty(), "it would only meet a 254 of our own making");
    rig.pass(secs(3605));
    assert!(sent(&mut rig).is_empty(), "the deadline must be more than 5 s ago");
    rig.pass(Duration::from_millis(1));
    assert_eq!(sent(&mut rig).len(), 1);
}

#[test]
fn a_peer_that_went_away_is_dialled_when_it_is_due_and_given_up_at_the_28th_failure() {
    let mut rig = rig(vec![ID, OTHER_ID]);
    rig.connect(A, 2, Direction::Incoming, None);
    rig.close(A);
    let mut failures = 0;
    for _ in 0..40_000 {
        rig.pass(secs(10));
        for (attempt, ..) in std::mem::take(&mut rig.dials) {
            failures += 1;
            rig.input(Input::DialFailed {
                attempt,
                failure: Failure::new(Cause::TcpRefused, By::Peer, ""),
            });
        }
    }
    assert_eq!(failures, 28, "counted over both initiators");
    let last =
        rig.events().into_iter().rev().find(|event| matches!(event, Event::ConnectFailed { .. }));
    assert!(
        matches!(last, Some(Event::ConnectFailed { attempt: 28, gives_up_at: 28, .. })),
        "{last:?}"
    );
}

#[test]
fn a_peer_that_can_be_reached_again_is_asked_at_once() {
    let mut rig = rig(vec![ID]);
    rig.connect(A, 2, Direction::Incoming, None);
    rig.close(A);
    rig.events();
    rig.pass(secs(3606));
    let (attempt, ..) = rig.dials.pop().unwrap();
    rig.connect(B, 2, Direction::Outgoing, Some(attempt));
    assert_eq!(sent(&mut rig).len(), 1);
}
