//! The bytes of a connection: handshake, frames, and the bodies of messages.

use bytes::{Bytes, BytesMut};
use swarmscope_wire::auth::{Challenge, Hello, Response1, Response2};
use swarmscope_wire::buddycast::BuddyCast;
use swarmscope_wire::crawler::{CrawlerReply, CrawlerRequest};
use swarmscope_wire::frame::FrameReader;
use swarmscope_wire::handshake::{HANDSHAKE_LEN, Handshake};
use swarmscope_wire::{OverlayVersion, anatomy, trace};

/// What is read as a handshake is written the same; a prefix is refused only if the whole is.
pub fn handshake(data: &[u8]) {
    let Some((whole, _)) = data.split_first_chunk::<HANDSHAKE_LEN>() else {
        let _ = Handshake::check_prefix(data);
        return;
    };
    let read = Handshake::decode(whole);
    for end in 0..HANDSHAKE_LEN {
        assert!(read.is_err() || Handshake::check_prefix(&whole[..end]).is_ok());
    }
    if let Ok(handshake) = read {
        let again = Handshake::decode(&handshake.encode()).expect("what was written is read");
        assert_eq!(again.peer_id, handshake.peer_id);
    }
}

/// Frames do not depend on where the stream is split; a tracer keeps account of every byte.
pub fn frames(data: &[u8]) {
    let Some((step, stream)) = data.split_first() else { return };
    let step = usize::from(*step).max(1);
    let read = |step: usize| {
        let (mut reader, mut buffer, mut frames) =
            (FrameReader::new(), BytesMut::new(), Vec::new());
        for segment in stream.chunks(step) {
            buffer.extend_from_slice(segment);
            loop {
                match reader.next(&mut buffer) {
                    Ok(Some(frame)) => frames.push(frame),
                    Ok(None) => break,
                    Err(error) => return (frames, Some(error)),
                }
            }
            reader.raise_limit();
        }
        (frames, None)
    };
    let (frames, _) = read(step);
    for frame in &frames {
        let mut buffer = BytesMut::from(&frame.encode()[..]);
        let mut reader = FrameReader::new();
        reader.raise_limit();
        assert_eq!(reader.next(&mut buffer).as_ref(), Ok(&Some(frame.clone())));
        assert!(buffer.is_empty());
    }
    let pieces = trace::cut(stream, step);
    assert_eq!(pieces, trace::cut(stream, usize::MAX), "where it is split does not count");
    assert_eq!(
        pieces.iter().map(|piece| piece.length).sum::<u64>(),
        stream.len() as u64,
        "every byte once"
    );
    for piece in &pieces {
        let fields = anatomy::fields(piece);
        let mut end = 0;
        for field in &fields {
            assert!(
                end <= field.range.start && field.range.end <= piece.bytes.len(),
                "in order, apart"
            );
            assert!(field.range.start <= field.value.start && field.value.end <= field.range.end);
            end = field.range.end;
        }
        assert_eq!(piece.without_addresses().length, piece.length);
    }
}

/// What is read as a message is written and read as the same.
pub fn messages(data: &[u8]) {
    let Some((kind, body)) = data.split_first() else { return };
    macro_rules! again {
        ($read:expr, $type:ty) => {
            if let Ok(message) = $read {
                assert_eq!(<$type>::decode(&message.encode().body).as_ref(), Ok(&message));
            }
        };
    }
    let version = OverlayVersion(u16::from(kind >> 3));
    match kind & 7 {
        0 => again!(Challenge::decode(body), Challenge),
        1 => again!(Response1::decode(body), Response1),
        2 => again!(Response2::decode(body), Response2),
        3 => again!(Hello::decode(body), Hello),
        4 => {
            if let Ok(request) = CrawlerRequest::decode(Bytes::copy_from_slice(body)) {
                assert_eq!(CrawlerRequest::decode(request.encode().body).as_ref(), Ok(&request));
            }
        }
        5 => {
            if let Ok(reply) = CrawlerReply::decode(Bytes::copy_from_slice(body)) {
                assert_eq!(CrawlerReply::decode(reply.encode().body).as_ref(), Ok(&reply));
            }
        }
        _ => {
            if let Ok((message, _)) = BuddyCast::decode(body, version) {
                assert!(message.taste_buddies.len() <= 10 && message.random_peers.len() <= 10);
                let frame = message.encode(version);
                BuddyCast::decode(&frame.body, version).expect("what was written is read");
            }
        }
    }
}
