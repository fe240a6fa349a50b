//! What a crawl writes tells nothing of whom it met: every byte of the store (files and WAL, in both
//! databases), of exports, report, metrics and log, for every question that a crawl may ask.

mod marks;
mod networks;
mod peers;

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;

use marks::Marks;
use peers::Peers;

use crate::postgres::Server;
use crate::process::{Home, Running};

/// All questions that can be asked without knowing a third peer.
const QUESTIONS: [&str; 10] = [
    "DATABASE",
    "SEEDINGSTATS",
    "NATCHECK",
    "FRIENDSHIP",
    "VIDEOPLAYBACK_INFO",
    "VIDEOPLAYBACK_EVENT",
    "REPEX",
    "PUNCTURE",
    "CHANNEL",
    "USEREVENTLOG",
];

/// Everything that was written, by what it is.
type Written = Vec<(String, Vec<u8>)>;

#[test]
fn nothing_that_is_written_with_sqlite_tells_of_a_peer() {
    let home = Home::new();
    let (peers, written) = crawl(&home, "sqlite:store/c.sqlite", None, &[]);
    assert!(written.iter().any(|(what, _)| what.ends_with("c.sqlite-wal")), "with the WAL");
    assert_untold(&peers.marks, &written);
}

#[test]
fn nothing_that_is_written_with_postgresql_tells_of_a_peer() {
    let Some(server) = Server::shared() else { return };
    let home = Home::new();
    let (peers, written) = crawl(&home, &server.database(), Some(&server), &[]);
    assert!(written.iter().any(|(what, _)| what.contains("pg_wal")), "with the WAL");
    assert_untold(&peers.marks, &written);
}

/// The search finds what is there to be found: raw replies, where the operator asked for them, and
/// only in the store.
#[test]
fn raw_replies_are_found_in_the_store_and_nowhere_else() {
    let home = Home::new();
    let (peers, written) = crawl(&home, "sqlite:store/c.sqlite", None, &["--keep-raw"]);
    assert_found_in(&peers, &written, "/store/");
    let Some(server) = Server::shared() else { return };
    let home = Home::new();
    let (peers, written) = crawl(&home, &server.database(), Some(&server), &["--keep-raw"]);
    assert_found_in(&peers, &written, "/data/");
}

fn assert_untold(marks: &Marks, written: &Written) {
    for (what, bytes) in written {
        assert_eq!(marks.found(bytes), Vec::<String>::new(), "{what} tells of a peer");
    }
}

fn assert_found_in(peers: &Peers, written: &Written, store: &str) {
    let (store, others): (Written, Written) =
        written.iter().cloned().partition(|(what, _)| what.contains(store));
    let found: Vec<String> = store.iter().flat_map(|(_, bytes)| peers.marks.found(bytes)).collect();
    // a page of the database may end within a mark, wherever the reply came to stand: not in all
    for question in ["channel", "seeded", "friend", "playback", "swarm", "line", "message"] {
        let is_its = |mark: &String| mark.starts_with(&format!("{question} of "));
        assert!(found.iter().any(is_its), "{question}: {found:?}");
    }
    assert_untold(&peers.marks, &others);
}

/// A round of all questions, and what is there after it while the crawl goes on, and after its end.
fn crawl(home: &Home, store: &str, server: Option<&Server>, more: &[&str]) -> (Peers, Written) {
    let peers = Peers::start(&home.permid(false));
    let directory = home.path().join("store");
    fs::create_dir(&directory).expect("a directory");
    let log = home.path().join("log");
    let probes = QUESTIONS.join(",");
    let args = ["crawl", &peers.first, &peers.nobody, "--probe", &probes, "--store", store];
    let args = [&args[..], &["--metrics", "127.0.0.1:0", "--json"], more].concat();
    let mut command = home.swarmscope(&args);
    command.stderr(File::create(&log).expect("a file"));
    let running = Running::start(command);
    let (mut written, mut said) = (Written::new(), String::new());
    while !said.contains("\"event\":\"round\"") {
        said = running.line();
        written.push(("an event".into(), said.clone().into()));
    }
    let round: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    for question in QUESTIONS {
        assert_eq!(round["answered"][question], peers::COUNT, "{question}: {round}");
    }
    written.push(("metrics".into(), metrics(&log)));
    let of_the_store = || server.map_or(directory.clone(), Server::files);
    files(&of_the_store(), &mut written);
    running.signal(libc::SIGTERM);
    assert_eq!(running.code(), 0);
    read_back(home, store, &mut written);
    files(&of_the_store(), &mut written);
    written.push(("the log".into(), fs::read(&log).expect("a log")));
    (peers, written)
}

/// What people and other programs get of the store.
fn read_back(home: &Home, store: &str, written: &mut Written) {
    for format in ["jsonl", "csv"] {
        let exported = home.run(&["store", "export", store, "--format", format, "--out", "out"]);
        assert_eq!(exported.code, 0, "{exported:?}");
        written.push((format.into(), fs::read(home.path().join("out")).expect("an export")));
    }
    assert_eq!(home.run(&["store", "report", store, "--out", "page.html"]).code, 0);
    written.push(("report".into(), fs::read(home.path().join("page.html")).expect("a page")));
    for list in ["info", "rounds", "peers", "visits", "replies"] {
        for more in [&[][..], &["--json"]] {
            let listed = home.run(&[&["store", list, store][..], more].concat());
            assert_eq!(listed.code, 0, "{listed:?}");
            written.push((list.into(), [listed.stdout, listed.stderr].concat().into()));
        }
    }
}

/// The page that the log says where it is.
fn metrics(log: &Path) -> Vec<u8> {
    let log = fs::read_to_string(log).expect("a log");
    let (_, after) = log.split_once("http://").expect("metrics are served");
    let (address, _) = after.split_once('/').expect("an address");
    let mut socket = TcpStream::connect(address).expect("a server");
    socket.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").expect("sent");
    let mut page = Vec::new();
    socket.read_to_end(&mut page).expect("a page");
    assert!(String::from_utf8_lossy(&page).contains("swarmscope_known_peers"));
    page
}

/// All files below a directory. A server removes some while it runs.
fn files(directory: &Path, written: &mut Written) {
    for entry in fs::read_dir(directory).expect("a directory").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, written);
        } else if let Ok(bytes) = fs::read(&path) {
            written.push((path.display().to_string(), bytes));
        }
    }
}
