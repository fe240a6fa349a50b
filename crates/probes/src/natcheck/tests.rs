use super::*;
use crate::nat::StunServer;
use swarmscope_peer::identity::Ed25519Identity;

const OFFLINE: &[u8] = b"l7:Unknowni-1ei0e7:0.0.0.0i0e7:0.0.0.0i6700ee";

fn probe() -> NatCheck {
    NatCheck::new(NatTester::default())
}

fn decode(payload: &[u8]) -> Result<Decoded, ReplyDecodeError> {
    probe().decode(payload)
}

async fn ask(probe: &NatCheck, version: OverlayVersion, listening: Option<SocketAddr>) -> Answer {
    let from = Ed25519Identity::from_seed([1; 32]).permid();
    let asked = Asked { from, version, payload: Bytes::new() };
    probe.answer(asked, &PeerView { listening }).await
}

fn answer(listening: Option<SocketAddr>) -> Answer {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(ask(&probe(), OverlayVersion::CURRENT, listening))
}

#[test]
fn an_original_s_reply_reads_field_by_field() {
    let decoded = decode(OFFLINE).unwrap();
    let fields: Vec<_> = decoded
        .tree
        .children
        .iter()
        .map(|node| (node.label.as_str(), node.value.as_str()))
        .collect();
    let expected = [
        ("type", "Unknown"),
        ("code", "-1"),
        ("udp timeout", "0"),
        ("external ip", "0.0.0.0"),
        ("port", "0"),
        ("internal ip", "0.0.0.0"),
        ("port", "6700"),
    ];
    assert_eq!(fields, expected);
    let bytes: Vec<_> =
        decoded.tree.children.iter().map(|node| &OFFLINE[node.span.clone().unwrap()]).collect();
    assert_eq!(
        bytes,
        [&b"7:Unknown"[..], b"i-1e", b"i0e", b"7:0.0.0.0", b"i0e", b"7:0.0.0.0", b"i6700e"]
    );
    assert_eq!(decoded.tree.span, Some(0..OFFLINE.len()));
    assert_eq!(
        (decoded.summary.as_str(), decoded.tree.value.as_str()),
        ("Unknown, 7 fields", "7 fields")
    );
    assert_eq!(decoded.json["internal_port"], 6700);
    assert_eq!(decoded.json["type"], "Unknown");
}

#[test]
fn what_is_no_such_reply_says_why() {
    for (payload, why) in [
        (&b""[..], "bencode"),
        (b"i7e", "not a list"),
        (b"le", "0 instead of 7 or 8"),
        (b"l7:Unknowni-1ei0e7:0.0.0.0i0e7:0.0.0.0i6700ei1ee", "field 7 (measured) is not a dict"),
        (b"l7:Unknowni-1ei0e7:0.0.0.0i0e7:0.0.0.0i6700edei1ee", "9 instead of 7 or 8"),
        (b"l7:Unknowni-1ei0e7:0.0.0.0i0e7:0.0.0.0i6700ed3:agei-1eee", "age has"),
        (b"l7:Unknowni-1ei0e7:0.0.0.0i0e7:0.0.0.0i6700ed7:mappingdeee", "mapping has"),
        (b"l7:Unknowni-1ei0e7:0.0.0.0i0e7:0.0.0.0i6700ed7:mappingd10:confidence2:107:verdict1:xeee", "mapping has"),
        (b"li1ei-1ei0e7:0.0.0.0i0e7:0.0.0.0i6700ee", "field 0 (type)"),
        (b"l7:Unknown1:1i0e7:0.0.0.0i0e7:0.0.0.0i6700ee", "field 1 (code)"),
        (b"l7:Unknownlei0e7:0.0.0.0i0e7:0.0.0.0i6700ee", "field 1 (code)"),
        (b"l7:Unknowni-1ei0e7:0.0.0.0i0e7:0.0.0.0i99999999999999999999ee", "field 6 (port)"),
        (b"l7:Unknowni-1ei0e7:0.0.0.0i0e7:0.0.0.0i6700eex", "bencode"),
    ] {
        let error = decode(payload).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn text_of_a_peer_stays_harmless() {
    let hostile =
        [&b"l9:a\x1b[2Jb\xe2\x80\xaei-1ei0e300:"[..], &[b'x'; 300], b"i0e7:0.0.0.0i6700ee"]
            .concat();
    let decoded = decode(&hostile).unwrap();
    assert_eq!(decoded.tree.children[0].value, "a·[2Jb·");
    assert!(decoded.tree.children.iter().all(|node| !node.value.chars().any(char::is_control)));
    assert!(decoded.tree.children[3].value.chars().count() <= MAX_TEXT_CHARS);
}

#[test]
fn a_peer_tells_what_it_knows_without_asking_others() {
    assert_eq!(
        answer(Some("127.0.0.1:7760".parse().unwrap())).payload,
        &b"l7:Unknowni-1ei0e7:0.0.0.0i0e9:127.0.0.1i7760ee"[..]
    );
    assert_eq!(answer(None).payload, &b"l7:Unknowni-1ei0e7:0.0.0.0i0e7:0.0.0.0i0ee"[..]);
    let everywhere = answer(Some("0.0.0.0:6700".parse().unwrap()));
    assert_eq!(everywhere.error, swarmscope_wire::ErrorByte::SUCCESS);
    let decoded = decode(&everywhere.payload).unwrap();
    assert!(decoded.json["internal_ip"].as_str().unwrap().parse::<IpAddr>().is_ok());
    assert_eq!(decoded.json["internal_port"], 6700);
}

const MEASURED: &[u8] = b"l13:Full Cone NATi1ei0e11:203.0.113.1i4000e11:192.168.1.2i5000ed3:agei61e8:answeredi20e\
    9:filteringd10:confidencei90e7:verdict20:endpoint-independente7:hairpind7:verdict12:inconclusive3:why13:too much losse\
    8:lifetimed7:verdict12:not measurede7:mappingd10:confidencei99e7:verdict20:endpoint-independente5:novelli1ee\
    4:senti24e4:tooki6e10:translatedi1e3:udpd10:confidencei99e7:verdict4:openeee";

#[test]
fn the_eighth_field_reads_axis_by_axis() {
    let decoded = decode(MEASURED).unwrap();
    let measured = &decoded.tree.children[7];
    let lines: Vec<_> =
        measured.children.iter().map(|node| (node.label.as_str(), node.value.as_str())).collect();
    let expected = [
        ("udp", "open (99 %)"),
        ("mapping", "endpoint-independent (99 %)"),
        ("filtering", "endpoint-independent (90 %)"),
        ("hairpin", "inconclusive: too much loss"),
        ("lifetime", "not measured"),
        ("translated", "yes"),
        ("age", "61 s"),
        ("took", "6 s"),
        ("sent", "24"),
        ("answered", "20"),
        ("novel", "1"),
    ];
    assert_eq!((measured.label.as_str(), lines), ("measured", expected.to_vec()));
    assert_eq!(&MEASURED[measured.children[6].span.clone().unwrap()], b"i61e");
    assert_eq!(decoded.summary, "Full Cone NAT, 8 fields");
    let json = &decoded.json["measured"];
    assert_eq!(
        json["mapping"],
        serde_json::json!({"verdict": "endpoint-independent", "confidence": 99})
    );
    assert_eq!(
        json["hairpin"],
        serde_json::json!({"verdict": "inconclusive", "why": "too much loss"})
    );
    assert_eq!((&json["age_s"], &json["translated"]), (&61.into(), &true.into()));
}

#[tokio::test]
async fn a_peer_with_servers_measures_once_and_gives_18_more_than_17() {
    let server = StunServer::start("127.0.0.1:0".parse().unwrap(), "127.0.0.2:0".parse().unwrap())
        .await
        .unwrap();
    let probe = NatCheck::new(NatTester::new(vec![server.listen().to_string()]));
    let (old, new) = tokio::join!(
        ask(&probe, OverlayVersion::LEGACY, None),
        ask(&probe, OverlayVersion::CURRENT, None)
    );
    let [old, new] = [old, new].map(|answer| decode(&answer.payload).unwrap());
    assert_eq!((old.tree.children.len(), new.tree.children.len()), (7, 8));
    assert_eq!(old.json["type"], "Open Internet");
    assert_eq!(old.json["external_port"], new.json["external_port"], "one test for both");
    assert_eq!(new.json["measured"]["filtering"]["verdict"], "endpoint-independent");
    assert_eq!(new.json["measured"]["age_s"], 0);
}

#[tokio::test(start_paused = true)]
#[expect(clippy::disallowed_methods, reason = "a server that never answers")]
async fn where_no_server_answers_udp_is_blocked_and_no_axis_is_known() {
    let silent = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let probe = NatCheck::new(NatTester::new(vec![silent.local_addr().unwrap().to_string()]));
    let answer =
        ask(&probe, OverlayVersion::CURRENT, Some("127.0.0.1:7760".parse().unwrap())).await;
    let json = decode(&answer.payload).unwrap().json;
    assert_eq!((&json["type"], &json["external_ip"]), (&"Blocked".into(), &"0.0.0.0".into()));
    assert_eq!((&json["internal_ip"], &json["internal_port"]), (&"127.0.0.1".into(), &7760.into()));
    assert_eq!(
        json["measured"]["mapping"],
        serde_json::json!({"verdict": "inconclusive", "why": "no STUN server answered"})
    );
}

#[tokio::test(start_paused = true)]
#[expect(clippy::disallowed_methods, reason = "a server that never answers")]
async fn the_lifetime_is_measured_where_it_is_asked_for() {
    let silent = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let probe = NatCheck::new(NatTester::new(vec![silent.local_addr().unwrap().to_string()]));
    let from = Ed25519Identity::from_seed([1; 32]).permid();
    for (payload, verdict) in [("", "not measured"), ("lifetime", "inconclusive")] {
        let asked = Asked {
            from,
            version: OverlayVersion::CURRENT,
            payload: Bytes::from_static(payload.as_bytes()),
        };
        let answer = probe.answer(asked, &PeerView { listening: None }).await;
        assert_eq!(
            decode(&answer.payload).unwrap().json["measured"]["lifetime"]["verdict"],
            verdict
        );
    }
}

#[tokio::test]
async fn a_test_that_could_not_be_run_is_unknown_and_says_why_without_naming_the_server() {
    let probe = NatCheck::new(NatTester::new(vec!["nobody.invalid:3478".into()]));
    let listening = Some("127.0.0.1:7760".parse().unwrap());
    let old = ask(&probe, OverlayVersion::LEGACY, listening).await;
    assert_eq!(old.payload, &b"l7:Unknowni-1ei0e7:0.0.0.0i0e9:127.0.0.1i7760ee"[..]);
    let new = decode(&ask(&probe, OverlayVersion::CURRENT, listening).await.payload).unwrap();
    let error = new.json["measured"]["error"].as_str().unwrap();
    assert!(error.contains("resolved") && !error.contains("nobody"), "{error}");
}
