//! What a peer says of its life: lines in the log, and events for programs.
//! Permids name peers here; addresses appear at debug only.

mod calm;
mod keeper;

use std::io;

pub use keeper::Journal;

use super::output::{self, Line, message_words};
use swarmscope_peer::node::Event;
use swarmscope_wire::failure::Phase;

/// Whose events are told as one number.
pub const SEVERAL: &str = "several peers";

/// Prints an event for programs, if it is one of theirs.
///
/// # Errors
/// Standard output can't be written.
pub fn announce(event: &Event) -> io::Result<()> {
    line(event).map_or(Ok(()), |line| line.print())
}

/// Whether the event is about a request or something that went wrong, and not the coming and going
/// of a whole swarm.
pub const fn is_request(event: &Event) -> bool {
    matches!(
        event,
        Event::Asked { .. }
            | Event::Answered { .. }
            | Event::Refused { .. }
            | Event::Undelivered { .. }
            | Event::Notice { .. }
    )
}

fn line(event: &Event) -> Option<Line<'static>> {
    Some(match event {
        Event::Listening { address, permid, legacy_permid } => {
            let [permid, legacy_permid] =
                [permid, legacy_permid].map(|permid| permid.map(|permid| permid.to_string()));
            Line::Listening { addr: *address, permid, legacy_permid }
        }
        Event::Asked { permid, message, channel, frequency, bytes } => Line::Asked {
            permid: *permid,
            message_id: message.0,
            channel: channel.0,
            frequency: frequency.0,
            bytes: *bytes,
        },
        Event::Answered { permid, message, channel, error, bytes } => Line::Answered {
            permid: *permid,
            message_id: message.0,
            channel: channel.0,
            error: error.0,
            error_name: error.name(),
            bytes: *bytes,
        },
        Event::AcceptFailed { failure, times, .. } if failure.phase() == Phase::Version => {
            Line::VersionRefused {
                cause: failure.words(),
                code: failure.cause.code(),
                hint: failure.cause.hint(),
                times: *times,
            }
        }
        Event::Refused { permid, message, failure } => Line::Refused {
            permid: *permid,
            message_id: message.0,
            cause: failure.words(),
            code: failure.cause.code(),
        },
        Event::Undelivered { permid, message, failure } => Line::Undelivered {
            permid: *permid,
            message_id: message.0,
            cause: failure.words(),
            code: failure.cause.code(),
        },
        _ => return None,
    })
}

/// What a repeated event is called.
fn name(event: &Event) -> Option<&'static str> {
    Some(match event {
        Event::Asked { .. } => "asked",
        Event::Answered { .. } => "answered",
        Event::Refused { .. } => "refused",
        Event::Undelivered { .. } => "undelivered",
        Event::Connected { .. } => "connected",
        Event::Disconnected { .. } => "disconnected",
        _ => return None,
    })
}

/// Logs an event.
pub fn log(event: &Event) {
    match event {
        Event::Listening { address, permid, legacy_permid } => {
            for (kind, permid) in [("permid", permid), ("legacy permid", legacy_permid)] {
                if let Some(permid) = permid {
                    tracing::info!("{kind} {permid}");
                }
            }
            tracing::info!("listening on port {}", address.port());
            tracing::debug!("listening on {address}");
        }
        Event::Asked { permid, message, frequency, bytes, .. } => {
            tracing::info!(
                "{permid} asked {}, {bytes} bytes, every {frequency} s",
                message_words(*message)
            );
        }
        Event::Answered { permid, message, error, bytes, .. } => {
            let (message, error) = (message_words(*message), output::error_words(*error));
            tracing::info!("answered {message} to {permid}: error {error}, {bytes} bytes");
        }
        Event::Refused { permid, message, failure } => {
            tracing::info!(
                "{permid} asked {} and was refused: {}",
                message_words(*message),
                failure.words()
            );
        }
        // where it came from is for debug: no address is logged by default
        Event::AcceptFailed { failure, .. } if failure.phase() == Phase::Version => {
            let hint = failure.cause.hint();
            tracing::warn!("a peer was refused: {}; {hint}", failure.words());
            tracing::debug!("{event:?}");
        }
        Event::Undelivered { permid, message, failure } => {
            let message = message_words(*message);
            tracing::warn!(
                "{permid}: the answer to {message} could not be delivered: {}",
                failure.cause.text()
            );
            tracing::debug!("{permid}: {failure}");
        }
        Event::Notice { text } => tracing::warn!("{text}"),
        Event::Connected { permid, version, .. } => {
            tracing::info!("{permid} connected, version {version}");
        }
        // What ends a connection names no address.
        Event::Disconnected { permid, failure } => {
            tracing::info!("{permid} disconnected: {}", failure.words());
        }
        other => tracing::debug!("{other:?}"),
    }
}
