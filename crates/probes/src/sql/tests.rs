use std::thread;

use super::*;
use crate::Statistics;
use swarmscope_wire::{encoding_a, formats};

fn ask(request: impl AsRef<[u8]>) -> Result<Vec<u8>, SqlError> {
    let statistics = Statistics::filled(
        "INSERT INTO Peer (permid) VALUES ('a'), ('b'), ('c');
         INSERT INTO VoteCast VALUES ('m', 'v', 2, 3600), ('m', 'w', -1, 7200)",
    );
    // time has a test of its own; the others hold on slow machines, too
    let limits = Limits { until: Instant::now() + 30 * MAX_TIME, cancelled: Arc::default() };
    let rows: ARows = run(statistics.unwrap().open().unwrap(), request.as_ref(), &limits)?;
    Ok(rows.into_reply())
}

fn rows(request: &str) -> String {
    String::from_utf8(ask(request).unwrap()).unwrap()
}

fn error(request: &str) -> String {
    ask(request).expect_err(request).to_string()
}

/// Requests and replies of the original (`s_sql_types`, `s_sql_errors` and others of the
/// transcripts).
#[test]
fn answers_are_the_original_s() {
    for (request, reply) in [
        ("", "a0l"),
        (";", "a0l"),
        (" ;; -- nothing\n/* ; */", "a0l"),
        ("SELECT 1", "a1l1t1i1"),
        ("SELECT 1; SELECT 2", "a2l1t1i11t1i2"),
        (
            "SELECT 1, -5, 2.5, NULL, 'abc', 1e300, 9223372036854775807, '', char(233), 0.1",
            "a1l10t1i12i-53f2.50n3sabc6f1e+30019i92233720368547758070s2sé3f0.1",
        ),
        (
            "SELECT 'peer_count', count(*) FROM Peer;SELECT 'torrent_count', count(*) FROM Torrent",
            "a2l2t10speer_count1i32t13storrent_count1i0",
        ),
        (
            "SELECT 'my_subscriptions', count(*) FROM VoteCast where voter_id='v' and vote=2",
            "a1l2t16smy_subscriptions1i1",
        ),
        ("SELECT publisher_id FROM ChannelCast", "a0l"),
    ] {
        assert_eq!(rows(request), reply, "{request}");
    }
    for (request, reply) in [
        ("FOO BAR", "SQLError: near \"FOO\": syntax error"),
        ("SELECT * FROM nofoobar", "SQLError: no such table: nofoobar"),
        ("SELECT 1; SELECT * FROM nofoo", "SQLError: no such table: nofoo"),
        ("SELECT nocolumn FROM Peer", "SQLError: no such column: nocolumn"),
    ] {
        assert_eq!(error(request), reply, "{request}");
    }
    for (zeros, digits, len) in [
        (16379, 32757, 32768),
        (16380, 32758, 32769),
        (32763, 65525, 65536),
        (49995, 99989, 100_000),
    ] {
        assert_eq!(rows(&format!("SELECT substr(hex(zeroblob({zeros})),1,{digits})")).len(), len);
    }
}

#[test]
fn statements_are_split_where_sqlite_ends_them() {
    assert_eq!(
        rows("SELECT ';'; SELECT \"permid\" || ';' FROM Peer WHERE permid = 'a' -- ; SELECT 3"),
        "a2l1t1s;1t2sa;"
    );
    assert_eq!(rows("SELECT 1 /* ; */ ; /* only ; */ ; SELECT 2;"), "a2l1t1i11t1i2");
    assert_eq!(rows("SELECT ?, :name, @other"), "a1l3t0n0n0n", "what is not bound is NULL");
}

#[test]
fn blobs_and_text_that_is_none_go_as_bytes() {
    assert_eq!(ask("SELECT x'00ff', cast(x'ff41' AS TEXT)").unwrap(), b"a1l2t2b\x00\xff2b\xffA");
}

#[test]
fn only_text_is_run() {
    assert_eq!(ask(b"\xff\xfe"), Err(SqlError::NotText));
    assert_eq!(ask(b"SELECT 1\0; SELECT 2"), Err(SqlError::NotText));
    assert_eq!(ask(vec![b' '; MAX_SQL + 1]), Err(SqlError::TooLong(MAX_SQL + 1)));
    assert_eq!(ask(vec![b' '; MAX_SQL]).unwrap(), b"a0l");
}

#[test]
fn nothing_but_reading_is_authorized() {
    for request in [
        "PRAGMA table_info(Peer)",
        "PRAGMA hard_heap_limit=0",
        "PRAGMA query_only=0",
        "SELECT * FROM pragma_table_info('Peer')",
        "SELECT * FROM pragma_database_list",
        "ATTACH ':memory:' AS other",
        "ATTACH '/etc/passwd' AS other",
        "DETACH main",
        "VACUUM",
        "VACUUM INTO '/tmp/stolen'",
        "INSERT INTO Peer (permid) VALUES ('x')",
        "UPDATE Peer SET permid = 'x'",
        "DELETE FROM Peer",
        "REPLACE INTO Peer (permid) VALUES ('a')",
        "WITH x AS (SELECT 1) DELETE FROM Peer",
        "DROP TABLE Peer",
        "ALTER TABLE Peer RENAME TO x",
        "CREATE TABLE x (y)",
        "CREATE TEMP TABLE x (y)",
        "CREATE VIRTUAL TABLE x USING fts5(y)",
        "CREATE VIRTUAL TABLE temp.x USING fts3(y)",
        "CREATE TRIGGER x AFTER INSERT ON Peer BEGIN SELECT 1; END",
        "CREATE TEMP VIEW x AS SELECT 1",
        "CREATE INDEX x ON Peer (permid)",
        "REINDEX",
        "ANALYZE",
        "BEGIN",
        "COMMIT",
        "ROLLBACK",
        "SAVEPOINT x",
        "SELECT load_extension('/tmp/x.so')",
        "SELECT LOAD_EXTENSION('x', 'y')",
        "SELECT fts3_tokenizer('simple')",
        "SELECT fts3_tokenizer('simple', x'4141414141414141')",
        "SELECT 1; SELECT 2; DELETE FROM Peer",
        "EXPLAIN DELETE FROM Peer",
    ] {
        let error = error(request);
        assert!(error.contains("not authorized"), "{request}: {error}");
    }
}

#[test]
fn what_has_no_end_is_stopped_in_time() {
    const SOON: Duration = Duration::from_millis(300);
    for request in [
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
        "SELECT 1; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT max(i) FROM n",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5000)
         SELECT count(*) FROM n AS a, n AS b, n AS c, n AS d WHERE a.i + b.i + c.i = d.i",
        "SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n ORDER BY random())",
    ] {
        let started = Instant::now();
        let limits = Limits { until: started + SOON, cancelled: Arc::default() };
        let result = run::<ARows>(Statistics::empty().open().unwrap(), request.as_bytes(), &limits);
        assert_eq!(result.err(), Some(SqlError::Time), "{request}");
        let took = started.elapsed();
        assert!(took >= SOON && took < 10 * SOON, "{request}: {took:?}");
    }
    assert!(SqlError::Time.to_string().contains("10 s"));
}

#[test]
fn what_is_cancelled_stops() {
    let request =
        b"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT max(i) FROM n";
    let database = Statistics::empty().open().unwrap();
    let limits = Limits::from_now(Arc::new(true.into()));
    assert_eq!(run::<ARows>(database, request, &limits).err(), Some(SqlError::Cancelled));
}

#[test]
fn rows_are_limited_over_all_statements() {
    let some = |count: u64| {
        format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {count}) SELECT i FROM n;"
        )
    };
    let whole = ask(some(MAX_ROWS as u64)).unwrap();
    let Ok(Value::List(list)) = encoding_a::decode(&whole) else { panic!("a list") };
    assert_eq!(list.len(), MAX_ROWS);
    assert_eq!(ask(some(MAX_ROWS as u64 + 1)), Err(SqlError::Rows));
    assert_eq!(ask(some(MAX_ROWS as u64) + "SELECT 1"), Err(SqlError::Rows));
    assert_eq!(ask(some(u64::MAX / 2)), Err(SqlError::Rows));
}

#[test]
fn statements_have_bounds() {
    let many = |one: &str, by: &str, times: usize| format!("SELECT {}", vec![one; times].join(by));
    for request in [
        many("1", ", ", 201),
        many("1", " UNION ALL SELECT ", 51),
        format!("SELECT {}1{}", "(".repeat(5000), ")".repeat(5000)),
        format!("SELECT 1{}", " + 1".repeat(200)),
        format!("SELECT max({})", vec!["1"; 33].join(", ")),
        format!("SELECT 'x' LIKE '{}'", "%".repeat(101)),
    ] {
        assert!(matches!(ask(&request), Err(SqlError::Statement(_))), "{request:.60}");
    }
    assert!(ask(many("1", ", ", 200)).is_ok());
}

#[test]
fn the_older_generation_reads_the_same_rows_as_a_pickle() {
    let request = b"SELECT 1, -5, 2.5, NULL, 'abc', x'00ff'; SELECT 'two'";
    let rows: PickledRows =
        run(Statistics::empty().open().unwrap(), request, &Limits::from_now(Arc::default()))
            .unwrap();
    let pickle = rows.into_list().into_pickle();
    let decoded = formats::decode_as(formats::Format::Pickle, &pickle).unwrap();
    assert_eq!(
        decoded.json,
        serde_json::json!([[1, -5, 2.5, null, "abc", {"base64": "AP8="}], ["two"]])
    );
    assert_eq!(decoded.notes, []);
}

#[test]
fn who_collected_a_record_is_not_told() {
    let statistics = Statistics::filled(
        "INSERT INTO UserEvent (timestamp, type, message, collected_by, collected_at) VALUES (0, 1, 'x', 'secret', 2)",
    );
    let ask = |request: &str| {
        let limits = Limits::from_now(Arc::default());
        let rows: ARows =
            run(statistics.as_ref().unwrap().open().unwrap(), request.as_bytes(), &limits).unwrap();
        String::from_utf8(rows.into_reply()).unwrap()
    };
    assert_eq!(ask("SELECT * FROM UserEvent"), "a1l6t1i11i01i11sx0n1i2");
    for request in [
        "SELECT Collected_By FROM UserEvent",
        "SELECT max(u.collected_by) FROM UserEvent AS u",
        "SELECT collected_by || 'x' FROM UserEvent",
        "SELECT c FROM (SELECT collected_by AS c FROM UserEvent)",
    ] {
        assert_eq!(ask(request), "a1l1t0n", "{request}");
    }
    assert_eq!(ask("SELECT 1 FROM UserEvent WHERE collected_by = 'secret'"), "a0l");
}

#[test]
fn all_waits_of_a_request_are_one() {
    const HAS: Duration = Duration::from_secs(2);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("statistics.db");
    let other = Connection::open(&path).unwrap();
    other.busy_timeout(MAX_TIME).unwrap();
    other.execute_batch("CREATE TABLE t (n); BEGIN EXCLUSIVE").unwrap();
    let asked = Connection::open(&path).unwrap();
    let began = Instant::now();
    // it lets go once, and takes the database again as soon as it can
    let holder = thread::spawn(move || {
        thread::sleep(HAS * 3 / 4);
        other.execute_batch("COMMIT").unwrap();
        thread::sleep(Duration::from_millis(20));
        other.execute_batch("BEGIN EXCLUSIVE").unwrap();
        thread::sleep(HAS * 2);
    });
    let limits = Limits { until: began + HAS, cancelled: Arc::default() };
    let some_time = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000) \
                     SELECT count(*) FROM n, t;";
    let ended: Result<ARows, _> = run(asked, some_time.repeat(50).as_bytes(), &limits);
    let took = began.elapsed();
    assert_eq!(ended.err(), Some(SqlError::Time));
    assert!(took < HAS * 3 / 2, "{took:?}: the second wait has what the first one left");
    holder.join().unwrap();
}

#[test]
fn waiting_for_another_program_is_part_of_the_time() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("statistics.db");
    let other = Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE t (n); BEGIN EXCLUSIVE").unwrap();
    let began = Instant::now();
    let limits = Limits { until: began + Duration::from_millis(300), cancelled: Arc::default() };
    let request = b"SELECT n FROM t; SELECT n FROM t; SELECT n FROM t";
    let asked = Connection::open(&path).unwrap();
    let ended: Result<ARows, _> = run(asked, request, &limits);
    assert_eq!(ended.err(), Some(SqlError::Time));
    let took = began.elapsed();
    assert!(took < MAX_TIME / 2, "{took:?}: once for the whole request, of what it has");
}
