//! The filtering test (RFC 5780 §4.4): from a socket that has contacted one endpoint only, the
//! server is asked to answer from its other address and port, and from its other port. What does
//! not come is filtered, if it comes where the way is open.

use super::endpoints::Endpoints;
use super::exchange::{Ask, SocketId};
use super::silence::Finding;
use crate::nat::axis::{Axis, Confidence, Filtering, Why};
use crate::nat::stun::Route;

/// The two questions, in the order of [`Findings`].
pub(super) fn questions(socket: SocketId, server: &Endpoints) -> [Ask; 2] {
    [
        Ask::change(socket, server.primary, Route::CHANGE_BOTH, server.alternate),
        Ask::change(socket, server.primary, Route::CHANGE_PORT, server.other_port()),
    ]
}

/// What became of the two questions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Findings {
    /// The answer from the other address and port.
    pub both: Finding,
    /// The answer from the other port.
    pub port: Finding,
}

impl Findings {
    /// Which of [`questions`] the verdict takes as filtered, so that their way must be proven.
    pub const fn silent(self) -> [bool; 2] {
        let both = matches!(self.both, Finding::Silent(_));
        [both, both && matches!(self.port, Finding::Silent(_))]
    }
}

/// What is known of the way that a silent answer would have taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Way {
    /// The same answer came once the filter was opened for it.
    Open,
    /// The endpoint answers when it is asked directly; more can't be seen through a mapping that
    /// depends on the destination.
    Direct,
    /// It stays silent where it must not.
    Closed(Why),
}

/// The verdict. Silence on a way that is not known to be open is none.
pub(super) fn verdict(findings: Findings, way: Way) -> Axis<Filtering> {
    use Finding::{Elsewhere, Heard, Lossy, Refused, Silent};
    let filtered = |filtering, confidence: Confidence| match way {
        Way::Open => Axis::Known(filtering, confidence),
        Way::Direct => Axis::Known(filtering, confidence.min(Confidence::LIKELY)),
        Way::Closed(why) => Axis::Inconclusive(why),
    };
    match (findings.both, findings.port) {
        (Heard, _) => Axis::Known(Filtering::EndpointIndependent, Confidence::PROVEN),
        (Elsewhere, _) | (_, Elsewhere) => Axis::Inconclusive(Why::ChangeIgnored),
        (Refused, _) | (_, Refused) => Axis::Inconclusive(Why::Refused),
        (Silent(sure), Heard) => filtered(Filtering::AddressDependent, sure),
        (Silent(one), Silent(other)) => {
            filtered(Filtering::AddressAndPortDependent, one.min(other))
        }
        (Lossy, _) | (_, Lossy) => Axis::Inconclusive(Why::Lossy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SILENT: Finding = Finding::Silent(Confidence::PROVEN);

    fn judged(both: Finding, port: Finding, way: Way) -> Axis<Filtering> {
        verdict(Findings { both, port }, way)
    }

    #[test]
    fn the_three_behaviours_are_told_apart() {
        let known = |filtering| Axis::Known(filtering, Confidence::PROVEN);
        assert_eq!(
            judged(Finding::Heard, Finding::Heard, Way::Open),
            known(Filtering::EndpointIndependent)
        );
        assert_eq!(judged(SILENT, Finding::Heard, Way::Open), known(Filtering::AddressDependent));
        assert_eq!(judged(SILENT, SILENT, Way::Open), known(Filtering::AddressAndPortDependent));
    }

    #[test]
    fn silence_needs_an_open_way_and_few_losses() {
        let closed = Way::Closed(Why::AlternateSilent);
        assert_eq!(judged(SILENT, SILENT, closed), Axis::Inconclusive(Why::AlternateSilent));
        assert_eq!(judged(SILENT, SILENT, Way::Direct).confidence(), Some(Confidence::LIKELY));
        assert_eq!(
            judged(Finding::Lossy, Finding::Heard, Way::Open),
            Axis::Inconclusive(Why::Lossy)
        );
        assert_eq!(judged(SILENT, Finding::Lossy, Way::Open), Axis::Inconclusive(Why::Lossy));
        assert_eq!(
            judged(SILENT, Finding::Elsewhere, Way::Open),
            Axis::Inconclusive(Why::ChangeIgnored)
        );
        assert_eq!(judged(Finding::Refused, SILENT, Way::Open), Axis::Inconclusive(Why::Refused));
        let answered = judged(Finding::Heard, Finding::Lossy, closed);
        assert_eq!(
            answered.known(),
            Some(&Filtering::EndpointIndependent),
            "an answer needs no other"
        );
    }
}
