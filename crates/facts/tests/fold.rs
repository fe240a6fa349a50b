//! Events in, facts out: as a crawler without a screen sees it.
#![allow(clippy::disallowed_methods)] // an origin for virtual time

use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use swarmscope_facts::request::Outcome;
use swarmscope_facts::{
    Change, Facts, Input, Naming, News, Now, Peer, Settings, news, peer::State,
};
use swarmscope_peer::crawler::{Acceptance, decode_reply};
use swarmscope_peer::node::{Direction, Event, Origin, PeerKey, Reply, Source, Ticket, Transport};
use swarmscope_probes::Statistics;
use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::frame::FrameId;
use swarmscope_wire::mask::Mask;
use swarmscope_wire::{
    ChannelId, ErrorByte, Frequency, MessageId, OverlayVersion, PartsLeft, Permid,
};

const WHO: Permid = Permid::Ed25519([1; 32]);
const HOUR: Frequency = Frequency(3600);

fn start() -> Now {
    Now { instant: Instant::now(), wall: SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000) }
}

fn key(n: u8) -> PeerKey {
    PeerKey::Permid(Permid::Ed25519([n; 32]))
}

fn connected(was: Option<PeerKey>) -> Event {
    Event::Connected {
        permid: WHO,
        was,
        address: ([192, 0, 2, 7], 7760).into(),
        listening_port: 7760,
        version: OverlayVersion::CURRENT,
        transport: Transport::Tls,
        direction: Direction::Outgoing,
        rtt: Duration::from_millis(3),
    }
}

fn sent(ticket: u64) -> Event {
    Event::Sent {
        ticket: Ticket(ticket),
        permid: WHO,
        message: MessageId::NATCHECK,
        channel: ChannelId(7),
        frequency: HOUR,
        payload: Bytes::new(),
        origin: Origin::Operator,
    }
}

fn part(ticket: u64, bytes: usize) -> Event {
    Event::Part {
        ticket: Ticket(ticket),
        permid: WHO,
        channel: ChannelId(7),
        index: 1,
        parts_left: PartsLeft(0),
        error: ErrorByte::SUCCESS,
        payload: vec![0; bytes].into(),
        after: Duration::from_millis(20),
    }
}

fn reply(ticket: u64, error: u8, payload: impl Into<Bytes>) -> Event {
    Event::Reply(Reply {
        ticket: Ticket(ticket),
        permid: WHO,
        message: MessageId::NATCHECK,
        channel: ChannelId(7),
        error: ErrorByte(error),
        payload: payload.into(),
        parts: 1,
        elapsed: Duration::from_millis(30),
        dialled_back: false,
    })
}

fn told(changes: &[Change]) -> Vec<&News> {
    changes
        .iter()
        .filter_map(|change| if let Change::News(news) = change { Some(news) } else { None })
        .collect()
}

#[test]
fn a_peer_is_dialled_asked_and_answers() {
    let (mut facts, now) = (Facts::default(), start());
    let dialled = PeerKey::Address("peer.example:7760".to_owned());
    let source = Source::Operator;
    facts.fold(
        now,
        Event::Discovered { peer: dialled.clone(), address: None, version: None, source },
    );
    let changes = facts.fold(now, connected(Some(dialled.clone())));
    assert_eq!(
        changes[0],
        Change::Renamed { was: dialled.clone(), now: key(1) },
        "an address turned out to be somebody"
    );
    assert!(facts.peer(&dialled).is_none() && facts.peer(&key(1)).is_some_and(Peer::connected));
    facts.fold(now, sent(1));
    facts.fold(now, part(1, 9));
    let registry = swarmscope_probes::registry(Statistics::empty());
    for change in facts.fold(now, reply(1, 0, "Open Internet:x")) {
        if let Change::ToDecode { permid, ticket, message, error, payload } = change {
            let decoding = decode_reply(&registry, message, error, &payload);
            facts.fold(now, Input::Decoded { permid, ticket, decoding });
        }
    }
    let request = facts.request(&key(1), Ticket(1)).expect("it is kept");
    assert_eq!((request.number, request.bytes, request.part_count()), (1, 9, 1));
    assert!(request.reply().is_some_and(|reply| reply.decoding.is_some()), "{:?}", request.outcome);
    let later = Instant::now();
    let acceptance = facts.acceptance().acceptance(WHO, MessageId::NATCHECK, HOUR, later);
    assert!(
        matches!(acceptance, Acceptance::In(left) if left > Duration::from_secs(3500)),
        "{acceptance:?}"
    );
}

#[test]
fn a_254_says_when_to_ask_again_only_as_far_as_that_is_known() {
    let (mut facts, now) = (Facts::default(), start());
    facts.fold(now, connected(None));
    facts.fold(now, sent(1));
    let changes = facts.fold(now, reply(1, 254, ""));
    let news = told(&changes);
    let registry = swarmscope_probes::registry(Statistics::empty());
    let naming = Naming { privacy: false, mask: Mask::new([7; 32]) };
    assert_eq!(news[0].kind, news::Kind::NotYet);
    let text = news[0].text(&registry, &naming);
    assert!(text.contains("at latest"), "another Crawler asked, nobody knows when: {text}");
}

#[test]
fn the_same_failure_again_is_known_and_another_connection_hides_it() {
    let (mut facts, now) = (Facts::default(), start());
    let failed = |attempt| {
        let failure = Failure::new(Cause::TcpRefused, By::Network, "");
        Event::ConnectFailed { peer: key(1), failure, attempt, gives_up_at: 28, again_in: None }
    };
    assert!(!told(&facts.fold(now, failed(1)))[0].known);
    assert!(told(&facts.fold(now, failed(2)))[0].known);
    assert!(matches!(
        facts.peer(&key(1)).map(|peer| &peer.state),
        Some(State::Failed { attempt: 2, .. })
    ));
    facts.fold(now, connected(None));
    assert_eq!(facts.fold(now, failed(3)), [], "another connection to it stands");
}

#[test]
fn memory_is_bounded_by_what_the_settings_say() {
    let settings = Settings {
        peers: 3,
        requests_per_peer: 2,
        parts_per_request: 1,
        replies: 1,
        ..Settings::default()
    };
    let (mut facts, now) = (Facts::new(settings), start());
    facts.fold(now, connected(None));
    for n in 2..=9 {
        facts.fold(
            now,
            Event::Discovered {
                peer: key(n),
                address: None,
                version: None,
                source: Source::Bootstrap,
            },
        );
    }
    assert_eq!((facts.peers().len(), facts.peers().unlisted), (3, 6), "those beyond are counted");
    for ticket in 1..=5 {
        facts.fold(now, sent(ticket));
        facts.fold(now, part(ticket, 10));
        facts.fold(now, part(ticket, 10));
        facts.fold(now, reply(ticket, 0, vec![0; 20]));
    }
    let requests = &facts.peer(&key(1)).expect("there").requests;
    assert_eq!(
        requests.iter().map(|request| request.number).collect::<Vec<_>>(),
        [4, 5],
        "the oldest made room"
    );
    assert!(
        requests.iter().all(|request| request.parts.len() == 1 && request.bytes == 20),
        "counted, not all kept"
    );
    let payloads = requests
        .iter()
        .filter(|request| request.reply().is_some_and(|reply| reply.payload.is_some()));
    assert_eq!(
        (payloads.count(), facts.held().len()),
        (1, 1),
        "older replies keep their line, not their bytes"
    );
    assert!(matches!(requests[0].outcome, Outcome::Replied(_)));
}

#[test]
fn a_count_of_nothing_is_no_news_and_no_panic() {
    let (mut facts, now) = (Facts::default(), start());
    for times in [0, 1, 9, 10, 11, 16, 17] {
        let id = swarmscope_wire::frame::FrameId(77);
        let news = facts.fold(now, Event::FrameDropped { permid: WHO, id, times }).len();
        assert_eq!(news, usize::from((1..10).contains(&times) || times == 16), "{times}");
    }
}

#[test]
fn a_copy_shares_what_has_not_changed() {
    let (mut facts, now) = (Facts::default(), start());
    facts.fold(now, connected(None));
    facts.fold(
        now,
        Event::Discovered { peer: key(2), address: None, version: None, source: Source::Bootstrap },
    );
    let before = facts.clone();
    facts.fold(now, sent(1));
    let same =
        |n| std::ptr::eq(facts.peer(&key(n)).expect("there"), before.peer(&key(n)).expect("there"));
    assert!(same(2) && !same(1), "a replay keeps many copies");
    assert!(before.peer(&key(1)).is_some_and(|peer| peer.requests.is_empty()));
}

/// A recording of a session with a screen, as the terminal program writes it.
fn written() -> String {
    use swarmscope_facts::recording::{FORMAT, Header, Line, MAGIC, What};
    let header = Header {
        magic: MAGIC.to_owned(),
        format: FORMAT,
        program: "test".to_owned(),
        started: 1_000_000,
        size: (80, 24),
        privacy: false,
        title: String::new(),
        ids: Vec::new(),
        keys: Vec::new(),
        kept: Vec::new(),
    };
    let inputs =
        [Input::Event(connected(None)), Input::Event(sent(1)), Input::Event(reply(1, 0, "x"))];
    let line =
        |(at, input)| serde_json::to_string(&Line(at, What::Msg(input))).expect("a line") + "\n";
    let lines: Vec<String> = (0..).zip(inputs).map(line).collect();
    let keys = "[1,{\"msg\":{\"key\":\"q\"}}]\n[1,{\"msg\":\"wake\"}]\n[2,{\"msg\":{\"resize\":[80,24]}}]\n";
    serde_json::to_string(&header).expect("a header")
        + "\n"
        + &lines.concat()
        + keys
        + "[9,\"end\"]\n"
}

#[test]
fn a_recording_of_a_screen_folds_to_the_same_facts_without_one() {
    use swarmscope_facts::recording::{Line, Recording, Told, What, read};
    let (mut facts, now) = (Facts::default(), start());
    let recording: Recording<Told> = read(written().as_bytes()).expect("it reads");
    let mut others = 0;
    for Line(at, what) in recording.lines {
        let now = Now { instant: now.instant + Duration::from_micros(at.unsigned_abs()), ..now };
        match what {
            What::Msg(Told::Input(input)) => drop(facts.fold(now, *input)),
            What::Msg(Told::Other) => others += 1,
            What::Read(..) | What::Lost(_) | What::End => {}
        }
    }
    assert_eq!(others, 3, "keys and the like");
    assert!(facts.request(&key(1), Ticket(1)).is_some_and(|request| request.reply().is_some()));
    let broken = written().replace("\"listening_port\":7760", "\"listening_port\":-1");
    let error = read::<Told>(broken.as_bytes())
        .expect_err("an input that does not read is none of the others");
    assert!(error.to_string().starts_with("line 2: "), "{error}");
}

#[test]
fn what_is_known_can_be_told_again() {
    let (mut facts, now) = (Facts::default(), start());
    for event in [connected(None), sent(1), part(1, 4), reply(1, 0, "xxxx"), sent(2)] {
        facts.fold(now, event);
    }
    let mut again = Facts::default();
    for (at, input) in swarmscope_facts::recording::past(&facts, now) {
        again.fold(at, input);
    }
    let requests = |facts: &Facts| {
        let peer = facts.peer(&key(1)).expect("it is there");
        let told = peer
            .requests
            .iter()
            .map(|request| (request.number, request.bytes, request.in_flight()));
        (peer.connected(), peer.rtt, told.collect::<Vec<_>>())
    };
    assert_eq!(requests(&again), requests(&facts));
}

#[test]
fn a_frame_that_is_ours_is_not_said_to_be_a_stranger_s() {
    let (mut facts, now) = (Facts::default(), start());
    facts.fold(now, connected(None));
    let registry = swarmscope_probes::registry(Statistics::empty());
    let naming = Naming { privacy: false, mask: Mask::new([7; 32]) };
    for (id, says) in [(FrameId::BUDDYCAST, "was not taken"), (FrameId(239), "is not ours")] {
        let changes = facts.fold(now, Event::FrameDropped { permid: WHO, id, times: 1 });
        let text = told(&changes)[0].text(&registry, &naming);
        assert!(text.contains(says), "{text}");
    }
}

#[test]
fn who_is_forgotten_leaves_nothing_but_when_it_accepts() {
    let (mut facts, now) = (Facts::default(), start());
    for event in [connected(None), sent(1), reply(1, 0, &b"de"[..])] {
        facts.fold(now, event);
    }
    assert!(facts.fold(now, Input::Forgotten(key(1))).is_empty(), "it is connected");
    assert_eq!(facts.peers().len(), 1);
    let failure = Failure::new(Cause::Closed, By::Peer, "");
    facts.fold(now, Event::Disconnected { permid: WHO, failure });
    facts.take_changed();
    assert_eq!(facts.fold(now, Input::Forgotten(key(1))), [Change::Forgotten(key(1))]);
    assert!(facts.peers().is_empty() && facts.peer(&key(1)).is_none());
    assert_eq!(facts.take_changed().len(), 1, "whoever lists peers is told");
    assert!(facts.held().is_empty() && facts.held().bytes() == 0);
    assert_eq!(facts.conversations().held(), (0, 0));
    let accepts = facts.acceptance().acceptance(WHO, MessageId::NATCHECK, HOUR, now.instant);
    assert!(matches!(accepts, Acceptance::In(_)), "it answers 254 all the same: {accepts:?}");
    assert!(facts.fold(now, Input::Forgotten(key(1))).is_empty(), "nothing is left of it");
    facts.fold(now, connected(None));
    assert!(facts.peer(&key(1)).is_some_and(|peer| peer.requests.is_empty()), "it is a new one");
}

#[test]
fn who_owes_an_answer_is_not_forgotten() {
    let (mut facts, now) = (Facts::default(), start());
    for event in [connected(None), sent(1)] {
        facts.fold(now, event);
    }
    let failure = Failure::new(Cause::Closed, By::Peer, "");
    facts.fold(now, Event::AwaitingDialBack { ticket: Ticket(1), permid: WHO });
    facts.fold(now, Event::Disconnected { permid: WHO, failure });
    facts.fold(now, Input::Forgotten(key(1)));
    assert_eq!(facts.peers().len(), 1);
}
