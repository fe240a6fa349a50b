//! The case file: one append-only file of entries that are hashed, chained and signed
//! (docs/case-format.md).
//!
//! * [`mod@format`] says which bytes stand where; [`tree`] is the Merkle tree over them; [`note`]
//!   the signed checkpoints.
//! * [`Writer`] appends, and never writes behind something broken.
//! * [`read`] gives the entries one after the other, and [`mod@verify`] says which of them hold.
//! * [`redact`] makes a copy that withholds values and still verifies, [`witness`] is the second
//!   pair of hands.

pub mod format;
pub mod note;
pub mod read;
pub mod redact;
pub mod tree;
pub mod verify;
pub mod witness;
mod write;

pub use format::{Field, Salt, Value, salts, sha256_hex};
pub use read::Entry;
pub use verify::{Report, verify};
pub use write::{Draft, OpenError, Storage, WriteError, Writer};

/// The name of an entry's kind, which is the value of its field `type`.
pub mod kind {
    /// The first entry: case id, key, purpose, rules.
    pub const CASE: &str = "case";
    /// A checkpoint: a signed note over all entries before it.
    pub const SIGNED: &str = "signed";
    /// A note also signed by someone outside.
    pub const WITNESSED: &str = "witnessed";
    /// Which values a redacted copy withholds, and why.
    pub const REDACTION: &str = "redaction";
    /// A tail that a crash had torn was cut off before the next entry was written.
    pub const RECOVERED: &str = "recovered";
    /// A question that went out.
    pub const SENT: &str = "sent";
    /// A reply that came whole.
    pub const REPLY: &str = "reply";
    /// A question that ended without a reply.
    pub const FAILURE: &str = "failure";
    /// Free text.
    pub const NOTE: &str = "note";
    /// A file that was added.
    pub const FILE: &str = "file";
    /// A signal, with its words.
    pub const SIGNAL: &str = "signal";
    /// A round of questions to many.
    pub const ROUND: &str = "round";
    /// An export that was made, with the digest of what went out.
    pub const EXPORT: &str = "export";
}
