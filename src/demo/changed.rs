//! Peers that something has changed: they answer every id, all in the same odd words, and one of
//! them sends replies that nobody asked for.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use swarmscope_peer::crawler::{Answer, Asked, AttemptId, Registry};
use swarmscope_peer::identity::Identities;
use swarmscope_peer::overlay::{ConnId, Limits, Meter, Overlay, OverlayConfig, OverlayEvent};
use swarmscope_wire::crawler::{CrawlerReply, CrawlerRequest};
use swarmscope_wire::failure::Failure;
use swarmscope_wire::frame::{Frame, FrameId};
use swarmscope_wire::{ChannelId, ErrorByte, MessageId, OverlayVersion, PartsLeft};

/// What they say to everything: bencode of no message.
const ODD: &[u8] = b"d5:stage4:idle4:unit8:2f91c0aae";
/// Between two replies that nobody asked for.
const PAUSE: Duration = Duration::from_secs(7);

/// The probes of such a peer: the same words to every id there is.
pub fn registry(honest: &Registry) -> Registry {
    let same = async |_: Asked| Answer::success(ODD);
    (0..=u8::MAX).map(MessageId).fold(honest.clone(), |registry, id| registry.with_probe(id, same))
}

/// A peer of its own, that dials `whom` and sends replies to questions that were never put.
///
/// # Errors
/// It can't be started.
pub async fn unasked(
    identities: Identities,
    whom: SocketAddr,
    tasks: &TaskTracker,
    stop: CancellationToken,
) -> Result<(), Failure> {
    let config = OverlayConfig {
        identities,
        version: OverlayVersion::CURRENT,
        listen: None,
        limits: Limits::default(),
        meter: Meter::new(&Limits::default()),
        trace: false,
        key_log: None,
    };
    let (overlay, mut events) = Overlay::start(config).await?;
    overlay.dial(AttemptId(1), &whom.ip().to_string(), whom.port(), None);
    tasks.spawn(async move {
        let mut pause = tokio::time::interval(PAUSE);
        let (mut to, mut channel) = (None, 0_u8);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                event = events.recv() => match event {
                    Some(OverlayEvent::Connected { conn, .. }) => to = Some(conn),
                    Some(OverlayEvent::Closed { .. } | OverlayEvent::DialFailed { .. }) | None => return,
                    Some(OverlayEvent::Frame { conn, frame }) => answer(&overlay, conn, frame),
                    Some(_) => {}
                },
                _ = pause.tick(), if to.is_some() => {
                    channel = channel.wrapping_add(0x2b);
                    let unasked = reply(MessageId::NATCHECK, ChannelId(channel));
                    let sent = to.map(|conn| overlay.send(conn, unasked.encode()));
                    if matches!(sent, Some(Err(_))) {
                        return;
                    }
                }
            }
        }
    });
    Ok(())
}

/// It answers everything, as the others do.
fn answer(overlay: &Overlay, conn: ConnId, frame: Frame) {
    if frame.id == FrameId::CRAWLER_REQUEST
        && let Ok(asked) = CrawlerRequest::decode(frame.body)
    {
        // a connection that takes nothing more ends, and its end is an event
        let _ = overlay.send(conn, reply(asked.message, asked.channel).encode());
    }
}

fn reply(message: MessageId, channel: ChannelId) -> CrawlerReply {
    CrawlerReply {
        message,
        channel,
        parts_left: PartsLeft::LAST,
        error: ErrorByte::SUCCESS,
        payload: Bytes::from_static(ODD),
    }
}
