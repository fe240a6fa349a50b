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
}
