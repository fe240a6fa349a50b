//! A rule of one's own: a TOML file.
//!
//! ```toml
//! name = "exact-8192"
//! title = "8 192 bytes to NATCHECK"
//! network = "overlay"
//! question = "NATCHECK"
//! peers = 3                 # how many at least
//! healthy = "79 bytes or so"
//! other-causes = ["a test peer"]
//! to-tell = "ask DATABASE too"
//!
//! [when]                    # all of them must hold
//! error = 0
//! bytes = 8192
//! ```

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::signals::card::Severity;
use crate::signals::input::{Answer, End, Round};
use crate::signals::rule::{Finding, Rule, digests, peers};

/// A rule that was read from a file.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Own {
    name: String,
    title: String,
    network: String,
    question: String,
    #[serde(default = "one")]
    peers: usize,
    healthy: String,
    other_causes: Vec<String>,
    to_tell: String,
    when: When,
}

const fn one() -> usize {
    1
}

/// What an answer must be.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct When {
    error: Option<i64>,
    bytes: Option<u64>,
    bytes_at_least: Option<u64>,
    bytes_at_most: Option<u64>,
    version: Option<String>,
    /// How the digest of what it says begins.
    content: Option<String>,
    /// How the failure's code begins.
    failure: Option<String>,
}

/// Why a file is no rule.
#[derive(Debug, thiserror::Error)]
pub enum OwnError {
    /// Not of the form.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// A rule without causes or a healthy answer would say less than it must.
    #[error("{0} is empty; a signal that does not say it is not shown")]
    Empty(&'static str),
    /// It would match everything.
    #[error("[when] has no condition: it would match every answer")]
    NoCondition,
}

impl Own {
    /// Reads a rule.
    ///
    /// # Errors
    /// See [`OwnError`].
    pub fn parse(text: &str) -> Result<Self, OwnError> {
        let rule: Self = toml::from_str(text)?;
        let words = [
            ("name", &rule.name),
            ("title", &rule.title),
            ("healthy", &rule.healthy),
            ("to-tell", &rule.to_tell),
        ];
        if let Some((name, _)) = words.iter().find(|(_, text)| text.trim().is_empty()) {
            return Err(OwnError::Empty(name));
        }
        if rule.other_causes.is_empty() {
            return Err(OwnError::Empty("other-causes"));
        }
        if rule.when == When::default() {
            return Err(OwnError::NoCondition);
        }
        Ok(rule)
    }
}

impl When {
    fn holds(&self, answer: &Answer) -> bool {
        if self.version.as_ref().is_some_and(|version| **version != *answer.version) {
            return false;
        }
        match &answer.end {
            End::Reply { error, content, bytes, .. } => {
                self.failure.is_none()
                    && self.error.is_none_or(|wanted| wanted == *error)
                    && self.content.as_ref().is_none_or(|begin| content.starts_with(begin.as_str()))
                    && self.bytes.is_none_or(|wanted| *bytes == wanted)
                    && self.bytes_at_least.is_none_or(|least| *bytes >= least)
                    && self.bytes_at_most.is_none_or(|most| *bytes <= most)
            }
            End::Failure(code) => {
                self.failure.as_ref().is_some_and(|begin| code.starts_with(begin.as_str()))
            }
        }
    }
}

impl Rule for Own {
    fn id(&self) -> String {
        format!("own/{}@1", self.name)
    }

    fn parameters(&self) -> BTreeMap<String, String> {
        let When { error, bytes, bytes_at_least, bytes_at_most, version, content, failure } =
            &self.when;
        let number = |number: &Option<u64>| number.map(|number| number.to_string());
        let all = [
            ("error", error.map(|error| error.to_string())),
            ("bytes", number(bytes)),
            ("bytes-at-least", number(bytes_at_least)),
            ("bytes-at-most", number(bytes_at_most)),
            ("version", version.clone()),
            ("content", content.clone()),
            ("failure", failure.clone()),
            ("peers", Some(self.peers.to_string())),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }

    fn look(&self, rounds: &[Round]) -> Vec<Finding> {
        let Some(newest) = rounds.last() else { return Vec::new() };
        let asked = |a: &&Answer| {
            *a.network == *self.network && a.question.eq_ignore_ascii_case(&self.question)
        };
        let asked: Vec<&Answer> = newest.answers.iter().filter(asked).collect();
        let such: Vec<&Answer> =
            asked.iter().copied().filter(|answer| self.when.holds(answer)).collect();
        let members = peers(such.iter().copied());
        if members.len() < self.peers.max(1) {
            return Vec::new();
        }
        vec![Finding {
            about: self.name.clone(),
            network: self.network.clone(),
            severity: Severity::Odd,
            title: self.title.clone(),
            of: asked.len() as u64,
            seen: format!(
                "{} of {} peers match the rule {}",
                members.len(),
                asked.len(),
                self.name
            ),
            asked: self.question.clone(),
            healthy: self.healthy.clone(),
            chance: "not known for a custom rule, so it is never shown as ▲".into(),
            other_causes: self.other_causes.clone(),
            to_tell: self.to_tell.clone(),
            replies: digests(such.into_iter()),
            members,
        }]
    }
}
