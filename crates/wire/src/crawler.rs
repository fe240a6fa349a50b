//! CRAWLER_REQUEST and CRAWLER_REPLY (protocol.md §4).

use bytes::{Buf as _, Bytes};

use super::frame::{Frame, FrameId, MAX_AFTER_AUTHENTICATION};
use super::ids::{ChannelId, ErrorByte, Frequency, MessageId, PartsLeft};

/// Payload bytes in one part of a reply (§4).
pub const PART_SIZE: usize = 32 * 1024;

/// The most payload bytes that fit into a request: those of the largest frame without the fixed
/// fields.
pub const MAX_PAYLOAD: usize = MAX_AFTER_AUTHENTICATION as usize - FIXED_LEN;

/// A question (Crawler → peer).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CrawlerRequest {
    /// Which question is asked.
    pub message: MessageId,
    /// Under which number the reply is to come.
    pub channel: ChannelId,
    /// How often the Crawler means to ask.
    pub frequency: Frequency,
    /// The question's own bytes, §5.
    pub payload: Bytes,
}

/// One part of a reply (peer → Crawler).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CrawlerReply {
    /// Which question it answers.
    pub message: MessageId,
    /// The number that the request came with.
    pub channel: ChannelId,
    /// How many parts are still to come, as far as a byte can say.
    pub parts_left: PartsLeft,
    /// Whether it worked out.
    pub error: ErrorByte,
    /// This part's slice of the reply.
    pub payload: Bytes,
}

/// A crawler message that ends inside its fixed fields. It closes the connection without a reply
/// (§4).
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message} has {got} bytes where at least {needed} are needed")]
pub struct TooShort {
    /// Which of the two messages it is.
    pub message: &'static str,
    /// Counted with the frame's id byte, as §4 counts.
    pub got: usize,
    /// What the fixed fields take.
    pub needed: usize,
}

/// The frame's id byte and the four bytes of fixed fields that both messages have.
const FIXED_LEN: usize = 5;

/// Takes the fixed fields off a message's body.
fn split(mut body: Bytes, message: &'static str) -> Result<([u8; 4], Bytes), TooShort> {
    let got = 1 + body.len();
    let fixed = *body.first_chunk().ok_or(TooShort { message, got, needed: FIXED_LEN })?;
    body.advance(fixed.len());
    Ok((fixed, body))
}

/// Puts the fixed fields before the payload.
fn join(id: FrameId, fixed: [u8; 4], payload: &[u8]) -> Frame {
    Frame { id, body: [&fixed[..], payload].concat().into() }
}

impl CrawlerRequest {
    /// # Errors
    /// Fewer bytes than the fixed fields take.
    pub fn decode(body: Bytes) -> Result<Self, TooShort> {
        let ([message, channel, high, low], payload) = split(body, "CRAWLER_REQUEST")?;
        let frequency = Frequency(u16::from_be_bytes([high, low]));
        Ok(Self { message: MessageId(message), channel: ChannelId(channel), frequency, payload })
    }

    /// The frame that asks this.
    #[must_use]
    pub fn encode(&self) -> Frame {
        let [high, low] = self.frequency.0.to_be_bytes();
        join(FrameId::CRAWLER_REQUEST, [self.message.0, self.channel.0, high, low], &self.payload)
    }
}

impl CrawlerReply {
    /// # Errors
    /// Fewer bytes than the fixed fields take.
    pub fn decode(body: Bytes) -> Result<Self, TooShort> {
        let ([message, channel, left, error], payload) = split(body, "CRAWLER_REPLY")?;
        let (message, channel) = (MessageId(message), ChannelId(channel));
        Ok(Self { message, channel, parts_left: PartsLeft(left), error: ErrorByte(error), payload })
    }

    /// The frame that carries this part.
    #[must_use]
    pub fn encode(&self) -> Frame {
        let fixed = [self.message.0, self.channel.0, self.parts_left.0, self.error.0];
        join(FrameId::CRAWLER_REPLY, fixed, &self.payload)
    }
}

/// Cuts a whole reply into its parts in order, with the original's parts-left bytes; an empty
/// payload is one part.
pub fn parts(
    message: MessageId,
    channel: ChannelId,
    error: ErrorByte,
    payload: Bytes,
) -> impl Iterator<Item = CrawlerReply> + Send {
    let mut remaining = Some(payload);
    std::iter::from_fn(move || {
        let mut payload = remaining.take()?;
        let parts_left = if payload.len() > PART_SIZE {
            let hint = u8::try_from(payload.len() / PART_SIZE).unwrap_or(u8::MAX);
            remaining = Some(payload.split_off(PART_SIZE));
            PartsLeft(hint)
        } else {
            PartsLeft::LAST
        };
        Some(CrawlerReply { message, channel, parts_left, error, payload })
    })
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use proptest::prelude::*;

    use super::super::frame::FrameReader;
    use super::*;

    /// The parts-left bytes of a reply of `len` payload bytes.
    fn hints(len: usize) -> Vec<u8> {
        let parts = parts(MessageId(1), ChannelId(9), ErrorByte::SUCCESS, vec![0; len].into());
        parts.map(|part| part.parts_left.0).collect()
    }

    #[test]
    fn parts_left_is_what_the_original_sends() {
        assert_eq!(hints(0), [0]);
        assert_eq!(hints(32_768), [0]);
        assert_eq!(hints(32_769), [1, 0]);
        assert_eq!(hints(65_536), [2, 0]);
        assert_eq!(hints(65_537), [2, 1, 0]);
        assert_eq!(hints(70_000), [2, 1, 0]);
        assert_eq!(hints(98_304), [3, 2, 0]);
        // A hint of 1 does not occur where the payload fills the last part.
        let full: Vec<u8> = [vec![255; 45], (2..=254).rev().collect(), vec![0]].concat();
        assert_eq!(hints(299 * PART_SIZE), full[..].to_vec());
    }

    #[test]
    fn three_hundred_parts_begin_with_forty_five_times_255() {
        let hints = hints(299 * PART_SIZE + 1);
        assert_eq!(hints.len(), 300);
        assert_eq!(hints[..45], [255; 45]);
        let countdown: Vec<u8> = (0..=254).rev().collect();
        assert_eq!(hints[45..], countdown);
    }

    #[test]
    fn requests_and_replies_are_laid_out_as_specified() {
        let request = CrawlerRequest {
            message: MessageId::FRIENDSHIP_STATS,
            channel: ChannelId(0x67),
            frequency: Frequency::DEFAULT,
            payload: Bytes::from_static(b"d12:current timei0ee"),
        };
        let frame = request.encode();
        assert_eq!(&frame.encode()[..], b"\0\0\0\x19\xe8\x04\x67\x0e\x10d12:current timei0ee");
        assert_eq!(CrawlerRequest::decode(frame.body), Ok(request));

        let body = Bytes::from_static(b"\x03\x0b\x00\xfefrequency error");
        let reply = CrawlerReply::decode(body.clone()).unwrap();
        assert_eq!(reply.error, ErrorByte::FREQUENCY);
        assert!(reply.parts_left.is_last());
        assert_eq!(reply.encode(), Frame { id: FrameId::CRAWLER_REPLY, body });
    }

    #[test]
    fn the_largest_payload_fits_the_largest_frame() {
        let request = |len| {
            let payload = vec![0; len].into();
            CrawlerRequest {
                message: MessageId(1),
                channel: ChannelId(1),
                frequency: Frequency(0),
                payload,
            }
            .encode()
        };
        let mut reader = FrameReader::new();
        reader.raise_limit();
        assert!(reader.next(&mut BytesMut::from(request(MAX_PAYLOAD).encode())).unwrap().is_some());
        assert!(reader.next(&mut BytesMut::from(request(MAX_PAYLOAD + 1).encode())).is_err());
    }

    #[test]
    fn short_bodies_are_refused() {
        for len in 0..4 {
            let refused = CrawlerRequest::decode(vec![1; len].into()).unwrap_err();
            assert_eq!(refused, TooShort { message: "CRAWLER_REQUEST", got: len + 1, needed: 5 });
            assert!(CrawlerReply::decode(vec![1; len].into()).is_err());
        }
        assert_eq!(CrawlerReply::decode(vec![1; 4].into()).unwrap().payload, Bytes::new());
    }

    proptest! {
        #[test]
        fn any_body_of_four_bytes_or_more_is_read_and_written(body in proptest::collection::vec(any::<u8>(), 4..64)) {
            let body = Bytes::from(body);
            prop_assert_eq!(&CrawlerRequest::decode(body.clone())?.encode().body, &body);
            prop_assert_eq!(&CrawlerReply::decode(body.clone())?.encode().body, &body);
        }

        #[test]
        fn parts_are_the_payload_in_order(len in 0..200_000_usize) {
            let payload: Vec<u8> = (0..=250).cycle().take(len).collect();
            let parts: Vec<_> = parts(MessageId(1), ChannelId(1), ErrorByte(7), payload.clone().into()).collect();
            prop_assert!(parts.iter().all(|part| part.error == ErrorByte(7)));
            for (index, part) in parts.iter().enumerate() {
                let more = u16::try_from(parts.len() - index - 1)?;
                let (least, most) = part.parts_left.more();
                prop_assert!(least <= more && most.is_none_or(|most| more <= most), "{index}: {part:?}");
            }
            prop_assert_eq!(parts.iter().flat_map(|part| part.payload.clone()).collect::<Vec<_>>(), payload);
        }
    }
}
