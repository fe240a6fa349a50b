//! The theme in force: which one it is, whether its files have changed, and the next one.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{Depth, Theme, ThemeError, shelf};
use crate::tui::terminal::Environment;

/// What tells that a file has changed: when, and how large it is. `None`: no such file.
type Stamp = Option<(SystemTime, u64)>;

/// The theme that is shown, and where it came from.
#[derive(Clone, Debug)]
pub struct Look {
    name: String,
    theme: Theme,
    directory: Option<PathBuf>,
    depth: Depth,
    /// The terminal shows plain characters only, whatever the theme says.
    plain: bool,
    /// The files that decide, as they were when they were last read.
    watched: Vec<(PathBuf, Stamp)>,
}

impl Look {
    /// The theme of this name, built in or `NAME.toml` in `directory`, as far as this terminal can
    /// show it: `NO_COLOR` gives no colour, a terminal without `COLORTERM=truecolor` the 16
    /// colours. No name: `light` where the terminal says that it is, else `dark`.
    ///
    /// # Errors
    /// A name that is none of these, or a file that does not say what a theme says.
    pub fn new(
        name: Option<&str>,
        directory: Option<&Path>,
        env: &Environment,
    ) -> Result<Self, ThemeError> {
        let name = name.unwrap_or(if env.is_light() { "light" } else { "dark" });
        let (depth, plain) = (env.depth(), env.is_ascii());
        let loaded = shelf::load(name, directory, depth).map_err(|(error, _)| error)?;
        let mut look = Self {
            name: name.to_owned(),
            theme: loaded.theme,
            directory: directory.map(Path::to_owned),
            depth,
            plain,
            watched: stamps(loaded.files),
        };
        look.theme.ascii |= plain;
        Ok(look)
    }

    #[must_use]
    pub fn theme(&self) -> &Theme {
        &self.theme
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Goes on to the next theme. Those that can't be used are passed over.
    ///
    /// # Errors
    /// What is wrong with each that was passed over.
    pub fn turn(&mut self) -> Result<(), Vec<ThemeError>> {
        let names = self.names();
        let at = names.iter().position(|name| *name == self.name).map_or(0, |at| at + 1);
        let mut passed_over = Vec::new();
        for name in names.iter().cycle().skip(at).take(names.len()) {
            match self.wear(name) {
                Ok(()) => break,
                Err(error) => passed_over.push(error),
            }
        }
        if passed_over.is_empty() { Ok(()) } else { Err(passed_over) }
    }

    /// The names of all themes that there are now.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        shelf::names(self.directory.as_deref())
    }

    /// Goes to the theme of this name.
    ///
    /// # Errors
    /// There is none, or it can't be used: the theme stays as it was.
    pub fn turn_to(&mut self, name: &str) -> Result<(), ThemeError> {
        self.wear(name)
    }

    /// Looks whether a file of the theme has changed, and reads it again if so. Returns whether the
    /// theme is another now.
    ///
    /// # Errors
    /// The file says what no theme says: the theme stays as it was, and nothing more is said until
    /// the file changes again.
    pub fn refresh(&mut self) -> Result<bool, ThemeError> {
        if self.watched.iter().all(|(path, stamp)| stamp_of(path) == *stamp) {
            return Ok(false);
        }
        let before = self.theme.clone();
        self.wear(&self.name.clone())?;
        Ok(self.theme != before)
    }

    /// Puts on the theme of this name. What can't be read stays watched, if it is the one that is
    /// worn.
    fn wear(&mut self, name: &str) -> Result<(), ThemeError> {
        match shelf::load(name, self.directory.as_deref(), self.depth) {
            Ok(loaded) => {
                name.clone_into(&mut self.name);
                self.theme = loaded.theme;
                self.theme.ascii |= self.plain;
                self.watched = stamps(loaded.files);
                Ok(())
            }
            Err((error, files)) => {
                if name == self.name {
                    self.watched = stamps(files);
                }
                Err(error)
            }
        }
    }
}

fn stamps(files: Vec<PathBuf>) -> Vec<(PathBuf, Stamp)> {
    files.into_iter().map(|path| (path.clone(), stamp_of(&path))).collect()
}

fn stamp_of(path: &Path) -> Stamp {
    let data = fs::metadata(path).ok()?;
    Some((data.modified().unwrap_or(SystemTime::UNIX_EPOCH), data.len()))
}
