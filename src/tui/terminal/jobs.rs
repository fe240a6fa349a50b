//! Being stopped and continued as a job of the shell: Ctrl-Z, `fg`, `kill -STOP`.

use std::io;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getpgid, getpid, getppid, getsid};

/// Whether a shell is there that can continue this program: its parent, in the same session.
/// Without one (a terminal that runs nothing else) a program that stops would hang for good.
///
/// The system answers 0 for what is in another PID namespace, as in a container: a session's
/// leader, a group, a parent.
#[must_use]
pub fn can_be_continued() -> bool {
    let parent = getppid();
    if parent == OUTSIDE {
        return false;
    }
    let same = |of: fn(Option<Pid>) -> nix::Result<Pid>| of(Some(parent)) == of(None);
    // a script of the same group stops, too: then somebody must be above it
    let somebody_above = || getsid(None).is_ok_and(|leader| leader != OUTSIDE && leader != parent);
    same(getsid) && (!same(getpgid) || somebody_above())
}

/// What cannot be seen from this PID namespace.
const OUTSIDE: Pid = Pid::from_raw(0);

/// Asks the whole job to stop, as Ctrl-Z does in a terminal that is not raw: SIGTSTP comes back to
/// this program, too.
///
/// # Errors
/// The system refuses.
pub fn ask_to_stop() -> io::Result<()> {
    const OWN_GROUP: Pid = Pid::from_raw(0);
    Ok(kill(OWN_GROUP, Signal::SIGTSTP)?)
}

/// Stops this process until SIGCONT comes.
///
/// # Errors
/// The system refuses.
pub fn stop() -> io::Result<()> {
    Ok(kill(getpid(), Signal::SIGSTOP)?)
}
