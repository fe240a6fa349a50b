//! Case files for tests: made with a fixed key and salts, so that they are the same each time.
#![allow(clippy::cast_possible_truncation, reason = "drawn numbers are cut to what they pick")]
#![allow(dead_code, clippy::missing_panics_doc, clippy::must_use_candidate, missing_docs)]

use std::io::Cursor;

use swarmscope_evidence::Moment;
use swarmscope_evidence::case::note::{CaseId, Note};
use swarmscope_evidence::case::{Draft, Salt, Writer, kind};
use swarmscope_wire::identity::Ed25519Identity;

pub const START_NS: u64 = 1_764_324_271_000_000_000;

pub fn key() -> Ed25519Identity {
    Ed25519Identity::from_seed([7; 32])
}

pub fn moment(second: u64) -> Moment {
    Moment { utc_ns: START_NS + second * 1_000_000_000, monotonic_ns: second * 1_000_000_000 }
}

/// Different each time, and the same in each run.
pub fn salts() -> impl FnMut() -> Salt + Send + 'static {
    let mut state = 1_u64;
    move || {
        let mut salt = [0; 32];
        for byte in &mut salt {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            *byte = (state >> 56) as u8;
        }
        salt
    }
}

pub fn begin() -> Writer<Cursor<Vec<u8>>> {
    let head = Draft::new(kind::CASE).plain("why", "peers that answer everything");
    Writer::create(Cursor::default(), CaseId([4; 16]), &key(), head, moment(0), salts())
        .expect("a new case")
}

/// A reply as a case holds it, `bytes` long.
pub fn reply(n: u64, bytes: usize) -> Draft {
    let payload: Vec<u8> = (0..bytes).map(|at| (at as u64 * 31 + n * 7) as u8).collect();
    Draft::new(kind::REPLY)
        .private("peer", format!("peer {n}"))
        .private("address", format!("198.18.{}.{}:7760", n / 250 % 250, n % 250))
        .plain("message", 3)
        .plain("error", 0)
        .private("payload", payload)
}

/// A case of `entries` entries, with a checkpoint every `every` and one at the end, and the newest
/// checkpoint.
pub fn case(entries: u64, every: u64, bytes: usize) -> (Vec<u8>, Note) {
    let mut writer = begin();
    while writer.entries() < entries - 1 {
        let n = writer.entries();
        if writer.unsigned() >= every {
            writer.sign(&key(), moment(n)).expect("signs");
        } else {
            writer.append(reply(n, bytes), moment(n)).expect("appends");
        }
    }
    let note = writer.sign(&key(), moment(entries)).expect("signs");
    assert_eq!(writer.entries(), entries);
    (writer.into_inner().into_inner(), note)
}

/// Where each record begins, and the end.
pub fn bounds(file: &[u8]) -> Vec<usize> {
    let mut at = 18;
    let mut bounds = vec![at];
    while at < file.len() {
        let length = u32::from_be_bytes(file[at..at + 4].try_into().expect("four bytes"));
        at += length as usize + 8;
        bounds.push(at);
    }
    bounds
}

/// Numbers that look random and are the same in each run (`SplitMix64`).
pub struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}
