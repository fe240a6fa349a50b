//! `swarmscope check`: one right sentence and one right next step for each thing that can listen.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use swarmscope_wire::krpc::{Body, Message, NodeId, Response};

use crate::process::{Home, Outcome, Peer, Running};

/// Accepts connections for as long as the test runs.
fn server(talk: impl Fn(TcpStream) + Send + Sync + Copy + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || talk(stream));
        }
    });
    address
}

/// Reads until the other side closes, or too long.
fn drain(mut stream: &TcpStream) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(30)));
    let _ = stream.read_to_end(&mut Vec::new());
}

fn check(address: &str) -> (Outcome, Value) {
    let outcome = Home::new().run(&["check", address, "--json", "--timeout", "2"]);
    let check = outcome.last("check").clone();
    (outcome, check)
}

/// A line of output, if it is a rung.
fn rung(line: &str) -> Option<Value> {
    serde_json::from_str(line).ok().filter(|event: &Value| event["event"] == "rung")
}

fn says(address: &str, code: i32, what: &str, summary: &str, next: &str) -> Value {
    let (outcome, check) = check(address);
    for rung in outcome.stdout.lines().filter_map(rung) {
        let known = ["ok", "closed", "refused", "timeout", "unreachable", "other"];
        assert!(rung["outcome"].as_str().is_some_and(|word| known.contains(&word)), "{rung}");
        assert_ne!(rung["rung"], "plain", "the contract calls it handshake");
    }
    assert_eq!((outcome.code, &check["what"]), (code, &what.into()), "{outcome:?}");
    for (field, words) in [("summary", summary), ("next", next)] {
        assert!(check[field].as_str().is_some_and(|text| text.contains(words)), "{words}: {check}");
    }
    check
}

#[test]
fn an_overlay_peer_is_named_with_its_version() {
    for version in [17, 18] {
        let home = Home::new();
        let peer = Peer::start_with(&home, version, &[], &[]);
        let pinned = peer.pinned();
        let address = pinned.rsplit_once('@').map_or(&*pinned, |(_, address)| address);
        let check = says(address, 0, "overlay", &format!("version {version}"), "natcheck");
        assert_eq!(check["version"], version, "{check}");
    }
}

#[test]
fn other_servers_are_named_by_what_they_say() {
    let ssh = server(|mut stream| {
        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n");
        drain(&stream);
    });
    says(&ssh.to_string(), 4, "other", "an SSH server", "check the port");
    let http = server(|mut stream| {
        let mut head = Vec::new();
        let mut byte = [0];
        while stream.read(&mut byte).is_ok_and(|count| count > 0) {
            head.push(byte[0]);
            if head.ends_with(b"\r\n\r\n") {
                let _ = stream.write_all(b"HTTP/1.0 200 OK\r\n\r\n");
                return;
            }
        }
    });
    says(&http.to_string(), 4, "other", "a web server (HTTP)", "check the port");
    let tls = server(|mut stream| {
        let _ = stream.read(&mut [0; 64]);
        let _ = stream.write_all(b"\x15\x03\x03\x00\x02\x02\x46");
    });
    says(&tls.to_string(), 4, "other", "a TLS server", "check the port");
}

#[test]
fn a_closed_a_silent_and_a_closing_port_are_three_things() {
    let closed =
        TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address");
    says(&closed.to_string(), 3, "nothing", "refused", "check the port");
    let silent = server(|stream| drain(&stream));
    says(&silent.to_string(), 6, "nothing", "stays silent", "try again later");
    let closing = server(drop);
    says(&closing.to_string(), 4, "other", "closes them without a byte", "check the port");
}

#[test]
fn each_rung_is_an_event_and_a_line() {
    let closed = TcpListener::bind("127.0.0.1:0")
        .expect("a port")
        .local_addr()
        .expect("its address")
        .to_string();
    let (outcome, _) = check(&closed);
    let rungs: Vec<Value> =
        outcome.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let outcome_of = |name: &str| {
        rungs.iter().find(|rung| rung["rung"] == name).map(|rung| rung["outcome"].clone())
    };
    assert_eq!(outcome_of("resolve"), Some("ok".into()), "{rungs:?}");
    assert_eq!(outcome_of("tcp"), Some("refused".into()), "{rungs:?}");
    assert_eq!(outcome_of("krpc"), Some("refused".into()), "ICMP is told from silence: {rungs:?}");
    let text = Home::new().run(&["check", &format!("dht://{closed}")]);
    assert!(
        text.code == 3
            && text.stdout.contains("tcp       refused")
            && text.stdout.contains("\nnext: "),
        "{text:?}"
    );
}

#[test]
fn nobody_is_asked_about_this_machine_unless_the_operator_says_whom() {
    let outcome = Home::new().run(&["check"]);
    assert_eq!(outcome.code, 2, "{outcome:?}");
    assert!(
        outcome.stderr.contains("--dht-bootstrap") && outcome.stderr.contains("--stun"),
        "{outcome:?}"
    );
}

/// A node that answers whatever it is asked, and says that it sees the asker at `seen`.
fn node(seen: &'static str) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let address = socket.local_addr().expect("its address");
    thread::spawn(move || {
        let mut buffer = [0; 2048];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let query = Message::decode(&buffer[..length]).expect("a query");
            let body = Body::Response(Response::new(NodeId([7; 20])));
            let mut answer = Message::new(query.transaction, body);
            answer.ip = Some(seen.parse().expect("an address"));
            let _ = socket.send_to(&answer.encode(), from); // who left needs none
        }
    });
    address
}

#[test]
fn this_machine_is_seen_by_nodes_and_by_a_stun_server() {
    let home = Home::new();
    let args = ["stun", "--listen", "127.0.0.1:0", "--alternate", "127.0.0.2:0", "--json"];
    let stun = Running::start(home.swarmscope(&args));
    let listening = stun.event("listening");
    let server = listening["addr"].as_str().expect("an address");
    let silent = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let seen = ["127.0.0.1:7", "127.0.0.1:7", "127.0.0.1:7", "203.0.113.9:1"].map(node);
    let mut nodes: Vec<String> = seen.map(|node| node.to_string()).to_vec();
    nodes.push(silent.local_addr().expect("its address").to_string());
    let nodes = nodes.join(",");
    let asked = ["check", "--dht-bootstrap", &nodes, "--stun", server, "--timeout", "3"];
    let outcome = home.run(&[&asked[..], &["--json"]].concat());
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let check = outcome.last("check");
    assert_eq!((&check["asked"], &check["answered"]), (&5.into(), &4.into()), "{check}");
    assert_eq!(
        (&check["nodes"][4]["answered"], &check["nodes"][0]["answered"]),
        (&false.into(), &true.into())
    );
    // One liar does not decide it, and the server sees the same.
    assert_eq!(
        (&check["address"], &check["agree"]),
        (&"127.0.0.1".into(), &true.into()),
        "{check}"
    );
    assert_eq!(check["stun"]["type"], "Open Internet", "{check}");
    assert_eq!((&check["udp_open"], &check["tcp_open"]), (&true.into(), &Value::Null), "{check}");
    let text = home.run(&asked).stdout;
    for words in
        ["4 of 5 nodes answered; 3 of 4", "no answer", "no NAT (Open Internet)", "\nnext: "]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn where_nobody_answers_it_says_so_and_knows_nothing() {
    let silent = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let node = silent.local_addr().expect("its address").to_string();
    let outcome = Home::new().run(&["check", "--dht-bootstrap", &node, "--timeout", "1", "--json"]);
    assert_eq!(outcome.code, 6, "{outcome:?}");
    let check = outcome.last("check");
    for unknown in ["address", "mapping", "stun", "agree", "udp_open", "tcp_open"] {
        assert_eq!(check[unknown], Value::Null, "{unknown}: {check}");
    }
}
