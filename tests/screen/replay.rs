//! Whoever watches a replay drives it by commands, and looks around in it; nothing leaves it;
//! requests to many come to the same groups again; and what is no good recording is refused with
//! its line.

use std::collections::HashMap;
use std::io::Cursor;
use std::time::Duration;

use swarmscope::screen::commands::{COMMANDS, Context, TABLE, footer, help};
use swarmscope::screen::keys::keymap;
use swarmscope::screen::palette::{listed, offered};
use swarmscope::screen::session::moment::Moment;
use swarmscope::screen::session::recording::{Place, read};
use swarmscope::screen::session::replay::Player;
use swarmscope::screen::session::showing::Control;
use swarmscope::screen::{Effect, Key, Mode, Model, Msg};
use swarmscope_facts::many::outcome::Outcome;
use swarmscope_probes::config_file::ConfigFile;

use crate::crowd;
use crate::fixture::{before, blank, fold, press, taped};
use crate::pictures::session;
use crate::time::{dark, file, moment, played, recording};

/// What whoever watches presses, and what comes of it; keys of the replay do what they do.
fn watched(player: &mut Player, model: &mut Model, keys: &str) -> Vec<Effect> {
    let mut left = Vec::new();
    for key in keys.split(' ') {
        model.showing.replay = Some(player.status());
        for effect in player.watch(model, Msg::Key(key.parse().expect("a key")), moment()) {
            match effect {
                Effect::Replay(control) => player.control(model, control, moment()),
                other => left.push(other),
            }
        }
    }
    model.showing.replay = None;
    left
}

/// What is typed into the list of commands.
fn commanded(player: &mut Player, model: &mut Model, command: &str) {
    let keys: Vec<String> = command.chars().map(|c| Key::char(c).to_string()).collect();
    watched(player, model, &format!(": {} enter", keys.join(" ")));
}

#[test]
fn whoever_watches_looks_around_and_it_goes_on_as_if_nobody_had() {
    let (model, tape) = taped(session);
    let text = file(&model, tape, before(4_000_000));
    let (_, mut model) = played(&text);
    let end = dark(&mut model, 120, 40);
    let mut player = Player::new(recording(&text), blank().setup, moment());
    let mut model = player.begin();
    player.seek(&mut model, 3_000_000_000, moment());
    let here = dark(&mut model, 120, 40);
    // a list that is open while the recording has keys of its own would take them
    watched(&mut player, &mut model, "j j i L");
    assert_ne!(dark(&mut model, 120, 40), here, "that is seen");
    watched(&mut player, &mut model, "esc esc o : x");
    player.go_on(&mut model, moment());
    watched(&mut player, &mut model, "esc .");
    watched(&mut player, &mut model, ",");
    player.seek(&mut model, 3_000_000_000, moment());
    assert_eq!(dark(&mut model, 120, 40).join("\n"), here.join("\n"));
    watched(&mut player, &mut model, "j $");
    assert_eq!(
        dark(&mut model, 120, 40).join("\n"),
        end.join("\n"),
        "the keys of the recording meet what they met then"
    );
}

#[test]
fn looking_around_pauses_and_what_concerns_the_screen_alone_does_not() {
    let (model, tape) = taped(session);
    let text = file(&model, tape, before(4_000_000));
    let mut player = Player::new(recording(&text), blank().setup, moment());
    let mut model = player.begin();
    let paused = |player: &Player| player.status().paused;
    watched(&mut player, &mut model, "space");
    assert!(!paused(&player));
    assert!(matches!(watched(&mut player, &mut model, "t t")[..], [Effect::NextTheme]));
    watched(&mut player, &mut model, "t p");
    assert!(model.showing.presenter && !paused(&player));
    watched(&mut player, &mut model, "P");
    assert!(model.setup.naming.privacy && !paused(&player));
    watched(&mut player, &mut model, "L");
    assert!(paused(&player), "the log is read in peace");
    watched(&mut player, &mut model, "esc space");
    assert!(!paused(&player), "and it goes on");
    commanded(&mut player, &mut model, "speed 4");
    assert_eq!(
        (paused(&player), player.status().speed),
        (false, 4.0),
        "it runs on after a command"
    );
    commanded(&mut player, &mut model, "seek 50%");
    assert_eq!((paused(&player), player.status().at.as_secs()), (false, 2000));
    assert!(model.setup.naming.privacy && model.showing.presenter, "what is hidden stays hidden");
    watched(&mut player, &mut model, "0 P");
    assert!(!model.setup.naming.privacy);
}

#[test]
fn a_replay_is_driven_by_commands_as_everything_else_is() {
    let (model, tape) = taped(session);
    let text = file(&model, tape, before(4_000_000));
    let mut setup = blank().setup;
    let own = "step = \"f5\"\n\"pause replay\" = \"x\"\n".to_owned();
    setup.keymap = keymap::read(&ConfigFile { path: "keymap.toml".into(), text: own });
    assert_eq!(setup.keymap.faults(), []);
    let mut player = Player::new(recording(&text), setup, moment());
    let mut model = player.begin();
    let lines = |player: &mut Player, model: &mut Model, keys: &str| {
        watched(player, model, keys);
        player.status().at
    };
    let first = lines(&mut player, &mut model, "f5 f5 f5");
    assert!(first > Duration::ZERO, "on a key of one's own");
    assert_eq!(lines(&mut player, &mut model, "f5 f5 , ,"), first);
    assert_eq!(lines(&mut player, &mut model, "."), first, "the usual one is free");
    watched(&mut player, &mut model, "x");
    assert!(!player.status().paused);
    watched(&mut player, &mut model, "x ] ] ]");
    assert_eq!(player.status().speed.to_string(), "8");
    watched(&mut player, &mut model, "\\");
    assert_eq!(player.status().speed.to_string(), "1");
    for (command, seconds) in
        [("seek 1:06:00", 3960), ("seek -1:00", 3900), ("seek end", 4000), ("seek 10:57:54Z", 2)]
    {
        commanded(&mut player, &mut model, command);
        assert_eq!(player.status().at.as_secs(), seconds, "{command}");
    }
    // the footer, the help and the list of commands have them; outside of a replay they say why not
    model.showing.replay = Some(player.status());
    let (left, _) = footer(&model);
    assert!(
        left.iter().any(|footing| (&*footing.key, &*footing.verb) == ("x", "pause")),
        "{left:?}"
    );
    let docs: Vec<&str> =
        help(&model).iter().flat_map(|section| section.lines.iter().map(|line| line.doc)).collect();
    assert!(
        docs.contains(&"next message, previous message") && docs.contains(&"original speed"),
        "{docs:?}"
    );
    for command in listed(&TABLE).filter(|command| command.contexts == [Context::Replay]) {
        assert_eq!(command.ready_reason(&model), None, "{}", command.name);
        assert!(command.ready_reason(&blank()).is_some(), "{}", command.name);
    }
    let names = |model: &Model| offered(model).map(|command| command.name).collect::<Vec<_>>();
    assert!(
        names(&model).contains(&"seek to the start")
            && !names(&blank()).contains(&"seek to the start")
    );
    for wrong in ["seek 1:75", "seek yesterday", "speed 0", "speed inf"] {
        commanded(&mut player, &mut model, wrong);
        let Mode::Palette(palette) = &model.mode else { panic!("{wrong}: closed") };
        assert!(palette.wrong.is_some(), "{wrong}");
        watched(&mut player, &mut model, "esc");
    }
}

/// A session with everything in it that keys could send, stop or keep.
fn busy() -> Model {
    let mut model = session();
    press(&mut model, &[Key::char('a')]);
    model
}

#[test]
fn no_command_of_a_replay_leaves_it() {
    let (model, tape) = taped(busy);
    let text = file(&model, tape, before(4_000_000));
    let (mut player, mut model) = played(&text);
    model.showing.cast.on = true;
    let untouched = dark(&mut model, 120, 40);
    // each command on each of its keys, in every place that a few keys lead to
    let places = [
        "",
        "tab",
        "tab tab",
        "tab tab tab",
        "i",
        "ctrl-s",
        "ctrl-s enter",
        "M",
        "r",
        "r tab",
        "r tab tab",
        "c",
        "N",
        "F",
        "C",
        "/",
        "L",
        "L /",
        "?",
        "? /",
        ":",
        "f",
        "W s",
        "=",
        "j j u",
    ];
    let mut effects = Vec::new();
    for place in places {
        for command in COMMANDS {
            if command.name == "interrupt" || command.contexts == [Context::Replay] {
                continue;
            }
            for keys in command.keys {
                let keys = format!("{place} {keys}");
                effects.extend(watched(&mut player, &mut model, keys.trim()));
                for _ in 0..3 {
                    effects.extend(watched(&mut player, &mut model, "enter"));
                }
                player.control(&mut model, Control::Seek(Moment::END), moment()); // what was looked at is as it was
            }
        }
    }
    for argument in [
        "connect 192.0.2.7:7760",
        "send natcheck",
        "send now natcheck",
        "filter x",
        "sort rtt",
        "theme dark",
    ] {
        let keys: Vec<String> = argument.chars().map(|c| Key::char(c).to_string()).collect();
        effects.extend(watched(&mut player, &mut model, &format!(": {} enter", keys.join(" "))));
        player.control(&mut model, Control::Seek(Moment::END), moment());
    }
    let mut kinds: Vec<&str> = effects.iter().map(kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(
        kinds,
        ["copy", "look", "mouse", "open", "quit", "redraw", "save", "suspend", "theme"],
        "nothing but what was asked for"
    );
    (model.showing.presenter, model.showing.cast.on, model.debug.shown) = (false, true, false);
    watched(&mut player, &mut model, "0 $");
    assert_eq!(dark(&mut model, 120, 40).join("\n"), untouched.join("\n"));
}

/// What an effect is, for somebody who wants nothing to leave: no arm for the rest, so that what is
/// new has to be thought of.
fn kind(effect: &Effect) -> &'static str {
    match effect {
        Effect::Copy(_) => "copy",
        Effect::Save { .. } => "save",
        Effect::Open { .. } | Effect::Edit(_) => "open",
        Effect::Mouse(_) => "mouse",
        Effect::FindSignals(_) => "look",
        Effect::NextTheme | Effect::Theme(_) => "theme",
        Effect::Suspend => "suspend",
        Effect::Redraw => "redraw",
        Effect::Quit { .. } => "quit",
        Effect::Request(_)
        | Effect::CheckedRequest(_)
        | Effect::Connect(_)
        | Effect::Question(_)
        | Effect::Examine(..)
        | Effect::Disconnect(_)
        | Effect::Forget(_)
        | Effect::Cancel(_)
        | Effect::Extend(..)
        | Effect::Tour(_) => "SENT",
        Effect::Keep(..) | Effect::Record | Effect::Case(_) => "WRITTEN",
        Effect::Decode { .. } | Effect::CheckPayload(..) | Effect::Freeze | Effect::Replay(_) => {
            "OF THE MODEL"
        }
    }
}

/// A request to many, with everything that may come of it, as a recording tells of it that began
/// when the marks were there.
fn campaign(private: bool) -> impl FnOnce() -> Model {
    move || {
        let mut model = crowd::swarm();
        crowd::some_left_out(&mut model);
        let (now, place) = (model.now, Place::of(&model));
        fold(&mut model, now, Msg::Place(Box::new(place)));
        model.setup.naming.privacy = private;
        crowd::asked(&mut model);
        press(&mut model, &["o".parse().expect("a key"), Key::char('j')]);
        model
    }
}

/// What the answers to many are, group by group, in the order in which they are listed.
fn groups(model: &Model) -> Vec<(usize, usize, u32)> {
    let groups = model.many.campaign.as_ref().expect("a campaign").by_content();
    (0..groups.len())
        .filter_map(|index| groups.get(index))
        .map(|it| (it.peers, it.bytes, it.parts))
        .collect()
}

#[test]
fn a_request_to_many_is_replayed_to_the_same_groups() {
    let (mut model, tape) = taped(campaign(false));
    let (_, mut again) = played(&file(&model, tape, before(4_000_000)));
    assert_eq!((groups(&again), groups(&again).len()), (groups(&model), 6));
    assert_eq!(dark(&mut again, 120, 40).join("\n"), dark(&mut model, 120, 40).join("\n"));
    // and into a group, down to one reply
    for model in [&mut model, &mut again] {
        press(model, &["enter".parse().expect("a key"), "enter".parse().expect("a key")]);
    }
    assert_eq!(dark(&mut again, 120, 40).join("\n"), dark(&mut model, 120, 40).join("\n"));
}

#[test]
fn a_private_recording_of_a_request_to_many_has_the_same_groups_and_nobody_in_them() {
    let (mut model, tape) = taped(campaign(true));
    let text = file(&model, tape, before(4_000_000));
    let (_, mut again) = played(&text);
    assert_eq!(groups(&again), groups(&model));
    let counts = |model: &Model| {
        let campaign = model.many.campaign.as_ref().expect("a campaign");
        Outcome::ALL.map(|outcome| campaign.counts().of(outcome))
    };
    assert_eq!(counts(&again), counts(&model));
    for n in 0..60 {
        let (permid, _) = crowd::peer(n);
        assert!(!text.contains(&permid.to_string()) && !text.contains(&permid.hex()), "{permid}");
    }
    // the left pane: what became of everybody
    let left = |rows: Vec<String>| -> Vec<String> {
        rows[1..38].iter().map(|row| row.split('│').next().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(
        left(dark(&mut again, 120, 40)).join("\n"),
        left(dark(&mut model, 120, 40)).join("\n")
    );
}

/// Whatever numbers a recording holds, it is refused with its line, or shown.
#[test]
fn wild_numbers_in_a_recording_are_refused_with_their_line_or_shown() {
    let (model, tape) = taped(campaign(false));
    let text = file(&model, tape, before(4_000_000));
    let header = text.lines().next().expect("a header");
    let some = some_of_each_kind(&text);
    for wild in [
        "0",
        "255",
        "65535",
        "4294967295",
        "9223372036854775807",
        "18446744073709551615",
        "-9223372036854775808",
        "1e400",
    ] {
        for place in 1..24 {
            let lines = some.iter().map(|line| with_number(line, place, wild));
            let taken =
                lines.filter(|line| match read(Cursor::new(format!("{header}\n{line}\n"))) {
                    Ok(_) => true,
                    Err(error) => {
                        assert!(error.to_string().starts_with("line 2: "), "{error}");
                        false
                    }
                });
            let taken: Vec<String> = taken.collect();
            if taken.is_empty() {
                continue;
            }
            let (mut player, mut model) = played(&format!("{header}\n{}\n", taken.join("\n")));
            dark(&mut model, 120, 40);
            for keys in ["i", "esc M", "0", "."] {
                watched(&mut player, &mut model, keys);
                dark(&mut model, 120, 40);
            }
        }
    }
    for place in 1..30 {
        let wild = with_number(header, place, "18446744073709551615");
        if let Ok(recording) = read(Cursor::new(format!("{wild}\n"))) {
            let mut player = Player::new(recording, blank().setup, moment());
            let mut model = player.begin();
            dark(&mut model, 120, 40);
        }
    }
}

/// A few lines of each kind, in their order.
fn some_of_each_kind(text: &str) -> Vec<&str> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut is_new = |line: &&str| {
        let kind: String =
            line.chars().filter(|c| c.is_alphabetic() || *c == '{').take(24).collect();
        let count = seen.entry(kind).or_default();
        *count += 1;
        *count <= 2
    };
    text.lines().skip(1).filter(|line| is_new(line)).collect()
}

/// A line with another number at one of the places where numbers stand, outside of texts.
fn with_number(line: &str, place: usize, number: &str) -> String {
    let (mut out, mut quoted, mut count, mut within) = (String::new(), false, 0, false);
    for c in line.chars() {
        quoted ^= c == '"';
        let digit = !quoted && (c.is_ascii_digit() || c == '-' || c == '.');
        if digit && !within {
            count += 1;
            if count == place {
                out.push_str(number);
            }
        }
        within = digit;
        if !(digit && count == place) {
            out.push(c);
        }
    }
    out
}

#[test]
fn who_was_forgotten_is_not_there_in_the_replay_either() {
    let forgetting = || {
        let mut model = crate::pictures::session();
        let gone = model.facts.peers().iter().find(|peer| peer.can_be_forgotten());
        let key = gone.expect("one is gone").key.clone();
        let now = model.now;
        fold(&mut model, now, Msg::Forgotten(key));
        model
    };
    let (model, tape) = taped(forgetting);
    let known = model.facts.peers().len();
    let (_, again) = played(&file(&model, tape, before(0)));
    assert_eq!(again.facts.peers().len(), known);
}
