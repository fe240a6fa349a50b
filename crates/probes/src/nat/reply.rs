//! A report as NATCHECK carries it (protocol.md §5): the original's seven elements, and the eighth
//! that Crawlers of version 18 get.
//!
//! The eighth is a dict. `mapping`, `filtering`, `port preservation`, `hairpin`, `lifetime` and
//! `udp` are dicts of their own: `{verdict: text, confidence: per cent}`, or `{verdict:
//! "inconclusive", why: text}`, or `{verdict: "not measured"}`. Besides, `translated` (0 or 1),
//! `age` and `took` in seconds, `sent` and `answered` in datagrams. Where the test could not be
//! run, it has `error` alone, a text.

use std::fmt::Display;
use std::net::SocketAddr;
use std::time::Instant;

use super::axis::Axis;
use super::client::NatError;
use super::report::NatReport;
use swarmscope_wire::bencode::Value;

impl NatReport {
    /// The original's seven elements: type, code, mapping timeout in seconds (0: not measured, or
    /// gone at the first rung), external address and port, internal address and port (`0.0.0.0`
    /// and 0 where not known).
    #[must_use]
    pub fn elements(&self) -> [Value; 7] {
        let legacy = self.legacy_type();
        let timeout = self.lifetime.known().map_or(0, |lifetime| lifetime.alive.as_secs());
        let [external, internal] = [self.external, self.internal]
            .map(|address| address.unwrap_or_else(|| SocketAddr::from(([0, 0, 0, 0], 0))));
        [
            Value::from(legacy.text()),
            Value::from(legacy.code()),
            number(timeout),
            Value::from(&*external.ip().to_string()),
            Value::from(i64::from(external.port())),
            Value::from(&*internal.ip().to_string()),
            Value::from(i64::from(internal.port())),
        ]
    }

    /// The eighth element.
    #[must_use]
    pub fn details(&self, now: Instant) -> Value {
        Value::dict([
            ("udp", axis(&self.udp)),
            ("mapping", axis(&self.mapping)),
            ("filtering", axis(&self.filtering)),
            ("port preservation", axis(&self.port_preservation)),
            ("hairpin", axis(&self.hairpin)),
            ("lifetime", axis(&self.lifetime)),
            ("translated", Value::from(i64::from(self.is_translated()))),
            ("age", number(self.age(now).as_secs())),
            ("took", number(self.took.as_secs())),
            ("sent", Value::from(i64::from(self.traffic.sent))),
            ("answered", Value::from(i64::from(self.traffic.answered))),
        ])
    }
}

impl NatError {
    /// The eighth element of a peer that could not run the test. It names no server.
    #[must_use]
    pub fn details(&self) -> Value {
        let error = match self {
            Self::NoServers => "no STUN server is configured",
            Self::Resolve(_) => "no STUN server's name could be resolved",
            Self::Socket(_) => "no UDP socket could be opened",
            Self::Randomness => "no random numbers",
            Self::Stopped => "the test was stopped",
        };
        Value::dict([("error", Value::from(error))])
    }
}

fn number(number: u64) -> Value {
    Value::from(i64::try_from(number).unwrap_or(i64::MAX))
}

fn axis<T: Display>(axis: &Axis<T>) -> Value {
    match axis {
        Axis::NotMeasured => Value::dict([("verdict", Value::from("not measured"))]),
        Axis::Inconclusive(why) => Value::dict([
            ("verdict", Value::from("inconclusive")),
            ("why", Value::from(&*why.to_string())),
        ]),
        Axis::Known(verdict, confidence) => Value::dict([
            ("verdict", Value::from(&*verdict.to_string())),
            ("confidence", Value::from(i64::from(confidence.percent()))),
        ]),
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "any instant serves as the beginning of virtual time"
)]
mod tests {
    use super::*;
    use std::time::Duration;

    use crate::nat::axis::{Confidence, Filtering, Lifetime, Mapping, Udp, Why};
    use swarmscope_wire::bencode;

    fn report(now: Instant) -> NatReport {
        NatReport {
            udp: Axis::Known(Udp::Open, Confidence::PROVEN),
            mapping: Axis::Known(Mapping::EndpointIndependent, Confidence::PROVEN),
            filtering: Axis::Known(Filtering::AddressDependent, Confidence::LIKELY),
            port_preservation: Axis::Inconclusive(Why::Lossy),
            external: Some("203.0.113.1:4000".parse().unwrap()),
            internal: Some("192.168.1.2:5000".parse().unwrap()),
            ..NatReport::unfinished(false, now)
        }
    }

    #[test]
    fn the_seven_elements_are_the_original_s() {
        let mut report = report(Instant::now());
        let text = |report: &NatReport| {
            String::from_utf8(Value::from(report.elements().to_vec()).encode()).unwrap()
        };
        assert_eq!(
            text(&report),
            "l19:Restricted Cone NATi2ei0e11:203.0.113.1i4000e11:192.168.1.2i5000ee"
        );
        let alive = Duration::from_secs(85);
        report.lifetime = Axis::Known(Lifetime { alive, gone: None }, Confidence::PROVEN);
        assert_eq!(
            text(&report),
            "l19:Restricted Cone NATi2ei85e11:203.0.113.1i4000e11:192.168.1.2i5000ee"
        );
        let unknown = NatReport::unfinished(false, Instant::now());
        assert_eq!(text(&unknown), "l7:Unknowni-1ei0e7:0.0.0.0i0e7:0.0.0.0i0ee");
    }

    #[test]
    fn the_eighth_tells_each_axis_with_its_confidence_and_age() {
        let now = Instant::now();
        let details = report(now).details(now + Duration::from_secs(61));
        assert_eq!(bencode::decode(&details.encode()).as_ref(), Ok(&details), "keys are sorted");
        let verdict =
            |axis: &str, key: &str| details.get(axis).and_then(|axis| axis.get(key)).cloned();
        assert_eq!(verdict("mapping", "verdict"), Some(Value::from("endpoint-independent")));
        assert_eq!(verdict("mapping", "confidence"), Some(Value::from(99)));
        assert_eq!(verdict("filtering", "confidence"), Some(Value::from(90)));
        assert_eq!(verdict("port preservation", "why"), Some(Value::from("too much loss")));
        assert_eq!(verdict("lifetime", "verdict"), Some(Value::from("not measured")));
        assert_eq!(details.get("age"), Some(&Value::from(61)));
        assert_eq!(details.get("translated"), Some(&Value::from(1)));
    }
}
