//! Peer side: replies that are written whole, until it is certain that their Crawler has them. Some
//! answers hand records over for good (protocol.md §5, ids 2, 8, 9 and 11), and a socket takes more
//! than a connection that breaks ever delivers.
//!
//! A reply has arrived when its connection is still there [`CERTAIN_AFTER`] after the last part was
//! written, or when a further frame came on it before that. If the connection ends sooner, or in
//! the midst of the parts, it has not: nobody is told, and what was in it is offered again. So it
//! is where the Crawler came back by itself before the answer was ready: it may be another process
//! by then, which knows nothing of the request.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::conn::ConnId;
use super::core::Core;
use super::event::Event;
use super::io::Output;
use super::probe::Receipt;
use super::timers::Deadline;
use swarmscope_wire::failure::Failure;
use swarmscope_wire::{MessageId, Permid};

/// How long a connection has to outlive a reply for it to have arrived: several round trips of any
/// line.
pub(super) const CERTAIN_AFTER: Duration = Duration::from_secs(5);

/// A reply that the socket has taken.
#[derive(Debug)]
struct Written {
    to: Permid,
    message: MessageId,
    receipt: Receipt,
    certain_at: Instant,
}

/// All of them, in the order in which they were written.
#[derive(Debug, Default)]
pub(super) struct Receipts {
    by_conn: HashMap<ConnId, Vec<Written>>,
}

impl Receipts {
    pub(super) fn written(
        &mut self,
        core: &mut Core,
        conn: ConnId,
        to: Permid,
        message: MessageId,
        receipt: Receipt,
    ) {
        let certain_at = core.now + CERTAIN_AFTER;
        self.by_conn.entry(conn).or_default().push(Written { to, message, receipt, certain_at });
        core.timers.set_sooner(Deadline::Certain(conn), certain_at);
    }

    /// A frame came: who sent it lives, and has what was written before.
    pub(super) fn heard(&mut self, core: &mut Core, conn: ConnId) {
        let Some(written) = self.by_conn.remove(&conn) else { return };
        core.timers.clear(Deadline::Certain(conn));
        for written in written {
            written.arrived(core);
        }
    }

    /// The connection is still there.
    pub(super) fn certain(&mut self, core: &mut Core, conn: ConnId) {
        let Some(written) = self.by_conn.get_mut(&conn) else { return };
        let now = core.now;
        written
            .extract_if(.., |written| written.certain_at <= now)
            .for_each(|written| written.arrived(core));
        match written.first() {
            Some(next) => core.timers.set(Deadline::Certain(conn), next.certain_at),
            None => drop(self.by_conn.remove(&conn)),
        }
    }

    /// The connection has ended.
    pub(super) fn lost(&mut self, core: &mut Core, conn: ConnId, failure: &Failure) {
        core.timers.clear(Deadline::Certain(conn));
        for Written { to: permid, message, .. } in self.by_conn.remove(&conn).unwrap_or_default() {
            core.emit(Event::Undelivered { permid, message, failure: failure.clone() });
        }
    }
}

impl Written {
    fn arrived(self, core: &mut Core) {
        core.output(Output::Delivered {
            message: self.message,
            to: self.to,
            receipt: self.receipt,
        });
    }
}
