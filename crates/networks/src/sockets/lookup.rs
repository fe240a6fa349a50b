//! A lookup over a real socket.

use std::net::SocketAddr;
use std::time::Duration;

use swarmscope_wire::failure::Failure;
use swarmscope_wire::krpc::{NodeId, Question, Target, Want};
use tokio::time::{Instant, sleep_until};

use super::dht::config;
use super::udp::Socket;
use crate::dht::asker::Event;
use crate::dht::lookup::{Ended, Hop, Lookup, LookupConfig, LookupTally, Token};
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
    let find = |target| Question::FindNode { target, want: Want::default() };
    let begun = Instant::now();
    let on_hop = |hop: &Hop, sums: &LookupTally| on_hop(hop, sums, begun.elapsed());
    Ok(run(seeds, target, rate, settings, find, |_| {}, on_hop).await?.0)
}

/// The same with `question` for `target`, of which `on_answer` hears; gives the socket back.
pub(super) async fn run(
    seeds: &[(SocketAddr, Option<NodeId>)],
    target: Target,
    rate: u32,
    mut settings: LookupConfig,
    question: impl Fn(Target) -> Question,
    mut on_answer: impl FnMut(&Event<Token>),
    mut on_hop: impl FnMut(&Hop, &LookupTally),
) -> Result<(LookupOutcome, Socket<Token>), Failure> {
    let begun = Instant::now();
    let like = seeds.first().map_or_else(|| ([0, 0, 0, 0], 0).into(), |(address, _)| *address);
    settings
        .policy
        .allowed
        .extend(seeds.iter().map(|(address, _)| crate::address::Range::single(address.ip())));
    let mut socket = Socket::to_many(like, config(rate)?).await?;
    let mut lookup = Lookup::new(target, settings, seeds, begun.into_std());
    while lookup.ended().is_none() {
        let now = Instant::now().into_std();
        while let Some(ask) = lookup.next_query(now) {
            socket.ask(ask.to, question(ask.target), ask.token);
        }
        tokio::select! {
            event = socket.next_event() => match event {
                Some(event) => {
                    on_answer(&event);
                    if let Some(hop) = lookup.hear(event, Instant::now().into_std()) {
                        on_hop(&hop, &lookup.tally());
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
