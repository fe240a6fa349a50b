//! `swarmscope crawl` and `swarmscope store`, against a simulated swarm whose truth is known.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;
use swarmscope_crawl::sim::{Simulator, World};

use crate::process::{Home, Outcome, Running};

/// A swarm that runs beside the test.
pub struct Swarm {
    simulator: Simulator,
    _runtime: tokio::runtime::Runtime,
}

impl Swarm {
    pub fn start(world: World) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let simulator = runtime.block_on(Simulator::start(world)).expect("a port");
        Self { simulator, _runtime: runtime }
    }

    pub fn target(&self) -> String {
        self.simulator.world().address(0).to_string()
    }

    /// Nothing that was written may name a peer or its address.
    fn is_not_named_in(&self, what: &str, bytes: &[u8]) {
        let world = self.simulator.world();
        let holds = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        for peer in 1..world.peers {
            assert!(
                !holds(world.ip(peer).to_string().as_bytes()),
                "{what} names the address of peer {peer}"
            );
            assert!(
                !holds(world.permid(peer).to_string().as_bytes()),
                "{what} names the permid of peer {peer}"
            );
            assert!(
                !holds(&world.permid(peer).to_der()[12..]),
                "{what} holds the key of peer {peer}"
            );
            assert!(
                !holds(world.permid(peer).hex().as_bytes()),
                "{what} has the digits of peer {peer}"
            );
        }
    }
}

pub fn events(outcome: &Outcome, name: &str) -> Vec<Value> {
    let lines =
        outcome.stdout.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    lines.filter(|event| event["event"] == name).collect()
}

/// Also where nothing else happens meanwhile that would remind it.
#[test]
fn visits_begin_as_often_as_the_rate_says() {
    let swarm = Swarm::start(World { silent: 0, away: 0, slow: 0, ..World::mixed(6, 41, 0) });
    let args = ["crawl", &swarm.target(), "--probe", "natcheck", "--rounds", "1", "--json"];
    let args = [&args[..], &["--rate", "8", "--store", "sqlite:c.sqlite"]].concat();
    let round = events(&Home::new().run(&args), "round").pop().expect("a round");
    let (dialled, seconds) = (round["dialled"].as_f64(), round["seconds"].as_f64());
    let rate = dialled.expect("a number") / seconds.expect("a number");
    assert!((4.0..=9.0).contains(&rate), "{rate} a second, not 8: {round}");
}

#[test]
fn a_round_goes_into_a_store_that_answers_and_names_nobody() {
    let home = Home::new();
    let swarm = Swarm::start(World { silent: 0, away: 0, slow: 0, ..World::mixed(5, 120, 0) });
    let args = [
        "crawl",
        &swarm.target(),
        "--probe",
        "natcheck",
        "--rounds",
        "1",
        "--store",
        "sqlite:c.sqlite",
        "--json",
        "--log-file",
        "crawl.log",
    ];
    let crawled = home.run(&args);
    assert_eq!(crawled.code, 0, "{crawled:?}");
    assert_eq!(crawled.stderr, "");
    let log = std::fs::read_to_string(home.path().join("crawl.log")).expect("a log");
    let said = |line: &str| serde_json::from_str::<Value>(line).expect("JSON")["message"].clone();
    let lines: Vec<Value> = log.lines().map(said).collect();
    assert_eq!(lines[0], "round 1 begins", "{log}");
    let [round] = &events(&crawled, "round")[..] else { panic!("one round: {crawled:?}") };
    let world = swarm.simulator.world();
    let reachable = (0..120).filter(|peer| world.is_reachable(*peer, Duration::ZERO)).count();
    assert_eq!(
        (&round["known"], &round["dialled"], &round["reached"]),
        (&120.into(), &120.into(), &reachable.into())
    );
    assert_eq!(round["answered"]["NATCHECK"], reachable);
    let outcomes: u64 =
        round["outcomes"].as_object().expect("outcomes").values().filter_map(Value::as_u64).sum();
    assert_eq!(outcomes, 120, "they add up");
    assert!(
        round["coverage"].is_null() && round["estimate"].is_null(),
        "not known before the second round: {round}"
    );

    let info: Value =
        serde_json::from_str(&home.run(&["store", "info", "c.sqlite", "--json"]).stdout)
            .expect("JSON");
    assert_eq!(
        (&info["rounds"], &info["peers"], &info["visits"]),
        (&1.into(), &120.into(), &120.into())
    );
    assert_eq!(info["networks"], serde_json::json!(["overlay"]));
    let symmetric =
        home.run(&["store", "replies", "c.sqlite", "rows:symmetric", "outcome:answered", "--json"]);
    for line in symmetric.stdout.lines() {
        let reply: Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(reply["rows"][0]["kind"], "Symmetric NAT");
    }
    assert!(symmetric.stdout.lines().count() > 5);
    let refused = home.run(&["store", "visits", "c.sqlite", "outcome:tcp.refused", "--round", "1"]);
    let refused_count = round["outcomes"]["tcp.refused"].as_u64().expect("some");
    assert_eq!(refused.stdout.lines().count() as u64, refused_count + 1, "and the head");
    assert_eq!(home.run(&["store", "verify", "c.sqlite"]).code, 0);
    assert_eq!(
        home.run(&["store", "export", "c.sqlite", "--format", "jsonl", "--out", "out.jsonl"]).code,
        0
    );
    assert_eq!(
        home.run(&["store", "export", "c.sqlite", "--format", "csv", "--out", "out.csv"]).code,
        0
    );
    let args = ["store", "export", "c.sqlite", "--format", "parquet", "--out", "out.parquet"];
    let columns = home.run(&args);
    if cfg!(feature = "parquet") {
        assert_eq!(columns.code, 0, "{columns:?}");
        let bytes = std::fs::read(home.path().join("out.parquet")).expect("a file");
        assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
    } else {
        assert_eq!(columns.code, 1, "this build has none, and says so: {columns:?}");
    }
    assert_eq!(home.run(&["store", "report", "c.sqlite", "--out", "report.html"]).code, 0);
    let peers = home.run(&["store", "peers", "c.sqlite", "--json"]);
    assert_eq!(peers.stdout.lines().count(), 120);

    for entry in std::fs::read_dir(home.path()).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_file() {
            swarm.is_not_named_in(
                &path.display().to_string(),
                &std::fs::read(&path).expect("a file"),
            );
        }
    }
    for (what, outcome) in [("the crawl", &crawled), ("peers", &peers), ("replies", &symmetric)] {
        swarm.is_not_named_in(what, outcome.stdout.as_bytes());
        swarm.is_not_named_in(what, outcome.stderr.as_bytes());
    }
    assert_eq!(home.run(&["store", "info", "gone.sqlite"]).code, 1);
    assert_eq!(home.run(&["store", "diff", "c.sqlite", "1", "2"]).code, 2);
}

#[test]
fn sigterm_leaves_a_sound_store_and_the_next_start_goes_on() {
    let home = Home::new();
    let swarm = Swarm::start(World::plain(6, 80, 0));
    let args = [
        "crawl",
        &swarm.target(),
        "--probe",
        "natcheck",
        "--rounds",
        "1",
        "--rate",
        "20",
        "--store",
        "c.sqlite",
        "--json",
    ];
    let first = Running::start(home.swarmscope(&args));
    while swarm.simulator.served().accepted.len() < 20 {
        std::thread::sleep(Duration::from_millis(20));
    }
    first.signal(libc::SIGTERM);
    assert_eq!(first.code(), 0);
    assert!(swarm.simulator.served().accepted.len() < 80, "the round had not ended");
    assert_eq!(home.run(&["store", "verify", "c.sqlite"]).code, 0);
    let args = ["crawl", "--probe", "natcheck", "--rounds", "1", "--store", "c.sqlite", "--json"];
    let second = home.run(&args);
    let [round] = &events(&second, "round")[..] else { panic!("one round: {second:?}") };
    assert_eq!(
        (&round["round"], &round["dialled"], &round["answered"]["NATCHECK"]),
        (&1.into(), &80.into(), &80.into())
    );
    let served = swarm.simulator.served();
    assert_eq!((served.too_soon, served.accepted.len()), (0, 80));
    assert!(served.accepted.values().all(|times| *times == 1), "nobody was asked twice");
}

#[test]
fn rounds_are_compared_as_far_as_their_visits_are_there() {
    let home = Home::new();
    let period = Duration::from_secs(9);
    let swarm = Swarm::start(World { away: 30, period, ..World::plain(7, 60, 0) });
    let target = swarm.target();
    let args = ["crawl", &target, "--probe", "natcheck", "--rounds", "2", "--every", "6"];
    let crawled = home.run(&[&args[..], &["--store", "c.sqlite", "--json"]].concat());
    assert_eq!(events(&crawled, "round").len(), 2, "{crawled:?}");
    let reached = |round: &str| -> BTreeSet<String> {
        let args = ["store", "visits", "c.sqlite", "outcome:reached", "--round", round, "--json"];
        let visits = home.run(&args);
        let lines =
            visits.stdout.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        lines.map(|visit| visit["peer"].as_str().expect("a hash").to_owned()).collect()
    };
    let (first, second) = (reached("1"), reached("2"));
    let compared = home.run(&["store", "diff", "c.sqlite", "1", "2", "--json"]);
    let [diff] = &events(&compared, "diff")[..] else { panic!("one sum: {compared:?}") };
    assert_eq!(
        (&diff["came"], &diff["gone"]),
        (&second.difference(&first).count().into(), &first.difference(&second).count().into())
    );
    assert_ne!(first, second, "some come and go");
    assert_eq!(home.run(&["store", "prune", "c.sqlite", "--max-bytes", "1"]).code, 0);
    let pruned = home.run(&["store", "diff", "c.sqlite", "1", "2"]);
    assert_eq!(pruned.code, 2, "{pruned:?}");
    assert!(pruned.stderr.contains("pruned"), "{pruned:?}");
}
