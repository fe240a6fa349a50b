//! The rounds of a case: its questions by the round they were asked in. Where none was named, the
//! first question of a kind to a peer is of the first round, the second of the second. A dial that
//! failed before it was known who is there is nobody's answer.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use super::input::{Answer, End, Round, Text};
use crate::moment::parse_rfc3339;
use crate::record::{Outcome, Record};

/// Message ids of the overlay that somebody has assigned (protocol.md §5); answers to others are to
/// invented questions.
const ASSIGNED: std::ops::RangeInclusive<u64> = 1..=11;

/// The rounds that records tell of.
#[must_use]
pub fn rounds(records: &[Record]) -> Vec<Round> {
    let mut rounds: BTreeMap<u64, Round> = BTreeMap::new();
    let mut asked: BTreeMap<(&Option<String>, &str), u64> = BTreeMap::new();
    let mut times: BTreeMap<(&Option<String>, &str), u64> = BTreeMap::new();
    for record in
        records.iter().filter(|record| record.outcome != Outcome::Open && record.peer.is_some())
    {
        let times = times.entry((&record.peer, &record.question)).or_default();
        *times += 1;
        let number = record.round.unwrap_or(*times - 1);
        let at_ns = parse_rfc3339(&record.sent_at).unwrap_or_default();
        let round =
            rounds.entry(number).or_insert_with(|| Round { number, at_ns, ..Round::default() });
        round.at_ns = round.at_ns.min(at_ns);
        let window = record.frequency_s.unwrap_or_default() * 1_000_000_000;
        let before = asked.insert((&record.peer, &record.question), at_ns);
        let due =
            before.is_some_and(|before| at_ns.saturating_sub(before) + 5_000_000_000 < window);
        if let Some(answer) = answer(record, due) {
            round.answers.push(answer);
        }
    }
    rounds.into_values().collect()
}

fn answer(record: &Record, too_soon_was_due: bool) -> Option<Answer> {
    let text = |text: &Option<String>| Text::from(text.as_deref().unwrap_or_default());
    let end = if record.outcome == Outcome::Failure {
        End::Failure(text(&record.code))
    } else {
        let digest = record.reply_sha256.as_ref().or(record.content.as_ref());
        End::Reply {
            error: i64::try_from(record.error?).ok()?,
            content: text(&record.content),
            shape: text(&record.shape),
            bytes: record.reply_bytes?,
            digest: digest.map_or_else(|| Text::from(""), |digest| Text::from(digest.as_str())),
            too_soon_was_due,
        }
    };
    Some(Answer {
        peer: record.peer.as_deref()?.into(),
        place: record.address.as_deref().and_then(place),
        network: record.network.as_str().into(),
        version: record
            .peer_version
            .map_or_else(|| "not known".into(), |version| version.to_string())
            .into(),
        question: record.question.as_str().into(),
        invented: record.network == "overlay"
            && record.message.is_some_and(|id| !ASSIGNED.contains(&id)),
        end,
    })
}

/// The /24 or /48 that an address is in.
fn place(address: &str) -> Option<Text> {
    let text = match address.parse::<SocketAddr>().ok()?.ip() {
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(ip) => {
            let [a, b, c, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}::/48")
        }
    };
    Some(text.into())
}
