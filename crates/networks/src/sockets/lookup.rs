//! A lookup over a real socket.

use std::net::SocketAddr;
use std::time::Duration;

use swarmscope_wire::failure::Failure;
use swarmscope_wire::krpc::{NodeId, Question, Target, Want};
use tokio::time::{Instant, sleep_until};

use super::dht::config;
use super::udp::Socket;
use crate::dht::asker::Event;
use crate::dht::lookup::{Ended, Hop, Lookup, LookupConfig, LookupTally};
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
/// policy says. `on_hop` hears of each answer as it comes.
///
/// # Errors
/// There is no socket.
pub async fn look_up(
    seeds: &[(SocketAddr, Option<NodeId>)],
    target: Target,
    rate: u32,
    mut settings: LookupConfig,
    mut on_hop: impl FnMut(&Hop, Duration),
) -> Result<LookupOutcome, Failure> {
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
            let question = Question::FindNode { target: ask.target, want: Want::default() };
            socket.ask(ask.to, question, ask.token);
        }
        tokio::select! {
            event = socket.next_event() => match event {
                Some(event) => hear(&mut lookup, event, &mut |hop| on_hop(hop, begun.elapsed())),
                None => break,
            },
            () = sleep_until(Instant::from_std(lookup.deadline())) => {}
        }
    }
    lookup.stop(); // where nothing was left to wait for
    Ok(LookupOutcome {
        ended: lookup.ended().unwrap_or(Ended::Stopped),
        closest: lookup.closest(),
        tally: lookup.tally(),
        queries: socket.tally(),
        took: begun.elapsed(),
    })
}

fn hear(
    lookup: &mut Lookup,
    event: Event<crate::dht::lookup::Token>,
    on_hop: &mut dyn FnMut(&Hop),
) {
    if let Some(hop) = lookup.hear(event, Instant::now().into_std()) {
        on_hop(&hop);
    }
}
