//! The handle by which the rest of the program drives the overlay. Nothing here waits for a peer.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::DropGuard;

use super::queue::Manner;
use super::shared::Shared;
use super::world::within;
use super::{AttemptId, ConnId, Events, OverlayConfig, Stopped, connection, dialback, listener};
use crate::weighed;
use swarmscope_wire::Permid;
use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::frame::Frame;

/// A running overlay. Cheap to clone; it ends when [`Overlay::shutdown`] is called or the last
/// clone is dropped.
#[derive(Clone)]
pub struct Overlay {
    shared: Arc<Shared>,
    _stop: Arc<DropGuard>,
}

impl Overlay {
    /// Binds and starts the tasks. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// The listening address can't be bound, or no identity can be used.
    pub async fn start(config: OverlayConfig) -> Result<(Self, Events), Failure> {
        let listener = match config.listen {
            Some(address) => Some(listener::bind(address).await?),
            None => None,
        };
        let listening = match &listener {
            Some(listener) => Some(listener.local_addr().map_err(|error| io(&error))?),
            None => None,
        };
        let (events, receiver) = weighed::channel(config.limits.events, config.limits.event_bytes);
        let shared = Arc::new(Shared::new(config, listening, events)?);
        if let Some(listener) = listener {
            shared.tasks.spawn(listener::run(Arc::clone(&shared), listener));
        }
        let stop = Arc::new(shared.stop.clone().drop_guard());
        Ok((Self { shared, _stop: stop }, receiver))
    }

    /// Where connections are accepted; with the real port where 0 was asked for.
    #[must_use]
    pub fn listening(&self) -> Option<SocketAddr> {
        self.shared.listening
    }

    /// Dials; what becomes of it comes as events with this attempt's number. `expected`: connect
    /// only if it is that peer.
    pub fn dial(&self, attempt: AttemptId, host: &str, port: u16, expected: Option<Permid>) {
        let dial =
            connection::dial(Arc::clone(&self.shared), attempt, host.to_owned(), port, expected);
        self.shared.tasks.spawn(connection::run(Box::pin(dial)));
    }

    /// Opens a return connection there (protocol.md §2). Nobody is told what becomes of it.
    pub fn dial_back(&self, to: SocketAddr) {
        self.shared.tasks.spawn(dialback::dial(Arc::clone(&self.shared), to));
    }

    /// Queues a frame.
    ///
    /// # Errors
    /// The connection no longer exists (`NotConnected`), or its queue is full (`QueueFull`),
    /// which closes it.
    pub fn send(&self, conn: ConnId, frame: Frame) -> Result<(), Failure> {
        let queue = self.shared.queue(conn);
        let queue = queue
            .ok_or_else(|| Failure::new(Cause::NotConnected, By::Us, "the connection has ended"))?;
        queue.push(frame)
    }

    /// Who is on the allow-list: places are kept for them, and they count towards no source's
    /// share.
    pub fn list(&self, listed: HashSet<Permid>) {
        self.shared.seats().rules.list(listed);
    }

    /// Tells what passes over the connections of this peer from now on, or no longer.
    pub fn trace(&self, permid: Permid, watched: bool) {
        self.shared.watches.choose(permid, watched);
    }

    /// Tells the frames of everybody's connections, or only of those that [`Self::trace`] names.
    pub fn trace_all(&self, all: bool) {
        self.shared.watches.all(all);
    }

    /// Whether frames wait for this connection.
    #[cfg(test)]
    #[cfg(feature = "legacy")]
    pub(super) fn waits(&self, conn: ConnId) -> bool {
        self.shared.queue(conn).is_some_and(|queue| queue.has_frames())
    }

    /// Closes a connection after what is queued was written, in bounded time. `Closed` will give
    /// this failure.
    pub fn close(&self, conn: ConnId, failure: Failure) {
        if let Some(queue) = self.shared.queue(conn) {
            queue.close(failure, Manner::Flush);
        }
    }

    /// Stops accepting and dialling, sends what is queued, closes every connection in order, and
    /// cuts those that have not ended when `grace` is over. Events may be left unread
    /// meanwhile.
    pub async fn shutdown(&self, grace: Duration) -> Stopped {
        let open = self.shared.seats().len();
        self.shared.stop.cancel();
        self.shared.tasks.close();
        let in_time = within(grace, self.shared.tasks.wait()).await;
        let cut = if in_time { 0 } else { self.shared.seats().len() };
        self.shared.kill.cancel();
        self.shared.tasks.wait().await;
        Stopped { open, cut }
    }
}

fn io(error: &std::io::Error) -> Failure {
    Failure::new(Cause::Io, By::Us, error.to_string())
}
