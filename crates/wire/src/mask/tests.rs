use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{Note, NoteKind, formats};

#[test]
fn the_home_directory_is_hidden_with_the_addresses() {
    let mask = Mask::new([7; 32]).with_home("/home/ann/");
    let one = mask.text("203.0.113.9 --identity /home/ann/key.pem").into_owned();
    assert!(one.starts_with("ip-") && one.ends_with(" --identity ~/key.pem"), "{one}");
    assert_eq!(Mask::new([7; 32]).with_home("/").text("/etc"), "/etc", "no home of anybody");
}

const MASK: Mask = Mask::new([7; 32]);

/// A text with its pseudonyms' digits left out.
fn masked(text: &str) -> String {
    let mut text = MASK.text(text).into_owned();
    for kind in ["ip-", "permid-"] {
        let parts: Vec<_> = text.split(kind).map(str::to_owned).collect();
        let digits = 2 * PSEUDONYM;
        assert!(parts[1..].iter().all(|part| part.len() >= digits), "{text}");
        text = parts[1..].iter().fold(parts[0].clone(), |text, part| {
            format!("{text}<{}>{}", &kind[..1], &part[digits..])
        });
    }
    text
}

#[test]
fn addresses_are_found_where_they_stand() {
    for (text, expected) in [
        ("OCTM:130.161.211.245,7762,9f3a", "OCTM:<i>,7762,9f3a"),
        ("ID:00112233;IP:10.0.0.1", "ID:00112233;IP:<i>"),
        ("udp 1.2.3.4:6881 and [2001:db8::1]:80.", "udp <i> and <i>."),
        ("d2:ip9:127.0.0.14:porti7760ee", "d2:ip9:<i>:porti7760ee"),
        ("l7:1.2.3.4e", "l7:<i>e"),
        ("fe80::1, ::1, ::ffff:1.2.3.4 2001:db8:0:0:0:0:0:1/64", "<i>, <i>, <i> <i>/64"),
        ("(255.255.255.255)", "(<i>)"),
        ("1.2.3.4.", "<i>."),
        ("é1.2.3.4é", "é<i>é"),
    ] {
        assert_eq!(masked(text), expected, "{text}");
    }
}

#[test]
fn what_is_none_stays() {
    for text in [
        "",
        "0.0.0.0 :: [::]:80",
        "1795337030.84 CRAWL",
        "5.3.9",
        "1.2.3.4.5",
        "1.2.3.256 1.2.3 1..2.3 1.2.3.",
        "1234.1.1.1",
        "12:34:56",
        "a1b2:c3",
        "std::fmt::Display, x::1",
        "12.5% of 7:3",
        "00:11:22:33:44:55",
        "[1] [::x] [",
        "MFIwEAYHKoZIzj0CAQ",
    ] {
        assert!(
            matches!(MASK.text(text), Cow::Borrowed(same) if same == text),
            "{text}: {}",
            MASK.text(text)
        );
    }
}

#[test]
fn permids_are_found_in_every_form() {
    for permid in [Permid::Ed25519([0xab; 32]), Permid::Sect233k1([1; 60])] {
        let (base64, hex) = (permid.to_string(), text::hex(&permid.to_der()));
        for form in [&*base64, &hex, &hex.to_uppercase(), &base64[..50], &hex[..64]] {
            assert_eq!(masked(&format!("112:{form}, {form}…")), "112:<p>, <p>…", "{form}");
        }
        assert_eq!(MASK.permid(&permid), MASK.text(&base64));
    }
}

#[test]
fn an_address_that_adjoins_a_permid_or_an_id_is_hidden_with_it() {
    let permid = "MCowBQYDK2VwAyEAabc+";
    let node = "0123456789abcdef0123456789abcdef0123f";
    for (secret, first) in [
        (permid, "198"),
        (permid, "8"),
        (permid, "1198"),
        (permid, "998"),
        (node, "198"),
        (node, "8"),
    ] {
        let text = format!("{secret}{first}.51.100.7:7000.");
        let once = MASK.text(&text).into_owned();
        assert!(!once.contains("51.100.7"), "{text}: {once}");
    }
}

#[test]
fn a_pseudonym_with_what_follows_it_makes_no_address() {
    // the first permid's pseudonym ends in a digit, with which the rest would be one
    let permid = (0..99)
        .map(|n| format!("MCowBQYDK2VwAyEAabc{n}=="))
        .find(|permid| MASK.text(permid).ends_with(|last: char| last.is_ascii_digit()));
    for rest in [".51.100.7:7000", "0123456789abcdef0123456789abcdef"] {
        let once = MASK.text(&format!("{}{rest}", permid.as_deref().unwrap())).into_owned();
        assert_eq!(MASK.text(&once), once);
    }
}

#[test]
fn pseudonyms_say_who_is_the_same_and_nothing_else() {
    let one = MASK.text("1.2.3.4:80").into_owned();
    assert_eq!(MASK.text("1.2.3.4:81"), one);
    assert_eq!(MASK.address("1.2.3.4:6881".parse().unwrap()), one);
    assert_ne!(MASK.text("1.2.3.5"), one);
    assert_ne!(Mask::new([8; 32]).text("1.2.3.4"), one);
    assert_eq!(MASK.text(&one), one, "a pseudonym is no secret");
    assert_eq!(format!("{MASK:?}"), "Mask");
}

#[test]
fn a_decoded_payload_is_masked_through_and_through() {
    let permid = Permid::Sect233k1([1; 60]);
    let message = format!(
        "d6:random{}l9:127.0.0.1i7760e{}:{permid}e8:10.1.1.17:unknown3:vip7:1.2.3.4e",
        "", 112
    );
    let mut decoded = formats::decode(message.as_bytes());
    decoded.summary = "from 1.2.3.4".into();
    decoded.notes.push(Note::new(NoteKind::Unexpected, format!("{permid} at [::1]:80")));
    let der = formats::decode(&permid.to_der());
    for decoded in [MASK.decoded(decoded), MASK.decoded(der)] {
        let all = format!("{decoded:?}");
        for secret in ["127.0.0.1", "10.1.1.1", "1.2.3.4", "::1", "MFIw", "30523010"] {
            assert!(!all.contains(secret), "{secret} in {all}");
        }
    }
    let decoded = MASK.decoded(formats::decode(b"d7:1.2.3.4l7:1.2.3.4ee"));
    let pseudonym = MASK.text("1.2.3.4");
    assert_eq!(decoded.json, json!({ (pseudonym.clone()): [pseudonym] }));
    assert_eq!(decoded.tree.children[0].label, pseudonym);
}

proptest! {
    #[test]
    fn no_address_and_no_permid_is_left(
        before in "[^0-9a-fA-F:.\\[]{0,5}", between in "[ ,;/()\n\"']{1,3}", v4 in any::<[u8; 4]>(), v6 in any::<[u8; 16]>(),
        key in any::<[u8; 32]>(), port in any::<Option<u16>>(),
    ) {
        let (v4, v6, permid) = (Ipv4Addr::from(v4), Ipv6Addr::from(v6), Permid::Ed25519(key));
        prop_assume!(!v4.is_unspecified() && !v6.is_unspecified());
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let text = format!("{before}{between}{v4}{port}{between}[{v6}]{port}{between}{v6}{between}{permid}{between}");
        prop_assert_eq!(masked(&text), format!("{before}{between}<i>{between}<i>{between}<i>{between}<p>{between}"));
    }

    #[test]
    fn no_text_makes_it_panic_or_needs_it_twice(
        text in "([0-9a-f:.\\[\\]]|[0-9]{1,3}\\.|::|\\PC|MCowBQYDK2VwAyEA|[0-9a-f]{8}|[0-9a-f]{40}){0,40}",
    ) {
        let masked = MASK.text(&text);
        prop_assert!(masked != text || matches!(masked, Cow::Borrowed(_)));
        prop_assert_eq!(&MASK.text(&masked), &masked);
    }
}
