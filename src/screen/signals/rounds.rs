//! What the screen knows, as signals are found in it. The first question of a kind to a peer is of
//! the first round, the second of the second. Peers that nobody asked are in each round as their
//! connections stood then, and so is what each peer had told of others by then, where that was the
//! last of it, and on how many channels it had guessed, where that was the most.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use swarmscope_evidence::signals::input::{
    Answer, Dial, End, Gossip, Round, Text, Unsolicited, place,
};
use swarmscope_facts::gossip::{Gossip as Told, Guesses, Last};
use swarmscope_facts::networks;
use swarmscope_facts::peer::{Peer, Stood};
use swarmscope_facts::request::{Outcome, Request};
use swarmscope_facts::{Facts, Now};
use swarmscope_networks::target::Network;
use swarmscope_peer::crawler::Registry;
use swarmscope_peer::node::PeerKey;
use swarmscope_wire::MessageId;

/// A request that comes so much early passes (protocol.md §4).
const EARLY: Duration = Duration::from_secs(5);

/// The peers that were asked something, those whose connections are known without, and the gossip,
/// as they are at one moment: shared, and no more than the table of peers holds. Many answers take a
/// while to look through, which is done elsewhere than where keys are waited for.
#[derive(Clone, Debug)]
pub struct Asked {
    peers: Vec<Arc<Peer>>,
    unasked: Vec<Arc<Peer>>,
    gossip: Told,
    guesses: Last<Guesses>,
    overlay: Registry,
}

impl Asked {
    #[must_use]
    pub fn of(facts: &Facts, overlay: &Registry) -> Self {
        let is_of_use = |peer: &&Arc<Peer>| !peer.requests.is_empty() || peer.stood.is_some();
        let of_use = facts.peers().shared().filter(is_of_use).cloned();
        let (unasked, peers) = of_use.partition(|peer| peer.requests.is_empty());
        let (gossip, guesses) = (facts.gossip().clone(), facts.guesses().clone());
        Self { peers, unasked, gossip, guesses, overlay: overlay.clone() }
    }

    /// All that was asked and has ended, round by round, with what is known beside it.
    #[must_use]
    pub fn rounds(&self) -> Vec<Round> {
        let mut rounds = BTreeMap::new();
        for peer in &self.peers {
            of_peer(&mut rounds, peer, &self.overlay);
        }
        let mut rounds: Vec<Round> = rounds.into_values().collect();
        if rounds.is_empty()
            && let Some((_, first)) = self.guesses.iter().next()
        {
            rounds.push(Round { at_ns: nanoseconds(first.at), ..Round::default() });
        }
        let begins: Vec<u64> = rounds.iter().map(|round| round.at_ns).collect();
        for (round, next) in rounds.iter_mut().zip(begins.iter().skip(1).chain([&u64::MAX])) {
            let time = round.at_ns..*next;
            round.dials = self.unasked.iter().filter_map(|peer| dial(peer, &time)).collect();
            round.gossip = self.gossip(*next);
            round.unsolicited = self.guesses(*next);
        }
        rounds
    }

    /// What each had told last, before then.
    fn gossip(&self, before: u64) -> Vec<Gossip> {
        let told = self.gossip.iter().filter(|(_, told)| nanoseconds(told.at) < before);
        told.map(|(teller, told)| Gossip {
            teller: name(&PeerKey::Permid(*teller)),
            network: Network::Overlay.name().into(),
            named: told.named.iter().map(|named| name(&PeerKey::Permid(*named))).collect(),
            bogons: told.impossible as u64,
            listed: told.listed as u64,
        })
        .collect()
    }

    /// How many channels each had guessed at most, of those that had before then.
    fn guesses(&self, before: u64) -> Vec<Unsolicited> {
        let guessed = self.guesses.iter().filter(|(_, guesses)| nanoseconds(guesses.at) < before);
        guessed
            .map(|(permid, guesses)| Unsolicited {
                peer: name(&PeerKey::Permid(*permid)),
                guessed: guesses.channels.into(),
            })
            .collect()
    }
}

/// How it stood with a peer in a round; none where that is not known. A peer whose connection ended
/// is only known to be unreachable from the round of the first dial that failed to that of the last.
fn dial(peer: &Peer, round: &Range<u64>) -> Option<Dial> {
    let Stood { since, until, failed } = peer.stood.as_deref()?;
    let until = until.map_or(u64::MAX, nanoseconds);
    let failure = if nanoseconds(*since) < round.end && until > round.start {
        None
    } else {
        let (first, last) = failed.map(|(first, last)| (nanoseconds(first), nanoseconds(last)))?;
        let failing = first < round.end && last >= round.start;
        Some(peer.failing.filter(|_| failing)?.code().into())
    };
    Some(Dial {
        peer: name(&peer.key),
        place: peer.address.map(place),
        network: networks::network(&peer.key).name().into(),
        version: version(peer),
        failure,
    })
}

/// Since 1970.
fn nanoseconds(at: Now) -> u64 {
    let since = at.wall.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
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
        let at_ns = nanoseconds(sent(request));
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

/// The overlay version, or the client as far as a peer of another network names it.
fn version(peer: &Peer) -> Text {
    let client = || peer.other.as_ref().and_then(|other| other.program()).map(Text::from);
    let version = peer.version.map(|version| version.to_string().into());
    version.or_else(client).unwrap_or_else(|| "not known".into())
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
            let digests = reply.digests?;
            let content: Text = digests.content.to_string().into();
            // of an answer that is kept as it was read, no bytes are known
            let sha256 = reply.sha256.filter(|_| !reply.as_read);
            let digest = sha256.map_or_else(|| content.clone(), |sum| sum.to_string().into());
            Some(End::Reply {
                error: i64::from(reply.error.0),
                shape: digests.shape.to_string().into(),
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
