//! The kinds of NATs and firewalls, as nftables rules.
//!
//! A mapping that doesn't depend on the destination needs a map of its own, because plain source
//! translation is done anew for each destination. What comes in unasked must not reach the NAT's
//! own stack: that would leave an entry in its table which a later packet of the client collides
//! with.

use std::net::Ipv4Addr;

use super::{LabError, Namespace, nft, sysctl};

/// What stands between a client and the core.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// Endpoint-independent mapping and filtering.
    FullCone,
    /// The same, and clients reach each other at their external addresses.
    FullConeHairpin,
    /// Endpoint-independent mapping, address-dependent filtering.
    Restricted,
    /// Endpoint-independent mapping, address-and-port-dependent filtering.
    PortRestricted,
    /// The same; it forgets a mapping after this many seconds of silence.
    PortRestrictedForgets(u8),
    /// Address-and-port-dependent mapping and filtering.
    Symmetric,
    /// A NAT that lets no UDP through.
    Blocked,
    /// No NAT; from outside only addresses that were sent to are let in.
    RestrictedFirewall,
    /// No NAT; from outside only addresses and ports that were sent to are let in.
    PortRestrictedFirewall,
}

impl Kind {
    /// Whether it needs a machine of its own before the client.
    pub(super) const fn translates(self) -> bool {
        !matches!(self, Self::RestrictedFirewall | Self::PortRestrictedFirewall)
    }
}

/// Makes a namespace with the interfaces `wan` and `lan` that NAT, or one with `wan` alone that
/// firewall.
pub(super) fn apply(kind: Kind, namespace: &Namespace, wan: Ipv4Addr) -> Result<(), LabError> {
    if kind.translates() {
        sysctl(namespace, "net/ipv4/ip_forward", "1")?;
    }
    nft(namespace, &rules(kind, wan))?;
    // conntrack's times exist only once a rule uses it
    if let Kind::PortRestrictedForgets(seconds) = kind {
        for name in ["udp_timeout", "udp_timeout_stream"] {
            sysctl(namespace, &format!("net/netfilter/nf_conntrack_{name}"), &seconds.to_string())?;
        }
    }
    Ok(())
}

fn rules(kind: Kind, wan: Ipv4Addr) -> String {
    match kind {
        Kind::FullCone => independent(wan, "", "") + &guard(""),
        Kind::FullConeHairpin => {
            let turn_in = format!(
                "iifname \"lan\" ip daddr {wan} meta l4proto udp dnat to udp dport map @mapped\n"
            );
            let turn_out = format!("iifname \"lan\" oifname \"lan\" snat to {wan}\n");
            independent(wan, &turn_in, &turn_out) + &guard("")
        }
        Kind::Restricted => independent(wan, "", "") + &guard(BY_ADDRESS),
        Kind::PortRestricted | Kind::PortRestrictedForgets(_) => {
            independent(wan, "", "") + &guard(BY_CONNECTION)
        }
        Kind::Symmetric => dependent() + &guard(BY_CONNECTION),
        Kind::Blocked => dependent() + &guard("meta l4proto udp drop\n"),
        Kind::RestrictedFirewall => firewall(
            "udp dport . ip saddr @seen accept\nmeta l4proto udp drop\n",
            "meta l4proto udp update @seen { udp sport . ip daddr timeout 300s }\n",
        ),
        Kind::PortRestrictedFirewall => {
            firewall("ct state established accept\nmeta l4proto udp drop\n", "")
        }
    }
}

const BY_ADDRESS: &str = "\
oifname \"wan\" meta l4proto udp update @seen { udp sport . ip daddr timeout 300s }
iifname \"wan\" udp dport . ip saddr @seen accept
iifname \"wan\" drop
";

const BY_CONNECTION: &str = "\
iifname \"wan\" ct state established,related accept
iifname \"wan\" drop
";

/// One external port for one internal one, the same number, whatever the destination.
fn independent(wan: Ipv4Addr, before: &str, after: &str) -> String {
    format!(
        "table ip translate {{
map mapped {{ type inet_service : ipv4_addr . inet_service; flags dynamic,timeout; }}
chain in {{ type nat hook prerouting priority dstnat;
{before}iifname \"wan\" meta l4proto udp dnat to udp dport map @mapped
}}
chain out {{ type nat hook postrouting priority srcnat;
{after}oifname \"wan\" meta l4proto udp update @mapped {{ udp sport timeout 300s : ip saddr . udp sport }}
oifname \"wan\" snat to {wan}
}}
}}
"
    )
}

/// A random external port for each destination. Without the empty chain, answers would not be
/// translated back.
fn dependent() -> String {
    "table ip translate {
chain in { type nat hook prerouting priority dstnat; }
chain out { type nat hook postrouting priority srcnat;
oifname \"wan\" masquerade random
}
}
"
    .to_owned()
}

/// What is let through, and that nothing from outside reaches the NAT itself.
fn guard(forward: &str) -> String {
    format!(
        "table ip guard {{
set seen {{ type inet_service . ipv4_addr; flags dynamic,timeout; }}
chain forward {{ type filter hook forward priority filter;
{forward}}}
chain input {{ type filter hook input priority filter;
iifname \"wan\" meta l4proto udp drop
}}
}}
"
    )
}

fn firewall(input: &str, output: &str) -> String {
    format!(
        "table ip guard {{
set seen {{ type inet_service . ipv4_addr; flags dynamic,timeout; }}
chain input {{ type filter hook input priority filter;
iifname \"lo\" accept
{input}}}
chain output {{ type filter hook output priority filter;
{output}}}
}}
"
    )
}

/// Loses a share of the UDP packets to and from the servers.
pub(super) fn loss(percent: u8) -> String {
    let drop = format!("meta l4proto udp numgen random mod 100 < {percent} drop");
    format!(
        "table ip loss {{
chain in {{ type filter hook input priority -10;
{drop}
}}
chain out {{ type filter hook output priority -10;
{drop}
}}
}}
"
    )
}
