//! From an open socket to an authenticated peer: drives a [`Session`] until it says who is there.
#![allow(
    clippy::disallowed_methods,
    reason = "this is where the session meets the clock and the socket"
)]

use std::future::poll_fn;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use super::progress::Progress;
use super::stream::{Stream, TlsRole, broken, receive};
use super::tls::Tls;
use super::tracer::Tracer;
use super::world::now;
use crate::session::{Authenticated, End, Output, Role, Session, SessionConfig};
use swarmscope_wire::Permid;
use swarmscope_wire::failure::{By, Cause, Failure};

/// For a last alert or close_notify to a peer that is refused. Arbitrary: the socket's buffer takes
/// it at once.
const FAREWELL: Duration = Duration::from_secs(1);

/// An authenticated connection.
pub(super) struct Established {
    pub(super) stream: Stream,
    /// Its output may hold frames already.
    pub(super) session: Session,
    pub(super) who: Authenticated,
}

/// What an accepted connection turned out to be.
pub(super) enum Arrival {
    Peer(Box<Established>),
    /// A return connection (protocol.md §2), which is over: we were dialled at this address.
    DialledBack(IpAddr),
}

/// Runs the session of this configuration on the socket.
///
/// # Errors
/// Whatever ended it. The socket is closed then.
pub(super) async fn establish(
    socket: TcpStream,
    config: SessionConfig,
    tls: Option<&Tls>,
    progress: &Progress,
) -> Result<Established, Failure> {
    match arrive(socket, config, tls, progress).await? {
        Arrival::Peer(established) => Ok(*established),
        Arrival::DialledBack(_) => {
            Err(Failure::new(Cause::NotOverlay, By::Us, "a return connection"))
        }
    }
}

/// As [`establish`], for whoever may have asked to be dialled back.
///
/// # Errors
/// Whatever ended it. The socket is closed then.
pub(super) async fn arrive(
    socket: TcpStream,
    config: SessionConfig,
    tls: Option<&Tls>,
    progress: &Progress,
) -> Result<Arrival, Failure> {
    let role = config.role;
    let mut session = Session::new(config, now());
    let mut stream = Stream::Plain(socket);
    loop {
        while let Some(output) = session.poll_output() {
            match output {
                Output::Send(bytes) => {
                    write(&mut stream, &mut session, &bytes, &progress.tracer).await;
                }
                Output::Rung { phase, detail } => progress.rung(phase, detail).await,
                Output::StartTls { leftover, expected, hello } => {
                    let role = tls_role(role, tls, expected, hello.clone())?;
                    stream = start_tls(stream, &mut session, leftover, role).await?;
                    progress.tracer.tls();
                    progress.tracer.sent(&hello);
                }
                Output::Authenticated(who) => {
                    return Ok(Arrival::Peer(Box::new(Established { stream, session, who })));
                }
                Output::DialledBack(at) => {
                    farewell(&mut stream).await;
                    return Ok(Arrival::DialledBack(at));
                }
                Output::Close(failure) => {
                    farewell(&mut stream).await;
                    return Err(failure);
                }
                Output::Frame(frame) => unreachable!("{} before authentication", frame.id),
            }
        }
        progress.tracer.settle();
        read(&mut stream, &mut session, &progress.tracer).await;
    }
}

/// Says goodbye to a peer that is not let in; inside TLS it learns that nobody cut the line.
pub(super) async fn farewell(stream: &mut Stream) {
    let _ = timeout(FAREWELL, stream.shutdown()).await;
}

pub(super) async fn read(stream: &mut Stream, session: &mut Session, tracer: &Tracer) {
    let due = deadline(session);
    match timeout_at(due, poll_fn(|cx| receive(cx, stream, session, tracer))).await {
        Ok(Ok(0)) => session.end_of_stream(End::Closed),
        Ok(Ok(_)) => {}
        Ok(Err(error)) => broken(session, &error, stream.is_tls()),
        Err(_) => session.handle_timeout(now()),
    }
}

pub(super) async fn write(
    stream: &mut Stream,
    session: &mut Session,
    bytes: &[u8],
    tracer: &Tracer,
) {
    let all = async {
        let mut left = bytes;
        while !left.is_empty() {
            let count = stream.write(left).await?;
            if count == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            tracer.sent(&left[..count]);
            left = &left[count..];
        }
        stream.flush().await
    };
    match timeout_at(deadline(session), all).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => broken(session, &error, stream.is_tls()),
        Err(_) => session.handle_timeout(now()),
    }
}

async fn start_tls(
    stream: Stream,
    session: &mut Session,
    leftover: Bytes,
    role: TlsRole,
) -> Result<Stream, Failure> {
    let Stream::Plain(socket) = stream else { unreachable!("a session asks for TLS once") };
    let Ok(done) = timeout_at(deadline(session), Stream::start_tls(socket, leftover, role)).await
    else {
        return Err(Failure::new(Cause::AuthTimeout, By::Us, "in the TLS handshake"));
    };
    let (stream, permid) = done?;
    session.tls_established(permid, now());
    Ok(stream)
}

fn tls_role(
    role: Role,
    tls: Option<&Tls>,
    expected: Option<Permid>,
    hello: Bytes,
) -> Result<TlsRole, Failure> {
    let tls = tls.ok_or_else(|| Failure::new(Cause::VersionNeedsCurrent, By::Us, ""))?;
    Ok(match role {
        Role::Dialler { .. } => TlsRole::Client(tls.client(expected), hello),
        Role::Acceptor => TlsRole::Server(tls.server()),
    })
}

/// A session that is being set up always has a deadline; one that is over needs none.
fn deadline(session: &Session) -> Instant {
    session.next_deadline().map_or_else(Instant::now, |(due, _)| due.into())
}
