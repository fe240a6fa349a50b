//! A peer that the clients meet, so that they have somebody to tell of: it has nothing, says where
//! it listens, and stays.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use swarmscope_wire::bittorrent::handshake::HANDSHAKE_LEN;
use swarmscope_wire::bittorrent::{ExtensionHandshake, Handshake, Infohash, Reserved, frame};
use tokio::net::TcpSocket;

use crate::lab;

/// Another address than those of the clients and of whoever asks.
const ADDRESS: &str = "198.18.200.2:0";
/// Where it says that it listens; nobody dials it in time.
const PORT: u16 = 6881;

pub fn meet() {
    let setting = |name| std::env::var(name).expect("what the test sets");
    let infohash = Infohash(
        setting("LAB_INFOHASH").parse::<swarmscope_wire::krpc::Target>().expect("40 digits").0,
    );
    let streams: Vec<TcpStream> = setting("LAB_PLACES")
        .split(',')
        .map(|place| greet(place.parse().expect("an address"), infohash))
        .collect();
    lab::tell("met");
    // What they say is read, so that none of them waits; this ends with the test.
    let readers: Vec<_> = streams
        .into_iter()
        .map(|mut stream| {
            std::thread::spawn(move || std::io::copy(&mut stream, &mut std::io::sink()))
        })
        .collect();
    for reader in readers {
        drop(reader.join());
    }
}

fn greet(place: SocketAddr, infohash: Infohash) -> TcpStream {
    let mut stream = connect(place);
    let peer_id = *b"-SW0100-companion000";
    let handshake = Handshake { reserved: Reserved::OURS, infohash, peer_id };
    stream.write_all(&handshake.encode()).expect("sent");
    let mut theirs = [0; HANDSHAKE_LEN];
    stream.read_exact(&mut theirs).expect("a handshake");
    let extensions = ExtensionHandshake {
        client: Some(b"companion".to_vec()),
        extensions: vec![(b"ut_pex".to_vec(), 1)],
        port: Some(PORT),
        ..ExtensionHandshake::default()
    };
    stream.write_all(&frame::extended(0, &extensions.encode())).expect("sent");
    stream
}

fn connect(place: SocketAddr) -> TcpStream {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let stream = runtime.expect("a runtime").block_on(async {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(ADDRESS.parse().expect("an address")).expect("an address of this machine");
        socket.connect(place).await.expect("a connection").into_std().expect("a stream")
    });
    stream.set_nonblocking(false).expect("a stream");
    stream.set_read_timeout(Some(Duration::from_secs(600))).expect("a stream");
    stream
}
