//! The scenario `nat`: every peer answers NATCHECK with what was measured behind a NAT of its own,
//! in a network namespace of this machine. Where there can be none (no root, no Linux, `ip` or
//! `nft` missing) the answers are made up, and labelled `simulated`.

#[cfg(target_os = "linux")]
use bytes::Bytes;

use super::played::{Part, played};
use swarmscope_peer::crawler::{Answer, AnyProbe, Asked, PeerView};
#[cfg(target_os = "linux")]
use swarmscope_wire::bencode;
use swarmscope_wire::bencode::Value;
use swarmscope_wire::{MessageId, OverlayVersion};

/// Where the lab's own STUN server is told to listen.
#[cfg(target_os = "linux")]
const PORTS: [u16; 2] = [3478, 3479];
/// The elements that peers of version 17 and before are sent.
const LEGACY_ELEMENTS: usize = 7;

/// A sort of NAT, by the original's names for it (protocol.md §5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sort {
    Open,
    FullCone,
    Restricted,
    PortRestricted,
    Symmetric,
    RestrictedFirewall,
    PortRestrictedFirewall,
    Blocked,
}

impl Sort {
    /// In the order in which peers get them.
    const ALL: [Self; 8] = [
        Self::Open,
        Self::FullCone,
        Self::Restricted,
        Self::PortRestricted,
        Self::Symmetric,
        Self::RestrictedFirewall,
        Self::PortRestrictedFirewall,
        Self::Blocked,
    ];

    const fn text(self) -> (&'static str, i64) {
        match self {
            Self::Open => ("Open Internet", 0),
            Self::FullCone => ("Full Cone NAT", 1),
            Self::Restricted => ("Restricted Cone NAT", 2),
            Self::PortRestricted => ("Port Restricted Cone NAT", 3),
            Self::Symmetric => ("Symmetric NAT", -1),
            Self::RestrictedFirewall => ("Restricted Cone Firewall", 2),
            Self::PortRestrictedFirewall => ("Port Restricted Cone Firewall", 3),
            Self::Blocked => ("Blocked", -1),
        }
    }

    #[cfg(target_os = "linux")]
    const fn kinds(self) -> &'static [swarmscope_probes::nat::lab::Kind] {
        use swarmscope_probes::nat::lab::Kind;
        match self {
            Self::Open => &[],
            Self::FullCone => &[Kind::FullCone],
            Self::Restricted => &[Kind::Restricted],
            Self::PortRestricted => &[Kind::PortRestricted],
            Self::Symmetric => &[Kind::Symmetric],
            Self::RestrictedFirewall => &[Kind::RestrictedFirewall],
            Self::PortRestrictedFirewall => &[Kind::PortRestrictedFirewall],
            Self::Blocked => &[Kind::Blocked],
        }
    }
}

/// What the peers of the scenario are behind. The namespaces go when this is dropped.
pub struct Nats {
    behind: Vec<Behind>,
    #[cfg(target_os = "linux")]
    _lab: Option<real::Place>,
}

/// What one peer is behind.
#[derive(Clone, Debug)]
pub struct Behind {
    sort: Sort,
    #[cfg(target_os = "linux")]
    namespace: Option<swarmscope_probes::nat::lab::Namespace>,
}

impl Nats {
    /// Builds one NAT of each sort. Takes about a second, in which it blocks.
    #[must_use]
    pub fn build() -> Self {
        #[cfg(target_os = "linux")]
        match real::build() {
            Ok((behind, lab)) => return Self { behind, _lab: Some(lab) },
            Err(error) => tracing::warn!("the NATs are simulated: {error}"),
        }
        Self::simulated()
    }

    /// One of each sort, as far as answers tell.
    #[must_use]
    pub fn simulated() -> Self {
        let behind = Sort::ALL.map(|sort| Behind {
            sort,
            #[cfg(target_os = "linux")]
            namespace: None,
        });
        Self {
            behind: behind.into(),
            #[cfg(target_os = "linux")]
            _lab: None,
        }
    }

    /// What the peer with this number is behind.
    #[must_use]
    pub fn behind(&self, index: usize) -> Behind {
        self.behind[index % self.behind.len()].clone()
    }
}

impl Behind {
    /// What the screen writes beside the peer.
    #[must_use]
    pub fn label(&self) -> &'static str {
        if self.is_real() { "real NAT" } else { "simulated NAT" }
    }

    /// Which sort it is.
    #[must_use]
    pub const fn sort(&self) -> Sort {
        self.sort
    }

    fn is_real(&self) -> bool {
        #[cfg(target_os = "linux")]
        return self.namespace.is_some();
        #[cfg(not(target_os = "linux"))]
        false
    }

    /// NATCHECK as a peer behind this answers it.
    #[must_use]
    pub fn dress(&self, id: MessageId, honest: AnyProbe) -> AnyProbe {
        if id == MessageId::NATCHECK { played(honest, self.clone()) } else { honest }
    }

    #[cfg(target_os = "linux")]
    async fn measured_or_made_up(&self, version: OverlayVersion, peer: &PeerView) -> Answer {
        let Some(namespace) = self.namespace.clone() else { return self.made_up(peer) };
        let measured = tokio::task::spawn_blocking(move || real::measure(&namespace)).await;
        let payload = measured.map_err(|error| error.to_string()).and_then(|measured| measured);
        payload.and_then(|payload| cut(&payload, version)).map_or_else(
            |error| Answer::failed(&format!("the NAT could not be measured: {error}")),
            Answer::success,
        )
    }

    #[cfg(not(target_os = "linux"))]
    async fn measured_or_made_up(&self, _: OverlayVersion, peer: &PeerView) -> Answer {
        self.made_up(peer)
    }

    /// What such a NAT would have shown, with addresses of the blocks for documentation (RFC 5737).
    fn made_up(&self, peer: &PeerView) -> Answer {
        let port = i64::from(peer.listening.map_or(0, |address| address.port()));
        let (text, code) = self.sort.text();
        let fields = [
            text.into(),
            code.into(),
            0.into(),
            "198.51.100.23".into(),
            port.into(),
            "192.168.1.20".into(),
            port.into(),
        ];
        Answer::success(Value::List(fields.into()).encode())
    }
}

/// The reply as a Crawler of this version is sent it.
#[cfg(target_os = "linux")]
fn cut(payload: &[u8], version: OverlayVersion) -> Result<Bytes, String> {
    let Value::List(mut elements) = bencode::decode(payload).map_err(|error| error.to_string())?
    else {
        return Err("not a list".into());
    };
    if !version.is_encrypted() {
        elements.truncate(LEGACY_ELEMENTS);
    }
    Ok(Value::List(elements).encode().into())
}

/// NATCHECK is answered with what is there.
impl Part for Behind {
    async fn answer(&self, _: &AnyProbe, asked: Asked, peer: &PeerView) -> Answer {
        self.measured_or_made_up(asked.version, peer).await
    }
}

/// The namespaces, and what runs in them.
#[cfg(target_os = "linux")]
mod real {
    use std::env;
    use std::io;
    use std::net::{Ipv4Addr, SocketAddr};
    use std::process::{Child, Command, Stdio};

    use data_encoding::BASE64;

    use super::{Behind, PORTS, Sort};
    use swarmscope_probes::nat::lab::{ALTERNATE, Lab, LabError, Namespace, SERVER};

    /// The lab with its STUN server, which is stopped first.
    pub struct Place {
        server: Child,
        _lab: Lab,
    }

    impl Drop for Place {
        fn drop(&mut self) {
            // One that has ended by itself can't be ended again.
            let _ = self.server.kill();
            let _ = self.server.wait();
        }
    }

    pub fn build() -> Result<(Vec<Behind>, Place), LabError> {
        let mut lab = Lab::new()?;
        let mut behind = Vec::new();
        for sort in Sort::ALL {
            behind.push(Behind { sort, namespace: Some(lab.client(sort.kinds())?.namespace) });
        }
        let [listen, alternate] = [(SERVER, PORTS[0]), (ALTERNATE, PORTS[1])].map(address);
        let mut command = program(lab.core())?;
        command.args(["stun", "--listen", &listen, "--alternate", &alternate]);
        let server =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        Ok((behind, Place { server, _lab: lab }))
    }

    /// NATCHECK's reply, as a process inside the namespace measures it.
    pub fn measure(namespace: &Namespace) -> Result<Vec<u8>, String> {
        let told = |error: io::Error| error.to_string();
        let mut command = program(namespace).map_err(told)?;
        command.args(["nat", "--stun", &address((SERVER, PORTS[0]))]);
        let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().map_err(told)?;
        BASE64.decode(output.stdout.trim_ascii()).map_err(|error| error.to_string())
    }

    /// This program again, inside.
    fn program(namespace: &Namespace) -> io::Result<Command> {
        let this = env::current_exe()?;
        this.to_str()
            .map(|this| namespace.command(this))
            .ok_or_else(|| io::Error::other("the program's path is not UTF-8"))
    }

    fn address((ip, port): (Ipv4Addr, u16)) -> String {
        SocketAddr::from((ip, port)).to_string()
    }
}
