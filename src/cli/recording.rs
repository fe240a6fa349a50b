//! `swarmscope recording`: what a recording has, for other programs.

use std::fs::{self, OpenOptions};
use std::io::{BufReader, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::builder::BoolishValueParser;
use clap::{Args, Subcommand};

use super::{CliError, logging, output, probes};
use swarmscope_facts::capture::{self, Capture};
use swarmscope_facts::export::format::extension;
use swarmscope_facts::export::{Export, Format};
use swarmscope_facts::notes::Notes;
use swarmscope_facts::recording::{self, Line, Recording, Told, What};
use swarmscope_facts::said::Saying;
use swarmscope_peer::files;

use swarmscope_facts::{Change, ConversationSettings, Facts, Input, Naming, Now, Settings};
use swarmscope_peer::crawler::{Registry, decode_reply};
use swarmscope_peer::node::Event;
use swarmscope_probes::pseudonyms;
use swarmscope_wire::{Permid, text};

/// A recording is at most so large and has at most so many lines (see `recording::read`): nothing
/// of it is let go.
const WHOLE: ConversationSettings = ConversationSettings {
    lines: 4_000_000,
    bytes: 4 << 30,
    lines_in_all: 4_000_000,
    bytes_in_all: 4 << 30,
};
/// What lies before the start of a recording is told by it too: no clock begins later than that.
const PAST: Duration = Duration::from_secs(10 * 365 * 86_400);

#[derive(Args, Debug)]
pub struct RecordingArgs {
    #[command(subcommand)]
    command: RecordingCommand,
}

#[derive(Subcommand, Debug)]
enum RecordingCommand {
    /// Write it as a capture for Wireshark, or its requests as lines
    Export(ExportArgs),
}

#[derive(Args, Debug)]
struct ExportArgs {
    /// A file made by --record or ctrl-r
    file: PathBuf,
    /// Where it goes; the name decides the format: .pcapng, .ndjson, .jsonl or .csv. An existing
    /// file is never replaced
    #[arg(long, value_name = "PATH", env = "SWARMSCOPE_OUT")]
    out: PathBuf,
    /// With the bytes of replies, where it is lines
    #[arg(long, env = "SWARMSCOPE_RAW", value_parser = BoolishValueParser::new())]
    raw: bool,
    /// Hide addresses and permids
    #[arg(long, env = "SWARMSCOPE_PRIVACY", value_parser = BoolishValueParser::new())]
    privacy: bool,
}

/// # Errors
/// See the sub-commands.
pub fn run(args: RecordingArgs) -> Result<u8, CliError> {
    logging::start(logging::Level::Warnings);
    let RecordingCommand::Export(args) = args.command;
    export(&args)
}

/// What a file is to be.
enum Kind {
    Capture,
    Lines(Format),
}

fn export(args: &ExportArgs) -> Result<u8, CliError> {
    let name = args.out.to_string_lossy();
    let kind = if extension(&name) == capture::EXTENSION {
        Kind::Capture
    } else {
        let hint = "end it in .pcapng, .ndjson, .jsonl or .csv: the name decides the format";
        Kind::Lines(Format::of(&name).map_err(|_| {
            CliError::usage(format!("--out: {name} is of no format that is known here"), hint)
        })?)
    };
    let registry = probes::registry()?;
    let recording = read(&args.file)?;
    let naming = Naming {
        privacy: args.privacy || recording.header.privacy,
        mask: pseudonyms::mask().clone(),
    };
    let program = format!("swarmscope {}", text::clean(&recording.header.program));
    let settings = Settings { conversations: WHOLE, ..Settings::default() };
    let folded = Folded::of(recording, &registry, settings);
    let (facts, notes) = (&folded.facts, &Notes::default());
    let bytes = match kind {
        Kind::Capture => {
            let by = Saying { facts, registry: &registry, naming: &naming };
            Capture { by, notes, program: &program }.of(facts.peers().iter())
        }
        Kind::Lines(format) => {
            let (own, raw) = (&folded.own, args.raw);
            let (naming, registry, program) = (&naming, &registry, &*program);
            let export = Export { facts, naming, notes, registry, program, own, raw };
            export.peers(facts.peers().iter(), format).into_bytes()
        }
    };
    write(&args.out, &bytes)?;
    output::say(format_args!("{} bytes in {}", bytes.len(), args.out.display()));
    Ok(0)
}

fn read(path: &Path) -> Result<Recording<Told>, CliError> {
    let file = files::open(path).map_err(|error| CliError::file(path, error))?;
    recording::read(BufReader::new(file)).map_err(|error| {
        CliError::file(path, error).with_hint("give a file made by --record or ctrl-r")
    })
}

/// All that a recording tells.
pub struct Folded {
    pub facts: Facts,
    own: Vec<Permid>,
}

impl Folded {
    /// # Errors
    /// The file can't be read, or is no recording.
    pub fn read(path: &Path, registry: &Registry, settings: Settings) -> Result<Self, CliError> {
        read(path).map(|recording| Self::of(recording, registry, settings))
    }

    fn of(recording: Recording<Told>, registry: &Registry, settings: Settings) -> Self {
        let facts = Facts::new(settings);
        let mut folded = Self { facts, own: Vec::new() };
        let origin = origin();
        let start = recording.header.started();
        for Line(micros, what) in recording.lines {
            let What::Msg(Told::Input(input)) = what else { continue };
            let by = Duration::from_micros(micros.unsigned_abs());
            let (instant, wall) = if micros < 0 {
                (origin.checked_sub(by), start.checked_sub(by))
            } else {
                (origin.checked_add(by), start.checked_add(by))
            };
            let now = Now { instant: instant.unwrap_or(origin), wall: wall.unwrap_or(start) };
            folded.fold(now, *input, registry);
        }
        folded
    }

    fn fold(&mut self, now: Now, input: Input, registry: &Registry) {
        if let Input::Event(Event::Listening { permid, legacy_permid, .. }) = &input {
            self.own = permid.iter().chain(legacy_permid).copied().collect();
        }
        for change in self.facts.fold(now, input) {
            if let Change::ToDecode { permid, ticket, message, error, payload } = change {
                let decoding = decode_reply(registry, message, error, &payload);
                self.facts.fold(now, Input::Decoded { permid, ticket, decoding });
            }
        }
    }
}

/// Any moment with room before it: a recording's times are counted from it.
#[allow(clippy::disallowed_methods)]
fn origin() -> Instant {
    let now = Instant::now();
    now.checked_add(PAST).unwrap_or(now)
}

/// Half a file must not be taken for a whole one, and what is there stays.
fn write(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    let failed = |error| {
        CliError::file(path, error).with_hint("choose a new name in a directory you may write to")
    };
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = opened.map_err(failed)?;
    file.write_all(bytes).map_err(|error| {
        let _ = fs::remove_file(path);
        failed(error)
    })
}
