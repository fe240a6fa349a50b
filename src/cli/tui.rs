//! `swarmscope tui`: the screen, on a node of its own.

use std::io::{self, IsTerminal as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use swarmscope_facts::{Naming, Settings};

use clap::Args;
use clap::builder::BoolishValueParser;
use tokio::sync::mpsc;

use super::case::KeyOption;
use super::case::kept::opener;
use super::options::{self, BootstrapOption, IdentityOptions};
use super::session::{self, SessionOptions};
use super::{CliError, directories, identities, key_log, keymap, limits, probes};
use crate::screen::Setup;
use crate::screen::asking::identity::Identity;
use crate::screen::kept::Kept;
use crate::screen::keys::script::Script;
use crate::screen::session::replay::Player;
use crate::tui::keep::Files;
use crate::tui::terminal::Environment;
use crate::tui::theme::ThemeError;
use crate::tui::{self, Ended, Look, Options, Others, Source};
use swarmscope_facts::networks::AnyTarget;
use swarmscope_networks::address::{Policy, Range};
use swarmscope_networks::target::Target as OtherTarget;
use swarmscope_peer::Limits;
use swarmscope_peer::identity::Identities;
use swarmscope_peer::node::{Node, NodeConfig, Target};
use swarmscope_probes::pseudonyms;
use swarmscope_store::Place;
use swarmscope_wire::failure::exit;
use swarmscope_wire::{OverlayVersion, Permid, PermidKind};

mod store;
mod stored;

/// How long closing may take once the screen is gone.
const GRACE: Duration = Duration::from_secs(1);
/// Connections the screen keeps at the same time: more than anybody reads, fewer than a default
/// limit on open files.
const MAX_PEERS: usize = 500;

#[derive(Args, Debug)]
pub struct TuiCommand {
    /// Peers to begin with: host:port, bt://host:port, dht://host:port
    #[arg(value_name = "TARGET")]
    targets: Vec<AnyTarget>,
    #[command(flatten)]
    args: TuiArgs,
}

impl TuiCommand {
    /// Targets are those of the sub-command alone: without one, a word is a misspelt sub-command.
    #[must_use]
    pub fn args(self) -> TuiArgs {
        let mut args = self.args;
        args.connect.splice(0..0, self.targets);
        args
    }
}

/// The options of the screen, also without the sub-command.
#[derive(Args, Debug)]
pub struct TuiArgs {
    /// Connect to this peer at start: host:port, bt://host:port, dht://host:port; may be repeated
    #[arg(long, value_name = "TARGET", env = "SWARMSCOPE_CONNECT", value_delimiter = ',')]
    connect: Vec<AnyTarget>,
    /// Lookups may also ask addresses in this range that no public peer can have; may be repeated
    #[arg(long, value_name = "RANGE", env = "SWARMSCOPE_ALLOW_RANGE", value_delimiter = ',')]
    allow_range: Vec<Range>,
    /// Leave a port alone where an overlay dial was closed without a byte; otherwise REACH finds out
    /// what listens there
    #[arg(long, env = "SWARMSCOPE_NO_REACH", value_parser = BoolishValueParser::new())]
    no_reach: bool,
    #[command(flatten)]
    bootstrap: BootstrapOption,
    /// Listen here, so that peers can connect and dial back
    #[arg(long, value_name = "ADDR:PORT", env = "SWARMSCOPE_LISTEN", value_parser = options::listen_address)]
    listen: Option<SocketAddr>,
    /// Peers that are dialled a second, while more are known than connected: 1 to 50
    #[arg(long, value_name = "N", env = "SWARMSCOPE_DIAL_RATE", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=50))]
    dial_rate: u32,
    #[command(flatten)]
    identity: IdentityOptions,
    #[command(flatten)]
    theme: ThemeOption,
    #[command(flatten)]
    inflate: options::InflateOption,
    /// Replay a recording on the same screen; nothing is sent
    #[arg(long, value_name = "FILE", env = "SWARMSCOPE_REPLAY")]
    replay: Option<PathBuf>,
    /// Show what a crawl has stored, sqlite:FILE or postgres://USER@HOST/DATABASE; nothing is sent
    #[arg(long, value_name = "STORE", env = "SWARMSCOPE_STORE")]
    store: Option<Place>,
    /// Follow a running crawl through its store [default: crawl.sqlite in the data directory]
    #[arg(long, env = "SWARMSCOPE_CRAWL", value_parser = BoolishValueParser::new())]
    crawl: bool,
    #[command(flatten)]
    session: SessionOptions,
    /// Mask addresses everywhere; P toggles
    #[arg(long, env = "SWARMSCOPE_PRIVACY", value_parser = BoolishValueParser::new())]
    privacy: bool,
}

/// How the screen looks.
#[derive(Args, Debug)]
pub struct ThemeOption {
    /// dark, light, high-contrast, sixteen, mono, or NAME for themes/NAME.toml in the
    /// configuration directory [default: the last one used]
    #[arg(long, value_name = "NAME", env = "SWARMSCOPE_THEME")]
    theme: Option<String>,
}

impl ThemeOption {
    /// The theme that is asked for, else the one that was chosen last, else the usual one. What is
    /// wrong with the one that was chosen last is noted among what is kept.
    ///
    /// # Errors
    /// There is no theme of the name that is asked for, or its file does not read.
    pub fn load(&self, kept: &mut Kept) -> Result<Look, CliError> {
        let directory = directories::themes().ok();
        let look = |name| Look::new(name, directory.as_deref(), &Environment::of_this_process());
        if let (None, Some(chosen)) = (&self.theme, &kept.theme) {
            match look(Some(chosen)) {
                Ok(look) => return Ok(look),
                Err(error) => {
                    kept.notices.push(format!("the last theme used: {error}; using the default"));
                }
            }
        }
        look(self.theme.as_deref()).map_err(|error| {
            let hint = match error {
                ThemeError::Unknown { .. } => "choose one of these, or omit --theme",
                _ => "fix the theme file, or choose another: `swarmscope tui --help` lists the built-in ones",
            };
            CliError::usage(format!("--theme: {error}"), hint)
        })
    }
}

/// Shows the screen until the operator quits.
///
/// # Errors
/// No terminal, a file that can't be used, or an address that can't be bound.
pub fn run(args: &TuiArgs) -> Result<u8, CliError> {
    args.inflate.set();
    let mut files = directories::kept();
    let mut kept = files.read();
    let look = args.theme.load(&mut kept)?;
    if args.store.is_some() || args.crawl {
        return store::show(args, look);
    }
    let script = args.session.script()?;
    if let Some(path) = &args.replay {
        return replay(args, path, look, kept.notices, script);
    }
    need_terminal()?;
    let bootstrap = args.bootstrap.targets()?;
    let identities = identities::resolve(&args.identity)?;
    let registry = probes::registry()?;
    let key_log = key_log::from_environment()?;
    kept.notices.extend(key_log.as_ref().map(key_log::words));
    let title = key_log.as_ref().map_or("", |_| "TLS keys are logged").to_owned();
    let permids = permids(&identities.identities);
    let asks = permids.iter().map(Permid::to_string).collect::<Vec<_>>().join(" ");
    let key = KeyOption::new(args.identity.identity.clone());
    let cases = Some(opener(key, registry.clone(), asks));
    let config = NodeConfig {
        identities: identities.identities,
        version: args.identity.overlay_version,
        listen: args.listen,
        registry: registry.clone(),
        gossip: true,
        bootstrap,
        max_peers: MAX_PEERS,
        fast_round: Duration::from_secs(1) / args.dial_rate.max(1),
        // as many peers as the list has rows for
        limits: Limits { known: Settings::default().peers, ..limits::configured()? },
        trace: true, // the screen shows conversations
        key_log,
        ..NodeConfig::default()
    };
    let (_nothing_extra, extra) = mpsc::channel(1);
    let setup = Setup {
        registry,
        title,
        naming: Naming { privacy: args.privacy, mask: pseudonyms::mask().clone() },
        identity: Identity { permids, ..identity(&args.identity) },
        keymap: keymap::load(),
        kept,
    };
    let (record, recordings) = (args.session.target()?, session::recordings());
    let tour = mpsc::channel(1).0;
    let (overlay, targets) = split(args.connect.iter());
    let policy = Policy { allowed: args.allow_range.clone(), ..Policy::default() };
    let others = Others { targets, policy, examines: !args.no_reach };
    let options =
        Options { setup, look, extra, tour, files, record, recordings, script, others, cases };
    super::runtime()?.block_on(async {
        let (node, events) = Node::start(config).await?;
        for target in overlay {
            node.connect(target);
        }
        show(node, events, options).await
    })
}

/// Runs the screen on a node and stops the node after it.
///
/// # Errors
/// The terminal can't be read or written.
pub async fn show(
    node: Node,
    events: swarmscope_peer::node::Events,
    options: Options,
) -> Result<u8, CliError> {
    let told = node.clone();
    let _serving = limits::Serving::start("screen", move || told.limits());
    let ended = tui::run(Source::Node(node.clone(), events), options).await;
    node.shutdown(GRACE).await;
    exit_code(ended)
}

/// Shows a recording until the operator quits.
fn replay(
    args: &TuiArgs,
    path: &Path,
    look: Look,
    notices: Vec<String>,
    script: Option<Script>,
) -> Result<u8, CliError> {
    if args.session.record.is_some() {
        return Err(CliError::usage(
            "--record can't be combined with --replay",
            "omit one of them",
        ));
    }
    let recording = session::read_recording(path)?;
    need_terminal()?;
    let setup = Setup {
        registry: probes::registry()?,
        title: String::new(),
        naming: Naming { privacy: args.privacy, mask: pseudonyms::mask().clone() },
        identity: legacy_too(identity(&args.identity)),
        keymap: keymap::load(),
        kept: Kept { notices, ..Kept::default() },
    };
    let (_nothing_extra, extra) = mpsc::channel(1);
    let player = Player::new(recording, setup.clone(), now());
    let others = Others::default();
    let (files, tour) = (Files::default(), mpsc::channel(1).0); // a replay changes nothing that is kept
    let (record, recordings, cases) = (None, None, None);
    let options =
        Options { setup, look, extra, tour, files, record, recordings, script, others, cases };
    exit_code(super::runtime()?.block_on(tui::run(Source::Replay(Box::new(player)), options)))
}

#[allow(clippy::disallowed_methods)] // a replay counts its times from any moment
fn now() -> Instant {
    Instant::now()
}

/// The overlay's peers, and those of other networks.
fn split<'a>(all: impl Iterator<Item = &'a AnyTarget>) -> (Vec<Target>, Vec<OtherTarget>) {
    let (mut overlay, mut others) = (Vec::new(), Vec::new());
    for target in all {
        match target {
            AnyTarget::Overlay(target) => overlay.push(target.clone()),
            AnyTarget::Other(target) => others.push(target.clone()),
        }
    }
    (overlay, others)
}

/// Who we are.
fn permids(identities: &Identities) -> Vec<Permid> {
    let current = identities.current.as_ref().map(|key| key.permid());
    let legacy = identities.legacy.as_ref().map(|key| key.permid());
    current.into_iter().chain(legacy).collect()
}

/// With which keys the screen runs, as `swarmscope request` is told of them.
fn identity(options: &IdentityOptions) -> Identity {
    let file = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
    Identity {
        current: file(&options.identity),
        legacy: file(&options.legacy_identity),
        version: (options.overlay_version != OverlayVersion::CURRENT)
            .then_some(options.overlay_version),
        ..Identity::default()
    }
}

/// Also the legacy identity that `swarmscope demo` has used: an old peer of a recording was asked
/// with one, and is asked again only with one.
fn legacy_too(identity: Identity) -> Identity {
    let default = || identities::default(PermidKind::Sect233k1).ok();
    let legacy = identity.legacy.or_else(|| default().map(|file| file.display().to_string()));
    Identity { legacy, ..identity }
}

fn exit_code(ended: io::Result<Ended>) -> Result<u8, CliError> {
    match ended {
        Ok(Ended::Quit) => Ok(0),
        Ok(Ended::Interrupted) => Ok(exit::INTERRUPTED),
        Ok(Ended::NotSeen(not_seen, screen)) => {
            Err(CliError::io(format!("--script: {not_seen}; the screen was\n{screen}")).with_hint(
                "the screen at that time is shown above; `limit 60 s` makes `until` wait longer",
            ))
        }
        Err(error) => Err(CliError::io(format!("terminal: {error}"))),
    }
}

/// The screen reads keys and draws: both ends must be a terminal.
///
/// # Errors
/// Either is not.
pub fn need_terminal() -> Result<(), CliError> {
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        return Ok(());
    }
    Err(CliError::io("the screen needs a terminal on standard input and output")
        .with_hint("run it in a terminal; for scripts use `swarmscope request` or `swarmscope demo --headless`"))
}
