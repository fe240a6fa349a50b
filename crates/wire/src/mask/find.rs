//! Where addresses, permids, node ids and infohashes stand in a text.

use std::ops::Range;

use super::{IpAddr, Ipv4Addr, Ipv6Addr, Secret};

/// How all permids of a kind begin, in base64 and in hexadecimal digits, and how long a whole one
/// is.
const PERMIDS: [(&str, usize); 4] = [
    ("MFIwEAYHKoZIzj0CAQYFK4EEABoDPgAE", 112),
    ("MCowBQYDK2VwAyEA", 60),
    ("3052301006072a8648ce3d020106052b8104001a033e00", 168),
    ("302a300506032b6570032100", 88),
];
/// The digits of a node id or an infohash.
const NODE: usize = 40;
/// The longest text of an IPv6 address: RFC 4291 §2.2, with an IPv4 address at its end.
const MAX_IPV6: usize = 45;

/// The first of them.
pub(super) fn next(text: &str) -> Option<(Range<usize>, Secret<'_>)> {
    let bytes = text.as_bytes();
    // all that is looked for begins with one of these, and they are ASCII, so that each is a whole
    // character
    let starts = |at: &usize| matches!(bytes[*at], b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' | b'M' | b':' | b'[');
    (0..bytes.len()).filter(starts).find_map(|at| {
        permid(text, at)
            .or_else(|| node(text, at))
            .or_else(|| ipv4(bytes, at))
            .or_else(|| bracketed(text, at))
            .or_else(|| ipv6(text, at))
    })
}

fn permid(text: &str, at: usize) -> Option<(Range<usize>, Secret<'_>)> {
    let rest = &text.as_bytes()[at..];
    let begins = |prefix: &str| {
        rest.get(..prefix.len()).is_some_and(|own| own.eq_ignore_ascii_case(prefix.as_bytes()))
    };
    let (_, longest) = PERMIDS.iter().find(|(prefix, _)| begins(prefix))?;
    let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    let len = rest.iter().take(*longest).take_while(is_part).count();
    Some((at..with_address(text.as_bytes(), at + len), Secret::Permid(&text[at..at + len])))
}

/// 160 bits in hexadecimal digits, no more and no fewer: a node of the DHT, or an infohash.
fn node(text: &str, at: usize) -> Option<(Range<usize>, Secret<'_>)> {
    let bytes = text.as_bytes();
    let is_digit = |byte: &&u8| byte.is_ascii_hexdigit();
    let goes_on = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
    let len = bytes[at..].iter().take(NODE).take_while(is_digit).count();
    let is_whole = len == NODE && !goes_on(at + NODE) && !(at > 0 && goes_on(at - 1));
    is_whole.then(|| (at..with_address(bytes, at + NODE), Secret::Node(&text[at..at + NODE])))
}

/// The end of an address that adjoins digits that end here, and whose first number reads like more
/// of them; otherwise the same end.
fn with_address(bytes: &[u8], end: usize) -> usize {
    let address = |digits| {
        let start = end - digits;
        ipv4(&bytes[start..], 0).map(|(range, _)| start + range.end)
    };
    (1..=3).find_map(address).unwrap_or(end)
}

/// Four numbers with dots between them, that no fifth follows or precedes, and a port.
fn ipv4(bytes: &[u8], at: usize) -> Option<(Range<usize>, Secret<'static>)> {
    if at > 0 && matches!(bytes[at - 1], b'0'..=b'9' | b'.') {
        return None;
    }
    let mut octets = [0; 4];
    let mut end = at;
    for (number, octet) in octets.iter_mut().enumerate() {
        if number > 0 {
            if bytes.get(end) != Some(&b'.') {
                return None;
            }
            end += 1;
        }
        let digits = digits(bytes, end);
        if digits > 3 {
            return None;
        }
        *octet = str::from_utf8(&bytes[end..end + digits]).ok()?.parse().ok()?;
        end += digits;
    }
    if bytes.get(end) == Some(&b'.') && digits(bytes, end + 1) > 0 {
        return None;
    }
    let address = Ipv4Addr::from(octets);
    found(at..with_port(bytes, end), address.into())
}

/// An IPv6 address in brackets, and a port.
fn bracketed(text: &str, at: usize) -> Option<(Range<usize>, Secret<'static>)> {
    let inside = text[at..].strip_prefix('[')?;
    let close = inside.bytes().take(MAX_IPV6 + 1).position(|byte| byte == b']')?;
    let address: Ipv6Addr = inside[..close].parse().ok()?;
    found(at..with_port(text.as_bytes(), at + close + 2), address.into())
}

/// As much of an IPv6 address as there is.
fn ipv6(text: &str, at: usize) -> Option<(Range<usize>, Secret<'static>)> {
    let bytes = text.as_bytes();
    let is_part = |byte: &u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
    if at > 0 && (bytes[at - 1].is_ascii_alphanumeric()) {
        return None;
    }
    let longest = bytes[at..].iter().take(MAX_IPV6).take_while(|byte| is_part(byte)).count();
    let run = &text[at..at + longest];
    if run.bytes().filter(|byte| *byte == b':').count() < 2 {
        return None;
    }
    let (len, address) =
        (2..=longest).rev().find_map(|len| Some((len, run[..len].parse::<Ipv6Addr>().ok()?)))?;
    found(at..at + len, address.into())
}

/// `0.0.0.0` and `::` are nobody's.
fn found(range: Range<usize>, address: IpAddr) -> Option<(Range<usize>, Secret<'static>)> {
    (!address.is_unspecified()).then_some((range, Secret::Address(address)))
}

fn with_port(bytes: &[u8], end: usize) -> usize {
    match bytes.get(end) {
        Some(b':') => match digits(bytes, end + 1) {
            0 => end,
            digits => end + 1 + digits,
        },
        _ => end,
    }
}

fn digits(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count()
}
