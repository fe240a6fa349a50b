//! What is known of the conversation with the peer so far.

use super::super::CliError;
use super::super::acceptance::Sent;
use swarmscope_peer::node::{Event, Ticket};
use swarmscope_wire::Permid;
use swarmscope_wire::failure::{By, Cause, Delivered, Failure};

/// See the module.
#[derive(Default)]
pub struct Progress {
    /// Who has proved to be there.
    pub connected: Option<Permid>,
    pub ticket: Option<Ticket>,
    pub sent: Option<Sent>,
    parts: bool,
}

impl Progress {
    pub fn observe(&mut self, event: &Event) {
        match event {
            Event::Sent { ticket, permid, message, frequency, .. }
                if self.ticket == Some(*ticket) =>
            {
                self.sent = Some(Sent::now(*permid, *message, *frequency));
            }
            Event::Part { ticket, .. } if self.ticket == Some(*ticket) => self.parts = true,
            _ => {}
        }
    }

    /// The failure, with when the peer accepts the request again, if that went out.
    pub fn accepts(&self, error: CliError) -> CliError {
        match error {
            CliError::Failure { failure, hint, .. } => {
                let acceptance = self.sent.map(|sent| sent.failed(&failure));
                CliError::Failure { failure, hint, acceptance }
            }
            usage @ CliError::Usage { .. } => usage,
        }
    }

    /// Ended by a signal.
    pub fn interrupted(&self) -> Failure {
        let (cause, delivered) = match self {
            Self { sent: None, .. } => (Cause::Stopped, Delivered::No),
            Self { parts: false, .. } => (Cause::Cancelled, Delivered::Maybe),
            Self { parts: true, .. } => (Cause::Cancelled, Delivered::Yes),
        };
        Failure::new(cause, By::Us, "stopped by a signal").delivered(delivered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use swarmscope_peer::node::Origin;
    use swarmscope_wire::{ChannelId, Frequency, MessageId};

    /// Between the signal and the end of the node.
    #[test]
    fn what_is_told_late_counts_where_it_is_of_this_request() {
        let sent = |ticket| Event::Sent {
            ticket,
            permid: Permid::Ed25519([1; 32]),
            message: MessageId::NATCHECK,
            channel: ChannelId(1),
            frequency: Frequency(60),
            payload: bytes::Bytes::new(),
            origin: Origin::Operator,
        };
        let mut progress = Progress { ticket: Some(Ticket(1)), ..Progress::default() };
        progress.observe(&sent(Ticket(2)));
        assert_eq!(progress.interrupted().delivered, Delivered::No);
        progress.observe(&sent(Ticket(1)));
        assert_eq!(progress.interrupted().delivered, Delivered::Maybe);
    }

    #[test]
    fn an_interruption_says_whether_the_peer_may_have_counted_the_request() {
        let sent = Sent::now(Permid::Ed25519([1; 32]), MessageId::NATCHECK, Frequency(60));
        let failure = |out: bool, parts| {
            let sent = out.then_some(sent);
            Progress { sent, parts, ..Progress::default() }.interrupted()
        };
        assert_eq!(failure(false, false).cause, Cause::Stopped);
        assert_eq!(failure(true, false).delivered, Delivered::Maybe);
        assert_eq!(failure(true, true).delivered, Delivered::Yes);
        assert!(
            [failure(false, false), failure(true, true)]
                .iter()
                .all(|failure| failure.cause.exit() == 130)
        );
    }
}
