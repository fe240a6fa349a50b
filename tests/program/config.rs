//! The configuration file and the environment, as processes see them.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::process::Home;

fn configured(text: &str) -> Home {
    let home = Home::new();
    let directory = home.path().join(".config/swarmscope");
    fs::create_dir_all(&directory).expect("a directory");
    fs::write(directory.join("config.toml"), text).expect("a file");
    home
}

#[test]
fn the_command_line_goes_before_the_environment_and_that_before_the_file() {
    let home = configured("identity = \"of-the-file.pem\"\n");
    let asked = |environment: Option<&str>, more: &[&str]| {
        let mut command =
            home.swarmscope(&[&["request", "127.0.0.1:1", "natcheck"], more].concat());
        command
            .envs(environment.map(|value| ("SWARMSCOPE_IDENTITY", value)))
            .stderr(std::process::Stdio::piped());
        let output = command.output().expect("the program runs");
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).expect("UTF-8")
    };
    let beside = home.path().join(".config/swarmscope/of-the-file.pem");
    assert!(asked(None, &[]).contains(&beside.display().to_string()), "{}", asked(None, &[]));
    assert!(asked(Some("of-the-environment.pem"), &[]).contains("of-the-environment.pem"));
    assert!(
        asked(Some("of-the-environment.pem"), &["--identity", "of-the-line.pem"])
            .contains("of-the-line.pem")
    );
}

#[test]
fn an_option_that_is_needed_may_stand_in_the_file() {
    let home = configured("[stun]\nlisten = \"127.0.0.1:3478\"\nalternate = \"127.0.0.1:3478\"\n");
    let outcome = home.run(&["stun"]);
    assert_eq!(outcome.code, 2, "{outcome:?}");
    assert!(
        outcome.stderr.contains("the same address"),
        "it got as far as the addresses: {outcome:?}"
    );
}

#[test]
fn what_tells_of_the_program_needs_no_configuration() {
    let home = configured("nonsense = 1\n");
    for args in [
        &["config"][..],
        &["man"],
        &["completions", "bash"],
        &["keymap"],
        &["--help"],
        &["--version"],
    ] {
        let outcome = home.run(args);
        assert_eq!(outcome.code, 0, "{args:?}: {outcome:?}");
        assert!(!outcome.stdout.is_empty());
    }
    assert_eq!(home.run(&["key", "show"]).code, 2);
}

#[test]
fn the_printed_configuration_can_be_put_in_its_place() {
    let home = Home::new();
    let printed = home.run(&["config"]).stdout;
    let home = configured(&printed);
    assert_eq!(home.run(&["key", "show"]).code, 0);
}

#[test]
fn every_shell_has_completions_and_the_page_has_the_keys() {
    let home = Home::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = home.run(&["completions", shell]).stdout;
        assert!(script.contains("SWARMSCOPE_COMPLETE"), "{shell}: {script}");
    }
    let page = home.run(&["man"]).stdout;
    assert!(
        page.contains("SWARMSCOPE REQUEST")
            && page.contains("\n.SH KEYS")
            && page.contains("EXIT STATUS")
    );
}

/// Nobody writes to it, so that reading it would take for ever.
fn pipe(path: &Path) {
    fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
    assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo runs").success());
}

#[test]
fn nobody_waits_for_a_pipe_in_the_configuration_directory() {
    for (file, args, code) in [
        ("config.toml", &["request", "127.0.0.1:1", "3"][..], 2),
        ("config.toml", &["config"], 0),
        ("keymap.toml", &["keymap"], 2),
        ("crawlers.txt", &["peer", "--listen", "127.0.0.1:0"], 1),
        ("probes/own.toml", &["request", "127.0.0.1:1", "3"], 1),
    ] {
        let home = Home::new();
        pipe(&home.path().join(".config/swarmscope").join(file));
        let outcome = home.run(args);
        assert_eq!(outcome.code, code, "{file}: {outcome:?}");
        let told =
            outcome.stderr.contains(file) && outcome.stderr.contains("it is a pipe, not a file");
        assert!(code == 0 || told && outcome.stderr.contains("hint: "), "{file}: {outcome:?}");
    }
}

#[test]
fn a_probe_that_is_a_device_is_not_read() {
    let home = Home::new();
    let probes = home.path().join(".config/swarmscope/probes");
    fs::create_dir_all(&probes).expect("a directory");
    std::os::unix::fs::symlink("/dev/zero", probes.join("own.toml")).expect("a link");
    let outcome = home.run(&["request", "127.0.0.1:1", "3"]);
    assert_eq!(outcome.code, 1, "{outcome:?}");
    assert!(outcome.stderr.contains("own.toml: it is a device, not a file"), "{outcome:?}");
}
