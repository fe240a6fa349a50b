//! The byte stream of a connection: plain at first, TLS from the moment the session asks for it.

use std::io::{self, Write as _};
use std::mem::MaybeUninit;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, ServerConfig};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};

use super::tracer::Tracer;
use super::world::now;
use super::{tls, tls_failure};
use crate::session::{End, Session};
use swarmscope_wire::Permid;
use swarmscope_wire::failure::{By, Cause, Failure};

/// Read at once where it isn't known what comes: more than most messages and any of the
/// authentication, and so few small ones that what is told of them takes little.
const READ: usize = 2 * 1024;

pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<Prefixed>>),
}

/// Which side of TLS to be, and how.
pub(super) enum TlsRole {
    /// With what goes out inside TLS in one piece with the end of the handshake.
    Client(Arc<ClientConfig>, Bytes),
    Server(Arc<ServerConfig>),
}

impl Stream {
    /// Runs the TLS handshake, beginning with the bytes that came too early. Gives the permid that
    /// the peer has proved.
    ///
    /// # Errors
    /// The peer can't prove one, or not the right one.
    pub(super) async fn start_tls(
        socket: TcpStream,
        leftover: Bytes,
        role: TlsRole,
    ) -> Result<(Self, Permid), Failure> {
        let io = Prefixed { prefix: leftover, io: socket };
        let stream = match role {
            TlsRole::Client(config, first) => {
                let name = ServerName::try_from(tls::NO_NAME)
                    .map_err(|error| Failure::new(Cause::TlsFailed, By::Us, error.to_string()))?;
                let write = |connection: &mut ClientConnection| {
                    // TLS keeps it until it may be sent; there is room for far more.
                    let _ = connection.writer().write_all(&first);
                };
                let connector = TlsConnector::from(config);
                connector.connect_with(name, io, write).await.map(TlsStream::from)
            }
            TlsRole::Server(config) => {
                TlsAcceptor::from(config).accept(io).await.map(TlsStream::from)
            }
        };
        let stream = stream.map_err(|error| tls_failure::failure(&error))?;
        let permid = proved(&stream)?;
        Ok((Self::Tls(Box::new(stream)), permid))
    }

    pub(super) const fn is_tls(&self) -> bool {
        matches!(self, Self::Tls(_))
    }
}

/// What the peer has proved, once the handshake is over.
fn proved(stream: &TlsStream<Prefixed>) -> Result<Permid, Failure> {
    let (_, connection) = stream.get_ref();
    if connection.alpn_protocol() != Some(tls::ALPN) {
        let detail = "the peer does not name the protocol overlay/18 (ALPN)";
        return Err(Failure::new(Cause::TlsFailed, By::Us, detail));
    }
    let key = connection.peer_certificates().and_then(<[_]>::first);
    let key =
        key.ok_or_else(|| Failure::new(Cause::TlsFailed, By::Us, "the peer presents no key"))?;
    // the verifier has let only keys through that can be used
    Permid::from_der(key).map_err(|error| Failure::new(Cause::TlsFailed, By::Us, error.to_string()))
}

/// Tells the session what a failed read or write means.
pub(super) fn broken(session: &mut Session, error: &io::Error, tls: bool) {
    match error.kind() {
        io::ErrorKind::UnexpectedEof if tls => session.end_of_stream(End::Truncated),
        io::ErrorKind::InvalidData if tls && session.is_open() => {
            session.close(tls_failure::damaged(error));
        }
        io::ErrorKind::InvalidData if tls => session.close(tls_failure::failure(error)),
        _ => session.end_of_stream(End::Reset),
    }
}

/// Reads through a buffer that is there only while something is read: ten thousand quiet
/// connections have none. How many bytes came; at the end of the stream none do.
pub(super) fn read(
    cx: &mut Context<'_>,
    reader: &mut (impl AsyncRead + Unpin),
    take: impl FnOnce(&[u8]),
) -> Poll<io::Result<usize>> {
    let mut place = [MaybeUninit::uninit(); READ];
    let mut buffer = ReadBuf::uninit(&mut place);
    ready!(Pin::new(reader).poll_read(cx, &mut buffer))?;
    let bytes = buffer.filled();
    if !bytes.is_empty() {
        take(bytes);
    }
    Poll::Ready(Ok(bytes.len()))
}

/// Reads for a session: the rest of a frame to where it stays.
pub(super) fn receive(
    cx: &mut Context<'_>,
    reader: &mut (impl AsyncRead + Unpin),
    session: &mut Session,
    tracer: &Tracer,
) -> Poll<io::Result<usize>> {
    if let Some(mut room) = session.room() {
        let count = ready!(pin!(reader.read_buf(&mut room)).poll(cx))?;
        tracer.received(session.last(count));
        session.received(now());
        return Poll::Ready(Ok(count));
    }
    read(cx, reader, |bytes| {
        tracer.received(bytes);
        session.receive(bytes, now());
    })
}

/// A socket with bytes before what it has still to give.
pub(super) struct Prefixed {
    prefix: Bytes,
    io: TcpStream,
}

impl AsyncRead for Prefixed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.prefix.is_empty() {
            return Pin::new(&mut self.io).poll_read(cx, buf);
        }
        let some = self.prefix.len().min(buf.remaining());
        buf.put_slice(&self.prefix[..some]);
        self.prefix.advance(some);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Prefixed {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    /// The records of a flight, of which TLS has several, go out at once.
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_read(cx, buf),
            Self::Tls(io) => Pin::new(io).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_write(cx, buf),
            Self::Tls(io) => Pin::new(io).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_flush(cx),
            Self::Tls(io) => Pin::new(io).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_shutdown(cx),
            Self::Tls(io) => Pin::new(io).poll_shutdown(cx),
        }
    }
}
