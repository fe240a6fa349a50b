//! The ids that a Crawler knows by name, and those that a peer answers.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::probe::{AnyProbe, Probe};
use super::question::Question;
use swarmscope_wire::MessageId;

/// Questions and probes by their ids. Cheap to clone. Of two with the same id the later one takes
/// the earlier one's place.
#[derive(Clone, Default)]
pub struct Registry {
    questions: BTreeMap<MessageId, Arc<dyn Question>>,
    probes: BTreeMap<MessageId, AnyProbe>,
}

impl Registry {
    /// Adds both halves of an id.
    #[must_use]
    pub fn with(mut self, both: impl Question + Probe) -> Self {
        let (id, both) = (both.id(), Arc::new(both));
        self.probes.insert(id, AnyProbe::shared(Arc::clone(&both)));
        self.questions.insert(id, both);
        self
    }

    /// Adds the asking half of an id.
    #[must_use]
    pub fn with_question(mut self, question: impl Question) -> Self {
        self.questions.insert(question.id(), Arc::new(question));
        self
    }

    /// Adds the answering half of an id.
    #[must_use]
    pub fn with_probe(mut self, id: MessageId, probe: impl Probe) -> Self {
        self.probes.insert(id, AnyProbe::new(probe));
        self
    }

    /// The same questions, and of the probes what `dress` makes of each.
    #[must_use]
    pub fn map_probes(
        mut self,
        mut dress: impl FnMut(MessageId, AnyProbe) -> Option<AnyProbe>,
    ) -> Self {
        self.probes = self
            .probes
            .into_iter()
            .filter_map(|(id, probe)| Some((id, dress(id, probe)?)))
            .collect();
        self
    }

    /// How this id is asked for, if it is known here.
    #[must_use]
    pub fn get(&self, id: MessageId) -> Option<&Arc<dyn Question>> {
        self.questions.get(&id)
    }

    /// Every question, in the order of the ids.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Question>> {
        self.questions.values()
    }

    /// What answers this id, if anything does.
    #[must_use]
    pub fn probe(&self, id: MessageId) -> Option<&AnyProbe> {
        self.probes.get(&id)
    }

    /// The id that `word` means: a number 0–255, a registered name, or a name of §5; any case, the
    /// `_QUERY` suffix optional.
    #[must_use]
    pub fn find(&self, word: &str) -> Option<MessageId> {
        if let Ok(number) = word.parse() {
            return Some(MessageId(number));
        }
        let word = word.to_ascii_uppercase().replace('-', "_");
        let bare = |name: &str| name.trim_end_matches("_QUERY").to_owned();
        let same = |name: &str| bare(name) == bare(&word);
        let registered =
            self.iter().find(|question| same(question.name())).map(|question| question.id());
        registered
            .or_else(|| MessageId::NAMED.iter().find(|(_, name)| same(name)).map(|(id, _)| *id))
    }

    /// What people call this id: the registered name, else the one of §5 without its suffix, else
    /// the number.
    #[must_use]
    pub fn label(&self, id: MessageId) -> String {
        let registered = self.get(id).map(|question| question.name().to_owned());
        registered
            .or_else(|| id.name().map(|name| name.trim_end_matches("_QUERY").to_owned()))
            .unwrap_or_else(|| id.to_string())
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("questions", &self.questions.keys().collect::<Vec<_>>())
            .field("probes", &self.probes.keys().collect::<Vec<_>>())
            .finish()
    }
}
