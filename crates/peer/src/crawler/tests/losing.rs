//! Requests that are lost: who ended it, and why.

use super::*;

#[test]
fn a_lost_connection_ends_each_request_with_what_is_known() {
    let mut rig = Rig::crawler();
    let (silent, begun) = (rig.ask_on(ask(2)), rig.ask_on(ask(2)));
    rig.part(A, &part(begun.1, 3, b"."));
    rig.close(A);
    let expected = [(silent.0, Err(Cause::ClosedUnanswered)), (begun.0, Err(Cause::ClosedInReply))];
    assert_eq!(rig.ends(), expected);
    assert_eq!(rig.engine.requests.open(), 0);
}

#[test]
fn a_line_that_came_back_is_no_longer_lost() {
    let mut rig = Rig::new(config(1));
    rig.connect(A, 2, Direction::Outgoing, None);
    let timeout = secs(300);
    let (ticket, channel) = rig.ask_on(Ask { timeout, wait_for_dial_back: true, ..ask(2) });
    let waits = |rig: &mut Rig| {
        rig.events().iter().filter(|e| matches!(e, Event::AwaitingDialBack { .. })).count()
    };
    rig.close(A);
    assert_eq!(waits(&mut rig), 1);
    rig.connect(B, 2, Direction::Incoming, None);
    rig.part(B, &part(channel, 3, b"."));
    rig.close(B);
    assert_eq!(waits(&mut rig), 1, "lost again, and told again");
    rig.connect(A, 2, Direction::Incoming, None);
    rig.part(A, &part(channel, 2, b"."));
    rig.pass(secs(61));
    assert_eq!(
        rig.ends(),
        [(ticket, Err(Cause::BetweenPartsTimeout))],
        "no part in a minute on a line that is there"
    );
}

/// A request that is lost before any part, `after` the request was sent.
fn loses(failure: &Failure, after: Duration, answered_before: bool) -> Failure {
    let mut rig = Rig::crawler();
    if answered_before {
        let (_, channel) = rig.ask_on(ask(2));
        rig.part(A, &part(channel, 0, b"."));
    }
    rig.ask_on(ask(2));
    rig.pass(after);
    rig.events();
    rig.input(Input::Closed { conn: A, failure: failure.clone() });
    let failed = rig.events().into_iter().find_map(|event| match event {
        Event::RequestFailed { failure, .. } => Some(failure),
        _ => None,
    });
    failed.unwrap()
}

#[test]
fn who_ended_it_what_it_had_answered_and_how_long_it_took_decide_why_a_request_is_lost() {
    let closed = Failure::new(Cause::Closed, By::Peer, "");
    let lost = |failure: &Failure, after, answered| {
        let failure = loses(failure, after, answered);
        (failure.cause, failure.by)
    };
    assert_eq!(
        lost(&closed, secs(1), false),
        (Cause::ClosedWithoutReply, By::Peer),
        "as an allow-list does"
    );
    assert_eq!(
        lost(&closed, secs(20), false),
        (Cause::ClosedUnanswered, By::Peer),
        "an allow-list closes at once"
    );
    assert_eq!(
        lost(&closed, secs(1), true),
        (Cause::ClosedUnanswered, By::Peer),
        "it had just answered"
    );
    for (cause, by) in [(Cause::Reset, By::Network), (Cause::Truncated, By::Network)] {
        assert_eq!(
            lost(&Failure::new(cause, by, ""), secs(1), false),
            (Cause::LostUnanswered, By::Network),
            "{cause:?}"
        );
    }
    for (cause, by) in
        [(Cause::Closed, By::Us), (Cause::MessageMalformed, By::Us), (Cause::Idle, By::Us)]
    {
        assert_eq!(
            lost(&Failure::new(cause, by, "x"), secs(1), false),
            (Cause::ClosedByUs, By::Us),
            "{cause:?}"
        );
    }
    let ours = loses(
        &Failure::new(Cause::MessageMalformed, By::Us, "the body of a reply"),
        secs(1),
        false,
    );
    assert!(
        ours.detail.contains("malformed") && ours.detail.contains("the body of a reply"),
        "{ours}"
    );
}
