//! Somebody between the sockets of two overlays who rewrites the handshakes.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

use super::support::*;
use swarmscope_wire::failure::{Failure, exit};
use swarmscope_wire::handshake::HANDSHAKE_LEN;

/// Which byte of which direction to change, and how.
#[derive(Clone, Copy, Debug)]
struct Rewrite {
    of_dialler: bool,
    at: usize,
    flip: u8,
}

/// Passes one connection on to `port`, rewriting one byte of one direction.
async fn pass(listener: &TcpListener, port: u16, rewrite: Rewrite) {
    let (near, _) = listener.accept().await.unwrap();
    let far = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let ((near_reader, near_writer), (far_reader, far_writer)) =
        (near.into_split(), far.into_split());
    let rewrite_of =
        |dialler: bool| (rewrite.of_dialler == dialler).then_some((rewrite.at, rewrite.flip));
    tokio::spawn(copy(near_reader, far_writer, rewrite_of(true)));
    tokio::spawn(copy(far_reader, near_writer, rewrite_of(false)));
}

async fn copy(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, rewrite: Option<(usize, u8)>) {
    let (mut passed, mut buffer) = (0, vec![0; 4096]);
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        if let Some((at, flip)) = rewrite
            && (passed..passed + count).contains(&at)
        {
            buffer[at - passed] ^= flip;
        }
        passed += count;
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}

/// Both sides' failures of a connection that is rewritten on the way.
async fn through(
    dialler: &mut Peer,
    acceptor: &mut Peer,
    proxy: &TcpListener,
    rewrite: Rewrite,
) -> [Failure; 2] {
    let pin = permid(&current(2));
    dialler.dial_at(&proxy.local_addr().unwrap(), Some(pin));
    pass(proxy, acceptor.port(), rewrite).await;
    [dialler.refused().await, acceptor.refused().await]
}

/// The proxy listens where the acceptor says it does, on another loopback address.
async fn proxied(acceptor: &Peer) -> TcpListener {
    TcpListener::bind(("127.0.0.2", acceptor.port())).await.unwrap()
}

#[tokio::test]
async fn every_byte_of_both_handshakes_is_protected_in_version_18() {
    let (mut dialler, mut acceptor) =
        (Peer::silent(current(1)).await, Peer::start(current(2)).await);
    let proxy = proxied(&acceptor).await;
    for of_dialler in [true, false] {
        for at in 0..HANDSHAKE_LEN {
            let rewrite = Rewrite { of_dialler, at, flip: 1 };
            for failure in through(&mut dialler, &mut acceptor, &proxy, rewrite).await {
                assert_eq!(failure.cause.exit(), exit::AUTHENTICATE, "{rewrite:?}: {failure}");
            }
        }
    }
    // Without a rewrite it passes.
    let pin = permid(&current(2));
    dialler.dial_at(&proxy.local_addr().unwrap(), Some(pin));
    pass(&proxy, acceptor.port(), Rewrite { of_dialler: true, at: usize::MAX, flip: 0 }).await;
    assert_eq!(dialler.connected().await.who.permid, permid(&current(2)));
    assert_eq!(acceptor.connected().await.who.permid, permid(&current(1)));
}

#[tokio::test]
async fn nobody_is_moved_from_18_to_17_on_the_way() {
    let (mut dialler, mut acceptor) = (Peer::silent(both(1)).await, Peer::start(both(2)).await);
    let proxy = proxied(&acceptor).await;
    for of_dialler in [true, false] {
        // 18 ^ 17
        let rewrite = Rewrite { of_dialler, at: 66, flip: 3 };
        for failure in through(&mut dialler, &mut acceptor, &proxy, rewrite).await {
            assert_eq!(failure.cause.exit(), exit::AUTHENTICATE, "{rewrite:?}: {failure}");
        }
    }
}

#[tokio::test]
async fn a_byte_changed_inside_tls_is_noticed() {
    let (mut dialler, mut acceptor) =
        (Peer::silent(current(1)).await, Peer::start(current(2)).await);
    let proxy = proxied(&acceptor).await;
    for (of_dialler, at) in [(true, 100), (true, 400), (false, 120), (false, 300)] {
        let rewrite = Rewrite { of_dialler, at, flip: 0x40 };
        for failure in through(&mut dialler, &mut acceptor, &proxy, rewrite).await {
            assert_eq!(failure.cause.exit(), exit::AUTHENTICATE, "{rewrite:?}: {failure}");
        }
    }
}
