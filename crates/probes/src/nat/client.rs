//! Runs a [`Discovery`] over real sockets.
#![allow(
    clippy::disallowed_methods,
    reason = "drivers own the clock, the sockets and the randomness"
)]

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures_util::future::join_all;

use super::discovery::{Discovery, MAX_SERVERS, Plan, Received, SocketId, Transmit};
use super::report::NatReport;
use super::stun::MAX_DATAGRAM;
use super::udp::{Sockets, bind_towards};

/// How long a server's name may take to resolve.
const RESOLVING: Duration = Duration::from_secs(10);

/// What to measure, and with whose help.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Settings {
    /// STUN servers as `host:port`, in the order of preference; at most [`MAX_SERVERS`] are used.
    pub servers: Vec<String>,
    /// The rungs of the lifetime test; empty: not measured. The original's are [`ladder`].
    pub ladder: Vec<Duration>,
}

/// The original's ladder: 25 to 145 s.
#[must_use]
pub fn ladder() -> Vec<Duration> {
    super::discovery::LADDER.map(Duration::from_secs).to_vec()
}

/// Why nothing could be measured at all.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NatError {
    /// No server was named.
    #[error("no STUN server is configured: add one with --stun HOST:PORT")]
    NoServers,
    /// No server's name has an address; the particulars.
    #[error("no STUN server's name could be resolved ({0}): check the names and the name server")]
    Resolve(String),
    /// No socket could be opened; the particulars.
    #[error(
        "no UDP socket could be opened ({0}): check the limits and the network of this machine"
    )]
    Socket(String),
    /// The operating system has no randomness.
    #[error("the operating system returned no random numbers")]
    Randomness,
    /// The test was given up.
    #[error("the test was stopped before its end")]
    Stopped,
}

/// Measures: 5 to 10 s without losses, at most 150 s (and the ladder's last rung and 60 s where
/// there is one). Needs a tokio runtime. Cancelled by dropping it.
///
/// # Errors
/// No servers, or nothing that could be sent from. A network that lets nothing through is no error
/// but a report.
pub async fn measure(settings: &Settings) -> Result<NatReport, NatError> {
    let servers = resolve_all(&settings.servers).await?;
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|_| NatError::Randomness)?;
    let plan = Plan { servers, ladder: settings.ladder.clone() };
    Client::new(Discovery::new(plan, seed, now()))
        .run()
        .await
        .map_err(|error| NatError::Socket(error.to_string()))
}

/// Virtual in tests that stop tokio's clock.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// The servers that have an address; of several, an IPv4 one, because that is where NATs are.
async fn resolve_all(servers: &[String]) -> Result<Vec<SocketAddr>, NatError> {
    let mut failed = Vec::new();
    let mut found = Vec::new();
    let names = servers.iter().take(MAX_SERVERS);
    for (name, resolved) in names.clone().zip(join_all(names.map(|name| resolve(name))).await) {
        match resolved {
            Ok(address) => found.push(address),
            Err(error) => failed.push(format!("{name}: {error}")),
        }
    }
    if !failed.is_empty() {
        tracing::warn!(
            "{} of {} STUN servers have no address and are not asked",
            failed.len(),
            servers.len()
        );
        tracing::debug!("STUN servers without an address: {failed:?}");
    }
    match (found.is_empty(), failed.is_empty()) {
        (true, true) => Err(NatError::NoServers),
        (true, false) => Err(NatError::Resolve(failed.join(", "))),
        _ => Ok(found),
    }
}

async fn resolve(server: &str) -> io::Result<SocketAddr> {
    let lookup = tokio::time::timeout(RESOLVING, tokio::net::lookup_host(server)).await;
    let addresses: Vec<SocketAddr> =
        lookup.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??.collect();
    let preferred = addresses.iter().find(|address| address.is_ipv4()).or(addresses.first());
    preferred.copied().ok_or_else(|| io::Error::other("no address"))
}

struct Client {
    discovery: Discovery,
    sockets: Sockets,
    /// The id and the own address of the socket at each place.
    opened: Vec<(SocketId, SocketAddr)>,
}

impl Client {
    fn new(discovery: Discovery) -> Self {
        Self { discovery, sockets: Sockets::default(), opened: Vec::new() }
    }

    async fn run(mut self) -> io::Result<NatReport> {
        // one byte more than a message may have, so that a longer one is noticed
        let mut buffer = [0; MAX_DATAGRAM + 1];
        loop {
            while let Some(transmit) = self.discovery.poll_transmit() {
                self.transmit(transmit).await?;
            }
            if let Some(report) = self.discovery.report() {
                return Ok(*report);
            }
            let deadline = self.discovery.next_deadline().unwrap_or_else(now);
            tokio::select! {
                biased;
                () = tokio::time::sleep_until(deadline.into()) => self.discovery.handle_timeout(now()),
                (place, received) = self.sockets.receive(&mut buffer) => self.received(place, received, &buffer),
            }
        }
    }

    async fn transmit(&mut self, transmit: Transmit) -> io::Result<()> {
        let place = self.open(transmit.socket, transmit.to).await?;
        if let Some(socket) = self.sockets.get(place)
            && let Err(error) = socket.send_to(&transmit.datagram, transmit.to).await
        {
            tracing::debug!("a STUN request to {} was not sent: {error}", transmit.to);
            self.discovery.unsent();
        }
        Ok(())
    }

    /// The socket's place; it is bound when it is first needed.
    async fn open(&mut self, id: SocketId, to: SocketAddr) -> io::Result<usize> {
        if let Some(place) = self.opened.iter().position(|(opened, _)| *opened == id) {
            return Ok(place);
        }
        let socket = bind_towards(to).await?;
        self.opened.push((id, socket.local_addr()?));
        Ok(self.sockets.add(socket))
    }

    fn received(&mut self, place: usize, received: io::Result<(usize, SocketAddr)>, buffer: &[u8]) {
        match (received, self.opened.get(place)) {
            (Ok((length, from)), Some(&(socket, local))) => {
                let datagram = &buffer[..length];
                self.discovery.receive(Received { socket, local, from, datagram }, now());
            }
            // an ICMP error to an earlier datagram; the schedules take care of what it means
            (Err(error), _) => tracing::debug!("a STUN socket reports: {error}"),
            (Ok(_), None) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nat::axis::{Axis, Hairpin};
    use crate::nat::report::LegacyType;
    use crate::nat::server::StunServer;

    async fn server() -> StunServer {
        StunServer::start("127.0.0.1:0".parse().unwrap(), "127.0.0.2:0".parse().unwrap())
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn loopback_is_the_open_internet() {
        let server = server().await;
        let settings = Settings { servers: vec![server.listen().to_string()], ladder: Vec::new() };
        let report = measure(&settings).await.unwrap();
        assert_eq!(report.legacy_type(), LegacyType::OpenInternet, "{report:?}");
        assert_eq!(report.external, report.internal);
        assert_eq!(report.hairpin, Axis::<Hairpin>::NotMeasured);
        assert!(report.took < Duration::from_secs(5));
        assert!(server.counts().answered > 0);
    }

    #[tokio::test]
    async fn names_resolve_and_a_bad_one_is_passed_over() {
        let server = server().await;
        let local = format!("localhost:{}", server.listen().port());
        let settings =
            Settings { servers: vec!["nobody.invalid:3478".into(), local], ladder: Vec::new() };
        let report = measure(&settings).await.unwrap();
        assert_eq!(report.server.map(|server| server.ip()), Some([127, 0, 0, 1].into()));
    }

    #[tokio::test]
    async fn without_servers_nothing_is_measured() {
        assert_eq!(measure(&Settings::default()).await, Err(NatError::NoServers));
        let settings = Settings { servers: vec!["no port".into()], ladder: Vec::new() };
        assert!(matches!(measure(&settings).await, Err(NatError::Resolve(_))));
    }

    /// The lifetime test against a real server, with rungs of fractions of a second: nothing
    /// between forgets anything.
    #[tokio::test]
    async fn the_ladder_runs_over_real_sockets() {
        let server = server().await;
        let ladder: Vec<Duration> = [100, 300].map(Duration::from_millis).to_vec();
        let settings =
            Settings { servers: vec![server.listen().to_string()], ladder: ladder.clone() };
        let report = measure(&settings).await.unwrap();
        let lifetime = report.lifetime.known().copied();
        assert_eq!(
            lifetime.map(|lifetime| (lifetime.alive, lifetime.gone)),
            Some((ladder[1], None)),
            "{report:?}"
        );
    }
}
