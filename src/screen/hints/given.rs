//! Which of the first hints are still to be given.

/// How many there are at the same time, and in all.
pub(super) const MANY: usize = 3;
/// Commands that are worth a hint, what matters most first, and what they are said to do.
pub(super) const WORTH: [(&str, &str); 6] = [
    ("connect", "connect to a peer"),
    ("send", "ask the selected peer"),
    ("help", "all keys"),
    ("filter", "filter the list"),
    ("inspect", "look into the peer"),
    ("commands", "all commands"),
];

/// Which hints are still to be given.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Hints {
    /// This is a first run, and nobody has sent them away.
    pub(super) open: bool,
    /// Commands that were hinted at and have been used.
    pub(super) followed: Vec<&'static str>,
    /// It is not written down yet that they were shown.
    unwritten: bool,
}

impl Hints {
    /// For a first run.
    #[must_use]
    pub const fn first() -> Self {
        Self { open: true, followed: Vec::new(), unwritten: true }
    }

    /// Whether any are shown.
    #[must_use]
    pub const fn are_open(&self) -> bool {
        self.open
    }

    /// Sends them away for good.
    pub fn dismiss(&mut self) {
        self.open = false;
    }

    /// A command has been used: after three, the hints have done their job.
    pub(in crate::screen) fn used(&mut self, command: &'static str) {
        let worth = WORTH.iter().any(|(name, _)| *name == command);
        if self.open && worth && !self.followed.contains(&command) {
            self.followed.push(command);
            self.open = self.followed.len() < MANY;
        }
    }

    /// What to write, once: that they were shown, and nothing else.
    pub(in crate::screen) fn take_unwritten(&mut self) -> Option<String> {
        std::mem::take(&mut self.unwritten).then(|| {
            "# The first hints were shown. Without this file they come again.\nshown = true\n"
                .to_owned()
        })
    }
}
