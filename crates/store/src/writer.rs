//! One thread that has the store, so that a crawl never waits for a disk.
//!
//! Requests queue up while a transaction runs, and for a moment after it began, and go into the next
//! one together: a transaction of one row costs nearly as much as one of fifty. A request is done when [`Done`] says so, never before; what was
//! not acknowledged is asked again by the next process.

use std::collections::HashMap;
use std::mem::size_of;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use swarmscope_wire::rows::Cell;

use self::waiting::Waiting;
use crate::error::{Kind, StoreError};
use crate::records::{Heard, Leased, Network, PeerId, Permit, Replied, Visited};
use crate::store::Store;
use crate::time::Time;

mod waiting;

/// What may wait to be written, in bytes: half a million peers, or minutes of the fastest crawl,
/// while a server is away.
const MOST_WAITING: u64 = 64 << 20;
/// Requests that go into one transaction at most; a transaction of so many takes some 50 ms.
const BATCH: usize = 2000;
/// From the beginning of one transaction to that of the next, at the least. A visit waits for two of
/// them, which is little beside a round trip to a peer.
const GATHER: Duration = Duration::from_millis(25);
/// How often a lost connection is tried again before the crawl ends: with the waits below, some
/// minutes.
const TRIES: u32 = 12;
/// After the first failure; doubled after each further one.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// The longest wait between two tries.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// A function that has the store to itself.
type Call = Box<dyn FnOnce(&mut Work) + Send>;

enum Request {
    Hear(Vec<Heard>),
    Lease { want: usize, now: Time, until: Time },
    PassOver(Vec<PeerId>, Time),
    Permit(Permit),
    Visited(Box<Visited>),
    Call(Call),
}

impl Request {
    /// What it takes in memory, about.
    fn weight(&self) -> u64 {
        let held = match self {
            Self::Hear(heard) => {
                let address = |word: &Heard| word.address.as_ref().map_or(0, String::len);
                heard.iter().map(|word| size_of::<Heard>() + address(word)).sum()
            }
            Self::Visited(visit) => {
                size_of::<Visited>() + visit.replies.iter().map(reply_weight).sum::<usize>()
            }
            Self::PassOver(peers, _) => peers.len() * size_of::<PeerId>(),
            Self::Lease { .. } | Self::Permit(_) | Self::Call(_) => 0,
        };
        (size_of::<Self>() + held) as u64
    }
}

fn reply_weight(reply: &Replied) -> usize {
    let text = |cell: &Cell| if let Cell::Text(text) = cell { text.len() } else { 0 };
    let row = |row: &Vec<Cell>| {
        size_of::<Vec<Cell>>()
            + row.iter().map(|cell| size_of::<Cell>() + text(cell)).sum::<usize>()
    };
    let rows: usize = reply.rows.iter().map(row).sum();
    size_of::<Replied>() + rows + reply.raw.as_ref().map_or(0, Vec::len)
}

/// What the thread has done, in order.
#[derive(Debug)]
pub enum Done {
    /// So many peers that nobody had heard of were written down.
    Heard(u64),
    /// These are this process's to visit; empty if nobody is due.
    Leased(Vec<Leased>),
    /// Whether a question may be sent.
    Permitted(Permit, bool),
    /// So many visits are on disk; so many more were counted by another Crawler before.
    Written {
        /// On disk.
        visits: u64,
        /// Not counted twice.
        again: u64,
    },
    /// The store could not be reached; it is tried again. Said once a failure.
    Trouble(StoreError),
    /// The store is no longer usable. Nothing follows.
    Failed(StoreError),
}

/// The crawl's end of the thread. When it is dropped the thread finishes what it was given and
/// ends.
pub struct Writer {
    requests: UnboundedSender<Request>,
    waiting: Arc<Waiting>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread. `holder` names this process in leases.
    ///
    /// # Errors
    /// The operating system gives no thread.
    pub fn start(
        store: Store,
        network: Network,
        holder: String,
    ) -> std::io::Result<(Self, UnboundedReceiver<Done>)> {
        Self::with_room_for(MOST_WAITING, store, network, holder)
    }

    /// As [`Self::start`], with room for so many bytes that wait.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn with_room_for(
        most: u64,
        store: Store,
        network: Network,
        holder: String,
    ) -> std::io::Result<(Self, UnboundedReceiver<Done>)> {
        let (requests, queue) = mpsc::unbounded_channel();
        let (done, events) = mpsc::unbounded_channel();
        let waiting = Arc::new(Waiting::with_room_for(most));
        let work = Work { store, network, holder, queue, waiting: waiting.clone(), done };
        let thread = thread::Builder::new().name("store".into()).spawn(move || work.run())?;
        Ok((Self { requests, waiting, thread: Some(thread) }, events))
    }

    /// Whether visits may begin: what they find has to wait somewhere. Visits in flight can still be
    /// written, so that what waits is bounded by the room, and by what they all find.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.waiting.has_room()
    }

    /// What waits to be written, in bytes.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.waiting.bytes()
    }

    /// Records gossip. Without room it is left out, for it is heard again; how much was.
    #[must_use]
    pub fn hear(&self, heard: Vec<Heard>) -> usize {
        if self.has_room() {
            self.send(Request::Hear(heard));
            return 0;
        }
        self.waiting.leave_out(heard.len());
        heard.len()
    }

    /// Asks for peers to visit.
    pub fn lease(&self, want: usize, now: Time, until: Time) {
        self.send(Request::Lease { want, now, until });
    }

    /// Lets go of peers that are not visited.
    pub fn pass_over(&self, peers: Vec<PeerId>, due: Time) {
        self.send(Request::PassOver(peers, due));
    }

    /// Asks whether a question may be sent.
    pub fn permit(&self, permit: Permit) {
        self.send(Request::Permit(permit));
    }

    /// Writes a visit.
    pub fn visited(&self, visit: Visited) {
        self.send(Request::Visited(Box::new(visit)));
    }

    /// Runs a function that has the store to itself, after everything that was asked before; again
    /// where the connection was lost, or another Crawler was in its way.
    ///
    /// # Errors
    /// What the function says, or that the thread has ended.
    pub async fn call<T: Send + 'static>(
        &self,
        call: impl Fn(&mut Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = tokio::sync::oneshot::channel();
        self.send(Request::Call(Box::new(move |work| {
            let _ = answer.send(work.persist(call)); // the caller may have given up
        })));
        answered
            .await
            .unwrap_or_else(|_| Err(StoreError::new(Kind::Lost, "the store's thread has ended")))
    }

    /// Waits until everything is written and the store is closed. Blocks: inside a runtime it
    /// belongs on a blocking thread.
    pub fn finish(mut self) {
        let thread = self.thread.take();
        drop(self);
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the store's thread failed; everything it acknowledged is on disk");
        }
    }

    fn send(&self, request: Request) {
        self.waiting.add(request.weight());
        let _ = self.requests.send(request); // a thread that has ended has said why
    }
}

struct Work {
    store: Store,
    network: Network,
    holder: String,
    queue: UnboundedReceiver<Request>,
    waiting: Arc<Waiting>,
    done: UnboundedSender<Done>,
}

/// Requests of one kind, gathered.
#[derive(Default)]
struct Batch {
    heard: Vec<Heard>,
    visits: Vec<Visited>,
    permits: Vec<Permit>,
    passed: HashMap<Time, Vec<PeerId>>,
    leases: Vec<(usize, Time, Time)>,
    calls: Vec<Call>,
    /// What it takes in memory.
    weight: u64,
}

impl Work {
    #[allow(
        clippy::disallowed_methods,
        reason = "the thread is the store's own, and waits for more to do"
    )]
    fn run(mut self) {
        let mut began: Option<Instant> = None;
        while let Some(first) = self.queue.blocking_recv() {
            let ready =
                began.map_or(Duration::ZERO, |began| GATHER.saturating_sub(began.elapsed()));
            if !matches!(first, Request::Call(_)) {
                thread::sleep(ready); // somebody waits for a call, and is alone
            }
            began = Some(Instant::now());
            let mut batch = Batch::default();
            batch.take(first);
            for _ in 1..BATCH {
                match self.queue.try_recv() {
                    Ok(next) => batch.take(next),
                    Err(_) => break,
                }
            }
            let weight = batch.weight;
            if let Err(error) = self.perform(batch) {
                return self.tell(Done::Failed(error));
            }
            self.waiting.done(weight);
        }
    }

    fn tell(&self, done: Done) {
        let _ = self.done.send(done); // no longer awaited
    }

    fn perform(&mut self, batch: Batch) -> Result<(), StoreError> {
        let (network, holder) = (self.network, self.holder.clone());
        if !batch.heard.is_empty() {
            let fresh = self.persist(|store| store.hear(network, &batch.heard))?;
            self.tell(Done::Heard(fresh));
        }
        if !batch.visits.is_empty() {
            let written = self.persist(|store| store.visited(&batch.visits))?;
            self.tell(Done::Written { visits: written.visits, again: written.again });
        }
        if !batch.permits.is_empty() {
            let granted = self.persist(|store| store.permit(&batch.permits))?;
            for (permit, granted) in batch.permits.into_iter().zip(granted) {
                self.tell(Done::Permitted(permit, granted));
            }
        }
        for (due, peers) in batch.passed {
            self.persist(|store| store.pass_over(&peers, due))?;
        }
        for (want, now, until) in batch.leases {
            let leased = self.persist(|store| store.lease(network, want, &holder, now, until))?;
            self.tell(Done::Leased(leased));
        }
        for call in batch.calls {
            call(self);
        }
        Ok(())
    }

    /// Runs a transaction, again where the connection was lost.
    #[allow(
        clippy::disallowed_methods,
        reason = "the thread is the store's own, and waits for a server"
    )]
    fn persist<T>(
        &mut self,
        work: impl Fn(&mut Store) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut wait = FIRST_WAIT;
        let mut tries = 1;
        loop {
            match work(&mut self.store) {
                Err(error) if error.is_passing() && tries < TRIES => {
                    if tries == 1 {
                        self.tell(Done::Trouble(error));
                    }
                    thread::sleep(wait);
                    (wait, tries) = ((wait * 2).min(LONGEST_WAIT), tries + 1);
                }
                done => return done,
            }
        }
    }
}

impl Batch {
    fn take(&mut self, request: Request) {
        self.weight += request.weight();
        match request {
            Request::Hear(heard) => self.heard.extend(heard),
            Request::Lease { want, now, until } => self.leases.push((want, now, until)),
            Request::PassOver(peers, due) => self.passed.entry(due).or_default().extend(peers),
            Request::Permit(permit) => self.permits.push(permit),
            Request::Visited(visit) => self.visits.push(*visit),
            Request::Call(call) => self.calls.push(call),
        }
    }
}
