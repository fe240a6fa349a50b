//! The UDP side of a simulated client or node: uTP's SYN, where it is a client, and KRPC.

use std::io;
use std::net::SocketAddr;

use swarmscope_wire::bittorrent::utp::{Packet, PacketType};
use swarmscope_wire::krpc::MAX_DATAGRAM;
use tokio::net::UdpSocket;

/// Answers what comes until the task is aborted.
pub async fn serve(
    socket: UdpSocket,
    is_client: bool,
    mut answer: impl FnMut(SocketAddr, &[u8]) -> Option<Vec<u8>>,
) -> io::Result<()> {
    let own = socket.local_addr()?;
    let mut buffer = [0; MAX_DATAGRAM];
    loop {
        // An error tells of somebody who has left.
        let Ok((length, from)) = socket.recv_from(&mut buffer).await else { continue };
        let datagram = &buffer[..length];
        let syn = Packet::decode(datagram).ok().filter(|packet| packet.kind == PacketType::Syn);
        let said = match syn {
            Some(syn) if is_client => Some(state(&syn).encode().to_vec()),
            _ => answer(own, datagram),
        };
        if let Some(said) = said {
            let _ = socket.send_to(&said, from).await; // who has left needs none
        }
    }
}

/// What acknowledges a SYN.
const fn state(syn: &Packet) -> Packet {
    Packet {
        kind: PacketType::State,
        connection: syn.connection,
        timestamp: syn.timestamp,
        delay: 0,
        window: 1 << 20,
        sequence: 1,
        acknowledged: syn.sequence,
    }
}
