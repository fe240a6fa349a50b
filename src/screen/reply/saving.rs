//! A file that is to be written, while its name is typed.

use crate::screen::input::Input;

/// What is saved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// The payload as it came.
    Payload,
    /// The decoded reply, as `request --json` has it.
    Json,
    /// What became of those that a request to many went to, a line each.
    Outcomes,
    /// What one peer was asked, a line each.
    Requests,
    /// What passed over the connections of one peer, as a capture.
    Conversation,
}

/// Of whom outcomes are saved.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Whose {
    /// Of everybody.
    #[default]
    All,
    /// Of the selected group, or of those with the selected outcome.
    Selected,
    /// Of those that are marked.
    Marked,
}

/// Where the file's name is typed.
#[derive(Clone, Debug)]
pub struct Saving {
    pub what: What,
    /// Of outcomes: whose.
    pub whose: Whose,
    /// With the bytes of replies beside their digests.
    pub bytes: bool,
    pub input: Input,
    /// Why it was not saved.
    pub error: Option<String>,
    /// The file is there: the same name again is to overwrite it.
    pub overwrite: bool,
}

impl Saving {
    /// A prompt with a name in it.
    #[must_use]
    pub fn new(what: What, name: String) -> Self {
        let input = Input::new(name);
        Self { what, whose: Whose::All, bytes: false, input, error: None, overwrite: false }
    }

    /// What is typed has changed.
    pub fn typed(&mut self) {
        self.error = None;
        self.overwrite = false;
    }

    /// Whether it is lines, to which bytes can be added.
    #[must_use]
    pub const fn is_lines(&self) -> bool {
        matches!(self.what, What::Outcomes | What::Requests)
    }

    /// What the prompt says.
    #[must_use]
    pub fn label(&self) -> String {
        let what = match (self.what, self.whose) {
            (What::Payload, _) => "save the payload",
            (What::Json, _) => "save the JSON",
            (What::Outcomes, Whose::All) => "save the outcomes",
            (What::Outcomes, Whose::Selected) => "save the outcomes of this group",
            (What::Outcomes, Whose::Marked) => "save the outcomes of the marked",
            (What::Requests, _) => "save the peer's requests",
            (What::Conversation, _) => "save the conversation",
        };
        let bytes = if self.bytes { " with bytes" } else { "" };
        format!("{what}{bytes} to")
    }
}
