//! What may follow the keys that were pressed.

use super::contexts;
use super::meanings::working;
use crate::screen::keys::key::Key;
use crate::screen::keys::keymap::Sequence;
use crate::screen::model::Model;

/// A key, or keys, that make the pending ones a command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FollowUp {
    pub keys: String,
    pub doc: &'static str,
    /// Why the command can't be done now.
    pub why_not: Option<String>,
}

/// The keys that were pressed and begin something, as people write them; none where nothing is
/// pending.
#[must_use]
pub fn pending(model: &Model) -> Option<String> {
    let keys: Vec<String> = model.pending.iter().map(Key::to_string).collect();
    (!keys.is_empty()).then(|| keys.join(" "))
}

/// Everything that can follow the pending keys, in the order of the table.
#[must_use]
pub fn follow_ups(model: &Model) -> Vec<FollowUp> {
    let mut seen: Vec<&Sequence> = Vec::new();
    let mut found = Vec::new();
    for context in contexts(model) {
        for command in model.commands().iter().filter(|command| command.contexts.contains(&context))
        {
            for sequence in working(model, command).filter(|it| it.begins_with(&model.pending)) {
                if seen.iter().any(|nearer| nearer.clashes(sequence)) {
                    continue; // a nearer place has taken it
                }
                seen.push(sequence);
                let rest: Vec<String> =
                    sequence.keys()[model.pending.len()..].iter().map(Key::to_string).collect();
                let why_not = command.ready_reason(model);
                found.push(FollowUp { keys: rest.join(" "), doc: command.doc, why_not });
            }
        }
    }
    found
}
