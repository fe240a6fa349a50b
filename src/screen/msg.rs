//! What changes the model, and what the model wants done.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::figures::Figures;
use super::kept::KeptIn;
use crate::screen::case;
use crate::screen::keys::key::Key;
use crate::screen::keys::spot::Gesture;
use crate::screen::keys::spot::Spot;
use crate::screen::session::recording::Place;
use crate::screen::session::showing::Control;
use crate::screen::signals::{Asked, Found};
use swarmscope_facts::Input;
use swarmscope_facts::networks::{self, Question};
use swarmscope_peer::crawler::Decoding;
use swarmscope_peer::node::{Ask, Event, PeerKey, Target, Ticket};
use swarmscope_wire::{ErrorByte, MessageId, Permid, serial};

/// Everything that can change what the screen shows. A recording is a list of these, but for
/// [`Msg::Tick`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Msg {
    /// A fact from the node.
    Node(Event),
    Key(Key),
    /// Bracketed paste: text, never keys.
    Paste(String),
    /// Something was done with the mouse on what stands there.
    Mouse(Gesture, Spot),
    /// The terminal has this many columns and rows.
    Resize(u16, u16),
    /// Another second has begun; nothing else.
    #[serde(skip)]
    Tick,
    /// The moment has come that [`Model::next_wake`](super::Model::next_wake) named.
    Wake,
    /// A request that this screen asked for has this ticket.
    Asked(Ask, Ticket),
    /// A request was not sent: what is wrong with its payload.
    Doubted(Ask, String),
    /// A payload that is to go to many: what is wrong with it.
    PayloadDoubted {
        message: MessageId,
        #[serde(with = "serial::base64")]
        payload: Bytes,
        why: String,
    },
    /// A reply has been read on a blocking thread.
    Decoded {
        permid: Permid,
        ticket: Ticket,
        decoding: Decoding,
    },
    /// A word that the demo gives a peer: `tour`, `slow, simulated`.
    Label {
        permid: Permid,
        label: String,
    },
    /// The operator wants no more of a peer.
    Forgotten(PeerKey),
    /// The demo's tour has come to its next step.
    Tour(TourStep),
    /// A fact about a peer of another network than the overlay.
    Network(networks::Event),
    /// The tour is over, or was skipped.
    TourEnded,
    /// What became of a file that was to be saved.
    Saved(Saved),
    /// The program that something was opened in has ended, or why it did not start.
    Opened(Option<String>),
    /// The editor that the payload was opened in has ended: the text that it left, or why there is
    /// none.
    Edited(Result<String, String>),
    /// What the program takes; once a second, while that is shown.
    Figures(Figures),
    /// Signals were looked for. Not recorded: a replay looks for them itself.
    #[serde(skip)]
    Signals(Found),
    /// What became of the case. Not recorded: it is in the case.
    #[serde(skip)]
    Case(case::Told),
    /// Something the operator should read.
    Notice(String),
    /// Something that the operator asked for was done: `saved …`. Shown for a while, then only in
    /// the log.
    Done(String),
    /// Something that the operator asked for was not done, and why.
    NotDone(String),
    /// Where the operator was when a recording was started in the middle of a session.
    Place(Box<Place>),
}

impl From<Input> for Msg {
    fn from(input: Input) -> Self {
        match input {
            Input::Event(event) => Self::Node(event),
            Input::Asked(ask, ticket) => Self::Asked(ask, ticket),
            Input::Decoded { permid, ticket, decoding } => {
                Self::Decoded { permid, ticket, decoding }
            }
            Input::Label { permid, label } => Self::Label { permid, label },
            Input::Forgotten(key) => Self::Forgotten(key),
            Input::Network(event) => Self::Network(event),
        }
    }
}

/// What became of a file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Saved {
    pub path: String,
    /// Its bytes.
    pub outcome: Result<usize, Unsaved>,
}

/// Why a file was not saved.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Unsaved {
    /// There is one of this name, and nobody said that it may go.
    IsThere,
    Failed(String),
}

/// A program of the operator's own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Opener {
    /// `$VISUAL`, else `$EDITOR`.
    Editor,
    /// `$PAGER`.
    Pager,
}

/// What a step of the tour puts on the screen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scene {
    /// The list of peers.
    List,
    /// The map, while everybody who is connected is asked this.
    AskAll(MessageId),
    /// The same, with frequency 0: everybody may be asked again at once.
    AskAgain(MessageId),
    /// The answers to that.
    Answers,
    /// The screen of the peer that the step speaks of.
    Peer,
    /// Who can reach whom.
    Reach,
    /// The health of the swarm.
    Overview,
    /// What looks odd, and why.
    Signals,
    /// The case.
    Case,
}

/// What a step of the tour does with a case file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TourCase {
    /// Opens it, new.
    Open(PathBuf),
    /// Writes the signal into it that asks for most attention.
    Keep,
    /// Exports all of it.
    Export(PathBuf),
}

/// What the operator wants of the tour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TourControl {
    /// No more of it.
    Skip,
    /// It holds still, or goes on.
    Pause,
    /// The next step now.
    Next,
    /// The step before, once more to look at: nothing is asked again.
    Back,
}

/// One step of the demo's tour.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct TourStep {
    /// From 1.
    pub step: u16,
    pub of: u16,
    /// One line: what is about to be seen.
    pub text: String,
    /// Whom to look at. Selected, with that message in the composer, for as long as nobody has
    /// touched a key.
    pub show: Option<(Permid, MessageId)>,
    /// The peer of another network to look at: selected as well.
    #[serde(default)]
    pub other: Option<PeerKey>,
    /// What the screen asks it, whoever has the keyboard. What it is about is never written.
    #[serde(skip)]
    pub asks: Vec<Question>,
    /// What the screen does with a case, for as long as nobody has touched a key. Never written.
    #[serde(skip)]
    pub case: Option<TourCase>,
    /// What is put on the screen, for as long as nobody has touched a key.
    #[serde(default)]
    pub scene: Option<Scene>,
    /// The tour waits for its operator.
    #[serde(default)]
    pub paused: bool,
}

/// What must happen outside of the model.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Ask a peer; the ticket comes back as [`Msg::Asked`].
    Request(Ask),
    /// The same, if nothing is found wrong with its payload on a blocking thread; else it comes back
    /// as [`Msg::Doubted`].
    CheckedRequest(Ask),
    /// Look on a blocking thread whether anything is wrong with a payload; if so, it comes back as
    /// [`Msg::PayloadDoubted`].
    CheckPayload(MessageId, Bytes),
    Connect(Target),
    /// Ask a peer of another network; what becomes of it comes back as [`Msg::Network`].
    Question(Question),
    /// Find out what listens where an overlay dial was closed without a byte; comes back as
    /// [`Msg::Network`].
    Examine(PeerKey, Target),
    Disconnect(Permid),
    /// Know no more of a peer; comes back as [`Msg::Forgotten`].
    Forget(PeerKey),
    /// Give a request up.
    Cancel(Ticket),
    /// Wait so much longer for a request.
    Extend(Ticket, Duration),
    /// Read a reply on a blocking thread; comes back as [`Msg::Decoded`].
    Decode {
        permid: Permid,
        ticket: Ticket,
        message: MessageId,
        error: ErrorByte,
        payload: Bytes,
    },
    /// Write what is kept into its file: all of its text.
    Keep(KeptIn, String),
    /// Put text into the terminal's clipboard.
    Copy(String),
    /// Write a file; comes back as [`Msg::Saved`].
    Save {
        path: PathBuf,
        contents: Bytes,
        /// One that is there may go.
        overwrite: bool,
    },
    /// Give the terminal to another program, with this text in a file; comes back as
    /// [`Msg::Opened`].
    Open {
        opener: Opener,
        text: String,
    },
    /// Give the terminal to the operator's editor, with the payload in a file; what is in it then
    /// comes back as [`Msg::Edited`].
    Edit(String),
    /// Have the mouse reported, or leave it to the terminal.
    Mouse(bool),
    /// Show the next theme.
    NextTheme,
    /// Show the theme of this name.
    Theme(String),
    /// Write every cell again: somebody else has written on the terminal, or it counts cells
    /// otherwise.
    Redraw,
    /// Stop until the shell continues the program.
    Suspend,
    Tour(TourControl),
    /// Let the screen hold still, or go on.
    Freeze,
    /// Start or end a recording.
    Record,
    /// Look for signals on a blocking thread; comes back as [`Msg::Signals`].
    FindSignals(Asked),
    /// Something is to be done with the case; comes back as [`Msg::Case`].
    Case(case::Order),
    /// Go about in the recording that is replayed.
    Replay(Control),
    Quit {
        /// Ctrl-C, not `q`.
        interrupted: bool,
    },
}
