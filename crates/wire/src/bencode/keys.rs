//! Whether the keys of a dict are in order, each once.

use std::collections::BTreeSet;

use super::{DeviationKind, Value};

/// The keys of a dict, as they come. While they are in order the last one tells whether the next is
/// new; most dicts need no more.
#[derive(Default)]
pub(super) struct Keys<'a> {
    last: &'a [u8],
    /// All of them, once they are not in order.
    all: Option<BTreeSet<Vec<u8>>>,
}

impl<'a> Keys<'a> {
    /// One more, after those of `dict`.
    pub(super) fn enter(
        &mut self,
        key: &'a [u8],
        dict: &[(Vec<u8>, Value)],
    ) -> Option<DeviationKind> {
        let last = std::mem::replace(&mut self.last, key);
        if self.all.is_none() && (dict.is_empty() || last < key) {
            return None;
        }
        let all = self.all.get_or_insert_with(|| dict.iter().map(|(key, _)| key.clone()).collect());
        if !all.insert(key.to_vec()) {
            return Some(DeviationKind::DuplicateKey);
        }
        (last > key).then_some(DeviationKind::UnsortedKeys)
    }
}
