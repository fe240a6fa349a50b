//! Whom to ask on the networks that live today (cli.md, TARGET): `bt://host:port`,
//! `dht://host:port`, `dht://ID@host:port`.

use std::fmt;
use std::str::FromStr;

use swarmscope_peer::TargetError;
use swarmscope_peer::crawler::Target as Place;
use swarmscope_wire::krpc::NodeId;

/// The networks that a peer can belong to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Network {
    /// The overlay swarm of protocol.md.
    Overlay,
    /// BitTorrent peers.
    BitTorrent,
    /// The Mainline DHT.
    Dht,
}

impl Network {
    /// The word for it in columns, filters and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Overlay => "overlay",
            Self::BitTorrent => "bt",
            Self::Dht => "dht",
        }
    }

    /// The network of a target with a scheme; none where it has none, which is the overlay.
    #[must_use]
    pub fn of_scheme(text: &str) -> Option<(Self, &str)> {
        let (scheme, rest) = text.split_once("://")?;
        let network = match scheme.to_ascii_lowercase().as_str() {
            "bt" => Self::BitTorrent,
            "dht" => Self::Dht,
            _ => return None,
        };
        Some((network, rest))
    }
}

/// A peer or node to ask.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Target {
    /// Of which network.
    pub network: Network,
    /// Where.
    pub place: Place,
    /// Ask only if it is this node.
    pub id: Option<NodeId>,
}

const FORMS: &str = "bt://host:port, dht://host:port or dht://ID@host:port";

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        read(text.trim()).map_err(|what| TargetError { text: text.to_owned(), what, forms: FORMS })
    }
}

fn read(text: &str) -> Result<Target, String> {
    let (network, rest) =
        Network::of_scheme(text).ok_or("it begins with neither bt:// nor dht://")?;
    let (id, place) = match rest.rsplit_once('@') {
        Some(_) if network != Network::Dht => {
            return Err("only a DHT node has an id before the @".into());
        }
        Some((id, place)) => {
            let id = id
                .parse()
                .map_err(|_| format!("{id:?} is not a node id of 40 hexadecimal digits"))?;
            (Some(id), place)
        }
        None => (None, rest),
    };
    let place = place.trim_end_matches('/').parse::<Place>().map_err(|error| error.what)?;
    Ok(Target { network, place, id })
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://", self.network.name())?;
        if let Some(id) = self.id {
            write!(f, "{id}@")?;
        }
        self.place.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_a_target() {
        let bt: Target = "bt://198.18.1.1:51001".parse().unwrap();
        assert_eq!(
            (bt.network, bt.place.port, bt.to_string().as_str()),
            (Network::BitTorrent, 51001, "bt://198.18.1.1:51001")
        );
        let id = "0123456789abcdef0123456789ABCDEF01234567";
        let dht: Target = format!("DHT://{id}@[2001:db8::1]:6881/").parse().unwrap();
        assert_eq!(dht.to_string(), format!("dht://{}@[2001:db8::1]:6881", id.to_lowercase()));
    }

    #[test]
    fn errors_name_what_is_wrong() {
        for (text, word) in [
            ("198.18.1.1:1", "neither"),
            ("http://x:1", "neither"),
            ("bt://abc@x:1", "before the @"),
            ("dht://abc@x:1", "40 hexadecimal"),
            ("dht://x", "port is missing"),
            ("bt://x:0", "port 0"),
        ] {
            let error = text.parse::<Target>().unwrap_err();
            assert!(error.what.contains(word), "{error}");
        }
    }
}
