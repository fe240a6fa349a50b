//! BitTorrent peers and the Mainline DHT.

use swarmscope_wire::bittorrent::handshake::HANDSHAKE_LEN;
use swarmscope_wire::bittorrent::{
    ExtensionHandshake, FrameReader, Handshake, PeerExchange, mse as obfuscation, utp,
};
use swarmscope_wire::krpc::{Contacts, MAX_DATAGRAM, Message};

use crate::Choices;

/// What is read as a message is written and read as the same. What came besides whole entries (a
/// trailing byte of `nodes`, an entry of `values` that is no address, samples) is counted, not kept,
/// so the comparison is between two writings.
///
/// Answers in the one valid encoding are read by a quicker reader, as the general one reads them.
pub fn krpc(data: &[u8]) {
    if data.len() <= MAX_DATAGRAM {
        assert_eq!(Message::decode(data), Message::decode_any(data));
    }
    if let Ok(message) = Message::decode(data) {
        let written = message.encode();
        let again = Message::decode(&written).expect("what was written is read");
        assert_eq!(again.encode(), written);
    }
    for address_len in [6, 18] {
        let contacts = Contacts::read(data, address_len);
        assert!(contacts.list.len() <= data.len() / (20 + address_len));
    }
}

/// Handshake, frames and extension messages; frames do not depend on where the stream is split.
pub fn bittorrent(data: &[u8]) {
    let Some((step, stream)) = data.split_first() else { return };
    let read = |step: usize| {
        let (mut reader, mut frames) = (FrameReader::default(), Vec::new());
        for segment in stream.chunks(step) {
            let pushed = reader.push(segment);
            frames.extend(std::iter::from_fn(|| reader.next_frame()));
            if pushed.is_err() {
                break;
            }
        }
        frames
    };
    assert_eq!(read(usize::from(*step).max(1)), read(usize::MAX));
    if let Some((whole, _)) = stream.split_first_chunk::<HANDSHAKE_LEN>()
        && let Ok(handshake) = Handshake::decode(whole)
    {
        assert_eq!(Handshake::decode(&handshake.encode()).as_ref(), Ok(&handshake));
    }
    if let Ok(extension) = ExtensionHandshake::decode(stream) {
        ExtensionHandshake::decode(&extension.encode()).expect("what was written is read");
    }
    if let Ok(pex) = PeerExchange::decode(stream) {
        PeerExchange::decode(&pex.encode()).expect("what was written is read");
    }
    if let Ok(packet) = utp::Packet::decode(stream) {
        utp::Packet::decode(&packet.encode()).expect("what was written is read");
    }
}

/// The obfuscated handshake, in pieces of any size, from somebody who sends anything.
pub fn mse(data: &[u8]) {
    let mut choices = Choices::new(data);
    let mut initiator = obfuscation::Initiator::new([7; 20], [9; 20], b"hello".to_vec());
    while !choices.is_empty() {
        if matches!(initiator.push(choices.bytes()), Err(_) | Ok(obfuscation::Step::Done(_))) {
            break;
        }
    }
}
