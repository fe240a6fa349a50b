//! A peer on loopback that does what a row's steps say, to every connection:
//!
//! * `read N` waits for N bytes · `hello LOWEST CURRENT [port=N] [infohash=BYTE]` sends an overlay
//!   handshake
//! * `send HEX`, `text WORDS` · `frame LENGTH HEX` announces LENGTH bytes and sends these
//! * `response1 [KEY=HEX|KEY=none]…` sends a RESPONSE1 that echoes what was read, all fields
//!   well-formed but for these
//! * `zeros N` sends N bytes of zero · `silent` says nothing until the other side is gone
//!
//! After the last step the connection is closed.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

const PROTOCOL: &[u8; 20] = b"\x13BitTorrent protocol";
const LONGEST_WAIT: Duration = Duration::from_secs(60);
const RESPONSE1: u8 = 252;
/// DER of an uncompressed sect233k1 key, up to the point.
const SPKI_PREFIX: &str = "3052301006072a8648ce3d020106052b8104001a033e0004";
const BASE_POINT: &str = concat!(
    "017232ba853a7e731af129f22ff4149563a419c26bf50a4c9d6eefad6126",
    "01db537dece819b7f70f555a67c427a8cd9bf18aeb9b56e0c11056fae6a3"
);

pub struct ScriptedPeer {
    pub address: String,
}

impl ScriptedPeer {
    pub fn start(steps: &[String]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let peer = Self { address: listener.local_addr().unwrap().to_string() };
        let steps = steps.to_vec();
        // Ends with the test's process; connections end with the other side or after LONGEST_WAIT.
        thread::spawn(move || {
            for stream in listener.incoming() {
                let steps = steps.clone();
                let port = listener.local_addr().unwrap().port();
                thread::spawn(move || {
                    Conversation { stream: stream.unwrap(), port, read: Vec::new() }.run(&steps)
                });
            }
        });
        peer
    }
}

struct Conversation {
    stream: TcpStream,
    port: u16,
    read: Vec<u8>,
}

impl Conversation {
    /// Until a step fails: then the other side has gone, which is what most rows want.
    fn run(mut self, steps: &[String]) -> Option<()> {
        self.stream.set_read_timeout(Some(LONGEST_WAIT)).unwrap();
        for step in steps {
            let words: Vec<&str> = step.split(' ').collect();
            match words[0] {
                "read" => self.wait_for(words[1].parse().unwrap())?,
                "hello" => self.send(&hello(self.port, &words))?,
                "send" => self.send(&unhex(words[1]))?,
                "text" => self.send(words[1..].join(" ").as_bytes())?,
                "frame" => {
                    self.send(&words[1].parse::<u32>().unwrap().to_be_bytes())?;
                    self.send(&unhex(words.get(2).unwrap_or(&"")))?;
                }
                "response1" => self.send(&response1(&self.read, &words[1..]))?,
                "zeros" => self.send(&vec![0; words[1].parse().unwrap()])?,
                "silent" => self.wait_for(usize::MAX)?,
                other => panic!("no step is called {other:?}"),
            }
        }
        Some(())
    }

    fn wait_for(&mut self, count: usize) -> Option<()> {
        let mut bytes = Vec::new();
        let read = (&self.stream).take(count as u64).read_to_end(&mut bytes).ok()?;
        self.read.extend(bytes);
        (read == count).then_some(())
    }

    fn send(&mut self, bytes: &[u8]) -> Option<()> {
        self.stream.write_all(bytes).ok()
    }
}

fn value<T: std::str::FromStr>(words: &[&str], name: &str) -> Option<T> {
    words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('=')?.parse().ok())
}

/// The 68 bytes of protocol.md §1; port and versions are little-endian.
fn hello(port: u16, words: &[&str]) -> Vec<u8> {
    let mut bytes = PROTOCOL.to_vec();
    bytes.extend([0; 27]);
    bytes.push(value(words, "infohash").unwrap_or(0));
    bytes.extend(*b"test----------");
    bytes.extend(value(words, "port").unwrap_or(port).to_le_bytes());
    for version in &words[1..3] {
        bytes.extend(version.parse::<u16>().unwrap().to_le_bytes());
    }
    bytes
}

/// RESPONSE1 of §3 for the handshake that was read, with fields replaced or left out.
fn response1(read: &[u8], changes: &[&str]) -> Vec<u8> {
    let fields = [
        ("B", read[48..68].to_vec()),
        ("SA", unhex(&format!("3006{}", "020101020101"))),
        ("certA", unhex(&format!("{SPKI_PREFIX}{BASE_POINT}"))),
        ("rA", vec![7; 1024]),
    ];
    let mut body = vec![RESPONSE1, b'd'];
    for (name, sound) in fields {
        let given: Option<String> = value(changes, name);
        let field = match given.as_deref() {
            Some("none") => continue,
            Some(digits) => unhex(digits),
            None => sound,
        };
        body.extend(format!("{}:{name}{}:", name.len(), field.len()).into_bytes());
        body.extend(field);
    }
    body.push(b'e');
    body.extend(unhex(&value::<String>(changes, "behind").unwrap_or_default()));
    let length = u32::try_from(body.len()).unwrap();
    [length.to_be_bytes().to_vec(), body].concat()
}

pub fn unhex(digits: &str) -> Vec<u8> {
    let pair = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(pair).collect()
}
