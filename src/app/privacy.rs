//! Addresses out of texts, for screens that others see.

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

/// What stands for an address.
pub const HIDDEN: &str = "(hidden)";

/// The text with its IP addresses, and the ports behind them, replaced by [`HIDDEN`].
#[must_use]
pub fn hide(text: &str) -> Cow<'_, str> {
    let (mut out, mut kept, mut at) = (String::new(), 0, 0);
    while at < text.len() {
        // an address begins where a run of its characters does
        let run = text[at..].bytes().take_while(|byte| is_part(*byte)).count();
        if run == 0 {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
            continue;
        }
        match (0..run).find_map(|skip| address(&text[at + skip..at + run]).map(|length| (at + skip, length))) {
            Some((start, length)) => {
                out.push_str(&text[kept..start]);
                out.push_str(HIDDEN);
                at = start + length;
                kept = at;
            }
            None => at += run,
        }
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[kept..]);
    Cow::Owned(out)
}

/// Whether a byte can stand in an address or its port.
const fn is_part(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':' | b'[' | b']')
}

/// How many bytes an address at the beginning of this run takes, its port included.
fn address(run: &str) -> Option<usize> {
    if let Some((inner, after)) = run.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return inner.parse::<Ipv6Addr>().is_ok().then(|| inner.len() + 2 + port(after));
    }
    let v4 = run.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    let longest = (7..=v4.min(15)).rev().find(|length| run[..*length].parse::<Ipv4Addr>().is_ok());
    if let Some(length) = longest {
        return Some(length + port(&run[length..]));
    }
    let v6 = run.trim_end_matches(['.', ':', ']']);
    // a time of day is no address, and neither is a lone pair of colons
    (v6.len() > 2 && v6.parse::<Ipv6Addr>().is_ok()).then_some(v6.len())
}

/// How many bytes `:7760` takes, where it follows.
fn port(after: &str) -> usize {
    let digits = after.strip_prefix(':').map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    if digits == 0 { 0 } else { 1 + digits }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_go_and_everything_else_stays() {
        for (text, hidden) in [
            ("no address", "no address"),
            ("127.0.0.1:1: Connection refused", "(hidden): Connection refused"),
            ("l24:NAT13:198.51.100.23i6700e", "l24:NAT13:(hidden)i6700e"),
            ("from [::1]:7760, and fe80::1", "from (hidden), and (hidden)"),
            ("12:04:31Z 9f3a…c1 0.5.3 1.2.3", "12:04:31Z 9f3a…c1 0.5.3 1.2.3"),
            ("10.0.0.1 10.0.0.2:5", "(hidden) (hidden)"),
            ("2001:db8::5", "(hidden)"),
        ] {
            assert_eq!(hide(text), hidden, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_address_is_left_wherever_it_stands(
            before in "[^0-9a-fA-F.:\\[\\]]{0,9}",
            ip in any::<[u8; 4]>(),
            after in "[^0-9.]{0,9}",
        ) {
            let text = format!("{before}{}{after}", Ipv4Addr::from(ip));
            prop_assert!(!hide(&text).contains(&Ipv4Addr::from(ip).to_string()), "{}", hide(&text));
        }

        #[test]
        fn any_text_is_read(text in ".{0,60}") {
            prop_assert!(hide(&text).len() <= text.len() + HIDDEN.len() * text.len());
        }
    }
}
