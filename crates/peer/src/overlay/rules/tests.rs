use std::time::Duration;

use super::*;

const US: Permid = Permid::Ed25519([5; 32]);
const SMALLER: Permid = Permid::Ed25519([4; 32]);
const LARGER: Permid = Permid::Ed25519([6; 32]);

struct World {
    rules: Rules,
    start: Instant,
    conns: u64,
    ip: IpAddr,
    /// Who made room last.
    evicted: Option<ConnId>,
}

impl World {
    fn new(limits: &Limits) -> Self {
        let ip = IpAddr::from([127, 0, 0, 1]);
        Self {
            rules: Rules::new(limits, Meter::new(limits)),
            start: Instant::now(),
            conns: 0,
            ip,
            evicted: None,
        }
    }

    fn at(&self, second: u64) -> Instant {
        self.start + Duration::from_secs(second)
    }

    /// A connection that was dialled at one second and authenticated at another.
    fn arrives(
        &mut self,
        direction: Direction,
        permid: Permid,
        port: u16,
        seconds: (u64, u64),
    ) -> (ConnId, Result<Verdict, Cause>) {
        self.conns += 1;
        let conn = ConnId(self.conns);
        let (began, ip) = (self.at(seconds.0), self.ip);
        let newcomer = Newcomer { conn, direction, permid, own: US, ip, port, began };
        let verdict =
            self.rules.authenticated(newcomer, self.at(seconds.1)).map(|(verdict, evicted)| {
                if let Some(evicted) = evicted {
                    self.rules.closed(evicted);
                    self.evicted = Some(evicted);
                }
                verdict
            });
        (conn, verdict.map_err(|failure| failure.cause))
    }
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn a_source_has_its_share_and_its_oldest_set_up_makes_room() {
    let limits = Limits { unauthenticated_per_source: 2, ..Limits::default() };
    let mut rules = Rules::new(&limits, Meter::new(&limits));
    let (first, _) = rules.admit(ip("10.0.0.1"));
    let (second, none) = rules.admit(ip("::ffff:10.0.0.1"));
    assert_eq!(none, None);
    let (_, evicted) = rules.admit(ip("10.0.0.1"));
    assert_eq!(evicted, Some(first), "idle handshakes lock nobody of their own address out");
    assert_eq!(rules.admit(ip("10.0.0.2")).1, None);
    rules.vacate(second);
    assert_eq!(rules.admit(ip("10.0.0.1")).1, None);
    let (six, _) = rules.admit(ip("2001:db8::1"));
    assert_eq!(rules.admit(ip("2001:db8::2")).1, None);
    assert_eq!(rules.admit(ip("2001:db8::ffff:3")).1, Some(six), "one /64 is one source");
    assert_eq!(rules.admit(ip("2001:db8:0:1::3")).1, None);
}

#[test]
fn where_all_is_taken_the_oldest_of_the_largest_crowd_goes() {
    let limits = Limits { unauthenticated: 4, unauthenticated_per_source: 3, ..Limits::default() };
    let mut rules = Rules::new(&limits, Meter::new(&limits));
    let (_quiet, none) = rules.admit(ip("10.0.0.9"));
    assert_eq!(none, None);
    let crowd: Vec<Slot> = (0..3).map(|_| rules.admit(ip("10.0.0.1")).0).collect();
    assert_eq!(rules.admit(ip("10.0.0.2")).1, Some(crowd[0]));
    assert_eq!(rules.admit(ip("10.0.0.3")).1, Some(crowd[1]));
    assert_eq!(rules.setting_up.len(), 4);
}

#[test]
fn four_of_a_permid_and_one_of_a_place() {
    let mut world = World::new(&Limits::default());
    let incoming = Direction::Incoming;
    let (first, kept) = world.arrives(incoming, LARGER, 7000, (0, 1));
    assert_eq!(kept, Ok(Verdict::Keep));
    assert_eq!(world.arrives(incoming, LARGER, 7000, (2, 3)).1, Err(Cause::Duplicate));
    assert_eq!(
        world.arrives(incoming, SMALLER, 7000, (2, 3)).1,
        Ok(Verdict::Keep),
        "whoever else announces it"
    );
    for _ in 0..3 {
        assert_eq!(
            world.arrives(incoming, LARGER, 0, (4, 5)).1,
            Ok(Verdict::Keep),
            "port 0 is exempt"
        );
    }
    assert_eq!(world.arrives(incoming, LARGER, 0, (6, 7)).1, Err(Cause::Duplicate));
    world.rules.closed(first);
    assert_eq!(world.arrives(incoming, LARGER, 7000, (8, 9)).1, Ok(Verdict::Keep));
}

#[test]
fn all_incoming_connections_together_are_bounded() {
    let mut world = World::new(&Limits { accepted: 2, accepted_reserved: 0, ..Limits::default() });
    for seed in [1, 2] {
        let permid = Permid::Ed25519([seed; 32]);
        assert_eq!(world.arrives(Direction::Incoming, permid, 0, (0, 1)).1, Ok(Verdict::Keep));
    }
    assert_eq!(world.arrives(Direction::Incoming, LARGER, 0, (0, 1)).1, Err(Cause::Crowded));
    assert_eq!(world.arrives(Direction::Outgoing, LARGER, 7000, (0, 1)).1, Ok(Verdict::Keep));
}

/// The permid of a key that is thrown away.
fn throw_away(n: u16) -> Permid {
    let mut key = [0xee; 32];
    key[..2].copy_from_slice(&n.to_be_bytes());
    Permid::Ed25519(key)
}

#[test]
fn strangers_with_fresh_keys_lock_nobody_out() {
    let mut world = World::new(&Limits::default());
    world.rules.list([SMALLER].into());
    let kept = (0..1100)
        .filter(|n| world.arrives(Direction::Incoming, throw_away(*n), 0, (0, 1)).1.is_ok())
        .count();
    assert!(kept < Limits::default().accepted / 2, "one source has its share: {kept}");
    assert_eq!(
        world.arrives(Direction::Incoming, SMALLER, 7000, (2, 3)).1,
        Ok(Verdict::Keep),
        "who is listed"
    );
    world.ip = ip("10.0.0.9");
    assert_eq!(
        world.arrives(Direction::Incoming, LARGER, 0, (2, 3)).1,
        Ok(Verdict::Keep),
        "another source"
    );
}

#[test]
fn where_all_is_taken_the_oldest_stranger_of_the_largest_source_makes_room() {
    let limits =
        Limits { accepted: 12, accepted_per_source: 8, accepted_reserved: 2, ..Limits::default() };
    let mut world = World::new(&limits);
    world.rules.list([SMALLER, LARGER].into());
    let (first, _) = world.arrives(Direction::Incoming, throw_away(0), 0, (0, 1));
    for n in 1..8 {
        world.arrives(Direction::Incoming, throw_away(n), 0, (0, 2)).1.unwrap();
    }
    for (n, place) in [(100, "10.0.0.1"), (101, "10.0.0.2")] {
        world.ip = ip(place);
        world.arrives(Direction::Incoming, throw_away(n), 0, (0, 2)).1.unwrap();
    }
    assert_eq!(world.evicted, None);
    world.ip = ip("10.0.0.3");
    world.arrives(Direction::Incoming, throw_away(200), 0, (0, 2)).1.unwrap();
    assert_eq!(world.evicted, Some(first), "of eight from one place");
    for permid in [SMALLER, LARGER] {
        world.evicted = None;
        assert_eq!(world.arrives(Direction::Incoming, permid, 0, (0, 2)).1, Ok(Verdict::Keep));
        assert_eq!(world.evicted, None, "places are kept for them");
    }
}

#[test]
fn we_dial_a_permid_once() {
    let mut world = World::new(&Limits::default());
    assert_eq!(world.arrives(Direction::Outgoing, LARGER, 7000, (0, 1)).1, Ok(Verdict::Keep));
    let (second, leave) = world.arrives(Direction::Outgoing, LARGER, 7001, (0, 2));
    assert_eq!(leave, Ok(Verdict::Leave));
    world.rules.closed(second);
    // Nor one that has been here for longer than our dial took.
    world.arrives(Direction::Incoming, SMALLER, 7002, (0, 1)).1.unwrap();
    assert_eq!(world.arrives(Direction::Outgoing, SMALLER, 7002, (2, 3)).1, Ok(Verdict::Leave));
}

#[test]
fn of_two_dials_at_the_same_time_the_smaller_permid_s_stays() {
    // The peer's arrives first, ours while it was under way.
    for (permid, verdict) in [(SMALLER, Verdict::Leave), (LARGER, Verdict::Keep)] {
        let mut world = World::new(&Limits::default());
        world.arrives(Direction::Incoming, permid, 7000, (0, 2)).1.unwrap();
        assert_eq!(world.arrives(Direction::Outgoing, permid, 7000, (1, 3)).1, Ok(verdict));
    }
    // Ours arrives first.
    for permid in [SMALLER, LARGER] {
        let mut world = World::new(&Limits::default());
        let (ours, _) = world.arrives(Direction::Outgoing, permid, 7000, (0, 2));
        let verdict = if permid == SMALLER { Verdict::KeepAndLeave(ours) } else { Verdict::Keep };
        assert_eq!(world.arrives(Direction::Incoming, permid, 7000, (1, 3)).1, Ok(verdict));
        // What is leaving is no longer in anybody's way.
        let next = world.arrives(Direction::Outgoing, permid, 7000, (4, 5)).1;
        assert_eq!(next, Ok(Verdict::Leave));
    }
    // Not at the same time: the peer may have its own.
    let mut world = World::new(&Limits::default());
    world.arrives(Direction::Outgoing, SMALLER, 7000, (0, 1)).1.unwrap();
    assert_eq!(world.arrives(Direction::Incoming, SMALLER, 7000, (2, 3)).1, Ok(Verdict::Keep));
}
