//! The questions of BitTorrent peers and nodes of the DHT, as a picker, a composer and a form know
//! the overlay's message-specific ids.

use std::borrow::Cow;
use std::sync::LazyLock;
use std::time::Duration;

use bytes::Bytes;
use swarmscope_networks::question::{Comes, Needs, NoQuestion, QUESTIONS, Question as Asked, Spec};
use swarmscope_networks::target::Network;
use swarmscope_peer::crawler::field::{Field, Kind, Value};
use swarmscope_peer::crawler::{Question, Recipient, Registry};
use swarmscope_wire::{MessageId, text};

/// The number of the first question. The overlay's own ids are below it, and a peer's network says
/// whose number it is.
const FIRST: u8 = 200;

/// Bytes of an infohash, a node id, a target.
const SUBJECT: usize = 20;

/// Questions under way at the same time.
pub const AT_ONCE: usize = 32;
/// Lookups under way at the same time: each may ask a hundred nodes a second.
pub const LOOKUPS_AT_ONCE: usize = 1;
/// Between two questions to anybody.
pub const BETWEEN: Duration = Duration::from_millis(15);

/// A row of the networks' table, as a question.
struct Row {
    spec: &'static Spec,
    fields: Vec<Field>,
}

impl Row {
    fn new(spec: &'static Spec) -> Self {
        let name = match spec.needs {
            Needs::Nothing => None,
            Needs::Infohash => Some("infohash"),
            Needs::Target | Needs::OptionalTarget => Some("target"),
        };
        let subject = |name: &'static str| Field {
            name: Cow::Borrowed(name),
            kind: Kind::Bytes { longest: SUBJECT },
            default: Value::Bytes(Vec::new()),
        };
        Self { spec, fields: name.map(subject).into_iter().collect() }
    }
}

impl Question for Row {
    fn id(&self) -> MessageId {
        number(self.spec)
    }

    fn name(&self) -> &str {
        self.spec.name
    }

    fn doc(&self) -> &str {
        self.spec.doc
    }

    fn takes_payload(&self) -> bool {
        self.spec.needs != Needs::Nothing
    }

    fn timeout(&self) -> Duration {
        self.spec.timeout
    }

    fn fields(&self) -> &[Field] {
        &self.fields
    }

    fn fill(&self, values: &[Value], _: &Recipient) -> Result<Bytes, String> {
        let subject = match values.first() {
            Some(Value::Bytes(bytes)) => bytes.clone(),
            _ => Vec::new(),
        };
        about(self.spec, &subject, [0; SUBJECT]).map_err(|error| error.to_string())?;
        Ok(subject.into())
    }
}

fn about(spec: &Spec, subject: &[u8], random: [u8; SUBJECT]) -> Result<Asked, NoQuestion> {
    let digits = (!subject.is_empty()).then(|| text::hex(subject));
    spec.about(digits.as_deref(), random)
}

/// The number of a question.
///
/// # Panics
/// It is none of the table: a mistake in the program.
#[must_use]
pub fn number(spec: &Spec) -> MessageId {
    let at = QUESTIONS.iter().position(|known| known.name == spec.name);
    let at = at.and_then(|at| u8::try_from(at).ok()).expect("a row of the table");
    MessageId(FIRST + at)
}

fn spec(number: MessageId) -> Option<&'static Spec> {
    QUESTIONS.get(usize::from(number.0.checked_sub(FIRST)?))
}

/// Whether the reply to the question of this number comes in parts.
#[must_use]
pub fn comes_in_parts(number: MessageId) -> bool {
    spec(number).is_some_and(|spec| matches!(spec.comes, Comes::InParts))
}

/// Whether it is the question for samples, whose answer says when there are new ones (BEP 51).
#[must_use]
pub(crate) fn gives_samples(number: MessageId) -> bool {
    spec(number).is_some_and(|spec| spec.name == "SAMPLE")
}

/// The question of this number about this subject; `random` stands in where that may be left out.
///
/// # Errors
/// There is no such question, or its subject is missing or misshapen.
pub fn asked(
    network: Network,
    number: MessageId,
    subject: &[u8],
    random: [u8; SUBJECT],
) -> Result<(&'static Spec, Asked), NoQuestion> {
    let here = spec(number).and_then(|spec| Spec::find(network, spec.name));
    let spec = here.ok_or_else(|| NoQuestion::Name(number.to_string()))?;
    Ok((spec, about(spec, subject, random)?))
}

/// How many peers are asked this question at the same time.
#[must_use]
pub fn at_once(number: MessageId) -> usize {
    let is_lookup = spec(number).is_some_and(|spec| spec.name == "LOOKUP");
    if is_lookup { LOOKUPS_AT_ONCE } else { AT_ONCE }
}

/// What goes out for a question, in words.
#[must_use]
pub fn sends(number: MessageId) -> &'static str {
    match spec(number).map_or("", |spec| spec.name) {
        "REACH" => "20 bytes of a handshake, a key, a uTP SYN, a KRPC ping; no infohash",
        "HELLO" => "a handshake with the infohash and the extensions; no request for data",
        "PEX" => "a handshake with the infohash, then it listens; no request for data",
        "LOOKUP" => "find_node to ever closer nodes, each asked twice at most, read-only",
        "" => "",
        _ => "1 KRPC query, read-only, repeated once if there is no answer",
    }
}

/// The first question that a peer of a network is asked: the one that needs nothing to be known.
///
/// # Panics
/// The table lacks it: a mistake in the program.
#[must_use]
pub fn first(network: Network) -> MessageId {
    let name = if network == Network::Dht { "PING" } else { "REACH" };
    number(Spec::find(network, name).expect("a row of the table"))
}

/// The questions that peers of a network can be asked; none of the overlay, whose registry is the
/// program's own.
#[must_use]
pub fn registry(network: Network) -> &'static Registry {
    static BITTORRENT: LazyLock<Registry> = LazyLock::new(|| of(Network::BitTorrent));
    static DHT: LazyLock<Registry> = LazyLock::new(|| of(Network::Dht));
    static NONE: LazyLock<Registry> = LazyLock::new(Registry::default);
    match network {
        Network::Overlay => &NONE,
        Network::BitTorrent => &BITTORRENT,
        Network::Dht => &DHT,
    }
}

/// Whether these are the questions of another network than the overlay: no other numbers can be
/// asked there.
pub(crate) fn is_registry(registry: &Registry) -> bool {
    let own = [Network::BitTorrent, Network::Dht].map(self::registry);
    own.into_iter().any(|own| std::ptr::eq(own, registry))
}

fn of(network: Network) -> Registry {
    Spec::of(network).map(Row::new).fold(Registry::default(), Registry::with_question)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_question_is_asked_by_its_number_and_nothing_else_is() {
        for network in [Network::BitTorrent, Network::Dht] {
            let registry = registry(network);
            assert_eq!(registry.iter().count(), Spec::of(network).count());
            for question in registry.iter() {
                let subject: &[u8] = if question.takes_payload() { &[7; SUBJECT] } else { &[] };
                let (spec, asked) = asked(network, question.id(), subject, [1; SUBJECT]).unwrap();
                assert_eq!((spec.name, asked.name()), (question.name(), question.name()));
            }
        }
        assert!(asked(Network::Dht, MessageId(3), &[], [0; SUBJECT]).is_err());
        assert!(asked(Network::Dht, MessageId(FIRST + 1), &[7; 20], [0; SUBJECT]).is_err());
    }

    #[test]
    fn a_form_says_what_its_subject_lacks() {
        let lookup = Row::new(Spec::find(Network::Dht, "lookup").unwrap());
        let to = Recipient::from(swarmscope_wire::OverlayVersion::CURRENT);
        let fill = |bytes: &[u8]| lookup.fill(&[Value::Bytes(bytes.to_vec())], &to);
        assert_eq!(fill(&[7; 20]).unwrap(), Bytes::from_static(&[7; 20]));
        assert!(fill(&[7; 3]).unwrap_err().contains("40 hexadecimal digits"));
        assert!(fill(&[]).unwrap_err().contains("LOOKUP"));
        let sample = Row::new(Spec::find(Network::Dht, "sample").unwrap());
        assert!(sample.fill(&[Value::Bytes(Vec::new())], &to).is_ok(), "random where left out");
    }
}
