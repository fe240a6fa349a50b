//! Why a connection or a request failed: phase × cause × who ended it × whether the request may
//! have been delivered.
//!
//! Every cause stands once in the table below, with a stable code that scripts may rely on and a
//! hint that says what to do next. The particulars of one case (which version, which permid, how
//! many parts) are in [`Failure::detail`].

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::serial;

mod when;

/// The rungs of the ladder from an address to a reply.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Binding, files: nothing of it concerns a peer.
    Local,
    /// From a host name to addresses.
    Resolve,
    /// From an address to a connection.
    Tcp,
    /// A datagram that arrives anywhere (DHT).
    Udp,
    /// Message Stream Encryption, where plain connections are refused (BitTorrent).
    Mse,
    /// 68 bytes each way (§1).
    Handshake,
    /// The extension handshake (BEP 10).
    Extensions,
    /// An answer of a DHT node, whatever it says (BEP 5).
    Answer,
    /// Whether the node is the one that was asked for.
    Id,
    /// Whether the two sides have a version in common (§1).
    Version,
    /// Who the other side is (§3, §8).
    Authentication,
    /// The request on its way: local refusals, and the peer's allow-list as far as it can be told.
    Request,
    /// From the first part to the last.
    Reply,
    /// An authenticated connection outside any request.
    Open,
}

impl Phase {
    /// The rungs that a dialled connection climbs, in order.
    pub const LADDER: [Self; 7] = [
        Self::Resolve,
        Self::Tcp,
        Self::Handshake,
        Self::Version,
        Self::Authentication,
        Self::Request,
        Self::Reply,
    ];

    /// The rungs from an address to the reply of a BitTorrent peer.
    pub const BITTORRENT: [Self; 6] =
        [Self::Resolve, Self::Tcp, Self::Mse, Self::Handshake, Self::Extensions, Self::Reply];
    /// The rungs from an address to the reply of a DHT node.
    pub const DHT: [Self; 5] = [Self::Resolve, Self::Udp, Self::Answer, Self::Id, Self::Reply];

    /// The word for it in messages, JSON and codes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Resolve => "resolve",
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Mse => "mse",
            Self::Handshake => "handshake",
            Self::Extensions => "extensions",
            Self::Answer => "answer",
            Self::Id => "id",
            Self::Version => "version",
            Self::Authentication => "authentication",
            Self::Request => "request",
            Self::Reply => "reply",
            Self::Open => "open",
        }
    }
}

/// Who ended it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// This program, for a reason of its own.
    Us,
    /// The other side.
    Peer,
    /// Neither on purpose: the network, the operating system.
    Network,
}

/// Whether the peer may have got the request: if so it may have counted it, and a retry can meet
/// 254.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivered {
    /// It never left this program whole.
    No,
    /// It was handed to the operating system; nothing more is known.
    Maybe,
    /// A part of the reply came.
    Yes,
}

/// The exit codes of cli.md that failures map to.
pub mod exit {
    /// Something on this machine: a file, an address to bind.
    pub const LOCAL: u8 = 1;
    /// No connection was made.
    pub const CONNECT: u8 = 3;
    /// Handshake, version or authentication failed.
    pub const AUTHENTICATE: u8 = 4;
    /// The connection ended before the reply did.
    pub const CLOSED: u8 = 5;
    /// A deadline passed.
    pub const TIMEOUT: u8 = 6;
    /// Stopped by the operator.
    pub const INTERRUPTED: u8 = 130;
}

macro_rules! causes {
    ($($variant:ident: $phase:ident, $code:literal, $exit:ident, $text:literal, $hint:literal;)*) => {
        /// What went wrong. See the table in this file's source for codes, texts and hints.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Cause { $(#[doc = $text] $variant,)* }

        impl Cause {
            /// All of them, for tests and documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The rung this cause belongs to.
            #[must_use]
            pub const fn phase(self) -> Phase { match self { $(Self::$variant => Phase::$phase,)* } }
            /// A stable code for scripts: `phase.what`.
            #[must_use]
            pub const fn code(self) -> &'static str { match self { $(Self::$variant => $code,)* } }
            /// The exit code of cli.md.
            #[must_use]
            pub const fn exit(self) -> u8 { match self { $(Self::$variant => exit::$exit,)* } }
            /// What failed, in a few words.
            #[must_use]
            pub const fn text(self) -> &'static str { match self { $(Self::$variant => $text,)* } }
            /// What to do next.
            #[must_use]
            pub const fn hint(self) -> &'static str { match self { $(Self::$variant => $hint,)* } }
        }
    };
}

causes! {
    Bind: Local, "local.bind", LOCAL, "the listening address could not be bound", "choose a free port, or an address of this machine, with --listen";
    Io: Local, "local.io", LOCAL, "input or output on this machine failed", "see above for the file or device, then try again";
    Files: Local, "local.files", LOCAL, "this process, or this machine, can't open any more files", "raise the limit (`ulimit -n`), or have fewer connections at a time";
    Stopped: Local, "local.stopped", INTERRUPTED, "stopped from here", "nothing to do: it was stopped on purpose";

    NotFound: Resolve, "resolve.not-found", CONNECT, "the host name has no address", "check the name, or give the address itself";

    TcpRefused: Tcp, "tcp.refused", CONNECT, "the connection was refused", "nothing listens on that port: check the port, and that the peer runs";
    TcpUnreachable: Tcp, "tcp.unreachable", CONNECT, "the host can't be reached", "check the address and the route; a peer behind a NAT has to dial you: listen and wait";
    TcpTimeout: Tcp, "tcp.timeout", CONNECT, "no answer to the connection attempt", "a firewall drops it, or the host is down: try from elsewhere, or listen and let the peer dial";
    Crowded: Tcp, "tcp.crowded", CONNECT, "more connections come in than are taken at once", "nothing to do here: others have to end first";
    TcpOther: Tcp, "tcp.other", CONNECT, "the connection could not be made", "see the detail for what the operating system said";

    HandshakeClosed: Handshake, "handshake.closed", AUTHENTICATE, "closed before its handshake was whole", "not an overlay port, or its lowest version is above ours: try another --overlay-version";
    HandshakeTimeout: Handshake, "handshake.timeout", AUTHENTICATE, "no whole handshake in time", "something else listens there, or the peer is overloaded: check the port";
    NotOverlay: Handshake, "handshake.not-overlay", AUTHENTICATE, "what answers does not speak the overlay protocol", "check the port: BitTorrent clients use another one for the overlay";
    WrongPort: Handshake, "handshake.wrong-port", AUTHENTICATE, "the peer announces another listening port than the one dialled", "a port forwarding is in the way, or somebody rewrote the handshake: dial the announced port";

    UdpUnreachable: Udp, "udp.unreachable", CONNECT, "nobody listens on that UDP port: the host said so", "check the port, and that the program's DHT is on; TCP may be asked all the same";
    UdpOther: Udp, "udp.other", CONNECT, "the datagram could not be sent", "see the detail for what the operating system said";
    AnswerTimeout: Answer, "answer.timeout", TIMEOUT, "no answer from the node", "silence says nothing: it may be gone, behind a firewall, or its limit may be reached; ask no more for 5 minutes if it had answered before";
    AnswerMalformed: Answer, "answer.malformed", AUTHENTICATE, "what answers does not speak KRPC", "another program listens on that port: see the detail, or ask `swarmscope check`";
    WrongNode: Id, "id.wrong-node", AUTHENTICATE, "the node is not the one that was asked for", "another node has this address now, or it has taken a new id: ask without the id to take whoever is there";
    BtClosed: Handshake, "handshake.bt-closed", CLOSED, "closed without a byte, plain and encrypted", "it may lack the torrent, have no free slot, ban this address, or have another connection from it: check the infohash, wait a minute, then ask REACH";
    BtTimeout: Handshake, "handshake.bt-timeout", TIMEOUT, "no BitTorrent handshake in time", "something else may listen there, or it is overloaded: `swarmscope check` tells what it is";
    NotBitTorrent: Handshake, "handshake.not-bittorrent", AUTHENTICATE, "what answers does not speak BitTorrent's peer protocol", "check the port: `swarmscope check` tells what listens there";
    BtOtherTorrent: Handshake, "handshake.other-torrent", AUTHENTICATE, "the peer answered for another torrent than the one that was asked for", "its implementation differs from the protocol: do not rely on its answers";
    LikelyBitTorrent: Handshake, "handshake.bittorrent", AUTHENTICATE, "a BitTorrent client, not an overlay peer", "the overlay has another port than the client's torrents: check the port, or ask this one with bt://";
    MseFailed: Mse, "mse.failed", AUTHENTICATE, "the encrypted stream could not be set up", "it may lack the torrent, or take plain connections only: check the infohash";
    ExtensionsTimeout: Extensions, "extensions.timeout", TIMEOUT, "no extension handshake in time", "the client is slow or keeps it back: wait longer with --timeout";
    NoExtension: Extensions, "extensions.none", CLOSED, "the peer does not have the extension that was asked for", "HELLO says which ones it has";
    PexTimeout: Reply, "reply.pex-timeout", TIMEOUT, "no peer exchange in time", "clients send one a minute, some only when they have met somebody: wait longer with --timeout";
    BtClosedInReply: Reply, "reply.bt-closed", CLOSED, "the connection was lost before the answer was whole", "seeds close connections to peers that ask for nothing: ask again";

    VersionTooOld: Version, "version.too-old", AUTHENTICATE, "the peer's overlay version is too old", "it can't be asked with crawler messages: look for a peer with a newer client";
    VersionTooNew: Version, "version.too-new", AUTHENTICATE, "the peer's lowest overlay version is above ours", "use a newer swarmscope";
    VersionNeedsLegacy: Version, "version.needs-legacy", AUTHENTICATE, "the peer speaks only the old unencrypted protocol, and no legacy identity is in use", "to speak it knowingly, give --legacy-identity FILE or --overlay-version 17";
    VersionNeedsCurrent: Version, "version.needs-current", AUTHENTICATE, "the peer wants version 18, and no Ed25519 identity is in use", "give --identity FILE, or leave out --overlay-version";
    VersionNoCrawler: Version, "version.no-crawler", AUTHENTICATE, "the selected version is below 7, which has no crawler messages", "it can't be asked: look for a peer with a newer client";

    TlsFailed: Authentication, "authentication.tls", AUTHENTICATE, "the TLS handshake failed", "the peer's TLS is not that of version 18 (TLS 1.3 with raw Ed25519 keys), or it refuses ours: compare the versions of both programs, and the identity in use";
    NotTls: Authentication, "authentication.not-tls", AUTHENTICATE, "the other side does not speak TLS, although it announces version 18", "another program listens there, or something on the way alters the stream: check the port and the path";
    WrongPermid: Authentication, "authentication.wrong-permid", AUTHENTICATE, "the peer is not the one that was asked for", "another peer has this address now, or somebody is in between: check the permid; nothing was signed for it";
    OwnPermid: Authentication, "authentication.own-permid", AUTHENTICATE, "the peer presents our own permid", "this is ourselves, or the same identity in use twice: make one of the two its own with `swarmscope key new --out FILE`, and start it with --identity FILE";
    BadSignature: Authentication, "authentication.bad-signature", AUTHENTICATE, "the signature does not verify", "the peer does not hold the key it presents: do not trust what answers there";
    WrongEcho: Authentication, "authentication.wrong-echo", AUTHENTICATE, "the peer signed another peer id than ours", "somebody rewrote the handshake on the way, or replays another's answer";
    AuthMalformed: Authentication, "authentication.malformed", AUTHENTICATE, "an authentication message is malformed", "the peer's implementation differs from the protocol: see the detail";
    AuthOutOfOrder: Authentication, "authentication.out-of-order", AUTHENTICATE, "a message came before authentication was complete", "the peer's implementation differs from the protocol: see the detail";
    AuthTimeout: Authentication, "authentication.timeout", AUTHENTICATE, "authentication took too long", "the peer is overloaded or stalls on purpose: try again later";
    AuthClosed: Authentication, "authentication.closed", AUTHENTICATE, "closed during authentication", "the peer refused the key, its kind or our handshake: check the identity in use and the versions";
    HelloMismatch: Authentication, "authentication.hello-mismatch", AUTHENTICATE, "the two handshakes are not what both sides sent", "somebody rewrote the version or the port on the way: do not use this path";
    Duplicate: Authentication, "authentication.duplicate", AUTHENTICATE, "a connection to this peer is already there", "nothing to do: the other connection is used";

    FrameTooLarge: Open, "open.frame-too-large", CLOSED, "a frame was announced that is larger than allowed", "the peer is hostile or out of step: the connection was closed";
    MessageMalformed: Open, "open.malformed", CLOSED, "a message is malformed", "the peer's implementation differs from the protocol: see the detail";
    NotAllowed: Open, "open.not-allowed", CLOSED, "a request from a permid that is not on the allow-list", "to let this Crawler ask, put its permid on the allow-list";
    Closed: Open, "open.closed", CLOSED, "the connection was closed", "nothing to do, or connect again";
    Truncated: Open, "open.truncated", CLOSED, "the TLS stream ended without close_notify", "the peer crashed, or somebody cut the connection";
    TlsDamaged: Open, "open.tls", CLOSED, "the TLS stream is damaged", "somebody in between alters it: do not use this path";
    Reset: Open, "open.reset", CLOSED, "the connection was lost", "the peer went away or the network failed: connect again";
    Idle: Open, "open.idle", CLOSED, "nothing was sent or received for too long", "connect again when there is something to ask";
    QueueFull: Open, "open.queue-full", CLOSED, "the peer does not take what is sent to it", "it reads too slowly or not at all: ask less at once";

    NotConnected: Request, "request.not-connected", CONNECT, "there is no connection to this peer", "connect first; a peer that can't be reached from here has to dial in";
    ChannelsFull: Request, "request.channels-full", LOCAL, "all 255 channels of this peer are in use", "wait until requests end, or cancel some";
    PayloadTooLarge: Request, "request.payload-too-large", LOCAL, "the payload does not fit into a frame", "a frame holds 8 MiB: send less";
    ClosedUnanswered: Request, "request.closed-unanswered", CLOSED, "the peer closed the connection before it answered", "it may have been stopped, or have closed it for a reason of its own: connect and ask again";
    ClosedByUs: Request, "request.closed-here", CLOSED, "the connection was closed from here before the reply", "see the detail for why; the peer may have counted the request";
    LostUnanswered: Request, "request.lost", CLOSED, "the connection was lost before the reply", "the peer crashed, or the network failed: connect and ask again; the peer may have counted the request";
    ClosedWithoutReply: Request, "request.closed", CLOSED, "the peer closed without a reply", "likely its allow-list: put the permid of `swarmscope key show` on it; else the request was refused";
    FirstPartTimeout: Reply, "reply.first-part", TIMEOUT, "no part of a reply came in time", "the peer may have counted the request, so that a retry meets 254; wait longer with --timeout";
    BetweenPartsTimeout: Reply, "reply.between-parts", TIMEOUT, "the next part did not come in time", "the peer has counted the request: a retry meets 254 until its frequency has passed; wait longer with --timeout";
    WholeTimeout: Reply, "reply.whole", TIMEOUT, "the reply was not whole in time", "the peer has counted the request: a retry meets 254 until its frequency has passed; wait longer with --timeout";
    TooLarge: Reply, "reply.too-large", CLOSED, "the reply is larger than its budget", "ask for less at once, or raise the budget";
    ClosedInReply: Reply, "reply.closed", CLOSED, "the connection was lost before the last part", "the peer has counted the request; listen (--listen) so that it can dial back with the rest";
    PartsMissing: Reply, "reply.parts-missing", CLOSED, "parts of the reply were lost with the connection that carried them", "the peer has counted the request: ask again once it accepts the id";
    Cancelled: Reply, "reply.cancelled", INTERRUPTED, "cancelled from here", "the peer may have counted the request, so that a retry meets 254";
    DialBackTimeout: Reply, "reply.dial-back", TIMEOUT, "the connection was lost, and the peer did not dial back in time", "make sure that the peer can reach the listening port, and wait longer with --timeout";
}

/// By its code, which is stable; its variant's name is not.
impl Serialize for Cause {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Cause {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let named = |code: &str| Self::ALL.iter().find(|cause| cause.code() == code).copied();
        serial::text(from, |code| {
            named(code).ok_or_else(|| format!("no failure has the code {code:?}"))
        })
    }
}

/// One failure, with everything a person or a script needs of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Failure {
    /// What went wrong.
    pub cause: Cause,
    /// Who ended it.
    pub by: By,
    /// Whether the peer may have counted the request.
    pub delivered: Delivered,
    /// The particulars, in words, free of control characters; may be empty.
    pub detail: String,
}

impl Failure {
    /// A failure before anything was delivered.
    #[must_use]
    pub fn new(cause: Cause, by: By, detail: impl Into<String>) -> Self {
        Self { cause, by, delivered: Delivered::No, detail: detail.into() }
    }

    /// The same failure of a request that may have arrived.
    #[must_use]
    pub const fn delivered(mut self, delivered: Delivered) -> Self {
        self.delivered = delivered;
        self
    }

    /// The rung of the ladder it belongs to.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.cause.phase()
    }

    /// What failed, with its particulars; as the text of the whole failure, but without its phase.
    #[must_use]
    pub fn words(&self) -> String {
        match self.detail.as_str() {
            "" => self.cause.text().to_owned(),
            detail => format!("{}: {detail}", self.cause.text()),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.phase().name(), self.words())
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_cause_has_its_own_code_under_its_phase_and_a_hint() {
        let mut codes = HashSet::new();
        for cause in Cause::ALL {
            assert!(codes.insert(cause.code()), "{} stands twice", cause.code());
            let (phase, what) = cause.code().split_once('.').expect("phase.what");
            assert_eq!(phase, cause.phase().name());
            assert!(!what.is_empty() && !cause.text().is_empty() && !cause.hint().is_empty());
        }
    }
}
