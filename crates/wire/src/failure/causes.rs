//! The table of causes: phase, code, exit code; what is said, what to do next, and when.

use super::{Phase, exit};

macro_rules! causes {
    ($($variant:ident: $phase:ident, $code:literal, $exit:ident,
        $text:literal, $hint:literal, $when:literal;)*) => {
        /// What went wrong. The table in this file's source has the codes, texts and hints.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[non_exhaustive]
        pub enum Cause { $(#[doc = $text] $variant,)* }

        impl Cause {
            /// All of them, for tests and documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The rung this cause belongs to.
            #[must_use]
            pub const fn phase(self) -> Phase {
                match self { $(Self::$variant => Phase::$phase,)* }
            }
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
            /// The condition under which a failure has this cause, for `docs/failures.md`.
            #[must_use]
            pub const fn when(self) -> &'static str { match self { $(Self::$variant => $when,)* } }
        }
    };
}

causes! {
    Bind: Local, "local.bind", LOCAL,
        "cannot bind the listening address",
        "choose a free port, or an address of this machine, with --listen",
        "The operating system refuses the listening address.";
    Io: Local, "local.io", LOCAL,
        "local input or output failed",
        "see the detail for the file or device, then try again",
        "A file, the random number generator or the TLS key can't be used.";
    Files: Local, "local.files", LOCAL,
        "too many open files, in this process or on this machine",
        "raise the limit (`ulimit -n`) or keep fewer connections open",
        "The operating system refuses another socket or file for lack of descriptors.";
    Stopped: Local, "local.stopped", INTERRUPTED,
        "stopped from here",
        "nothing to do: it was stopped on purpose",
        "The program or its node shuts down while something is under way.";

    NotFound: Resolve, "resolve.not-found", CONNECT,
        "the host name has no address",
        "check the name, or give the address itself",
        "The resolver returns no address for the host name.";

    TcpRefused: Tcp, "tcp.refused", CONNECT,
        "connection refused",
        "nothing listens on that port, or a firewall rejects it: check the port and that the peer \
         is running",
        "The host refuses the connection attempt.";
    TcpUnreachable: Tcp, "tcp.unreachable", CONNECT,
        "host unreachable",
        "check the address and the route; a peer behind a NAT has to dial you: listen and wait",
        "The operating system or a router reports no route to the host.";
    TcpTimeout: Tcp, "tcp.timeout", CONNECT,
        "no answer to the connection attempt",
        "a firewall drops it, or the host is down: try from elsewhere, or listen and let the peer \
         dial",
        "Nothing answers the connection attempt before its deadline.";
    Crowded: Tcp, "tcp.crowded", CONNECT,
        "too many incoming connections at once",
        "nothing to do here: other connections have to end first",
        "More connections come in than are accepted, in total or from one source. The newest one, \
         or the oldest one that has not authenticated, is closed.";
    TcpOther: Tcp, "tcp.other", CONNECT,
        "connection failed",
        "see the detail for the operating system's error",
        "The operating system ends the connection attempt for another reason, given in the detail.";

    HandshakeClosed: Handshake, "handshake.closed", AUTHENTICATE,
        "closed before the handshake was complete",
        "not an overlay port, or its lowest version is above ours: try another --overlay-version",
        "The stream ends before all 68 bytes of the handshake have arrived.";
    HandshakeTimeout: Handshake, "handshake.timeout", AUTHENTICATE,
        "handshake timed out",
        "another program listens there, or the peer is overloaded: check the port",
        "The 68 bytes of the handshake are not complete at the deadline.";
    NotOverlay: Handshake, "handshake.not-overlay", AUTHENTICATE,
        "not the overlay protocol",
        "check the port: BitTorrent clients use a separate one for the overlay",
        "The first bytes are not those of the overlay's handshake.";
    WrongPort: Handshake, "handshake.wrong-port", AUTHENTICATE,
        "the peer announces a different listening port than the one dialled",
        "a port forwarding is in the way, or the handshake was rewritten: dial the announced port",
        "A dialled peer announces a listening port other than the one that was dialled.";

    UdpUnreachable: Udp, "udp.unreachable", CONNECT,
        "UDP port closed, according to the host",
        "check the port and that the program's DHT is on; its TCP port may still answer",
        "The host answers a datagram with ICMP port unreachable.";
    UdpOther: Udp, "udp.other", CONNECT,
        "the datagram could not be sent",
        "see the detail for the operating system's error",
        "The operating system refuses to send the datagram, for the reason in the detail.";
    AnswerTimeout: Answer, "answer.timeout", TIMEOUT,
        "no answer from the node",
        "silence has many causes: the node may be gone, firewalled or rate-limiting; if it \
         answered before, wait 5 minutes",
        "Neither the query nor its one retry is answered before the deadline.";
    AnswerMalformed: Answer, "answer.malformed", AUTHENTICATE,
        "not the KRPC protocol",
        "another program listens on that port: see the detail, or run `swarmscope check`",
        "The node sends datagrams, but no KRPC message.";
    AnswerRefused: Answer, "answer.refused", AUTHENTICATE,
        "the node refuses the query with an error",
        "ask it yourself to read the error: `swarmscope request dht://HOST:PORT find_node HEX`; a \
         node that has just started may know nobody yet",
        "In a crawl: the node answers a query with an error, which names no id.";
    WrongNode: Id, "id.wrong-node", AUTHENTICATE,
        "a different node than the one requested",
        "another node has this address now, or it has a new id: leave out the id to ask any node \
         there",
        "A node answers with an id other than the one before the @ of the target.";
    BtClosed: Handshake, "handshake.bt-closed", CLOSED,
        "closed without a byte, plain and encrypted",
        "it may lack the torrent, have no free slot, ban this address, or already have a \
         connection from it: check the infohash, wait a minute, then ask REACH",
        "The peer closes the plain connection, and then an encrypted one, without a byte.";
    BtTimeout: Handshake, "handshake.bt-timeout", TIMEOUT,
        "BitTorrent handshake timed out",
        "another program may listen there, or it is overloaded: run `swarmscope check`",
        "The 68 bytes of the BitTorrent handshake are not complete at the deadline.";
    NotBitTorrent: Handshake, "handshake.not-bittorrent", AUTHENTICATE,
        "not BitTorrent's peer protocol",
        "check the port: `swarmscope check` identifies the program there",
        "The first bytes are not those of a BitTorrent handshake.";
    BtOtherTorrent: Handshake, "handshake.other-torrent", AUTHENTICATE,
        "the peer answered for a different torrent",
        "its implementation differs from the protocol: do not rely on its answers",
        "The handshake in reply names another torrent.";
    LikelyBitTorrent: Handshake, "handshake.bittorrent", AUTHENTICATE,
        "a BitTorrent client, not an overlay peer",
        "the overlay uses another port than the client's torrents: check the port, or ask this one \
         with bt://",
        "A peer closes the overlay's handshake without a byte, and the probes that follow identify \
         a BitTorrent client.";
    MseFailed: Mse, "mse.failed", AUTHENTICATE,
        "the encrypted stream could not be set up",
        "it may lack the torrent, or accept plain connections only: check the infohash",
        "The peer answers the first step of the encryption but not the next, or answers it \
         wrongly.";
    ExtensionsTimeout: Extensions, "extensions.timeout", TIMEOUT,
        "extension handshake timed out",
        "the client is slow or withholds it: wait longer with --timeout",
        "The peer announces extensions, but its extension handshake does not arrive in time.";
    NoExtension: Extensions, "extensions.none", CLOSED,
        "the peer lacks the required extension",
        "HELLO lists the extensions it has",
        "The extension that the question needs is missing from the peer's handshake or extension \
         handshake.";
    PexTimeout: Reply, "reply.pex-timeout", TIMEOUT,
        "no peer exchange in time",
        "clients send one a minute, some only after a change in their peers: wait longer with \
         --timeout",
        "No peer exchange arrives before the deadline.";
    BtFlood: Reply, "reply.bt-flood", CLOSED,
        "more peer exchanges than any client sends: ended from here",
        "the peer is hostile or broken: do not rely on what it tells",
        "More peer exchanges arrive than a client sends in a day, at one a minute.";
    BtClosedInReply: Reply, "reply.bt-closed", CLOSED,
        "connection lost before the answer was complete",
        "seeds close connections to peers that request no data: ask again",
        "The peer closes after its handshake and before its answer.";

    VersionTooOld: Version, "version.too-old", AUTHENTICATE,
        "the peer's overlay version is too old",
        "it does not understand crawler messages: look for a peer with a newer client",
        "The peer's current version is below our lowest, or is 2 or less.";
    VersionTooNew: Version, "version.too-new", AUTHENTICATE,
        "the peer's lowest overlay version is above ours",
        "use a newer swarmscope",
        "The peer's lowest version is above our current one.";
    VersionNeedsLegacy: Version, "version.needs-legacy", AUTHENTICATE,
        "the peer speaks only the old unencrypted protocol, and no legacy identity is in use",
        "to accept that, give --legacy-identity FILE or --overlay-version 17",
        "The common version is 17 or less, and no sect233k1 identity was given.";
    VersionNeedsCurrent: Version, "version.needs-current", AUTHENTICATE,
        "the peer wants version 18, and no Ed25519 identity is in use",
        "give --identity FILE, or leave out --overlay-version",
        "The common version is 18, and no Ed25519 identity is in use.";
    VersionNoCrawler: Version, "version.no-crawler", AUTHENTICATE,
        "the selected version is below 7, which has no crawler messages",
        "it can't be asked: look for a peer with a newer client",
        "The common version is below 7, and a crawler message is about to be sent or has arrived.";

    TlsFailed: Authentication, "authentication.tls", AUTHENTICATE,
        "TLS handshake failed",
        "the peer's TLS is not that of version 18 (TLS 1.3 with raw Ed25519 keys), or it rejects \
         ours: compare the versions of both programs, and the identity in use",
        "TLS ends with an alert, from the peer or from us, that has no cause of its own here.";
    NotTls: Authentication, "authentication.not-tls", AUTHENTICATE,
        "no TLS from the other side, although it announces version 18",
        "another program listens there, or something on the way alters the stream: check the port \
         and the path",
        "The bytes after a version 18 handshake are not TLS.";
    WrongPermid: Authentication, "authentication.wrong-permid", AUTHENTICATE,
        "a different peer than the one requested",
        "another peer has this address now, or the connection is intercepted: check the permid; \
         nothing was signed for this peer",
        "A peer was dialled by its permid, and a different key authenticates there.";
    OwnPermid: Authentication, "authentication.own-permid", AUTHENTICATE,
        "the peer presents our own permid",
        "this is ourselves, or one identity in use twice: create another with `swarmscope key new \
         --out FILE` and start one of the two with --identity FILE",
        "The key that the peer presents is our own.";
    BadSignature: Authentication, "authentication.bad-signature", AUTHENTICATE,
        "invalid signature",
        "the peer does not hold the key it presents: do not trust this address",
        "The peer's signature does not match the key it presents.";
    WrongEcho: Authentication, "authentication.wrong-echo", AUTHENTICATE,
        "the peer signed a peer id that is not ours",
        "the handshake was rewritten on the way, or an answer to another peer is replayed",
        "The peer returns a peer id other than the one we sent.";
    AuthMalformed: Authentication, "authentication.malformed", AUTHENTICATE,
        "malformed authentication message",
        "the peer's implementation differs from the protocol: see the detail",
        "An authentication message violates the protocol, or its challenge is too short.";
    AuthOutOfOrder: Authentication, "authentication.out-of-order", AUTHENTICATE,
        "message before authentication was complete",
        "the peer's implementation differs from the protocol: see the detail",
        "A message other than the expected one arrives before authentication is complete.";
    AuthTimeout: Authentication, "authentication.timeout", AUTHENTICATE,
        "authentication timed out",
        "the peer is overloaded or stalls on purpose: try again later",
        "Authentication is not complete at its deadline.";
    AuthClosed: Authentication, "authentication.closed", AUTHENTICATE,
        "closed during authentication",
        "the peer refused the key, its type or our handshake: check the identity in use and the \
         versions",
        "The stream ends where an authentication message or TLS is expected.";
    HelloMismatch: Authentication, "authentication.hello-mismatch", AUTHENTICATE,
        "the two sides saw different handshakes",
        "the version or the port was rewritten on the way: do not use this path",
        "Inside TLS, the peer's hash over both handshakes differs from ours.";
    Duplicate: Authentication, "authentication.duplicate", AUTHENTICATE,
        "already connected to this peer",
        "nothing to do: the other connection is used",
        "Another connection to the same peer is kept, and this one is not needed.";

    FrameTooLarge: Open, "open.frame-too-large", CLOSED,
        "frame larger than allowed",
        "the peer is hostile or out of step: the connection was closed",
        "A frame's length exceeds the limit at this point of the connection.";
    FrameSlow: Open, "open.frame-slow", CLOSED,
        "a frame stopped coming in its middle",
        "the line is too slow or stalls, or the peer holds the connection on purpose: connect again",
        "A frame is not whole 30 s after its first byte, and a second more for every 32 KiB of it.";
    MessageMalformed: Open, "open.malformed", CLOSED,
        "malformed message",
        "the peer's implementation differs from the protocol: see the detail",
        "A message on an authenticated connection violates the protocol.";
    NotAllowed: Open, "open.not-allowed", CLOSED,
        "request from a permid that is not on the allow-list",
        "to let this Crawler ask, put its permid on the allow-list",
        "A peer that is not on our allow-list asks, or was removed from it before its answer was \
         sent.";
    Closed: Open, "open.closed", CLOSED,
        "connection closed",
        "nothing to do, or connect again",
        "The connection is closed in good order, by the peer or from here.";
    Truncated: Open, "open.truncated", CLOSED,
        "TLS stream ended without close_notify",
        "the peer crashed, or the connection was cut",
        "A TLS stream ends without the peer's close_notify.";
    TlsDamaged: Open, "open.tls", CLOSED,
        "TLS stream damaged",
        "it is altered on the way: do not use this path",
        "A TLS record can't be decrypted or is malformed.";
    Reset: Open, "open.reset", CLOSED,
        "connection lost",
        "the peer went away or the network failed: connect again",
        "The operating system reports the connection as lost.";
    Idle: Open, "open.idle", CLOSED,
        "idle for too long",
        "connect again when there is something to ask",
        "Neither side has sent anything for the whole idle time.";
    QueueFull: Open, "open.queue-full", CLOSED,
        "the peer does not read its frames",
        "it reads too slowly or not at all: ask less at once",
        "The peer reads too slowly: too many frames are queued for it, or one has waited too long.";

    NotConnected: Request, "request.not-connected", CONNECT,
        "not connected to this peer",
        "connect first; a peer that can't be reached from here has to dial in",
        "Something is to be sent to a peer that is not connected and has no known address.";
    ChannelsFull: Request, "request.channels-full", LOCAL,
        "all 255 channels of this peer are in use",
        "wait for requests to end, or cancel some",
        "255 requests to this peer are waiting for replies, or the queue behind them is full.";
    PayloadTooLarge: Request, "request.payload-too-large", LOCAL,
        "the payload does not fit in a frame",
        "a frame holds 8 MiB: send less",
        "The payload of a request exceeds the room in the largest frame.";
    ClosedUnanswered: Request, "request.closed-unanswered", CLOSED,
        "the peer closed the connection before answering",
        "it may have been stopped, or have closed for a reason of its own: connect and ask again",
        "The peer closes the connection in good order without any part of the reply, more than 5 s \
         after the request or after it had answered another one.";
    ClosedByUs: Request, "request.closed-here", CLOSED,
        "connection closed from here before the reply",
        "see the detail for the reason; the peer may have counted the request",
        "This program ends the connection before any part of the reply: disconnected by hand, or \
         for the peer's fault named in the detail.";
    LostUnanswered: Request, "request.lost", CLOSED,
        "connection lost before the reply",
        "the peer crashed, or the network failed: connect and ask again; the peer may have counted \
         the request",
        "The connection breaks, by a reset or without close_notify, before any part of the reply.";
    ClosedWithoutReply: Request, "request.closed", CLOSED,
        "the peer closed without a reply",
        "likely its allow-list: add the permid from `swarmscope key show` to it; otherwise it \
         refused the request",
        "The peer closes the connection in good order within 5 s of the request, without any part \
         of its reply, and has answered nothing on this connection before.";
    FirstPartTimeout: Reply, "reply.first-part", TIMEOUT,
        "no part of a reply in time",
        "the peer may have counted the request, so that a retry meets 254; wait longer with \
         --timeout",
        "No part of the reply arrives before the deadline for the first.";
    BetweenPartsTimeout: Reply, "reply.between-parts", TIMEOUT,
        "the next part did not arrive in time",
        "the peer has counted the request: a retry meets 254 until its frequency has passed; wait \
         longer with --timeout",
        "A part arrived, but the next one did not before its deadline.";
    WholeTimeout: Reply, "reply.not-whole", TIMEOUT,
        "the reply was not complete in time",
        "the peer has counted the request: a retry meets 254 until its frequency has passed; wait \
         longer with --timeout",
        "Parts arrived, but not the last one before the deadline for the whole reply.";
    TooLarge: Reply, "reply.too-large", CLOSED,
        "the reply exceeds its size budget",
        "ask for less at once, or raise the budget",
        "The parts of the reply together exceed a budget.";
    ClosedInReply: Reply, "reply.closed", CLOSED,
        "connection lost before the last part",
        "the peer has counted the request; listen (--listen) so that it can dial back with the \
         rest",
        "The connection ends after the first part of a reply and before the last.";
    PartsMissing: Reply, "reply.parts-missing", CLOSED,
        "parts of the reply were lost with their connection",
        "the peer has counted the request: ask again once it accepts the id",
        "The rest of a reply came over another connection, and parts in between are missing.";
    Cancelled: Reply, "reply.cancelled", INTERRUPTED,
        "cancelled from here",
        "the peer may have counted the request, so that a retry meets 254",
        "A request is cancelled from here.";
    DialBackTimeout: Reply, "reply.dial-back", TIMEOUT,
        "connection lost, and the peer did not dial back in time",
        "make sure that the peer can reach the listening port, and wait longer with --timeout",
        "The connection was lost before the reply, and the peer did not dial back before the \
         deadline.";
}
