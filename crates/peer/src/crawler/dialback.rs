//! Whether we can be reached from outside (protocol.md §2). While nobody has reached us, peers are
//! asked to dial us; and whoever asks us is dialled. What a return connection shows stays true.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use super::conn::ConnId;
use super::core::Core;
use super::directory::at_port;
use super::event::{Direction, Event};
use super::gossip::FIRST_USER_PORT;
use super::io::Output;
use super::reach::concerns;
use swarmscope_wire::Permid;
use swarmscope_wire::dialback;

/// How long the original waits for a return connection, and how often a network may ask us for one.
const WAIT: Duration = Duration::from_secs(60);
/// Peers that are asked at the same time, as by the original.
const AT_ONCE: usize = 7;
/// After so many the original asks nobody any more: five times seven.
const MOST_ASKED: u32 = 35;
/// Return connections within [`WAIT`]; arbitrary, more than honest peers ask for.
const MOST_DIALLED: usize = 64;

/// Whom we asked, and who asked us.
#[derive(Debug)]
pub(super) struct Dialback {
    /// Whether to ask at all.
    asks: bool,
    count: u32,
    asked: HashMap<Permid, (IpAddr, Instant)>,
    dialled: HashMap<IpAddr, Instant>,
}

impl Dialback {
    pub(super) fn new(asks: bool) -> Self {
        Self { asks, count: 0, asked: HashMap::new(), dialled: HashMap::new() }
    }

    /// A connection is made: the peer is asked to dial us, while that can show anything. One of
    /// each address: several peers there are one witness.
    pub(super) fn connected(&mut self, core: &mut Core, conn: ConnId) {
        let can_be_dialled = core.listening.is_some();
        if !self.asks || !can_be_dialled || core.reached_from_outside || self.count >= MOST_ASKED {
            return;
        }
        let Some(link) = core.links.open(conn) else { return };
        let (permid, ip, now) = (link.permid, link.remote.ip(), core.now);
        self.asked.retain(|_, (_, since)| now < *since + WAIT);
        if self.asked.len() >= AT_ONCE || self.asked.values().any(|(other, _)| *other == ip) {
            return;
        }
        if core.send(conn, dialback::request()) {
            self.count += 1;
            self.asked.insert(permid, (ip, now));
        }
    }

    /// A peer asks to be dialled; `false`: this is no such request, which is empty.
    pub(super) fn requested(&mut self, core: &mut Core, conn: ConnId, body: &[u8]) -> bool {
        if body.is_empty() {
            self.dial(core, conn);
        }
        body.is_empty()
    }

    fn dial(&mut self, core: &mut Core, conn: ConnId) {
        let Some(link) = core.links.heard(conn) else { return };
        let (remote, now) = (link.remote, core.now);
        let to = match link.direction {
            Direction::Outgoing => remote,
            Direction::Incoming => at_port(remote, link.listening_port),
        };
        self.dialled.retain(|_, at| now < *at + WAIT);
        if to.port() < FIRST_USER_PORT
            || !concerns(to, remote.ip())
            || self.dialled.len() >= MOST_DIALLED
            || self.dialled.contains_key(&to.ip())
        {
            return;
        }
        self.dialled.insert(to.ip(), now);
        core.output(Output::DialBack { to });
    }

    /// Somebody dialled us. It counts where we asked a peer at that address.
    pub(super) fn dialled_back(&mut self, core: &mut Core, remote: SocketAddr) {
        let (ip, now) = (remote.ip(), core.now);
        let before = self.asked.len();
        self.asked.retain(|_, (asked, since)| *asked != ip || now >= *since + WAIT);
        if self.asked.len() == before || core.reached_from_outside {
            return;
        }
        core.reached_from_outside = true;
        let text = "a peer that was asked to has dialled back: this one can be reached by others";
        core.emit(Event::Notice { text: text.to_owned() });
    }
}
