//! `swarmscope peer`: a peer that answers the Crawlers on its allow-list until it is told to stop.
#![allow(clippy::disallowed_methods, reason = "it tells what happened in the second that is over")]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use clap::Args;

use super::audit::Audit;
use super::journal::Journal;
use super::lines::Lines;
use super::options::{self, AllowOptions, BootstrapOption, IdentityOptions, JsonOption};
use super::rendezvous::RendezvousOptions;
use super::{CliError, directories, identities, key_log, limits, logging, stop};
use swarmscope_peer::identity::allow_file::read_list;
use swarmscope_peer::identity::key_file::Lock;
use swarmscope_peer::node::{Node, NodeConfig};
use swarmscope_probes::Statistics;
use swarmscope_probes::nat::{MAX_SERVERS, NatTester};
use swarmscope_wire::failure::{By, Cause, Failure};

/// How long replies that are on their way may take once the peer was told to stop.
const GRACE: Duration = Duration::from_secs(5);

const DATA_HINT: &str = "--data names an SQLite database, which is created if it does not exist: choose another path in an \
    existing directory, or omit --data";
const ALLOW_HINT: &str = "--allow-file names a text file with one base64 permid per line, # for comments: check the path, or \
    correct the line; `swarmscope key show` prints a Crawler's permid";

#[derive(Args, Debug)]
pub struct PeerArgs {
    /// Address to listen on; port 0 picks a free port
    #[arg(long, value_name = "ADDR:PORT", env = "SWARMSCOPE_LISTEN", value_parser = options::listen_address)]
    listen: SocketAddr,
    #[command(flatten)]
    allow: AllowOptions,
    /// The allow-list: one base64 permid per line, # for comments; reloaded when it changes
    /// [default: crawlers.txt in the configuration directory]
    #[arg(long, value_name = "FILE", env = "SWARMSCOPE_ALLOW_FILE")]
    allow_file: Option<PathBuf>,
    #[command(flatten)]
    identity: IdentityOptions,
    /// The statistics database that DATABASE answers from; created if it does not exist
    #[arg(long, value_name = "FILE.sqlite", env = "SWARMSCOPE_DATA")]
    data: Option<PathBuf>,
    #[command(flatten)]
    bootstrap: BootstrapOption,
    #[command(flatten)]
    rendezvous: RendezvousOptions,
    /// STUN server for NATCHECK, preferably one with a second address (RFC 5780); may be repeated,
    /// and the first that answers is used; without one, NATCHECK answers Unknown
    #[arg(long, value_name = "HOST:PORT", env = "SWARMSCOPE_STUN", value_delimiter = ',', value_parser = options::stun_server)]
    stun: Vec<String>,
    /// Append who asked what and got what to this file, which is rotated; `swarmscope audit FILE`
    /// shows it
    #[arg(long, value_name = "FILE", env = "SWARMSCOPE_AUDIT")]
    audit: Option<PathBuf>,
    #[command(flatten)]
    json: JsonOption,
}

/// Listens and answers until a signal asks to stop.
///
/// # Errors
/// The address can't be bound, or a file can't be used.
pub fn run(args: PeerArgs) -> Result<u8, CliError> {
    logging::start(logging::Level::Information);
    let json = args.json.json;
    let outcome = prepare(args).and_then(|peer| super::runtime()?.block_on(peer.run(json)));
    super::report_json(json, outcome)
}

struct Peer {
    config: NodeConfig,
    rendezvous: RendezvousOptions,
    audit: Option<Audit>,
    /// While it runs, the identities are marked as in use.
    _locks: Vec<Lock>,
}

fn prepare(args: PeerArgs) -> Result<Peer, CliError> {
    if args.stun.len() > MAX_SERVERS {
        let what = format!("--stun: {} servers; the maximum is {MAX_SERVERS}", args.stun.len());
        return Err(CliError::usage(what, "list fewer, those with a second address first"));
    }
    args.rendezvous.check()?;
    let allow_file = allow_file(args.allow_file, &args.allow)?;
    let statistics = match args.data {
        Some(path) => Statistics::file(path.clone())
            .map_err(|error| CliError::file(&path, error).with_hint(DATA_HINT))?,
        None => Statistics::empty(),
    };
    let bootstrap = args.bootstrap.targets()?;
    let identities = identities::resolve(&args.identity)?;
    let config = NodeConfig {
        identities: identities.identities,
        version: args.identity.overlay_version,
        listen: Some(args.listen),
        allow: args.allow.allow,
        allow_file: Some(allow_file),
        registry: swarmscope_probes::registry_of_peer(statistics, NatTester::new(args.stun)),
        gossip: true,
        bootstrap,
        key_log: key_log::from_environment()?,
        limits: limits::configured()?,
        ..NodeConfig::default()
    };
    key_log::warn(config.key_log.as_ref());
    let open = |path: &PathBuf| Audit::open(path).map_err(|error| CliError::file(path, error));
    let audit = args.audit.as_ref().map(open).transpose()?;
    Ok(Peer { config, rendezvous: args.rendezvous, audit, _locks: identities.locks })
}

/// The allow-list's path. What is wrong in it now is said now; a list that is not there yet means
/// that nobody may ask.
fn allow_file(given: Option<PathBuf>, also: &AllowOptions) -> Result<PathBuf, CliError> {
    let path = given.map_or_else(directories::allow_file, Ok)?;
    let list =
        read_list(&path).map_err(|error| CliError::io(error.to_string()).with_hint(ALLOW_HINT))?;
    if list.is_empty() && also.allow.is_empty() {
        tracing::warn!("no Crawler is allowed: add a permid to {}, or use --allow", path.display());
    }
    Ok(path)
}

impl Peer {
    async fn run(self, json: bool) -> Result<u8, CliError> {
        let mut stop = stop::Stop::listen()?;
        let (node, mut events) = Node::start(self.config).await?;
        let lines = json.then(|| Rc::new(Lines::to_standard_output()));
        let told = lines.clone();
        let meeting = self.rendezvous.run(node.clone(), move |line| {
            if let Some(lines) = &told {
                let _ = lines.print(line); // the next event says so where it can't be written
            }
        });
        tokio::pin!(meeting);
        let told = node.clone();
        let _serving = limits::Serving::start("peer", move || told.limits());
        let mut journal = Journal::start(lines, self.audit);
        let code = loop {
            let counts = async {
                match journal.next() {
                    Some(at) => tokio::time::sleep_until(at.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                asked = stop.wait() => break asked.exit_code(),
                () = &mut meeting => {} // it never ends
                event = events.recv() => match event {
                    Some(event) => journal.take(event, Instant::now())?,
                    None => return Err(Failure::new(Cause::Stopped, By::Us, "the node has ended").into()),
                },
                () = counts => journal.tell_counts(Instant::now())?,
            }
        };
        let ending = node.shutdown(GRACE);
        tokio::pin!(ending);
        loop {
            tokio::select! {
                () = &mut ending => break,
                // who asks twice does not want to wait
                _ = stop.wait() => break,
                Some(event) = events.recv() => journal.take(event, Instant::now())?,
            }
        }
        while let Ok(event) = events.try_recv() {
            journal.take(event, Instant::now())?;
        }
        journal.end()?;
        Ok(code)
    }
}
