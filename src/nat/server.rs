//! A STUN server for labs, with the two addresses and two ports that RFC 5780 needs. Small on purpose: Binding requests over
//! UDP, no credentials, and nothing in it remembers a client but the rate limit.

mod answer;
mod limit;

pub use answer::{Answer, Answerer, Endpoint, MAX_ANSWER};
pub use limit::{Limiter, Limits};
