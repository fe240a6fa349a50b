//! `--rendezvous NAME`: peers that know a name find each other on the DHT.

use std::time::Duration;

use clap::Args;
use swarmscope_networks::address::{Policy, Range};
use swarmscope_networks::rendezvous;
use swarmscope_networks::sockets::{self, Meeting};
use swarmscope_peer::crawler::Source;
use swarmscope_peer::node::{Node, Target};

use super::CliError;
use super::output::Line;

/// How soon it is tried again where no node answered.
const SOON: Duration = Duration::from_secs(60);

/// Where others of the same name are looked for.
#[derive(Args, Clone, Debug)]
pub struct RendezvousOptions {
    /// Find peers that were given the same name, and be found by them: announces the port of --listen
    /// on the Mainline DHT under a key that follows from the name; needs --dht-bootstrap
    #[arg(long, value_name = "NAME", env = "SWARMSCOPE_RENDEZVOUS")]
    rendezvous: Option<String>,
    /// Nodes of the DHT to begin with
    #[arg(long, value_name = "HOST:PORT", env = "SWARMSCOPE_DHT_BOOTSTRAP", value_delimiter = ',')]
    dht_bootstrap: Vec<Target>,
    /// Also ask nodes and dial peers of this non-public range, for example a lab's 198.18.0.0/15
    #[arg(long, value_name = "RANGE", env = "SWARMSCOPE_ALLOW_RANGE", value_delimiter = ',')]
    allow_range: Vec<Range>,
}

impl RendezvousOptions {
    /// # Errors
    /// There is a name, and nobody to ask.
    pub fn check(&self) -> Result<(), CliError> {
        if self.rendezvous.is_some() && self.dht_bootstrap.is_empty() {
            return Err(CliError::usage(
                "--rendezvous: no node of the DHT to begin with",
                "name some with --dht-bootstrap HOST:PORT,…; nobody else is asked",
            ));
        }
        Ok(())
    }

    /// Meets others again and again; without a name, never. `told` hears of each meeting.
    #[allow(clippy::disallowed_methods, reason = "waits for the next meeting")]
    pub async fn run(self, node: Node, told: impl Fn(&Line<'_>)) {
        let Some(name) = &self.rendezvous else { return std::future::pending().await };
        let (key, policy) = (
            rendezvous::key(name),
            Policy { allowed: self.allow_range.clone(), ..Policy::default() },
        );
        let port = node.listening().map(|address| address.port());
        loop {
            let found = match self.seeds().await {
                Ok(seeds) => {
                    sockets::meet(&seeds, key, port, &policy).await.map_err(CliError::from)
                }
                Err(error) => Err(error),
            };
            let wait = match found {
                Ok(meeting) => {
                    tell(&meeting, &told);
                    for address in &meeting.others {
                        let (host, port) = (address.ip().to_string(), address.port());
                        node.try_address(Target { host, port, permid: None }, Source::Dht);
                    }
                    if meeting.answered == 0 { SOON } else { rendezvous::AGAIN }
                }
                Err(error) => {
                    tracing::warn!("rendezvous: {error}");
                    SOON
                }
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// The nodes to begin with, of the family of the first; names are looked up anew each time.
    async fn seeds(
        &self,
    ) -> Result<Vec<(std::net::SocketAddr, Option<swarmscope_wire::krpc::NodeId>)>, CliError> {
        let mut found: Vec<(std::net::SocketAddr, _)> = Vec::new();
        let mut last = None;
        for node in &self.dht_bootstrap {
            match sockets::resolve(node).await {
                Ok(address) => {
                    if found.first().is_none_or(|(first, _)| first.is_ipv4() == address.is_ipv4()) {
                        found.push((address, None));
                    }
                }
                Err(failure) => last = Some(failure),
            }
        }
        match last {
            Some(failure) if found.is_empty() => Err(failure.into()),
            _ => Ok(found),
        }
    }
}

fn tell(meeting: &Meeting, told: &impl Fn(&Line<'_>)) {
    let Meeting { others, left_out, answered, announced } = meeting;
    tracing::info!(
        "rendezvous: {answered} nodes of the DHT answered, {announced} hold our announcement; they \
         name {} other addresses, which are dialled{}",
        others.len(),
        if *left_out > 0 { format!("; {left_out} are left out") } else { String::new() }
    );
    told(&Line::Rendezvous {
        answered: *answered,
        announced: *announced,
        others: others.len(),
        left_out: *left_out,
    });
}
