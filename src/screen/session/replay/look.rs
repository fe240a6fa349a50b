//! A look around in a recording.

use crate::screen::model::Model;

/// What the recording goes on with when the look around ends.
pub(super) struct Look {
    pub untouched: Model,
    /// It ran until then.
    pub ran: bool,
    /// Something was looked at, and not only how it is shown was changed.
    pub looked: bool,
}
