//! Return connections (protocol.md §2): a peer asks whether it can be reached, and is dialled where
//! it says to listen. One attempt; what becomes of it only the peer needs to know.
#![allow(clippy::disallowed_methods, reason = "sockets and their timers live in overlay")]

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::shared::Shared;
use swarmscope_wire::dialback;
use swarmscope_wire::handshake::{HANDSHAKE_LEN, Handshake, Swarm};

/// The task of a return connection.
pub(super) async fn dial(shared: Arc<Shared>, to: SocketAddr) {
    let Ok(_turn) = shared.dials.acquire().await else { return };
    let limits = &shared.limits;
    let all = timeout(limits.connect + limits.outgoing.handshake, tell(&shared, to));
    let done = tokio::select! {
        biased;
        () = shared.stop.cancelled() => return,
        done = all => done,
    };
    match done {
        Ok(Ok(())) => tracing::debug!("dialled {to} back"),
        Ok(Err(error)) => tracing::debug!("{to} was not dialled back: {error}"),
        Err(_) => tracing::debug!("{to} was not dialled back in time"),
    }
}

/// Handshakes, then the address that was dialled.
async fn tell(shared: &Shared, to: SocketAddr) -> io::Result<()> {
    let mut socket = TcpStream::connect(to).await?;
    let own = Handshake::new(shared.peer_id(None)).for_return();
    socket.write_all(&own.encode()).await?;
    let mut theirs = [0; HANDSHAKE_LEN];
    socket.read_exact(&mut theirs).await?;
    let is_return = Handshake::decode(&theirs)
        .is_ok_and(|theirs| theirs.swarm == Swarm::Return && theirs.peer_id.port() == to.port());
    if !is_return {
        return Err(io::Error::other("somebody else listens there"));
    }
    let reply = dialback::reply(to.ip().to_canonical());
    socket.write_all(&reply.encode()).await?;
    socket.shutdown().await
}
