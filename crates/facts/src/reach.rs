//! Who can reach whom over UDP, derived from what peers say of their NAT. Nothing here was tried:
//! types and rules are those of RFC 3489 and RFC 4787, for two peers behind NATs of their own that
//! somebody has told of each other.

use crate::nat::NatType;

/// What the types of two peers say about a packet from one to the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// It gets there without help.
    Direct,
    /// It gets there once both have sent to each other: they need somebody who tells them when.
    Punch,
    /// It does not get there.
    Never,
    /// The types do not say: one of them stands for kinds that differ here, or is not known.
    NotSaid,
}

impl Reach {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Direct, Self::Punch, Self::Never, Self::NotSaid];

    /// In words.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Direct => "directly",
            Self::Punch => "once both have sent: hole punching",
            Self::Never => "not at all",
            Self::NotSaid => "the types do not say",
        }
    }
}

/// Whom a peer lets in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Lets {
    Everybody,
    /// Addresses that it sent to.
    Address,
    /// Addresses with ports that it sent to.
    Port,
}

/// What one kind of NAT does: whom it lets in, and whether all see the same port of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Kind {
    lets: Lets,
    same_port: bool,
}

const EVERYBODY: Kind = Kind { lets: Lets::Everybody, same_port: true };
const ADDRESS: Kind = Kind { lets: Lets::Address, same_port: true };
const PORT: Kind = Kind { lets: Lets::Port, same_port: true };
/// The original tells no more of a symmetric NAT: the usual filter is by port.
const SYMMETRIC: Kind = Kind { lets: Lets::Port, same_port: false };

/// The kinds that a type stands for; none where UDP does not pass, `None` where it is not known.
const fn kinds(nat: NatType) -> Option<&'static [Kind]> {
    Some(match nat {
        NatType::Open | NatType::FullCone => &[EVERYBODY],
        NatType::Restricted => &[ADDRESS],
        NatType::PortRestricted => &[PORT],
        NatType::Firewall => &[ADDRESS, PORT],
        NatType::Symmetric => &[SYMMETRIC],
        NatType::Blocked => &[],
        NatType::Unknown => return None,
    })
}

/// Whether a packet from a peer behind `from` gets to one behind `to`.
#[must_use]
pub fn reach(from: NatType, to: NatType) -> Reach {
    if from == NatType::Blocked || to == NatType::Blocked {
        return Reach::Never; // whatever the other one is
    }
    let (Some(from), Some(to)) = (kinds(from), kinds(to)) else { return Reach::NotSaid };
    let mut all = from.iter().flat_map(|from| to.iter().map(|to| one(*from, *to)));
    let Some(first) = all.next() else { return Reach::Never };
    if all.all(|other| other == first) { first } else { Reach::NotSaid }
}

const fn one(from: Kind, to: Kind) -> Reach {
    if matches!(to.lets, Lets::Everybody) {
        return Reach::Direct;
    }
    // the hole is for the address, or for the port that the other one was told: the sender must
    // come from there, and the receiver's own port must be the one that the sender was told
    let comes_from_it = matches!(to.lets, Lets::Address) || from.same_port;
    let goes_to_it = to.same_port || matches!(from.lets, Lets::Everybody | Lets::Address);
    if comes_from_it && goes_to_it { Reach::Punch } else { Reach::Never }
}

#[cfg(test)]
mod tests {
    use super::*;
    use NatType::{
        Blocked, Firewall, FullCone, Open, PortRestricted, Restricted, Symmetric, Unknown,
    };

    #[test]
    fn what_hole_punching_is_known_to_do() {
        for (from, to, expected) in [
            (Symmetric, Open, Reach::Direct),
            (Symmetric, FullCone, Reach::Direct),
            (Open, Restricted, Reach::Punch),
            (PortRestricted, PortRestricted, Reach::Punch),
            (Symmetric, Restricted, Reach::Punch),
            (Restricted, Symmetric, Reach::Punch),
            (Symmetric, PortRestricted, Reach::Never),
            (PortRestricted, Symmetric, Reach::Never),
            (Symmetric, Symmetric, Reach::Never),
            (Open, Blocked, Reach::Never),
            (Blocked, Open, Reach::Never),
        ] {
            assert_eq!(reach(from, to), expected, "{from:?} to {to:?}");
        }
    }

    #[test]
    fn what_a_type_does_not_say_is_not_said() {
        assert_eq!(reach(Symmetric, Firewall), Reach::NotSaid, "by address or by port");
        assert_eq!(reach(Open, Firewall), Reach::Punch, "the same for both kinds");
        assert_eq!(reach(Open, Unknown), Reach::NotSaid);
        assert_eq!(reach(Unknown, Blocked), Reach::Never, "no UDP passes there, whoever sends");
    }

    #[test]
    fn punching_works_both_ways_or_not_at_all() {
        for a in NatType::ALL {
            for b in NatType::ALL {
                let (there, back) = (reach(a, b), reach(b, a));
                if there == Reach::Punch {
                    assert!(matches!(back, Reach::Punch | Reach::Direct), "{a:?}, {b:?}");
                }
            }
        }
    }
}
