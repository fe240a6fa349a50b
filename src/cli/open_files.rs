//! How many files this process may have open: a shell's limit is for small programs, and lower than
//! a swarm needs.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// More than the largest swarm takes, and few enough for programs started from here that walk
/// through all they could have.
const ENOUGH: u64 = 16_384;

/// Raises the limit, without which the system's own would hold back for nothing, and gives what it
/// is now.
pub fn raise() -> u64 {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return ENOUGH };
    let wanted = hard.min(ENOUGH);
    if wanted > soft && setrlimit(Resource::RLIMIT_NOFILE, wanted, hard).is_ok() {
        wanted
    } else {
        soft
    }
}
