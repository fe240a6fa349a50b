//! What a Crawler can do that is on the allow-list.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use swarmscope_peer::crawler::Ask;
use swarmscope_peer::node::{Event, Events, Node, Target};
use swarmscope_wire::{Frequency, MessageId};

use super::attackers::Way;
use super::honest::{Attack, Both, compare, config, permid};
use super::victim::{Ceilings, PATIENCE, Setup, Victim};
use super::{alone, runtime};

pub const HONEST: u8 = 1;
const GREEDY: u8 = 2;
const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) \
                       SELECT count(*) FROM n";

/// The one that attacks.
pub struct Greedy {
    node: Node,
    events: Events,
}

impl Greedy {
    pub async fn connect(to: SocketAddr) -> Self {
        let (node, events) = Node::start(config(GREEDY)).await.expect("it starts");
        let (host, port) = (to.ip().to_string(), to.port());
        let reached = node.connect(Target { permid: None, host, port }).await;
        reached.expect("it is let in");
        Self { node, events }
    }

    pub fn ask(&self, victim: &Victim, message: MessageId, payload: Bytes) {
        self.node.request(Ask {
            frequency: Frequency(0),
            payload,
            timeout: PATIENCE,
            ..Ask::new(victim.permid, message)
        });
    }

    /// Waits for so many replies.
    pub async fn replies(&mut self, count: usize) {
        let mut came = 0;
        while came < count {
            let event = tokio::time::timeout(PATIENCE, self.events.recv()).await;
            came += usize::from(matches!(event.expect("in time"), Some(Event::Reply(_))));
        }
    }
}

pub fn both() -> [swarmscope_wire::Permid; 2] {
    [permid(HONEST), permid(GREEDY)]
}

#[test]
fn endless_sql_holds_nobody_else_up() {
    let (_alone, runtime) = (alone(), runtime());
    let mut victim = Victim::start(&both(), Setup::default());
    runtime.block_on(async {
        let mut both = Both::start(HONEST, &victim).await;
        let quiet = both.asks(15).await;
        let mut greedy = Greedy::connect(victim.address).await;
        for _ in 0..64 {
            greedy.ask(&victim, MessageId::DATABASE_QUERY, Bytes::from_static(ENDLESS.as_bytes()));
        }
        greedy.replies(1).await; // those over its share are refused at once
        compare("64 endless questions", Attack::Computes, quiet, both.asks(15).await);
        let honest = both.attacked();
        let sql = honest.ask(MessageId::DATABASE_QUERY, "SELECT 1").await;
        assert!(sql < Duration::from_secs(35), "in its turn: {sql:?}");
        drop(greedy);
        let sql = honest.ask(MessageId::DATABASE_QUERY, "SELECT 1").await;
        assert!(sql < Duration::from_secs(10), "its questions go with it: {sql:?}");
    });
    assert!(victim.refused("questions-per-crawler") >= 40);
    victim.check("64 endless questions", Ceilings { memory: 64, files: 64 });
}

#[test]
fn large_replies_that_are_hardly_read_hold_nobody_else_up() {
    let (_alone, runtime) = (alone(), runtime());
    let mut victim = Victim::start(&both(), Setup::default());
    runtime.block_on(async {
        let both = Both::start(HONEST, &victim).await;
        let quiet = both.asks(15).await;
        let way = Way::start([127, 0, 0, 8].into(), victim.address, Some(2048)).await;
        let greedy = Greedy::connect(way.address).await;
        let large = Bytes::from_static(b"SELECT zeroblob(67108000)");
        for _ in 0..4 {
            greedy.ask(&victim, MessageId::DATABASE_QUERY, large.clone());
        }
        while victim.limits()["unsent-bytes"]["most"].as_u64() < Some(120 << 20) {
            tokio::task::yield_now().await;
        }
        compare("large replies in drips", Attack::Holds, quiet, both.asks(15).await);
        assert_eq!(victim.limits()["unsent-bytes-per-crawler"]["allowed"], 128 << 20);
    });
    victim.check("large replies in drips", Ceilings { memory: 640, files: 64 });
}

#[test]
fn a_second_signal_does_not_wait_for_a_reply_that_is_hardly_read() {
    let (_alone, runtime) = (alone(), runtime());
    let mut victim = Victim::start(&both(), Setup::default());
    runtime.block_on(async {
        let way = Way::start([127, 0, 0, 8].into(), victim.address, Some(2048)).await;
        let greedy = Greedy::connect(way.address).await;
        let large = Bytes::from_static(b"SELECT zeroblob(67108000)");
        greedy.ask(&victim, MessageId::DATABASE_QUERY, large);
        while victim.limits()["unsent-bytes"]["used"].as_u64() < Some(30 << 20) {
            tokio::task::yield_now().await;
        }
        victim.terminate();
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert!(victim.is_running(), "a reply that is on its way has 5 s");
        victim.terminate();
        let (took, code) = victim.ended();
        assert!(took < Duration::from_secs(2) && code == Some(0), "{took:?}, {code:?}");
    });
}

#[test]
fn payloads_that_no_message_takes_are_not_kept() {
    let (_alone, runtime) = (alone(), runtime());
    let mut victim = Victim::start(&both(), Setup::default());
    runtime.block_on(async {
        let both = Both::start(HONEST, &victim).await;
        let quiet = both.asks(15).await;
        let mut greedy = Greedy::connect(victim.address).await;
        let large = Bytes::from(vec![b' '; 7 << 20]);
        let attack = async {
            for number in 0_usize.. {
                let of = [MessageId::NATCHECK, MessageId::DATABASE_QUERY, MessageId::REPEX_QUERY];
                greedy.ask(&victim, of[number % of.len()], large.clone());
                greedy.replies(1).await;
            }
        };
        tokio::select! {
            times = both.asks(15) => compare("payloads of 7 MiB", Attack::Computes, quiet, times),
            () = attack => unreachable!("it has no end"),
        }
        while victim.limits()["question-bytes"]["used"] != 0 {
            tokio::task::yield_now().await;
        }
    });
    victim.check("payloads of 7 MiB", Ceilings { memory: 128, files: 64 });
}
