//! `screenshots/*.svg` are drawn here from real model states. `UPDATE_SCREENSHOTS=1` writes them;
//! stale ones fail.

use std::path::PathBuf;
use std::{env, fs};

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use swarmscope::screen::{Key, Model, Msg};
use swarmscope::tui::Theme;
use swarmscope::tui::svg::picture;
use swarmscope::tui::theme::Depth;

use crate::composing::SEVEN;
use crate::fixture::{drawn, fold, press, type_text};
use crate::pictures::session;

/// A picture: its name, its size, its theme, and what is done in the session before.
struct Shot {
    name: &'static str,
    size: (u16, u16),
    theme: &'static str,
    keys: fn(&mut Model),
}

const SHOTS: [Shot; 28] = [
    Shot { name: "main-dark", size: (120, 40), theme: "dark", keys: |_| {} },
    Shot { name: "main-light", size: (120, 40), theme: "light", keys: |_| {} },
    Shot { name: "main-high-contrast", size: (120, 40), theme: "high-contrast", keys: |_| {} },
    Shot { name: "main-mono", size: (120, 40), theme: "mono", keys: |_| {} },
    Shot { name: "main-80x24", size: (80, 24), theme: "dark", keys: |_| {} },
    Shot { name: "main-200x60", size: (200, 60), theme: "dark", keys: |_| {} },
    Shot { name: "main-60x20", size: (60, 20), theme: "dark", keys: |_| {} },
    Shot { name: "request-80x24", size: (80, 24), theme: "dark", keys: choosing },
    Shot { name: "request-120x40", size: (120, 40), theme: "dark", keys: choosing },
    Shot { name: "request-long-80x24", size: (80, 24), theme: "dark", keys: long_request },
    Shot { name: "parts", size: (120, 40), theme: "dark", keys: parts },
    Shot {
        name: "log",
        size: (120, 40),
        theme: "dark",
        keys: |model| drop(press(model, &[Key::char('L')])),
    },
    Shot {
        name: "help",
        size: (100, 30),
        theme: "dark",
        keys: |model| drop(press(model, &[Key::char('?')])),
    },
    Shot { name: "commands", size: (100, 30), theme: "dark", keys: commands },
    Shot { name: "overview", size: (120, 40), theme: "dark", keys: overview },
    Shot { name: "overview-80x24", size: (80, 24), theme: "dark", keys: overview },
    Shot { name: "map", size: (120, 40), theme: "dark", keys: map },
    Shot { name: "peer", size: (120, 40), theme: "dark", keys: peer },
    Shot { name: "peer-80x24", size: (80, 24), theme: "dark", keys: peer },
    Shot {
        name: "many-preview",
        size: (120, 40),
        theme: "dark",
        keys: |model| *model = crate::crowd::previewed(),
    },
    Shot {
        name: "many",
        size: (120, 40),
        theme: "dark",
        keys: |model| *model = crate::crowd::odd_one_out(),
    },
    Shot {
        name: "networks",
        size: (120, 40),
        theme: "dark",
        keys: |model| *model = crate::networks::pictured_list(),
    },
    Shot {
        name: "networks-light",
        size: (120, 40),
        theme: "light",
        keys: |model| *model = crate::networks::pictured_list(),
    },
    Shot {
        name: "networks-peer",
        size: (120, 40),
        theme: "dark",
        keys: |model| *model = crate::networks::pictured_ladder(),
    },
    Shot {
        name: "networks-lookup",
        size: (120, 40),
        theme: "dark",
        keys: |model| *model = crate::networks::pictured_lookup(),
    },
    Shot {
        name: "signals",
        size: (144, 46),
        theme: "dark",
        keys: |model| *model = crate::signals::reviewed(),
    },
    Shot {
        name: "case",
        size: (144, 46),
        theme: "dark",
        keys: |model| *model = crate::case::worked_on(),
    },
    Shot {
        name: "case-broken",
        size: (120, 40),
        theme: "dark",
        keys: |model| *model = crate::case::broken(),
    },
];

/// A payload that needs the whole screen beside its command.
fn long_request(model: &mut Model) {
    press(model, &[Key::char('p'), Key::ctrl('k')]);
    let now = model.now;
    fold(model, now, Msg::Resize(80, 24));
    fold(model, now, Msg::Paste(SEVEN.to_owned()));
}

/// The channel whose parts are coming.
fn parts(model: &mut Model) {
    let (tab, up) = (Key::named(KeyCode::Tab), Key::named(KeyCode::Up));
    press(model, &[tab, up, up, up]);
}

/// One peer: the third part of a reply that never became whole, and what it says of those to come.
fn peer(model: &mut Model) {
    *model = crate::talk::story().0;
    let (up, down, tab) =
        (Key::named(KeyCode::Up), Key::named(KeyCode::Down), Key::named(KeyCode::Tab));
    press(model, &[up, up, tab, down, down, down, down, Key::named(KeyCode::BackTab)]);
}

fn overview(model: &mut Model) {
    press(model, &[Key::char('1')]);
}

fn map(model: &mut Model) {
    press(model, &[Key::char('5')]);
}

fn choosing(model: &mut Model) {
    press(model, &[Key::char('r')]);
    type_text(model, "na");
}

fn commands(model: &mut Model) {
    press(model, &[Key::char(':')]);
    type_text(model, "re");
}

/// The characters of a frame, as snapshots have them.
fn text(cells: &Buffer) -> String {
    let row = |y| (0..cells.area.width).map(|x| cells[(x, y)].symbol()).collect::<String>();
    (0..cells.area.height).map(|y| format!("\"{}\"", row(y))).collect::<Vec<_>>().join("\n")
}

/// A screen is kept once: as a picture, where there is one, for that shows its colours too.
#[test]
fn no_picture_is_kept_as_a_snapshot_too() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/screen/snapshots");
    let kept: Vec<(String, String)> = fs::read_dir(folder)
        .expect("snapshots")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| (path.display().to_string(), fs::read_to_string(path).expect("a snapshot")))
        .collect();
    assert!(kept.len() > 100, "snapshots are read");
    let mut twice = Vec::new();
    for shot in SHOTS {
        let mut model = session();
        (shot.keys)(&mut model);
        let theme = Theme::built_in(shot.theme, Depth::True).expect("built in");
        let shown = text(&drawn(&mut model, shot.size.0, shot.size.1, &theme).0);
        let plain = shown.replace('"', "");
        let same = kept.iter().filter(|(_, snapshot)| {
            snapshot.contains(&shown)
                || snapshot
                    .split("---\n")
                    .nth(2)
                    .is_some_and(|body| body.replace('"', "").trim_end() == plain.trim_end())
        });
        twice.extend(same.map(|(path, _)| (shot.name, path.clone())));
    }
    assert!(twice.is_empty(), "{twice:#?}");
}

#[test]
fn the_pictures_are_what_the_screen_shows() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("screenshots");
    let update = env::var_os("UPDATE_SCREENSHOTS").is_some();
    let mut stale = Vec::new();
    for shot in SHOTS {
        let mut model = session();
        (shot.keys)(&mut model);
        let theme = Theme::built_in(shot.theme, Depth::True).expect("built in");
        let (cells, cursor) = drawn(&mut model, shot.size.0, shot.size.1, &theme);
        let title = format!("swarmscope {}, {}×{}", shot.name, shot.size.0, shot.size.1);
        let svg = picture(&cells, &theme, cursor, &title);
        let path = folder.join(format!("{}.svg", shot.name));
        if update {
            fs::write(&path, svg).expect("screenshots/ can be written");
        } else if fs::read_to_string(&path).ok().as_ref() != Some(&svg) {
            stale.push(shot.name);
        }
    }
    assert!(
        stale.is_empty(),
        "the screen has changed: {stale:?} in screenshots/ are stale. Look at them, then write them with UPDATE_SCREENSHOTS=1"
    );
}
