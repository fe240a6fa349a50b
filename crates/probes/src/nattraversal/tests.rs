use std::time::{Duration, Instant};

use tokio::net::UdpSocket;

use super::turns::{A_MINUTE, AT_ONCE, MINUTE, share};
use super::*;
use crate::nat::Rendezvous;
use swarmscope_peer::identity::Ed25519Identity;
use swarmscope_wire::ErrorByte;
use swarmscope_wire::bencode::Value;

const LOOPBACK: &str = "127.0.0.1:7760";

fn invitation(host: &str, port: u16) -> Vec<u8> {
    Invitation { request_id: "eee6EzwVLiJXT85BnTOp501".into(), host: host.into(), port }.encode()
}

fn crawler(n: u8) -> Permid {
    Ed25519Identity::from_seed([n; 32]).permid()
}

async fn ask(probe: &NatTraversal, listening: &str, payload: &[u8]) -> Answer {
    ask_as(1, probe, listening, payload).await
}

async fn ask_as(who: u8, probe: &NatTraversal, listening: &str, payload: &[u8]) -> Answer {
    let from = crawler(who);
    let asked =
        Asked { from, version: OverlayVersion::CURRENT, payload: Bytes::copy_from_slice(payload) };
    probe.answer(asked, &PeerView { listening: listening.parse().ok() }).await
}

#[tokio::test]
async fn two_peers_meet_and_both_say_yes() {
    let rendezvous = Rendezvous::open([127, 0, 0, 1].into(), None).await.unwrap();
    let request = invitation("127.0.0.1", rendezvous.address().port());
    let (one, other) = (NatTraversal::default(), NatTraversal::default());
    let (met, one, other) = tokio::join!(
        rendezvous.meet(None),
        ask(&one, LOOPBACK, &request),
        ask(&other, LOOPBACK, &request)
    );
    met.unwrap();
    assert_eq!(one.payload, &b"27:eee6EzwVLiJXT85BnTOp501:YES"[..]);
    assert_eq!(one, other);
}

#[tokio::test(start_paused = true)]
#[expect(clippy::disallowed_methods, reason = "a rendezvous where nobody is")]
async fn a_silent_rendezvous_is_err_and_got_three_pings() {
    let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let request = invitation("localhost", silent.local_addr().unwrap().port());
    let answer = ask(&NatTraversal::default(), LOOPBACK, &request).await;
    assert_eq!(answer.payload, &b"27:eee6EzwVLiJXT85BnTOp501:ERR"[..]);
    let mut buffer = [0; 64];
    let mut pings = 0;
    while let Ok(length) = silent.try_recv(&mut buffer) {
        assert_eq!(&buffer[..length], b"ping");
        pings += 1;
    }
    assert_eq!(pings, 3);
}

#[tokio::test(start_paused = true)]
#[expect(clippy::disallowed_methods, reason = "virtual time is looked at")]
async fn hostile_requests_send_nothing() {
    let start = tokio::time::Instant::now();
    let probe = NatTraversal::default();
    for payload in [&b""[..], b"abc:127.0.0.1:3500", b"le", b"i3500e", b"99:abc:h:1"] {
        let answer = ask(&probe, LOOPBACK, payload).await;
        assert_eq!(answer, Answer::failed("the request: not a bencoded string"));
    }
    for (text, why) in [
        ("abc:h.org:0", "no port"),
        ("abc:h.org:65536", "no port"),
        ("abc:h.org:-1", "no port"),
        ("abc:h.org:http", "no port"),
        ("abc:127.0.0.1", "request_id:host:port"),
        (":h.org:80", "request_id:host:port"),
        ("abc::80", "request_id:host:port"),
        ("abc:h org:80", "request_id:host:port"),
        ("abc:h\0org:80", "request_id:host:port"),
        ("abc:h\u{202e}org:80", "request_id:host:port"),
    ] {
        let answer = ask(&probe, LOOPBACK, &Value::from(text).encode()).await;
        let said = String::from_utf8(answer.payload.to_vec()).unwrap();
        assert!(answer.error == ErrorByte::HANDLER && said.contains(why), "{text:?}: {said}");
    }
    for host in [
        "255.255.255.255",
        "224.0.0.1",
        "0.0.0.0",
        "ff02::1",
        "::ffff:239.255.255.250",
        "nobody.invalid",
    ] {
        let probe = NatTraversal::default(); // each has turns of its own
        let answer = ask(&probe, LOOPBACK, &invitation(host, 3500)).await;
        assert_eq!(answer.payload, &b"27:eee6EzwVLiJXT85BnTOp501:ERR"[..], "{host}");
    }
    for host in ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "localhost"] {
        let probe = NatTraversal::default();
        let answer = ask(&probe, "0.0.0.0:7760", &invitation(host, 3500)).await;
        assert_eq!(answer.error, ErrorByte::HANDLER);
        assert!(answer.payload.starts_with(b"the rendezvous would be on the peer's own"), "{host}");
    }
    assert!(start.elapsed() < Duration::from_secs(5), "no rendezvous was waited for");
}

#[tokio::test(start_paused = true)]
#[expect(clippy::disallowed_methods, reason = "a rendezvous where nobody is")]
async fn not_many_tries_run_at_a_time() {
    let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let request = invitation("127.0.0.1", silent.local_addr().unwrap().port());
    let probe = NatTraversal::default();
    let tries = (0..10).map(|n| ask_as(1 + n / 5, &probe, LOOPBACK, &request));
    let answers = futures_util::future::join_all(tries).await;
    let ran = |of: &[Answer]| of.iter().filter(|it| it.error == ErrorByte::SUCCESS).count();
    assert_eq!(ran(&answers[..5]), share(AT_ONCE), "of one Crawler");
    assert_eq!(ran(&answers), AT_ONCE, "another one has the rest");
    assert_eq!(answers[4].payload, "busy: 3 tries of yours are running already; ask again in 20 s");
    assert_eq!(ran(&[ask(&probe, LOOPBACK, &request).await]), 1, "they have ended");
}

#[test]
fn replies_read_with_their_spans() {
    let probe = NatTraversal::default();
    for (payload, outcome) in [
        (&b"27:eee6EzwVLiJXT85BnTOp501:YES"[..], "YES"),
        (b"26:eee6EzwVLiJXT85BnTOp501:NO", "NO"),
        (b"27:eee6EzwVLiJXT85BnTOp501:ERR", "ERR"),
    ] {
        let decoded = probe.decode(payload).unwrap();
        assert_eq!(
            decoded.json,
            json!({"request_id": "eee6EzwVLiJXT85BnTOp501", "outcome": outcome})
        );
        let spans: Vec<_> =
            decoded.tree.children.iter().map(|node| &payload[node.span.clone().unwrap()]).collect();
        assert_eq!(spans, [outcome.as_bytes(), b"eee6EzwVLiJXT85BnTOp501"]);
    }
    for payload in [&b""[..], b"i1e", b"3:YES", b"9:abc:MAYBE", b"4::YES", b"7:a\x1b:YES"] {
        assert!(probe.decode(payload).is_err(), "{}", payload.escape_ascii());
    }
}

#[test]
fn tries_are_few_a_minute_however_short_they_are() {
    let (mut turns, t0) = (Turns::default(), Instant::now());
    let mut tries = |who, at| {
        let begin = |_: &i32| {
            let began = turns.begin(crawler(who), at).is_ok();
            turns.end(crawler(who));
            began
        };
        (0..100).filter(begin).count()
    };
    assert_eq!(tries(1, t0), share(A_MINUTE));
    assert_eq!(tries(2, t0), A_MINUTE - share(A_MINUTE), "one Crawler leaves some for another");
    assert_eq!(tries(1, t0 + MINUTE / 2), 0);
    assert_eq!(tries(1, t0 + MINUTE), share(A_MINUTE));
}
