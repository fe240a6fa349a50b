//! Files that the operator writes: TOML, and the line of everything that is wrong in one.

use std::io::{self, Read as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use swarmscope_peer::files;
use toml::Spanned;
use toml::de::DeTable;

/// The longest file that is read, in bytes: more than anybody writes by hand.
const MAX_FILE: u64 = 256 << 10;

/// Something that is wrong in a file, and what to do about it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}{}: {what}", path.display(), line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct Fault {
    /// The file.
    pub path: PathBuf,
    /// From 1; none where it is about the whole file.
    pub line: Option<usize>,
    /// What is wrong with it.
    pub what: String,
}

/// A file's text, and where it is from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigFile {
    /// The file.
    pub path: PathBuf,
    /// What is in it.
    pub text: String,
}

impl ConfigFile {
    /// Reads a file; none where there is none.
    ///
    /// # Errors
    /// It can't be read, is longer than anybody writes, or is no text.
    pub fn read(path: &Path) -> Result<Option<Self>, Fault> {
        let file = match files::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file.map_err(|error| Fault::whole(path, &error))?,
        };
        let mut bytes = Vec::new();
        file.take(MAX_FILE + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| Fault::whole(path, &error))?;
        if bytes.len() as u64 > MAX_FILE {
            return Err(Fault::whole(
                path,
                &format_args!("more than {MAX_FILE} bytes: shorten it"),
            ));
        }
        let text = String::from_utf8(bytes).map_err(|_| Fault::whole(path, &"not UTF-8 text"))?;
        Ok(Some(Self { path: path.to_owned(), text }))
    }

    /// Its table: as much of it as reads, and what does not.
    #[must_use]
    pub fn table(&self) -> (DeTable<'_>, Vec<Fault>) {
        let (table, errors) = DeTable::parse_recoverable(&self.text);
        let fault = |error: toml::de::Error| Fault {
            path: self.path.clone(),
            line: error.span().map(|span| line_of(&self.text, span.start)),
            what: error.message().replace('\n', " "),
        };
        let mut faults: Vec<Fault> = errors.into_iter().map(fault).collect();
        faults.sort_by_key(|fault| fault.line);
        (Spanned::into_inner(table), faults)
    }

    /// That something is wrong there.
    #[must_use]
    pub fn fault(&self, at: &Range<usize>, what: impl Into<String>) -> Fault {
        Fault {
            path: self.path.clone(),
            line: Some(line_of(&self.text, at.start)),
            what: what.into(),
        }
    }
}

impl Fault {
    /// The same in a line, where it is clear which directory is meant.
    #[must_use]
    pub fn brief(&self) -> String {
        let path = self.path.file_name().map(PathBuf::from).unwrap_or_default();
        Self { path, ..self.clone() }.to_string()
    }

    /// About the whole file.
    fn whole(path: &Path, what: &dyn std::fmt::Display) -> Self {
        Self { path: path.to_owned(), line: None, what: what.to_string() }
    }
}

/// The line that this byte is in, from 1.
#[must_use]
pub fn line_of(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count()
}

/// The known name that was likely meant: the one that is nearest, if any is near.
#[must_use]
pub fn meant<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = known.into_iter().map(|known| (distance(name, known), known));
    near.filter(|(distance, known)| *distance <= known.len().div_ceil(3))
        .min()
        .map(|(_, known)| known)
}

/// How many characters must be put in, left out or replaced to make one of the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, c) in one.chars().take(64).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, d) in other.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(c != *d)).min(above + 1).min(row[j] + 1);
            diagonal = above;
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> ConfigFile {
        ConfigFile { path: "x.toml".into(), text: text.into() }
    }

    #[test]
    fn everything_that_does_not_read_is_told_with_its_line_and_the_rest_is_read() {
        let file = file("a = 1\nb =\nc = 3\nd = [\n");
        let (table, faults) = file.table();
        assert_eq!(
            table
                .get("c")
                .and_then(|value| value.get_ref().as_integer())
                .map(toml::de::DeInteger::as_str),
            Some("3")
        );
        let lines: Vec<_> = faults.iter().filter_map(|fault| fault.line).collect();
        assert!(lines.contains(&2) && lines.iter().any(|line| *line >= 4), "{faults:?}");
        assert!(faults[0].to_string().starts_with("x.toml:2: "), "{}", faults[0]);
    }

    #[test]
    fn a_file_that_is_not_there_is_none_and_a_directory_is_a_fault() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(ConfigFile::read(&folder.path().join("x.toml")), Ok(None));
        assert!(ConfigFile::read(folder.path()).is_err());
        let long = folder.path().join("long.toml");
        std::fs::write(&long, "#".repeat(300 << 10)).unwrap();
        assert!(ConfigFile::read(&long).unwrap_err().to_string().contains("shorten it"));
    }

    #[test]
    fn a_typing_error_finds_the_name_that_was_meant() {
        let names = ["listen", "legacy-identity", "theme", "seed"];
        assert_eq!(meant("lsiten", names), Some("listen"));
        assert_eq!(meant("legacy_identity", names), Some("legacy-identity"));
        assert_eq!(meant("colour", names), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
