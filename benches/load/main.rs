//! What the program takes where it runs: the real loop in a real terminal, a source of events that
//! uses the node's own outlet and channel, keys pressed at random moments. `cargo bench --bench
//! load` runs it all in about four minutes; `-- busy`, `-- idle` a part of it.
//!
//! `busy`: 50 000 peers, 5 000 events a second, 200×60. From a key to the end of the frame that
//! shows it, seen at the terminal's end; frames a second; how many events wait; memory and
//! processor of the process. Beside it a floor of the same run: a program that only echoes, and the
//! same loop with a hundred quiet peers. Then the debug overlay is opened, and what it tells is
//! printed beside what was seen from outside.
//!
//! `idle`: the real binary with 12 quiet peers for a minute, and the share of a processor that it
//! takes.
//!
//! Goals: a key's p99 below 16 ms, a frame's below 8 ms, less than 250 MiB resident; idle below 0.5
//! % of a processor.
#![allow(clippy::disallowed_methods)] // a bench reads the clock

mod busy;
#[path = "../crowd/mod.rs"]
mod crowd;
mod fed;
mod idle;
mod keys;
mod process;
#[path = "../../tests/pty/swarm.rs"]
mod swarm;
#[allow(dead_code)] // written for the tests, which use all of it; a bench needs a part
#[path = "../../tests/pty/terminal.rs"]
mod terminal;

fn main() {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => {
            busy::measure();
            idle::measure();
        }
        ["busy"] => busy::measure(),
        ["idle"] => idle::measure(),
        // these are what is measured, each in a process and a terminal of its own
        ["fed", peers, events, to] => {
            let number = |text: &str| text.parse().expect("a number");
            fed::screen(number(peers), number(events), to.as_ref());
        }
        ["echo"] => fed::echo(),
        _ => panic!("{arguments:?}: nothing, busy or idle"),
    }
}
