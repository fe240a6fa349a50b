use std::sync::Arc;
use std::time::{Duration, Instant, UNIX_EPOCH};

use proptest::prelude::*;

use super::*;
use crate::notes::Notes;
use crate::now::Now;
use crate::peers::Peers;
use crate::request::{Outcome, Reply, Request};
use swarmscope_peer::crawler::AcceptanceLog;
use swarmscope_peer::node::{Origin, PeerKey, Ticket, Transport};
use swarmscope_wire::failure::{By, Cause, Failure};
use swarmscope_wire::{ErrorByte, Frequency, MessageId, OverlayVersion, Permid};

/// What a filter looks at, with one peer of which everything is known and one of which nothing is.
struct World {
    peers: Peers,
    notes: Notes,
    acceptance: AcceptanceLog,
    now: Now,
    privacy: bool,
}

const WHO: Permid = Permid::Ed25519([0x9f; 32]);

fn known() -> PeerKey {
    PeerKey::Permid(WHO)
}

fn unknown() -> PeerKey {
    PeerKey::Address("tour.example:7760".into())
}

#[allow(clippy::disallowed_methods)] // an origin for virtual time
fn world() -> World {
    let now = Now { instant: Instant::now() + Duration::from_secs(10_000), wall: UNIX_EPOCH };
    let ago = |seconds| Now {
        instant: now.instant.checked_sub(Duration::from_secs(seconds)).unwrap(),
        ..now
    };
    let mut peers = Peers::default();
    let peer = peers.entry(&known()).unwrap();
    peer.address = Some("10.1.2.3:7760".parse().unwrap());
    peer.version = Some(OverlayVersion(18));
    peer.transport = Some(Transport::Tls);
    peer.nat = Some("Port restr".into());
    peer.label = Some("tour".into());
    peer.rtt = Some(Duration::from_micros(200_400));
    peer.signals = 2;
    peer.state = State::Connected { since: ago(100) };
    let mut request = Request::new(
        Ticket(1),
        1,
        MessageId::NATCHECK,
        Frequency(3600),
        bytes::Bytes::new(),
        Origin::Operator,
        ago(700),
    );
    request.outcome = Outcome::Replied(Reply {
        error: ErrorByte(254),
        payload: None,
        bytes: 12_000,
        parts: 1,
        elapsed: Duration::ZERO,
        dialled_back: false,
        as_read: false,
        at: ago(700),
        decoding: None,
        malformed: false,
        sha256: None,
        digests: None,
    });
    peer.requests.push(Arc::new(request));
    let other = peers.entry(&unknown()).unwrap();
    other.state = State::Failed {
        failure: Failure::new(Cause::TcpRefused, By::Network, ""),
        attempt: 1,
        gives_up_at: 28,
        again_in: None,
        at: now,
    };
    let (mut notes, mut acceptance) = (Notes::default(), AcceptanceLog::default());
    let place = peers.index(&known()).unwrap();
    peers.mark(place, true);
    notes.set(WHO, "says odd things").unwrap();
    acceptance.record_254(WHO, MessageId::NATCHECK, ago(700).instant, Frequency(3600));
    World { peers, notes, acceptance, now, privacy: false }
}

impl World {
    fn facts(&self) -> Present<'_> {
        Present {
            peers: &self.peers,
            notes: &self.notes,
            acceptance: &self.acceptance,
            message: MessageId::NATCHECK,
            frequency: Frequency(3600),
            target: None,
            now: self.now,
            origin: self.now.instant,
            privacy: self.privacy,
        }
    }

    /// Whether the known and the unknown peer are shown.
    fn shown(&self, text: &str) -> (bool, bool) {
        let filter = Filter::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let shows = |key| filter.shows(&self.facts(), self.peers.get(&key).unwrap());
        (shows(known()), shows(unknown()))
    }
}

#[test]
fn words_are_found_in_what_is_shown() {
    let world = world();
    for (text, shown) in [
        ("", (true, true)),
        ("9f9f…9f", (true, false)),
        ("9F9F9F", (true, false)),
        ("10.1.2", (true, false)),
        (":7760", (true, true)),
        ("18 tls", (true, false)),
        ("RESTR tour connected", (true, false)),
        ("odd", (true, false)),
        ("\"odd things\"", (true, false)),
        ("\"things odd\"", (false, false)),
        ("clear", (false, false)),
        ("tour", (true, true)),
        ("n5+fn5+f", (true, false)),
        ("n5+fn5+", (false, false)),
        (&WHO.to_string(), (true, false)),
        ("\"and\"", (false, false)),
    ] {
        assert_eq!(world.shown(text), shown, "{text}");
    }
}

#[test]
fn fields_compare_with_what_is_known() {
    let world = world();
    for (text, shown) in [
        ("nat:port", (true, false)),
        ("nat:port-restricted", (true, false)),
        ("nat:\"Port Restricted Cone NAT\"", (true, false)),
        ("nat:restricted", (false, false)),
        ("nat:none", (false, true)),
        ("nat:any", (true, false)),
        ("version:>=13", (true, false)),
        ("v:17,18", (true, false)),
        ("v:17", (false, false)),
        ("v:none", (false, true)),
        ("version!=18", (false, false)),
        ("rtt:>200ms", (false, false)),
        ("rtt>199ms", (true, false)),
        ("rtt:200ms", (true, false)),
        ("rtt:<1s", (true, false)),
        ("error:254", (true, false)),
        ("error:>0", (true, false)),
        ("error:tcp", (false, true)),
        ("error:refused", (false, true)),
        ("error:any", (true, true)),
        ("permid:9f9f", (true, false)),
        ("state:up", (true, false)),
        ("state:fail,gone", (false, true)),
        ("state:down", (false, true)),
        ("transport:tls", (true, false)),
        ("transport:none", (false, true)),
        ("address::7760", (true, true)),
        ("address:/^10\\./", (true, false)),
        ("label:tour", (true, false)),
        ("label:/^t.*r$/", (true, false)),
        ("note:odd", (true, false)),
        ("note:none", (false, true)),
        ("marked:yes", (true, false)),
        ("marked:no", (false, true)),
        ("signal:>0", (true, false)),
        ("reply:>10min", (true, false)),
        ("reply:<10min", (false, false)),
        ("reply:none", (false, true)),
        ("size:>10KiB", (true, false)),
        ("asked:0", (false, true)),
        ("next:now", (false, false)),
        ("next:none", (false, true)),
        ("next:>40min", (true, false)),
    ] {
        assert_eq!(world.shown(text), shown, "{text}");
    }
}

#[test]
fn conditions_combine() {
    let world = world();
    for (text, shown) in [
        ("nat:port or state:failed", (true, true)),
        ("nat:port and state:failed", (false, false)),
        ("not nat:port", (false, true)),
        ("-nat:port", (false, true)),
        ("not not nat:port", (true, false)),
        ("--nat:port", (true, false)),
        ("(nat:port or state:failed) -v:18", (false, true)),
        ("nat:port or state:failed v:18", (true, false)),
        ("NOT (v:18 OR tour)", (false, false)),
        ("/^port RESTR$/", (true, false)),
        ("/10\\.\\d\\./", (true, false)),
        ("/a\\/b/", (false, false)),
    ] {
        assert_eq!(world.shown(text), shown, "{text}");
    }
}

#[test]
fn privacy_hides_addresses_from_the_filter_too() {
    let world = World { privacy: true, ..world() };
    for text in ["10.1.2.3", "address:10", "address:/1/", "/10\\.1/", "tour.example", ":7760"] {
        assert_eq!(world.shown(text), (false, false), "{text}");
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    for (text, at, what) in [
        ("v:18 nta:sym", 5..8, "no field nta"),
        ("rtt:>fast", 4..9, "not a number"),
        ("rtt:", 4..4, "and what?"),
        ("state:asleep", 6..12, "no such state"),
        ("(v:18", 0..1, "not closed"),
        ("v:18)", 4..5, "no bracket is open"),
        ("v:18 or", 7..7, "missing"),
        ("or v:18", 0..2, "missing before"),
        ("not", 3..3, "missing"),
        ("a and and b", 6..9, "missing before"),
        ("()", 1..2, "missing before"),
        ("x \"open", 2..7, "quotes"),
        ("x /open", 2..7, "pattern is not closed"),
        ("x /a(/", 2..6, "not a pattern"),
        ("rtt:/1/", 4..7, "no text"),
        ("é nat:é v:x", 12..13, "not a number"),
        (&"(".repeat(41), 40..41, "nested too deep"),
    ] {
        let error = Filter::parse(text).expect_err(text);
        assert_eq!((error.at.clone(), error.what.contains(what)), (at, true), "{text}: {error}");
    }
    let huge = Filter::parse("/(a{1000}){1000}/").unwrap_err();
    assert!(huge.what.contains("too large"), "{huge}");
}

#[test]
fn candidates_are_names_and_what_occurs() {
    let world = world();
    let texts = |text: &str| -> Vec<String> {
        complete(text, text.len(), &world.facts())
            .candidates
            .into_iter()
            .map(|candidate| candidate.text)
            .collect()
    };
    assert_eq!(texts("na"), ["nat:"]);
    assert_eq!(texts("v:18 (-si"), ["size:", "signal:"]);
    assert_eq!(texts("no"), ["note:", "not "]);
    assert_eq!(texts("nat:"), ["\"Port restr\" ", "any ", "none "]);
    assert_eq!(texts("nat:x,po"), ["\"Port restr\" "]);
    assert_eq!(texts("state:conn"), ["connected ", "connecting "]);
    assert_eq!(texts("error:"), ["254 ", "tcp.refused ", "any ", "none "]);
    assert_eq!(texts("/na"), [""; 0]);
    let completion = complete("v:18 nat:po or", 11, &world.facts());
    assert_eq!(completion.at, 9..11);
    assert_eq!(completion.candidates[0].note, "1 peer");
}

#[test]
fn everything_that_is_proposed_can_be_parsed() {
    let world = world();
    for field in Field::ALL {
        let text = format!("{}:", field.name());
        for candidate in complete(&text, text.len(), &world.facts()).candidates {
            assert!(
                Filter::parse(&format!("{text}{}", candidate.text)).is_ok(),
                "{text}{}",
                candidate.text
            );
        }
        for example in field.possible().split([',', ';']).map(str::trim) {
            let plain = !example.contains(' ') && !example.is_empty();
            assert!(
                !plain || Filter::parse(&format!("{text}{example}")).is_ok(),
                "{text}{example}"
            );
        }
        assert_eq!(Field::named(field.name()), Some(field));
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,80}", cursor in 0_usize..80) {
        let world = world();
        if let Ok(filter) = Filter::parse(&text) {
            let _ = world.peers.iter().filter(|peer| filter.shows(&world.facts(), peer)).count();
        }
        let cursor = (0..=cursor.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let completion = complete(&text, cursor, &world.facts());
        prop_assert!(text.get(completion.at).is_some());
    }

    #[test]
    fn no_words_make_it_panic(words in prop::collection::vec(prop::sample::select(vec![
        "(", ")", "and", "or", "not", "-", "nat:", "rtt:>", "200ms", "\"", "/", ",", "v:1..", "é", "\\", "x", " ", "state:up", "none",
    ]), 0..60)) {
        let text = words.concat();
        match Filter::parse(&text) {
            Ok(filter) => {
                let world = world();
                let _ = world.peers.iter().filter(|peer| filter.shows(&world.facts(), peer)).count();
            }
            Err(error) => prop_assert!(text.get(error.at.clone()).is_some(), "{error:?}"),
        }
    }

    /// What is not a word of the language itself is looked for as it stands.
    #[test]
    fn a_text_in_quotes_is_itself(text in "[^\"\\\\\\p{C}]{1,30}") {
        let mut world = world();
        world.notes.set(WHO, &text).unwrap();
        let kept = world.notes.get(&WHO).unwrap_or_default().to_owned();
        prop_assume!(!kept.is_empty());
        let filter = Filter::parse(&format!("note:\"{kept}\"")).unwrap();
        prop_assert!(filter.shows(&world.facts(), world.peers.get(&known()).unwrap()));
    }
}

#[test]
fn values_of_very_many_peers_are_those_of_a_sample_and_say_so() {
    let mut world = world();
    let note = |world: &World| complete("v:1", 3, &world.facts()).candidates[0].note.clone();
    assert_eq!(note(&world), "1 peer");
    world.peers = Peers::new(100_000);
    for n in 0..60_000 {
        let peer = world.peers.entry(&PeerKey::Address(n.to_string())).unwrap();
        peer.version = Some(OverlayVersion(17));
    }
    assert_eq!(note(&world), "20 000 peers in a sample of 1 in 3");
}
