//! All of what a view of a reply shows, as one text for another program: clean, and masked where addresses are hidden.

use std::fmt::Write as _;

use crate::screen::conditions::Ready;
use crate::screen::model::{Model, tree_of};
use crate::screen::reply::copies::{has_bytes, payload};
use crate::screen::reply::diff::{Change, Line};
use crate::screen::reply::reading::{View, says_all};
use swarmscope_facts::format::clock;
use swarmscope_facts::request::Request;
use swarmscope_facts::words;
use swarmscope_wire::text::{clean, clean_bytes, hex};
use swarmscope_wire::tree::Node;

/// Bytes of a payload that are written out: an editor that has to fold more is no help.
const MOST_BYTES: usize = 16 << 20;
/// Bytes in a row.
const ROW: usize = 16;

/// The text, with a heading.
pub(in crate::screen) fn text(model: &Model) -> Option<String> {
    can_be(model).ok()?;
    let request = model.request()?;
    let mut text = heading(model, request);
    match model.reading.view {
        View::Tree => tree(&mut text, tree_of(request)?, 0),
        View::Text => lines(&mut text, payload(model)?),
        View::Hex => bytes(&mut text, payload(model)?),
        View::Diff => {
            let (name, diff) = model.compared()?;
            let _ = writeln!(text, "with {}\n", clean(name));
            diff.lines.iter().for_each(|line| diff_line(&mut text, line));
        }
    }
    Some(if model.setup.naming.privacy { model.setup.naming.mask.text(&text).into_owned() } else { text })
}

pub(in crate::screen) fn can_be(model: &Model) -> Ready {
    let reply = model.request().and_then(Request::reply).ok_or("there is no reply to open")?;
    match model.reading.view {
        View::Hex => has_bytes(model),
        View::Diff => model.compared().map(drop).ok_or_else(|| "there is nothing to compare with".to_owned()),
        _ if reply.payload.is_none() => Err("its bytes were let go to make room for newer replies".to_owned()),
        View::Tree if reply.decoding.is_none() => Err("it is still being read".to_owned()),
        View::Tree | View::Text => Ok(()),
    }
}

/// `# DATABASE #17 from 9f3a…c1, error 0, success, 12:03:31Z`.
fn heading(model: &Model, request: &Request) -> String {
    let who = model.selected.as_ref().map(|key| model.name_of(key)).unwrap_or_default();
    let label = model.registry().label(request.message);
    let what = request.reply().map(|reply| format!("{}, {}", words::error(reply.error), clock(reply.at.wall)));
    format!("# {label} #{} from {who}, {}\n", request.number, what.unwrap_or_default())
}

/// One line a value, two blanks a level.
fn tree(text: &mut String, node: &Node, level: usize) {
    if level > 0 || node.children.is_empty() {
        let indent = 2 * level.saturating_sub(1);
        let gap = if node.label.is_empty() { "" } else { "  " };
        let _ = writeln!(text, "{:indent$}{}{gap}{}", "", clean(&node.label), clean(&node.value));
    }
    if level > 0 && says_all(node) {
        return;
    }
    node.children.iter().for_each(|child| tree(text, child, level + 1));
}

fn lines(text: &mut String, payload: &[u8]) {
    let shown = &payload[..payload.len().min(MOST_BYTES)];
    for line in shown.split(|byte| *byte == b'\n') {
        text.push_str(&clean_bytes(line.strip_suffix(b"\r").unwrap_or(line)));
        text.push('\n');
    }
    rest(text, payload, shown);
}

fn bytes(text: &mut String, payload: &[u8]) {
    let shown = &payload[..payload.len().min(MOST_BYTES)];
    for (number, row) in shown.chunks(ROW).enumerate() {
        let digits: Vec<String> = row.iter().map(|byte| hex(&[*byte])).collect();
        let plain = |byte: &u8| if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '·' };
        let chars: String = row.iter().map(plain).collect();
        let _ = writeln!(text, "{:08x}  {:47}  {chars}", number * ROW, digits.join(" "));
    }
    rest(text, payload, shown);
}

fn rest(text: &mut String, payload: &[u8], shown: &[u8]) {
    if shown.len() < payload.len() {
        let _ = writeln!(text, "… {} more bytes: save the payload to have them", payload.len() - shown.len());
    }
}

fn diff_line(text: &mut String, line: &Line) {
    let (sign, value) = match &line.change {
        Change::Same(value) => (' ', value.clone()),
        Change::Changed { before, after } => ('~', format!("{before} → {after}")),
        Change::Added(value) => ('+', value.clone()),
        Change::Removed(value) => ('-', value.clone()),
        Change::Folded(what) => ('…', what.clone()),
    };
    let indent = 2 * line.depth;
    let _ = writeln!(text, "{sign} {:indent$}{}  {}", "", clean(&line.label), clean(&value));
}
