//! The example, and peers that do what `swarmscope peer` never does, embedded in this process.

use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, OnceLock};

use swarmscope_peer::crawler::{Answer, Asked, PeerView, Probe, Registry};
use swarmscope_peer::identity::{Ed25519Identity, Identities};
use swarmscope_peer::node::{Event, Node, NodeConfig};
use swarmscope_wire::{MessageId, Permid};
use tokio::sync::Notify;

use crate::process::{Home, PATIENCE, Running, example};

#[test]
fn the_example_answers_its_own_id() {
    let (home, crawler) = (Home::new(), Home::new());
    let program = example("embed_peer");
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .expect("a port")
        .local_addr()
        .expect("its address")
        .to_string();
    let running = Running::start(home.program(&program, &[&free, &crawler.permid(false)]));
    assert!(running.line().contains("Listening"));
    let outcome = crawler.run(&["request", &free, "200", "--json"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(outcome.last("reply")["decoded"].to_string().contains(" s"), "{outcome:?}");
}

/// An id that no decoder is registered for.
const UNKNOWN: MessageId = MessageId(99);

/// Answers as this test says.
struct Scripted {
    payload: &'static [u8],
    /// Where it is there: lose the connection first.
    loses: Option<Loses>,
}

/// Loses the connection of who asks.
#[derive(Clone)]
struct Loses {
    node: Arc<OnceLock<Node>>,
    /// Told when it is lost.
    lost: Arc<Notify>,
    then: Then,
}

/// What becomes of the answer.
#[derive(Clone, Copy, PartialEq)]
enum Then {
    Answers,
    NeverAnswers,
}

impl Loses {
    async fn connection(self, of: Permid) {
        self.node.get().expect("it has started").disconnect(of);
        self.lost.notified().await;
        if self.then == Then::NeverAnswers {
            std::future::pending::<()>().await;
        }
    }
}

impl Probe for Scripted {
    async fn answer(&self, asked: Asked, _peer: &PeerView) -> Answer {
        if let Some(loses) = self.loses.clone() {
            loses.connection(asked.from).await;
        }
        Answer::success(self.payload)
    }
}

/// A peer in this process, as long as `runtime` lives; with what tells that it was asked.
fn embedded(
    runtime: &tokio::runtime::Runtime,
    crawler: &Home,
    payload: &'static str,
    loses_line: Option<Then>,
) -> (String, Receiver<()>) {
    embedded_as(runtime, crawler, MessageId::NATCHECK, payload.as_bytes(), loses_line)
}

/// The same, for any message and any bytes.
fn embedded_as(
    runtime: &tokio::runtime::Runtime,
    crawler: &Home,
    id: MessageId,
    payload: &'static [u8],
    loses_line: Option<Then>,
) -> (String, Receiver<()>) {
    let (own, lost) = (Arc::new(OnceLock::new()), Arc::new(Notify::new()));
    let loses =
        loses_line.map(|then| Loses { node: Arc::clone(&own), lost: Arc::clone(&lost), then });
    let probe = Scripted { payload, loses };
    let config = NodeConfig {
        identities: Identities {
            current: Some(Arc::new(Ed25519Identity::from_seed([7; 32]))),
            legacy: None,
        },
        listen: Some("127.0.0.1:0".parse().expect("an address")),
        allow: vec![Permid::from_base64(&crawler.permid(false)).expect("a permid")],
        registry: Registry::default().with_probe(id, probe),
        ..NodeConfig::default()
    };
    let (tell, asked) = channel();
    let address: SocketAddr = runtime.block_on(async {
        let (node, mut events) = Node::start(config).await.expect("it listens");
        let address = node.listening().expect("an address");
        let _ = own.set(node.clone());
        tokio::spawn(async move {
            while let Some(event) = events.recv().await {
                match event {
                    Event::Asked { .. } => drop(tell.send(())), // most tests don't ask
                    Event::Disconnected { .. } => lost.notify_one(),
                    _ => {}
                }
            }
            drop(node); // until here the peer lives
        });
        address
    });
    (address.to_string(), asked)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Runtime::new().expect("a runtime")
}

#[test]
fn a_reply_that_its_decoder_cannot_read_is_13_and_the_bytes_are_there() {
    let (runtime, crawler) = (runtime(), Home::new());
    let (address, _) = embedded(&runtime, &crawler, "not bencode", None);
    let outcome = crawler.run(&["request", &address, "natcheck", "--json"]);
    assert_eq!(outcome.code, 13, "{outcome:?}");
    let reply = outcome.last("reply");
    assert_eq!(reply["payload_base64"], "bm90IGJlbmNvZGU=");
    assert!(reply["decode_error"].is_string(), "{reply}");
}

#[test]
fn what_the_text_notes_the_json_notes_too() {
    let cases: [&[u8]; 4] =
        [b"d1:ai1ee more", b"d1:ai1e1:ai2ee", b"x\x9c\xcbH\xcd", b"\x80\x02K\x01.more"];
    for payload in cases {
        let (runtime, crawler) = (runtime(), Home::new());
        let (address, _) = embedded_as(&runtime, &crawler, UNKNOWN, payload, None);
        let asked = |more: &[&str]| {
            crawler.run(&[&["request", &address, "99", "--frequency", "0"], more].concat())
        };
        let (text, json) = (asked(&[]), asked(&["--json"]));
        let notes: Vec<&str> =
            text.stdout.lines().filter_map(|line| line.strip_prefix("note: ")).collect();
        assert!(!notes.is_empty(), "{text:?}");
        let reply = json.last("reply");
        let said: Vec<&str> = reply["notes"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|it| it["text"].as_str())
            .collect();
        assert_eq!(said, notes, "{json:?}");
    }
}

#[test]
fn a_connection_lost_before_the_reply_is_5() {
    let (runtime, crawler) = (runtime(), Home::new());
    let (address, _) = embedded(
        &runtime,
        &crawler,
        "l7:Unknowni-1ei0e7:0.0.0.0i0e7:0.0.0.0i0ee",
        Some(Then::Answers),
    );
    let outcome = crawler.run(&["request", &address, "natcheck", "--json"]);
    assert_eq!(outcome.code, 5, "{outcome:?}");
}

#[test]
fn with_listen_the_peer_dials_back_with_the_reply() {
    let (runtime, crawler) = (runtime(), Home::new());
    let (address, _) = embedded(
        &runtime,
        &crawler,
        "l7:Unknowni-1ei0e7:0.0.0.0i0e7:0.0.0.0i0ee",
        Some(Then::Answers),
    );
    let outcome =
        crawler.run(&["request", &address, "natcheck", "--json", "--listen", "127.0.0.1:0"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(outcome.last("reply")["decoded"].to_string().contains("Unknown"), "{outcome:?}");
}

#[test]
fn with_listen_and_nobody_dialling_back_it_is_6() {
    let (runtime, crawler) = (runtime(), Home::new());
    let (address, asked) = embedded(&runtime, &crawler, "", Some(Then::NeverAnswers));
    let mut request = crawler.swarmscope(&[
        "request",
        &address,
        "natcheck",
        "--json",
        "--timeout",
        "2",
        "--listen",
        "127.0.0.1:0",
    ]);
    let running = Running::start({
        request.env("SWARMSCOPE_LOG", "error");
        request
    });
    running.event("connected");
    asked.recv_timeout(PATIENCE).expect("a request");
    drop(runtime); // the peer is gone before it can dial
    assert_eq!(running.event("failure")["code"], "reply.dial-back");
    assert_eq!(running.code(), 6);
}
