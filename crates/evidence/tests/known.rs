//! Known answers, and each rule on the smallest round that shows it. Each has its harmless twin,
//! which must not be marked.
#![allow(clippy::cast_possible_truncation, reason = "drawn numbers are cut to what they pick")]

use std::sync::Arc;

use swarmscope_evidence::signals::input::{
    Answer, Dial, End, Gossip, Node, Round, Swarm, Text, Unsolicited,
};
use swarmscope_evidence::signals::rules::hajime_infohash;
use swarmscope_evidence::signals::{Card, Severity, built_in, find};
use swarmscope_wire::Permid;

const HOUR_NS: u64 = 3_600_000_000_000;
/// 2017-04-06T12:00:00Z.
const APRIL_6: u64 = 1_491_480_000_000_000_000;

fn text(text: impl AsRef<str>) -> Text {
    Arc::from(text.as_ref())
}

fn reply(error: i64, content: &str, bytes: u64) -> End {
    let content = text(content);
    End::Reply {
        error,
        shape: content.clone(),
        digest: content.clone(),
        content,
        bytes,
        too_soon_was_due: false,
    }
}

fn answer(n: usize, question: &str, end: End) -> Answer {
    Answer {
        peer: text(format!("peer{n}")),
        place: Some(text(format!("198.18.{n}.0/24"))),
        network: text("overlay"),
        version: text(if n.is_multiple_of(2) { "17" } else { "18" }),
        question: text(question),
        invented: question.starts_with("id "),
        end,
    }
}

fn round(number: u64, answers: Vec<Answer>) -> Round {
    Round { number, at_ns: APRIL_6 + number * HOUR_NS, answers, ..Round::default() }
}

/// A hundred peers that answer as peers do.
fn healthy(number: u64) -> Round {
    let questions = |n: usize| {
        [
            answer(n, "NATCHECK", reply(0, &format!("nat {n}"), 60 + n as u64 % 30)),
            answer(n, "DATABASE", reply(0, &format!("db {n} {number}"), 200 + n as u64 * 7)),
            answer(n, "id 143", reply(253, "unknown", 15)),
        ]
    };
    round(number, (0..100).flat_map(questions).collect())
}

fn cards(rounds: &[Round], rule: &str) -> Vec<Card> {
    find(rounds, &built_in()).into_iter().filter(|card| card.rule.starts_with(rule)).collect()
}

fn one(rounds: &[Round], rule: &str) -> Card {
    let mut found = cards(rounds, rule);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

#[test]
fn nothing_is_said_of_healthy_peers() {
    assert_eq!(
        find(&[healthy(0), healthy(1), healthy(2), healthy(3), healthy(4)], &built_in()),
        []
    );
}

#[test]
fn gnumans_8192_bytes_to_every_query() {
    let mut rounds = [healthy(0)];
    for question in ["NATCHECK", "DATABASE", "id 143", "id 171"] {
        rounds[0].answers.push(answer(400, question, reply(0, &format!("{question}.exe"), 8192)));
    }
    let card = one(&rounds, "one-length");
    assert_eq!((card.severity, card.peers), (Severity::Look, 1));
    assert!(card.seen.contains("8192 bytes"), "{}", card.seen);
    assert_eq!(one(&rounds, "canary-success").severity, Severity::Look);
    // the same length once is nothing
    let mut rounds = [healthy(0)];
    rounds[0].answers.push(answer(400, "DATABASE", reply(0, "large", 8192)));
    assert_eq!(cards(&rounds, "one-length"), []);
}

fn node(n: u8, id: &[u8], v: &[u8], nodes: &[u8]) -> Node {
    let mut whole = [n.wrapping_mul(37); 20];
    whole[..id.len()].copy_from_slice(id);
    Node {
        peer: text(format!("node{n}")),
        place: Some(text(format!("198.18.{n}.0/24"))),
        id: Some(whole),
        v: v.to_vec(),
        nodes: nodes.to_vec(),
        comparable: true,
        impossible: 0,
    }
}

#[test]
fn the_published_mozi_packet() {
    let nodes = [&[0x15, 0x15, 0x29, 0xd2][..], &[7; 620]].concat();
    let plain = |n| node(n, &[n, 9], b"LT\x02\x08", &[n; 208]);
    let mut round = Round { nodes: (0..50).map(plain).collect(), ..Round::default() };
    assert_eq!(find(&[round.clone()], &built_in()), []);
    round.nodes.push(node(60, b"88888888", &[0x31, 0x42], &nodes));
    let card = one(&[round.clone()], "mozi-id");
    assert_eq!((card.severity, card.peers, card.of), (Severity::Look, 1, 51));
    assert!(card.seen.contains("1 of them have 0x42"), "{}", card.seen);
    assert_eq!(one(&[round.clone()], "mozi-nodes").peers, 1);
    round.nodes.push(node(60, b"88888888", &[0x31, 0x42], &nodes));
    let card = one(&[round], "mozi-id");
    assert!(card.seen.starts_with("1 nodes"), "asked twice, it is one: {}", card.seen);
    assert_eq!(card.of, 51);
    // the v alone is one in 256, and says nothing
    let alone =
        Round { nodes: vec![node(61, &[1], &[0x31, 0x42], &nodes[..208])], ..Round::default() };
    assert_eq!(find(&[alone], &built_in()), []);
}

/// Each is asked for its own id; those of one network may have one operator.
#[test]
fn one_list_of_nodes_from_many_networks_is_marked() {
    let plain = |n| node(n, &[n, 9], b"", &[n; 208]);
    let mut round = Round { nodes: (0..50).map(plain).collect(), ..Round::default() };
    let mut round_of_lookup = round.clone();
    round.nodes.extend((60..65).map(|n| node(n, &[n, 9], b"", &[0xaa; 208])));
    let card = one(&[round.clone()], "same-nodes");
    assert_eq!((card.severity, card.peers, card.of), (Severity::Look, 5, 55));
    for node in &mut round.nodes {
        node.place = Some(text("198.18.0.0/24"));
    }
    assert_eq!(one(&[round], "same-nodes").severity, Severity::Odd);
    // a small network, in which all know the same
    // honest nodes near one target name the same
    let near = |n| Node { comparable: false, ..node(n, &[n, 9], b"", &[0xbb; 416]) };
    round_of_lookup.nodes.extend((70..80).map(near));
    assert_eq!(find(&[round_of_lookup], &built_in()), []);
    let small = (0..50).map(|n| node(n, &[n, 9], b"", &[n % 3; 208])).collect();
    assert_eq!(find(&[Round { nodes: small, ..Round::default() }], &built_in()), []);
}

/// What a client does not answer says nothing of where it is; that it is silent says nothing either.
#[test]
fn silence_to_what_some_clients_never_answer_is_no_signal() {
    let ask = |number: u64, end: &dyn Fn(usize) -> End| {
        let dht = |n: usize, question: &str, end| Answer {
            network: text("dht"),
            invented: question.starts_with("CANARY"),
            ..answer(n, question, end)
        };
        let questions = ["SAMPLE".to_owned(), format!("CANARY, draw {number}")];
        let all = (0..100).flat_map(|n| questions.iter().map(move |q| (n, q)));
        round(number, all.map(|(n, question)| dht(n, question, end(n))).collect())
    };
    let refuses = |_| reply(204, "unknown", 15);
    let falls_silent = |most: usize| {
        move |n: usize| match n {
            n if n < most => End::Failure(text("answer.timeout")),
            _ => reply(204, "unknown", 15),
        }
    };
    let rounds: Vec<Round> = [ask(0, &refuses), ask(1, &refuses)]
        .into_iter()
        .chain([10, 30, 60].iter().zip(2..).map(|(most, n)| ask(n, &falls_silent(*most))))
        .collect();
    assert_eq!(find(&rounds, &built_in()), []);
}

#[test]
fn hajimes_swarm_of_the_day() {
    let of = |infohash, peers| Round {
        at_ns: APRIL_6,
        swarms: vec![Swarm { infohash, peers }],
        ..Round::default()
    };
    let hash = hajime_infohash(6, 4, 2017, 4, 95);
    let card = one(&[of(hash, 12)], "hajime-swarm");
    assert_eq!((card.severity, card.of), (Severity::Odd, 12));
    assert_eq!(find(&[of(hash, 0)], &built_in()), []);
    assert_eq!(find(&[of([7; 20], 12)], &built_in()), []);
}

#[test]
fn many_ids_at_one_address_are_odd_and_no_more() {
    let nodes = (0..9).map(|n| Node { peer: text("one"), ..node(n, &[n, n], b"", b"") }).collect();
    let card = one(&[Round { nodes, ..Round::default() }], "many-ids");
    assert_eq!(card.severity, Severity::Odd);
}

#[test]
fn guesses_are_marked_and_late_replies_are_not() {
    let mut rounds = [healthy(0)];
    rounds[0].unsolicited.push(Unsolicited { peer: text("peer3"), guessed: 0 });
    assert_eq!(cards(&rounds, "unsolicited"), []);
    rounds[0].unsolicited.push(Unsolicited { peer: text("peer4"), guessed: 9 });
    let card = one(&rounds, "unsolicited");
    assert_eq!((card.severity, card.peers), (Severity::Look, 1));
}

/// Others than peers of the overlay have no channels.
#[test]
fn guesses_are_of_the_overlay_whatever_else_was_asked() {
    let mut rounds = [healthy(0)];
    let node = |n| Answer { network: text("dht"), ..answer(n, "PING", reply(0, "node", 20)) };
    rounds[0].answers.splice(..0, (500..550).map(node));
    rounds[0].unsolicited.push(Unsolicited { peer: text("nobody asked"), guessed: 9 });
    let card = one(&rounds, "unsolicited");
    assert_eq!((&*card.network, card.peers, card.of), ("overlay", 1, 101));
    assert!(card.chance.ends_with(" an hour"), "{}", card.chance);
}

/// Where only the last guess of each peer is kept, whoever still guesses looks new.
#[test]
fn more_guessers_in_the_newest_round_are_no_growth() {
    let mut rounds = [healthy(0), healthy(1)];
    let guesses = |n: usize| Unsolicited { peer: text(format!("peer{n}")), guessed: 9 };
    rounds[0].unsolicited = vec![guesses(1)];
    rounds[1].unsolicited = vec![guesses(1), guesses(2), guesses(3)];
    let card = one(&rounds, "unsolicited");
    assert_eq!((card.severity, card.peers), (Severity::Look, 3));
    assert_eq!(card.by_round, []);
    assert!(card.spread_words().contains("can't be measured"), "{}", card.spread_words());
}

#[test]
fn bogons_beyond_ones_own_network_are_marked() {
    let gossip = |teller: &str, bogons| Gossip {
        teller: text(teller),
        network: text("overlay"),
        named: Vec::new(),
        bogons,
        listed: 20,
    };
    let mut rounds = [healthy(0)];
    rounds[0].gossip =
        (0..50).map(|n| gossip(&format!("peer{n}"), u64::from(n % 10 == 0) * 5)).collect();
    assert_eq!(cards(&rounds, "bogon-gossip"), []);
    rounds[0].gossip.push(gossip("odd", 18));
    let card = one(&rounds, "bogon-gossip");
    assert_eq!((card.severity, card.members), (Severity::Look, vec!["odd".to_owned()]));
    // only the last of each teller is kept: who tells it again looks new
    let mut rounds = [rounds[0].clone(), Round { gossip: rounds[0].gossip.clone(), ..healthy(1) }];
    rounds[1].gossip.extend((0..3).map(|n| gossip(&format!("peer{n}"), 18)));
    let card = one(&rounds, "bogon-gossip");
    assert_eq!((card.severity, card.by_round), (Severity::Look, vec![]));
}

#[test]
fn a_circle_that_names_only_itself_is_odd() {
    let gossip = |teller: usize, named: Vec<usize>| Gossip {
        teller: text(format!("peer{teller}")),
        network: text("overlay"),
        named: named.into_iter().map(|n| text(format!("peer{n}"))).collect(),
        bogons: 0,
        listed: 5,
    };
    let mut rounds = [healthy(0)];
    rounds[0].gossip =
        (0..40).map(|n| gossip(n, (1..6).map(|k| (n * k + k) % 40).collect())).collect();
    assert_eq!(cards(&rounds, "closed-circle"), []);
    rounds[0]
        .gossip
        .extend((90..95).map(|n| gossip(n, (90..95).filter(|other| *other != n).collect())));
    let card = one(&rounds, "closed-circle");
    assert_eq!((card.severity, card.peers), (Severity::Odd, 5));
}

/// All of a kind of permid begin with the same sixteen characters.
#[test]
fn each_circle_of_gossip_is_a_card_of_its_own() {
    let permid = |n: u8| text(Permid::Ed25519([n; 32]).to_string());
    let mut rounds = [healthy(0)];
    for circle in [100..105, 200..205] {
        for n in circle.clone() {
            rounds[0].gossip.push(Gossip {
                teller: permid(n),
                network: text("overlay"),
                named: circle.clone().filter(|other| *other != n).map(permid).collect(),
                bogons: 0,
                listed: 4,
            });
        }
    }
    let others = (0..40).map(|n: usize| Gossip {
        teller: text(format!("peer{n}")),
        network: text("overlay"),
        named: (1..6).map(|k| text(format!("peer{}", (n * k + k) % 40))).collect(),
        bogons: 0,
        listed: 5,
    });
    rounds[0].gossip.extend(others);
    let found = cards(&rounds, "closed-circle");
    assert_eq!(found.len(), 2, "{found:#?}");
    let beginning = |card: &Card| card.id.rsplit('/').next().unwrap_or_default().to_owned();
    assert!(found.iter().all(|card| {
        let beginning = beginning(card);
        // as those of digests, which a case with hidden addresses keys
        beginning.len() == 8 && beginning.bytes().all(|byte| byte.is_ascii_hexdigit())
    }));
    assert_ne!(beginning(&found[0]), beginning(&found[1]));
}

#[test]
fn a_prefix_that_goes_away_is_marked_and_churn_is_not() {
    let down = |mut round: Round, gone: &dyn Fn(usize) -> bool| {
        for answer in &mut round.answers {
            let n: usize = answer.peer[4..].parse().expect("a number");
            answer.place = Some(text(if n < 30 { "203.0.113.0/24" } else { "198.18.0.0/24" }));
            if gone(n) {
                answer.end = End::Failure(text("tcp.timeout"));
            }
        }
        round
    };
    let before = down(healthy(0), &|_| false);
    let churn = down(healthy(1), &|n| n % 11 == 0);
    assert_eq!(cards(&[before.clone(), churn], "dials-fail"), []);
    let outage = down(healthy(1), &|n| n < 25 || n == 77);
    let card = one(&[before, outage], "dials-fail");
    assert_eq!((card.severity, card.peers), (Severity::Look, 25));
    assert!(
        card.title.contains("203.0.113.0/24") && card.seen.contains("of the others 1 of 70"),
        "{}",
        card.seen
    );
}

/// The same outage, where nobody asked these peers anything.
#[test]
fn a_prefix_that_goes_away_unasked_is_marked() {
    let dials = |number, away: usize| Round {
        dials: (0..100)
            .map(|n| Dial {
                peer: text(format!("peer{n}")),
                place: Some(text(if n < 30 { "203.0.113.0/24" } else { "198.18.0.0/24" })),
                network: text("overlay"),
                version: text("18"),
                failure: (n < away).then(|| text("tcp.refused")),
            })
            .collect(),
        ..round(number, Vec::new())
    };
    assert_eq!(find(&[dials(0, 0), dials(1, 3)], &built_in()), []);
    let card = one(&[dials(0, 0), dials(1, 25)], "dials-fail");
    assert_eq!((card.severity, card.peers), (Severity::Look, 25));
}

#[test]
fn silence_that_grows_is_marked_and_a_silent_few_are_not() {
    let silent = |number, most: usize| {
        let mut round = healthy(number);
        for answer in &mut round.answers {
            if answer.peer[4..].parse::<usize>().expect("a number") < most {
                answer.end = End::Failure(text("reply.first-part"));
            }
        }
        round
    };
    let few: Vec<Round> = (0..5).map(|number| silent(number, 4)).collect();
    assert_eq!(cards(&few, "silence"), []);
    let grows: Vec<Round> =
        [0, 0, 3, 9, 24].into_iter().zip(0..).map(|(most, number)| silent(number, most)).collect();
    let card = one(&grows, "silence");
    assert_eq!((card.severity, card.peers), (Severity::Look, 24));
}

#[test]
fn other_settings_and_restarts_are_odd_and_no_more() {
    let mut rounds = [healthy(0)];
    rounds[0].answers.push(answer(300, "NATCHECK", reply(2, "no", 0)));
    assert_eq!(one(&rounds, "inversion").severity, Severity::Odd);
    let End::Reply { content, shape, bytes, digest, .. } = reply(0, "again", 77) else {
        panic!("a reply")
    };
    let soon = End::Reply { error: 0, content, shape, bytes, digest, too_soon_was_due: true };
    rounds[0].answers.push(answer(301, "DATABASE", soon));
    assert_eq!(one(&rounds, "too-soon").severity, Severity::Odd);
}

/// Each peer sends its records once: the second time all answers are empty.
#[test]
fn records_that_are_sent_once_are_among_what_could_be() {
    let asked = |number: u64, question: &str| {
        let said = |n: usize| if number > 0 && n < 30 { "none".into() } else { format!("{n}") };
        let answers = (0..40).map(|n| answer(n, question, reply(0, &said(n), 40)));
        round(number, answers.collect())
    };
    for (question, is_once) in [("SEEDINGSTATS", true), ("DATABASE", false)] {
        let card = one(&[asked(0, question), asked(1, question)], "changed-together");
        let named =
            card.other_causes.iter().any(|cause| cause == "records that each peer sends once");
        assert_eq!(named, is_once, "{card:#?}");
    }
}
