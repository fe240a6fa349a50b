//! A request to thousands is planned step by step: keys come between, and nothing goes out that
//! nobody looks at.

use std::time::Duration;

use swarmscope::screen::input::Input;
use swarmscope::screen::many::Preview;
use swarmscope::screen::session::recording::typing::Typing;
use swarmscope::screen::{Effect, Key, Model, Msg, Now, Screen};

use swarmscope_peer::node::{Direction, Event, PeerKey, Source, Ticket, Transport};
use swarmscope_wire::{MessageId, OverlayVersion, Permid};

use crate::fixture::{before, blank, fold, press, taped};
use crate::many::{ENTER, ESC, dark, screen};
use crate::time::{file, played};

/// More than are gathered in four steps and looked at in nine.
const CROWD: u32 = 9_000;

fn peer(number: u32) -> Permid {
    let mut key = [0x5a; 32];
    key[..4].copy_from_slice(&number.to_be_bytes());
    Permid::Ed25519(key)
}

fn heard(model: &mut Model, peer: PeerKey) {
    let address = Some(([127, 0, 0, 1], 7760).into());
    let version = Some(OverlayVersion::CURRENT);
    let event = Event::Discovered { peer, address, version, source: Source::Operator };
    fold(model, before(1_000), Msg::Node(event));
}

/// A screen that knows all of them, and marks all.
fn crowd() -> Model {
    let mut model = blank();
    for number in 0..CROWD {
        heard(&mut model, PeerKey::Permid(peer(number)));
    }
    heard(&mut model, PeerKey::Address("10.0.0.1:7760".into()));
    fold(&mut model, before(0), Msg::Tick);
    settle(&mut model);
    palette(&mut model, "mark all");
    settle(&mut model);
    press(&mut model, &[ESC]);
    palette(&mut model, "request natcheck");
    settle(&mut model);
    model
}

/// The same with the preview of a request to all.
fn previewed() -> Model {
    let mut model = crowd();
    press(&mut model, &[Key::ctrl('s')]);
    settle(&mut model);
    model
}

fn palette(model: &mut Model, command: &str) {
    press(model, &[Key::char(':')]);
    let now = model.now;
    fold(model, now, Msg::Paste(command.into()));
    press(model, &[ENTER]);
}

/// Nothing is sent by looking: the first request goes out once all of it is done.
fn wake(model: &mut Model) {
    assert_eq!(model.next_wake(), Some(model.now.instant), "the rest is wanted at once");
    let now = model.now;
    let effects = fold(model, now, Msg::Wake);
    assert!(effects.is_empty() || !model.is_busy(), "{effects:?}");
}

fn settle(model: &mut Model) {
    while model.is_busy() {
        wake(model);
    }
}

/// How many were looked at, step by step. A second passes after each of them.
fn steps(model: &mut Model) -> Vec<Option<(usize, usize)>> {
    let looked_at = |model: &Model| model.many.preview.as_ref().and_then(Preview::looked_at);
    let mut all = vec![looked_at(model)];
    while all.last().is_some_and(Option::is_some) {
        wake(model);
        all.push(looked_at(model));
        tick(model, 1);
    }
    all
}

#[test]
fn thousands_are_looked_at_in_steps_twice_before_the_first_request() {
    let mut model = crowd();
    assert_eq!(model.facts.marks().len(), CROWD as usize + 1);
    press(&mut model, &[Key::ctrl('s')]);
    let text = screen(&mut model, 120, 40, &dark());
    assert!(text.contains("0 of 9 001") && text.contains("can be asked"), "{text}");
    press(&mut model, &[ENTER]);
    assert!(model.many.preview.as_ref().is_some_and(|preview| !preview.starts), "too early");
    let all = 9_001;
    let looked = |count| Some((count, all));
    let every_thousand = (1..=9).map(|thousands| looked(1_000 * thousands)).chain([None]);
    let gathered = [looked(0); 4];
    let expected: Vec<_> = gathered.into_iter().chain(every_thousand.clone()).collect();
    assert_eq!(steps(&mut model), expected);
    let plan = model.many.preview.as_ref().and_then(|preview| preview.plan.as_ref());
    let plan = plan.expect("a plan");
    let asked = |number: usize| PeerKey::Permid(peer(u32::try_from(number).expect("few")));
    assert!((0..9_000).all(|n| plan.targets[n].peer == asked(n)), "in the order of their keys");
    assert_eq!((plan.targets.len(), plan.left_out_count(), plan.marked), (9_000, 1, all));

    press(&mut model, &[ENTER]);
    assert!(model.many.campaign.is_none());
    let text = screen(&mut model, 120, 40, &dark());
    assert!(text.contains("1 000 of 9 001") && text.contains("peer again"), "{text}");
    assert_eq!(steps(&mut model), every_thousand.collect::<Vec<_>>());
    let campaign = model.many.campaign.as_ref().expect("a request to many");
    // the place of the first is free once everybody was looked at
    assert_eq!((campaign.rows().len(), campaign.counts().sent()), (9_000, 1));
    assert!(!campaign.is_to_come(&asked(0)) && campaign.is_to_come(&asked(8_999)));
}

#[test]
fn who_goes_away_before_it_starts_has_sent_nothing() {
    for (leave, still_there) in [(ESC, false), (Key::char('e'), true), (Key::char('m'), true)] {
        let mut model = previewed();
        press(&mut model, &[ENTER]);
        assert!(model.many.preview.as_ref().is_some_and(|preview| preview.starts));
        press(&mut model, &[leave]);
        assert_ne!(model.screen, Screen::Many);
        settle(&mut model);
        assert!(model.many.campaign.is_none(), "{leave:?}");
        let preview = model.many.preview.as_ref();
        assert_eq!(preview.is_some(), still_there);
        assert!(preview.is_none_or(|preview| !preview.starts), "and it does not start later");
    }
}

#[test]
fn a_mark_goes_to_another_place_with_its_peer_and_to_no_other_peer() {
    let mut model = crowd();
    let first = PeerKey::Permid(peer(0));
    // everybody but the first peer is marked, and the address is it
    let place = model.facts.peers().index(&first).expect("known");
    assert!(place < 2_000, "it was passed when the address turns out");
    model.facts.mark(place, false);
    press(&mut model, &[Key::ctrl('s')]);
    let connected = Event::Connected {
        permid: peer(0),
        was: Some(PeerKey::Address("10.0.0.1:7760".into())),
        address: ([127, 0, 0, 1], 7760).into(),
        listening_port: 7760,
        version: OverlayVersion::CURRENT,
        transport: Transport::Tls,
        direction: Direction::Outgoing,
        rtt: Duration::from_millis(3),
    };
    let free = model.facts.peers().index(&PeerKey::Address("10.0.0.1:7760".into()));
    fold(&mut model, before(0), Msg::Node(connected));
    let newcomer = PeerKey::Permid(peer(CROWD));
    heard(&mut model, newcomer.clone());
    assert_eq!(model.facts.peers().index(&newcomer), free, "which nobody has marked");
    settle(&mut model);
    let plan = model.many.preview.as_ref().and_then(|preview| preview.plan.as_ref());
    let plan = plan.expect("a plan");
    assert_eq!((plan.message, plan.targets.len()), (MessageId::NATCHECK, CROWD as usize));
    assert!(plan.targets.iter().any(|target| target.peer == first));
    assert!(plan.targets.iter().all(|target| target.peer != newcomer));
}

#[test]
fn a_request_does_not_begin_behind_the_log() {
    let mut model = previewed();
    press(&mut model, &[ENTER, Key::char('L')]);
    settle(&mut model);
    press(&mut model, &[ESC]);
    assert!(model.many.campaign.is_none());
    press(&mut model, &[ENTER]);
    settle(&mut model);
    assert!(model.many.campaign.is_some(), "told anew, it does");
}

#[test]
fn who_was_unmarked_meanwhile_is_not_asked() {
    let mut model = previewed();
    palette(&mut model, "unmark all");
    press(&mut model, &[ENTER]);
    settle(&mut model);
    assert!(model.many.campaign.is_none());
    let text = screen(&mut model, 120, 40, &dark());
    assert!(text.contains("nothing was sent: no marked peer can be asked any more"), "{text}");
}

#[test]
fn another_request_is_shown_before_it_is_sent() {
    let mut model = previewed();
    let shown = |model: &Model| {
        let preview = model.many.preview.as_ref().expect("a preview");
        (preview.starts, preview.plan.as_ref().map(|plan| (plan.message, plan.targets.len())))
    };
    palette(&mut model, "request database");
    press(&mut model, &[ENTER]);
    settle(&mut model);
    let database = (MessageId::DATABASE_QUERY, CROWD as usize);
    assert_eq!(shown(&model), (false, Some(database)));
    palette(&mut model, "request natcheck");
    tick(&mut model, 1_000);
    settle(&mut model);
    assert_eq!(shown(&model), (false, Some((MessageId::NATCHECK, CROWD as usize))), "by itself");
    press(&mut model, &[ENTER]);
    settle(&mut model);
    assert_eq!(model.many.campaign.as_ref().map(|it| it.plan.message), Some(MessageId::NATCHECK));
}

/// So many seconds later.
fn tick(model: &mut Model, seconds: u64) {
    let later = Duration::from_secs(seconds);
    let now = Now { instant: model.now.instant + later, wall: model.now.wall + later };
    assert!(fold(model, now, Msg::Tick).is_empty());
}

#[test]
fn once_a_request_is_mended_its_peers_are_gathered() {
    let mut model = crowd();
    model.composer.frequency = Input::new("soon".to_owned());
    press(&mut model, &[Key::ctrl('s')]);
    let text = screen(&mut model, 120, 40, &dark());
    assert!(text.contains("can't be sent"), "{text}");
    model.composer.frequency = Input::new("3600".to_owned());
    tick(&mut model, 1);
    settle(&mut model);
    let plan = model.many.preview.as_ref().and_then(|preview| preview.plan.as_ref());
    assert_eq!(plan.map(|plan| (plan.marked, plan.targets.len())), Some((9_001, 9_000)));
}

#[test]
fn a_screen_that_holds_still_sorts_and_plans_to_the_end_and_sends_nothing() {
    let mut model = crowd();
    model.showing.frozen = Some(0);
    palette(&mut model, "sort version");
    assert!(model.is_busy());
    settle(&mut model);
    press(&mut model, &[ESC, Key::ctrl('s')]);
    settle(&mut model);
    press(&mut model, &[ENTER]);
    settle(&mut model);
    let sent = |model: &Model| model.many.campaign.as_ref().map(|it| it.counts().sent());
    assert_eq!(sent(&model), Some(0), "all of it is ready");
    assert!(fold(&mut model, before(0), Msg::Wake).is_empty());
    model.showing.frozen = None;
    assert_eq!(fold(&mut model, before(0), Msg::Wake).len(), 1);
    assert_eq!(sent(&model), Some(1));
}

/// A message, its time, and what was being typed.
type Line = (Now, Msg, [Typing; 2]);

fn asked(model: &Model) -> usize {
    let campaign = model.many.campaign.as_ref().expect("a request to many");
    assert!(campaign.has(Ticket(7)), "the ticket is of its first request");
    campaign.rows().iter().filter(|row| row.ticket.is_some()).count()
}

#[test]
fn a_replay_asks_whom_the_session_asked() {
    let (model, tape) = taped(|| {
        let mut model = previewed();
        press(&mut model, &[ENTER]);
        let mut last = Vec::new();
        while last.is_empty() {
            last = fold(&mut model, before(0), Msg::Wake);
        }
        let [Effect::Request(ask)] = &last[..] else { panic!("{last:?}") };
        fold(&mut model, before(0), Msg::Asked(ask.clone(), Ticket(7)));
        model
    });
    assert_eq!(asked(&model), 1);
    // as it is where the steps were other ones: of the wakes since it was told, the last one alone
    let told = |(_, msg, _): &Line| matches!(msg, Msg::Key(key) if *key == ENTER);
    let told = tape.iter().rposition(told).expect("a key");
    let last = tape.iter().rposition(|(_, msg, _)| matches!(msg, Msg::Wake)).expect("it was woken");
    let is_kept = |at: &usize| *at < told || *at == last || !matches!(tape[*at].1, Msg::Wake);
    let others: Vec<Line> = (0..tape.len()).filter(is_kept).map(|at| tape[at].clone()).collect();
    assert!(tape.len() > others.len() + 5, "some steps are missing");
    for tape in [others, tape] {
        let text = file(&model, tape, before(4_000_000));
        assert_eq!(asked(&played(&text).1), 1);
    }
}

#[test]
fn a_replay_takes_a_ticket_of_one_request_for_no_other() {
    let (model, tape) = taped(|| {
        let mut model = previewed();
        press(&mut model, &[ENTER]);
        let sent = |model: &mut Model, ticket| {
            let mut last = Vec::new();
            while last.is_empty() {
                let now = model.now.instant + Duration::from_millis(25);
                let wall = model.now.wall + Duration::from_millis(25);
                last = fold(model, Now { instant: now, wall }, Msg::Wake);
            }
            let [Effect::Request(ask)] = &last[..] else { panic!("{last:?}") };
            let now = model.now;
            fold(model, now, Msg::Asked(ask.clone(), ticket));
        };
        sent(&mut model, Ticket(7));
        palette(&mut model, "request database");
        press(&mut model, &[ESC]);
        press(&mut model, &[Key::ctrl('s')]);
        while model.is_busy() {
            let now = model.now;
            fold(&mut model, now, Msg::Wake);
        }
        press(&mut model, &[ENTER]);
        sent(&mut model, Ticket(8));
        assert!(model.many.preview.as_ref().is_some_and(|preview| preview.starts));
        press(&mut model, &[ESC]);
        model
    });
    let all = |model: &Model| {
        let tickets = |ticket| model.many.all().filter(|it| it.has(Ticket(ticket))).count();
        (model.many.all().count(), tickets(7), tickets(8))
    };
    assert_eq!(all(&model), (1, 1, 1));
    let text = file(&model, tape, before(4_000_000));
    assert_eq!(all(&played(&text).1), (1, 1, 1));
}

#[test]
fn a_replay_asks_nobody_where_the_session_asked_nobody() {
    for early in [false, true] {
        let (model, tape) = taped(|| {
            let mut model = crowd();
            press(&mut model, &[Key::ctrl('s')]);
            if !early {
                settle(&mut model);
            }
            press(&mut model, &[ENTER]);
            wake(&mut model);
            press(&mut model, &[ESC]);
            model
        });
        assert!(model.many.campaign.is_none());
        let text = file(&model, tape, before(4_000_000));
        assert!(played(&text).1.many.campaign.is_none(), "{early}");
    }
}
