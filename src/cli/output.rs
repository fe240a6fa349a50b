//! What goes to standard output: JSON events, one object a line, and readable replies.

use std::fmt;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::time::Duration;

use super::standard_error;
use data_encoding::BASE64;
use serde::{Serialize, Serializer};

use swarmscope_peer::crawler::Acceptance;
use swarmscope_peer::node::Transport;
use swarmscope_wire::failure::Failure;
use swarmscope_wire::text::{clean_lines, write_json};
use swarmscope_wire::{ErrorByte, MessageId, Note, Permid};

/// The events of `--json` (cli.md). Fields are written in this order.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Line<'a> {
    /// A peer listens. A key that is not in use is null.
    Listening { addr: SocketAddr, permid: Option<String>, legacy_permid: Option<String> },
    /// A STUN server listens on these two addresses and ports, and on the port of each at the
    /// other.
    #[serde(rename = "listening")]
    StunListening { addr: SocketAddr, alternate: SocketAddr },
    /// The peer is authenticated.
    Connected {
        #[serde(serialize_with = "text")]
        permid: Permid,
        version: u16,
        transport: &'static str,
        rtt_ms: f64,
    },
    /// What a person should know before the request goes out.
    Warning { text: &'static str },
    /// One part as it arrived; never merged.
    Part { index: u32, bytes: usize, parts_left: u8, at_ms: f64 },
    /// The whole reply, whatever its error byte says.
    Reply {
        message_id: u8,
        channel: u8,
        error: u8,
        error_name: Option<&'static str>,
        bytes: usize,
        parts: u32,
        elapsed_ms: f64,
        payload_base64: String,
        /// What other programs compute of the same bytes.
        payload_sha256: String,
        decoded: &'a serde_json::Value,
        /// What was noticed about the payload: damage, deviations, what `decoded` leaves out.
        notes: &'a [Note],
        acceptance: Accepts,
        /// Only where a registered decoder failed (exit code 13).
        #[serde(skip_serializing_if = "Option::is_none")]
        decode_error: Option<&'a str>,
    },
    /// It ended without a reply.
    Failure {
        phase: &'static str,
        cause: String,
        code: &'static str,
        hint: &'static str,
        /// Only where a request had gone out.
        #[serde(skip_serializing_if = "Option::is_none")]
        acceptance: Option<Accepts>,
    },
    /// A rung of a check, as it ends.
    Rung(&'a serde_json::Value),
    /// The end of a check.
    Check(&'a serde_json::Value),
    /// A part of a reply of a BitTorrent peer or a DHT node.
    #[serde(rename = "part")]
    QuestionPart { index: u32, at_ms: f64, decoded: &'a serde_json::Value },
    /// The whole reply of a BitTorrent peer or a DHT node.
    #[serde(rename = "reply")]
    QuestionReply {
        network: &'static str,
        question: &'static str,
        error: i64,
        error_name: Option<&'static str>,
        parts: u32,
        elapsed_ms: f64,
        summary: &'a str,
        decoded: &'a serde_json::Value,
    },
    /// Peer side: a Crawler asked.
    Asked {
        #[serde(serialize_with = "text")]
        permid: Permid,
        message_id: u8,
        channel: u8,
        frequency: u16,
        bytes: usize,
    },
    /// Peer side: it was answered.
    Answered {
        #[serde(serialize_with = "text")]
        permid: Permid,
        message_id: u8,
        channel: u8,
        error: u8,
        error_name: Option<&'static str>,
        bytes: usize,
    },
    /// Peer side: it was refused.
    Refused {
        #[serde(serialize_with = "text")]
        permid: Permid,
        message_id: u8,
        cause: String,
        code: &'static str,
    },
    /// Peer side: nodes of the DHT were asked who else meets under the rendezvous.
    Rendezvous { answered: usize, announced: usize, others: usize, left_out: usize },
    /// Peer side: another program was refused, because no overlay version is common to both.
    VersionRefused {
        cause: String,
        code: &'static str,
        hint: &'static str,
        /// How often since this was last told.
        times: u64,
    },
    /// Peer side: of a flood some were told; this is how many more there were: of several peers
    /// where no permid is named, of several messages where no message is.
    Repeated { of: &'static str, permid: Option<String>, message_id: Option<u8>, times: u64 },
    /// So many lines are missing here: the reader did not read.
    Lost { lines: u64 },
    /// A limit; of a process that runs with what is in use of it.
    Limit {
        pid: Option<u32>,
        limit: &'static str,
        scope: &'static str,
        unit: &'static str,
        allowed: u64,
        used: Option<u64>,
        most: Option<u64>,
        refused: Option<u64>,
    },
    /// Peer side: an answer could not be delivered.
    Undelivered {
        #[serde(serialize_with = "text")]
        permid: Permid,
        message_id: u8,
        cause: String,
        code: &'static str,
    },
}

/// When the peer accepts the same request again, as far as this program's requests tell.
#[derive(Serialize, Clone, Copy)]
pub struct Accepts {
    /// How sure that is.
    known: &'static str,
    /// How long it answers 254, counted from this line; none is known where this is null.
    seconds: Option<f64>,
}

impl From<Acceptance> for Accepts {
    fn from(acceptance: Acceptance) -> Self {
        let seconds = acceptance.wait().map(|left| milliseconds(left).round() / 1e3);
        Self { known: acceptance.name(), seconds }
    }
}

impl Line<'_> {
    /// `hint`: where there is a better one than the cause's.
    pub fn failure(
        failure: &Failure,
        hint: Option<&'static str>,
        acceptance: Option<Acceptance>,
    ) -> Self {
        let (cause, code, hint) =
            (failure.words(), failure.cause.code(), hint.unwrap_or(failure.cause.hint()));
        let acceptance = acceptance.map(Accepts::from);
        Self::Failure { phase: failure.phase().name(), cause, code, hint, acceptance }
    }

    /// Whether it is about what a Crawler asked and got.
    pub const fn is_of_a_crawler(&self) -> bool {
        matches!(
            self,
            Self::Asked { .. }
                | Self::Answered { .. }
                | Self::Refused { .. }
                | Self::Undelivered { .. }
                | Self::Repeated { .. }
        )
    }

    /// The object and its newline; what would act on a terminal is escaped.
    pub fn bytes(&self) -> io::Result<Vec<u8>> {
        json_line(self)
    }

    /// Writes the object and its newline at once.
    ///
    /// # Errors
    /// Standard output is closed or full.
    pub fn print(&self) -> io::Result<()> {
        write_out(&self.bytes()?)
    }
}

/// Writes to standard output and flushes it, so that a reader sees it when it happens.
pub fn write_out(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

/// Writes a text for people: whatever is in it, a file's or a peer's words, nothing but line ends and
/// tabs does anything on a terminal.
pub fn write_words(text: &str) -> io::Result<()> {
    write_out(clean_lines(text).as_bytes())
}

/// As [`write_words`], where a reader that goes away before its end has what it wanted, `| head` for
/// one.
pub fn write_text(text: &str) -> io::Result<()> {
    match write_words(text) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Prints an object and its newline; what would act on a terminal is escaped.
///
/// # Errors
/// Standard output is closed or full.
pub fn print_json(value: &impl Serialize) -> io::Result<()> {
    write_out(&json_line(value)?)
}

/// An object and its newline.
pub fn json_line(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    write_json(&mut line, value)?;
    line.push(b'\n');
    Ok(line)
}

/// A line on standard error. Where that can't be written nobody can be told; the exit code says it
/// still.
pub fn say(line: impl fmt::Display) {
    standard_error::line(line);
}

/// `tls` or `legacy`, as cli.md has it.
pub const fn transport_name(transport: Transport) -> &'static str {
    match transport {
        Transport::Tls => "tls",
        Transport::Legacy => "legacy",
    }
}

/// Milliseconds with microseconds behind the point.
pub fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

pub fn base64(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

/// `NATCHECK (3)`, or `id 77` where there is no name.
pub fn message_words(message: MessageId) -> String {
    message.name().map_or_else(|| format!("id {message}"), |name| format!("{name} ({message})"))
}

/// `254, frequency error`, or the number alone.
pub fn error_words(error: ErrorByte) -> String {
    error.name().map_or_else(|| error.to_string(), |name| format!("{error}, {name}"))
}

fn text<S: Serializer>(value: &impl fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use swarmscope_wire::failure::{By, Cause};

    fn json(line: &Line<'_>) -> String {
        let bytes = line.bytes().expect("serialises");
        String::from_utf8(bytes).expect("UTF-8").trim_end().to_owned()
    }

    #[test]
    fn a_key_that_is_not_in_use_is_null() {
        let addr = "127.0.0.1:7760".parse().expect("an address");
        let permid = Permid::Ed25519([7; 32]).to_string();
        let line = Line::Listening { addr, permid: Some(permid.clone()), legacy_permid: None };
        assert_eq!(
            json(&line),
            format!(
                r#"{{"event":"listening","addr":"127.0.0.1:7760","permid":"{permid}","legacy_permid":null}}"#
            )
        );
    }

    #[test]
    fn a_failure_has_phase_cause_code_and_hint() {
        let line =
            Line::failure(&Failure::new(Cause::TcpRefused, By::Peer, "127.0.0.1:1"), None, None);
        let value: serde_json::Value = serde_json::from_str(&json(&line)).expect("JSON");
        assert_eq!(value["event"], "failure");
        assert_eq!(value["phase"], "tcp");
        assert_eq!(value["code"], "tcp.refused");
        assert_eq!(value["cause"], "connection refused: 127.0.0.1:1");
        assert!(value["hint"].as_str().is_some_and(|hint| !hint.is_empty()));
    }

    #[test]
    fn a_message_is_named_with_its_number() {
        assert_eq!(message_words(MessageId::NATCHECK), "NATCHECK (3)");
        assert_eq!(message_words(MessageId(77)), "id 77");
    }

    #[test]
    fn a_part_says_where_it_stands_and_when_it_came() {
        let line = Line::Part {
            index: 1,
            bytes: 32768,
            parts_left: 2,
            at_ms: milliseconds(Duration::from_micros(1234)),
        };
        assert_eq!(
            json(&line),
            r#"{"event":"part","index":1,"bytes":32768,"parts_left":2,"at_ms":1.234}"#
        );
    }

    #[test]
    fn what_would_act_on_a_terminal_is_escaped() {
        let odd = "a\u{7f}\u{9b}31m\u{2028}\u{2029}\u{202e}\u{2066}é";
        let decoded = serde_json::json!({ odd: odd });
        let line = Line::Reply {
            message_id: 99,
            channel: 1,
            error: 0,
            error_name: None,
            bytes: 0,
            parts: 1,
            elapsed_ms: 0.0,
            payload_base64: String::new(),
            payload_sha256: String::new(),
            decoded: &decoded,
            notes: &[],
            acceptance: Acceptance::Unknown.into(),
            decode_error: Some(odd),
        };
        let line = json(&line);
        let plain = |c: char| c.is_ascii_graphic() || c == ' ' || c == 'é';
        assert!(line.chars().all(plain), "{line:?}");
        let value: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!((&value["decoded"][odd], &value["decode_error"]), (&odd.into(), &odd.into()));
    }
}
