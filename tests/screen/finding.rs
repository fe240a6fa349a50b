//! What is looked for in a reply.

use crate::fixture::{Script, blank, permid, type_text};
use crate::reply::{does, said, screen, two_peers};
use swarmscope::screen::{Mode, Model};
use swarmscope_wire::MessageId;
use swarmscope_wire::encoding_a::Value;

/// A peer whose newest reply is this, for a message that nothing is registered for.
pub fn replied(payload: &[u8]) -> Model {
    let (mut model, who) = (blank(), permid("9f3ac1", 18));
    let mut script = Script::default();
    script.connected(600_000, who, 18, 3, 40_213);
    script.asked(60_000, 45, who, MessageId(41), 4, 0, payload);
    script.tell(&mut model);
    model
}

fn find(model: &mut Model, text: &str) {
    does(model, "f");
    type_text(model, text);
    does(model, "enter");
}

#[test]
fn a_value_is_found_in_the_tree_and_what_holds_it_is_opened() {
    let deep: Vec<Value> = (0..100).map(|n| Value::from(format!("value {n}").as_str())).collect();
    let dict = Value::Dict(vec![
        (Value::from("other"), Value::from(1)),
        (Value::from("deep"), Value::List(deep)),
    ]);
    let mut model = replied(&dict.encode());
    let closed = model.reading.rows.len();
    find(&mut model, "VALUE 7");
    assert_eq!(model.find.count(), "1 of 11", "7 and 70 to 79, whatever the case");
    assert_eq!(model.reading.selected().map(|row| row.value.as_str()), Some("value 7"));
    assert!(model.reading.rows.len() >= closed + 100);
    does(&mut model, "n n");
    assert_eq!(model.reading.selected().map(|row| row.value.as_str()), Some("value 71"));
    does(&mut model, "N N N");
    assert_eq!(
        (model.reading.selected().map(|row| row.value.as_str()), &*model.find.count()),
        (Some("value 79"), "11 of 11")
    );
    insta::assert_snapshot!("found_120x40", screen(&mut model, 120, 40));
    insta::assert_snapshot!("found_80x24", screen(&mut model, 80, 24));
}

#[test]
fn text_and_bytes_are_found_where_they_are_shown() {
    let mut payload = b"one line\n".repeat(500);
    payload.extend_from_slice(b"a needle, and another Needle\n");
    let mut model = replied(&payload);
    does(&mut model, "v");
    find(&mut model, "needle");
    assert_eq!(model.find.count(), "1 of 2");
    assert!(screen(&mut model, 80, 24).contains("a needle, and another Needle"));
    does(&mut model, "v n");
    assert_eq!(model.find.count(), "1 of 2", "the same, found again in the bytes");
    assert!(screen(&mut model, 80, 24).contains(&format!("{:05x}", 4502 / 8 * 8)));
    does(&mut model, "esc");
    find(&mut model, "");
    does(&mut model, "f esc");
    find(&mut model, "hex:4e65 65");
    assert_eq!(model.find.count(), "1 of 1");
    does(&mut model, "f esc n");
    assert!(said(&model).contains("no search is active"));
}

#[test]
fn what_is_not_there_is_said() {
    let mut model = replied(b"some text");
    find(&mut model, "xyz");
    assert_eq!(model.find.count(), "not found");
    does(&mut model, "n");
    assert!(said(&model).contains("not found in this view of the reply"), "{}", said(&model));
    does(&mut model, "v v f esc f");
    type_text(&mut model, "hex:0g");
    assert!(screen(&mut model, 120, 40).contains("is not a hexadecimal digit"));
}

#[test]
fn finding_goes_on_in_another_reply() {
    let (mut model, ..) = two_peers();
    find(&mut model, "torrent");
    assert_eq!((model.find.count().as_str(), model.reading.row), ("1 of 1", 1));
    does(&mut model, "tab tab tab down");
    assert_eq!(model.find.count(), "not found", "NATCHECK has no such value");
    does(&mut model, "down");
    assert_eq!(model.find.count(), "1 of 1");
}

#[test]
fn a_slash_in_the_reply_looks_for_something_in_it() {
    let mut model = crate::pictures::session();
    does(&mut model, "down tab tab /");
    assert!(matches!(model.mode, Mode::Find), "{:?}", model.mode);
    does(&mut model, "esc");
    let (left, _) = swarmscope::screen::commands::footer(&model);
    let slash: Vec<_> = left.iter().filter(|footing| footing.key == "/").collect();
    assert!(matches!(&slash[..], [find] if find.verb == "find"), "{left:?}");
    does(&mut model, "h h /");
    assert!(matches!(model.mode, Mode::Filter));
}

#[test]
fn in_a_request_to_many_the_list_with_the_focus_is_searched() {
    let mut model = crate::crowd::odd_one_out();
    let group = |model: &Model| model.many.view.group;
    let campaign = model.many.campaign.as_ref().expect("a campaign");
    let lines: Vec<_> = campaign.groups().listed().map(|group| group.id).collect();
    assert!(lines.len() > 2, "several kinds of answers");
    let wanted = lines.last().expect("one").short();
    does(&mut model, "/");
    type_text(&mut model, &wanted.to_uppercase());
    assert!(screen(&mut model, 120, 40).contains("1 of "), "how many it finds");
    does(&mut model, "enter");
    assert_eq!(group(&model), lines.last().copied());
    does(&mut model, "n N");
    assert_eq!(group(&model), lines.last().copied(), "there is no other");
    does(&mut model, "/ ctrl-u");
    type_text(&mut model, "no such answer");
    assert!(screen(&mut model, 120, 40).contains("not found"));
    does(&mut model, "esc");
    assert!(matches!(model.mode, Mode::Main));
    does(&mut model, "n");
    assert!(said(&model).contains("no search is active"), "{}", said(&model));
}

#[test]
fn what_the_filter_shows_in_the_list_and_the_log_is_stepped_through() {
    let mut model = crate::pictures::session();
    does(&mut model, "/");
    type_text(&mut model, "nat:open");
    does(&mut model, "enter g");
    let row = |model: &Model| model.selected_row();
    assert_eq!(row(&model), Some(0));
    does(&mut model, "n n N");
    assert_eq!(row(&model), Some(1));
    does(&mut model, "esc n");
    assert!(said(&model).contains("no search is active"), "without a filter: {}", said(&model));
    does(&mut model, "L n");
    assert!(screen(&mut model, 120, 40).contains("LOG"));
    does(&mut model, "/");
    type_text(&mut model, "a");
    does(&mut model, "enter N N n");
    assert!(matches!(model.mode, Mode::Log { back: 1 }), "{:?}", model.mode);
}
