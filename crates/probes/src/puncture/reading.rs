//! How a PUNCTURE reply reads: the lines of a log with their times.

use serde_json::{Value, json};

use swarmscope_peer::crawler::ReplyDecodeError;
use swarmscope_wire::inflate::{self, End};
use swarmscope_wire::text::{self, count};
use swarmscope_wire::tree::Node;
use swarmscope_wire::{Decoded, Note, NoteKind, formats};

/// What the first line says.
const CRAWL: &str = "CRAWL";
/// How much of a line is read, in bytes: the longest of an original has some 150.
const MAX_LINE: usize = 1024;
/// How many lines are shown: an hour of a busy peer, over and over. More are counted.
const MAX_LINES: usize = 20_000;

pub(super) fn decode(payload: &[u8]) -> Result<Decoded, ReplyDecodeError> {
    let log = inflate::inflate(payload, inflate::max_output())
        .map_err(|error| ReplyDecodeError(error.to_string()))?;
    let mut notes: Vec<_> = formats::what_was_cut(&log, payload.len()).into_iter().collect();
    let nul = log.bytes.split(|byte| *byte == 0).count() - 1;
    if nul > 0 {
        let text = format!("{} left out", count(nul, "NUL byte is", "NUL bytes are"));
        notes.push(Note::new(NoteKind::LeftOut, text));
    }
    let mut lines =
        log.bytes.split(|byte| *byte == b'\n').map(Line::read).filter(|line| !line.is_empty());
    let Some(crawled_at) =
        lines.next().filter(|line| line.text == CRAWL).and_then(|line| line.time)
    else {
        return Err(ReplyDecodeError(
            "the log does not begin with the time of this request and CRAWL".into(),
        ));
    };
    let shown: Vec<_> = lines.by_ref().take(MAX_LINES).collect();
    let more = lines.count();
    if more > 0 {
        let text =
            format!("too many lines to show: {} left out", count(more, "more is", "more are"));
        notes.push(Note::new(NoteKind::LeftOut, text));
    }
    let cut = shown.iter().filter(|line| line.cut).count();
    if cut > 0 {
        let text = format!("{} cut after {MAX_LINE} bytes", count(cut, "line is", "lines are"));
        notes.push(Note::new(NoteKind::LeftOut, text));
    }
    let summary = count(shown.len() + more, "line", "lines");
    let mut tree = Node::leaf("", summary.clone(), None);
    tree.children.push(Node::leaf("crawled at", format!("{crawled_at:.2}"), None));
    tree.children.extend(shown.iter().map(Line::node));
    let lines: Vec<Value> = shown.iter().map(Line::json).collect();
    let json = json!({ "crawled_at": crawled_at, "lines": lines, "cut": log.end != End::Whole || more > 0 });
    Ok(Decoded { format: "zlib, text".into(), summary, tree, json, notes })
}

/// A line of the log: `<unix time> <what happened>`.
struct Line {
    time: Option<f64>,
    text: String,
    cut: bool,
}

impl Line {
    /// NUL bytes are no part of it.
    fn read(line: &[u8]) -> Self {
        let mut bytes: Vec<u8> =
            line.iter().copied().filter(|byte| *byte != 0).take(MAX_LINE + 1).collect();
        let cut = bytes.len() > MAX_LINE;
        bytes.truncate(MAX_LINE);
        let line = text::clean_bytes(bytes.trim_ascii());
        let (time, text) = match line.split_once(' ') {
            Some((time, text)) => (time.parse().ok().filter(|time: &f64| time.is_finite()), text),
            None => (None, &*line),
        };
        let text = if time.is_some() { text.to_owned() } else { line.clone() };
        Self { time, text, cut }
    }

    fn is_empty(&self) -> bool {
        self.time.is_none() && self.text.is_empty()
    }

    fn node(&self) -> Node {
        let time = self.time.map(|time| format!("{time:.2}")).unwrap_or_default();
        Node::leaf(time, self.text.clone(), None)
    }

    fn json(&self) -> Value {
        json!({ "time": self.time, "text": self.text })
    }
}
