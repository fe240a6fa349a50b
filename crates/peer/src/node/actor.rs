//! The one task that owns the engine: what the overlay, the probes and the handle tell goes in,
//! what the engine wants is done. It waits for all of them at once and for none of them alone.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::time::{Interval, MissedTickBehavior, sleep_until, timeout};

use super::allowed::Allowed;
use super::answering::{Answering, Question};
use super::command::Command;
use super::outlet::Outlet;
use super::waiting::Waiting;
use crate::crawler::{
    ConnectedPeer, Engine, Event, Input, Output, PeerKey, Probe as _, Registry, Source,
};
use crate::limits::Meter;
use crate::limits::reached::Told;
use crate::overlay::{Overlay, OverlayEvent};
use swarmscope_wire::Permid;
use swarmscope_wire::frame::{Frame, FrameId};
use swarmscope_wire::identity::Role;

/// How often the limits that were reached are looked at, and the allow-list's file while nobody
/// asks. Each request looks, too.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Events of the overlay that are taken before anything else is looked at.
const AT_ONCE: usize = 16;
/// What replies that are on their way get when the last handle is dropped.
const LAST_GRACE: Duration = Duration::from_secs(1);

/// A node at work.
pub(super) struct Actor {
    pub(super) engine: Engine,
    pub(super) overlay: Overlay,
    pub(super) overlay_events: crate::overlay::Events,
    pub(super) commands: mpsc::UnboundedReceiver<Command>,
    pub(super) registry: Registry,
    pub(super) answering: Answering,
    pub(super) allowed: Allowed,
    pub(super) outlet: Outlet,
    pub(super) waiting: Waiting,
    pub(super) meter: Meter,
    pub(super) reached: Told,
    /// Once it is to end, commands are ignored.
    pub(super) stopping: bool,
}

/// What the node has to do next.
enum Turn {
    Command(Command),
    /// The last handle is gone.
    Abandoned,
    Input(Input),
    Deadline,
    Look,
    /// An event was taken, or nothing happened.
    Nothing,
    /// The overlay has ended.
    OverlayEnded,
}

impl Actor {
    /// Lives until it is shut down or the last handle is dropped.
    pub(super) async fn run(mut self) {
        self.allow(self.allowed.all());
        let mut looks = tokio::time::interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            match self.turn(&mut looks).await {
                Turn::Command(Command::Shutdown { grace, done }) => {
                    self.stop(grace).await;
                    let _ = done.send(()); // the caller may have stopped waiting
                    return;
                }
                Turn::Abandoned | Turn::OverlayEnded => return self.stop(LAST_GRACE).await,
                Turn::Command(command) => self.command(command),
                Turn::Input(input) => {
                    self.input(input);
                    self.more();
                }
                Turn::Deadline => {
                    self.engine.handle_timeout(now());
                    self.drain();
                }
                Turn::Look => {
                    self.look_at_allow_list();
                    self.look_at_limits();
                }
                Turn::Nothing => {}
            }
        }
    }

    async fn turn(&mut self, looks: &mut Interval) -> Turn {
        let deadline = self.engine.next_deadline().map(|(at, _)| at);
        let at_deadline = async {
            match deadline {
                Some(at) => sleep_until(at.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            command = self.commands.recv(), if !self.stopping => command.map_or(Turn::Abandoned, Turn::Command),
            () = self.outlet.serve(), if self.outlet.is_waiting() => Turn::Nothing,
            () = at_deadline => Turn::Deadline,
            Some((id, answer)) = self.answering.next() => Turn::Input(Input::Answer { id, answer }),
            _ = looks.tick() => Turn::Look,
            event = self.overlay_events.recv(), if self.outlet.has_room() => {
                event.map_or(Turn::OverlayEnded, |event| Turn::Input(input(event)))
            }
        }
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::Connect(target, tell) => {
                let key = target
                    .permid
                    .map_or_else(|| PeerKey::Address(target.to_string()), PeerKey::Permid);
                self.waiting.for_dial(key, tell);
                self.input(Input::Connect { target, source: Source::Operator });
            }
            Command::Try(target, source) => self.input(Input::Connect { target, source }),
            Command::Request(ticket, ask) => self.input(Input::Ask { ticket, ask }),
            Command::Ask(ticket, ask, tell) => {
                self.waiting.for_request(ticket, tell);
                self.input(Input::Ask { ticket, ask });
            }
            Command::Cancel(ticket) => self.input(Input::Cancel(ticket)),
            Command::Extend(ticket, by) => self.input(Input::Extend(ticket, by)),
            Command::Disconnect(permid) => self.input(Input::Disconnect(permid)),
            Command::Forget(peer) => self.input(Input::Forget(peer)),
            Command::Trace(permid, watched) => self.overlay.trace(permid, watched),
            Command::TraceAll(all) => self.overlay.trace_all(all),
            Command::Shutdown { .. } => {} // taken by the loop
        }
    }

    fn input(&mut self, input: Input) {
        if matches!(input, Input::Frame { frame: Frame { id: FrameId::CRAWLER_REQUEST, .. }, .. }) {
            self.look_at_allow_list();
        }
        self.engine.handle(input, now());
        self.drain();
    }

    /// The other events that are there. To look for commands, answers and deadlines between two of
    /// them takes longer than they do.
    fn more(&mut self) {
        for _ in 0..AT_ONCE {
            if !self.outlet.has_room() {
                return;
            }
            let Ok(event) = self.overlay_events.try_recv() else { return };
            self.input(input(event));
        }
    }

    /// Does what the engine wants.
    fn drain(&mut self) {
        while let Some(output) = self.engine.poll_output() {
            match output {
                Output::Dial { attempt, host, port, expected } => {
                    self.overlay.dial(attempt, &host, port, expected);
                }
                Output::DialBack { to } => self.overlay.dial_back(to),
                Output::Send { conn, frame } => {
                    if self.overlay.send(conn, frame.clone()).is_err() {
                        self.engine.handle(Input::NotSent { conn, frame }, now());
                    }
                }
                Output::Close { conn, failure } => self.overlay.close(conn, failure),
                Output::Abandon { id } => self.answering.abandon(id),
                Output::Ask { id, message, asked } => {
                    if let Some(probe) = self.registry.probe(message) {
                        self.answering.start(Question { id, message, asked, probe: probe.clone() });
                    }
                }
                Output::Delivered { message, to, receipt } => {
                    if let Some(probe) = self.registry.probe(message) {
                        probe.delivered(to, receipt);
                    }
                }
                Output::Event(event) => {
                    self.waiting.observe(&event);
                    self.outlet.push(event);
                }
            }
        }
    }

    fn look_at_allow_list(&mut self) {
        let Some(change) = self.allowed.refresh() else { return };
        self.outlet.push(Event::Notice { text: change.notice });
        if let Some(allowed) = change.allowed {
            self.allow(allowed);
        }
    }

    fn look_at_limits(&mut self) {
        for text in self.reached.look(&self.meter.read()) {
            self.outlet.push(Event::Notice { text });
        }
    }

    fn allow(&mut self, roles: HashMap<Permid, Role>) {
        let allowed: HashSet<_> = roles.keys().copied().collect();
        self.overlay.list(allowed.clone());
        self.engine.handle(Input::Roles(roles), now());
        self.engine.handle(Input::Allow(allowed), now());
        self.drain();
    }

    /// Requests end, replies that are on their way go out, connections close, and the reader gets
    /// the last events; all within the grace.
    async fn stop(mut self, grace: Duration) {
        let until = now() + grace;
        self.stopping = true;
        self.input(Input::Stop);
        let mut looks = tokio::time::interval(LOOK_EVERY);
        while self.engine.is_replying() {
            match timeout(until.saturating_duration_since(now()), self.turn(&mut looks)).await {
                Ok(Turn::Input(input)) => self.input(input),
                Ok(Turn::Deadline) => {
                    self.engine.handle_timeout(now());
                    self.drain();
                }
                Ok(Turn::Abandoned | Turn::OverlayEnded) | Err(_) => break,
                Ok(Turn::Command(_) | Turn::Look | Turn::Nothing) => {}
            }
        }
        self.overlay_events.close(); // connections must not wait for a node that no longer reads
        self.overlay.shutdown(until.saturating_duration_since(now())).await;
        let last_events = async {
            while self.outlet.is_waiting() {
                self.outlet.serve().await;
            }
        };
        // A reader that doesn't read gets no more time than the rest.
        let _ = timeout(until.saturating_duration_since(now()), last_events).await;
    }
}

/// What the engine makes of an event of the overlay.
fn input(event: OverlayEvent) -> Input {
    match event {
        OverlayEvent::Progress { attempt, phase, detail } => {
            Input::Progress { attempt, phase, detail }
        }
        OverlayEvent::DialFailed { attempt, failure } => Input::DialFailed { attempt, failure },
        OverlayEvent::AcceptFailed { remote, failure, times } => {
            Input::AcceptFailed { remote, failure, times }
        }
        OverlayEvent::DialledBack { remote, .. } => Input::DialledBack { remote },
        OverlayEvent::Connected { conn, attempt, direction, remote, who } => {
            let listening_port = who.peer_id.port();
            let peer = ConnectedPeer {
                permid: who.permid,
                version: who.version,
                offers: who.peer_id.current(),
                direction,
                remote,
                listening_port,
                rtt: who.rtt,
            };
            Input::Connected { conn, attempt, peer }
        }
        OverlayEvent::Frame { conn, frame } => Input::Frame { conn, frame },
        OverlayEvent::Traced { watched, traced } => Input::Traced { watched, traced },
        OverlayEvent::Written { conn, frames } => Input::Written { conn, frames },
        OverlayEvent::Closed { conn, failure } => Input::Closed { conn, failure },
    }
}

/// The one clock of the engine: tokio's, so that tests can pause it.
pub(super) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
