//! When each sentence is said: the conditions under which a failure gets its cause.
//! `docs/failures.md` is made of this.

use super::Cause;

impl Cause {
    /// The condition under which a failure has this cause, for documentation.
    #[must_use]
    pub const fn when(self) -> &'static str {
        match self {
            Self::Bind => "The operating system refuses the listening address.",
            Self::Io => "A file, the random number generator or the key for TLS can't be used.",
            Self::Files => {
                "The operating system refuses another socket or file for want of descriptors."
            }
            Self::Stopped => "The program or its node is shut down while something is under way.",
            Self::NotFound => "The resolver gives no address for the host name.",
            Self::TcpRefused => "The host answers the connection attempt with a refusal.",
            Self::TcpUnreachable => {
                "The operating system or a router says that there is no way to the host."
            }
            Self::TcpTimeout => "Nothing answers the connection attempt until its deadline.",
            Self::Crowded => {
                "More connections come in, in all or from one source, than are taken; the newcomer or the oldest one that has not authenticated ends."
            }
            Self::TcpOther => {
                "The operating system ends the connection attempt for another reason, which stands in the detail."
            }
            Self::HandshakeClosed => "The stream ends before all 68 bytes of the handshake came.",
            Self::HandshakeTimeout => "Not all 68 bytes of the handshake came until its deadline.",
            Self::NotOverlay => "The first bytes are not those of the overlay's handshake.",
            Self::WrongPort => {
                "A dialled peer announces another listening port than the one that was dialled."
            }
            Self::UdpUnreachable => "The host answers a datagram with ICMP: port unreachable.",
            Self::UdpOther => {
                "The operating system refuses to send the datagram, for the reason in the detail."
            }
            Self::AnswerTimeout => {
                "Neither the query nor its one retry is answered until the deadline."
            }
            Self::AnswerMalformed => {
                "Datagrams come from the node, and none of them is a message of KRPC."
            }
            Self::WrongNode => {
                "A node answers under another id than the one before the @ of the target."
            }
            Self::BtClosed => {
                "The peer closes the plain connection, and an encrypted one after it, without a byte."
            }
            Self::BtTimeout => {
                "Not all 68 bytes of a BitTorrent handshake came until its deadline."
            }
            Self::NotBitTorrent => "The first bytes are not those of a BitTorrent handshake.",
            Self::BtOtherTorrent => "The handshake that comes back names another torrent.",
            Self::LikelyBitTorrent => {
                "A peer closes the overlay's handshake without a byte, and what was tried afterwards says that it is a BitTorrent client."
            }
            Self::MseFailed => {
                "The peer answers the encryption's first step and not the next, or something else."
            }
            Self::ExtensionsTimeout => {
                "The peer announces extensions, and its extension handshake does not come in time."
            }
            Self::NoExtension => {
                "The peer's handshake, or its extension handshake, lacks the extension that the question needs."
            }
            Self::PexTimeout => "No peer exchange comes until the deadline.",
            Self::BtClosedInReply => {
                "The peer closes after its handshake and before what was asked for."
            }
            Self::VersionTooOld => {
                "The peer's current version is below our lowest, or is 2 or less."
            }
            Self::VersionTooNew => "The peer's lowest version is above our current one.",
            Self::VersionNeedsLegacy => {
                "The version that both have is 17 or less, and no sect233k1 identity was given."
            }
            Self::VersionNeedsCurrent => {
                "The version that both have is 18, and no Ed25519 identity is in use."
            }
            Self::VersionNoCrawler => {
                "The version that both have is below 7, and a crawler message is to be sent or has come."
            }
            Self::TlsFailed => {
                "TLS ends with an alert, from the peer or from us, that no other cause names."
            }
            Self::NotTls => "The bytes after a handshake of version 18 are not TLS.",
            Self::WrongPermid => {
                "A peer was dialled by its permid, and another key proves itself there."
            }
            Self::OwnPermid => "The key that the peer presents is our own.",
            Self::BadSignature => "The peer's signature does not belong to the key it presents.",
            Self::WrongEcho => "The peer repeats another peer id than the one we sent.",
            Self::AuthMalformed => {
                "An authentication message is not what the protocol says, or its challenge is too short."
            }
            Self::AuthOutOfOrder => {
                "Another message than the one that is due comes before authentication is complete."
            }
            Self::AuthTimeout => "Authentication is not complete until its deadline.",
            Self::AuthClosed => "The stream ends while an authentication message or TLS is due.",
            Self::HelloMismatch => {
                "Inside TLS, the hash over both handshakes is another than ours."
            }
            Self::Duplicate => "A connection to the same peer is kept, and this one is not needed.",
            Self::FrameTooLarge => {
                "A frame's length is above what is allowed at this point of the connection."
            }
            Self::MessageMalformed => {
                "A message on an authenticated connection is not what the protocol says."
            }
            Self::NotAllowed => {
                "A peer that is not on our allow-list asks, or was taken off it before its answer went out."
            }
            Self::Closed => "The connection is closed in good order, by the peer or from here.",
            Self::Truncated => "A TLS stream ends without the peer having said so.",
            Self::TlsDamaged => "A TLS record can't be decrypted or has no valid form.",
            Self::Reset => "The operating system says that the connection is lost.",
            Self::Idle => "Neither side has sent anything until the idle time has passed.",
            Self::QueueFull => {
                "The peer takes its frames too slowly, so that too many of them wait or one waits too long."
            }
            Self::NotConnected => {
                "Something is to be sent to a peer that is not connected, and no address is known to dial."
            }
            Self::ChannelsFull => {
                "255 requests to this peer wait for their replies, or as many as may wait are queued."
            }
            Self::PayloadTooLarge => {
                "The payload of a request is larger than the largest frame has room for."
            }
            Self::ClosedWithoutReply => {
                "The peer closes the connection in order within 5 s of the request, with no part of its reply, and has answered nothing on it before."
            }
            Self::ClosedUnanswered => {
                "The peer closes the connection in order, with no part of the reply, later than 5 s after the request or after it had answered another one."
            }
            Self::ClosedByUs => {
                "This program ends the connection before any part of the reply came: disconnected by hand, or for the peer's fault that the detail names."
            }
            Self::LostUnanswered => {
                "The connection ends out of order, by a reset or without close_notify, before any part of the reply came."
            }
            Self::FirstPartTimeout => "No part of the reply came until the deadline for the first.",
            Self::BetweenPartsTimeout => {
                "A part came, and the next one did not until its deadline."
            }
            Self::WholeTimeout => {
                "Parts came, and the last one did not until the deadline of the whole reply."
            }
            Self::TooLarge => "The reply's parts together exceed a budget.",
            Self::ClosedInReply => {
                "The connection ends after the first part of a reply and before the last."
            }
            Self::PartsMissing => {
                "The rest of a reply came over another connection, and parts between are missing."
            }
            Self::Cancelled => "A request is given up from here.",
            Self::DialBackTimeout => {
                "The connection was lost before the reply, and the peer did not dial back until the deadline."
            }
        }
    }
}
