//! Where commands apply.

/// Where a command applies.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Context {
    Any,
    /// Moving about on any screen: no prompt, composer or overlay is open.
    Moving,
    /// Moving about while a recording is replayed.
    Replay,
    /// Moving about while the demo's tour runs.
    Tour,
    /// Moving about on the main screen.
    Main,
    /// Moving about on the screen of one peer.
    PeerScreen,
    /// Moving about on the screen of a request to many.
    ManyScreen,
    /// There, before it is sent.
    ManyPreview,
    /// There, while it is sent and after that.
    ManyRun,
    /// Moving about on the overview, and on the matrix of who can reach whom.
    Figures,
    /// Moving about on the map.
    Map,
    /// Moving about on the signals.
    Signals,
    /// Moving about on the case.
    Case,
    /// Typing a note into the case.
    CaseNote,
    /// Typing which entries of the case are listed.
    CaseFilter,
    /// Typing why a signal is set aside.
    SetAside,
    /// The list, beside the other pane.
    Peers,
    /// The list, alone on the screen.
    PeersAlone,
    Channels,
    Reply,
    /// A reply shown as a table.
    Table,
    Request,
    /// Anything with a selected row or a scroll position.
    Rows,
    /// The composer.
    Sheet,
    Message,
    Frequency,
    Payload,
    Form,
    Filter,
    Connect,
    /// Rate and concurrency of a request to many.
    Pace,
    Note,
    /// The list of saved filters.
    Filters,
    FilterName,
    /// The list of requests to many.
    Campaigns,
    /// The list of columns.
    Columns,
    Help,
    /// The help, while its search is typed.
    HelpSearch,
    Palette,
    Against,
    Find,
    Save,
    Log,
    LogFilter,
    LineFilter,
    ManyFind,
}

impl Context {
    /// Its name, for people.
    #[must_use]
    pub const fn place(self) -> &'static str {
        match self {
            Self::Any => "everywhere",
            Self::Moving => "every screen",
            Self::Main => "main screen",
            Self::Replay => "replay",
            Self::Tour => "tour",
            Self::PeerScreen => "one peer",
            Self::ManyScreen => "many peers",
            Self::ManyPreview => "request to many, preview",
            Self::ManyRun => "request to many, running",
            Self::Figures => "overview",
            Self::Map => "map",
            Self::Signals => "signals",
            Self::Case => "case",
            Self::CaseNote => "note in the case",
            Self::CaseFilter => "filter of the case",
            Self::SetAside => "setting a signal aside",
            Self::Pace => "rate and concurrency",
            Self::Against => "choosing a reply",
            Self::Find => "find in a reply",
            Self::Save => "saving a reply",
            Self::Peers => "list",
            Self::PeersAlone => "list alone",
            Self::Channels => "channels",
            Self::Reply => "reply",
            Self::Table => "table",
            Self::Request => "request",
            Self::Rows => "every list",
            Self::Sheet => "composer",
            Self::Message => "choosing a message",
            Self::Frequency => "frequency",
            Self::Payload => "payload",
            Self::Form => "form",
            Self::Filter => "filter",
            Self::Connect => "connect",
            Self::Note => "note",
            Self::Filters => "saved filters",
            Self::FilterName => "saving a filter",
            Self::Campaigns => "requests to many",
            Self::Columns => "columns",
            Self::Help => "help",
            Self::HelpSearch => "search in the help",
            Self::Palette => "commands",
            Self::Log => "log",
            Self::LogFilter => "filter of the log",
            Self::LineFilter => "filter of a conversation",
            Self::ManyFind => "find in a list",
        }
    }

    /// Whether text is typed there, so that only named keys and those with ctrl or alt can mean a
    /// command.
    #[must_use]
    pub const fn types(self) -> bool {
        matches!(
            self,
            Self::Sheet
                | Self::Message
                | Self::Frequency
                | Self::Payload
                | Self::Filter
                | Self::Connect
        ) || matches!(self, Self::Palette | Self::HelpSearch | Self::Pace | Self::Against)
            || matches!(
                self,
                Self::Note
                    | Self::CaseNote
                    | Self::CaseFilter
                    | Self::SetAside
                    | Self::FilterName
                    | Self::Find
                    | Self::LogFilter
                    | Self::LineFilter
                    | Self::ManyFind
                    | Self::Save
                    | Self::Form
            )
    }

    /// Whether it is a screen, or more than one place.
    #[must_use]
    pub const fn is_wide(self) -> bool {
        matches!(self, Self::Any | Self::Moving | Self::Main | Self::Rows)
    }
}
