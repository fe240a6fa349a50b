//! The Merkle tree of RFC 6962 over the entries: the frontier that a writer needs, the levels that
//! a verifier keeps, and the definition that both are tested against.

use sha2::{Digest as _, Sha256};

use super::format::{Hash, node_hash};

/// The complete subtrees of a growing tree, largest first: log2 of its size is all that is kept.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// Appends a leaf's hash.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        // each trailing one of the size is a complete subtree as large as what is being added
        for _ in 0..self.size.trailing_ones() {
            let left = self.peaks.pop().expect("a peak for each one bit of the size");
            hash = node_hash(&left, &hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// How many leaves.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root: of no leaves, the hash of nothing.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else { return Sha256::digest([]).into() };
        peaks.fold(*last, |right, left| node_hash(left, &right))
    }
}

/// The root as RFC 6962 (2.1) defines it, over leaf hashes.
#[must_use]
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node_hash(&root(left), &root(right))
        }
    }
}

/// The tree with every complete subtree kept, so that the root at each size costs log2 of it, and a
/// leaf can be put right. A verifier uses this; it shares nothing with [`Frontier`] but the hashing
/// of a node.
#[derive(Clone, Debug)]
pub struct Levels(Vec<Vec<Hash>>);

impl Default for Levels {
    fn default() -> Self {
        Self(vec![Vec::new()])
    }
}

impl Levels {
    /// How many leaves.
    #[must_use]
    pub fn size(&self) -> usize {
        self.0[0].len()
    }

    /// Appends a leaf's hash.
    pub fn push(&mut self, leaf: Hash) {
        self.0[0].push(leaf);
        for level in 0.. {
            let [.., left, right] = self.0[level].as_slice() else { break };
            if self.0[level].len() % 2 == 1 {
                break;
            }
            let parent = node_hash(left, right);
            if self.0.len() == level + 1 {
                self.0.push(Vec::new());
            }
            self.0[level + 1].push(parent);
        }
    }

    /// Takes the last leaf away.
    pub fn pop(&mut self) {
        for level in &mut self.0 {
            // the subtrees that end with it are those whose level has an even number now
            let was_complete = level.len() % 2 == 0;
            level.pop();
            if !was_complete {
                break;
            }
        }
    }

    /// A leaf's hash, where it is there.
    #[must_use]
    pub fn leaf(&self, leaf: usize) -> Option<Hash> {
        self.0[0].get(leaf).copied()
    }

    /// Puts another hash in the place of a leaf's. A leaf that isn't there is left out.
    pub fn set(&mut self, leaf: usize, hash: Hash) {
        let Some(place) = self.0[0].get_mut(leaf) else { return };
        *place = hash;
        let mut at = leaf;
        for level in 1..self.0.len() {
            at /= 2;
            let below = &self.0[level - 1];
            let Some(parent) =
                below.get(2 * at..2 * at + 2).map(|pair| node_hash(&pair[0], &pair[1]))
            else {
                break;
            };
            match self.0[level].get_mut(at) {
                Some(place) => *place = parent,
                None => break,
            }
        }
    }

    /// The root: of no leaves, the hash of nothing.
    #[must_use]
    pub fn root(&self) -> Hash {
        // where a level has an odd number, its last is a complete subtree without a sibling
        let odd =
            self.0.iter().filter(|level| level.len() % 2 == 1).filter_map(|level| level.last());
        odd.copied()
            .reduce(|right, left| node_hash(&left, &right))
            .unwrap_or_else(|| Sha256::digest([]).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::format::leaf_hash;

    /// The inputs and roots of the test in Certificate Transparency's reference implementation.
    #[test]
    fn the_roots_of_certificate_transparencys_vectors() {
        let leaves: [&[u8]; 8] = [
            b"",
            b"\x00",
            b"\x10",
            b"\x20\x21",
            b"\x30\x31",
            b"\x40\x41\x42\x43",
            b"\x50\x51\x52\x53\x54\x55\x56\x57",
            b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
        ];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let hashes: Vec<Hash> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
        for (n, expected) in roots.iter().enumerate() {
            assert_eq!(data_encoding::HEXLOWER.encode(&root(&hashes[..=n])), *expected, "{n}");
        }
    }

    #[test]
    fn frontier_and_levels_have_the_root_of_the_definition_at_every_size() {
        let (mut frontier, mut levels) = (Frontier::default(), Levels::default());
        let mut leaves = Vec::new();
        for n in 0_u32..300 {
            assert_eq!(frontier.root(), root(&leaves), "{n}");
            assert_eq!(levels.root(), root(&leaves), "{n}");
            let leaf = leaf_hash(&n.to_be_bytes());
            frontier.push(leaf);
            levels.push(leaf);
            leaves.push(leaf);
            let mut again = levels.clone();
            again.pop();
            assert_eq!(again.root(), root(&leaves[..leaves.len() - 1]), "{n}");
            again.push(leaf);
            assert_eq!(again.root(), root(&leaves), "{n}");
            let mut changed = levels.clone();
            changed.set(n as usize / 3, [7; 32]);
            let mut wanted = leaves.clone();
            wanted[n as usize / 3] = [7; 32];
            assert_eq!(changed.root(), root(&wanted), "{n}");
        }
        assert_eq!(frontier.size(), 300);
        assert_eq!(levels.size(), 300);
    }
}
