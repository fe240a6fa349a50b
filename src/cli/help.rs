//! Examples, exit codes and the environment in `--help`.

use clap::Command;

const PROGRAM: &str = "\
Start with:
  swarmscope demo                               a swarm on this machine, with a guided tour
  swarmscope request HOST:PORT natcheck         ask one peer
  swarmscope --connect HOST:PORT                the screen; see `swarmscope tui --help`

Every option can be set by an environment variable, SWARMSCOPE_ and the option's name as in SWARMSCOPE_OVERLAY_VERSION \
(separate several values with commas), or in the configuration file (`swarmscope config` prints a template). SWARMSCOPE_LOG \
sets the log level on standard error: error, warn, info, debug, or a tracing filter.";

const TUI: &str = "\
Examples:
  swarmscope tui --connect 192.0.2.1:7760       one peer; press `?` for the keys
  swarmscope tui --bootstrap peers.txt          start from these peers, and discover more";

const DEMO: &str = "\
Examples:
  swarmscope demo                               the guided tour; `?` for help, `q` to quit
  swarmscope demo --headless --json             peers to test a Crawler against, one per line";

const PEER: &str = "\
Examples:
  swarmscope peer --listen 0.0.0.0:7760 --allow-file crawlers.txt
  swarmscope peer --listen 127.0.0.1:0 --json --identity peer.pem --allow PERMID

Exits with 130 on Ctrl-C and 0 on SIGTERM.";

const REQUEST: &str = "\
Examples:
  swarmscope request 192.0.2.1:7760 natcheck
  swarmscope request 192.0.2.1:7760 database 'SELECT count(*) FROM Torrent' --frequency 5
  swarmscope request PERMID@192.0.2.1:7760 repex --json --out repex.bin

Exit codes: 0 reply · 1 local file or port · 2 usage · 3 could not connect · 4 handshake, version or \
authentication · 5 closed without a reply · 6 timeout · 10 asked too often (error 254) · 11 unknown message (error 253) · \
12 another error byte · 13 the reply could not be decoded · 130 interrupted";

const CASE: &str = "\
Examples:
  swarmscope case new 0417.case --why 'peers that answer everything'
  swarmscope request 192.0.2.1:7760 natcheck --case 0417.case
  swarmscope case add 0417.case --note 'the owner was told at 12:01' --about 3
  swarmscope case checkpoint 0417.case                       to keep elsewhere
  swarmscope case verify 0417.case --checkpoint 0417.note
  swarmscope case export 0417.case --format html --out report.html

Exit codes of verify: 0 every entry holds · 13 an entry does not hold (the first is named). The format is public: docs/case-format.md.";

const SIGNALS: &str = "\
Examples:
  swarmscope signals 0417.case                  anomalies, explained
  swarmscope signals 0417.case --add            and add them to the case
  swarmscope signals crawl.sqlite --json        one signal per line

docs/signals.md lists the rules with their error rates.";

const RECORDING: &str = "\
Examples:
  swarmscope recording export talk.recording --out talk.pcapng   for Wireshark, with contrib/wireshark
  swarmscope recording export talk.recording --out talk.csv      its requests, a line each";

const KEY: &str = "\
Examples:
  swarmscope key show                           the permid for a peer's allow-list
  swarmscope key new --out crawler.pem          another identity, for --identity crawler.pem
  swarmscope key new --legacy --out old.pem     a key for --legacy-identity (version 17 and earlier)";

const STUN: &str = "\
Example:
  swarmscope stun --listen 127.0.0.1:3478 --alternate 127.0.0.2:3479";

/// The command line as `--help` shows it: examples added, the environment said once, and the
/// screen's options where they belong.
pub fn with_help(command: Command) -> Command {
    let mut command = plain(command)
        .override_usage("swarmscope [OPTIONS of `swarmscope tui`]\n       swarmscope <COMMAND> …")
        .after_help(PROGRAM)
        .mut_args(|option| option.hide(true));
    for (name, text) in [
        ("tui", TUI),
        ("demo", DEMO),
        ("peer", PEER),
        ("request", REQUEST),
        ("case", CASE),
        ("signals", SIGNALS),
        ("recording", RECORDING),
        ("key", KEY),
        ("stun", STUN),
    ] {
        command = command.mut_subcommand(name, |command| command.after_help(text));
    }
    command
}

/// Without the name of an environment variable behind each option.
fn plain(command: Command) -> Command {
    command.mut_args(|option| option.hide_env(true)).mut_subcommands(plain)
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, FromArgMatches as _};

    use super::*;
    use crate::cli::{Cli, without_variables};

    /// What stands behind `swarmscope ` in the examples of a help text.
    fn examples(text: &str) -> impl Iterator<Item = &str> {
        text.lines().filter_map(|line| line.strip_prefix("  swarmscope "))
    }

    #[test]
    fn every_example_is_a_command_line_that_parses() {
        for line in [PROGRAM, TUI, DEMO, PEER, REQUEST, KEY, STUN].into_iter().flat_map(examples) {
            let command = line.split("   ").next().unwrap_or_default();
            let command = command
                .replace("HOST:PORT", "127.0.0.1:1")
                .replace("PERMID@", "")
                .replace("'SELECT count(*) FROM Torrent'", "SELECT")
                .replace(" --allow PERMID", "");
            let words = std::iter::once("swarmscope").chain(command.split(' '));
            let parsed = without_variables(with_help(Cli::command())).try_get_matches_from(words);
            let parsed = parsed.and_then(|matches| Cli::from_arg_matches(&matches));
            assert!(parsed.is_ok(), "{line}: {parsed:?}");
        }
    }

    #[test]
    fn examples_are_not_wrapped() {
        // 100 columns are what help is wrapped at where there is no terminal.
        for line in [PROGRAM, TUI, DEMO, PEER, REQUEST, KEY, STUN].into_iter().flat_map(examples) {
            assert!(line.len() + "  swarmscope ".len() <= 100, "{line}");
        }
    }
}
