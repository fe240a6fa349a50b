//! A recording as a capture, as tshark reads it with the dissector in contrib/.
//!
//! Without tshark (`apt-get install tshark`) these skip; `SWARMSCOPE_TEST_TSHARK=required` makes
//! that a failure.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use swarmscope_facts::Input;
use swarmscope_facts::recording::{FORMAT, Header, Line, MAGIC, What};
use swarmscope_peer::crawler::SocketId;
use swarmscope_peer::node::{
    Direction, Event, Origin, PeerKey, Reply, Ticket, Trace, Traced, Transport,
};
use swarmscope_wire::crawler::{CrawlerReply, CrawlerRequest};
use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::frame::{Frame, FrameId};
use swarmscope_wire::handshake::{Handshake, PeerId};
use swarmscope_wire::trace::Cutter;
use swarmscope_wire::{
    ChannelId, ErrorByte, Frequency, MessageId, OverlayVersion, PartsLeft, Permid,
};

use crate::process::Home;

const PEER: Permid = Permid::Ed25519([0x4d; 32]);
const CHANNEL: ChannelId = ChannelId(17);
/// When the recording starts: 2026-11-22T12:04:31Z.
const STARTED: u64 = 1_795_349_071_000_000;

/// Whether tshark is here; says so where it is not.
fn tshark_is_here() -> bool {
    let found = Command::new("tshark").arg("--version").output().is_ok();
    let required = std::env::var_os("SWARMSCOPE_TEST_TSHARK").is_some_and(|it| it == "required");
    assert!(found || !required, "tshark is required here and is not installed");
    if !found {
        eprintln!("skipped: tshark is not installed, so nothing reads the capture back");
    }
    found
}

/// A recording of one connection, as it is written.
struct Tape {
    lines: Vec<String>,
    sent: Cutter,
    received: Cutter,
}

impl Tape {
    fn new(privacy: bool) -> Self {
        let header = Header {
            magic: MAGIC.to_owned(),
            format: FORMAT,
            program: "0.1.0".to_owned(),
            started: STARTED,
            size: (120, 40),
            privacy,
            title: String::new(),
            ids: Vec::new(),
            keys: Vec::new(),
            kept: Vec::new(),
        };
        let lines = vec![serde_json::to_string(&header).expect("JSON")];
        Self { lines, sent: Cutter::default(), received: Cutter::default() }
    }

    fn event(&mut self, ms: i64, event: Event) {
        let line = Line(ms * 1000, What::Msg(Input::Event(event)));
        self.lines.push(serde_json::to_string(&line).expect("JSON"));
    }

    fn fact(&mut self, ms: i64, what: Trace) {
        let after = Duration::from_millis(ms.unsigned_abs());
        let traced = Traced { socket: SocketId(3), after, what };
        self.event(ms, Event::Traced { peer: PeerKey::Permid(PEER), traced });
    }

    fn bytes(&mut self, ms: i64, ours: bool, bytes: &[u8]) {
        let cutter = if ours { &mut self.sent } else { &mut self.received };
        let mut pieces = Vec::new();
        cutter.settle(&mut pieces);
        cutter.push(bytes, &mut pieces);
        for piece in pieces {
            self.fact(ms, if ours { Trace::Sent(piece) } else { Trace::Received(piece) });
        }
    }

    fn end(mut self, home: &Home) -> PathBuf {
        let end: Line<Input> = Line(9_000_000, What::End);
        self.lines.push(serde_json::to_string(&end).expect("JSON"));
        let path = home.path().join("a.recording");
        let mut file = std::fs::File::create(&path).expect("a file");
        writeln!(file, "{}", self.lines.join("\n")).expect("written");
        path
    }
}

fn id(port: u16) -> PeerId {
    PeerId::new([5; 8], port, OverlayVersion(7), OverlayVersion(18))
}

fn reply(left: u8, error: u8, payload: &[u8]) -> Vec<u8> {
    let (message, parts_left) = (MessageId::DATABASE_QUERY, PartsLeft(left));
    let (error, payload) = (ErrorByte(error), Bytes::copy_from_slice(payload));
    CrawlerReply { message, channel: CHANNEL, parts_left, error, payload }
        .encode()
        .encode()
        .to_vec()
}

/// A connection that opens, is asked, answers in two parts, and is closed by the peer.
fn recording(home: &Home, privacy: bool) -> PathBuf {
    let mut tape = Tape::new(privacy);
    let address = "203.0.113.9:7760".parse().expect("an address");
    tape.fact(0, Trace::Dialling(address));
    tape.fact(20, Trace::Open);
    tape.bytes(20, true, &Handshake::new(id(0)).encode());
    tape.bytes(40, false, &Handshake::new(id(7760)).encode());
    tape.fact(60, Trace::Tls);
    tape.event(
        60,
        Event::Connected {
            permid: PEER,
            was: None,
            address,
            listening_port: 7760,
            version: OverlayVersion(18),
            transport: Transport::Tls,
            direction: Direction::Outgoing,
            rtt: Duration::from_millis(20),
        },
    );
    let buddycast = b"d2:ip9:192.0.2.14:porti7760ee";
    let frame = Frame { id: FrameId::BUDDYCAST, body: Bytes::from_static(buddycast) };
    tape.bytes(70, false, &frame.encode());
    let payload = Bytes::from_static(b"SELECT 1");
    let (message, ticket, frequency) = (MessageId::DATABASE_QUERY, Ticket(1), Frequency(3600));
    let ask = CrawlerRequest { message, channel: CHANNEL, frequency, payload: payload.clone() };
    let (permid, channel, origin) = (PEER, CHANNEL, Origin::Operator);
    tape.event(80, Event::Sent { ticket, permid, message, channel, frequency, payload, origin });
    tape.bytes(80, true, &ask.encode().encode());
    let whole = vec![b'x'; 40_000];
    tape.bytes(100, false, &reply(1, 0, &whole[..32_768]));
    tape.bytes(120, false, &reply(0, 0, &whole[32_768..]));
    let elapsed = Duration::from_millis(40);
    let (error, payload) = (ErrorByte::SUCCESS, Bytes::from(whole));
    tape.event(
        120,
        Event::Reply(Reply {
            ticket,
            permid,
            message,
            channel,
            error,
            payload,
            parts: 2,
            elapsed,
            dialled_back: false,
        }),
    );
    tape.fact(140, Trace::Closed(Failure::new(Cause::Closed, By::Peer, "")));
    tape.end(home)
}

/// What tshark prints of these fields, a packet each.
fn read(home: &Home, capture: &Path, filter: &str, fields: &[&str]) -> Vec<Vec<String>> {
    let lua = concat!("lua_script:", env!("CARGO_MANIFEST_DIR"), "/contrib/wireshark/overlay.lua");
    let mut command = Command::new("tshark");
    command.args(["-X", lua, "-Y", filter, "-T", "fields", "-E", "separator=|", "-r"]).arg(capture);
    command.args(fields.iter().flat_map(|field| ["-e", field]));
    let output =
        command.env("HOME", home.path()).stdin(Stdio::null()).output().expect("tshark runs");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && !errors.contains("Lua"), "{errors}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(|line| line.split('|').map(str::to_owned).collect()).collect()
}

fn exported(home: &Home, more: &[&str]) -> PathBuf {
    let args = [&["recording", "export", "a.recording", "--out", "a.pcapng"][..], more].concat();
    let outcome = home.run(&args);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    home.path().join("a.pcapng")
}

#[test]
fn wireshark_reads_a_recording_frame_by_frame() {
    let home = Home::new();
    recording(&home, false);
    let capture = exported(&home, &[]);
    if !tshark_is_here() {
        return;
    }
    let tcp = read(&home, &capture, "tcp", &["ip.src", "tcp.srcport", "tcp.flags.str", "tcp.seq"]);
    let syn: Vec<&str> = tcp[..3].iter().map(|row| row[2].as_str()).collect();
    assert!(syn[0].contains('S') && !syn[0].contains('A'), "{syn:?}");
    assert!(syn[1].contains('S') && syn[1].contains('A') && !syn[2].contains('S'), "{syn:?}");
    assert_eq!((&*tcp[0][0], &*tcp[1][0], &*tcp[1][1]), ("192.0.2.1", "203.0.113.9", "7760"));
    let last = tcp.last().expect("packets");
    assert!(last[0] == "203.0.113.9" && last[2].contains('F'), "the peer closed: {last:?}");

    let fields = ["frame.time_epoch", "ip.src", "overlay.id", "overlay.crawler.message"];
    let more = ["overlay.crawler.channel", "overlay.crawler.frequency"];
    let rest = ["overlay.crawler.parts_left", "overlay.crawler.error", "overlay.length"];
    let rows =
        read(&home, &capture, "overlay.crawler.channel", &[&fields[..], &more, &rest].concat());
    let short: Vec<String> = rows.iter().map(|row| row[1..].join(" ")).collect();
    let (us, them) = ("192.0.2.1", "203.0.113.9");
    assert_eq!(
        short,
        [
            format!("{us} 232 1 17 3600   13"),
            format!("{them} 231 1 17  1 0 32773"),
            format!("{them} 231 1 17  0 0 7237"),
        ]
    );
    assert!(rows[0][0].starts_with("1795349071.08"), "80 ms after the start: {:?}", rows[0]);

    let names = ["overlay.handshake.port", "overlay.handshake.lowest", "overlay.handshake.current"];
    let shaken = read(&home, &capture, "overlay.handshake.current", &names);
    assert_eq!(shaken, [["0", "7", "18"], ["7760", "7", "18"]]);
    let buddycast = read(&home, &capture, "overlay.id == 249", &["overlay.bencode"]);
    assert_eq!(buddycast, [["d2:ip9:192.0.2.14:porti7760ee"]]);
}

#[test]
fn nothing_in_a_capture_is_out_of_order_or_malformed() {
    let home = Home::new();
    recording(&home, false);
    let capture = exported(&home, &[]);
    if !tshark_is_here() {
        return;
    }
    let odd = "tcp.analysis.flags or _ws.malformed or _ws.expert.severity >= 6291456";
    assert_eq!(read(&home, &capture, odd, &["frame.number", "_ws.expert.message"]), [[""; 0]; 0]);
    let bad = "tcp.checksum.status == 0 or ip.checksum.status == 0";
    assert_eq!(read(&home, &capture, bad, &["frame.number"]), [[""; 0]; 0]);
}

#[test]
fn what_is_known_of_a_packet_is_its_comment() {
    let home = Home::new();
    recording(&home, false);
    let capture = exported(&home, &[]);
    if !tshark_is_here() {
        return;
    }
    let comments: Vec<String> = read(&home, &capture, "frame.comment", &["frame.comment"])
        .into_iter()
        .map(|row| row.join("|"))
        .collect();
    let all = comments.join("\n");
    for part in [&*PEER.to_string(), "TLS 1.3 is up", "reply: ", "closed by the peer"] {
        assert!(all.contains(part), "{part}: {all}");
    }
}

#[test]
fn hidden_addresses_are_in_no_byte_of_a_capture() {
    for (recorded, option) in [(true, &[][..]), (false, &["--privacy"])] {
        let home = Home::new();
        recording(&home, recorded);
        let bytes = std::fs::read(exported(&home, option)).expect("a file");
        let has = |what: &[u8]| bytes.windows(what.len()).any(|at| at == what);
        assert!(!has(&[203, 0, 113, 9]) && !has(b"203.0.113.9") && !has(b"192.0.2.14"));
        assert!(!has(PEER.to_string().as_bytes()));
        assert!(has(&[0xfd, 0, 0, 0]));
    }
}

#[test]
fn a_recording_is_exported_as_lines_and_unknown_formats_are_refused() {
    let home = Home::new();
    recording(&home, false);
    let export = |out: &str| home.run(&["recording", "export", "a.recording", "--out", out]);
    let outcome = export("a.parquet");
    assert_eq!(outcome.code, 2, "{outcome:?}");
    for known in [".pcapng", ".ndjson", ".jsonl", ".csv"] {
        assert!(outcome.stderr.contains(known), "{outcome:?}");
    }
    assert_eq!(export("a.ndjson").code, 0);
    let text = std::fs::read_to_string(home.path().join("a.ndjson")).expect("a file");
    let line: serde_json::Value = serde_json::from_str(&text).expect("one line");
    assert_eq!(line["sent_at"], "2026-11-22T12:04:31.080000Z");
    assert_eq!((&line["outcome"], &line["reply_bytes"]), (&"malformed".into(), &40_000.into()));
    assert_eq!(export("a.ndjson").code, 1, "what is there is not replaced");
}
