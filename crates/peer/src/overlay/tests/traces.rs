//! What those who watch are told: every byte once, in both directions, for both versions and both
//! roles.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::raw;
use super::support::*;
use crate::identity::Identities;
use crate::overlay::tls::Tls;
use crate::overlay::{Limits, OverlayEvent, Trace, Traced, Watched};
use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::frame::FrameId;
use swarmscope_wire::trace::{Kind, Piece};

/// The steps up to the end of the connection, and under which names they came.
async fn steps(peer: &mut Peer) -> (Vec<Traced>, Vec<Watched>) {
    let (mut steps, mut names) = (Vec::new(), Vec::new());
    loop {
        match peer.next().await {
            OverlayEvent::Traced { watched, traced } => {
                steps.push(traced);
                names.push(watched);
            }
            OverlayEvent::Closed { .. }
            | OverlayEvent::DialFailed { .. }
            | OverlayEvent::AcceptFailed { .. } => {
                return (steps, names);
            }
            _ => {}
        }
    }
}

fn sent(steps: &[Traced]) -> Vec<Piece> {
    let sent = |traced: &Traced| {
        if let Trace::Sent(piece) = &traced.what { Some(piece.clone()) } else { None }
    };
    steps.iter().filter_map(sent).collect()
}

fn received(steps: &[Traced]) -> Vec<Piece> {
    let got = |traced: &Traced| {
        if let Trace::Received(piece) = &traced.what { Some(piece.clone()) } else { None }
    };
    steps.iter().filter_map(got).collect()
}

fn bytes(pieces: &[Piece]) -> u64 {
    pieces.iter().map(|piece| piece.length).sum()
}

/// The steps without bytes, in a word each.
fn facts(steps: &[Traced]) -> Vec<&'static str> {
    let word = |traced: &Traced| match &traced.what {
        Trace::Resolving { .. } => Some("resolving"),
        Trace::Dialling(_) => Some("dialling"),
        Trace::Open => Some("open"),
        Trace::Accepted(_) => Some("accepted"),
        Trace::Tls => Some("tls"),
        Trace::Authenticated => Some("authenticated"),
        Trace::Closed(_) => Some("closed"),
        Trace::Lost(_) => Some("lost"),
        Trace::Unwatched(_) => Some("unwatched"),
        Trace::Sent(_) | Trace::Received(_) => None,
    };
    steps.iter().filter_map(word).collect()
}

/// A few frames each way and an orderly end, both sides traced.
async fn conversation(identities: fn(u8) -> Identities) -> [Vec<Traced>; 2] {
    let (mut dialler, mut acceptor) =
        (Peer::traced(identities(1)).await, Peer::traced(identities(2)).await);
    dialler.dial(acceptor.port(), None);
    let (out, into) = (connected(&mut dialler).await, connected(&mut acceptor).await);
    dialler.overlay.send(out.0, frame(232, b"\x03\x07\x00\x00")).unwrap();
    acceptor.overlay.send(into.0, frame(239, b"not ours")).unwrap();
    acceptor.overlay.send(into.0, filled(231, 7, 32_772)).unwrap();
    acceptor.overlay.send(into.0, filled(231, 8, 200_000)).unwrap();
    dialler.overlay.send(out.0, frame(240, b"")).unwrap();
    let (near, far) = (frames(&mut dialler, 3).await, frames(&mut acceptor, 2).await);
    dialler.overlay.close(out.0, Failure::new(Cause::Stopped, By::Us, "done"));
    let last = (steps(&mut dialler).await.0, steps(&mut acceptor).await.0);
    [[out.1, near, last.0].concat(), [into.1, far, last.1].concat()]
}

/// The steps until so many frames have come.
async fn frames(peer: &mut Peer, count: usize) -> Vec<Traced> {
    let (mut steps, mut come) = (Vec::new(), 0);
    while come < count {
        match peer.next().await {
            OverlayEvent::Traced { traced, .. } => steps.push(traced),
            OverlayEvent::Frame { .. } => come += 1,
            _ => {}
        }
    }
    steps
}

/// The connection, and the steps told until then.
async fn connected(peer: &mut Peer) -> (crate::overlay::ConnId, Vec<Traced>) {
    let mut before = Vec::new();
    loop {
        match peer.next().await {
            OverlayEvent::Traced { watched, traced } => {
                assert!(
                    matches!(watched, Watched::Attempt(_)),
                    "only a dial is told of before it is authenticated"
                );
                before.push(traced);
            }
            OverlayEvent::Connected { conn, .. } => return (conn, before),
            _ => {}
        }
    }
}

#[tokio::test]
async fn what_one_side_sends_is_what_the_other_receives_byte_by_byte() {
    for identities in [legacy as fn(u8) -> Identities, current] {
        let [near, far] = conversation(identities).await;
        assert_eq!((sent(&near), sent(&far)), (received(&far), received(&near)));
        let kinds: Vec<_> = sent(&near).iter().map(|piece| piece.kind).collect();
        let tls = facts(&near).contains(&"tls");
        let auth: &[FrameId] =
            if tls { &[FrameId::HELLO] } else { &[FrameId::CHALLENGE, FrameId::RESPONSE2] };
        let ours = [FrameId::CRAWLER_REQUEST, FrameId::KEEP_ALIVE];
        let frames = auth.iter().chain(&ours).map(|id| Kind::Frame(*id));
        assert_eq!(kinds, [Kind::Handshake].into_iter().chain(frames).collect::<Vec<_>>());
        assert_eq!(sent(&far).iter().map(|piece| piece.length).max(), Some(200_005));
        assert!([near, far].iter().all(|steps| steps.is_sorted_by_key(|step| step.after)));
    }
}

#[tokio::test]
async fn the_facts_between_the_bytes_are_told_in_order() {
    let [near, far] = conversation(legacy).await;
    assert_eq!(facts(&near), ["resolving", "dialling", "open", "authenticated", "closed"]);
    assert_eq!(facts(&far), ["accepted", "authenticated", "closed"]);
    let [near, far] = conversation(current).await;
    assert_eq!(facts(&near), ["resolving", "dialling", "open", "tls", "authenticated", "closed"]);
    assert_eq!(facts(&far), ["accepted", "tls", "authenticated", "closed"]);
    let Some(Trace::Closed(failure)) = near.last().map(|traced| &traced.what) else {
        panic!("{near:?}")
    };
    assert_eq!((failure.cause, failure.by), (Cause::Stopped, By::Us));
}

/// A relay between two legacy peers counts what passes: on an unencrypted connection that is every
/// byte.
#[tokio::test]
async fn the_lengths_are_those_of_the_wire() {
    let (mut dialler, mut acceptor) =
        (Peer::traced(legacy(1)).await, Peer::traced(legacy(2)).await);
    let relay = TcpListener::bind(("127.0.0.2", acceptor.port())).await.unwrap();
    dialler.dial_at(&relay.local_addr().unwrap(), None);
    let (mut near, _) = relay.accept().await.unwrap();
    let mut far = TcpStream::connect(("127.0.0.1", acceptor.port())).await.unwrap();
    let passing =
        tokio::spawn(
            async move { tokio::io::copy_bidirectional(&mut near, &mut far).await.unwrap() },
        );
    let (conn, mut all) = connected(&mut dialler).await;
    for n in 0..50 {
        dialler.overlay.send(conn, filled(3, n, 1000 * usize::from(n))).unwrap();
    }
    dialler.overlay.close(conn, Failure::new(Cause::Stopped, By::Us, ""));
    all.extend(steps(&mut dialler).await.0);
    let (theirs, names) = steps(&mut acceptor).await;
    assert!(names.iter().all(|name| matches!(name, Watched::Conn(_))));
    let (out, back) = passing.await.unwrap();
    assert_eq!((bytes(&sent(&all)), bytes(&received(&all))), (out, back));
    assert_eq!((bytes(&sent(&theirs)), bytes(&received(&theirs))), (back, out));
}

#[tokio::test]
async fn a_stranger_s_answer_is_shown_as_it_came() {
    let mut dialler = Peer::traced(legacy(1)).await;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    dialler.dial(listener.local_addr().unwrap().port(), None);
    let (mut socket, _) = listener.accept().await.unwrap();
    socket.read_exact(&mut [0; 68]).await.unwrap();
    socket.write_all(b"HTTP/1.1 400 Bad Request\r\n").await.unwrap();
    let (steps, _) = steps(&mut dialler).await;
    assert_eq!(facts(&steps), ["resolving", "dialling", "open", "closed"]);
    let [scrap] = &received(&steps)[..] else { panic!("{steps:?}") };
    assert_eq!(
        (scrap.kind, scrap.whole, &scrap.bytes[..]),
        (Kind::Scrap, false, &b"HTTP/1.1 400 Bad Request\r\n"[..])
    );
}

#[tokio::test]
async fn who_never_authenticates_is_not_told_of_and_who_does_not_ask_hears_nothing() {
    let mut acceptor = Peer::traced(legacy(2)).await;
    let mut stranger = TcpStream::connect(("127.0.0.1", acceptor.port())).await.unwrap();
    stranger.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    assert_eq!(steps(&mut acceptor).await.0, []);

    let (mut one, mut other) = (Peer::start(current(1)).await, Peer::start(current(2)).await);
    let (out, _) = connect(&mut one, &mut other).await;
    one.overlay.close(out.conn, Failure::new(Cause::Stopped, By::Us, ""));
    assert_eq!(steps(&mut one).await.0, []);
}

/// Far more frames in one record of TLS than there is room for events: the connection goes on, and
/// the steps that the reader missed are counted.
#[tokio::test]
async fn a_slow_reader_misses_steps_and_is_told_how_many() {
    const FRAMES: usize = 1000;
    let limits = Limits { events: 16, ..Limits::default() };
    let mut peer = Peer::configured(current(1), true, &limits, true).await;
    let tls = Tls::new(current(2).current.as_ref().unwrap(), None).unwrap();
    let mut stream = raw::connect(peer.port(), &tls).await;
    while !matches!(peer.next().await, OverlayEvent::Connected { .. }) {}
    let burst = frame(3, b"few bytes").encode().repeat(FRAMES);
    assert!(burst.len() < 1 << 14, "one record: they are there all at once");
    stream.write_all(&burst).await.unwrap();
    drop(stream);
    let (mut told, mut lost, mut delivered) = (0, 0, 0);
    loop {
        match peer.next().await {
            OverlayEvent::Traced { traced, .. } => match traced.what {
                Trace::Received(Piece { kind: Kind::Frame(FrameId(3)), .. }) => told += 1,
                Trace::Lost(count) => lost += count,
                _ => {}
            },
            OverlayEvent::Frame { .. } => delivered += 1,
            OverlayEvent::Closed { .. } => break,
            _ => {}
        }
    }
    assert!(told > 0 && lost > 0, "{told} told, {lost} lost");
    assert_eq!((told + lost, delivered), (FRAMES as u64, FRAMES));
}
