//! What the screen knows, as signals are found in it. The first question of a kind to a peer is of
//! the first round, the second of the second. Gossip is not among it: the screen keeps who told of
//! whom, but not what each told in which round.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use swarmscope_evidence::signals::input::{Answer, End, Round, Text, place};
use swarmscope_facts::networks;
use swarmscope_facts::peer::Peer;
use swarmscope_facts::request::{Outcome, Request};
use swarmscope_facts::{Facts, Now};
use swarmscope_networks::target::Network;
use swarmscope_peer::crawler::Registry;
use swarmscope_peer::node::PeerKey;
use swarmscope_wire::MessageId;

/// A request that comes so much early passes (protocol.md §4).
const EARLY: Duration = Duration::from_secs(5);

/// The peers that were asked something, as they are at one moment. Many answers take a while to look
/// through, which is done elsewhere than where keys are waited for.
#[derive(Clone, Debug)]
pub struct Asked {
    peers: Vec<Arc<Peer>>,
    overlay: Registry,
}

impl Asked {
    #[must_use]
    pub fn of(facts: &Facts, overlay: &Registry) -> Self {
        let asked = facts.peers().shared().filter(|peer| !peer.requests.is_empty());
        Self { peers: asked.cloned().collect(), overlay: overlay.clone() }
    }

    /// All that was asked and has ended, round by round.
    #[must_use]
    pub fn rounds(&self) -> Vec<Round> {
        let mut rounds = BTreeMap::new();
        for peer in &self.peers {
            of_peer(&mut rounds, peer, &self.overlay);
        }
        rounds.into_values().collect()
    }
}

fn of_peer(rounds: &mut BTreeMap<u64, Round>, peer: &Peer, overlay: &Registry) {
    let network = networks::network(&peer.key);
    let registry = if network == Network::Overlay { overlay } else { networks::registry(network) };
    let mut asked: HashMap<MessageId, (u64, &Request)> = HashMap::new();
    for request in &peer.requests {
        let before = asked.get(&request.message).copied();
        let number = before.map_or(0, |(number, _)| number + 1);
        asked.insert(request.message, (number, request));
        let Some(end) = end(request, before.map(|(_, request)| request)) else { continue };
        let since = sent(request).wall.duration_since(UNIX_EPOCH).unwrap_or_default();
        let at_ns = u64::try_from(since.as_nanos()).unwrap_or(u64::MAX);
        let round =
            rounds.entry(number).or_insert_with(|| Round { number, at_ns, ..Round::default() });
        round.at_ns = round.at_ns.min(at_ns);
        let label = registry.label(request.message);
        let is_invented = is_invented(network, request.message, &label);
        // A CANARY asks another name each time, which no other one has asked.
        let question = match network {
            Network::Overlay => label,
            _ if is_invented => format!("{label}, draw {}", number + 1),
            _ => label,
        };
        round.answers.push(Answer {
            peer: name(&peer.key),
            place: peer.address.map(place),
            network: network.name().into(),
            version: version(peer),
            invented: is_invented,
            question: question.into(),
            end,
        });
    }
}

/// A peer as cards name it.
#[must_use]
pub fn name(key: &PeerKey) -> Text {
    match key {
        PeerKey::Permid(permid) => permid.to_string().into(),
        PeerKey::Address(place) => place.as_str().into(),
    }
}

fn version(peer: &Peer) -> Text {
    peer.version.map_or_else(|| "not known".into(), |version| version.to_string().into())
}

fn is_invented(network: Network, message: MessageId, question: &str) -> bool {
    match network {
        Network::Overlay => message.name().is_none(),
        _ => question.eq_ignore_ascii_case("canary"),
    }
}

/// None while it is under way, or its reply is being read.
fn end(request: &Request, before: Option<&Request>) -> Option<End> {
    match &request.outcome {
        Outcome::Replied(reply) => {
            let decoding = reply.decoding.as_ref()?;
            let content: Text = decoding.content.to_string().into();
            // of an answer that is kept as it was read, no bytes are known
            let sha256 = reply.sha256.filter(|_| !reply.as_read);
            let digest = sha256.map_or_else(|| content.clone(), |sum| sum.to_string().into());
            Some(End::Reply {
                error: i64::from(reply.error.0),
                shape: decoding.shape.to_string().into(),
                bytes: reply.bytes as u64,
                too_soon_was_due: before.is_some_and(|before| is_too_soon(before, request)),
                content,
                digest,
            })
        }
        Outcome::Failed { failure, .. } => Some(End::Failure(failure.cause.code().into())),
        Outcome::Queued | Outcome::Waiting | Outcome::AwaitingDialBack => None,
    }
}

fn is_too_soon(before: &Request, request: &Request) -> bool {
    let window = Duration::from_secs(u64::from(before.frequency.0));
    sent(request).since(sent(before)) < window.saturating_sub(EARLY)
}

/// When it went out; where that is not known, when it was asked for.
fn sent(request: &Request) -> Now {
    request.sent.unwrap_or(request.asked)
}
