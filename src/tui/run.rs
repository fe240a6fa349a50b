//! The loop: wait, fold all that is waiting, draw once. The network is never waited for here.
#![allow(clippy::disallowed_methods)] // the model's clock is read here, and only here

use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{Event as TerminalEvent, EventStream};
use crossterm::execute;
use futures_util::StreamExt as _;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::draw::{Tops, draw};
use super::external::External;
use super::files;
use super::keep::{Files, Writer};
use super::terminal::Taken;
use super::theme::Theme;
use crate::app::{Effect, Key, Model, Msg, Now, Setup, update};
use crate::node::{Event, Node};
use crate::probes;

/// Events folded before the next look at the input.
const BATCH: usize = 1024;
/// News is drawn at most this often; keys at once.
const FRAME: Duration = Duration::from_millis(16);
/// Replies that are read at the same time: each may take memory of its own.
const READERS: usize = 2;

/// What the screen is started with.
pub struct Options {
    pub setup: Setup,
    pub theme: Theme,
    /// What the demo adds: labels and tour steps. Dropping the sender is fine.
    pub extra: mpsc::Receiver<Msg>,
    /// Cancelled when the operator skips the tour.
    pub skip_tour: CancellationToken,
    /// Where columns, filters and notes are kept.
    pub files: Files,
}

/// How the screen ended. The terminal is as before in every case.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// `q`: exit code 0.
    Quit,
    /// Ctrl-C, SIGINT, SIGTERM or SIGHUP: exit code 130.
    Interrupted,
}

/// Takes the terminal, shows the node's events until the operator quits, and gives the terminal back.
/// The node keeps running: stopping it is the caller's.
///
/// # Errors
/// The terminal can't be read or written, or something panicked meanwhile.
pub async fn run(node: Node, events: mpsc::Receiver<Event>, options: Options) -> io::Result<Ended> {
    let mut signals = Signals::new()?;
    let taken = Taken::take()?;
    let (decoded, mut decodings) = mpsc::channel(BATCH);
    let mut extra = options.extra;
    let mut events = events;
    let failed = decoded.clone();
    let mut screen = Running {
        keep: Writer::new(options.files, move |why| drop(failed.try_send(Msg::Notice(why)))),
        model: Model::new(options.setup, now()),
        node,
        taken,
        theme: options.theme,
        tops: Tops::default(),
        skip_tour: options.skip_tour,
        decoded,
        readers: Arc::new(Semaphore::new(READERS)),
        ended: None,
        changed: true,
        last_drawn: None,
        to_open: None,
        away: false,
    };
    let mut input = Some(EventStream::new());
    let mut waiting = Vec::with_capacity(BATCH);
    let mut extras = Vec::with_capacity(BATCH);
    let (mut events_open, mut extra_open) = (true, true);
    let panic_at = panic_on_purpose();
    screen.draw()?;
    let mut tick = next_second();
    while screen.ended.is_none() {
        let wake = screen.model.next_wake();
        tokio::select! {
            biased;
            () = signals.any() => return Ok(Ended::Interrupted),
            event = next_of(&mut input) => match event {
                Some(event) => {
                    screen.input(event?);
                    while let Some(event) = already_there(input.as_mut()).await {
                        screen.input(event?);
                    }
                    screen.draw()?;
                }
                None => return Ok(Ended::Interrupted), // the terminal is gone
            },
            // before more news: however much comes, frames are drawn
            () = screen.frame_is_due() => screen.draw()?,
            count = events.recv_many(&mut waiting, BATCH), if events_open => {
                events_open = count > 0;
                waiting.drain(..).for_each(|event| screen.fold(Msg::Node(event)));
                if !events_open {
                    screen.fold(Msg::Notice("the node has stopped: what is shown stays, nothing new comes".to_owned()));
                }
            }
            count = extra.recv_many(&mut extras, BATCH), if extra_open => {
                extra_open = count > 0;
                extras.drain(..).for_each(|msg| screen.fold(msg));
            }
            Some(msg) = decodings.recv() => {
                if screen.away && matches!(msg, Msg::Opened(_)) {
                    screen.come_back()?;
                    input = Some(EventStream::new());
                }
                screen.fold(msg);
            }
            () = tokio::time::sleep_until(tick.into()) => {
                tick = next_second();
                screen.fold(Msg::Tick);
            }
            () = tokio::time::sleep_until(wake.unwrap_or(tick).into()), if wake.is_some() => screen.fold(Msg::Wake),
            () = tokio::time::sleep_until(panic_at.unwrap_or_else(Instant::now).into()), if panic_at.is_some() => {
                panic!("asked to by SWARMSCOPE_PANIC_AFTER");
            }
        }
        if let Some(external) = screen.to_open.take() {
            input = None; // what is typed is the other program's from here on
            screen.go_away(external);
        }
        if screen.taken.is_lost() {
            return Err(io::Error::other("a part of the program panicked, see above"));
        }
    }
    Ok(screen.ended.unwrap_or(Ended::Quit))
}

/// The screen while it runs.
struct Running {
    model: Model,
    node: Node,
    taken: Taken,
    theme: Theme,
    tops: Tops,
    skip_tour: CancellationToken,
    decoded: mpsc::Sender<Msg>,
    readers: Arc<Semaphore>,
    keep: Writer,
    ended: Option<Ended>,
    /// Something that is shown has changed since the last frame.
    changed: bool,
    last_drawn: Option<Instant>,
    /// The program that is to have the terminal next.
    to_open: Option<External>,
    /// Another program has the terminal.
    away: bool,
}

impl Running {
    fn fold(&mut self, msg: Msg) {
        self.changed = true;
        for effect in update(&mut self.model, now(), msg) {
            self.perform(effect);
        }
    }

    fn input(&mut self, event: TerminalEvent) {
        match event {
            TerminalEvent::Key(key) => {
                if let Some(key) = Key::from_event(key) {
                    self.fold(Msg::Key(key));
                }
            }
            TerminalEvent::Paste(text) => self.fold(Msg::Paste(text)),
            TerminalEvent::Resize(columns, rows) => self.fold(Msg::Resize(columns, rows)),
            TerminalEvent::Mouse(_) | TerminalEvent::FocusGained | TerminalEvent::FocusLost => {}
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Request(ask) => {
                let ticket = self.node.request(ask.clone());
                self.fold(Msg::Asked(ask, ticket));
            }
            Effect::Connect(target) => self.node.connect(target),
            Effect::Disconnect(permid) => self.node.disconnect(permid),
            Effect::Cancel(ticket) => self.node.cancel(ticket),
            Effect::Extend(ticket, by) => self.node.extend(ticket, by),
            Effect::Decode { permid, ticket, message, error, payload } => {
                let (registry, decoded) = (self.model.setup.registry.clone(), self.decoded.clone());
                let readers = self.readers.clone();
                tokio::spawn(async move {
                    let Ok(_permit) = readers.acquire().await else { return };
                    let read = move || probes::decode_reply(&registry, message, error, &payload);
                    // a reader that panicked has given the terminal back already
                    let Ok(decoding) = tokio::task::spawn_blocking(read).await else { return };
                    let _ = decoded.send(Msg::Decoded { permid, ticket, decoding }).await;
                });
            }
            Effect::Copy(text) => {
                // OSC 52: a terminal that does not know it ignores it
                let _ = execute!(io::stdout(), CopyToClipboard::to_clipboard_from(text));
            }
            Effect::Keep(of, text) => self.keep.write(of, text),
            Effect::Save { path, contents, overwrite } => {
                let saved = self.decoded.clone();
                tokio::task::spawn_blocking(move || {
                    let _ = saved.blocking_send(Msg::Saved(files::save(&path, &contents, overwrite)));
                });
            }
            Effect::Open { opener, text } => match External::new(opener, &text) {
                Ok(external) => self.to_open = Some(external),
                Err(why) => self.fold(Msg::Opened(Some(why))),
            },
            Effect::SkipTour => self.skip_tour.cancel(),
            Effect::Quit { interrupted } => {
                self.ended = Some(if interrupted { Ended::Interrupted } else { Ended::Quit });
            }
        }
    }

    /// Gives the terminal to another program until that ends. News is folded meanwhile.
    fn go_away(&mut self, external: External) {
        self.away = true;
        self.taken.lend();
        let back = self.decoded.clone();
        tokio::spawn(async move {
            let _ = back.send(Msg::Opened(external.run().await)).await;
        });
    }

    fn come_back(&mut self) -> io::Result<()> {
        self.away = false;
        self.taken.take_again()
    }

    /// Ready when there is news to draw and the last frame is old enough; never, when there is nothing to draw.
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
        let (model, theme, tops) = (&self.model, &self.theme, &mut self.tops);
        self.taken.screen.draw(|frame| {
            if let Some(cursor) = draw(frame.buffer_mut(), model, theme, tops) {
                frame.set_cursor_position(cursor);
            }
        })?;
        self.changed = false;
        self.last_drawn = Some(Instant::now());
        Ok(())
    }
}

/// The signals that end the program.
struct Signals {
    all: [Signal; 3],
}

impl Signals {
    fn new() -> io::Result<Self> {
        let [interrupt, terminate, hangup] =
            [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(signal);
        Ok(Self { all: [interrupt?, terminate?, hangup?] })
    }

    async fn any(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.all;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

fn now() -> Now {
    Now { instant: Instant::now(), wall: SystemTime::now() }
}

/// The next input; none ever while another program has the terminal.
async fn next_of(input: &mut Option<EventStream>) -> Option<io::Result<TerminalEvent>> {
    match input {
        Some(input) => input.next().await,
        None => std::future::pending().await,
    }
}

/// The next input that needs no waiting. The stream keeps the waker of the poll that found nothing and wakes only that one, so
/// this has to be the task's own: with another (`now_or_never`) the next key would lie there until something else happens.
async fn already_there(input: Option<&mut EventStream>) -> Option<io::Result<TerminalEvent>> {
    let input = input?;
    poll_fn(|task| match input.poll_next_unpin(task) {
        Poll::Ready(event) => Poll::Ready(event),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

/// When the clock on the screen changes next.
fn next_second() -> Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Instant::now() + Duration::from_secs(1).saturating_sub(Duration::from_nanos(since.subsec_nanos().into()))
}

/// For tests of the terminal's restoration: debug builds panic after so many milliseconds.
fn panic_on_purpose() -> Option<Instant> {
    if !cfg!(debug_assertions) {
        return None;
    }
    let after = std::env::var("SWARMSCOPE_PANIC_AFTER").ok()?.parse().ok()?;
    Some(Instant::now() + Duration::from_millis(after))
}
