//! What operators write on the command line and into files.

use swarmscope_peer::crawler::{Question as _, Target};
use swarmscope_probes::custom::Custom;
use swarmscope_wire::OverlayVersion;

use crate::people::printable;

/// Where to connect.
pub fn target(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    match text.parse::<Target>() {
        Ok(target) => assert!(!target.host.is_empty()),
        Err(error) => printable(&error.to_string()),
    }
}

/// A file that describes a probe; the probe it makes reads any reply.
pub fn probe_file(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    match text.parse::<Custom>() {
        Ok(probe) => {
            let _ = probe.initiate(&OverlayVersion::CURRENT.into());
            let _ = probe.decode(data);
        }
        Err(wrong) => assert!(!wrong.is_empty()),
    }
}
