//! The case that is written to while the screen runs: by a thread of its own, so that the screen
//! never waits for the disk, nor for a check of all that is there.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};

use tokio::sync::mpsc::UnboundedSender;

use crate::screen::case::{Checked, Connected, Entry, Head, Order, Told};
use swarmscope_evidence::signals::Card;
use swarmscope_facts::networks;
use swarmscope_networks::exchange::Exchange;
use swarmscope_peer::node::{Event, Ticket};

/// Events and orders that may wait for the disk.
const MOST_WAITING: usize = 10_000;

/// Why a case ends by itself, in its last entry.
const TOO_SLOW: &str = "the disk is too slow: events after this are not in it";

/// A case that is written to. What it says about errors is for people.
pub trait Keeping {
    /// Who was connected before it was opened.
    fn connected(&mut self, peer: &Connected);
    /// Writes what the node tells, where that is worth an entry.
    ///
    /// # Errors
    /// It can't be written to any more.
    fn event(&mut self, event: &Event) -> Result<(), String>;
    /// Writes what becomes known of a question to a peer of BitTorrent or the DHT.
    ///
    /// # Errors
    /// It can't be written to any more.
    fn network(&mut self, event: &networks::Event) -> Result<(), String>;
    /// Writes what went over the wire for such a question.
    ///
    /// # Errors
    /// It can't be written to any more.
    fn exchange(&mut self, ticket: Ticket, exchange: &Exchange) -> Result<(), String>;
    /// Writes a note about these entries.
    ///
    /// # Errors
    /// It can't be written to any more.
    fn note(&mut self, text: &str, about: &[u64]) -> Result<(), String>;
    /// Writes a signal, with the entries it rests on.
    ///
    /// # Errors
    /// It can't be read, or written to any more.
    fn signal(&mut self, card: &Card) -> Result<(), String>;
    /// Signs what is not signed yet, and checks all of it.
    ///
    /// # Errors
    /// It can't be read, or written to any more.
    fn check(&mut self) -> Result<Checked, String>;
    /// Writes all of it into a file; gives how many questions there are.
    ///
    /// # Errors
    /// The file is there, its name says no format, or it can't be written.
    fn export(&mut self, to: &Path) -> Result<u64, String>;
    /// The entries that were written since the last time.
    ///
    /// # Errors
    /// It can't be read.
    fn news(&mut self) -> Result<Vec<Entry>, String>;
    /// Signs what is not signed yet.
    ///
    /// # Errors
    /// It could not be written.
    fn close(self: Box<Self>) -> Result<(), String>;
}

/// Opens a case, or makes it where there is none; with `private`, one that keeps no addresses.
pub type OpenCase =
    Arc<dyn Fn(&Path, bool) -> Result<(Box<dyn Keeping>, Head), String> + Send + Sync>;

/// What the thread is told.
enum Work {
    Event(Box<Event>),
    Network(Box<networks::Event>),
    Exchange(Ticket, Box<Exchange>),
    Order(Order),
}

/// The thread, and the way to it.
pub struct Cases {
    to: SyncSender<Work>,
    told: UnboundedSender<Told>,
    thread: JoinHandle<Result<(), String>>,
    /// Whether a case is open as far as was ordered: nothing else is told of events.
    is_open: bool,
    /// Whether something had no room.
    lost: Arc<AtomicBool>,
}

impl Cases {
    /// Starts it. What becomes of orders is told through `told`.
    #[must_use]
    pub fn start(open: OpenCase, told: UnboundedSender<Told>) -> Self {
        let (to, work) = sync_channel(MOST_WAITING);
        let (own, lost) = (told.clone(), Arc::new(AtomicBool::new(false)));
        let also = Arc::clone(&lost);
        let thread = thread::spawn(move || {
            Keeper { open, told: own, case: None, lost: also, broken_off: None }.run(&work)
        });
        Self { to, told, thread, is_open: false, lost }
    }

    /// Hands on what the node tells. Where the disk is too slow, the case ends: one with holes in
    /// it must not look whole.
    pub fn event(&mut self, event: &Event) {
        let counts = matches!(
            event,
            Event::Connected { .. }
                | Event::Sent { .. }
                | Event::Reply(_)
                | Event::RequestFailed { .. }
        );
        if self.is_open && counts {
            self.send(Work::Event(Box::new(event.clone())));
        }
    }

    /// Hands on what becomes known of a question to a peer of BitTorrent or the DHT.
    pub fn network(&mut self, event: &networks::Event) {
        if self.is_open {
            self.send(Work::Network(Box::new(event.clone())));
        }
    }

    /// Hands on what went over the wire for such a question.
    pub fn exchange(&mut self, ticket: Ticket, exchange: Exchange) {
        if self.is_open {
            self.send(Work::Exchange(ticket, Box::new(exchange)));
        }
    }

    /// Hands on an order. None follows what was lost: the case says first that it was.
    pub fn order(&mut self, order: Order) {
        if self.lost.load(Ordering::Relaxed) {
            let why = "what came before the case ended is still being written: try again";
            let _ = self.told.send(Told::NotDone(why.to_owned())); // fails once the screen has gone
            return;
        }
        match order {
            Order::Open { .. } => self.is_open = true,
            Order::Close => self.is_open = false,
            _ => {}
        }
        self.send(Work::Order(order));
    }

    fn send(&mut self, work: Work) {
        if let Err(TrySendError::Full(_)) = self.to.try_send(work) {
            self.is_open = false;
            self.lost.store(true, Ordering::Relaxed);
            // Fails once the screen has gone.
            let _ = self.told.send(Told::Closed(Err(TOO_SLOW.to_owned())));
        }
    }

    /// Closes the case that is open.
    ///
    /// # Errors
    /// It could not be written or signed, now or before.
    pub fn end(self) -> Result<(), String> {
        drop(self.to);
        self.thread.join().unwrap_or_else(|_| Err("its thread panicked".to_owned()))
    }
}

/// What the thread does.
struct Keeper {
    open: OpenCase,
    told: UnboundedSender<Told>,
    case: Option<Box<dyn Keeping>>,
    lost: Arc<AtomicBool>,
    /// Why a case could not be written to its end, the first one: told again when the program ends.
    broken_off: Option<String>,
}

impl Keeper {
    fn run(mut self, work: &Receiver<Work>) -> Result<(), String> {
        while let Ok(first) = work.recv() {
            self.work(first);
            for more in work.try_iter() {
                self.work(more);
            }
            self.end_if_lost();
            self.news();
        }
        self.end_if_lost();
        let closed = self.case.map_or(Ok(()), Keeping::close);
        self.broken_off.map_or(closed, Err)
    }

    /// What came in time is written; that the rest is missing is the last entry.
    fn end_if_lost(&mut self) {
        if !self.lost.swap(false, Ordering::Relaxed) {
            return;
        }
        let Some(mut case) = self.case.take() else { return };
        if let Err(why) = case.note(TOO_SLOW, &[]).and_then(|()| case.close()) {
            self.tell(Told::NotDone(format!("the case could not be closed: {why}")));
            self.broken_off.get_or_insert(why);
        }
    }

    fn tell(&self, told: Told) {
        let _ = self.told.send(told); // fails once the screen has gone
    }

    fn work(&mut self, work: Work) {
        let done = match (work, &mut self.case) {
            (Work::Order(Order::Open { path, private, peers }), None) => {
                return self.opened(&path, private, &peers);
            }
            (Work::Order(Order::Open { .. }), Some(_)) => {
                return self.tell(Told::NotDone("a case is open".to_owned()));
            }
            (_, None) => return,
            (Work::Event(event), Some(case)) => case.event(&event),
            (Work::Network(event), Some(case)) => case.network(&event),
            (Work::Exchange(ticket, exchange), Some(case)) => case.exchange(ticket, &exchange),
            (Work::Order(Order::Note(text, about)), Some(case)) => case.note(&text, &about),
            (Work::Order(Order::Signal(card)), Some(case)) => case.signal(&card),
            (Work::Order(Order::Check), Some(case)) => case.check().and_then(|checked| {
                let fault = checked.fault.clone();
                let _ = self.told.send(Told::Checked(checked)); // fails once the screen has gone
                fault.map_or(Ok(()), |(entry, why)| Err(format!("entry {entry}: {why}")))
            }),
            (Work::Order(Order::Export(path)), Some(case)) => {
                let told = match case.export(&path) {
                    Ok(questions) => Told::Exported(path, questions),
                    Err(why) => Told::NotDone(format!("not exported: {why}")),
                };
                return self.tell(told);
            }
            (Work::Order(Order::Close), Some(_)) => return self.close(),
        };
        if let Err(why) = done {
            self.case = None;
            self.broken_off.get_or_insert_with(|| why.clone());
            self.tell(Told::Closed(Err(why)));
        }
    }

    fn opened(&mut self, path: &Path, private: bool, peers: &[Connected]) {
        match (self.open)(path, private) {
            Ok((mut case, head)) => {
                for peer in peers {
                    case.connected(peer);
                }
                self.case = Some(case);
                self.tell(Told::Opened(head));
            }
            Err(why) => self.tell(Told::NotDone(format!("no case: {why}"))),
        }
    }

    fn close(&mut self) {
        let Some(mut case) = self.case.take() else { return };
        let news = case.news().unwrap_or_default();
        let closed = case.close();
        self.tell(Told::Entries(news));
        if let Err(why) = &closed {
            self.broken_off.get_or_insert_with(|| why.clone());
        }
        self.tell(Told::Closed(closed));
    }

    fn news(&mut self) {
        while let Some(news) = self.case.as_mut().map(|case| case.news()) {
            match news {
                Ok(entries) if entries.is_empty() => return,
                Ok(entries) => self.tell(Told::Entries(entries)),
                Err(why) => {
                    return self.tell(Told::NotDone(format!("the case can't be read: {why}")));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::{Sender, channel};
    use std::time::Duration;

    use super::*;
    use swarmscope_wire::failure::{By, Cause, Failure};
    use swarmscope_wire::{MessageId, Permid};
    use tokio::sync::mpsc::UnboundedReceiver;

    /// Writes nothing before it is let, and then tells what it is told.
    struct Stuck(Receiver<()>, Sender<String>);

    impl Stuck {
        fn did(&self, what: &str) -> Result<(), String> {
            self.1.send(what.to_owned()).map_err(|error| error.to_string())
        }
    }

    impl Keeping for Stuck {
        fn connected(&mut self, _: &Connected) {}
        fn event(&mut self, _: &Event) -> Result<(), String> {
            let _ = self.0.recv(); // until whoever holds the other end lets go
            self.did("event")
        }
        fn network(&mut self, _: &networks::Event) -> Result<(), String> {
            Ok(())
        }
        fn exchange(&mut self, _: Ticket, _: &Exchange) -> Result<(), String> {
            Ok(())
        }
        fn note(&mut self, text: &str, _: &[u64]) -> Result<(), String> {
            self.did(text)
        }
        fn signal(&mut self, _: &Card) -> Result<(), String> {
            Ok(())
        }
        fn check(&mut self) -> Result<Checked, String> {
            Err("not here".to_owned())
        }
        fn export(&mut self, _: &Path) -> Result<u64, String> {
            Err("not here".to_owned())
        }
        fn news(&mut self) -> Result<Vec<Entry>, String> {
            Ok(Vec::new())
        }
        fn close(self: Box<Self>) -> Result<(), String> {
            self.did("signed")
        }
    }

    /// Cases that can be opened once, and are then stuck; what they do, and what the screen is told.
    struct Rig {
        cases: Cases,
        release: Sender<()>,
        done: Receiver<String>,
        screen: UnboundedReceiver<Told>,
    }

    /// With a case open, and more events than there is room for.
    fn overrun() -> Rig {
        let (release, held) = channel();
        let (did, done) = channel();
        let stuck = Mutex::new(Some(Stuck(held, did)));
        let open: OpenCase = Arc::new(move |path, _| {
            let stuck = stuck.lock().ok().and_then(|mut it| it.take()).ok_or("open already")?;
            let of =
                Head { path: path.to_owned(), is_new: true, addresses: true, by: String::new() };
            Ok((Box::new(stuck), of))
        });
        let (told, screen) = tokio::sync::mpsc::unbounded_channel();
        let mut cases = Cases::start(open, told);
        cases.order(order("x.case"));
        while cases.is_open {
            cases.event(&failed());
        }
        Rig { cases, release, done, screen }
    }

    fn order(path: &str) -> Order {
        Order::Open { path: path.into(), private: false, peers: Vec::new() }
    }

    fn failed() -> Event {
        Event::RequestFailed {
            ticket: Ticket(1),
            permid: Permid::Ed25519([1; 32]),
            message: MessageId::NATCHECK,
            failure: Failure::new(Cause::NotConnected, By::Us, ""),
        }
    }

    #[test]
    fn a_case_for_which_the_disk_is_too_slow_says_so_in_its_last_entry() {
        let Rig { cases, release, done, screen: _screen } = overrun();
        drop(release);
        cases.end().expect("closed");
        let done: Vec<String> = done.iter().collect();
        assert_eq!(done[done.len() - 2..], [TOO_SLOW, "signed"]);
        assert!(done.len() > MOST_WAITING, "what came in time is in it: {}", done.len());
    }

    #[test]
    fn nothing_follows_what_was_lost_before_the_case_says_that_it_was() {
        let Rig { mut cases, release, done, mut screen } = overrun();
        release.send(()).unwrap();
        assert_eq!(done.recv().unwrap(), "event");
        thread::sleep(Duration::from_millis(200)); // it has taken the next one, so there is room
        cases.order(order("y.case"));
        assert!(!cases.is_open, "the case before has not ended yet");
        cases.order(Order::Note("after the hole".to_owned(), Vec::new()));
        drop(release);
        cases.end().expect("closed");
        let done: Vec<String> = done.iter().filter(|what| what != "event").collect();
        assert_eq!(done, [TOO_SLOW, "signed"]);
        let told: Vec<Told> = std::iter::from_fn(|| screen.try_recv().ok()).collect();
        assert!(matches!(told.last(), Some(Told::NotDone(_))), "{told:?}");
    }
}
