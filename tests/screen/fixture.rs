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
use swarmscope_peer::node::{Direction, Event, Origin, PeerKey, Source, Ticket, Transport};
use swarmscope_probes::Statistics;
use swarmscope_wire::bencode::Value;
use swarmscope_wire::failure::{By, Cause, Delivered, Failure, Phase};
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
            Event::Reply {
                ticket,
                permid: who,
                message,
                channel: ChannelId(channel),
                error: ErrorByte(error),
                payload: Bytes::copy_from_slice(payload),
                parts: 1,
                elapsed: Duration::from_millis(took),
                dialled_back: false,
            },
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

/// When the newest event of the first peer was, and how far the others' lie behind one another, in
/// milliseconds.
const NEWEST: u64 = 30_000;
const SPACING: u64 = 8_000;

const DATABASE: MessageId = MessageId::DATABASE_QUERY;
const NATCHECK: MessageId = MessageId::NATCHECK;
/// What has become of the DATABASE question at a peer; times in seconds before the present.
enum Asked {
    No,
    /// Accepted then.
    Accepted(u64),
    /// Accepted then, and asked again a minute ago.
    AcceptedThen254(u64),
    /// 254 at once: another Crawler was there.
    Met254(u64),
}

/// The connected peers of the pictures, in the order of their newest events.
const CONNECTED: [(&str, u16, u64, &str, Asked); 31] = {
    use Asked::{Accepted, AcceptedThen254, Met254, No};
    [
        ("9f3ac1", 18, 3, "Port Restricted Cone NAT", No),
        ("81bc07", 17, 31, "Open Internet", No),
        ("d02ef3", 18, 4, "Symmetric NAT", Accepted(43)),
        ("2e7d44", 18, 2, "Symmetric NAT", AcceptedThen254(1417)),
        ("6b90d8", 18, 5, "Full Cone NAT", No),
        ("c3f12a", 17, 44, "Port Restricted Cone NAT", Met254(465)),
        ("77aa10", 18, 3, "Restricted Cone NAT", No),
        ("a4d639", 17, 38, "Restricted Cone Firewall", No),
        ("19c8e0", 18, 3, "Open Internet", No),
        ("f7b25d", 17, 120, "Blocked", No),
        ("e95c0b", 18, 6, "Symmetric NAT", Accepted(925)),
        ("40adc7", 18, 2, "Port Restricted Cone NAT", No),
        ("b81f62", 17, 52, "Symmetric NAT", AcceptedThen254(3070)),
        ("0d73a8", 18, 3, "Full Cone NAT", No),
        ("95b63e", 18, 4, "Open Internet", No),
        ("c82ad4", 17, 29, "", No),
        ("2f1086", 18, 3, "Port Restricted Cone NAT", No),
        ("7c5ef9", 18, 5, "", No),
        ("d3b70a", 17, 33, "Restricted Cone NAT", Accepted(2872)),
        ("1b6c90", 18, 3, "Symmetric NAT", No),
        ("aa4715", 18, 4, "Port Restricted Cone NAT", No),
        ("ee317b", 17, 27, "Open Internet", No),
        ("93c0d6", 18, 6, "", No),
        ("60fd2c", 17, 41, "Full Cone NAT", No),
        ("0be419", 17, 35, "Symmetric NAT", No),
        ("5a02b7", 18, 3, "", No),
        ("f01d3e", 18, 2, "Port Restricted Cone NAT", No),
        ("b3c4a1", 18, 5, "Restricted Cone NAT", No),
        ("38e6f0", 18, 4, "", No),
        ("c9d75b", 17, 30, "Open Internet", No),
        ("46a1ce", 18, 3, "Full Cone NAT", No),
    ]
};

/// The session of the pictures.
pub fn session() -> Model {
    let mut model = blank();
    let mut script = Script::default();
    script.at(
        3_990_000,
        Event::Listening {
            address: ([127, 0, 0, 1], 40_000).into(),
            permid: Some(permid("00ff00", 18)),
            legacy_permid: None,
        },
    );
    let first = permid("9f3ac1", 18);
    for (i, (short, version, rtt, nat, asked)) in CONNECTED.iter().enumerate() {
        let (who, place) = (permid(short, *version), i as u64);
        let port = if i == 0 { 40_213 } else { 40_300 + i as u16 };
        script.at(
            3_900_000,
            Event::Discovered {
                peer: PeerKey::Permid(who),
                address: None,
                version: Some(OverlayVersion(*version)),
                source: Source::BuddyCast(first),
            },
        );
        let newest = NEWEST + SPACING * place;
        script.connected(newest + 220_000, who, *version, *rtt, port);
        if i > 0 && !nat.is_empty() {
            script.asked(newest + 30_000, 30_000, who, NATCHECK, 7, 0, &nat_reply(nat, 3, 55));
        }
        match asked {
            Asked::No => {}
            Asked::Accepted(ago) => script.asked(ago * 1000, 40, who, DATABASE, 9, 0, b"a0l"),
            Asked::AcceptedThen254(ago) => {
                script.asked(ago * 1000, 40, who, DATABASE, 9, 0, b"a0l");
                script.asked(newest, 3, who, DATABASE, 10, 254, b"frequency error");
            }
            Asked::Met254(ago) => {
                script.asked(ago * 1000, 3, who, DATABASE, 9, 254, b"frequency error");
            }
        }
    }
    others(&mut script);
    first_peer(&mut script, first);
    for ms in [2_400, 2_300, 2_100] {
        script.at(
            ms,
            Event::ReplyRefused {
                permid: permid("81bc07", 17),
                channel: ChannelId(0x4f),
                message: NATCHECK,
                why: "no request is outstanding on this channel".into(),
                times: if ms == 2_100 { 3 } else { 1 },
            },
        );
    }
    script.at(
        600_000,
        Event::ReplyRefused {
            permid: permid("f7b25d", 17),
            channel: ChannelId(3),
            message: NATCHECK,
            why: "no request is outstanding on this channel".into(),
            times: 1,
        },
    );
    script.tell(&mut model);
    compose(&mut model);
    model
}

/// Those that are not connected.
fn others(script: &mut Script) {
    let dial = |script: &mut Script, ms, who, phase| {
        script
            .at(ms, Event::Connecting { peer: PeerKey::Permid(who), phase, detail: String::new() });
    };
    let heard = |script: &mut Script, short: &str, version| {
        let who = permid(short, version);
        let address = Some(([198, 51, 100, 7], 7760).into());
        let source = Source::BuddyCast(permid("9f3ac1", 18));
        script.at(
            3_895_000,
            Event::Discovered {
                peer: PeerKey::Permid(who),
                address,
                version: (version > 0).then_some(OverlayVersion(version)),
                source,
            },
        );
        who
    };
    let who = heard(script, "0c449e", 17);
    dial(script, 2_100, who, Phase::Tcp);
    dial(script, 2_000, who, Phase::Authentication);

    let who = heard(script, "5e01b2", 17);
    script.connected(96_000, who, 17, 37, 40_401);
    let ticket = script.sent(95_000, who, NATCHECK, 0x33, "");
    let closed = failure(Cause::ClosedWithoutReply, By::Peer, Delivered::Maybe, "");
    script.at(
        94_900,
        Event::RequestFailed { ticket, permid: who, message: NATCHECK, failure: closed.clone() },
    );
    script.at(94_900, Event::Disconnected { permid: who, failure: closed });

    let who = heard(script, "3388714471", 17);
    for attempt in 1..=3 {
        let failure = failure(Cause::TcpRefused, By::Network, Delivered::No, "");
        script.at(
            200_000 - 20_000 * u64::from(attempt),
            Event::ConnectFailed {
                peer: PeerKey::Permid(who),
                failure,
                attempt,
                gives_up_at: 28,
                again_in: None,
            },
        );
    }
    for (short, ms) in [("6fe41c", 155_000), ("e7710d", 1_900_000)] {
        let who = heard(script, short, 17);
        script.connected(3_000_000, who, 17, 40, 40_402);
        let failure = failure(Cause::Closed, By::Peer, Delivered::No, "");
        script.at(ms, Event::Disconnected { permid: who, failure });
    }
    let who = heard(script, "d11a55", 18);
    let failure = failure(Cause::HandshakeTimeout, By::Us, Delivered::No, "12 of 68 bytes came");
    script.at(
        640_000,
        Event::ConnectFailed {
            peer: PeerKey::Permid(who),
            failure,
            attempt: 1,
            gives_up_at: 28,
            again_in: None,
        },
    );
}

/// The one that is selected: seventeen requests, the newest with its parts still coming.
fn first_peer(script: &mut Script, who: Permid) {
    for n in 0..8 {
        script.asked(
            3_600_000 - n * 100_000,
            12,
            who,
            MessageId(40),
            0x20,
            253,
            b"unknown message",
        );
    }
    let nat = |timeout| nat_reply("Port Restricted Cone NAT", 3, timeout);
    script.asked(2_600_000, 37_000, who, NATCHECK, 0x21, 0, &nat(55));
    for n in 0..2 {
        script.asked(2_400_000 - n * 100_000, 9, who, MessageId(40), 0x22, 253, b"unknown message");
    }
    script.asked(600_000, 3, who, MessageId(41), 0xe8, 253, b"unknown message");
    script.asked(
        1_045_000 - 460_000,
        3,
        who,
        MessageId::CHANNEL_QUERY,
        0x07,
        254,
        b"frequency error",
    );
    let ticket = script.sent(500_000, who, MessageId::PUNCTURE_QUERY, 0xb3, "");
    let late = failure(Cause::FirstPartTimeout, By::Us, Delivered::Maybe, "30 s");
    script.at(
        470_000,
        Event::RequestFailed {
            ticket,
            permid: who,
            message: MessageId::PUNCTURE_QUERY,
            failure: late,
        },
    );
    script.asked(205_500, 38_200, who, NATCHECK, 0x4f, 0, &nat(85));
    script.asked(120_000, 4, who, MessageId::REPEX_QUERY, 0x22, 254, b"frequency error");
    let sent = 1_421;
    let ticket = script.sent(sent, who, DATABASE, 0x91, QUERY);
    for (index, after) in
        [(1, 214), (2, 390), (3, 610), (4, 800), (5, 1_010), (6, 1_190), (7, 1_402)]
    {
        let hint = 10 - index;
        script.part(sent, after, ticket, who, u32::from(index), hint, 32_768);
    }
}

/// The composer of the pictures, and the reply that is looked at.
fn compose(model: &mut Model) {
    use crossterm::event::KeyCode::{BackTab, Down, Enter, Esc, Tab};
    press(model, &[Key::char('r')]);
    type_text(model, "database");
    press(model, &[Key::named(Enter)]);
    // the query in place of the default
    press(model, &[Key::ctrl('k')]);
    let now = model.now;
    fold(model, now, Msg::Paste(QUERY.to_owned()));
    press(model, &[Key::named(Esc), Key::char('g')]);
    // to the channels, down to NATCHECK, into the reply, down to the external address, and back to
    // the list
    press(model, &[Key::named(Tab), Key::named(Down), Key::named(Down)]);
    press(model, &[Key::named(Tab), Key::named(Down), Key::named(Down), Key::named(Down)]);
    press(model, &[Key::named(BackTab), Key::named(BackTab)]);
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
