//! Dashboards, alert rules and the unit file against the metrics and the tools that they are for.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![allow(clippy::disallowed_methods, reason = "tests of operations live in the world")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use swarmscope_crawl::{Progress, metrics};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The metrics that a text names, without the suffixes of histograms.
fn named(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("swarmscope_") {
        let name: String =
            text[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        let bare =
            ["_bucket", "_sum", "_count"].iter().find_map(|suffix| name.strip_suffix(suffix));
        found.insert(bare.unwrap_or(&name).to_owned());
    }
    found
}

/// What is installed, or `None` after saying what is skipped.
fn tool(name: &str) -> Option<PathBuf> {
    let found = ["/usr/bin", "/usr/sbin", "/bin"]
        .iter()
        .map(|place| Path::new(place).join(name))
        .find(|path| path.exists());
    if found.is_none() {
        let required =
            std::env::var_os("SWARMSCOPE_TEST_OPERATIONS").is_some_and(|value| value == "required");
        assert!(!required, "{name} is required and not installed");
        eprintln!("skipped: what {name} would check; it is not installed");
    }
    found
}

#[test]
fn dashboards_and_rules_name_metrics_that_exist_and_no_metric_is_forgotten() {
    let dashboard = fs::read_to_string(root().join("dashboards/crawl.json")).unwrap();
    serde_json::from_str::<serde_json::Value>(&dashboard).unwrap();
    let rules = fs::read_to_string(root().join("dashboards/alerts.yml")).unwrap();
    let known: BTreeSet<String> = metrics::NAMES.iter().map(|name| (*name).to_owned()).collect();
    for (what, text) in [("the dashboard", &dashboard), ("the rules", &rules)] {
        let unknown: Vec<String> = named(text).difference(&known).cloned().collect();
        assert!(unknown.is_empty(), "{what} names {unknown:?}");
    }
    let forgotten: Vec<String> = known.difference(&named(&dashboard)).cloned().collect();
    assert!(forgotten.is_empty(), "no panel shows {forgotten:?}");
}

#[test]
fn the_rules_and_a_scrape_pass_promtool() {
    let Some(promtool) = tool("promtool") else { return };
    let rules = Command::new(&promtool)
        .args(["check", "rules"])
        .arg(root().join("dashboards/alerts.yml"))
        .output()
        .unwrap();
    assert!(rules.status.success(), "{rules:?}");
    let directory = tempfile::tempdir().unwrap();
    let scrape = directory.path().join("scrape");
    fs::write(&scrape, metrics::render(&progress(), 256)).unwrap();
    let checked = Command::new(&promtool)
        .args(["check", "metrics"])
        .stdin(fs::File::open(&scrape).unwrap())
        .output()
        .unwrap();
    assert!(checked.status.success(), "{checked:?}");
}

#[test]
fn the_unit_is_valid_and_sandboxed() {
    let Some(analyze) = tool("systemd-analyze") else { return };
    let unit = root().join("contrib/swarmscope-crawl.service");
    let verified = Command::new(&analyze).arg("verify").arg(&unit).output().unwrap();
    let said = String::from_utf8_lossy(&verified.stderr).into_owned();
    // The program and its manual page are not installed where the tests run.
    let expected =
        |line: &str| line.contains("not executable") || line.contains("'man swarmscope(1)'");
    let about_us: Vec<&str> =
        said.lines().filter(|line| line.contains("swarmscope") && !expected(line)).collect();
    assert!(about_us.is_empty(), "{about_us:?}");
    let rated = Command::new(&analyze)
        .args(["security", "--offline=true", "--threshold=25"])
        .arg(&unit)
        .output()
        .unwrap();
    assert!(
        rated.status.success(),
        "exposure above 2.5: {}",
        String::from_utf8_lossy(&rated.stdout)
    );
}

fn progress() -> Progress {
    let mut progress = Progress { known: 41_976, due: 3, ..Progress::default() };
    progress.ended("reached");
    progress.ended("tcp.timeout");
    progress.asked("NATCHECK", "answered");
    progress.dialled_in(Duration::from_millis(30));
    progress
}

/// A Prometheus of the test's own; it ends with the test.
struct Prometheus(Child);

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn get(address: &str, path: &str) -> std::io::Result<String> {
    let mut socket = TcpStream::connect(address).await?;
    socket.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes()).await?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_prometheus_scrapes_it_and_answers_a_panel_s_query() {
    let Some(program) = tool("prometheus") else { return };
    let (_told, seen) = watch::channel(progress());
    let (target, server) = metrics::serve("127.0.0.1:0".parse().unwrap(), seen, 256).await.unwrap();
    tokio::spawn(server);
    let directory = tempfile::tempdir().unwrap();
    let own = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let rules = root().join("dashboards/alerts.yml").canonicalize().unwrap();
    let config = format!(
        "global: {{scrape_interval: 1s}}\nrule_files: ['{}']\nscrape_configs:\n- job_name: swarmscope\n  static_configs:\n  - targets: ['{target}']\n",
        rules.display()
    );
    fs::write(directory.path().join("prometheus.yml"), config).unwrap();
    let _prometheus = Prometheus(
        Command::new(program)
            .arg(format!("--config.file={}", directory.path().join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", directory.path().join("data").display()))
            .arg(format!("--web.listen-address={own}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap(),
    );
    let until = Instant::now() + Duration::from_secs(50);
    loop {
        let answer =
            get(&own, "/api/v1/query?query=swarmscope_known_peers").await.unwrap_or_default();
        if answer.contains("\"41976\"") && answer.contains("\"network\":\"overlay\"") {
            break;
        }
        assert!(Instant::now() < until, "{answer}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let latency = "/api/v1/query?query=swarmscope_dial_duration_seconds_bucket";
    assert!(
        get(&own, latency).await.unwrap().contains("\"le\":\"0.05\""),
        "histograms are read as such"
    );
    let rules = get(&own, "/api/v1/rules").await.unwrap();
    assert!(rules.contains("CrawlStalled") && !rules.contains("\"health\":\"err\""), "{rules}");
}
