use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use ratatui::style::Color;

use super::*;
use crate::tui::terminal::Environment;

const ALL: [&str; 5] = ["dark", "light", "high-contrast", "sixteen", "mono"];

fn look(name: Option<&str>, directory: Option<&Path>) -> Result<Look, ThemeError> {
    let environment = Environment { colorterm: Some("truecolor".into()), ..Environment::default() };
    Look::new(name, directory, &environment)
}

fn theme(name: &str, directory: &Path) -> Theme {
    look(Some(name), Some(directory)).unwrap().theme().clone()
}

/// Writes a theme that is newer than all before it, whatever the file system's clock says.
fn write(directory: &Path, name: &str, text: &str, age: u64) {
    let path = directory.join(format!("{name}.toml"));
    fs::write(&path, text).unwrap();
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(age);
    fs::File::options().append(true).open(path).unwrap().set_modified(time).unwrap();
}

#[test]
fn the_built_in_themes_read_at_every_depth() {
    assert_eq!(names(None), ALL);
    for name in ALL {
        for depth in [Depth::True, Depth::Sixteen, Depth::None] {
            assert!(Theme::built_in(name, depth).is_some(), "{name}");
        }
    }
    assert_eq!(
        look(None, None).ok().map(|look| look.theme().clone()),
        Theme::built_in("dark", Depth::True)
    );
}

#[test]
fn every_built_in_theme_says_what_every_token_is() {
    for name in ["dark", "light", "high-contrast"] {
        let theme = Theme::built_in(name, Depth::True).unwrap();
        let inks = [
            theme.muted,
            theme.faint,
            theme.rule,
            theme.accent,
            theme.caution,
            theme.fail,
            theme.base,
            theme.pill,
        ];
        assert!(inks.iter().all(|style| style.fg.is_some()), "{name}");
        assert!(
            [theme.base, theme.panel, theme.sel, theme.pill].iter().all(|style| style.bg.is_some()),
            "{name}"
        );
    }
}

#[test]
fn a_theme_of_16_colours_has_no_others_on_any_terminal() {
    assert_eq!(Theme::built_in("sixteen", Depth::True), Theme::built_in("sixteen", Depth::Sixteen));
    let theme = Theme::built_in("sixteen", Depth::True).unwrap();
    for style in [theme.base, theme.muted, theme.accent, theme.pill, theme.caution, theme.fail] {
        assert!(
            !matches!(style.fg, Some(Color::Rgb(..))) && !matches!(style.bg, Some(Color::Rgb(..)))
        );
    }
    assert_eq!(
        Theme::built_in("sixteen", Depth::None),
        Theme::built_in("mono", Depth::True),
        "NO_COLOR wins"
    );
}

#[test]
fn a_theme_of_ones_own_goes_before_the_built_in_one_and_starts_from_it() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "light", "ascii = true\n[tokens]\nbg = { rgb = \"#ffffff\" }", 1);
    let (own, light) =
        (theme("light", folder.path()), Theme::built_in("light", Depth::True).unwrap());
    assert_eq!(own.base.bg, Some(Color::Rgb(255, 255, 255)));
    assert!(own.ascii);
    assert_eq!(own.fail, light.fail);
}

#[test]
fn a_theme_says_only_what_is_different_from_the_one_it_inherits() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "mine", "[tokens]\nfail = { rgb = \"#ff0000\" }", 1);
    write(
        folder.path(),
        "child",
        "inherits = \"mine\"\n[tokens]\naccent = { rgb = \"#00ff00\" }",
        1,
    );
    let (child, dark) =
        (theme("child", folder.path()), Theme::built_in("dark", Depth::True).unwrap());
    assert_eq!(child.accent.fg, Some(Color::Rgb(0, 255, 0)));
    assert_eq!(child.fail.fg, Some(Color::Rgb(255, 0, 0)));
    assert_eq!(child.muted, dark.muted);
    assert_eq!(names(Some(folder.path()))[5..], ["child", "mine"]);
}

#[test]
fn what_is_wrong_with_a_theme_is_told_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text, line, word) in [
        ("colour", "\n\n[tokens]\nfail = { rgb = \"red\" }", 4, "is not a colour like"),
        ("ansi", "[tokens]\nwait = { ansi = \"16\" }", 2, "neither 0 to 15"),
        ("token", "[tokens]\n\nwarning = { ansi = \"1\" }", 3, "unknown variant `warning`"),
        ("key", "colors = \"16\"", 1, "unknown field `colors`"),
        ("colours", "\ncolours = \"17\"", 2, "unknown variant `17`"),
        ("toml", "ascii = true\n[", 2, ""),
        ("orphan", "# mine\ninherits = \"nobody\"", 2, "no theme \"nobody\""),
        ("itself", "\n\n\ninherits = \"itself\"", 4, "inherits from itself"),
        ("path", "inherits = \"../dark\"", 1, "no theme \"../dark\""),
    ] {
        write(folder.path(), name, text, 1);
        let error = look(Some(name), Some(folder.path())).unwrap_err().to_string();
        assert!(
            error.contains(&format!("{name}.toml, line {line}: ")) && error.contains(word),
            "{error}"
        );
    }
    for name in ["nothing", "../dark", ""] {
        let error = look(Some(name), Some(folder.path())).unwrap_err().to_string();
        assert!(error.contains("there are dark, light, high-contrast, sixteen, mono"), "{error}");
    }
    write(folder.path(), "large", &"# \n".repeat(50_000), 1);
    assert!(
        look(Some("large"), Some(folder.path()))
            .unwrap_err()
            .to_string()
            .contains("too large for a theme")
    );
}

#[test]
fn a_colour_alone_will_do_and_what_is_wrong_is_said_in_words_of_a_theme() {
    let read = |text: &str| file::File::read(text);
    let file = read("[tokens]\naccent = \"#b00060\"\n").expect("reads");
    assert_eq!(file.rgb(file::Token::Accent), Some(Color::Rgb(0xb0, 0, 0x60)));
    for (text, line, words) in [
        ("[tokens]\naccent = \"#b0006\"\n", 2, "is not a colour like #11151b"),
        ("[tokens]\naccent = 7\n", 2, "expected \"#11151b\", or { rgb"),
        ("\naccent = \"#b00060\"\n", 2, "`accent` is a token: put it below a line [tokens]"),
        ("[tokens]\n\naccent = { rbg = \"#b00060\" }\n", 3, "unknown field `rbg`"),
    ] {
        let flaw = read(text).expect_err(text);
        assert!(flaw.line == Some(line) && flaw.what.contains(words), "{text}: {flaw:?}");
    }
}

#[test]
fn a_file_that_changes_changes_the_theme_and_a_broken_one_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let red = "inherits = \"light\"\n[tokens]\nfail = { rgb = \"#ff0000\" }";
    write(folder.path(), "mine", red, 1);
    let mut look = look(Some("mine"), Some(folder.path())).unwrap();
    assert_eq!(look.refresh(), Ok(false), "nothing has happened");
    write(folder.path(), "mine", &red.replace("#ff0000", "#0000ff"), 2);
    assert_eq!(look.refresh(), Ok(true));
    assert_eq!(look.theme().fail.fg, Some(Color::Rgb(0, 0, 255)));

    write(folder.path(), "mine", "inherits = \"light\"\n[tokens]\nfail = 3", 3);
    let error = look.refresh().unwrap_err().to_string();
    assert!(error.contains("mine.toml, line 3: "), "{error}");
    assert_eq!(look.theme().fail.fg, Some(Color::Rgb(0, 0, 255)), "the last good one stays");
    assert_eq!(look.refresh(), Ok(false), "it is said once");
    write(folder.path(), "mine", red, 4);
    assert_eq!(look.refresh(), Ok(true));

    // what it inherits from is looked at, too, even where there was no such file
    write(folder.path(), "light", "[tokens]\nmuted = { rgb = \"#123456\" }", 1);
    assert_eq!(look.refresh(), Ok(true));
    assert_eq!(look.theme().muted.fg, Some(Color::Rgb(0x12, 0x34, 0x56)));
}

#[test]
fn the_next_theme_comes_round_and_passes_over_what_is_broken() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "broken", "[", 1);
    write(folder.path(), "mine", "", 1);
    let mut look = look(None, Some(folder.path())).unwrap();
    let mut seen = Vec::new();
    for _ in 0..6 {
        let next = look.turn();
        assert_eq!(next.is_err(), look.name() == "mine", "{next:?}");
        seen.push(look.name().to_owned());
    }
    assert_eq!(seen, ["light", "high-contrast", "sixteen", "mono", "mine", "dark"]);
}

#[test]
fn without_colour_only_emphasis_is_left() {
    let mono = Theme::built_in("mono", Depth::None).unwrap();
    for style in [
        mono.base,
        mono.panel,
        mono.sel,
        mono.muted,
        mono.accent,
        mono.pill,
        mono.caution,
        mono.fail,
    ] {
        assert_eq!((style.fg, style.bg), (None, None));
    }
    assert!(mono.pill.add_modifier.contains(Modifier::REVERSED), "reverse is 254's alone");
}
