//! The programs inside the namespaces, and how the tests run them.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::time::Duration;

use swarmscope::nat::lab::{ALTERNATE, Namespace, SERVER};
use swarmscope::nat::server::{Limits, StunServer};
use swarmscope::nat::{NatReport, Settings, measure};

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
        command.args(["--exact", "child_in_a_namespace", "--ignored", "--nocapture", "--test-threads=1"]);
        command.env("LAB_ROLE", role).envs(settings.iter().map(|(name, value)| (format!("LAB_{name}"), value)));
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().expect("the test's own binary runs");
        let stdin = child.stdin.take().expect("piped");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        Self { child, stdin, lines }
    }

    /// The next line that the program tells; `None` at its end.
    pub fn line(&mut self) -> Option<String> {
        let marked = |line: Result<String, _>| line.ok()?.split_once(MARK).map(|(_, told)| told.to_owned());
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

/// What a measuring program tells of one run.
#[derive(Clone, Debug)]
pub struct Told(HashMap<String, String>);

impl Told {
    pub fn read(line: &str) -> Self {
        Self(line.split('\t').filter_map(|pair| pair.split_once('=')).map(|(k, v)| (k.into(), v.into())).collect())
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
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        match role.as_str() {
            "server" => serve().await,
            "measure" => measure_often().await,
            _ => println!("nothing to do: the other tests run this inside a namespace"),
        }
    });
}

/// Serves until the test is gone.
async fn serve() {
    // all runs of a kind come from one address at the same time
    let limits = Limits { per_source: 10_000, total: 100_000, burst: 4 };
    let _server = StunServer::start_with((SERVER, 3478).into(), (ALTERNATE, 3479).into(), limits).await.expect("binds");
    tell("ready");
    let end = tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
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
        tell(&report.expect("no panic").map_or_else(|error| format!("error={error}"), |report| line(&report)));
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
