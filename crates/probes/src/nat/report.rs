//! The result of the tests, and the original's name for it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::axis::{Axis, Filtering, Hairpin, Lifetime, Mapping, PortPreservation, Udp, Why};

/// How many datagrams a test took.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Traffic {
    /// Requests that went out, repetitions included.
    pub sent: u32,
    /// Answers that were expected, and believed.
    pub answered: u32,
    /// Datagrams dropped because they fit no request: junk, forgeries, duplicates, answers that
    /// came too late.
    pub strange: u32,
    /// Datagrams that this machine refused to send.
    pub unsent: u32,
}

/// What was measured, each property on its own. It tells of one moment and of one server's view
/// (RFC 5780 §1): a NAT can behave otherwise under load, or towards others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NatReport {
    /// Whether UDP gets through at all.
    pub udp: Axis<Udp>,
    /// What the external address depends on.
    pub mapping: Axis<Mapping>,
    /// From whom datagrams are let in.
    pub filtering: Axis<Filtering>,
    /// Whether the external port is the internal one.
    pub port_preservation: Axis<PortPreservation>,
    /// Not measured where there is no NAT.
    pub hairpin: Axis<Hairpin>,
    /// Measured only on request.
    pub lifetime: Axis<Lifetime>,
    /// The address and port as the server saw them.
    pub external: Option<SocketAddr>,
    /// The same socket's own.
    pub internal: Option<SocketAddr>,
    /// The server that was used.
    pub server: Option<SocketAddr>,
    /// What the tests sent and got.
    pub traffic: Traffic,
    /// When the tests were over.
    pub measured_at: Instant,
    /// How long they took.
    pub took: Duration,
}

/// The original's NAT types (protocol.md §5): each one word for both axes, where they fit one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LegacyType {
    /// No UDP gets through.
    Blocked,
    /// No NAT, no filter.
    OpenInternet,
    /// One mapping, everybody is let in.
    FullConeNat,
    /// One mapping; hosts that were sent to are let in.
    RestrictedConeNat,
    /// No NAT; hosts that were sent to are let in.
    RestrictedConeFirewall,
    /// One mapping; ports that were sent to are let in.
    PortRestrictedConeNat,
    /// No NAT; ports that were sent to are let in.
    PortRestrictedConeFirewall,
    /// The mapping depends on the destination.
    SymmetricNat,
    /// None of these, or not known.
    Unknown,
}

impl LegacyType {
    /// The text of the original's reply.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Blocked => "Blocked",
            Self::OpenInternet => "Open Internet",
            Self::FullConeNat => "Full Cone NAT",
            Self::RestrictedConeNat => "Restricted Cone NAT",
            Self::RestrictedConeFirewall => "Restricted Cone Firewall",
            Self::PortRestrictedConeNat => "Port Restricted Cone NAT",
            Self::PortRestrictedConeFirewall => "Port Restricted Cone Firewall",
            Self::SymmetricNat => "Symmetric NAT",
            Self::Unknown => "Unknown",
        }
    }

    /// The code of the original's reply.
    #[must_use]
    pub const fn code(self) -> i64 {
        match self {
            Self::OpenInternet => 0,
            Self::FullConeNat => 1,
            Self::RestrictedConeNat | Self::RestrictedConeFirewall => 2,
            Self::PortRestrictedConeNat | Self::PortRestrictedConeFirewall => 3,
            Self::Blocked | Self::SymmetricNat | Self::Unknown => -1,
        }
    }
}

impl NatReport {
    /// Nothing is known yet; what is never found out ran out of time.
    pub(super) const fn unfinished(lifetime: bool, now: Instant) -> Self {
        const WHY: Why = Why::OutOfTime;
        Self {
            udp: Axis::Inconclusive(WHY),
            mapping: Axis::Inconclusive(WHY),
            filtering: Axis::Inconclusive(WHY),
            port_preservation: Axis::Inconclusive(WHY),
            hairpin: Axis::Inconclusive(WHY),
            lifetime: if lifetime { Axis::Inconclusive(WHY) } else { Axis::NotMeasured },
            external: None,
            internal: None,
            server: None,
            traffic: Traffic { sent: 0, answered: 0, strange: 0, unsent: 0 },
            measured_at: now,
            took: Duration::ZERO,
        }
    }

    /// No server answered.
    pub(super) fn silent(&mut self, udp: Axis<Udp>) {
        self.udp = udp;
        self.mapping = Axis::Inconclusive(Why::NoAnswer);
        self.filtering = Axis::Inconclusive(Why::NoAnswer);
        self.hairpin = Axis::Inconclusive(Why::NoAnswer);
        if self.lifetime != Axis::NotMeasured {
            self.lifetime = Axis::Inconclusive(Why::NoAnswer);
        }
    }

    /// Whether something rewrites the address or the port on the way.
    #[must_use]
    pub fn is_translated(&self) -> bool {
        self.external.is_some() && self.external != self.internal
    }

    /// Whether both axes are known, or it is known why not.
    #[must_use]
    pub const fn is_conclusive(&self) -> bool {
        let axes = self.mapping.known().is_some() && self.filtering.known().is_some();
        axes || matches!(self.filtering, Axis::Inconclusive(Why::NoAlternate))
    }

    /// Whether the lifetime was looked at, whatever came of it.
    #[must_use]
    pub fn has_lifetime(&self) -> bool {
        self.lifetime != Axis::NotMeasured
    }

    /// How old the result is.
    #[must_use]
    pub fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.measured_at)
    }

    /// The original's name for this result; what it has no name for, or what is not known, is
    /// `Unknown`. A mapping that depends on the destination in any way is its `Symmetric NAT`,
    /// whatever the filter.
    #[must_use]
    pub fn legacy_type(&self) -> LegacyType {
        if self.udp.known() == Some(&Udp::Blocked) {
            return LegacyType::Blocked;
        }
        match (self.is_translated(), self.mapping.known(), self.filtering.known()) {
            (_, Some(Mapping::AddressDependent | Mapping::AddressAndPortDependent), _) => {
                LegacyType::SymmetricNat
            }
            (true, Some(Mapping::EndpointIndependent), Some(filtering)) => match filtering {
                Filtering::EndpointIndependent => LegacyType::FullConeNat,
                Filtering::AddressDependent => LegacyType::RestrictedConeNat,
                Filtering::AddressAndPortDependent => LegacyType::PortRestrictedConeNat,
            },
            (false, Some(Mapping::EndpointIndependent), Some(filtering)) => match filtering {
                Filtering::EndpointIndependent => LegacyType::OpenInternet,
                Filtering::AddressDependent => LegacyType::RestrictedConeFirewall,
                Filtering::AddressAndPortDependent => LegacyType::PortRestrictedConeFirewall,
            },
            _ => LegacyType::Unknown,
        }
    }
}
