//! Reads the transcripts of `tests/vectors/transcripts`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// One recorded connection.
pub struct Transcript {
    /// The file's name and the connection's number, for messages.
    pub name: String,
    /// What the dialling side sent, as it was read from the socket.
    pub dialler: Vec<Vec<u8>>,
    /// What the accepting side sent.
    pub acceptor: Vec<Vec<u8>>,
    /// The files of both sides' keys, where they were kept.
    pub keys: Option<Keys>,
}

pub struct Keys {
    pub dialler: PathBuf,
    pub acceptor: PathBuf,
}

impl Transcript {
    /// All connections of all files, in order.
    pub fn all() -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/transcripts");
        let index = read_json(&fs::read_to_string(folder.join("index.json")).unwrap());
        index
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(file, conns)| read_file(&folder, file, conns))
            .collect()
    }
}

fn read_file(folder: &Path, file: &str, conns: &Value) -> Vec<Transcript> {
    let mut transcripts: BTreeMap<u64, Transcript> = BTreeMap::new();
    for conn in conns.as_array().unwrap() {
        let key = |side: &str| conn[side].as_str().map(|name| folder.join("keys").join(name));
        let keys = key("initiator key")
            .zip(key("responder key"))
            .map(|(dialler, acceptor)| Keys { dialler, acceptor });
        let number = conn["conn"].as_u64().unwrap();
        let name = format!("{file} connection {number}");
        transcripts
            .insert(number, Transcript { name, dialler: Vec::new(), acceptor: Vec::new(), keys });
    }
    for line in fs::read_to_string(folder.join(file)).unwrap().lines().map(read_json) {
        let Some(hex) = line["hex"].as_str() else { continue };
        let transcript = transcripts.get_mut(&line["conn"].as_u64().unwrap()).unwrap();
        match line["dir"].as_str() {
            Some("c2s") => transcript.dialler.push(unhex(hex)),
            Some("s2c") => transcript.acceptor.push(unhex(hex)),
            other => panic!("{file}: direction {other:?}"),
        }
    }
    transcripts.into_values().collect()
}

fn read_json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}
