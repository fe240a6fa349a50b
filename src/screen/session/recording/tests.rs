//! A recording is written and read back as it was; what is masked tells nobody's place or name in
//! any form.

use std::io::Cursor;
use std::net::SocketAddr;
use std::time::{Duration, Instant, UNIX_EPOCH};
use swarmscope_facts::Naming;

use bytes::Bytes;
use data_encoding::BASE64;

use super::*;
use crate::screen::asking::identity::Identity;
use crate::screen::keys::key::Key;
use crate::screen::model::Setup;
use swarmscope_peer::node::{
    Ask, Direction, Event, Origin, PeerKey, Reply, Source, Ticket, Transport,
};
use swarmscope_probes::Statistics;
use swarmscope_wire::failure::{By, Cause, Failure, Phase};
use swarmscope_wire::frame::FrameId;
use swarmscope_wire::mask::Mask;
use swarmscope_wire::text::hex;
use swarmscope_wire::{
    ChannelId, ErrorByte, Frequency, MessageId, OverlayVersion, PartsLeft, Permid,
};

const HOST: &str = "peer.example.org";
const PEERS: [Permid; 2] = [Permid::Ed25519([0x9f; 32]), Permid::Sect233k1([0x3a; 60])];

fn address() -> SocketAddr {
    "198.51.100.23:6751".parse().unwrap()
}

/// One of each message that holds anything of anybody.
fn messages() -> Vec<Msg> {
    let [permid, other] = PEERS;
    let address = address();
    let ticket = Ticket(7);
    let message = MessageId::FRIENDSHIP_STATS;
    let channel = ChannelId(9);
    let named = PeerKey::Address(format!("{HOST}:6751"));
    let failure =
        |cause| Failure::new(cause, By::Network, format!("{HOST} at {address}, not {permid}"));
    let told = format!("{permid} knows {address} and {}", hex(&other.to_der()));
    let payload = Bytes::from(told.clone());
    let decoding = swarmscope_peer::crawler::decode_reply(
        &registry(),
        message,
        ErrorByte::SUCCESS,
        told.as_bytes(),
    );
    let ask = Ask {
        to: permid,
        message,
        frequency: Frequency::DEFAULT,
        payload: payload.clone(),
        timeout: Duration::from_secs(30),
        origin: Origin::Operator,
        wait_for_dial_back: true,
    };
    let connected = Event::Connected {
        permid,
        was: Some(named.clone()),
        address,
        listening_port: 6751,
        version: OverlayVersion::CURRENT,
        transport: Transport::Tls,
        direction: Direction::Incoming,
        rtt: Duration::from_micros(1234),
    };
    let events = [
        Event::Listening { address, permid: Some(permid), legacy_permid: Some(other) },
        Event::Discovered {
            peer: named.clone(),
            address: Some(address),
            version: None,
            source: Source::BuddyCast(other),
        },
        Event::Connecting {
            peer: named.clone(),
            phase: Phase::Tcp,
            detail: format!("to {address}"),
        },
        connected,
        Event::ConnectFailed {
            peer: named,
            failure: failure(Cause::NotFound),
            attempt: 1,
            gives_up_at: 3,
            again_in: None,
        },
        Event::Disconnected { permid, failure: failure(Cause::Reset) },
        Event::Sent {
            ticket,
            permid,
            message,
            channel,
            frequency: Frequency(1),
            payload: payload.clone(),
            origin: Origin::Tour,
        },
        Event::Part {
            ticket,
            permid,
            channel,
            index: 1,
            parts_left: PartsLeft(0),
            error: ErrorByte::SUCCESS,
            payload: payload.clone(),
            after: Duration::from_millis(3),
        },
        Event::Reply(Reply {
            ticket,
            permid,
            message,
            channel,
            error: ErrorByte::SUCCESS,
            payload,
            parts: 1,
            elapsed: Duration::from_millis(3),
            dialled_back: false,
        }),
        Event::RequestFailed { ticket, permid, message, failure: failure(Cause::ClosedInReply) },
        Event::AwaitingDialBack { ticket, permid },
        Event::ReplyRefused {
            permid,
            channel,
            message,
            why: "no request".into(),
            times: 3,
            guessed: 2,
        },
        Event::AcceptFailed { remote: address, failure: failure(Cause::AuthTimeout), times: 4 },
        Event::FrameDropped { permid, id: FrameId(3), times: 1 },
        Event::Gossip { permid, listed: 3, left_out: 0, named: vec![permid], impossible: 1 },
        Event::Notice { text: told.clone() },
        Event::Coalesced { count: 3 },
    ];
    let others = [
        Msg::Key(Key::ctrl('s')),
        Msg::Paste(told.clone()),
        Msg::Resize(80, 24),
        Msg::Forgotten(PeerKey::Permid(permid)),
        Msg::PayloadDoubted { message, payload: told.clone().into(), why: told.clone() },
        Msg::Asked(ask, ticket),
        Msg::Decoded { permid, ticket, decoding },
        Msg::Label { permid, label: format!("at {HOST}") },
        Msg::Notice(told),
        Msg::Place(Box::new(Place {
            selected: Some(PeerKey::Permid(permid)),
            filter: address.to_string(),
            ..Place::default()
        })),
    ];
    events.into_iter().map(Msg::Node).chain(others).collect()
}

fn registry() -> swarmscope_peer::crawler::Registry {
    swarmscope_probes::registry(Statistics::empty())
}

fn model() -> Model {
    let setup = Setup {
        registry: registry(),
        title: "demo".into(),
        naming: Naming { privacy: true, mask: Mask::new([1; 32]) },
        identity: Identity::default(),
        keymap: Keymap::default(),
        kept: Kept::default(),
    };
    Model::new(setup, now())
}

#[allow(clippy::disallowed_methods)] // any moment will do
fn now() -> Now {
    Now { instant: Instant::now(), wall: UNIX_EPOCH + Duration::from_secs(1_790_000_000) }
}

fn file(lines: &[Line<Msg>]) -> String {
    let header = serde_json::to_string(&header(&model(), now())).unwrap();
    let lines: Vec<String> =
        lines.iter().map(|line| serde_json::to_string(line).unwrap()).collect();
    format!("{header}\n{}\n", lines.join("\n"))
}

fn read_text(text: &str) -> Result<Recording, RecordingError> {
    read(Cursor::new(text.as_bytes().to_vec()))
}

#[test]
fn what_is_written_is_read_again() {
    let lines: Vec<Line<Msg>> =
        messages().into_iter().zip(-2..).map(|(msg, at)| Line(at, What::Msg(msg))).collect();
    let recording = read_text(&file(&lines)).unwrap();
    assert_eq!(recording.header, header(&model(), now()));
    assert_eq!(format!("{:?}", recording.lines), format!("{lines:?}"));
    assert!(!recording.cut);
}

#[test]
fn nothing_masked_says_who_or_where() {
    let mut masker = Masker::new(Mask::new([5; 32]));
    let lines: Vec<Line<Msg>> =
        messages().into_iter().map(|msg| masker.line(Line(0, What::Msg(msg)))).collect();
    let text = file(&lines);
    let mut secrets =
        vec![HOST.to_owned(), address().to_string(), address().ip().to_string(), "6751".into()];
    for form in [address().to_string().as_bytes(), HOST.as_bytes(), &[198, 51, 100, 23]] {
        secrets.extend([hex(form), BASE64.encode(form).trim_end_matches('=').to_owned()]);
    }
    for permid in PEERS {
        secrets.extend([permid.to_string(), permid.hex(), hex(&permid.to_der())]);
        // base64 of the key alone, wherever it begins
        secrets.push(BASE64.encode(&permid.to_der())[44..56].to_owned());
    }
    for secret in secrets {
        assert!(!text.contains(&secret), "{secret} is in\n{text}");
    }
    assert!(read_text(&text).is_ok(), "it can be shown all the same");
}

#[test]
fn the_name_of_a_host_is_hidden_however_many_there_are() {
    let mut masker = Masker::new(Mask::new([5; 32]));
    for n in 0..1_500 {
        let event = Event::Connecting {
            peer: PeerKey::Permid(PEERS[0]),
            phase: Phase::Resolve,
            detail: format!("host{n}.example.net"),
        };
        let line = masker.line(Line(0, What::Msg(Msg::Node(event))));
        assert!(!format!("{line:?}").contains("example.net"), "{line:?}");
    }
}

#[test]
fn a_cut_last_line_is_told_and_any_other_is_an_error_with_its_number() {
    let lines: Vec<Line<Msg>> =
        messages().into_iter().take(3).map(|msg| Line(0, What::Msg(msg))).collect();
    let whole = file(&lines);
    let cut = read_text(&whole[..whole.len() - 9]).unwrap();
    assert!(cut.cut);
    assert_eq!(cut.lines.len(), 2);
    let broken = whole.replacen("\"msg\"", "\"gsm\"", 1);
    let error = read_text(&broken).unwrap_err().to_string();
    assert!(error.starts_with("line 2: ") && error.contains("gsm"), "{error}");
    let far = whole.replacen("[0,", "[400000000000000000,", 1);
    assert!(read_text(&far).unwrap_err().to_string().contains("line 2: 4000"));
}

#[test]
fn what_is_no_recording_is_told_so() {
    for text in ["", "\n", "{}", "hello", "[1,2]\n", "{\"magic\":\"x\"}\n"] {
        assert!(matches!(read_text(text), Err(RecordingError::NoHeader)), "{text:?}");
    }
    let newer = file(&[]).replace("\"format\":1", "\"format\":2");
    assert!(matches!(read_text(&newer), Err(RecordingError::Format(2))));
}

#[test]
fn texts_of_a_recording_are_cleaned() {
    let notice = Line(0, What::Msg(Msg::Notice("a\u{1b}[2Jb\u{202e}".into())));
    let recording = read_text(&file(&[notice])).unwrap();
    let [Line(_, What::Msg(Msg::Notice(text)))] = &recording.lines[..] else { panic!() };
    assert!(!text.chars().any(|c| c.is_control() || c == '\u{202e}'), "{text:?}");
}
