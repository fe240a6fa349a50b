//! What keys mean at the moment: moving about in a pane, or one of the prompts, sheets and
//! overlays.

use serde::{Deserialize, Serialize};

use super::input::Input;
use super::many::form::PaceForm;
use crate::screen::palette::line::Palette;
use crate::screen::reply::comparison::Candidate;
use crate::screen::reply::saving::Saving;

/// The panes that can have the focus, in the order of `tab`.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pane {
    #[default]
    Peers,
    Channels,
    Reply,
    Request,
}

impl Pane {
    pub const ALL: [Self; 4] = [Self::Peers, Self::Channels, Self::Reply, Self::Request];

    #[must_use]
    pub fn step(self, by: usize) -> Self {
        let at = Self::ALL.iter().position(|pane| *pane == self).unwrap_or(0);
        Self::ALL[(at + by) % Self::ALL.len()]
    }
}

/// A list that is searched by typing.
#[derive(Clone, Default, Debug)]
pub struct Picker {
    pub input: Input,
    /// The selected entry among those found.
    pub at: usize,
}

/// What keys mean at the moment.
#[derive(Clone, Default, Debug)]
pub enum Mode {
    /// Moving about.
    #[default]
    Main,
    /// Typing the filter.
    Filter,
    /// Typing where to connect; what was wrong with it.
    Connect(Input, Option<String>),
    /// Typing a note on the selected peer.
    Note(Input),
    /// Typing a note about this entry of the case.
    CaseNote(Input, Option<u64>),
    /// Typing which entries of the case are listed.
    CaseFilter,
    /// Typing why the signal with this id is set aside.
    SetAside(Input, String),
    /// The saved filters; which one is selected.
    Filters {
        at: usize,
    },
    /// Typing a name for the filter in force; what was wrong with it.
    FilterName(Input, Option<String>),
    /// The columns of the list; which one is selected.
    Columns {
        at: usize,
    },
    /// The requests to many; which one is selected.
    Campaigns {
        at: usize,
    },
    /// The composer, choosing a message.
    Message(Picker),
    /// The composer, typing the frequency.
    Frequency,
    /// The composer, typing the payload.
    Payload,
    /// The composer, filling in the payload's fields.
    Form,
    /// Typing rate and concurrency of a request to many.
    Pace(PaceForm),
    /// The help; what is searched for in it, and what lies under it.
    Help {
        top: usize,
        search: Option<Input>,
        before: Box<Mode>,
    },
    Palette(Palette),
    /// Typing what to find in the reply.
    Find,
    /// Typing the name of a file.
    Save(Saving),
    /// Picking a reply to compare with, of these.
    Against(Picker, Vec<Candidate>),
    /// The log; how many lines above the newest one.
    Log {
        back: usize,
    },
    /// Typing words that lines of the log have.
    LogFilter,
    /// Typing words that lines of the conversation have.
    LineFilter,
    /// Typing what to find in a list of a request to many.
    ManyFind,
}

impl Mode {
    /// Whether the composer is open.
    #[must_use]
    pub const fn composes(&self) -> bool {
        matches!(self, Self::Message(_) | Self::Frequency | Self::Payload | Self::Form)
    }

    /// Whether keys type text.
    #[must_use]
    pub const fn types(&self) -> bool {
        self.composes()
            || matches!(
                self,
                Self::Filter
                    | Self::Connect(..)
                    | Self::Palette(_)
                    | Self::Against(..)
                    | Self::Pace(_)
            )
            || matches!(
                self,
                Self::Note(_)
                    | Self::CaseNote(..)
                    | Self::CaseFilter
                    | Self::SetAside(..)
                    | Self::LogFilter
                    | Self::LineFilter
                    | Self::FilterName(..)
            )
            || matches!(self, Self::Help { search: Some(_), .. })
            || matches!(self, Self::Find | Self::ManyFind | Self::Save(_))
    }
}
