//! Reading what is kept, and the line of what is wrong in it.

use swarmscope_facts::words::clean;
use swarmscope_probes::config_file::line_of;

/// The table of a TOML text.
///
/// # Errors
/// It is none; with the line.
pub fn parse(text: &str) -> Result<toml::Table, String> {
    text.parse().map_err(|error: toml::de::Error| {
        let at = error.span().map_or(0, |span| span.start);
        format!("line {}: {}", line_of(text, at), error.message())
    })
}

/// What is wrong with the entry of this key, with its line.
#[must_use]
pub fn at_line(text: &str, key: &str, why: &str) -> String {
    let begins = |line: &str| line.trim_start().trim_start_matches(['"', '\'']).starts_with(key);
    let at = text.lines().position(begins).map_or(1, |line| line + 1);
    format!("line {at}: \"{}\": {why}", clean(key))
}
