//! What each of the six clients must be found to be, as measured by hand before.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::lab::{Lab, say};

/// What REACH may take. The slowest client looks at its sockets once in half a second, and needs
/// 2.4 s.
const REACH: Duration = Duration::from_secs(3);
/// The same on a machine that has more to do than it can: whatever waits for its turn is not this
/// program's slowness.
const REACH_WHEN_BUSY: Duration = Duration::from_secs(15);

/// Seconds that clients get to announce the torrent to each other. Arbitrary: mostly they have by the
/// time of the first question.
const ANNOUNCED_WITHIN: u64 = 60;

fn is_busy() -> bool {
    let load = std::fs::read_to_string("/proc/loadavg").expect("Linux");
    let load: f64 = load.split(' ').next().and_then(|load| load.parse().ok()).expect("a number");
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    load > cores as f64
}

/// What a query that a node doesn't know meets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    Silence,
    Error(i64),
}

/// One client: its number in the lab, and what must be true of it.
pub struct Client {
    number: u8,
    encryption: &'static str,
    utp: bool,
    /// `v` of its DHT node.
    v: Option<&'static str>,
    /// What it calls itself, and its queue of requests.
    hello: (&'static str, Option<u64>),
    /// What a query that nobody has defined meets.
    canary: Unknown,
    /// Whether its node knows BEP 33 and BEP 51.
    samples: bool,
    /// Whether its node refuses to name nodes until it has met some, which takes it minutes.
    is_lonely: bool,
    /// Whether it tells of the peers it has met. aria2 does by and by, rtorrent in two minutes did
    /// not.
    pex: bool,
}

const LIBTORRENT: Client = Client {
    number: 5,
    encryption: "open",
    utp: true,
    v: Some("LT 02 08"),
    hello: ("libtorrent/2.0.8.0", Some(2000)),
    canary: Unknown::Error(203),
    samples: true,
    is_lonely: false,
    pex: true,
};

pub const CLIENTS: [Client; 6] = [
    Client {
        number: 1,
        v: None,
        hello: ("Transmission 3.00", Some(512)),
        canary: Unknown::Silence,
        samples: false,
        ..LIBTORRENT
    },
    Client {
        number: 2,
        utp: false,
        v: Some("A2 00 03"),
        hello: ("aria2/1.36.0", None),
        canary: Unknown::Silence,
        samples: false,
        pex: false,
        ..LIBTORRENT
    },
    Client { number: 3, hello: ("qBittorrent/4.5.2", Some(2000)), ..LIBTORRENT },
    Client {
        number: 4,
        utp: false,
        v: Some("lt 0D 80"),
        hello: ("libTorrent 0.13.8", Some(2048)),
        canary: Unknown::Error(204),
        samples: false,
        is_lonely: true,
        pex: false,
        ..LIBTORRENT
    },
    LIBTORRENT,
    Client { number: 6, encryption: "forced", pex: false, ..LIBTORRENT },
];

/// What was found of one client, a line of the table that the test prints.
pub struct Row(BTreeMap<&'static str, String>);

impl Row {
    const COLUMNS: [&str; 11] = [
        "client",
        "REACH",
        "HELLO",
        "PEX",
        "PING",
        "FIND_NODE",
        "GET_PEERS",
        "SAMPLE",
        "SCRAPE",
        "CANARY",
        "seconds",
    ];

    fn set(&mut self, column: &'static str, found: impl Into<String>) {
        self.0.insert(column, found.into());
    }

    /// The table.
    pub fn say_all(rows: &[Self]) {
        say(&format!("| {} |", Self::COLUMNS.join(" | ")));
        for row in rows {
            let cells = Self::COLUMNS.map(|column| row.0.get(column).map_or("–", String::as_str));
            say(&format!("| {} |", cells.join(" | ")));
        }
    }
}

fn number(value: &Value) -> String {
    value.as_f64().map_or_else(|| "–".to_owned(), |number| number.to_string())
}

fn nodes(found: &Value) -> String {
    let count = found["nodes"].as_array().expect("a list").len();
    format!("{count} nodes")
}

/// What an answer says, or with which error the query was refused.
fn words(answer: &Value, of_answer: impl Fn(&Value) -> String) -> String {
    answer["error"].as_i64().map_or_else(|| of_answer(answer), |code| code.to_string())
}

impl Client {
    pub fn place(&self) -> String {
        format!("198.18.{0}.1:{1}", self.number, 51000 + u32::from(self.number))
    }

    pub fn node(&self) -> String {
        format!("dht://{}", self.place())
    }

    /// The fastest of three counts.
    pub fn is_reached(&self, lab: &Lab) -> Row {
        let mut fastest = Duration::MAX;
        for _ in 0..3 {
            fastest = fastest.min(self.is_what_it_is(lab));
            if fastest <= REACH {
                break;
            }
        }
        let most = if is_busy() { REACH_WHEN_BUSY } else { REACH };
        assert!(fastest <= most, "{} takes {fastest:?}", self.place());
        let transport = if self.utp { "uTP" } else { "no uTP" };
        let node = self.v.unwrap_or("no v");
        let mut row = Row(BTreeMap::new());
        row.set("client", self.hello.0);
        row.set("REACH", format!("{}, {transport}, {node}", self.encryption));
        row.set("seconds", format!("{:.1}", fastest.as_secs_f64()));
        row
    }

    /// Gives how long it took, by its rungs: the ping runs beside the others.
    fn is_what_it_is(&self, lab: &Lab) -> Duration {
        let (code, events) = lab.ask(&["check", &self.place()]);
        let check = events.last().expect("a check").clone();
        let rungs = events.iter().filter(|event| event["event"] == "rung");
        let in_a_row = rungs.filter(|rung| rung["rung"] != "krpc");
        let took: f64 = in_a_row.map(|rung| rung["ms"].as_f64().expect("a time")).sum();
        let found = (code, &check["event"], &check["what"]);
        assert_eq!(found, (0, &"check".into(), &"bittorrent".into()), "{check}");
        let found = (&check["encryption"], &check["utp"], &check["dht"]["v"], &check["client"]);
        let known = (&self.encryption.into(), &self.utp.into(), &self.v.into(), &Value::Null);
        assert_eq!(found, known, "{check}");
        let holds = |field: &str, words: &str| {
            check[field].as_str().is_some_and(|text| text.contains(words))
        };
        assert!(holds("summary", "a BitTorrent client, which names itself only for a torrent"));
        assert_eq!(holds("summary", "likely encrypted"), self.encryption == "forced", "{check}");
        assert!(holds("next", &format!("request bt://{} hello", self.place())), "{check}");
        Duration::from_secs_f64(took / 1e3)
    }

    pub fn says_hello(&self, lab: &Lab, row: &mut Row) {
        let target = format!("bt://{}", self.place());
        // A client may still hold the connection of the question before.
        let mut tries =
            (0..10).map(|_| lab.last(&["request", &target, "hello", "--infohash", &lab.infohash]));
        let (code, reply) = tries
            .find(|(code, _)| {
                let is_reply = *code == 0;
                if !is_reply {
                    std::thread::sleep(Duration::from_secs(1));
                }
                is_reply
            })
            .unwrap_or_else(|| panic!("{target}: no HELLO in ten tries"));
        let decoded = &reply["decoded"];
        assert_eq!(code, 0);
        let found = (&decoded["client"], &decoded["reqq"], &decoded["encryption"]);
        let known = (&self.hello.0.into(), &self.hello.1.into(), &self.encryption.into());
        assert_eq!(found, known, "{reply}");
        assert!(decoded["extensions"]["ut_pex"].is_u64(), "{reply}");
        assert!(!reply.to_string().contains(&lab.infohash), "an infohash is not printed");
        row.set("HELLO", format!("{}, reqq {}", self.hello.0, number(&decoded["reqq"])));
    }

    /// The answer to one query, which must not be refused; but a node that has met nobody yet may
    /// say so (201), where it does.
    fn answer(&self, lab: &Lab, question: &[&str]) -> Value {
        let target = self.node();
        let (code, reply) = lab.last(&[&["request", &target][..], question].concat());
        let refused = self.is_lonely && reply["error"] == 201;
        let known = if refused { 12 } else { 0 };
        assert_eq!((code, &reply["event"]), (known, &"reply".into()), "{question:?}: {reply}");
        assert_eq!(reply["decoded"]["v"], Value::from(self.v), "{reply}");
        reply["decoded"].clone()
    }

    /// What a query meets that the node may not know; true where it was answered.
    fn meets(&self, lab: &Lab, question: &[&str], unknown: Option<Unknown>) -> (String, Value) {
        let target = self.node();
        let asked = [&["request", &target][..], question, &["--timeout", "2.5"]].concat();
        let (code, reply) = lab.last(&asked);
        let words = match unknown {
            Some(Unknown::Silence) => {
                assert_eq!((code, &reply["code"]), (6, &"answer.timeout".into()), "{reply}");
                "silence".to_owned()
            }
            Some(Unknown::Error(error)) => {
                assert_eq!((code, &reply["error"]), (12, &error.into()), "{reply}");
                error.to_string()
            }
            None => {
                assert_eq!((code, &reply["event"]), (0, &"reply".into()), "{reply}");
                "answered".to_owned()
            }
        };
        (words, reply["decoded"].clone())
    }

    pub fn answers_as_a_node(&self, lab: &Lab, row: &mut Row) {
        let ping = self.answer(lab, &["ping"]);
        let our_address = ping["our_address"].as_str().unwrap_or("no ip");
        assert_eq!(our_address.starts_with("198.18.200.1:"), self.samples, "{ping}");
        row.set("PING", if self.samples { "with ip" } else { "without ip" });
        let found = self.answer(lab, &["find_node", &"0".repeat(40)]);
        row.set("FIND_NODE", words(&found, nodes));
        let found = self.answer(lab, &["get_peers", &lab.infohash]);
        row.set(
            "GET_PEERS",
            words(&found, |found| format!("{} peers, {}", found["peers"], nodes(found))),
        );
        let scrape = self.scrape(lab);
        assert_eq!(scrape["seeds"].is_number(), self.samples, "{scrape}");
        let filters = |scrape: &Value| match (&scrape["seeds"], &scrape["peers"]) {
            (Value::Null, Value::Null) => "no filters".to_owned(),
            (seeds, peers) => format!("{} seeds, {} peers", number(seeds), number(peers)),
        };
        row.set("SCRAPE", words(&scrape, filters));
        let unknown = (!self.samples).then_some(self.canary);
        let (words, samples) = self.meets(lab, &["sample"], unknown);
        if self.samples {
            assert_eq!(samples["interval"], 21600, "{samples}");
            row.set("SAMPLE", format!("{} of {}, 21600 s", samples["samples"], samples["num"]));
        } else {
            row.set("SAMPLE", words);
        }
        row.set("CANARY", self.meets(lab, &["canary"], Some(self.canary)).0);
    }

    /// Clients that count have nothing to tell before somebody has announced the torrent to them.
    fn scrape(&self, lab: &Lab) -> Value {
        let mut scrape = Value::Null;
        for try_ in 0..ANNOUNCED_WITHIN {
            std::thread::sleep(Duration::from_secs(u64::from(try_ > 0)));
            scrape = self.answer(lab, &["scrape", &lab.infohash]);
            if scrape["seeds"].is_number() || !self.samples {
                break;
            }
        }
        scrape
    }

    /// A client that has too little of the machine answers REACH too late, and is then not named.
    pub fn is_no_overlay_peer(&self, lab: &Lab) {
        let ask = || lab.last(&["request", &self.place(), "natcheck"]);
        let named = |(_, failure): &(i32, Value)| failure["code"] == "handshake.bittorrent";
        let (code, failure) = (0..5)
            .map(|_| ask())
            .find(named)
            .unwrap_or_else(|| panic!("{} is not named", self.place()));
        assert_eq!((code, &failure["code"]), (4, &"handshake.bittorrent".into()), "{failure}");
        assert!(
            failure["cause"].as_str().is_some_and(|cause| cause.contains("a BitTorrent client")),
            "{failure}"
        );
    }
}

/// Clients tell of peers they have met: there must be one, from another address than the asker's.
pub fn exchange_peers(lab: &Lab, rows: &mut [Row]) {
    let places: Vec<String> =
        CLIENTS.iter().filter(|client| client.pex).map(Client::place).collect();
    let settings = [("LAB_INFOHASH", lab.infohash.as_str()), ("LAB_PLACES", &places.join(","))];
    let mut companion = lab.child("companion", &settings);
    assert_eq!(companion.told(), "met");
    std::thread::scope(|scope| {
        let asked: Vec<_> = CLIENTS
            .iter()
            .zip(rows)
            .filter(|(client, _)| client.pex)
            .map(|(client, row)| scope.spawn(move || client.exchanges_peers(lab, row)))
            .collect();
        for asked in asked {
            asked.join().expect("a peer exchange");
        }
    });
}

impl Client {
    fn exchanges_peers(&self, lab: &Lab, row: &mut Row) {
        let target = format!("bt://{}", self.place());
        let asked = ["request", &target, "pex", "--infohash", &lab.infohash, "--timeout", "150"];
        let tells = |event: &Value| {
            event["event"] == "part" && event["decoded"]["added"]["v4"].as_u64() > Some(0)
        };
        let part = lab.first(&asked, tells).unwrap_or_else(|| panic!("{target}: no peers"));
        assert!(!part.to_string().contains("198.18."), "addresses of peers are not printed");
        let seconds = part["at_ms"].as_f64().expect("a time") / 1e3;
        row.set("PEX", format!("{} after {seconds:.1} s", part["decoded"]["added"]["v4"]));
    }
}
