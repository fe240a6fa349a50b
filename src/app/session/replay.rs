//! A recording that is shown again: its messages are folded at their times, faster or slower, and nothing leaves the program.
//!
//! The keys of the recording move about as they did. Whoever watches has keys, too: they act on the same model, so that one can
//! look around while it pauses; the recording then goes on from there. Going back shows everything as it was.

use std::collections::HashMap;
use std::time::{Duration, Instant, UNIX_EPOCH};

use bytes::Bytes;

use crate::app::commands::COMMANDS;
use crate::app::kept::{Kept, KeptIn};
use crate::app::keys::keymap::Keymap;
use crate::app::model::{Model, Setup, update};
use crate::app::msg::{Effect, Msg, Now};
use crate::app::session::recording::{Line, Recording, What};
use crate::app::session::showing::{Control, Replayed};
use crate::app::words;
use crate::node::Ticket;
use crate::probes;
use crate::wire::{ErrorByte, MessageId};

/// How many times as fast as it was.
const SPEEDS: [f64; 9] = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];
/// As fast as it was.
const USUAL: usize = 2;
/// How far one key goes back or forward, in microseconds.
const JUMP: i64 = 10 * SECOND;
const SECOND: i64 = 1_000_000;
/// How long before the start a recording may tell of: what was there when it was started. Instants can't be counted back
/// further than the machine has run, so they are counted from so far ahead.
const PAST: Duration = Duration::from_secs(20 * 365 * 86_400);
/// Lines between two places that a seek can go back to, at first.
const EVERY: usize = 20_000;
/// Such places in all; then every second one goes.
const MOST_PLACES: usize = 12;
/// Peers in all of these places together: each is a whole model.
const MOST_PEERS: usize = 150_000;

/// The recording while it is shown.
pub struct Player {
    recording: Recording,
    setup: Setup,
    start: Now,
    /// The terminal's size as it was then: what keys did depends on it.
    size: (u16, u16),
    spot: Spot,
    /// When the recording has a first place to go back to.
    places: Vec<(Spot, Model)>,
    every: usize,
    /// Whoever watches has changed something: no place to go back to.
    disturbed: bool,
    /// Since when it runs, and from where; `None` while it pauses.
    running: Option<(Instant, i64)>,
    speed: usize,
    length: i64,
}

/// The keys as they were then. A command or a key that this version does not know is left out.
fn keymap(changed: &[(String, Vec<String>)]) -> Keymap {
    let mut keymap = Keymap::default();
    for (name, keys) in changed {
        let command = COMMANDS.iter().find(|command| command.name == name);
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

/// Whether it depends on the order of the list.
fn moves_about(what: &What) -> bool {
    matches!(what, What::Msg(Msg::Key(_) | Msg::Paste(_) | Msg::Mouse(..) | Msg::Wake))
}

/// How far it has been folded.
#[derive(Clone, Default)]
struct Spot {
    /// The first line that is not folded.
    next: usize,
    /// In microseconds since the start.
    at: i64,
    /// The newest second that has begun.
    ticked: i64,
    /// Since when the screen held still.
    frozen: Option<Now>,
    /// Replies that are not read yet.
    unread: HashMap<Ticket, (MessageId, ErrorByte, Bytes)>,
}

impl Player {
    /// `now`: any moment; times are counted from it.
    #[must_use]
    pub fn new(recording: Recording, mut setup: Setup, now: Instant) -> Self {
        let header = &recording.header;
        let start = Now { instant: now.checked_add(PAST).unwrap_or(now), wall: header.started() };
        setup.privacy |= header.privacy;
        setup.title.clone_from(&header.title);
        setup.keymap = keymap(&header.keys);
        setup.kept = kept(&header.kept);
        let length = recording.lines.iter().map(|Line(at, _)| *at).max().unwrap_or(0).max(0);
        Self {
            size: header.size,
            recording,
            setup,
            start,
            spot: Spot::default(),
            places: Vec::new(),
            every: EVERY,
            disturbed: false,
            running: None,
            speed: USUAL,
            length,
        }
    }

    /// What the operator should know before it begins.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.recording.cut {
            notes.push("the recording breaks off: the program that wrote it did not end as it should".to_owned());
        }
        let missing = |(id, _): &&(MessageId, String)| self.setup.registry.get(*id).is_none();
        let missing: Vec<&str> = self.recording.header.ids.iter().filter(missing).map(|(_, name)| &**name).collect();
        if !missing.is_empty() {
            let names = missing.join(", ");
            notes.push(format!("no probe here for {names}: replies to it are read by their format"));
        }
        notes
    }

    /// The model at the start, and everything that was there then.
    pub fn begin(&mut self) -> Model {
        self.spot = Spot::default();
        self.disturbed = false;
        self.size = self.recording.header.size;
        let mut model = Model::new(self.setup.clone(), self.start);
        self.fold_until(&mut model, 0, false);
        model
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
        Now { instant: instant.checked_add(by).unwrap_or(instant), wall: wall.checked_add(by).unwrap_or(wall) }
    }

    #[must_use]
    pub fn status(&self) -> Replayed {
        let length = |micros: i64| Duration::from_micros(micros.max(0).unsigned_abs());
        Replayed {
            paused: self.running.is_none(),
            speed: SPEEDS[self.speed],
            at: length(self.spot.at),
            length: length(self.length),
        }
    }

    /// When it is to be gone on with; `None` while it pauses.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        let (since, from) = self.running?;
        let line = self.recording.lines.get(self.spot.next).map(|Line(at, _)| (*at).max(self.spot.at));
        let next = line.into_iter().chain([self.next_tick()]).min()?.min(self.length);
        let wait = (next - from).max(0) as f64 / SPEEDS[self.speed] / SECOND as f64;
        since.checked_add(Duration::try_from_secs_f64(wait).ok()?)
    }

    /// Folds what is due by now, and pauses at the end.
    pub fn go_on(&mut self, model: &mut Model, now: Instant) {
        let Some((since, from)) = self.running else { return };
        let passed = now.saturating_duration_since(since).as_secs_f64() * SPEEDS[self.speed] * SECOND as f64;
        #[expect(clippy::cast_possible_truncation, reason = "saturates, and ends at the length")]
        let to = from.saturating_add(passed as i64).min(self.length);
        self.fold_until(model, to, false);
        if to >= self.length {
            self.running = None;
        }
    }

    /// What a key of whoever watches does to the replay itself.
    pub fn control(&mut self, model: &mut Model, control: Control, now: Instant) {
        self.go_on(model, now);
        match control {
            Control::Pause => match self.running.take() {
                Some(_) => {}
                None if self.spot.at >= self.length => self.seek(model, 0),
                None => self.running = Some((now, self.spot.at)),
            },
            Control::Step => {
                self.running = None;
                self.step(model);
            }
            Control::Slower => self.speed = self.speed.saturating_sub(1),
            Control::Faster => self.speed = (self.speed + 1).min(SPEEDS.len() - 1),
            Control::Back => self.seek(model, self.spot.at - JUMP),
            Control::Forward => self.seek(model, self.spot.at + JUMP),
            Control::Start => self.seek(model, 0),
        }
        if self.running.is_some() {
            self.running = Some((now, self.spot.at));
        }
    }

    /// Whoever watches has pressed a key: the model is not what the recording alone would make.
    pub fn disturb(&mut self) {
        self.disturbed = true;
    }

    /// Folds up to a moment, from the start or from a place before it where that lies in the past.
    pub fn seek(&mut self, model: &mut Model, to: i64) {
        let to = to.clamp(0, self.length);
        if to < self.spot.at {
            let (size, showing) = (model.size, model.showing.clone());
            let place = self.places.iter().rev().find(|(spot, _)| spot.at <= to);
            *model = match place.map(|(spot, model)| (spot.clone(), model.clone())) {
                Some((spot, place)) => {
                    self.spot = spot;
                    self.disturbed = false;
                    place
                }
                None => self.begin(),
            };
            (model.size, model.showing) = (size, showing);
            model.showing.cast.forget();
            model.showing.frozen = self.spot.frozen.map(|_| 0);
        }
        self.fold_until(model, to, true);
    }

    fn step(&mut self, model: &mut Model) {
        if let Some(Line(at, _)) = self.recording.lines.get(self.spot.next) {
            self.spot.at = (*at).max(self.spot.at);
            self.fold_next(model);
        }
    }

    /// Folds all lines up to a moment, and the ticks between them. In a hurry only those ticks on which something may depend:
    /// the last ones before keys and before the end.
    fn fold_until(&mut self, model: &mut Model, to: i64, hurry: bool) {
        loop {
            let next = self.recording.lines.get(self.spot.next).map(|Line(at, _)| (*at).max(self.spot.at));
            let next = next.filter(|at| *at <= to);
            let until = next.unwrap_or(to);
            let last = self.second_before(until);
            if hurry && last > self.spot.ticked && self.counts(last, to) {
                self.tick(model, last);
            }
            while !hurry && self.next_tick() <= until {
                self.tick(model, self.next_tick());
            }
            self.spot.ticked = last.max(self.spot.ticked);
            self.spot.at = until.max(self.spot.at);
            if next.is_none() {
                model.now = self.now();
                return;
            }
            self.fold_next(model);
        }
    }

    /// Whether somebody moves about in the second that begins then, or it is the last one.
    fn counts(&self, second: i64, to: i64) -> bool {
        let end = second + SECOND;
        let within = self.recording.lines[self.spot.next..].iter().take_while(|Line(at, _)| *at < end);
        to < end || within.into_iter().any(|Line(_, what)| moves_about(what))
    }

    fn tick(&mut self, model: &mut Model, at: i64) {
        (self.spot.at, self.spot.ticked) = (at.max(self.spot.at), at);
        if self.spot.frozen.is_none() {
            self.fold(model, at, Msg::Tick);
        }
    }

    /// When time passes next: at whole seconds of the clock, as it did.
    fn next_tick(&self) -> i64 {
        self.second_before(self.spot.at.max(self.spot.ticked)) + SECOND
    }

    /// The last whole second of the clock up to a moment.
    fn second_before(&self, at: i64) -> i64 {
        let started = i64::try_from(self.recording.header.started % SECOND.unsigned_abs()).unwrap_or(0);
        (at + started).div_euclid(SECOND) * SECOND - started
    }

    /// Folds the next line.
    fn fold_next(&mut self, model: &mut Model) {
        let Some(Line(at, what)) = self.recording.lines.get(self.spot.next).cloned() else { return };
        self.spot.next += 1;
        match what {
            What::Msg(msg) => self.fold(model, at, msg),
            What::Read(permid, ticket) => {
                if let Some((message, error, payload)) = self.spot.unread.remove(&ticket) {
                    let decoding = probes::decode_reply(&self.setup.registry, message, error, &payload);
                    self.fold(model, at, Msg::Decoded { permid, ticket, decoding });
                }
            }
            What::Lost(count) => {
                let text = format!("{count} messages are missing here: the disk was too slow for the recording");
                self.fold(model, at, Msg::Notice(text));
            }
            What::End => {}
        }
        self.keep_a_place(model);
    }

    /// Folds a message as it was folded then: without whoever watches, and with what it wanted done left undone.
    fn fold(&mut self, model: &mut Model, at: i64, msg: Msg) {
        let now = self.spot.frozen.unwrap_or_else(|| self.moment(at));
        let (replay, cast) = (model.showing.replay.take(), model.showing.cast.on);
        let size = std::mem::replace(&mut model.size, self.size);
        let resized = matches!(msg, Msg::Resize(..));
        for effect in update(model, now, msg) {
            match effect {
                Effect::Decode { ticket, message, error, payload, .. } => {
                    self.spot.unread.insert(ticket, (message, error, payload));
                }
                Effect::Freeze => {
                    let thaws = self.spot.frozen.take().is_some();
                    self.spot.frozen = (!thaws).then_some(now);
                    model.showing.frozen = (!thaws).then_some(0);
                }
                _ => {}
            }
        }
        if resized {
            self.size = model.size;
        }
        model.size = size;
        (model.showing.replay, model.showing.cast.on) = (replay, cast);
    }

    fn keep_a_place(&mut self, model: &Model) {
        let newest = self.places.last().map_or(0, |(spot, _)| spot.next);
        let fits = (self.places.len() + 1) * model.peers.len() <= MOST_PEERS;
        if self.disturbed || !fits || self.spot.next < newest + self.every {
            return;
        }
        if self.places.len() == MOST_PLACES {
            let mut odd = false;
            self.places.retain(|_| {
                odd = !odd;
                !odd
            });
            self.every *= 2;
            return;
        }
        self.places.push((self.spot.clone(), model.clone()));
    }
}
