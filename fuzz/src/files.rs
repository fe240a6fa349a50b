//! Files that the operator writes, keeps or is handed: read, or refused in words that can be shown.

use std::io::Cursor;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use swarmscope::screen::asking::identity::Identity;
use swarmscope::screen::kept::{Kept, KeptIn};
use swarmscope::screen::keys::keymap::{self, Keymap};
use swarmscope::screen::keys::script::Script;
use swarmscope::screen::model::Setup;
use swarmscope::screen::session::recording::{self, FORMAT, MAGIC};
use swarmscope::screen::session::replay::Player;
use swarmscope::tui::theme::ThemeFile;
use swarmscope_evidence::signals::Own;
use swarmscope_facts::Naming;
use swarmscope_facts::list::filter::Filter;
use swarmscope_probes::Statistics;
use swarmscope_probes::config_file::ConfigFile;
use swarmscope_store::opt_out::OptOut;
use swarmscope_wire::identity::Role;
use swarmscope_wire::mask::Mask;

use crate::Choices;
use crate::people::printable;

/// A filter: what is wrong with it lies in it.
pub fn filter(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    match Filter::parse(text) {
        Ok(filter) => assert!(!filter.is_empty() || text.trim().is_empty(), "{text:?}"),
        Err(error) => {
            assert!(text.get(error.at.clone()).is_some(), "{error:?} of {text:?}");
            assert!(!error.what.is_empty());
        }
    }
}

/// One of the small files, by the first byte.
pub fn small(data: &[u8]) {
    let mut choices = Choices::new(data);
    let which = choices.byte();
    let Ok(text) = str::from_utf8(choices.rest()) else { return };
    let refused = |error: &dyn std::fmt::Display| assert!(!error.to_string().is_empty());
    match which % 7 {
        0 => {
            let file = ConfigFile { path: PathBuf::from("keymap.toml"), text: text.to_owned() };
            let keymap = keymap::read(&file);
            assert!(keymap.conflicts().is_empty() || !keymap.faults().is_empty());
            keymap.faults().iter().for_each(|fault| refused(fault));
        }
        1 => {
            if let Err(flaw) = ThemeFile::read(text) {
                assert!(!flaw.what.is_empty());
            }
        }
        2 => drop(Script::parse(text).map_err(|error| refused(&error))),
        3 => drop(Own::parse(text).map_err(|error| refused(&error))),
        4 => drop(OptOut::parse(text).map_err(|(_, why)| refused(&why))),
        5 => drop(Role::parse(text).map_err(|error| refused(&error))),
        _ => {
            let mut kept = Kept::default();
            for of in KeptIn::ALL {
                let _ = kept.read(of, text).map_err(|why| refused(&why));
            }
        }
    }
}

/// The lines of a recording after its header; what reads is shown to its end.
pub fn recording(data: &[u8]) {
    let header = format!(
        r#"{{"magic":"{MAGIC}","format":{FORMAT},"program":"0","started":1764324271000000,"size":[80,24],"privacy":false,"title":"","ids":[],"keys":[],"kept":[]}}"#
    );
    let file = [header.as_bytes(), b"\n", data].concat();
    match recording::read(Cursor::new(file)) {
        Ok(recording) => {
            let now = *ORIGIN;
            let mut player = Player::new(recording, setup(), now);
            let mut model = player.begin();
            player.seek(&mut model, i64::MAX, now);
            player.notes().iter().for_each(|note| printable(note));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

static ORIGIN: LazyLock<Instant> = LazyLock::new(|| Instant::now() + Duration::from_secs(100_000));

fn setup() -> Setup {
    Setup {
        registry: swarmscope_probes::registry(Statistics::empty()),
        title: String::new(),
        naming: Naming { privacy: false, mask: Mask::new([7; 32]) },
        identity: Identity::default(),
        keymap: Keymap::default(),
        kept: Kept::default(),
    }
}
