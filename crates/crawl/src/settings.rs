//! What a crawl is told to do.

use std::time::Duration;

use swarmscope_peer::Limits;
use swarmscope_peer::Target;
use swarmscope_peer::crawler::Registry;
use swarmscope_store::opt_out::OptOut;
use swarmscope_store::schedule::Policy;
use swarmscope_wire::MessageId;

use crate::dht::Also;

/// What a crawl is told to do.
#[derive(Clone)]
pub struct Settings {
    /// Where to begin.
    pub targets: Vec<Target>,
    /// What to ask everybody.
    pub questions: Vec<MessageId>,
    /// What those are.
    pub registry: Registry,
    /// What nodes of the DHT are asked beside FIND_NODE: one more query to each of them.
    pub also: Vec<Also>,
    /// From one round's beginning to the next one's.
    pub every: Duration,
    /// How seldom peers may be visited that are reached again and again; none means in every round.
    pub stable: Option<Duration>,
    /// How often the questions are put, where that is not as often as the rounds begin.
    pub frequency: Option<u16>,
    /// Rounds to make; none means until told to stop.
    pub rounds: Option<u64>,
    /// How long to go on; none means until told to stop.
    pub lasts: Option<Duration>,
    /// Visits at the same time.
    pub concurrency: usize,
    /// Visits that may begin in a second.
    pub rate: Option<u32>,
    /// How many leading bits of a random id all nodes share that are visited; none means all nodes.
    /// Of the DHT only.
    pub zone: Option<u8>,
    /// Peers that opted out.
    pub opt_out: OptOut,
    /// How long a peer is held without a word of this process.
    pub lease: Duration,
    /// How long visits and replies are kept; the figures of their rounds stay.
    pub keep: Option<Duration>,
    /// How large the store may become before the oldest rounds' visits go.
    pub max_bytes: Option<u64>,
    /// Whether payloads are stored as they came.
    pub keep_raw: bool,
    /// Who this is, in leases and in the rounds' records: program and version, a number of this
    /// process.
    pub program: String,
    /// Names this process in leases.
    pub holder: String,
}

impl Settings {
    /// What most crawls want: 256 visits at a time, a round an hour, leases of a minute.
    #[must_use]
    pub fn new(registry: Registry) -> Self {
        Self {
            targets: Vec::new(),
            questions: Vec::new(),
            also: Vec::new(),
            registry,
            every: Duration::from_secs(3600), // the protocol's default frequency
            stable: None,
            frequency: None,
            rounds: None,
            lasts: None,
            concurrency: 256, /* arbitrary: fills a slow line, and stays below most limits on
                               * open files */
            rate: None,
            zone: None,
            opt_out: OptOut::default(),
            lease: Duration::from_secs(60),
            keep: None,
            max_bytes: None,
            keep_raw: false,
            program: concat!("swarmscope ", env!("CARGO_PKG_VERSION")).into(),
            holder: format!("crawler {}", std::process::id()),
        }
    }

    /// The limits of a crawl's node where nobody sets others: word of a peer is told once as long as
    /// it is kept in mind, and every visit dials.
    #[must_use]
    pub fn limits(&self) -> Limits {
        let usual = Limits::default();
        Limits {
            dials: self.concurrency.max(usual.dials),
            known: usual.known.max(1 << 18),
            ..usual
        }
    }

    /// The schedule that follows.
    #[must_use]
    pub fn policy(&self) -> Policy {
        Policy { stable: self.stable, ..Policy::every(self.every) }
    }

    /// What a round's record says about how it was made; no target is in it.
    #[must_use]
    pub fn record(&self) -> String {
        let questions = self.questions.iter().map(|id| self.registry.label(*id));
        let also = self.also.iter().map(|also| also.name().to_owned());
        serde_json::json!({
            "questions": questions.chain(also).collect::<Vec<_>>(),
            "every_s": self.every.as_secs(),
            "stable_every_s": self.stable.map(|stable| stable.as_secs()),
            "concurrency": self.concurrency,
            "rate": self.rate,
            "zone_bits": self.zone,
            "targets": self.targets.len(),
            "opted_out": self.opt_out.len(),
        })
        .to_string()
    }
}
