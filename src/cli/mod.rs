//! The command line: options and their environment variables here, one file a sub-command.
//!
//! Exit codes are a contract: 0 success · 1 local input or output · 2 usage · 3 could not connect ·
//! 4 handshake, version or authentication · 5 closed without a reply · 6 timeout · 10 error 254 ·
//! 11 error 253 · 12 another error byte · 13 a registered decoder failed · 130 interrupted. What is
//! wrong on the command line itself is 2; what is wrong with a file it names (missing, unreadable,
//! malformed) is 1.

mod acceptance;
mod audit;
mod bootstrap;
mod case;
mod check;
mod completions;
mod config;
mod crawl;
mod demo;
mod directories;
mod environment;
mod error;
mod help;
mod identities;
mod journal;
mod key;
mod key_log;
mod keymap;
mod limits;
mod lines;
mod logging;
mod man;
mod nat;
mod networks;
mod open_files;
mod options;
mod output;
mod payload;
mod peer;
mod printed;
mod probes;
mod queue;
mod recording;
mod rendezvous;
mod reply;
mod request;
mod runtime;
mod session;
mod signals;
mod standard_error;
mod stop;
mod store;
mod stun;
mod tui;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use runtime::{report_json, runtime};

pub use error::CliError;

/// Look inside peer-to-peer networks: ask peers, and watch the replies arrive
#[derive(Parser, Debug)]
#[command(name = "swarmscope", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    tui: tui::TuiArgs,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// The interactive screen (the default without a sub-command)
    Tui(tui::TuiCommand),
    /// Start a swarm of real peers on loopback, and the screen on it
    Demo(demo::DemoArgs),
    /// Run a peer that answers the Crawlers on its allow-list
    Peer(peer::PeerArgs),
    /// Ask one peer one question
    Request(request::RequestArgs),
    /// Create, extend and verify case files: evidence that shows tampering
    Case(case::CaseArgs),
    /// Identify the program at an address, and suggest a next step; without an address, show how
    /// this machine looks from outside
    Check(check::CheckArgs),
    /// List and explain anomalies in a case, a recording or a store
    Signals(signals::SignalsArgs),
    /// Write a recording in formats of other programs
    Recording(recording::RecordingArgs),
    /// Create an identity, or print its permid
    Key(key::KeyArgs),
    /// Run an RFC 5780 STUN server for NAT tests
    Stun(stun::StunArgs),
    /// Measure the NAT of this process once
    #[command(hide = true)]
    Nat(nat::NatArgs),
    /// Visit all peers in rounds, without a screen, and store the results
    Crawl(crawl::CrawlArgs),
    /// Query, export and prune a store
    Store(store::StoreArgs),
    /// Show the audit of a peer: requests and their outcomes
    Audit(audit::AuditArgs),
    /// Print resource limits, and their use by running peers, screens and crawls
    Limits(limits::LimitsArgs),
    /// Print the key bindings
    Keymap(keymap::KeymapArgs),
    /// Print the default configuration file, fully commented
    Config,
    /// Print the manual page
    Man,
    /// Print shell completions
    Completions(completions::CompletionsArgs),
}

/// Parses the process's arguments, runs the command, and returns the exit code.
#[must_use]
pub fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    if completions::answered(&args) {
        return ExitCode::SUCCESS;
    }
    let code = run(&args);
    standard_error::end();
    ExitCode::from(code)
}

fn run(args: &[OsString]) -> u8 {
    let variables = environment::in_effect(&Cli::command(), args, |name| std::env::var_os(name));
    let (command, unusable) = config::apply(environment::without_empty(Cli::command()));
    let parsed = help::with_help(command).try_get_matches_from(args);
    let cli = match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => return error::report_clap(&error, &variables),
    };
    match unusable.filter(|_| !cli.is_about_the_program()).map_or_else(|| dispatch(cli), Err) {
        Ok(code) => code,
        Err(error) => error.report(&variables),
    }
}

fn dispatch(cli: Cli) -> Result<u8, CliError> {
    match cli.command {
        None => tui::run(&cli.tui),
        Some(Command::Tui(command)) => tui::run(&command.args()),
        Some(Command::Demo(args)) => demo::run(&args),
        Some(Command::Peer(args)) => peer::run(args),
        Some(Command::Request(args)) => request::run(args),
        Some(Command::Case(args)) => case::run(args),
        Some(Command::Check(args)) => check::run(args),
        Some(Command::Signals(args)) => signals::run(&args),
        Some(Command::Recording(args)) => recording::run(args),
        Some(Command::Key(args)) => key::run(args),
        Some(Command::Stun(args)) => stun::run(&args),
        Some(Command::Nat(args)) => nat::run(&args),
        Some(Command::Crawl(args)) => crawl::run(args),
        Some(Command::Store(args)) => store::run(args),
        Some(Command::Audit(args)) => audit::run(&args),
        Some(Command::Limits(args)) => limits::run(&args),
        Some(Command::Keymap(args)) => keymap::run(&args),
        Some(Command::Config) => config::run(&Cli::command()),
        Some(Command::Man) => man::run(help::with_help(Cli::command())),
        Some(Command::Completions(args)) => completions::run(&args),
    }
}

impl Cli {
    /// Whether it only prints something about the program, and needs no configuration.
    const fn is_about_the_program(&self) -> bool {
        matches!(
            self.command,
            Some(Command::Keymap(_) | Command::Config | Command::Man | Command::Completions(_))
        )
    }
}

/// For tests: the environment of the caller has no effect.
#[cfg(test)]
fn without_variables(command: clap::Command) -> clap::Command {
    command.mut_args(|option| option.env(None::<&'static str>)).mut_subcommands(without_variables)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exit_code(line: &str) -> u8 {
        run(&line.split(' ').map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn the_options_are_consistent() {
        Cli::command().debug_assert();
    }

    fn options(command: &clap::Command) -> Vec<(String, clap::Arg)> {
        let own = command
            .get_arguments()
            .filter(|option| option.get_long().is_some_and(|long| long != "help"));
        let mut all: Vec<_> =
            own.map(|option| (command.get_name().to_owned(), option.clone())).collect();
        all.extend(command.get_subcommands().flat_map(options));
        all
    }

    #[test]
    fn every_option_has_its_environment_variable() {
        for (command, option) in Cli::command().get_subcommands().flat_map(options) {
            let long = option.get_long().unwrap_or_default();
            let expected = format!("SWARMSCOPE_{}", long.replace('-', "_").to_uppercase());
            let found = option.get_env().map(|name| name.to_string_lossy().into_owned());
            assert_eq!(found, Some(expected), "{command} --{long}");
        }
    }

    #[test]
    fn wrong_usage_is_2() {
        for line in [
            "swarmscope nonsense",
            "swarmscope request",
            "swarmscope request nowhere natcheck",
            "swarmscope request 127.0.0.1:1 no-such-message",
            "swarmscope request 127.0.0.1:1 256",
            "swarmscope request 127.0.0.1:1 3 hex:0",
            "swarmscope request 127.0.0.1:1 3 --frequency 65536",
            "swarmscope request 127.0.0.1:1 3 --overlay-version 19",
            "swarmscope peer",
            "swarmscope peer --listen here",
            "swarmscope peer --listen 127.0.0.1:0 --allow nobody",
            "swarmscope demo --peers 0",
            "swarmscope demo --json",
            "swarmscope stun --listen 127.0.0.1:0",
            "swarmscope stun --listen 127.0.0.1:0 --alternate 127.0.0.1:0",
            "swarmscope stun --listen 127.0.0.1:3478 --alternate 127.0.0.2:3478",
            "swarmscope peer --listen 127.0.0.1:0 --stun localhost",
            "swarmscope crawl 127.0.0.1:1",
            "swarmscope crawl 127.0.0.1:1 --probe no-such-message",
            "swarmscope crawl dht://127.0.0.1:1 --probe natcheck",
            "swarmscope store prune x.sqlite",
        ] {
            assert_eq!(exit_code(line), 2, "{line}");
        }
    }
}
