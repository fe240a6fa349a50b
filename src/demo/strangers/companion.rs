//! A simulated peer that real clients meet, so that they have somebody to tell of in a peer
//! exchange: it has nothing, says where it listens, and asks for nothing.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use swarmscope_wire::bittorrent::handshake::HANDSHAKE_LEN;
use swarmscope_wire::bittorrent::{ExtensionHandshake, Handshake, Infohash, Reserved, frame, pex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// Another address than those of the clients and of whoever asks.
pub const ADDRESS: Ipv4Addr = Ipv4Addr::new(198, 18, 200, 2);
/// Where it says that it listens. Nobody does.
const PORT: u16 = 6881;
const CLIENT: &str = "swarmscope companion 1.0";
const PEER_ID: [u8; 20] = *b"-SW0001-companion000";
/// Before it comes back to a client that has closed the connection.
const AGAIN: Duration = Duration::from_secs(5);

/// Visits a client, again and again.
pub fn visit(client: SocketAddr, infohash: [u8; 20], tasks: &mut JoinSet<()>) {
    tasks.spawn(async move {
        loop {
            if let Err(error) = stay(client, infohash).await {
                tracing::debug!("{client} and the companion: {error}");
            }
            sleep(AGAIN).await;
        }
    });
}

/// Until the client has enough of it.
async fn stay(client: SocketAddr, infohash: [u8; 20]) -> io::Result<()> {
    let mut stream = connect(client).await?;
    let handshake =
        Handshake { reserved: Reserved::OURS, infohash: Infohash(infohash), peer_id: PEER_ID };
    stream.write_all(&handshake.encode()).await?;
    stream.read_exact(&mut [0; HANDSHAKE_LEN]).await?;
    let extensions = ExtensionHandshake {
        client: Some(CLIENT.as_bytes().to_vec()),
        extensions: vec![(pex::NAME.as_bytes().to_vec(), 1)],
        port: Some(PORT),
        ..ExtensionHandshake::default()
    };
    stream.write_all(&frame::extended(0, &extensions.encode())).await?;
    tokio::io::copy(&mut stream, &mut tokio::io::sink()).await.map(drop)
}

async fn connect(client: SocketAddr) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((ADDRESS, 0).into())?;
    socket.connect(client).await
}
