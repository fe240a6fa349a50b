//! `swarmscope demo`: a swarm of real peers on loopback, and the screen on it.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use clap::Args;
use clap::builder::BoolishValueParser;
use tokio::sync::mpsc;

use super::case::KeyOption;
use super::case::kept::opener;
use super::options::{AllowOptions, JsonOption};
use super::session::{self, SessionOptions};
use super::tui::{self, ThemeOption};
use super::{
    CliError, directories, identities, journal, keymap, logging, open_files, output, probes, stop,
};
use crate::demo::{self, Clients, Lab, Nats, Reading, Scenario, Swarm, SwarmConfig, WhySimulated};
use crate::screen::Setup;
use crate::screen::asking::identity::Identity;
use swarmscope_facts::format::stamp;
use swarmscope_wire::{Permid, PermidKind};

mod simulated;

/// Enough to look like a swarm, few enough to read.
const DEFAULT_PEERS: u32 = 24;
/// As many as still fit into what systems allow a process by themselves.
const MAX_PEERS: u32 = 500;
/// As many on one socket, without a screen.
const MAX_SIMULATED: u32 = 50_000;
/// From here on a silent start would look like a hang.
const MANY_PEERS: u32 = 100;
/// Open files of a peer at the least: its sockets, and both ends of a few connections.
const FILES_A_PEER: u64 = 8;
/// Open files of everything else.
const OTHER_FILES: u64 = 32;
/// How long the peers may take to close.
const GRACE: Duration = Duration::from_secs(1);
/// Events of the whole swarm on their way to the log.
const EVENTS: usize = 256;

#[derive(Args, Debug)]
pub struct DemoArgs {
    /// Number of peers; beyond 500, with --headless, they are simulated on one socket, for Crawlers
    #[arg(long, value_name = "N", env = "SWARMSCOPE_PEERS", default_value_t = DEFAULT_PEERS, value_parser = peers)]
    peers: u32,
    /// Random seed: the same seed creates the same peers
    #[arg(long, value_name = "N", env = "SWARMSCOPE_SEED", default_value_t = 1, value_parser = seed)]
    seed: u64,
    /// Scenario: `tour`, `nat` (every peer behind a NAT: real ones if this machine allows network
    /// namespaces, otherwise simulated), `worm`, `refusals`, `parts`, `cascade` or `bittorrent`
    /// (clients and a small DHT: real clients if they are installed and namespaces are allowed)
    #[arg(long, value_name = "NAME", env = "SWARMSCOPE_SCENARIO")]
    scenario: Option<String>,
    /// Simulate NATs and BitTorrent clients even where real ones are possible
    #[arg(long, env = "SWARMSCOPE_SIMULATED", value_parser = BoolishValueParser::new())]
    simulated: bool,
    #[command(flatten)]
    allow: AllowOptions,
    /// Run only the swarm, without the screen, until it is stopped; with --scenario its peers play
    /// their parts
    #[arg(long, env = "SWARMSCOPE_HEADLESS", value_parser = BoolishValueParser::new())]
    headless: bool,
    #[command(flatten)]
    theme: ThemeOption,
    #[command(flatten)]
    session: SessionOptions,
    #[command(flatten)]
    json: JsonOption,
}

fn peers(text: &str) -> Result<u32, String> {
    let peers = text.parse().ok().filter(|peers| (1..=MAX_SIMULATED).contains(peers));
    peers.ok_or_else(|| {
        format!(
            "not a valid number of peers; use 1 to {MAX_PEERS}, with --headless to {MAX_SIMULATED}"
        )
    })
}

fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("not a valid number; use 0 to {}", u64::MAX))
}

/// Runs the swarm until the operator quits, or a signal asks to stop.
///
/// # Errors
/// No terminal for the screen, or a peer that can't be started.
pub fn run(args: &DemoArgs) -> Result<u8, CliError> {
    let scenario = args.scenario()?;
    if args.peers > MAX_PEERS {
        return simulated(args);
    }
    if args.headless {
        logging::start(logging::Level::Information);
        let swarm = || {
            let config = args.config(scenario);
            super::runtime()?.block_on(headless(args, config))
        };
        let outcome = args.need_files().and_then(|()| swarm());
        return super::report_json(args.json.json, outcome);
    }
    if args.json.json {
        return Err(CliError::usage(
            "--json: the screen has no events to print",
            "add --headless, or leave --json out",
        ));
    }
    let mut files = directories::kept();
    let mut kept = files.read();
    let look = args.theme.load(&mut kept)?;
    let script = args.session.script()?;
    tui::need_terminal()?;
    args.need_files()?;
    if args.peers >= MANY_PEERS {
        output::say(format_args!("starting {} peers: a moment", args.peers));
    }
    let registry = probes::registry()?;
    let config = args.config(scenario);
    super::runtime()?.block_on(async {
        let swarm = Swarm::start(config).await?;
        let keep = kept_by(scenario);
        let stage = demo::stage(&swarm, Reading::AsWritten, keep.clone()).await?;
        let setup =
            Setup { registry, identity: own(), kept, keymap: keymap::load(), ..stage.setup };
        let (record, recordings) = (args.session.target()?, session::recordings());
        let (extra, tour) = (stage.extra, stage.tour);
        let asks = format!("the demo's own, seed {}", args.seed);
        let cases = Some(opener(KeyOption::new(None), setup.registry.clone(), asks));
        let mut others = crate::tui::Others::default();
        if let Some(strangers) = swarm.strangers() {
            output::say(format_args!("{}", strangers.which()));
            others.policy = strangers.policy();
        }
        let options = crate::tui::Options {
            setup,
            look,
            extra,
            tour,
            files,
            record,
            recordings,
            script,
            others,
            cases,
        };
        let shown = tui::show(stage.node, stage.events, options).await;
        swarm.shutdown(GRACE).await;
        if let Some(keep) = keep.filter(|keep| fs::remove_dir(keep).is_err() && keep.exists()) {
            output::say(format_args!("the tour's case and report are in {}", keep.display()));
        }
        shown
    })
}

/// A new directory for what the tour of this scenario keeps; empty ones go with the screen.
#[allow(clippy::disallowed_methods)] // it is named by the time of day
fn kept_by(scenario: Scenario) -> Option<PathBuf> {
    let of_worm = (scenario == Scenario::Worm).then(directories::demos)?;
    let keep = of_worm.ok()?.join(format!("worm-{}", stamp(SystemTime::now())));
    let made = fs::create_dir_all(&keep);
    made.inspect_err(|error| tracing::warn!("the tour keeps no case: {error}")).ok()?;
    Some(keep)
}

fn simulated(args: &DemoArgs) -> Result<u8, CliError> {
    if !args.headless || args.scenario.is_some() || !args.allow.allow.is_empty() {
        let what = format!(
            "--peers: more than {MAX_PEERS} peers are simulated: they play nothing and answer anybody"
        );
        return Err(CliError::usage(what, "add --headless, and omit --scenario and --allow"));
    }
    logging::start(logging::Level::Information);
    let json = args.json.json;
    let outcome = super::runtime()?.block_on(simulated::run(args.peers, args.seed, json));
    super::report_json(json, outcome)
}

/// The demo's peers answer this user's own keys too: the usual one, and to the old protocol the
/// usual legacy one.
fn own() -> Identity {
    let legacy = identities::default(PermidKind::Sect233k1).ok();
    Identity { legacy: legacy.map(|file| file.display().to_string()), ..Identity::default() }
}

async fn headless(args: &DemoArgs, config: SwarmConfig) -> Result<u8, CliError> {
    let mut stop = stop::Stop::listen()?;
    if args.peers >= MANY_PEERS {
        tracing::info!("starting {} peers: a moment", args.peers);
    }
    let (watch, mut events) = mpsc::channel(EVENTS);
    let log = tokio::spawn(async move {
        while let Some(event) = events.recv().await {
            if journal::is_request(&event) {
                journal::log(&event);
            }
        }
    });
    // peers to test a Crawler against play nothing, unless a scenario was asked for by its name
    let played = args.scenario.is_some();
    let swarm = Swarm::start(SwarmConfig { played, watch: Some(watch), ..config }).await?;
    if played {
        swarm.play_by_the_clock();
    }
    for peer in swarm.peers() {
        if args.json.json {
            journal::announce(&peer.listening())?;
        } else {
            output::write_words(&format!("{}@{}\n", peer.permid, peer.address))?;
        }
    }
    for line in swarm.strangers().iter().flat_map(|strangers| strangers.lines()) {
        if args.json.json {
            tracing::info!("{line}");
        } else {
            output::write_words(&format!("{line}\n"))?;
        }
    }
    let asked = stop.wait().await;
    swarm.shutdown(GRACE).await;
    log.abort();
    Ok(asked.exit_code())
}

impl DemoArgs {
    fn scenario(&self) -> Result<Scenario, CliError> {
        let Some(name) = self.scenario.as_deref() else { return Ok(Scenario::default()) };
        Scenario::named(name).ok_or_else(|| {
            let all = Scenario::ALL
                .map(|scenario| format!("  {:<9} {}", scenario.name(), scenario.doc()));
            CliError::usage(
                format!(
                    "--scenario: {name:?} does not exist; the scenarios are\n{}",
                    all.join("\n")
                ),
                "choose one of these",
            )
        })
    }

    /// # Errors
    /// This process may not have as many open files as the swarm takes.
    fn need_files(&self) -> Result<(), CliError> {
        let (needed, allowed) =
            (u64::from(self.peers) * FILES_A_PEER + OTHER_FILES, open_files::raise());
        if needed <= allowed {
            return Ok(());
        }
        let fit = allowed.saturating_sub(OTHER_FILES) / FILES_A_PEER;
        let what = format!(
            "{} peers need about {needed} open files; this process is limited to {allowed}, enough \
             for {fit} peers",
            self.peers
        );
        Err(CliError::io(what)
            .with_hint("raise the hard limit (`ulimit -Hn`), or use fewer --peers"))
    }

    /// Starts what the swarm is to live beside. Where those are real clients, this thread moves to
    /// their network, so no other may have been started before.
    fn config(&self, scenario: Scenario) -> SwarmConfig {
        let mut allow: Vec<Permid> = self.allow.allow.clone();
        match identities::defaults() {
            Ok(permids) => allow.extend(permids),
            Err(error) => {
                tracing::warn!("the default identity can't be added to the allow-list: {error}");
            }
        }
        let nats = || if self.simulated { Nats::simulated() } else { Nats::build() };
        let nats = (scenario == Scenario::Nat).then(|| Arc::new(nats()));
        let clients = (scenario == Scenario::BitTorrent).then(|| Arc::new(self.clients()));
        SwarmConfig {
            peers: usize::try_from(self.peers).unwrap_or(usize::MAX),
            seed: self.seed,
            allow,
            scenario,
            played: true,
            nats,
            clients,
            watch: None,
        }
    }

    fn clients(&self) -> Lab {
        if self.simulated {
            return Err(WhySimulated::Asked);
        }
        output::say("starting BitTorrent clients: a moment");
        Clients::start().inspect_err(|why| {
            let reason = match why {
                WhySimulated::Failed(reason) => format!(": {reason}"),
                _ => String::new(),
            };
            tracing::warn!("the clients are simulated: {why}{reason}");
        })
    }
}
