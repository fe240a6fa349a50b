//! `swarmscope nat`: measures once the NAT that this process is behind, and prints NATCHECK's reply
//! in base64. Not for people: it is what `demo --scenario nat` runs inside its network namespaces.

use clap::Args;
use data_encoding::BASE64;

use super::{CliError, options, output};
use swarmscope_probes::NatCheck;
use swarmscope_probes::nat::NatTester;
use swarmscope_wire::OverlayVersion;

#[derive(Args, Debug)]
pub struct NatArgs {
    /// A STUN server to measure against
    #[arg(long, value_name = "HOST:PORT", required = true, env = "SWARMSCOPE_STUN", value_delimiter = ',', value_parser = options::stun_server)]
    stun: Vec<String>,
}

/// Measures, which takes seconds, and where no UDP comes through most of a minute.
///
/// # Errors
/// Standard output can't be written to.
pub fn run(args: &NatArgs) -> Result<u8, CliError> {
    let nat = NatCheck::new(NatTester::new(args.stun.clone()));
    let reply = super::runtime()?.block_on(nat.reply(false, OverlayVersion::CURRENT, None));
    output::write_out(format!("{}\n", BASE64.encode(&reply)).as_bytes())?;
    Ok(0)
}
