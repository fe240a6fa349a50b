//! A request to many leads to the next: to other marks, and to what tells more of an answer far
//! from the others.

use crossterm::event::KeyCode;
use swarmscope::screen::{Key, Model, Screen};
use swarmscope_peer::node::PeerKey;

use crate::crowd::{answered, odd_one_out, peer, previewed, run, swarm};
use crate::fixture::press;
use crate::many::{dark, screen};

const ENTER: Key = Key::named(KeyCode::Enter);
const ESC: Key = Key::named(KeyCode::Esc);

/// The last row.
fn footer(model: &mut Model) -> String {
    screen(model, 120, 40, &dark()).lines().last().expect("a footer").to_owned()
}

#[test]
fn the_footer_says_to_how_many_it_goes() {
    let mut model = swarm();
    let list = footer(&mut model);
    assert!(list.contains("enter send ") && list.contains("ctrl-s send to 60"), "{list}");
    let preview = footer(&mut previewed());
    assert!(preview.contains("enter send to 60") && preview.contains("m marks"), "{preview}");
    press(&mut model, &[Key::char('u')]);
    assert!(!footer(&mut model).contains("send to"));
}

#[test]
fn marks_are_changed_in_the_list_and_the_preview_follows() {
    let mut model = previewed();
    press(&mut model, &[Key::char('m')]);
    assert_eq!((model.screen, model.filter.text()), (Screen::Main, "marked:yes"));
    assert_eq!(
        (model.order.rows().len(), model.facts.marks().len()),
        (65, 65),
        "all that are marked, and nobody else"
    );
    press(&mut model, &[Key::named(KeyCode::Home), Key::char(' '), Key::char(' ')]);
    assert_eq!(
        (model.order.rows().len(), model.facts.marks().len()),
        (65, 63),
        "who was unmarked can be marked again"
    );
    let text = screen(&mut model, 120, 40, &dark());
    assert!(text.contains("space unmarks, ctrl-s previews the request"), "{text}");
    press(&mut model, &[Key::char('M')]);
    let marked = |model: &Model| {
        model
            .many
            .preview
            .as_ref()
            .map(|preview| preview.plan.as_ref().map_or(0, |plan| plan.marked))
    };
    assert_eq!(
        (model.screen, marked(&model)),
        (Screen::Many, Some(63)),
        "a preview is of the marks as they are"
    );
    press(&mut model, &[Key::char('m'), Key::ctrl('s')]);
    assert_eq!((model.screen, marked(&model)), (Screen::Many, Some(63)));
    press(&mut model, &[ESC, ESC, Key::char('/'), Key::named(KeyCode::Up)]);
    assert_eq!(model.filter.text(), "marked:yes", "filters before come back with the arrows");
}

#[test]
fn the_request_that_tells_an_outlier_is_prepared_and_nothing_is_sent() {
    let mut model = odd_one_out();
    let who = peer(40).0;
    assert!(footer(&mut model).contains("r prepare"));
    assert!(press(&mut model, &[Key::char('r')]).is_empty());
    assert_eq!(
        model.facts.peers().marked().map(|peer| &peer.key).collect::<Vec<_>>(),
        [&PeerKey::Permid(who)],
        "its peers are marked, nobody else"
    );
    insta::assert_snapshot!("tell_120x40", screen(&mut model, 120, 40, &dark()));
    let preview = model.many.preview.as_ref().expect("a preview");
    let plan = preview.plan.as_ref().expect("a plan");
    assert_eq!(
        (plan.targets.len(), plan.left_out_count()),
        (1, 0),
        "no 254 of our own making stands before it"
    );
    press(&mut model, &[Key::char('S')]);
    let effects = press(&mut model, &[ENTER]);
    assert!(effects.is_empty(), "the first goes when its time has come");
    let sent = run(&mut model, 60_000, 60_000);
    let canary = swarmscope_facts::many::signal::CANARY;
    assert_eq!(
        sent.iter().map(|(_, ask)| (ask.to, ask.message)).collect::<Vec<_>>(),
        [(who, canary)]
    );
}

#[test]
fn where_no_request_tells_more_that_is_said() {
    let mut model = answered();
    press(&mut model, &[Key::char('o'), Key::char('g')]);
    for _ in 0..6 {
        let far = screen(&mut model, 120, 40, &dark()).contains("SIGNAL");
        let tells = footer(&mut model).contains("r prepare");
        assert!(far || !tells);
        press(&mut model, &[Key::char('r')]);
        if tells {
            press(&mut model, &[ESC, Key::char('M')]);
        } else {
            assert!(model.many.preview.is_none());
            let text = screen(&mut model, 120, 40, &dark());
            assert!(text.contains("not done, telling request:"), "{text}");
        }
        press(&mut model, &[Key::char('j')]);
    }
}
