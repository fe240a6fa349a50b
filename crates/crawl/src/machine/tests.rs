#![allow(clippy::disallowed_methods)] // any instant will do

use swarmscope_peer::crawler::Registry;
use swarmscope_peer::{Ed25519Identity, Transport};

use super::*;

/// A visit of a peer that has just been reached, with no question to put: whether it has ended.
fn has_ended(version: u16, listens: bool) -> bool {
    let key = StoreKey::new([7; 32]);
    let permid = Ed25519Identity::from_seed([1; 32]).permid();
    let now = Now { instant: Instant::now(), time: Time(1) };
    let address = "192.0.2.1:7760".parse().expect("an address");
    let mut machine =
        Machine::new(Settings::new(Registry::default()), Vec::new(), key).listening(listens);
    let leased = Leased {
        peer: PeerId(1),
        hash: machine.hash(permid),
        address: Some(format!("{permid}@{address}")),
        failures: 0,
        online_since: None,
        clocks: Vec::new(),
    };
    machine.visit(leased, now);
    assert!(matches!(machine.next_action(), Some(Action::Connect(_))));
    let connected = Event::Connected {
        permid,
        was: None,
        address,
        listening_port: 7760,
        version: OverlayVersion(version),
        transport: if version < 18 { Transport::Legacy } else { Transport::Tls },
        direction: Direction::Outgoing,
        rtt: Duration::ZERO,
    };
    machine.event(connected, now);
    std::iter::from_fn(|| machine.next_action()).any(|action| matches!(action, Action::Write(_)))
}

/// An old peer answers a BUDDYCAST of one that does not listen with nothing (protocol.md §7).
#[test]
fn a_list_that_cannot_come_is_not_waited_for() {
    assert!(!has_ended(18, false), "it tells everybody");
    assert!(!has_ended(17, true), "it tells those who listen");
    assert!(has_ended(17, false));
}
