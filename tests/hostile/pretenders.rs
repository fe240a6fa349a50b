//! BitTorrent clients that are none.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use swarmscope_wire::bittorrent::handshake::HANDSHAKE_LEN;
use swarmscope_wire::bittorrent::{Handshake, Infohash, Reserved};

/// What one does after its handshake.
pub enum Peer {
    /// Says this and waits.
    Once(Vec<u8>),
    /// Says something without end.
    Endless(SocketAddr),
    /// Not even its handshake, but a byte of it ten times a second.
    Drip,
}

fn hands() -> [u8; HANDSHAKE_LEN] {
    let (reserved, infohash) = (Reserved([0, 0, 0, 0, 0, 0x10, 0, 5]), Infohash([0xaa; 20]));
    Handshake { reserved, infohash, peer_id: *b"-TR3000-abcdefghijkl" }.encode()
}

/// Serves each connection on a thread of its own.
fn serve(serve: impl Fn(TcpStream) + Clone + Send + 'static) -> SocketAddr {
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

fn shake(socket: &mut TcpStream) {
    let _ = socket.read(&mut [0; HANDSHAKE_LEN]);
    let _ = socket.write_all(&hands()); // who left sees nothing
}

pub fn once(frames: Vec<u8>) -> SocketAddr {
    serve(move |mut socket| {
        shake(&mut socket);
        let _ = socket.write_all(&frames);
        let _ = socket.read_to_end(&mut Vec::new()); // until the other side goes
    })
}

pub fn endless(first: Vec<u8>, then: &[u8]) -> Peer {
    let many = then.repeat((64 << 10) / then.len() + 1);
    Peer::Endless(serve(move |mut socket| {
        shake(&mut socket);
        let _ = socket.write_all(&first);
        while socket.write_all(&many).is_ok() {}
    }))
}

pub fn drip() -> SocketAddr {
    serve(|mut socket| {
        for byte in hands() {
            if socket.write_all(&[byte]).is_err() {
                return;
            }
            thread::sleep(Duration::from_millis(100));
        }
    })
}
