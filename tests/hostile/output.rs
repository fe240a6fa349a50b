//! Readers of events and of the log that do not read.

use std::time::Duration;

use bytes::Bytes;
use swarmscope_peer::crawler::Ask;
use swarmscope_peer::node::{Node, Target};
use swarmscope_wire::{ErrorByte, Frequency, MessageId};

use super::honest::{config, permid};
use super::victim::{Ceilings, Setup, Victim};
use super::{alone, runtime};

const LISTED: u8 = 1;

#[test]
fn nobody_waits_for_whoever_reads_the_events() {
    nobody_waits("lines", Setup { unread: true, ..Setup::default() });
}

#[test]
fn nobody_waits_for_whoever_reads_the_log() {
    nobody_waits("lines of the log", Setup { unread_log: true, ..Setup::default() });
}

fn nobody_waits(what: &str, setup: Setup<'_>) {
    let (_alone, runtime) = (alone(), runtime());
    let mut victim = Victim::start(&[permid(LISTED)], setup);
    runtime.block_on(async {
        let (node, events) = Node::start(config(LISTED)).await.expect("it starts");
        drop(events);
        let (host, port) = (victim.address.ip().to_string(), victim.address.port());
        node.connect(Target { permid: None, host, port }).await.expect("it is let in");
        // each has lines of its own for every id: more than a pipe holds
        for id in 20..=255 {
            for _ in 0..6 {
                let ask = Ask {
                    frequency: Frequency(0),
                    payload: Bytes::new(),
                    ..Ask::new(victim.permid, MessageId(id))
                };
                let reply = node.ask(ask).await.expect("a reply");
                assert_eq!(reply.error, ErrorByte::UNKNOWN_MESSAGE);
            }
        }
    });
    victim.check(&format!("2800 {what} that nobody reads"), Ceilings { memory: 32, files: 64 });
    let (took, code) = victim.end();
    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(8), "{took:?}");
}
