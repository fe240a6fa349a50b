//! The loop: wait, fold all that is waiting, draw once. The network is never waited for here.
#![allow(clippy::disallowed_methods)] // the model's clock is read here, and only here

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};
use turns::Turns;
use watched::Watched;

use crossterm::event::Event as TerminalEvent;
use tokio::sync::mpsc;

use super::cases::{Cases, OpenCase};
use super::draw::draw;
use super::external::External;
use super::frozen::Frozen;
use super::input::{Input, MOST_WAITING, Typed};
use super::keep::{Files, Writer};
use super::meter::Meter;
use super::recorder::{Finished, Recorder, Target as File};
use super::signals::{Signals, Told};
use super::terminal::Taken;
use super::theme::Look;
use super::tops::Tops;
use crate::screen::keys::script::{NotSeen, Script};
use crate::screen::session::recording::typing::Typing;
use crate::screen::session::replay::Player;
use crate::screen::{Effect, Key, Model, Msg, Now, Screen, Setup, TourControl, update};
use swarmscope_facts::networks::Question;
use swarmscope_networks::address::Policy;
use swarmscope_networks::target::Target;
use swarmscope_peer::node::{Ask, Events, Node, Read, Readers};
use swarmscope_peer::weighed;

mod at_terminal;
mod clock;
mod performing;
mod playing;
mod questions;
mod turns;
mod watched;

use clock::{next_second, now, until};
use playing::Wait;
use questions::Questions;

/// Events folded before the next look at the input.
const BATCH: usize = 1024;
/// News is drawn at most this often; keys at once.
const FRAME: Duration = Duration::from_millis(16);

/// Where what is shown comes from.
pub enum Source {
    Node(Node, Events),
    Replay(Box<Player>),
    /// What a store tells, and the screen to begin with. Nothing is sent.
    Store(mpsc::Receiver<Stored>, Screen),
}

/// What a store tells.
pub enum Stored {
    /// This became known then.
    Told(SystemTime, Box<Msg>),
    /// The newest that it has is of then.
    Written(SystemTime),
}

/// What is done with peers of other networks than the overlay.
#[derive(Default)]
pub struct Others {
    /// Those that are asked at the start.
    pub targets: Vec<Target>,
    /// Whom lookups may ask besides public addresses.
    pub policy: Policy,
    /// Whether it is found out what listens where an overlay dial was closed without a byte.
    pub examines: bool,
}

/// What the screen is started with.
pub struct Options {
    pub setup: Setup,
    pub look: Look,
    /// What the demo adds: labels and tour steps. Dropping the sender is fine.
    pub extra: mpsc::Receiver<Msg>,
    /// Where the operator's wishes about the tour go. Dropping the receiver is fine.
    pub tour: mpsc::Sender<TourControl>,
    /// Where columns, filters and notes are kept.
    pub files: Files,
    /// Where everything is recorded from the start.
    pub record: Option<File>,
    /// The directory of recordings that are started while it runs.
    pub recordings: Option<PathBuf>,
    /// Keys that are pressed by themselves.
    pub script: Option<Script>,
    /// Peers of other networks.
    pub others: Others,
    /// How cases are opened; none in a replay.
    pub cases: Option<OpenCase>,
}

/// How the screen ended. The terminal is as before in every case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ended {
    /// `q`: exit code 0.
    Quit,
    /// Ctrl-C, SIGINT, SIGTERM or SIGHUP: exit code 130.
    Interrupted,
    /// A script waited in vain: exit code 1. With the screen as it was.
    NotSeen(NotSeen, String),
}

/// Takes the terminal, shows what comes from the source until the operator quits, and gives the
/// terminal back. A node keeps running: stopping it is the caller's.
///
/// # Errors
/// The terminal can't be read or written, or something panicked meanwhile.
pub async fn run(source: Source, options: Options) -> io::Result<Ended> {
    let mut signals = Signals::new()?;
    let taken = Taken::take()?;
    let (decoded, mut decodings) = mpsc::channel(BATCH);
    let (read, mut readings) = mpsc::channel(1);
    let (checked, mut checks) = mpsc::channel(MOST_WAITING);
    let (finished, mut recorded) = mpsc::unbounded_channel();
    let (answers, mut answered) = mpsc::unbounded_channel();
    let (case_told, mut told_of_case) = mpsc::unbounded_channel();
    let mut extra = options.extra;
    let failed = decoded.clone();
    let nothing = || weighed::channel(1, 0).1.into();
    let (node, mut events, player, mut store) = match source {
        Source::Node(node, events) => (Some(node), events, None, None),
        Source::Replay(player) => (None, nothing(), Some(player), None),
        Source::Store(rows, first) => (None, nothing(), None, Some((rows, first))),
    };
    let (mut events_open, mut extra_open) = (node.is_some(), node.is_some());
    let mut screen = Running {
        keep: Writer::new(options.files, move |why| drop(failed.try_send(Msg::Notice(why)))),
        model: Model::new(options.setup, now()),
        meter: Meter::default(),
        reading: 0,
        key: None,
        node,
        player,
        frozen: None,
        recorder: None,
        finished,
        broken_off: None,
        recordings: options.recordings,
        script: options.script,
        shown: String::new(),
        taken,
        look: options.look,
        tops: Tops::default(),
        tour: options.tour,
        questions: Questions::new(answers, options.others.policy),
        examines: options.others.examines,
        decoded,
        checked,
        readers: Readers::default(),
        read,
        ended: None,
        turns: Turns::default(),
        watched: Watched::default(),
        cases: options.cases.map(|open| Cases::start(open, case_told)),
        changed: true,
        last_drawn: None,
        to_open: None,
        away: false,
        panic_drawing: panic_on_purpose("SWARMSCOPE_PANIC_DRAWING"),
    };
    let mut input = Some(Input::start());
    let mut typed = Vec::with_capacity(MOST_WAITING);
    let mut waiting = Vec::with_capacity(BATCH);
    let mut extras = Vec::with_capacity(BATCH);
    let mut stored = Vec::with_capacity(BATCH);
    let panic_at = panic_on_purpose("SWARMSCOPE_PANIC_AFTER");
    screen.begin(options.record);
    if let Some((_, first)) = &store {
        screen.begin_with_store(*first);
    }
    for target in &options.others.targets {
        screen.perform(Effect::Question(Question::first(target)));
    }
    screen.draw()?;
    let mut tick = next_second();
    loop {
        screen.play_script()?;
        if screen.ended.is_some() {
            break;
        }
        let (wake, replay, script) =
            (screen.wake(), screen.replay_is_due(), screen.script_is_due());
        tokio::select! {
            biased;
            told = signals.next() => match told {
                Told::Interrupt | Told::Continue if screen.away => {} // that was for the other program
                Told::Interrupt | Told::End => screen.ended = Some(Ended::Interrupted),
                Told::Stop => screen.stop()?,
                Told::Continue => screen.continued()?,
            },
            count = next_of(input.as_mut(), &mut typed) => {
                for (at, event) in typed.drain(..) {
                    screen.input(at, event?);
                }
                screen.draw()?;
                if count == 0 {
                    screen.ended = Some(Ended::Interrupted); // the terminal is gone
                }
            }
            // before more news: however much comes, frames are drawn
            () = screen.frame_is_due() => screen.draw()?,
            // whoever reads has a turn until this is folded
            Some(read) = readings.recv() => screen.told(read.what),
            count = events.recv_many(&mut waiting, BATCH), if events_open => {
                events_open = count > 0;
                screen.meter.waited(count + events.len());
                waiting.drain(..).for_each(|event| screen.told(Msg::Node(event)));
                screen.wake_if_due();
                if !events_open {
                    screen.told(Msg::Notice("the node has stopped: nothing new will arrive".to_owned()));
                }
            }
            Some(told) = answered.recv() => screen.network(told),
            count = extra.recv_many(&mut extras, BATCH), if extra_open => {
                extra_open = count > 0;
                extras.drain(..).for_each(|msg| screen.told(msg));
            }
            count = next_stored(store.as_mut(), &mut stored) => {
                stored.drain(..).for_each(|told| screen.stored(told));
                if count == 0 {
                    store = None; // all of it is shown
                }
            }
            Some(msg) = decodings.recv() => {
                if screen.away && matches!(msg, Msg::Opened(_) | Msg::Edited(_)) {
                    screen.come_back()?;
                    input = Some(Input::start());
                }
                screen.fold(msg);
            }
            Some((ask, check)) = checks.recv() => match check {
                Ok(()) => screen.perform(Effect::Request(ask)),
                Err(why) => screen.fold(Msg::Doubted(ask, why)),
            },
            Some(finished) = recorded.recv() => screen.recorded(finished),
            Some(told) = told_of_case.recv() => screen.fold(Msg::Case(told)),
            () = tokio::time::sleep_until(tick.into()) => {
                tick = next_second();
                screen.tick(events.len());
            }
            () = until(wake), if wake.is_some() => screen.woken(),
            () = until(replay), if replay.is_some() => screen.go_on(),
            () = until(script), if script.is_some() => {}
            () = tokio::time::sleep_until(panic_at.unwrap_or_else(Instant::now).into()), if panic_at.is_some() => {
                panic!("asked to by SWARMSCOPE_PANIC_AFTER");
            }
        }
        if let Some(external) = screen.to_open.take() {
            if let Some(input) = input.take() {
                input.end().await; // what is typed is the other program's from here on
            }
            screen.go_away(external);
        }
        if screen.taken.is_lost() {
            return Err(io::Error::other("a part of the program panicked, see above"));
        }
    }
    screen.end_recording(Wait::Yes);
    let closed = screen.cases.take().map_or(Ok(()), Cases::end);
    while let Ok(finished) = recorded.try_recv() {
        screen.recorded(finished);
    }
    screen.broken_off.map_or(Ok(()), Err)?;
    closed.map_err(|why| io::Error::other(format!("the case breaks off: {why}")))?;
    Ok(screen.ended.unwrap_or(Ended::Quit))
}

/// The screen while it runs.
struct Running {
    model: Model,
    /// None in a replay: nothing is sent.
    node: Option<Node>,
    player: Option<Box<Player>>,
    frozen: Option<Frozen>,
    recorder: Option<Recorder>,
    finished: mpsc::UnboundedSender<Finished>,
    /// The first recording that could not be written to its end: told again when the program ends.
    broken_off: Option<io::Error>,
    recordings: Option<PathBuf>,
    script: Option<Script>,
    /// What the newest frame says, for the script.
    shown: String,
    taken: Taken,
    look: Look,
    tops: Tops,
    tour: mpsc::Sender<TourControl>,
    questions: Questions,
    /// Whether it is found out what listens where an overlay dial was closed without a byte.
    examines: bool,
    decoded: mpsc::Sender<Msg>,
    /// Requests that were looked at before they go out, and what is wrong with them.
    checked: mpsc::Sender<(Ask, Result<(), String>)>,
    readers: Readers,
    /// Replies that were read.
    read: mpsc::Sender<Read<Msg>>,
    keep: Writer,
    meter: Meter,
    /// Replies that are being read, or wait for that.
    reading: usize,
    /// Since when a key has been waiting for its frame.
    key: Option<Instant>,
    ended: Option<Ended>,
    /// What is folded one after the other.
    turns: Turns<(Now, Now, Msg)>,
    /// Whose frames the node tells.
    watched: Watched,
    cases: Option<Cases>,
    /// Something that is shown has changed since the last frame.
    changed: bool,
    last_drawn: Option<Instant>,
    /// The program that is to have the terminal next.
    to_open: Option<External>,
    /// Another program has the terminal.
    away: bool,
    /// When a frame breaks off in the middle, in tests.
    panic_drawing: Option<Instant>,
}

impl Running {
    /// Folds what this program or its operator does.
    fn fold(&mut self, msg: Msg) {
        let at = now();
        let shown = match (&self.player, &self.frozen) {
            (Some(player), _) => player.now(),
            (None, Some(frozen)) => frozen.since,
            (None, None) => at,
        };
        self.fold_at(shown, at, msg);
    }

    /// Folds what is told by others, or lets it wait while the screen holds still.
    fn told(&mut self, msg: Msg) {
        if let (Some(cases), Msg::Node(event)) = (&mut self.cases, &msg) {
            cases.event(event);
        }
        let at = now();
        let Some(frozen) = &mut self.frozen else { return self.fold_at(at, at, msg) };
        frozen.wait(at, msg);
        if frozen.is_full() {
            self.thaw();
            self.fold(Msg::Notice("resumed: too many events were waiting".to_owned()));
        }
        self.changed = true;
    }

    /// `shown`: what time it is on the screen. `at`: when it happened.
    ///
    /// Where a message is being folded, or what it wants done is being done, this one waits for its
    /// turn: no update begins while the effects of the last one are performed.
    fn fold_at(&mut self, shown: Now, at: Now, msg: Msg) {
        self.turns.wait((shown, at, msg));
        while let Some((shown, at, msg)) = self.turns.next() {
            for effect in self.folded(shown, at, msg) {
                self.perform(effect);
            }
        }
        self.watch();
    }

    /// The node traces the frames of the peers that the operator looks at.
    fn watch(&mut self) {
        let Some(node) = &self.node else { return };
        let looked_at = self.model.peer().and_then(swarmscope_facts::Peer::permid);
        self.watched.watch(node, looked_at, self.recorder.is_some());
    }

    /// Folds one message; what is to be done then.
    fn folded(&mut self, shown: Now, at: Now, msg: Msg) -> Vec<Effect> {
        self.changed = true;
        if matches!(msg, Msg::Decoded { .. }) {
            self.reading = self.reading.saturating_sub(1);
        }
        let what = self.recorder.as_ref().and_then(|recorder| recorder.what(&msg));
        let typing = |screen: &Self| {
            screen.recorder.as_ref().map_or(Typing::Nothing, |r| r.typing(&screen.model))
        };
        let before = typing(self);
        let start = Instant::now();
        let effects = match &mut self.player {
            Some(player) if matches!(msg, Msg::Key(_) | Msg::Paste(_) | Msg::Mouse(..)) => {
                player.watch(&mut self.model, msg, start)
            }
            _ => update(&mut self.model, shown, msg),
        };
        self.meter.folded(start.elapsed());
        let after = typing(self);
        if let (Some(recorder), Some(what)) = (&mut self.recorder, what) {
            recorder.take(at, what, &before, &after);
        }
        self.keep_private();
        effects
    }

    /// Gives the figures of the last second to the model, where they are shown.
    fn tell_figures(&mut self, waiting: usize) {
        if self.model.debug.shown {
            let limits = self.node.as_ref().map(Node::limits).unwrap_or_default();
            let figures = self.meter.second(waiting, self.reading, &limits);
            self.fold(Msg::Figures(figures));
        }
    }

    /// `at`: when it was typed.
    fn input(&mut self, at: Instant, event: TerminalEvent) {
        self.key.get_or_insert(at);
        match event {
            TerminalEvent::Key(key) => {
                if let Some(key) = Key::from_event(key) {
                    self.fold(Msg::Key(key));
                }
            }
            TerminalEvent::Paste(text) => self.fold(Msg::Paste(text)),
            TerminalEvent::Resize(columns, rows) => self.fold(Msg::Resize(columns, rows)),
            TerminalEvent::Mouse(event) => self.pointed(event),
            TerminalEvent::FocusGained | TerminalEvent::FocusLost => {}
        }
    }

    /// Ready when there is news to draw and the last frame is old enough; never, when there is
    /// nothing to draw.
    async fn frame_is_due(&self) {
        if !self.changed || self.away {
            std::future::pending::<()>().await;
        }
        if let Some(last) = self.last_drawn {
            tokio::time::sleep_until((last + FRAME).into()).await;
        }
    }

    fn draw(&mut self) -> io::Result<()> {
        if self.taken.is_lost() || self.away {
            return Ok(()); // the terminal is not ours
        }
        let size = self.taken.screen.size()?;
        if self.model.size != (size.width, size.height) {
            self.fold(Msg::Resize(size.width, size.height));
        }
        self.show_status();
        let start = Instant::now();
        let (model, theme, tops) = (&self.model, self.look.theme(), &mut self.tops);
        let breaks_off = self.panic_drawing.is_some_and(|at| at <= Instant::now());
        let frame = self.taken.draw(|frame| {
            if let Some(cursor) = draw(frame.buffer_mut(), model, theme, tops) {
                frame.set_cursor_position(cursor);
            }
            assert!(!breaks_off, "asked to by SWARMSCOPE_PANIC_DRAWING");
        })?;
        if self.script.is_some() {
            self.shown = playing::text(frame.buffer);
        }
        self.changed = false;
        let end = Instant::now();
        self.meter.drawn(end - start);
        if let Some(key) = self.key.take() {
            self.meter.key.add(end - key);
        }
        self.last_drawn = Some(end);
        Ok(())
    }
}

/// What is typed next; nothing ever while another program has the terminal.
async fn next_of(input: Option<&mut Input>, typed: &mut Vec<Typed>) -> usize {
    match input {
        Some(input) => input.next(typed).await,
        None => std::future::pending().await,
    }
}

/// What a store tells next; nothing ever where none is shown, or all of it is.
async fn next_stored(
    store: Option<&mut (mpsc::Receiver<Stored>, Screen)>,
    stored: &mut Vec<Stored>,
) -> usize {
    match store {
        Some((rows, _)) => rows.recv_many(stored, BATCH).await,
        None => std::future::pending().await,
    }
}

/// For tests of the terminal's restoration: debug builds panic once so many milliseconds have
/// passed.
fn panic_on_purpose(variable: &str) -> Option<Instant> {
    if !cfg!(debug_assertions) {
        return None;
    }
    let after = std::env::var(variable).ok()?.parse().ok()?;
    Some(Instant::now() + Duration::from_millis(after))
}
