//! A simulated BitTorrent client: it shakes hands about its torrent, plain or obfuscated, tells of
//! its extensions, and of peers that come and go. For any other torrent it closes without a byte.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use swarmscope_networks::dht::asker::VERSION;
use swarmscope_networks::simulated::{Swarm, SwarmConfig};
use swarmscope_networks::sockets::random;
use swarmscope_wire::bittorrent::handshake::{HANDSHAKE_LEN, PLAIN};
use swarmscope_wire::bittorrent::mse::{Responder, Step, Streams};
use swarmscope_wire::bittorrent::{
    ExtensionHandshake, Handshake, Infohash, PeerExchange, Reserved, frame, pex,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinSet;
use tokio::time::{interval, timeout};

use super::{INFOHASH, udp};

/// How it names itself.
const CLIENT: &str = "swarmscope simulated 1.0";
const PEER_ID: [u8; 20] = *b"-SW0001-simulated000";
/// The first exchange, and the next ones: a tour does not wait the minute that real ones take.
const BETWEEN_EXCHANGES: Duration = Duration::from_secs(3);
/// How long it waits for whoever says nothing.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many ports it tries until it has one for both TCP and UDP.
const TRIES: usize = 20;

/// Starts one; gives its address.
pub async fn start(forces_encryption: bool, tasks: &mut JoinSet<()>) -> io::Result<SocketAddr> {
    let (listener, socket) = both().await?;
    let address = listener.local_addr()?;
    let config = SwarmConfig { nodes: 1, liars: 0, silent: 0, limited: 0, loss: 0, seed: 9 };
    let mut node = Swarm::at(config, [address].into_iter(), &[]).named(VERSION);
    let answer = move |own, datagram: &[u8]| node.answer(own, datagram, std::time::Instant::now());
    tasks.spawn(async move { drop(udp::serve(socket, true, answer).await) });
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                Ok((stream, _)) = listener.accept() => {
                    connections.spawn(async move { drop(talk(stream, forces_encryption).await) });
                }
                Some(_) = connections.join_next() => {}
                else => return,
            }
        }
    });
    Ok(address)
}

/// The same port of TCP and UDP, as clients have it.
async fn both() -> io::Result<(TcpListener, UdpSocket)> {
    for _ in 0..TRIES {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        if let Ok(socket) = UdpSocket::bind(listener.local_addr()?).await {
            return Ok((listener, socket));
        }
    }
    Err(ErrorKind::AddrInUse.into())
}

async fn talk(mut stream: TcpStream, forces_encryption: bool) -> io::Result<()> {
    let mut start = [0; PLAIN.len()];
    timeout(PATIENCE, stream.read_exact(&mut start)).await??;
    if start != *PLAIN {
        return obfuscated(stream, &start).await;
    }
    if forces_encryption {
        return Ok(());
    }
    let mut rest = [0; HANDSHAKE_LEN - PLAIN.len()];
    timeout(PATIENCE, stream.read_exact(&mut rest)).await??;
    if rest[8..28] == INFOHASH { converse(stream, None).await } else { Ok(()) }
}

/// The dialled side of Message Stream Encryption.
async fn obfuscated(mut stream: TcpStream, start: &[u8]) -> io::Result<()> {
    let mut random = random().map_err(|failure| io::Error::other(failure.to_string()))?;
    let padding = vec![0; usize::try_from(random.below(256)).unwrap_or(0)];
    let mut responder = Responder::new(random.bytes(), INFOHASH, padding);
    let mut bytes = start.to_vec();
    loop {
        match responder.push(&bytes).map_err(|_| ErrorKind::InvalidData)? {
            Step::Wait => {}
            Step::Send(said) => stream.write_all(&said).await?,
            Step::Done(mut ours) => {
                stream.write_all(&Responder::choice(&mut ours)).await?;
                // The dialler's handshake came with its step 3.
                return converse(stream, Some(ours.streams)).await;
            }
        }
        bytes.resize(4096, 0);
        let count = timeout(PATIENCE, stream.read(&mut bytes)).await??;
        if count == 0 {
            return Ok(());
        }
        bytes.truncate(count);
    }
}

/// Handshake, extensions, and an exchange now and then, until the other side leaves.
async fn converse(stream: TcpStream, mut keys: Option<Streams>) -> io::Result<()> {
    let (mut from, mut to) = stream.into_split();
    let handshake =
        Handshake { reserved: Reserved::OURS, infohash: Infohash(INFOHASH), peer_id: PEER_ID };
    let extensions = ExtensionHandshake {
        client: Some(CLIENT.as_bytes().to_vec()),
        extensions: vec![(pex::NAME.as_bytes().to_vec(), 1)],
        ..ExtensionHandshake::default()
    };
    let mut said = handshake.encode().to_vec();
    said.extend(frame::extended(0, &extensions.encode()));
    let mut times = interval(BETWEEN_EXCHANGES);
    times.tick().await; // the first is at once
    let (mut buffer, mut count) = ([0; 1024], 0);
    loop {
        if let Some(keys) = &mut keys {
            keys.outgoing.apply(&mut said);
        }
        to.write_all(&said).await?;
        said.clear();
        tokio::select! {
            read = from.read(&mut buffer) => if read? == 0 { return Ok(()) },
            _ = times.tick() => {
                count += 1;
                said = frame::extended(1, &met(count).encode());
            }
        }
    }
}

/// Peers of the documentation's networks: nobody is there.
fn met(count: u8) -> PeerExchange {
    let peer = |last| (SocketAddr::from(([192, 0, 2, last], 6881)), pex::Flags(last & 3));
    PeerExchange {
        added: (count..=count.saturating_add(2)).map(peer).collect(),
        ..Default::default()
    }
}
