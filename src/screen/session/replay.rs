//! A recording that is shown again: its messages are folded at their times, faster or slower, and
//! nothing leaves the program.
//!
//! The viewer has keys, too. Those of the replay itself touch nothing that is shown; any other
//! begins a look around (`watching`), on a copy, so that the recording goes on as if nobody had
//! touched it.

mod folding;
mod look;
mod places;
mod spot;
mod watching;

use crate::screen::session::moment::SPEEDS;
use std::time::{Duration, Instant, UNIX_EPOCH};

use crate::screen::kept::{Kept, KeptIn};
use crate::screen::keys::keymap::Keymap;
use crate::screen::model::{Model, Setup};
use crate::screen::session::moment::{length, passed, wait};
use crate::screen::session::recording::{Line, Recording};
use crate::screen::session::showing::{Control, Replayed};
use look::Look;
use places::Places;
use spot::{Goal, Spot};
use swarmscope_facts::Now;
use swarmscope_facts::words;
use swarmscope_wire::MessageId;

/// How long before the start a recording may tell of: what was there when it was started. Instants
/// can't be counted back further than the machine has run, so they are counted from so far ahead.
const PAST: Duration = Duration::from_secs(20 * 365 * 86_400);
/// Lines folded between two looks at the viewer's input: some milliseconds.
const AT_ONCE: usize = 1_000;

/// What passes at once is folded tick by tick up to this, in microseconds: a machine that has slept
/// for a night has not watched.
const LONG: i64 = 20_000_000;

/// The recording while it is shown.
pub struct Player {
    recording: Recording,
    setup: Setup,
    start: Now,
    /// The keys as they were then.
    keymap: Keymap,
    spot: Spot,
    places: Places,
    /// Where it is on its way to, and since when.
    goal: Option<(Goal, Instant)>,
    /// Since when it runs, and from where; `None` while it pauses.
    running: Option<(Instant, i64)>,
    speed: f64,
    length: i64,
    /// The viewer is looking around.
    look: Option<Look>,
    /// The viewer wants addresses hidden.
    hides: bool,
}

/// The keys as they were then. A command or a key that this version does not know is left out.
fn keymap(changed: &[(String, Vec<String>)]) -> Keymap {
    let mut keymap = Keymap::default();
    for (name, keys) in changed {
        let command = keymap.table().named(name);
        let keys = keys.iter().filter_map(|keys| keys.parse().ok()).collect();
        if let Some(command) = command {
            keymap.set(command, keys);
        }
    }
    keymap
}

/// Columns, filters and notes as they were then.
fn kept(texts: &[(String, String)]) -> Kept {
    let mut kept = Kept::default();
    for (file, text) in texts {
        let of = KeptIn::ALL.into_iter().find(|of| of.file() == file);
        if let Some(Err(why)) = of.map(|of| kept.read(of, text)) {
            kept.notices.push(format!("{} of the recording: {why}", words::clean(file)));
        }
    }
    kept
}

impl Player {
    /// `setup`: the viewer's. `now`: any moment; times are counted from it.
    #[must_use]
    pub fn new(recording: Recording, mut setup: Setup, now: Instant) -> Self {
        let header = &recording.header;
        let start = Now { instant: now.checked_add(PAST).unwrap_or(now), wall: header.started() };
        setup.naming.privacy |= header.privacy;
        let hides = setup.naming.privacy;
        setup.title.clone_from(&header.title);
        // who asked then is told by the recording, if at all
        setup.identity.permids.clear();
        setup.identity.program = Some(words::clean(&header.program));
        let notices = std::mem::take(&mut setup.kept.notices);
        setup.kept = kept(&header.kept);
        setup.kept.notices.splice(0..0, notices);
        let length = recording.lines.iter().map(|Line(at, _)| *at).max().unwrap_or(0).max(0);
        Self {
            keymap: keymap(&header.keys),
            spot: Spot::default(),
            recording,
            setup,
            start,
            places: Places::default(),
            goal: None,
            running: None,
            speed: 1.0,
            length,
            look: None,
            hides,
        }
    }

    /// What the operator should know before it begins.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.recording.cut {
            notes.push(
                "the recording breaks off: the program that wrote it did not exit cleanly"
                    .to_owned(),
            );
        }
        let missing = |(id, _): &&(MessageId, String)| self.setup.registry.get(*id).is_none();
        let missing: Vec<&str> =
            self.recording.header.ids.iter().filter(missing).map(|(_, name)| &**name).collect();
        if !missing.is_empty() {
            let names = missing.join(", ");
            notes
                .push(format!("no probe here for {names}: replies to it are read by their format"));
        }
        notes
    }

    /// The model at the start, and everything that was there then.
    pub fn begin(&mut self) -> Model {
        let mut model = self.blank();
        self.fold_until(&mut model, Goal::time(0), false, usize::MAX);
        model
    }

    /// The model before everything.
    fn blank(&mut self) -> Model {
        self.spot = Spot::start(self.recording.header.size);
        Model::new(self.setup.clone(), self.start)
    }

    /// Now, in the recording's time.
    #[must_use]
    pub fn now(&self) -> Now {
        self.spot.frozen.unwrap_or_else(|| self.moment(self.spot.at))
    }

    fn moment(&self, at: i64) -> Now {
        let by = Duration::from_micros(at.unsigned_abs());
        let Now { instant, wall } = self.start;
        if at < 0 {
            let instant = instant.checked_sub(by).unwrap_or(instant);
            return Now { instant, wall: wall.checked_sub(by).unwrap_or(UNIX_EPOCH) };
        }
        Now {
            instant: instant.checked_add(by).unwrap_or(instant),
            wall: wall.checked_add(by).unwrap_or(wall),
        }
    }

    #[must_use]
    pub fn status(&self) -> Replayed {
        Replayed {
            paused: self.running.is_none(),
            speed: self.speed,
            at: length(self.spot.at),
            length: length(self.length),
            to: self.goal.map(|(goal, _)| length(goal.at)),
        }
    }

    /// When it is to be gone on with; `None` while it pauses.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        if let Some((_, since)) = self.goal {
            return Some(since);
        }
        let (since, from) = self.running?;
        let next = self.next_line().into_iter().chain([self.next_tick()]).min()?.min(self.length);
        since.checked_add(wait(next - from, self.speed))
    }

    /// Folds what is due by now, as much of it as may be folded at once, and pauses at the end.
    pub fn go_on(&mut self, model: &mut Model, now: Instant) {
        if let Some((goal, _)) = self.goal {
            if self.fold_until(model, goal, true, AT_ONCE) {
                self.goal = None;
                self.run_from_here(now);
            }
            return;
        }
        let Some((since, from)) = self.running else { return };
        let to = from
            .saturating_add(passed(now.saturating_duration_since(since), self.speed))
            .min(self.length);
        let hurry = to.saturating_sub(self.spot.at) > LONG;
        if self.fold_until(model, Goal::time(to), hurry, AT_ONCE) && to >= self.length {
            self.running = None;
        }
    }

    /// Where it runs, its time is counted from now on.
    fn run_from_here(&mut self, now: Instant) {
        if self.running.is_some() {
            self.running = Some((now, self.spot.at));
        }
    }

    /// The effect of a viewer's command on the replay itself.
    pub fn control(&mut self, model: &mut Model, control: Control, now: Instant) {
        let ran_before_the_look = self.look_ends(model, now);
        if self.goal.is_none() {
            self.go_on(model, now);
        }
        match control {
            Control::Pause if ran_before_the_look => {} // it goes on
            Control::Pause if self.running.is_some() => self.running = None,
            Control::Pause => {
                self.running = Some((now, self.spot.at));
                if self.status().ended() {
                    self.go_to(model, Goal::time(0), now);
                }
            }
            Control::Step => {
                self.running = None;
                if let Some(at) = self.next_line() {
                    self.go_to(model, Goal { at, lines: self.spot.next + 1 }, now);
                }
            }
            Control::StepBack => {
                self.running = None;
                let goal = self.before_the_last_line();
                self.go_to(model, goal, now);
            }
            Control::Slower => {
                self.speed =
                    SPEEDS.into_iter().rev().find(|it| *it < self.speed).unwrap_or(self.speed);
            }
            Control::Faster => {
                self.speed = SPEEDS.into_iter().find(|it| *it > self.speed).unwrap_or(self.speed);
            }
            Control::Speed(speed) => self.speed = speed,
            Control::Seek(moment) => {
                let to = moment.micros(self.spot.at, self.length, self.recording.header.started);
                self.go_to(model, Goal::time(to.clamp(0, self.length)), now);
            }
        }
        self.run_from_here(now);
    }

    /// Goes to a moment, all the way.
    pub fn seek(&mut self, model: &mut Model, to: i64, now: Instant) {
        self.go_to(model, Goal::time(to.clamp(0, self.length)), now);
        while self.goal.is_some() {
            self.go_on(model, now);
        }
    }

    /// Sets out for a goal: from here, or from the place that is nearest before it.
    fn go_to(&mut self, model: &mut Model, goal: Goal, now: Instant) {
        let place = self.places.before(goal);
        let back = !self.spot.is_before(goal);
        if let Some((spot, state)) = place.filter(|(spot, _)| back || spot.next > self.spot.next) {
            self.spot = spot.clone();
            let state = state.clone();
            self.show(model, state);
        } else if back {
            let state = self.blank();
            self.show(model, state);
        }
        self.goal = Some((goal, now));
        self.go_on(model, now);
    }

    /// Shows another state; how it is shown stays as it is.
    fn show(&self, model: &mut Model, state: Model) {
        let Model { size, showing, themes, debug, .. } = std::mem::replace(model, state);
        (model.size, model.showing, model.themes, model.debug) = (size, showing, themes, debug);
        model.showing.cast.forget();
        model.showing.frozen = self.spot.frozen.map(|_| 0);
        self.hide(model);
    }

    /// Addresses are hidden for as long as the viewer wants, whatever was pressed in the recording.
    fn hide(&self, model: &mut Model) {
        if self.hides != model.setup.naming.privacy {
            model.setup.naming.privacy = self.hides;
            model.rebuild();
        }
    }
}
