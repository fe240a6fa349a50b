//! Several requests to many at the same time.

use crate::crowd::{answer, peer, rows, run, swarm};
use crate::fixture::{press, type_text};
use crate::many::{DATABASE, ENTER, ESC, counts, dark, screen, start};
use crossterm::event::KeyCode;
use swarmscope::screen::{Effect, Key, Model, Screen};
use swarmscope_facts::many::campaign::State;
use swarmscope_facts::many::outcome::Outcome;
use swarmscope_wire::MessageId;

/// Two requests to many at a time: the first asks DATABASE, the other NATCHECK.
fn two_at_a_time() -> Model {
    let mut model = swarm();
    press(&mut model, &[Key::ctrl('s')]);
    start(&mut model);
    run(&mut model, 0, 500);
    press(&mut model, &[ESC, Key::char('r')]);
    type_text(&mut model, "natcheck");
    press(&mut model, &[ENTER, ESC, Key::ctrl('s')]);
    let text = screen(&mut model, 120, 40, &dark());
    assert!(text.contains("The request before"), "what else is under way is said: {text}");
    start(&mut model);
    model
}

#[test]
fn several_go_out_at_the_same_time_and_each_gets_its_answers() {
    let mut model = two_at_a_time();
    assert_eq!(model.many.under_way().count(), 2);
    let sent = run(&mut model, 500, 1_000);
    let of = |message| sent.iter().filter(|(_, ask)| ask.message == message).count();
    assert!(of(DATABASE) >= 9 && of(MessageId::NATCHECK) >= 9, "both at their own rate");
    assert!(of(DATABASE) <= 11, "and at no more than that");
    // whom only the first has come to
    answer(&mut model, 1_100, peer(16).0, 0, &rows("5.3.9", 1), 1, 20);
    let answered: Vec<usize> = model
        .many
        .all()
        .map(|campaign| campaign.counts().of(swarmscope_facts::many::outcome::Outcome::Answered))
        .collect();
    assert_eq!(answered.iter().sum::<usize>(), 1, "an answer belongs to one of them: {answered:?}");
}

#[test]
fn they_are_listed_with_their_progress_and_one_is_stopped() {
    let mut model = two_at_a_time();
    run(&mut model, 500, 1_500);
    press(&mut model, &[Key::char('M')]);
    for (columns, rows) in [(120, 40), (80, 24), (60, 20)] {
        insta::assert_snapshot!(
            format!("requests_{columns}x{rows}"),
            screen(&mut model, columns, rows, &dark())
        );
    }
    let text = screen(&mut model, 120, 40, &dark());
    assert!(text.contains("1 DATABASE to 60 peers") && text.contains("of 60 sent"), "{text}");
    assert!(text.contains("about 00:0"), "an estimate says so: {text}");
    let effects = press(&mut model, &[Key::named(KeyCode::Down), Key::char('x')]);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Cancel(_))), "what is in flight");
    assert_eq!(model.many.under_way().count(), 1, "the other goes on");
    press(&mut model, &[ENTER]);
    assert_eq!(model.screen, Screen::Many);
    let shown = model.many.campaign.as_ref().expect("one");
    assert_eq!((shown.plan.message, shown.state), (DATABASE, State::Stopped));
    press(&mut model, &[Key::char('S')]);
    assert_eq!(model.many.under_way().count(), 0, "one key stops all");
}

#[test]
fn nothing_goes_out_twice_while_one_is_under_way() {
    let mut model = swarm();
    press(&mut model, &[Key::ctrl('s')]);
    start(&mut model);
    run(&mut model, 0, 200);
    press(&mut model, &[ESC, Key::ctrl('s')]);
    let text = screen(&mut model, 120, 40, &dark());
    assert!(text.contains("already asked, no answer yet"), "{text}");
    assert!(text.contains("in another request to many, not sent yet"), "{text}");
    assert!(press(&mut model, &[ENTER]).is_empty());
    assert!(
        model
            .log
            .headline(model.now)
            .expect("it is said")
            .line
            .text
            .contains("no marked peer can be asked")
    );
}

#[test]
fn one_key_stops_all_from_any_screen() {
    let mut model = swarm();
    press(&mut model, &[Key::ctrl('s')]);
    start(&mut model);
    run(&mut model, 0, 500);
    answer(&mut model, 520, peer(0).0, 0, &rows("5.3.9", 1), 1, 20);
    press(&mut model, &[ESC]);
    assert_eq!(model.screen, Screen::Main);
    assert!(screen(&mut model, 120, 40, &dark()).contains("11/60 sent  S stop"));
    let effects = press(&mut model, &[Key::char('S')]);
    assert_eq!(effects.len(), 10, "what is in flight is cancelled");
    assert!(effects.iter().all(|effect| matches!(effect, Effect::Cancel(_))));
    assert!(run(&mut model, 600, 60_000).is_empty(), "nothing more goes out");
    assert_eq!(
        counts(&model),
        [(Outcome::Answered, 1), (Outcome::Stopped, 10), (Outcome::NotSent, 49)]
    );
    let line = model.log.headline(model.now).expect("it is said").line;
    assert!(line.text.contains("11 of 60 requests sent"), "{}", line.text);
    press(&mut model, &[Key::char('M')]);
    insta::assert_snapshot!("stopped_80x24", screen(&mut model, 80, 24, &dark()));
    press(&mut model, &[Key::char('S')]);
    assert!(
        model
            .log
            .headline(model.now)
            .expect("it is said")
            .line
            .text
            .contains("no request to many is running")
    );
}
