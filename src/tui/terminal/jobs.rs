//! Being stopped and continued as a job of the shell: Ctrl-Z, `fg`, `kill -STOP`.

use std::io;

use rustix::process::{Pid, Signal, getpgid, getpid, getppid, getsid, kill_current_process_group, kill_process};

/// Whether a shell is there that can continue this program: its parent, in the same session. Without one (a terminal that
/// runs nothing else) a program that stops would hang for good.
#[must_use]
pub fn can_be_continued() -> bool {
    let Some(parent) = getppid() else { return false };
    let same = |of: fn(Option<Pid>) -> rustix::io::Result<Pid>| of(Some(parent)).ok() == of(None).ok();
    // a script of the same group stops, too: then somebody must be above it
    same(getsid) && (!same(getpgid) || getsid(None).ok() != Some(parent))
}

/// Asks the whole job to stop, as Ctrl-Z does in a terminal that is not raw: SIGTSTP comes back to this program, too.
///
/// # Errors
/// The system refuses.
pub fn ask_to_stop() -> io::Result<()> {
    Ok(kill_current_process_group(Signal::TSTP)?)
}

/// Stops this process until SIGCONT comes.
///
/// # Errors
/// The system refuses.
pub fn stop() -> io::Result<()> {
    Ok(kill_process(getpid(), Signal::STOP)?)
}
