//! A question as a crawl puts it, and its reply as the store keeps it.

use std::sync::Arc;
use std::time::Duration;

use swarmscope_peer::crawler::{Decoding, Question as Asked};
use swarmscope_store::{QuestionId, StoreKey};
use swarmscope_wire::rows::{Cell, Rows};
use swarmscope_wire::{Frequency, MessageId, text};

/// One of the questions of a crawl.
#[derive(Clone)]
pub(crate) struct Question {
    pub(crate) id: QuestionId,
    pub(crate) message: MessageId,
    pub(crate) asked: Arc<dyn Asked>,
    pub(crate) frequency: Frequency,
    pub(crate) rows: Rows,
}

/// An id that nobody has defined. A healthy peer answers 253; success is what
/// a worm that answers everything says. Nothing is kept of a reply but its size and a digest.
pub(crate) struct Undefined {
    id: MessageId,
    name: String,
}

impl Undefined {
    /// Its name begins with a letter, because a store has a view of that name.
    pub(crate) fn new(id: MessageId) -> Self {
        Self { id, name: format!("ID_{id}") }
    }
}

impl Asked for Undefined {
    fn id(&self) -> MessageId {
        self.id
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn doc(&self) -> &'static str {
        "an undefined id"
    }
}

/// What is kept of a reply.
pub(crate) struct Kept {
    pub(crate) rows: Vec<Vec<Cell>>,
    pub(crate) content: [u8; 16],
}

/// Makes it of a decoded reply, on whatever thread that is read.
pub(crate) struct Keeper {
    question: Question,
    key: StoreKey,
}

impl Keeper {
    pub(crate) const fn new(question: Question, key: StoreKey) -> Self {
        Self { question, key }
    }

    pub(crate) fn keep(&self, decoding: &Decoding) -> Kept {
        self.question.keep(decoding, &self.key)
    }
}

impl Question {
    pub(crate) fn interval(&self) -> Duration {
        self.frequency.duration()
    }

    /// The declared rows, sensitive cells as keyed digests, and a keyed digest of what does not
    /// change from one answer to the next. Where nothing is declared, or the reply has more rows than
    /// are kept, the digest is of the whole reply.
    fn keep(&self, decoding: &Decoding, key: &StoreKey) -> Kept {
        let mut rows = self.rows.read(&decoding.decoded.json);
        let mut said = Vec::new();
        for row in &mut rows {
            for (cell, column) in row.iter_mut().zip(self.rows.columns.iter()) {
                if !column.volatile {
                    said.extend(serde_json::to_vec(cell).unwrap_or_default());
                    said.push(0); // no cell has a NUL in it: cells that are shifted differ
                }
                if column.sensitive && *cell != Cell::Null {
                    let plain = serde_json::to_vec(cell).unwrap_or_default();
                    *cell = Cell::Text(text::hex(&key.digest(&plain)));
                }
            }
        }
        let left_out = self.rows.left_out(&decoding.decoded.json);
        if left_out > 0 {
            tracing::warn!("{}: a reply has {left_out} rows more than are kept", self.asked.name());
        }
        if self.rows.columns.is_empty() || left_out > 0 || decoding.failed.is_some() {
            said = decoding.content.to_string().into_bytes();
        }
        Kept { rows, content: key.digest(&said) }
    }
}
