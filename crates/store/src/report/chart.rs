//! Charts as inline SVG, in the colours of the page.

use std::fmt::Write as _;

use super::text::escape;
use crate::time::Time;

/// The drawing is stretched to the place it has; its texts stand beside it, in the page's own size.
const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 100.0;

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
    let x = |at: Time| (at.0 - first.0) as f64 / span * WIDTH;
    let y = |value: f64| (high - value) / (high - low) * HEIGHT;
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
    let at = values.iter().rev().find_map(|(at, value)| value.map(|_| x(*at))).unwrap_or(0.0);
    format!(
        "<figure><figcaption><b>{title}</b>, now {now}<br><span>{about}{scale}</span></figcaption>\
         <div class=\"chart\"><div class=\"scale\"><span>{high_text}</span><span>{low_text}</span></div>\
         <svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" \
         aria-label=\"{label}: {low_text} to {high_text}, now {now}\">\
         <path class=\"grid\" d=\"M0 0H{WIDTH}M0 {HEIGHT}H{WIDTH}\"/><path d=\"{path}\"/>\
         <path class=\"dot\" d=\"M{at:.1} {:.1}h0\"/></svg>\
         <div class=\"times\"><span>{from}</span><span>{to}</span></div></div></figure>\n",
        y(*newest),
        now = write(*newest),
        label = escape(title),
        low_text = write(low),
        high_text = write(high),
        from = day(*first),
        to = day(*last),
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
