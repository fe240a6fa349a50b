//! Which identities a process presents, from the options or the user's data directory.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::options::IdentityOptions;
use super::{CliError, output};
use swarmscope_peer::identity::key_file::{self, KeyFile, KeyFileError, Lock};
use swarmscope_peer::identity::{Identities, Key};
use swarmscope_wire::{OverlayVersion, Permid, PermidKind};

/// What to do about a key file that can't be used.
const HINT: &str = "`swarmscope key new --out FILE` creates a key file, `swarmscope key show FILE` shows its contents";

/// The identities of this process.
pub struct InUse {
    pub identities: Identities,
    /// Held as long as they are used.
    pub locks: Vec<Lock>,
}

/// Reads the identities that the options ask for. A default one is made on first use; a legacy one
/// is used only where `--legacy-identity` or a version of the old protocol asks for it.
///
/// # Errors
/// A key file is missing, unreadable, or holds no key of that kind.
pub fn resolve(options: &IdentityOptions) -> Result<InUse, CliError> {
    let old = options.overlay_version <= OverlayVersion::LEGACY;
    if old && options.identity.is_some() {
        warn(&format!(
            "--identity is ignored: version {} speaks only the old protocol",
            options.overlay_version
        ));
    }
    let mut used = InUse { identities: Identities::default(), locks: Vec::new() };
    if !old {
        used.identities.current = Some(Arc::new(match &options.identity {
            Some(path) => used.take(path, key_file::read_ed25519)?,
            None => used.take(&default(PermidKind::Ed25519)?, key_file::ed25519_or_new)?,
        }));
    }
    if let Some(path) = &options.legacy_identity {
        used.identities.legacy = Some(Arc::new(used.take(path, key_file::read_legacy)?));
    } else if old {
        let path = default(PermidKind::Sect233k1)?;
        used.identities.legacy = Some(Arc::new(used.take(&path, key_file::legacy_or_new)?));
    }
    Ok(used)
}

impl InUse {
    /// Reads a key and marks it as in use, with a warning where another process uses it too or
    /// others can read it.
    fn take<K>(
        &mut self,
        path: &Path,
        read: impl FnOnce(&Path) -> Result<KeyFile<K>, KeyFileError>,
    ) -> Result<K, CliError> {
        let found = read(path)?;
        if let Some(exposed) = &found.exposed {
            warn(&exposed.to_string());
        }
        match key_file::lock(path) {
            Ok(lock) => self.locks.push(lock),
            Err(error) => warn(&error.to_string()),
        }
        Ok(found.key)
    }
}

/// The permids of the default identities of both kinds, as far as this build has them; they are
/// made on first use.
///
/// # Errors
/// The data directory can't be read or written.
pub fn defaults() -> Result<Vec<Permid>, CliError> {
    let current = key_file::ed25519_or_new(&default(PermidKind::Ed25519)?)?.key.permid();
    let mut permids = vec![current];
    if cfg!(feature = "legacy") {
        permids.push(key_file::legacy_or_new(&default(PermidKind::Sect233k1)?)?.key.permid());
    }
    Ok(permids)
}

/// The key of a file, or the default one of this kind, made on first use.
///
/// # Errors
/// It can't be read or made.
pub fn read(file: Option<&Path>, default_kind: PermidKind) -> Result<Key, CliError> {
    let found = match (file, default_kind) {
        (Some(path), _) => key_file::read(path)?,
        (None, PermidKind::Ed25519) => {
            let KeyFile { key, exposed } = key_file::ed25519_or_new(&default(default_kind)?)?;
            KeyFile { key: Key::Ed25519(key), exposed }
        }
        (None, PermidKind::Sect233k1) => {
            let KeyFile { key, exposed } = key_file::legacy_or_new(&default(default_kind)?)?;
            KeyFile { key: Key::Sect233k1(key), exposed }
        }
    };
    if let Some(exposed) = &found.exposed {
        warn(&exposed.to_string());
    }
    Ok(found.key)
}

/// Where the default identity of this kind lives.
///
/// # Errors
/// No home directory is known.
pub fn default(kind: PermidKind) -> Result<PathBuf, CliError> {
    Ok(key_file::default_path(kind)?)
}

/// To standard error, whatever the log shows: it concerns how the program was called.
fn warn(text: &str) {
    output::say(format_args!("warning: {text}"));
}

impl From<KeyFileError> for CliError {
    fn from(error: KeyFileError) -> Self {
        Self::io(error.to_string()).with_hint(HINT)
    }
}
