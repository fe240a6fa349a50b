//! Fifty thousand peers as they may have come to be, and the news that goes on coming about them.

#[allow(dead_code)] // written for the tests, which use all of it; a bench needs a part
#[path = "../../tests/screen/fixture.rs"]
pub mod fixture;

use std::time::Duration;

use fixture::{Script, failure, nat_reply};
use swarmscope_peer::node::{Direction, Event, PeerKey, Transport};
use swarmscope_wire::failure::{By, Cause, Delivered};
use swarmscope_wire::{MessageId, OverlayVersion, Permid};

pub const PEERS: u32 = 50_000;

/// A peer of its own for each number.
pub fn permid(n: u32) -> Permid {
    let bytes = n.wrapping_mul(2_654_435_761).to_be_bytes(); // spread over all keys
    if n.is_multiple_of(3) {
        let mut point = [0x5a; 60];
        point[0] = 0;
        point[1..5].copy_from_slice(&bytes);
        Permid::Sect233k1(point)
    } else {
        let mut key = [0x5a; 32];
        key[..4].copy_from_slice(&bytes);
        Permid::Ed25519(key)
    }
}

pub fn connected(n: u32) -> Event {
    let legacy = n.is_multiple_of(3);
    Event::Connected {
        permid: permid(n),
        was: None,
        address: (n.to_be_bytes(), 7760).into(),
        listening_port: 7760,
        version: OverlayVersion(if legacy { 17 } else { 18 }),
        transport: if legacy { Transport::Legacy } else { Transport::Tls },
        direction: Direction::Outgoing,
        rtt: Duration::from_millis(u64::from(n % 200)),
    }
}

pub fn failed(n: u32) -> Event {
    Event::ConnectFailed {
        peer: PeerKey::Permid(permid(n)),
        failure: failure(Cause::TcpRefused, By::Network, Delivered::No, ""),
        attempt: 3,
        gives_up_at: 28,
        again_in: None,
    }
}

/// So many peers in every state, a third of them asked once or twice.
#[allow(dead_code)] // the load example has a crowd of its own
pub fn crowd(peers: u32) -> Script {
    const NATS: [&str; 4] =
        ["Symmetric NAT", "Open Internet", "Full Cone NAT", "Port Restricted Cone NAT"];
    let mut script = Script::default();
    for n in 0..peers {
        let ms = 3_000_000 - u64::from(n) * 50;
        let event = if n.is_multiple_of(10) { failed(n) } else { connected(n) };
        script.at(ms, event);
        let (who, nat) = (permid(n), NATS[n as usize / 10 % 4]);
        match n % 10 {
            1 | 2 => {
                script.asked(ms, 50, who, MessageId::NATCHECK, 1, 0, &nat_reply(nat, -1, 55));
                script.asked(ms - 90, 1, who, MessageId::NATCHECK, 1, 254, b"frequency error");
            }
            3 => script.asked(ms, 50, who, MessageId::DATABASE_QUERY, 1, 0, b"a0l"),
            4 => drop(script.sent(ms, who, MessageId::NATCHECK, 1, "")),
            _ => {}
        }
    }
    script
}

/// The event of this number: all over the table, every kind that comes often.
pub fn event(number: u32) -> Event {
    let n = number.wrapping_mul(7919) % PEERS;
    match number % 4 {
        0 => failed(n),
        1 => Event::Gossip {
            permid: permid(n),
            listed: 20,
            left_out: 0,
            named: (1..21).map(|other| permid((n + other) % PEERS)).collect(),
            impossible: 0,
        },
        2 => Event::Disconnected {
            permid: permid(n),
            failure: failure(Cause::Reset, By::Network, Delivered::No, ""),
        },
        _ => connected(n),
    }
}
