//! The composer: a payload as a form, as text, and in the operator's own editor.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use crossterm::event::KeyCode;
use swarmscope::screen::session::showing::Replayed;
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
                    assert!(probe.name() == "NATTRAVERSAL" && why.contains("host"), "{why}");
                }
            }
        }
    }
}

#[test]
fn the_frame_is_seen_before_it_goes() {
    let mut model = composing("database");
    does(&mut model, "ctrl-k");
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
    does(&mut model, "ctrl-k");
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
    does(&mut model, "ctrl-t ctrl-k");
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

/// What xterm, VTE, kitty and tmux send for a paste of four lines.
#[test]
fn pasted_lines_may_end_in_cr() {
    for text in
        ["SELECT 1 -- first\rFROM x\r-- second\rSELECT 2", "a\r\nb\r\nc\r\nd", "a\nb\rc\r\nd"]
    {
        let mut model = composing("database");
        does(&mut model, "ctrl-k");
        let now = model.now;
        fold(&mut model, now, Msg::Paste(text.to_owned()));
        let payload = model.composer.bytes(model.registry()).expect("a text");
        let lines = text.replace("\r\n", "\n").replace('\r', "\n");
        assert_eq!(payload, lines.as_bytes());
        assert_eq!(model.composer.payload().lines().len(), 4);
        does(&mut model, "esc :");
        fold(&mut model, now, Msg::Paste(format!("request database {text}")));
        does(&mut model, "enter");
        assert!(!model.composer.text().contains('\r'), "{:?}", model.composer.text());
    }
}

#[test]
fn send_now_with_an_argument_goes_to_the_marked_after_a_preview() {
    let mut model = crate::pictures::session();
    let lists = |model: &mut Model, keys: &str| does(model, keys);
    lists(&mut model, "space space :");
    type_text(&mut model, "send now channel");
    let effects = does(&mut model, "enter");
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Request(_))), "{effects:?}");
    let preview = model.many.preview.as_ref().expect("a preview");
    assert_eq!(
        (preview.plan.as_ref().map_or(0, |plan| plan.marked), model.composer.message),
        (2, MessageId(10))
    );
}

#[test]
fn a_file_whose_ending_promises_something_else_is_not_written() {
    let mut model = crate::pictures::session();
    does(&mut model, "down tab W j");
    for (name, writes) in
        [("out.csv", false), ("out.parquet", false), ("out", true), ("out.JSON", true)]
    {
        does(&mut model, "ctrl-u");
        type_text(&mut model, name);
        let effects = does(&mut model, "enter");
        assert_eq!(effects.iter().any(|it| matches!(it, Effect::Save { .. })), writes, "{name}");
        if !writes {
            let shown = screen(&mut model, 120, 40);
            assert!(shown.contains("is not supported: use .json"), "{shown}");
        }
    }
}

/// An hour of a peer's budget is worth a second key, at every size.
#[test]
fn while_254_is_certain_the_first_enter_says_so_and_the_second_sends() {
    for (columns, rows) in [(200, 60), (120, 40), (80, 24), (60, 20), (40, 10)] {
        let (mut model, who) = (blank(), permid("9f3ac1", 18));
        let mut script = Script::default();
        script.connected(600_000, who, 18, 3, 40_213);
        script.asked(
            300_000,
            40,
            who,
            MessageId::NATCHECK,
            7,
            0,
            &crate::fixture::nat_reply("Open Internet", 0, 55),
        );
        script.tell(&mut model);
        let now = model.now;
        fold(&mut model, now, Msg::Resize(columns, rows));
        assert!(does(&mut model, "enter").is_empty(), "{columns}x{rows}");
        let (until, what) = said(&model).split_once("Z: ").expect("a time");
        assert!(until.starts_with("NATCHECK will get 254 until 12:59:"), "{until}");
        assert_eq!(what, "press again to send anyway");
        assert!(!does(&mut model, "j").iter().any(|it| matches!(it, Effect::Request(_))));
        assert!(does(&mut model, "enter").is_empty(), "another key was between");
        let effects = does(&mut model, "enter");
        assert!(matches!(&effects[..], [Effect::Request(ask)] if ask.to == who), "{effects:?}");
    }
}

#[test]
fn a_statement_that_no_peer_can_answer_costs_a_second_key() {
    let mut model = composing("database");
    does(&mut model, "ctrl-k");
    type_text(&mut model, "SELECT count(*) FROM Torrents");
    assert!(does(&mut model, "ctrl-s").is_empty());
    let why = "DATABASE not sent: SQLError: no such table: Torrents; press again to send anyway";
    assert_eq!(said(&model), why);
    let effects = does(&mut model, "ctrl-s");
    assert!(matches!(&effects[..], [Effect::Request(_)]), "it is the operator's: {effects:?}");
    does(&mut model, "p ctrl-k");
    type_text(&mut model, "SELECT count(*) FROM Torrent");
    let effects = does(&mut model, "ctrl-s");
    assert!(matches!(&effects[..], [Effect::Request(_)]), "{effects:?}");
}

/// What stands behind "same as" is the whole command, row by row, and what is copied runs as it.
#[test]
fn the_same_as_a_command_is_never_cut_and_is_quoted_right() {
    let payload = "SELECT name, 'it''s', \"$HOME\" FROM Torrent WHERE name LIKE '%x%' AND 1 < 2\nORDER BY 1 -- `date` \\ !";
    for (columns, rows) in [(200, 60), (120, 40), (80, 24), (60, 20)] {
        let mut model = composing("database");
        let now = model.now;
        fold(&mut model, now, Msg::Resize(columns, rows));
        does(&mut model, "ctrl-k");
        fold(&mut model, now, Msg::Paste(payload.to_owned()));
        let shown = screen(&mut model, columns, rows);
        let command = copied(&does(&mut model, "ctrl-y")).to_owned();
        let place = |row: &str| row.split('│').find(|part| part.contains("same as")).map(str::len);
        let at = shown.lines().position(|row| place(row).is_some()).expect("there");
        let column = |row: &str| {
            let first = shown.lines().nth(at).expect("there").find("same as").expect("there");
            row.get(first..).unwrap_or("").split('│').next().unwrap_or("").to_owned()
        };
        let area: String = shown.lines().skip(at).map(column).collect();
        let squeezed = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        let (area, whole) = (squeezed(&area), squeezed(&format!("same as{command}")));
        assert!(area.starts_with(&whole), "{columns}x{rows}\n{shown}\n{command}");
        let script = command.replacen("swarmscope request", "printf '%s\\n' request", 1);
        let output = std::process::Command::new("sh").args(["-c", &script]).output().expect("sh");
        let printed = String::from_utf8(output.stdout).expect("text");
        assert!(printed.contains(&format!("\n{payload}\n")), "{printed}");
    }
}

/// The original's seven statements, as one would edit them.
pub const SEVEN: &str = "SELECT 'peer_count', count(*) FROM Peer;\nSELECT 'torrent_count', count(*) FROM Torrent;\nSELECT 'my_subscriptions', count(*) FROM VoteCast WHERE vote=2;\nSELECT 'my_negative_votes', count(*) FROM VoteCast WHERE vote=-1;\nSELECT 'my_channel_files', count(*) FROM ChannelCast;\nSELECT 'all_subscriptions', count(*) FROM VoteCast WHERE vote=2;\nSELECT 'all_negative_votes', count(*) FROM VoteCast WHERE vote=-1";

#[test]
fn a_long_payload_and_its_command_both_have_their_rows() {
    for (columns, rows) in [(80, 24), (120, 40)] {
        let mut model = composing("database");
        let now = model.now;
        fold(&mut model, now, Msg::Resize(columns, rows));
        does(&mut model, "ctrl-k");
        fold(&mut model, now, Msg::Paste(SEVEN.to_owned()));
        let shown = screen(&mut model, columns, rows);
        let (payload, command) = shown.split_once("same as").expect("both");
        assert!(payload.matches("SELECT").count() >= 5, "{shown}");
        assert!(
            command.matches("SELECT").count() == 7 && !command.contains("copies it"),
            "{shown}"
        );
        insta::assert_snapshot!(format!("long_{columns}x{rows}"), shown);
    }
    let mut model = composing("database");
    let now = model.now;
    fold(&mut model, now, Msg::Resize(80, 24));
    fold(&mut model, now, Msg::Paste(SEVEN.repeat(4)));
    let shown = screen(&mut model, 80, 24);
    let (payload, command) = shown.split_once("same as").expect("both");
    assert!(payload.matches("SELECT").count() >= 3, "{shown}");
    assert!(command.matches("SELECT").count() >= 5, "{shown}");
    assert!(command.contains("… ctrl-y copies it"), "it says that it goes on: {shown}");
}

#[test]
fn the_help_says_only_what_is_so_where_one_is() {
    let mut model = composing("database");
    does(&mut model, "f1");
    for section in swarmscope::screen::commands::help(&model).iter().filter(|it| !it.elsewhere) {
        for line in &section.lines {
            let is_text = |key: &str| key.chars().count() == 1 && !"↑↓←→".contains(key);
            assert!(!line.keys.split_whitespace().any(is_text), "{line:?}");
        }
    }
    let mut model = crate::pictures::session();
    model.showing.replay = Some(Replayed {
        paused: false,
        speed: 1.0,
        at: Duration::ZERO,
        length: Duration::from_secs(60),
        to: None,
    });
    does(&mut model, "?");
    let help = swarmscope::screen::commands::help(&model);
    let here: Vec<_> = help.iter().filter(|it| !it.elsewhere).flat_map(|it| &it.lines).collect();
    let space: Vec<_> = here.iter().filter(|line| line.keys.contains("space")).collect();
    assert!(matches!(&space[..], [line] if line.doc == "pause or resume"), "{space:?}");
}
