//! From `host:port` to a connected socket: the first two rungs.
#![allow(clippy::disallowed_methods, reason = "sockets and their timers live in overlay")]

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::Trace;
use super::progress::Progress;
use crate::limits::Limits;
use swarmscope_wire::failure::{By, Cause, Failure, Phase};

/// The next address is tried when an attempt has been under way for so long (RFC 8305, section 5).
const STAGGER: Duration = Duration::from_millis(250);

/// Resolves, then tries the addresses, the next one as soon as the last attempt has failed or takes
/// its time.
///
/// # Errors
/// No address, or what the last of them failed with.
pub(super) async fn connect(
    host: &str,
    port: u16,
    limits: &Limits,
    progress: &Progress,
) -> Result<(TcpStream, SocketAddr), Failure> {
    let addresses = resolve(host, port, limits, progress).await?;
    if let [address] = addresses[..] {
        tries(address, progress).await;
        return attempt(address, limits.connect).await.map(|open| opened(open, progress));
    }
    let none = Failure::new(Cause::NotFound, By::Network, host);
    connect_any(by_turns(addresses), none, limits, progress).await
}

/// The first address that answers.
async fn connect_any(
    addresses: Vec<SocketAddr>,
    none: Failure,
    limits: &Limits,
    progress: &Progress,
) -> Result<(TcpStream, SocketAddr), Failure> {
    let (mut addresses, mut attempts, mut last) = (addresses.into_iter(), JoinSet::new(), none);
    loop {
        if let Some(address) = addresses.next() {
            tries(address, progress).await;
            attempts.spawn(attempt(address, limits.connect));
        }
        let done = if addresses.len() > 0 {
            timeout(STAGGER, attempts.join_next()).await
        } else {
            Ok(attempts.join_next().await)
        };
        match done {
            Ok(None) if addresses.len() == 0 => return Err(last),
            Err(_) | Ok(None | Some(Err(_))) => {} // it takes its time: the next one beside it
            Ok(Some(Ok(Err(failure)))) => last = failure,
            Ok(Some(Ok(Ok(open)))) => return Ok(opened(open, progress)),
        }
    }
}

async fn tries(address: SocketAddr, progress: &Progress) {
    progress.rung(Phase::Tcp, address.to_string()).await;
    progress.tracer.fact(|| Trace::Dialling(address));
}

fn opened(open: (TcpStream, SocketAddr), progress: &Progress) -> (TcpStream, SocketAddr) {
    // Frames are small and each is waited for. Without it they are late, not wrong.
    let _ = open.0.set_nodelay(true);
    progress.tracer.fact(|| Trace::Open);
    open
}

async fn attempt(
    address: SocketAddr,
    allowed: Duration,
) -> Result<(TcpStream, SocketAddr), Failure> {
    match timeout(allowed, TcpStream::connect(address)).await {
        Ok(Ok(socket)) => Ok((socket, address)),
        Ok(Err(error)) => Err(refused(address, &error)),
        Err(_) => {
            let detail = format!("{address}, after {} s", allowed.as_secs_f32());
            Err(Failure::new(Cause::TcpTimeout, By::Network, detail))
        }
    }
}

/// The addresses of both families by turns, the family of the first one first (RFC 8305, section
/// 4).
fn by_turns(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (one, other): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == first);
    let (mut one, mut other) = (one.into_iter(), other.into_iter());
    let mut turns = Vec::new();
    loop {
        let before = turns.len();
        turns.extend(one.next());
        turns.extend(other.next());
        if turns.len() == before {
            return turns;
        }
    }
}

async fn resolve(
    host: &str,
    port: u16,
    limits: &Limits,
    progress: &Progress,
) -> Result<Vec<SocketAddr>, Failure> {
    progress.rung(Phase::Resolve, host.to_owned()).await;
    let not_found =
        |why: String| Failure::new(Cause::NotFound, By::Network, format!("{host}: {why}"));
    // lookup_host takes an IPv6 address without brackets only.
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let found = timeout(limits.resolve, lookup_host((bare, port)))
        .await
        .map_err(|_| not_found(format!("no answer in {} s", limits.resolve.as_secs_f32())))?
        .map_err(|error| not_found(error.to_string()))?;
    Ok(found.take(limits.addresses).collect())
}

/// What the operating system's word means.
fn refused(address: SocketAddr, error: &io::Error) -> Failure {
    let cause = match error.kind() {
        _ if lacks_files(error) => {
            return Failure::new(Cause::Files, By::Us, format!("{address}: {error}"));
        }
        ErrorKind::ConnectionRefused => Cause::TcpRefused,
        ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::AddrNotAvailable => Cause::TcpUnreachable,
        ErrorKind::TimedOut => Cause::TcpTimeout,
        _ => Cause::TcpOther,
    };
    Failure::new(cause, By::Network, format!("{address}: {error}"))
}

/// Whether a socket is refused because too many files are open, in this process or in all.
pub(super) fn lacks_files(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::overlay::tracer::Tracer;

    /// A place that answers nothing: its queue of connections is full.
    async fn silent() -> (SocketAddr, Vec<tokio::task::JoinHandle<()>>) {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let held = (0..8).map(|_| {
            tokio::spawn(async move {
                let _socket = TcpStream::connect(address).await;
                std::future::pending::<()>().await;
            })
        });
        let mut held: Vec<_> = held.collect();
        held.push(tokio::spawn(async move {
            let _listener = listener;
            std::future::pending::<()>().await;
        }));
        tokio::time::sleep(Duration::from_millis(300)).await; // until it is full
        (address, held)
    }

    #[tokio::test]
    async fn an_address_that_answers_slowly_does_not_hold_up_the_next() {
        let (slow, held) = silent().await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let quick = listener.local_addr().unwrap();
        let (events, _reader) = crate::weighed::channel(16, 0);
        let progress = Progress { attempt: None, events, tracer: Tracer::silent() };
        let began = tokio::time::Instant::now();
        let none = Failure::new(Cause::NotFound, By::Network, "");
        let connected = connect_any(vec![slow, quick], none, &Limits::default(), &progress).await;
        assert_eq!(connected.unwrap().1, quick);
        assert!(
            began.elapsed() < Duration::from_secs(5),
            "{:?} where 250 ms are waited",
            began.elapsed()
        );
        for task in held {
            task.abort();
        }
    }

    #[test]
    fn families_take_turns() {
        let address = |text: &str| text.parse::<SocketAddr>().unwrap();
        let all = ["[::1]:1", "[::2]:1", "127.0.0.1:1", "[::3]:1"].map(address);
        assert_eq!(
            by_turns(all.to_vec()),
            ["[::1]:1", "127.0.0.1:1", "[::2]:1", "[::3]:1"].map(address)
        );
        assert_eq!(by_turns(vec![]), vec![]);
    }

    #[test]
    fn each_error_of_the_system_has_its_cause() {
        let address = SocketAddr::from(([127, 0, 0, 1], 1));
        for (kind, cause) in [
            (ErrorKind::ConnectionRefused, Cause::TcpRefused),
            (ErrorKind::HostUnreachable, Cause::TcpUnreachable),
            (ErrorKind::NetworkUnreachable, Cause::TcpUnreachable),
            (ErrorKind::TimedOut, Cause::TcpTimeout),
            (ErrorKind::PermissionDenied, Cause::TcpOther),
            (ErrorKind::ConnectionReset, Cause::TcpOther),
        ] {
            assert_eq!(refused(address, &io::Error::from(kind)).cause, cause, "{kind}");
        }
        let failure = refused(address, &io::Error::from_raw_os_error(libc::EMFILE));
        assert_eq!((failure.cause, failure.by), (Cause::Files, By::Us), "nothing of the peer's");
    }
}
