use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::dht::pace::{NODE_SPACING, Pace, TOTAL_RATE};

fn ip(number: u32) -> IpAddr {
    IpAddr::from(number.to_be_bytes())
}

#[test]
fn one_address_rests_and_holds_up_nobody_else() {
    let start = Instant::now();
    let mut pace = Pace::new(TOTAL_RATE);
    assert_eq!(pace.ask(ip(1), start), Ok(()));
    assert_eq!(pace.ask(ip(1), start), Err(start + NODE_SPACING));
    assert_eq!(pace.ask(ip(2), start + Duration::from_millis(4)), Ok(()));
    assert_eq!(pace.ask(ip(1), start + NODE_SPACING), Ok(()));
}

#[test]
fn everybody_together_is_asked_at_the_rate_and_no_faster_after_a_pause() {
    let start = Instant::now();
    let mut pace = Pace::new(TOTAL_RATE);
    for pause in [0, 60] {
        let begin = start + Duration::from_secs(pause);
        let (mut now, mut number) = (begin, 0);
        while now < begin + Duration::from_secs(1) {
            match pace.ask(ip(number), now) {
                Ok(()) => number += 1,
                Err(at) => now = at,
            }
        }
        let most = TOTAL_RATE + TOTAL_RATE / 10 + 1; // a tenth of a second may be made up for
        assert!((TOTAL_RATE..=most).contains(&number), "{number} queries in a second");
    }
}
