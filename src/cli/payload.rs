//! PAYLOAD: text; `@FILE` reads a file, `-` standard input, `hex:…` bytes, `text:…` text whatever
//! it begins with; and `fields:…` the fields of a probe that has a form, which are filled in for
//! the peer that answers.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use bytes::Bytes;

use super::CliError;
use swarmscope_peer::crawler::field::{Value, read_form, write_form};
use swarmscope_peer::crawler::{FORM, Question, Recipient};
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
    /// What it holds, for this probe; a form is a text as any other where the probe has none.
    ///
    /// # Errors
    /// The file or standard input can't be read, or holds more than a request can carry; a field is
    /// wrong.
    pub fn read(self, probe: Option<&Arc<dyn Question>>) -> Result<Content, CliError> {
        let bytes = match self {
            Self::Bytes(bytes) => bytes,
            Self::Form(form) => match probe.filter(|probe| !probe.fields().is_empty()) {
                Some(probe) => return Content::form(probe, &form),
                None => format!("{FORM}{form}").into(),
            },
            Self::File(path) => File::open(&path)
                .and_then(read_bounded)
                .map_err(|error| CliError::file(&path, error).with_hint(FILE_HINT))?,
            Self::StandardInput => read_bounded(io::stdin().lock()).map_err(|error| {
                CliError::file(Path::new("standard input"), error).with_hint(INPUT_HINT)
            })?,
        };
        Ok(Content::Bytes(bytes))
    }
}

/// A payload whose source has been read. What a form asks can depend on the peer: the original's
/// questions name it, and older ones lack tables.
#[derive(Clone)]
pub enum Content {
    Bytes(Bytes),
    Form(Arc<dyn Question>, Vec<Value>),
}

impl Content {
    /// A form whose values are right, which is found out before a peer hears of us.
    fn form(probe: &Arc<dyn Question>, form: &str) -> Result<Self, CliError> {
        let values =
            read_form(probe.fields(), form).map_err(|what| wrong(probe.as_ref(), &what))?;
        let content = Self::Form(probe.clone(), values);
        content.bytes(&OverlayVersion::CURRENT.into()).map(|_| content)
    }

    /// The bytes for this peer.
    ///
    /// # Errors
    /// The probe does not take these values.
    pub fn bytes(&self, to: &Recipient) -> Result<Bytes, CliError> {
        match self {
            Self::Bytes(bytes) => Ok(bytes.clone()),
            Self::Form(probe, values) => {
                probe.fill(values, to).map_err(|what| wrong(probe.as_ref(), &what))
            }
        }
    }
}

/// What the values of a form are by themselves is said where one is wrong.
fn wrong(probe: &dyn Question, what: &str) -> CliError {
    let usual = probe.fields().iter().map(|field| (field, field.default.write()));
    let hint = format!("its default is {FORM}{}", write_form(usual));
    CliError::usage(format!("PAYLOAD: {what}"), hint)
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
        let content = text.parse::<Payload>().expect("parses").read(None).expect("reads");
        content.bytes(&OverlayVersion::CURRENT.into()).expect("takes them").to_vec()
    }

    fn database() -> Arc<dyn Question> {
        let registry = crate::cli::probes::registry().expect("reads");
        registry.get(swarmscope_wire::MessageId::DATABASE_QUERY).expect("is built in").clone()
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

    /// Three of the original's seven statements name the peer, and are known once it has answered.
    #[test]
    fn a_form_asks_the_peer_what_its_default_asks() {
        let form: Payload = "fields:ask=counts".parse().expect("parses");
        let content = form.read(Some(&database())).expect("reads");
        let permid = Some(swarmscope_wire::Permid::Ed25519([7; 32]));
        let peer = Recipient { permid, version: OverlayVersion::CURRENT };
        let asked = content.bytes(&peer).expect("takes them");
        assert_eq!(asked, database().initiate(&peer));
        assert_eq!(asked.split(|byte| *byte == b';').count(), 7);
    }

    #[test]
    fn a_wrong_form_is_found_before_a_peer_is_asked() {
        let form: Payload = "fields:ask=everything".parse().expect("parses");
        let error = form.read(Some(&database())).err().expect("refused");
        assert_eq!(error.exit_code(), 2);
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
            Payload::File("/nonexistent/payload".into()).read(None).err().expect("is not there");
        assert!(
            error.to_string().contains("/nonexistent/payload") && error.exit_code() == 1,
            "{error}"
        );
        let endless = read_bounded(io::repeat(0)).expect_err("is endless");
        assert!(endless.to_string().contains("8388603"), "{endless}");
    }
}
