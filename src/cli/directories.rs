//! Where this user's keys and configuration live.

use std::path::PathBuf;

use ::directories::ProjectDirs;

use super::CliError;
use crate::tui::keep::Files;

/// The default allow-list.
pub fn allow_file() -> Result<PathBuf, CliError> {
    Ok(project()?.config_dir().join("crawlers.txt"))
}

/// The configuration.
pub fn config_file() -> Result<PathBuf, CliError> {
    Ok(project()?.config_dir().join("config.toml"))
}

/// The keys of this user's own.
pub fn keymap() -> Result<PathBuf, CliError> {
    Ok(project()?.config_dir().join("keymap.toml"))
}

/// Where themes of this user's own are.
pub fn themes() -> Result<PathBuf, CliError> {
    Ok(project()?.config_dir().join("themes"))
}

/// Where probes of this user's own are.
pub fn probes() -> Result<PathBuf, CliError> {
    Ok(project()?.config_dir().join("probes"))
}

/// Where the screen keeps columns, filters and notes; nowhere where this user has no home.
pub fn kept() -> Files {
    let project = project().ok();
    let (config, data) = (
        project.as_ref().map(ProjectDirs::config_dir),
        project.as_ref().map(ProjectDirs::data_dir),
    );
    Files::new(config.map(Into::into), data.map(Into::into))
}

/// Where a crawl's results go that are named no place.
pub fn crawl_store() -> Result<swarmscope_store::Place, CliError> {
    Ok(swarmscope_store::Place::Sqlite(project()?.data_dir().join("crawl.sqlite")))
}

/// The key that stores are made with.
pub fn store_key() -> Result<PathBuf, CliError> {
    Ok(project()?.data_dir().join("store.key"))
}

/// Where peers, screens and crawls that run tell their limits.
pub fn running() -> Result<PathBuf, CliError> {
    Ok(project()?.data_dir().join("running"))
}

/// Where the tours of the demo keep what they make.
pub fn demos() -> Result<PathBuf, CliError> {
    Ok(project()?.data_dir().join("demo"))
}

/// Where recordings go that are named by nobody.
pub fn recordings() -> Result<PathBuf, CliError> {
    Ok(project()?.data_dir().join("recordings"))
}

/// What a witness remembers of the cases that it has signed.
pub fn witness_memory() -> Result<PathBuf, CliError> {
    Ok(project()?.data_dir().join("witness.txt"))
}

fn project() -> Result<ProjectDirs, CliError> {
    ProjectDirs::from("", "", "swarmscope").ok_or_else(|| {
        CliError::io("this user has no home directory")
            .with_hint("set HOME, or use --identity and --allow-file")
    })
}
