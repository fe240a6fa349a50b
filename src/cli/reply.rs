//! A whole reply on standard output, and what its error byte means for the exit code.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;

use super::CliError;
use super::output::{self, Line};
use swarmscope_peer::crawler::{Acceptance, Decoding, Registry, Reply};
use swarmscope_wire::text::clean_lines;
use swarmscope_wire::tree::Node;
use swarmscope_wire::{Decoded, ErrorByte};

/// Exit codes of replies (cli.md).
mod exit {
    pub const SUCCESS: u8 = 0;
    pub const FREQUENCY: u8 = 10;
    pub const UNKNOWN_MESSAGE: u8 = 11;
    pub const OTHER_ERROR: u8 = 12;
    pub const UNDECODABLE: u8 = 13;
}

/// A reply that came whole.
pub struct Answered {
    pub reply: Reply,
    /// When the peer accepts the same request again, as far as this one tells.
    pub acceptance: Acceptance,
}

const fn exit_code(error: ErrorByte, undecodable: bool) -> u8 {
    match error {
        ErrorByte::SUCCESS if undecodable => exit::UNDECODABLE,
        ErrorByte::SUCCESS => exit::SUCCESS,
        ErrorByte::FREQUENCY => exit::FREQUENCY,
        ErrorByte::UNKNOWN_MESSAGE => exit::UNKNOWN_MESSAGE,
        _ => exit::OTHER_ERROR,
    }
}

const OUT_HINT: &str =
    "--out names the file to write the payload to: choose one in an existing, writable directory";

/// The file of `--out`: opened before the peer is asked, because asking again would meet 254. One
/// that was made for a reply that does not come is removed again.
pub struct ReplyFile {
    path: PathBuf,
    file: File,
    /// It was made for this reply, which is not in it yet.
    made: bool,
}

impl ReplyFile {
    /// Opens the file for writing and leaves what is in it alone until there is a reply.
    ///
    /// # Errors
    /// It can't be written.
    pub fn create(path: PathBuf) -> Result<Self, CliError> {
        let made = !path.exists();
        let opened = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
        let file = opened.map_err(|error| CliError::file(&path, error).with_hint(OUT_HINT))?;
        Ok(Self { path, file, made })
    }

    /// Writes the reply over what is in it.
    ///
    /// # Errors
    /// It can't be written.
    pub fn write(mut self, payload: &[u8]) -> Result<(), CliError> {
        let regular = self.file.metadata().is_ok_and(|metadata| metadata.is_file());
        let empty = |file: &File| if regular { file.set_len(0) } else { Ok(()) };
        let written = empty(&self.file).and_then(|()| self.file.write_all(payload));
        match written {
            Ok(()) => self.made = false,
            Err(_) => drop(empty(&self.file)), // half a reply must not be taken for a whole one
        }
        written.map_err(|error| CliError::file(&self.path, error).with_hint(OUT_HINT))
    }

    /// There was a reply, and it is not written, for this reason: what was in the file stays.
    pub fn without(self, why: &str) -> CliError {
        CliError::file(&self.path, why)
            .with_hint("leave --out out; --json prints what the reply says")
    }
}

impl Drop for ReplyFile {
    fn drop(&mut self) {
        if self.made {
            let _ = fs::remove_file(&self.path); // where it can't be removed there is an empty file
        }
    }
}

/// What is to be printed of a reply, and how the command ends.
pub struct Presented {
    pub printed: Vec<u8>,
    /// For a person; it goes where the other hints go, after what is printed.
    pub hint: Option<&'static str>,
    /// Whether `--out` was written. The reply is printed also where it was not: to ask again would
    /// meet 254.
    pub written: Result<(), CliError>,
    pub exit: u8,
}

/// Writes the payload where `--out` says, and decodes it.
///
/// # Errors
/// It is no JSON.
pub fn present(
    answered: &Answered,
    registry: &Registry,
    json: bool,
    out: Option<ReplyFile>,
) -> Result<Presented, CliError> {
    let reply = &answered.reply;
    let written = out.map_or(Ok(()), |out| out.write(&reply.payload));
    let reading = swarmscope_peer::crawler::decode_reply(
        registry,
        reply.message,
        reply.error,
        &reply.payload,
    );
    let printed = if json {
        as_json(answered, &reading).bytes()?
    } else {
        clean_lines(&as_text(reply, registry, &reading)).into_owned().into_bytes()
    };
    let hint = hint(reply.error).filter(|_| !json);
    Ok(Presented { printed, hint, written, exit: exit_code(reply.error, reading.failed.is_some()) })
}

/// What to do about an error byte of the protocol.
const fn hint(error: ErrorByte) -> Option<&'static str> {
    match error {
        ErrorByte::FREQUENCY => Some(
            "asked too recently: wait, or use a shorter --frequency (5 and below always passes)",
        ),
        ErrorByte::UNKNOWN_MESSAGE => {
            Some("the peer has no handler for this id: try another id, or a newer peer")
        }
        _ => None,
    }
}

fn as_json<'a>(answered: &Answered, reading: &'a Decoding) -> Line<'a> {
    let Answered { reply, acceptance } = answered;
    Line::Reply {
        message_id: reply.message.0,
        channel: reply.channel.0,
        error: reply.error.0,
        error_name: reply.error.name(),
        bytes: reply.payload.len(),
        parts: reply.parts,
        elapsed_ms: output::milliseconds(reply.elapsed),
        payload_base64: output::base64(&reply.payload),
        payload_sha256: reading.bytes.to_string(),
        decoded: &reading.decoded.json,
        notes: &reading.decoded.notes,
        acceptance: (*acceptance).into(),
        decode_error: reading.failed.as_deref(),
    }
}

/// What a column of a table is made as wide as at most; what is longer moves its own row.
const WIDEST_COLUMN: usize = 40;

/// A heading, what was odd, and the tree.
fn as_text(reply: &Reply, registry: &Registry, reading: &Decoding) -> String {
    let mut text = format!(
        "{} from {}: error {} · {} {} · {} bytes · {:.3} s\n",
        registry.label(reply.message),
        reply.permid.short(),
        output::error_words(reply.error),
        reply.parts,
        if reply.parts == 1 { "part" } else { "parts" },
        reply.payload.len(),
        reply.elapsed.as_secs_f64(),
    );
    if let Some(why) = &reading.failed {
        let _ = writeln!(
            text,
            "could not be decoded as {}: {why}; shown as {}",
            registry.label(reply.message),
            reading.decoded.format
        );
    }
    for note in &reading.decoded.notes {
        let _ = writeln!(text, "note: {note}");
    }
    tree(&mut text, &reading.decoded);
    text
}

fn tree(text: &mut String, decoded: &Decoded) {
    let root = &decoded.tree;
    if root.children.is_empty() {
        text.push_str(&root.value);
        text.push('\n');
    } else {
        let _ = writeln!(text, "{}: {}", decoded.format, decoded.summary);
        if root.children.iter().all(is_row) {
            table(text, &root.children);
        } else {
            branches(text, &root.children, 1);
        }
    }
}

/// Whether it is a row of a table: values that hold no others.
fn is_row(node: &Node) -> bool {
    !node.children.is_empty() && node.children.iter().all(|value| value.children.is_empty())
}

/// Values under each other, as far as rows have as many; above them the names of their columns,
/// where these have names.
fn table(text: &mut String, rows: &[Node]) {
    for rows in rows.chunk_by(|one, other| one.children.len() == other.children.len()) {
        let names: Vec<&str> = rows[0].children.iter().map(|value| &*value.label).collect();
        let has_names = names.iter().any(|name| name.parse::<usize>().is_err());
        let values = rows
            .iter()
            .map(|row| row.children.iter().map(|value| &*value.value).collect::<Vec<_>>());
        let lines: Vec<Vec<&str>> = has_names.then_some(names).into_iter().chain(values).collect();
        let longest = |column: usize| {
            lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> =
            (0..lines[0].len()).map(|column| longest(column).min(WIDEST_COLUMN)).collect();
        for line in &lines {
            let cells = line.iter().zip(&widths).map(|(value, width)| format!("{value:width$}"));
            let _ = writeln!(text, "  {}", cells.collect::<Vec<_>>().join("  ").trim_end());
        }
    }
}

/// One line a value, two spaces a level, the values of one level under each other.
fn branches(text: &mut String, nodes: &[Node], level: usize) {
    let width = nodes.iter().map(|node| node.label.chars().count()).max().unwrap_or(0);
    for node in nodes {
        let _ = writeln!(
            text,
            "{:indent$}{:width$}  {}",
            "",
            node.label,
            node.value,
            indent = level * 2
        );
        branches(text, &node.children, level + 1);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::time::Duration;

    use bytes::Bytes;
    use flate2::Compression;
    use flate2::write::ZlibEncoder;
    use serde_json::json;

    use super::*;
    use swarmscope_peer::node::Ticket;
    use swarmscope_probes::Statistics;
    use swarmscope_wire::{ChannelId, MessageId, Permid};

    /// A reply that no id's own decoder reads, as text and as JSON.
    fn both(payload: &[u8]) -> (String, serde_json::Value) {
        let registry = swarmscope_probes::registry(Statistics::empty());
        let reply = Reply {
            ticket: Ticket(1),
            permid: Permid::Ed25519([7; 32]),
            message: MessageId(99),
            channel: ChannelId(1),
            error: ErrorByte::SUCCESS,
            payload: Bytes::copy_from_slice(payload),
            parts: 1,
            elapsed: Duration::ZERO,
            dialled_back: false,
        };
        let reading = swarmscope_peer::crawler::decode_reply(
            &registry,
            reply.message,
            reply.error,
            &reply.payload,
        );
        let answered = Answered { reply, acceptance: Acceptance::Unknown };
        let line = swarmscope_wire::text::json(&as_json(&answered, &reading)).expect("serialises");
        (as_text(&answered.reply, &registry, &reading), serde_json::from_str(&line).expect("JSON"))
    }

    #[test]
    fn what_the_text_notes_the_json_carries() {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all("line\n".repeat(5000).as_bytes()).expect("in memory");
        let stream = encoder.finish().expect("in memory");
        let bomb = {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(&vec![b'x'; (16 << 20) + 1]).expect("in memory");
            encoder.finish().expect("in memory")
        };
        for (code, payload) in [
            ("stream-cut", stream[..stream.len() - 6].to_vec()),
            ("trailing-bytes", [&stream[..], b"rest"].concat()),
            ("trailing-bytes", b"i1erest".to_vec()),
            ("duplicate-key", b"d1:ai1e1:ai2ee".to_vec()),
            ("inflate-limit", bomb),
            ("not-run", b"cos\nsystem\n.".to_vec()),
        ] {
            let (text, json) = both(&payload);
            let notes = json["notes"].as_array().expect("a list");
            assert_eq!(notes[0]["code"], code, "{notes:?}");
            let said: Vec<String> = text
                .lines()
                .filter_map(|line| line.strip_prefix("note: ").map(Into::into))
                .collect();
            let carried: Vec<_> =
                notes.iter().map(|note| note["text"].as_str().expect("words").to_owned()).collect();
            assert_eq!(said, carried);
        }
        assert_eq!(both(b"i1e").1["notes"], json!([]));
    }

    fn row(values: &[(&str, &str)]) -> Node {
        let children =
            values.iter().map(|(label, value)| Node::leaf(*label, *value, None)).collect();
        Node { value: "row".into(), children, ..Node::default() }
    }

    fn printed(children: Vec<Node>) -> String {
        let mut text = String::new();
        let tree = Node { children, ..Node::default() };
        super::tree(
            &mut text,
            &Decoded { format: "a".into(), summary: "rows".into(), tree, ..Decoded::default() },
        );
        text
    }

    #[test]
    fn rows_are_a_table_and_its_columns_have_their_names() {
        let rows = vec![
            row(&[("0", "peer_count"), ("1", "5")]),
            row(&[("0", "files"), ("1", "174")]),
            row(&[("0", "a"), ("1", "b"), ("2", "c")]),
        ];
        assert_eq!(printed(rows), "a: rows\n  peer_count  5\n  files       174\n  a  b  c\n");
        let named = vec![row(&[("timestamp", "3600"), ("message", "search: 4 words")])];
        assert_eq!(printed(named), "a: rows\n  timestamp  message\n  3600       search: 4 words\n");
        let long = "x".repeat(100);
        assert!(
            printed(vec![row(&[("0", &long), ("1", "1")]), row(&[("0", "y"), ("1", "2")])])
                .lines()
                .nth(2)
                .is_some_and(|line| line.len() == 45)
        );
    }

    #[test]
    fn what_is_no_table_stays_a_tree() {
        let tree = vec![row(&[("0", "a")]), Node::leaf("type", "Blocked", None)];
        assert_eq!(printed(tree), "a: rows\n        row\n    0  a\n  type  Blocked\n");
    }
}
