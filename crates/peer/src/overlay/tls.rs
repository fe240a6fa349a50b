//! TLS 1.3 with raw public keys (protocol.md §8, RFC 7250): Ed25519 in both directions, ALPN
//! `overlay/18`, no tickets, no early data. The verifiers check CertificateVerify and say who may
//! be there at all.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{AlwaysResolvesClientRawPublicKeys, Resumption};
use rustls::crypto::{CryptoProvider, ring, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{AlwaysResolvesServerRawPublicKeys, NoServerSessionStorage};
use rustls::sign::CertifiedKey;
use rustls::version::TLS13;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName, Error, OtherError,
    PeerIncompatible, ServerConfig, SignatureScheme,
};

use super::key_log::KeyLog;
use super::tls_key::TlsKey;
use crate::identity::{Ed25519Identity, is_small_order};
use swarmscope_wire::Permid;
use swarmscope_wire::failure::{By, Cause, Failure};

/// The only protocol inside this TLS.
pub(super) const ALPN: &[u8] = b"overlay/18";

/// The configurations of both roles, made from one identity: a visit takes what is there.
pub(super) struct Tls {
    verifier: Verifier,
    client: ClientConfig,
    server: Arc<ServerConfig>,
}

impl Tls {
    /// # Errors
    /// The library does not take this configuration.
    pub(super) fn new(
        identity: &Arc<Ed25519Identity>,
        key_log: Option<KeyLog>,
    ) -> Result<Self, Failure> {
        let own = identity.permid();
        let mut tls = Self::showing(own, identity, provider()).map_err(|error| {
            let detail = format!("TLS can't be set up: {error}");
            Failure::new(Cause::Io, By::Us, detail)
        })?;
        if let Some(log) = key_log {
            let log: Arc<dyn rustls::KeyLog> = Arc::new(log);
            tls.client.key_log = Arc::clone(&log);
            Arc::make_mut(&mut tls.server).key_log = log;
        }
        Ok(tls)
    }

    /// Shows one key and signs with another.
    #[cfg(test)]
    #[cfg(feature = "legacy")]
    pub(super) fn impostor(shown: Permid, holds: &Arc<Ed25519Identity>) -> Self {
        Self::showing(shown, holds, provider()).unwrap()
    }

    /// With this cipher suite only.
    #[cfg(test)]
    #[cfg(feature = "legacy")]
    pub(super) fn with_suite(
        identity: &Arc<Ed25519Identity>,
        suite: rustls::SupportedCipherSuite,
    ) -> Self {
        let provider = CryptoProvider { cipher_suites: vec![suite], ..provider() };
        Self::showing(identity.permid(), identity, provider).unwrap()
    }

    fn showing(
        shown: Permid,
        holds: &Arc<Ed25519Identity>,
        provider: CryptoProvider,
    ) -> Result<Self, Error> {
        let signer = Arc::new(TlsKey(Arc::clone(holds)));
        let key = Arc::new(CertifiedKey::new(vec![CertificateDer::from(shown.to_der())], signer));
        let provider = Arc::new(provider);
        let verifier =
            Verifier { provider: Arc::clone(&provider), own: holds.permid(), expected: None };
        let mut client = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&TLS13])?
            .dangerous() // its word for verifiers of one's own: there is no name to verify here, the key is the
            // identity
            .with_custom_certificate_verifier(Arc::new(verifier.clone()))
            .with_client_cert_resolver(Arc::new(AlwaysResolvesClientRawPublicKeys::new(
                Arc::clone(&key),
            )));
        client.alpn_protocols = vec![ALPN.to_vec()];
        client.resumption = Resumption::disabled();
        client.enable_sni = false;
        let mut server = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13])?
            .with_client_cert_verifier(Arc::new(verifier.clone()))
            .with_cert_resolver(Arc::new(AlwaysResolvesServerRawPublicKeys::new(key)));
        server.alpn_protocols = vec![ALPN.to_vec()];
        server.session_storage = Arc::new(NoServerSessionStorage {});
        server.send_tls13_tickets = 0;
        server.max_early_data_size = 0;
        Ok(Self { verifier, client, server: Arc::new(server) })
    }

    /// For a dial.
    pub(super) fn client(&self, expected: Option<Permid>) -> Arc<ClientConfig> {
        let mut config = self.client.clone();
        let verifier = Verifier { expected, ..self.verifier.clone() };
        config.dangerous().set_certificate_verifier(Arc::new(verifier));
        Arc::new(config)
    }

    /// For what is accepted.
    pub(super) fn server(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.server)
    }
}

/// The library's, with the suite first that every TLS 1.3 has (RFC 8446, section 9.1): a handshake
/// hashes a dozen times, and most processors do SHA-256 themselves.
fn provider() -> CryptoProvider {
    use ring::cipher_suite::TLS13_AES_128_GCM_SHA256;
    let mut provider = ring::default_provider();
    provider.cipher_suites.retain(|suite| *suite != TLS13_AES_128_GCM_SHA256);
    provider.cipher_suites.insert(0, TLS13_AES_128_GCM_SHA256);
    provider
}

/// Stands in the place of a server's name, which nobody sends and nobody checks.
pub(super) const NO_NAME: &str = "overlay";

/// The permid of an end-entity certificate, which with raw public keys is a SubjectPublicKeyInfo.
///
/// # Errors
/// Anything but an Ed25519 permid, and keys that everybody can sign for. What is no key at all
/// nobody can sign for: that shows in the signature.
pub(super) fn permid(key: &CertificateDer<'_>) -> Result<Permid, Refused> {
    match Permid::from_der(key) {
        Ok(permid @ Permid::Ed25519(key)) if !is_small_order(&key) => Ok(permid),
        _ => Err(Refused::NotEd25519),
    }
}

/// Why a key is refused although its signature may be fine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Refused {
    NotEd25519,
    Own,
    Other { expected: Permid, got: Permid },
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotEd25519 => f.write_str("the key is not an Ed25519 key that can be used"),
            Self::Own => f.write_str("the key is our own"),
            Self::Other { expected, got } => {
                write!(f, "expected {}, got {}", expected.short(), got.short())
            }
        }
    }
}

impl std::error::Error for Refused {}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        Self::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(refused))))
    }
}

#[derive(Clone, Debug)]
struct Verifier {
    provider: Arc<CryptoProvider>,
    own: Permid,
    expected: Option<Permid>,
}

impl Verifier {
    fn check(
        &self,
        key: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
    ) -> Result<(), Error> {
        if !intermediates.is_empty() {
            return Err(Refused::NotEd25519.into());
        }
        let got = permid(key)?;
        match self.expected {
            _ if got == self.own => Err(Refused::Own.into()),
            Some(expected) if expected != got => Err(Refused::Other { expected, got }.into()),
            _ => Ok(()),
        }
    }

    fn signature(
        &self,
        message: &[u8],
        key: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if signature.scheme != SignatureScheme::ED25519 {
            return Err(Error::InvalidCertificate(CertificateError::BadSignature));
        }
        let key = SubjectPublicKeyInfoDer::from(key.as_ref());
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature_with_raw_key(message, &key, signature, algorithms)
    }
}

/// What rustls asks of the verifiers of both sides in the same words: raw Ed25519 keys, and nothing
/// below TLS 1.3.
macro_rules! raw_keys_in_tls_1_3 {
    () => {
        fn verify_tls12_signature(
            &self,
            _message: &[u8],
            _cert: &CertificateDer<'_>,
            _dss: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            Err(Error::PeerIncompatible(PeerIncompatible::Tls12NotOffered))
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            cert: &CertificateDer<'_>,
            dss: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            self.signature(message, cert, dss)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            vec![SignatureScheme::ED25519]
        }

        fn requires_raw_public_keys(&self) -> bool {
            true
        }
    };
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.check(end_entity, intermediates).map(|()| ServerCertVerified::assertion())
    }

    raw_keys_in_tls_1_3!();
}

impl ClientCertVerifier for Verifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.check(end_entity, intermediates).map(|()| ClientCertVerified::assertion())
    }

    raw_keys_in_tls_1_3!();
}
