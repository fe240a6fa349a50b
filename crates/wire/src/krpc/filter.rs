//! The Bloom filters of scrapes (BEP 33): how many addresses went into one, and nothing about
//! which.

use std::net::IpAddr;

use sha1::{Digest as _, Sha1};

/// Bits of a filter: `m` of BEP 33.
const BITS: usize = 2048;
/// Bits that one address sets: `k` of BEP 33.
const HASHES: f64 = 2.0;

/// A filter of 256 bytes over the addresses of seeds or peers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ScrapeFilter(pub [u8; Self::LEN]);

impl Default for ScrapeFilter {
    fn default() -> Self {
        Self([0; Self::LEN])
    }
}

impl ScrapeFilter {
    /// Length in bytes.
    pub const LEN: usize = BITS / 8;

    /// Adds an address.
    pub fn insert(&mut self, ip: IpAddr) {
        let hash = match ip {
            IpAddr::V4(ip) => Sha1::digest(ip.octets()),
            IpAddr::V6(ip) => Sha1::digest(ip.octets()),
        };
        for pair in [[hash[0], hash[1]], [hash[2], hash[3]]] {
            let bit = usize::from(u16::from_le_bytes(pair)) % BITS;
            self.0[bit / 8] |= 1 << (bit % 8);
        }
    }

    /// Joins another filter into this one: the addresses of both.
    pub fn merge(&mut self, other: &Self) {
        for (byte, more) in self.0.iter_mut().zip(other.0) {
            *byte |= more;
        }
    }

    /// Whether no bit is left clear: then the number of addresses is only known to be large, and
    /// [`Self::estimate`] is a lower bound.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.0.iter().all(|byte| *byte == 0xff)
    }

    /// How many addresses went into it, by the number of bits that are still clear. The filter of
    /// one node has an error of a few percent up to some 6 000 addresses.
    #[must_use]
    pub fn estimate(&self) -> f64 {
        let clear: u32 = self.0.iter().map(|byte| byte.count_zeros()).sum();
        let bits = BITS as f64;
        let clear = f64::from(clear).clamp(1.0, bits - 1.0);
        if self.0 == [0; Self::LEN] {
            return 0.0;
        }
        (clear / bits).ln() / (HASHES * (1.0 - 1.0 / bits).ln())
    }
}
