//! Accepts connections, as many as may be set up at the same time.
#![allow(clippy::disallowed_methods, reason = "sockets and their timers live in overlay")]

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::OverlayEvent;
use super::connection;
use super::dial::lacks_files;
use super::rules::Slot;
use super::shared::Shared;
use super::slot::HeldSlot;
use swarmscope_wire::failure::{By, Cause, Failure};

/// After an accept that failed for want of file descriptors or memory. Arbitrary: long enough not to spin.
const PAUSE: Duration = Duration::from_millis(100);
/// Refusals before setup are told of at most this often, with their number.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// # Errors
/// The address is taken or not ours.
pub(super) async fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let cause = if lacks_files(&error) { Cause::Files } else { Cause::Bind };
        Failure::new(cause, By::Us, format!("{address}: {error}"))
    })
}

/// Runs until the overlay stops.
pub(super) async fn run(shared: Arc<Shared>, listener: TcpListener) {
    let (done, mut finished) = mpsc::unbounded_channel();
    let mut accepting = Accepting { shared, done, setting_up: HashMap::new(), refused: 0, told: None };
    let stop = accepting.shared.stop.clone();
    let mut failed = None;
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            Some(slot) = finished.recv() => accepting.vacate(slot),
            accepted = listener.accept() => match accepted {
                Ok((socket, remote)) => {
                    failed = None;
                    accepting.admit(socket, remote);
                }
                Err(error) => {
                    // tried ten times a second, told of once: this may last
                    if failed.replace(error.kind()) != Some(error.kind()) {
                        tracing::warn!("no connections can be accepted until this ends: {error}");
                    }
                    sleep(PAUSE).await;
                }
            },
        }
    }
}

struct Accepting {
    shared: Arc<Shared>,
    /// Bounded by the number of slots: each is sent once.
    done: mpsc::UnboundedSender<Slot>,
    setting_up: HashMap<Slot, CancellationToken>,
    /// Refusals not told of yet.
    refused: u64,
    told: Option<Instant>,
}

impl Accepting {
    fn admit(&mut self, socket: TcpStream, remote: SocketAddr) {
        let admitted = self.shared.rules().admit(remote.ip());
        let (slot, evicted) = match admitted {
            Ok(admitted) => admitted,
            Err(failure) => return self.refuse(remote, failure),
        };
        if let Some(token) = evicted.and_then(|slot| self.setting_up.remove(&slot)) {
            token.cancel();
        }
        let evict = CancellationToken::new();
        self.setting_up.insert(slot, evict.clone());
        let held = HeldSlot { slot, done: self.done.clone() };
        self.shared.tasks.spawn(connection::accept(Arc::clone(&self.shared), socket, remote, held, evict));
    }

    fn vacate(&mut self, slot: Slot) {
        self.setting_up.remove(&slot);
        self.shared.rules().vacate(slot);
    }

    /// The socket is closed by being dropped. A flood is told of once a second, not once a connection.
    fn refuse(&mut self, remote: SocketAddr, failure: Failure) {
        self.refused += 1;
        let now = Instant::now();
        if self.told.is_some_and(|told| now.duration_since(told) < TELL_EVERY) {
            return;
        }
        let event = OverlayEvent::AcceptFailed { remote, failure, times: self.refused };
        // Where the reader is behind, the number is told later.
        if self.shared.events.try_send(event).is_ok() {
            (self.refused, self.told) = (0, Some(now));
        }
    }
}
