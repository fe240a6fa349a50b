//! The demo's worm, to its end: three rounds, how it spread, a case that verifies, a report. Nobody
//! touches a key.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::terminal::Terminal;

/// The tour with its time to read, twice over on a busy machine.
const TOUR: Duration = Duration::from_secs(200);

#[test]
fn the_worm_s_tour_ends_with_a_case_and_a_report() {
    let args = ["demo", "--scenario", "worm", "--peers", "24", "--seed", "7"];
    let data = tempfile::tempdir().expect("a directory");
    let environment = [("XDG_DATA_HOME", data.path().to_str().expect("text"))];
    let mut terminal = Terminal::start(144, 46, &args, &environment);
    let tour = |text: &'static str| move |rows: &[String]| rows.concat().contains(text);
    terminal.wait_longer("the signals", TOUR, tour("tour 13/15"));
    let rows = terminal.wait("the spread over three rounds", |rows| {
        rows.concat().contains("of a fixed panel of 25 peers")
    });
    assert!(rows.concat().contains("success for invented questions"), "{}", rows.join("\n"));
    terminal.wait_longer("the report", TOUR, tour("tour 15/15"));
    terminal.wait("its entry", tour("sha256"));
    let kept = only_one(&data.path().join("swarmscope/demo"));
    let report = fs::read_to_string(kept.join("worm.html")).expect("a report");
    assert!(
        report.contains("Answers over rounds: ID_99") || report.contains("Answers over rounds: 99")
    );
    assert!(report.contains("success for invented questions") && report.contains(">which<"));
    terminal.keys("q");
    let (code, printed) = terminal.end();
    assert_eq!((code, printed.contains("case and report are in")), (0, true), "{printed}");
    let verify = Command::new(env!("CARGO_BIN_EXE_swarmscope"))
        .args(["case", "verify", "--json"])
        .arg(kept.join("worm.case"))
        .output()
        .expect("it runs");
    let said: Value = serde_json::from_slice(&verify.stdout).expect("JSON");
    assert_eq!((verify.status.code(), &said["ok"]), (Some(0), &true.into()), "{said}");
}

fn only_one(directory: &Path) -> PathBuf {
    let entries: Vec<_> = fs::read_dir(directory).expect("it is there").flatten().collect();
    assert_eq!(entries.len(), 1);
    entries[0].path()
}
