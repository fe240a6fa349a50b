//! What a recording says has come from outside like anything that a peer says: its texts lose their
//! control characters.

use std::borrow::Cow;
use std::net::SocketAddr;

use bytes::Bytes;

use super::rewriting::Rewrite;
use swarmscope_peer::crawler::Decoding;
use swarmscope_wire::Permid;
use swarmscope_wire::failure::Failure;
use swarmscope_wire::text::clean;
use swarmscope_wire::trace::Piece;
use swarmscope_wire::tree::Node;

/// Cleans each text of a message.
pub struct Cleaner;

impl Cleaner {
    fn tree(&mut self, node: &mut Node) {
        self.text(&mut node.label);
        self.text(&mut node.value);
        node.children.iter_mut().for_each(|child| self.tree(child));
    }
}

impl Rewrite for Cleaner {
    fn permid(&mut self, _: &mut Permid) {}
    fn address(&mut self, _: &mut SocketAddr) {}
    fn port(&mut self, _: &mut u16) {}
    fn question(&mut self, _: &mut Bytes) {}
    fn answer(&mut self, _: &mut Bytes) {}

    /// Pasted text keeps its lines: the fields that it goes into take out the rest.
    fn typed(&mut self, _: &mut String) {}

    fn place(&mut self, place: &mut String) {
        self.text(place);
    }

    fn host(&mut self, host: &mut String) {
        self.text(host);
    }

    /// What is withheld has to lie inside, one after the other.
    fn piece(&mut self, piece: &mut Piece) {
        let mut end = 0;
        piece.withheld.retain(|range| {
            let fits =
                range.start >= end && range.start <= range.end && range.end <= piece.bytes.len();
            end = if fits { range.end } else { end };
            fits
        });
        piece.length = piece.length.max(piece.bytes.len() as u64);
    }

    fn text(&mut self, text: &mut String) {
        if let Cow::Owned(cleaned) = clean(text) {
            *text = cleaned;
        }
    }

    fn failure(&mut self, failure: &mut Failure) {
        self.text(&mut failure.detail);
    }

    fn decoding(&mut self, decoding: &mut Decoding) {
        self.tree(&mut decoding.decoded.tree);
        let texts = [&mut decoding.decoded.format, &mut decoding.decoded.summary];
        texts
            .into_iter()
            .chain(decoding.decoded.notes.iter_mut().map(|note| &mut note.text))
            .chain(&mut decoding.failed)
            .for_each(|t| self.text(t));
    }
}
