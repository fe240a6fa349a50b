//! What a recording in privacy mode keeps of BitTorrent peers and nodes of the DHT, and that it can
//! be shown.

use std::mem::discriminant;

use super::*;
use data_encoding::{BASE64, BASE64_NOPAD};
use swarmscope_wire::text::hex;

/// Everything in [`everything`] that says who or where. A part of each is enough to be found.
const PLACES: [&str; 7] =
    ["203.0.113", "198.51.100", "192.0.2", "51413", "6881", "49160", "host.example"];

/// Every event that there is, each with all of what a peer may say of itself or others.
fn everything() -> Model {
    let mut model = mixed();
    let named = "bt://host.example:51413";
    tell(&mut model, 4_000, Told::Named { peer: key(named) });
    let label = "the one at 203.0.113.40:51413".to_owned();
    tell(&mut model, 3_900, Told::Labelled { peer: key(named), label });
    ask(&mut model, 3_800, named, "HELLO", 7);
    let says = json!({ "client": "qBittorrent at 203.0.113.40", "port": 51413,
        "yourip": "203.0.113.9", "reqq": 2000, "metadata_size": 393,
        "extensions": { "203.0.113.9": 1, "of 198.51.100.77:6881": 2 },
        "odd": [{ "why": INFOHASH }, NODE] });
    answer(&mut model, 3_700, named, 7, "203.0.113.40:51413 knows 192.0.2.200:6881", says);
    ask(&mut model, 3_000, FORCED, "PEX", 8);
    let says = json!({ "added": { "v4": 3, "v6": 0 }, "dropped": { "v4": 1, "v6": 0 } });
    part(&mut model, 2_900, 50, FORCED, 8, 1, says);
    let why = "198.51.100.77:51413 (host.example) closed it; peer 835c0e6d064dbcb731ce153414ee2321b7ba3c2b";
    let closed = failure(Cause::HandshakeClosed, By::Peer, Delivered::Maybe, why);
    tell(&mut model, 2_800, Told::Failed { peer: key(FORCED), ticket: Ticket(8), failure: closed });
    let says = json!({ "what": "bittorrent", "summary": "a client at 203.0.113.7:6881",
        "dht": { "id": NODE, "port": 6881 } });
    let overlay = PeerKey::Address("203.0.113.8:7760".to_owned());
    tell(&mut model, 2_700, Told::Examined { peer: overlay, says });
    fold(&mut model, before(0), Msg::Resize(120, 40));
    model.setup.naming.privacy = true;
    model
}

/// As text, as hex and as base64; addresses also as the bytes of compact nodes and peers.
fn forms(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let encoded = BASE64_NOPAD.encode(bytes);
    let whole = encoded[..bytes.len() / 3 * 4].to_owned();
    vec![secret.to_owned(), hex(bytes), whole]
}

#[test]
fn a_private_recording_of_other_networks_tells_of_nobody() {
    let (model, tape) = taped(everything);
    let text = file(&model, tape, before(4_000_000));
    let kinds = ["named", "labelled", "asked", "sent", "part", "answered", "failed", "examined"];
    for kind in kinds {
        assert!(text.contains(&format!("{{\"{kind}\":{{\"peer\"")), "{kind} is not in: {text}");
    }
    let ids = [INFOHASH, NODE].map(|id| (0..30).map(|at| id[at..at + 10].to_owned()));
    let places = PLACES.map(str::to_owned).into_iter();
    for secret in places.chain(ids.into_iter().flatten()).flat_map(|secret| forms(&secret)) {
        let line = text.lines().find(|line| line.contains(&secret));
        assert_eq!(line, None, "{secret}");
    }
    for id in [INFOHASH, NODE] {
        let bytes: Vec<u8> = (0..20)
            .map(|at| u8::from_str_radix(&id[2 * at..2 * at + 2], 16).expect("hex"))
            .collect();
        assert!(!text.contains(&BASE64.encode(&bytes)[..24]), "{id}");
    }
    assert!(!text.contains("metadata_size") && !text.contains("393"), "it tells which torrent");
}

#[test]
fn a_private_recording_of_other_networks_is_replayed() {
    let (model, tape) = taped(everything);
    let (_, mut again) = played(&file(&model, tape, before(4_000_000)));
    assert!(again.setup.naming.privacy);
    let outcomes = |model: &Model| -> Vec<_> {
        let all = model.facts.peers().iter().flat_map(|peer| peer.requests.iter().map(|it| &**it));
        let outcome = |it: &Request| (it.ticket.0, it.part_count(), discriminant(&it.outcome));
        let mut all: Vec<_> = all.map(outcome).collect();
        all.sort_by_key(|(ticket, ..)| *ticket);
        all
    };
    assert_eq!(outcomes(&again), outcomes(&model));
    assert_eq!(again.facts.peers().len(), model.facts.peers().len());
    let screen = crate::time::dark(&mut again, 120, 40).join("\n");
    for word in ["qB 5.0", "mse?", "LT 02 08", "REACH"] {
        assert!(screen.contains(word), "{word} is not in\n{screen}");
    }
}
