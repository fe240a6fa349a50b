use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory as _};

use super::apply::{Lines, is_switch, read, with_defaults};
use super::*;
use crate::cli::{Cli, without_variables};

const PERMID: &str = "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=";

fn file(text: &str) -> ConfigFile {
    ConfigFile { path: "/etc/swarmscope/config.toml".into(), text: text.into() }
}

fn lines(text: &str) -> Lines {
    read(&Cli::command(), &file(text)).unwrap_or_else(|faults| panic!("{text}: {faults:?}"))
}

fn faults(text: &str) -> Vec<String> {
    read(&Cli::command(), &file(text)).unwrap_err().iter().map(ToString::to_string).collect()
}

/// What a command line comes to with this file; the sub-command's part of it.
fn parsed(text: &str, args: &str) -> ArgMatches {
    let command = without_variables(with_defaults(Cli::command(), &lines(text)));
    let mut matches = command
        .try_get_matches_from(args.split(' '))
        .unwrap_or_else(|error| panic!("{args}: {error}"));
    while let Some((_, below)) = matches.remove_subcommand() {
        matches = below;
    }
    matches
}

fn raw(matches: &ArgMatches, id: &str) -> Vec<String> {
    matches
        .get_raw(id)
        .into_iter()
        .flatten()
        .map(|value| value.to_string_lossy().into_owned())
        .collect()
}

/// Something that an option takes, by what its value is called.
fn sample(option: &Arg) -> &'static str {
    let kind =
        option.get_value_names().and_then(|names| names.first()).map_or("", |name| name.as_str());
    match kind {
        _ if is_switch(option) => "true",
        "N" => "9",
        "S" => "7",
        "MIB" => "4",
        "RANGE" => "198.18.0.0/15",
        "FILE" | "FILE.sqlite" | "FILE.html" | "PATH" | "COPY" => "/tmp/x",
        "MESSAGE" => "natcheck",
        "STORE" => "sqlite:/tmp/x",
        "TEXT" => "words",
        "FORMAT" => "csv",
        "HEX" => "3b19",
        "NAME" => "light",
        "TARGET" | "ADDR:PORT" | "HOST:PORT" => "127.0.0.1:7760",
        "B64" => PERMID,
        other => panic!("--{}: give {other} a sample here", option.get_long().unwrap_or_default()),
    }
}

/// Every option of a command and of those below it, with the words that call the command.
fn options(command: &Command, called: &str) -> Vec<(String, Arg)> {
    let own = command
        .get_arguments()
        .filter(|option| option.get_long().is_some_and(|long| long != "help"));
    let mut all: Vec<_> = own.map(|option| (called.to_owned(), option.clone())).collect();
    for command in command.get_subcommands().filter(|command| !command.is_hide_set()) {
        all.extend(options(command, format!("{called} {}", command.get_name()).trim_start()));
    }
    all
}

/// What else a command needs to be called with, besides this option.
fn needed(command: &str, option: &str) -> &'static str {
    match command {
        "request" => " 127.0.0.1:1 natcheck",
        "peer" => " --listen 127.0.0.1:0",
        "stun" => " --listen 127.0.0.1:0 --alternate 127.0.0.2:0",
        "case redact" => " a.case --out 127.0.0.1:0 --field 127.0.0.1:0 --why 127.0.0.1:0",
        "recording export" => " a.recording --out 127.0.0.1:0",
        "case export" => " a.case --out 127.0.0.1:0 --format csv",
        "crawl" => " --probe natcheck",
        "store diff" => " a.sqlite 1 2",
        "store export" => " a.sqlite --format csv --out /tmp/x",
        "store report" => " a.sqlite --out /tmp/x",
        "store prune" if option == "keep-days" => " a.sqlite --max-bytes 8", // one of the two
        "store prune" => " a.sqlite --keep-days 8",
        _ if command.starts_with("store ") => " a.sqlite",
        "signals" => " a.case",
        "audit" => " a.audit",
        _ if command.starts_with("case ") => " a.case",
        _ => "",
    }
}

#[test]
fn every_option_has_a_line_at_the_top_and_in_its_section() {
    let all = Cli::command()
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
        .flat_map(|command| options(command, command.get_name()))
        .collect::<Vec<_>>();
    assert!(all.len() > 30, "{}", all.len());
    for (called, option) in all {
        let (long, sample) = (option.get_long().unwrap(), sample(&option));
        let value = if is_switch(&option) { sample.to_owned() } else { format!("{sample:?}") };
        for text in [
            format!("{long} = {value}\n"),
            format!("[{}]\n{long} = {value}\n", called.replace(' ', ".")),
        ] {
            let given = ["127.0.0.1:0", "127.0.0.2:0", "csv", "natcheck", "/tmp/x", "9"]
                .map(|value| format!(" --{long} {value}"));
            let arguments = given
                .iter()
                .fold(needed(&called, long).to_owned(), |left, option| left.replace(option, ""));
            let matches = parsed(&text, &format!("swarmscope {called}{arguments}"));
            assert_eq!(raw(&matches, option.get_id().as_str()), [sample], "{called}: {text}");
            assert_eq!(
                matches.value_source(option.get_id().as_str()),
                Some(ValueSource::DefaultValue)
            );
        }
    }
}

#[test]
fn the_command_line_goes_first_then_the_section_then_the_top() {
    let text = "theme = \"light\"\nframe-rate-of-nothing = 1\n";
    assert_eq!(faults(text).len(), 1);
    let text = "theme = \"light\"\nconnect = [\"a:1\", \"b:2\"]\n[demo]\ntheme = \"mono\"\n";
    assert_eq!(raw(&parsed(text, "swarmscope tui"), "theme"), ["light"]);
    assert_eq!(raw(&parsed(text, "swarmscope"), "theme"), ["light"], "without a sub-command, too");
    assert_eq!(raw(&parsed(text, "swarmscope demo"), "theme"), ["mono"]);
    assert_eq!(raw(&parsed(text, "swarmscope demo --theme dark"), "theme"), ["dark"]);
    assert_eq!(raw(&parsed(text, "swarmscope"), "connect"), ["a:1", "b:2"]);
    assert_eq!(raw(&parsed(text, "swarmscope --connect c:3"), "connect"), ["c:3"]);
}

#[test]
fn limits_have_a_section_of_their_own() {
    let read = lines("[limits]\nsetups = 9\nmemory = 0x10000000\njson = true\n");
    assert_eq!(read.len(), 1, "only json is an option: {read:?}");
    let mut limits = Limits::default();
    let hexadecimal = file("memory = 0x10000000");
    let (table, _) = hexadecimal.table();
    apply::number(Limit::Memory, table["memory"].get_ref(), &mut limits).unwrap();
    assert_eq!(limits.memory, 256 << 20);
    let usual = Limits { known: 1 << 18, dials: 300, ..Limits::default() };
    let set = limits_of(&file("[limits]\nknown = 1000\n"), &usual).unwrap();
    assert_eq!(
        (set.known, set.dials),
        (1000, 300),
        "what is written holds, and nothing else moves"
    );
    let found = faults("[limits]\nsetups = 0\nmemory = \"1 GiB\"\nsetup = 9\n[peer]\nsetups = 9\n");
    for (line, what) in [
        (2, "setups: 0 is out of range; use 1 to 1048576"),
        (3, "memory: use a whole number"),
        (4, "unknown option \"setup\": did you mean setups?"),
        (6, "unknown option \"setups\": "),
    ] {
        let start = format!("/etc/swarmscope/config.toml:{line}: {what}");
        assert!(found.iter().any(|fault| fault.starts_with(&start)), "{start}\n{found:#?}");
    }
    let printed = print::default_file(&Cli::command());
    let all =
        Limit::ALL.map(|limit| format!("\n#{} = {}\n", limit.key(), limit.of(&Limits::default())));
    assert!(all.iter().all(|line| printed.contains(line)), "{printed}");
}

#[test]
fn files_are_those_beside_the_configuration() {
    let of = |path: &str| {
        raw(&parsed(&format!("identity = {path:?}"), "swarmscope"), "identity").remove(0)
    };
    assert_eq!(of("key.pem"), "/etc/swarmscope/key.pem");
    assert_eq!(of("/key.pem"), "/key.pem");
    // without a home it is left as it is, which says more than a path that nobody wrote
    assert_eq!(of("~/key.pem").contains('~'), std::env::home_dir().is_none());
}

#[test]
fn everything_that_is_wrong_is_told_with_its_line() {
    let text = "lsiten = 1\nprivacy = \"yes\"\n\n[request]\ntimeout = 0\nframe = 2\n[reqest]\n[tui]\ntheme = [\"a\"]\n\
                overlay-version = 19\nconnect = [1979-05-27]\n";
    let mut found = faults(text);
    found.sort();
    let expected = [
        (1, "unknown option \"lsiten\": did you mean listen?"),
        (2, "privacy: use true or false"),
        (5, "timeout: not a valid time"),
        (6, "unknown option \"frame\": `swarmscope config` lists the options"),
        (
            7,
            "[reqest] is not a section; sections: tui, demo, peer, request, case, check, signals, recording, key",
        ),
        (9, "theme: takes one value, not a list"),
        (10, "overlay-version: not an overlay version"),
        (11, "connect: use a quoted string or a number"),
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (line, what) in expected {
        let start = format!("/etc/swarmscope/config.toml:{line}: {what}");
        assert!(found.iter().any(|fault| fault.starts_with(&start)), "{start}\n{found:#?}");
    }
}

#[test]
fn the_printed_file_has_every_option_and_changes_nothing() {
    let printed = print::default_file(&Cli::command());
    for (called, option) in Cli::command()
        .get_subcommands()
        .filter(|c| !c.is_hide_set())
        .flat_map(|c| options(c, c.get_name()))
    {
        let line = format!("\n#{} = ", option.get_long().unwrap());
        assert!(option.is_hide_set() || printed.contains(&line), "{called}{line}");
    }
    assert_eq!(lines(&printed), Lines::new(), "as it is, it says nothing");
    assert!(printed.lines().all(|line| line.chars().count() <= 104), "{printed}");
}

#[test]
fn the_printed_defaults_are_lines_that_read() {
    let printed = print::default_file(&Cli::command());
    let set: String = printed
        .lines()
        .map(|line| {
            match line
                .strip_prefix('#')
                .filter(|rest| rest.contains(" = ") && !rest.starts_with(' '))
            {
                Some(setting) if !setting.contains(|c: char| c.is_ascii_uppercase()) => {
                    format!("{setting}\n")
                }
                _ => format!("{line}\n"),
            }
        })
        .collect();
    let lines = lines(&set);
    assert_eq!(lines.get("overlay-version"), Some(&vec!["18".to_owned()]));
    assert_eq!(lines.get("demo.peers"), Some(&vec!["24".to_owned()]));
}
