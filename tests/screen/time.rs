//! Stories about time: what is recorded shows the same screen again, forwards, step by step and
//! back; keys are shown to those who watch.

use std::io::Cursor;
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use ratatui::buffer::Buffer;
use swarmscope::screen::session::moment::Moment;
use swarmscope::screen::session::recording::typing::Typing;
use swarmscope::screen::session::recording::{
    Line, Masker, Recording, Typist, What, header, kept_decoding, micros, present::present, read,
    what,
};
use swarmscope::screen::session::replay::Player;
use swarmscope::screen::session::showing::{Control, Recorded, Replayed};
use swarmscope::screen::{Key, Model, Msg, Now};
use swarmscope::tui::Theme;
use swarmscope::tui::theme::Depth;
use swarmscope_peer::node::{Event, PeerKey};
use swarmscope_wire::text::hex;

use crate::fixture::{Tape, before, blank, drawn, fold, press, taped};
use crate::pictures::session;

/// The file that a tape makes, as a recorder writes it.
pub fn file(model: &Model, tape: Tape, start: Now) -> String {
    let mask = model.setup.naming.privacy.then(|| model.setup.naming.mask.clone());
    let (mut typist, mut masker) = (mask.clone().map(Typist::new), mask.map(Masker::new));
    let mut lines = Vec::new();
    for (now, msg, [before, after]) in tape {
        let kept = typist.as_ref().and_then(|_| kept_decoding(&msg));
        let Some(what) = kept.or_else(|| what(&msg)) else { continue };
        let at = micros(start, now);
        match &mut typist {
            Some(typist) => lines.extend(typist.take(at, what, &before, &after)),
            None => lines.push((at, what)),
        }
    }
    let mut text = serde_json::to_string(&header(model, start)).expect("a header") + "\n";
    for (at, what) in lines {
        let line = Line(at, what);
        let line = match &mut masker {
            Some(masker) => masker.line(line),
            None => line,
        };
        text += &(serde_json::to_string(&line).expect("a line") + "\n");
    }
    text
}

pub fn recording(text: &str) -> Recording {
    read(Cursor::new(text.to_owned())).expect("it reads")
}

#[allow(clippy::disallowed_methods)] // any moment will do
pub fn moment() -> Instant {
    Instant::now()
}

/// A player, and its model at the end of the recording.
pub fn played(text: &str) -> (Player, Model) {
    let mut player = Player::new(recording(text), blank().setup, moment());
    let mut model = player.begin();
    player.seek(&mut model, i64::MAX, moment());
    (player, model)
}

fn rows(cells: &Buffer) -> Vec<String> {
    let row = |y| (0..cells.area.width).map(|x| cells[(x, y)].symbol()).collect();
    (0..cells.area.height).map(row).collect()
}

pub fn dark(model: &mut Model, columns: u16, rows_: u16) -> Vec<String> {
    rows(&drawn(model, columns, rows_, &Theme::built_in("dark", Depth::True).expect("built in")).0)
}

#[test]
fn a_recording_shows_the_same_screen_again() {
    let (mut model, tape) = taped(session);
    let text = file(&model, tape, before(4_000_000));
    let (_, mut again) = played(&text);
    let screen = dark(&mut model, 120, 40);
    assert_eq!(dark(&mut again, 120, 40), screen);
    // and not only at its end, and not only once
    let mut player = Player::new(recording(&text), blank().setup, moment());
    let mut model = player.begin();
    let mut seen = Vec::new();
    for at in [1_000, 3_000, 3_998, 4_000] {
        player.seek(&mut model, at * 1_000_000, moment());
        seen.push(dark(&mut model, 120, 40));
    }
    assert_eq!(seen[3], screen);
    for (at, seen) in [(3_998, &seen[2]), (1_000, &seen[0]), (3_000, &seen[1]), (4_000, &seen[3])] {
        player.seek(&mut model, at * 1_000_000, moment());
        assert_eq!(dark(&mut model, 120, 40).join("\n"), seen.join("\n"), "at {at} s");
    }
}

#[test]
fn line_by_line_it_comes_to_the_same_screen() {
    let (mut model, tape) = taped(session);
    let lines = tape.len();
    let text = file(&model, tape, before(4_000_000));
    let mut player = Player::new(recording(&text), blank().setup, moment());
    let mut again = player.begin();
    for _ in 0..=lines {
        player.control(&mut again, Control::Step, moment());
    }
    assert!(player.status().paused && player.status().ended());
    let screen = dark(&mut model, 120, 40);
    assert_eq!(dark(&mut again, 120, 40)[2..], screen[2..], "but for the clock");
}

#[test]
fn nothing_in_a_private_recording_says_who_or_where() {
    let private = || {
        let mut model = session();
        press(&mut model, &[Key::char('c')]);
        for c in "example.org:7760".chars() {
            press(&mut model, &[Key::char(c)]);
        }
        press(&mut model, &["esc".parse().expect("a key"), Key::char('/')]);
        for c in "127.0.0.1".chars() {
            press(&mut model, &[Key::char(c)]);
        }
        press(&mut model, &["enter".parse().expect("a key")]);
        model.setup.naming.privacy = true;
        model
    };
    let (model, tape) = taped(private);
    let text = file(&model, tape, before(4_000_000));
    for peer in model.facts.peers().iter() {
        if let Some(address) = peer.address {
            assert!(!text.contains(&address.to_string()), "{address}");
        }
        let PeerKey::Permid(permid) = peer.key else { continue };
        for form in [permid.to_string(), permid.hex(), hex(&permid.to_der())] {
            assert!(!text.contains(&form), "{form}");
        }
    }
    for bytes in ["198.51.100.23", "192.168.1.20", "127.0.0.1", "example.org"] {
        let encoded = BASE64.encode(bytes.as_bytes());
        for form in [bytes, &hex(bytes.as_bytes()), encoded.trim_end_matches('=')] {
            assert!(!text.contains(form), "{form}");
        }
    }
    let typed: String = text
        .lines()
        .filter_map(|line| line.split_once("{\"key\":\""))
        .filter_map(|(_, key)| key.chars().next())
        .collect();
    assert!(!typed.contains("xample") && !typed.contains("127"), "{typed}");
    // it can be shown, and shows the same numbers
    let (_, mut again) = played(&text);
    assert!(again.setup.naming.privacy);
    assert_eq!(again.facts.peers().len(), model.facts.peers().len());
    assert!(dark(&mut again, 120, 40)[0].contains("31 connected"));
}

#[test]
fn a_recording_that_is_started_late_begins_with_what_is_there() {
    let mut model = session();
    let tape = present(&model)
        .into_iter()
        .map(|(now, msg)| (now, msg, [Typing::Nothing, Typing::Nothing]))
        .collect();
    let start = model.now;
    let (_, mut again) = played(&file(&model, tape, start));
    // not the log, not the signals and the throughput from before it
    let without = |rows: Vec<String>| -> Vec<String> {
        let rows = rows.into_iter().enumerate().filter(|(y, _)| ![0, 1, 38].contains(y));
        rows.map(|(_, row)| row.replace('▲', " ")).collect()
    };
    let (again, model) = (dark(&mut again, 120, 40), dark(&mut model, 120, 40));
    assert_eq!(without(again).join("\n"), without(model).join("\n"));
}

#[test]
fn a_replay_goes_on_in_its_own_time() {
    let (model, tape) = taped(session);
    let text = file(&model, tape, before(4_000_000));
    let mut player = Player::new(recording(&text), blank().setup, moment());
    let (mut model, start) = (player.begin(), moment());
    assert_eq!(player.due(), None, "it waits for its first key");
    player.control(&mut model, Control::Pause, start);
    player.control(&mut model, Control::Faster, start);
    let status = |player: &Player| {
        (player.status().at.as_secs(), player.status().speed, player.status().paused)
    };
    player.go_on(&mut model, start + Duration::from_secs(50));
    assert_eq!(status(&player), (100, 2.0, false));
    assert!(
        player.due().is_some_and(|due| due <= start + Duration::from_millis(50_600)),
        "the next second is due"
    );
    let later = start + Duration::from_secs(50);
    player.control(&mut model, Control::Seek(Moment::Earlier(Duration::from_secs(10))), later);
    assert_eq!(status(&player).0, 90);
    player.control(&mut model, Control::Seek(Moment::Later(Duration::from_secs(10))), later);
    player.control(&mut model, Control::Pause, later);
    assert_eq!((status(&player), player.due()), ((100, 2.0, true), None));
    player.control(&mut model, Control::Pause, later);
    player.go_on(&mut model, later + Duration::from_secs(4000));
    assert!(player.status().ended() && player.status().paused);
    player.control(&mut model, Control::Seek(Moment::START), later);
    assert_eq!(model.facts.peers().len(), 0);
    assert_eq!(status(&player).0, 0);
}

#[test]
fn the_status_bar_says_how_it_is_shown() {
    let mut model = session();
    model.showing.recording = Some(Recorded { masked: false, lost: 0 });
    model.showing.frozen = Some(312);
    assert!(dark(&mut model, 120, 40)[0].contains("frozen, 312 waiting  rec  12:04:31Z"));
    assert!(dark(&mut model, 80, 24)[0].contains("frozen, 312 waiting  rec  12:04:31Z"));
    model.showing.recording = Some(Recorded { masked: true, lost: 1234 });
    model.showing.frozen = None;
    assert!(dark(&mut model, 120, 40)[0].contains("  rec, 1 234 lost  12:04:31Z"));
    model.showing.recording = None;
    let seconds = Duration::from_secs;
    let mut replay =
        Replayed { paused: false, speed: 2.0, at: seconds(31), length: seconds(130), to: None };
    model.showing.replay = Some(replay);
    assert!(dark(&mut model, 120, 40)[0].contains("  replay 2× 00:31/02:10  12:04:31Z"));
    replay.paused = true;
    model.showing.replay = Some(replay);
    assert!(dark(&mut model, 80, 24)[0].contains("  replay paused 00:31/02:10  12:04:31Z"));
}

#[test]
fn a_replay_offers_nothing_that_it_does_not_do() {
    let mut model = session();
    let footer = |model: &mut Model| dark(model, 200, 60)[59].clone();
    assert!(footer(&mut model).contains("enter send") && footer(&mut model).contains("c connect"));
    let at = Duration::from_secs(1);
    model.showing.replay = Some(Replayed { paused: true, speed: 1.0, at, length: at, to: None });
    let footer = footer(&mut model);
    assert!(
        !footer.contains(" send") && !footer.contains("connect") && footer.contains("inspect"),
        "{footer}"
    );
}

#[test]
fn keys_are_shown_with_what_they_did() {
    let mut model = session();
    for key in ["t", "k", "j", "y", "c", "/", "s", "y", "m"] {
        press(&mut model, &[key.parse().expect("a key")]);
    }
    insta::assert_debug_snapshot!("key_cast_120x40", dark(&mut model, 120, 40));
    insta::assert_debug_snapshot!("key_cast_80x24", dark(&mut model, 80, 24));
    // they go by themselves
    let later = Now { instant: model.now.instant + Duration::from_secs(10), ..model.now };
    fold(&mut model, later, Msg::Tick);
    assert!(!dark(&mut model, 120, 40).join("\n").contains("copy command"));
}

#[test]
fn frozen_in_a_recording_is_frozen_in_its_replay() {
    let story = || {
        let mut model = session();
        press(&mut model, &[Key::char('z'), Key::char('j')]);
        model
    };
    let (mut model, tape) = taped(story);
    let mut text = file(&model, tape, before(4_000_000));
    let screen = dark(&mut model, 120, 40);
    // a minute in which much is told, but nothing is let in
    text += "[4060000000,{\"msg\":{\"key\":\"k\"}}]\n[4060000001,{\"msg\":{\"key\":\"j\"}}]\n";
    let (_, mut again) = played(&text);
    let waiting = again.showing.frozen.take();
    assert_eq!((waiting, dark(&mut again, 120, 40)), (Some(0), screen));
    text += "[4061000000,{\"msg\":{\"key\":\"z\"}}]\n";
    let notice = Msg::Node(Event::Notice { text: "what waited".into() });
    text +=
        &(serde_json::to_string(&Line(4_030_000_000, What::Msg(notice))).expect("a line") + "\n");
    let (player, mut again) = played(&text);
    assert_eq!(again.showing.frozen, None);
    assert_eq!(player.status().at.as_secs(), 4061);
    assert!(dark(&mut again, 120, 40)[38].contains("12:05:01Z  what waited"), "with its own time");
}

#[test]
fn a_presenter_shows_less_and_larger() {
    for (columns, rows) in [(80, 24), (120, 40), (200, 60)] {
        let mut model = session();
        fold(&mut model, before(0), Msg::Resize(columns, rows));
        press(&mut model, &[Key::char('t'), Key::char('p')]);
        insta::assert_debug_snapshot!(
            format!("presenter_{columns}x{rows}"),
            dark(&mut model, columns, rows)
        );
        press(&mut model, &[Key::char('t'), Key::char('p')]);
        assert!(!model.showing.presenter);
    }
    let mut model = session();
    press(&mut model, &[Key::char('t'), Key::char('p'), Key::char('r')]);
    insta::assert_debug_snapshot!("presenter_composing_120x40", dark(&mut model, 120, 40));
    press(&mut model, &["esc".parse().expect("a key"), "tab".parse().expect("a key")]);
    assert_eq!(
        model.focus,
        swarmscope::screen::Pane::Reply,
        "no pane has the focus that is not there"
    );
}
