//! An IPv6 link-local address means nothing without its interface: where a Crawler's is kept for a
//! dial-back, the interface is kept with it. The test runs itself in a network namespace of its
//! own, where `lo` has such an address.
#![allow(clippy::disallowed_methods)] // real sockets take real time

use std::net::{Ipv6Addr, SocketAddr, SocketAddrV6};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use swarmscope_peer::node::{Event, Events, Reply};
use swarmscope_peer::{Answer, Ask, Asked, Ed25519Identity, MessageId, Node, Target};
use tokio::sync::Notify;

const NAME: &str = "a_link_local_address_keeps_its_interface_for_the_dial_back";
/// Set for the test inside the namespace.
const INSIDE: &str = "SWARMSCOPE_TEST_LINK_LOCAL";
const ID: MessageId = MessageId(200);
/// `lo` is the first interface of a namespace.
const LO: u32 = 1;
const PREPARE: &str = "ip link set lo up && ip address add fe80::1/64 dev lo nodad";

#[test]
fn a_link_local_address_keeps_its_interface_for_the_dial_back() {
    if std::env::var_os(INSIDE).is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        return runtime.expect("a runtime").block_on(dialled_back());
    }
    let within = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["-rn", "sh", "-c", script]);
        command
    };
    if !within(PREPARE).status().is_ok_and(|status| status.success()) {
        println!("skipped: no network namespace with a link-local address can be made here");
        return;
    }
    let own = std::env::current_exe().expect("a test has a file");
    let script = format!("{PREPARE} && exec \"$0\" --exact {NAME} --nocapture");
    let status = within(&script).arg(own).env(INSIDE, "1").status().expect("it has run before");
    assert!(status.success(), "inside the namespace");
}

fn here() -> SocketAddr {
    SocketAddrV6::new(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1), 0, 0, LO).into()
}

async fn next(events: &mut Events) -> Event {
    let event = tokio::time::timeout(Duration::from_secs(20), events.recv()).await;
    event.expect("an event in time").expect("the node runs")
}

async fn dialled_back() {
    let key = Ed25519Identity::from_seed([1; 32]);
    let crawler = key.permid();
    let (asking, mut heard) =
        Node::builder().identity(key).listen(here()).start().await.expect("a Crawler");

    let key = Ed25519Identity::from_seed([2; 32]);
    let peer = key.permid();
    let gone = Arc::new(Notify::new());
    let until = Arc::clone(&gone);
    let late = move |_: Asked| {
        let until = Arc::clone(&until);
        async move {
            until.notified().await;
            Answer::success("late")
        }
    };
    let answering = Node::builder().identity(key).listen(here()).allow(crawler).answer(ID, late);
    let (answering, mut told) = answering.start().await.expect("a peer");
    let port = loop {
        if let Event::Listening { address, .. } = next(&mut told).await {
            break address.port();
        }
    };

    drop(asking.connect(Target { host: format!("fe80::1%{LO}"), port, permid: Some(peer) }));
    while !matches!(next(&mut heard).await, Event::Connected { .. }) {}
    asking.request(Ask { wait_for_dial_back: true, ..Ask::new(peer, ID) });
    while !matches!(next(&mut told).await, Event::Asked { .. }) {}
    answering.disconnect(crawler);
    while !matches!(next(&mut told).await, Event::Disconnected { .. }) {}
    gone.notify_one(); // now it answers
    loop {
        match next(&mut heard).await {
            Event::Reply(Reply { dialled_back, payload, .. }) => {
                assert!(dialled_back && payload == "late");
                return;
            }
            Event::RequestFailed { failure, .. } => panic!("{failure}"),
            _ => {}
        }
    }
}
