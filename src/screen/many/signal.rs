//! What there is to say of an answer that is far from the others: what was seen, what was asked,
//! what a healthy peer does, what else it could be. Never what runs on the machine: no answer shows
//! that.

use super::super::model::Model;
use swarmscope_facts::format::{clock, counted, size, thousands};
use swarmscope_facts::many::campaign::Campaign;
use swarmscope_facts::many::groups::{Group, Signal};
use swarmscope_facts::many::signal as telling;
use swarmscope_networks::target::Network;

/// Rows of a label and a text.
pub type Rows = Vec<(&'static str, String)>;

const NOT_SAID: &str = "nothing here shows what runs on the machine";

/// What to say of a group, if it is far from the others.
#[must_use]
pub fn rows(model: &Model, campaign: &Campaign, group: &Group) -> Option<Rows> {
    let median = campaign.median();
    let signal = campaign.signal(group)?;
    if campaign.plan.network != Network::Overlay {
        return Some(rows_of_other(campaign, group));
    }
    let label = model.registry().label(campaign.plan.message);
    let sample = group.sample.as_ref();
    let peers = counted(group.peers, "peer");
    let what = sample.and_then(|sample| sample.failed.as_ref().or_else(|| sample.notes.first()));
    let seen = match signal {
        Signal::Size => {
            let median = usize::try_from(median).unwrap_or(usize::MAX);
            let all = sample
                .filter(|sample| sample.all_equal)
                .map(|sample| thousands(sample.total as u64));
            let equal = all.map(|rows| format!("{rows} equal values, ")).unwrap_or_default();
            let (bytes, parts) = (size(group.bytes), counted(group.parts as usize, "part"));
            format!("{peers} sent {equal}{bytes} in {parts}; the median answer is {}", size(median))
        }
        Signal::Alone => {
            let error = usual_error(campaign);
            let (others, all) =
                (campaign.groups().answers() - group.peers, campaign.groups().answers());
            format!(
                "{peers} sent {} with error 0; of {} answers {} are others, nearly all {error}",
                size(group.bytes),
                thousands(all as u64),
                thousands(others as u64)
            )
        }
        Signal::Malformed | Signal::Odd => {
            let what = what.cloned().unwrap_or_else(|| {
                "what it says was let go; a reply of it may still be there".to_owned()
            });
            format!("{peers} sent {}: {what}", size(group.bytes))
        }
    };
    let asked = format!("once each, frequency {}, {}", campaign.plan.frequency, when(group));
    let (healthy, could_be, to_tell) = match signal {
        Signal::Size => (
            "an answer about as large as the others'".to_owned(),
            "a large, broken or test database, a tarpit for Crawlers, a changed client, a peer \
             that answers everything",
            "ask it an id that nobody has defined: a healthy peer answers 253 to that",
        ),
        Signal::Alone => (
            format!("{}, as nearly all the others", usual_error(campaign)),
            "a newer version or another program that knows this id, a research client, a peer that \
             answers everything",
            "ask it an id that nobody has defined: a healthy peer answers 253 to that",
        ),
        Signal::Malformed => (
            format!("a {label} reply that its decoder reads, or an error byte"),
            "another version of the client, a changed client, a fault in ours, a reply that was \
             cut or altered on the way",
            "compare its version with the others', and the bytes of two of its replies: ask it the \
             same again, with frequency 0",
        ),
        Signal::Odd => (
            format!("a {label} reply of plain values"),
            "an attack on careless readers, a changed client, another program, a test",
            "read it here: values are shown, nothing of them was run",
        ),
    };
    let key = model.key_of("telling request");
    let to_tell = telling::test(campaign, signal)
        .map_or_else(|| to_tell.to_owned(), |_| format!("{to_tell}; {key} prepares that"));
    Some(vec![
        ("seen", seen),
        ("asked", asked),
        ("healthy", healthy),
        ("could be", could_be.to_owned()),
        ("to tell", to_tell),
        ("not said", NOT_SAID.to_owned()),
    ])
}

/// A node that answers where nearly all others refuse: what else than that there is to say of the
/// overlay's answers needs their bytes.
fn rows_of_other(campaign: &Campaign, group: &Group) -> Rows {
    let (others, all) = (campaign.groups().answers() - group.peers, campaign.groups().answers());
    let seen = format!(
        "{} answered without an error; of {} answers {} are others, nearly all {}",
        counted(group.peers, "peer"),
        thousands(all as u64),
        thousands(others as u64),
        usual_error(campaign)
    );
    let could_be = "a newer or another client that knows this query, a research node, a node that \
                    answers everything";
    let to_tell = "ask it CANARY, a query that nobody has defined: the real clients measured so \
                   far answer 203, 204 or nothing";
    vec![
        ("seen", seen),
        ("asked", format!("once each, {}", when(group))),
        ("healthy", format!("{}, as nearly all the others", usual_error(campaign))),
        ("could be", could_be.to_owned()),
        ("to tell", to_tell.to_owned()),
        ("not said", NOT_SAID.to_owned()),
    ]
}

fn usual_error(campaign: &Campaign) -> String {
    campaign.norm().error.map(|error| campaign.error_words(error)).unwrap_or_default()
}

fn when(group: &Group) -> String {
    let (first, last) = (clock(group.first.wall), clock(group.last.wall));
    if first == last {
        format!("answered at {first}")
    } else {
        format!("answered from {first} to {last}")
    }
}
