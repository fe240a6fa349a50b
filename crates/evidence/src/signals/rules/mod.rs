//! The rules, one file each subject. A rule looks at the newest round, and at those before it, and
//! says what it found there. It knows nothing of time beyond that; [`find`](super::find) adds since
//! when, and how it spread.

use super::rule::Rule;

mod canary;
mod dht;
mod dials;
mod frequency;
mod gossip;
mod inversion;
mod length;
mod lists;
mod own;
mod sameness;
mod silence;
mod unsolicited;
mod versions;

pub use canary::Canary;
pub use dht::{HajimeSwarm, ManyIds, MoziId, MoziNodes, hajime_infohash};
pub use dials::DialsFail;
pub use frequency::TooSoonAnswered;
pub use gossip::{Bogons, Clique};
pub use inversion::Inversion;
pub use length::OneLength;
pub use lists::SameNodes;
pub use own::{Own, OwnError};
pub use sameness::{ChangedTogether, OneContent};
pub use silence::SilenceSpreads;
pub use unsolicited::Guesses;
pub use versions::VersionShift;

/// All built-in rules with their usual parameters.
#[must_use]
pub fn built_in() -> Vec<Box<dyn Rule>> {
    vec![
        Box::new(Canary::default()),
        Box::new(OneContent::default()),
        Box::new(OneLength::default()),
        Box::new(Inversion::default()),
        Box::new(TooSoonAnswered),
        Box::new(Guesses::default()),
        Box::new(ChangedTogether::default()),
        Box::new(VersionShift::default()),
        Box::new(Bogons::default()),
        Box::new(Clique::default()),
        Box::new(DialsFail::default()),
        Box::new(SilenceSpreads::default()),
        Box::new(MoziId),
        Box::new(MoziNodes),
        Box::new(SameNodes::default()),
        Box::new(HajimeSwarm),
        Box::new(ManyIds::default()),
    ]
}
