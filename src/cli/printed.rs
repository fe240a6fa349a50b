//! The standard output of a command that ends by itself, behind a [`Queue`]: whoever does not read it
//! can't keep the command from meeting its deadline, nor from ending when it is told to.

use std::io;
use std::time::Duration;

use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::text::count;

use super::output::Line;
use super::queue::Queue;
use super::{CliError, stop};

/// For what still waits once it was told to end.
const PATIENCE: Duration = Duration::from_secs(1);
/// Between two looks at what the reader has taken.
const LOOK: Duration = Duration::from_millis(10);

/// Where parts go, and the reply.
pub struct Printed(Queue);

impl Printed {
    /// To standard output: lines of `--json`, or for people.
    #[must_use]
    pub fn to_standard_output(json: bool) -> Self {
        let missing = if json { |lines| Line::Lost { lines }.bytes() } else { in_words };
        Self(Queue::to(io::stdout(), missing))
    }

    /// Prints a part in its turn, or counts it where the reader is far behind. Never waits.
    ///
    /// # Errors
    /// A part before it could not be written.
    pub fn part(&self, bytes: Vec<u8>) -> io::Result<()> {
        self.0.put(bytes)
    }

    /// Prints the last there is, of any size, and waits until the reader has taken all, as every
    /// program in a pipe does, or until a signal comes.
    ///
    /// # Errors
    /// It can't be written, or a signal came before.
    pub async fn last(self, bytes: Vec<u8>, ending: &mut stop::Stop) -> Result<(), CliError> {
        let all = async {
            self.all_taken().await?;
            self.0.put(bytes)?; // what is larger than all that may wait goes alone
            self.all_taken().await
        };
        let stopped = tokio::select! {
            all = all => return Ok(all?),
            _ = ending.wait() => Failure::new(Cause::Stopped, By::Us, "not all of it was read"),
        };
        let _ = self.give_up(); // that it was stopped counts
        Err(stopped.into())
    }

    /// Waits until its reader has taken all, or a signal comes, and then a moment more.
    ///
    /// # Errors
    /// It can't be written.
    pub async fn rest(&self, ending: &mut stop::Stop) -> io::Result<()> {
        tokio::select! {
            all = self.all_taken() => all,
            _ = ending.wait() => self.give_up(),
        }
    }

    /// Waits until the reader has taken all that waits, and then what says how much is missing: there
    /// is room for that only then.
    #[allow(clippy::disallowed_methods, reason = "waits for its reader")]
    async fn all_taken(&self) -> io::Result<()> {
        for _ in 0..2 {
            while !self.0.is_taken()? {
                tokio::time::sleep(LOOK).await;
            }
            self.0.put_missing()?;
        }
        Ok(())
    }

    /// Waits a moment for what waits, and no longer.
    ///
    /// # Errors
    /// It can't be written.
    pub fn give_up(&self) -> io::Result<()> {
        self.0.end(PATIENCE);
        self.0.is_taken().map(drop)
    }
}

#[expect(clippy::unnecessary_wraps, reason = "others write JSON, which may fail")]
fn in_words(lines: u64) -> io::Result<Vec<u8>> {
    let lines = count(usize::try_from(lines).unwrap_or(usize::MAX), "part", "parts");
    Ok(format!("missing here, because they were not read in time: {lines}\n").into())
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;
    use crate::cli::queue::{MOST_BYTES, Stuck};

    #[tokio::test]
    async fn what_comes_last_is_read_after_a_flood_and_every_missing_part_is_counted() {
        let ((go, wait), (written, read)) = (channel(), channel());
        let printed = Printed(Queue::to(Stuck { go: wait, written }, in_words));
        let parts = 3_000;
        for _ in 0..parts {
            printed.part(vec![b'.'; 3_000]).expect("nothing is wrong");
        }
        drop(go); // it begins to read
        printed.all_taken().await.expect("taken");
        let last = vec![b'!'; MOST_BYTES + 1];
        printed.0.put(last.clone()).expect("there is room");
        printed.all_taken().await.expect("taken");
        printed.give_up().expect("written");
        let said: Vec<Vec<u8>> = read.iter().collect();
        let (came, others): (Vec<_>, Vec<_>) = said.iter().partition(|it| it.starts_with(b".."));
        let missing = |said: &&Vec<u8>| {
            let (_, number) = std::str::from_utf8(said).ok()?.split_once(": ")?;
            number.chars().filter(char::is_ascii_digit).collect::<String>().parse::<usize>().ok()
        };
        let missing: usize = others.iter().filter_map(missing).sum();
        assert!(missing > 1_000, "{missing} are said to be missing");
        assert_eq!(came.len() + missing, parts);
        assert_eq!(said.last(), Some(&last));
    }
}
