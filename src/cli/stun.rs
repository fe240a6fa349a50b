//! `swarmscope stun`: an RFC 5780 server on two addresses and two ports, for labs and for peers to
//! test their NAT against.

use std::net::SocketAddr;

use clap::Args;

use super::options::{self, JsonOption};
use super::output::Line;
use super::{CliError, logging, stop};
use swarmscope_probes::nat::StunServer;
use swarmscope_probes::nat::server::StunServerError;

#[derive(Args, Debug)]
pub struct StunArgs {
    /// The address and port for clients; port 0 picks a free port
    #[arg(long, value_name = "ADDR:PORT", env = "SWARMSCOPE_LISTEN", value_parser = options::listen_address)]
    listen: SocketAddr,
    /// A second address of this machine with a second port; both ports are used on both addresses
    #[arg(long, value_name = "ADDR:PORT", env = "SWARMSCOPE_ALTERNATE", value_parser = options::listen_address)]
    alternate: SocketAddr,
    #[command(flatten)]
    json: JsonOption,
}

/// Serves until a signal asks to stop.
///
/// # Errors
/// Addresses or ports that don't differ, or that can't be bound.
pub fn run(args: &StunArgs) -> Result<u8, CliError> {
    logging::start(logging::Level::Information);
    let outcome = super::runtime()?.block_on(serve(args));
    super::report_json(args.json.json, outcome)
}

async fn serve(args: &StunArgs) -> Result<u8, CliError> {
    let mut stop = stop::Stop::listen()?;
    let server = StunServer::start(args.listen, args.alternate).await?;
    let (addr, alternate) = (server.listen(), server.alternate());
    if args.json.json {
        Line::StunListening { addr, alternate }.print()?;
    }
    tracing::info!("serving STUN on {addr}, alternate address {alternate}");
    let asked = stop.wait().await;
    let counts = server.counts();
    tracing::info!(
        "{} requests answered, {} rate-limited, {} datagrams that were not requests",
        counts.answered,
        counts.limited,
        counts.dropped
    );
    Ok(asked.exit_code())
}

impl From<StunServerError> for CliError {
    fn from(error: StunServerError) -> Self {
        const BOTH: &str = "use two addresses of this machine, of one family, with two ports: \
            --listen 127.0.0.1:3478 --alternate 127.0.0.2:3479";
        match error {
            StunServerError::Bind(..) => Self::io(error.to_string())
                .with_hint("choose free ports, on two addresses of this machine, with --listen and --alternate"),
            _ => Self::usage(format!("--listen and --alternate: {error}"), BOTH),
        }
    }
}
