//! Replies on channels that no question went over.

use super::*;

/// The guesses that were told of the last stray.
fn guessed(rig: &mut Rig) -> u32 {
    let events = rig.events();
    let told = |event: &Event| match event {
        Event::ReplyRefused { guessed, .. } => Some(*guessed),
        _ => None,
    };
    events.iter().rev().find_map(told).expect("a stray")
}

#[test]
fn who_answers_twice_or_late_guesses_nothing() {
    let mut rig = Rig::crawler();
    let (_, whole) = rig.ask_on(ask(2));
    rig.part(A, &part(whole, 0, b"once"));
    let (_, late) = rig.ask_on(ask(2));
    rig.part(A, &part(whole, 0, b"twice"));
    assert_eq!(guessed(&mut rig), 0);
    rig.pass(secs(3_500)); // the second has timed out
    for channel in [whole, late] {
        rig.part(A, &part(channel, 0, b"late"));
        assert_eq!(guessed(&mut rig), 0);
    }
    let free = |channel: &u8| *channel != whole.0 && *channel != late.0;
    for (n, channel) in (1..=255).filter(free).take(3).enumerate() {
        rig.part(A, &part(ChannelId(channel), 1, b"a guess"));
        rig.pass(secs(2));
        assert_eq!(guessed(&mut rig) as usize, n + 1);
    }
}

#[test]
fn who_may_owe_an_earlier_process_a_reply_guesses_nothing_for_an_hour() {
    let mut rig = Rig::new(EngineConfig { first_run: false, ..config(1) });
    rig.connect(A, 2, Direction::Outgoing, None);
    rig.part(A, &part(ChannelId(7), 0, b"of an earlier question?"));
    assert_eq!(guessed(&mut rig), 0);
    rig.pass(secs(3_600));
    rig.part(A, &part(ChannelId(7), 0, b"hardly"));
    assert_eq!(guessed(&mut rig), 1);
}
