//! Peers that opted out. Pure.
//!
//! One entry a line, `#` comments: a permid in base64, an address, or a network in CIDR form; then,
//! if it is not for ever, `until` and a day: `198.51.100.0/24 until 2027-06-30`.

use std::net::IpAddr;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::time::Time;

/// All entries.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OptOut {
    entries: Vec<(Who, Option<Time>)>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Who {
    Identity(String),
    Network { base: IpAddr, bits: u8 },
}

impl OptOut {
    /// Reads a list.
    ///
    /// # Errors
    /// The first line, from 1, that is neither, and what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, (usize, String)> {
        let mut entries = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if !line.is_empty() {
                entries.push(entry(line).map_err(|what| (number + 1, what))?);
            }
        }
        Ok(Self { entries })
    }

    /// Whether a peer with this address and identity has opted out at that time.
    #[must_use]
    pub fn holds(&self, identity: Option<&str>, ip: Option<IpAddr>, now: Time) -> bool {
        self.entries.iter().any(|(who, until)| {
            until.is_none_or(|until| now < until)
                && match who {
                    Who::Identity(entry) => identity == Some(entry.as_str()),
                    Who::Network { base, bits } => {
                        ip.is_some_and(|ip| is_within(ip.to_canonical(), *base, *bits))
                    }
                }
        })
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nobody asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

fn entry(line: &str) -> Result<(Who, Option<Time>), String> {
    let mut words = line.split_whitespace();
    let who = who(words.next().unwrap_or_default())?;
    let until = match (words.next(), words.next(), words.next()) {
        (None, ..) => None,
        (Some("until"), Some(day), None) => Some(end_of(day)?),
        _ => {
            return Err(
                "after the peer there can only be `until` and a date like 2027-06-30".into()
            );
        }
    };
    Ok((who, until))
}

fn who(word: &str) -> Result<Who, String> {
    let (address, bits) =
        word.split_once('/').map_or((word, None), |(address, bits)| (address, Some(bits)));
    if let Ok(base) = address.parse::<IpAddr>() {
        let most = if base.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |bits| {
            bits.parse().map_err(|_| format!("/{bits} is not a number of bits"))
        })?;
        return if bits <= most {
            Ok(Who::Network { base, bits })
        } else {
            Err(format!("/{bits} is more than {most}"))
        };
    }
    swarmscope_wire::Permid::from_base64(word)
        .map(|permid| Who::Identity(permid.to_string()))
        .map_err(|_| {
            "neither a permid in base64 nor an address nor a network such as 198.51.100.0/24".into()
        })
}

fn end_of(day: &str) -> Result<Time, String> {
    let day: Date = day.parse().map_err(|_| format!("{day:?} is not a date like 2027-06-30"))?;
    let end = day.tomorrow().and_then(|next| next.to_zoned_datetime(TimeZone::UTC));
    end.map(|end| Time(end.timestamp().as_millisecond())).map_err(|error| error.to_string())
}

fn is_within(ip: IpAddr, base: IpAddr, bits: u8) -> bool {
    let shifted = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => u128::from(u32::from(ip)).checked_shr(32 - u32::from(bits)),
        IpAddr::V6(ip) => u128::from(ip).checked_shr(128 - u32::from(bits)),
    };
    ip.is_ipv4() == base.is_ipv4() && shifted(ip).unwrap_or(0) == shifted(base).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use swarmscope_wire::Permid;

    fn at(day: &str) -> Time {
        end_of(day).unwrap()
    }

    #[test]
    fn permids_addresses_and_networks_for_ever_or_until_a_day() {
        let permid = Permid::Ed25519([7; 32]).to_string();
        let text = format!(
            "# by mail\n{permid}\n198.51.100.0/24 until 2027-06-30 # asked for a \
             year\n2001:db8::1\n"
        );
        let list = OptOut::parse(&text).unwrap();
        let ip = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        let before = at("2027-06-29");
        assert!(
            list.holds(Some(&permid), None, before) && !list.holds(Some("other"), None, before)
        );
        assert!(
            list.holds(None, ip("198.51.100.9"), before)
                && list.holds(None, ip("::ffff:198.51.100.9"), before)
        );
        assert!(!list.holds(None, ip("198.51.101.9"), before));
        assert!(!list.holds(None, ip("198.51.100.9"), at("2027-06-30")), "the day is over");
        assert!(
            list.holds(None, ip("2001:db8::1"), before)
                && !list.holds(None, ip("2001:db8::2"), before)
        );
        let all = OptOut::parse("0.0.0.0/0").unwrap();
        assert!(all.holds(None, ip("1.2.3.4"), before) && !all.holds(None, ip("::1"), before));
    }

    #[test]
    fn a_wrong_line_is_named() {
        for (text, line) in [
            ("x", 1),
            ("\n1.2.3.4/33", 2),
            ("1.2.3.4 until", 1),
            ("1.2.3.4 until May", 1),
            ("1.2.3.4 x", 1),
        ] {
            assert_eq!(OptOut::parse(text).unwrap_err().0, line, "{text}");
        }
    }
}
