//! Which request the frames on a channel belong to. Frames are told of before what the engine makes
//! of them, so that this has to keep its own count of parts.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::line::Of;
use crate::request::Request;
use swarmscope_peer::crawler::Trace;
use swarmscope_peer::node::Ticket;
use swarmscope_wire::crawler::{CrawlerReply, CrawlerRequest};
use swarmscope_wire::frame::FrameId;
use swarmscope_wire::trace::{Kind, Piece};
use swarmscope_wire::{ChannelId, MessageId};

/// A request that may still be answered.
#[derive(Clone, Copy, Debug)]
struct Open {
    ticket: Ticket,
    message: MessageId,
    /// `None` once a step was lost: a part may have been in it.
    parts: Option<u32>,
}

/// The channels of one peer: at most 256 (protocol.md §4).
#[derive(Clone, Default, Debug)]
pub struct Channels {
    open: BTreeMap<ChannelId, Open>,
}

impl Channels {
    /// What a step belongs to.
    pub fn of(&mut self, what: &Trace, requests: &[Arc<Request>]) -> Of {
        match what {
            Trace::Sent(piece) if piece.kind == Kind::Frame(FrameId::CRAWLER_REQUEST) => {
                self.asked(piece, requests)
            }
            Trace::Received(piece)
                if piece.kind == Kind::Frame(FrameId::CRAWLER_REPLY) && piece.whole =>
            {
                self.answered(piece)
            }
            Trace::Lost(_) | Trace::Unwatched(_) => {
                self.open.values_mut().for_each(|open| open.parts = None);
                Of::Nothing
            }
            _ => Of::Nothing,
        }
    }

    fn asked(&mut self, piece: &Piece, requests: &[Arc<Request>]) -> Of {
        let Ok(asked) =
            CrawlerRequest::decode(piece.bytes.slice(piece.bytes.len() - piece.body().len()..))
        else {
            return Of::Nothing;
        };
        let theirs = |request: &&Arc<Request>| {
            request.channel == Some(asked.channel) && request.message == asked.message
        };
        let Some(request) = requests.iter().rev().find(theirs) else { return Of::Nothing };
        let open = Open { ticket: request.ticket, message: asked.message, parts: Some(0) };
        self.open.insert(asked.channel, open);
        Of::Request(request.ticket)
    }

    fn answered(&mut self, piece: &Piece) -> Of {
        let Ok(reply) =
            CrawlerReply::decode(piece.bytes.slice(piece.bytes.len() - piece.body().len()..))
        else {
            return Of::Nothing;
        };
        let open = self.open.get_mut(&reply.channel).filter(|open| open.message == reply.message);
        let Some(open) = open else { return Of::Stray };
        open.parts = open.parts.map(|parts| parts.saturating_add(1));
        let of = Of::Part(open.ticket, open.parts.unwrap_or(0));
        if reply.parts_left.is_last() {
            self.open.remove(&reply.channel);
        }
        of
    }

    /// The request has ended: what still comes on its channel belongs to nothing.
    pub fn end(&mut self, ticket: Ticket) {
        self.open.retain(|_, open| open.ticket != ticket);
    }
}
