//! Real BitTorrent clients for the demo, where they are installed and network namespaces are
//! allowed: nobody here wrote them. They run as nobody in namespaces of their own, with only a
//! loopback interface, and this process joins their network. They end when this process does,
//! however it ends: they hang on a pipe, and everything they are goes with their first process.

use std::io;

/// Why the clients are simulated. Reads on after "simulated: ".
#[derive(Debug, thiserror::Error)]
pub enum WhySimulated {
    #[error("you asked for it")]
    Asked,
    #[cfg(not(target_os = "linux"))]
    #[error("real ones need Linux")]
    NotLinux,
    #[error("real ones need root")]
    NotRoot,
    /// Packages.
    #[error("not installed: {}", some(.0))]
    Missing(Vec<String>),
    /// Those that did not start, or whose start failed for a reason that the log has.
    #[error("the real ones did not start")]
    Failed(String),
}

impl From<io::Error> for WhySimulated {
    fn from(error: io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Few enough for a line of the tour.
fn some(packages: &[String]) -> String {
    const SHOWN: usize = 2;
    let shown = packages.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match packages.len().checked_sub(SHOWN) {
        None | Some(0) => shown,
        Some(more) => format!("{shown} and {more} more"),
    }
}

#[cfg(target_os = "linux")]
pub use linux::Clients;

/// There are none.
#[cfg(not(target_os = "linux"))]
pub enum Clients {}

#[cfg(not(target_os = "linux"))]
impl Clients {
    pub fn start() -> Result<Self, WhySimulated> {
        Err(WhySimulated::NotLinux)
    }

    pub fn all(&self) -> &[Client] {
        match *self {}
    }

    pub fn infohash(&self) -> [u8; 20] {
        match *self {}
    }
}

/// One of them.
#[derive(Clone, Debug)]
pub struct Client {
    /// As the lab calls it: `qbittorrent`.
    pub name: String,
    pub address: std::net::SocketAddr,
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::{self, File};
    use std::io::{BufRead as _, BufReader, Read as _};
    use std::net::{IpAddr, SocketAddr};
    use std::os::unix::fs::MetadataExt as _;
    use std::os::unix::process::CommandExt as _;
    use std::process::{Child, Command, Stdio};

    use nix::sched::{CloneFlags, setns};
    use serde::Deserialize;
    use swarmscope_wire::krpc::Target;

    use super::{Client, WhySimulated};

    /// The script that the tests start the clients with.
    const SCRIPT: &str = include_str!("../../../tests/networks/clients");
    /// What it says on standard error before the packages that it misses.
    const NOT_INSTALLED: &str = "not installed: ";
    /// What it says when all clients listen, after a line for each.
    const READY: &str = "ready";
    /// Namespaces for network, processes and files; whatever runs in them ends with the first
    /// process there.
    const UNSHARE: [&str; 5] = ["--net", "--pid", "--fork", "--mount-proc", "--kill-child"];
    const PYTHON: &str = "/usr/bin/python3"; // where Debian's libtorrent is

    /// The clients; they end when this is dropped.
    pub struct Clients {
        script: Child,
        all: Vec<Client>,
        infohash: [u8; 20],
    }

    /// A line that the script prints for each client.
    #[derive(Deserialize)]
    struct Line {
        name: String,
        address: IpAddr,
        port: u16,
        infohash: String,
    }

    impl Clients {
        /// Starts all of them, which takes some seconds, and moves the calling thread to their
        /// network, with all threads that it starts from then on.
        ///
        /// # Errors
        /// They are not installed, or this machine doesn't allow it.
        pub fn start() -> Result<Self, WhySimulated> {
            if fs::metadata("/proc/self")?.uid() != 0 {
                return Err(WhySimulated::NotRoot);
            }
            let mut command = Command::new("unshare");
            command.args(UNSHARE).args([PYTHON, "-c", SCRIPT, "here"]);
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
            // Keys of the terminal are for the demo.
            let mut script = command.process_group(0).spawn()?;
            let said = script.stdout.take().map(BufReader::new);
            let mut clients = Self { script, all: Vec::new(), infohash: [0; 20] };
            let mut is_ready = false;
            for line in said.into_iter().flat_map(BufReader::lines) {
                let line = line?;
                is_ready = line == READY;
                if is_ready {
                    break;
                }
                clients.add(&line)?;
            }
            if !is_ready {
                return Err(clients.why());
            }
            let network = File::open(format!("/proc/{}/ns/net", clients.script.id()))?;
            setns(network, CloneFlags::CLONE_NEWNET).map_err(std::io::Error::from)?;
            Ok(clients)
        }

        fn add(&mut self, line: &str) -> Result<(), WhySimulated> {
            let failed = |why: String| WhySimulated::Failed(why);
            let line: Line =
                serde_json::from_str(line).map_err(|error| failed(error.to_string()))?;
            let infohash: Target = line.infohash.parse().map_err(|_| failed(line.infohash))?;
            self.infohash = infohash.0;
            let address = SocketAddr::from((line.address, line.port));
            self.all.push(Client { name: line.name, address });
            Ok(())
        }

        /// What the script says about its end.
        fn why(&mut self) -> WhySimulated {
            let mut says = String::new();
            if let Some(errors) = self.script.stderr.take() {
                // What can't be read says nothing.
                let _ = errors.take(1 << 16).read_to_string(&mut says);
            }
            let last = says.lines().last().unwrap_or("it said nothing");
            last.strip_prefix(NOT_INSTALLED).map_or_else(
                || WhySimulated::Failed(last.to_owned()),
                |packages| WhySimulated::Missing(packages.split(", ").map(str::to_owned).collect()),
            )
        }

        /// In the order of the script.
        #[must_use]
        pub fn all(&self) -> &[Client] {
            &self.all
        }

        /// Of the torrent that all of them have.
        #[must_use]
        pub const fn infohash(&self) -> [u8; 20] {
            self.infohash
        }
    }

    impl Drop for Clients {
        fn drop(&mut self) {
            // The script ends with its standard input, and everything that it started with it.
            drop(self.script.stdin.take());
            let _ = self.script.wait(); // one that has ended by itself needs no waiting
        }
    }
}
