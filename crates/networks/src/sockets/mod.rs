//! The sockets under the machines. Everything that needs a clock, a socket or the system's
//! randomness is here.
#![allow(clippy::disallowed_methods, reason = "sockets, timers and seeds live here")]

mod deadline;
mod dht;
mod lookup;
mod outside;
mod peer;
mod question;
mod reach;
mod rendezvous;
mod stream;
mod udp;
mod watched;

#[cfg(test)]
mod tests;

pub use dht::{NodeAnswer, Strays, ask};
pub use lookup::{LookupOutcome, look_up};
pub use outside::outside;
pub use peer::{PeerAnswer, Turn, Wanted, converse};
pub use question::{Part, Reply, Settings, Told, question, shown_code};
pub use reach::{Timings, reach};
pub use rendezvous::{Meeting, meet};
pub use udp::Socket;

pub use crate::outside::Outside;

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use swarmscope_peer::crawler::Target as Place;
use swarmscope_wire::failure::{By, Cause, Failure};
use tokio::net::lookup_host;
use tokio::time::timeout;

use crate::random::Random;

/// How long a name server may take.
const RESOLVE: Duration = Duration::from_secs(5);

/// The address of a place: the first that its name has.
///
/// # Errors
/// [`Cause::NotFound`].
pub async fn resolve(place: &Place) -> Result<SocketAddr, Failure> {
    let not_found =
        |why: String| Failure::new(Cause::NotFound, By::Network, format!("{}: {why}", place.host));
    let found = timeout(RESOLVE, lookup_host((place.host.as_str(), place.port)))
        .await
        .map_err(|_| not_found(format!("no answer in {} s", RESOLVE.as_secs())))?
        .map_err(|error| not_found(error.to_string()))?;
    found.into_iter().next().ok_or_else(|| not_found("no address".into()))
}

/// Randomness of the operating system for ids that nobody should guess.
///
/// # Errors
/// The system has none.
pub fn random() -> Result<Random, Failure> {
    let mut seed = [0; 8];
    getrandom::fill(&mut seed)
        .map_err(|error| Failure::new(Cause::Io, By::Us, format!("random numbers: {error}")))?;
    Ok(Random::new(u64::from_le_bytes(seed)))
}

/// Why a connection attempt failed, in the system's word.
fn connect_cause(error: &io::Error) -> Cause {
    match error.kind() {
        ErrorKind::ConnectionRefused => Cause::TcpRefused,
        ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::AddrNotAvailable => Cause::TcpUnreachable,
        ErrorKind::TimedOut => Cause::TcpTimeout,
        _ => Cause::TcpOther,
    }
}
