//! Options that several sub-commands share, and how their values are read.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, value_parser};

use super::{CliError, bootstrap};
use swarmscope_peer::node::{Target, TargetError};
use swarmscope_wire::{OverlayVersion, Permid, inflate};

/// The identity of this process, and the versions it speaks.
#[derive(Args, Clone, Debug)]
pub struct IdentityOptions {
    /// Identity to use: an Ed25519 key file (PEM) [default: your own, created on first use]
    #[arg(long, value_name = "FILE", env = "SWARMSCOPE_IDENTITY")]
    pub identity: Option<PathBuf>,

    /// Also speak the old, unencrypted versions, with this sect233k1 key file (PEM)
    #[arg(long, value_name = "FILE", env = "SWARMSCOPE_LEGACY_IDENTITY")]
    pub legacy_identity: Option<PathBuf>,

    /// Overlay version to announce, 7 to 18; 17 and below speak only the old protocol
    #[arg(long, value_name = "N", env = "SWARMSCOPE_OVERLAY_VERSION", default_value = "18", value_parser = overlay_version)]
    pub overlay_version: OverlayVersion,
}

/// Which Crawlers a peer answers.
#[derive(Args, Clone, Debug)]
pub struct AllowOptions {
    /// Allow the Crawler with this permid; may be repeated
    #[arg(long, value_name = "B64", env = "SWARMSCOPE_ALLOW", value_delimiter = ',', value_parser = permid)]
    pub allow: Vec<Permid>,
}

/// Events for programs instead of text for people.
#[derive(Args, Clone, Copy, Debug)]
pub struct JsonOption {
    /// Print events as JSON, one object per line
    #[arg(long, env = "SWARMSCOPE_JSON", value_parser = BoolishValueParser::new())]
    pub json: bool,
}

/// How much a reply may grow.
#[derive(Args, Clone, Copy, Debug)]
pub struct InflateOption {
    /// Inflate compressed replies to at most this many MiB; truncation is reported
    #[arg(long, value_name = "MIB", env = "SWARMSCOPE_INFLATE_LIMIT", default_value_t = 16, value_parser = value_parser!(u16).range(1..=1024))]
    inflate_limit: u16,
}

impl InflateOption {
    /// From now on it holds for the whole program.
    pub fn set(self) {
        inflate::set_max_output(usize::from(self.inflate_limit) << 20);
    }
}

/// Where to start from.
#[derive(Args, Clone, Debug)]
pub struct BootstrapOption {
    /// Start from these peers and ask them for others: one TARGET per line, # for comments
    #[arg(long, value_name = "FILE", env = "SWARMSCOPE_BOOTSTRAP")]
    bootstrap: Option<PathBuf>,
}

impl BootstrapOption {
    /// The targets of the file, or none without one.
    ///
    /// # Errors
    /// As [`bootstrap::read`].
    pub fn targets(&self) -> Result<Vec<Target>, CliError> {
        self.bootstrap.as_deref().map_or_else(|| Ok(Vec::new()), bootstrap::read)
    }
}

fn overlay_version(text: &str) -> Result<OverlayVersion, String> {
    let known = OverlayVersion::CRAWLER..=OverlayVersion::CURRENT;
    let version = text.parse().map(OverlayVersion).ok().filter(|version| known.contains(version));
    version.ok_or_else(|| {
        "not an overlay version with crawler messages; use a number from 7 to 18".into()
    })
}

fn permid(text: &str) -> Result<Permid, String> {
    Permid::from_base64(text).map_err(|error| {
        format!("not a permid: {error}; use the first line of `swarmscope key show FILE`")
    })
}

/// `ADDR:PORT` to listen on: numbers only, because a name could mean several addresses.
pub fn listen_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "not an address to listen on; use ADDR:PORT such as 127.0.0.1:7760 or [::1]:7760, port 0 for any free port"
            .into()
    })
}

/// `HOST:PORT` of a STUN server. The name is resolved when it is used.
pub fn stun_server(text: &str) -> Result<String, String> {
    let wrong = |what: &str| {
        format!("{what}; use HOST:PORT such as stun.example.org:3478 or [2001:db8::1]:3478")
    };
    let server: Target = text.parse().map_err(|error: TargetError| wrong(&error.what))?;
    if server.permid.is_some() {
        Err(wrong("a STUN server has no permid"))
    } else {
        Ok(server.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_from_7_to_18() {
        assert_eq!(overlay_version("7"), Ok(OverlayVersion::CRAWLER));
        assert_eq!(overlay_version("18"), Ok(OverlayVersion::CURRENT));
        for wrong in ["6", "19", "-1", "x", ""] {
            assert!(overlay_version(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_wrong_value_says_what_to_write() {
        assert!(permid("abc").expect_err("not base64").contains("key show"));
        assert!(permid("YWJj").expect_err("not a key").contains("key show"));
        assert!(listen_address("localhost:7760").expect_err("a name").contains("ADDR:PORT"));
        assert!(listen_address("[::1]:0").is_ok());
        for server in ["stun.example.org:3478", "[2001:db8::1]:3478"] {
            assert_eq!(stun_server(server).as_deref(), Ok(server));
        }
        for wrong in
            ["", "stun.example.org", "stun:stun.example.org:3478", "h:0", "MCowBQYDK2VwAyEA@h:1"]
        {
            assert!(stun_server(wrong).expect_err(wrong).contains("HOST:PORT"), "{wrong}");
        }
        let pinned = format!("{}@localhost:3478", Permid::Ed25519([7; 32]));
        assert!(stun_server(&pinned).expect_err("a permid").contains("no permid"));
    }
}
