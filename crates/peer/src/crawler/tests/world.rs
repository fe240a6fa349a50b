//! A network of engines on virtual time: dials, frames and closes take a latency, in order on each
//! connection.

use std::collections::{BTreeMap, HashMap};

use super::*;

const LATENCY: Duration = Duration::from_millis(20);

/// What an engine's probes answer, and after how long.
pub(super) type Handler = Box<dyn Fn(MessageId) -> (Duration, Answer)>;

pub(super) struct Member {
    pub(super) engine: Engine,
    pub(super) events: Vec<Event>,
    pub(super) handler: Handler,
    /// Whether others can dial it.
    pub(super) reachable: bool,
    permid: Permid,
    address: SocketAddr,
    seed: u64,
    /// When its engine wants to be called.
    due: Option<Instant>,
}

/// One side of a connection: the member it is at, and the connection's name there.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct End {
    member: usize,
    conn: ConnId,
}

pub(super) struct World {
    pub(super) members: Vec<Member>,
    pub(super) now: Instant,
    queue: BTreeMap<(Instant, u64), (usize, Input)>,
    other_end: HashMap<End, End>,
    serial: u64,
    pub(super) frames: u64,
    /// After this many further reply frames the connection that carries the next one is cut.
    pub(super) cut_after: Option<u32>,
    /// Sees everything that the members do.
    pub(super) watch: Option<Watch>,
}

pub(super) type Watch = Box<dyn FnMut(Instant, usize, &Output)>;

impl World {
    pub(super) fn new() -> Self {
        Self {
            members: Vec::new(),
            now: Instant::now(),
            queue: BTreeMap::new(),
            other_end: HashMap::new(),
            serial: 0,
            frames: 0,
            cut_after: None,
            watch: None,
        }
    }

    pub(super) fn add(&mut self, config: EngineConfig, handler: Handler) -> usize {
        let (permid, address) = (config.permids[0], config.listening.unwrap_or(address(250)));
        let reachable = config.listening.is_some();
        let seed = config.seed;
        let engine = Engine::new(config, self.now);
        self.members.push(Member {
            engine,
            events: Vec::new(),
            handler,
            reachable,
            permid,
            address,
            seed,
            due: None,
        });
        self.members.len() - 1
    }

    pub(super) fn input(&mut self, member: usize, input: Input) {
        self.members[member].engine.handle(input, self.now);
        self.drain(member);
    }

    fn later(&mut self, after: Duration, member: usize, input: Input) {
        self.serial += 1;
        self.queue.insert((self.now + after, self.serial), (member, input));
    }

    fn drain(&mut self, member: usize) {
        while let Some(output) = self.members[member].engine.poll_output() {
            if let Some(watch) = &mut self.watch {
                watch(self.now, member, &output);
            }
            match output {
                Output::Dial { attempt, port, host, expected } => {
                    self.dial(member, attempt, &host, port, expected);
                }
                Output::DialBack { to } => self.dial_back(member, to),
                Output::Send { conn, frame } => self.send(End { member, conn }, frame),
                Output::Close { conn, failure } => self.cut(End { member, conn }, &failure),
                Output::Abandon { .. } | Output::Delivered { .. } => {}
                Output::Ask { id, message, .. } => {
                    let (after, answer) = (self.members[member].handler)(message);
                    self.later(after, member, Input::Answer { id, answer });
                }
                Output::Event(event) => self.members[member].events.push(event),
            }
        }
        let this = &mut self.members[member];
        this.due = this.engine.next_deadline().map(|(at, _)| at);
    }

    fn send(&mut self, from: End, frame: Frame) {
        self.frames += 1;
        if frame.id == FrameId::CRAWLER_REPLY
            && let Some(left) = self.cut_after
        {
            self.cut_after = left.checked_sub(1);
            if left == 0 {
                let lost = Failure::new(Cause::Reset, By::Network, "");
                self.later(
                    LATENCY,
                    from.member,
                    Input::Closed { conn: from.conn, failure: lost.clone() },
                );
                if let Some(to) = self.forget(from) {
                    self.later(LATENCY, to.member, Input::Closed { conn: to.conn, failure: lost });
                }
                return;
            }
        }
        let Some(to) = self.other_end.get(&from).copied() else { return };
        self.later(
            Duration::from_millis(1),
            from.member,
            Input::Written { conn: from.conn, frames: 1 },
        );
        self.later(LATENCY, to.member, Input::Frame { conn: to.conn, frame });
    }

    fn dial_back(&mut self, from: usize, to: SocketAddr) {
        let found = self.members.iter().position(|other| other.reachable && other.address == to);
        let remote = self.members[from].address;
        if let Some(found) = found {
            self.later(LATENCY, found, Input::DialledBack { remote });
        }
    }

    fn forget(&mut self, end: End) -> Option<End> {
        let other = self.other_end.remove(&end)?;
        self.other_end.remove(&other);
        Some(other)
    }

    fn cut(&mut self, from: End, failure: &Failure) {
        self.later(
            LATENCY,
            from.member,
            Input::Closed { conn: from.conn, failure: failure.clone() },
        );
        if let Some(to) = self.forget(from) {
            let failure = Failure::new(Cause::Closed, By::Peer, "");
            self.later(LATENCY, to.member, Input::Closed { conn: to.conn, failure });
        }
    }

    /// Cuts every connection of a member.
    pub(super) fn unplug(&mut self, member: usize) {
        let mut ends: Vec<_> =
            self.other_end.keys().copied().filter(|end| end.member == member).collect();
        ends.sort_unstable_by_key(|end| end.conn); // the same in every run
        for end in ends {
            self.cut(end, &Failure::new(Cause::Reset, By::Network, ""));
        }
    }

    /// A member is killed and started anew.
    pub(super) fn restart(&mut self, member: usize, config: EngineConfig) {
        self.unplug(member);
        self.queue.retain(|_, (to, _)| *to != member);
        let this = &mut self.members[member];
        this.engine = Engine::new(config, self.now);
        this.events.clear();
    }

    fn dial(
        &mut self,
        from: usize,
        attempt: AttemptId,
        host: &str,
        port: u16,
        expected: Option<Permid>,
    ) {
        let address = SocketAddr::new(host.parse().unwrap(), port);
        let found =
            self.members.iter().position(|member| member.reachable && member.address == address);
        let failure =
            |cause| Input::DialFailed { attempt, failure: Failure::new(cause, By::Peer, "") };
        let Some(to) = found else { return self.later(LATENCY, from, failure(Cause::TcpRefused)) };
        if expected.is_some_and(|expected| expected != self.members[to].permid) {
            return self.later(LATENCY, from, failure(Cause::WrongPermid));
        }
        self.serial += 1;
        let (near, far) = (ConnId(2 * self.serial), ConnId(2 * self.serial + 1));
        let (near_end, far_end) = (End { member: from, conn: near }, End { member: to, conn: far });
        self.other_end.insert(near_end, far_end);
        self.other_end.insert(far_end, near_end);
        let peer = |member: &Member, direction| ConnectedPeer {
            permid: member.permid,
            version: OverlayVersion::CURRENT,
            offers: OverlayVersion::CURRENT,
            direction,
            remote: member.address,
            listening_port: if member.reachable { member.address.port() } else { 0 },
            rtt: LATENCY,
        };
        let (dialled, came) = (
            peer(&self.members[to], Direction::Outgoing),
            peer(&self.members[from], Direction::Incoming),
        );
        self.later(LATENCY, to, Input::Connected { conn: far, attempt: None, peer: came });
        self.later(
            LATENCY,
            from,
            Input::Connected { conn: near, attempt: Some(attempt), peer: dialled },
        );
    }

    /// Runs until this much time has passed.
    pub(super) fn run(&mut self, time: Duration) {
        let until = self.now + time;
        loop {
            let frame = self.queue.first_key_value().map(|((at, _), _)| *at);
            let timers = self.members.iter().enumerate();
            let timer = timers.filter_map(|(n, member)| Some((member.due?, n))).min();
            let next =
                frame.into_iter().chain(timer.map(|(at, _)| at)).min().filter(|at| *at <= until);
            let Some(next) = next else { break };
            self.now = self.now.max(next);
            if frame == Some(next) {
                let (_, (member, input)) = self.queue.pop_first().unwrap();
                self.input(member, input);
            } else if let Some((_, member)) = timer {
                self.members[member].engine.handle_timeout(self.now);
                self.drain(member);
            }
        }
        self.now = until;
    }

    pub(super) fn connect(&mut self, from: usize, to: usize) {
        let Member { address, permid, .. } = &self.members[to];
        let target =
            Target { host: address.ip().to_string(), port: address.port(), permid: Some(*permid) };
        self.input(from, Input::Connect { target, source: Source::Operator });
    }

    /// How a member's requests ended.
    pub(super) fn ends(&self, member: usize) -> Vec<(Ticket, Result<Bytes, Cause>)> {
        ends(&self.members[member].events)
    }

    pub(super) fn seed(&self, member: usize) -> u64 {
        self.members[member].seed
    }
}
