use super::*;
use crate::identity::Ed25519Identity;

const OFFLINE: &[u8] = b"l7:Unknowni-1ei0e7:0.0.0.0i0e7:0.0.0.0i6700ee";

fn answer(listening: Option<SocketAddr>) -> Answer {
    let from = Ed25519Identity::from_seed([1; 32]).permid();
    let asked = Asked { from, version: OverlayVersion::CURRENT, payload: Bytes::new() };
    let view = PeerView { listening };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(NatCheck.answer(asked, &view))
}

#[test]
fn an_original_s_reply_reads_field_by_field() {
    let decoded = NatCheck.decode(OFFLINE).unwrap();
    let fields: Vec<_> = decoded.tree.children.iter().map(|node| (node.label.as_str(), node.value.as_str())).collect();
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
    let bytes: Vec<_> = decoded.tree.children.iter().map(|node| &OFFLINE[node.span.clone().unwrap()]).collect();
    assert_eq!(bytes, [&b"7:Unknown"[..], b"i-1e", b"i0e", b"7:0.0.0.0", b"i0e", b"7:0.0.0.0", b"i6700e"]);
    assert_eq!(decoded.tree.span, Some(0..OFFLINE.len()));
    assert_eq!((decoded.summary.as_str(), decoded.tree.value.as_str()), ("Unknown, 7 fields", "7 fields"));
    assert_eq!(decoded.json["internal_port"], 6700);
    assert_eq!(decoded.json["type"], "Unknown");
}

#[test]
fn what_is_no_such_reply_says_why() {
    for (payload, why) in [
        (&b""[..], "bencode"),
        (b"i7e", "not a list"),
        (b"le", "0 instead of 7"),
        (b"l7:Unknowni-1ei0e7:0.0.0.0i0e7:0.0.0.0i6700ei1ee", "8 instead of 7"),
        (b"li1ei-1ei0e7:0.0.0.0i0e7:0.0.0.0i6700ee", "field 0 (type)"),
        (b"l7:Unknown1:1i0e7:0.0.0.0i0e7:0.0.0.0i6700ee", "field 1 (code)"),
        (b"l7:Unknownlei0e7:0.0.0.0i0e7:0.0.0.0i6700ee", "field 1 (code)"),
        (b"l7:Unknowni-1ei0e7:0.0.0.0i0e7:0.0.0.0i99999999999999999999ee", "field 6 (port)"),
        (b"l7:Unknowni-1ei0e7:0.0.0.0i0e7:0.0.0.0i6700eex", "bencode"),
    ] {
        let error = NatCheck.decode(payload).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn text_of_a_peer_stays_harmless() {
    let hostile = [&b"l9:a\x1b[2Jb\xe2\x80\xaei-1ei0e300:"[..], &[b'x'; 300], b"i0e7:0.0.0.0i6700ee"].concat();
    let decoded = NatCheck.decode(&hostile).unwrap();
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
    assert_eq!(everywhere.error, crate::wire::ErrorByte::SUCCESS);
    let decoded = NatCheck.decode(&everywhere.payload).unwrap();
    assert!(decoded.json["internal_ip"].as_str().unwrap().parse::<IpAddr>().is_ok());
    assert_eq!(decoded.json["internal_port"], 6700);
}
