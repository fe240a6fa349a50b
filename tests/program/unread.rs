//! Questions to BitTorrent peers whose parts nobody reads, or somebody reads late.

use std::io::{PipeReader, PipeWriter, Read as _, Write as _, pipe};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use swarmscope_wire::bittorrent::extension::HANDSHAKE_ID;
use swarmscope_wire::bittorrent::handshake::HANDSHAKE_LEN;
use swarmscope_wire::bittorrent::{
    ExtensionHandshake, Handshake, Infohash, PeerExchange, Reserved, frame, pex,
};

use crate::dht::nodes;
use crate::process::{Home, Outcome, Peer};

/// As parts they are more than a pipe holds (64 KiB), and fewer than end the question.
const EXCHANGES: usize = 1400;
/// Time in which a busy machine takes all of them, and when a question of that long is over.
const ENOUGH: (&str, Duration) = ("5", Duration::from_secs(7));

/// A client that sends that many peer exchanges at once and then stays.
fn talkative() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    let (reserved, infohash) = (Reserved([0, 0, 0, 0, 0, 0x10, 0, 5]), Infohash([0xaa; 20]));
    let hands = Handshake { reserved, infohash, peer_id: *b"-TR3000-abcdefghijkl" }.encode();
    let extensions = vec![(pex::NAME.as_bytes().to_vec(), 1)];
    let named = ExtensionHandshake { extensions, ..Default::default() };
    let met = (0..10).map(|host| (([192, 0, 2, host], 6881).into(), pex::Flags(0)));
    let exchange = PeerExchange { added: met.collect(), ..Default::default() };
    let mut bytes = [&hands[..], &frame::extended(HANDSHAKE_ID, &named.encode())].concat();
    bytes.extend(frame::extended(1, &exchange.encode()).repeat(EXCHANGES));
    thread::spawn(move || {
        for mut socket in listener.incoming().map_while(Result::ok) {
            let bytes = bytes.clone();
            thread::spawn(move || {
                let _ = socket.read(&mut [0; HANDSHAKE_LEN]);
                let _ = socket.write_all(&bytes);
                let _ = socket.read_to_end(&mut Vec::new()); // until the other side goes
            });
        }
    });
    address
}

/// Asked, with its standard output in a pipe that is not read.
fn ask(home: &Home, timeout: &str, json: &[&str]) -> Child {
    let (target, infohash) = (format!("bt://{}", talkative()), "aa".repeat(20));
    let args = ["request", &target, "pex", "--infohash", &infohash, "--timeout", timeout];
    let mut command = home.swarmscope(&[&args[..], json].concat());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program runs")
}

/// The exit code of one that runs and is told to end.
fn code_once_told(mut child: Child) -> Option<i32> {
    assert_eq!(child.try_wait().expect("a child"), None, "it still runs");
    let kill = Command::new("kill").arg(child.id().to_string()).status().expect("kill runs");
    assert!(kill.success());
    let told = Instant::now();
    while told.elapsed() < Duration::from_secs(10) {
        if let Some(status) = child.try_wait().expect("a child") {
            return status.code();
        }
        thread::sleep(Duration::from_millis(20));
    }
    child.kill().expect("it runs");
    panic!("it does not end");
}

#[test]
fn a_large_reply_that_nobody_reads_ends_when_it_is_told_to() {
    let (home, crawler) = (Home::new(), Home::new());
    let peer = Peer::start(&home, 18, &[&crawler.permid(false)]);
    let long = "SELECT hex(zeroblob(200000))"; // 400 kB: more than a pipe holds
    let args = ["request", &peer.addr, "database", long, "--frequency", "0", "--json"];
    let child = crawler.swarmscope(&args).stdout(Stdio::piped()).spawn().expect("the program runs");
    thread::sleep(Duration::from_secs(3));
    assert_eq!(code_once_told(child), Some(130));
    let whole = crawler.run(&args);
    assert!(whole.code == 0 && whole.stdout.contains(&"0".repeat(400_000)));
}

/// The end of a pipe that has no room, and its reader.
fn full() -> (PipeReader, PipeWriter) {
    let (reader, mut writer) = pipe().expect("a pipe");
    writer.write_all(&vec![b'\n'; 64 << 10]).expect("what a pipe holds");
    (reader, writer)
}

#[test]
fn a_crawl_whose_rounds_nobody_reads_ends_when_it_is_told_to() {
    let (home, first) = (Home::new(), format!("dht://{}", nodes()));
    for json in [&["--json"][..], &[]] {
        let (_reader, writer) = full();
        let args = ["crawl", &first, "--probe", "find_node", "--every", "3600", "--store", "c"];
        let mut command = home.swarmscope(&[&args[..], json].concat());
        let child = command.stdout(writer).spawn().expect("the program runs");
        thread::sleep(Duration::from_secs(4)); // a round takes less than two
        assert_eq!(code_once_told(child), Some(0), "{json:?}");
    }
}

#[test]
fn a_question_whose_parts_nobody_reads_ends_when_it_is_told_to() {
    let home = Home::new();
    // while it is asked, and where its reply waits to be read
    let long = ("60", Duration::from_secs(3));
    for ((timeout, wait), json) in [(long, &["--json"][..]), (long, &[]), (ENOUGH, &["--json"])] {
        let child = ask(&home, timeout, json);
        thread::sleep(wait);
        let code = code_once_told(child);
        assert_eq!(code, Some(130), "{timeout} {json:?}");
    }
}

#[test]
fn a_reader_that_comes_late_gets_every_part_and_the_reply() {
    let home = Home::new();
    let (timeout, over) = ENOUGH;
    let child = ask(&home, timeout, &["--json"]);
    thread::sleep(over);
    let outcome = Outcome::of_its_end(child);
    let parts = outcome.events().iter().filter(|event| event["event"] == "part").count();
    assert_eq!((outcome.code, parts), (0, EXCHANGES), "{}", outcome.stderr);
    assert_eq!(outcome.last("reply")["parts"], EXCHANGES);
}
