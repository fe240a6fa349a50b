//! The same request to the same peers as a shell script of what the command line has (cli.md): one
//! `request` after the other.

use std::fmt::Write as _;

use super::super::model::Model;
use swarmscope_facts::many::Plan;
use swarmscope_facts::peer::Peer;
use swarmscope_peer::node::PeerKey;

/// The file in which the script looks for its targets, where they don't stand in it.
pub const TARGETS: &str = "marked.txt";

/// What the loop does for each `$peer`, and how it ends: two lines, or more where the payload has
/// some.
#[must_use]
pub fn body(model: &Model, plan: &Plan) -> Vec<String> {
    let request = model.composer.command_to(model.registry(), "\"$peer\"");
    let options = model.setup.identity.options(plan.version);
    let pause = plan.pace.rate.interval().as_secs_f64();
    let head = "while read -r peer; do".to_owned();
    vec![head, format!("  {request}{options} --json </dev/null; sleep {pause}"), "done".to_owned()]
}

/// The whole script: with the targets in it, or, where addresses are hidden, reading them from a
/// file.
#[must_use]
pub fn script(model: &Model, plan: &Plan) -> String {
    let mut script = body(model, plan).join("\n");
    if model.setup.naming.privacy {
        script.push_str(" < ");
        script.push_str(TARGETS);
        script.push('\n');
        return script;
    }
    script.push_str(" <<'PEERS'\n");
    for target in &plan.targets {
        let line = match &target.peer {
            PeerKey::Address(address) => Some(address.clone()),
            PeerKey::Permid(permid) => {
                let peer = model.facts.peers().get(&target.peer);
                peer.and_then(Peer::target).map(|address| format!("{permid}@{address}"))
            }
        };
        if let Some(line) = line {
            let _ = writeln!(script, "{line}"); // a String takes everything
        }
    }
    script.push_str("PEERS\n");
    script
}
