//! The floor: TLS 1.3 with raw Ed25519 keys over TCP, as the overlay has it, and nothing else.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{AlwaysResolvesClientRawPublicKeys, Resumption};
use rustls::crypto::{CryptoProvider, ring, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{
    CertificateDer, PrivatePkcs8KeyDer, ServerName, SubjectPublicKeyInfoDer, UnixTime,
};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{AlwaysResolvesServerRawPublicKeys, NoServerSessionStorage};
use rustls::sign::CertifiedKey;
use rustls::version::TLS13;
use rustls::{
    ClientConfig, DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme,
};
use serde_json::json;
use swarmscope_wire::identity::Ed25519Identity;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::client::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::Outcome;
use crate::process::until_told;
use crate::usage::processor;
use crate::visits::{MEASURED, SETTLING};

/// The overlay names its protocol, and so does its floor.
const ALPN: &[u8] = b"overlay/18";

/// Verifies signatures; every key is welcome.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

macro_rules! raw_keys {
    () => {
        fn verify_tls12_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            Err(Error::General("TLS 1.3 only".into()))
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            key: &CertificateDer<'_>,
            signature: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            let key = SubjectPublicKeyInfoDer::from(key.as_ref());
            let algorithms = &self.0.signature_verification_algorithms;
            verify_tls13_signature_with_raw_key(message, &key, signature, algorithms)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            vec![SignatureScheme::ED25519]
        }

        fn requires_raw_public_keys(&self) -> bool {
            true
        }
    };
}

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    raw_keys!();
}

impl ClientCertVerifier for Anybody {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    raw_keys!();
}

fn key(number: u32) -> Result<Arc<CertifiedKey>, Error> {
    let mut seed = [0x44; 32];
    seed[..4].copy_from_slice(&number.to_le_bytes());
    let identity = Ed25519Identity::from_seed(seed);
    let signer = ring::sign::any_eddsa_type(&PrivatePkcs8KeyDer::from(identity.pkcs8_der()))?;
    let public = CertificateDer::from(identity.permid().to_der());
    Ok(Arc::new(CertifiedKey::new(vec![public], signer)))
}

/// Which cipher suites the dialling side offers.
#[derive(Clone, Copy)]
pub enum Suites {
    /// Those of the library, in its order: TLS as anybody has it who changes nothing.
    Usual,
    /// The one that the overlay prefers.
    Ours,
}

impl Suites {
    pub fn named(name: &str) -> Result<Self, String> {
        match name {
            "usual" => Ok(Self::Usual),
            "ours" => Ok(Self::Ours),
            _ => Err(format!("{name}: usual or ours")),
        }
    }

    fn provider(self) -> CryptoProvider {
        let usual = ring::default_provider();
        match self {
            Self::Usual => usual,
            Self::Ours => CryptoProvider {
                cipher_suites: vec![ring::cipher_suite::TLS13_AES_128_GCM_SHA256],
                ..usual
            },
        }
    }
}

fn connector(suites: Suites) -> Result<TlsConnector, Error> {
    let provider = Arc::new(suites.provider());
    let mut config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody(provider)))
        .with_client_cert_resolver(Arc::new(AlwaysResolvesClientRawPublicKeys::new(key(
            u32::MAX,
        )?)));
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.resumption = Resumption::disabled();
    config.enable_sni = false;
    Ok(TlsConnector::from(Arc::new(config)))
}

fn acceptor(number: u32) -> Result<TlsAcceptor, Error> {
    let provider = Arc::new(ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&TLS13])?
        .with_client_cert_verifier(Arc::new(Anybody(provider)))
        .with_cert_resolver(Arc::new(AlwaysResolvesServerRawPublicKeys::new(key(number)?)));
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// So many that accept until they are told to end; whoever sends eight bytes gets so many.
#[tokio::main]
pub async fn peers(count: u32) -> Outcome {
    let mut targets = String::new();
    for number in 0..count {
        let (listener, acceptor) = (TcpListener::bind("127.0.0.1:0").await?, acceptor(number)?);
        writeln!(targets, "{}", listener.local_addr()?)?;
        tokio::spawn(accept(listener, acceptor));
    }
    println!("{}", json!({"targets": targets, "address": targets.lines().next()}));
    until_told().await;
    Ok(())
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor) {
    loop {
        let Ok((socket, _)) = listener.accept().await else { continue };
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            let _ = serve(socket, acceptor).await; // how it ends is the other side's business
        });
    }
}

async fn serve(socket: TcpStream, acceptor: TlsAcceptor) -> std::io::Result<()> {
    const PIECE: usize = 32 << 10;
    socket.set_nodelay(true)?;
    let mut stream = acceptor.accept(socket).await?;
    let mut left = 0;
    if let Ok(bytes) = stream.read_u64().await {
        left = usize::try_from(bytes).unwrap_or(0);
    }
    let piece = vec![0x61; PIECE];
    while left > 0 {
        let some = left.min(PIECE);
        stream.write_all(&piece[..some]).await?;
        left -= some;
    }
    stream.shutdown().await?;
    stream.read(&mut [0; 64]).await.map(|_| ()) // its end
}

async fn connect(
    connector: &TlsConnector,
    address: SocketAddr,
) -> std::io::Result<TlsStream<TcpStream>> {
    let socket = TcpStream::connect(address).await?;
    socket.set_nodelay(true)?;
    let name = ServerName::try_from("overlay").map_err(std::io::Error::other)?;
    connector.connect(name, socket).await
}

/// Connects to those peers and closes, so many at once.
#[tokio::main]
pub async fn visit(suites: Suites, at_once: usize, targets: &str) -> Outcome {
    let targets = std::fs::read_to_string(targets)?;
    let targets: Vec<SocketAddr> = targets.lines().map(str::parse).collect::<Result<_, _>>()?;
    let connector = connector(suites)?;
    let begins = Instant::now() + SETTLING;
    let ends = begins + MEASURED;
    let mut tasks = Vec::new();
    for first in 0..at_once {
        let theirs: Vec<SocketAddr> =
            targets.iter().skip(first).step_by(at_once).copied().collect();
        let connector = connector.clone();
        tasks.push(tokio::spawn(async move {
            let mut visits = 0;
            for target in theirs.iter().cycle() {
                if Instant::now() >= ends {
                    break;
                }
                let mut stream = connect(&connector, *target).await?;
                stream.shutdown().await?;
                let _ = stream.read(&mut [0; 64]).await?; // its end
                visits += u64::from((begins..ends).contains(&Instant::now()));
            }
            std::io::Result::Ok(visits)
        }));
    }
    tokio::time::sleep_until(begins.into()).await;
    let before = processor();
    tokio::time::sleep_until(ends.into()).await;
    let took = processor() - before;
    let mut visits = 0;
    for task in tasks {
        visits += task.await??;
    }
    println!("{}", json!({"visits": visits, "cpu_s": took}));
    Ok(())
}

/// Keeps connections open until it is told to end.
#[tokio::main]
pub async fn hold(count: usize, address: SocketAddr) -> Outcome {
    let connector = connector(Suites::Ours)?;
    let mut held = Vec::new();
    for _ in 0..count {
        held.push(connect(&connector, address).await?);
    }
    println!("{}", json!({"held": held.len()}));
    until_told().await;
    Ok(())
}

/// Reads so many MiB into one buffer.
#[tokio::main]
pub async fn asker(mebibytes: usize, address: SocketAddr) -> Outcome {
    let mut stream = connect(&connector(Suites::Ours)?, address).await?;
    let (began, before) = (Instant::now(), processor());
    stream.write_u64((mebibytes << 20) as u64).await?;
    stream.flush().await?;
    let mut whole = Vec::new();
    stream.read_to_end(&mut whole).await?;
    let (took, cpu) = (began.elapsed(), processor() - before);
    assert_eq!(whole.len(), mebibytes << 20);
    println!("{}", json!({"s": took.as_secs_f64(), "cpu_s": cpu}));
    Ok(())
}
