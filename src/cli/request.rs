//! `swarmscope request`: one question to one peer, the reply on standard output, the outcome in the
//! exit code.

mod progress;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::case::{CaseFile, KeyOption, keeper::Keeper};
use super::networks::{self, AnyTarget};
use super::options::{self, IdentityOptions};
use super::output::{self, Line};
use super::payload::{Content, Payload};
use super::printed::Printed;
use super::reply::{self, Answered, ReplyFile};
use super::{CliError, identities, key_log, limits, logging, probes, stop};
use progress::Progress;
use swarmscope_facts::messages::danger;
use swarmscope_networks::address::Range;
use swarmscope_peer::crawler::{Acceptance, Recipient, Registry};
use swarmscope_peer::identity::Identities;
use swarmscope_peer::identity::key_file::Lock;
use swarmscope_peer::node::{
    Ask, Direction, Event, Events, Node, NodeConfig, Origin, Target, Transport,
};
use swarmscope_wire::failure::{By, Cause, Failure, Phase};
use swarmscope_wire::{Frequency, MessageId, OverlayVersion, Permid};

/// How long closing may take once the outcome is known.
const GRACE: Duration = Duration::from_secs(1);
/// For ids that no probe is registered for (cli.md).
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// Which of its permids a user has to look for.
const NOT_ALLOWED_HINT: &str = "probably its allow-list: ask its owner to add your permid, which `swarmscope key show` prints \
    (add the FILE of --identity or --legacy-identity if you gave one, or --legacy for --overlay-version 17 and below); \
    otherwise it refuses this request";

#[derive(Args, Debug)]
pub struct RequestArgs {
    /// host:port, permid@host:port to require that identity, bt://host:port, dht://host:port or
    /// dht://ID@host:port
    target: AnyTarget,
    /// Message: a number from 0 to 255, or a name such as natcheck, database or repex; bt://
    /// and dht:// have questions of their own
    message: String,
    /// Text; or @FILE, - for standard input, hex:… for bytes, text:… for literal text,
    /// fields:NAME=VALUE;… for a form
    payload: Option<Payload>,

    /// How often you intend to ask, in seconds; the peer answers 254 to anything sooner
    #[arg(long, value_name = "S", env = "SWARMSCOPE_FREQUENCY", value_parser = frequency)]
    frequency: Option<Frequency>,
    /// Seconds to wait for the whole reply once the request is sent [default: 30, natcheck 200]
    #[arg(long, value_name = "S", env = "SWARMSCOPE_TIMEOUT", value_parser = seconds)]
    timeout: Option<Duration>,
    #[command(flatten)]
    identity: IdentityOptions,
    /// Listen here, so that the peer can dial back with the reply if the connection is lost
    #[arg(long, value_name = "ADDR:PORT", env = "SWARMSCOPE_LISTEN", value_parser = options::listen_address)]
    listen: Option<SocketAddr>,
    /// Write the raw payload of the reply to this file
    #[arg(long, value_name = "FILE", env = "SWARMSCOPE_OUT")]
    out: Option<PathBuf>,
    /// Append the request and its outcome to this case
    #[arg(long, value_name = "FILE", env = "SWARMSCOPE_CASE")]
    case: Option<PathBuf>,
    /// BitTorrent: the torrent for hello and pex, 40 hexadecimal digits
    #[arg(long, value_name = "HEX", env = "SWARMSCOPE_INFOHASH")]
    infohash: Option<String>,
    /// DHT: let a lookup also ask addresses of this non-public range, for example a lab's
    /// 198.18.0.0/15
    #[arg(long, value_name = "RANGE", env = "SWARMSCOPE_ALLOW_RANGE", value_delimiter = ',')]
    allow_range: Vec<Range>,
    #[command(flatten)]
    inflate: options::InflateOption,
    #[command(flatten)]
    json: options::JsonOption,
}

fn frequency(text: &str) -> Result<Frequency, String> {
    text.parse()
        .map(Frequency)
        .map_err(|_| "not a valid frequency; use seconds from 0 to 65535".into())
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    // Above the lifetime of a channel (§4) nothing can arrive.
    seconds
        .filter(|seconds| !seconds.is_zero() && *seconds <= Duration::from_secs(3600))
        .ok_or_else(|| {
            "not a valid time; use seconds above 0, up to 3600, the lifetime of a channel".into()
        })
}

/// Asks, waits, prints, and gives the exit code of cli.md.
///
/// # Errors
/// Everything but a reply.
pub fn run(args: RequestArgs) -> Result<u8, CliError> {
    logging::start(logging::Level::Warnings);
    let json = args.json.json;
    let outcome = match args.target.clone() {
        AnyTarget::Other(target) => {
            other(args, target).and_then(|request| networks::request(&request))
        }
        AnyTarget::Overlay(target) => {
            prepare(args, target).and_then(|request| super::runtime()?.block_on(request.run()))
        }
    };
    super::report_json(json, outcome)
}

/// What a request on BitTorrent or the DHT makes of its options; those of the overlay alone are not
/// passed over in silence.
fn other(
    args: RequestArgs,
    target: swarmscope_networks::target::Target,
) -> Result<networks::Request, CliError> {
    if args.frequency.is_some() {
        return Err(CliError::usage(
            "--frequency applies to the overlay only",
            format!("omit it for {target}"),
        ));
    }
    let key = KeyOption::new(args.identity.identity);
    Ok(networks::Request {
        target,
        message: args.message,
        argument: args.payload,
        infohash: args.infohash,
        timeout: args.timeout,
        allowed: args.allow_range,
        json: args.json.json,
        case: args.case.map(|path| (path, key)),
        out: args.out,
    })
}

/// Everything that can be wrong on this side is found before the peer hears of us.
fn prepare(args: RequestArgs, target: Target) -> Result<Request, CliError> {
    args.inflate.set();
    let registry = probes::registry()?;
    let message = message_id(&registry, &args.message)?;
    let payload = args.payload.map(|payload| payload.read(registry.get(message))).transpose()?;
    let out = args.out.map(ReplyFile::create).transpose()?;
    let case = args
        .case
        .map(|path| CaseFile::open(&path, &KeyOption::new(args.identity.identity.clone())))
        .transpose()?;
    let identities = identities::resolve(&args.identity)?;
    let permids = permids(&identities.identities);
    let kept = case.map(|file| Kept {
        file,
        keeper: Keeper::new(registry.clone(), permids, None).asking(message),
        failed: None,
    });
    let probe = registry.get(message);
    let key_log = key_log::from_environment()?;
    key_log::warn(key_log.as_ref());
    Ok(Request {
        message,
        payload,
        frequency: args
            .frequency
            .or(probe.map(|probe| probe.default_frequency()))
            .unwrap_or(Frequency::DEFAULT),
        timeout: args.timeout.or(probe.map(|probe| probe.timeout())).unwrap_or(DEFAULT_TIMEOUT),
        wait_for_dial_back: args.listen.is_some(),
        pinned: target.permid.is_some(),
        target,
        json: args.json.json,
        out,
        kept,
        config: NodeConfig {
            version: args.identity.overlay_version,
            identities: identities.identities,
            listen: args.listen,
            registry,
            key_log,
            limits: limits::configured()?,
            ..NodeConfig::default()
        },
        _locks: identities.locks,
    })
}

pub fn message_id(registry: &Registry, word: &str) -> Result<MessageId, CliError> {
    registry.find(word).ok_or_else(|| {
        let of_protocol = MessageId::NAMED.iter().map(|(id, _)| *id);
        let ids: BTreeSet<MessageId> =
            of_protocol.chain(registry.iter().map(|probe| probe.id())).collect();
        let names: Vec<String> = ids
            .into_iter()
            .map(|id| format!("{id} {}", registry.label(id).to_lowercase()))
            .collect();
        CliError::usage(
            format!("MESSAGE: {word:?} is not a message id"),
            format!("use a number from 0 to 255, or one of: {}", names.join(", ")),
        )
    })
}

struct Request {
    config: NodeConfig,
    target: Target,
    pinned: bool,
    message: MessageId,
    payload: Option<Content>,
    frequency: Frequency,
    timeout: Duration,
    wait_for_dial_back: bool,
    json: bool,
    out: Option<ReplyFile>,
    kept: Option<Kept>,
    /// While it runs, the identities are marked as in use.
    _locks: Vec<Lock>,
}

/// The case that the conversation is kept in.
struct Kept {
    file: CaseFile,
    keeper: Keeper,
    /// Why nothing more is kept. The conversation goes on: to ask again would meet 254.
    failed: Option<CliError>,
}

impl Kept {
    fn event(&mut self, event: &Event) {
        if self.failed.is_none() {
            self.failed = self.keeper.event(event, &mut self.file, |draft| draft).err();
        }
    }

    /// Closes it once the outcome is known.
    fn close(
        mut self,
        message: MessageId,
        outcome: &Result<Answered, CliError>,
    ) -> Result<(), CliError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        if let Err(CliError::Failure { failure, .. }) = outcome {
            self.keeper.ended(&mut self.file, message, failure)?;
        }
        self.file.close()
    }
}

/// Who we are, for the case: the permid of each version that is spoken.
fn permids(identities: &Identities) -> String {
    let current = identities.current.as_ref().map(|key| key.permid().to_string());
    let legacy = identities.legacy.as_ref().map(|key| key.permid().to_string());
    current.into_iter().chain(legacy).collect::<Vec<_>>().join(" ")
}

impl Request {
    async fn run(mut self) -> Result<u8, CliError> {
        let mut stop = stop::Stop::listen()?;
        let (node, mut events) = Node::start(self.config.clone()).await?;
        node.connect(self.target.clone());
        let mut progress = Progress::default();
        let mut kept = self.kept.take();
        let outcome = tokio::select! {
            outcome = self.converse(&node, &mut events, &mut progress, &mut kept) => Some(outcome),
            _ = stop.wait() => None,
        };
        node.shutdown(GRACE).await;
        let outcome = outcome.unwrap_or_else(|| {
            // it may have been sent before the signal came
            for event in std::iter::from_fn(|| events.try_recv().ok()) {
                if let (Some(kept), Event::Sent { .. }) = (&mut kept, &event) {
                    kept.event(&event);
                }
                progress.observe(&event);
            }
            Err(progress.interrupted().into())
        });
        let closed = kept.map_or(Ok(()), |kept| kept.close(self.message, &outcome));
        let outcome = outcome.map_err(|error| progress.accepts(error));
        if let (Err(_), Err(error)) = (&outcome, &closed) {
            let _ = error.report(&[]);
        }
        let answered = match outcome {
            Ok(answered) => answered,
            Err(error) => {
                return Err(networks::explained(self.located(error, &progress), &self.target).await);
            }
        };
        let presented =
            reply::present(&answered, &self.config.registry, self.json, self.out.take())?;
        Printed::to_standard_output(self.json).last(presented.printed, &mut stop).await?;
        if let Some(hint) = presented.hint {
            output::say(format_args!("hint: {hint}"));
        }
        presented.written?;
        closed.map(|()| presented.exit)
    }

    /// Names the peer. Resolving and connecting name their address themselves.
    fn located(&self, error: CliError, progress: &Progress) -> CliError {
        let CliError::Failure { mut failure, hint, acceptance } = error else { return error };
        if !matches!(failure.phase(), Phase::Local | Phase::Resolve | Phase::Tcp) {
            let who = progress
                .connected
                .map(|permid| format!(" ({})", permid.short()))
                .unwrap_or_default();
            let separator = if failure.detail.is_empty() { "" } else { ": " };
            failure.detail = format!("{}{who}{separator}{}", self.target, failure.detail);
        }
        let hint =
            if failure.cause == Cause::ClosedWithoutReply { Some(NOT_ALLOWED_HINT) } else { hint };
        CliError::Failure { failure, hint, acceptance }
    }

    async fn converse(
        &self,
        node: &Node,
        events: &mut Events,
        progress: &mut Progress,
        kept: &mut Option<Kept>,
    ) -> Result<Answered, CliError> {
        while let Some(event) = events.recv().await {
            if let Some(kept) = kept {
                kept.event(&event);
            }
            progress.observe(&event);
            match event {
                Event::Connecting { phase, detail, .. } => {
                    tracing::debug!("{}: {detail}", phase.name());
                }
                Event::ConnectFailed { failure, .. } if progress.ticket.is_none() => {
                    return Err(failure.into());
                }
                Event::Connected {
                    permid,
                    version,
                    transport,
                    rtt,
                    direction: Direction::Outgoing,
                    ..
                } if progress.ticket.is_none() => {
                    progress.connected = Some(permid);
                    self.connected(permid, version, transport, rtt)?;
                    let ask = self.ask(permid, version)?;
                    if let Some(danger) = danger(ask.message, Some(version), &ask.payload) {
                        self.warn(danger)?;
                    }
                    progress.ticket = Some(node.request(ask));
                }
                Event::Part { ticket, index, parts_left, payload, after, .. }
                    if self.json && progress.ticket == Some(ticket) =>
                {
                    let at_ms = output::milliseconds(after);
                    Line::Part { index, bytes: payload.len(), parts_left: parts_left.0, at_ms }
                        .print()?;
                }
                Event::Reply(reply) if progress.ticket == Some(reply.ticket) => {
                    let sent = progress.sent.as_ref();
                    let acceptance =
                        sent.map_or(Acceptance::Unknown, |sent| sent.replied(reply.error));
                    return Ok(Answered { reply, acceptance });
                }
                Event::RequestFailed { ticket, failure, .. } if progress.ticket == Some(ticket) => {
                    return Err(failure.into());
                }
                Event::AwaitingDialBack { ticket, .. } if progress.ticket == Some(ticket) => {
                    tracing::warn!("connection lost; waiting for the peer to dial back");
                }
                other => tracing::debug!("{other:?}"),
            }
        }
        Err(Failure::new(Cause::Stopped, By::Us, "the node has ended").into())
    }

    fn connected(
        &self,
        permid: Permid,
        version: OverlayVersion,
        transport: Transport,
        rtt: Duration,
    ) -> Result<(), CliError> {
        if transport == Transport::Legacy && !self.pinned {
            tracing::warn!(
                "{}: version {version} is not encrypted and no permid was given, so the peer that answered could relay \
                 our authentication to another peer; use permid@host:port to connect only to the peer you mean",
                permid.short()
            );
        }
        if self.json {
            let rtt_ms = output::milliseconds(rtt);
            Line::Connected {
                permid,
                version: version.0,
                transport: output::transport_name(transport),
                rtt_ms,
            }
            .print()?;
        }
        Ok(())
    }

    fn warn(&self, text: &'static str) -> Result<(), CliError> {
        tracing::warn!("{text}");
        if self.json {
            Line::Warning { text }.print()?;
        }
        Ok(())
    }

    fn ask(&self, to: Permid, version: OverlayVersion) -> Result<Ask, CliError> {
        let peer = Recipient { permid: Some(to), version };
        let probe = self.config.registry.get(self.message);
        let payload = match &self.payload {
            Some(content) => content.bytes(&peer)?,
            None => probe.map(|probe| probe.initiate(&peer)).unwrap_or_default(),
        };
        Ok(Ask {
            to,
            message: self.message,
            frequency: self.frequency,
            payload,
            timeout: self.timeout,
            origin: Origin::Operator,
            wait_for_dial_back: self.wait_for_dial_back,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_more_than_nothing_and_at_most_a_channels_life() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        assert_eq!(seconds("3600"), Ok(Duration::from_secs(3600)));
        for wrong in ["0", "-1", "3601", "NaN", "inf", "soon", ""] {
            assert!(seconds(wrong).is_err(), "{wrong:?}");
        }
    }
}
