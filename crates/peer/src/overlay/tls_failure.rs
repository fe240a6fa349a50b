//! What it means that TLS failed, in the words of the overlay.

use std::io::{self, ErrorKind};

use rustls::{CertificateError, Error, InvalidMessage, OtherError};

use super::tls::Refused;
use swarmscope_wire::failure::{By, Cause, Failure};

/// What a failed TLS handshake, or a failed read right after it, means.
pub(super) fn failure(error: &io::Error) -> Failure {
    let Some(error) = inner(error) else {
        let how = if error.kind() == ErrorKind::UnexpectedEof {
            String::new()
        } else {
            format!(": {error}")
        };
        return Failure::new(Cause::AuthClosed, By::Peer, format!("in the TLS handshake{how}"));
    };
    let (cause, by) = match error {
        Error::InvalidCertificate(CertificateError::Other(OtherError(inner))) => {
            return refused(inner.downcast_ref(), error);
        }
        Error::InvalidCertificate(CertificateError::BadSignature) => {
            return Failure::new(Cause::BadSignature, By::Us, "CertificateVerify");
        }
        Error::InvalidMessage(
            InvalidMessage::InvalidContentType
            | InvalidMessage::UnknownProtocolVersion
            | InvalidMessage::MessageTooLarge
            | InvalidMessage::InvalidEmptyPayload,
        ) => (Cause::NotTls, By::Us),
        Error::AlertReceived(_) => (Cause::TlsFailed, By::Peer),
        _ => (Cause::TlsFailed, By::Us),
    };
    Failure::new(cause, by, words(error))
}

/// The meaning of a read error on a stream that was fine before.
pub(super) fn damaged(error: &io::Error) -> Failure {
    Failure::new(Cause::TlsDamaged, By::Us, inner(error).map_or_else(|| error.to_string(), words))
}

fn inner(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

fn refused(refused: Option<&Refused>, error: &Error) -> Failure {
    match refused {
        Some(Refused::Own) => Failure::new(Cause::OwnPermid, By::Us, ""),
        Some(refused @ Refused::Other { .. }) => {
            Failure::new(Cause::WrongPermid, By::Us, refused.to_string())
        }
        Some(refused @ Refused::NotEd25519) => {
            Failure::new(Cause::TlsFailed, By::Us, refused.to_string())
        }
        None => Failure::new(Cause::TlsFailed, By::Us, error.to_string()),
    }
}

fn words(error: &Error) -> String {
    match error {
        Error::InvalidMessage(
            InvalidMessage::InvalidContentType
            | InvalidMessage::UnknownProtocolVersion
            | InvalidMessage::InvalidEmptyPayload,
        ) => "its bytes are no TLS record".into(),
        Error::InvalidMessage(InvalidMessage::MessageTooLarge) => {
            "a TLS record is longer than TLS allows".into()
        }
        Error::InvalidMessage(_) => "a TLS message is malformed".into(),
        Error::DecryptError => "a TLS record does not decrypt".into(),
        Error::NoApplicationProtocol => "it does not name the protocol overlay/18 (ALPN)".into(),
        Error::NoCertificatesPresented => "it presents no key".into(),
        Error::AlertReceived(alert) => {
            format!("the peer refuses with the alert {}", spelled(&format!("{alert:?}")))
        }
        other => other.to_string(),
    }
}

/// `handshake_failure`, as RFC 8446 spells it, from `HandshakeFailure`.
fn spelled(name: &str) -> String {
    let mut spelled = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !spelled.is_empty() {
            spelled.push('_');
        }
        spelled.push(letter.to_ascii_lowercase());
    }
    spelled
}

#[cfg(test)]
mod tests {
    use rustls::AlertDescription;

    use super::*;

    fn from(error: Error) -> Failure {
        failure(&io::Error::new(ErrorKind::InvalidData, error))
    }

    #[test]
    fn what_is_no_tls_is_told_from_tls_that_fails() {
        let junk = from(Error::InvalidMessage(InvalidMessage::InvalidContentType));
        assert_eq!(
            (junk.cause, junk.detail.as_str()),
            (Cause::NotTls, "its bytes are no TLS record")
        );
        let alert = from(Error::AlertReceived(AlertDescription::HandshakeFailure));
        assert_eq!((alert.cause, alert.by), (Cause::TlsFailed, By::Peer));
        assert_eq!(alert.detail, "the peer refuses with the alert handshake_failure");
        assert_eq!(from(Error::DecryptError).cause, Cause::TlsFailed);
    }

    #[test]
    fn a_peer_that_goes_away_is_no_failure_of_tls() {
        let eof = failure(&io::Error::new(ErrorKind::UnexpectedEof, "tls handshake eof"));
        assert_eq!((eof.cause, eof.detail.as_str()), (Cause::AuthClosed, "in the TLS handshake"));
        let reset = failure(&io::Error::from(ErrorKind::ConnectionReset));
        assert!(reset.detail.contains("reset"), "{reset}");
    }
}
