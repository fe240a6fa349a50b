#![allow(clippy::disallowed_methods)] // an origin for times

use std::sync::Arc;
use std::time::{Duration, Instant, UNIX_EPOCH};

use bytes::Bytes;

use super::*;
use crate::now::Now;
use swarmscope_peer::crawler::{SocketId, Trace};
use swarmscope_peer::node::{PeerKey, Ticket};
use swarmscope_wire::Permid;
use swarmscope_wire::trace::{Kind, Piece};

fn peer(n: u8) -> PeerKey {
    PeerKey::Permid(Permid::Ed25519([n; 32]))
}

fn now() -> Now {
    Now { instant: Instant::now(), wall: UNIX_EPOCH }
}

fn line(bytes: usize) -> Line {
    let piece = Piece {
        kind: Kind::KeepAlive,
        bytes: Bytes::from(vec![0; bytes]),
        length: bytes as u64,
        whole: true,
        withheld: Vec::new(),
    };
    let what = What::Trace(Trace::Received(piece));
    Line { seq: 0, at: now(), socket: SocketId(0), after: Duration::ZERO, what, of: Of::Nothing }
}

/// What the books say is what is there.
fn check(conversations: &Conversations, peers: &[PeerKey]) {
    let all = peers.iter().filter_map(|peer| conversations.get(peer)).flat_map(Conversation::lines);
    let (lines, bytes) = all.fold((0, 0), |(lines, bytes), line| (lines + 1, bytes + line.cost()));
    assert_eq!(conversations.held(), (lines, bytes));
    for peer in peers {
        let Some(conversation) = conversations.get(peer) else { continue };
        assert!(conversation.lines().iter().is_sorted_by_key(|line| line.seq));
    }
}

#[test]
fn one_peer_that_floods_loses_its_own_oldest_lines() {
    let mut conversations = Conversations::default();
    conversations.add(&peer(2), line(10));
    for _ in 0..10_000 {
        conversations.add(&peer(1), line(10));
    }
    for _ in 0..200 {
        conversations.add(&peer(1), line(64 * 1024));
    }
    let flooder = conversations.get(&peer(1)).expect("there");
    assert!(flooder.lines().iter().map(Line::cost).sum::<usize>() <= 4 << 20);
    assert_eq!(
        flooder.let_go + flooder.lines().len() as u64,
        10_200,
        "every line is there or counted"
    );
    assert_eq!(
        conversations.get(&peer(2)).expect("there").lines().len(),
        1,
        "the others keep theirs"
    );
    check(&conversations, &[peer(1), peer(2)]);
}

#[test]
fn many_peers_share_what_the_screen_has_and_the_oldest_line_of_all_goes_first() {
    let mut conversations = Conversations::default();
    let peers: Vec<PeerKey> = (0..=255).map(peer).collect();
    for round in 0..500 {
        for peer in &peers {
            conversations.add(peer, line(if round % 50 == 0 { 60_000 } else { 8 }));
        }
    }
    let (lines, bytes) = conversations.held();
    assert!(lines <= 100_000 && bytes <= 48 << 20, "{lines} lines, {bytes} bytes");
    check(&conversations, &peers);
    let oldest = peers
        .iter()
        .filter_map(|peer| conversations.get(peer)?.lines().front())
        .map(|line| line.seq);
    let oldest: Vec<u64> = oldest.collect();
    assert!(
        oldest.iter().max().unwrap() - oldest.iter().min().unwrap() <= 256,
        "all have lost the same rounds"
    );
    let gone: u64 =
        peers.iter().filter_map(|peer| conversations.get(peer)).map(|all| all.let_go).sum();
    assert_eq!(gone + lines as u64, 500 * 256);
}

#[test]
fn what_was_said_before_a_peer_had_a_name_stays_with_it() {
    let mut conversations = Conversations::default();
    let address = PeerKey::Address("a:1".into());
    for _ in 0..3 {
        conversations.add(&peer(1), line(1));
        conversations.add(&address, line(2));
    }
    conversations.rename(&address, &peer(1));
    assert!(conversations.get(&address).is_none());
    assert_eq!(conversations.get(&peer(1)).map(|all| all.lines().len()), Some(6));
    check(&conversations, &[peer(1), peer(2)]);
    conversations.rename(&peer(1), &peer(2));
    assert_eq!(conversations.get(&peer(2)).map(|all| all.lines().len()), Some(6));
    for _ in 0..5_000 {
        conversations.add(&peer(2), line(1));
    }
    check(&conversations, &[peer(2)]);
}

mod channels {
    use super::*;
    use crate::conversation::channels::Channels;
    use crate::request::Request;
    use swarmscope_peer::node::Origin;
    use swarmscope_wire::crawler::{CrawlerReply, CrawlerRequest};
    use swarmscope_wire::frame::Frame;
    use swarmscope_wire::trace::Cutter;
    use swarmscope_wire::{ChannelId, ErrorByte, Frequency, MessageId, PartsLeft};

    fn piece(frame: &Frame) -> Piece {
        let (mut cutter, mut pieces) = (Cutter::default(), Vec::new());
        cutter.tls();
        cutter.push(&frame.encode(), &mut pieces);
        pieces.remove(0)
    }

    fn asked(channel: u8) -> Trace {
        let (message, frequency) = (MessageId::NATCHECK, Frequency(0));
        let request = CrawlerRequest {
            message,
            channel: ChannelId(channel),
            frequency,
            payload: Bytes::new(),
        };
        Trace::Sent(piece(&request.encode()))
    }

    fn part(message: MessageId, channel: u8, left: u8) -> Trace {
        let (channel, parts_left) = (ChannelId(channel), PartsLeft(left));
        let reply = CrawlerReply {
            message,
            channel,
            parts_left,
            error: ErrorByte::SUCCESS,
            payload: Bytes::new(),
        };
        Trace::Received(piece(&reply.encode()))
    }

    fn request(ticket: u64, channel: u8) -> Request {
        let (message, payload) = (MessageId::NATCHECK, Bytes::new());
        let mut request = Request::new(
            Ticket(ticket),
            1,
            message,
            Frequency(0),
            payload,
            Origin::Operator,
            now(),
        );
        request.channel = Some(ChannelId(channel));
        request
    }

    #[test]
    fn parts_are_counted_for_the_request_whose_frame_went_out_last_on_their_channel() {
        let requests = [request(1, 7), request(2, 7), request(3, 8)].map(Arc::new);
        let mut channels = Channels::default();
        let mut of = |what: Trace| channels.of(&what, &requests);
        assert_eq!(of(part(MessageId::NATCHECK, 7, 0)), Of::Stray, "nothing was asked");
        assert_eq!(of(asked(7)), Of::Request(Ticket(2)), "the newest on the channel");
        assert_eq!(of(asked(8)), Of::Request(Ticket(3)));
        assert_eq!(of(part(MessageId::NATCHECK, 7, 2)), Of::Part(Ticket(2), 1));
        assert_eq!(of(part(MessageId::NATCHECK, 8, 1)), Of::Part(Ticket(3), 1));
        assert_eq!(
            of(part(MessageId::DATABASE_QUERY, 7, 0)),
            Of::Stray,
            "another message-specific id"
        );
        assert_eq!(of(part(MessageId::NATCHECK, 7, 0)), Of::Part(Ticket(2), 2));
        assert_eq!(of(part(MessageId::NATCHECK, 7, 0)), Of::Stray, "the last part has come");
        assert_eq!(of(Trace::Lost(3)), Of::Nothing);
        assert_eq!(
            of(part(MessageId::NATCHECK, 8, 1)),
            Of::Part(Ticket(3), 0),
            "how many were lost is not known"
        );
        channels.end(Ticket(3));
        assert_eq!(
            channels.of(&part(MessageId::NATCHECK, 8, 0), &requests),
            Of::Stray,
            "it was given up"
        );
    }

    #[test]
    fn frames_that_are_too_short_belong_to_nothing() {
        let mut channels = Channels::default();
        for id in [231, 232] {
            let frame = Frame {
                id: swarmscope_wire::frame::FrameId(id),
                body: Bytes::from_static(b"\x03"),
            };
            assert_eq!(channels.of(&Trace::Sent(piece(&frame)), &[]), Of::Nothing);
            assert_eq!(channels.of(&Trace::Received(piece(&frame)), &[]), Of::Nothing);
        }
    }
}
