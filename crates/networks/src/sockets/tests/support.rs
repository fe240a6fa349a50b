//! Peers and hosts that do what they are told, each on a thread of its own.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use swarmscope_wire::bittorrent::extension::HANDSHAKE_ID;
use swarmscope_wire::bittorrent::handshake::HANDSHAKE_LEN;
use swarmscope_wire::bittorrent::{ExtensionHandshake, Handshake, Infohash, Reserved, frame, pex};

pub const INFOHASH: Infohash = Infohash([0xaa; 20]);

/// A listener that hands each connection to `serve`. It ends with the test.
pub fn peer(serve: impl Fn(TcpStream) + Clone + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    thread::spawn(move || {
        for socket in listener.incoming().map_while(Result::ok) {
            let serve = serve.clone();
            thread::spawn(move || serve(socket));
        }
    });
    address
}

/// A client that shakes hands and then sends this without end.
pub fn endless(frames: Vec<u8>) -> SocketAddr {
    peer(move |mut socket| {
        let _ = socket.read(&mut [0; HANDSHAKE_LEN]);
        let _ = socket.write_all(&hands());
        while socket.write_all(&frames).is_ok() {}
    })
}

/// A handshake with extensions.
pub fn hands() -> [u8; HANDSHAKE_LEN] {
    let reserved = Reserved([0, 0, 0, 0, 0, 0x10, 0, 5]);
    Handshake { reserved, infohash: INFOHASH, peer_id: *b"-TR3000-abcdefghijkl" }.encode()
}

/// An extension handshake with peer exchange.
pub fn extensions() -> Vec<u8> {
    let extensions = vec![(pex::NAME.as_bytes().to_vec(), 1)];
    let handshake = ExtensionHandshake { extensions, ..Default::default() };
    frame::extended(HANDSHAKE_ID, &handshake.encode())
}
