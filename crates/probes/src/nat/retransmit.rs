//! When a request is sent again, and when it is given up (RFC 8489 §6.2.1).

use std::time::{Duration, Instant};

/// The three numbers of RFC 8489's retransmission over UDP.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Schedule {
    /// The wait after the first request; each further one doubles it.
    pub rto: Duration,
    /// Rc: how often the request is sent in all.
    pub requests: u32,
    /// Rm: how many RTOs to wait after the last request.
    pub last_wait: u32,
}

impl Schedule {
    /// The numbers the RFC recommends: sent at 0, 0.5, 1.5, 3.5, 7.5, 15.5 and 31.5 s, given up at
    /// 39.5 s.
    pub const RFC8489: Self = Self { rto: Duration::from_millis(500), requests: 7, last_wait: 16 };

    /// From the first request to giving up.
    #[must_use]
    pub const fn whole(&self) -> Duration {
        let waits = 2_u32.pow(self.requests - 1) - 1;
        self.rto.saturating_mul(waits + self.last_wait)
    }
}

/// What is due for a request without an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Due {
    /// To wait.
    Nothing,
    /// To send the same once more.
    SendAgain,
    /// No answer is expected any more.
    GiveUp,
}

/// Where one request is in its schedule.
#[derive(Clone, Copy, Debug)]
pub struct Retransmission {
    schedule: Schedule,
    sent: u32,
    at: Instant,
}

impl Retransmission {
    /// The request goes out now for the first time.
    #[must_use]
    pub fn new(schedule: Schedule, now: Instant) -> Self {
        let mut started = Self { schedule, sent: 1, at: now };
        started.at += started.wait();
        started
    }

    /// When something is due.
    #[must_use]
    pub const fn at(&self) -> Instant {
        self.at
    }

    /// What is due now; after [`Due::SendAgain`] the next time is set.
    pub fn advance(&mut self, now: Instant) -> Due {
        if now < self.at {
            return Due::Nothing;
        }
        if self.sent >= self.schedule.requests {
            return Due::GiveUp;
        }
        self.sent += 1;
        // from now, not from when it was due: a machine that slept does not send a burst
        self.at = now + self.wait();
        Due::SendAgain
    }

    fn wait(&self) -> Duration {
        let rtos = if self.sent >= self.schedule.requests {
            self.schedule.last_wait
        } else {
            1 << (self.sent - 1)
        };
        self.schedule.rto.saturating_mul(rtos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "any instant serves as the beginning of virtual time"
    )]
    fn requests_go_out_when_the_rfc_s_example_says() {
        let start = Instant::now();
        let mut one = Retransmission::new(Schedule::RFC8489, start);
        let mut sent = vec![0];
        let mut before = start;
        let given_up = loop {
            let at = one.at();
            assert_eq!(one.advance(before), Due::Nothing);
            before = at;
            match one.advance(at) {
                Due::SendAgain => sent.push((at - start).as_millis()),
                Due::GiveUp => break (at - start).as_millis(),
                Due::Nothing => panic!("something was due"),
            }
        };
        assert_eq!(sent, [0, 500, 1500, 3500, 7500, 15500, 31500]);
        assert_eq!(given_up, 39500);
        assert_eq!(Schedule::RFC8489.whole(), Duration::from_millis(39500));
    }
}
