//! The composer: a payload as a form, as text, and in the operator's own editor.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use crossterm::event::KeyCode;
use swarmscope::screen::{Effect, Key, Mode, Model, Msg};
use swarmscope_peer::crawler::field::{Field, Kind, Value};
use swarmscope_peer::crawler::{Question, Recipient};
use swarmscope_wire::MessageId;

use crate::fixture::{Script, blank, fold, permid, press, type_text};
use crate::hostile::{HOSTILE, check};
use crate::reply::{copied, does, said, screen};

/// The composer of a connected peer, with this message chosen.
fn composing(message: &str) -> Model {
    let (mut model, who) = (blank(), permid("9f3ac1", 18));
    let mut script = Script::default();
    script.connected(600_000, who, 18, 3, 40_213);
    script.tell(&mut model);
    does(&mut model, "r");
    type_text(&mut model, message);
    does(&mut model, "enter");
    model
}

#[test]
fn a_request_with_fields_is_filled_in_as_a_form() {
    let mut model = composing("nattraversal");
    assert!(matches!(model.mode, Mode::Form));
    assert!(does(&mut model, "ctrl-s").is_empty());
    assert!(said(&model).contains("host: address of the rendezvous"), "{}", said(&model));
    does(&mut model, "tab");
    type_text(&mut model, "203.0.113.7");
    does(&mut model, "tab ctrl-u");
    type_text(&mut model, "70000");
    for (columns, rows) in [(120, 40), (80, 24), (60, 20)] {
        insta::assert_snapshot!(
            format!("form_{columns}x{rows}"),
            screen(&mut model, columns, rows)
        );
    }
    does(&mut model, "ctrl-u");
    type_text(&mut model, "3478");
    assert!(
        copied(&does(&mut model, "ctrl-y"))
            .contains("'fields:id=by-hand; host=203.0.113.7; port=3478'")
    );
    let effects = does(&mut model, "enter");
    let [Effect::Request(ask)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(ask.payload, "24:by-hand:203.0.113.7:3478");
}

#[test]
fn fields_and_the_rest_of_the_composer_are_one_round() {
    let mut model = composing("nattraversal");
    let at = |model: &Model| model.composer.form().map(|form| form.at);
    assert_eq!(at(&model), Some(0));
    does(&mut model, "tab tab");
    assert_eq!(at(&model), Some(2));
    does(&mut model, "tab");
    assert!(matches!(model.mode, Mode::Message(_)));
    press(&mut model, &[Key::named(KeyCode::BackTab)]);
    assert!(matches!(model.mode, Mode::Form) && at(&model) == Some(2), "back into the last field");
    does(&mut model, "up");
    assert_eq!(at(&model), Some(1));
    for _ in 0..2 {
        press(&mut model, &[Key::named(KeyCode::BackTab)]);
    }
    assert!(matches!(model.mode, Mode::Frequency));
}

#[test]
fn a_query_is_chosen_from_those_that_help_and_changed_as_text() {
    let mut model = composing("database");
    assert!(matches!(model.mode, Mode::Payload), "SQL is text first");
    let usual = model.composer.bytes(model.registry());
    does(&mut model, "ctrl-t");
    assert!(matches!(model.mode, Mode::Form));
    assert_eq!(model.composer.bytes(model.registry()), usual, "the first choice is the default");
    press(&mut model, &[Key::named(KeyCode::Right)]);
    insta::assert_snapshot!("choice_80x24", screen(&mut model, 80, 24));
    insta::assert_snapshot!("choice_120x40", screen(&mut model, 120, 40));
    assert!(copied(&does(&mut model, "ctrl-y")).contains("fields:ask=versions"));
    does(&mut model, "ctrl-t");
    assert!(model.composer.text().starts_with("SELECT oversion, count(*) FROM Peer"));
    type_text(&mut model, " ");
    assert!(copied(&does(&mut model, "ctrl-y")).contains("' SELECT oversion"));
}

#[test]
fn every_built_in_form_makes_what_its_probe_asks_by_default() {
    let model = blank();
    for probe in model.registry().iter().filter(|probe| !probe.fields().is_empty()) {
        let values: Vec<_> = probe.fields().iter().map(|field| field.default.clone()).collect();
        for version in [9, 18].map(swarmscope_wire::OverlayVersion) {
            let to = version.into();
            match probe.fill(&values, &to) {
                Ok(filled) => assert_eq!(filled, probe.initiate(&to), "{}", probe.name()),
                Err(why) => {
                    assert!(probe.name() == "NATTRAVERSAL" && why.contains("host"), "{why}")
                }
            }
        }
    }
}

#[test]
fn the_frame_is_seen_before_it_goes() {
    let mut model = composing("database");
    does(&mut model, "ctrl-l");
    type_text(&mut model, "SELECT 1");
    let shown = screen(&mut model, 80, 24);
    assert!(
        shown.contains("length 0000000d  id e8  message 01  channel ··  frequency 0e10"),
        "{shown}"
    );
    assert!(shown.contains("53 45 4c 45 43 54 20 31"), "{shown}");
}

#[test]
fn hostile_text_in_a_form_stays_in_its_place() {
    let mut model = composing("nattraversal");
    let now = model.now;
    for keys in ["tab", "tab"] {
        fold(&mut model, now, Msg::Paste(HOSTILE.to_owned()));
        check(&mut model, "form");
        does(&mut model, keys);
    }
    let effects = does(&mut model, "ctrl-y");
    let command = copied(&effects);
    assert_eq!(swarmscope_wire::text::clean(command), command);
    let mut model = composing("natcheck");
    fold(&mut model, now, Msg::Paste("; echo owned \u{202e}".to_owned()));
    let effects = does(&mut model, "ctrl-y");
    let command = copied(&effects);
    assert!(command.contains("--frequency '3600; echo owned"), "one word for a shell: {command}");
    assert_eq!(swarmscope_wire::text::clean(command), command);
}

/// What an editor is given.
fn given(effects: &[Effect]) -> &str {
    let [Effect::Edit(text)] = effects else { panic!("{effects:?}") };
    text
}

fn left(model: &mut Model, left: Result<&str, &str>) {
    let now = model.now;
    fold(model, now, Msg::Edited(left.map(str::to_owned).map_err(str::to_owned)));
}

#[test]
fn the_payload_is_edited_elsewhere_as_one_edit() {
    let mut model = composing("database");
    let usual = model.composer.text();
    assert_eq!(given(&does(&mut model, "ctrl-o")), usual);
    left(&mut model, Ok(&usual));
    assert!(!model.composer.edited && said(&model).contains("unchanged"), "{}", said(&model));
    left(&mut model, Ok("SELECT 1;\n\nSELECT 2"));
    assert_eq!(
        (model.composer.text().as_str(), model.composer.edited),
        ("SELECT 1;\n\nSELECT 2", true)
    );
    assert!(said(&model).contains("3 lines; ctrl-u undoes it"), "{}", said(&model));
    insta::assert_snapshot!("edited_80x24", screen(&mut model, 80, 24));
    type_text(&mut model, "x");
    does(&mut model, "ctrl-u ctrl-u");
    assert_eq!(
        (model.composer.text(), model.composer.edited),
        (usual.clone(), false),
        "what was typed since goes first"
    );
    does(&mut model, "ctrl-u");
    assert_eq!(model.composer.text(), usual);
    left(&mut model, Err("vi ended with exit status: 1"));
    assert_eq!(model.composer.text(), usual);
    assert!(said(&model).contains("unchanged: vi ended"), "{}", said(&model));
    left(&mut model, Ok("a\u{1b}[2J"));
    assert_eq!(model.composer.text(), usual, "not from a recording, either");
    does(&mut model, "ctrl-l");
    let now = model.now;
    fold(&mut model, now, Msg::Paste("a\tb\u{202e}c".to_owned()));
    assert_eq!(
        given(&does(&mut model, "ctrl-o")),
        "hex:610962e280ae63",
        "what can't be seen as its bytes"
    );
}

#[test]
fn a_form_edited_elsewhere_stays_a_form_where_it_can() {
    let mut model = composing("nattraversal");
    type_text(&mut model, "x");
    assert_eq!(given(&does(&mut model, "ctrl-o")), "fields:\nid=by-handx\nhost=\nport=3478");
    left(&mut model, Ok("fields:\nhost=10.0.0.1\n\nport=80; id=\"a;b\""));
    let typed = |model: &Model| {
        let form = model.composer.form().expect("a form");
        form.inputs.iter().map(|input| input.text().to_owned()).collect::<Vec<_>>()
    };
    assert!(matches!(model.mode, Mode::Form));
    assert_eq!(typed(&model), ["a;b", "10.0.0.1", "80"]);
    does(&mut model, "ctrl-u");
    assert_eq!(typed(&model), ["by-handx", "", "3478"]);
    does(&mut model, "ctrl-u");
    assert_eq!(typed(&model), ["", "", "3478"], "there is nothing left to undo: the field");
    left(&mut model, Ok("fields:\nport=0"));
    assert!(matches!(model.mode, Mode::Payload), "a mistake is mended as text");
    let shown = screen(&mut model, 80, 24);
    assert!(shown.contains("port: 0 is not between 1 and 65535"), "{shown}");
    does(&mut model, "ctrl-u");
    assert!(matches!(model.mode, Mode::Form));
    left(&mut model, Ok("fields:\nport=7"));
    assert_eq!(typed(&model), ["by-hand", "", "7"], "what is left out has its default");
    does(&mut model, "ctrl-t ctrl-l");
    type_text(&mut model, "fields:host=peer.example");
    does(&mut model, "ctrl-t");
    assert_eq!(
        typed(&model),
        ["by-hand", "peer.example", "3478"],
        "and so it is by turning a text back"
    );
}

#[test]
fn a_payload_that_names_somebody_is_not_opened_while_that_is_hidden() {
    let mut model = composing("nattraversal");
    does(&mut model, "down");
    type_text(&mut model, "198.51.100.7");
    assert!(given(&does(&mut model, "ctrl-o")).contains("198.51.100.7"));
    does(&mut model, "esc P p");
    assert!(does(&mut model, "ctrl-o").is_empty());
    assert!(said(&model).contains("identities are hidden"), "{}", said(&model));
}

/// How often the payload was put together, and how often a default was asked for.
static MADE: AtomicUsize = AtomicUsize::new(0);

struct Counting;

impl Question for Counting {
    fn id(&self) -> MessageId {
        MessageId(200)
    }
    fn name(&self) -> &'static str {
        "COUNTING"
    }
    fn doc(&self) -> &'static str {
        "for this test"
    }
    fn initiate(&self, _: &Recipient) -> Bytes {
        MADE.fetch_add(1, Ordering::Relaxed);
        Bytes::new()
    }
    fn fields(&self) -> &[Field] {
        static FIELDS: LazyLock<[Field; 1]> =
            LazyLock::new(|| [Field::new("since", Kind::Int { min: 0, max: 99 }, "0")]);
        &*FIELDS
    }
    fn fill(&self, values: &[Value], _: &Recipient) -> Result<Bytes, String> {
        MADE.fetch_add(1, Ordering::Relaxed);
        Ok(format!("since {}", values[0].write()).into())
    }
}

#[test]
fn a_payload_is_put_together_when_it_changes_and_never_to_draw_it() {
    let (mut model, who) = (blank(), permid("9f3ac1", 18));
    model.setup.registry = model.setup.registry.clone().with_question(Counting);
    let mut script = Script::default();
    script.connected(600_000, who, 18, 3, 40_213);
    script.tell(&mut model);
    let made = |what: &dyn Fn(&mut Model), model: &mut Model| {
        let before = MADE.load(Ordering::Relaxed);
        what(model);
        MADE.load(Ordering::Relaxed) - before
    };
    does(&mut model, "r");
    type_text(&mut model, "counting");
    let draw = |model: &mut Model| (0..5).for_each(|_| drop(screen(model, 120, 40)));
    assert_eq!(made(&draw, &mut model), 0, "the one that the picker points at");
    does(&mut model, "enter");
    assert_eq!(made(&|model| type_text(model, "7"), &mut model), 1, "once for what was typed");
    assert_eq!(made(&draw, &mut model), 0, "in the composer");
    let mut sent = Vec::new();
    let before = MADE.load(Ordering::Relaxed);
    for effect in does(&mut model, "ctrl-s") {
        sent.extend(if let Effect::Request(ask) = effect { Some(ask.payload) } else { None });
    }
    assert_eq!(
        (sent, MADE.load(Ordering::Relaxed)),
        (vec![Bytes::from_static(b"since 7")], before),
        "as it was made"
    );
    assert_eq!(made(&draw, &mut model), 0, "beside the list");
    assert_eq!(made(&more_news, &mut model), 0, "news changes nothing of it");
}

/// Another peer connects.
fn more_news(model: &mut Model) {
    let mut script = Script::default();
    script.connected(1_000, permid("abcd01", 18), 18, 3, 40_214);
    script.tell(model);
}
