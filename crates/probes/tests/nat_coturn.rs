//! Our STUN client against coturn's server, and our server against coturn's client, on loopback.
//! Without coturn installed it says so and passes, unless `NAT_LAB=require` is set.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "finds a free port")]

use std::io::Write;
use std::net::{SocketAddr, UdpSocket};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use swarmscope_probes::nat::axis::{Filtering, Lifetime, Mapping};
use swarmscope_probes::nat::{LegacyType, NatReport, Settings, StunServer, measure};

/// Each foreign program gets that long; coturn's client waits for ever where nobody answers.
const SECONDS: &str = "60";

/// Whether the program is there; says so and, where the tests must run, fails if not.
fn installed(program: &str) -> bool {
    let found = Command::new("which")
        .arg(program)
        .stdout(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    let required = std::env::var("NAT_LAB").is_ok_and(|wish| wish == "require");
    assert!(found || !required, "{program} is not installed: it comes with the package coturn");
    if !found {
        writeln!(std::io::stderr(), "SKIPPED: {program} is not installed (package coturn)")
            .expect("a line is taken");
    }
    found
}

/// coturn's server on 127.0.0.1 and 127.0.0.2; stopped when dropped.
struct Coturn {
    child: Child,
    listen: SocketAddr,
    _directory: tempfile::TempDir,
}

impl Coturn {
    fn start() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let file = |name: &str| directory.path().join(name).display().to_string();
        let (port, other) = (free_port(), free_port());
        let mut command = Command::new("timeout");
        command.args([
            SECONDS,
            "turnserver",
            "-n",
            "--no-cli",
            "--stun-only",
            "--no-tls",
            "--no-dtls",
            "--no-tcp",
        ]);
        command.args(["-L", "127.0.0.1", "-L", "127.0.0.2"]);
        command.args(["-p", &port.to_string(), "--alt-listening-port", &other.to_string()]);
        command.args(["--userdb", &file("users"), "--pidfile", &file("pid"), "-l", "stdout"]);
        let child =
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("turnserver runs");
        Self { child, listen: SocketAddr::from(([127, 0, 0, 1], port)), _directory: directory }
    }
}

impl Drop for Coturn {
    fn drop(&mut self) {
        let pid = self.child.id().to_string();
        // to `timeout`, which passes it on; killing it would leave the server behind
        let _ = Command::new("kill").args(["-TERM", &pid]).status();
        let _ = self.child.wait();
    }
}

/// A port that is free on both loopback addresses now.
fn free_port() -> u16 {
    loop {
        let one = UdpSocket::bind("127.0.0.1:0").expect("loopback");
        let port = one.local_addr().expect("bound").port();
        if UdpSocket::bind(("127.0.0.2", port)).is_ok() {
            return port;
        }
    }
}

#[tokio::test]
async fn our_client_reads_coturn() {
    if !installed("turnserver") {
        return;
    }
    let coturn = Coturn::start();
    // the first requests may come before it listens; they are sent again
    let ladder: Vec<Duration> = [200, 400].map(Duration::from_millis).to_vec();
    let settings = Settings { servers: vec![coturn.listen.to_string()], ladder };
    let report: NatReport = measure(&settings).await.expect("a report");
    assert_eq!(report.legacy_type(), LegacyType::OpenInternet, "{report:?}");
    assert_eq!(report.mapping.known(), Some(&Mapping::EndpointIndependent));
    assert_eq!(report.filtering.known(), Some(&Filtering::EndpointIndependent));
    let alive = Lifetime { alive: Duration::from_millis(400), gone: None };
    assert_eq!(report.lifetime.known(), Some(&alive), "RESPONSE-PORT is understood: {report:?}");
    assert_eq!(report.traffic.strange, 0, "every answer was expected");
}

/// What coturn's client prints of our server.
async fn natdiscovery(server: &StunServer, tests: &[&str]) -> String {
    let mut command = Command::new("timeout");
    let (ip, port) = (server.listen().ip().to_string(), server.listen().port().to_string());
    command.args([SECONDS, "turnutils_natdiscovery"]).args(tests).args(["-p", &port, &ip]);
    let run = tokio::task::spawn_blocking(move || command.output());
    let Output { status, stdout, stderr } = run.await.expect("no panic").expect("it runs");
    let text = String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{text}");
    text
}

#[tokio::test]
async fn coturn_s_client_reads_our_server() {
    if !installed("turnutils_natdiscovery") {
        return;
    }
    let (listen, alternate) =
        ("127.0.0.1:0".parse().expect("an address"), "127.0.0.2:0".parse().expect("an address"));
    let server = StunServer::start(listen, alternate).await.expect("it starts");
    let told = natdiscovery(&server, &["-m", "-f"]).await;
    for expected in [
        "NAT with Endpoint Independent Mapping!",
        "NAT with Endpoint Independent Filtering!",
        &format!("Other addr: : {}", server.alternate()),
        &format!("Response origin: : {}", server.alternate()),
        "No ALG: Mapped == XOR-Mapped",
    ] {
        assert!(told.contains(expected), "{expected:?} is missing in:\n{told}");
    }
    let told = natdiscovery(&server, &["-t", "-T", "1"]).await;
    assert!(told.contains("RFC 5780 response 2"), "an answer to another port:\n{told}");
    assert_eq!(server.counts().unsent, 0);
}
