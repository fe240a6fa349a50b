//! Accepts connections, as many as may be set up at the same time.
#![allow(clippy::disallowed_methods, reason = "sockets and their timers live in overlay")]

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::connection;
use super::dial::lacks_files;
use super::rules::Slot;
use super::shared::Shared;
use super::slot::HeldSlot;
use swarmscope_wire::failure::{By, Cause, Failure};

/// After an accept that failed for want of file descriptors or memory. Arbitrary: long enough not
/// to spin.
const PAUSE: Duration = Duration::from_millis(100);

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
    let mut accepting = Accepting { shared, done, setting_up: HashMap::new() };
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
                        tracing::warn!("no connections can be accepted for now: {error}");
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
}

impl Accepting {
    fn admit(&mut self, socket: TcpStream, remote: SocketAddr) {
        let (slot, evicted) = self.shared.seats().rules.admit(remote.ip());
        if let Some(token) = evicted.and_then(|slot| self.setting_up.remove(&slot)) {
            token.cancel();
        }
        let evict = CancellationToken::new();
        self.setting_up.insert(slot, evict.clone());
        let held = HeldSlot { slot, done: self.done.clone() };
        self.shared.tasks.spawn(connection::accept(
            Arc::clone(&self.shared),
            socket,
            remote,
            held,
            evict,
        ));
    }

    fn vacate(&mut self, slot: Slot) {
        self.setting_up.remove(&slot);
        self.shared.seats().rules.vacate(slot);
    }
}
