//! With which keys this program runs.

use super::composer::quoted;
use swarmscope_wire::{OverlayVersion, Permid, text};

/// With which keys this program runs, where those are not the default: what `swarmscope request`
/// needs to be told too.
#[derive(Clone, Default, Debug)]
pub struct Identity {
    /// `--identity`.
    pub current: Option<String>,
    /// `--legacy-identity`.
    pub legacy: Option<String>,
    /// `--overlay-version`, where it is another than usual.
    pub version: Option<OverlayVersion>,
    /// Who that makes us, for exports.
    pub permids: Vec<Permid>,
    /// Of a recording: the version of the program that asked. None: this one.
    pub program: Option<String>,
}

impl Identity {
    /// The options for a peer that is known to speak a version, or for any.
    #[must_use]
    pub fn options(&self, version: Option<OverlayVersion>) -> String {
        let named = |option: &str, file: &Option<String>| {
            file.as_ref()
                .map(|file| format!(" {option} {}", quoted(&text::clean(file))))
                .unwrap_or_default()
        };
        let only_old = self.version.is_some_and(|version| !version.is_encrypted());
        let mut options = String::new();
        if !only_old && version.is_none_or(OverlayVersion::is_encrypted) {
            options.push_str(&named("--identity", &self.current));
        }
        if only_old || version.is_none_or(|version| !version.is_encrypted()) {
            options.push_str(&named("--legacy-identity", &self.legacy));
        }
        let version = self.version.map(|version| format!(" --overlay-version {version}"));
        options + &version.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_names_the_keys_that_this_program_runs_with_and_that_the_peer_needs() {
        let plain = Identity::default();
        assert_eq!(plain.options(Some(OverlayVersion::CURRENT)), "");
        let both = Identity {
            current: Some("a.pem".into()),
            legacy: Some("my old.pem".into()),
            ..Identity::default()
        };
        assert_eq!(both.options(Some(OverlayVersion::CURRENT)), " --identity a.pem");
        assert_eq!(both.options(Some(OverlayVersion::LEGACY)), " --legacy-identity 'my old.pem'");
        assert_eq!(both.options(None), " --identity a.pem --legacy-identity 'my old.pem'");
        let old = Identity { version: Some(OverlayVersion(17)), ..both };
        assert_eq!(
            old.options(Some(OverlayVersion(13))),
            " --legacy-identity 'my old.pem' --overlay-version 17"
        );
    }
}
