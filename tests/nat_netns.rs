//! NAT behaviour discovery and hole punching through real NATs: network namespaces and nftables, as
//! `nat::lab` builds them.
//!
//! Needs root, iproute2 and nftables; without, it says so and passes, unless `NAT_LAB=require` is
//! set. `NAT_LAB=skip` leaves it out. `NAT_LAB_RUNS` sets how often each NAT is measured (20, the
//! full matrix; nearly all of its two minutes is waiting). The programs inside the namespaces are
//! this test's own binary, run again with a role, and the program itself.
#![cfg(target_os = "linux")]

#[path = "nat_netns/child.rs"]
mod child;
#[path = "nat_netns/matrix.rs"]
mod matrix;
#[path = "nat_netns/pairs.rs"]
mod pairs;
#[path = "nat_netns/processes.rs"]
mod processes;

use std::io::Write;

use swarmscope_probes::nat::lab::{Lab, LabError};

/// Not a test of its own: what the others run inside a namespace.
#[test]
#[ignore = "run by the other tests inside a namespace"]
fn child_in_a_namespace() {
    child::run_role();
}

/// A lab, or `None` where this machine has none to offer, which is said.
fn lab() -> Option<Lab> {
    if wish("skip") {
        say("SKIPPED: no NAT lab is wanted (NAT_LAB=skip)");
        return None;
    }
    match Lab::new() {
        Ok(lab) => Some(lab),
        Err(error) if required() => panic!("no NAT lab: {error}"),
        Err(error @ (LabError::NotRoot | LabError::Missing(..) | LabError::Command { .. })) => {
            say(&format!("SKIPPED: no NAT lab on this machine: {error}"));
            None
        }
        Err(error) => panic!("no NAT lab: {error}"),
    }
}

/// Whether a machine without a lab is a failure.
fn required() -> bool {
    wish("require")
}

fn wish(what: &str) -> bool {
    std::env::var("NAT_LAB").is_ok_and(|wish| wish == what)
}

/// Past the test harness, which would keep it to itself.
fn say(text: &str) {
    writeln!(std::io::stderr(), "{text}").expect("standard error takes a line");
}
