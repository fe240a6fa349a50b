//! Where the operator was when a recording was started in the middle of a session.

use serde::{Deserialize, Serialize};

use crate::screen::mode::Pane;
use crate::screen::model::Model;
use swarmscope_peer::node::{PeerKey, Ticket};
use swarmscope_wire::{Frequency, MessageId};

/// What the keys of a session have led to, as far as the keys after it depend on it.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Place {
    pub selected: Option<PeerKey>,
    /// The request of that peer that is looked at; `None` for the newest.
    pub picked: Option<Ticket>,
    /// The row of its reply.
    pub row: usize,
    pub marks: Vec<PeerKey>,
    pub focus: Pane,
    pub inside: bool,
    pub filter: String,
    pub message: u8,
    pub frequency: String,
    /// The payload in the composer, where it is the operator's own.
    pub payload: String,
    pub edited: bool,
}

impl Place {
    #[must_use]
    pub fn of(model: &Model) -> Self {
        let composer = &model.composer;
        Self {
            selected: model.selected.clone(),
            picked: model.selected.as_ref().and_then(|key| model.picks.get(key)),
            row: model.reading.row,
            marks: model.marks.iter().cloned().collect(),
            focus: model.focus,
            inside: model.inside,
            filter: model.filter.text().to_owned(),
            message: composer.message.0,
            frequency: composer.frequency.text().to_owned(),
            payload: if composer.edited { composer.text() } else { String::new() },
            edited: composer.edited,
        }
    }

    /// Puts the operator there.
    pub fn take(self, model: &mut Model) {
        model.touched = true;
        (model.focus, model.inside) = (self.focus, self.inside);
        for key in self.marks {
            model.marks.mark(key);
        }
        model.filter.type_in(&self.filter);
        let message = MessageId(self.message);
        let version = model.version_asked();
        if self.edited {
            let frequency = self.frequency.parse().map_or(Frequency::DEFAULT, Frequency);
            model.composer.take_over(message, frequency, self.payload.as_bytes());
        } else {
            model.composer.choose(&model.setup.registry, message, version);
            model.composer.frequency = crate::screen::input::Input::new(self.frequency);
        }
        model.rebuild();
        if self.selected.as_ref().is_some_and(|key| model.facts.peers().get(key).is_some()) {
            if let Some(key) = self.selected.clone() {
                model.picks.set(key, self.picked);
            }
            model.select(self.selected);
            model.reading.row = self.row.min(model.reading.rows.len().saturating_sub(1));
        }
    }
}
