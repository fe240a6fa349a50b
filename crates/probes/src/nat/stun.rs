//! The few STUN messages that the tests and the server need: Binding requests and their answers
//! (RFC 8489), with the attributes of behaviour discovery (RFC 5780). The codec is `stun-types`;
//! here are only the types of our own subset.

use std::net::SocketAddr;

use stun_types::attribute::{
    Attribute, AttributeFromRaw, AttributeStaticType, AttributeType, ErrorCode, MappedSocketAddr,
    MessageIntegrity, MessageIntegritySha256, RawAttribute, UnknownAttributes, Username,
    XorMappedAddress,
};
use stun_types::message::{
    BINDING, Message, MessageClass, MessageHeader, MessageType, MessageWrite, MessageWriteVec,
};

pub use stun_types::message::TransactionId;

/// No STUN message over UDP is larger where the path's MTU is unknown: 576 bytes less the IP and
/// UDP headers (RFC 8489 §6.1).
pub const MAX_DATAGRAM: usize = 548;

/// RFC 8489 §14: MAPPED-ADDRESS, all that servers from before the XOR know.
const MAPPED_ADDRESS: AttributeType = AttributeType::new(0x0001);
/// RFC 5780 §7.2.
const CHANGE_REQUEST: AttributeType = AttributeType::new(0x0003);
/// RFC 5780 §7.5.
const RESPONSE_PORT: AttributeType = AttributeType::new(0x0027);
/// RFC 5780 §7.3.
const RESPONSE_ORIGIN: AttributeType = AttributeType::new(0x802b);
/// RFC 5780 §7.4.
const OTHER_ADDRESS: AttributeType = AttributeType::new(0x802c);

const CHANGE_IP: u8 = 1 << 2;
const CHANGE_PORT: u8 = 1 << 1;

/// From where, and to which port, a request wants its answer (RFC 5780 §7.2, §7.5).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Route {
    /// From the server's other address.
    pub change_ip: bool,
    /// From the server's other port.
    pub change_port: bool,
    /// To this port of the address the request came from.
    pub response_port: Option<u16>,
}

impl Route {
    /// Back to where the request came from, from where it went.
    pub const PLAIN: Self = Self { change_ip: false, change_port: false, response_port: None };
    /// From the other address and the other port.
    pub const CHANGE_BOTH: Self = Self { change_ip: true, change_port: true, response_port: None };
    /// From the same address, another port.
    pub const CHANGE_PORT: Self = Self { change_ip: false, change_port: true, response_port: None };

    /// To another port of the address the request comes from.
    #[must_use]
    pub const fn to_port(port: u16) -> Self {
        Self { change_ip: false, change_port: false, response_port: Some(port) }
    }
}

/// A Binding request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// What its answer has to carry.
    pub id: TransactionId,
    /// From which address the answer is to come.
    pub route: Route,
    /// Attributes that the sender demands to be understood, and that are not.
    pub unknown: Vec<u16>,
}

/// The answer to a Binding request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Response {
    /// A success response, and what was in it.
    Success(Success),
    /// The server refuses, with a code of RFC 8489 §14.8.
    Refused(u16),
}

/// A success response, and what was in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Success {
    /// Where the request came from, as the server saw it.
    pub mapped: SocketAddr,
    /// Where the answer was sent from, as the server says.
    pub origin: Option<SocketAddr>,
    /// The server's other address and other port: it can do the tests of RFC 5780.
    pub other: Option<SocketAddr>,
}

/// A datagram that is a Binding message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Incoming {
    /// A Binding request.
    Request(Request),
    /// An answer, and to which request.
    Response(TransactionId, Response),
}

/// Why a datagram is no STUN message that can be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StunError {
    /// It is too short or too long.
    #[error("a datagram of {0} bytes; STUN's have 20 to {MAX_DATAGRAM}")]
    Size(usize),
    /// Its length field is wrong.
    #[error("a STUN header that announces {announced} bytes where {there} are")]
    Length {
        /// What the field says.
        announced: usize,
        /// How many bytes there are.
        there: usize,
    },
    /// It can't be read.
    #[error("not a STUN message, or a malformed one")]
    Malformed,
    /// It is another method than Binding.
    #[error("a STUN message other than a Binding request or its answers")]
    NotBinding,
    /// A success without an address in it.
    #[error("a Binding answer without a mapped address or error code")]
    Incomplete,
}

/// Reads a datagram. Its size is looked at before anything else.
///
/// # Errors
/// What is not a Binding request or the answer to one.
pub fn decode(datagram: &[u8]) -> Result<Incoming, StunError> {
    check_size(datagram)?;
    let message = Message::from_bytes(datagram).map_err(|_| StunError::Malformed)?;
    if !message.has_method(BINDING) {
        return Err(StunError::NotBinding);
    }
    let id = message.transaction_id();
    match message.class() {
        MessageClass::Request => request(&message).map(Incoming::Request),
        MessageClass::Success => {
            success(&message).map(|success| Incoming::Response(id, Response::Success(success)))
        }
        MessageClass::Error => {
            refusal(&message).map(|code| Incoming::Response(id, Response::Refused(code)))
        }
        MessageClass::Indication => Err(StunError::NotBinding),
    }
}

fn check_size(datagram: &[u8]) -> Result<(), StunError> {
    if !(MessageHeader::LENGTH..=MAX_DATAGRAM).contains(&datagram.len()) {
        return Err(StunError::Size(datagram.len()));
    }
    let header = MessageHeader::from_bytes(datagram).map_err(|_| StunError::Malformed)?;
    let (announced, there) =
        (usize::from(header.data_length()), datagram.len() - MessageHeader::LENGTH);
    if announced == there { Ok(()) } else { Err(StunError::Length { announced, there }) }
}

fn request(message: &Message<'_>) -> Result<Request, StunError> {
    let mut route = Route::PLAIN;
    let mut unknown = Vec::new();
    for (_, attribute) in message.iter_attributes() {
        match attribute.get_type() {
            CHANGE_REQUEST => {
                let [_, _, _, flags] = *attribute.value else { return Err(StunError::Malformed) };
                route.change_ip = flags & CHANGE_IP != 0;
                route.change_port = flags & CHANGE_PORT != 0;
            }
            RESPONSE_PORT => {
                let [high, low, ..] = *attribute.value else { return Err(StunError::Malformed) };
                route.response_port = Some(u16::from_be_bytes([high, low]));
            }
            // a server that asks for no credentials takes a request that brings some
            Username::TYPE | MessageIntegrity::TYPE | MessageIntegritySha256::TYPE => {}
            other if other.comprehension_required() => unknown.push(other.value()),
            _ => {}
        }
    }
    Ok(Request { id: message.transaction_id(), route, unknown })
}

fn success(message: &Message<'_>) -> Result<Success, StunError> {
    let xored = message
        .attribute::<XorMappedAddress>()
        .ok()
        .map(|mapped| mapped.addr(message.transaction_id()));
    let mapped = xored.or_else(|| address(message, MAPPED_ADDRESS)).ok_or(StunError::Incomplete)?;
    Ok(Success {
        mapped,
        origin: address(message, RESPONSE_ORIGIN),
        other: address(message, OTHER_ADDRESS),
    })
}

fn address(message: &Message<'_>, kind: AttributeType) -> Option<SocketAddr> {
    let raw = message.raw_attribute(kind)?;
    MappedSocketAddr::from_raw(&raw).ok().map(|address| address.addr())
}

fn refusal(message: &Message<'_>) -> Result<u16, StunError> {
    let raw = message.raw_attribute(ErrorCode::TYPE).ok_or(StunError::Incomplete)?;
    ErrorCode::from_raw_ref(&raw).map(|error| error.code()).map_err(|_| StunError::Incomplete)
}

/// A Binding request: 20 bytes, 28 with either attribute.
#[must_use]
pub fn encode_request(id: TransactionId, route: Route) -> Vec<u8> {
    let mut out = begin(MessageClass::Request, id);
    if route.change_ip || route.change_port {
        let flags =
            (u8::from(route.change_ip) * CHANGE_IP) | (u8::from(route.change_port) * CHANGE_PORT);
        out.push_attribute_unchecked(&RawAttribute::new(CHANGE_REQUEST, &[0, 0, 0, flags]));
    }
    if let Some(port) = route.response_port {
        out.push_attribute_unchecked(&RawAttribute::new(RESPONSE_PORT, &port.to_be_bytes()));
    }
    out.finish()
}

/// The answer of a server with two addresses, with the mapped address in both forms (RFC 5780
/// §6.1): 68 bytes for IPv4, 116 for IPv6.
#[must_use]
pub fn encode_success(
    id: TransactionId,
    mapped: SocketAddr,
    origin: SocketAddr,
    other: SocketAddr,
) -> Vec<u8> {
    let mut out = begin(MessageClass::Success, id);
    out.push_attribute_unchecked(&XorMappedAddress::new(mapped, id));
    out.push_attribute_unchecked(&MappedSocketAddr::new(mapped).to_raw(MAPPED_ADDRESS));
    out.push_attribute_unchecked(&MappedSocketAddr::new(origin).to_raw(RESPONSE_ORIGIN));
    out.push_attribute_unchecked(&MappedSocketAddr::new(other).to_raw(OTHER_ADDRESS));
    out.finish()
}

/// Says that `unknown` was not understood (420); names at most four, so that the answer stays
/// small. `None` never comes: the code is one that STUN knows.
#[must_use]
pub fn encode_unknown(id: TransactionId, unknown: &[u16]) -> Option<Vec<u8>> {
    let error = ErrorCode::new(ErrorCode::UNKNOWN_ATTRIBUTE, "").ok()?;
    let named: Vec<AttributeType> =
        unknown.iter().take(4).map(|kind| AttributeType::new(*kind)).collect();
    let mut out = begin(MessageClass::Error, id);
    out.push_attribute_unchecked(&error);
    out.push_attribute_unchecked(&UnknownAttributes::new(&named));
    Some(out.finish())
}

fn begin(class: MessageClass, id: TransactionId) -> MessageWriteVec {
    Message::builder(
        MessageType::from_class_method(class, BINDING),
        id,
        MessageWriteVec::with_capacity(64),
    )
}

#[cfg(test)]
mod tests;
