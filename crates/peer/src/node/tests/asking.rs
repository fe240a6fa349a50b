//! A Crawler and a peer, both versions.

use super::*;

async fn pair(version: OverlayVersion) -> (Running, Running) {
    let peer = Running::peer(version).await;
    (Running::crawler(version, &peer).await, peer)
}

async fn asks_and_is_answered(version: OverlayVersion, transport: Transport) {
    let mut peer = Running::peer(version).await;
    let mut crawler = Running::start(config(version, 1)).await;
    crawler.node.connect(peer.target());
    let connected =
        crawler.until(|event| matches!(event, Event::Connected { .. }).then_some(event)).await;
    let Event::Connected {
        permid: who,
        was,
        version: selected,
        transport: inside,
        listening_port,
        ..
    } = connected
    else {
        panic!()
    };
    assert_eq!((who, selected, inside), (permid(version, 2), version, transport));
    assert_eq!(was, Some(PeerKey::Address(peer.target().to_string())));
    assert_eq!(Some(listening_port), peer.node.listening().map(|address| address.port()));
    let reply = crawler.ask(ask(version, "70000 0")).await;
    assert_eq!(reply, Ok((ErrorByte::SUCCESS, pattern(70_000))));
    let (from, bytes) = peer
        .until(|event| match event {
            Event::Answered { permid, bytes, .. } => Some((permid, bytes)),
            _ => None,
        })
        .await;
    assert_eq!((from, bytes), (permid(version, 1), 70_000));
}

#[tokio::test]
async fn version_18() {
    asks_and_is_answered(CURRENT, Transport::Tls).await;
}

#[tokio::test]
async fn version_17() {
    asks_and_is_answered(LEGACY, Transport::Legacy).await;
}

#[tokio::test]
async fn errors_253_and_254() {
    let (mut crawler, _peer) = pair(CURRENT).await;
    let unknown = crawler.ask(Ask { message: MessageId(99), ..ask(CURRENT, "") }).await;
    assert_eq!(unknown, Ok((ErrorByte::UNKNOWN_MESSAGE, "unknown message".into())));
    let often = || Ask { frequency: Frequency(3600), ..ask(CURRENT, "1 0") };
    assert_eq!(crawler.ask(often()).await, Ok((ErrorByte::SUCCESS, pattern(1))));
    assert_eq!(crawler.ask(often()).await, Ok((ErrorByte::FREQUENCY, "frequency error".into())));
}

#[tokio::test]
async fn three_hundred_parts_each_told_of() {
    let (mut crawler, _peer) = pair(CURRENT).await;
    let size = 299 * 32_768 + 7;
    let of = crawler.node.request(ask(CURRENT, &format!("{size} 0")));
    let mut indices = Vec::new();
    let payload = loop {
        match crawler.until(Some).await {
            Event::Part { ticket, index, .. } if ticket == of => indices.push(index),
            Event::Reply(Reply { ticket, payload, parts: 300, .. }) if ticket == of => {
                break payload;
            }
            Event::RequestFailed { failure, .. } => panic!("{failure}"),
            _ => {}
        }
    };
    assert_eq!(indices, (1..=300).collect::<Vec<_>>());
    assert_eq!(payload, pattern(size));
}

#[tokio::test]
async fn a_request_that_is_not_allowed_is_closed_without_a_reply() {
    let peer = Running::start(NodeConfig { listen: LOOPBACK, ..config(CURRENT, 2) }).await;
    let mut crawler = Running::crawler(CURRENT, &peer).await;
    let failure = crawler.ask(ask(CURRENT, "1 0")).await.unwrap_err();
    assert_eq!((failure.cause, failure.cause.exit()), (Cause::ClosedWithoutReply, 5));
}

#[tokio::test]
async fn a_probe_that_panics_is_an_error_1() {
    let (mut crawler, _peer) = pair(CURRENT).await;
    let reply = crawler.ask(ask(CURRENT, "panic")).await;
    assert_eq!(reply, Ok((ErrorByte::HANDLER, "the handler failed".into())));
    assert_eq!(crawler.ask(ask(CURRENT, "1 0")).await, Ok((ErrorByte::SUCCESS, pattern(1))));
}

#[tokio::test]
async fn a_reply_follows_its_crawler_by_dial_back() {
    for version in [CURRENT, LEGACY] {
        let answer = Arc::new(Semaphore::new(0));
        let mut peer = Running::start(NodeConfig {
            listen: LOOPBACK,
            allow: vec![permid(version, 1)],
            registry: Registry::default().with_probe(ECHO, Held(Arc::clone(&answer))),
            ..config(version, 2)
        })
        .await;
        let mut crawler =
            Running::start(NodeConfig { listen: LOOPBACK, ..config(version, 1) }).await;
        crawler.connect(&peer).await;
        let of = crawler.node.request(Ask { wait_for_dial_back: true, ..ask(version, "") });
        peer.until(|event| matches!(event, Event::Asked { .. }).then_some(())).await;
        peer.node.disconnect(permid(version, 1));
        peer.until(|event| matches!(event, Event::Disconnected { .. }).then_some(())).await;
        answer.add_permits(1);
        let (payload, back) = crawler
            .until(|event| match event {
                Event::Reply(Reply { ticket, payload, dialled_back, .. }) if ticket == of => {
                    Some((payload, dialled_back))
                }
                Event::RequestFailed { failure, .. } => panic!("{failure}"),
                _ => None,
            })
            .await;
        assert_eq!((payload, back), (pattern(40_000), true));
    }
}

#[tokio::test]
async fn a_known_peer_is_dialled_for_a_request() {
    let (mut crawler, mut peer) = pair(CURRENT).await;
    crawler.node.disconnect(permid(CURRENT, 2));
    crawler.until(|event| matches!(event, Event::Disconnected { .. }).then_some(())).await;
    peer.until(|event| matches!(event, Event::Disconnected { .. }).then_some(())).await;
    assert_eq!(crawler.ask(ask(CURRENT, "9 0")).await, Ok((ErrorByte::SUCCESS, pattern(9))));
    let unknown =
        crawler.ask(Ask { to: permid(CURRENT, 77), ..ask(CURRENT, "") }).await.unwrap_err();
    assert_eq!(unknown.cause, Cause::NotConnected);
}

#[tokio::test]
async fn a_timeout_and_a_cancelled_request() {
    let (mut crawler, _peer) = pair(CURRENT).await;
    let late =
        crawler.ask(Ask { timeout: Duration::from_millis(50), ..ask(CURRENT, "1 60000") }).await;
    assert_eq!(late.unwrap_err().cause, Cause::FirstPartTimeout);
    let ticket = crawler.node.request(ask(CURRENT, "1 60000"));
    crawler.node.cancel(ticket);
    assert_eq!(crawler.end(ticket).await.unwrap_err().cause, Cause::Cancelled);
}

#[tokio::test]
async fn a_second_connection_to_the_same_peer_does_not_swallow_requests() {
    let (mut crawler, peer) = pair(CURRENT).await;
    for n in 1..20 {
        crawler.connect(&peer).await; // told as connected, and one too many
        let reply = crawler.ask(ask(CURRENT, &format!("{n} 0"))).await;
        assert_eq!(reply, Ok((ErrorByte::SUCCESS, pattern(n))));
    }
}

#[tokio::test]
async fn a_reply_can_be_awaited_and_its_parts_read_on_the_way() {
    let peer = Running::peer(CURRENT).await;
    let crawler = Running::start(config(CURRENT, 1)).await;
    let who = crawler.node.connect(peer.target()).await.unwrap();
    assert_eq!(who, permid(CURRENT, 2));
    let again = crawler.node.connect(Target { permid: Some(who), ..peer.target() }).await;
    assert_eq!(again, Ok(who), "connected already is connected");
    let mut asking = crawler.node.ask(ask(CURRENT, "70000 0"));
    let mut hints = Vec::new();
    while let Some(part) = asking.part().await {
        hints.push((part.index, part.parts_left.0));
    }
    assert_eq!(hints, [(1, 2), (2, 1), (3, 0)]);
    let reply = asking.await.unwrap();
    assert_eq!(
        (reply.permid, reply.parts, reply.payload_or_error()),
        (who, 3, Ok(pattern(70_000)))
    );
    let whole = crawler.node.ask(ask(CURRENT, "70000 0")).await.unwrap();
    assert_eq!(whole.payload, pattern(70_000), "parts need not be read");
}

#[tokio::test]
async fn what_fails_is_told_to_who_awaits_it() {
    let mut peer = Running::peer(CURRENT).await;
    let crawler = Running::start(config(CURRENT, 1)).await;
    let nobody = crawler.node.ask(Ask::new(permid(CURRENT, 77), ECHO)).await.unwrap_err();
    assert_eq!(nobody.cause, Cause::NotConnected);
    crawler.node.connect(peer.target()).await.unwrap();
    let late = crawler
        .node
        .ask(ask(CURRENT, "1 60000").timeout(Duration::from_millis(50)))
        .await
        .unwrap_err();
    assert_eq!(late.cause, Cause::FirstPartTimeout);
    let asking = crawler.node.ask(ask(CURRENT, "1 60000"));
    crawler.node.clone().shutdown(Duration::from_secs(1)).await;
    assert_eq!(asking.await.unwrap_err().cause, Cause::Stopped);
    assert_eq!(
        crawler.node.ask(ask(CURRENT, "1 0")).await.unwrap_err().cause,
        Cause::Stopped,
        "a node that has ended"
    );
    let gone = peer.target();
    peer.node.shutdown(Duration::ZERO).await;
    while peer.events.recv().await.is_some() {}
    let other = Running::start(config(CURRENT, 1)).await;
    assert_eq!(other.node.connect(gone).await.unwrap_err().cause, Cause::TcpRefused);
}

#[tokio::test]
async fn who_no_longer_waits_gives_the_request_up() {
    let (mut crawler, _peer) = pair(CURRENT).await;
    let asking = crawler.node.ask(ask(CURRENT, "1 60000"));
    let ticket = asking.ticket();
    drop(asking);
    assert_eq!(crawler.end(ticket).await.unwrap_err().cause, Cause::Cancelled);
}

#[tokio::test]
async fn one_crawler_s_long_questions_hold_up_nobody_else_s() {
    let allow = vec![permid(CURRENT, 1), permid(CURRENT, 3)];
    let mut peer =
        Running::start(NodeConfig { listen: LOOPBACK, allow, ..config(CURRENT, 2) }).await;
    let one = Running::crawler(CURRENT, &peer).await;
    let mut other = Running::start(config(CURRENT, 3)).await;
    other.connect(&peer).await;
    let long: Vec<_> = (0..64).map(|_| one.node.request(ask(CURRENT, "1 60000"))).collect();
    for _ in &long {
        peer.until(|event| matches!(event, Event::Asked { .. }).then_some(())).await;
    }
    // They are there first. None of them is answered within this one's time.
    assert_eq!(other.ask(ask(CURRENT, "5 0")).await, Ok((ErrorByte::SUCCESS, pattern(5))));
    drop(long);
}
