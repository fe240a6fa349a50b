//! Questions to BitTorrent peers and nodes of the DHT, and what listens where an overlay dial was
//! closed without a byte: asked in the background, politely, whatever the operator does.
#![allow(clippy::disallowed_methods)] // questions are spaced in time here

use std::collections::HashMap;
use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use swarmscope_facts::networks::{self, AT_ONCE, BETWEEN, Event, LOOKUPS_AT_ONCE, Question};
use swarmscope_networks::address::Policy;
use swarmscope_networks::answer;
use swarmscope_networks::exchange::Exchange;
use swarmscope_networks::question::{Question as Asked, Spec};
use swarmscope_networks::reach::Verdict;
use swarmscope_networks::sockets::{self, Settings, Timings, Told as Heard};
use swarmscope_networks::target::{Network, Target};
use swarmscope_peer::node::{PeerKey, Target as OverlayTarget, Ticket};
use swarmscope_wire::failure::{By, Cause, Failure};
use tokio::sync::{Mutex, OwnedMutexGuard, Semaphore, mpsc};
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};

/// Tickets of the node count from 0; these are far above, and still exact in JSON.
const FIRST_TICKET: u64 = 1 << 48;
/// Queries a second of a lookup. With two queries each [`BETWEEN`] questions, all together stay
/// below the 250 that networks.md allows.
const LOOKUP_RATE: u32 = 100;
/// Between two questions to one node: it gets at most four queries a second, a repeated one
/// counted.
const BETWEEN_TO_ONE: Duration = Duration::from_millis(500);
/// Parts that are told of one reply; the reply itself counts all.
const MOST_PARTS: u32 = 2000;
/// Nodes whose last question is remembered: those before were asked long ago.
const MOST_PACED: usize = 10_000;
/// Hosts that are examined at the same time, and the least time between two examinations of one.
const EXAMINED_AT_ONCE: usize = 1;
const BETWEEN_EXAMINATIONS: Duration = Duration::from_secs(600);
/// Hosts that are remembered as examined; beyond that no more are.
const MOST_EXAMINED: usize = 1000;

/// When somebody may be asked next.
type Turn = Arc<Mutex<Option<Instant>>>;

/// What becomes known of questions.
pub(super) enum Told {
    /// For the screen, and for a case that is written.
    Event(Event),
    /// What went over the wire, for a case alone: the screen keeps no bytes.
    Exchange(Ticket, Exchange),
}

/// What is being asked.
pub(super) struct Questions {
    told: mpsc::UnboundedSender<Told>,
    next: u64,
    running: HashMap<Ticket, (PeerKey, AbortHandle)>,
    /// By place: two questions to one node follow each other.
    paced: HashMap<String, Turn>,
    everybody: Turn,
    at_once: Arc<Semaphore>,
    lookups: Arc<Semaphore>,
    examining: Arc<Semaphore>,
    examined: HashMap<String, Instant>,
    policy: Policy,
}

impl Questions {
    /// With where to tell what becomes known, and whom lookups may ask besides public addresses.
    pub(super) fn new(told: mpsc::UnboundedSender<Told>, policy: Policy) -> Self {
        Self {
            told,
            next: FIRST_TICKET,
            running: HashMap::new(),
            paced: HashMap::new(),
            everybody: Turn::default(),
            at_once: Arc::new(Semaphore::new(AT_ONCE)),
            lookups: Arc::new(Semaphore::new(LOOKUPS_AT_ONCE)),
            examining: Arc::new(Semaphore::new(EXAMINED_AT_ONCE)),
            examined: HashMap::new(),
            policy,
        }
    }

    /// Asks. What comes of it is told, beginning with that it was asked.
    pub(super) fn ask(&mut self, question: &Question) -> Result<Event, Failure> {
        let wrong = |why: String| Failure::new(Cause::Io, By::Us, why);
        let target = networks::target(&question.peer)
            .ok_or_else(|| wrong("not a peer of another network".to_owned()))?;
        let random = sockets::random()?.bytes();
        let (spec, asked) =
            networks::asked(target.network, question.message, &question.about, random)
                .map_err(|error| wrong(error.to_string()))?;
        let ticket = Ticket(self.next);
        self.next += 1;
        self.running.retain(|_, (_, task)| !task.is_finished());
        let turn = self.turn_of(&target, spec);
        let asking = Asking {
            told: self.told.clone(),
            peer: question.peer.clone(),
            ticket,
            asked,
            settings: Settings {
                timeout: question.whole,
                policy: self.policy.clone(),
                rate: LOOKUP_RATE,
            },
            target,
        };
        let everybody = self.everybody.clone();
        let is_lookup = matches!(asking.asked, Asked::Lookup(_));
        let room = if is_lookup { self.lookups.clone() } else { self.at_once.clone() };
        let queued = turn.map(queue);
        let task = tokio::spawn(async move {
            // Whoever waits for somebody's turn leaves the room to others.
            let mut turn = match queued {
                Some(queued) => Some(queued.await),
                None => None,
            };
            wait(turn.as_deref().copied().flatten()).await;
            let Ok(_permit) = room.acquire_owned().await else { return };
            asking.run(&everybody).await;
            if let Some(next) = turn.as_deref_mut() {
                *next = Some(Instant::now() + BETWEEN_TO_ONE);
            }
        });
        self.running.insert(ticket, (question.peer.clone(), task.abort_handle()));
        let Question { peer, message, about, whole } = question.clone();
        Ok(Event::Asked { peer, ticket, question: message, about, whole })
    }

    /// Nodes of the DHT count the queries of one address.
    fn turn_of(&mut self, target: &Target, spec: &Spec) -> Option<Turn> {
        if target.network != Network::Dht || spec.name == "LOOKUP" {
            return None;
        }
        if self.paced.len() >= MOST_PACED {
            self.paced.retain(|_, turn| Arc::strong_count(turn) > 1);
        }
        Some(self.paced.entry(target.place.to_string()).or_default().clone())
    }

    /// Gives a question up. None where it is none of these.
    pub(super) fn cancel(&mut self, ticket: Ticket) -> Option<Event> {
        let (peer, task) = self.running.remove(&ticket)?;
        if task.is_finished() {
            return None; // its end is on the way
        }
        task.abort();
        let failure = Failure::new(Cause::Cancelled, By::Us, "");
        Some(Event::Failed { peer, ticket, failure })
    }

    /// Finds out what listens there, at most once in a while.
    pub(super) fn examine(&mut self, peer: PeerKey, target: OverlayTarget) {
        let now = Instant::now();
        let is_recent = |then: &Instant| now.duration_since(*then) < BETWEEN_EXAMINATIONS;
        self.examined.retain(|_, then| is_recent(then));
        let place = target.to_string();
        if self.examined.contains_key(&place) || self.examined.len() >= MOST_EXAMINED {
            return;
        }
        self.examined.insert(place, now);
        let (told, examining) = (self.told.clone(), self.examining.clone());
        tokio::spawn(async move {
            let Ok(_permit) = examining.acquire_owned().await else { return };
            let findings = sockets::reach(&target, Timings::default(), |_| {}).await;
            let says = answer::verdict(&findings, &Verdict::of(&findings)).json;
            let _ = told.send(Told::Event(Event::Examined { peer, says }));
        });
    }
}

impl Drop for Questions {
    fn drop(&mut self) {
        self.running.values().for_each(|(_, task)| task.abort());
    }
}

/// The next place in the queue for a turn. It is taken now: tasks begin in any order.
fn queue(turn: Turn) -> Pin<Box<dyn Future<Output = OwnedMutexGuard<Option<Instant>>> + Send>> {
    let mut queued = Box::pin(turn.lock_owned());
    match queued.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(turn) => Box::pin(ready(turn)),
        Poll::Pending => queued,
    }
}

async fn wait(until: Option<Instant>) {
    if let Some(until) = until {
        sleep_until(until).await;
    }
}

/// One question on its way.
struct Asking {
    told: mpsc::UnboundedSender<Told>,
    peer: PeerKey,
    ticket: Ticket,
    asked: Asked,
    settings: Settings,
    target: Target,
}

impl Asking {
    async fn run(&self, everybody: &Turn) {
        {
            let mut next = everybody.lock().await;
            wait(*next).await;
            *next = Some(Instant::now() + BETWEEN);
        }
        let (peer, ticket) = (|| self.peer.clone(), self.ticket);
        let told = |told| drop(self.told.send(told)); // fails once the screen has gone
        let tell = |event| told(Told::Event(event));
        tell(Event::Sent { peer: peer(), ticket });
        let on_told = |heard: Heard| match heard {
            Heard::Part(part) if part.index < MOST_PARTS => {
                let (index, after, says) = (part.index + 1, part.at, part.json);
                tell(Event::Part { peer: peer(), ticket, index, after, says });
            }
            Heard::Part(_) => {}
            Heard::Exchange(exchange) => told(Told::Exchange(ticket, exchange)),
        };
        let outcome = sockets::question(&self.target, &self.asked, &self.settings, on_told).await;
        tell(match outcome {
            Ok(reply) => Event::Answered {
                peer: peer(),
                ticket,
                error: reply.code(),
                summary: reply.said.summary,
                says: reply.said.json,
                parts: reply.parts,
                elapsed: reply.elapsed,
            },
            Err(failure) => Event::Failed { peer: peer(), ticket, failure },
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A worker runs first what it was given last.
    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn questions_to_one_node_are_asked_in_the_order_of_their_tickets() {
        const BURST: [u64; 3] = [0, 1, 2];
        let asked = tokio::spawn(async {
            let closed = tokio::net::UdpSocket::bind("127.0.0.1:0").await.expect("a port");
            let node = format!("dht://{}", closed.local_addr().expect("an address"));
            drop(closed);
            let peer = node.parse::<networks::AnyTarget>().expect("a target").key();
            let spec = Spec::find(Network::Dht, "PING").expect("a question");
            let ping = Question::new(peer, networks::number(spec), bytes::Bytes::new());
            let ping = ping.expect("a whole question");
            let (told, events) = mpsc::unbounded_channel();
            let mut questions = Questions::new(told, Policy::default());
            for _ in BURST {
                questions.ask(&ping).expect("it is asked");
            }
            (questions, events)
        });
        let (_questions, mut events) = asked.await.expect("no panic");
        let mut sent = Vec::new();
        while sent.len() < BURST.len() {
            if let Some(Told::Event(Event::Sent { ticket, .. })) = events.recv().await {
                sent.push(ticket.0 - FIRST_TICKET);
            }
        }
        assert_eq!(sent, BURST);
    }
}
