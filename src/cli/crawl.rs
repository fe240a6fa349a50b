//! `swarmscope crawl`: a Crawler that runs for months without a screen, into a store.

mod dht;
mod line;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use clap::builder::BoolishValueParser;
use swarmscope_crawl::{
    Crawl, CrawlError, DhtCrawl, Ended, Progress, RoundReport, Seed, Settings, metrics,
};
use swarmscope_networks::address::Range;
use swarmscope_peer::crawler::Registry;
use swarmscope_peer::files;
use swarmscope_peer::identity::key_file::Lock;
use swarmscope_peer::node::{NodeConfig, Target};
use swarmscope_store::opt_out::OptOut;
use swarmscope_store::{Network, Place, Store, StoreKey};
use swarmscope_wire::failure::exit;
use tokio::sync::watch;

use super::options::{self, BootstrapOption, IdentityOptions, JsonOption};
use super::printed::Printed;
use super::store::key_file;
use super::{CliError, directories, identities, limits, logging, open_files, probes, stop};
use line::{Line, Live};

/// Open files of everything but visits.
const OTHER_FILES: u64 = 64;
/// The largest list of who asked not to be visited: half a million lines.
const MAX_OPT_OUT: u64 = 64 << 20;
/// How often `--json` tells of progress.
const TELL: Duration = Duration::from_secs(5);

#[derive(Args, Debug)]
pub struct CrawlArgs {
    /// Peers to start from: host:port or permid@host:port; a dht://host:port or dht://ID@host:port
    /// crawls the Mainline DHT
    target: Vec<String>,
    /// Question for every peer: a number from 0 to 255, or a name such as natcheck; may be repeated
    #[arg(
        long,
        value_name = "MESSAGE",
        env = "SWARMSCOPE_PROBE",
        value_delimiter = ',',
        required = true
    )]
    probe: Vec<String>,
    #[command(flatten)]
    bootstrap: BootstrapOption,
    /// Seconds from the start of one round to the next, and between requests to one peer
    /// [default: 3600]
    #[arg(long, value_name = "S", env = "SWARMSCOPE_EVERY", value_parser = seconds)]
    every: Option<Duration>,
    /// Stop after this many seconds
    #[arg(long = "for", value_name = "S", env = "SWARMSCOPE_FOR", value_parser = seconds)]
    lasts: Option<Duration>,
    /// Stop after this many rounds
    #[arg(long, value_name = "N", env = "SWARMSCOPE_ROUNDS", value_parser = clap::value_parser!(u64).range(1..))]
    rounds: Option<u64>,
    /// Concurrent visits
    #[arg(long, value_name = "N", env = "SWARMSCOPE_CONCURRENCY", default_value_t = 256, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    concurrency: u16,
    /// New visits per second [default: as many as --concurrency allows]
    #[arg(long, value_name = "N", env = "SWARMSCOPE_RATE", value_parser = clap::value_parser!(u32).range(1..))]
    rate: Option<u32>,
    /// Where results go: sqlite:FILE or postgres://USER@HOST/DATABASE [default: crawl.sqlite in
    /// the data directory]
    #[arg(long, value_name = "STORE", env = "SWARMSCOPE_STORE")]
    store: Option<Place>,
    /// Key file for hashing peers and sealing addresses [default: store.key in the data
    /// directory, created on first use]
    #[arg(long, value_name = "FILE", env = "SWARMSCOPE_STORE_KEY")]
    store_key: Option<PathBuf>,
    /// Keep visits and replies for this many days; the figures of their rounds are kept
    #[arg(long, value_name = "N", env = "SWARMSCOPE_KEEP_DAYS", value_parser = clap::value_parser!(u16).range(1..))]
    keep_days: Option<u16>,
    /// Remove the oldest visits when the store exceeds this many bytes
    #[arg(long, value_name = "N", env = "SWARMSCOPE_MAX_BYTES")]
    max_bytes: Option<u64>,
    /// Also store raw replies, which may contain data that peers would not want kept
    #[arg(long, env = "SWARMSCOPE_KEEP_RAW", value_parser = BoolishValueParser::new())]
    keep_raw: bool,
    /// Peers that opted out: one permid, address or network per line, optionally followed by
    /// `until 2027-06-30`
    #[arg(long, value_name = "FILE", env = "SWARMSCOPE_OPT_OUT")]
    opt_out: Option<PathBuf>,
    /// Serve /metrics and /healthz here, for Prometheus
    #[arg(long, value_name = "ADDR:PORT", env = "SWARMSCOPE_METRICS", value_parser = options::listen_address)]
    metrics: Option<SocketAddr>,
    /// Listen here, so that peers behind NATs can dial in
    #[arg(long, value_name = "ADDR:PORT", env = "SWARMSCOPE_LISTEN", value_parser = options::listen_address)]
    listen: Option<SocketAddr>,
    /// DHT: also visit addresses of this non-public range, for example a lab's 198.18.0.0/15
    #[arg(long, value_name = "RANGE", env = "SWARMSCOPE_ALLOW_RANGE", value_delimiter = ',')]
    allow_range: Vec<Range>,
    /// DHT: visit only nodes whose ids share this many bits with a random id, which the store keeps:
    /// one in 2, 4, 8 … of a large network [default: everybody]
    #[arg(long, value_name = "N", env = "SWARMSCOPE_ZONE", value_parser = clap::value_parser!(u8).range(1..=24))]
    zone: Option<u8>,
    /// Visit peers that were long reached without a failure less often, after a quarter of that
    /// time, at most this many seconds; figures that compare rounds are then unknown [default:
    /// every peer in every round]
    #[arg(long, value_name = "S", env = "SWARMSCOPE_STABLE_EVERY", value_parser = seconds)]
    stable_every: Option<Duration>,
    /// Write the log into this file, as JSON lines; at 16 MiB it becomes FILE.1, and five such are
    /// kept [default: standard error]
    #[arg(long, value_name = "FILE", env = "SWARMSCOPE_LOG_FILE")]
    log_file: Option<PathBuf>,
    #[command(flatten)]
    identity: IdentityOptions,
    #[command(flatten)]
    json: JsonOption,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds
        .filter(|seconds| !seconds.is_zero())
        .ok_or_else(|| "not a valid time; use seconds above 0".into())
}

/// Crawls until its rounds or its time are over, or a signal asks to stop.
///
/// # Errors
/// A file that can't be used, a store that fails.
pub fn run(args: CrawlArgs) -> Result<u8, CliError> {
    let json = args.json.json;
    let log = logging::start_in(logging::Level::Information, args.log_file.as_deref());
    let outcome = log
        .and_then(|()| prepare(args))
        .and_then(|prepared| super::runtime()?.block_on(prepared.run()));
    super::report_json(json, outcome)
}

/// On which network, and what only that one needs.
enum On {
    Overlay(Box<NodeConfig>),
    Dht { seeds: Vec<Seed>, allowed: Vec<Range> },
}

struct Prepared {
    store: Store,
    key: StoreKey,
    on: On,
    settings: Settings,
    metrics: Option<SocketAddr>,
    json: bool,
    /// While it runs, the identities are marked as in use.
    _locks: Vec<Lock>,
}

fn prepare(args: CrawlArgs) -> Result<Prepared, CliError> {
    if args.target.iter().any(|target| target.contains("://")) {
        return dht::prepare(args);
    }
    if args.zone.is_some() || !args.allow_range.is_empty() {
        return Err(CliError::usage(
            "--zone and --allow-range are for crawls of the DHT",
            "omit them, or give a dht:// target",
        ));
    }
    let registry = probes::registry()?;
    let questions = args
        .probe
        .iter()
        .map(|word| super::request::message_id(&registry, word))
        .collect::<Result<Vec<_>, _>>()?;
    let mut targets = args.target.iter().map(|text| target(text)).collect::<Result<Vec<_>, _>>()?;
    targets.extend(args.bootstrap.targets()?);
    need_files(args.concurrency)?;
    let settings = Settings { targets, questions, ..settings(&args, registry.clone())? };
    let identities = identities::resolve(&args.identity)?;
    let (mut store, key, place) = store(&args)?;
    if settings.targets.is_empty() && store.known(Network::Overlay)? == 0 {
        let what = format!("no peer to start from: {place} is empty, and no TARGET is given");
        return Err(CliError::usage(
            what,
            "give a peer as host:port, or a file of peers with --bootstrap",
        ));
    }
    if identities.identities.legacy.is_some() && args.listen.is_none() {
        tracing::warn!(
            "peers of version 17 and older are not asked whom they know: they tell only those who \
             listen (--listen)"
        );
    }
    let config = NodeConfig {
        identities: identities.identities,
        version: args.identity.overlay_version,
        listen: args.listen,
        limits: limits::configured_for(&settings)?,
        ..NodeConfig::default()
    };
    let (metrics, json) = (args.metrics, args.json.json);
    let on = On::Overlay(Box::new(config));
    Ok(Prepared { store, key, on, settings, metrics, json, _locks: identities.locks })
}

/// What is the same on every network.
fn settings(args: &CrawlArgs, registry: Registry) -> Result<Settings, CliError> {
    let opt_out = args.opt_out.as_deref().map(read_opt_out).transpose()?.unwrap_or_default();
    let defaults = Settings::new(registry);
    Ok(Settings {
        every: args.every.unwrap_or(defaults.every),
        stable: args.stable_every,
        frequency: args.every.map(|every| u16::try_from(every.as_secs()).unwrap_or(u16::MAX)),
        rounds: args.rounds,
        lasts: args.lasts,
        concurrency: args.concurrency.into(),
        rate: args.rate,
        zone: args.zone,
        opt_out,
        keep: args.keep_days.map(|days| Duration::from_secs(u64::from(days) * 24 * 3600)),
        max_bytes: args.max_bytes,
        keep_raw: args.keep_raw,
        holder: holder(),
        ..defaults
    })
}

/// The store that is written to, with its key.
fn store(args: &CrawlArgs) -> Result<(Store, StoreKey, Place), CliError> {
    let key = StoreKey::from_file(&key_file(args.store_key.clone())?)?;
    let place = args.store.clone().map_or_else(directories::crawl_store, Ok)?;
    Ok((Store::crawl(&place, &key)?, key, place))
}

/// Names this process in leases: machines share databases, and numbers of processes come again.
fn holder() -> String {
    let host = nix::unistd::gethostname()
        .ok()
        .and_then(|name| name.into_string().ok())
        .unwrap_or_default();
    format!("{host} {} {}", std::process::id(), swarmscope_store::Time::now().0)
}

fn target(text: &str) -> Result<Target, CliError> {
    text.parse()
        .map_err(|error| CliError::usage(format!("TARGET: {error}"), "correct it, or leave it out"))
}

fn read_opt_out(path: &Path) -> Result<OptOut, CliError> {
    const HINT: &str = "--opt-out names a text file with a permid, an address or a network a line, then `until 2027-06-30` \
        if it is not for ever; # for comments";
    let text = files::read_text(path, MAX_OPT_OUT)
        .map_err(|error| CliError::file(path, error).with_hint(HINT))?;
    OptOut::parse(&text).map_err(|(line, what)| {
        CliError::file(path, format!("line {line}: {what}")).with_hint(HINT)
    })
}

/// # Errors
/// This process may not have as many open files as its visits take.
fn need_files(concurrency: u16) -> Result<(), CliError> {
    // A connection that is being closed has its socket still: about as many as are open.
    let (needed, allowed) = (u64::from(concurrency) * 2 + OTHER_FILES, open_files::raise());
    if needed <= allowed {
        return Ok(());
    }
    let fit = allowed.saturating_sub(OTHER_FILES) / 2;
    let what = format!(
        "{concurrency} visits at a time take about {needed} open files, and this process may have \
         {allowed}, enough for {fit}"
    );
    Err(CliError::io(what).with_hint(
        "raise the limit (`ulimit -n`; its hard limit is what counts), or lower --concurrency",
    ))
}

impl Prepared {
    async fn run(self) -> Result<u8, CliError> {
        let mut stopped = stop::Stop::listen()?;
        let (json, limit) = (self.json, self.settings.concurrency);
        let (crawl, progress) =
            Crawling::start(self.store, self.key, self.on, self.settings).await?;
        if let Some(address) = self.metrics {
            let (bound, server) = metrics::serve(address, progress.clone(), limit)
                .await
                .map_err(|error| CliError::io(format!("--metrics {address}: {error}")))?;
            tracing::info!("metrics at http://{bound}/metrics");
            tokio::spawn(server);
        }
        let told = progress.clone();
        let _serving = limits::Serving::start("crawl", move || told.borrow().limits.clone());
        let printed = Arc::new(Printed::to_standard_output(json));
        let live = Live::start(progress, json.then(|| Arc::clone(&printed)), TELL);
        let (mut asked, mut broken) = (None, None);
        let told = |report: &RoundReport| {
            let round = Line::round(report).bytes(json);
            if let Err(error) = round.and_then(|round| printed.part(round)) {
                broken = Some(error);
            }
        };
        let ended = crawl.run(async { asked = Some(stopped.wait().await) }, told).await;
        live.end();
        let ended = ended?;
        let said = match (broken, asked) {
            (Some(error), _) => Err(error),
            (None, Some(_)) => printed.give_up(),
            (None, None) => printed.rest(&mut stopped).await,
        };
        // a reader of words that goes away has what it wanted
        if let Err(error) = said
            && (json || error.kind() != io::ErrorKind::BrokenPipe)
        {
            return Err(error.into());
        }
        Ok(match (ended, asked) {
            (Ended::Stopped, Some(stop::Asked::Interrupt)) => exit::INTERRUPTED,
            _ => 0,
        })
    }
}

/// A crawl of either network.
enum Crawling {
    Overlay(Box<Crawl>),
    Dht(Box<DhtCrawl>),
}

impl Crawling {
    async fn start(
        store: Store,
        key: StoreKey,
        on: On,
        settings: Settings,
    ) -> Result<(Self, watch::Receiver<Progress>), CrawlError> {
        Ok(match on {
            On::Overlay(config) => {
                let (crawl, progress) = Crawl::start(store, key, *config, settings).await?;
                (Self::Overlay(Box::new(crawl)), progress)
            }
            On::Dht { seeds, allowed } => {
                let (crawl, progress) =
                    DhtCrawl::start(store, key, &seeds, allowed, settings).await?;
                (Self::Dht(Box::new(crawl)), progress)
            }
        })
    }

    async fn run(
        self,
        stop: impl Future<Output = ()>,
        report: impl FnMut(&RoundReport),
    ) -> Result<Ended, CrawlError> {
        match self {
            Self::Overlay(crawl) => Box::pin(crawl.run(stop, report)).await,
            Self::Dht(crawl) => Box::pin(crawl.run(stop, report)).await,
        }
    }
}

impl From<CrawlError> for CliError {
    fn from(error: CrawlError) -> Self {
        match error {
            CrawlError::Store(error) => error.into(),
            CrawlError::Node(failure) => failure.into(),
            other @ CrawlError::OtherZone(_) => {
                Self::usage(other.to_string(), "rounds of several zones can't be compared")
            }
            other @ CrawlError::Thread(_) => Self::io(other.to_string()),
        }
    }
}
