//! What the screen takes with 50 000 peers while 5 000 events a second come in, at 200×60: folding
//! an event, folding what comes between two frames, a frame, a key until its frame is painted, and
//! the memory of this process. Beside each time stands a floor: the same with nobody there. Prints
//! p50 and p99, then divan's table.
//!
//! Goals: a frame's p99 below 8 ms, a key's below 16 ms, less than 250 MiB resident.
#![allow(clippy::disallowed_methods)] // a bench reads the clock

mod crowd;

use std::time::{Duration, Instant};

use crossterm::event::KeyCode;
use crowd::PEERS;
use crowd::fixture::{before, blank, fold, press};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use swarmscope::screen::signals::{Asked, Found};
use swarmscope::screen::{Key, Model, Msg, Now};
use swarmscope::tui::Theme;
use swarmscope::tui::draw::draw;
use swarmscope::tui::meter::resident;
use swarmscope::tui::theme::Depth;
use swarmscope::tui::tops::Tops;
use swarmscope_peer::node::Event;

const SIZE: (u16, u16) = (200, 60);
/// 5 000 events a second, 60 frames a second.
const EVENTS_A_FRAME: u32 = 83;
/// Between two frames.
const FRAME: Duration = Duration::from_micros(16_667);
const FRAMES: usize = 600;
/// Other programs take the processor away now and then: the quietest round tells what the work
/// itself takes.
const ROUNDS: usize = 5;

fn main() {
    let at_start = resident();
    let (mut crowd, mut nobody) = (Running::new(crowd_model()), Running::new(blank()));
    let filled = resident();
    for (with, screen) in [("50 000 peers", &mut crowd), ("nobody", &mut nobody)] {
        let mut rounds: Vec<Round> = (0..ROUNDS).map(|_| screen.round()).collect();
        report(&format!("{with}: one event"), &mut rounds, |round| &mut round.event);
        report(
            &format!("{with}: {EVENTS_A_FRAME} events, between two frames"),
            &mut rounds,
            |round| &mut round.batch,
        );
        report(&format!("{with}: a frame"), &mut rounds, |round| &mut round.frame);
        report(&format!("{with}: a key, events before it and its frame"), &mut rounds, |round| {
            &mut round.key
        });
    }
    for (what, commands) in COMMANDS {
        let mut waits: Vec<Wait> =
            (0..20).flat_map(|_| commands.iter()).map(|command| crowd.command(command)).collect();
        tell(what, &mut waits);
    }
    let mut waits: Vec<Wait> = (0..100).map(|_| crowd.key('o')).collect();
    tell("a key that sorts by the next column", &mut waits);
    let found = crowd.signals();
    println!("signals, beside the screen: {found:?}");
    let mut waits: Vec<Wait> = (0..20).map(|_| crowd.key('c')).collect();
    tell("look for signals again", &mut waits);
    let mib = |bytes: Option<u64>| {
        bytes.map_or_else(|| "unknown".to_owned(), |bytes| format!("{} MiB", bytes >> 20))
    };
    println!(
        "resident: {} at the start, {} with 50 000 peers, {} now",
        mib(at_start),
        mib(filled),
        mib(resident())
    );
    divan::main();
}

/// What an operator does to the whole list at once, and takes back.
const COMMANDS: [(&str, &[&str]); 7] = [
    ("sort by state, and by the newest event", &["sort state", "sort newest event"]),
    ("sort by NAT, and by the newest event", &["sort NAT", "sort newest event"]),
    ("sort by next, and by the last reply", &["sort next", "sort last reply"]),
    ("another message, sorted by next", &["sort next", "request natcheck", "request database"]),
    ("filter by a word, and show all", &["filter 9f3", "filter -zzz"]),
    (
        "filter by fields, and show all",
        &["filter nat:sym version:>=13 or error:254", "filter -zzz"],
    ),
    ("filter by a pattern, and show all", &["filter /^sym|9f3a/", "filter -zzz"]),
];

/// The crowd, told to a model.
fn crowd_model() -> Model {
    let mut model = blank();
    crowd::crowd(PEERS).tell(&mut model);
    assert_eq!(model.facts.peers().len(), PEERS as usize);
    model
}

/// The times of one round.
#[derive(Default)]
struct Round {
    event: Vec<Duration>,
    batch: Vec<Duration>,
    frame: Vec<Duration>,
    key: Vec<Duration>,
}

/// A screen, as the program runs it, on virtual time.
struct Running {
    model: Model,
    terminal: Terminal<TestBackend>,
    theme: Theme,
    tops: Tops,
    passed: Duration,
    number: u32,
}

impl Running {
    fn new(mut model: Model) -> Self {
        fold(&mut model, before(0), Msg::Resize(SIZE.0, SIZE.1));
        Self {
            model,
            terminal: Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).expect("a test backend"),
            theme: Theme::built_in("dark", Depth::True).expect("built in"),
            tops: Tops::default(),
            passed: Duration::ZERO,
            number: 0,
        }
    }

    fn now(&self) -> Now {
        Now { instant: before(0).instant + self.passed, wall: before(0).wall + self.passed }
    }

    /// The next event. Where nobody is there, nobody comes.
    fn event(&mut self) -> Event {
        self.number = self.number.wrapping_add(1);
        if self.model.facts.peers().is_empty() {
            return Event::Notice { text: "nothing".to_owned() };
        }
        crowd::event(self.number)
    }

    fn draw(&mut self) {
        let (model, theme, tops) = (&self.model, &self.theme, &mut self.tops);
        let frame = self.terminal.draw(|frame| {
            draw(frame.buffer_mut(), model, theme, tops);
        });
        frame.expect("a frame");
    }

    /// Frames at 60 a second while news comes. A key is pressed before some of them, seldom enough
    /// for the list to settle.
    fn round(&mut self) -> Round {
        let mut round = Round::default();
        for frame in 0..FRAMES {
            let begin = Instant::now();
            for _ in 0..EVENTS_A_FRAME {
                let (event, now) = (self.event(), self.now());
                let start = Instant::now();
                fold(&mut self.model, now, Msg::Node(event));
                round.event.push(start.elapsed());
                self.passed += FRAME / EVENTS_A_FRAME;
            }
            round.batch.push(begin.elapsed());
            if frame % 60 == 0 {
                let now = self.now();
                fold(&mut self.model, now, Msg::Tick);
            }
            // one second of keys, then five of rest
            let pressed = frame % 360 < 60 && frame % 4 == 0;
            if pressed {
                let code = if frame % 20 == 0 { KeyCode::PageDown } else { KeyCode::Down };
                let now = self.now();
                fold(&mut self.model, now, Msg::Key(Key::named(code)));
            }
            let start = Instant::now();
            self.draw();
            round.frame.push(start.elapsed());
            if pressed {
                round.key.push(begin.elapsed());
            }
        }
        round
    }

    /// The last key of a command in the palette.
    fn command(&mut self, command: &str) -> Wait {
        if self.model.mode.composes() {
            press(&mut self.model, &[Key::named(KeyCode::Esc)]);
        }
        press(&mut self.model, &[Key::char(':')]);
        let now = self.now();
        fold(&mut self.model, now, Msg::Paste(command.to_owned()));
        self.wait(Key::named(KeyCode::Enter))
    }

    fn key(&mut self, key: char) -> Wait {
        self.wait(Key::char(key))
    }

    /// Shows the signals of what was answered; how long they are looked for.
    fn signals(&mut self) -> Duration {
        self.command("signals");
        let start = Instant::now();
        let asked = Asked::of(&self.model.facts, &self.model.setup.registry);
        let found = Found::of(&asked.rounds());
        let took = start.elapsed();
        println!("{} answers of {} peers", found.answers, found.peers);
        let now = self.now();
        fold(&mut self.model, now, Msg::Signals(found));
        took
    }

    /// From a key to its frame, and on until nothing is left to be done: a frame every 16 ms, as
    /// the program draws them.
    fn wait(&mut self, key: Key) -> Wait {
        let now = self.now();
        let start = Instant::now();
        fold(&mut self.model, now, Msg::Key(key));
        self.draw();
        let frame = start.elapsed();
        let (mut step, mut drawn) = (Duration::ZERO, Instant::now());
        while self.model.is_busy() {
            let begin = Instant::now();
            fold(&mut self.model, now, Msg::Wake);
            if drawn.elapsed() >= FRAME {
                self.draw();
                drawn = Instant::now();
            }
            step = step.max(begin.elapsed());
        }
        self.draw();
        Wait { frame, step, whole: start.elapsed() }
    }
}

/// How long it takes from a key that concerns the whole list.
struct Wait {
    /// To the frame that follows it.
    frame: Duration,
    /// What another key would wait for at most, besides its own work.
    step: Duration,
    /// To the frame that shows all of it.
    whole: Duration,
}

fn tell(what: &str, waits: &mut [Wait]) {
    let mut p99 = |of: fn(&Wait) -> Duration| {
        waits.sort_unstable_by_key(of);
        (of(&waits[waits.len() / 2]), of(&waits[(waits.len() - 1) * 99 / 100]))
    };
    let ((frame, frame_p99), (step, step_p99), (whole, whole_p99)) =
        (p99(|wait| wait.frame), p99(|wait| wait.step), p99(|wait| wait.whole));
    println!(
        "50 000 peers: {what}: key to frame p50 {frame:?}, p99 {frame_p99:?}; the longest step p50 {step:?}, p99 {step_p99:?}; \
         all done p50 {whole:?}, p99 {whole_p99:?}"
    );
}

fn report(what: &str, rounds: &mut [Round], times: impl Fn(&mut Round) -> &mut Vec<Duration>) {
    let mut spreads: Vec<(Duration, Duration)> = rounds
        .iter_mut()
        .map(|round| {
            let times = times(round);
            times.sort_unstable();
            let at = |share: usize| times[(times.len() - 1) * share / 100];
            (at(99), at(50))
        })
        .collect();
    spreads.sort_unstable();
    let ((p99, p50), (worst, _)) = (spreads[0], spreads[ROUNDS - 1]);
    println!(
        "{what}: p50 {p50:?}, p99 {p99:?} in the quietest of {ROUNDS} rounds; p99 {worst:?} in the loudest"
    );
}

#[divan::bench]
fn a_frame_with_fifty_thousand_peers(bencher: divan::Bencher) {
    one_frame(bencher, crowd_model());
}

#[divan::bench]
fn a_frame_with_nobody(bencher: divan::Bencher) {
    one_frame(bencher, blank());
}

fn one_frame(bencher: divan::Bencher, model: Model) {
    let mut screen = Running::new(model);
    bencher.bench_local(|| screen.draw());
}
