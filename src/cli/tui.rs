//! `swarmscope tui`: the screen, on a node of its own.

use std::io::{self, IsTerminal as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::builder::BoolishValueParser;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::options::{self, BootstrapOption, IdentityOptions};
use super::{CliError, directories, identities, later, probes};
use crate::app::peers::MOST_PEERS;
use crate::app::{Keymap, Setup};
use crate::failure::exit;
use crate::node::{Node, NodeConfig, Target};
use crate::probes::pseudonyms;
use crate::tui::{self, Ended, Options, Theme};

/// How long closing may take once the screen is gone.
const GRACE: Duration = Duration::from_secs(1);
/// Connections the screen keeps at the same time: more than anybody reads, fewer than a default limit on open files.
const MAX_PEERS: usize = 500;

#[derive(Args, Debug)]
pub struct TuiArgs {
    /// Connect to this peer at once; may be repeated
    #[arg(long, value_name = "TARGET", env = "SWARMSCOPE_CONNECT", value_delimiter = ',')]
    connect: Vec<Target>,
    #[command(flatten)]
    bootstrap: BootstrapOption,
    /// Listen, so that peers can dial in and back
    #[arg(long, value_name = "ADDR:PORT", env = "SWARMSCOPE_LISTEN", value_parser = options::listen_address)]
    listen: Option<SocketAddr>,
    #[command(flatten)]
    identity: IdentityOptions,
    #[command(flatten)]
    theme: ThemeOption,
    #[command(flatten)]
    inflate: options::InflateOption,
    /// Show a recording (not yet built)
    #[arg(long, value_name = "FILE", hide = true, env = "SWARMSCOPE_REPLAY")]
    replay: Option<PathBuf>,
    /// Record the session (not yet built)
    #[arg(long, value_name = "FILE", hide = true, env = "SWARMSCOPE_RECORD")]
    record: Option<PathBuf>,
    /// Hide addresses, wherever they stand; P shows them
    #[arg(long, env = "SWARMSCOPE_PRIVACY", value_parser = BoolishValueParser::new())]
    privacy: bool,
    /// Take keys from a file (not yet built)
    #[arg(long, value_name = "FILE", hide = true, env = "SWARMSCOPE_SCRIPT")]
    script: Option<PathBuf>,
}

/// How the screen looks.
#[derive(Args, Debug)]
pub struct ThemeOption {
    /// dark, light, mono, or NAME for themes/NAME.toml in the configuration directory
    #[arg(long, value_name = "NAME", env = "SWARMSCOPE_THEME")]
    theme: Option<String>,
}

impl ThemeOption {
    /// # Errors
    /// There is no such theme, or its file does not read.
    pub fn load(&self) -> Result<Theme, CliError> {
        let directory = directories::themes().ok();
        Theme::load(self.theme.as_deref(), directory.as_deref())
            .map_err(|error| CliError::usage(format!("--theme: {error}"), "name one of those, or leave --theme out"))
    }
}

/// Shows the screen until the operator quits.
///
/// # Errors
/// No terminal, a file that can't be used, or an address that can't be bound.
pub fn run(args: &TuiArgs) -> Result<u8, CliError> {
    later::option("--replay", args.replay.is_some())?;
    later::option("--record", args.record.is_some())?;
    later::option("--script", args.script.is_some())?;
    args.inflate.set();
    let theme = args.theme.load()?;
    need_terminal()?;
    let bootstrap = args.bootstrap.targets()?;
    let identities = identities::resolve(&args.identity)?;
    let registry = probes::registry()?;
    let config = NodeConfig {
        identities: identities.identities,
        version: args.identity.overlay_version,
        listen: args.listen,
        registry: registry.clone(),
        gossip: true,
        bootstrap,
        max_peers: MAX_PEERS,
        max_known: MOST_PEERS, // as many as the list has rows for
        trace: true,           // the screen shows conversations
        ..NodeConfig::default()
    };
    let (_nothing_extra, extra) = mpsc::channel(1);
    let mut files = directories::kept();
    let setup = Setup {
        registry,
        title: String::new(),
        privacy: args.privacy,
        mask: pseudonyms::mask().clone(),
        keymap: Keymap::default(),
        kept: files.read(),
    };
    let options = Options { setup, theme, extra, skip_tour: CancellationToken::new(), files };
    super::runtime()?.block_on(async {
        let (node, events) = Node::start(config).await?;
        for target in &args.connect {
            node.connect(target.clone());
        }
        show(node, events, options).await
    })
}

/// Runs the screen on a node and stops the node after it.
///
/// # Errors
/// The terminal can't be read or written.
pub async fn show(node: Node, events: mpsc::Receiver<crate::node::Event>, options: Options) -> Result<u8, CliError> {
    let ended = tui::run(node.clone(), events, options).await;
    node.shutdown(GRACE).await;
    match ended {
        Ok(Ended::Quit) => Ok(0),
        Ok(Ended::Interrupted) => Ok(exit::INTERRUPTED),
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
        .with_hint("run it in a terminal; for scripts there are `swarmscope request` and `swarmscope demo --headless`"))
}
