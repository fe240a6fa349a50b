//! What anybody can do who reaches the port.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use swarmscope_wire::frame::{Frame, FrameId};
use tokio_util::task::AbortOnDropHandle;

use super::attackers::{idle, strangers};
use super::honest::{Attack, Both, Honest, Times, compare, permid};
use super::victim::{Ceilings, Setup, Victim};
use super::{alone, runtime};

const LISTED: u8 = 1;

fn frame(id: FrameId, bytes: usize) -> Frame {
    Frame { id, body: Bytes::from(vec![0; bytes]) }
}

#[test]
fn fresh_keys_from_one_address_do_not_take_all_places() {
    let (_alone, runtime) = (alone(), runtime());
    // as many as come, and few places: the rule is what counts
    let limits = "attempts = 100000\nattempts-per-source = 100000\nconnections = 128\n\
                  connections-per-source = 48\nconnections-reserved = 16\n";
    let mut victim = Victim::start(&[permid(LISTED)], Setup { limits, ..Setup::default() });
    runtime.block_on(async {
        let mut both = Both::start(LISTED, &victim).await;
        let quiet = both.visits(15).await;
        let crowd = strangers(300, victim.address).await;
        let open = victim.limits()["connections"]["used"].as_u64().expect("a number");
        assert!((40..=49).contains(&open), "{open} of one source stay, with a listed one");
        compare("300 fresh keys", Attack::Holds, quiet, both.visits(30).await);
        drop(crowd);
    });
    assert!(victim.refused("connections-per-source") >= 200);
    victim.check("300 fresh keys", Ceilings { memory: 64, files: 400 });
}

#[test]
fn idle_handshakes_lock_nobody_of_their_own_address_out() {
    let (_alone, runtime) = (alone(), runtime());
    let mut victim = Victim::start(&[permid(LISTED)], Setup::default());
    runtime.block_on(async {
        let honest = Honest::at([127, 0, 0, 1].into(), LISTED, &victim).await;
        let mut both = Both::of(honest, LISTED).await;
        let quiet = both.visits(15).await;
        let _held = idle(200, victim.address).await;
        let times = both.visits(15).await;
        compare("200 idle handshakes of the same address", Attack::Holds, quiet, times);
    });
    victim.check("200 idle handshakes", Ceilings { memory: 32, files: 200 });
}

#[test]
fn a_flood_of_connections_costs_another_address_nothing() {
    let (_alone, runtime) = (alone(), runtime());
    let mut victim = Victim::start(&[permid(LISTED)], Setup::default());
    runtime.block_on(async {
        let mut both = Both::start(LISTED, &victim).await;
        let quiet = both.visits(15).await;
        let address = victim.address;
        let flood = tokio::spawn(async move {
            loop {
                drop(idle(100, address).await);
            }
        });
        while victim.refused("attempts-per-source") < 1000 {
            tokio::task::yield_now().await;
        }
        compare("a flood of connections", Attack::Computes, quiet, both.visits(15).await);
        flood.abort();
    });
    victim.check("a flood of connections", Ceilings { memory: 32, files: 400 });
}

/// Where the connections of a crowd land among the victim's threads, which no series changes, is
/// luck: an attack that holds a peer up does so with each crowd.
const CROWDS: usize = 3;

/// What the honest wait for while eight strangers send such frames without end.
async fn beside_a_flood(
    both: &Both,
    address: SocketAddr,
    id: FrameId,
    bytes: usize,
    attack: &str,
) -> Times {
    let crowd = strangers(8, address).await;
    assert_eq!(crowd.len(), 8);
    let sent = Arc::new(AtomicU64::new(0));
    let floods: Vec<_> = crowd
        .into_iter()
        .map(|mut stranger| {
            let sent = Arc::clone(&sent);
            tokio::spawn(async move {
                while stranger.send(frame(id, bytes)).await {
                    sent.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .map(AbortOnDropHandle::new)
        .collect();
    while sent.load(Ordering::Relaxed) < 8 {
        tokio::task::yield_now().await;
    }
    let times = both.asks(15).await;
    assert!(floods.iter().all(|flood| !flood.is_finished()), "{attack}: they go on");
    times
}

#[test]
fn keep_alives_strays_and_large_frames_are_dropped_as_they_come() {
    let (_alone, runtime) = (alone(), runtime());
    let mut victim = Victim::start(&[permid(LISTED)], Setup::default());
    runtime.block_on(async {
        let both = Both::start(LISTED, &victim).await;
        let quiet = both.asks(15).await;
        for (id, bytes, attack) in [
            (FrameId::KEEP_ALIVE, 0, "keep-alives"),
            (FrameId::CRAWLER_REPLY, 40, "replies that nobody asked for"),
            (FrameId(77), (8 << 20) - 1, "frames of 8 MiB"),
        ] {
            let mut best = None;
            for _ in 0..CROWDS {
                let times = beside_a_flood(&both, victim.address, id, bytes, attack).await;
                if times.is_better_than(best.as_ref()) {
                    best = Some(times);
                }
                if best.as_ref().is_some_and(Times::is_within_twice) {
                    break;
                }
            }
            compare(attack, Attack::Computes, quiet, best.expect("a crowd"));
        }
    });
    victim.check("floods of frames", Ceilings { memory: 320, files: 64 });
}

#[test]
fn with_few_files_set_ups_make_room() {
    let (_alone, runtime) = (alone(), runtime());
    let setup = Setup { files: Some(96), ..Setup::default() };
    let mut victim = Victim::start(&[permid(LISTED)], setup);
    runtime.block_on(async {
        let mut honest = Honest::start(LISTED, &victim).await;
        honest.visit().await;
        let _held = idle(200, victim.address).await;
        for _ in 0..5 {
            assert!(honest.visit().await < Duration::from_secs(10));
        }
    });
    victim.check("200 connections on 96 files", Ceilings { memory: 32, files: 96 });
}
