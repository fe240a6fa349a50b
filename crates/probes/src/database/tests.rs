use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::Statistics;
use crate::desk::ACCEPTED;
use swarmscope_peer::identity::Ed25519Identity;
use swarmscope_wire::ErrorByte;

const VIEW: PeerView = PeerView { listening: None };
const ENDLESS: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT max(i) FROM n";

fn asked(request: &str) -> Asked {
    let from = Ed25519Identity::from_seed([1; 32]).permid();
    Asked {
        from,
        version: OverlayVersion::CURRENT,
        payload: Bytes::copy_from_slice(request.as_bytes()),
    }
}

fn database() -> Database {
    Database::new(Desk::new(
        Statistics::filled("INSERT INTO Peer (permid) VALUES ('a'), ('b')").unwrap(),
    ))
}

fn itself() -> Recipient {
    let permid = Ed25519Identity::from_seed([2; 32]).permid();
    Recipient { permid: Some(permid), version: OverlayVersion(18) }
}

#[test]
fn statements_that_name_the_peer_are_left_out_where_it_is_not_known() {
    let database = database();
    let count = |to: Recipient| database.initiate(&to).split(|byte| *byte == b';').count();
    assert_eq!((count(itself()), count(OverlayVersion(18).into())), (7, 4));
}

#[tokio::test]
async fn a_question_is_answered_and_the_answer_reads() {
    let database = database();
    let answer =
        database.answer(asked(str::from_utf8(&database.initiate(&itself())).unwrap()), &VIEW).await;
    assert_eq!(answer.error, ErrorByte::SUCCESS);
    let decoded = database.decode(&answer.payload).unwrap();
    assert_eq!(decoded.summary, "7 rows");
    let json = serde_json::json!([
        ["peer_count", 2],
        ["torrent_count", 0],
        ["my_subscriptions", 0],
        ["my_negative_votes", 0],
        ["my_channel_files", 0],
        ["all_subscriptions", 0],
        ["all_negative_votes", 0]
    ]);
    assert_eq!(decoded.json, json);
    assert_eq!(decoded.tree.children[0].value, "peer_count, 2");
}

#[test]
fn a_statement_is_checked_against_the_tables_before_it_costs_an_hour() {
    let database = database();
    for right in ["SELECT count(*) FROM Torrent", "SELECT 1; SELECT permid FROM Peer -- x", ""] {
        assert_eq!(database.check(right.as_bytes()), Ok(()), "{right}");
    }
    for of_originals in [
        "SELECT value FROM MyInfo WHERE entry='version'",
        "SELECT count(*) FROM Peer WHERE similarity > 0",
        "SELECT sum(length) FROM CollectedTorrent",
        "SELECT count(*) FROM SuperPeer; SELECT max(times_seen) FROM ClicklogTerm",
    ] {
        assert_eq!(database.check(of_originals.as_bytes()), Ok(()), "{of_originals}");
    }
    let usual = database.initiate(&OverlayVersion(18).into());
    assert_eq!(database.check(&usual), Ok(()));
    for (wrong, why) in [
        ("SELECT count(*) FROM Torrents", "no such table: Torrents"),
        ("SELECT 1; SELECT nme FROM Torrent", "no such column: nme"),
        ("SELEC 1", "syntax error"),
        ("DELETE FROM Peer", "not authorized"),
    ] {
        let found = database.check(wrong.as_bytes()).unwrap_err();
        assert!(found.contains(why), "{wrong}: {found}");
    }
    assert_eq!(database.check(ENDLESS.as_bytes()), Ok(()), "it is compiled, not run");
}

#[tokio::test]
async fn a_peer_of_an_old_version_is_not_asked_for_tables_it_lacks() {
    let database = database();
    let old = database.initiate(&OverlayVersion(10).into());
    assert!(!old.windows(4).any(|word| word == b"Cast"));
    assert_eq!(
        database.answer(asked(str::from_utf8(&old).unwrap()), &VIEW).await.error,
        ErrorByte::SUCCESS
    );
}

#[tokio::test]
async fn what_fails_says_why() {
    let answer = database().answer(asked("SELECT 1; SELECT * FROM nofoo"), &VIEW).await;
    assert_eq!(answer, Answer::failed("SQLError: no such table: nofoo"));
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("statistics.sqlite");
    let database = Database::new(Desk::new(Statistics::file(path.clone()).unwrap()));
    assert_eq!(database.answer(asked("SELECT 1"), &VIEW).await, Answer::success(&b"a1l1t1i1"[..]));
    std::fs::remove_file(path).unwrap();
    let answer = database.answer(asked("SELECT 1"), &VIEW).await;
    assert_eq!(answer.error, ErrorByte::HANDLER);
    assert!(
        answer.payload.starts_with(b"the statistics can't be opened: "),
        "{:?}",
        answer.payload
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_wait_for_their_turn_and_too_many_are_refused() {
    let database = Arc::new(database());
    let mut endless = Vec::new();
    for _ in 0..ACCEPTED {
        let database = database.clone();
        endless.push(tokio::spawn(async move { database.answer(asked(ENDLESS), &VIEW).await }));
    }
    while database.desk.accepted.available_permits() > 0
        || database.desk.running.available_permits() > 0
    {
        tokio::task::yield_now().await;
    }
    let answer = database.answer(asked("SELECT 1"), &VIEW).await;
    assert_eq!(answer.error, ErrorByte::HANDLER);
    assert!(answer.payload.starts_with(b"busy"), "{:?}", answer.payload);
    for question in endless {
        question.abort(); // no longer awaited
        assert!(question.await.unwrap_err().is_cancelled());
    }
    #[allow(clippy::disallowed_methods)] // real queries on real threads
    let answer =
        tokio::time::timeout(Duration::from_secs(5), database.answer(asked("SELECT 1"), &VIEW))
            .await;
    assert_eq!(answer.unwrap(), Answer::success(&b"a1l1t1i1"[..]));
}

/// Replies of the original: 5.3.9 in encoding "a", 5.3.8 as a pickle.
#[test]
fn both_encodings_read() {
    let pickle =
        b"\x80\x02]q\x01(X\x0a\x00\x00\x00peer_countK\x01\x86q\x02X\x0d\x00\x00\x00torrent_countK\x00\x86q\x03e.";
    for payload in [&b"a2l2t10speer_count1i12t13storrent_count1i0"[..], pickle] {
        let decoded = database().decode(payload).unwrap();
        assert_eq!(decoded.json, serde_json::json!([["peer_count", 1], ["torrent_count", 0]]));
        assert_eq!((decoded.summary.as_str(), decoded.tree.children.len()), ("2 rows", 2));
        assert!(decoded.tree.children[1].span.is_some());
    }
    for payload in [&b"a0l"[..], b"\x80\x02].", b"\x80\x02]q\x01."] {
        let decoded = database().decode(payload).unwrap();
        assert_eq!((decoded.summary.as_str(), decoded.json), ("0 rows", serde_json::json!([])));
    }
}

#[test]
fn what_is_no_table_is_refused() {
    for payload in
        [&b""[..], b"a1i1", b"a1l1i1", b"part1", b"a1l1t", b"\x80\x02K\x01.", b"\x80\x02]q", b"le"]
    {
        assert!(database().decode(payload).is_err(), "{payload:?}");
    }
}

/// As an original answered it, byte by byte.
#[tokio::test]
async fn the_original_s_own_test_gets_its_eight_categories() {
    let answer = database().answer(asked("SELECT name FROM category"), &VIEW).await;
    let recorded = b"a8l1t5sVideo1t10sVideoClips1t5sAudio1t10sCompressed1t8sDocument1t7sPicture1t3sxxx1t5sother";
    assert_eq!(answer, Answer::success(&recorded[..]));
}
