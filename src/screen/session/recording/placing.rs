//! Telling where the operator is, and putting the operator there.

use super::Place;
use crate::screen::model::Model;
use crate::screen::which::Screen;
use swarmscope_wire::{Frequency, MessageId};

impl Place {
    /// Where the operator is.
    #[must_use]
    pub fn of(model: &Model) -> Self {
        let composer = &model.composer;
        Self {
            selected: model.selected.clone(),
            picked: model.selected.as_ref().and_then(|key| model.picks.get(key)),
            row: model.reading.row,
            marks: model.facts.peers().marked().map(|peer| peer.key.clone()).collect(),
            focus: model.focus,
            inside: model.inside,
            zoomed: model.zoom == Some(Screen::Main),
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
        model.zoom = self.zoomed.then_some(Screen::Main);
        model.facts.mark_all(&self.marks);
        model.filter.type_in(&self.filter);
        let message = MessageId(self.message);
        if self.edited {
            let frequency = self.frequency.parse().map_or(Frequency::DEFAULT, Frequency);
            model.composer.take_over(message, frequency, self.payload.as_bytes());
        } else {
            model.choose(message);
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
