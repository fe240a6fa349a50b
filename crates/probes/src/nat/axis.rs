//! What is measured, each on its own: a verdict with its confidence, or why there is none.

use std::fmt;
use std::time::Duration;

/// What is known of one property of a NAT.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Axis<T> {
    /// Not looked at: nobody asked, or it means nothing here.
    #[default]
    NotMeasured,
    /// Looked at, and nothing can be said honestly.
    Inconclusive(Why),
    /// It was measured.
    Known(T, Confidence),
}

/// Why nothing can be said.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Why {
    /// No STUN server answered anything.
    NoAnswer,
    /// No server that answered has a second address and port (RFC 5780's OTHER-ADDRESS).
    NoAlternate,
    /// The server's second address or port does not answer when it is asked directly, so that its
    /// silence says nothing.
    AlternateSilent,
    /// Too many control requests were lost for silence to mean something.
    Lossy,
    /// The server answers from where it was asked, whatever CHANGE-REQUEST says.
    ChangeIgnored,
    /// The server refuses the request that the test needs.
    Refused,
    /// Answers from the second address do not come even where the way is open: the server or the
    /// path drops them.
    ChangeUnproven,
    /// Two measurements of the same thing differ: the mapping changed during the test.
    Unstable,
    /// The mapping depends on the destination; servers with one address each can't tell on how much
    /// of it.
    KindUnknown,
    /// The server names an external address that it can't have seen, and that nothing is sent to.
    Implausible,
    /// This machine could not send at all: it has no route, or its own firewall forbids it.
    Unsent,
    /// The time for the whole test was up.
    OutOfTime,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoAnswer => "no STUN server answered",
            Self::NoAlternate => "no server has a second address and port",
            Self::AlternateSilent => "the server's second address or port does not answer",
            Self::Lossy => "too much loss",
            Self::ChangeIgnored => "the server ignores CHANGE-REQUEST",
            Self::Refused => "the server refuses the request",
            Self::ChangeUnproven => {
                "the server's second address is silent although nothing blocks it"
            }
            Self::Unstable => "the mapping changed during the test",
            Self::KindUnknown => {
                "the mapping depends on the destination; on the address alone or also the port is \
                 unknown"
            }
            Self::Implausible => "the server reports an impossible external address",
            Self::Unsent => "this machine could not send to any server",
            Self::OutOfTime => "the test ran out of time",
        })
    }
}

/// How sure a verdict is, in per cent, rounded down; never 100.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Confidence(u8);

impl Confidence {
    /// An answer came: it proves what it proves.
    pub const PROVEN: Self = Self(99);
    /// Every observation agrees, but one check that would rule out another cause could not be made.
    pub const LIKELY: Self = Self(90);

    /// One minus the probability that the verdict is wrong.
    #[must_use]
    pub const fn from_doubt(doubt: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to 0–99 first"
        )]
        Self(((1.0 - doubt) * 100.0).clamp(0.0, 99.0) as u8)
    }

    /// As a whole number of per cent.
    #[must_use]
    pub const fn percent(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.0)
    }
}

impl<T> Axis<T> {
    /// The verdict, where there is one.
    pub const fn known(&self) -> Option<&T> {
        if let Self::Known(verdict, _) = self { Some(verdict) } else { None }
    }

    /// How sure it is, where it was measured.
    pub const fn confidence(&self) -> Option<Confidence> {
        if let Self::Known(_, confidence) = self { Some(*confidence) } else { None }
    }
}

impl<T: fmt::Display> fmt::Display for Axis<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotMeasured => f.write_str("not measured"),
            Self::Inconclusive(why) => write!(f, "inconclusive: {why}"),
            Self::Known(verdict, confidence) => write!(f, "{verdict} ({confidence})"),
        }
    }
}

macro_rules! kinds {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum $name { $($(#[$of])* $variant,)* }

        impl $name {
            /// In the words of the RFCs.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.text())
            }
        }
    };
}

kinds! {
    /// Whether UDP gets out and back at all.
    Udp {
        /// It does.
        Open = "open",
        /// It does not.
        Blocked = "blocked",
    }
}

kinds! {
    /// On what the external address and port of one internal address and port depend (RFC 4787
    /// §4.1).
    Mapping {
        /// On nothing else.
        EndpointIndependent = "endpoint-independent",
        /// On the address that is sent to.
        AddressDependent = "address-dependent",
        /// On the address and the port that are sent to.
        AddressAndPortDependent = "address-and-port-dependent",
    }
}

kinds! {
    /// From whom packets are let in to a mapping (RFC 4787 §5).
    Filtering {
        /// From anybody.
        EndpointIndependent = "endpoint-independent",
        /// From addresses that were sent to.
        AddressDependent = "address-dependent",
        /// From addresses and ports that were sent to.
        AddressAndPortDependent = "address-and-port-dependent",
    }
}

kinds! {
    /// Whether the external port is the internal one (RFC 4787 §4.2.1).
    PortPreservation {
        /// In every test.
        Always = "always",
        /// In some tests.
        Sometimes = "sometimes",
        /// In none.
        Never = "never",
    }
}

kinds! {
    /// Whether two sockets behind the NAT reach each other at their external addresses (RFC 4787
    /// §6).
    Hairpin {
        /// They do.
        Works = "works",
        /// They don't.
        Fails = "fails",
    }
}

/// How long a mapping lives without traffic, as far as the ladder tells.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Lifetime {
    /// It was alive after this much silence; zero where the first rung found it gone.
    pub alive: Duration,
    /// It was gone after this much; absent where the last rung found it alive.
    pub gone: Option<Duration>,
}

impl fmt::Display for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let alive = self.alive.as_secs();
        match self.gone.map(|gone| gone.as_secs()) {
            None => write!(f, "at least {alive} s"),
            Some(gone) if alive == 0 => write!(f, "less than {gone} s"),
            Some(gone) => write!(f, "between {alive} and {gone} s"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confidence_is_rounded_down_and_never_whole() {
        assert_eq!(Confidence::from_doubt(1e-12).percent(), 99);
        assert_eq!(Confidence::from_doubt(0.5).percent(), 50);
        assert_eq!(Confidence::from_doubt(0.125).percent(), 87);
        assert_eq!(Confidence::from_doubt(7.0).percent(), 0);
    }

    #[test]
    fn axes_read_as_sentences() {
        assert_eq!(
            Axis::Known(Mapping::AddressDependent, Confidence::LIKELY).to_string(),
            "address-dependent (90 %)"
        );
        assert_eq!(
            Axis::<Mapping>::Inconclusive(Why::Lossy).to_string(),
            "inconclusive: too much loss"
        );
        let seconds = Duration::from_secs;
        let between = Lifetime { alive: seconds(25), gone: Some(seconds(35)) };
        assert_eq!(between.to_string(), "between 25 and 35 s");
        assert_eq!(
            Lifetime { alive: seconds(0), gone: Some(seconds(25)) }.to_string(),
            "less than 25 s"
        );
        assert_eq!(Lifetime { alive: seconds(145), gone: None }.to_string(), "at least 145 s");
    }
}
