//! A client, a NAT and servers on virtual time: what a test of the machine needs, and nothing real.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::nat::axis::{Filtering, Mapping};
use crate::nat::discovery::{Discovery, Plan, Received, SocketId};
use crate::nat::report::NatReport;
use crate::nat::server::{Answerer, Endpoint};

pub const CLIENT: [u8; 4] = [192, 168, 1, 2];
pub const NAT: [u8; 4] = [203, 0, 113, 1];

/// A NAT, or with `translates: false` a firewall.
#[derive(Clone)]
pub struct Nat {
    pub mapping: Mapping,
    pub filtering: Filtering,
    pub translates: bool,
    pub preserves: bool,
    pub hairpins: bool,
    pub blocks: bool,
    /// After how much silence a mapping is gone.
    pub lifetime: Duration,
    /// After how much silence towards an address and port it may send in no longer.
    pub forgets: Duration,
    entries: Vec<Entry>,
}

#[derive(Clone)]
struct Entry {
    internal: SocketAddr,
    key: (Option<[u8; 4]>, Option<u16>),
    external: SocketAddr,
    sent_to: Vec<(SocketAddr, Instant)>,
    used: Instant,
}

fn octets(address: SocketAddr) -> [u8; 4] {
    let std::net::IpAddr::V4(ip) = address.ip() else { panic!("the world is IPv4") };
    ip.octets()
}

impl Nat {
    pub fn new(mapping: Mapping, filtering: Filtering) -> Self {
        let lifetime = Duration::from_secs(300);
        let (translates, preserves, hairpins, blocks) = (true, false, false, false);
        let (forgets, entries) = (Duration::from_secs(300), Vec::new());
        Self {
            mapping,
            filtering,
            translates,
            preserves,
            hairpins,
            blocks,
            lifetime,
            forgets,
            entries,
        }
    }

    fn out(
        &mut self,
        internal: SocketAddr,
        to: SocketAddr,
        random: u16,
        now: Instant,
    ) -> SocketAddr {
        let key = match self.mapping {
            Mapping::EndpointIndependent => (None, None),
            Mapping::AddressDependent => (Some(octets(to)), None),
            Mapping::AddressAndPortDependent => (Some(octets(to)), Some(to.port())),
        };
        let lifetime = self.lifetime;
        self.entries.retain(|entry| now - entry.used <= lifetime);
        let known =
            self.entries.iter_mut().find(|entry| entry.internal == internal && entry.key == key);
        if let Some(entry) = known {
            entry.used = now;
            entry.sent_to.push((to, now));
            return entry.external;
        }
        let mut port = if self.preserves { internal.port() } else { 1024 | random };
        while self.entries.iter().any(|entry| entry.external.port() == port) {
            port = port.wrapping_add(1) | 1024;
        }
        let external = if self.translates { SocketAddr::from((NAT, port)) } else { internal };
        self.entries.push(Entry { internal, key, external, sent_to: vec![(to, now)], used: now });
        external
    }

    fn back(&self, from: SocketAddr, to: SocketAddr, now: Instant) -> Option<SocketAddr> {
        let entry = self
            .entries
            .iter()
            .find(|entry| entry.external == to && now - entry.used <= self.lifetime)?;
        let passes = |(sent, at): &(SocketAddr, Instant)| match self.filtering {
            Filtering::EndpointIndependent => true,
            _ if now - *at > self.forgets => false,
            Filtering::AddressDependent => sent.ip() == from.ip(),
            Filtering::AddressAndPortDependent => *sent == from,
        };
        entry.sent_to.iter().any(passes).then_some(entry.internal)
    }
}

/// A server, and what is wrong with it.
#[derive(Clone, Copy)]
pub struct Server {
    pub answerer: Answerer,
    pub down: bool,
    /// Tells of no other address.
    pub plain: bool,
    pub ignores_change: bool,
    /// Claims to see this, whatever it sees.
    pub claims: Option<SocketAddr>,
    /// Nothing comes from its other address and port.
    pub half_dead: bool,
    /// Answers to CHANGE-REQUEST are never sent; direct ones are.
    pub never_changes: bool,
}

impl Server {
    pub fn new(number: u8) -> Self {
        let listen = SocketAddr::from(([198, 51, 100, number], 3478));
        let alternate = SocketAddr::from(([198, 51, 100, number + 100], 3479));
        let answerer = Answerer { listen, alternate };
        let (down, plain, ignores_change, half_dead, never_changes) =
            (false, false, false, false, false);
        Self { answerer, down, plain, ignores_change, claims: None, half_dead, never_changes }
    }

    fn answer(
        &self,
        datagram: &[u8],
        from: SocketAddr,
        to: SocketAddr,
    ) -> Option<(SocketAddr, SocketAddr, Vec<u8>)> {
        let at =
            Endpoint::ALL.into_iter().find(|endpoint| self.answerer.address(*endpoint) == to)?;
        let dead =
            |endpoint: Endpoint| self.half_dead && (endpoint.other_ip || endpoint.other_port);
        if self.down || dead(at) {
            return None;
        }
        let mut answer = self.answerer.answer(datagram, self.claims.unwrap_or(from), at)?;
        if self.claims.is_some() {
            answer.to = from;
        }
        let changed = answer.from != at;
        if dead(answer.from) || (changed && self.never_changes) {
            return None;
        }
        let origin = if self.ignores_change { to } else { self.answerer.address(answer.from) };
        let mut bytes = answer.datagram;
        if self.plain {
            // header and three addresses: without the OTHER-ADDRESS at the end
            bytes.truncate(56);
            bytes[3] = 36;
        }
        Some((origin, answer.to, bytes))
    }
}

/// What a stranger sends when it sees a request and where that went: from where, and what.
pub type Noise = fn(&[u8], SocketAddr) -> (SocketAddr, Vec<u8>);

struct Packet {
    from: SocketAddr,
    to: SocketAddr,
    bytes: Vec<u8>,
}

pub struct World {
    pub nat: Nat,
    pub servers: Vec<Server>,
    /// How many of 100 packets are lost, each way.
    pub loss: u64,
    /// The first six packets to there are lost.
    pub slow: Option<SocketAddr>,
    /// Nothing passes in these milliseconds of a run.
    pub outage: std::ops::Range<u64>,
    /// Sent to the client with every packet that reaches a server.
    pub noise: Option<Noise>,
    pub now: Instant,
    pub sent_to: Vec<(SocketId, SocketAddr)>,
    begin: Instant,
    random: u64,
    flying: BTreeMap<(Instant, u64), Packet>,
    count: u64,
}

impl World {
    pub fn new(nat: Nat, servers: Vec<Server>, seed: u64) -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "any instant serves as the beginning of virtual time"
        )]
        let now = Instant::now();
        let random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let (flying, sent_to) = (BTreeMap::new(), Vec::new());
        Self {
            nat,
            servers,
            loss: 0,
            slow: None,
            outage: 0..0,
            noise: None,
            now,
            begin: now,
            sent_to,
            random,
            flying,
            count: 0,
        }
    }

    /// xorshift64*
    fn random(&mut self) -> u64 {
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        self.random.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn fly(&mut self, packet: Packet) {
        let millis = u64::try_from((self.now - self.begin).as_millis()).expect("short tests");
        if self.random() % 100 < self.loss || self.outage.contains(&millis) {
            return;
        }
        let latency = Duration::from_millis(10 + self.random() % 20);
        self.count += 1;
        self.flying.insert((self.now + latency, self.count), packet);
    }

    /// Runs a discovery to its report. The NAT has forgotten earlier ones, as if each had other
    /// ports.
    pub fn run(&mut self, ladder: &[u64]) -> NatReport {
        let servers = self.servers.iter().map(|server| server.answerer.listen).collect();
        let ladder = ladder.iter().copied().map(Duration::from_secs).collect();
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&self.random.to_be_bytes());
        let mut discovery = Discovery::new(Plan { servers, ladder }, seed, self.now);
        self.begin = self.now;
        self.nat.entries.clear();
        self.flying.clear();
        loop {
            while let Some(transmit) = discovery.poll_transmit() {
                self.sent_to.push((transmit.socket, transmit.to));
                let from = SocketAddr::from((CLIENT, 40000 + u16::from(transmit.socket.0)));
                self.client_sends(Packet { from, to: transmit.to, bytes: transmit.datagram });
            }
            if let Some(report) = discovery.report() {
                return *report;
            }
            let deadline = discovery.next_deadline().expect("unfinished, so something is due");
            assert!(deadline - self.begin <= Duration::from_secs(600), "tests are bounded in time");
            match self.flying.first_key_value().map(|(key, _)| *key) {
                Some(key) if key.0 <= deadline => {
                    self.now = key.0;
                    let packet = self.flying.remove(&key).expect("it is there");
                    self.arrive(&packet, &mut discovery);
                }
                _ => {
                    self.now = deadline;
                    discovery.handle_timeout(self.now);
                }
            }
        }
    }

    fn client_sends(&mut self, packet: Packet) {
        let before = self.sent_to.iter().filter(|(_, to)| *to == packet.to).count();
        if self.nat.blocks || (self.slow == Some(packet.to) && before <= 6) {
            return;
        }
        let random = u16::try_from(self.random() % 65536).expect("below 65536");
        let from = self.nat.out(packet.from, packet.to, random, self.now);
        self.fly(Packet { from, ..packet });
    }

    fn arrive(&mut self, packet: &Packet, discovery: &mut Discovery) {
        let to_nat = octets(packet.to) == NAT || octets(packet.to) == CLIENT;
        if !to_nat {
            self.at_server(packet);
            return;
        }
        let turned = octets(packet.from) == NAT;
        if turned && !self.nat.hairpins {
            return;
        }
        if let Some(local) = self.nat.back(packet.from, packet.to, self.now) {
            let socket = SocketId(u8::try_from(local.port() - 40000).expect("one of the client's"));
            let received = Received { socket, local, from: packet.from, datagram: &packet.bytes };
            discovery.receive(received, self.now);
        }
    }

    fn at_server(&mut self, packet: &Packet) {
        if let Some(noise) = self.noise {
            let (from, bytes) = noise(&packet.bytes, packet.to);
            self.fly(Packet { from, to: packet.from, bytes });
        }
        let answers: Vec<_> = self
            .servers
            .iter()
            .filter_map(|server| server.answer(&packet.bytes, packet.from, packet.to))
            .collect();
        for (from, to, bytes) in answers {
            self.fly(Packet { from, to, bytes });
        }
    }
}
