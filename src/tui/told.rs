//! The parts of a reply of a BitTorrent peer or a node of the DHT, as they come: rungs, peer
//! exchanges, hops.

use std::time::Duration;

use ratatui::style::Style;
use serde_json::Value;

use super::canvas::{Area, Canvas};
use crate::screen::Model;
use swarmscope_facts::format::took;
use swarmscope_facts::request::Request;
use swarmscope_facts::words::clean;

/// Where a part's name ends, and where its particulars stand.
const NAME: u16 = 12;

/// A part in words.
pub struct Words {
    /// `√`, `■`, `×`, `–`: how a rung ended.
    pub sign: &'static str,
    pub is_bad: bool,
    pub name: String,
    pub detail: String,
}

/// What a part says.
#[must_use]
pub fn words(model: &Model, says: &Value) -> Words {
    if let Some(rung) = says["rung"].as_str() {
        return rung_words(rung, says);
    }
    let (sign, is_bad) = ("←", false);
    if let Some(id) = says["id"].as_str() {
        let node = id.parse().map(|id| model.naming().node(&id));
        let log2 = says["log2"].as_u64().map_or_else(String::new, |log2| format!("2^{log2}"));
        let hop = says["depth"].as_u64().unwrap_or(0);
        let rtt = says["rtt_ms"].as_f64().unwrap_or(0.0);
        let (named, taken) = (number(&says["named"]), number(&says["taken"]));
        let detail = format!("hop {hop}, {log2}, names {named}, {taken} new, {rtt:.0} ms");
        return Words { sign, is_bad, name: node.unwrap_or_else(|_| clean(id)), detail };
    }
    let all = |value: &Value| number(&value["v4"]) + number(&value["v6"]);
    let (met, lost) = (all(&says["added"]), all(&says["dropped"]));
    let detail = format!("{met} peers met, {lost} lost");
    Words { sign, is_bad, name: "PEX".to_owned(), detail }
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

fn rung_words(rung: &str, says: &Value) -> Words {
    let outcome = says["outcome"].as_str().unwrap_or_default();
    let detail = clean(says["detail"].as_str().unwrap_or_default());
    let (sign, is_bad) = match outcome {
        "ok" => ("√", false),
        "closed" => ("■", true),
        "refused" | "unreachable" => ("×", true),
        "timeout" => ("–", false),
        _ => ("·", false),
    };
    let detail = if detail.is_empty() { outcome.to_owned() } else { detail };
    Words { sign, is_bad, name: clean(rung), detail }
}

/// The newest parts that there is room for, oldest first.
pub fn draw(canvas: &mut Canvas, model: &Model, area: Area, request: &Request) {
    let room = usize::from(area.height);
    let from = request.told.len().saturating_sub(room);
    for ((after, says), y) in request.told[from..].iter().zip(area.y..area.bottom()) {
        row(canvas, model, &area, y, *after, says);
    }
}

/// One part in a row.
pub fn row(canvas: &mut Canvas, model: &Model, area: &Area, y: u16, after: Duration, says: &Value) {
    let theme = canvas.theme;
    let Words { sign, is_bad, name, detail } = words(model, says);
    let (sign_style, text) =
        if is_bad { (theme.fail, theme.fail) } else { (theme.muted, theme.muted) };
    let took = says["ms"].as_f64().and_then(|ms| Duration::try_from_secs_f64(ms / 1e3).ok());
    let right = canvas.right(area.right, y, &took_words(took.unwrap_or(after)), theme.muted);
    canvas.text(area.x, area.x + 1, y, sign, sign_style);
    canvas.text(area.x + 2, area.x + NAME, y, &name, Style::new());
    canvas.text(area.x + NAME + 1, right.saturating_sub(1), y, &detail, text);
}

fn took_words(duration: Duration) -> String {
    if duration.as_micros() < 1000 { "0 ms".to_owned() } else { took(duration) }
}
