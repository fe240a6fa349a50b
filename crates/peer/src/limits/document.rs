//! The limits as a page tells them: who can take what.

use std::fmt::Write as _;

use super::{Limit, Limits, Taker, Unit};

/// A table in Markdown for each of those who can take something.
#[must_use]
pub fn tables(limits: &Limits) -> String {
    let mut text = String::new();
    for taker in [Taker::Stranger, Taker::Listed, Taker::Asked, Taker::Everybody] {
        let title = taker.words();
        let (first, rest) = title.split_at(1);
        let _ = writeln!(text, "\n**{}{rest}**\n", first.to_uppercase());
        text.push_str("| limit | at most | of | beyond it | for listed Crawlers |\n");
        text.push_str("|---|---|---|---|---|\n");
        for limit in Limit::ALL.into_iter().filter(|limit| limit.taker() == taker) {
            let (key, what, scope) = (limit.key(), limit.what(), limit.scope().words());
            let (most, beyond) = (amount(limit, limits), limit.reached());
            let _ = writeln!(
                text,
                "| `{key}` | {most} {scope} | {what} | {beyond} | {} |",
                limit.kept()
            );
        }
    }
    text
}

pub(super) fn amount(limit: Limit, limits: &Limits) -> String {
    let value = limit.of(limits);
    match limit.unit() {
        Unit::Bytes if value.is_multiple_of(1 << 20) => format!("{} MiB", value >> 20),
        Unit::Bytes => format!("{value} bytes"),
        Unit::Count(things) => format!("{value} {things}"),
        Unit::PerSecond(things) => format!("{value} {things}/s"),
    }
}
