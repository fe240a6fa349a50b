use super::*;

const A: Permid = Permid::Ed25519([1; 32]);
const B: Permid = Permid::Ed25519([2; 32]);

fn filled() -> (Statistics, HandOver) {
    let statistics = Statistics::filled(
        "INSERT INTO UserEventLog VALUES (0, 1, 'first'), (0, 1, 'second'), (0, 1, 'third')",
    )
    .unwrap();
    (statistics.clone(), HandOver::new(statistics, "UserEvent"))
}

fn add(statistics: &Statistics, message: &str) {
    statistics
        .write(|it| it.execute("INSERT INTO UserEventLog VALUES (0, 1, ?1)", [message]))
        .unwrap();
}

/// What the offer shows, and its receipt.
fn offered(hand_over: &HandOver, to: Permid) -> (Vec<String>, Option<Receipt>) {
    let offer = hand_over.offer(to).unwrap();
    let mut select = offer.database.prepare("SELECT message FROM UserEventLog").unwrap();
    let messages = select.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    (messages, offer.receipt())
}

/// The records that are still in the table, with whether they are collected.
fn kept(statistics: &Statistics) -> Vec<(i64, bool)> {
    let database = statistics.open().unwrap();
    let mut select =
        database.prepare("SELECT id, collected_at IS NOT NULL FROM UserEvent ORDER BY id").unwrap();
    select
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

#[test]
fn what_did_not_arrive_is_offered_again() {
    let (statistics, hand_over) = filled();
    let first = offered(&hand_over, A);
    assert_eq!(first, (vec!["first".into(), "second".into(), "third".into()], Some(Receipt(3))));
    assert_eq!(offered(&hand_over, A), first);
    assert_eq!(offered(&hand_over, B), first);
    assert_eq!(kept(&statistics), [(1, false), (2, false), (3, false)]);
}

#[test]
fn what_arrived_is_nobody_s_any_more_and_goes_at_the_next_request_of_who_has_it() {
    let (statistics, hand_over) = filled();
    hand_over.delivered(A, offered(&hand_over, A).1.unwrap());
    add(&statistics, "fourth");
    assert_eq!(offered(&hand_over, B), (vec!["fourth".into()], Some(Receipt(4))));
    assert_eq!(
        kept(&statistics),
        [(1, true), (2, true), (3, true), (4, false)],
        "another's request lets nothing go"
    );
    assert_eq!(offered(&hand_over, A), (vec!["fourth".into()], Some(Receipt(4))));
    assert_eq!(kept(&statistics), [(4, false)]);
}

#[test]
fn what_came_after_the_offer_is_not_in_its_receipt() {
    let (statistics, hand_over) = filled();
    let offer = hand_over.offer(A).unwrap();
    let (seen, receipt): (i64, _) = (
        offer
            .database
            .query_row("SELECT count(*) FROM UserEventLog", [], |row| row.get(0))
            .unwrap(),
        offer.receipt(),
    );
    drop(offer);
    add(&statistics, "fourth");
    hand_over.delivered(A, receipt.unwrap());
    assert_eq!((seen, offered(&hand_over, A).0), (3, vec!["fourth".to_owned()]));
}

#[test]
fn two_crawlers_that_were_offered_the_same_leave_nothing_behind() {
    let (statistics, hand_over) = filled();
    let a = offered(&hand_over, A).1.unwrap();
    add(&statistics, "fourth");
    let b = offered(&hand_over, B).1.unwrap();
    hand_over.delivered(B, b);
    hand_over.delivered(A, a);
    assert_eq!(offered(&hand_over, A), (vec![], None));
    assert_eq!(offered(&hand_over, B), (vec![], None));
    assert_eq!(kept(&statistics), []);
    add(&statistics, "fifth");
    assert_eq!(
        offered(&hand_over, A),
        (vec!["fifth".into()], Some(Receipt(5))),
        "numbers are not given twice"
    );
}

#[test]
fn collected_records_go_after_a_day() {
    let (statistics, hand_over) = filled();
    hand_over.delivered(A, Receipt(2));
    offered(&hand_over, B);
    let age = |seconds: i64| {
        let sql =
            "UPDATE UserEvent SET collected_at = unixepoch() - ?1 WHERE collected_at IS NOT NULL";
        statistics.write(|it| it.execute(sql, [seconds])).unwrap();
    };
    age(KEPT_S - 60);
    offered(&hand_over, B);
    assert_eq!(kept(&statistics).len(), 3);
    age(KEPT_S);
    offered(&hand_over, B);
    assert_eq!(kept(&statistics), [(3, false)]);
}

#[test]
fn the_oldest_come_first_where_they_are_too_many() {
    let statistics = Statistics::filled(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 10001)
         INSERT INTO UserEvent (timestamp, type, message) SELECT 0, 1, i FROM n",
    )
    .unwrap();
    let hand_over = HandOver::new(statistics.clone(), "UserEvent");
    assert_eq!(hand_over.offer(A).unwrap().receipt(), Some(Receipt(u64::from(MOST))));
    hand_over.delivered(A, Receipt(u64::from(MOST)));
    assert_eq!(offered(&hand_over, A), (vec!["10001".into()], Some(Receipt(10_001))));
}

#[tokio::test]
async fn marks_are_written_without_another_request_and_outlive_the_process() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("statistics.sqlite");
    let statistics = Statistics::file(path.clone()).unwrap();
    add(&statistics, "first");
    HandOver::new(statistics.clone(), "UserEvent").delivered(A, Receipt(1));
    while kept(&statistics) != [(1, true)] {
        tokio::task::yield_now().await;
    }
    let again = Statistics::file(path).unwrap();
    assert_eq!(offered(&HandOver::new(again.clone(), "UserEvent"), A), (vec![], None));
    assert_eq!(kept(&again), []);
}

#[test]
fn a_mark_that_can_not_be_written_means_that_the_records_are_offered_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("statistics.sqlite");
    let statistics = Statistics::file(path.clone()).unwrap();
    add(&statistics, "first");
    let hand_over = HandOver::new(statistics.clone(), "UserEvent");
    statistics
        .write(|it| {
            it.execute_batch(
                "CREATE TRIGGER no BEFORE UPDATE ON UserEvent BEGIN SELECT RAISE(ABORT, 'no'); END",
            )
        })
        .unwrap();
    hand_over.delivered(A, Receipt(1));
    assert_eq!(offered(&hand_over, A), (vec!["first".into()], Some(Receipt(1))));
    std::fs::remove_file(path).unwrap();
    assert!(
        hand_over
            .offer(A)
            .is_err_and(|reason| reason.starts_with("the statistics can't be opened"))
    );
}
