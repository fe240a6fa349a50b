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

use super::OverlayEvent;
use super::connection;
use super::dial::lacks_files;
use super::rules::Slot;
use super::shared::Shared;
use super::slot::HeldSlot;
use super::world::now;
use crate::limits::pace::{Limiter, Rates, TooOften};
use crate::limits::{Limit, Limits};
use swarmscope_wire::failure::{By, Cause, Failure};

/// After an accept that failed for want of file descriptors or memory. Arbitrary: long enough not
/// to spin.
const PAUSE: Duration = Duration::from_millis(100);
/// So many seconds' worth of connections may come at once.
const BURST: u32 = 4;

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
    let mut accepting = Accepting::new(shared, done);
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
                    if lacks_files(&error) {
                        accepting.make_room();
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
    pace: Limiter,
    /// Newcomers that came too often, not told of yet.
    too_often: u64,
}

impl Accepting {
    fn new(shared: Arc<Shared>, done: mpsc::UnboundedSender<Slot>) -> Self {
        let rate = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let Limits { attempts, attempts_per_source, .. } = shared.limits;
        let (total, per_source) = (rate(attempts), rate(attempts_per_source));
        let pace = Limiter::new(Rates { per_source, total, burst: BURST }, now());
        Self { shared, done, setting_up: HashMap::new(), pace, too_often: 0 }
    }

    fn admit(&mut self, socket: TcpStream, remote: SocketAddr) {
        if let Err(too_often) = self.pace.take(remote.ip(), now()) {
            drop(socket);
            return self.refuse(remote, too_often);
        }
        let (slot, evicted) = self.shared.seats().rules.admit(remote.ip());
        if let Some(token) = evicted.and_then(|slot| self.setting_up.remove(&slot)) {
            token.cancel();
        }
        let evict = CancellationToken::new();
        self.setting_up.insert(slot, evict.clone());
        let held = HeldSlot { slot, done: self.done.clone() };
        let accept = connection::accept(Arc::clone(&self.shared), socket, remote, held, evict);
        self.shared.tasks.spawn(connection::run(Box::pin(accept)));
    }

    /// Whoever comes too often costs nothing but this: no signature, no task, and an event only
    /// where there is room for one.
    fn refuse(&mut self, remote: SocketAddr, too_often: TooOften) {
        let (limit, whose) = match too_often {
            TooOften::Source => (Limit::AttemptsPerSource, "this source"),
            TooOften::Total => (Limit::Attempts, "everybody"),
        };
        self.shared.meter.refused(limit);
        self.too_often += 1;
        let detail = format!("more connections a second than {whose} may begin");
        let failure = Failure::new(Cause::Crowded, By::Us, detail);
        let event = OverlayEvent::AcceptFailed { remote, failure, times: self.too_often };
        if self.shared.events.try_send(event).is_ok() {
            self.too_often = 0;
        }
    }

    /// Ends a connection that is being set up, for want of files.
    fn make_room(&mut self) {
        let slot = self.shared.seats().rules.make_room();
        if let Some(token) = slot.and_then(|slot| self.setting_up.remove(&slot)) {
            token.cancel();
        }
    }

    fn vacate(&mut self, slot: Slot) {
        self.setting_up.remove(&slot);
        self.shared.seats().rules.vacate(slot);
    }
}
