//! What a visit asks beside FIND_NODE, once it has been answered: each is one more query to every
//! node, so only what the operator asked for.

use swarmscope_networks::dht::asker::Answer;
use swarmscope_networks::question::undefined;
use swarmscope_networks::sockets::shown_code;
use swarmscope_store::Question as Declared;
use swarmscope_store::outcome::ANSWERED;
use swarmscope_wire::failure::Cause;
use swarmscope_wire::krpc::{NodeId, Question};
use swarmscope_wire::rows::{Cell, Column, ColumnKind, Rows};

/// A further question to every node of the DHT.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Also {
    /// Whether the node is there.
    Ping,
    /// A query that nobody has defined, under another name in each round: what a node answers tells
    /// whether it answers everything. Some clients are silent.
    Canary,
}

impl Also {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Ping, Self::Canary];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ping => "PING",
            Self::Canary => "CANARY",
        }
    }

    /// The number of the question in the store; 1 is FIND_NODE.
    pub(super) const fn message(self) -> u8 {
        match self {
            Self::Ping => 2,
            Self::Canary => 3,
        }
    }

    /// What its answers are stored as.
    pub(super) fn declared(self) -> Declared {
        let client = Column::new("client", ColumnKind::Text);
        Declared {
            message: self.message(),
            name: self.name().to_owned(),
            rows: Rows::of(vec![client]),
        }
    }

    /// The query. `draw` names what nobody has defined.
    pub(super) fn query(self, draw: u64) -> Question {
        match self {
            Self::Ping => Question::Ping,
            Self::Canary => undefined(draw),
        }
    }

    /// What became of it where `node` was expected to answer. An error's code is the node's to
    /// choose: 0 is no answer, and each other one would be one more count and one more metric.
    pub(super) fn outcome(node: NodeId, answer: &Answer) -> String {
        match &answer.said {
            Ok(response) if response.id == node => ANSWERED.to_owned(),
            Ok(_) => Cause::WrongNode.code().to_owned(),
            Err(error) => format!("error.{}", shown_code(error.code)),
        }
    }

    /// What an answer says of the node: its client, and the error with its text. The error's text is
    /// not stored, only a digest of it.
    pub(super) fn content(client: &Cell, answer: &Answer) -> Vec<u8> {
        let error = answer.said.as_ref().err();
        let words = error.map(|error| (error.code, String::from_utf8_lossy(&error.message)));
        serde_json::to_vec(&(client, words)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use swarmscope_wire::krpc::RemoteError;

    #[test]
    fn no_code_of_a_node_reads_as_an_answer_or_as_an_outcome_of_its_own() {
        let outcome = |code: i64| {
            let said = Err(RemoteError { code, message: Vec::new() });
            let (version, our_address, watched) = (None, None, None);
            let answer = Answer { said, version, our_address, deviations: 0, bytes: 0, watched };
            Also::outcome(NodeId([1; 20]), &answer)
        };
        assert_eq!(outcome(204), "error.204");
        for code in [0, 254, -7, i64::MAX] {
            assert_eq!(outcome(code), "error.1", "{code}");
        }
    }
}
