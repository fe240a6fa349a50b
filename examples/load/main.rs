//! How fast the parts are that everything else waits for, each beside its floor measured in the same
//! run: `cargo run --release --example load`; `-- --json` for one JSON object a line, and a name
//! for one of the parts: `visits`, `idle`, `replies`, `facts`, `screen`. `-- soak 60` lets a peer run
//! for an hour under churn instead.
//!
//! The floor is what remains when the program is taken away: bare TLS with the same keys, bare
//! signatures, the same bytes in a plain buffer. Other programs share the machine and its speed
//! changes within minutes, so both are measured in turn several times, and the ratio is the median
//! of pairs. Crawler and peers are processes of their own, each on one core where there are two.
#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock and opens sockets")]

mod bare;
#[path = "../../benches/crowd/mod.rs"]
mod crowd;
mod facts;
mod idle;
mod process;
mod reassembly;
mod replies;
mod report;
mod screen;
mod soak;
mod usage;
mod visits;

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (json, named): (Vec<&str>, Vec<&str>) =
        arguments.into_iter().partition(|argument| *argument == "--json");
    let report = report::Report::new(!json.is_empty());
    match named[..] {
        [] => {
            visits::measure(&report)?;
            idle::measure(&report)?;
            replies::measure(&report)?;
            facts::measure(&report);
            screen::measure(&report)
        }
        ["visits"] => visits::measure(&report),
        ["idle"] => idle::measure(&report),
        ["replies"] => replies::measure(&report),
        ["facts"] => {
            facts::measure(&report);
            Ok(())
        }
        ["screen"] => screen::measure(&report),
        ["soak", minutes] => soak::run(minutes.parse()?),
        // these are what is measured, each in a process of its own
        ["peers", version, count] => visits::peers(version.parse()?, count.parse()?),
        ["bare-peers", count] => bare::peers(count.parse()?),
        ["visit", version, at_once, targets] => {
            visits::visit(version.parse()?, at_once.parse()?, targets)
        }
        ["bare-visit", suites, at_once, targets] => {
            bare::visit(bare::Suites::named(suites)?, at_once.parse()?, targets)
        }
        ["signatures", how] => visits::signatures(how == "waits"),
        ["crowd", count, which] => {
            screen::crowd(count.parse()?, which);
            Ok(())
        }
        ["held"] => idle::held(),
        ["hold", count, address] => idle::hold(count.parse()?, address.parse()?),
        ["bare-hold", count, address] => bare::hold(count.parse()?, address.parse()?),
        ["replier", most] => replies::replier(most.parse()?),
        ["asker", mebibytes, target] => replies::asker(mebibytes.parse()?, target),
        ["bare-asker", mebibytes, address] => bare::asker(mebibytes.parse()?, address.parse()?),
        _ => {
            Err(format!("{named:?}: nothing, visits, idle, replies, facts, screen or soak MINUTES")
                .into())
        }
    }
}
