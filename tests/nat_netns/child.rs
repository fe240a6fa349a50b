//! The programs inside the namespaces, and how the tests run them.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use swarmscope_probes::nat::lab::{ALTERNATE, Lab, Namespace, SERVER};
use swarmscope_probes::nat::server::{Limits, StunServer};
use swarmscope_probes::nat::{NatReport, Rendezvous, Settings, measure, punch};

/// Before each line that is meant for the test: the harness prints its own.
const MARK: &str = "@lab ";

/// A running program; killed when dropped.
pub struct Running {
    child: Child,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    /// This binary again, in a namespace, with a role and what it needs.
    pub fn start(namespace: &Namespace, role: &str, settings: &[(&str, String)]) -> Self {
        let this = std::env::current_exe().expect("the test's own path");
        let mut command = namespace.command(this.to_str().expect("a path in UTF-8"));
        command.args([
            "--exact",
            "child_in_a_namespace",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ]);
        command
            .env("LAB_ROLE", role)
            .envs(settings.iter().map(|(name, value)| (format!("LAB_{name}"), value)));
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().expect("the test's own binary runs");
        let stdin = child.stdin.take().expect("piped");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        Self { child, stdin, lines }
    }

    /// The next line that the program tells; `None` at its end.
    pub fn line(&mut self) -> Option<String> {
        let marked =
            |line: Result<String, _>| line.ok()?.split_once(MARK).map(|(_, told)| told.to_owned());
        self.lines.by_ref().find_map(marked)
    }

    /// Tells the program to go on.
    pub fn go(&mut self) {
        self.stdin.write_all(b"go\n").expect("the program reads");
    }

    /// All that it still tells.
    pub fn rest(mut self) -> Vec<String> {
        std::iter::from_fn(|| self.line()).collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// coturn's server in the core of a lab; stopped when dropped.
pub struct Coturn {
    child: Child,
    _directory: tempfile::TempDir,
}

impl Coturn {
    /// `None` where it is not installed, which is said.
    pub fn start(lab: &Lab) -> Option<Self> {
        let found = Command::new("which").arg("turnserver").stdout(Stdio::null()).status();
        if !found.is_ok_and(|found| found.success()) {
            assert!(
                !crate::required(),
                "turnserver is not installed: it comes with the package coturn"
            );
            crate::say("SKIPPED: turnserver is not installed (package coturn)");
            return None;
        }
        let directory = tempfile::tempdir().expect("a directory");
        let file = |name: &str| directory.path().join(name).display().to_string();
        let mut command = lab.core().command("turnserver");
        command.args(["-n", "--no-cli", "--stun-only", "--no-tls", "--no-dtls", "--no-tcp"]);
        command.args(["-L", &SERVER.to_string(), "-L", &ALTERNATE.to_string()]);
        command.args(["-p", "3478", "--alt-listening-port", "3479"]);
        command.args(["--userdb", &file("users"), "--pidfile", &file("pid"), "-l", "stdout"]);
        let child =
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("turnserver runs");
        Some(Self { child, _directory: directory })
    }
}

impl Drop for Coturn {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a measuring program tells of one run.
#[derive(Clone, Debug)]
pub struct Told(HashMap<String, String>);

impl Told {
    pub fn read(line: &str) -> Self {
        Self(
            line.split('\t')
                .filter_map(|pair| pair.split_once('='))
                .map(|(k, v)| (k.into(), v.into()))
                .collect(),
        )
    }

    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
}

fn setting(name: &str) -> String {
    std::env::var(format!("LAB_{name}")).unwrap_or_default()
}

fn tell(text: &str) {
    println!("\n{MARK}{text}");
}

pub fn run_role() {
    let role = setting("ROLE");
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        match role.as_str() {
            "server" => serve().await,
            "measure" => measure_often().await,
            "meet" => meet_often().await,
            "punch" => punch_often().await,
            _ => println!("nothing to do: the other tests run this inside a namespace"),
        }
    });
}

/// Serves until the test is gone.
async fn serve() {
    // all runs of a kind come from one address at the same time
    let limits = Limits { per_source: 10_000, total: 100_000, burst: 4 };
    let _server = StunServer::start_with((SERVER, 3478).into(), (ALTERNATE, 3479).into(), limits)
        .await
        .expect("binds");
    tell("ready");
    let end =
        tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
    end.await.expect("not cancelled").expect("the pipe ends");
}

/// Measures as often as told, all at the same time.
async fn measure_often() {
    let runs: usize = setting("RUNS").parse().expect("a number");
    let millis = |rung: &str| Duration::from_millis(rung.parse().expect("milliseconds"));
    let ladder = setting("LADDER").split_terminator(',').map(millis).collect();
    let settings = Settings { servers: vec![format!("{SERVER}:3478")], ladder };
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..runs {
        let settings = settings.clone();
        all.spawn(async move { measure(&settings).await });
    }
    while let Some(report) = all.join_next().await {
        tell(
            &report
                .expect("no panic")
                .map_or_else(|error| format!("error={error}"), |report| line(&report)),
        );
    }
}

/// Opens as many rendezvous as told, one for each pair, and tells what came of each.
async fn meet_often() {
    let mut all = tokio::task::JoinSet::new();
    for pair in setting("PAIRS").split(' ') {
        let mut addresses = pair.split(',').map(|ip| ip.parse().expect("an address"));
        let expected =
            [addresses.next().expect("the one's"), addresses.next().expect("the other's")];
        let rendezvous = Rendezvous::open(SERVER.into(), None).await.expect("a free port");
        tell(&rendezvous.address().port().to_string());
        all.spawn(async move { rendezvous.meet(Some(expected)).await });
    }
    while let Some(met) = all.join_next().await {
        met.expect("no panic").expect("the socket works");
    }
}

/// Punches at each of these rendezvous at the same time, when told to go.
async fn punch_often() {
    tell("ready");
    let go = tokio::task::spawn_blocking(|| std::io::stdin().lines().next());
    go.await.expect("not cancelled").expect("a line").expect("that can be read");
    let mut all = tokio::task::JoinSet::new();
    for port in setting("PORTS").split(' ') {
        let port: u16 = port.parse().expect("a port");
        all.spawn(async move { (port, punch((SERVER, port).into()).await) });
    }
    while let Some(punched) = all.join_next().await {
        let (port, traversed) = punched.expect("no panic");
        tell(&format!("port={port}\tresult={}", traversed.expect("the socket works")));
    }
}

fn line(report: &NatReport) -> String {
    let known = |text: Option<String>| text.unwrap_or_else(|| "inconclusive".to_owned());
    let pairs = [
        ("type", report.legacy_type().text().to_owned()),
        ("mapping", known(report.mapping.known().map(ToString::to_string))),
        ("filtering", known(report.filtering.known().map(ToString::to_string))),
        ("hairpin", known(report.hairpin.known().map(ToString::to_string))),
        ("ports", known(report.port_preservation.known().map(ToString::to_string))),
        ("lifetime", known(report.lifetime.known().map(ToString::to_string))),
        ("external", known(report.external.map(|external| external.ip().to_string()))),
        ("internal", known(report.internal.map(|internal| internal.ip().to_string()))),
        ("seconds", format!("{:.1}", report.took.as_secs_f64())),
        ("sent", report.traffic.sent.to_string()),
        ("whole", format!("{report:?}")),
    ];
    pairs.map(|(name, value)| format!("{name}={value}")).join("\t")
}
