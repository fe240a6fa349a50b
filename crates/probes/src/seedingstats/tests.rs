use serde_json::json;

use super::*;
use crate::Statistics;
use crate::testing::{FIRST, SECOND, VIEW, ask_as, asked};
use swarmscope_wire::OverlayVersion;

const FILL: &str = "INSERT INTO SeedingStats VALUES (3600, 'aa', 'bb', 7200, 0.5, 0), (7200, 'aa', 'cc', 3600, NULL, 0)";

fn seeding() -> SeedingStats {
    SeedingStats::new(Desk::new(Statistics::filled(FILL).unwrap()))
}

fn pickled(queries: &[(&str, &str)]) -> Vec<u8> {
    let mut items = Opcodes::default();
    for (kind, sql) in queries {
        items.tuple([Scalar::Bytes(kind.as_bytes()), Scalar::Text(sql)]);
    }
    let mut list = Opcodes::default();
    list.list(&items);
    list.into_pickle()
}

#[tokio::test]
async fn the_original_s_request_gets_the_records_until_they_have_arrived() {
    let probe = seeding();
    assert_eq!(parse(&probe.initiate(&OverlayVersion(17).into())), Ok(Wanted::Collect));
    let answer = ask_as(&probe, FIRST, REQUEST).await;
    let decoded = probe.decode(&answer.payload).unwrap();
    let rows = json!([[3600, "aa", "bb", 7200, 0.5, 0], [7200, "aa", "cc", 3600, null, 0]]);
    assert_eq!(
        (answer.error, decoded.json, &*decoded.summary),
        (ErrorByte::SUCCESS, json!([rows, null]), "2 rows")
    );
    assert_eq!(ask_as(&probe, SECOND, REQUEST).await, answer, "it has not arrived");
    probe.delivered(FIRST, answer.receipt.unwrap());
    let empty = ask_as(&probe, FIRST, REQUEST).await;
    assert_eq!((&empty.payload[..], empty.receipt), (&b"\x80\x02](]Ne."[..], None));
}

#[tokio::test]
async fn a_read_alone_hands_nothing_over() {
    let probe = seeding();
    let request =
        pickled(&[("read", "SELECT count(*), crawled FROM SeedingStats GROUP BY crawled")]);
    let answer = ask_as(&probe, FIRST, &request).await;
    assert_eq!(
        (probe.decode(&answer.payload).unwrap().json, answer.receipt),
        (json!([[[2, 0]]]), None)
    );
}

#[tokio::test]
async fn everything_else_is_refused_in_a_pickle() {
    let probe = seeding();
    for (request, why) in [
        (&b"junk"[..], "pickle: "),
        (
            b"\x80\x02cos\nsystem\nU\x04true\x85R.",
            "GLOBAL os.system would import or call something",
        ),
        (b"\x80\x02](U\x04readcos\nsystem\n\x86e.", "GLOBAL os.system"),
        (b"\x80\x02K\x01.", "not a list"),
        (b"\x80\x02]U\x08SELECT 1a.", "not a list"),
        (&pickled(&[]), "one read"),
        (&pickled(&[("write", WRITE)]), "one read"),
        (
            &pickled(&[("read", READ), ("write", "DELETE FROM SeedingRecord")]),
            "nothing else is written",
        ),
        (&pickled(&[("read", "SELECT 1"), ("write", WRITE)]), "hands the records over"),
        (&pickled(&[("read", READ), ("read", READ)]), "one read"),
        (&pickled(&[("read", "DELETE FROM SeedingRecord")]), "not authorized"),
        (&pickled(&[("read", WRITE)]), "SQLError"),
        (
            &pickled(&[("read", "SELECT nocolumn FROM SeedingStats")]),
            "SQLError: no such column: nocolumn",
        ),
    ] {
        let answer = probe.answer(asked(FIRST, request), &VIEW).await;
        assert_eq!((answer.error, answer.receipt), (ErrorByte::HANDLER, None));
        let text = swarmscope_wire::formats::decode_as(
            swarmscope_wire::formats::Format::Pickle,
            &answer.payload,
        )
        .unwrap()
        .json;
        assert!(text[0].as_str().unwrap().contains(why), "{text} {why}");
    }
    let decoded = probe.decode(&ask_as(&probe, FIRST, REQUEST).await.payload).unwrap();
    assert_eq!(decoded.summary, "2 rows", "nothing was written");
}

#[test]
fn replies_of_the_original_read() {
    let probe = seeding();
    let decoded = probe.decode(b"\x80\x02]q\x01(]q\x02Ne.").unwrap();
    let results: Vec<_> =
        decoded.tree.children.iter().map(|node| (&*node.label, &*node.value)).collect();
    assert_eq!(results, [("read 0", "0 rows"), ("write 1", "done")]);
    assert_eq!((decoded.json, &*decoded.summary), (json!([[], null]), "0 rows"));
    for wrong in [&b""[..], b"\x80\x02]q\x01U\x00a.", b"\x80\x02N.", b"\x80\x02](K\x01e.", b"a1i1"]
    {
        assert!(probe.decode(wrong).is_err(), "{wrong:?}");
    }
}
