//! Peers that always have something ready.

use std::io::Write as _;
use std::net::UdpSocket;
use std::thread;
use std::time::Duration;

use swarmscope_peer::crawler::Target as Place;
use swarmscope_wire::bittorrent::frame;
use swarmscope_wire::failure::{By, Cause, Failure};
use tokio::time::{Instant, timeout};

use super::super::peer::MOST_EXCHANGES;
use super::super::{PeerAnswer, Timings, Turn, Wanted, converse, reach};
use super::support::{INFOHASH, endless, extensions, hands, peer};
use crate::reach::{Name, Outcome};

const LIMIT: Duration = Duration::from_secs(1);
/// How much later than its limit a question may end on a busy machine.
const LATE: Duration = Duration::from_secs(2);

/// What is said of a peer that sends this without end, how many exchanges were told, and when.
async fn ask(frames: Vec<u8>, wanted: Wanted) -> (Result<PeerAnswer, Failure>, usize, Duration) {
    let (begun, mut told) = (Instant::now(), 0);
    let hear = |turn: Turn<'_>| told += usize::from(matches!(turn, Turn::PeerExchange(_)));
    let answer = converse(endless(frames), INFOHASH, wanted, LIMIT, hear);
    let answer = timeout(Duration::from_secs(20), answer).await.expect("it ends");
    (answer, told, begun.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_never_pauses_ends_with_the_time() {
    let have = [0, 0, 0, 5, 4, 0, 0, 0, 1].repeat(500);
    let (said, _, took) = ask(have.clone(), Wanted::Hello).await;
    assert_eq!(said.expect_err("no extensions").cause, Cause::ExtensionsTimeout);
    assert!(took < LIMIT + LATE, "{took:?}");
    let bitfield = [&(8_u32 << 20).to_be_bytes()[..], &[5], &vec![0xff; (8 << 20) - 1]].concat();
    for frames in [have, bitfield] {
        let (said, _, took) = ask(frames, Wanted::PeerExchange).await;
        assert_eq!(said.expect_err("no exchange").cause, Cause::PexTimeout);
        assert!(took >= LIMIT && took < LIMIT + LATE, "{took:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn exchanges_without_end_are_ended_from_here() {
    for first in [Vec::new(), extensions()] {
        let frames = [first, frame::extended(1, b"de").repeat(500)].concat();
        let (said, told, took) = ask(frames, Wanted::PeerExchange).await;
        let failure = said.expect_err("a flood");
        assert_eq!((failure.cause, failure.by), (Cause::BtFlood, By::Us), "{failure:?}");
        assert_eq!(told, MOST_EXCHANGES);
        assert!(took < LIMIT + LATE, "{took:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drip_and_silence_end_with_the_time() {
    let drip = peer(|mut socket| {
        for byte in hands() {
            if socket.write_all(&[byte]).is_err() {
                return;
            }
            thread::sleep(Duration::from_millis(100));
        }
    });
    // closes the plain connection without a byte, and says nothing to the encrypted one
    let silent = peer(|socket| {
        if socket.peek(&mut [0; 68]).is_ok_and(|count| count == 68) {
            return;
        }
        thread::sleep(Duration::from_secs(20));
    });
    for address in [drip, silent] {
        let begun = Instant::now();
        let answer = converse(address, INFOHASH, Wanted::Hello, LIMIT, |_| {});
        let failure = timeout(Duration::from_secs(20), answer).await.expect("it ends");
        assert!(failure.is_err());
        assert!(begun.elapsed() < LIMIT + LATE, "{:?}: {failure:?}", begun.elapsed());
    }
}

/// Whose UDP port floods whoever asks it, with datagrams of no protocol.
#[tokio::test(flavor = "multi_thread")]
async fn reach_ends_where_datagrams_never_do() {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let port = socket.local_addr().expect("its address").port();
    thread::spawn(move || {
        let mut buffer = [0; 1500];
        while let Ok((_, from)) = socket.recv_from(&mut buffer) {
            let socket = socket.try_clone().expect("a handle");
            thread::spawn(move || while socket.send_to(b"x", from).is_ok() {});
        }
    });
    let place: Place = format!("127.0.0.1:{port}").parse().expect("a place");
    let begun = Instant::now();
    let found = timeout(Duration::from_secs(25), reach(&place, Timings::default(), |_| {}));
    let found = found.await.expect("it ends");
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    let utp = found.rungs.iter().find(|rung| rung.name == Name::Utp).expect("it was asked");
    assert_eq!(utp.outcome, Outcome::Timeout);
}
