//! What went over the wire for a question, for whoever keeps evidence of it.
//!
//! Messages that tell who shares what (peers or filters of an infohash, samples, peer exchanges) are
//! digested as they come: their bytes are never handed on.

use std::net::SocketAddr;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use swarmscope_wire::failure::Failure;
use swarmscope_wire::krpc::{RemoteError, Response};

use crate::answer::Said;

/// Bytes of a BitTorrent peer's messages that are kept whole. A handshake and an extension handshake
/// take less than 1 KiB in every client measured; more is digested.
const MOST_KEPT: usize = 64 << 10;

/// What a question sent and what came.
#[derive(Clone, PartialEq, Debug)]
pub enum Exchange {
    /// Something was sent.
    Sent(Sent),
    /// The message, or messages, that the reply was read from; told before the reply.
    Received(Received),
    /// A query of a lookup was answered.
    Answered {
        /// Which.
        query: u32,
        /// From query to answer.
        rtt: Duration,
        /// The error by which it was refused.
        error: Option<RemoteError>,
        /// What it says.
        said: Said,
        /// The datagram.
        received: Received,
    },
    /// A query of a lookup was not answered as long as the lookup ran, which may be over before an
    /// answer is due.
    Unanswered {
        /// Which.
        query: u32,
        /// To whom.
        to: SocketAddr,
        /// Why; also where it could not be sent.
        failure: Failure,
    },
}

/// A message of ours.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sent {
    /// To whom.
    pub to: SocketAddr,
    /// Who we are there: a node id or a peer id, drawn at random for this question.
    pub identity: [u8; 20],
    /// Whether it went inside an encrypted stream: these are its bytes before that.
    pub encrypted: bool,
    /// Of a lookup: which query, counted from 0. A repeated one has the number of the
    /// first where that has not ended.
    pub query: Option<u32>,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A message that came, as far as it may be kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Received {
    /// All of its bytes.
    Whole(Vec<u8>),
    /// It tells who shares what, or is too long.
    Digest {
        /// SHA-256 of its bytes.
        sha256: [u8; 32],
        /// How many there were.
        bytes: usize,
    },
}

impl Received {
    /// A datagram that was read as this.
    #[must_use]
    pub fn datagram(bytes: &[u8], said: &Result<Response, RemoteError>) -> Self {
        if said.as_ref().is_ok_and(tells_who_shares) || names_who_shares(bytes) {
            let sha256 = Sha256::digest(bytes).into();
            return Self::Digest { sha256, bytes: bytes.len() };
        }
        Self::Whole(bytes.to_vec())
    }

    /// The bytes, where they are kept.
    #[must_use]
    pub fn whole(&self) -> Option<&[u8]> {
        if let Self::Whole(bytes) = self { Some(bytes) } else { None }
    }
}

/// Whether peers, filters of peers, or samples of infohashes stand in it.
fn tells_who_shares(response: &Response) -> bool {
    response.values.as_ref().is_some_and(|values| !values.is_empty())
        || response.misshapen_values > 0
        || response.samples.is_some()
        || response.seeds.is_some()
        || response.peers.is_some()
}

/// The fields in which that stands, as bencode writes their names.
const FIELDS: [&[u8]; 4] = [b"6:values", b"7:samples", b"4:BFsd", b"4:BFpe"];

/// Whether one of these fields stands anywhere in a datagram with something in it, also where its
/// shape is wrong or an error stands beside it: what is in it would be kept all the same.
fn names_who_shares(datagram: &[u8]) -> bool {
    let is_full =
        |rest: &[u8]| !rest.is_empty() && !rest.starts_with(b"le") && !rest.starts_with(b"0:");
    FIELDS.iter().any(|field| {
        datagram
            .windows(field.len())
            .enumerate()
            .any(|(at, window)| window == *field && is_full(&datagram[at + field.len()..]))
    })
}

/// The messages of one connection that are read, one after the other.
#[derive(Debug)]
pub struct Messages {
    digest: Sha256,
    bytes: usize,
    whole: Option<Vec<u8>>,
}

impl Default for Messages {
    fn default() -> Self {
        Self { digest: Sha256::new(), bytes: 0, whole: Some(Vec::new()) }
    }
}

impl Messages {
    /// Adds a message.
    pub fn add(&mut self, message: &[u8]) {
        self.count(message);
        self.whole = self.whole.take().filter(|_| self.bytes <= MOST_KEPT);
        if let Some(whole) = &mut self.whole {
            whole.extend_from_slice(message);
        }
    }

    /// Adds one that tells who shares what.
    pub fn add_digest(&mut self, message: &[u8]) {
        self.count(message);
        self.whole = None;
    }

    fn count(&mut self, message: &[u8]) {
        self.digest.update(message);
        self.bytes += message.len();
    }

    /// All of them.
    #[must_use]
    pub fn received(self) -> Received {
        let (sha256, bytes) = (self.digest.finalize().into(), self.bytes);
        self.whole.map_or(Received::Digest { sha256, bytes }, Received::Whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use swarmscope_wire::krpc::{Body, Message};

    fn received(fields: &str) -> Received {
        let datagram = format!("d1:rd2:id20:abcdefghij0123456789{fields}e1:t2:aa1:y1:re");
        let Body::Response(response) = Message::decode(datagram.as_bytes()).unwrap().body else {
            panic!("an answer")
        };
        Received::datagram(datagram.as_bytes(), &Ok(response))
    }

    #[test]
    fn what_tells_who_shares_what_is_digested() {
        let samples = format!("7:samples20:{}", "s".repeat(20));
        let filter = format!("4:BFpe256:{}", "f".repeat(256));
        let list = format!("7:samplesl20:{}e", "s".repeat(20));
        let misshapen = ["6:values12:abcdefghijkl", &list, "4:BFsd12:abcdefghijkl"];
        let sound = ["6:valuesl6:abcdefe", "6:valuesl3:abce", &samples, &filter];
        for fields in sound.into_iter().chain(misshapen) {
            let received = received(fields);
            assert!(matches!(received, Received::Digest { bytes, .. } if bytes > 50), "{fields}");
        }
        let error = b"d1:eli201e1:xe1:rd6:valuesl6:abcdefee1:t2:aa1:y1:ee";
        let refused = Err(RemoteError { code: 201, message: b"x".to_vec() });
        assert!(Received::datagram(error, &refused).whole().is_none());
        for fields in ["", "5:token2:xx6:valuesle", "5:nodes26:abcdefghijklmnopqrstuvwxyz"] {
            assert!(received(fields).whole().is_some(), "{fields}");
        }
    }

    #[test]
    fn messages_are_whole_until_one_tells_who_shares_what_or_there_are_too_many() {
        let mut messages = Messages::default();
        messages.add(b"hand");
        messages.add(b"shake");
        assert_eq!(messages.received(), Received::Whole(b"handshake".to_vec()));
        let sha256 = Sha256::digest(b"handshake").into();
        let mut messages = Messages::default();
        messages.add_digest(b"hand");
        messages.add(b"shake");
        assert_eq!(messages.received(), Received::Digest { sha256, bytes: 9 });
        let mut messages = Messages::default();
        messages.add(&vec![0; MOST_KEPT]);
        messages.add(&[0]);
        assert!(messages.received().whole().is_none());
    }
}
