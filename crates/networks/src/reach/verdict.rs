//! What the rungs mean together, in a sentence, and what to do next.
//!
//! Only what was seen is said as seen. That a client forces encryption is inferred, from a plain
//! start that was closed and a key that was answered, and says so.

use swarmscope_wire::bittorrent::Client;
use swarmscope_wire::failure::{Cause, exit};
use swarmscope_wire::text;

use super::{DhtNode, Findings, Name, Outcome, banner};

/// What listens.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum What {
    /// A peer of the overlay.
    Overlay,
    /// A BitTorrent client.
    BitTorrent,
    /// A node of the DHT, and nothing on TCP.
    Dht,
    /// Something else.
    Other,
    /// Nothing, or nothing that answers.
    Nothing,
}

impl What {
    /// The word for it in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Overlay => "overlay",
            Self::BitTorrent => "bittorrent",
            Self::Dht => "dht",
            Self::Other => "other",
            Self::Nothing => "nothing",
        }
    }
}

/// Whether a client takes plain connections.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Encryption {
    /// It does.
    Open,
    /// Likely only encrypted ones.
    Forced,
}

impl Encryption {
    /// The word for it in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Forced => "forced",
        }
    }
}

/// The meaning of all rungs together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// What listens on TCP, or else on UDP.
    pub what: What,
    /// Whether plain connections are taken, as far as it can be told.
    pub encryption: Option<Encryption>,
    /// Whether uTP answered.
    pub utp: bool,
    /// One sentence.
    pub summary: String,
    /// What to do next.
    pub next: String,
    /// The exit code of cli.md.
    pub exit: u8,
}

impl Verdict {
    /// Judges what was found.
    #[must_use]
    pub fn of(findings: &Findings) -> Self {
        let utp = findings.outcome(Name::Utp) == Some(Outcome::Ok);
        let mse = findings.outcome(Name::Mse) == Some(Outcome::Ok);
        let has_banner = !findings.banner.is_empty();
        let what = match findings {
            Findings { overlay: Some(_), .. } => What::Overlay,
            _ if has_banner => What::Other,
            _ if mse || utp => What::BitTorrent,
            Findings { no_connection: Some(_), node: Some(_), .. } => What::Dht,
            Findings { no_connection: Some(_), .. } => What::Nothing,
            // It accepts and closes: without more that is what many servers do to bytes that they
            // don't know.
            _ if is_silent(findings) => What::Nothing,
            _ => What::Other,
        };
        let encryption = match findings.outcome(Name::Plain) {
            _ if what != What::BitTorrent => None,
            Some(Outcome::Waits) => Some(Encryption::Open),
            Some(Outcome::Closed) if mse => Some(Encryption::Forced),
            _ => None,
        };
        let found = what != What::Nothing && what != What::Other || findings.node.is_some();
        let exit = match what {
            _ if found => 0,
            What::Other => exit::AUTHENTICATE,
            _ if is_silence(findings) => exit::TIMEOUT,
            _ => exit::CONNECT,
        };
        let (summary, next) = words(findings, what, encryption, utp);
        Self { what, encryption, utp, summary, next, exit }
    }
}

/// It accepts connections and says nothing on any of them.
fn is_silent(findings: &Findings) -> bool {
    let quiet =
        |name| matches!(findings.outcome(name), None | Some(Outcome::Waits | Outcome::Timeout));
    [Name::Plain, Name::Overlay, Name::Mse, Name::Http].into_iter().all(quiet)
}

/// Nothing said that it is not there: packets are dropped, or a server is silent.
fn is_silence(findings: &Findings) -> bool {
    matches!(findings.no_connection, None | Some(Cause::TcpTimeout))
}

fn words(
    findings: &Findings,
    what: What,
    encryption: Option<Encryption>,
    utp: bool,
) -> (String, String) {
    let (summary, next) = match what {
        What::Overlay => overlay(findings),
        What::BitTorrent => bittorrent(encryption, utp),
        What::Dht => ("a node of the DHT; nothing listens on TCP".to_owned(), ASK_NODE.to_owned()),
        What::Other => other(findings),
        What::Nothing => nothing(findings),
    };
    match &findings.node {
        Some(node) if what == What::Dht => (format!("{summary} ({})", node_words(node)), next),
        Some(node) if matches!(what, What::Other | What::Nothing) => (
            format!("{summary}; on UDP a node of the DHT ({})", node_words(node)),
            ASK_NODE.to_owned(),
        ),
        Some(node) => (format!("{summary}; DHT node {}", node_words(node)), next),
        None if what == What::BitTorrent => (format!("{summary}; no DHT node answers"), next),
        None => (summary, next),
    }
}

const ASK_NODE: &str = "ask the node: `swarmscope request dht://HOST:PORT ping`, or find_node with 40 hexadecimal digits";

fn overlay(findings: &Findings) -> (String, String) {
    let version =
        findings.overlay.map_or_else(String::new, |version| format!(", version {version}"));
    let next = "ask it: `swarmscope request HOST:PORT natcheck`; it answers only Crawlers on its allow-list";
    (format!("a peer of the overlay{version}"), next.to_owned())
}

fn bittorrent(encryption: Option<Encryption>, utp: bool) -> (String, String) {
    let transport = if utp { "uTP answers" } else { "no uTP answers" };
    let (how, next) = match encryption {
        Some(Encryption::Open) => (
            "plain and encrypted connections",
            "ask for its name, with a torrent it has: `swarmscope request bt://HOST:PORT hello \
             --infohash HEX`",
        ),
        Some(Encryption::Forced) => (
            "likely encrypted connections only: it closed a plain start without a byte and \
             answered a key",
            "ask for its name, with a torrent it has; encryption is tried automatically: \
             `swarmscope request bt://HOST:PORT hello --infohash HEX`",
        ),
        None => (
            "whether it accepts plain connections is unknown",
            "ask for its name, with a torrent it has: `swarmscope request bt://HOST:PORT hello \
             --infohash HEX`",
        ),
    };
    (
        format!(
            "a BitTorrent client, which names itself only for a torrent it has; {how}; {transport}"
        ),
        next.to_owned(),
    )
}

fn other(findings: &Findings) -> (String, String) {
    let next = "check the port: neither an overlay peer nor a BitTorrent client answers like this";
    if findings.banner.is_empty() {
        let what = "a program that accepts connections and closes them without a byte";
        let next = "it may be a BitTorrent client without encryption, or any server that expects other bytes: check the port with its operator";
        return (what.to_owned(), next.to_owned());
    }
    let said = text::clip(&findings.banner, 60);
    let what = match banner::protocol(&findings.banner) {
        Some(name) => {
            format!("{name}, neither an overlay peer nor a BitTorrent client; it says {said:?}")
        }
        None => format!("another protocol; it begins {said:?}"),
    };
    (what, next.to_owned())
}

fn nothing(findings: &Findings) -> (String, String) {
    let (what, next) = match findings.no_connection {
        None => (
            "a program that accepts connections and stays silent",
            "it may be overloaded or wait for another protocol: try again later, or ask its \
             operator what should listen there",
        ),
        Some(Cause::TcpTimeout) => (
            "no answer: packets are dropped on the way, or the host is down",
            "a firewall or a NAT may drop them: try from elsewhere, or let the peer dial you",
        ),
        Some(Cause::NotFound) => {
            ("the host name has no address", "check the name, or give the address itself")
        }
        Some(Cause::TcpRefused) => (
            "connection refused: nothing listens on that port, or a firewall rejects it",
            "check the port and that the program is running",
        ),
        Some(cause) => (cause.text(), cause.hint()),
    };
    (what.to_owned(), next.to_owned())
}

/// `LT 02 08, libtorrent 2.0.8, its id does not follow from its address`.
fn node_words(node: &DhtNode) -> String {
    let named = match node.version.as_deref() {
        None => "without a name".to_owned(),
        Some(v) => match Client::of_node(v) {
            Some(client) => format!("{}, {client}", version_words(v)),
            None => version_words(v),
        },
    };
    format!("{named}; its id is {} for its address", node.security.name())
}

/// A `v` as two letters and bytes: `LT 02 08`.
#[must_use]
pub fn version_words(v: &[u8]) -> String {
    match v {
        [a, b, rest @ ..] if a.is_ascii_alphanumeric() && b.is_ascii_alphanumeric() => {
            let mut words = String::from_utf8_lossy(&[*a, *b]).into_owned();
            for byte in rest {
                words.push(' ');
                words.push_str(&text::hex(&[*byte]).to_uppercase());
            }
            words
        }
        other => text::hex(other),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::Rung;
    use super::*;
    use swarmscope_wire::OverlayVersion;
    use swarmscope_wire::krpc::{NodeId, Security};

    fn findings(rungs: &[(Name, Outcome)]) -> Findings {
        let rung = |(name, outcome): &(Name, Outcome)| Rung {
            name: *name,
            outcome: *outcome,
            detail: String::new(),
            took: Duration::ZERO,
        };
        Findings { rungs: rungs.iter().map(rung).collect(), ..Findings::default() }
    }

    fn node() -> DhtNode {
        let version = Some((*b"LT\x02\x08").into());
        DhtNode { id: NodeId([1; 20]), version, security: Security::Exempt }
    }

    #[test]
    fn an_open_and_a_forced_client_are_told_apart_and_the_second_is_only_likely() {
        use Name::{Mse, Overlay, Plain, Utp};
        let open = findings(&[
            (Plain, Outcome::Waits),
            (Overlay, Outcome::Closed),
            (Mse, Outcome::Ok),
            (Utp, Outcome::Ok),
        ]);
        let verdict = Verdict::of(&Findings { node: Some(node()), ..open });
        assert_eq!(
            (verdict.what, verdict.encryption, verdict.exit),
            (What::BitTorrent, Some(Encryption::Open), 0)
        );
        assert!(
            verdict.summary.contains("LT 02 08, libtorrent 2.0.8")
                && verdict.summary.contains("uTP answers")
        );
        assert!(verdict.summary.contains("names itself only"), "nothing names the implementation");
        let verdict = Verdict::of(&findings(&[
            (Plain, Outcome::Closed),
            (Mse, Outcome::Ok),
            (Utp, Outcome::Timeout),
        ]));
        assert_eq!((verdict.encryption, verdict.utp), (Some(Encryption::Forced), false));
        assert!(verdict.summary.contains("likely") && verdict.summary.contains("no DHT node"));
    }

    #[test]
    fn something_that_closes_every_connection_is_not_called_a_client() {
        let closes = findings(&[(Name::Plain, Outcome::Closed), (Name::Mse, Outcome::Closed)]);
        let verdict = Verdict::of(&closes);
        assert_eq!((verdict.what, verdict.encryption, verdict.exit), (What::Other, None, 4));
        let node = Verdict::of(&Findings { node: Some(node()), ..closes });
        assert_eq!((node.what, node.exit), (What::Other, 0));
    }

    #[test]
    fn refused_dropped_and_silent_are_three_things() {
        let refused = Findings { no_connection: Some(Cause::TcpRefused), ..Findings::default() };
        assert_eq!((Verdict::of(&refused).what, Verdict::of(&refused).exit), (What::Nothing, 3));
        let dropped = Findings { no_connection: Some(Cause::TcpTimeout), ..Findings::default() };
        assert_eq!((Verdict::of(&dropped).what, Verdict::of(&dropped).exit), (What::Nothing, 6));
        let silent = findings(&[
            (Name::Plain, Outcome::Waits),
            (Name::Overlay, Outcome::Waits),
            (Name::Mse, Outcome::Timeout),
        ]);
        let verdict = Verdict::of(&silent);
        assert_eq!((verdict.what, verdict.exit), (What::Nothing, 6));
        assert!(verdict.summary.contains("silent"));
        let with_node = Findings { node: Some(node()), ..refused };
        assert_eq!((Verdict::of(&with_node).what, Verdict::of(&with_node).exit), (What::Dht, 0));
    }

    #[test]
    fn overlay_peers_and_other_servers_are_named() {
        let peer = Findings {
            overlay: Some(OverlayVersion(18)),
            ..findings(&[(Name::Plain, Outcome::Waits)])
        };
        assert_eq!(Verdict::of(&peer).summary, "a peer of the overlay, version 18");
        let ssh = Findings { banner: b"SSH-2.0-x\x1b[31m\r\n".to_vec(), ..Findings::default() };
        let verdict = Verdict::of(&ssh);
        assert_eq!((verdict.what, verdict.exit), (What::Other, 4));
        assert!(verdict.summary.starts_with("an SSH server") && !verdict.summary.contains('\x1b'));
    }
}
