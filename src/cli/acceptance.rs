//! When a peer accepts again what it was asked, as far as this one request tells.
#![allow(clippy::disallowed_methods)] // measures from when the request went out

use std::time::Instant;

use swarmscope_peer::crawler::{Acceptance, AcceptanceLog};
use swarmscope_wire::failure::Failure;
use swarmscope_wire::{ErrorByte, Frequency, MessageId, Permid};

/// A request that went out.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    pub to: Permid,
    pub message: MessageId,
    pub frequency: Frequency,
    at: Instant,
}

impl Sent {
    pub fn now(to: Permid, message: MessageId, frequency: Frequency) -> Self {
        Self { to, message, frequency, at: Instant::now() }
    }

    /// After a reply with this error byte, which came just now.
    pub fn replied(&self, error: ErrorByte) -> Acceptance {
        let of = (self.to, self.message);
        let times = (self.at, Instant::now());
        self.after(|log| log.record_reply(of, error, self.frequency, times))
    }

    /// After an end without a reply.
    pub fn failed(&self, failure: &Failure) -> Acceptance {
        self.after(|log| log.record_failure(self.to, self.message, failure, self.at))
    }

    fn after(&self, record: impl FnOnce(&mut AcceptanceLog)) -> Acceptance {
        let mut log = AcceptanceLog::default();
        record(&mut log);
        log.acceptance(self.to, self.message, self.frequency, Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use swarmscope_wire::failure::{By, Cause, Delivered};

    fn sent() -> Sent {
        Sent::now(Permid::Ed25519([1; 32]), MessageId::NATCHECK, Frequency(3600))
    }

    #[test]
    fn a_reply_tells_as_much_as_its_error_byte() {
        for (error, known) in [
            (ErrorByte::SUCCESS, "exact"),
            (ErrorByte::HANDLER, "exact"),
            (ErrorByte::FREQUENCY, "at_most"),
            (ErrorByte::UNKNOWN_MESSAGE, "unknown"),
        ] {
            assert_eq!(sent().replied(error).name(), known, "{error}");
        }
    }

    #[test]
    fn a_lost_request_tells_as_much_as_is_known_of_its_delivery() {
        let lost = |cause, delivered| {
            sent().failed(&Failure::new(cause, By::Peer, "").delivered(delivered)).name()
        };
        assert_eq!(lost(Cause::Cancelled, Delivered::Yes), "exact");
        assert_eq!(lost(Cause::Cancelled, Delivered::Maybe), "if_counted");
        assert_eq!(lost(Cause::Cancelled, Delivered::No), "unknown");
        assert_eq!(lost(Cause::ClosedWithoutReply, Delivered::Maybe), "unknown", "refused");
    }
}
