use serde_json::json;

use super::*;
use crate::Statistics;
use crate::testing::{FIRST, SECOND, ask_as};
use swarmscope_wire::{ErrorByte, Note, NoteKind};

const FILL: &str = "INSERT INTO PunctureLine (timestamp, line) VALUES (3600, 'UNAT:1,2,1'), (7200, 'OCTM:1.2.3.4,7760,9f3a\n0.00 forged')";

fn puncture(fill: &str) -> Puncture {
    Puncture::new(Desk::new(Statistics::filled(fill).unwrap()))
}

fn decode(log: &[u8]) -> Result<Decoded, ReplyDecodeError> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(log).unwrap();
    reading::decode(&encoder.finish().unwrap())
}

#[tokio::test]
async fn the_log_is_handed_over_once_and_names_nobody() {
    let probe = puncture(FILL);
    let answer = ask_as(&probe, FIRST, "").await;
    let decoded = probe.decode(&answer.payload).unwrap();
    assert_eq!((answer.error, &*decoded.summary), (ErrorByte::SUCCESS, "2 lines"));
    assert!(decoded.json["crawled_at"].as_f64().is_some_and(|now| now > 1.7e9), "{}", decoded.json);
    assert_eq!(decoded.json["lines"][0], json!({"time": 3600.0, "text": "UNAT:1,2,1"}));
    let masked = decoded.json["lines"][1]["text"].as_str().unwrap();
    assert!(
        masked.starts_with("OCTM:ip-") && masked.ends_with(",7760,9f3a·0.00 forged"),
        "{masked}"
    );
    let nodes: Vec<_> = decoded.tree.children.iter().map(|node| &*node.label).collect();
    assert_eq!(nodes, ["crawled at", "3600.00", "7200.00"]);

    let again = probe.decode(&ask_as(&probe, SECOND, "").await.payload).unwrap();
    assert_eq!(again.json["lines"], decoded.json["lines"], "it has not arrived");
    probe.delivered(FIRST, answer.receipt.unwrap());
    let after = ask_as(&probe, FIRST, "").await;
    assert_eq!(
        (probe.decode(&after.payload).unwrap().summary.as_str(), after.receipt),
        ("0 lines", None)
    );
}

#[test]
fn replies_of_the_original_read() {
    let payload = b"x\x9c34\xb74566706\xd0\xb30Qp\x0er\x0c\xf7\xe1\x02\x00+\xb2\x04D";
    let decoded = puncture("").decode(payload).unwrap();
    assert_eq!(decoded.json, json!({"crawled_at": 1_795_337_030.84, "lines": [], "cut": false}));
    assert_eq!((decoded.notes, &*decoded.format), (vec![], "zlib, text"));
    let long =
        decode(b"1795337030.84 CRAWL\n1795337000.10 ID:9f3a;IP:1.2.3.4\nno time here\n\n").unwrap();
    let lines = json!([{"time": 1_795_337_000.1, "text": "ID:9f3a;IP:1.2.3.4"}, {"time": null, "text": "no time here"}]);
    assert_eq!(long.json["lines"], lines);
}

#[test]
fn what_is_cut_or_left_out_is_said() {
    let log = |rest: &[u8]| decode(&[b"1.00 CRAWL\n", rest].concat()).unwrap();
    let nul = log(&vec![0; 20 << 20]);
    assert_eq!((nul.json["lines"].clone(), nul.json["cut"].clone()), (json!([]), json!(true)));
    assert!(
        nul.notes[0].text.starts_with("inflates to more than 16 777 216 bytes: the rest was cut"),
        "{:?}",
        nul.notes
    );
    assert_eq!(nul.notes[1].text, "16 777 205 NUL bytes are left out");
    let one = log(b"2.00 \0UN\0AT\n\0\0");
    assert_eq!(one.json["lines"], json!([{"time": 2.0, "text": "UNAT"}]));
    let wide = log(&[&b"2.00 "[..], &[b'x'; 2000]].concat());
    assert_eq!(wide.json["lines"][0]["text"].as_str().unwrap().len(), 1024 - 5);
    assert_eq!(wide.notes, [Note::new(NoteKind::LeftOut, "1 line is cut after 1024 bytes")]);
    let many = log("3.00 x\n".repeat(20_005).as_bytes());
    assert_eq!(
        (&*many.summary, many.json["lines"].as_array().unwrap().len()),
        ("20 005 lines", 20_000)
    );
    assert_eq!(
        many.notes,
        [Note::new(NoteKind::LeftOut, "too many lines to show: 5 more are left out")]
    );
    let hostile = log(b"2.00 \x1b[2J\xff\xe2\x80\xae");
    assert_eq!(hostile.json["lines"][0]["text"], "·[2J··");
}

#[test]
fn what_is_no_log_is_refused() {
    for wrong in [&b""[..], b"1.00 OTHER\n", b"CRAWL\n", b"inf CRAWL\n", b"\n\n"] {
        assert!(decode(wrong).is_err(), "{wrong:?}");
    }
    assert!(reading::decode(b"a0l").is_err());
    assert!(reading::decode(b"x\x9c").is_err());
}
