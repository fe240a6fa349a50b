//! The audit of a peer: who asked what, and got what. A file that is only ever appended to, a line
//! for each event with its time, rotated when it is full; and `swarmscope audit`, which shows it.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Map, Value};

use super::journal::SEVERAL;
use super::logging::Rotating;
use super::options::JsonOption;
use super::output::{self, Line, error_words, message_words};
use super::{CliError, logging};
use swarmscope_peer::files;
use swarmscope_wire::text::{clean, write_json};
use swarmscope_wire::{ErrorByte, MessageId};

/// The longest line that is read: many times what this program writes.
const LONGEST: u64 = 64 << 10;

#[derive(Args, Debug)]
pub struct AuditArgs {
    /// The file of `peer --audit`; its rotated parts are read too, the oldest first
    file: PathBuf,
    #[command(flatten)]
    json: JsonOption,
}

/// An audit that is written.
pub struct Audit(Rotating);

impl Audit {
    /// Goes on with a file that is there.
    ///
    /// # Errors
    /// It can't be written, or is no file.
    pub fn open(path: &Path) -> io::Result<Self> {
        Rotating::open(path).map(Self)
    }

    /// Appends an event of a Crawler; others have no place in it.
    ///
    /// # Errors
    /// It can't be written. A peer that is to be audited must not go on then.
    pub fn append(&mut self, line: &Line<'_>) -> io::Result<()> {
        if !line.is_of_a_crawler() {
            return Ok(());
        }
        let mut object = Map::new();
        object.insert("at".into(), swarmscope_store::Time::now().to_string().into());
        if let Value::Object(fields) = serde_json::to_value(line)? {
            object.extend(fields);
        }
        let mut bytes = Vec::new();
        write_json(&mut bytes, &object)?;
        bytes.push(b'\n');
        self.0.write_all(&bytes)
    }
}

/// Shows an audit.
///
/// # Errors
/// It can't be read, or standard output can't be written.
pub fn run(args: &AuditArgs) -> Result<u8, CliError> {
    logging::start(logging::Level::Warnings);
    let parts = logging::parts(&args.file);
    for part in &parts {
        show(part, args.json.json)?;
    }
    if parts.is_empty() {
        let missing = CliError::file(&args.file, "no such file");
        return Err(missing.with_hint("name the file of `swarmscope peer --audit FILE`"));
    }
    Ok(0)
}

fn show(path: &Path, json: bool) -> Result<(), CliError> {
    let failed = |error: io::Error| CliError::file(path, error);
    let mut reader = BufReader::new(files::open(path).map_err(failed)?);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = io::Read::take(&mut reader, LONGEST).read_until(b'\n', &mut line);
        if read.map_err(failed)? == 0 {
            return Ok(());
        }
        let value = serde_json::from_slice::<Value>(&line).ok().filter(Value::is_object);
        let text = match value {
            Some(value) if json => {
                let mut bytes = Vec::new();
                write_json(&mut bytes, &value).map_err(io::Error::from)?;
                String::from_utf8_lossy(&bytes).into_owned()
            }
            Some(value) => words(&value),
            // a peer that was killed leaves half a line, and anybody may have edited the file
            None => {
                tracing::warn!("{}: a line that is no event was left out", path.display());
                continue;
            }
        };
        output::write_text(&format!("{text}\n"))?;
    }
}

/// A line for people.
fn words(value: &Value) -> String {
    let text = |key: &str| value[key].as_str().map(clean).unwrap_or_default().into_owned();
    let number = |key: &str| value[key].as_u64().and_then(|number| u8::try_from(number).ok());
    let message = number("message_id").map(|id| message_words(MessageId(id))).unwrap_or_default();
    let bytes = value["bytes"].as_u64().unwrap_or_default();
    let what = match value["event"].as_str() {
        Some("asked") => format!("asked {message}, {bytes} bytes, every {} s", value["frequency"]),
        Some("answered") => {
            let error = number("error").map(|error| error_words(ErrorByte(error)));
            format!("got {message}: error {}, {bytes} bytes", error.unwrap_or_default())
        }
        Some("refused") => format!("was refused {message}: {}", text("cause")),
        Some("undelivered") => format!("did not get {message}: {}", text("cause")),
        Some("repeated") => {
            format!("{} {message}: {} times more", text("of"), value["times"])
        }
        other => clean(other.unwrap_or_default()).into_owned(),
    };
    let who = if value["permid"].is_string() { text("permid") } else { SEVERAL.to_owned() };
    format!("{} {who} {what}", text("at"))
}
