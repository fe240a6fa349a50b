//! What both authentications check (protocol.md §3, §8).

use swarmscope_wire::Permid;
use swarmscope_wire::auth::AuthDecodeError;
use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::frame::{Frame, FrameId};

/// Whether this is the peer the connection is for.
pub(super) fn check_expected(expected: Option<&Permid>, permid: &Permid) -> Result<(), Failure> {
    match expected {
        Some(expected) if expected != permid => Err(refuse(
            Cause::WrongPermid,
            format!("expected {}, got {}", expected.short(), permid.short()),
        )),
        _ => Ok(()),
    }
}

/// §3: wrong order, or any other message before the end, closes.
pub(super) fn expect(frame: &Frame, wanted: FrameId) -> Result<(), Failure> {
    if frame.id == wanted {
        return Ok(());
    }
    let detail = format!("got {}, expected {wanted}", frame.id);
    Err(refuse(Cause::AuthOutOfOrder, detail))
}

pub(super) fn malformed(error: &AuthDecodeError) -> Failure {
    refuse(Cause::AuthMalformed, error.to_string())
}

pub(super) fn refuse(cause: Cause, detail: impl Into<String>) -> Failure {
    Failure::new(cause, By::Us, detail)
}
