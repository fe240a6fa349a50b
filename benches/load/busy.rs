//! Keys among 50 000 peers and 5 000 events a second, beside keys where nothing else happens.

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::crowd::PEERS;
use crate::fed::Going;
use crate::keys::{Dice, delays, frames};
use crate::process::{Share, resident};
use crate::terminal::Terminal;

const SIZE: (u16, u16) = (200, 60);
/// Events a second.
const EVENTS: u32 = 5_000;
/// Peers of the quiet screen: enough to page about.
const FEW: u32 = 10_000;
/// Other programs take the processor away now and then: the quietest round tells what the work
/// itself takes.
const ROUNDS: usize = 5;
/// In a round: some keys one after the other, then a rest in which the list puts itself in order
/// again.
const BURSTS: usize = 3;
const KEYS: usize = 16;
/// Between two keys, in milliseconds.
const GAP: (u64, u64) = (60, 140);
const REST: Duration = Duration::from_secs(5);
/// Longer than filling the list takes anywhere.
const PATIENCE: Duration = Duration::from_secs(120);
/// After the peers are there, and between opening the overlay and reading it.
const SETTLED: Duration = Duration::from_secs(3);
const PAGE_DOWN: &str = "\x1b[6~";

pub fn measure() {
    let mut echo = run(&["echo"]);
    echo.wait_for("keys");
    let floor = Rounds::of(&mut echo, Duration::ZERO).report("echo, the floor");
    echo.keys("q");
    echo.end();

    let mut quiet = Fed::start(FEW, 0);
    let alone =
        Rounds::of(&mut quiet.terminal, Duration::ZERO).report(&format!("{FEW} peers, no events"));
    quiet.end();

    let mut busy = Fed::start(PEERS, EVENTS);
    let share = Share::of(busy.terminal.id());
    let loaded = Rounds::of(&mut busy.terminal, REST);
    let p50 = loaded.report(&format!("{PEERS} peers, {EVENTS} events a second"));
    let times = |other: Duration| p50.as_secs_f64() / other.as_secs_f64();
    println!(
        "  a key's p50 is {:.1} times the echo's, {:.1} times that without events",
        times(floor),
        times(alone)
    );
    println!("  {:.0} % of a processor", share.so_far());
    let (now, most) = resident(busy.terminal.id());
    println!("  resident: {} MiB, {} MiB at most; goal: below 250 MiB", now >> 20, most >> 20);
    busy.report_source();
    busy.compare_overlay(loaded);
    busy.end();
}

/// This program again, in a terminal.
fn run(arguments: &[&str]) -> Terminal {
    let program = std::env::current_exe().expect("this program");
    Terminal::run(
        SIZE.0,
        SIZE.1,
        program.to_str().expect("a path"),
        arguments,
        &[("COLORTERM", "truecolor")],
    )
}

/// The times from key to frame, round by round.
struct Rounds {
    keys: Vec<Vec<Option<Duration>>>,
    /// In each.
    frames_a_second: Vec<f64>,
}

impl Rounds {
    fn of(terminal: &mut Terminal, rest: Duration) -> Self {
        Self::some(terminal, rest, ROUNDS)
    }

    /// Presses keys at random moments. `rest`: between bursts of them.
    fn some(terminal: &mut Terminal, rest: Duration, rounds: usize) -> Self {
        let mut dice = Dice(0x5eed);
        terminal.keys("g"); // from the top, so that there is always a row below
        thread::sleep(SETTLED);
        let mut pressed = Vec::new();
        let mut bounds = vec![Instant::now()];
        for _ in 0..rounds {
            let mut round = Vec::new();
            for _ in 0..BURSTS {
                for number in 0..KEYS {
                    thread::sleep(dice.between(GAP.0, GAP.1));
                    round.push(Instant::now());
                    terminal.keys(if number % 4 == 3 { PAGE_DOWN } else { "j" });
                }
                thread::sleep(rest);
            }
            pressed.push(round);
            bounds.push(Instant::now());
        }
        thread::sleep(Duration::from_millis(GAP.1)); // the last key's frame
        let frames = frames(terminal, SIZE);
        let within =
            |from, to| frames.iter().filter(|frame| (from..to).contains(&frame.at)).count();
        let a_second = |at: &[Instant]| within(at[0], at[1]) as f64 / (at[1] - at[0]).as_secs_f64();
        Self {
            keys: pressed.iter().map(|round| delays(round, &frames)).collect(),
            frames_a_second: bounds.windows(2).map(a_second).collect(),
        }
    }

    /// Every key that was seen, the quickest first.
    fn sorted(keys: &[Option<Duration>]) -> Vec<Duration> {
        let mut seen: Vec<Duration> = keys.iter().flatten().copied().collect();
        seen.sort_unstable();
        seen
    }

    /// Prints them. The p50 of all.
    fn report(&self, what: &str) -> Duration {
        let all = self.keys.concat();
        let seen = Self::sorted(&all);
        let [p50, p99, most] = spread(&seen);
        let mut p99s: Vec<Duration> =
            self.keys.iter().map(|round| spread(&Self::sorted(round))[1]).collect();
        p99s.sort_unstable();
        println!(
            "{what}: key to frame p50 {p50:?}, p99 {p99:?}, most {most:?} of {} keys",
            seen.len()
        );
        println!(
            "  p99 {:?} in the quietest of {} rounds, {:?} in the loudest",
            p99s[0],
            p99s.len(),
            p99s[p99s.len() - 1]
        );
        println!("  {} keys not seen before the next one", all.len() - seen.len());
        let frames: Vec<String> =
            self.frames_a_second.iter().map(|frames| format!("{frames:.1}")).collect();
        println!("  frames a second, round by round: {}", frames.join(", "));
        p50
    }
}

/// p50, p99 and the most.
fn spread(sorted: &[Duration]) -> [Duration; 3] {
    [50, 99, 100].map(|share| sorted[(sorted.len() - 1) * share / 100])
}

/// The real loop on a source of events.
struct Fed {
    terminal: Terminal,
    going: PathBuf,
    _directory: TempDir,
}

impl Fed {
    /// Starts it, and waits until it knows so many peers.
    fn start(peers: u32, events: u32) -> Self {
        let directory = TempDir::new().expect("a directory");
        let going = directory.path().join("going");
        let terminal =
            run(&["fed", &peers.to_string(), &events.to_string(), going.to_str().expect("a path")]);
        let fed = Self { terminal, going, _directory: directory };
        let end = Instant::now() + PATIENCE;
        while fed.going().is_empty() {
            assert!(
                Instant::now() < end,
                "the list was not filled:\n{}",
                fed.terminal.rows().join("\n")
            );
            thread::sleep(SETTLED);
        }
        thread::sleep(SETTLED);
        fed
    }

    /// What the source has told so far.
    fn going(&self) -> Vec<Going> {
        let text = fs::read_to_string(&self.going).unwrap_or_default(); // not made yet
        text.lines().filter_map(Going::parse).collect()
    }

    /// How many events came, and whether more and more of them wait.
    fn report_source(&self) {
        let going = self.going();
        let last = going.last().expect("it has told");
        println!("  {:.0} events a second came", last.told as f64 / last.after.as_secs_f64());
        let quarters = going.chunks(going.len().div_ceil(4)).map(|quarter| {
            let most = quarter.iter().map(|going| going.untaken).max().unwrap_or(0);
            let sum: usize = quarter.iter().map(|going| going.untaken).sum();
            format!("{} (most {most})", sum / quarter.len())
        });
        let quarters: Vec<String> = quarters.collect();
        println!(
            "  events not taken, peaks of 100 ms, mean of each quarter of the time: {}",
            quarters.join(", ")
        );
    }

    /// Opens the debug overlay, presses some more keys, and prints what it says beside what was
    /// seen here.
    fn compare_overlay(&mut self, mut before: Rounds) {
        self.terminal.keys("td");
        self.terminal.wait_for("key to frame");
        let rounds = Rounds::some(&mut self.terminal, REST, 1);
        before.keys.extend(rounds.keys);
        let seen = Rounds::sorted(&before.keys.concat());
        let share = Share::of(self.terminal.id());
        let told = self.going().last().copied();
        thread::sleep(SETTLED);
        let rows = self.terminal.rows();
        let says = |label: &str| {
            let row = rows.iter().find_map(|row| Some(row.split_once(label)?.1.trim().to_owned()));
            row.unwrap_or_else(|| panic!("no {label:?} in\n{}", rows.join("\n")))
        };
        println!("the debug overlay says, and what was seen from outside");
        println!("  key to frame: {}; {:?}", says("key to frame"), spread(&seen));
        println!("  update: {}", says("update"));
        println!("  draw: {}; goal: p99 below 8 ms", says("draw"));
        let a_second = rounds.frames_a_second.last().copied().unwrap_or_default();
        println!(
            "  messages, frames in 1 s: {}; {EVENTS}, {a_second:.1}",
            says("messages, frames in 1 s")
        );
        let most = self.going().iter().map(|going| going.untaken).max();
        println!(
            "  events waiting: {}; most {most:?}, after {told:?}",
            says("events waiting, most")
        );
        println!("  merged: {}", says("merged: newer state replaces older"));
        let here = resident(self.terminal.id()).0 as f64;
        println!("  memory: {}; {:.1} MB", says("memory of the process"), here / 1e6);
        println!("  with it open {:.0} % of a processor", share.so_far());
    }

    fn end(mut self) {
        self.terminal.keys("q");
        assert_eq!(self.terminal.end().0, 0);
    }
}
