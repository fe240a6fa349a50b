//! How much is kept in memory.

/// Bounds on everything that a [`Facts`](crate::Facts) holds. What does not fit makes room by
/// letting the oldest go, which is counted where it can be seen; only the table of peers turns new
/// ones away.
///
/// The defaults are those of the terminal program: what one person looks at, in some hundred MiB at
/// most.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Peers in the table. Gossip can name any number; those beyond are counted, not listed.
    pub peers: usize,
    /// Requests kept for one peer: the oldest that have ended make room.
    pub requests_per_peer: usize,
    /// Parts of one reply whose times are kept. A reply within its budget has at most 2 048 full
    /// parts; a peer that sends more, smaller ones has its parts counted, but only these
    /// shown.
    pub parts_per_request: usize,
    /// Bytes of replies, raw and decoded, that stay in memory. Older ones keep their line, not
    /// their bytes.
    pub reply_bytes: usize,
    /// Replies that stay in memory, however small.
    pub replies: usize,
    /// What was said with peers, where connections are traced.
    pub conversations: ConversationSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            peers: 50_000,
            requests_per_peer: 200,
            parts_per_request: 4096,
            reply_bytes: 128 << 20, // two of the largest that a channel's budget allows
            replies: 4096,
            conversations: ConversationSettings::default(),
        }
    }
}

/// How much of what was said with peers is kept in memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ConversationSettings {
    /// Lines of one peer: a reply within its budget has 2 048 full parts.
    pub lines: usize,
    /// What the lines of one peer may take, in bytes: a hundred parts of a reply, or a frame of
    /// every kind many times over.
    pub bytes: usize,
    /// Lines of all peers; arbitrary: a few of each of thousands.
    pub lines_in_all: usize,
    /// What the lines of all peers may take, in bytes.
    pub bytes_in_all: usize,
}

impl Default for ConversationSettings {
    fn default() -> Self {
        Self { lines: 4096, bytes: 4 << 20, lines_in_all: 100_000, bytes_in_all: 48 << 20 }
    }
}
