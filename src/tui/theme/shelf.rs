//! Where themes are: those built in, and the operator's own, which go before them.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::file::{File, Flaw};
use super::{Depth, Theme, ThemeError};

/// The themes that are built in, in the order in which `t t` shows them.
const BUILT_IN: [(&str, &str); 5] = [
    ("dark", include_str!("../../../themes/dark.toml")),
    ("light", include_str!("../../../themes/light.toml")),
    ("high-contrast", include_str!("../../../themes/high-contrast.toml")),
    ("sixteen", include_str!("../../../themes/sixteen.toml")),
    ("mono", include_str!("../../../themes/mono.toml")),
];
/// The theme that the others start from.
const ROOT: &str = "dark";
/// The most themes that inherit one from the other.
const DEEPEST: usize = 8;
/// The most bytes of a theme's file: a hundred times what one has.
const LARGEST: u64 = 100_000;
/// The most themes of the operator's own that are listed.
const MOST_LISTED: usize = 100;

/// A theme, and the files that decide what it looks like: those it was read from, and those that
/// would go before.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub theme: Theme,
    pub files: Vec<PathBuf>,
}

/// The names of all themes: those built in, then the operator's own by name.
#[must_use]
pub fn names(directory: Option<&Path>) -> Vec<String> {
    let mut own: Vec<String> = directory
        .and_then(|directory| fs::read_dir(directory).ok())
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let name = entry.ok()?.file_name();
            let name = name.to_str()?.strip_suffix(".toml")?;
            (is_name(name) && built_in(name).is_none()).then(|| name.to_owned())
        })
        .collect();
    own.sort_unstable();
    own.truncate(MOST_LISTED);
    BUILT_IN.iter().map(|(name, _)| (*name).to_owned()).chain(own).collect()
}

/// Loads a theme by its name, as far as the terminal's colours go.
///
/// # Errors
/// There is no theme of this name, or its file or one it inherits from does not say what a theme
/// says; besides, the files to look at until that is mended.
pub fn load(
    name: &str,
    directory: Option<&Path>,
    depth: Depth,
) -> Result<Loaded, (ThemeError, Vec<PathBuf>)> {
    let mut files = Vec::new();
    match read(name, directory, &mut files, None) {
        Ok(file) => Ok(Loaded { theme: Theme::from_file(&file, depth), files }),
        Err(error) => Err((error, files)),
    }
}

/// A theme that is built in, without regard to the operator's own.
#[must_use]
pub fn built_in_theme(name: &str, depth: Depth) -> Option<Theme> {
    built_in(name)?;
    Some(load(name, None, depth).ok()?.theme)
}

fn built_in(name: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
}

/// Reads a theme and what it inherits. `heir`: the place that names it, for what is wrong with the
/// name.
fn read(
    name: &str,
    directory: Option<&Path>,
    files: &mut Vec<PathBuf>,
    heir: Option<(&str, Option<usize>)>,
) -> Result<File, ThemeError> {
    let wrong = |what: String| match heir {
        Some((place, line)) => ThemeError::malformed(place, Flaw { line, what }),
        None => ThemeError::Unknown { name: name.to_owned(), known: names(directory).join(", ") },
    };
    if !is_name(name) {
        return Err(wrong(format!("no theme {name:?}")));
    }
    if files.len() >= DEEPEST {
        return Err(wrong(format!("themes can inherit {DEEPEST} levels deep at most")));
    }
    let own = directory.map(|directory| directory.join(format!("{name}.toml")));
    // an own theme that inherits from its own name means the built-in one
    let own = own.filter(|path| !files.contains(path) || built_in(name).is_none());
    if own.as_ref().is_some_and(|path| files.contains(path)) {
        return Err(wrong(format!("{name} inherits from itself")));
    }
    files.extend(own.clone());
    let (place, text) = match (own.filter(|path| path.is_file()), built_in(name)) {
        (Some(path), _) => (format!("themes/{name}.toml"), own_text(&path)?),
        (None, Some(text)) => (format!("the theme {name}"), text.to_owned()),
        (None, None) => return Err(wrong(format!("no theme {name:?}"))),
    };
    let file = File::read(&text).map_err(|flaw| ThemeError::malformed(&place, flaw))?;
    let is_built_in = built_in(name) == Some(text.as_str());
    let parent = match &file.inherits {
        Some(parent) => parent.get_ref().clone(),
        None if is_built_in => return Ok(file),
        None if built_in(name).is_some() => name.to_owned(),
        None => ROOT.to_owned(),
    };
    let line = file.inherits_line(&text);
    let parent = read(&parent, directory, files, Some((&place, line)))?;
    Ok(file.over(parent))
}

fn own_text(path: &Path) -> Result<String, ThemeError> {
    let unreadable = |what: String| ThemeError::Unreadable { path: path.to_owned(), what };
    let file = swarmscope_peer::files::open(path).map_err(|error| unreadable(error.to_string()))?;
    let mut text = String::new();
    file.take(LARGEST + 1)
        .read_to_string(&mut text)
        .map_err(|error| unreadable(error.to_string()))?;
    if text.len() as u64 > LARGEST {
        Err(unreadable("too large for a theme".to_owned()))
    } else {
        Ok(text)
    }
}
