//! The session of the pictures.

use crate::fixture::{QUERY, Script, blank, failure, fold, nat_reply, permid, press, type_text};
use swarmscope::screen::{Key, Model, Msg};
use swarmscope_peer::node::{Event, PeerKey, Source};
use swarmscope_wire::failure::{By, Cause, Delivered, Phase};
use swarmscope_wire::{ChannelId, MessageId, OverlayVersion, Permid};

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
    for (i, (short, version, rtt, nat, asked)) in (0_u16..).zip(&CONNECTED) {
        let (who, place) = (permid(short, *version), u64::from(i));
        let port = if i == 0 { 40_213 } else { 40_300 + i };
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
                guessed: 0,
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
            guessed: 0,
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
