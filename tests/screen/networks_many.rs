//! One question to many peers of one network.

use swarmscope::screen::Now;
use swarmscope_facts::many::outcome::Outcome;

use super::*;

/// So long after the session that the others look at.
fn later(ms: u64) -> Now {
    before(0).later(Duration::from_millis(ms))
}

fn tell_later(model: &mut Model, ms: u64, event: Told) {
    fold(model, later(ms), Msg::Network(event));
}

/// Marks everybody and opens the preview of the composer's question.
fn preview(model: &mut Model, peer: &str, question: &str) {
    select(model, peer);
    keys(model, &[":"]);
    type_text(model, &format!("request {question}"));
    keys(model, &["enter", "esc"]);
    keys(model, &["a", "ctrl-s"]);
}

#[test]
fn one_question_goes_to_many_peers_of_its_network() {
    let mut model = mixed();
    for n in 10..22 {
        let peer = key(&format!("dht://198.51.100.{n}:6881"));
        tell(&mut model, 4_000, Told::Named { peer });
    }
    answer(&mut model, 100, DHT, 6, "done", json!({ "ended": "converged" }));
    preview(&mut model, DHT, "CANARY");
    insta::assert_snapshot!("networks_many_preview_120x40", dark(&mut model, 120, 40));
    let plan = model.many.preview.as_ref().expect("a preview").plan.as_ref().expect("a plan");
    assert_eq!((plan.targets.len(), plan.left_out_count()), (14, 3), "nodes alone");
    keys(&mut model, &["enter"]);
    let mut asked = Vec::new();
    for turn in 0..40 {
        let effects = fold(&mut model, later(50 * turn), Msg::Wake);
        asked.extend(effects.into_iter().filter_map(|effect| match effect {
            Effect::Question(question) => Some(question),
            _ => None,
        }));
    }
    assert_eq!(asked.len(), 14, "each is asked once");
    for (question, ticket) in asked.iter().zip(50..) {
        let (peer, about) = (question.peer.clone(), question.about.clone());
        let (message, ticket) = (question.message, Ticket(ticket));
        tell(
            &mut model,
            900,
            Told::Asked {
                peer: peer.clone(),
                ticket,
                question: message,
                about,
                whole: question.whole,
            },
        );
        tell_later(&mut model, 2_100, Told::Sent { peer, ticket });
    }
    let refused = |error: u8| json!({ "error": { "code": error, "message": "no such method" } });
    for (question, ticket) in asked.iter().zip(50..) {
        let (peer, ticket) = (question.peer.clone(), Ticket(ticket));
        let event = match ticket.0 {
            53 => {
                let silent = failure(
                    Cause::AnswerTimeout,
                    By::Network,
                    Delivered::Maybe,
                    "asked twice in 5 s",
                );
                Told::Failed { peer, ticket, failure: silent }
            }
            54 => Told::Answered {
                peer,
                ticket,
                error: 0,
                summary: "answers an undefined question: no known client does".to_owned(),
                says: json!({ "canary": "answered" }),
                parts: 0,
                elapsed: Duration::from_millis(40),
            },
            _ => Told::Answered {
                peer,
                ticket,
                error: 204,
                summary: "error 204, method unknown".to_owned(),
                says: refused(204),
                parts: 0,
                elapsed: Duration::from_millis(30),
            },
        };
        tell_later(&mut model, 2_500, event);
    }
    let campaign = model.many.campaign.as_ref().expect("a request to many");
    let counts =
        [Outcome::Answered, Outcome::Error, Outcome::TimedOut].map(|of| campaign.counts().of(of));
    assert_eq!((counts, campaign.grouped()), ([1, 12, 1], 13));
    insta::assert_snapshot!("networks_many_120x40", dark(&mut model, 120, 40));
}

#[test]
fn a_question_to_many_says_what_it_lacks_and_keeps_its_infohash() {
    let mut model = mixed();
    preview(&mut model, BT, "HELLO");
    let why =
        model.many.preview.as_ref().expect("a preview").draft.as_ref().expect_err("no infohash");
    assert!(why.contains("40 hexadecimal digits"), "{why}");
}

#[test]
fn where_nobody_answered_a_reach_to_many_does_not_say_answered() {
    let mut model = mixed();
    preview(&mut model, FORCED, "REACH");
    keys(&mut model, &["enter"]);
    let effects = fold(&mut model, before(0), Msg::Wake);
    let [Effect::Question(question), ..] = &effects[..] else { panic!("{effects:?}") };
    let (peer, ticket) = (question.peer.clone(), Ticket(60));
    let asked = Told::Asked {
        peer: peer.clone(),
        ticket,
        question: question.message,
        about: bytes::Bytes::new(),
        whole: question.whole,
    };
    tell(&mut model, 0, asked);
    let says = json!({ "what": "nothing", "dht": null, "summary": "nobody answers" });
    let answered = Told::Answered {
        peer,
        ticket,
        error: 0,
        summary: "nobody answers".to_owned(),
        says,
        parts: 4,
        elapsed: Duration::from_secs(3),
    };
    tell(&mut model, 0, answered);
    let campaign = model.many.campaign.as_ref().expect("a request to many");
    assert_eq!([Outcome::Answered, Outcome::Other].map(|of| campaign.counts().of(of)), [0, 1]);
}
