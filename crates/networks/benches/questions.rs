//! What a question costs: the crawl's machines over a socket against a bare UDP echo in the same
//! run, in questions per CPU-second of the asking thread.
//!
//! Both ask from one unconnected socket, a `sendto` and a `recvfrom` each, [`WINDOW`] at a time, of
//! one server thread, which answers while the asking thread sleeps and whose time does not count.
//! Both read the clock at each of them. The crawl's time is everything that it takes to crawl: whom
//! to ask, pace, transaction, encoding, decoding, filing contacts, deadlines, retries. A question
//! counts once it is sent; liars invent many of those that a crawl hears of, so some are never
//! answered, which saves the crawl a `recvfrom`. Therefore the second echo leaves as many without an
//! answer, and answered questions are told as well.
//!
//! The crawl's clock runs so that the pace is the usual one, however fast the machine: what waits,
//! rests and times out is what would. Last comes the same crawl over a socket of tokio, as the
//! program has it.
#![allow(clippy::disallowed_methods)] // a bench measures

use std::fs;
use std::hint::black_box;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use swarmscope_networks::address::Policy;
use swarmscope_networks::dht::asker::{Asker, AskerConfig};
use swarmscope_networks::dht::crawl::{Ask, Crawl, CrawlConfig, Token, Zone};
use swarmscope_networks::dht::pace::TOTAL_RATE;
use swarmscope_networks::dht::transactions::{Deadlines, Tally};
use swarmscope_networks::simulated::{Swarm, SwarmConfig};
use swarmscope_wire::krpc::compact::{V4_LEN, address, write_address};
use swarmscope_wire::krpc::{Contact, NodeId, Question, Want};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

const NODES: usize = 100_000;
const QUESTIONS: u64 = 200_000;
/// How many questions are sent before answers are read.
const WINDOW: u64 = 64;
/// As long as a `find_node`, with the six bytes that say which node.
const ECHOED: usize = 126;

fn main() {
    memory();
    let config = SwarmConfig { nodes: NODES, liars: 10, silent: 20, limited: 5, loss: 0, seed: 1 };
    let (mut ratios, mut beside, mut over_tokio) = (Vec::new(), Vec::new(), Vec::new());
    for run in 1..=runs() {
        let mut swarm = Swarm::new(config);
        let seeds: Vec<Contact> = swarm.truth().take(8).copied().collect();
        let serve =
            move |to: SocketAddr, datagram: &[u8]| swarm.answer(to, datagram, Instant::now());
        let crawl = measured(Crawling::new(&seeds), &Plain::new(), serve);
        let echo = measured(Bare::default(), &Plain::new(), |_, datagram| Some(datagram.to_vec()));
        let (share, mut count) = (crawl.answered as f64 / crawl.asked as f64, 0.0);
        let some_silent = move |_: SocketAddr, datagram: &[u8]| {
            count += share;
            (count >= 1.0).then(|| {
                count -= 1.0;
                datagram.to_vec()
            })
        };
        let silent = measured(Bare::default(), &Plain::new(), some_silent);
        let mut swarm = Swarm::new(config);
        let serve =
            move |to: SocketAddr, datagram: &[u8]| swarm.answer(to, datagram, Instant::now());
        let tokio = measured(Crawling::new(&seeds), &Tokio::new(), serve);
        println!(
            "run {run}: per CPU-second, bare echo {:.0}, echo with {:.0} % answered {:.0}, crawl {:.0} asked ({:.0} answered), over tokio {:.0}",
            echo.rate(),
            share * 100.0,
            silent.rate(),
            crawl.rate(),
            crawl.rate() * share,
            tokio.rate(),
        );
        ratios.push(crawl.rate() / echo.rate());
        beside.push(crawl.rate() / silent.rate());
        over_tokio.push(tokio.rate() / echo.rate());
    }
    println!(
        "crawl against bare echo: median {:.2}; against the echo with as many silent: {:.2}; over tokio against bare echo: {:.2}",
        median(&mut ratios),
        median(&mut beside),
        median(&mut over_tokio)
    );
}

/// Fills a crawl with as many addresses as a large one knows, and prints what one takes.
fn memory() {
    let before = resident();
    let mut crawl = Crawl::new(config(), &[]);
    let mut number = 0x0b00_0000_u32; // 11.0.0.0
    while crawl.known() < 1_000_000 {
        number += 1;
        let mut id = [0; 20];
        id[..4].copy_from_slice(&number.to_be_bytes());
        let address = (Ipv4Addr::from(number), 6881).into();
        crawl.begin_second_pass(&[Contact { id: NodeId(id), address }]);
    }
    let taken = resident().saturating_sub(before);
    println!("{} bytes for each of {} known addresses", taken / crawl.known(), crawl.known());
}

/// Resident memory in bytes.
fn resident() -> usize {
    let text = fs::read_to_string("/proc/self/statm").expect("Linux");
    text.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
}

/// Of the whole network.
fn config() -> CrawlConfig {
    CrawlConfig {
        zone: Zone { prefix: NodeId([0; 20]), bits: 0 },
        questions: 2,
        most_known: 4_000_000,
        policy: Policy::default(),
        seed: 1,
    }
}

fn runs() -> u32 {
    std::env::var("RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(5)
}

fn median(of: &mut [f64]) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}

/// What one of them took.
struct Taken {
    asked: u64,
    answered: u64,
    time: Duration,
}

impl Taken {
    fn rate(&self) -> f64 {
        self.asked as f64 / self.time.as_secs_f64()
    }
}

/// Somebody who asks.
trait Asking {
    /// Writes the next question over `datagram`, behind the node's address.
    fn ask(&mut self, datagram: &mut Vec<u8>) -> bool;
    /// Takes an answer of a node.
    fn hear(&mut self, datagram: &[u8]);
    /// A window has been sent and what there are of answers read.
    fn pass(&mut self);
    /// How many were asked, and how many of them answered.
    fn sums(&self) -> (u64, u64);
}

#[inline(never)] // so that a profile tells the three apart
/// Lets `asking` ask a server thread that answers by `answer`.
fn measured(
    mut asking: impl Asking,
    socket: &impl Socket,
    answer: impl FnMut(SocketAddr, &[u8]) -> Option<Vec<u8>> + Send + 'static,
) -> Taken {
    let server = bound();
    let to = server.local_addr().expect("its address");
    let progress = Arc::new(Progress {
        stop: AtomicBool::new(false),
        sent: AtomicU64::new(0),
        served: AtomicU64::new(0),
        asker: thread::current(),
    });
    let serving = {
        let progress = progress.clone();
        thread::spawn(move || serve(&server, answer, &progress))
    };
    let (mut datagram, mut buffer, mut sent) = (Vec::new(), vec![0; 4096], 0);
    let begun = cpu_time();
    while asking.sums().0 < QUESTIONS {
        let before = sent;
        while sent - before < WINDOW && asking.ask(&mut datagram) {
            socket.send(&datagram, to);
            sent += 1;
        }
        // The server has slept meanwhile, so no question pays for waking it.
        progress.sent.store(sent, Ordering::SeqCst);
        serving.thread().unpark();
        while progress.served.load(Ordering::SeqCst) < sent {
            thread::park();
        }
        socket.wait();
        while let Some(length) = socket.receive(&mut buffer) {
            asking.hear(&buffer[..length]);
        }
        asking.pass();
    }
    let time = cpu_time().saturating_sub(begun);
    progress.stop.store(true, Ordering::SeqCst);
    serving.thread().unpark();
    serving.join().expect("the server ends");
    let (asked, answered) = asking.sums();
    Taken { asked, answered, time }
}

/// How far the server is.
struct Progress {
    stop: AtomicBool,
    sent: AtomicU64,
    served: AtomicU64,
    asker: Thread,
}

fn bound() -> UdpSocket {
    UdpSocket::bind("127.0.0.1:0").expect("a port")
}

/// What the asking thread sends and reads with.
trait Socket {
    fn send(&self, datagram: &[u8], to: SocketAddr);
    /// None where there is nothing left to read.
    fn receive(&self, buffer: &mut [u8]) -> Option<usize>;
    /// Until there is something to read, where that is not known at once.
    fn wait(&self) {}
}

struct Plain(UdpSocket);

impl Plain {
    fn new() -> Self {
        let socket = bound();
        socket.set_nonblocking(true).expect("it does not wait");
        Self(socket)
    }
}

impl Socket for Plain {
    fn send(&self, datagram: &[u8], to: SocketAddr) {
        self.0.send_to(datagram, to).expect("it is sent");
    }

    fn receive(&self, buffer: &mut [u8]) -> Option<usize> {
        self.0.recv_from(buffer).ok().map(|(length, _)| length)
    }
}

struct Tokio(Runtime, tokio::net::UdpSocket);

impl Tokio {
    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let socket = runtime.block_on(tokio::net::UdpSocket::bind("127.0.0.1:0")).expect("a port");
        Self(runtime, socket)
    }
}

impl Socket for Tokio {
    fn send(&self, datagram: &[u8], to: SocketAddr) {
        self.0.block_on(self.1.send_to(datagram, to)).expect("it is sent");
    }

    fn receive(&self, buffer: &mut [u8]) -> Option<usize> {
        self.1.try_recv_from(buffer).ok().map(|(length, _)| length)
    }

    fn wait(&self) {
        let readable = async { timeout(Duration::from_millis(1), self.1.readable()).await };
        let _ = self.0.block_on(readable); // nothing came: all of these are silent
    }
}

/// One socket serves all nodes: the first six bytes of each datagram say which.
fn serve(
    server: &UdpSocket,
    mut answer: impl FnMut(SocketAddr, &[u8]) -> Option<Vec<u8>>,
    progress: &Progress,
) {
    let (mut buffer, mut count) = ([0; 4096], 0);
    while !progress.stop.load(Ordering::SeqCst) {
        if count == progress.sent.load(Ordering::SeqCst) {
            thread::park();
            continue;
        }
        let (length, from) = server.recv_from(&mut buffer).expect("it is there");
        let (head, datagram) = buffer[..length].split_at(V4_LEN);
        if let Some(answer) = address(head).and_then(|to| answer(to, datagram)) {
            server.send_to(&[head, &answer].concat(), from).expect("it is sent");
        }
        count += 1;
        progress.served.store(count, Ordering::SeqCst);
        if count == progress.sent.load(Ordering::SeqCst) {
            progress.asker.unpark();
        }
    }
}

/// What this thread has run, from the scheduler.
fn cpu_time() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    Duration::from_nanos(
        text.split(' ').next().and_then(|ns| ns.parse().ok()).expect("nanoseconds"),
    )
}

/// Asks nothing, and listens to nothing.
#[derive(Default)]
struct Bare {
    asked: u64,
    answered: u64,
}

impl Asking for Bare {
    fn ask(&mut self, datagram: &mut Vec<u8>) -> bool {
        black_box(Instant::now());
        datagram.clear();
        write_address(([192, 0, 2, 1], 6881).into(), datagram);
        datagram.resize(ECHOED, b'x');
        self.asked += 1;
        true
    }

    fn hear(&mut self, datagram: &[u8]) {
        black_box((datagram, Instant::now()));
        self.answered += 1;
    }

    fn pass(&mut self) {}

    fn sums(&self) -> (u64, u64) {
        (self.asked, self.answered)
    }
}

/// A crawl of the whole network.
struct Crawling {
    crawl: Crawl,
    asker: Asker<Token>,
    question: Vec<u8>,
    now: Instant,
}

impl Crawling {
    fn new(seeds: &[Contact]) -> Self {
        let asking = AskerConfig {
            id: NodeId([7; 20]),
            rate: TOTAL_RATE,
            deadlines: Deadlines::default(),
            seed: 1,
        };
        let (crawl, asker) = (Crawl::new(config(), seeds), Asker::new(asking));
        Self { crawl, asker, question: Vec::new(), now: Instant::now() }
    }

    fn tally(&self) -> Tally {
        self.asker.tally()
    }
}

impl Asking for Crawling {
    fn ask(&mut self, datagram: &mut Vec<u8>) -> bool {
        black_box(Instant::now()); // a crawl reads the clock; this one goes by another
        self.now += Duration::from_secs(1) / TOTAL_RATE;
        while (self.asker.queued() as u64) < WINDOW
            && let Some(Ask { token, to, target }) = self.crawl.next_query()
        {
            self.asker.ask(to, Question::FindNode { target, want: Want::default() }, token);
        }
        let Some(to) = self.asker.transmit(self.now, &mut self.question) else { return false };
        datagram.clear();
        write_address(to, datagram);
        datagram.extend_from_slice(&self.question);
        true
    }

    fn hear(&mut self, datagram: &[u8]) {
        black_box(Instant::now());
        let Some(from) = address(&datagram[..V4_LEN]) else { return };
        self.crawl.hear_of(self.asker.receive(from, &datagram[V4_LEN..], self.now));
    }

    fn pass(&mut self) {
        black_box(self.asker.deadline());
        while let Some(event) = self.asker.pass(self.now) {
            self.crawl.hear_of(event);
        }
    }

    fn sums(&self) -> (u64, u64) {
        (self.tally().asked, self.tally().answered)
    }
}
