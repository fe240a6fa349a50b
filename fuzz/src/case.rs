//! Case files: whatever is written into one holds, whatever is changed afterwards does not, and what
//! it says is exported without anything that acts on a terminal.

use std::io::Cursor;

use swarmscope_evidence::Moment;
use swarmscope_evidence::case::note::CaseId;
use swarmscope_evidence::case::{Draft, Writer, kind, verify};
use swarmscope_evidence::export::{self, Export, Format};
use swarmscope_evidence::record::contents;
use swarmscope_evidence::signals::{built_in, find, rounds};
use swarmscope_wire::identity::Ed25519Identity;
use swarmscope_wire::text::clean;

use crate::Choices;

const KINDS: [&str; 8] = [
    kind::SENT,
    kind::REPLY,
    kind::FAILURE,
    kind::NOTE,
    kind::SIGNAL,
    kind::FILE,
    kind::ROUND,
    "of a later version",
];
const NAMES: [&str; 24] = [
    "peer",
    "address",
    "network",
    "question",
    "message",
    "frequency_s",
    "round",
    "part_of",
    "bytes",
    "error",
    "elapsed_us",
    "parts",
    "payload",
    "answers",
    "request",
    "about",
    "text",
    "replaces",
    "recorded_at",
    "peer_version",
    "node",
    "client",
    "card",
    "continues",
];

/// A case of the entries that the bytes name, and then the same with a byte changed.
pub fn case(data: &[u8]) {
    let mut choices = Choices::new(data);
    let (at, change) = (choices.number(), choices.byte());
    let key = Ed25519Identity::from_seed([7; 32]);
    let head = Draft::new(kind::CASE).plain("why", "fuzzed");
    let mut salt = 0_u8;
    let salts = move || {
        salt = salt.wrapping_add(1);
        [salt; 32]
    };
    let moment = |n: u64| Moment { utc_ns: 1_764_324_271_000_000_000 + n, monotonic_ns: n };
    let begun = Writer::create(Cursor::default(), CaseId([4; 16]), &key, head, moment(0), salts);
    let mut writer = begun.expect("a new case");
    while !choices.is_empty() && writer.entries() < 64 {
        let next = moment(writer.entries());
        let which = choices.byte();
        if which == 255 {
            writer.sign(&key, next).expect("signs");
            continue;
        }
        let mut draft = Draft::new(KINDS[usize::from(which) % KINDS.len()]);
        let mut names = NAMES.to_vec(); // each once in an entry
        for _ in 0..choices.byte() % 8 {
            let name = names.swap_remove(usize::from(choices.byte()) % names.len());
            let value = choices.bytes();
            draft = if which & 64 == 0 {
                draft.plain_bytes(name, value)
            } else {
                draft.private(name, value)
            };
        }
        if writer.append(draft, next).is_err() {
            break; // too much
        }
    }
    writer.sign(&key, moment(writer.entries())).expect("signs");
    let file = writer.into_inner().into_inner();
    let report = verify(Cursor::new(&file), None).expect("memory can be read");
    assert!(report.is_sound(), "what was written holds: {:?}", report.faults);
    shown(&file);
    let mut changed = file.clone();
    let at = usize::from(at) % changed.len();
    changed[at] ^= change;
    let report = verify(Cursor::new(&changed), None).expect("memory can be read");
    assert_eq!(report.is_sound() && report.torn == 0, change == 0, "byte {at} of {}", file.len());
    shown(&changed);
    // and bytes that were never a case
    let _ = verify(Cursor::new([swarmscope_evidence::case::format::MAGIC, data].concat()), None);
}

/// All that can be made of it.
fn shown(file: &[u8]) {
    let Ok(contents) = contents(Cursor::new(file)) else { return };
    let cards = find(&rounds(&contents.records), &built_in());
    for format in Format::ALL {
        let export = Export {
            contents: &contents,
            signals: &cards,
            program: "fuzz",
            now: "2026-01-01T00:00:00Z",
            verified: "",
        };
        let mut out = Vec::new();
        if export::write(format, export, &mut out).is_err() {
            continue; // a build without it
        }
        let text = String::from_utf8(out).expect("text");
        for line in text.lines() {
            assert_eq!(clean(line), line, "{format}");
        }
    }
}
