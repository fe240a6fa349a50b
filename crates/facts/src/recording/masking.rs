//! What a recording holds in privacy mode: no address, no permid, no name of a host, in no form.
//!
//! Permids and addresses are replaced by values that stand for them (so that who is who can still
//! be seen), texts by masked ones. The bytes of replies are left out, because what they hold can't
//! be masked in every format; what they were read as is kept, masked, without values that are
//! bytes.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::LazyLock;

use bytes::Bytes;
use serde_json::Value;

use super::rewriting::{Rewrite, Rewritten};
use super::{Line, What};
use swarmscope_networks::target::Network;
use swarmscope_peer::crawler::Decoding;
use swarmscope_wire::Permid;
use swarmscope_wire::failure::{Failure, Phase};
use swarmscope_wire::mask::Mask;
use swarmscope_wire::trace::Piece;
use swarmscope_wire::tree::Node;

/// Stands for the bytes of a reply, again and again.
const LEFT_OUT: &[u8] = b"(bytes are not recorded in privacy mode) ";
/// As long as the longest reply (64 MiB) would be too much to keep at hand; longer ones are put
/// together.
const AT_HAND: usize = 1 << 20;
/// Names of hosts that are looked for in texts.
const MOST_HOSTS: usize = 1000;

/// Masks messages under one key.
pub struct Masker {
    mask: Mask,
    /// Names that were dialled, with what stands for them.
    hosts: Vec<(String, String)>,
}

impl Masker {
    /// Under the key of this mask.
    #[must_use]
    pub const fn new(mask: Mask) -> Self {
        Self { mask, hosts: Vec::new() }
    }

    /// What may be written of a line.
    #[must_use]
    pub fn line<S: Rewritten>(&mut self, Line(at, mut what): Line<S>) -> Line<S> {
        match &mut what {
            What::Msg(msg) => msg.rewrite(self),
            What::Read(permid, _) => self.permid(permid),
            What::Lost(_) | What::End => {}
        }
        Line(at, what)
    }

    fn tree(&mut self, node: &mut Node) {
        self.text(&mut node.label);
        // bytes: whatever they are, they may be an address
        if node.value.starts_with("0x") {
            let size = node.value.split_once(" (").map(|(_, size)| format!("0x… ({size}"));
            node.value = size.unwrap_or_else(|| "0x…".to_owned());
        } else {
            self.text(&mut node.value);
        }
        node.children.iter_mut().for_each(|child| self.tree(child));
    }
}

impl Rewrite for Masker {
    fn permid(&mut self, permid: &mut Permid) {
        *permid = self.mask.permid_for(permid);
    }

    fn address(&mut self, address: &mut SocketAddr) {
        *address = self.mask.address_for(*address);
    }

    fn port(&mut self, port: &mut u16) {
        *port = self.mask.port_for(*port);
    }

    fn place(&mut self, place: &mut String) {
        if let Some((network, rest)) = Network::of_scheme(place) {
            let mut rest = rest.to_owned();
            let id = rest.rsplit_once('@').map(|(id, place)| (id.to_owned(), place.to_owned()));
            let id = id.map_or_else(String::new, |(mut id, place)| {
                self.text(&mut id);
                rest = place;
                format!("{id}@")
            });
            self.place(&mut rest);
            *place = format!("{}://{id}{rest}", network.name());
            return;
        }
        if let Ok(address) = place.parse::<SocketAddr>() {
            *place = self.mask.address_for(address).to_string();
            return;
        }
        let (host, port) = place.rsplit_once(':').unwrap_or((place, ""));
        let port = self.mask.port_for(port.parse().unwrap_or(0));
        let mut host = host.to_owned();
        self.host(&mut host);
        *place = format!("{host}:{port}");
    }

    fn host(&mut self, host: &mut String) {
        let stands = self.mask.host_for(host);
        if self.hosts.len() < MOST_HOSTS && !self.hosts.iter().any(|(known, _)| known == host) {
            self.hosts.push((host.clone(), stands.clone()));
        }
        *host = stands;
    }

    /// What privacy mode hides of it on the screen is not written either.
    fn piece(&mut self, piece: &mut Piece) {
        *piece = piece.without_addresses();
    }

    fn text(&mut self, text: &mut String) {
        if let Cow::Owned(masked) = self.mask.text(text) {
            *text = masked;
        }
        for (host, stands) in &self.hosts {
            if text.contains(host.as_str()) {
                *text = text.replace(host.as_str(), stands);
            }
        }
    }

    fn failure(&mut self, failure: &mut Failure) {
        // what a resolver says has names in it
        if failure.phase() == Phase::Resolve {
            failure.detail.clear();
        }
        self.text(&mut failure.detail);
    }

    fn question(&mut self, payload: &mut Bytes) {
        match str::from_utf8(payload) {
            Ok(text) => {
                let mut text = text.to_owned();
                self.text(&mut text);
                *payload = text.into();
            }
            Err(_) => self.answer(payload),
        }
    }

    fn answer(&mut self, payload: &mut Bytes) {
        *payload = left_out(payload.len());
    }

    fn decoding(&mut self, decoding: &mut Decoding) {
        let decoded = &mut decoding.decoded;
        self.tree(&mut decoded.tree);
        decoded.json = Value::Null;
        let notes = decoded.notes.iter_mut().map(|note| &mut note.text);
        let texts = std::iter::once(&mut decoded.summary).chain(notes).chain(&mut decoding.failed);
        texts.for_each(|text| self.text(text));
        for id in [&mut decoding.content, &mut decoding.shape] {
            *id = self.mask.content(*id);
        }
        decoding.bytes = self.mask.sha256(decoding.bytes);
    }

    fn typed(&mut self, text: &mut String) {
        self.text(text);
    }
}

/// So many bytes that say that they are not the real ones.
fn left_out(len: usize) -> Bytes {
    static SHORT: LazyLock<Bytes> = LazyLock::new(|| repeated(AT_HAND));
    if len <= AT_HAND { SHORT.slice(..len) } else { repeated(len) }
}

fn repeated(len: usize) -> Bytes {
    LEFT_OUT.iter().copied().cycle().take(len).collect()
}
