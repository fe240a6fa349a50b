//! Requests and what became of them, as lines for other programs: those of a request to many, or
//! those with one peer. A line is the same in both, and complete by itself: who asked whom what,
//! when and with which program, how it ended and who ended it.
//!
//! Nothing is left out in silence: `dropped` names the values that there were and that memory had
//! to be made for, `withheld` those that are hidden because addresses are. Text of peers is clean
//! in every format.

use std::collections::HashMap;
use std::time::SystemTime;

use jiff::Timestamp;
use swarmscope_peer::crawler::Registry;
use swarmscope_peer::node::{PeerKey, Transport};
use swarmscope_wire::Permid;

use crate::facts::Facts;
use crate::many::campaign::{Campaign, Row};
use crate::many::plan::Target;
use crate::naming::Naming;
use crate::notes::Notes;
use crate::peer::Peer;

mod fields;
pub mod format;
mod line;

pub use format::Format;
use line::Line;

/// What lines are made from.
#[derive(Clone, Copy)]
pub struct Export<'a> {
    /// What is known.
    pub facts: &'a Facts,
    /// Whether addresses are hidden, and what stands for them.
    pub naming: &'a Naming,
    /// The operator's notes on peers.
    pub notes: &'a Notes,
    /// What messages are called.
    pub registry: &'a Registry,
    /// Program and version.
    pub program: &'a str,
    /// Our own permids, as far as they are known.
    pub own: &'a [Permid],
    /// With the bytes of replies, where they are in memory.
    pub raw: bool,
}

impl Export<'_> {
    /// These rows of a request to many, as the text of a file.
    #[must_use]
    pub fn many<'r>(
        &self,
        campaign: &Campaign,
        rows: impl Iterator<Item = &'r Row>,
        format: Format,
    ) -> String {
        let plan = &campaign.plan;
        let targets: HashMap<&PeerKey, &Target> =
            plan.targets.iter().map(|target| (&target.peer, target)).collect();
        let line = |row: &Row| {
            let payload = targets.get(&row.peer).map(|target| plan.payload_of(target));
            Line::of_row(self, campaign, row, payload)
        };
        self.text(rows.map(line), format)
    }

    /// The requests with one peer, oldest first, as the text of a file.
    #[must_use]
    pub fn peer(&self, peer: &Peer, format: Format) -> String {
        self.peers(std::iter::once(peer), format)
    }

    /// The same of several peers.
    #[must_use]
    pub fn peers<'p>(&self, peers: impl Iterator<Item = &'p Peer>, format: Format) -> String {
        let of = |peer: &'p Peer| {
            peer.requests.iter().map(move |request| Line::of_request(self, peer, request))
        };
        self.text(peers.flat_map(of), format)
    }

    fn text(&self, lines: impl Iterator<Item = Line>, format: Format) -> String {
        let mut text = String::new();
        for line in lines {
            let fields = line.fields(self);
            if text.is_empty() {
                text = fields.headings(format);
            }
            text.push_str(&fields.line(format));
        }
        text
    }

    /// Which of our permids a peer was asked with.
    fn identity(&self, transport: Option<Transport>) -> Option<Permid> {
        let is_it = |permid: &&Permid| match transport {
            Some(Transport::Tls) => matches!(permid, Permid::Ed25519(_)),
            Some(Transport::Legacy) => matches!(permid, Permid::Sect233k1(_)),
            None => self.own.len() == 1,
        };
        self.own.iter().find(is_it).copied()
    }

    fn permid(&self, permid: &Permid) -> String {
        if self.naming.privacy { self.naming.mask.permid(permid) } else { permid.to_string() }
    }

    fn who(&self, key: &PeerKey) -> String {
        match key {
            PeerKey::Permid(permid) => self.permid(permid),
            PeerKey::Address(_) => self.naming.peer(key),
        }
    }

    /// A text in which addresses may stand.
    fn told(&self, text: &str) -> String {
        let text = crate::words::clean(text);
        if self.naming.privacy { self.naming.mask.text(&text).into_owned() } else { text }
    }
}

/// `2026-11-22T12:04:31.604812Z` (RFC 3339).
fn time(wall: SystemTime) -> String {
    Timestamp::try_from(wall)
        .unwrap_or(Timestamp::MAX)
        .strftime("%Y-%m-%dT%H:%M:%S.%6fZ")
        .to_string()
}

#[cfg(test)]
mod tests;
