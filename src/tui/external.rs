//! Another program on our terminal: an editor or a pager, with a text in a file that goes when it ends.
//!
//! No shell takes part, and what a peer sent is only ever in the file, never in the command.

use std::env;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::{self, ExitStatus};
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::process::Command;

use super::files::write_new;
use crate::app::msg::Opener;

/// A program and its file.
pub struct External {
    /// The program, and what is given to it before the file.
    words: Vec<String>,
    file: PathBuf,
    /// What names the program.
    variable: &'static str,
}

impl External {
    /// Writes the text to a file of its own.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn new(opener: Opener, text: &str) -> Result<Self, String> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let (variable, words) = match opener {
            Opener::Editor => ("$EDITOR", words(&["VISUAL", "EDITOR"], "vi")),
            Opener::Pager => ("$PAGER", words(&["PAGER"], "less")),
        };
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let file = env::temp_dir().join(format!("swarmscope-{}-{number}.txt", process::id()));
        match write_new(&file, text.as_bytes()) {
            Ok(()) => Ok(Self { words, file, variable }),
            Err(error) => Err(format!("{}: {error}", file.display())),
        }
    }

    /// Runs it until it ends. Says what went wrong, if something did.
    pub async fn run(self) -> Option<String> {
        let (program, arguments) = self.words.split_first()?;
        let status = Command::new(program).args(arguments).arg(&self.file).kill_on_drop(true).status().await;
        let variable = self.variable;
        match status {
            Ok(status) => ended(program, status),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Some(format!("there is no program {program}: set {variable} to one that is there"))
            }
            Err(error) => Some(format!("{program}: {error}; {variable} names the program")),
        }
    }
}

impl Drop for External {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.file); // an editor may have removed it
    }
}

fn ended(program: &str, status: ExitStatus) -> Option<String> {
    (!status.success()).then(|| format!("{program} ended with {status}"))
}

/// The first of these variables that is set, in words.
fn words(variables: &[&str], usual: &str) -> Vec<String> {
    let set = variables.iter().filter_map(|name| env::var(name).ok());
    let words = |value: String| value.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    set.map(words).find(|words| !words.is_empty()).unwrap_or_else(|| vec![usual.to_owned()])
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn external(program: &str) -> External {
        let mut external = External::new(Opener::Pager, "what is shown\n").unwrap();
        external.words = vec![program.to_owned()];
        external
    }

    #[tokio::test]
    async fn the_file_is_private_and_goes_with_the_program() {
        let external = External::new(Opener::Editor, "what is shown\n").unwrap();
        let file = external.file.clone();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        drop(external);
        assert!(!file.exists());
    }

    #[tokio::test]
    async fn what_goes_wrong_is_said() {
        assert_eq!(external("true").run().await, None);
        assert!(external("false").run().await.is_some_and(|why| why.contains("false ended with exit status: 1")));
        let missing = external("/no/such/pager").run().await;
        assert!(missing.is_some_and(|why| why.contains("no program /no/such/pager: set $PAGER")));
    }
}
