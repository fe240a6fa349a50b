//! What became of a visit, as a code and as a class. Pure.
//!
//! Codes are those of [`Cause`](swarmscope_wire::failure::Cause) or a network's own, of the form
//! `phase.what`; classes decide when a peer is tried again.

/// The outcome of a visit to a peer that proved who it is.
pub const REACHED: &str = "reached";
/// The outcome of a question whose reply has error 0.
pub const ANSWERED: &str = "answered";

/// Why a visit did not reach its peer, as far as it matters for the next one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Class {
    /// It did.
    Reached,
    /// Something answered that no program listens there: it may be back soon.
    Refused,
    /// No answer at all: gone, or behind a NAT or firewall that stays.
    Silent,
    /// Something else is there now.
    Other,
    /// It is there, and speaks a version that cannot be asked.
    Version,
    /// It is there, and its handshake or authentication went wrong.
    Broken,
    /// Nothing of the peer's: this machine, or the operator.
    Ours,
}

impl Class {
    /// The class of an outcome's code. Codes of phases that are not known count as
    /// [`Self::Broken`].
    #[must_use]
    pub fn of(code: &str) -> Self {
        match code {
            REACHED => Self::Reached,
            "tcp.refused" | "udp.unreachable" => Self::Refused,
            "answer.timeout" => Self::Silent,
            "authentication.wrong-permid"
            | "authentication.own-permid"
            | "handshake.not-overlay"
            | "id.wrong-node" => Self::Other,
            "authentication.duplicate" => Self::Ours,
            _ => match code.split_once('.').map_or(code, |(phase, _)| phase) {
                "local" => Self::Ours,
                "tcp" | "resolve" | "udp" => Self::Silent,
                "version" => Self::Version,
                _ => Self::Broken,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use swarmscope_wire::failure::{Cause, Phase};

    #[test]
    fn every_cause_has_a_class_that_fits_its_phase() {
        for cause in Cause::ALL {
            let class = Class::of(cause.code());
            match cause.phase() {
                Phase::Local => assert_eq!(class, Class::Ours, "{}", cause.code()),
                Phase::Version => assert_eq!(class, Class::Version, "{}", cause.code()),
                Phase::Tcp | Phase::Resolve => {
                    assert!(matches!(class, Class::Refused | Class::Silent), "{}", cause.code());
                }
                _ => assert_ne!(class, Class::Reached, "{}", cause.code()),
            }
        }
        assert_eq!(Class::of(REACHED), Class::Reached);
        assert_eq!(Class::of("no such code"), Class::Broken);
    }
}
