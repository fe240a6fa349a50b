//! A lookup over a real socket.

use std::net::SocketAddr;
use std::time::Duration;

use swarmscope_wire::failure::Failure;
use swarmscope_wire::krpc::{NodeId, Question, Target, Want};
use tokio::time::{Instant, sleep_until};

use super::dht::config;
use super::udp::Socket;
use super::watched::{Heard, Watched};
use crate::dht::asker::{AskerConfig, Event};
use crate::dht::lookup::{Ask, Ended, Hop, Lookup, LookupConfig, LookupTally, Token};
use crate::dht::transactions::Tally;

/// What a lookup found.
#[derive(Clone, PartialEq, Debug)]
pub struct LookupOutcome {
    /// Why it ended.
    pub ended: Ended,
    /// The closest that answered, closest first.
    pub closest: Vec<Hop>,
    /// Its sums.
    pub tally: LookupTally,
    /// The sums of its socket.
    pub queries: Tally,
    /// From its beginning to its end.
    pub took: Duration,
}

/// Looks for the nodes closest to `target`, beginning with `seeds`, which may be asked whatever the
/// policy says. `on_hop` hears of each answer as it comes, with the sums up to then.
///
/// # Errors
/// There is no socket.
pub async fn look_up(
    seeds: &[(SocketAddr, Option<NodeId>)],
    target: Target,
    rate: u32,
    settings: LookupConfig,
    mut on_hop: impl FnMut(&Hop, &LookupTally, Duration),
) -> Result<LookupOutcome, Failure> {
    let begun = Instant::now();
    let socket = socket(seeds, config(rate)?).await?;
    let on_step = |step: Step<'_>| {
        if let Step::Hop(hop, sums) = step {
            on_hop(hop, sums, begun.elapsed());
        }
    };
    Ok(run(socket, seeds, target, settings, find, on_step).await?.0)
}

/// The same; `tell` hears of each query, too, as a question of its own.
pub(super) async fn look_up_watched(
    seeds: &[(SocketAddr, Option<NodeId>)],
    target: Target,
    rate: u32,
    settings: LookupConfig,
    tell: impl FnMut(Heard<'_>),
) -> Result<LookupOutcome, Failure> {
    let config = config(rate)?;
    let socket = socket(seeds, config).await?.watched();
    let mut watched = Watched::new(config.id.0, tell);
    let on_step = |step: Step<'_>| match step {
        Step::Asked(ask) => watched.asked(ask),
        Step::Event(event) => watched.heard(event),
        Step::Hop(hop, sums) => watched.hop(hop, sums),
    };
    let outcome = run(socket, seeds, target, settings, find, on_step).await?.0;
    watched.end();
    Ok(outcome)
}

/// What happens while a lookup runs.
pub(super) enum Step<'a> {
    /// It wants this asked.
    Asked(&'a Ask),
    /// Its socket tells.
    Event(&'a Event<Token>),
    /// A node answered; the sums up to then.
    Hop(&'a Hop, &'a LookupTally),
}

fn find(target: Target) -> Question {
    Question::FindNode { target, want: Want::default() }
}

/// A socket of the family of the first seed.
pub(super) async fn socket(
    seeds: &[(SocketAddr, Option<NodeId>)],
    config: AskerConfig,
) -> Result<Socket<Token>, Failure> {
    let like = seeds.first().map_or_else(|| ([0, 0, 0, 0], 0).into(), |(address, _)| *address);
    Socket::to_many(like, config).await
}

/// Looks over `socket` with `question` for `target`; gives the socket back.
pub(super) async fn run(
    mut socket: Socket<Token>,
    seeds: &[(SocketAddr, Option<NodeId>)],
    target: Target,
    mut settings: LookupConfig,
    question: impl Fn(Target) -> Question,
    mut on_step: impl FnMut(Step<'_>),
) -> Result<(LookupOutcome, Socket<Token>), Failure> {
    let begun = Instant::now();
    settings
        .policy
        .allowed
        .extend(seeds.iter().map(|(address, _)| crate::address::Range::single(address.ip())));
    let mut lookup = Lookup::new(target, settings, seeds, begun.into_std());
    while lookup.ended().is_none() {
        let now = Instant::now().into_std();
        while let Some(ask) = lookup.next_query(now) {
            on_step(Step::Asked(&ask));
            socket.ask(ask.to, question(ask.target), ask.token);
        }
        tokio::select! {
            event = socket.next_event() => match event {
                Some(event) => {
                    on_step(Step::Event(&event));
                    if let Some(hop) = lookup.hear(event, Instant::now().into_std()) {
                        on_step(Step::Hop(&hop, &lookup.tally()));
                    }
                }
                None => break,
            },
            () = sleep_until(Instant::from_std(lookup.deadline())) => {}
        }
    }
    lookup.stop(); // where nothing was left to wait for
    let outcome = LookupOutcome {
        ended: lookup.ended().unwrap_or(Ended::Stopped),
        closest: lookup.closest(),
        tally: lookup.tally(),
        queries: socket.tally(),
        took: begun.elapsed(),
    };
    Ok((outcome, socket))
}
