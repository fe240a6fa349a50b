//! What is not for us: frames of other kinds, and connections that never told who they are.
//! Dropped, counted, told at a sensible rate.

use std::net::SocketAddr;
use std::time::Duration;

use super::conn::ConnId;
use super::core::Core;
use super::event::Event;
use super::tally::Tally;
use super::timers::Deadline;
use swarmscope_wire::Permid;
use swarmscope_wire::failure::{Cause, Failure};
use swarmscope_wire::frame::FrameId;

/// Failed incoming connections are counted anew after this time.
const COUNT_WINDOW: Duration = Duration::from_secs(60);

/// The counts.
#[derive(Debug)]
pub(super) struct Strangers {
    /// Dropped frames by peer and kind, for as long as the peer is connected.
    frames: Tally<(Permid, FrameId), ()>,
    connections: Tally<Cause, (SocketAddr, Failure)>,
}

impl Strangers {
    pub(super) fn new() -> Self {
        Self { frames: Tally::new(None), connections: Tally::new(Some(COUNT_WINDOW)) }
    }

    /// A frame is dropped.
    pub(super) fn frame(&mut self, core: &mut Core, conn: ConnId, id: FrameId) {
        let Some(permid) = core.links.heard(conn).map(|link| link.permid) else { return };
        match self.frames.count((permid, id), (), 1, core.now) {
            Some(((), times)) => core.emit(Event::FrameDropped { permid, id, times }),
            None => self.arm(core),
        }
    }

    /// Connections from outside never authenticated, so many for the same cause.
    pub(super) fn not_accepted(
        &mut self,
        core: &mut Core,
        remote: SocketAddr,
        failure: Failure,
        times: u64,
    ) {
        match self.connections.count(failure.cause, (remote, failure), times, core.now) {
            Some((last, times)) => tell_connection(core, last, times),
            None => self.arm(core),
        }
    }

    /// Tells the counts that are due.
    pub(super) fn tally(&mut self, core: &mut Core) {
        for ((permid, id), (), times) in self.frames.due(core.now) {
            core.emit(Event::FrameDropped { permid, id, times });
        }
        for (_, last, times) in self.connections.due(core.now) {
            tell_connection(core, last, times);
        }
        self.arm(core);
    }

    fn arm(&self, core: &mut Core) {
        if let Some(at) = self.frames.next().into_iter().chain(self.connections.next()).min() {
            core.timers.set_sooner(Deadline::Tally, at);
        }
    }

    /// A peer has gone, and its counts with it.
    pub(super) fn forget(&mut self, permid: Permid) {
        self.frames.forget(|(theirs, _)| *theirs == permid);
    }
}

fn tell_connection(core: &mut Core, (remote, failure): (SocketAddr, Failure), times: u64) {
    core.emit(Event::AcceptFailed { remote, failure, times });
}
