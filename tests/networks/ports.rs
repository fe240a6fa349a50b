//! Addresses where no client listens: closed ports, and ports whose packets are dropped. Whatever
//! else may listen is in `tests/program/check.rs`, which needs no lab.

use crate::lab::Lab;

const RULES: &str = "table inet check { chain input { type filter hook input priority 0; \
                     tcp dport 9 drop; udp dport 9 drop; }; }";
const DROPPED: &str = "198.18.200.2:9";
const CLOSED: &str = "198.18.200.2:10";

pub fn are_told_apart(lab: &Lab) {
    let made = lab.inside(&["nft", RULES]);
    assert!(made.status.success(), "{made:?}");
    says(lab, DROPPED, 6, "packets are dropped on the way", "let the peer dial you");
    says(lab, CLOSED, 3, "connection refused", "the program is running");
    for (place, code, cause) in [(DROPPED, 6, "answer.timeout"), (CLOSED, 3, "udp.unreachable")] {
        let target = format!("dht://{place}");
        let asked = ["request", &target, "ping", "--timeout", "2"];
        let (exit, failure) = lab.last(&asked);
        assert_eq!((exit, &failure["code"]), (code, &cause.into()), "{failure}");
    }
}

fn says(lab: &Lab, place: &str, code: i32, summary: &str, next: &str) {
    let (exit, check) = lab.last(&["check", place]);
    assert_eq!((exit, &check["what"]), (code, &"nothing".into()), "{check}");
    for (field, words) in [("summary", summary), ("next", next)] {
        assert!(check[field].as_str().is_some_and(|text| text.contains(words)), "{words}: {check}");
    }
}
