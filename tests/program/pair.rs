//! A peer and a Crawler that may ask it.

use crate::process::{Home, Outcome, Peer};

/// A peer and a Crawler of one version, the Crawler on the peer's allow-list.
pub struct Pair {
    pub home: Home,
    pub crawler: Home,
    pub peer: Peer,
    version: u16,
    /// What the peer is started with besides.
    peers: &'static [&'static str],
    /// What every request has besides.
    requests: &'static [&'static str],
}

impl Pair {
    /// `peers`: what the peer is started with besides; `requests`: what every request has besides.
    pub fn new(
        version: u16,
        peers: &'static [&'static str],
        requests: &'static [&'static str],
    ) -> Self {
        let (home, crawler) = (Home::new(), Home::new());
        let peer = peer(&home, &crawler, version, peers);
        Self { home, crawler, peer, version, peers, requests }
    }

    /// Another peer in the home of the one before, which is given back.
    pub fn restart(&mut self) -> Peer {
        std::mem::replace(&mut self.peer, peer(&self.home, &self.crawler, self.version, self.peers))
    }

    /// The arguments of a request.
    pub fn args<'a>(&self, target: &'a str, rest: &[&'a str]) -> Vec<&'a str> {
        let version = if self.version < 18 { "17" } else { "18" };
        [&["request", target][..], rest, self.requests, &["--overlay-version", version]].concat()
    }

    pub fn ask(&self, rest: &[&str]) -> Outcome {
        self.crawler.run(&self.args(&self.peer.pinned(), rest))
    }
}

fn peer(home: &Home, crawler: &Home, version: u16, more: &[&str]) -> Peer {
    Peer::start_with(home, version, &[&crawler.permid(version < 18)], more)
}
