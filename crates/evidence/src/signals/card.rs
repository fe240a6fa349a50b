//! A signal that explains itself: what was seen and asked, what a healthy peer answers, what else
//! could be, and on which replies it rests. A line that is missing is a fault: [`Card::missing`]
//! names it, and a test of every rule looks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How much attention it asks for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Severity {
    /// Worth knowing, harmless as a rule: never shown as ▲.
    #[serde(rename = "odd")]
    Odd,
    /// Shown as ▲: by design at most one in 100 000 healthy peers a day.
    #[serde(rename = "look")]
    Look,
    /// ▲, and it is found at more peers than before.
    #[serde(rename = "look now")]
    LookNow,
}

impl Severity {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Odd => "odd",
            Self::Look => "look",
            Self::LookNow => "look now",
        }
    }
}

/// One signal, with its words. Nothing in it says what runs on a machine.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Card {
    /// Rule, network and what it is about: the same in each round.
    pub id: String,
    /// Which rule, with its version: `canary-success@1`.
    pub rule: String,
    /// The rule's parameters as they were in force.
    pub parameters: BTreeMap<String, String>,
    /// `overlay`, `bt` or `dht`.
    pub network: String,
    /// How much attention it asks for.
    pub severity: Severity,
    /// A few words for a list.
    pub title: String,
    /// How many peers it was seen at.
    pub peers: u64,
    /// Of how many that could have shown it.
    pub of: u64,
    /// When it was first seen, RFC 3339.
    pub since: String,
    /// When it was last seen.
    pub latest: String,
    /// What was seen.
    pub seen: String,
    /// What was asked.
    pub asked: String,
    /// What a healthy peer answers, and how that is known.
    pub healthy: String,
    /// How often it would come by chance.
    pub chance: String,
    /// What else could cause it.
    pub other_causes: Vec<String>,
    /// Which question would tell the causes apart.
    pub to_tell: String,
    /// What it does not say.
    pub not_said: String,
    /// The replies it rests on: SHA-256 of their bytes, or where those were not kept, the digest
    /// of what they say.
    pub replies: Vec<String>,
    /// Whose they are.
    pub members: Vec<String>,
    /// The questions that those replies answer.
    #[serde(default)]
    pub questions: Vec<String>,
    /// How it spread over the rounds, in words, or why that is not known; none with fewer than two
    /// rounds of a rule that knows.
    pub spread: Option<String>,
    /// Hours since the first round, and at how many peers of the panel it was seen then.
    #[serde(default)]
    pub by_round: Vec<(f64, u64)>,
}

impl Card {
    /// What it owes to whoever reads it, with the names that all outputs give it.
    #[must_use]
    pub fn lines(&self) -> [(&'static str, String); 7] {
        [
            ("seen", self.seen.clone()),
            ("asked", self.asked.clone()),
            ("healthy", self.healthy.clone()),
            ("by chance", self.chance.clone()),
            ("could be", self.other_causes.join("; ")),
            ("to tell", self.to_tell.clone()),
            ("not said", self.not_said.clone()),
        ]
    }

    /// How it spread, or that this can't be told.
    #[must_use]
    pub fn spread_words(&self) -> &str {
        self.spread.as_deref().unwrap_or("only one round: spread can't be measured")
    }
}

/// What no signal of this program says.
pub const NOT_SAID: &str = "nothing here shows what runs on a machine, or who runs it";

impl Card {
    /// The lines that it owes and does not have.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        let lines = [
            ("id", &self.id),
            ("rule", &self.rule),
            ("title", &self.title),
            ("since", &self.since),
            ("seen", &self.seen),
            ("asked", &self.asked),
            ("healthy", &self.healthy),
            ("chance", &self.chance),
            ("to_tell", &self.to_tell),
            ("not_said", &self.not_said),
        ];
        let mut missing: Vec<&str> =
            lines.iter().filter(|(_, text)| text.is_empty()).map(|(name, _)| *name).collect();
        if self.other_causes.is_empty() {
            missing.push("other_causes");
        }
        missing
    }
}
