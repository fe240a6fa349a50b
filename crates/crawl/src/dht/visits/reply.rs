//! What is stored of a visit's answers.

use std::net::SocketAddr;
use std::time::Duration;

use swarmscope_store::outcome::ANSWERED;
use swarmscope_store::{Replied, Time};
use swarmscope_wire::bittorrent::Client;
use swarmscope_wire::krpc::Security;
use swarmscope_wire::rows::Cell;
use swarmscope_wire::text;

use super::{MESSAGE, NAME, Visit, Visits};

impl Visits {
    /// All answers of a visit as one reply; none where there was none.
    pub(super) fn replied(
        &mut self,
        visit: Visit,
        address: SocketAddr,
        took: Duration,
        now: Time,
    ) -> Option<Replied> {
        let (_, client) = visit.first?;
        let security = match Security::of(&visit.node, address.ip()) {
            Security::Valid => "valid",
            Security::Invalid => "invalid",
            Security::Exempt => "exempt",
        };
        let family = if address.is_ipv4() { "IPv4" } else { "IPv6" };
        let fixed = [client, Cell::Text(security.into()), Cell::Text(family.into())];
        let said = serde_json::to_vec(&fixed).unwrap_or_default();
        let nodes = visit.nodes.map_or(Cell::Null, |nodes| Cell::Text(text::hex(&nodes)));
        let row = fixed.into_iter().chain([Cell::Int(visit.listed.into()), nodes]).collect();
        self.progress.asked(NAME, ANSWERED);
        Some(Replied {
            question: self.question,
            message: MESSAGE,
            at: visit.began.time,
            outcome: ANSWERED.into(),
            bytes: visit.bytes,
            parts: visit.parts,
            took,
            content: Some(self.key.digest(&said)),
            rows: vec![row],
            raw: None,
            not_before: now,
        })
    }
}

/// What `v` names; none where the node names none.
pub(super) fn client(version: Option<&[u8]>) -> Cell {
    version.map_or(Cell::Null, |version| {
        let name = Client::of_node(version);
        Cell::Text(name.map_or_else(|| "unusual name".to_owned(), |client| client.to_string()))
    })
}
