//! Where the screen of one peer stands.

/// The blocks in which one can move, in the order of `tab`.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Focus {
    #[default]
    Conversation,
    Frame,
    Channel,
    Bytes,
}

impl Focus {
    pub const ALL: [Self; 4] = [Self::Conversation, Self::Frame, Self::Channel, Self::Bytes];

    pub(super) fn step(self, by: usize) -> Self {
        let at = Self::ALL.iter().position(|focus| *focus == self).unwrap_or(0);
        Self::ALL[(at + by) % Self::ALL.len()]
    }
}

/// Where the screen of one peer stands.
#[derive(Clone, Copy, Default, Debug)]
pub struct Inspect {
    pub focus: Focus,
    /// The line with the cursor; `None` follows the newest.
    pub line: Option<u64>,
    /// The byte of that line's frame.
    pub byte: usize,
}
