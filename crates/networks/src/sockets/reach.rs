//! The rungs of REACH over real sockets.

use std::net::SocketAddr;
use std::time::Duration;

use swarmscope_peer::crawler::Target as Place;
use swarmscope_wire::OverlayVersion;
use swarmscope_wire::bittorrent::handshake::PLAIN;
use swarmscope_wire::bittorrent::mse::{KEY_LEN, SecretKey};
use swarmscope_wire::bittorrent::utp::{Packet, PacketType};
use swarmscope_wire::failure::{Cause, Failure};
use swarmscope_wire::handshake::{HANDSHAKE_LEN, Handshake, PeerId};
use swarmscope_wire::krpc::{Question, Security};
use swarmscope_wire::text;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::stream::Stream;
use super::{deadline, dht, udp};
use crate::reach::banner::{self, MAX_BANNER};
use crate::reach::{DhtNode, Findings, Name, Outcome, Rung, version_words};

/// How long each rung waits, beside the time that a connection took to be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timings {
    /// For a connection, and for the node's answer.
    pub connect: Duration,
    /// After 20 bytes: a client that forces encryption closes at once.
    pub plain: Duration,
    /// After the overlay's handshake.
    pub overlay: Duration,
    /// After a key: the slowest client measured took 1.0 s, and twice that leaves room for a busy
    /// host. All of REACH takes at most 3 s of a client that answers within 1.5 s.
    pub mse: Duration,
    /// After a request for headers.
    pub http: Duration,
    /// After each of two SYNs.
    pub utp: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        let ms = Duration::from_millis;
        Self {
            connect: ms(2500),
            plain: ms(350),
            overlay: ms(700),
            mse: ms(2000),
            http: ms(700),
            utp: ms(200),
        }
    }
}

/// What the rungs of one kind of socket found.
#[derive(Default)]
struct Part {
    no_connection: Option<Cause>,
    banner: Vec<u8>,
    overlay: Option<OverlayVersion>,
    node: Option<DhtNode>,
}

/// Where rungs go as they end.
struct Ladder(mpsc::UnboundedSender<Rung>);

impl Ladder {
    fn end(
        &self,
        name: Name,
        outcome: Outcome,
        detail: impl Into<String>,
        begun: Instant,
    ) -> Outcome {
        let _ = self.0.send(Rung { name, outcome, detail: detail.into(), took: begun.elapsed() });
        outcome
    }
}

/// Finds out what listens at a place, without an infohash. `on_rung` hears of each rung as it ends.
pub async fn reach(place: &Place, timings: Timings, mut on_rung: impl FnMut(&Rung)) -> Findings {
    let (sender, mut rungs) = mpsc::unbounded_channel();
    let ladder = Ladder(sender);
    let mut findings = Findings::default();
    let climb = async move {
        let begun = Instant::now();
        match super::resolve(place).await {
            Err(failure) => {
                ladder.end(Name::Resolve, Outcome::Unreachable, failure.detail, begun);
                Part { no_connection: Some(Cause::NotFound), ..Part::default() }
            }
            Ok(address) => {
                ladder.end(Name::Resolve, Outcome::Ok, address.to_string(), begun);
                climb(address, timings, &ladder).await
            }
        }
    };
    tokio::pin!(climb);
    let part = loop {
        tokio::select! {
            biased;
            Some(rung) = rungs.recv() => {
                on_rung(&rung);
                findings.rungs.push(rung);
            }
            part = &mut climb => break part,
        }
    };
    while let Ok(rung) = rungs.try_recv() {
        on_rung(&rung);
        findings.rungs.push(rung);
    }
    let Part { no_connection, banner, overlay, node } = part;
    Findings { no_connection, banner, overlay, node, ..findings }
}

async fn climb(address: SocketAddr, timings: Timings, ladder: &Ladder) -> Part {
    let streams = async {
        let part = over_tcp(address, timings, ladder).await;
        if part.overlay.is_none() && part.banner.is_empty() {
            utp(address, timings, ladder).await;
        }
        part
    };
    let (part, node) = tokio::join!(streams, krpc(address, timings, ladder));
    Part { node, ..part }
}

async fn over_tcp(address: SocketAddr, timings: Timings, ladder: &Ladder) -> Part {
    let begun = Instant::now();
    let mut part = Part::default();
    let stream = match Stream::connect(address, timings.connect).await {
        Ok(stream) => stream,
        Err(failure) => {
            ladder.end(Name::Tcp, unconnected(&failure), failure.detail.clone(), begun);
            part.no_connection = Some(failure.cause);
            return part;
        }
    };
    ladder.end(Name::Tcp, Outcome::Ok, address.to_string(), begun);
    let way = stream.connected_after * 2;
    let plain = plain_and_overlay(stream, timings, ladder, &mut part).await;
    if part.overlay.is_some() || !part.banner.is_empty() {
        return part;
    }
    let mse = mse(address, timings, way, ladder, &mut part).await;
    let is_unknown = plain == Outcome::Waits && mse != Outcome::Ok && part.banner.is_empty();
    if is_unknown {
        http(address, timings, way, ladder, &mut part).await;
    }
    part
}

fn unconnected(failure: &Failure) -> Outcome {
    match failure.cause {
        Cause::TcpRefused => Outcome::Refused,
        Cause::TcpTimeout => Outcome::Timeout,
        _ => Outcome::Unreachable,
    }
}

/// 20 bytes, and where they are met with patience the rest of the overlay's handshake.
async fn plain_and_overlay(
    mut stream: Stream,
    timings: Timings,
    ladder: &Ladder,
    part: &mut Part,
) -> Outcome {
    let way = stream.connected_after * 2;
    let begun = Instant::now();
    stream.write(PLAIN).await;
    let (said, closed) = stream.read_at_least(1, begun + way + timings.plain).await;
    let outcome = match (said.is_empty(), closed) {
        (true, true) => ladder.end(Name::Plain, Outcome::Closed, "closed without a byte", begun),
        (true, false) => ladder.end(Name::Plain, Outcome::Waits, "open, waiting for more", begun),
        (false, _) => {
            let more =
                stream.read_at_least(MAX_BANNER, Instant::now() + way + timings.plain).await.0;
            other(Name::Plain, [said, more].concat(), ladder, part, begun)
        }
    };
    if outcome != Outcome::Waits {
        return outcome;
    }
    let begun = Instant::now();
    let ours = match super::random() {
        Ok(mut random) => {
            PeerId::new(random.bytes(), 0, OverlayVersion::LEGACY_LOWEST, OverlayVersion::CURRENT)
        }
        Err(_) => return outcome,
    };
    stream.write(&Handshake::new(ours).encode()[PLAIN.len()..]).await;
    let (said, closed) = stream.read_at_least(HANDSHAKE_LEN, begun + way + timings.overlay).await;
    let theirs =
        said.first_chunk::<HANDSHAKE_LEN>().and_then(|whole| Handshake::decode(whole).ok());
    if let Some(theirs) = theirs {
        part.overlay = Some(theirs.peer_id.current());
        ladder.end(
            Name::Overlay,
            Outcome::Ok,
            format!("version {}", theirs.peer_id.current()),
            begun,
        );
    } else if !said.is_empty() {
        other(Name::Overlay, said, ladder, part, begun);
    } else if closed {
        ladder.end(
            Name::Overlay,
            Outcome::Closed,
            "closed without a byte: not an overlay peer",
            begun,
        );
    } else {
        ladder.end(Name::Overlay, Outcome::Waits, "open, silent", begun);
    }
    outcome
}

/// Something said something that is of none of the protocols here.
fn other(name: Name, said: Vec<u8>, ladder: &Ladder, part: &mut Part, begun: Instant) -> Outcome {
    let detail = text::clip(&said, 60);
    part.banner = said;
    part.banner.truncate(MAX_BANNER);
    ladder.end(name, Outcome::Other, detail, begun)
}

async fn mse(
    address: SocketAddr,
    timings: Timings,
    way: Duration,
    ladder: &Ladder,
    part: &mut Part,
) -> Outcome {
    let begun = Instant::now();
    let Ok(mut random) = super::random() else { return Outcome::Timeout };
    let key = SecretKey::new(random.bytes()).public();
    let mut stream = match Stream::connect(address, timings.connect).await {
        Ok(stream) => stream,
        Err(failure) => return ladder.end(Name::Mse, unconnected(&failure), failure.detail, begun),
    };
    stream.write(&key.0).await;
    let sent = Instant::now();
    let (said, closed) = stream.read_at_least(KEY_LEN, sent + way + timings.mse).await;
    let speaks_otherwise = banner::protocol(&said).is_some() || text::is_text(&said);
    match said.len() {
        0 if closed => ladder.end(Name::Mse, Outcome::Closed, "closed without a byte", begun),
        0 => ladder.end(Name::Mse, Outcome::Timeout, "no key", begun),
        length if length >= KEY_LEN && !speaks_otherwise => {
            ladder.end(Name::Mse, Outcome::Ok, format!("{length} bytes: a key and padding"), begun)
        }
        _ => other(Name::Mse, said, ladder, part, begun),
    }
}

async fn http(
    address: SocketAddr,
    timings: Timings,
    way: Duration,
    ladder: &Ladder,
    part: &mut Part,
) {
    let begun = Instant::now();
    let Ok(mut stream) = Stream::connect(address, timings.connect).await else { return };
    stream.write(b"HEAD / HTTP/1.0\r\n\r\n").await;
    let (said, closed) = stream.read_at_least(MAX_BANNER, begun + way + timings.http).await;
    if !said.is_empty() {
        other(Name::Http, said, ladder, part, begun);
    } else if closed {
        ladder.end(Name::Http, Outcome::Closed, "closed without a byte", begun);
    } else {
        ladder.end(Name::Http, Outcome::Timeout, "no answer", begun);
    }
}

/// Sends a SYN, twice, and a RESET where it is answered, so that the peer keeps no half-open
/// connection.
async fn utp(address: SocketAddr, timings: Timings, ladder: &Ladder) {
    let begun = Instant::now();
    let (Ok(mut random), Ok(socket)) = (super::random(), udp::bind(address).await) else { return };
    if socket.connect(address).await.is_err() {
        ladder.end(Name::Utp, Outcome::Unreachable, "no route", begun);
        return;
    }
    let connection = u16::from_le_bytes(random.bytes());
    let micros = |since: Instant| {
        u32::try_from(since.elapsed().as_micros() & u128::from(u32::MAX)).unwrap_or(0)
    };
    for _ in 0..2 {
        let _ = socket.send(&Packet::syn(connection, micros(begun)).encode()).await;
        let until = Instant::now() + timings.utp;
        let mut buffer = [0; 1500];
        while let Some(received) = deadline::by(until, socket.recv(&mut buffer)).await {
            let Ok(length) = received else {
                ladder.end(
                    Name::Utp,
                    Outcome::Refused,
                    "UDP port closed, according to the host",
                    begun,
                );
                return;
            };
            let packet = Packet::decode(&buffer[..length])
                .ok()
                .filter(|packet| packet.connection == connection);
            if let Some(packet) = packet {
                if packet.kind == PacketType::State {
                    let _ = socket.send(&Packet::reset(&packet, micros(begun)).encode()).await;
                }
                ladder.end(Name::Utp, Outcome::Ok, "answers a SYN", begun);
                return;
            }
        }
    }
    ladder.end(Name::Utp, Outcome::Timeout, "no answer to a SYN", begun);
}

async fn krpc(address: SocketAddr, timings: Timings, ladder: &Ladder) -> Option<DhtNode> {
    let begun = Instant::now();
    let end = |outcome, detail: String| ladder.end(Name::Krpc, outcome, detail, begun);
    match dht::ask(address, None, Question::Ping, timings.connect.min(Duration::from_millis(2200)))
        .await
    {
        Ok(answer) => {
            let version = answer.answer.version;
            let Ok(response) = answer.answer.said else {
                end(Outcome::Other, "a node that refuses a ping".into());
                return None;
            };
            let named =
                version.as_deref().map_or_else(|| "without a name".to_owned(), version_words);
            end(Outcome::Ok, format!("node {named}"));
            Some(DhtNode {
                id: response.id,
                version,
                security: Security::of(&response.id, address.ip()),
            })
        }
        Err(failure) => {
            let outcome = match failure.cause {
                Cause::UdpUnreachable => Outcome::Refused,
                Cause::AnswerTimeout => Outcome::Timeout,
                Cause::AnswerMalformed => Outcome::Other,
                _ => Outcome::Unreachable,
            };
            end(outcome, failure.words());
            None
        }
    }
}
