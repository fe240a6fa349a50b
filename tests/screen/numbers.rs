//! Numbers that no session has.

use crate::acceptance::on_screen;
use crate::fixture::{before, failure, fold, press};
use crate::stories::{NATCHECK, asked, key, with_peer};
use crossterm::event::KeyCode;
use std::time::Duration;
use swarmscope::screen::{Key, Msg};
use swarmscope_peer::node::{Event, PeerKey, Reply, SocketId, Ticket, Trace, Traced};
use swarmscope_wire::failure::{By, Cause, Delivered};
use swarmscope_wire::frame::FrameId;
use swarmscope_wire::{ChannelId, ErrorByte, PartsLeft};

/// A recording is a file that anybody may have written: its numbers need not be a session's.
#[test]
fn numbers_that_no_session_has_do_no_harm() {
    let (mut model, who) = with_peer(18);
    let longest = Duration::from_micros(u64::MAX);
    let ask = asked(&press(&mut model, &[Key::named(KeyCode::Enter)])).expect("a request goes out");
    fold(&mut model, before(0), Msg::Asked(ask, Ticket(1)));
    let (ticket, permid, channel, message) = (Ticket(1), who, ChannelId(255), NATCHECK);
    let error = ErrorByte::SUCCESS;
    let part = |index| Event::Part {
        ticket,
        permid,
        channel,
        index,
        parts_left: PartsLeft(255),
        error,
        payload: b"x".as_slice().into(),
        after: longest,
    };
    let accept = |times| Event::AcceptFailed {
        remote: "192.0.2.7:1".parse().expect("an address"),
        failure: failure(Cause::AuthTimeout, By::Us, Delivered::No, ""),
        times,
    };
    let dropped = |times| Event::FrameDropped { permid, id: FrameId(239), times };
    let refused = |times| Event::ReplyRefused {
        permid,
        channel,
        message,
        why: "odd".into(),
        times,
        guessed: 0,
    };
    let failed = |attempt, gives_up_at| Event::ConnectFailed {
        peer: PeerKey::Address("h:1".to_owned()),
        failure: failure(Cause::TcpRefused, By::Network, Delivered::No, ""),
        attempt,
        gives_up_at,
        again_in: None,
    };
    let traced = |what| Event::Traced {
        peer: key(who),
        traced: Traced { socket: SocketId(u64::MAX), after: longest, what },
    };
    let events = [
        accept(0),
        accept(u64::MAX),
        dropped(0),
        dropped(u64::MAX),
        refused(0),
        refused(u32::MAX),
        failed(0, 0),
        failed(u32::MAX, 0),
        Event::Coalesced { count: u64::MAX },
        traced(Trace::Lost(u64::MAX)),
        traced(Trace::Unwatched(u64::MAX)),
        Event::Gossip {
            permid,
            listed: usize::MAX,
            left_out: usize::MAX,
            named: vec![permid],
            impossible: usize::MAX,
        },
        Event::Answered { permid, message, channel, error, bytes: usize::MAX },
        Event::Due { ticket, permid, whole: longest, between: longest },
        part(0),
        part(u32::MAX),
        Event::Reply(Reply {
            ticket,
            permid,
            message,
            channel,
            error,
            payload: b"x".as_slice().into(),
            parts: u32::MAX,
            elapsed: longest,
            dialled_back: false,
        }),
    ];
    for event in events {
        for _ in 0..2 {
            fold(&mut model, before(0), Msg::Node(event.clone()));
        }
        for keys in ["", "i", "esc", "L", "esc"] {
            let keys: Vec<Key> =
                keys.split_whitespace().map(|key| key.parse().expect("a key")).collect();
            press(&mut model, &keys);
            for (columns, rows) in [(200, 60), (80, 24)] {
                on_screen(&mut model, columns, rows);
            }
        }
    }
}
