//! A peer made by hand, which can do what an overlay would not.

use std::sync::Arc;

use rustls::{ClientConfig, ServerConfig};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::{TlsAcceptor, TlsConnector, client, server};

use super::support::PATIENCE;
use crate::overlay::tls::Tls;
use swarmscope_wire::OverlayVersion;
use swarmscope_wire::auth::Hello;
use swarmscope_wire::frame::Frame;
use swarmscope_wire::handshake::{HANDSHAKE_LEN, Handshake, PeerId};

/// The handshake of a peer that speaks only this version.
pub fn handshake(version: u16, port: u16) -> [u8; HANDSHAKE_LEN] {
    let lowest = if version == 18 { 7 } else { 2 };
    Handshake::new(PeerId::new([7; 8], port, OverlayVersion(lowest), OverlayVersion(version)))
        .encode()
}

/// Both handshakes, in the order of HELLO.
#[derive(Clone, Copy)]
pub struct Handshakes {
    pub dialler: [u8; HANDSHAKE_LEN],
    pub acceptor: [u8; HANDSHAKE_LEN],
}

impl Handshakes {
    pub fn hello(&self) -> Frame {
        Hello::over(&self.dialler, &self.acceptor).encode()
    }
}

/// Dials and exchanges handshakes.
pub async fn dial(port: u16, version: u16) -> (TcpStream, Handshakes) {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let dialler = handshake(version, 0);
    socket.write_all(&dialler).await.unwrap();
    let acceptor = read_exactly(&mut socket).await;
    (socket, Handshakes { dialler, acceptor })
}

/// Listens for one connection.
pub async fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// Accepts one connection and exchanges handshakes.
pub async fn accept(listener: &TcpListener, version: u16) -> (TcpStream, Handshakes) {
    let (mut socket, _) = timeout(PATIENCE, listener.accept()).await.unwrap().unwrap();
    let dialler = read_exactly(&mut socket).await;
    let acceptor = handshake(version, listener.local_addr().unwrap().port());
    socket.write_all(&acceptor).await.unwrap();
    (socket, Handshakes { dialler, acceptor })
}

/// TLS as the dialler.
pub async fn tls_client(
    socket: TcpStream,
    config: Arc<ClientConfig>,
) -> std::io::Result<client::TlsStream<TcpStream>> {
    TlsConnector::from(config).connect("x".try_into().unwrap(), socket).await
}

/// TLS as the acceptor.
pub async fn tls_server(
    socket: TcpStream,
    config: Arc<ServerConfig>,
) -> std::io::Result<server::TlsStream<TcpStream>> {
    TlsAcceptor::from(config).accept(socket).await
}

/// A whole version-18 connection to this port: HELLO has been sent and received.
pub async fn connect(port: u16, tls: &Tls) -> client::TlsStream<TcpStream> {
    let (socket, handshakes) = dial(port, 18).await;
    let mut stream = tls_client(socket, tls.client(None)).await.unwrap();
    let hello = handshakes.hello().encode();
    stream.write_all(&hello).await.unwrap();
    let theirs: [u8; 37] = read_exactly(&mut stream).await;
    assert_eq!(&theirs[..], &hello[..]);
    stream
}

pub async fn read_exactly<const N: usize>(stream: &mut (impl AsyncRead + Unpin)) -> [u8; N] {
    let mut bytes = [0; N];
    timeout(PATIENCE, stream.read_exact(&mut bytes))
        .await
        .expect("bytes in time")
        .expect("all of them");
    bytes
}

/// Everything until the end of the stream, however it ends.
pub async fn read_rest(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("an end in time");
    bytes
}

pub async fn write(stream: &mut (impl AsyncWrite + Unpin), frame: &Frame) {
    stream.write_all(&frame.encode()).await.unwrap();
    stream.flush().await.unwrap();
}
