//! PAYLOAD: text; `@FILE` reads a file, `-` standard input, `hex:…` bytes, `text:…` text whatever
//! it begins with; and `fields:…` the fields of a probe that has a form.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use bytes::Bytes;

use super::CliError;
use swarmscope_peer::crawler::FORM;
use swarmscope_peer::crawler::Question;
use swarmscope_peer::crawler::field::{read_form, write_form};
use swarmscope_wire::OverlayVersion;
use swarmscope_wire::frame::MAX_AFTER_AUTHENTICATION;
use swarmscope_wire::text::read_hex;

/// The fixed fields of a CRAWLER_REQUEST take this much of its frame: type, message, channel,
/// frequency.
const REQUEST_HEADER: usize = 5;
/// What a request can carry at most.
const MAX_PAYLOAD: usize = MAX_AFTER_AUTHENTICATION as usize - REQUEST_HEADER;

const FILE_HINT: &str =
    "@FILE sends the contents of a file: check the path; for text starting with @ use text:@…";
const INPUT_HINT: &str = "- reads the payload from standard input: check what is piped into it";

/// Where the bytes of a payload come from. Parsed with the options, read when the command runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Payload {
    Bytes(Bytes),
    File(PathBuf),
    StandardInput,
    /// What follows `fields:`.
    Form(String),
}

impl FromStr for Payload {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "-" {
            return Ok(Self::StandardInput);
        }
        if let Some(path) = text.strip_prefix('@') {
            return if path.is_empty() {
                Err("`@` without a file name: use @FILE, or text:@ for the character".into())
            } else {
                Ok(Self::File(path.into()))
            };
        }
        if let Some(digits) = text.strip_prefix("hex:") {
            return hex(digits).map(|bytes| Self::Bytes(bytes.into()));
        }
        if let Some(form) = text.strip_prefix(FORM) {
            return Ok(Self::Form(form.into()));
        }
        let text = text.strip_prefix("text:").unwrap_or(text);
        Ok(Self::Bytes(Bytes::copy_from_slice(text.as_bytes())))
    }
}

impl Payload {
    /// The bytes themselves, for this probe; a form is a text as any other where it has none.
    ///
    /// # Errors
    /// The file or standard input can't be read, or holds more than a request can carry; a field is
    /// wrong.
    pub fn read(self, probe: Option<&Arc<dyn Question>>) -> Result<Bytes, CliError> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            Self::Form(form) => match probe.filter(|probe| !probe.fields().is_empty()) {
                Some(probe) => fill(probe, &form),
                None => Ok(format!("{FORM}{form}").into()),
            },
            Self::File(path) => File::open(&path)
                .and_then(read_bounded)
                .map_err(|error| CliError::file(&path, error).with_hint(FILE_HINT)),
            Self::StandardInput => read_bounded(io::stdin().lock()).map_err(|error| {
                CliError::file(Path::new("standard input"), error).with_hint(INPUT_HINT)
            }),
        }
    }
}

/// The payload of a form; what its values are by itself is said where one is wrong.
fn fill(probe: &Arc<dyn Question>, form: &str) -> Result<Bytes, CliError> {
    let fields = probe.fields();
    let filled = read_form(fields, form)
        .and_then(|values| probe.fill(&values, &OverlayVersion::CURRENT.into()));
    filled.map_err(|what| {
        let usual = write_form(fields.iter().map(|field| (field, field.default.write())));
        CliError::usage(format!("PAYLOAD: {what}"), format!("its default is {FORM}{usual}"))
    })
}

fn read_bounded(source: impl Read) -> io::Result<Bytes> {
    let mut bytes = Vec::new();
    source.take(MAX_PAYLOAD as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > MAX_PAYLOAD {
        return Err(io::Error::other(format!(
            "more than the {MAX_PAYLOAD} bytes a request can carry: send less"
        )));
    }
    Ok(bytes.into())
}

fn hex(digits: &str) -> Result<Vec<u8>, String> {
    read_hex(digits)
        .map_err(|what| format!("hex: {what}; use pairs of 0-9 a-f, or text:… for text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        text.parse::<Payload>().expect("parses").read(None).expect("reads").to_vec()
    }

    #[test]
    fn each_way_of_writing_a_payload() {
        assert_eq!(bytes("SELECT 1"), b"SELECT 1");
        assert_eq!(bytes(""), b"");
        assert_eq!(bytes("text:@home"), b"@home");
        assert_eq!(bytes("text:-"), b"-");
        assert_eq!(bytes("hex:00 fF\n10"), [0, 255, 16]);
        assert_eq!(bytes("hex:"), b"");
        assert_eq!(bytes("fields:a=1"), b"fields:a=1", "a text where there is no form");
        assert_eq!(bytes("text:fields:a=1"), b"fields:a=1");
        assert_eq!("-".parse(), Ok(Payload::StandardInput));
        assert_eq!("@a b".parse(), Ok(Payload::File("a b".into())));
    }

    #[test]
    fn wrong_hex_says_where() {
        let error = |text: &str| text.parse::<Payload>().expect_err("refused");
        assert!(error("hex:00 0g").contains("'g' at position 5"), "{}", error("hex:00 0g"));
        assert!(error("hex:abc").contains("digits (3)"));
        assert!(error("@").contains("@FILE"));
    }

    #[test]
    fn a_file_that_is_too_large_or_not_there_is_named() {
        let error =
            Payload::File("/nonexistent/payload".into()).read(None).expect_err("is not there");
        assert!(
            error.to_string().contains("/nonexistent/payload") && error.exit_code() == 1,
            "{error}"
        );
        let endless = read_bounded(io::repeat(0)).expect_err("is endless");
        assert!(endless.to_string().contains("8388603"), "{endless}");
    }
}
