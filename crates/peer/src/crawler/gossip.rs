//! BuddyCast rounds (protocol.md §7): which peers are listed, dialled, and kept connected
//! alive.
//!
//! An exchange is started with peers that we dialled, or that have sent us a BUDDYCAST: a Crawler
//! that comes to ask is not talked to about other things.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use super::blocks::Blocks;
use super::conn::ConnId;
use super::core::Core;
use super::directory::News;
use super::event::{Event, PeerKey, Source};
use super::io::EngineConfig;
use super::links::Link;
use super::reach::concerns;
use super::timers::Deadline;
use crate::limits::Limit;
use swarmscope_wire::buddycast::{BuddyCast, ListedPeer, MAX_LISTED, is_told};
use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::frame::{Frame, FrameId};
use swarmscope_wire::{OverlayVersion, Permid, PermidKind};

/// One exchange each round (§7).
pub const ROUND: Duration = Duration::from_secs(15);
/// While fewer peers are connected than may be, and there is something to do: a swarm of some
/// dozens is found in its first minute.
pub const FAST_ROUND: Duration = Duration::from_secs(1);
/// After a day (§7).
pub const SLOW_ROUND: Duration = Duration::from_secs(60);
/// How often a KEEP_ALIVE is sent (§7); at the next round, which comes within a minute of that.
const KEEP_ALIVE: Duration = Duration::from_secs(120);
/// Services of the system listen below it (RFC 6335, section 6): nobody's word makes us dial a mail
/// server.
pub(super) const FIRST_USER_PORT: u16 = 1024;
/// What an original answers to a BUDDYCAST that says port 0: an empty dict (§7).
const NOTHING_TO_TELL: &[u8] = b"de";
const A_DAY: Duration = Duration::from_secs(24 * 3600);
/// The state of discovery.
#[derive(Debug)]
pub(super) struct Gossip {
    enabled: bool,
    /// Exchanges at once, with everybody, and tells nobody of anybody.
    survey: bool,
    max_peers: usize,
    fast_round: Duration,
    began: Instant,
    sent: Blocks,
    heard: Blocks,
}

impl Gossip {
    pub(super) fn new(config: &EngineConfig, core: &mut Core) -> Self {
        core.timers.set(Deadline::Round, core.now + FAST_ROUND);
        Self {
            enabled: config.gossip,
            survey: config.survey,
            max_peers: config.max_peers,
            fast_round: config.fast_round,
            began: core.now,
            sent: Blocks::new(&config.limits),
            heard: Blocks::new(&config.limits),
        }
    }

    pub(super) const fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// One round, and the time of the next.
    pub(super) fn round(&mut self, core: &mut Core) {
        keep_alive(core);
        let mut busy = false;
        if self.enabled {
            self.sent.expire(core.now);
            self.heard.expire(core.now);
            busy |= self.exchange(core);
            busy |= self.dial_one(core);
        }
        let interval = match core.now.saturating_duration_since(self.began) {
            age if age >= A_DAY => SLOW_ROUND,
            _ if busy && self.wants_more(core) => self.fast_round,
            _ => ROUND,
        };
        core.timers.set(Deadline::Round, core.now + interval);
    }

    /// A connection is made: a survey asks at once for the peers it knows. One that tells no port
    /// of its own learns nothing from originals (§7), and does not ask them.
    pub(super) fn connected(&mut self, core: &mut Core, conn: ConnId) {
        let Some(link) = core.links.open(conn).filter(|_| self.enabled && self.survey) else {
            return;
        };
        if can_be_told(core, link.version) && !self.sent.holds(link.permid, core.now) {
            self.send(core, conn);
        }
    }

    /// There is something new to do: while few peers are known the next round comes soon.
    pub(super) fn hurry(&self, core: &mut Core) {
        let young = core.now < self.began + A_DAY;
        if young && self.wants_more(core) {
            core.timers.set_sooner(Deadline::Round, core.now + self.fast_round);
        }
    }

    /// Starts an exchange with one connected peer, if there is one that it may be started with.
    fn exchange(&mut self, core: &mut Core) -> bool {
        let may = |link: &Link| {
            link.kept && can_be_told(core, link.version) && !self.sent.holds(link.permid, core.now)
        };
        let mut partners: Vec<_> =
            core.links.iter().filter(|(_, link)| may(link)).map(|(conn, _)| conn).collect();
        partners.sort_unstable();
        let Some(conn) = core.random.pick(&partners).copied() else { return false };
        self.send(core, conn);
        true
    }

    /// Dials one peer that is known and not connected, while there are fewer connections than there
    /// may be.
    fn dial_one(&mut self, core: &mut Core) -> bool {
        if !self.wants_more(core) {
            return false;
        }
        if let Some(place) = core.directory.unnamed_candidates(core.now).min().cloned() {
            let peer = PeerKey::Address(place.to_string());
            if core.dial_place(peer, place, true) {
                return true;
            }
        }
        let free = |permid: &Permid| {
            core.can_dial(*permid)
                && core.links.is_gone(*permid)
                && !core.directory.is_dialling(*permid)
        };
        let mut candidates: Vec<_> = core.directory.candidates(core.now).filter(free).collect();
        candidates.sort_unstable();
        let Some(permid) = core.random.pick(&candidates).copied() else { return false };
        core.dial_in_a_round(permid)
    }

    /// Whether there are fewer connections, with those that are being made, than there may be.
    pub(super) fn wants_more(&self, core: &Core) -> bool {
        if !self.enabled || self.max_peers == 0 {
            return false; // a Crawler: nothing is counted for it at each word
        }
        let strangers = core.links.peers_that_dialled();
        // whoever comes by itself takes no more than half: strangers could keep us from everybody
        let kept = core.links.peers() - strangers + strangers.min(self.max_peers / 2);
        kept + core.directory.dialling() < self.max_peers
    }

    /// Sends our BUDDYCAST.
    fn send(&mut self, core: &mut Core, conn: ConnId) {
        let Some(link) = core.links.open(conn) else { return };
        let (permid, version, remote) = (link.permid, link.version, link.remote.ip());
        let listed =
            if self.survey { Vec::new() } else { whom_to_tell(core, permid, version, remote) };
        let frame = our_message(core, listed).encode(version);
        core.send(conn, frame);
        let reached = self.sent.set(permid, remote, core.now);
        self.count(core, reached);
    }

    fn count(&self, core: &Core, reached: Option<Limit>) {
        core.meter.uses(Limit::Exchanges, self.sent.len().max(self.heard.len()) as u64);
        if let Some(limit) = reached {
            core.meter.refused(limit);
        }
    }

    /// A BUDDYCAST came; `false` if it is dropped.
    pub(super) fn received(&mut self, core: &mut Core, conn: ConnId, body: &[u8]) -> bool {
        let Some(link) = core.links.heard(conn) else { return false };
        let (permid, version, remote) = (link.permid, link.version, link.remote.ip());
        if !self.enabled {
            return false;
        }
        if body == NOTHING_TO_TELL {
            return true;
        }
        let (message, left_out) = match BuddyCast::decode(body, version) {
            Ok(read) => read,
            Err(error) => {
                core.close(conn, Failure::new(Cause::MessageMalformed, By::Us, error.to_string()));
                return true;
            }
        };
        if self.heard.holds(permid, core.now) {
            return false;
        }
        let reached = self.heard.set(permid, remote, core.now);
        self.count(core, reached);
        if let Some(link) = core.links.any_mut(conn) {
            link.kept = true;
        }
        let listed: Vec<_> =
            message.taste_buddies.into_iter().chain(message.random_peers).collect();
        let named = listed.iter().map(|peer| peer.permid).collect();
        let is_possible =
            |peer: &&ListedPeer| concerns(SocketAddr::new(peer.ip, peer.port), remote);
        let impossible = listed.len() - listed.iter().filter(is_possible).count();
        core.emit(Event::Gossip { permid, listed: listed.len(), left_out, named, impossible });
        for peer in listed {
            hear(core, permid, remote, &peer);
        }
        self.hurry(core);
        if can_be_told(core, version) && !self.sent.holds(permid, core.now) {
            self.send(core, conn);
        }
        true
    }
}

/// Whether our BUDDYCAST is of use to a peer of this version: an original takes one that says port
/// 0 for none (§7).
fn can_be_told(core: &Core, version: OverlayVersion) -> bool {
    is_told(version, core.listening.is_some())
}

/// What one peer says of another: kept as hearsay, if it can be true and concerns us.
fn hear(core: &mut Core, from: Permid, remote: IpAddr, peer: &ListedPeer) {
    let address = SocketAddr::new(peer.ip, peer.port);
    let of_the_system = address.port() < FIRST_USER_PORT;
    if core.own.contains(&peer.permid)
        || peer.permid == from
        || of_the_system
        || !concerns(address, remote)
    {
        return;
    }
    if core.directory.hear(peer.permid, address, peer.version, from, core.now) == News::Fresh {
        let (peer, version) = (PeerKey::Permid(peer.permid), peer.version);
        core.emit(Event::Discovered {
            peer,
            address: Some(address),
            version,
            source: Source::BuddyCast(from),
        });
    }
}

/// The peers we list to a peer: those that proved their permid to us, the connected ones first.
fn whom_to_tell(
    core: &mut Core,
    to: Permid,
    version: OverlayVersion,
    remote: IpAddr,
) -> Vec<ListedPeer> {
    let fits = |permid: &Permid, address: SocketAddr| {
        let old_ones_understand = permid.kind() == PermidKind::Sect233k1 && address.is_ipv4();
        *permid != to
            && concerns(address, remote)
            && (version.is_encrypted() || old_ones_understand)
    };
    let mut known: Vec<_> =
        core.directory.seen().filter(|(permid, address, _)| fits(permid, *address)).collect();
    known.sort_unstable_by_key(|(permid, ..)| *permid);
    let (connected, others): (Vec<_>, Vec<_>) =
        known.into_iter().partition(|(permid, ..)| core.links.is_connected(*permid));
    let mut told = core.random.sample(connected, MAX_LISTED * 2);
    told.extend(core.random.sample(others, MAX_LISTED * 2 - told.len()));
    told.into_iter().map(|(permid, address, version)| listed(permid, address, version)).collect()
}

/// What we tell a peer: no name, no preferences, no torrents.
fn our_message(core: &Core, mut listed: Vec<ListedPeer>) -> BuddyCast {
    let random_peers = listed.split_off(listed.len().min(MAX_LISTED));
    BuddyCast {
        ip: core.listening.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |address| address.ip()),
        port: core.listening.map_or(0, |address| address.port()),
        connectable: core.reached_from_outside,
        services: Some(0),
        taste_buddies: listed,
        random_peers,
    }
}

fn listed(permid: Permid, address: SocketAddr, version: Option<OverlayVersion>) -> ListedPeer {
    ListedPeer {
        permid,
        ip: address.ip(),
        port: address.port(),
        similarity: 0,
        version,
        services: Some(0),
    }
}

/// KEEP_ALIVE goes to everybody in a round, as from the original: it keeps a quiet connection (§7).
fn keep_alive(core: &mut Core) {
    let now = core.now;
    let quiet = |link: &Link| now >= link.last_keep_alive + KEEP_ALIVE;
    let conns: Vec<_> =
        core.links.iter().filter(|(_, link)| quiet(link)).map(|(conn, _)| conn).collect();
    for conn in conns {
        core.send(conn, Frame { id: FrameId::KEEP_ALIVE, body: bytes::Bytes::new() });
        if let Some(link) = core.links.any_mut(conn) {
            link.last_keep_alive = now;
        }
    }
}
