//! The full screens, one of which lies under overlays and prompts.

/// Which screen is shown.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Screen {
    /// The list of peers beside the selected one.
    #[default]
    Main,
    /// One peer: its ladder, conversation, channel and frames.
    Peer,
    /// A request to many: its preview, then how it goes.
    Many,
    /// How the swarm is, in figures.
    Overview,
    /// One cell a peer.
    Map,
    /// Who can reach whom.
    Reach,
    /// What looks odd, and why.
    Signals,
    /// The case that is written to.
    Case,
}

/// What the cells of the map show.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Colouring {
    /// What became of the last question of each peer.
    #[default]
    Outcome,
    /// Which answer it gave to the newest request to many.
    Answer,
}

impl Colouring {
    /// The other one.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Outcome => Self::Answer,
            Self::Answer => Self::Outcome,
        }
    }
}
