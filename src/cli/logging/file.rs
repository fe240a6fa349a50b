//! A log file for months: JSON lines, in files that are renamed when they are full.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use swarmscope_peer::files;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// How large a file becomes.
const FULL: u64 = 16 << 20;
/// How many full ones are kept: FILE.1 is the newest.
const KEPT: u32 = 5;

/// A file that is renamed when it is full.
pub struct Rotating {
    path: PathBuf,
    file: File,
    size: u64,
    full: u64,
}

impl Rotating {
    /// Goes on with a file that is there.
    ///
    /// # Errors
    /// It can't be written.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::with(path, FULL)
    }

    fn with(path: &Path, full: u64) -> io::Result<Self> {
        let file = files::append(path)?;
        let size = file.metadata()?.len();
        Ok(Self { path: path.to_owned(), file, size, full })
    }

    fn rotate(&mut self) -> io::Result<()> {
        for number in (1..KEPT).rev() {
            let (from, to) = (self.numbered(number), self.numbered(number + 1));
            if from.exists() {
                fs::rename(from, to)?;
            }
        }
        fs::rename(&self.path, self.numbered(1))?;
        *self = Self::with(&self.path, self.full)?;
        Ok(())
    }

    fn numbered(&self, number: u32) -> PathBuf {
        numbered(&self.path, number)
    }
}

fn numbered(path: &Path, number: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}

/// The file and its full ones, as far as they are there, the oldest first.
pub fn parts(path: &Path) -> Vec<PathBuf> {
    let full = (1..=KEPT).rev().map(|number| numbered(path, number));
    full.chain([path.to_owned()]).filter(|path| path.exists()).collect()
}

/// A line comes in one piece, and goes into one file.
impl Write for Rotating {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.size > 0 && self.size + line.len() as u64 > self.full {
            self.rotate()?;
        }
        self.file.write_all(line)?;
        self.size += line.len() as u64;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// `{"at":"2026-11-29T09:12:28Z","level":"INFO","message":"…"}`
pub struct JsonLines;

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut fields = Fields(Map::new());
        fields.0.insert("at".into(), swarmscope_store::Time::now().to_string().into());
        fields.0.insert("level".into(), event.metadata().level().as_str().into());
        event.record(&mut fields);
        let line = swarmscope_wire::text::json(&fields.0).map_err(|_| fmt::Error)?;
        writeln!(writer, "{line}")
    }
}

struct Fields(Map<String, Value>);

impl Visit for Fields {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().into(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().into(), value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().into(), value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().into(), format!("{value:?}").into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_files_are_renamed_and_the_oldest_goes() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("log");
        let mut log = Rotating::with(&path, 10).expect("a file");
        for line in 0..9 {
            writeln!(log, "line {line}").expect("written");
        }
        let read = |name: &str| fs::read_to_string(directory.path().join(name)).unwrap_or_default();
        assert_eq!((read("log"), read("log.1")), ("line 8\n".into(), "line 7\n".into()));
        assert_eq!((read("log.5"), read("log.6")), ("line 3\n".into(), String::new()));
        drop(log);
        writeln!(Rotating::with(&path, 100).expect("a file"), "more").expect("written");
        assert_eq!(read("log"), "line 8\nmore\n");
    }
}
