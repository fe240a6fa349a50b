//! One connection about one torrent: handshake, extension handshake, peer exchanges. Nothing else
//! is ever said: no requests, no content.

use std::collections::BTreeMap;

use crate::exchange::Messages;
use swarmscope_wire::bittorrent::extension::HANDSHAKE_ID;
use swarmscope_wire::bittorrent::frame::{self, TooLong};
use swarmscope_wire::bittorrent::handshake::{HANDSHAKE_LEN, NotBitTorrent};
use swarmscope_wire::bittorrent::{
    ExtensionHandshake, Frame, FrameReader, Handshake, Infohash, Kind, PeerExchange, Reserved, pex,
};

/// How our peer ids begin: swarmscope 0.1, in the style of Azureus.
const CLIENT_PREFIX: &[u8; 8] = b"-SW0100-";
/// The id by which we want peer exchanges called.
const PEX_ID: u8 = 1;
/// What we call ourselves.
const CLIENT: &str = concat!("swarmscope ", env!("CARGO_PKG_VERSION"));

/// What was heard.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Heard {
    /// The other side's handshake.
    Handshake(Handshake),
    /// The other side's extension handshake.
    Extensions(Box<ExtensionHandshake>),
    /// A peer exchange.
    PeerExchange(PeerExchange),
}

/// Why it can't go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ConversationError {
    /// The first bytes are of another protocol.
    #[error("{0}")]
    NotBitTorrent(#[from] NotBitTorrent),
    /// The handshake is about another torrent.
    #[error("the handshake is about another torrent")]
    OtherTorrent,
    /// A frame is longer than any of a real client.
    #[error("{0}")]
    TooLong(#[from] TooLong),
    /// An extension message can't be read.
    #[error("an extension message can't be read")]
    Extension,
}

/// See the module. Send [`Self::hello`], push what comes, send what is in [`Self::outgoing`].
#[derive(Debug)]
pub struct Conversation {
    infohash: Infohash,
    peer_id: [u8; 20],
    handshake: Vec<u8>,
    is_open: bool,
    frames: FrameReader,
    /// What is to be sent.
    pub outgoing: Vec<u8>,
    /// Messages that were dropped unread: how many and how many bytes, by kind.
    pub dropped: BTreeMap<Kind, (u64, u64)>,
    /// The messages that were read.
    pub messages: Messages,
}

impl Conversation {
    /// About a torrent that the operator named.
    #[must_use]
    pub fn new(infohash: Infohash, random: [u8; 12]) -> Self {
        let mut peer_id = [0; 20];
        peer_id[..8].copy_from_slice(CLIENT_PREFIX);
        peer_id[8..].copy_from_slice(&random);
        Self {
            infohash,
            peer_id,
            handshake: Vec::new(),
            is_open: false,
            frames: FrameReader::default(),
            outgoing: Vec::new(),
            dropped: BTreeMap::new(),
            messages: Messages::default(),
        }
    }

    /// Who we are: a peer id.
    #[must_use]
    pub const fn peer_id(&self) -> [u8; 20] {
        self.peer_id
    }

    /// Our handshake.
    #[must_use]
    pub fn hello(&self) -> [u8; HANDSHAKE_LEN] {
        Handshake { reserved: Reserved::OURS, infohash: self.infohash, peer_id: self.peer_id }
            .encode()
    }

    /// Whether a byte has come.
    #[must_use]
    pub const fn has_heard(&self) -> bool {
        self.is_open || !self.handshake.is_empty()
    }

    /// Takes what came, and appends to `heard` what it says, up to the first fault: what stood before
    /// that was said, however the stream was cut.
    ///
    /// # Errors
    /// What the other side does not keep to; then it is over.
    pub fn push(&mut self, bytes: &[u8], heard: &mut Vec<Heard>) -> Result<(), ConversationError> {
        let mut rest = bytes;
        if !self.is_open {
            let (first, tail) =
                bytes.split_at(bytes.len().min(HANDSHAKE_LEN - self.handshake.len()));
            self.handshake.extend_from_slice(first);
            rest = tail;
            Handshake::check_start(&self.handshake)?;
            let Ok(whole) = <[u8; HANDSHAKE_LEN]>::try_from(&self.handshake[..]) else {
                return Ok(());
            };
            heard.push(Heard::Handshake(self.open(&whole)?));
        }
        let pushed = self.frames.push(rest);
        while let Some(frame) = self.frames.next_frame() {
            heard.extend(self.frame(frame)?);
        }
        Ok(pushed?)
    }

    fn open(&mut self, whole: &[u8; HANDSHAKE_LEN]) -> Result<Handshake, ConversationError> {
        let handshake = Handshake::decode(whole)?;
        self.messages.add(whole);
        if handshake.infohash != self.infohash {
            return Err(ConversationError::OtherTorrent);
        }
        self.is_open = true;
        if handshake.reserved.extensions() {
            let ours = ExtensionHandshake {
                client: Some(CLIENT.as_bytes().to_vec()),
                extensions: vec![(pex::NAME.as_bytes().to_vec(), PEX_ID)],
                ..ExtensionHandshake::default()
            };
            self.outgoing.extend(frame::extended(HANDSHAKE_ID, &ours.encode()));
        }
        Ok(handshake)
    }

    fn frame(&mut self, frame: Frame) -> Result<Option<Heard>, ConversationError> {
        Ok(match frame {
            Frame::KeepAlive => None,
            Frame::Extended { id: HANDSHAKE_ID, payload } => {
                self.messages.add(&frame::extended(HANDSHAKE_ID, &payload));
                let theirs = ExtensionHandshake::decode(&payload)
                    .map_err(|_| ConversationError::Extension)?;
                Some(Heard::Extensions(Box::new(theirs)))
            }
            Frame::Extended { id: PEX_ID, payload } => {
                self.messages.add_digest(&frame::extended(PEX_ID, &payload));
                let exchange =
                    PeerExchange::decode(&payload).map_err(|_| ConversationError::Extension)?;
                Some(Heard::PeerExchange(exchange))
            }
            Frame::Extended { payload, .. } => {
                self.count(Kind::EXTENDED, payload.len() as u64);
                None
            }
            Frame::Dropped { kind, bytes } => {
                self.count(kind, bytes.into());
                None
            }
        })
    }

    fn count(&mut self, kind: Kind, bytes: u64) {
        let (count, total) = self.dropped.entry(kind).or_default();
        *count += 1;
        *total += bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn theirs(infohash: [u8; 20]) -> Vec<u8> {
        let reserved = Reserved([0, 0, 0, 0, 0, 0x10, 0, 5]);
        Handshake { reserved, infohash: Infohash(infohash), peer_id: *b"-TR3000-abcdefghijkl" }
            .encode()
            .to_vec()
    }

    fn listen(
        conversation: &mut Conversation,
        bytes: &[u8],
    ) -> Result<Vec<Heard>, ConversationError> {
        let mut heard = Vec::new();
        conversation.push(bytes, &mut heard).map(|()| heard)
    }

    #[test]
    fn what_stands_before_a_fault_is_heard_however_the_stream_is_cut() {
        let met = PeerExchange {
            added: vec![(([192, 0, 2, 1], 1).into(), pex::Flags(2))],
            ..Default::default()
        };
        let mut stream = theirs([7; 20]);
        stream.extend(frame::extended(1, &met.encode()));
        stream.extend([0xff; 5]); // a frame of 4 GiB
        for step in [1, 7, usize::MAX] {
            let (mut conversation, mut heard) =
                (Conversation::new(Infohash([7; 20]), [0; 12]), Vec::new());
            let ended =
                stream.chunks(step).try_for_each(|bytes| conversation.push(bytes, &mut heard));
            assert_eq!(ended, Err(ConversationError::TooLong(TooLong(u32::MAX))));
            assert!(
                matches!(&heard[..], [Heard::Handshake(_), Heard::PeerExchange(_)]),
                "{heard:?}"
            );
        }
    }

    #[test]
    fn a_conversation_hears_who_is_there_and_whom_it_has_met_and_drops_the_rest() {
        let mut conversation = Conversation::new(Infohash([7; 20]), [b'x'; 12]);
        assert!(conversation.hello().ends_with(b"-SW0100-xxxxxxxxxxxx"));
        let extensions = ExtensionHandshake {
            client: Some(b"Transmission 3.00".to_vec()),
            ..Default::default()
        };
        let met = PeerExchange {
            added: vec![(([192, 0, 2, 1], 1).into(), pex::Flags(2))],
            ..Default::default()
        };
        let mut stream = theirs([7; 20]);
        stream.extend(frame::extended(0, &extensions.encode()));
        stream.extend([0, 0, 0, 3, 5, 0xff, 0xff]); // a bitfield
        stream.extend(frame::extended(1, &met.encode()));
        let heard: Vec<Heard> =
            stream.chunks(7).flat_map(|bytes| listen(&mut conversation, bytes).unwrap()).collect();
        let [Heard::Handshake(handshake), Heard::Extensions(named), Heard::PeerExchange(exchange)] =
            &heard[..]
        else {
            panic!("{heard:?}")
        };
        assert!(handshake.reserved.fast() && **named == extensions && *exchange == met);
        assert_eq!(conversation.dropped.get(&Kind(5)), Some(&(1, 2)));
        assert!(conversation.outgoing.windows(6).any(|bytes| bytes == b"ut_pex"));
    }

    #[test]
    fn what_is_not_about_this_torrent_ends_it() {
        let fresh = || Conversation::new(Infohash([7; 20]), [0; 12]);
        assert_eq!(listen(&mut fresh(), &theirs([8; 20])), Err(ConversationError::OtherTorrent));
        assert!(matches!(
            listen(&mut fresh(), b"SSH-2.0"),
            Err(ConversationError::NotBitTorrent(_))
        ));
        let mut conversation = fresh();
        listen(&mut conversation, &theirs([7; 20])).unwrap();
        assert_eq!(
            listen(&mut conversation, &frame::extended(1, b"le")),
            Err(ConversationError::Extension)
        );
        let part = listen(&mut fresh(), &theirs([7; 20])[..67]);
        assert!(part.unwrap().is_empty() && !fresh().has_heard());
    }
}
