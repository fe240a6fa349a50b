//! The files of what is kept: read when the screen starts, written when something in it is changed.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::JoinHandle;

use tempfile::NamedTempFile;

use crate::screen::kept::{Kept, KeptIn};

/// Bytes of one file: ten thousand notes of full length fit.
const MOST: u64 = 16 << 20;

/// Where the files are.
#[derive(Clone, Default, Debug)]
pub struct Files {
    /// For columns and filters; `None` keeps nothing.
    pub config: Option<PathBuf>,
    /// For notes, what was shown, and the theme.
    pub data: Option<PathBuf>,
    /// Files that could not be read: they are left as they are.
    wrong: Vec<KeptIn>,
}

impl Files {
    #[must_use]
    pub const fn new(config: Option<PathBuf>, data: Option<PathBuf>) -> Self {
        Self { config, data, wrong: Vec::new() }
    }

    fn path(&self, of: KeptIn) -> Option<PathBuf> {
        let directory = match of {
            KeptIn::Columns | KeptIn::Filters => &self.config,
            KeptIn::Notes | KeptIn::Hints | KeptIn::Theme => &self.data,
        };
        Some(directory.as_ref()?.join(of.file()))
    }

    /// Reads all of them. A file that is not there is none; one that can't be read is told of, and
    /// not written later.
    pub fn read(&mut self) -> Kept {
        let mut kept = Kept::default();
        for of in KeptIn::ALL {
            let Some(path) = self.path(of) else { continue };
            let read = match text(&path) {
                Ok(None) => {
                    kept.missing(of);
                    continue;
                }
                Ok(Some(text)) => kept.read(of, &text),
                Err(error) => Err(error.to_string()),
            };
            if let Err(why) = read {
                self.wrong.push(of);
                let path = path.display();
                kept.notices
                    .push(format!("{path}: {why}; fix it and restart; the file is left untouched"));
            }
        }
        kept
    }

    /// Writes one of them.
    ///
    /// # Errors
    /// Why not, in words.
    pub fn write(&self, of: KeptIn, text: &str) -> Result<(), String> {
        let Some(path) = self.path(of) else { return Ok(()) };
        if self.wrong.contains(&of) {
            return Err(format!("{} is not written: it could not be read", path.display()));
        }
        whole(&path, text)
            .map_err(|error| format!("{} could not be written: {error}", path.display()))
    }
}

/// Writes in the order in which it is told to, on a thread of its own: a disk may be slow, the
/// screen never waits for it.
pub struct Writer {
    orders: Option<mpsc::Sender<(KeptIn, String)>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// `failed` is called on the writer's thread, in words.
    pub fn new(files: Files, failed: impl Fn(String) + Send + 'static) -> Self {
        let (orders, given) = mpsc::channel::<(KeptIn, String)>();
        let thread = std::thread::spawn(move || {
            while let Ok(first) = given.recv() {
                let mut newest: Vec<(KeptIn, String)> = Vec::new();
                for (of, text) in std::iter::once(first).chain(given.try_iter()) {
                    newest.retain(|(other, _)| *other != of); // what was overtaken need not be written
                    newest.push((of, text));
                }
                for (of, text) in newest {
                    if let Err(why) = files.write(of, &text) {
                        failed(why);
                    }
                }
            }
        });
        Self { orders: Some(orders), thread: Some(thread) }
    }

    pub fn write(&self, of: KeptIn, text: String) {
        if let Some(orders) = &self.orders {
            let _ = orders.send((of, text)); // it is there for as long as this is
        }
    }
}

impl Drop for Writer {
    /// Waits until all is written.
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The text of a file; `None` where it is not there.
fn text(path: &Path) -> io::Result<Option<String>> {
    let file = match swarmscope_peer::files::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut text = String::new();
    file.take(MOST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MOST {
        return Err(io::Error::other("the file is too large"));
    }
    Ok(Some(text))
}

/// Writes a file whole or not at all, for this user's eyes only.
fn whole(path: &Path, text: &str) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let mut file = NamedTempFile::new_in(directory)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn files(directory: &Path) -> Files {
        Files::new(Some(directory.join("config")), Some(directory.join("data")))
    }

    #[test]
    fn what_is_written_is_read_again() {
        let directory = tempfile::tempdir().unwrap();
        let mut files = files(directory.path());
        assert!(files.read().filters.is_empty(), "nothing is there yet");
        files.write(KeptIn::Filters, "\"slow\" = 'rtt:>200ms'\n").unwrap();
        files.write(KeptIn::Filters, "\"new\" = 'asked:0'\n").unwrap();
        assert_eq!(files.read().filters.iter().collect::<Vec<_>>(), [("new", "asked:0")]);
        let path = directory.path().join("config/filters.toml");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(
            fs::read_dir(directory.path().join("config")).unwrap().count(),
            1,
            "nothing is left beside it"
        );
    }

    #[test]
    fn the_writer_ends_when_the_newest_is_written() {
        let directory = tempfile::tempdir().unwrap();
        let writer = Writer::new(files(directory.path()), |why| panic!("{why}"));
        for n in 0..50 {
            writer.write(KeptIn::Filters, format!("\"{n}\" = 'asked:{n}'\n"));
        }
        drop(writer);
        assert_eq!(
            files(directory.path()).read().filters.iter().collect::<Vec<_>>(),
            [("49", "asked:49")]
        );
    }

    #[test]
    fn a_file_in_error_is_told_of_and_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let mut files = files(directory.path());
        files.write(KeptIn::Notes, "\nx = ").unwrap();
        let kept = files.read();
        assert!(kept.notices[0].contains("notes.toml: line 2: "), "{:?}", kept.notices);
        assert!(files.write(KeptIn::Notes, "").is_err());
        assert_eq!(fs::read_to_string(directory.path().join("data/notes.toml")).unwrap(), "\nx = ");
        assert!(files.write(KeptIn::Filters, "").is_ok(), "the others are written");
    }

    #[test]
    fn without_directories_nothing_is_kept() {
        let mut files = Files::default();
        assert_eq!(files.write(KeptIn::Columns, "x"), Ok(()));
        assert!(files.read().notices.is_empty());
    }
}
