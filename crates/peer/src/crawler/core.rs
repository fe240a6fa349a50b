//! What all parts of the engine work with: the time of this input, connections, timers, randomness,
//! whom we know, and the outputs.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Instant;

use super::after_end::{AfterEnd, Waiting};
use super::conn::{ConnId, ReplyId};
use super::directory::{Directory, Place};
use super::event::{Event, PeerKey};
use super::io::{EngineConfig, Output};
use super::links::{Links, Standing};
use super::random::Random;
use super::timers::Timers;
use crate::limits::{Limits, Meter};
use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::frame::Frame;
use swarmscope_wire::{Permid, PermidKind};

/// Shared by the parts, owned by the engine.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) now: Instant,
    /// Our own permids, one of each kind that is in use.
    pub(super) own: Vec<Permid>,
    pub(super) listening: Option<SocketAddr>,
    /// Somebody has dialled us, as a peer or back; stays true (§7).
    pub(super) reached_from_outside: bool,
    pub(super) links: Links,
    pub(super) after_end: AfterEnd,
    pub(super) timers: Timers,
    pub(super) random: Random,
    pub(super) directory: Directory,
    pub(super) limits: Limits,
    pub(super) meter: Meter,
    out: VecDeque<Output>,
}

impl Core {
    pub(super) fn new(config: &EngineConfig, now: Instant) -> Self {
        Self {
            now,
            own: config.permids.clone(),
            listening: config.listening,
            reached_from_outside: false,
            links: Links::default(),
            after_end: AfterEnd::default(),
            timers: Timers::default(),
            random: Random::new(config.seed),
            directory: Directory::new(&config.limits, config.meter.clone(), config.survey),
            limits: config.limits,
            meter: config.meter.clone(),
            out: VecDeque::new(),
        }
    }

    pub(super) fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    pub(super) fn emit(&mut self, event: Event) {
        self.out.push_back(Output::Event(event));
    }

    pub(super) fn output(&mut self, output: Output) {
        self.out.push_back(output);
    }

    /// Hands a frame to an open connection; `false` if it is not open.
    pub(super) fn send(&mut self, conn: ConnId, frame: Frame) -> bool {
        self.send_counted(conn, frame, None)
    }

    /// As [`Self::send`], a part of a reply.
    pub(super) fn send_counted(
        &mut self,
        conn: ConnId,
        frame: Frame,
        reply: Option<ReplyId>,
    ) -> bool {
        let Some(link) = self.links.open_mut(conn) else { return false };
        link.in_flight.push_back(reply);
        self.out.push_back(Output::Send { conn, frame });
        true
    }

    /// Asks for the end of a connection. It is told as closed when the overlay says so.
    pub(super) fn close(&mut self, conn: ConnId, failure: Failure) {
        if let Some(link) =
            self.links.any_mut(conn).filter(|link| link.standing != Standing::Closing)
        {
            link.standing = Standing::Closing;
            self.out.push_back(Output::Close { conn, failure });
        }
    }

    /// Whether we have a key of the kind that this permid's peer speaks.
    pub(super) fn can_dial(&self, permid: Permid) -> bool {
        self.own.iter().any(|own| own.kind() == permid.kind())
    }

    /// Dials a known peer, with its permid pinned, unless a dial to it is under way.
    ///
    /// # Errors
    /// Nothing is known of where it is, or we can't speak to its kind.
    pub(super) fn dial(&mut self, permid: Permid, keep: bool) -> Result<(), Failure> {
        if !self.can_dial(permid) {
            let cause = match permid.kind() {
                PermidKind::Ed25519 => Cause::VersionNeedsCurrent,
                PermidKind::Sect233k1 => Cause::VersionNeedsLegacy,
            };
            return Err(Failure::new(cause, By::Us, ""));
        }
        let Some(place) = self.directory.place(permid).cloned() else {
            return Err(Failure::new(Cause::NotConnected, By::Us, "no known address to dial"));
        };
        self.dial_place(PeerKey::Permid(permid), place, keep);
        Ok(())
    }

    /// Dials a known peer as nobody asked to: one that was met on the old protocol and speaks the
    /// new one is dialled on the new one, under whatever permid it proves there. `false`: it is not
    /// dialled.
    pub(super) fn dial_in_a_round(&mut self, permid: Permid) -> bool {
        let speaks_the_new = self.own.iter().any(|own| own.kind() == PermidKind::Ed25519);
        if speaks_the_new && let Some(place) = self.directory.moves_up(permid) {
            return self.dial_place(PeerKey::Address(place.to_string()), place, true);
        }
        self.dial(permid, true).is_ok()
    }

    /// Dials there, unless a dial to the same peer is under way: `false`. `keep`: the connection is
    /// to stay. While our connection to the same peer is ending, the dial waits.
    pub(super) fn dial_place(&mut self, peer: PeerKey, place: Place, keep: bool) -> bool {
        if let Some(permid) = self.links.ending(&peer, &place) {
            return self.after_end.wait(permid, Waiting { peer, place, keep });
        }
        let expected = match &peer {
            PeerKey::Permid(permid) => Some(*permid),
            PeerKey::Address(_) => None,
        };
        let Some(attempt) = self.directory.begin(peer, place.clone(), keep) else { return false };
        self.output(Output::Dial { attempt, host: place.host, port: place.port, expected });
        true
    }

    /// The last connection of this peer has ended, or it has another one: what waited for that is
    /// dialled, but for who is connected by now: that connection stays as its own would have.
    /// Whether this very peer is dialled.
    pub(super) fn dial_after_end(&mut self, permid: Permid) -> bool {
        let connected = self.links.is_connected(permid);
        let mut dialled = false;
        for Waiting { peer, place, keep } in self.after_end.take(permid) {
            let is_pinned = peer == PeerKey::Permid(permid);
            if !connected || !is_pinned {
                dialled |= self.dial_place(peer, place, keep) && is_pinned;
            } else if keep
                && let Some(link) =
                    self.links.newest(permid).and_then(|conn| self.links.any_mut(conn))
            {
                link.kept = true;
            }
        }
        dialled
    }
}
