//! Which version two peers speak, or why none (protocol.md §1, §8).

use swarmscope_wire::OverlayVersion;
use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::handshake::PeerId;

/// The selected version: the lower of the two current ones.
///
/// # Errors
/// No version is common to both, or the peer announces one that never was.
pub(super) fn select(own: &PeerId, theirs: &PeerId) -> Result<OverlayVersion, Failure> {
    let refuse = |cause| Err(Failure::new(cause, By::Us, ranges(own, theirs)));
    if theirs.lowest() > own.current() {
        // An old client of ours meets a new one: it is the identity that is missing, not the
        // program.
        let wants_tls = theirs.lowest() == OverlayVersion::CURRENT && !own.current().is_encrypted();
        return refuse(if wants_tls { Cause::VersionNeedsCurrent } else { Cause::VersionTooNew });
    }
    // §1: the original refuses 2 and below, and so do we.
    if theirs.current() < own.lowest() || theirs.current() <= OverlayVersion::LEGACY_LOWEST {
        return refuse(Cause::VersionTooOld);
    }
    Ok(theirs.current().min(own.current()))
}

/// Both offers, in words.
pub(super) fn ranges(own: &PeerId, theirs: &PeerId) -> String {
    let (lowest, current) = (theirs.lowest(), theirs.current());
    format!("it speaks {lowest} to {current}, we {} to {}", own.lowest(), own.current())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(lowest: u16, current: u16) -> PeerId {
        PeerId::new([0; 8], 7000, OverlayVersion(lowest), OverlayVersion(current))
    }

    #[test]
    fn the_table_of_section_1() {
        let selected = |ours: (u16, u16), theirs: (u16, u16)| {
            select(&id(ours.0, ours.1), &id(theirs.0, theirs.1))
                .map(|version| version.0)
                .map_err(|f| f.cause)
        };
        // the original's own range
        assert_eq!(selected((2, 17), (2, 17)), Ok(17));
        assert_eq!(selected((2, 17), (2, 18)), Ok(17));
        assert_eq!(selected((2, 17), (2, 3)), Ok(3));
        assert_eq!(
            selected((2, 17), (1, 2)),
            Err(Cause::VersionTooOld),
            "2 is refused although it is our lowest"
        );
        assert_eq!(selected((2, 17), (18, 20)), Err(Cause::VersionNeedsCurrent));
        assert_eq!(selected((2, 17), (19, 20)), Err(Cause::VersionTooNew));
        // ours
        assert_eq!(selected((7, 18), (2, 17)), Ok(17));
        assert_eq!(selected((7, 18), (7, 18)), Ok(18));
        assert_eq!(selected((7, 18), (18, 20)), Ok(18));
        assert_eq!(selected((7, 18), (19, 20)), Err(Cause::VersionTooNew));
        assert_eq!(selected((7, 18), (2, 6)), Err(Cause::VersionTooOld));
        assert_eq!(selected((7, 18), (2, 7)), Ok(7));
    }
}
