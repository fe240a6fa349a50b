//! The NAT column: what a decoded NATCHECK reply (protocol.md §5) says, in ten cells.

use swarmscope_wire::Decoded;

/// The short name of the NAT type that a NATCHECK reply tells: `Port restr`. Other texts are left
/// as they are.
#[must_use]
pub fn nat_type(decoded: &Decoded) -> Option<String> {
    let first = decoded.tree.children.first()?;
    (!first.value.is_empty()).then(|| short(&first.value).to_owned())
}

fn short(text: &str) -> &str {
    match text {
        "Open Internet" => "Open",
        "Full Cone NAT" => "Full cone",
        "Restricted Cone NAT" => "Restricted",
        "Port Restricted Cone NAT" => "Port restr",
        "Symmetric NAT" => "Symmetric",
        "Restricted Cone Firewall" | "Port Restricted Cone Firewall" => "Firewall",
        other => other,
    }
}

/// A type of NAT, as far as the column tells types apart: whatever else a peer says is another one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum NatType {
    /// No NAT.
    Open,
    /// One mapping, open to everybody.
    FullCone,
    /// One mapping, open to addresses that were sent to.
    Restricted,
    /// One mapping, open to addresses and ports that were sent to.
    PortRestricted,
    /// A mapping for each destination.
    Symmetric,
    /// No NAT, but a filter of one of the two restricted kinds.
    Firewall,
    /// No UDP gets through.
    Blocked,
    /// It does not know, or says something that is none of these.
    Unknown,
}

impl NatType {
    /// From the easiest to reach to the hardest.
    pub const ALL: [Self; 8] = [
        Self::Open,
        Self::FullCone,
        Self::Firewall,
        Self::Restricted,
        Self::PortRestricted,
        Self::Symmetric,
        Self::Blocked,
        Self::Unknown,
    ];

    /// The type that the column writes so.
    #[must_use]
    pub fn of_short(text: &str) -> Self {
        Self::ALL.into_iter().find(|nat| nat.short() == text).unwrap_or(Self::Unknown)
    }

    /// As the column writes it.
    #[must_use]
    pub const fn short(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::FullCone => "Full cone",
            Self::Restricted => "Restricted",
            Self::PortRestricted => "Port restr",
            Self::Symmetric => "Symmetric",
            Self::Firewall => "Firewall",
            Self::Blocked => "Blocked",
            Self::Unknown => "Unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use swarmscope_wire::tree::Node;

    #[test]
    fn every_type_of_the_original_fits_the_column() {
        for (long, expected) in [
            ("Blocked", "Blocked"),
            ("Open Internet", "Open"),
            ("Full Cone NAT", "Full cone"),
            ("Restricted Cone NAT", "Restricted"),
            ("Restricted Cone Firewall", "Firewall"),
            ("Port Restricted Cone NAT", "Port restr"),
            ("Port Restricted Cone Firewall", "Firewall"),
            ("Symmetric NAT", "Symmetric"),
            ("Unknown", "Unknown"),
        ] {
            let tree = Node { children: vec![Node::leaf("type", long, None)], ..Node::default() };
            let nat = nat_type(&Decoded { tree, ..Decoded::default() }).unwrap();
            assert_eq!(nat, expected);
            assert!(nat.len() <= 10);
            assert_eq!(NatType::of_short(&nat).short(), nat);
        }
        assert_eq!(nat_type(&Decoded::default()), None);
    }
}
