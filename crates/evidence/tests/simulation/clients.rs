//! What real clients answered: six in the hour of `real_clients.tsv`, and old and new versions of
//! two of them in `client_versions.tsv`. A simulated peer draws from what its client said.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use swarmscope_evidence::signals::input::{End, Text};

use crate::sample::Numbers;
use crate::swarm::{reply, text};

const HOUR: &str = include_str!("../real_clients.tsv");
/// libtorrent 2.0.11 and 2.1.1 (PyPI), webtorrent 0.98.24 and 1.9.7 (npm): each question twelve times
/// in one lab, on 2026-11-30.
const VERSIONS: &str = include_str!("../client_versions.tsv");

/// A client, and how each question ended, minute by minute.
pub struct Client {
    pub name: &'static str,
    pub version: Text,
    ends: BTreeMap<(&'static str, bool), Vec<&'static str>>,
}

/// The clients of one network.
fn of(network: &str) -> Vec<Client> {
    let mut clients: Vec<Client> = Vec::new();
    for line in HOUR.lines().chain(VERSIONS.lines()) {
        let [name, of, question, kind, ends] =
            line.split('\t').collect::<Vec<_>>().try_into().expect("five columns");
        if of != network {
            continue;
        }
        if clients.last().is_none_or(|last| last.name != name) {
            clients.push(Client { name, version: text(name), ends: BTreeMap::new() });
        }
        let runs = ends.split(' ').flat_map(|run| {
            let (end, times) = run.split_once('×').unwrap_or((run, "1"));
            std::iter::repeat_n(end, times.parse().expect("a count"))
        });
        let client = clients.last_mut().expect("pushed");
        client.ends.insert((question, kind == "invented"), runs.collect());
    }
    clients
}

pub static DHT: LazyLock<Vec<Client>> = LazyLock::new(|| of("dht"));
pub static BT: LazyLock<Vec<Client>> = LazyLock::new(|| of("bt"));

impl Client {
    /// How a question to one of them ends. An error is the same text from all of this client; what
    /// a success says is the peer's own, unless `says` has what all of them say.
    pub fn end(
        &self,
        (question, invented): (&str, bool),
        numbers: &mut Numbers,
        says: impl Fn() -> (String, u64),
    ) -> End {
        let ends = self.ends.get(&(question, invented)).expect("asked then");
        let drawn = ends[numbers.below(ends.len())];
        let Some((error, said)) = drawn.split_once('/') else { return End::Failure(drawn.into()) };
        let error: i64 = error.parse().expect("a number");
        if error != 0 {
            return reply(error, said, said, 60);
        }
        let (content, bytes) = says();
        reply(0, &content, question, bytes)
    }
}
