//! Peers that are not who they say, in both roles and both versions.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::client::danger::HandshakeSignatureValid;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::version::TLS13;
use rustls::{DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme};
use tokio::io::AsyncWriteExt as _;

use super::raw;
use super::support::*;
use crate::overlay::tls::Tls;
use swarmscope_wire::auth::{Challenge, Response1, Response2, signed_bytes};
use swarmscope_wire::failure::{Cause, exit};
use swarmscope_wire::frame::{Frame, FrameId};
use swarmscope_wire::handshake::Handshake;

fn tls(seed: u8) -> Tls {
    Tls::new(current(seed).current.as_ref().unwrap(), None).unwrap()
}

/// Shows the permid of `shown` and holds the key of `holds`.
fn impostor(shown: u8, holds: u8) -> Tls {
    Tls::impostor(permid(&current(shown)), current(holds).current.as_ref().unwrap())
}

#[tokio::test]
async fn an_acceptor_without_the_secret_key_is_refused() {
    let mut dialler = Peer::silent(current(1)).await;
    for pinned in [true, false] {
        let (listener, port) = raw::listen().await;
        dialler.dial(port, pinned.then(|| permid(&current(2))));
        let (socket, _) = raw::accept(&listener, 18).await;
        assert!(raw::tls_server(socket, impostor(2, 3).server()).await.is_err());
        let failure = dialler.refused().await;
        assert_eq!(
            (failure.cause, failure.cause.exit()),
            (Cause::BadSignature, exit::AUTHENTICATE)
        );
    }
}

#[tokio::test]
async fn a_dialler_without_the_secret_key_is_refused() {
    let mut acceptor = Peer::start(current(1)).await;
    let (socket, handshakes) = raw::dial(acceptor.port(), 18).await;
    // A client has done its part before the server looks at it; what it sends is never acted on.
    let mut stream = raw::tls_client(socket, impostor(2, 3).client(None)).await.unwrap();
    let _ = stream.write_all(&handshakes.hello().encode()).await;
    assert_eq!(acceptor.refused().await.cause, Cause::BadSignature);
    assert_eq!(raw::read_rest(&mut stream).await, b"", "no HELLO for it");
}

/// Lets everybody in and remembers whether a client's key was seen.
#[derive(Debug, Default)]
struct Witness(AtomicBool);

impl ClientCertVerifier for Witness {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.0.store(true, Ordering::SeqCst);
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::HandshakeNotComplete)
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

/// The same, but that it lets this one look.
fn watched(server: &ServerConfig, witness: Arc<Witness>) -> Arc<ServerConfig> {
    let mut config = ServerConfig::builder_with_provider(Arc::clone(server.crypto_provider()))
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .with_client_cert_verifier(witness)
        .with_cert_resolver(Arc::clone(&server.cert_resolver));
    config.alpn_protocols.clone_from(&server.alpn_protocols);
    config.send_tls13_tickets = server.send_tls13_tickets;
    Arc::new(config)
}

#[tokio::test]
async fn an_acceptor_that_was_not_asked_for_sees_neither_our_key_nor_a_signature() {
    let mut dialler = Peer::silent(current(1)).await;
    for (expected, seen) in [(3, false), (2, true)] {
        let witness = Arc::new(Witness::default());
        let config = watched(&tls(2).server(), Arc::clone(&witness));
        let (listener, port) = raw::listen().await;
        dialler.dial(port, Some(permid(&current(expected))));
        let (socket, handshakes) = raw::accept(&listener, 18).await;
        let stream = raw::tls_server(socket, config).await;
        assert_eq!(witness.0.load(Ordering::SeqCst), seen);
        if let Ok(mut stream) = stream {
            raw::write(&mut stream, &handshakes.hello()).await;
            assert_eq!(dialler.connected().await.who.permid, permid(&current(2)));
        } else {
            assert_eq!(dialler.refused().await.cause, Cause::WrongPermid);
        }
    }
}

#[tokio::test]
async fn tls_without_our_protocol_or_without_a_key_is_refused() {
    let mut acceptor = Peer::start(current(1)).await;
    let without_alpn = {
        let mut config = (*tls(2).client(None)).clone();
        config.alpn_protocols.clear();
        config
    };
    let other_alpn = {
        let mut config = without_alpn.clone();
        config.alpn_protocols = vec![b"h2".to_vec()];
        config
    };
    let without_key = {
        let mut config = (*tls(2).client(None)).clone();
        config.client_auth_cert_resolver = Arc::new(NoKey);
        config
    };
    let certificate = {
        let mut config = (*tls(2).client(None)).clone();
        let key = config.client_auth_cert_resolver.resolve(&[], &[SignatureScheme::ED25519]);
        config.client_auth_cert_resolver = Arc::new(Certificate(key.unwrap()));
        config
    };
    for config in [without_alpn, other_alpn, without_key, certificate] {
        let (socket, _) = raw::dial(acceptor.port(), 18).await;
        if let Ok(mut stream) = raw::tls_client(socket, Arc::new(config)).await {
            assert_eq!(raw::read_rest(&mut stream).await, b"", "no HELLO for it");
        }
        assert_eq!(acceptor.refused().await.cause, Cause::TlsFailed);
    }
}

#[derive(Debug)]
struct NoKey;

impl rustls::client::ResolvesClientCert for NoKey {
    fn resolve(
        &self,
        _: &[&[u8]],
        _: &[SignatureScheme],
    ) -> Option<Arc<rustls::sign::CertifiedKey>> {
        None
    }

    fn only_raw_public_keys(&self) -> bool {
        true
    }

    fn has_certs(&self) -> bool {
        false
    }
}

/// Shows its key as if it were an X.509 certificate, not a raw key of RFC 7250.
#[derive(Debug)]
struct Certificate(Arc<rustls::sign::CertifiedKey>);

impl rustls::client::ResolvesClientCert for Certificate {
    fn resolve(
        &self,
        _: &[&[u8]],
        _: &[SignatureScheme],
    ) -> Option<Arc<rustls::sign::CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn a_key_that_everybody_can_sign_for_is_refused() {
    let mut dialler = Peer::silent(current(1)).await;
    let mut neutral = [0; 32];
    neutral[0] = 1; // the neutral element of the group
    let weak = Tls::impostor(
        swarmscope_wire::Permid::Ed25519(neutral),
        current(3).current.as_ref().unwrap(),
    );
    let (listener, port) = raw::listen().await;
    dialler.dial(port, None);
    let (socket, _) = raw::accept(&listener, 18).await;
    assert!(raw::tls_server(socket, weak.server()).await.is_err());
    assert_eq!(dialler.refused().await.cause, Cause::TlsFailed);
}

#[tokio::test]
async fn a_relayed_hello_does_not_pass() {
    let mut acceptor = Peer::start(current(1)).await;
    let (socket, handshakes) = raw::dial(acceptor.port(), 18).await;
    let mut stream = raw::tls_client(socket, tls(2).client(None)).await.unwrap();
    let others = raw::Handshakes { dialler: raw::handshake(18, 1), ..handshakes };
    raw::write(&mut stream, &others.hello()).await;
    assert_eq!(acceptor.refused().await.cause, Cause::HelloMismatch);
}

/// A version-17 acceptor made by hand answers the dialler's CHALLENGE as `signer`, showing `shown`.
/// What came after it.
async fn legacy_acceptor(dialler: &mut Peer, expected: u8, shown: u8, signer: u8) -> Vec<u8> {
    let (listener, port) = raw::listen().await;
    dialler.dial(port, Some(permid(&legacy(expected))));
    let (mut socket, handshakes) = raw::accept(&listener, 17).await;
    let challenge: [u8; 1034] = raw::read_exactly(&mut socket).await;
    let challenge = Challenge::decode(&challenge[5..]).unwrap();
    let peer_id = Handshake::decode(&handshakes.dialler).unwrap().peer_id;
    let (nonce, identity) = (Box::new([3; 1024]), legacy(signer).legacy.unwrap());
    let signature = identity.sign(&signed_bytes(&nonce, &challenge.0, &peer_id));
    let response = Response1 { dialler: peer_id, signature, permid: permid(&legacy(shown)), nonce };
    raw::write(&mut socket, &response.encode()).await;
    if (expected, shown) == (shown, signer) {
        return raw::read_exactly::<5>(&mut socket).await.to_vec();
    }
    raw::read_rest(&mut socket).await
}

#[tokio::test]
async fn version_17_signs_nothing_for_a_peer_that_was_not_asked_for() {
    let mut dialler = Peer::silent(legacy(1)).await;
    assert_eq!(legacy_acceptor(&mut dialler, 2, 3, 3).await, b"");
    assert_eq!(dialler.refused().await.cause, Cause::WrongPermid);
    assert_eq!(legacy_acceptor(&mut dialler, 2, 2, 3).await, b"");
    assert_eq!(dialler.refused().await.cause, Cause::BadSignature);
    let response2 = legacy_acceptor(&mut dialler, 2, 2, 2).await;
    assert_eq!(response2[4], FrameId::RESPONSE2.0);
    assert_eq!(dialler.connected().await.who.permid, permid(&legacy(2)));
}

#[tokio::test]
async fn version_17_refuses_a_dialler_without_the_secret_key() {
    let mut acceptor = Peer::start(legacy(1)).await;
    for (shown, signer) in [(2, 3), (2, 2)] {
        let (mut socket, handshakes) = raw::dial(acceptor.port(), 17).await;
        raw::write(&mut socket, &Challenge(Box::new([5; 1024])).encode()).await;
        let length = u32::from_be_bytes(raw::read_exactly(&mut socket).await) as usize;
        let mut response = vec![0; length];
        tokio::io::AsyncReadExt::read_exact(&mut socket, &mut response).await.unwrap();
        let response = Response1::decode(&response[1..]).unwrap();
        let peer_id = Handshake::decode(&handshakes.acceptor).unwrap().peer_id;
        let message = signed_bytes(&[5; 1024], &response.nonce, &peer_id);
        let signature = legacy(signer).legacy.unwrap().sign(&message);
        let answer = Response2 { acceptor: peer_id, signature, permid: permid(&legacy(shown)) };
        raw::write(&mut socket, &answer.encode()).await;
        raw::write(
            &mut socket,
            &Frame { id: FrameId(232), body: bytes::Bytes::from_static(b"\x03\0\0\0") },
        )
        .await;
        if shown == signer {
            assert_eq!(acceptor.connected().await.who.permid, permid(&legacy(2)));
            assert_eq!(acceptor.frame().await.1, frame(232, b"\x03\0\0\0"));
        } else {
            assert_eq!(acceptor.refused().await.cause, Cause::BadSignature);
        }
    }
}
