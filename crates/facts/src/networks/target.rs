//! Whom to connect to or ask, on any network.

use std::fmt;
use std::str::FromStr;

use swarmscope_networks::target::{Network, Target};
use swarmscope_peer::crawler::Target as OverlayTarget;
use swarmscope_peer::node::PeerKey;

/// Whom to ask, on any network.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AnyTarget {
    /// `host:port`, `permid@host:port`
    Overlay(OverlayTarget),
    /// `bt://…`, `dht://…`
    Other(Target),
}

impl AnyTarget {
    /// By which it is listed until more is known.
    #[must_use]
    pub fn key(&self) -> PeerKey {
        match self {
            Self::Overlay(OverlayTarget { permid: Some(permid), .. }) => PeerKey::Permid(*permid),
            Self::Overlay(target) => PeerKey::Address(target.to_string()),
            Self::Other(target) => super::key(target),
        }
    }

    /// The network that its scheme names.
    #[must_use]
    pub const fn network(&self) -> Network {
        match self {
            Self::Overlay(_) => Network::Overlay,
            Self::Other(target) => target.network,
        }
    }
}

impl FromStr for AnyTarget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.contains("://") {
            let error = |error: swarmscope_peer::TargetError| error.to_string();
            return text.parse().map(Self::Other).map_err(error);
        }
        let error = |error: swarmscope_peer::TargetError| error.to_string();
        text.parse().map(Self::Overlay).map_err(error)
    }
}

impl fmt::Display for AnyTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overlay(target) => target.fmt(f),
            Self::Other(target) => target.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_of_the_network_that_its_scheme_names() {
        assert!(matches!("127.0.0.1:1".parse(), Ok(AnyTarget::Overlay(_))));
        assert!(matches!("dht://127.0.0.1:1".parse(), Ok(AnyTarget::Other(_))));
        let error = "http://127.0.0.1:1".parse::<AnyTarget>().unwrap_err();
        assert!(error.contains("bt://host:port"), "{error}");
    }
}
