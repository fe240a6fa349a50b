//! The clock of the machine is set while a peer runs. What is counted in seconds goes on as it was;
//! what ends on a day ends by the clock.

use std::fs;
use std::path::{Path, PathBuf};

use crate::process::{Home, Running};

/// Debian's package faketime.
fn library() -> Option<PathBuf> {
    let found = fs::read_dir("/usr/lib").ok()?.filter_map(Result::ok).find_map(|directory| {
        let library = directory.path().join("faketime/libfaketime.so.1");
        library.exists().then_some(library)
    });
    let required = std::env::var_os("SWARMSCOPE_TEST_OPERATIONS").is_some();
    assert!(found.is_some() || !required, "faketime is not installed");
    found
}

#[test]
fn a_clock_that_is_set_changes_no_frequency() {
    let Some(library) = library() else {
        eprintln!("not run: faketime is not installed");
        return;
    };
    let (home, crawler) = (Home::new(), Home::new());
    let line = format!("{} until=2999-12-31", crawler.permid(false));
    fs::write(home.path().join("crawlers.txt"), line).expect("written");
    let clock = home.path().join("clock");
    set(&clock, "+0");
    let args = ["peer", "--listen", "127.0.0.1:0", "--json", "--allow-file", "crawlers.txt"];
    let mut command = home.swarmscope(&args);
    command
        .env("LD_PRELOAD", library)
        .env("FAKETIME_TIMESTAMP_FILE", &clock)
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    let peer = Running::start(command);
    let listening = peer.event("listening");
    let address = listening["addr"].as_str().expect("an address").to_owned();
    let ask = |seconds: &str| {
        crawler.run(&["request", &address, "database", "SELECT 1", "--frequency", seconds]).code
    };
    assert_eq!(ask("3600"), 0);
    for jump in ["+2h", "-2h", "+300d", "-10y"] {
        set(&clock, jump);
        assert_eq!(ask("3600"), 10, "too soon, whatever the clock says: {jump}");
        assert_eq!(ask("0"), 0, "{jump}");
    }
    set(&clock, "+1000y");
    assert_eq!(ask("0"), 5, "its day is over");
}

fn set(clock: &Path, by: &str) {
    fs::write(clock, by).expect("written");
}
