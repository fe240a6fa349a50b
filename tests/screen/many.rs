//! Requests to many: the preview, who is left out, sending at the rate, what became of everybody,
//! groups and the odd ones out.

use crate::export::exported;
use std::time::Duration;

use crossterm::event::KeyCode;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use swarmscope::screen::{Effect, Key, Mode, Model, Msg, Pane, Screen};
use swarmscope::tui::Theme;
use swarmscope::tui::draw::draw;
use swarmscope::tui::theme::Depth;
use swarmscope::tui::tops::Tops;
use swarmscope_facts::many::campaign::State;
use swarmscope_facts::many::outcome::Outcome;
use swarmscope_peer::node::Ask;
use swarmscope_wire::MessageId;
use swarmscope_wire::failure::Cause;

use crate::crowd::{
    after, answer, answered, fails, odd_one_out, peer, previewed, rows, run, some_left_out, swarm,
};
use crate::fixture::{fold, press, type_text};

pub const ENTER: Key = Key::named(KeyCode::Enter);
pub const ESC: Key = Key::named(KeyCode::Esc);
pub const DATABASE: MessageId = MessageId::DATABASE_QUERY;

pub fn screen(model: &mut Model, columns: u16, rows: u16, theme: &Theme) -> String {
    let now = model.now;
    fold(model, now, Msg::Resize(columns, rows));
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).expect("a test backend");
    let frame = terminal.draw(|frame| {
        draw(frame.buffer_mut(), model, theme, &mut Tops::default());
    });
    frame.expect("a frame");
    terminal.backend().to_string()
}

pub fn dark() -> Theme {
    Theme::built_in("dark", Depth::True).expect("built in")
}

#[test]
fn the_preview_at_every_layout() {
    for (columns, rows) in [(200, 60), (100, 30), (80, 24), (60, 20)] {
        let mut model = previewed();
        insta::assert_snapshot!(
            format!("preview_{columns}x{rows}"),
            screen(&mut model, columns, rows, &dark())
        );
        if columns == 60 {
            press(&mut model, &[Key::named(KeyCode::Tab)]);
            insta::assert_snapshot!(
                "preview_60x20_other_pane",
                screen(&mut model, columns, rows, &dark())
            );
        }
    }
}

#[test]
fn the_run_at_every_layout() {
    for (columns, rows) in [(200, 60), (120, 40), (100, 30), (80, 24), (60, 20), (40, 10)] {
        insta::assert_snapshot!(
            format!("run_{columns}x{rows}"),
            screen(&mut answered(), columns, rows, &dark())
        );
    }
}

#[test]
fn a_group_far_from_the_others_explains_itself() {
    let mut model = odd_one_out();
    insta::assert_snapshot!("signal_80x24", screen(&mut model, 80, 24, &dark()));
    press(&mut model, &[ENTER]);
    insta::assert_snapshot!("peers_80x24", screen(&mut model, 80, 24, &dark()));
}

#[test]
fn in_monochrome_and_in_plain_characters() {
    let mono = Theme::built_in("mono", Depth::None).expect("built in");
    assert_eq!(screen(&mut answered(), 120, 40, &mono), screen(&mut answered(), 120, 40, &dark()));
    let mut ascii = dark();
    ascii.ascii = true;
    let text = screen(&mut answered(), 120, 40, &ascii);
    assert!(text.is_ascii() && text.contains("[254]"), "{text}");
    let mut model = swarm();
    press(&mut model, &[Key::ctrl('s')]);
    let text = screen(&mut model, 120, 40, &ascii);
    assert!(text.is_ascii(), "{text}");
}

/// Places of the peers that were asked, with the times.
fn places(sent: &[(u64, Ask)]) -> Vec<(u64, usize)> {
    let place = |ask: &Ask| (0..60).find(|n| peer(*n).0 == ask.to).expect("a marked peer");
    sent.iter().map(|(ms, ask)| (*ms, place(ask))).collect()
}

pub fn counts(model: &Model) -> Vec<(Outcome, usize)> {
    let campaign = model.many.campaign.as_ref().expect("a campaign");
    Outcome::ALL
        .into_iter()
        .map(|o| (o, campaign.counts().of(o)))
        .filter(|(_, count)| *count > 0)
        .collect()
}

#[test]
fn marked_peers_are_asked_once_each_at_the_rate() {
    let mut model = swarm();
    assert!(press(&mut model, &[Key::ctrl('s')]).is_empty(), "nothing is sent by looking");
    assert_eq!((model.screen, model.many.preview.is_some()), (Screen::Many, true));
    assert_eq!(model.next_wake(), None);
    start(&mut model);
    let sent = run(&mut model, 0, 60_000);
    let expected: Vec<(u64, usize)> = (0..60).map(|n| (50 * n as u64, n)).collect();
    assert_eq!(places(&sent), expected, "20 a second, evenly, everybody once");
    let (_, ask) = &sent[0];
    assert_eq!(
        (ask.message, ask.payload.len(), ask.timeout),
        (DATABASE, 51, Duration::from_secs(30))
    );
    assert_eq!(counts(&model), [(Outcome::Waiting, 60)]);
    assert_eq!(model.next_wake(), None, "nothing is left to send");
}

#[test]
fn silent_peers_hold_the_places_until_their_requests_end() {
    let mut model = swarm();
    press(&mut model, &[Key::ctrl('s'), Key::char('v'), Key::ctrl('u')]);
    type_text(&mut model, "100");
    press(&mut model, &[Key::named(KeyCode::Tab), Key::ctrl('u')]);
    type_text(&mut model, "4");
    press(&mut model, &[ENTER]);
    assert!(matches!(model.mode, Mode::Main));
    start(&mut model);
    assert_eq!(places(&run(&mut model, 0, 60_000)), [(0, 0), (10, 1), (20, 2), (30, 3)]);
    fails(&mut model, 30_000, peer(2).0, Cause::FirstPartTimeout);
    assert_eq!(places(&run(&mut model, 30_000, 60_000)), [(30_000, 4)]);
    let sent = counts(&model);
    assert_eq!(
        sent,
        [(Outcome::Waiting, 4), (Outcome::TimedOut, 1), (Outcome::NotSent, 55)],
        "a place came free"
    );
}

/// Presses enter in the preview.
pub fn start(model: &mut Model) {
    assert!(
        press(model, &[ENTER]).is_empty(),
        "the first request goes out at the first moment that the campaign asked for"
    );
    assert_eq!(model.next_wake(), Some(model.now.instant));
}

#[test]
fn rate_and_concurrency_have_bounds_and_say_so_in_their_place() {
    let mut model = swarm();
    press(&mut model, &[Key::ctrl('s'), Key::char('v'), Key::ctrl('u')]);
    type_text(&mut model, "2000");
    press(&mut model, &[ENTER]);
    assert!(
        matches!(&model.mode, Mode::Pace(form) if form.error.as_ref().is_some_and(|why| why.contains("0.1 to 200")))
    );
    insta::assert_snapshot!("rate_80x24", screen(&mut model, 80, 24, &dark()));
    press(&mut model, &[Key::char('x')]);
    assert!(
        matches!(&model.mode, Mode::Pace(form) if form.error.is_none()),
        "typing on takes the error away"
    );
    press(&mut model, &[ESC]);
    assert_eq!(model.many.pace.text(), "20/s, at most 64 waiting");
}

#[test]
fn peers_that_cannot_be_asked_are_left_out_with_the_reason() {
    let mut model = swarm();
    some_left_out(&mut model);
    press(&mut model, &[Key::ctrl('s')]);
    let plan =
        model.many.preview.as_ref().and_then(|preview| preview.plan.as_ref()).expect("a plan");
    assert_eq!(
        (plan.marked, plan.targets.len(), plan.left_out_count(), plan.readable()),
        (65, 60, 5, 24)
    );
    let all: Vec<(usize, String)> =
        plan.left_out.iter().map(|left| (left.peers, left.text())).collect();
    assert_eq!(all[0].1.split(' ').next(), Some("until"));
    for reason in ["gone since they were marked", "permid not known: connect first", "our own peer"]
    {
        assert!(
            all.iter().any(|(peers, text)| (*peers, text.as_str()) == (1, reason)),
            "{reason}: {all:?}"
        );
    }
    // an hour later they would not answer 254 any more
    fold(&mut model, after(3_600_000), Msg::Tick);
    let plan =
        model.many.preview.as_ref().and_then(|preview| preview.plan.as_ref()).expect("a plan");
    assert_eq!(plan.targets.len(), 62);
}

#[test]
fn what_uses_something_up_says_so_before() {
    for (name, word) in [
        ("seedingstats", "consumes statistics"),
        ("repex", "consumes swarm caches"),
        ("puncture", "consumes the log"),
        ("usereventlog", "consumes events"),
    ] {
        let mut model = swarm();
        press(&mut model, &[Key::char('r')]);
        type_text(&mut model, name);
        press(&mut model, &[Key::ctrl('s')]);
        let text =
            screen(&mut model, 120, 40, &dark()).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(word), "{name}: {text}");
    }
}

#[test]
fn a_pause_sends_nothing_and_goes_on_where_it_was() {
    let mut model = swarm();
    press(&mut model, &[Key::ctrl('s')]);
    start(&mut model);
    run(&mut model, 0, 200);
    press(&mut model, &[Key::char('p')]);
    assert_eq!(model.next_wake(), None);
    assert!(run(&mut model, 300, 60_000).is_empty());
    assert!(screen(&mut model, 120, 40, &dark()).contains("paused"));
    let now = after(60_000);
    fold(&mut model, now, Msg::Key(Key::char('p')));
    let times: Vec<u64> = run(&mut model, 60_000, 60_110).iter().map(|(ms, _)| *ms).collect();
    assert_eq!(times, [60_000, 60_050, 60_100], "evenly, not all at once that was missed");
}

#[test]
fn from_a_group_to_its_peers_to_one_reply_and_back() {
    let mut model = answered();
    press(&mut model, &[Key::char('o'), Key::char('g')]);
    press(&mut model, &[ENTER]);
    assert!(model.many.view.inside);
    let who = model.many.view.peer.clone().expect("one is selected");
    press(&mut model, &[ENTER]);
    assert_eq!((model.screen, model.focus), (Screen::Main, Pane::Reply));
    assert_eq!(model.selected, Some(who));
    assert_eq!(model.request().map(|request| request.message), Some(DATABASE));
    press(&mut model, &[ESC]);
    assert_eq!(model.screen, Screen::Many, "back to where it was opened");
    assert!(model.many.view.inside, "as it was left");
    press(&mut model, &[ENTER, Key::char('M')]);
    assert!(model.many.view.inside, "as it was left");
    press(&mut model, &[ESC]);
    assert_eq!((model.many.view.inside, model.screen), (false, Screen::Many));
    press(&mut model, &[ESC]);
    assert_eq!(model.screen, Screen::Main);
}

#[test]
fn the_peers_of_a_group_or_an_outcome_are_marked_to_go_on_with_them() {
    let mut model = answered();
    press(&mut model, &[Key::char('G'), Key::char(' ')]);
    assert_eq!(model.facts.marks().len(), 8, "those with the older version");
    press(&mut model, &[Key::named(KeyCode::Tab), Key::char('g')]);
    let down = Key::named(KeyCode::Down);
    press(&mut model, &[down, down, down, Key::char(' ')]);
    assert_eq!(model.facts.marks().len(), 5, "those that answered 254");
}

#[test]
fn answers_of_the_same_content_are_one_group_and_the_odd_ones_come_first() {
    let model = answered();
    let campaign = model.many.campaign.as_ref().expect("a campaign");
    let listed: Vec<(usize, &str)> = campaign
        .groups()
        .listed()
        .map(|group| (group.peers, group.sample.as_ref().map_or("", |sample| sample.line.as_str())))
        .collect();
    assert!(
        listed[0].1.contains("os.system") && listed[1].1 == "the same row 22 000 times",
        "{listed:?}"
    );
    assert_eq!(listed[2], (30, "one row: 5.3.9"));
    assert_eq!(listed[5], (8, "one row: 5.3.8"));
    assert_eq!(campaign.signals(), 2);
    assert!(
        model.log.lines().iter().any(|line| line.text.contains("times the median of this request"))
    );
}

#[test]
fn a_finished_request_stays_until_the_next_one_starts() {
    let mut model = swarm();
    press(&mut model, &[Key::ctrl('s')]);
    start(&mut model);
    run(&mut model, 0, 60_000);
    for n in 0..60 {
        answer(&mut model, 60_000, peer(n).0, 0, &rows("5.3.9", 1), 1, 20);
    }
    let campaign = model.many.campaign.as_ref().expect("a campaign");
    assert_eq!((campaign.state, campaign.groups().len()), (State::Done, 1));
    assert!(model.log.lines().iter().any(|line| line.text.contains("done in 60.0 s: 60 answered")));
    press(&mut model, &[ESC, Key::ctrl('s')]);
    assert!(
        screen(&mut model, 120, 40, &dark()).contains("would refuse"),
        "everybody was asked a minute ago"
    );
    press(&mut model, &[ESC, Key::char('M')]);
    assert!(model.many.campaign.is_some() && model.many.preview.is_none());
}

#[test]
fn the_script_is_copied_with_its_targets_and_without_them_where_addresses_are_hidden() {
    let mut model = swarm();
    press(&mut model, &[Key::ctrl('s')]);
    let copied = |effects: Vec<Effect>| match &effects[..] {
        [Effect::Copy(text)] => text.clone(),
        other => panic!("{other:?}"),
    };
    let script = copied(press(&mut model, &[Key::char('y'), Key::char('c')]));
    assert!(
        script.starts_with(
            "while read -r peer; do\n  swarmscope request \"$peer\" database 'SELECT oversion"
        ),
        "{script}"
    );
    assert!(script.contains("@127.0.0.1:40300\n") && script.ends_with("PEERS\n"));
    assert_eq!(script.matches("@127.0.0.1").count(), 60);
    let hidden = copied(press(&mut model, &[Key::char('P'), Key::char('y'), Key::char('c')]));
    assert!(!hidden.contains("127.0.0.1") && hidden.contains("< marked.txt"), "{hidden}");
}

#[test]
fn without_a_mark_the_key_sends_to_the_selected_peer() {
    let mut model = swarm();
    model.facts.unmark_all();
    let effects = press(&mut model, &[Key::ctrl('s')]);
    assert!(matches!(&effects[..], [Effect::Request(_)]), "{effects:?}");
    assert_eq!(model.screen, Screen::Main);
    press(&mut model, &[Key::char('M')]);
    assert!(
        model
            .log
            .headline(model.now)
            .expect("it is said")
            .line
            .text
            .contains("no request to many yet")
    );
}

#[test]
fn answers_that_differ_in_their_numbers_alone_are_one_group_without_them() {
    let mut model = swarm();
    press(&mut model, &[Key::ctrl('s')]);
    start(&mut model);
    run(&mut model, 0, 60_000);
    for n in 0..60 {
        let text = if n == 33 { "5.3.9 beta".to_owned() } else { format!("5.{}.{n}", n % 7) };
        answer(&mut model, 60_000, peer(n).0, 0, &rows(&text, 1), 1, 20);
    }
    assert_eq!(model.many.campaign.as_ref().expect("a campaign").groups().len(), 60);
    assert!(screen(&mut model, 120, 40, &dark()).contains("60 kinds in 60; b leaves numbers out"));
    press(&mut model, &[Key::char('b')]);
    let listed: Vec<usize> = model
        .many
        .campaign
        .as_ref()
        .expect("a campaign")
        .groups()
        .listed()
        .map(|group| group.peers)
        .collect();
    assert_eq!(listed, [59, 1], "the odd one is seen");
    insta::assert_snapshot!("by_shape_100x30", screen(&mut model, 100, 30, &dark()));
}

/// Escapes, bidi controls, zero-width characters, long lines: as answers, as errors, as NAT types.
const HOSTILE: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}txet\u{2066}\u{200b}\u{feff}a\u{300}\u{300}\u{300}\u{300}\t\r\n\u{9b}31m\u{e000}";

#[test]
fn nothing_hostile_reaches_a_cell_a_copy_or_a_file() {
    let mut model = swarm();
    press(&mut model, &[Key::ctrl('s')]);
    start(&mut model);
    run(&mut model, 0, 60_000);
    let long = HOSTILE.repeat(2_000);
    for n in 0..60 {
        let text = format!("{n}{HOSTILE}");
        match n % 4 {
            0 => answer(&mut model, 60_000, peer(n).0, 0, &rows(&text, n), 1, 20),
            1 => answer(&mut model, 60_000, peer(n).0, 1, text.as_bytes(), 1, 20),
            2 => answer(
                &mut model,
                60_000,
                peer(n).0,
                0,
                format!("c{HOSTILE}\n{HOSTILE}\n(tR.").as_bytes(),
                1,
                20,
            ),
            _ => answer(&mut model, 60_000, peer(n).0, 0, &rows(&long, 1), 9, 20),
        }
    }
    for keys in [
        vec![],
        vec![Key::char('j')],
        vec![Key::char('b')],
        vec![ENTER],
        vec![ESC, Key::named(KeyCode::Tab)],
    ] {
        press(&mut model, &keys);
        for _ in 0..3 {
            press(&mut model, &[Key::named(KeyCode::Down)]);
            for (columns, rows) in [(120, 40), (80, 24), (40, 10)] {
                let (cells, _) = crate::fixture::drawn(&mut model, columns, rows, &dark());
                let hides = |c: char| {
                    c.is_control() || "\u{202e}\u{2066}\u{200b}\u{feff}\u{e000}".contains(c)
                };
                let bad = cells.content.iter().find(|cell| cell.symbol().chars().any(hides));
                assert!(bad.is_none(), "{bad:?} after {keys:?}");
            }
        }
    }
    press(&mut model, &[ESC, ESC]);
    press(&mut model, &[Key::char('M')]);
    for name in ["a.ndjson", "a.csv"] {
        let text = exported(&mut model, name);
        let hides = |c: char| {
            c.is_control() && c != '\n' && c != '\r'
                || "\u{202e}\u{2066}\u{200b}\u{feff}".contains(c)
        };
        assert!(!text.chars().any(hides));
    }
}

/// While the screen holds still, answers wait; what they make room for goes out evenly all the
/// same.
#[test]
fn answers_that_waited_lead_to_no_burst() {
    let mut model = swarm();
    press(&mut model, &[Key::ctrl('s'), Key::char('v'), Key::named(KeyCode::Tab), Key::ctrl('u')]);
    type_text(&mut model, "10");
    press(&mut model, &[ENTER]);
    start(&mut model);
    assert_eq!(run(&mut model, 0, 5_000).len(), 10);
    for n in 0..10 {
        answer(&mut model, 1_000 + 100 * n as u64, peer(n).0, 0, &rows("5.3.9", 1), 1, 20);
    }
    assert_eq!(counts(&model), [(Outcome::Answered, 10), (Outcome::NotSent, 50)]);
    let times: Vec<u64> = run(&mut model, 5_000, 5_110).iter().map(|(ms, _)| *ms).collect();
    assert_eq!(times, [5_000, 5_050, 5_100]);
}

#[test]
fn sql_that_names_what_peers_do_not_have_is_doubted_before_it_goes_to_many() {
    let dark = Theme::built_in("dark", swarmscope::tui::theme::Depth::True).expect("built in");
    let mut model = swarm();
    press(&mut model, &[Key::char('a')]);
    let preview = |model: &mut Model, sql: &str| {
        press(model, &[Key::char('p'), Key::ctrl('k')]);
        type_text(model, sql);
        press(model, &[Key::ctrl('s')]);
        assert_eq!(model.screen, Screen::Many);
        screen(model, 120, 40, &dark)
    };
    press(&mut model, &[Key::char('r')]);
    type_text(&mut model, "database");
    press(&mut model, &[ENTER, ESC]);
    let shown = preview(&mut model, "SELECT count(*) FROM Torrents");
    assert!(shown.contains("no such table: Torrents, by"), "{shown}");
    press(&mut model, &[ESC]);
    let shown = preview(&mut model, "SELECT count(*) FROM Torrent");
    assert!(!shown.contains("no such table"), "{shown}");
}
