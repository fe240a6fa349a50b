//! The screen with fifty thousand and with a million peers: from a key to the end of its frame.

use std::time::{Duration, Instant};

use crossterm::event::KeyCode;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use swarmscope::screen::{Key, Model, Msg, Now};
use swarmscope::tui::Theme;
use swarmscope::tui::draw::draw;
use swarmscope::tui::theme::Depth;
use swarmscope::tui::tops::Tops;
use swarmscope_facts::{Facts, Settings};
use swarmscope_peer::{Event, OverlayVersion, PeerKey, Source};
use swarmscope_wire::failure::Phase;

use crate::crowd::fixture::{before, blank, fold, press};
use crate::crowd::{connected, event, failed, permid};
use crate::process;
use crate::report::{Goal, Report, Row};
use crate::usage::resident;

const SIZE: (u16, u16) = (200, 60);
const KEYS: usize = 400;
/// Between two keys.
const EVENTS: u32 = 83;

/// # Errors
/// A process of its own could not be started, or told nothing.
pub fn measure(report: &Report) -> crate::Outcome {
    let mut nobody = Screen::new(blank());
    let floor = spread(nobody.keys(false)).1;
    for count in [50_000, 1_000_000] {
        let mut crowd = Screen::new(known(count));
        assert_eq!(crowd.model.facts.peers().len(), count as usize);
        let millis = |time: Duration| time.as_secs_f64() * 1e3;
        let floor = ("with nobody", millis(floor));
        let goal = || Goal::AtMost(16.0);
        let key_to_frame = |crowd: &mut Screen, which: &str| {
            let value = millis(spread(crowd.keys(true)).1);
            let what = format!("{count} peers: {which}key to frame, p99");
            report.row(&Row { what: &what, unit: "ms", value, floor, goal: goal() });
        };
        key_to_frame(&mut crowd, "");
        let done = COMMANDS.map(|(what, command)| (what, crowd.command(command)));
        let prompt = ("a field in the prompt", crowd.prompt());
        let of_all = OF_ALL.map(|(what, command)| (what, crowd.command(command)));
        assert_eq!(crowd.most_marked, count as usize, "nobody was left out");
        let news = ("news of 10 000", crowd.news());
        crowd.command("mark all");
        key_to_frame(&mut crowd, "all marked, ");
        let preview = ("preview of a request to all", crowd.command("send now"));
        let plan = crowd.model.many.preview.as_ref().and_then(|preview| preview.plan.as_ref());
        let asked = plan.map(|plan| plan.targets.len()).unwrap_or_default();
        assert!(asked >= count as usize / 2, "{asked} can be asked; others are gone by now");
        let start = ("start of a request to all", crowd.enter());
        assert!(crowd.model.many.campaign.is_some(), "a request to many: {:?}", crowd.model.mode);
        let done = done.into_iter().chain([prompt]).chain(of_all).chain([news, preview, start]);
        for (doing, Done { frame, longest, total, steps }) in done {
            for (which, time, goal) in [
                ("to its frame", frame, goal()),
                ("longest step", longest, goal()),
                ("all", total, Goal::None),
            ] {
                let what = format!("{count} peers: {doing}, {which}");
                report.row(&Row { what: &what, unit: "ms", value: millis(time), floor, goal });
            }
            let (what, value) = (format!("{count} peers: {doing}, steps"), f64::from(steps));
            let floor = ("all at once", 1.0);
            report.row(&Row { what: &what, unit: "steps", value, floor, goal: Goal::None });
        }
        drop(crowd);
        let floor = ("its key and address alone", (size_of::<PeerKey>() + 32) as f64);
        for (which, goal) in [("heard", Goal::AtMost(600.0)), ("dialled", Goal::None)] {
            let value = process::said(&["crowd", &count.to_string(), which])?["bytes"].as_f64();
            let what = format!("{count} peers, {which}: memory a peer");
            let value = value.ok_or("no figure")?;
            report.row(&Row { what: &what, unit: "bytes", value, floor, goal });
        }
    }
    Ok(())
}

/// What each of so many peers takes in memory, in a process that has freed next to nothing before.
pub fn crowd(count: u32, which: &str) {
    let _nobody = Screen::new(blank()); // what a screen takes without any of them
    let before = resident(std::process::id());
    let model = if which == "dialled" { dialled(count) } else { known(count) };
    let screen = Screen::new(model);
    let held = resident(std::process::id()) - before;
    assert_eq!(screen.model.facts.peers().len(), count as usize);
    println!("{}", serde_json::json!({ "bytes": held as f64 / f64::from(count) }));
}

/// What an operator does to everybody, and what it is called here. Another message counts anew who
/// would answer it with 254.
const COMMANDS: [(&str, &str); 6] = [
    ("sort", "sort version"),
    ("sort by news", "sort newest event"),
    ("filter", "filter 9f3"),
    ("filter for all", "filter -zzz"),
    ("pattern", "filter /^sym|9f3a/"),
    ("another message", "request database"),
];

/// The same with nobody hidden.
const OF_ALL: [(&str, &str); 4] =
    [("mark", "mark all"), ("unmark", "unmark all"), ("map", "map"), ("list", "list")];

/// What something takes that concerns everybody.
#[derive(Default)]
struct Done {
    /// To the frame after the key.
    frame: Duration,
    /// What another key would wait for at most until all of it is done.
    longest: Duration,
    total: Duration,
    steps: u32,
}

impl Done {
    /// The rest of what began with this frame.
    fn after(self, frame: Duration) -> Self {
        Self { frame, total: frame + self.total, steps: self.steps + 1, ..self }
    }
}

/// A screen that has heard of so many peers.
fn known(count: u32) -> Model {
    let mut model = blank();
    model.facts = Facts::new(Settings { peers: count as usize, ..Settings::default() });
    for number in 0..count {
        let peer = PeerKey::Permid(permid(number));
        let address = Some((number.to_be_bytes(), 7760).into());
        let version = Some(OverlayVersion(if number % 3 == 0 { 17 } else { 18 }));
        let heard =
            Event::Discovered { peer, address, version, source: Source::BuddyCast(permid(0)) };
        fold(&mut model, before(3_000_000), Msg::Node(heard));
    }
    fold(&mut model, before(0), Msg::Tick);
    model
}

/// The same, and each was dialled: half of them are connected.
fn dialled(count: u32) -> Model {
    let mut model = known(count);
    for number in 0..count {
        let peer = PeerKey::Permid(permid(number));
        let dial = Event::Connecting { peer, phase: Phase::Tcp, detail: String::new() };
        fold(&mut model, before(2_000_000), Msg::Node(dial));
        let end = if number % 2 == 0 { failed(number) } else { connected(number) };
        fold(&mut model, before(1_000_000), Msg::Node(end));
    }
    fold(&mut model, before(0), Msg::Tick);
    model
}

struct Screen {
    model: Model,
    terminal: Terminal<TestBackend>,
    theme: Theme,
    tops: Tops,
    number: u32,
    /// How many peers were marked at most.
    most_marked: usize,
}

impl Screen {
    fn new(mut model: Model) -> Self {
        fold(&mut model, before(0), Msg::Resize(SIZE.0, SIZE.1));
        let mut screen = Self {
            model,
            terminal: Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).expect("a test backend"),
            theme: Theme::built_in("dark", Depth::True).expect("built in"),
            tops: Tops::default(),
            number: 0,
            most_marked: 0,
        };
        screen.settle();
        screen
    }

    fn draw(&mut self) {
        let (model, theme, tops) = (&self.model, &self.theme, &mut self.tops);
        let frame = self.terminal.draw(|frame| {
            draw(frame.buffer_mut(), model, theme, tops);
        });
        frame.expect("a frame");
    }

    /// Until nothing is left to be done.
    fn settle(&mut self) -> Done {
        let mut done = Done::default();
        while self.model.is_busy() {
            let began = Instant::now();
            let now = self.model.now;
            fold(&mut self.model, now, Msg::Wake);
            done.longest = done.longest.max(began.elapsed());
            done.total += began.elapsed();
            done.steps += 1;
        }
        self.draw();
        done
    }

    /// A field in the prompt for filters, of which the values are proposed.
    fn prompt(&mut self) -> Done {
        press(&mut self.model, &[Key::named(KeyCode::Esc), Key::char('/')]);
        let now = self.model.now;
        let began = Instant::now();
        fold(&mut self.model, now, Msg::Paste("version:".to_owned()));
        self.draw();
        let frame = began.elapsed();
        let done = self.settle().after(frame);
        press(&mut self.model, &[Key::named(KeyCode::Esc)]);
        self.settle();
        done
    }

    /// The list once ten thousand things have happened and nobody moves in it.
    fn news(&mut self) -> Done {
        let later = Duration::from_secs(60);
        let now = self.model.now;
        let then = Now { instant: now.instant + later, wall: now.wall + later };
        for _ in 0..10_000 {
            self.number += 1;
            fold(&mut self.model, now, Msg::Node(event(self.number)));
        }
        let began = Instant::now();
        fold(&mut self.model, then, Msg::Tick);
        self.draw();
        let frame = began.elapsed();
        self.settle().after(frame)
    }

    /// Keys that move through the list, with news between them.
    fn keys(&mut self, news: bool) -> Vec<Duration> {
        let mut times = Vec::new();
        for key in 0..KEYS {
            let code = if key % 5 == 0 { KeyCode::PageDown } else { KeyCode::Down };
            let now = self.model.now;
            let began = Instant::now();
            for _ in 0..if news { EVENTS } else { 0 } {
                self.number += 1;
                fold(&mut self.model, now, Msg::Node(event(self.number)));
            }
            fold(&mut self.model, now, Msg::Key(Key::named(code)));
            self.draw();
            times.push(began.elapsed());
        }
        times
    }

    /// What a preview waits for.
    fn enter(&mut self) -> Done {
        let began = Instant::now();
        press(&mut self.model, &[Key::named(KeyCode::Enter)]);
        self.draw();
        let frame = began.elapsed();
        self.settle().after(frame)
    }

    /// A command of the palette.
    fn command(&mut self, command: &str) -> Done {
        if self.model.mode.composes() {
            press(&mut self.model, &[Key::named(KeyCode::Esc)]);
        }
        press(&mut self.model, &[Key::char(':')]);
        let now = self.model.now;
        fold(&mut self.model, now, Msg::Paste(command.to_owned()));
        let began = Instant::now();
        fold(&mut self.model, now, Msg::Key(Key::named(KeyCode::Enter)));
        self.draw();
        let frame = began.elapsed();
        self.most_marked = self.most_marked.max(self.model.facts.marks().len());
        self.settle().after(frame)
    }
}

/// p50 and p99.
fn spread(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100];
    (at(50), at(99))
}
