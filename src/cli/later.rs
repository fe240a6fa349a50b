//! Sub-commands and options of later releases: they are spelled already, say what they will be, and exit 2.

use std::ffi::OsString;

use super::CliError;

/// What each of them will be.
const LATER: &[(&str, &str)] = &[("crawl", "a Crawler that runs for months without a screen")];

/// The arguments of a sub-command that is not built: whatever they are.
#[derive(clap::Args, Debug)]
pub struct Rest {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    _rest: Vec<OsString>,
}

/// The error for a sub-command of a later release.
pub fn command(name: &'static str) -> CliError {
    let is = LATER.iter().find(|(known, _)| *known == name).map_or("part of a later release", |(_, is)| is);
    CliError::NotYetBuilt { name, is }
}

/// Whether a sub-command of this name belongs to a later release.
pub fn is_later(name: &str) -> bool {
    LATER.iter().any(|(known, _)| *known == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_says_what_it_will_be() {
        for &(name, is) in LATER {
            let CliError::NotYetBuilt { is: found, .. } = command(name) else { panic!("{name}") };
            assert_eq!(found, is);
        }
    }
}
