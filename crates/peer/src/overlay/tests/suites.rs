//! Which cipher suites TLS has between peers of ours and others.

use rustls::CipherSuite;
use rustls::crypto::ring::cipher_suite::{
    TLS13_AES_256_GCM_SHA384, TLS13_CHACHA20_POLY1305_SHA256,
};
use tokio::io::AsyncWriteExt as _;

use super::raw;
use super::support::*;
use crate::overlay::tls::Tls;

#[tokio::test]
async fn the_suite_that_every_tls_1_3_has_comes_first() {
    let mut peer = Peer::start(current(1)).await;
    let ours = Tls::new(current(2).current.as_ref().unwrap(), None).unwrap();
    let stream = raw::connect(peer.port(), &ours).await;
    peer.connected().await;
    let suite = stream.get_ref().1.negotiated_cipher_suite().map(|suite| suite.suite());
    assert_eq!(suite, Some(CipherSuite::TLS13_AES_128_GCM_SHA256));
}

/// Whoever has another one is not turned away, in either role.
#[tokio::test]
async fn a_peer_with_one_other_suite_connects() {
    for suite in [TLS13_AES_256_GCM_SHA384, TLS13_CHACHA20_POLY1305_SHA256] {
        let other = Tls::with_suite(current(2).current.as_ref().unwrap(), suite);
        let mut peer = Peer::start(current(1)).await;
        let _stream = raw::connect(peer.port(), &other).await;
        assert_eq!(peer.connected().await.who.permid, permid(&current(2)));

        let (listener, port) = raw::listen().await;
        peer.dial(port, None);
        let (socket, handshakes) = raw::accept(&listener, 18).await;
        let mut stream = raw::tls_server(socket, other.server()).await.unwrap();
        stream.write_all(&handshakes.hello().encode()).await.unwrap();
        assert_eq!(peer.connected().await.who.permid, permid(&current(2)));
    }
}
