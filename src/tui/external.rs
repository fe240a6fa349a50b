//! Another program on our terminal: an editor or a pager, with a text in a file that goes when it
//! ends. What an editor made of a payload comes back; where that can't be taken, the file stays.
//!
//! No shell takes part, and what a peer sent is only ever in the file, never in the command.

use std::env;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::{self, ExitStatus};
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::process::Command;

use super::files::{read_at_most, write_new};
use crate::screen::asking::editing;
use crate::screen::msg::{Msg, Opener};
use swarmscope_facts::words::clean;

/// A program and its file.
pub struct External {
    /// The program, and what is given to it before the file.
    words: Vec<String>,
    file: PathBuf,
    /// What names the program.
    variable: &'static str,
    /// What was in the file, where that is asked for again.
    given: Option<String>,
    /// The file stays.
    keep: bool,
}

impl External {
    /// Writes the text to a file of its own.
    ///
    /// # Errors
    /// The file can't be written, or the variable's quotes have no end.
    pub fn new(opener: Opener, text: &str) -> Result<Self, String> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let (variable, words) = match opener {
            Opener::Editor => ("$EDITOR", words(&["VISUAL", "EDITOR"], "vi")?),
            Opener::Pager => ("$PAGER", words(&["PAGER"], "less")?),
        };
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let file = env::temp_dir().join(format!("swarmscope-{}-{number}.txt", process::id()));
        match write_new(&file, text.as_bytes()) {
            Ok(()) => Ok(Self { words, file, variable, given: None, keep: false }),
            Err(error) => Err(format!("{}: {error}", file.display())),
        }
    }

    /// A payload that is to be edited.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn payload(text: &str) -> Result<Self, String> {
        let given = format!("{text}\n"); // as editors end a file
        let mut external = Self::new(Opener::Editor, &given)?;
        external.given = Some(given);
        Ok(external)
    }

    /// Runs it until it ends.
    pub async fn run(mut self) -> Msg {
        let why_not = self.end().await;
        match self.given.take() {
            Some(given) => Msg::Edited(self.left(&given, why_not)),
            None => Msg::Opened(why_not),
        }
    }

    /// What the editor left. Where that can't be taken, and is something else than what it was
    /// given, the file stays.
    fn left(&mut self, given: &str, why_not: Option<String>) -> Result<String, String> {
        let left = read_at_most(&self.file, editing::MOST_BYTES);
        let is_changed = left.as_ref().is_ok_and(|left| left != given.as_bytes());
        let text = match why_not {
            Some(why) => Err(why),
            None => left.and_then(|left| editing::read(&left)),
        };
        text.map_err(|why| {
            self.keep = is_changed;
            if is_changed {
                format!("{why}; your text is kept in {}", self.file.display())
            } else {
                why
            }
        })
    }

    /// Runs it. Says what went wrong, if something did.
    async fn end(&self) -> Option<String> {
        let (program, arguments) = self.words.split_first()?;
        let status =
            Command::new(program).args(arguments).arg(&self.file).kill_on_drop(true).status().await;
        let variable = self.variable;
        match status {
            Ok(status) => ended(program, status),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Some(format!("{program} not found: set {variable} to an installed program"))
            }
            Err(error) => Some(format!("{program}: {error}; {variable} names the program")),
        }
    }
}

impl Drop for External {
    fn drop(&mut self) {
        if !self.keep {
            let _ = fs::remove_file(&self.file); // an editor may have removed it
        }
    }
}

fn ended(program: &str, status: ExitStatus) -> Option<String> {
    (!status.success()).then(|| format!("{program} ended with {status}"))
}

/// The first of these variables that is set, in words.
fn words(variables: &[&str], usual: &str) -> Result<Vec<String>, String> {
    let set = variables.iter().filter_map(|name| Some((name, env::var(name).ok()?)));
    let (name, value) = set.into_iter().find(|(_, value)| !value.trim().is_empty()).unzip();
    let value = value.unwrap_or_else(|| usual.to_owned());
    in_words(&value)
        .map_err(|why| format!("${}: {why}: {}", name.unwrap_or(&"EDITOR"), clean(&value)))
}

/// A command as a shell splits it: `emacs -nw`, `'/opt/my editor/bin/edit' --wait`.
fn in_words(command: &str) -> Result<Vec<String>, String> {
    shell_words::split(command).map_err(|_| "unclosed quote".to_owned())
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

    #[test]
    fn a_program_may_have_blanks_in_its_path() {
        let words = |text: &str| in_words(text).unwrap();
        assert_eq!(words("emacs -nw"), ["emacs", "-nw"]);
        assert_eq!(words("'/opt/my editor/edit' --wait"), ["/opt/my editor/edit", "--wait"]);
        assert_eq!(words("C:\\ x"), ["C: x"], "a blank behind a backslash");
        assert_eq!(in_words("vi 'x"), Err("unclosed quote".to_owned()));
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
        assert_eq!(external("true").end().await, None);
        assert!(
            external("false")
                .end()
                .await
                .is_some_and(|why| why.contains("false ended with exit status: 1"))
        );
        let missing = external("/no/such/pager").end().await;
        assert!(missing.is_some_and(|why| why.contains("/no/such/pager not found: set $PAGER")));
    }

    /// Runs a line of shell as the editor of a payload. What it led to, and whether its file is
    /// still there.
    async fn edited(line: &str) -> (Result<String, String>, Option<PathBuf>) {
        let mut external = External::payload("SELECT 1").unwrap();
        external.words = ["sh", "-c", line, "editor"].map(str::to_owned).to_vec();
        let file = external.file.clone();
        let Msg::Edited(left) = external.run().await else { panic!("of an editor") };
        let is_there = file.exists();
        (left, is_there.then_some(file))
    }

    #[tokio::test]
    async fn what_an_editor_leaves_comes_back() {
        assert_eq!(edited("true").await, (Ok("SELECT 1".into()), None));
        assert_eq!(edited("echo LIMIT 5 >> \"$1\"").await, (Ok("SELECT 1\nLIMIT 5".into()), None));
        assert_eq!(
            edited("echo x > \"$1.new\"; mv \"$1.new\" \"$1\"").await,
            (Ok("x".into()), None),
            "in a new file"
        );
    }

    #[tokio::test]
    async fn what_cannot_be_taken_stays_in_its_file() {
        for (line, why) in [
            ("printf 'a\\033[2J' > \"$1\"", "line 1 contains the invisible U+001B"),
            ("printf 'a\\377' > \"$1\"", "UTF-8"),
            ("head -c 300000 /dev/zero | tr '\\0' x > \"$1\"", "256 KiB"),
            ("echo half > \"$1\"; exit 3", "exit status: 3"),
        ] {
            let (left, file) = edited(line).await;
            let (why_not, file) = (left.unwrap_err(), file.expect("the file stays"));
            assert!(
                why_not.contains(why) && why_not.contains(&*file.to_string_lossy()),
                "{why_not}"
            );
            fs::remove_file(file).unwrap();
        }
        let (left, file) = edited("exit 1").await;
        assert!(
            left.unwrap_err().contains("exit status: 1") && file.is_none(),
            "nothing was written"
        );
        assert!(edited("rm \"$1\"").await.0.unwrap_err().contains("No such file"));
        assert!(
            edited("rm \"$1\"; mkfifo \"$1\"").await.0.unwrap_err().contains("not a regular file"),
            "and nobody waits"
        );
    }
}
