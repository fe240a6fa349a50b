//! What peers said that belongs to no request of ours, and what they asked us.

use swarmscope_peer::node::{Event, PeerKey};
use swarmscope_wire::Permid;

use super::Fold;
use crate::gossip::{Guesses, Told};
use crate::news::{Kind, News, What};

impl Fold<'_> {
    pub(super) fn said(&mut self, event: Event) {
        match event {
            Event::ReplyRefused { permid, channel, message, why, times, guessed } => {
                if guessed > 0 {
                    let guesses = Guesses { at: self.now, channels: guessed };
                    self.facts.guesses.guessed(permid, guesses);
                }
                let key = PeerKey::Permid(permid);
                let news = News::new(
                    Some(key.clone()),
                    Kind::Signal,
                    What::ReplyRefused { message, channel, why },
                );
                self.signal(&key, News { in_60_s: Some(times.into()), ..news });
            }
            Event::FrameDropped { permid, id, times }
                if matches!(times, 1..10) || times.is_power_of_two() =>
            {
                self.quiet(permid, What::FrameDropped(id, times));
            }
            Event::Gossip { permid, listed, left_out, named, impossible } => {
                let told = Told { at: self.now, named, listed, impossible };
                self.facts.gossip.told(permid, told);
                self.quiet(permid, What::Gossip { listed, left_out });
            }
            Event::Asked { permid, message, frequency, bytes, .. } => {
                self.quiet(permid, What::AsksUs { message, frequency, bytes });
            }
            Event::Answered { permid, message, error, bytes, .. } => {
                self.quiet(permid, What::Answered { message, error, bytes });
            }
            Event::Refused { permid, message, failure } => {
                let key = PeerKey::Permid(permid);
                self.line(&key, Kind::Plain, What::ClosedOn(message, failure.cause), None);
            }
            Event::Undelivered { permid, message, failure } => {
                let key = PeerKey::Permid(permid);
                self.line(&key, Kind::Failed, What::Undelivered(message), Some(&failure));
            }
            _ => {}
        }
    }

    /// Something that does not move the peer in the list.
    fn quiet(&mut self, permid: Permid, what: What) {
        self.news(News::new(Some(PeerKey::Permid(permid)), Kind::Plain, what));
    }
}
