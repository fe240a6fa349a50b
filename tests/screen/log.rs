//! What has happened: the line above the footer, and the log behind it.

use std::time::Duration;

use crossterm::event::KeyCode;
use swarmscope::screen::{Key, Mode, Model, Msg};
use swarmscope::tui::Theme;
use swarmscope::tui::theme::Depth;
use swarmscope_peer::node::{Event, PeerKey};
use swarmscope_wire::failure::{By, Cause, Delivered};

use crate::fixture::{drawn, failure, fold, press, type_text};
use crate::pictures::session;

const ENTER: Key = Key::named(KeyCode::Enter);
const ESC: Key = Key::named(KeyCode::Esc);

fn rows(model: &mut Model, columns: u16, rows: u16) -> Vec<String> {
    let theme = Theme::built_in("dark", Depth::True).expect("built in");
    let (cells, _) = drawn(model, columns, rows, &theme);
    let row =
        |y| (0..columns).map(|x| cells[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    (0..rows).map(row).collect()
}

fn after(model: &mut Model, seconds: u64, msg: Msg) {
    let mut now = model.now;
    now.instant += Duration::from_secs(seconds);
    now.wall += Duration::from_secs(seconds);
    fold(model, now, msg);
}

/// A session in which nothing has happened for a while.
fn quiet() -> Model {
    let mut model = session();
    after(&mut model, 60, Msg::Tick);
    model
}

/// How many lines that need a person wait behind the one that is shown.
fn waiting(model: &Model) -> usize {
    model.log.headline(model.now).expect("something is said").more
}

#[test]
fn what_was_done_is_said_for_a_while_and_stays_in_the_log() {
    let mut model = quiet();
    let event = rows(&mut model, 120, 40)[38].clone();
    after(&mut model, 0, Msg::Done("saved 4 kB".into()));
    assert!(rows(&mut model, 120, 40)[38].contains("saved 4 kB"));
    after(&mut model, 5, Msg::Tick);
    assert_eq!(rows(&mut model, 120, 40)[38], event, "the newest event is back");
    press(&mut model, &[Key::char('L')]);
    assert!(rows(&mut model, 120, 40).iter().any(|row| row.contains("saved 4 kB")));
}

#[test]
fn several_that_need_a_person_are_counted() {
    let mut model = quiet();
    for n in 1..=3 {
        after(&mut model, 1, Msg::NotDone(format!("not saved: {n}")));
    }
    let line = rows(&mut model, 80, 24)[22].clone();
    assert!(line.contains("not saved: 3") && line.contains("2 more  L log"), "{line}");
}

#[test]
fn a_failure_keeps_its_code_where_its_next_step_has_no_room() {
    let mut model = quiet();
    press(&mut model, &[Key::char('L'), Key::char('/')]);
    type_text(&mut model, "tcp.refused");
    let log = rows(&mut model, 120, 40);
    assert!(log.iter().any(|row| row.contains("tcp.refused: ")), "code and next step");
    press(&mut model, &[ESC, ESC]);
    let who = crate::fixture::permid("d11b55", 18);
    let failure = crate::fixture::failure(
        swarmscope_wire::failure::Cause::HandshakeTimeout,
        swarmscope_wire::failure::By::Us,
        swarmscope_wire::failure::Delivered::No,
        "12 of 68 bytes came",
    );
    let peer = swarmscope_peer::node::PeerKey::Permid(who);
    after(
        &mut model,
        1,
        Msg::Node(swarmscope_peer::node::Event::ConnectFailed {
            peer,
            failure,
            attempt: 2,
            gives_up_at: 28,
            again_in: None,
        }),
    );
    let narrow = rows(&mut model, 80, 24)[22].clone();
    assert!(narrow.contains("handshake.timeout"), "{narrow}");
    let wide = rows(&mut model, 200, 60)[58].clone();
    assert!(wide.contains("handshake.timeout: "), "{wide}");
}

#[test]
fn the_log_is_filtered_by_words() {
    let mut model = quiet();
    press(&mut model, &[Key::char('L'), Key::char('/')]);
    type_text(&mut model, "FAILED refused tcp");
    let shown = rows(&mut model, 120, 40);
    let heading = shown.iter().find(|row| row.contains("LOG")).expect("a heading");
    assert!(heading.contains(" of ") && heading.contains("/FAILED refused tcp"), "{heading}");
    let lines: Vec<&String> = shown.iter().filter(|row| row.contains("attempt")).collect();
    assert!(!lines.is_empty() && lines.iter().all(|row| row.contains("refused")), "{lines:?}");
    press(&mut model, &[ENTER]);
    assert!(matches!(model.mode, Mode::Log { back: 0 }));
    press(&mut model, &[Key::char('/')]);
    type_text(&mut model, " nowhere");
    assert!(rows(&mut model, 120, 40).iter().any(|row| row.contains("No line matches.")));
    press(&mut model, &[ESC]);
    assert!(!rows(&mut model, 120, 40).iter().any(|row| row.contains("nowhere")));
    // opened again it is whole
    press(&mut model, &[ESC, Key::char('L')]);
    assert!(model.log_filter.text().is_empty());
}

#[test]
fn who_reads_older_lines_goes_on_reading_them() {
    let mut model = quiet();
    press(&mut model, &[Key::char('L'), Key::named(KeyCode::PageUp)]);
    let before = rows(&mut model, 80, 24);
    for n in 0..7 {
        after(&mut model, 0, Msg::Notice(format!("news {n}")));
    }
    assert_eq!(rows(&mut model, 80, 24)[3..23], before[3..23]);
    press(&mut model, &[Key::char('G')]);
    assert!(rows(&mut model, 80, 24)[22].contains("news 6"));
}

/// The same failure of the same peer, attempt after attempt.
#[test]
fn a_peer_that_goes_on_failing_is_news_once() {
    let (mut model, key) = (quiet(), PeerKey::Address("192.0.2.9:7760".into()));
    let fails = |model: &mut Model, cause, attempt| {
        let failure = failure(cause, By::Network, Delivered::No, "192.0.2.9:7760");
        let event = Event::ConnectFailed {
            peer: key.clone(),
            failure,
            attempt,
            gives_up_at: 28,
            again_in: None,
        };
        after(model, 30, Msg::Node(event));
    };
    fails(&mut model, Cause::TcpRefused, 1);
    assert!(rows(&mut model, 120, 40)[38].contains("192.0.2.9:7760 failed"));
    let lines = model.log.lines().len();
    after(&mut model, 20, Msg::Tick);
    fails(&mut model, Cause::TcpRefused, 2);
    assert_eq!(model.log.lines().len(), lines + 1, "it is in the log");
    assert_eq!(waiting(&model), 0, "and nobody has to read it again");
    fails(&mut model, Cause::TcpTimeout, 3);
    assert!(
        rows(&mut model, 120, 40)[38].contains("192.0.2.9:7760 failed"),
        "another cause is news"
    );
}

#[test]
fn a_few_lines_stand_below_the_heading() {
    let mut model = quiet();
    press(&mut model, &[Key::char('L'), Key::char('/')]);
    type_text(&mut model, "tcp.refused");
    let log = rows(&mut model, 120, 40);
    assert!(log[3].contains("tcp refused") || log[3].contains("failed"), "{}", log.join("\n"));
}

/// What the operator does nothing with is no news: it is said where he looks, and kept nowhere.
#[test]
fn a_key_that_does_nothing_here_is_said_without_a_sign_and_kept_by_no_log() {
    let mut model = quiet();
    let lines = model.log.lines().len();
    press(&mut model, &[Key::char('n')]);
    let row = rows(&mut model, 120, 40)[38].clone();
    assert!(row.contains("not done, next peer found:") && !row.contains('▲'), "{row}");
    assert_eq!((model.log.lines().len(), waiting(&model)), (lines, 0));
    let theme = Theme::built_in("dark", Depth::True).expect("built in");
    let (cells, _) = drawn(&mut model, 120, 40, &theme);
    assert_eq!(cells[(2, 38)].fg, theme.muted.fg.expect("a colour"));
    after(&mut model, 5, Msg::Tick);
    assert!(!rows(&mut model, 120, 40)[38].contains("not done"));
}

#[test]
fn a_file_that_was_saved_is_said_while_others_are_odd() {
    use swarmscope::screen::msg::Saved;
    let mut model = quiet();
    let saved = Saved { path: "reply.json".into(), outcome: Ok(300) };
    after(&mut model, 0, Msg::Saved(saved));
    let odd = Event::ReplyRefused {
        permid: crate::fixture::permid("81bc07", 17),
        channel: swarmscope_wire::ChannelId(7),
        message: swarmscope_wire::MessageId::NATCHECK,
        why: "no request is outstanding on this channel".into(),
        times: 1,
        guessed: 0,
    };
    after(&mut model, 2, Msg::Node(odd));
    assert!(rows(&mut model, 80, 24)[22].contains("saved to reply.json"));
    after(&mut model, 2, Msg::Tick);
    assert!(rows(&mut model, 80, 24)[22].contains("no request"), "its turn comes");
}

/// At 80 columns the sentence stays whole for as long as anything else can go: what to do next,
/// the time, the number of others, the code.
#[test]
fn a_sentence_is_worth_more_than_its_code() {
    let mut model = quiet();
    let fails = |model: &mut Model, who: &str, detail: &str| {
        let who = crate::fixture::permid(who, 18);
        let failure = failure(Cause::HandshakeTimeout, By::Us, Delivered::No, detail);
        let (peer, attempt, gives_up_at) = (PeerKey::Permid(who), 2, 28);
        let event = Event::ConnectFailed { peer, failure, attempt, gives_up_at, again_in: None };
        after(model, 30, Msg::Node(event));
        let said = model.log.lines().back().expect("a line").text.clone();
        (rows(model, 80, 24)[22].clone(), said)
    };
    for (who, bytes) in [
        ("d11b50", ""),
        ("d11b51", "1 of 68 bytes"),
        ("d11b52", "12 of 68 bytes came in time"),
        ("d11b53", "12 of 68 bytes came and no more"),
    ] {
        let (row, said) = fails(&mut model, who, bytes);
        // 71 cells, and 12 of them for the sign and the name
        assert!(row.contains(&said) || said.chars().count() > 59, "{row}\n{said}");
        let clause = "failed: handshake timed out";
        assert!(row.contains(clause), "{row}");
    }
}
