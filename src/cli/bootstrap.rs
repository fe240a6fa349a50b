//! The bootstrap file: `#` comments, one TARGET a line.

use std::io::Read as _;
use std::path::Path;

use super::CliError;
use swarmscope_peer::files;
use swarmscope_peer::node::Target;

/// Larger files are refused: this is room for 50 000 peers, each with its permid.
const MAX_BYTES: u64 = 8 * 1024 * 1024;

/// What to do about a file that can't be used.
const HINT: &str = "--bootstrap names a text file with one host:port or permid@host:port per line, # for comments: check the \
    path, or correct the line";

/// Reads the peers of a bootstrap file, in its order.
///
/// # Errors
/// The file can't be read, is too large, or a line is not a target: the text names the file and the
/// line.
pub fn read(path: &Path) -> Result<Vec<Target>, CliError> {
    read_targets(path).map_err(|error| error.with_hint(HINT))
}

fn read_targets(path: &Path) -> Result<Vec<Target>, CliError> {
    let mut bytes = Vec::new();
    files::open(path)
        .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| CliError::file(path, error))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(CliError::file(
            path,
            "larger than 8 MiB: list fewer peers in the bootstrap file",
        ));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| CliError::file(path, "not UTF-8 text; expected one target per line"))?;
    parse(&text).map_err(|what| CliError::file(path, what))
}

fn parse(text: &str) -> Result<Vec<Target>, String> {
    let mut targets = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if !line.is_empty() {
            targets.push(line.parse().map_err(|error| format!("line {}: {error}", number + 1))?);
        }
    }
    Ok(targets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_empty_lines_are_skipped() {
        let targets =
            parse("# peers of the lab\n\n127.0.0.1:7760 # mine\n[::1]:7761\r\n").expect("reads");
        assert_eq!(
            targets.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["127.0.0.1:7760", "[::1]:7761"]
        );
    }

    #[test]
    fn a_wrong_line_is_named() {
        let what = parse("127.0.0.1:7760\n\nnonsense\n").expect_err("no port");
        assert!(what.starts_with("line 3: ") && what.contains("nonsense"), "{what}");
    }
}
