//! What a session begins with, and what comes out of it.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;

use crate::identity::Identities;
use swarmscope_wire::auth::Nonce;
use swarmscope_wire::failure::{Failure, Phase};
use swarmscope_wire::frame::Frame;
use swarmscope_wire::handshake::PeerId;
use swarmscope_wire::{OverlayVersion, Permid};

/// Which side of the connection this is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// B of §3. `port` is the one it dialled, which the other side has to announce.
    Dialler {
        /// The one it dialled.
        port: u16,
    },
    /// A of §3.
    Acceptor,
}

/// How long the stages may take. The first two count from the beginning of the connection: a byte
/// now and then doesn't extend them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timeouts {
    /// Until the first 48 bytes are there (§2: 15 s).
    pub handshake: Duration,
    /// Until the peer is authenticated (§2: 300 s).
    pub authentication: Duration,
    /// Without a byte received or a frame sent, afterwards (§2: 300 s).
    pub idle: Duration,
    /// How often the idle time is looked at (§2: 60 s).
    pub idle_look: Duration,
    /// From the first byte of a frame to its last, afterwards; and a second more for every 32 KiB
    /// of it. Without it a byte now and then would keep a connection forever.
    pub frame: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(15),
            authentication: Duration::from_secs(300),
            idle: Duration::from_secs(300),
            idle_look: Duration::from_secs(60),
            // What waits for a peer may wait as long (`Limits::write`); a line that takes more than
            // 30 s for the 32 KiB of a part carries no replies.
            frame: Duration::from_secs(30),
        }
    }
}

/// What a connection begins with.
pub struct SessionConfig {
    /// Who dialled.
    pub role: Role,
    /// Ours: its versions are the ones that are offered.
    pub peer_id: PeerId,
    /// Our identities.
    pub identities: Identities,
    /// The only peer this connection is for.
    pub expected: Option<Permid>,
    /// Fresh randomness for the legacy authentication; `None` where it is not spoken.
    pub nonce: Option<Nonce>,
    /// How long the stages may take.
    pub timeouts: Timeouts,
}

/// That the other side holds the secret key of this permid. Only the two authentications make one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Authenticated {
    /// Whose key it is.
    pub permid: Permid,
    /// The selected version; it says whether the connection runs inside TLS.
    pub version: OverlayVersion,
    /// The other side's.
    pub peer_id: PeerId,
    /// One round trip: a dialler's handshake and its answer, an acceptor's part of the
    /// authentication.
    pub rtt: Duration,
    pub(super) proof: Proof,
}

/// Made by `legacy` and `current` only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Proof(pub(super) ());

/// What the driver of a session has to do, in this order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// Write these bytes (inside TLS once it runs).
    Send(Bytes),
    /// The connection has come to this phase.
    Rung {
        /// How far it has come.
        phase: Phase,
        /// The particulars, in words.
        detail: String,
    },
    /// Run TLS on the stream, beginning with the bytes that came too early, and answer with
    /// [`Session::tls_established`](super::Session::tls_established). Whatever comes then is
    /// given decrypted.
    StartTls {
        /// Bytes that came behind the handshake: they belong to TLS.
        leftover: Bytes,
        /// The only acceptable peer; `None` for any.
        expected: Option<Permid>,
        /// A dialler's HELLO, which goes out in one piece with its Finished, once the peer has
        /// proved itself; of an acceptor nothing.
        hello: Bytes,
    },
    /// It was a return connection, and is over: whoever opened it, whom nothing proves, says at
    /// which address it dialled us.
    DialledBack(IpAddr),
    /// From here on frames flow both ways.
    Authenticated(Authenticated),
    /// A frame of the peer; never one of the authentication.
    Frame(Frame),
    /// The end, for this reason: write what was given before, then close.
    Close(Failure),
}

/// How the stream of the other side ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// In order: FIN on a legacy connection, close_notify inside TLS.
    Closed,
    /// Inside TLS, without close_notify.
    Truncated,
    /// The operating system says that the connection is gone.
    Reset,
}
