//! Charts as inline SVG, in the colours of the page.

use std::fmt::Write as _;

use super::text::escape;
use crate::time::Time;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 180.0;
/// Around the drawing: for the scale on the left, the value on the right, the times below.
const LEFT: f64 = 74.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 26.0;

/// A line of values over time. Gaps are gaps; the scale is written, and says where it does not
/// begin at 0.
pub(super) fn line(
    title: &str,
    about: &str,
    values: &[(Time, Option<f64>)],
    write: &dyn Fn(f64) -> String,
) -> String {
    let known: Vec<f64> = values.iter().filter_map(|(_, value)| *value).collect();
    let (Some((first, _)), Some((last, _)), Some(newest)) =
        (values.first(), values.last(), known.last())
    else {
        return format!("<figure><figcaption><b>{title}</b>, not known yet</figcaption></figure>");
    };
    let low = known.iter().copied().fold(f64::MAX, f64::min);
    let high = known.iter().copied().fold(f64::MIN, f64::max);
    // A scale of no height would draw noise as mountains.
    let (low, high) =
        if high - low < high.abs() * 1e-3 { (0.0, high.max(1e-9)) } else { (low, high) };
    let span = (last.0 - first.0).max(1) as f64;
    let x = |at: Time| LEFT + (at.0 - first.0) as f64 / span * (WIDTH - LEFT - RIGHT);
    let y = |value: f64| TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM);
    let mut path = String::new();
    let mut pen = "M";
    for (at, value) in values {
        match value {
            Some(value) => {
                let _ = write!(path, "{pen}{:.1} {:.1}", x(*at), y(*value));
                pen = "L";
            }
            None => pen = "M",
        }
    }
    let scale = if low > 0.0 { "; the scale does not begin at 0" } else { "" };
    let (top, base) = (y(high), y(low));
    let right = WIDTH - RIGHT;
    format!(
        "<figure><figcaption><b>{title}</b>, now {now}<br><span>{about}{scale}</span></figcaption>\
         <svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{label}: {low_text} to {high_text}, now {now}\">\
         <line class=\"grid\" x1=\"{LEFT}\" x2=\"{right}\" y1=\"{top:.1}\" y2=\"{top:.1}\"/>\
         <line class=\"grid\" x1=\"{LEFT}\" x2=\"{right}\" y1=\"{base:.1}\" y2=\"{base:.1}\"/>\
         <text x=\"{scale_x}\" y=\"{high_y:.1}\" text-anchor=\"end\">{high_text}</text>\
         <text x=\"{scale_x}\" y=\"{low_y:.1}\" text-anchor=\"end\">{low_text}</text>\
         <text x=\"{LEFT}\" y=\"{time_y}\">{from}</text><text x=\"{right}\" y=\"{time_y}\" text-anchor=\"end\">{to}</text>\
         <path d=\"{path}\"/><circle cx=\"{dot_x:.1}\" cy=\"{dot_y:.1}\" r=\"4\"/></svg></figure>\n",
        now = write(*newest),
        label = escape(title),
        low_text = write(low),
        high_text = write(high),
        scale_x = LEFT - 8.0,
        high_y = top + 4.0,
        low_y = base + 4.0,
        time_y = HEIGHT - 6.0,
        from = day(*first),
        to = day(*last),
        dot_x = values.iter().rev().find_map(|(at, value)| value.map(|_| x(*at))).unwrap_or(LEFT),
        dot_y = y(*newest),
    )
}

/// `2026-11-28 22:41`.
fn day(time: Time) -> String {
    time.to_string().chars().take(16).map(|c| if c == 'T' { ' ' } else { c }).collect()
}

/// A share as a bar; its number stands beside it.
pub(super) fn bar(share: f64, is_good: bool) -> String {
    let class = if is_good { "good" } else { "rest" };
    format!(
        "<svg class=\"share\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
         <rect class=\"track\" width=\"100\" height=\"8\"/><rect class=\"{class}\" width=\"{:.1}\" height=\"8\"/></svg>",
        share.clamp(0.0, 1.0) * 100.0
    )
}
