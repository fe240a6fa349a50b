//! A session as somebody may have had it: an hour in a swarm of 37 peers, told in the node's own
//! events.
#![allow(
    clippy::too_many_arguments,
    clippy::cast_possible_truncation,
    clippy::unchecked_time_subtraction
)] // a script, by hand

use std::cell::RefCell;
use std::sync::LazyLock;
use std::time::{Duration, Instant, UNIX_EPOCH};
use swarmscope_facts::Naming;

use bytes::Bytes;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use swarmscope::screen::asking::identity::Identity;
use swarmscope::screen::kept::Kept;
use swarmscope::screen::session::recording::typing::Typing;
use swarmscope::screen::{Effect, Key, Keymap, Model, Msg, Now, Setup};
use swarmscope::tui::Theme;
use swarmscope::tui::draw::draw;
use swarmscope::tui::tops::Tops;
use swarmscope_peer::node::{Direction, Event, Origin, Reply, Ticket, Transport};
use swarmscope_probes::Statistics;
use swarmscope_wire::bencode::Value;
use swarmscope_wire::failure::{By, Cause, Delivered, Failure};
use swarmscope_wire::mask::Mask;
use swarmscope_wire::{
    ChannelId, ErrorByte, Frequency, MessageId, OverlayVersion, PartsLeft, Permid,
};

/// What the pictures show as the present: 12:04:31Z of some day.
const PRESENT: Duration = Duration::from_millis(20_414 * 86_400_000 + 43_471_604);
const FREQUENCY: Frequency = Frequency(3600);
/// The query of the pictures.
pub const QUERY: &str =
    "SELECT category, count(*)\n  FROM Torrent GROUP BY category;\nSELECT count(*) FROM Torrent";

/// The clock's origin: only differences are ever shown.
#[allow(clippy::disallowed_methods)]
static ORIGIN: LazyLock<Instant> = LazyLock::new(|| Instant::now() + Duration::from_secs(100_000));

/// So many milliseconds before the present.
pub fn before(ms: u64) -> Now {
    let back = Duration::from_millis(ms);
    Now { instant: *ORIGIN - back, wall: UNIX_EPOCH + PRESENT - back }
}

/// A model before anything happened.
pub fn blank() -> Model {
    let setup = Setup {
        registry: swarmscope_probes::registry(Statistics::empty()),
        title: "demo: tour".into(),
        naming: Naming { privacy: false, mask: Mask::new([7; 32]) },
        identity: Identity::default(),
        keymap: Keymap::default(),
        kept: Kept::default(),
    };
    let mut model = Model::new(setup, before(4_000_000));
    update(&mut model, before(4_000_000), Msg::Resize(120, 40));
    model
}

thread_local! {
    /// All that is folded, while somebody wants it.
    static TAPE: RefCell<Option<Tape>> = const { RefCell::new(None) };
}

/// Messages with their times, each with what was being typed before and after it.
pub type Tape = Vec<(Now, Msg, [Typing; 2])>;

/// What a session makes, and all that was folded in it.
pub fn taped(session: impl FnOnce() -> Model) -> (Model, Tape) {
    TAPE.set(Some(Tape::new()));
    let model = session();
    (model, TAPE.take().expect("it was put there"))
}

fn update(model: &mut Model, now: Now, msg: Msg) -> Vec<Effect> {
    if TAPE.with_borrow(Option::is_none) {
        return swarmscope::screen::update(model, now, msg);
    }
    let before = Typing::of(model);
    let effects = swarmscope::screen::update(model, now, msg.clone());
    let typing = [before, Typing::of(model)];
    TAPE.with_borrow_mut(|tape| {
        if let Some(tape) = tape {
            tape.push((now, msg.clone(), typing.clone()));
        }
    });
    effects
}

/// Folds a message, and what its effects lead to at once: replies are read, tickets given.
pub fn fold(model: &mut Model, now: Now, msg: Msg) -> Vec<Effect> {
    let mut left = Vec::new();
    for effect in update(model, now, msg) {
        match effect {
            Effect::Decode { permid, ticket, message, error, payload } => {
                let decoding = swarmscope_peer::crawler::decode_reply(
                    &model.setup.registry,
                    message,
                    error,
                    &payload,
                );
                left.extend(update(model, now, Msg::Decoded { permid, ticket, decoding }));
            }
            Effect::CheckedRequest(ask) => {
                let probe = model.setup.registry.get(ask.message);
                match probe.map_or(Ok(()), |probe| probe.check(&ask.payload)) {
                    Ok(()) => left.push(Effect::Request(ask)),
                    Err(why) => left.extend(update(model, now, Msg::Doubted(ask, why))),
                }
            }
            Effect::CheckPayload(message, payload) => {
                let probe = model.setup.registry.get(message);
                if let Some(Err(why)) = probe.map(|probe| probe.check(&payload)) {
                    let doubted = Msg::PayloadDoubted { message, payload, why };
                    left.extend(update(model, now, doubted));
                }
            }
            other => left.push(other),
        }
    }
    left
}

pub fn press(model: &mut Model, keys: &[Key]) -> Vec<Effect> {
    let now = model.now;
    keys.iter().flat_map(|key| fold(model, now, Msg::Key(*key))).collect()
}

pub fn type_text(model: &mut Model, text: &str) {
    for c in text.chars() {
        press(model, &[Key::char(c)]);
    }
}

/// A permid whose short form is `abcd…ef`; of the old kind for versions up to 17.
pub fn permid(short: &str, version: u16) -> Permid {
    let byte = |at: usize| u8::from_str_radix(&short[at..at + 2], 16).expect("two digits");
    let (first, second, last) = (byte(0), byte(2), byte(short.len() - 2));
    if version >= 18 {
        let mut key = [0x5a; 32];
        (key[0], key[1], key[31]) = (first, second, last);
        Permid::Ed25519(key)
    } else {
        let mut point = [0x5a; 60];
        (point[0], point[1], point[2], point[59]) = (0, first, second, last);
        Permid::Sect233k1(point)
    }
}

/// Events with their times, gathered in any order and told in the right one.
#[derive(Default)]
pub struct Script {
    events: Vec<(u64, Msg)>,
    tickets: u64,
}

impl Script {
    /// So many milliseconds before the present.
    pub fn at(&mut self, ms: u64, event: Event) {
        self.events.push((ms, Msg::Node(event)));
    }

    pub fn connected(&mut self, ms: u64, who: Permid, version: u16, rtt_ms: u64, port: u16) {
        self.events.push((
            ms,
            Msg::Node(Event::Connected {
                permid: who,
                was: None,
                address: ([127, 0, 0, 1], port).into(),
                listening_port: port,
                version: OverlayVersion(version),
                transport: if version >= 18 { Transport::Tls } else { Transport::Legacy },
                direction: Direction::Outgoing,
                rtt: Duration::from_millis(rtt_ms),
            }),
        ));
    }

    pub fn sent(
        &mut self,
        ms: u64,
        who: Permid,
        message: MessageId,
        channel: u8,
        payload: &str,
    ) -> Ticket {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        self.at(
            ms,
            Event::Sent {
                ticket,
                permid: who,
                message,
                channel: ChannelId(channel),
                frequency: FREQUENCY,
                payload: Bytes::copy_from_slice(payload.as_bytes()),
                origin: Origin::Operator,
            },
        );
        ticket
    }

    pub fn part(
        &mut self,
        sent: u64,
        after: u64,
        ticket: Ticket,
        who: Permid,
        index: u32,
        hint: u8,
        bytes: usize,
    ) {
        self.at(
            sent - after,
            Event::Part {
                ticket,
                permid: who,
                channel: ChannelId(0),
                index,
                parts_left: PartsLeft(hint),
                error: ErrorByte::SUCCESS,
                payload: vec![0x61; bytes].into(),
                after: Duration::from_millis(after),
            },
        );
    }

    /// A request sent at `ms` whose whole reply comes in one part `took` later.
    pub fn asked(
        &mut self,
        ms: u64,
        took: u64,
        who: Permid,
        message: MessageId,
        channel: u8,
        error: u8,
        payload: &[u8],
    ) {
        let ticket = self.sent(ms, who, message, channel, "");
        self.at(
            ms - took,
            Event::Part {
                ticket,
                permid: who,
                channel: ChannelId(channel),
                index: 1,
                parts_left: PartsLeft::LAST,
                error: ErrorByte(error),
                payload: Bytes::copy_from_slice(payload),
                after: Duration::from_millis(took),
            },
        );
        self.at(
            ms - took,
            Event::Reply(Reply {
                ticket,
                permid: who,
                message,
                channel: ChannelId(channel),
                error: ErrorByte(error),
                payload: Bytes::copy_from_slice(payload),
                parts: 1,
                elapsed: Duration::from_millis(took),
                dialled_back: false,
            }),
        );
    }

    /// All of it in the order of its times: how long before the present in milliseconds, and what.
    pub fn in_order(mut self) -> Vec<(u64, Msg)> {
        self.events.sort_by_key(|(ms, _)| std::cmp::Reverse(*ms));
        self.events
    }

    /// Tells it all to a model, and ends in the present.
    pub fn tell(self, model: &mut Model) {
        for (ms, msg) in self.in_order() {
            fold(model, before(ms), msg);
        }
        fold(model, before(0), Msg::Tick);
    }
}

/// The reply of a peer that has measured its NAT.
pub fn nat_reply(kind: &str, code: i64, timeout: i64) -> Vec<u8> {
    Value::from(vec![
        Value::from(kind),
        Value::from(code),
        Value::from(timeout),
        Value::from("198.51.100.23"),
        Value::from(6700),
        Value::from("192.168.1.20"),
        Value::from(6700),
    ])
    .encode()
}

pub fn failure(cause: Cause, by: By, delivered: Delivered, detail: &str) -> Failure {
    Failure::new(cause, by, detail).delivered(delivered)
}

/// Draws a model at a size; the cells and the cursor.
pub fn drawn(
    model: &mut Model,
    columns: u16,
    rows: u16,
    theme: &Theme,
) -> (Buffer, Option<(u16, u16)>) {
    let now = model.now;
    fold(model, now, Msg::Resize(columns, rows));
    let mut cells = Buffer::empty(Rect::new(0, 0, columns, rows));
    let cursor = draw(&mut cells, model, theme, &mut Tops::default());
    (cells, cursor)
}
