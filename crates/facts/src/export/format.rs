//! Which formats there are, by the names of files.

use std::path::Path;

use swarmscope_wire::text::clean;

/// A format that lines are written in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// A JSON object a line.
    JsonLines,
    /// RFC 4180, with a line of headings.
    Csv,
}

/// The extensions of each. What a file is called says what stands in it, so that nothing else has
/// to.
const EXTENSIONS: [(&str, Format); 3] =
    [("ndjson", Format::JsonLines), ("jsonl", Format::JsonLines), ("csv", Format::Csv)];

impl Format {
    /// The format of a file of this name.
    ///
    /// # Errors
    /// Its extension is of none; in words, with those that there are.
    pub fn of(name: &str) -> Result<Self, String> {
        let extension = extension(name);
        let found = EXTENSIONS.into_iter().find(|(known, _)| *known == extension);
        found.map(|(_, format)| format).ok_or_else(|| {
            let known = EXTENSIONS.map(|(known, _)| format!(".{known}")).join(", ");
            match &*extension {
                "" => format!("the name decides the format: use {known}"),
                other => format!(".{} is not supported: use {known}", clean(other)),
            }
        })
    }
}

/// What a name ends in, in lower case.
#[must_use]
pub fn extension(name: &str) -> String {
    let extension = Path::new(name.trim()).extension().and_then(|extension| extension.to_str());
    extension.unwrap_or_default().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_decides_and_an_unknown_one_is_refused() {
        assert_eq!(Format::of("a.CSV"), Ok(Format::Csv));
        assert_eq!(Format::of("/tmp/a.b/c.jsonl "), Ok(Format::JsonLines));
        for name in ["out.parquet", "out", ".csv", "csv", "a.csv/b"] {
            let why = Format::of(name).expect_err(name);
            assert!(why.contains(".ndjson, .jsonl, .csv"), "{name}: {why}");
        }
    }
}
