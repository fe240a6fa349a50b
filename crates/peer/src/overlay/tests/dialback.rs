//! Return connections (protocol.md §2).

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::raw;
use super::support::*;
use crate::overlay::OverlayEvent;
use swarmscope_wire::OverlayVersion;
use swarmscope_wire::failure::Cause;
use swarmscope_wire::handshake::{HANDSHAKE_LEN, Handshake, PeerId};

fn of_the_original(port: u16) -> [u8; HANDSHAKE_LEN] {
    let peer_id = PeerId::new([7; 8], port, OverlayVersion(2), OverlayVersion(17));
    Handshake::new(peer_id).for_return().encode()
}

#[tokio::test]
async fn one_overlay_dials_another_back() {
    let (near, mut far) = (Peer::start(current(1)).await, Peer::start(legacy(2)).await);
    near.overlay.dial_back(far.overlay.listening().unwrap());
    match far.fact().await {
        OverlayEvent::DialledBack { remote, at } => {
            assert!(remote.ip().is_loopback() && at.is_loopback());
        }
        other => panic!("{other:?} instead of DialledBack"),
    }
}

#[tokio::test]
async fn the_original_s_reply_is_read_and_its_handshake_answered_in_kind() {
    let mut peer = Peer::start(current(1)).await;
    let mut socket = TcpStream::connect(("127.0.0.1", peer.port())).await.unwrap();
    socket.write_all(&of_the_original(7701)).await.unwrap();
    let theirs: [u8; HANDSHAKE_LEN] = raw::read_exactly(&mut socket).await;
    assert_eq!((&theirs[28..47], theirs[47]), (&[0; 19][..], 1), "the return swarm");
    socket.write_all(b"\0\0\0\x0c\xf39:192.0.2.7").await.unwrap();
    match peer.fact().await {
        OverlayEvent::DialledBack { at, .. } => assert_eq!(at.to_string(), "192.0.2.7"),
        other => panic!("{other:?} instead of DialledBack"),
    }
    assert_eq!(raw::read_rest(&mut socket).await, b"", "it is over");
}

#[tokio::test]
async fn nothing_else_is_taken_on_a_return_connection() {
    for frame in [frame(243, b"i4e"), frame(244, b""), frame(232, b"\x01\x01\0\0")] {
        let mut peer = Peer::start(current(1)).await;
        let mut socket = TcpStream::connect(("127.0.0.1", peer.port())).await.unwrap();
        socket.write_all(&of_the_original(7701)).await.unwrap();
        raw::write(&mut socket, &frame).await;
        assert_eq!(peer.refused().await.cause, Cause::AuthMalformed, "{frame:?}");
    }
}

#[tokio::test]
async fn an_acceptor_that_answers_with_the_return_swarm_is_no_peer() {
    let mut dialler = Peer::silent(current(1)).await;
    let (listener, port) = raw::listen().await;
    dialler.dial(port, None);
    let (mut socket, _) = listener.accept().await.unwrap();
    let _: [u8; HANDSHAKE_LEN] = raw::read_exactly(&mut socket).await;
    socket.write_all(&of_the_original(port)).await.unwrap();
    assert_eq!(dialler.refused().await.cause, Cause::NotOverlay);
}
