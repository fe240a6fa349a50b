//! The demo's tour on the screen: its bar, its keys, its best minute.

use crossterm::event::KeyCode;
use swarmscope::screen::{Effect, Key, Model, Msg, Scene, Screen, TourControl, TourStep};
use swarmscope_peer::node::{Event, PeerKey};
use swarmscope_wire::MessageId;

use crate::crowd;
use crate::fixture::{Script, before, blank, fold, permid, press};
use crate::snapshots::dark;

const NATCHECK: MessageId = MessageId::NATCHECK;

fn step(text: &str, scene: Option<Scene>) -> Msg {
    let show = Some((permid("aaaa01", 18), NATCHECK));
    Msg::Tour(TourStep { step: 12, of: 13, text: text.into(), show, scene, ..TourStep::default() })
}

/// Two peers of which one has answered nothing yet.
fn two() -> Model {
    let mut model = blank();
    let mut script = Script::default();
    script.connected(60_000, permid("aaaa01", 18), 18, 3, 40_001);
    script.connected(59_000, permid("bbbb02", 18), 18, 3, 40_002);
    script.tell(&mut model);
    model
}

#[test]
fn the_bar_names_the_peer_and_its_keys_and_has_room_for_every_step() {
    let mut model = two();
    let text = "Each of these ninety-six characters has to stand in two lines of a small \
                terminal, even now held";
    assert_eq!(text.chars().count(), 96, "as many as a step may have");
    fold(&mut model, before(0), step(text, None));
    press(&mut model, &[Key::char('p')]);
    for (columns, rows) in [(80, 24), (120, 40), (200, 60)] {
        let shown = dark(&mut model, columns, rows);
        let bar: Vec<&str> = shown.lines().rev().skip(1).take(2).collect();
        let bar = format!("{} {}", bar[1], bar[0]).replace('"', " ");
        let words: Vec<&str> = bar.split_whitespace().collect();
        assert!(words.join(" ").starts_with("tour 12/13 paused aaaa…01 Each of"), "{bar}");
        assert!(text.split(' ').all(|word| words.contains(&word)), "{columns}×{rows}: {bar}");
        assert!(words.join(" ").ends_with("n next p goes on"), "{bar}");
    }
}

#[test]
fn keys_step_through_the_tour_and_take_nothing_over() {
    let mut model = two();
    fold(&mut model, before(0), step("look", None));
    for (key, control) in
        [('p', TourControl::Pause), ('n', TourControl::Next), ('b', TourControl::Back)]
    {
        let effects = press(&mut model, &[Key::char(key)]);
        assert!(matches!(effects[..], [Effect::Tour(c)] if c == control), "{key}: {effects:?}");
        assert!(!model.touched, "{key}: it still leads");
    }
    // a presenter sets the screen up while the tour runs
    for keys in ["tp", "tk", "tt"] {
        press(&mut model, &keys.chars().map(Key::char).collect::<Vec<_>>());
        assert!(!model.touched, "{keys}: so that others can see it");
    }
    press(&mut model, &[Key::named(KeyCode::Down), Key::char('p')]);
    assert!(model.touched, "whoever moved has the keyboard, held or not");
    fold(&mut model, before(0), Msg::TourEnded);
    press(&mut model, &[Key::char('n')]);
    assert!(model.tour.is_none());
}

#[test]
fn the_best_minute_asks_everybody_and_fills_the_map() {
    let mut model = two();
    fold(&mut model, before(0), step("all", Some(Scene::AskAll(NATCHECK))));
    assert_eq!(model.screen, Screen::Map);
    assert_eq!(model.many.campaign.as_ref().map(|campaign| campaign.rows().len()), Some(2));
    let sent = crowd::run(&mut model, 0, 2_000);
    assert_eq!(sent.len(), 2, "everybody who is connected");
    fold(&mut model, crowd::after(2_100), step("answers", Some(Scene::Answers)));
    assert_eq!(model.screen, Screen::Many);
    assert_eq!(model.facts.marks().len(), 2, "the plan says how many are marked");
    fold(&mut model, crowd::after(2_200), step("one", Some(Scene::Peer)));
    assert_eq!(model.screen, Screen::Peer);
    assert_eq!(model.selected, Some(PeerKey::Permid(permid("aaaa01", 18))));
    fold(&mut model, crowd::after(2_250), step("health", Some(Scene::Overview)));
    assert_eq!(model.screen, Screen::Overview);
    fold(&mut model, crowd::after(2_300), step("yours", Some(Scene::List)));
    assert_eq!((model.screen, model.facts.marks().len()), (Screen::Main, 0));
}

#[test]
fn who_has_the_keyboard_is_asked_to_ask() {
    let mut model = two();
    press(&mut model, &[Key::named(KeyCode::Down)]);
    fold(&mut model, before(0), step("all are asked", Some(Scene::AskAll(NATCHECK))));
    assert!(model.many.campaign.is_none() && model.screen == Screen::Main);
    let text = model.tour.as_ref().map(|step| step.text.clone()).unwrap_or_default();
    assert!(text.contains("You have the keyboard"), "nothing is said to happen that does not");
    fold(&mut model, before(0), step("answers", Some(Scene::Answers)));
    assert_eq!(model.screen, Screen::Main, "nothing moves under somebody's hands");
}

#[test]
fn a_round_that_could_not_begin_is_not_said_to_have_been() {
    let mut model = two();
    fold(&mut model, before(0), step("round 1", Some(Scene::AskAgain(NATCHECK))));
    fold(&mut model, before(0), step("round 2", Some(Scene::AskAgain(NATCHECK))));
    let text = |model: &Model| model.tour.as_ref().map(|step| step.text.clone());
    assert!(text(&model).is_some_and(|text| text.contains("still under way")), "{:?}", model.tour);
    let sent = crowd::run(&mut model, 0, 2_000);
    assert_eq!(sent.len(), 2, "round 1 alone");
}

/// An answer that nobody could read opens with what was wrong with it.
#[test]
fn an_odd_peer_explains_itself_when_it_is_opened() {
    let mut model = two();
    let mut script = Script::default();
    let who = permid("aaaa01", 18);
    script.asked(1_000, 5, who, NATCHECK, 7, 0, b"d5:stage4:idle4:unit8:2f91c0aae");
    for (ms, msg) in script.in_order() {
        fold(&mut model, before(ms), msg);
    }
    let peer = model.facts.peer(&PeerKey::Permid(who)).expect("a peer");
    assert!(peer.signals > 0);
    let closed = Msg::Node(Event::Notice { text: "a line more".into() });
    fold(&mut model, before(0), closed);
    fold(&mut model, before(0), step("one", Some(Scene::Peer)));
    for (columns, rows) in [(80, 24), (120, 40), (200, 60)] {
        let text = dark(&mut model, columns, rows);
        assert!(text.contains("unexpected content"), "{columns}×{rows}:\n{text}");
    }
}

#[test]
fn the_tour_leads_until_a_key_is_touched() {
    let mut model = blank();
    let (one, two) = (permid("aaaa01", 18), permid("bbbb02", 18));
    let mut script = Script::default();
    script.connected(60_000, one, 18, 3, 40_001);
    script.connected(59_000, two, 18, 3, 40_002);
    script.tell(&mut model);
    let step = |who| TourStep {
        step: 1,
        of: 2,
        text: "look".into(),
        show: Some((who, MessageId::DATABASE_QUERY)),
        ..TourStep::default()
    };
    fold(&mut model, before(0), Msg::Tour(step(one)));
    assert_eq!(
        (model.selected.clone(), model.composer.message),
        (Some(PeerKey::Permid(one)), MessageId::DATABASE_QUERY)
    );
    press(&mut model, &[Key::named(KeyCode::Tab)]);
    fold(&mut model, before(0), Msg::Tour(step(two)));
    assert_eq!(model.selected, Some(PeerKey::Permid(one)), "news moves nothing any more");
    let effects = press(&mut model, &[Key::char('T')]);
    assert!(matches!(effects[..], [Effect::Tour(TourControl::Skip)]));
    assert!(model.tour.is_none());
}
