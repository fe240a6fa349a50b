//! Real NATs on one Linux machine: network namespaces joined by veth pairs, with nftables doing the
//! translation. For tests and for the demo's NAT scenario; needs root, `ip` (iproute2) and `nft`
//! (nftables). Nothing of it reaches a real network: the namespaces have no way out. The calls run
//! those two programs and block for some milliseconds each.
//!
//! ```text
//! client ── NAT (── NAT …) ── bridge in the core, 198.51.100.0/24, where the servers are
//! ```

mod rules;

use std::fs;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::os::unix::fs::MetadataExt;
use std::process::{Command, Stdio};

pub use rules::Kind;

/// The servers' two addresses, in the core.
pub const SERVER: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);
/// See [`SERVER`].
pub const ALTERNATE: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 2);
/// The first address of the bridge that is given to a NAT or a client; 240 fit.
const FIRST: u8 = 10;
/// How deep NATs may be stacked: each needs a network of its own.
const MAX_DEPTH: usize = 4;

/// Why there is no lab.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LabError {
    /// Namespaces need root.
    #[error("network namespaces need root")]
    NotRoot,
    /// A program is not installed, and the package that has it.
    #[error("{0} is not installed: it comes with the package {1}")]
    Missing(&'static str, &'static str),
    /// A command failed.
    #[error("`{command}` failed: {says}")]
    Command {
        /// What was run.
        command: String,
        /// What it said.
        says: String,
    },
    /// There is no room for so many.
    #[error("{0} NATs and clients: too many, or nested too deep")]
    Full(usize),
    /// A command could not be run.
    #[error("a program of the lab could not be run: {0}")]
    Io(#[from] io::Error),
}

/// A network namespace; deleted with the lab that made it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Namespace(String);

impl Namespace {
    /// A command that runs inside.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.0, program]);
        command
    }
}

/// A client behind some NATs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Client {
    /// Where its programs run.
    pub namespace: Namespace,
    /// Its own address.
    pub address: Ipv4Addr,
    /// What the core sees.
    pub external: Ipv4Addr,
    /// The NATs, outermost first.
    pub nats: Vec<Namespace>,
}

/// A bridge with servers' addresses, and what hangs on it. All of it is deleted when this is
/// dropped.
pub struct Lab {
    prefix: String,
    namespaces: Vec<Namespace>,
    ports: u8,
}

impl Lab {
    /// An empty lab: the core with its bridge and the servers' addresses.
    ///
    /// # Errors
    /// No root, tools missing, or a machine that doesn't allow namespaces.
    pub fn new() -> Result<Self, LabError> {
        check()?;
        // not the process's id: in containers that share their namespaces' names it is anything but
        // unique
        let prefix = format!("swarmscope-{:016x}", RandomState::new().hash_one(()));
        let mut lab = Self { prefix, namespaces: Vec::new(), ports: 0 };
        let core = lab.namespace()?;
        ip(&["-n", &core.0, "link", "add", "bridge", "type", "bridge"])?;
        ip(&["-n", &core.0, "link", "set", "bridge", "up"])?;
        for address in [SERVER, ALTERNATE] {
            ip(&["-n", &core.0, "address", "add", &format!("{address}/24"), "dev", "bridge"])?;
        }
        Ok(lab)
    }

    /// Where the servers run, at [`SERVER`] and [`ALTERNATE`].
    #[must_use]
    pub fn core(&self) -> &Namespace {
        &self.namespaces[0]
    }

    /// Drops this share of all UDP packets to and from the core.
    ///
    /// # Errors
    /// What `nft` says.
    pub fn lose(&self, percent: u8) -> Result<(), LabError> {
        nft(self.core(), &rules::loss(percent))
    }

    /// A client behind these NATs, outermost first; behind none, it has an address of the bridge.
    ///
    /// # Errors
    /// What the tools say; more than fit.
    pub fn client(&mut self, kinds: &[Kind]) -> Result<Client, LabError> {
        if self.ports >= u8::MAX - FIRST || kinds.len() > MAX_DEPTH {
            return Err(LabError::Full(usize::from(self.ports)));
        }
        let number = self.ports;
        self.ports += 1;
        let external = Ipv4Addr::new(198, 51, 100, FIRST + number);
        let mut outside = Outside {
            namespace: self.core().clone(),
            bridged: true,
            address: external,
            gateway: None,
        };
        let mut nats = Vec::new();
        for (depth, kind) in kinds.iter().filter(|kind| kind.translates()).enumerate() {
            let nat = self.namespace()?;
            attach(&nat, &outside, &format!("port{number}"))?;
            rules::apply(*kind, &nat, outside.address)?;
            let network = u8::try_from(depth).unwrap_or_default();
            let gateway = Ipv4Addr::new(10, network, number, 1);
            let address = Ipv4Addr::new(10, network, number, 2);
            outside =
                Outside { namespace: nat.clone(), bridged: false, address, gateway: Some(gateway) };
            nats.push(nat);
        }
        let client = self.namespace()?;
        attach(&client, &outside, &format!("port{number}"))?;
        for kind in kinds.iter().filter(|kind| !kind.translates()) {
            rules::apply(*kind, &client, outside.address)?;
        }
        Ok(Client { namespace: client, address: outside.address, external, nats })
    }

    fn namespace(&mut self) -> Result<Namespace, LabError> {
        let namespace = Namespace(format!("{}-{}", self.prefix, self.namespaces.len()));
        ip(&["netns", "add", &namespace.0])?;
        self.namespaces.push(namespace.clone());
        ip(&["-n", &namespace.0, "link", "set", "lo", "up"])?;
        Ok(namespace)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        for namespace in &self.namespaces {
            if let Err(error) = ip(&["netns", "delete", &namespace.0]) {
                tracing::warn!("a namespace of the NAT lab was left behind: {error}");
            }
        }
    }
}

/// What a new NAT or client is attached to.
struct Outside {
    namespace: Namespace,
    bridged: bool,
    /// Its own address there.
    address: Ipv4Addr,
    /// The other end's, where that is a NAT.
    gateway: Option<Ipv4Addr>,
}

/// Joins `inside`'s interface `wan` to the outside, there called `port` on the core's bridge, or
/// `lan` on a NAT.
fn attach(inside: &Namespace, outside: &Outside, port: &str) -> Result<(), LabError> {
    let (within, without) = (&inside.0, &outside.namespace.0);
    let peer = if outside.bridged { port } else { "lan" };
    ip(&[
        "link", "add", "wan", "netns", within, "type", "veth", "peer", "name", peer, "netns",
        without,
    ])?;
    if outside.bridged {
        ip(&["-n", without, "link", "set", peer, "master", "bridge"])?;
    }
    if let Some(gateway) = outside.gateway {
        ip(&["-n", without, "address", "add", &format!("{gateway}/24"), "dev", peer])?;
    }
    ip(&["-n", without, "link", "set", peer, "up"])?;
    ip(&["-n", within, "address", "add", &format!("{}/24", outside.address), "dev", "wan"])?;
    ip(&["-n", within, "link", "set", "wan", "up"])?;
    if let Some(gateway) = outside.gateway {
        ip(&["-n", within, "route", "add", "default", "via", &gateway.to_string()])?;
    }
    Ok(())
}

fn check() -> Result<(), LabError> {
    if fs::metadata("/proc/self")?.uid() != 0 {
        return Err(LabError::NotRoot);
    }
    for (tool, package) in [("ip", "iproute2"), ("nft", "nftables")] {
        run(Command::new(tool).arg("-V"), "").map_err(|_| LabError::Missing(tool, package))?;
    }
    Ok(())
}

fn ip(arguments: &[&str]) -> Result<(), LabError> {
    run(Command::new("ip").args(arguments), "")
}

/// Loads a ruleset inside a namespace.
fn nft(namespace: &Namespace, rules: &str) -> Result<(), LabError> {
    run(namespace.command("nft").args(["-f", "-"]), rules)
}

/// Sets a value under `/proc/sys` inside a namespace.
fn sysctl(namespace: &Namespace, name: &str, value: &str) -> Result<(), LabError> {
    run(namespace.command("tee").arg(format!("/proc/sys/{name}")), value)
}

fn run(command: &mut Command, input: &str) -> Result<(), LabError> {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    if output.status.success() {
        return Ok(());
    }
    let says = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(LabError::Command { command: format!("{command:?}"), says })
}
