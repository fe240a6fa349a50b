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
        }
        assert_eq!(nat_type(&Decoded::default()), None);
    }
}
