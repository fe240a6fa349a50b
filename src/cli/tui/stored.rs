//! Rows of a store as what the screen folds. Pure: the same rows are the same facts.
//!
//! A store keeps no address, no permid, no frame and no byte of a reply, and this invents none: a
//! peer goes by the digits of its keyed hash, and where bytes would stand it says that they are not
//! kept. A visit that reached its peer is a connection that has ended.

use std::time::Duration;

use bytes::Bytes;
use swarmscope_facts::Input;
use swarmscope_peer::crawler::{Decoding, Registry};
use swarmscope_peer::node::{Ask, Event, Origin, PeerKey, Reply, Source, Ticket};
use swarmscope_store::outcome::{ANSWERED, REACHED};
use swarmscope_store::store::{PeerRow, ReplyRow, VisitRow};
use swarmscope_store::{Network, Time};
use swarmscope_wire::failure::{By, Cause, Delivered, Failure, Phase};
use swarmscope_wire::rows::Cell;
use swarmscope_wire::tree::Node;
use swarmscope_wire::{
    ChannelId, Decoded, ErrorByte, Frequency, MessageId, OverlayVersion, Permid, text,
};

/// Stands for the bytes of a reply, again and again.
const NOT_KEPT: &[u8] = b"(a store keeps no bytes of replies) ";
/// No reply is longer (protocol.md: 64 MiB), whatever a row says.
const LONGEST: usize = 64 << 20;
/// What every failure of a store says besides its cause.
const DETAIL: &str = "a store keeps the cause alone";

/// What became known, and when.
pub type Known = (Time, Input);

/// A peer that is known; none where it is not one of the overlay.
pub fn peer(row: &PeerRow) -> Option<Known> {
    let peer = PeerKey::Permid(stand_in(row.network, &row.peer)?);
    let version = version(row.version);
    let source = Source::Bootstrap; // by whom it was named is not kept
    Some((row.first_heard, Event::Discovered { peer, address: None, version, source }.into()))
}

/// How a visit ended.
pub fn visit(row: &VisitRow) -> Vec<Known> {
    let Some(permid) = stand_in(row.network, &row.peer) else { return Vec::new() };
    let ended = row.at.after(millis(row.took));
    let peer = PeerKey::Permid(permid);
    if row.outcome == REACHED {
        let (version, source) = (version(row.version), Source::Bootstrap);
        let heard = Event::Discovered { peer, address: None, version, source };
        let failure = Failure::new(Cause::Stopped, By::Us, "the visit was over");
        return vec![
            (row.at, heard.into()),
            (ended, Event::Disconnected { permid, failure }.into()),
        ];
    }
    let Some(failure) = failure(&row.outcome) else { return Vec::new() };
    let failed = Event::ConnectFailed { peer, failure, attempt: 0, gives_up_at: 0, again_in: None };
    vec![(ended, failed.into())]
}

/// A question and what became of it.
pub fn reply(
    row: &ReplyRow,
    every: Duration,
    registry: &Registry,
    ticket: Ticket,
) -> Option<Vec<Known>> {
    let permid = stand_in(row.network, &row.peer)?;
    let message = registry.find(&row.question)?;
    let ended = row.at.after(millis(row.took));
    let ask = Ask {
        frequency: Frequency(u16::try_from(every.as_secs()).unwrap_or(u16::MAX)),
        payload: Bytes::from_static(b"(a store keeps no payloads)"),
        origin: Origin::Initiator,
        ..Ask::new(permid, message)
    };
    let mut known = vec![(row.at, Input::Asked(ask, ticket))];
    let Some(error) = error(&row.outcome) else {
        let failure = failure(&row.outcome)?.delivered(Delivered::Maybe);
        known.push((ended, Event::RequestFailed { ticket, permid, message, failure }.into()));
        return Some(known);
    };
    let payload = not_kept(row.bytes);
    let decoding = decoding(row, &payload);
    known.push((ended, whole(row, ticket, permid, message, error, payload)));
    known.push((ended, Input::Decoded { permid, ticket, decoding }));
    Some(known)
}

fn whole(
    row: &ReplyRow,
    ticket: Ticket,
    permid: Permid,
    message: MessageId,
    error: ErrorByte,
    payload: Bytes,
) -> Input {
    let (channel, elapsed) = (ChannelId(0), millis(row.took)); // the request has no channel either
    let parts = u32::try_from(row.parts).unwrap_or_default();
    let dialled_back = false;
    Event::Reply(Reply {
        ticket,
        permid,
        message,
        channel,
        error,
        payload,
        parts,
        elapsed,
        dialled_back,
    })
    .into()
}

/// The declared rows: all that a store keeps of what a reply says.
fn decoding(row: &ReplyRow, payload: &Bytes) -> Decoding {
    let content = row.content.as_deref().and_then(|digest| digest.parse().ok()).unwrap_or_default();
    let summary = text::count(row.rows.len(), "row", "rows");
    let lines = row.rows.iter().enumerate().map(|(number, cells)| {
        let cells = row.columns.iter().zip(cells);
        let children = cells.map(|(column, cell)| Node::leaf(column, words(cell), None)).collect();
        Node { label: number.to_string(), value: String::new(), span: None, children }
    });
    let tree = Node { value: summary.clone(), children: lines.collect(), ..Node::default() };
    let json = serde_json::json!(row.rows);
    let format = "rows of a store".to_owned();
    let decoded = Decoded { format, summary, tree, json, notes: Vec::new() };
    Decoding::kept(decoded, content, payload)
}

fn words(cell: &Cell) -> String {
    match cell {
        Cell::Null => "–".to_owned(),
        Cell::Int(number) => number.to_string(),
        Cell::Real(number) => number.to_string(),
        Cell::Text(words) => text::clean(words).into_owned(),
    }
}

/// A permid whose digits are those of the hash, again and again. No peer has it: it is shown by its
/// digits alone ([`Mask::of_digests`](swarmscope_wire::mask::Mask::of_digests)).
fn stand_in(network: Network, hash: &str) -> Option<Permid> {
    let hash = data_encoding::HEXLOWER.decode(hash.as_bytes()).ok()?;
    let mut digits = hash.iter().copied().cycle();
    let key = std::array::from_fn(|_| digits.next().unwrap_or_default());
    (network == Network::Overlay).then_some(Permid::Ed25519(key))
}

fn version(version: Option<i64>) -> Option<OverlayVersion> {
    version.and_then(|version| u16::try_from(version).ok()).map(OverlayVersion)
}

fn millis(millis: i64) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap_or_default())
}

/// The error byte that an outcome stands for; none where it is a failure.
fn error(outcome: &str) -> Option<ErrorByte> {
    if outcome == ANSWERED {
        return Some(ErrorByte::SUCCESS);
    }
    outcome.strip_prefix("error.")?.parse().ok().map(ErrorByte)
}

/// The failure of a code; none where this program does not know it. Who ended it is not kept: it
/// is whom the cause mostly means.
fn failure(code: &str) -> Option<Failure> {
    let cause = Cause::ALL.iter().find(|cause| cause.code() == code)?;
    let network = matches!(cause.phase(), Phase::Resolve | Phase::Tcp) || code.contains("timeout");
    Some(Failure::new(*cause, if network { By::Network } else { By::Peer }, DETAIL))
}

/// So many bytes that say that they are not the real ones.
fn not_kept(bytes: i64) -> Bytes {
    let len = usize::try_from(bytes).unwrap_or_default().min(LONGEST);
    NOT_KEPT.iter().copied().cycle().take(len).collect()
}

#[cfg(test)]
mod tests;
