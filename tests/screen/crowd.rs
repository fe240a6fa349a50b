//! A swarm of sixty, a request to all of it, and what becomes of that.

use std::time::Duration;

use bytes::Bytes;
use crossterm::event::KeyCode;
use swarmscope::screen::{Effect, Key, Model, Msg, Now};
use swarmscope_peer::node::{Ask, Event, PeerKey, Reply, Ticket};
use swarmscope_wire::failure::{By, Cause, Delivered};
use swarmscope_wire::{ChannelId, ErrorByte, MessageId, PartsLeft, Permid};

use crate::fixture::{Script, before, blank, failure, fold, nat_reply, permid, press, type_text};

const ENTER: Key = Key::named(KeyCode::Enter);
const ESC: Key = Key::named(KeyCode::Esc);
const DATABASE: MessageId = MessageId::DATABASE_QUERY;

/// So many milliseconds after the present.
pub fn after(ms: u64) -> Now {
    let (now, after) = (before(0), Duration::from_millis(ms));
    Now { instant: now.instant + after, wall: now.wall + after }
}

/// Peers in the order in which they are asked: permids of the new kind come first, then those of
/// version 17.
pub fn peer(n: usize) -> (Permid, u16) {
    let version = if n < 36 { 18 } else { 17 };
    (
        permid(&format!("{:02x}{:02x}{:02x}", 0x10 + n, (7 * n) % 256, (31 * n) % 256), version),
        version,
    )
}

/// A swarm of 60 connected peers, all marked, and a query in the composer.
pub fn swarm() -> Model {
    let mut model = blank();
    let mut script = Script::default();
    for (n, port) in (0..60).zip(40_300..) {
        let (who, version) = peer(n);
        script.connected(3_000_000, who, version, 3 + n as u64, port);
        let nat =
            ["Port Restricted Cone NAT", "Symmetric NAT", "Open Internet", "Full Cone NAT"][n % 4];
        if n % 5 > 0 {
            script.asked(2_000_000, 40, who, MessageId::NATCHECK, 7, 0, &nat_reply(nat, 3, 55));
        }
    }
    script.tell(&mut model);
    press(&mut model, &[Key::char('r')]);
    type_text(&mut model, "database");
    press(&mut model, &[ENTER, Key::ctrl('k')]);
    let now = model.now;
    fold(
        &mut model,
        now,
        Msg::Paste("SELECT oversion FROM Peer\n  ORDER BY 1 DESC LIMIT 1".to_owned()),
    );
    press(&mut model, &[ESC]);
    let all: Vec<PeerKey> = (0..60).map(|n| PeerKey::Permid(peer(n).0)).collect();
    model.facts.mark_all(&all);
    model
}

/// Marks that can't be asked: one that is gone, one too old, one without a permid, one that answers
/// 254, one that is ourselves.
pub fn some_left_out(model: &mut Model) {
    let mut script = Script::default();
    let (gone, own) = (permid("aa0001", 18), permid("aa0004", 18));
    script.connected(900_000, gone, 18, 3, 41_001);
    let closed = failure(Cause::Closed, By::Peer, Delivered::No, "");
    script.at(800_000, Event::Disconnected { permid: gone, failure: closed });
    script.connected(900_000, own, 18, 3, 41_004);
    script.at(
        950_000,
        Event::Listening {
            address: ([127, 0, 0, 1], 40_000).into(),
            permid: Some(own),
            legacy_permid: None,
        },
    );
    let mut late = Vec::new();
    for (short, ago) in [("aa0002", 400_000), ("aa0003", 3_000_000)] {
        let who = permid(short, 18);
        script.connected(3_100_000, who, 18, 3, 41_002);
        script.asked(ago, 40, who, DATABASE, 9, 0, b"a0l");
        late.push(who);
    }
    script.tell(model);
    let address = PeerKey::Address("10.0.0.9:7760".into());
    let connecting = Event::Connecting {
        peer: address.clone(),
        phase: swarmscope_wire::failure::Phase::Tcp,
        detail: String::new(),
    };
    fold(model, before(0), Msg::Node(connecting));
    let permids = [gone, own].into_iter().chain(late).map(PeerKey::Permid);
    model.facts.mark_all(&permids.chain([address]).collect::<Vec<_>>());
}

/// What goes out until then, with its times in milliseconds. The node answers with tickets at once,
/// as the real one does.
pub fn run(model: &mut Model, from: u64, until: u64) -> Vec<(u64, Ask)> {
    let mut sent = Vec::new();
    let mut ms = from;
    while ms <= until {
        for effect in fold(model, after(ms), Msg::Wake) {
            if let Effect::Request(ask) = effect {
                sent.push((ms, ask));
            }
        }
        for (_, ask) in sent.iter().skip_while(|(at, _)| *at < ms) {
            ticketed(model, ms, ask);
        }
        let Some(wake) = model.next_wake() else { break };
        ms = u64::try_from(wake.saturating_duration_since(before(0).instant).as_millis())
            .expect("not that long")
            .max(ms);
    }
    sent
}

/// The ticket of a peer's request: its place in the permid, which is its number.
pub fn ticket(who: &Permid) -> Ticket {
    Ticket(10_000 + u64::from_str_radix(&who.hex()[..4], 16).expect("digits"))
}

pub fn ticketed(model: &mut Model, ms: u64, ask: &Ask) {
    let ticket = ticket(&ask.to);
    fold(model, after(ms), Msg::Asked(ask.clone(), ticket));
    fold(
        model,
        after(ms),
        Msg::Node(Event::Sent {
            ticket,
            permid: ask.to,
            message: ask.message,
            channel: ChannelId(9),
            frequency: ask.frequency,
            payload: ask.payload.clone(),
            origin: ask.origin,
        }),
    );
}

pub fn answer(
    model: &mut Model,
    ms: u64,
    who: Permid,
    error: u8,
    payload: &[u8],
    parts: u32,
    took: u64,
) {
    let ticket = ticket(&who);
    let elapsed = Duration::from_millis(took);
    let part = Event::Part {
        ticket,
        permid: who,
        channel: ChannelId(9),
        index: 1,
        parts_left: PartsLeft(u8::try_from(parts - 1).unwrap_or(255)),
        error: ErrorByte(error),
        payload: Bytes::copy_from_slice(&payload[..payload.len().min(32_768)]),
        after: elapsed,
    };
    fold(model, after(ms), Msg::Node(part));
    let payload = Bytes::copy_from_slice(payload);
    let reply = Event::Reply(Reply {
        ticket,
        permid: who,
        message: DATABASE,
        channel: ChannelId(9),
        error: ErrorByte(error),
        payload,
        parts,
        elapsed,
        dialled_back: false,
    });
    fold(model, after(ms), Msg::Node(reply));
}

pub fn fails(model: &mut Model, ms: u64, who: Permid, cause: Cause) {
    let failure = failure(cause, By::Peer, Delivered::Maybe, "");
    let failed =
        Event::RequestFailed { ticket: ticket(&who), permid: who, message: DATABASE, failure };
    fold(model, after(ms), Msg::Node(failed));
}

/// Rows of one text each, in encoding "a".
pub fn rows(text: &str, times: usize) -> Vec<u8> {
    let row = format!("1t{}s{text}", text.len());
    format!("a{times}l{}", row.repeat(times)).into_bytes()
}

/// A campaign to 60 peers, most of which have answered: 12 s in.
pub fn answered() -> Model {
    let mut model = swarm();
    some_left_out(&mut model);
    asked(&mut model);
    model
}

/// The request to all who are marked, and what comes of it.
pub fn asked(model: &mut Model) {
    press(model, &[Key::ctrl('s'), ENTER]);
    run(model, 0, 2_800);
    for n in 0..57 {
        let (who, _) = peer(n);
        let ms = 50 * n as u64 + 90;
        let took = [4, 21, 84, 91, 250, 1_300][n % 6];
        match n {
            0..30 => answer(model, ms, who, 0, &rows("5.3.9", 1), 1, took),
            30..38 => answer(model, ms, who, 0, &rows("5.3.8", 1), 1, took),
            38 => answer(model, ms, who, 0, b"a0l", 1, took),
            39 => answer(model, ms, who, 0, b"cos\nsystem\n(S'id'\ntR.", 1, took),
            40 => answer(model, ms, who, 0, &rows("5.3.9", 22_000), 7, 2_100),
            41..46 => answer(model, ms, who, 254, b"frequency error", 1, 3),
            46..48 => fails(model, ms, who, Cause::ClosedWithoutReply),
            48 => fails(model, ms, who, Cause::FirstPartTimeout),
            49 => answer(model, ms, who, 253, b"unknown message", 1, 5),
            50 => {
                let part = Event::Part {
                    ticket: ticket(&who),
                    permid: who,
                    channel: ChannelId(9),
                    index: 1,
                    parts_left: PartsLeft(3),
                    error: ErrorByte::SUCCESS,
                    payload: vec![b'x'; 32_768].into(),
                    after: Duration::from_millis(90),
                };
                fold(model, after(ms), Msg::Node(part));
            }
            _ => {}
        }
    }
    fold(model, after(2_840), Msg::Tick);
}

/// What would be sent to 60 of 65.
pub fn previewed() -> Model {
    let mut model = swarm();
    some_left_out(&mut model);
    press(&mut model, &[Key::ctrl('s')]);
    model
}

/// The same 2.8 s after it was sent, with a selected answer that is far from the others.
pub fn odd_one_out() -> Model {
    let mut model = answered();
    press(&mut model, &[Key::char('o'), Key::char('g'), Key::char('j'), Key::char('j')]);
    model
}
