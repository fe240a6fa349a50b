//! The question that simulated peers answer.

use swarmscope_peer::question::Question;
use swarmscope_wire::MessageId;
use swarmscope_wire::rows::{Column, ColumnKind, Rows};

/// NATCHECK as a researcher would write it: what is asked, and the row that a reply yields.
pub struct NatCheck;

impl Question for NatCheck {
    fn id(&self) -> MessageId {
        MessageId::NATCHECK
    }

    fn name(&self) -> &'static str {
        "NATCHECK"
    }

    fn doc(&self) -> &'static str {
        "the NAT type"
    }

    fn rows(&self) -> Rows {
        let kind = Column::new("kind", ColumnKind::Text).from("0");
        Rows::of(vec![kind, Column::new("code", ColumnKind::Int).from("1")])
    }
}
