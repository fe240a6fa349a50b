//! Whom a process is known as, and the files that say so: keys and the allow-list (cli.md). The
//! arithmetic is in [`swarmscope_wire::identity`], whose names are here, too.

use std::sync::Arc;

pub mod allow_file;
pub mod key_file;

pub use allow_file::AllowFile;
pub use swarmscope_wire::identity::*;

/// What a process is known as. At least one is there.
#[derive(Clone, Default)]
pub struct Identities {
    /// For version 18.
    pub current: Option<Arc<Ed25519Identity>>,
    /// For versions up to 17.
    pub legacy: Option<Arc<LegacyIdentity>>,
}
