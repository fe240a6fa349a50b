//! Readers that are slow or gone, lists that change, and the end.

use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::at_rest::comes_to_rest;
use crate::overlay::{Limits, Meter, Overlay, OverlayConfig, OverlayEvent};
use swarmscope_wire::PartsLeft;
use swarmscope_wire::crawler::{CrawlerReply, CrawlerRequest};
use swarmscope_wire::frame::FrameId;

#[tokio::test]
async fn a_node_that_nobody_reads_from_goes_on() {
    let peer = Running::peer(CURRENT).await;
    let mut crawler = Running::crawler(CURRENT, &peer).await;
    drop(peer.events);
    for _ in 0..1_500 {
        let reply = crawler.ask(ask(CURRENT, "1 0")).await; // two events each, more than the channel has room for
        assert_eq!(reply, Ok((ErrorByte::SUCCESS, pattern(1))));
    }
    peer.node.shutdown(PATIENCE).await;
}

/// Small for a part, and too much in all for what sockets hold.
static CRUMB: [u8; 2048] = [b'.'; 2048];

/// A peer that answers its first request in so many small parts, as fast as they are taken. Tells
/// how many are.
async fn crumbling_peer(parts: u32) -> (Target, Arc<AtomicU32>) {
    let limits = Limits::default();
    let overlay = OverlayConfig {
        identities: identities(CURRENT, 2),
        version: CURRENT,
        listen: LOOPBACK,
        limits,
        meter: Meter::new(&limits),
        trace: false,
        key_log: None,
    };
    let (overlay, mut events) = Overlay::start(overlay).await.unwrap();
    let address = overlay.listening().unwrap();
    let taken = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&taken);
    tokio::spawn(async move {
        let (mut request, mut left) = (None, parts);
        while let Some(event) = events.recv().await {
            let (conn, room) = match event {
                OverlayEvent::Frame { conn, frame } if frame.id == FrameId::CRAWLER_REQUEST => {
                    request = CrawlerRequest::decode(frame.body).ok();
                    (conn, 100)
                }
                OverlayEvent::Written { conn, frames } => (conn, u32::try_from(frames).unwrap()),
                _ => continue,
            };
            let Some(request) = &request else { continue };
            for _ in 0..room.min(left) {
                left -= 1;
                let (message, channel) = (request.message, request.channel);
                let parts_left = PartsLeft(u8::from(left > 0));
                let payload = Bytes::from_static(&CRUMB);
                let part = CrawlerReply {
                    message,
                    channel,
                    parts_left,
                    error: ErrorByte::SUCCESS,
                    payload,
                };
                overlay.send(conn, part.encode()).unwrap();
            }
            count.store(parts - left, Ordering::Relaxed);
        }
    });
    (Target { host: address.ip().to_string(), port: address.port(), permid: None }, taken)
}

#[tokio::test]
async fn a_reader_that_comes_late_finds_every_part_and_until_then_the_peer_waits() {
    const PARTS: u32 = 15_000;
    let (target, taken) = crumbling_peer(PARTS).await;
    let mut crawler = Running::start(config(CURRENT, 1)).await;
    crawler.node.connect(target);
    crawler.until(|event| matches!(event, Event::Connected { .. }).then_some(())).await;
    let timeout = Duration::from_secs(300); // it is about every part, not about how soon
    let _ = crawler.node.request(Ask { timeout, ..ask(CURRENT, "") });
    let before = comes_to_rest(|| taken.load(Ordering::Relaxed)).await;
    assert!(
        before < PARTS,
        "channel and backlog have room for 5120 events, the connection for some more"
    );
    let mut parts = 0;
    let payload = loop {
        match crawler.until(Some).await {
            Event::Part { index, .. } => {
                parts += 1;
                assert_eq!(index, parts);
            }
            Event::Reply(Reply { payload, .. }) => break payload,
            Event::RequestFailed { failure, .. } => panic!("{failure}"),
            _ => {}
        }
    };
    assert_eq!((parts, payload.len()), (PARTS, PARTS as usize * CRUMB.len()));
}

#[tokio::test]
async fn the_allow_list_is_read_again_when_it_changes() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("crawlers.txt");
    let allow_file = Some(file.clone());
    let mut peer =
        Running::start(NodeConfig { listen: LOOPBACK, allow_file, ..config(CURRENT, 2) }).await;
    let mut crawler = Running::crawler(CURRENT, &peer).await;
    std::fs::write(&file, format!("# the only one\n{}\n", permid(CURRENT, 1))).unwrap();
    let reply = crawler.ask(ask(CURRENT, "1 0")).await;
    assert_eq!(reply, Ok((ErrorByte::SUCCESS, pattern(1))), "a request looks at the file");
    std::fs::write(&file, "not a permid\n").unwrap();
    let notice = |event| match event {
        Event::Notice { text } => Some(text),
        _ => None,
    };
    assert!(peer.until(notice).await.contains("1 Crawler"));
    let text = peer.until(notice).await; // although nobody asks meanwhile
    assert!(text.contains("line 1") && text.contains("previous list"), "{text}");
    assert_eq!(crawler.ask(ask(CURRENT, "1 0")).await, Ok((ErrorByte::SUCCESS, pattern(1))));
    std::fs::write(&file, "").unwrap();
    assert_eq!(crawler.ask(ask(CURRENT, "1 0")).await.unwrap_err().cause, Cause::ClosedUnanswered);
}

#[tokio::test]
async fn an_allow_list_that_is_wrong_at_the_start_is_refused() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "not a permid\n").unwrap();
    let config = NodeConfig { allow_file: Some(file.path().to_owned()), ..config(CURRENT, 2) };
    let failure = Node::start(config).await.err().unwrap();
    assert_eq!(failure.cause, Cause::Io);
    assert!(failure.detail.contains("line 1"), "{failure}");
}

#[tokio::test]
async fn replies_on_their_way_are_sent_before_a_node_ends() {
    let mut peer = Running::start(NodeConfig {
        pace: Some(Duration::from_millis(50)),
        listen: LOOPBACK,
        allow: vec![permid(CURRENT, 1)],
        ..config(CURRENT, 2)
    })
    .await;
    let mut crawler = Running::crawler(CURRENT, &peer).await;
    let ticket = crawler.node.request(ask(CURRENT, "200000 0"));
    crawler.until(|event| matches!(event, Event::Part { .. }).then_some(())).await;
    let address = peer.node.listening().unwrap();
    peer.node.shutdown(PATIENCE).await;
    assert_eq!(crawler.end(ticket).await, Ok((ErrorByte::SUCCESS, pattern(200_000))));
    while peer.events.recv().await.is_some() {}
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_shutdown_ends_requests_and_keeps_its_grace() {
    let peer = Running::peer(CURRENT).await;
    let mut crawler = Running::crawler(CURRENT, &peer).await;
    let of = crawler.node.request(ask(CURRENT, "1 60000"));
    crawler.until(|event| matches!(event, Event::Sent { .. }).then_some(())).await;
    let shutdown = crawler.node.shutdown(Duration::from_secs(2));
    tokio::time::timeout(PATIENCE, shutdown).await.expect("before the answer comes");
    let mut last = None;
    while let Some(event) = crawler.events.recv().await {
        if let Event::RequestFailed { ticket, failure, .. } = event {
            assert_eq!(ticket, of);
            last = Some(failure.cause);
        }
    }
    assert_eq!(last, Some(Cause::Stopped));
}

#[tokio::test]
async fn a_node_ends_with_its_last_handle() {
    let Running { node, mut events } = Running::peer(CURRENT).await;
    drop(node.clone());
    drop(node);
    let ended = async { while events.recv().await.is_some() {} };
    tokio::time::timeout(PATIENCE, ended).await.unwrap();
}

#[tokio::test]
async fn a_reply_on_its_way_outlives_the_last_handle() {
    let peer = NodeConfig {
        pace: Some(Duration::from_millis(20)),
        listen: LOOPBACK,
        allow: vec![permid(CURRENT, 1)],
        ..config(CURRENT, 2)
    };
    let Running { node, events: _events } = Running::start(peer).await;
    let mut crawler = Running::start(config(CURRENT, 1)).await;
    let address = node.listening().unwrap();
    crawler
        .node
        .connect(Target { host: address.ip().to_string(), port: address.port(), permid: None })
        .await
        .unwrap();
    let ticket = crawler.node.request(ask(CURRENT, "600000 0"));
    crawler.until(|event| matches!(event, Event::Part { .. }).then_some(())).await;
    drop(node);
    let end = crawler.end(ticket).await.map(|(error, payload)| (error, payload.len()));
    assert_eq!(end, Ok((ErrorByte::SUCCESS, 600_000)), "19 parts in 400 ms");
}
