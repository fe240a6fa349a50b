//! What a crawl's store holds of questions and visits, as entries of a case. It has no bytes and no
//! addresses; peers and answers are known by digests under the store's key.

use super::{Entries, Keeps};
use crate::case::{Draft, kind};

/// A question of a crawl.
#[derive(Clone, Copy, Debug)]
pub struct StoredQuestion<'a> {
    /// `overlay`, `bt` or `dht`.
    pub network: &'a str,
    /// The question's name.
    pub question: &'a str,
    /// Its number on the overlay, where it has one.
    pub message: Option<u8>,
    /// The peer's keyed hash.
    pub peer: &'a str,
    /// The overlay version of the visit.
    pub peer_version: Option<u64>,
    /// The crawl's round.
    pub round: u64,
}

/// How it ended.
#[derive(Clone, Copy, Debug)]
pub struct StoredReply<'a> {
    /// 0, or the error's number.
    pub error: u64,
    /// Bytes of the payload.
    pub bytes: u64,
    /// In how many parts.
    pub parts: u64,
    /// From the question to the last part, in microseconds.
    pub elapsed_us: u64,
    /// The digest of what it says, keyed by the store's key.
    pub content: Option<&'a str>,
    /// Its rows as JSON.
    pub rows: &'a str,
}

impl Entries {
    /// A question.
    #[must_use]
    pub fn stored_question(&self, question: &StoredQuestion<'_>) -> Draft {
        about(Draft::new(kind::SENT), question).plain_some("peer_version", question.peer_version)
    }

    /// A reply to the question of that entry.
    #[must_use]
    pub fn stored_reply(
        &self,
        request: u64,
        question: &StoredQuestion<'_>,
        reply: &StoredReply<'_>,
    ) -> Draft {
        let draft = about(Draft::new(kind::REPLY).plain("request", request), question)
            .plain("error", reply.error)
            .plain("bytes", reply.bytes)
            .plain("parts", reply.parts)
            .plain("elapsed_us", reply.elapsed_us);
        let draft = match reply.content {
            Some(content) => draft.private("content", content),
            None => draft,
        };
        if self.keeps() == Keeps::ALL { draft.private("decoded", reply.rows) } else { draft }
    }

    /// The end of a question without a reply, or of a visit in which nothing could be asked.
    #[must_use]
    pub fn stored_failure(
        &self,
        request: Option<u64>,
        question: &StoredQuestion<'_>,
        code: &str,
    ) -> Draft {
        about(Draft::new(kind::FAILURE).plain_some("request", request), question)
            .plain("code", code)
    }
}

fn about(draft: Draft, question: &StoredQuestion<'_>) -> Draft {
    draft
        .plain("network", question.network)
        .plain("question", question.question)
        .plain("round", question.round)
        .plain_some("message", question.message)
        .private("peer", question.peer)
}
