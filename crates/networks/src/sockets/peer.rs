//! A conversation with a BitTorrent peer: plain first, encrypted where that is closed without a
//! byte.

use std::net::SocketAddr;
use std::time::Duration;

use swarmscope_wire::bittorrent::mse::{Initiator, Step, Streams};
use swarmscope_wire::bittorrent::{ExtensionHandshake, Handshake, Infohash, PeerExchange, pex};
use swarmscope_wire::failure::{By, Cause, Delivered, Failure};
use tokio::time::{Instant, sleep};

use super::stream::{Read, Stream};
use crate::bittorrent::{Conversation, ConversationError, Heard};
use crate::exchange::{Received, Sent};
use crate::reach::Encryption;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(5);
/// How long the other handshake may take, and each step of the encryption.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// How long the extension handshake may take after the handshake.
const EXTENSIONS: Duration = Duration::from_secs(5);
/// Between a connection that was closed and the next: some clients forget the first a moment later.
const PAUSE: Duration = Duration::from_millis(300);
/// Peer exchanges that are taken of one peer: those of a day, at the one a minute that BEP 11 allows.
pub(super) const MOST_EXCHANGES: usize = 24 * 60;

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wanted {
    /// Who is there.
    Hello,
    /// Whom it has met, as long as the limit lasts.
    PeerExchange,
}

/// What a peer said.
#[derive(Clone, PartialEq, Debug)]
pub struct PeerAnswer {
    /// Its handshake.
    pub handshake: Handshake,
    /// Its extension handshake, where it has extensions.
    pub extensions: Option<Box<ExtensionHandshake>>,
    /// Whether the plain connection was taken.
    pub encryption: Encryption,
    /// How many peer exchanges came.
    pub exchanges: usize,
    /// Messages that were dropped unread: how many and how many bytes, by name.
    pub dropped: Vec<(String, u64, u64)>,
    /// The peer closed the connection before the limit.
    pub closed_by_peer: bool,
    /// From the connection attempt to the end.
    pub took: Duration,
    /// The messages that were read, as far as they may be kept.
    pub received: Received,
}

/// What is told of a conversation.
pub enum Turn<'a> {
    /// Something was sent.
    Sent(Sent),
    /// A peer exchange came.
    PeerExchange(&'a PeerExchange),
}

/// Asks a peer about a torrent that the operator named. `tell` hears of each message of ours, and of
/// each peer exchange as it comes.
///
/// # Errors
/// No connection, no handshake, not what was wanted, or more of it than any client sends.
pub async fn converse(
    address: SocketAddr,
    infohash: Infohash,
    wanted: Wanted,
    limit: Duration,
    mut tell: impl FnMut(Turn<'_>),
) -> Result<PeerAnswer, Failure> {
    let begun = Instant::now();
    let end = begun + limit;
    let mut random = super::random()?;
    let conversation = Conversation::new(infohash, random.bytes());
    let mut talk = if let Some(talk) = Talk::plain(address, conversation, end, &mut tell).await? {
        talk
    } else {
        sleep(PAUSE).await;
        let conversation = Conversation::new(infohash, random.bytes());
        let random = random.bytes();
        Talk::encrypted(address, conversation, random, infohash, end, &mut tell).await?
    };
    talk.tell(&mut tell);
    while talk.wants_more(wanted) {
        let until = match (&talk.extensions, wanted) {
            (None, _) => end.min(talk.open_since + EXTENSIONS),
            _ => end,
        };
        let listened = talk.listen(until).await;
        talk.tell(&mut tell);
        match listened? {
            Listened::Heard => {}
            Listened::Closed => talk.closed_by_peer = true,
            Listened::Nothing => break,
        }
    }
    if talk.is_flooded {
        return Err(flooded(address, begun.elapsed()));
    }
    talk.finish(wanted, begun.elapsed())
}

enum Listened {
    Heard,
    Closed,
    Nothing,
}

struct Talk {
    address: SocketAddr,
    stream: Stream,
    keys: Option<Streams>,
    conversation: Conversation,
    handshake: Option<Handshake>,
    extensions: Option<Box<ExtensionHandshake>>,
    /// Those that came and were not told of yet: the first may come with the handshake.
    exchanges: Vec<PeerExchange>,
    /// How many came.
    exchanged: usize,
    /// More came than are taken.
    is_flooded: bool,
    closed_by_peer: bool,
    open_since: Instant,
    /// Sent after the handshake, and not told of yet.
    sent: Vec<Sent>,
}

impl Talk {
    fn new(
        address: SocketAddr,
        stream: Stream,
        keys: Option<Streams>,
        conversation: Conversation,
    ) -> Self {
        Self {
            address,
            stream,
            keys,
            conversation,
            handshake: None,
            extensions: None,
            exchanges: Vec::new(),
            exchanged: 0,
            is_flooded: false,
            closed_by_peer: false,
            open_since: Instant::now(),
            sent: Vec::new(),
        }
    }

    fn tell(&mut self, tell: &mut impl FnMut(Turn<'_>)) {
        self.sent.drain(..).for_each(|sent| tell(Turn::Sent(sent)));
        self.exchanges.drain(..).for_each(|exchange| tell(Turn::PeerExchange(&exchange)));
    }

    /// None where the peer closes without a byte.
    async fn plain(
        address: SocketAddr,
        conversation: Conversation,
        end: Instant,
        tell: &mut impl FnMut(Turn<'_>),
    ) -> Result<Option<Self>, Failure> {
        let mut stream = Stream::connect(address, CONNECT.min(left(address, end)?)).await?;
        if stream.write(&conversation.hello()).await {
            tell(Turn::Sent(hello(address, &conversation, false)));
        }
        let mut talk = Self::new(address, stream, None, conversation);
        let is_open = talk.await_handshake(address, end).await?;
        Ok(is_open.then_some(talk))
    }

    async fn encrypted(
        address: SocketAddr,
        conversation: Conversation,
        random: [u8; 20],
        infohash: Infohash,
        end: Instant,
        tell: &mut impl FnMut(Turn<'_>),
    ) -> Result<Self, Failure> {
        let closed = || {
            Failure::new(Cause::BtClosed, By::Peer, address.to_string()).delivered(Delivered::Yes)
        };
        let mut stream = Stream::connect(address, CONNECT.min(left(address, end)?)).await?;
        let mut initiator = Initiator::new(random, infohash.0, conversation.hello().to_vec());
        stream.write(&initiator.hello()).await;
        let until = end.min(Instant::now() + HANDSHAKE);
        loop {
            let bytes = match stream.read(until).await {
                Read::Data(bytes) => bytes,
                Read::Closed => return Err(closed()),
                Read::Nothing => {
                    return Err(Failure::new(Cause::MseFailed, By::Network, address.to_string()));
                }
            };
            let failed =
                |error| Failure::new(Cause::MseFailed, By::Peer, format!("{address}: {error}"));
            match initiator.push(&bytes).map_err(failed)? {
                Step::Wait => {}
                // our handshake is in it
                Step::Send(bytes) => {
                    if stream.write(&bytes).await {
                        tell(Turn::Sent(hello(address, &conversation, true)));
                    }
                }
                Step::Done(established) => {
                    let mut talk =
                        Self::new(address, stream, Some(established.streams), conversation);
                    talk.push(&established.received).map_err(|error| misread(address, error))?;
                    let is_open =
                        talk.handshake.is_some() || talk.await_handshake(address, end).await?;
                    return if is_open { Ok(talk) } else { Err(closed()) };
                }
            }
        }
    }

    /// Waits for the whole handshake; false where the peer closes without a byte.
    async fn await_handshake(
        &mut self,
        address: SocketAddr,
        end: Instant,
    ) -> Result<bool, Failure> {
        let until = end.min(Instant::now() + HANDSHAKE);
        while self.handshake.is_none() {
            match self.stream.read(until).await {
                Read::Data(mut bytes) => {
                    if let Some(keys) = &mut self.keys {
                        keys.incoming.apply(&mut bytes);
                    }
                    self.push(&bytes).map_err(|error| misread(address, error))?;
                }
                Read::Closed if !self.conversation.has_heard() => return Ok(false),
                Read::Closed => {
                    return Err(Failure::new(
                        Cause::HandshakeClosed,
                        By::Peer,
                        address.to_string(),
                    ));
                }
                Read::Nothing => {
                    return Err(Failure::new(Cause::BtTimeout, By::Network, address.to_string()));
                }
            }
        }
        self.open_since = Instant::now();
        self.flush().await;
        Ok(true)
    }

    fn push(&mut self, bytes: &[u8]) -> Result<(), ConversationError> {
        let mut heard = Vec::new();
        let pushed = self.conversation.push(bytes, &mut heard);
        for heard in heard {
            match heard {
                Heard::Handshake(handshake) => self.handshake = Some(handshake),
                Heard::Extensions(extensions) => self.extensions = Some(extensions),
                Heard::PeerExchange(_) if self.exchanged == MOST_EXCHANGES => {
                    self.is_flooded = true;
                }
                Heard::PeerExchange(exchange) => {
                    self.exchanges.push(exchange);
                    self.exchanged += 1;
                }
            }
        }
        pushed
    }

    async fn flush(&mut self) {
        let mut bytes = std::mem::take(&mut self.conversation.outgoing);
        if bytes.is_empty() {
            return;
        }
        let sent = hello(self.address, &self.conversation, self.keys.is_some());
        let sent = Sent { bytes: bytes.clone(), ..sent };
        if let Some(keys) = &mut self.keys {
            keys.outgoing.apply(&mut bytes);
        }
        if self.stream.write(&bytes).await {
            self.sent.push(sent);
        }
    }

    async fn listen(&mut self, until: Instant) -> Result<Listened, Failure> {
        Ok(match self.stream.read(until).await {
            Read::Nothing => Listened::Nothing,
            Read::Closed => Listened::Closed,
            Read::Data(mut bytes) => {
                if let Some(keys) = &mut self.keys {
                    keys.incoming.apply(&mut bytes);
                }
                let failed = |error: ConversationError| {
                    Failure::new(Cause::MessageMalformed, By::Peer, error.to_string())
                };
                self.push(&bytes).map_err(failed)?;
                Listened::Heard
            }
        })
    }

    fn has_extensions(&self) -> bool {
        self.handshake.is_some_and(|handshake| handshake.reserved.extensions())
    }

    fn has_peer_exchange(&self) -> bool {
        self.extensions.as_ref().is_none_or(|extensions| extensions.id_of(pex::NAME).is_some())
    }

    fn wants_more(&self, wanted: Wanted) -> bool {
        let more = match wanted {
            Wanted::Hello => self.extensions.is_none(),
            Wanted::PeerExchange => self.has_peer_exchange(),
        };
        self.has_extensions() && more && !self.closed_by_peer && !self.is_flooded
    }

    fn finish(self, wanted: Wanted, took: Duration) -> Result<PeerAnswer, Failure> {
        let fail = |cause, by| Err(Failure::new(cause, by, "").delivered(Delivered::Yes));
        let ended =
            if self.closed_by_peer { Cause::BtClosedInReply } else { Cause::ExtensionsTimeout };
        let Some(handshake) = self.handshake else { return fail(Cause::BtTimeout, By::Network) };
        match wanted {
            Wanted::Hello if self.has_extensions() && self.extensions.is_none() => {
                return fail(ended, By::Peer);
            }
            Wanted::PeerExchange if !self.has_extensions() || !self.has_peer_exchange() => {
                return fail(Cause::NoExtension, By::Peer);
            }
            Wanted::PeerExchange if self.exchanged == 0 && self.closed_by_peer => {
                return fail(Cause::BtClosedInReply, By::Peer);
            }
            Wanted::PeerExchange if self.exchanged == 0 => {
                return fail(Cause::PexTimeout, By::Network);
            }
            _ => {}
        }
        let named = |(kind, (count, bytes)): (&swarmscope_wire::bittorrent::Kind, &(u64, u64))| {
            let name = kind.name().map_or_else(|| format!("unknown {}", kind.0), str::to_owned);
            (name, *count, *bytes)
        };
        Ok(PeerAnswer {
            handshake,
            extensions: self.extensions,
            encryption: if self.keys.is_some() { Encryption::Forced } else { Encryption::Open },
            exchanges: self.exchanged,
            dropped: self.conversation.dropped.iter().map(named).collect(),
            closed_by_peer: self.closed_by_peer,
            took,
            received: self.conversation.messages.received(),
        })
    }
}

/// What is left of the time for all of it.
fn left(address: SocketAddr, end: Instant) -> Result<Duration, Failure> {
    match end.saturating_duration_since(Instant::now()) {
        Duration::ZERO => {
            let detail = format!("{address}: no time was left for another connection");
            Err(Failure::new(Cause::BtTimeout, By::Network, detail))
        }
        left => Ok(left),
    }
}

/// It is ended from here; what was told of it before stays true.
fn flooded(address: SocketAddr, after: Duration) -> Failure {
    let after = after.as_secs_f32();
    let detail = format!("{address}: more than {MOST_EXCHANGES} peer exchanges in {after:.1} s");
    Failure::new(Cause::BtFlood, By::Us, detail).delivered(Delivered::Yes)
}

/// Our handshake as it is sent.
fn hello(to: SocketAddr, conversation: &Conversation, encrypted: bool) -> Sent {
    let (identity, bytes) = (conversation.peer_id(), conversation.hello().to_vec());
    Sent { to, identity, encrypted, query: None, bytes }
}

fn misread(address: SocketAddr, error: ConversationError) -> Failure {
    let cause = match error {
        ConversationError::NotBitTorrent(_) => Cause::NotBitTorrent,
        ConversationError::OtherTorrent => Cause::BtOtherTorrent,
        ConversationError::TooLong(_) | ConversationError::Extension => Cause::MessageMalformed,
    };
    Failure::new(cause, By::Peer, format!("{address}: {error}"))
}
