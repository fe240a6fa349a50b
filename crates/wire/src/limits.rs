//! What holds for every decoder of a reply, so that no input of a peer costs more than these.

/// How deep values may nest. The deepest reply of the protocol nests 5 deep; recursion this deep is
/// safe on any stack.
pub const MAX_DEPTH: usize = 64;
/// How many values one input may hold, dict keys included: 100 000 rows, the most a DATABASE reply
/// may have, of 20 columns. A value that a pickle shares counts wherever it is put.
pub const MAX_VALUES: usize = 2_000_000;
/// How many notes one input may have; the rest are counted.
pub const MAX_NOTES: usize = 32;
