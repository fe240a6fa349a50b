//! What may be asked of peers that live today: one table for the command line, the picker and the
//! documentation.

use std::fmt;
use std::time::Duration;

use swarmscope_wire::bittorrent::Infohash;
use swarmscope_wire::krpc::{self, Target};

use crate::target::Network;

/// A question with what it is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Question {
    /// What listens there, without an infohash.
    Reach,
    /// Who is there.
    Hello(Infohash),
    /// Whom it has met.
    PeerExchange(Infohash),
    /// Whether the node is there.
    Ping,
    /// Whom it knows close to a target.
    FindNode(Target),
    /// How many peers of an infohash it knows.
    GetPeers(Target),
    /// How many infohashes it holds, and when it may be asked again.
    Sample(Target),
    /// How many seeds and peers an infohash has, by its filters.
    Scrape(Target),
    /// Who is closest to a target.
    Lookup(Target),
    /// What it does with a question that nobody has defined.
    Canary,
}

/// What a question is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// An infohash of the operator's.
    Infohash,
    /// 160 bits.
    Target,
    /// 160 bits, or random ones.
    OptionalTarget,
}

/// How a reply comes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Comes {
    /// At once.
    AtOnce,
    /// In parts that are shown as they come.
    InParts,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// The name by which people ask for it, in capitals.
    pub name: &'static str,
    /// Peers of which network can be asked; REACH can be asked of any.
    pub network: Option<Network>,
    /// One line for the picker.
    pub doc: &'static str,
    /// What it is about.
    pub needs: Needs,
    /// How its reply comes.
    pub comes: Comes,
    /// How long the whole reply may take, unless the operator says otherwise.
    pub timeout: Duration,
}

const fn spec(
    name: &'static str,
    network: Option<Network>,
    needs: Needs,
    comes: Comes,
    seconds: u64,
    doc: &'static str,
) -> Spec {
    Spec { name, network, doc, needs, comes, timeout: Duration::from_secs(seconds) }
}

const BT: Option<Network> = Some(Network::BitTorrent);
const DHT: Option<Network> = Some(Network::Dht);

/// All of them.
pub const QUESTIONS: [Spec; 10] = [
    spec(
        "REACH",
        None,
        Needs::Nothing,
        Comes::InParts,
        10,
        "the program that listens there and whether it is open; no infohash is sent",
    ),
    spec(
        "HELLO",
        BT,
        Needs::Infohash,
        Comes::AtOnce,
        20,
        "the client and its extensions, for a torrent it has",
    ),
    spec(
        "PEX",
        BT,
        Needs::Infohash,
        Comes::InParts,
        90,
        "the number of peers it tells of; stays as long as --timeout",
    ),
    spec(
        "PING",
        DHT,
        Needs::Nothing,
        Comes::AtOnce,
        5,
        "whether the node answers, its client, and our address as it sees it",
    ),
    spec(
        "FIND_NODE",
        DHT,
        Needs::Target,
        Comes::AtOnce,
        5,
        "the nodes it knows closest to a target",
    ),
    spec(
        "GET_PEERS",
        DHT,
        Needs::Target,
        Comes::AtOnce,
        5,
        "the number of peers it knows for an infohash, and closer nodes",
    ),
    spec(
        "SAMPLE",
        DHT,
        Needs::OptionalTarget,
        Comes::AtOnce,
        5,
        "the number of infohashes it holds, and when it may be asked again",
    ),
    spec(
        "SCRAPE",
        DHT,
        Needs::Target,
        Comes::AtOnce,
        5,
        "an estimate of an infohash's seeds and peers",
    ),
    spec(
        "LOOKUP",
        DHT,
        Needs::Target,
        Comes::InParts,
        120,
        "the eight nodes closest to a target, found hop by hop",
    ),
    spec("CANARY", DHT, Needs::Nothing, Comes::AtOnce, 5, "how it handles an undefined question"),
];

/// Why words are no question.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoQuestion {
    /// No question of this name can be asked there.
    #[error("{0:?} is not a question of this network")]
    Name(String),
    /// What it is about is missing.
    #[error("{0} needs 40 hexadecimal digits")]
    Missing(&'static str),
    /// What it is about is no 160 bits.
    #[error("the subject of {0} is not 40 hexadecimal digits")]
    NotHex(&'static str),
    /// It is about nothing, and something was given.
    #[error("{0} takes no other argument")]
    Surplus(&'static str),
}

impl Spec {
    /// The question of this name, in any case, with `-` for `_`, that peers of `network` can be
    /// asked.
    #[must_use]
    pub fn find(network: Network, name: &str) -> Option<&'static Self> {
        let wanted = name.to_uppercase().replace('-', "_");
        let suits =
            |spec: &&Self| spec.name == wanted && spec.network.is_none_or(|of| of == network);
        QUESTIONS.iter().find(suits)
    }

    /// The questions that peers of `network` can be asked.
    pub fn of(network: Network) -> impl Iterator<Item = &'static Self> {
        QUESTIONS.iter().filter(move |spec| spec.network.is_none_or(|of| of == network))
    }

    /// The question about `argument`, 40 hexadecimal digits; `random` stands in where it may be
    /// left out.
    ///
    /// # Errors
    /// It is missing, misshapen, or not wanted.
    pub fn about(&self, argument: Option<&str>, random: [u8; 20]) -> Result<Question, NoQuestion> {
        let bytes = match (argument, self.needs) {
            (None, Needs::Infohash | Needs::Target) => return Err(NoQuestion::Missing(self.name)),
            (Some(_), Needs::Nothing) => return Err(NoQuestion::Surplus(self.name)),
            (None, Needs::OptionalTarget | Needs::Nothing) => random,
            (Some(hex), _) => hex.parse::<Target>().map_err(|_| NoQuestion::NotHex(self.name))?.0,
        };
        Ok(match self.name {
            "REACH" => Question::Reach,
            "HELLO" => Question::Hello(Infohash(bytes)),
            "PEX" => Question::PeerExchange(Infohash(bytes)),
            "PING" => Question::Ping,
            "FIND_NODE" => Question::FindNode(Target(bytes)),
            "GET_PEERS" => Question::GetPeers(Target(bytes)),
            "SAMPLE" => Question::Sample(Target(bytes)),
            "SCRAPE" => Question::Scrape(Target(bytes)),
            "LOOKUP" => Question::Lookup(Target(bytes)),
            _ => Question::Canary,
        })
    }
}

impl Question {
    /// The name of its row.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Reach => "REACH",
            Self::Hello(_) => "HELLO",
            Self::PeerExchange(_) => "PEX",
            Self::Ping => "PING",
            Self::FindNode(_) => "FIND_NODE",
            Self::GetPeers(_) => "GET_PEERS",
            Self::Sample(_) => "SAMPLE",
            Self::Scrape(_) => "SCRAPE",
            Self::Lookup(_) => "LOOKUP",
            Self::Canary => "CANARY",
        }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A query that nobody has defined. Each draw has another name: two answers to one name would not
/// be independent of each other.
#[must_use]
pub fn undefined(draw: u64) -> krpc::Question {
    krpc::Question::Other(format!("swarmscope_canary_{draw:016x}").into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn every_row_is_found_by_its_name_and_makes_its_question() {
        for spec in &QUESTIONS {
            let network = spec.network.unwrap_or(Network::Dht);
            let found = Spec::find(network, &spec.name.to_lowercase().replace('_', "-")).unwrap();
            let argument = (spec.needs != Needs::Nothing).then_some(HEX);
            assert_eq!(found.about(argument, [0; 20]).unwrap().name(), spec.name);
        }
        assert!(
            Spec::find(Network::BitTorrent, "ping").is_none()
                && Spec::find(Network::Dht, "hello").is_none()
        );
        assert!(Spec::find(Network::BitTorrent, "Reach").is_some());
    }

    #[test]
    fn each_draw_of_an_undefined_query_has_a_name_of_its_own() {
        let name = |draw| String::from_utf8(undefined(draw).name().to_vec()).unwrap();
        assert_eq!(name(0xab), "swarmscope_canary_00000000000000ab");
        assert_ne!(name(1), name(2));
    }

    #[test]
    fn what_it_is_about_is_asked_for_checked_and_never_printed() {
        let of = |name: &str| Spec::find(Network::Dht, name).unwrap();
        assert_eq!(of("lookup").about(None, [0; 20]), Err(NoQuestion::Missing("LOOKUP")));
        assert_eq!(of("lookup").about(Some("ab"), [0; 20]), Err(NoQuestion::NotHex("LOOKUP")));
        assert_eq!(of("ping").about(Some(HEX), [0; 20]), Err(NoQuestion::Surplus("PING")));
        assert_eq!(of("sample").about(None, [7; 20]), Ok(Question::Sample(Target([7; 20]))));
        let question = of("get_peers").about(Some(HEX), [0; 20]).unwrap();
        assert!(!format!("{question:?} {question}").contains("0123"));
    }
}
