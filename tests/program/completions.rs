//! The completions in the shells themselves: what each of them offers for the same line is the
//! same.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::process::{Home, Outcome};

/// A line up to the cursor, and candidates that must be offered for it.
const LINES: [(&str, &[&str]); 8] = [
    ("swarmscope req", &["request"]),
    ("swarmscope request 127.0.0.1:1 nat", &["natcheck", "nattraversal"]),
    ("swarmscope completions ", &["bash", "zsh", "fish"]),
    ("swarmscope tui --theme ", &["dark", "high-contrast", "mine"]),
    ("swarmscope demo --scenario w", &["worm"]),
    ("swarmscope request 127.0.0.1:1 natcheck --fre", &["--frequency"]),
    ("swarmscope tui --replay some/de", &["some/deep/"]),
    ("swarmscope tui --replay some/deep/fi", &["some/deep/file"]),
];

fn home() -> Home {
    let home = Home::new();
    std::fs::create_dir_all(home.path().join("some/deep")).expect("a directory");
    std::fs::write(home.path().join("some/deep/file"), "").expect("a file");
    std::fs::create_dir_all(home.path().join(".config/swarmscope/themes")).expect("a directory");
    std::fs::write(
        home.path().join(".config/swarmscope/themes/mine.toml"),
        "inherits = \"dark\"\n",
    )
    .expect("a theme");
    home
}

/// Runs a script in a shell that finds the program; nothing where the shell is not installed.
fn shell(home: &Home, shell: &str, script: &str) -> Option<Outcome> {
    let installed =
        ["/usr/bin", "/bin"].iter().any(|folder| Path::new(folder).join(shell).exists());
    if !installed {
        assert!(std::env::var_os("CI").is_none(), "CI needs {shell}");
        eprintln!("SKIPPED: {shell} is not installed");
        return None;
    }
    let program = PathBuf::from(env!("CARGO_BIN_EXE_swarmscope"));
    let mut command = home.program(Path::new(shell), &["-c", script]);
    command.env("PATH", format!("{}:/usr/bin:/bin", program.parent().expect("a folder").display()));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    Some(Outcome::of_its_end(command.spawn().expect("the shell runs")))
}

/// Each line is completed by `script`, in which @LINE, @WORDS and @COUNT stand for it.
fn offers_the_same(name: &str, script: &str) {
    let home = home();
    for (line, wanted) in LINES {
        let words: Vec<String> = line.split(' ').map(|word| format!("'{word}'")).collect();
        let script = script.replace("@LINE", line).replace("@COUNT", &words.len().to_string());
        let Some(outcome) = shell(&home, name, &script.replace("@WORDS", &words.join(" "))) else {
            return;
        };
        // fish and zsh put what a candidate means behind it
        let value = |line: &str| line.split([':', '\t']).next().unwrap_or_default().to_owned();
        let offered: Vec<String> = outcome.stdout.lines().map(value).collect();
        for candidate in wanted {
            let found =
                offered.iter().any(|it| it == candidate || *it == candidate.trim_end_matches('/'));
            assert!(found, "{name}, {line:?}: {candidate} is not in {outcome:?}");
        }
    }
}

#[test]
fn bash_offers_names_and_paths() {
    let script = "source <(swarmscope completions bash); COMP_WORDS=(@WORDS); COMP_CWORD=$((@COUNT - 1)); COMP_TYPE=9
        _clap_complete_swarmscope swarmscope \"${COMP_WORDS[COMP_CWORD]}\" ''; printf '%s\\n' \"${COMPREPLY[@]}\"";
    offers_the_same("bash", script);
}

#[test]
fn fish_offers_names_and_paths() {
    offers_the_same("fish", "swarmscope completions fish | source; complete --do-complete '@LINE'");
}

/// Without a terminal there is no completion system: the two commands that the script takes from it
/// are stood in for.
#[test]
fn zsh_offers_names_and_paths() {
    let script = "compdef() { }; _describe() { print -rl -- ${(P)3}; }
        source <(swarmscope completions zsh); words=(@WORDS); CURRENT=@COUNT; _clap_dynamic_completer_swarmscope";
    offers_the_same("zsh", script);
}

#[test]
fn a_directory_is_completed_without_ending_the_word() {
    let home = home();
    let script = "source <(swarmscope completions bash); compopt() { echo compopt $@; }; COMP_TYPE=9
        COMP_WORDS=(swarmscope tui --replay some/de); COMP_CWORD=3; _clap_complete_swarmscope swarmscope some/de ''";
    let Some(outcome) = shell(&home, "bash", script) else { return };
    assert!(outcome.stdout.ends_with("compopt -o nospace\n"), "{outcome:?}");
}
