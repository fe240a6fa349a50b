//! How much work forgetting takes.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::time::Duration;

use super::{Pruned, STEP};
use crate::records::{Heard, Network};
use crate::{Place, Store, StoreKey, Time};

const START: Time = Time(1_764_369_667_123);

#[test]
fn few_steps_are_enough_though_the_oldest_word_is_of_peers_everywhere() {
    const PEERS: u64 = 60_000;
    let directory = tempfile::tempdir().unwrap();
    let key = StoreKey::new([7; 32]);
    let mut store = Store::crawl(&Place::Sqlite(directory.path().join("store")), &key).unwrap();
    // the last word of them is in another order than they were first heard of
    let word = |number: u64| Heard {
        peer: key.peer(Network::Dht, &number.to_be_bytes()),
        address: Some(format!("198.51.{}.{}:7000", number >> 8, number & 255)),
        version: None,
        at: START.after(Duration::from_secs(number * 7919 % PEERS)),
    };
    let words: Vec<Heard> = (0..PEERS).map(word).collect();
    assert_eq!(store.hear(Network::Dht, &words).unwrap(), PEERS);
    store.database.shrink().unwrap();
    let before = store.bytes().unwrap();
    let mut pruned = Pruned { before, after: before, ..Pruned::default() };
    let steps = store.forget_until(before - 2_000, Time(i64::MAX), &mut pruned).unwrap();
    assert!(pruned.after <= before - 2_000, "{pruned:?}");
    assert!((1..=5).contains(&steps), "{steps} steps: {pruned:?}");
    assert!(pruned.peers >= STEP.unsigned_abs(), "{pruned:?}");
}
