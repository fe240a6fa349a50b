//! Which client a peer id or a `v` of a DHT node names, by convention (BEP 20). A name is what the
//! peer claims: nothing proves it.

use std::fmt;

/// A client as its peer id, or the `v` of its DHT node, names it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Client {
    /// The two letters.
    pub code: [u8; 2],
    /// Its name, where the letters are known.
    pub name: Option<&'static str>,
    /// Version numbers, most significant first.
    pub version: Vec<u8>,
}

/// Letters of peer ids in the style of Azureus. Case matters: `LT` and `lt` are two programs.
const PEER_IDS: &[(&[u8; 2], &str)] = &[
    (b"A2", "aria2"),
    (b"AZ", "Vuze"),
    (b"BC", "BitComet"),
    (b"BI", "BiglyBT"),
    (b"BT", "BitTorrent"),
    (b"CD", "Enhanced CTorrent"),
    (b"DE", "Deluge"),
    (b"FD", "Free Download Manager"),
    (b"KT", "KTorrent"),
    (b"LT", "libtorrent"),
    (b"lt", "libTorrent (rakshasa)"),
    (b"TR", "Transmission"),
    (b"TX", "Tixati"),
    (b"UM", "uTorrent for Mac"),
    (b"UT", "uTorrent"),
    (b"WW", "WebTorrent"),
    (b"XL", "Xunlei"),
    (b"qB", "qBittorrent"),
    (b"rQ", "rqbit"),
];

/// Letters of `v` in KRPC. libtorrent's library answers for every program that is built on it.
const NODE_VERSIONS: &[(&[u8; 2], &str)] = &[
    (b"A2", "aria2"),
    (b"LT", "libtorrent"),
    (b"lt", "libTorrent (rakshasa)"),
    (b"RS", "mainline (Rust)"),
    (b"TX", "Tixati"),
    (b"UT", "uTorrent"),
    (b"WT", "WebTorrent"),
    (b"SW", "swarmscope"),
];

fn name(table: &[(&[u8; 2], &'static str)], code: [u8; 2]) -> Option<&'static str> {
    table.iter().find(|(known, _)| **known == code).map(|(_, name)| *name)
}

/// `1-36-0-` and so on: decimal numbers, at least two, each followed by a dash.
fn dashed(text: &[u8]) -> Option<Vec<u8>> {
    let mut parts: Vec<&[u8]> = text.split(|byte| *byte == b'-').collect();
    parts.pop(); // no dash follows it
    let number = |part: &&[u8]| str::from_utf8(part).ok()?.parse().ok();
    let version: Vec<u8> = parts.iter().map_while(number).collect();
    (version.len() >= 2).then_some(version)
}

/// The two letters of BEP 20 for a client's name, as it writes it: `qB` for `qBittorrent`. Case
/// matters here, too: `libTorrent` is another program than `libtorrent`.
#[must_use]
pub fn letters(name: &str) -> Option<&'static str> {
    let is_it = |known: &str| known.split(" (").next() == Some(name);
    let (letters, _) = PEER_IDS.iter().find(|(_, known)| is_it(known))?;
    str::from_utf8(*letters).ok()
}

impl Client {
    /// The client that a peer id names: `-TR3000-…`, or `A2-1-36-0-…` as aria2 has it; none in any
    /// other style.
    #[must_use]
    pub fn of_peer_id(id: &[u8; 20]) -> Option<Self> {
        let (code, version) = match id {
            [b'-', a, b, version @ .., _, _, _, _, _, _, _, _, _, _, _, _, _] if id[7] == b'-' => {
                let digit = |byte: &u8| {
                    char::from(*byte).to_digit(36).and_then(|digit| u8::try_from(digit).ok())
                };
                ([*a, *b], version.iter().map(digit).collect::<Option<Vec<u8>>>()?)
            }
            [a, b, b'-', rest @ ..] => ([*a, *b], dashed(rest)?),
            _ => return None,
        };
        let printable = code.iter().all(u8::is_ascii_alphanumeric);
        printable.then(|| Self { code, name: name(PEER_IDS, code), version })
    }

    /// The client that the `v` of a DHT node names: two letters, and two bytes of version. Both
    /// libtorrents put more than one number into a byte.
    #[must_use]
    pub fn of_node(v: &[u8]) -> Option<Self> {
        let [a, b, high, low] = *v else { return None };
        let code = [a, b];
        let version = match &code {
            b"LT" => vec![high, low >> 4, low & 0x0f],
            b"lt" => vec![high >> 4, high & 0x0f, low >> 4],
            _ => vec![high, low],
        };
        let printable = code.iter().all(u8::is_ascii_alphanumeric);
        printable.then(|| Self { code, name: name(NODE_VERSIONS, code), version })
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name {
            Some(name) => f.write_str(name)?,
            None => write!(f, "{}{}", char::from(self.code[0]), char::from(self.code[1]))?,
        }
        // A trailing zero is how four digits say a version of three.
        let shown = match self.version.as_slice() {
            [rest @ .., 0] if rest.len() >= 3 => rest,
            all => all,
        };
        for (index, number) in shown.iter().enumerate() {
            write!(f, "{}{number}", if index == 0 { ' ' } else { '.' })?;
        }
        Ok(())
    }
}
