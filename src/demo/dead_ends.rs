//! Addresses at which the way to a peer ends on one rung or another, before anybody could be asked.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use swarmscope_peer::node::Target;
use swarmscope_wire::handshake::{HANDSHAKE_LEN, Handshake, PeerId};
use swarmscope_wire::{OverlayVersion, Permid};

/// A name that nobody has, and nobody ever will (RFC 2606).
const NO_NAME: &str = "no-such-peer.invalid";
/// Versions of a peer from a later time.
const LATER: [OverlayVersion; 2] = [OverlayVersion(19), OverlayVersion(21)];
/// How long one that says nothing says nothing.
const SILENCE: Duration = Duration::from_secs(120);

/// What answers at an address.
#[derive(Clone, Copy)]
enum Answers {
    /// Speaks of other things.
    Http,
    /// Takes the connection, and that is all.
    Nothing,
    /// Its lowest version is above ours.
    TooNew,
}

/// Where to dial in vain. `known` is a peer of the swarm: another one is asked for at its address.
///
/// # Errors
/// A listener can't be opened on loopback.
pub async fn dead_ends(
    known: &Target,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> io::Result<Vec<Target>> {
    let mut targets = vec![
        Target { host: NO_NAME.to_owned(), port: 7760, permid: None },
        at(nobody().await?),
        Target { permid: Some(Permid::Ed25519([0x0e; 32])), ..known.clone() },
    ];
    for answers in [Answers::Http, Answers::Nothing, Answers::TooNew] {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        targets.push(at(listener.local_addr()?));
        tasks.spawn(stop.clone().run_until_cancelled_owned(serve(listener, answers)));
    }
    Ok(targets)
}

fn at(address: SocketAddr) -> Target {
    Target { host: address.ip().to_string(), port: address.port(), permid: None }
}

/// A port that was free a moment ago.
async fn nobody() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?.local_addr()
}

async fn serve(listener: TcpListener, answers: Answers) {
    let port = listener.local_addr().map_or(0, |address| address.port());
    while let Ok((stream, _)) = listener.accept().await {
        // the dialler sees how it ends: no one else needs to know
        tokio::spawn(async move { answer(stream, answers, port).await.is_ok() });
    }
}

async fn answer(mut stream: TcpStream, answers: Answers, port: u16) -> io::Result<()> {
    let mut theirs = [0; HANDSHAKE_LEN];
    stream.read_exact(&mut theirs).await?;
    match answers {
        Answers::Http => {
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n").await?;
        }
        Answers::Nothing => tokio::time::sleep(SILENCE).await,
        Answers::TooNew => {
            let [lowest, current] = LATER;
            let handshake = Handshake::new(PeerId::new(*b"tomorrow", port, lowest, current));
            stream.write_all(&handshake.encode()).await?;
            let _ = stream.read(&mut theirs).await?; // until it is closed
        }
    }
    stream.shutdown().await
}
