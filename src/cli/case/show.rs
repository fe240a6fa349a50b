//! `case show`: the entries, a line each.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Map, Value as Json, json};
use swarmscope_evidence::case::read::{Damage, Found, Records};
use swarmscope_evidence::case::{Entry, Value, kind};
use swarmscope_wire::text;

use super::file;
use crate::cli::options::JsonOption;
use crate::cli::{CliError, output};

#[derive(Args, Debug)]
pub struct ShowArgs {
    /// The case file
    file: PathBuf,
    #[command(flatten)]
    json: JsonOption,
}

/// Fields that a line says otherwise, or that are for programs.
const NOT_IN_A_LINE: &[&str] = &[
    "type",
    "time",
    "monotonic_ns",
    "payload",
    "note",
    "verifier",
    "key",
    "card",
    "shape",
    "program",
];

/// # Errors
/// The file can't be read, or standard output can't be written.
pub fn run(args: &ShowArgs) -> Result<u8, CliError> {
    let failed = |error| CliError::file(&args.file, error);
    let mut records = Records::open(file::read(&args.file)?).map_err(failed)?.ok_or_else(|| {
        CliError::file(&args.file, "not a case file")
            .with_hint("create a case with `swarmscope case new FILE`")
    })?;
    let mut code = 0;
    while let Some(found) = records.read().map_err(failed)? {
        let line = match &found {
            Found::Entry { entry, .. } if args.json.json => as_json(entry)?,
            Found::Entry { entry, .. } => as_text(entry),
            Found::Damage { offset, bytes, why, .. } => {
                let what = match why {
                    Damage::Torn => "torn by a crash",
                    Damage::Unsearched => "damaged, and not all of them were looked through",
                    _ => "damaged",
                };
                if *why != Damage::Torn {
                    code = super::verify::BROKEN;
                }
                output::say(format_args!(
                    "{bytes} bytes from byte {offset} on are {what}; `swarmscope case verify` \
                     lists the entries that still hold"
                ));
                continue;
            }
        };
        output::write_text(&line)?;
    }
    Ok(code)
}

fn as_text(entry: &Entry) -> String {
    let time = entry.text("time").unwrap_or("-");
    let time = time.get(..23).unwrap_or(time);
    let (time, kind) = (text::clean(time), text::clip(entry.kind().as_bytes(), 60));
    let mut line = format!("{:>6}  {time}Z  {kind:9}", entry.index);
    for field in entry.fields.iter().filter(|field| !NOT_IN_A_LINE.contains(&field.name.as_str())) {
        let value = match &field.value {
            Value::Withheld => "(withheld)".into(),
            value => text::clip(value.bytes().unwrap_or_default(), 60),
        };
        let _ = write!(line, "  {}={value}", text::clean(&field.name));
    }
    if entry.kind() == kind::SIGNED {
        let _ = write!(line, "  entries 0 to {}", entry.index.saturating_sub(1));
    }
    let _ = writeln!(line, "  {}", short(entry));
    line
}

fn short(entry: &Entry) -> String {
    entry.hash[..4].iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }) + "…"
}

fn as_json(entry: &Entry) -> Result<String, CliError> {
    let mut fields = Map::new();
    for field in &entry.fields {
        let value = match &field.value {
            Value::Withheld => json!({ "withheld": true }),
            value => match std::str::from_utf8(value.bytes().unwrap_or_default()) {
                Ok(text)
                    if field.name != "payload"
                        && field.name != "content"
                        && field.name != "key" =>
                {
                    text.into()
                }
                Ok(text) if field.name == "content" => text.into(),
                _ => json!({ "base64": output::base64(value.bytes().unwrap_or_default()) }),
            },
        };
        fields.insert(field.name.clone(), value);
    }
    let hash = data_encoding::HEXLOWER.encode(&entry.hash);
    let line = json!({ "event": "entry", "index": entry.index, "hash": hash, "fields": Json::Object(fields) });
    text::json(&line).map(|line| line + "\n").map_err(|error| CliError::io(error.to_string()))
}
