//! A viewer looks around in a replay: moves, opens, searches, copies. That happens on a
//! copy, for which the recording waits; when it goes on, it does so as if nobody had looked.

use super::look::Look;
use std::time::Instant;

use super::Player;
use crate::screen::commands::{Command, Context, Meaning, meaning};
use crate::screen::many::planning;
use crate::screen::model::Model;
use crate::screen::msg::{Effect, Msg};
use crate::screen::update::update;

/// Why something can't be done in a replay; `None` where it may be.
fn refused(effect: &Effect) -> Option<&'static str> {
    match effect {
        Effect::Request(_)
        | Effect::CheckedRequest(_)
        | Effect::Connect(_)
        | Effect::Question(_)
        | Effect::Examine(..)
        | Effect::Disconnect(_)
        | Effect::Forget(_)
        | Effect::Cancel(_)
        | Effect::Extend(..)
        | Effect::Case(_)
        | Effect::Tour(_) => Some("disabled: a replay sends nothing"),
        Effect::Freeze | Effect::Record => {
            Some("disabled in a replay: it can be paused, and is already a recording")
        }
        Effect::Keep(..) => Some("applies here only: a replay leaves your files untouched"),
        // asked for by name, by whoever watches, whom alone they concern
        Effect::Copy(_)
        | Effect::Save { .. }
        | Effect::Open { .. }
        | Effect::Edit(_)
        | Effect::Mouse(_)
        | Effect::NextTheme
        | Effect::Theme(_)
        | Effect::Suspend
        | Effect::Redraw
        | Effect::Quit { .. }
        | Effect::Decode { .. }
        | Effect::CheckPayload(..)
        | Effect::FindSignals(_)
        | Effect::Replay(_) => None,
    }
}

/// Whether it concerns how the recording is shown, and nothing in it.
fn is_of_the_screen(effect: &Effect) -> bool {
    matches!(effect, Effect::Mouse(_) | Effect::NextTheme | Effect::Theme(_) | Effect::Suspend)
}

/// The command that a key is for, if it is one of the replay itself.
fn of_the_replay(model: &Model, msg: &Msg) -> Option<&'static Command> {
    let Msg::Key(key) = msg else { return None };
    let keys: Vec<_> = model.pending.iter().chain([key]).copied().collect();
    match meaning(model, &keys) {
        Meaning::Command(command) if command.contexts == [Context::Replay] => Some(command),
        _ => None,
    }
}

/// How it is shown, as far as keys switch it.
const fn switches(model: &Model) -> [bool; 3] {
    [model.setup.naming.privacy, model.showing.presenter, model.showing.cast.on]
}

impl Player {
    /// Whether the viewer is looking around.
    #[must_use]
    pub const fn is_looked_at(&self) -> bool {
        self.look.is_some()
    }

    /// Folds the viewer's input: a key, text, the mouse. Returns what is to be done outside;
    /// what would leave the replay is not among it.
    pub fn watch(&mut self, model: &mut Model, msg: Msg, now: Instant) -> Vec<Effect> {
        if let Some(command) = of_the_replay(model, &msg) {
            model.pending.clear();
            return (command.run)(model);
        }
        if self.look.is_none() {
            self.look_begins(model, now);
        }
        let before = switches(model);
        let mut effects = update(model, self.now(), msg);
        planning::finish(model);
        if let Some(why) = effects.iter().find_map(refused) {
            model.log.nothing(model.now, why);
        }
        effects.retain(|effect| refused(effect).is_none());
        self.hides = model.setup.naming.privacy;
        let switched = switches(model) != before || effects.iter().any(is_of_the_screen);
        match &mut self.look {
            Some(look) if switched && !look.looked => drop(self.look_ends(model, now)),
            Some(look) => look.looked |= model.pending.is_empty(),
            None => {}
        }
        effects
    }

    /// The recording waits.
    fn look_begins(&mut self, model: &mut Model, now: Instant) {
        if self.goal.is_none() {
            self.go_on(model, now);
        }
        let ran = self.running.take().is_some();
        self.look = Some(Look { untouched: model.clone(), ran, looked: false });
    }

    /// The recording is there again as it was, and runs if it did. Returns whether it does.
    pub(super) fn look_ends(&mut self, model: &mut Model, now: Instant) -> bool {
        let Some(look) = self.look.take() else { return false };
        self.show(model, look.untouched);
        self.running = look.ran.then_some((now, self.spot.at));
        look.ran
    }
}
