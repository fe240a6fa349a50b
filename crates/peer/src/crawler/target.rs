//! Where to connect, as people and files write it (cli.md, TARGET).

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use swarmscope_wire::{Permid, text};

/// The longest name that DNS knows, in characters (RFC 1035, section 2.3.4).
const MAX_HOST: usize = 253;
const FORMS: &str = "host:port or permid@host:port, an IPv6 address in brackets";

/// Where to connect: `host:port`, or `permid@host:port` to connect only if it is that peer (cli.md,
/// TARGET).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Target {
    /// A name or an address; an IPv6 address without its brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The only acceptable peer; `None` for any.
    pub permid: Option<Permid>,
}

/// Text that is not a target, and what is wrong with it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}", text::clean(&format!("{text:?} is not a target: {what}; write {forms}")))]
pub struct TargetError {
    /// The text.
    pub text: String,
    /// The fault in it.
    pub what: String,
    /// The valid forms.
    pub forms: &'static str,
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        parse(text.trim()).map_err(|what| TargetError { text: text.to_owned(), what, forms: FORMS })
    }
}

fn parse(text: &str) -> Result<Target, String> {
    if text.is_empty() {
        return Err("it is empty".into());
    }
    let (permid, place) = match text.rsplit_once('@') {
        Some((permid, place)) => {
            let read = Permid::from_base64(permid).map_err(|e| {
                format!("the text before the @ is not a permid ({e}); `swarmscope key show` prints a complete one")
            })?;
            (Some(read), place)
        }
        None => (None, text),
    };
    let (host, port) = split_place(place)?;
    Ok(Target { host: host.to_owned(), port: read_port(port)?, permid })
}

/// Host and port of `host:port` or `[IPv6]:port`, the host checked.
fn split_place(place: &str) -> Result<(&str, &str), String> {
    if let Some(rest) = place.strip_prefix('[') {
        let (host, after) =
            rest.split_once(']').ok_or("the bracket of the IPv6 address is not closed")?;
        let address = host.split_once('%').map_or(host, |(address, _zone)| address);
        address
            .parse::<Ipv6Addr>()
            .map_err(|_| format!("{host:?} in brackets is not an IPv6 address"))?;
        let port = after.strip_prefix(':').ok_or("the port is missing")?;
        return Ok((host, port));
    }
    let (host, port) = place.rsplit_once(':').ok_or("the port is missing")?;
    if host.contains(':') {
        return Err("it has more than one colon outside of brackets".into());
    }
    if host.is_empty() {
        return Err("the host is missing".into());
    }
    if host.len() > MAX_HOST {
        return Err(format!("the host has {} characters; the maximum is {MAX_HOST}", host.len()));
    }
    if let Some(odd) =
        host.chars().find(|c| c.is_whitespace() || c.is_control() || "[]/?#@\\".contains(*c))
    {
        return Err(format!("the host contains {odd:?}"));
    }
    Ok((host, port))
}

fn read_port(text: &str) -> Result<u16, String> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match text.parse::<u16>() {
        Ok(0) => Err("port 0 can't be dialled".into()),
        Ok(port) if digits => Ok(port),
        _ if text.is_empty() => Err("the port is missing".into()),
        _ => Err(format!("the port {text:?} is not a number from 1 to 65535")),
    }
}

impl fmt::Display for Target {
    /// `host:port`, without the permid; an IPv6 address in brackets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&place(&self.host, self.port))
    }
}

/// `host:port` as people write it.
pub(super) fn place(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A fuzzer's: a letter of Korean that shows nothing, which `Debug` does not escape.
    #[test]
    fn an_error_can_be_shown_whatever_was_written() {
        for text in ["1\u{ffa0}", "h\u{ffa0}:x", "[\u{ffa0}]:1"] {
            let told = text.parse::<Target>().unwrap_err().to_string();
            assert_eq!(text::clean(&told), told, "{text:?}");
        }
    }

    #[test]
    fn the_three_forms() {
        let permid = Permid::Ed25519([7; 32]);
        let plain: Target = "example.org:7760".parse().unwrap();
        assert_eq!(plain, Target { host: "example.org".into(), port: 7760, permid: None });
        let pinned: Target = format!("{permid}@10.0.0.1:1").parse().unwrap();
        assert_eq!((pinned.permid, pinned.to_string().as_str()), (Some(permid), "10.0.0.1:1"));
        let six: Target = "[::1]:80".parse().unwrap();
        assert_eq!((six.host.as_str(), six.to_string().as_str()), ("::1", "[::1]:80"));
        assert!("[fe80::1%eth0]:80".parse::<Target>().is_ok());
        assert!("  127.0.0.1:5 \n".parse::<Target>().is_ok());
    }

    #[test]
    fn errors_name_what_is_wrong() {
        for (text, word) in [
            ("", "empty"),
            ("host", "port is missing"),
            ("host:", "port is missing"),
            (":5", "host is missing"),
            ("host:0", "port 0"),
            ("host:65536", "1 to 65535"),
            ("host:+5", "1 to 65535"),
            ("host:http", "1 to 65535"),
            ("::1:80", "more than one colon"),
            ("[::1:80", "not closed"),
            ("[::1]80", "port is missing"),
            ("[10.0.0.1]:80", "not an IPv6"),
            ("a b:80", "contains ' '"),
            ("http://x:80", "more than one colon"),
            ("AAAA@host:5", "not a permid"),
            ("@host:5", "not a permid"),
        ] {
            let error = text.parse::<Target>().unwrap_err();
            assert!(error.what.contains(word), "{text:?}: {error}");
            assert!(error.to_string().contains("host:port"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,80}") {
            if let Ok(target) = text.parse::<Target>() {
                let again: Target = target.to_string().parse().unwrap();
                prop_assert_eq!((again.host, again.port), (target.host, target.port));
            }
        }
    }
}
