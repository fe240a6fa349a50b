//! From `host:port` to a connected socket: the first two rungs.
#![allow(clippy::disallowed_methods, reason = "sockets and their timers live in overlay")]

use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::Trace;
use super::limits::Limits;
use super::progress::Progress;
use swarmscope_wire::failure::{By, Cause, Failure, Phase};

/// Resolves, then tries each address in turn.
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
    let mut last = Failure::new(Cause::NotFound, By::Network, host);
    for address in addresses {
        progress.rung(Phase::Tcp, address.to_string()).await;
        progress.tracer.fact(|| Trace::Dialling(address));
        match timeout(limits.connect, TcpStream::connect(address)).await {
            Ok(Ok(socket)) => {
                // Frames are small and somebody waits for each of them. Without it they are late, not wrong.
                let _ = socket.set_nodelay(true);
                progress.tracer.fact(|| Trace::Open);
                return Ok((socket, address));
            }
            Ok(Err(error)) => last = refused(address, &error),
            Err(_) => {
                let detail = format!("{address}, after {} s", limits.connect.as_secs_f32());
                last = Failure::new(Cause::TcpTimeout, By::Network, detail);
            }
        }
    }
    Err(last)
}

async fn resolve(host: &str, port: u16, limits: &Limits, progress: &Progress) -> Result<Vec<SocketAddr>, Failure> {
    progress.rung(Phase::Resolve, host.to_owned()).await;
    let not_found = |why: String| Failure::new(Cause::NotFound, By::Network, format!("{host}: {why}"));
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
        _ if lacks_files(error) => return Failure::new(Cause::Files, By::Us, format!("{address}: {error}")),
        ErrorKind::ConnectionRefused => Cause::TcpRefused,
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::AddrNotAvailable => {
            Cause::TcpUnreachable
        }
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
