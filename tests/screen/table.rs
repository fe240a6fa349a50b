//! A reply of rows as a table.

use swarmscope::screen::Model;
use swarmscope_facts::list::Sort;
use swarmscope_facts::reply::View;
use swarmscope_peer::node::{Event, Reply};
use swarmscope_wire::encoding_a::Value;
use swarmscope_wire::{ChannelId, ErrorByte, MessageId, PartsLeft};

use crate::fixture::{Script, blank, permid};
use crate::hostile::{HOSTILE, check};
use crate::reply::{copied, does, screen};

const DATABASE: MessageId = MessageId::DATABASE_QUERY;
const SIZES: [(u16, u16); 4] = [(200, 60), (120, 40), (80, 24), (60, 20)];

fn row(values: &[&str]) -> Value {
    let value = |text: &&str| match text.parse::<i64>() {
        Ok(number) => Value::from(number),
        Err(_) => Value::from(*text),
    };
    Value::Tuple(values.iter().map(value).collect())
}

/// A peer that has answered this query with these bytes.
fn answered(query: &str, payload: &[u8]) -> Model {
    let (mut model, who) = (blank(), permid("9f3ac1", 18));
    let mut script = Script::default();
    script.connected(600_000, who, 18, 3, 40_213);
    let ticket = script.sent(500_000, who, DATABASE, 9, query);
    script.at(
        499_000,
        Event::Part {
            ticket,
            permid: who,
            channel: ChannelId(9),
            index: 1,
            parts_left: PartsLeft::LAST,
            error: ErrorByte::SUCCESS,
            payload: payload.to_vec().into(),
            after: std::time::Duration::from_secs(1),
        },
    );
    script.at(
        499_000,
        Event::Reply(Reply {
            ticket,
            permid: who,
            message: DATABASE,
            channel: ChannelId(9),
            error: ErrorByte::SUCCESS,
            payload: payload.to_vec().into(),
            parts: 1,
            elapsed: std::time::Duration::from_secs(1),
            dialled_back: false,
        }),
    );
    script.tell(&mut model);
    does(&mut model, "g tab tab");
    model
}

const QUERY: &str = "SELECT category, count(*) AS torrents, max(seeders) FROM Torrent GROUP BY 1";

fn categories() -> Vec<u8> {
    let rows = [
        row(&["video", "1204", "9"]),
        row(&["audio", "87", "112"]),
        row(&["documents and other texts", "9", "3"]),
    ];
    Value::List(rows.into()).encode()
}

fn lines(model: &mut Model, columns: u16, rows: u16) -> Vec<String> {
    screen(model, columns, rows).lines().map(str::to_owned).collect()
}

/// The column of cells in which a text ends, in the line that has it.
fn ends(lines: &[String], text: &str) -> usize {
    let line = lines.iter().find(|line| line.contains(text)).unwrap_or_else(|| panic!("{text}"));
    let at = line.find(text).expect("there");
    line[..at].chars().count() + text.chars().count()
}

#[test]
fn rows_are_shown_as_a_table_with_the_columns_of_the_select() {
    let mut model = answered(QUERY, &categories());
    does(&mut model, "v");
    assert_eq!(model.reading.shows(), View::Table);
    let shown = lines(&mut model, 120, 40);
    let all = shown.join("\n");
    assert!(all.contains("tree  table  text  hex  diff"), "{all}");
    assert!(all.contains("category") && all.contains("max(seeders)"), "{all}");
    let right = ends(&shown, "torrents");
    assert_eq!((ends(&shown, " 1204"), ends(&shown, "   87")), (right, right), "{all}");
    for (columns, rows) in SIZES {
        insta::assert_snapshot!(
            format!("table_{columns}x{rows}"),
            screen(&mut model, columns, rows)
        );
    }
}

#[test]
fn without_names_the_columns_are_numbered() {
    let mut model = answered("SELECT * FROM Torrent", &categories());
    does(&mut model, "v");
    let shown = screen(&mut model, 120, 40);
    let heading = shown.lines().find(|line| line.ends_with(" 3") && line.contains(" 1 "));
    assert!(heading.is_some(), "{shown}");
}

#[test]
fn it_sorts_by_the_selected_column_and_back() {
    let mut model = answered(QUERY, &categories());
    does(&mut model, "v l o");
    let first = |model: &mut Model| {
        let shown = lines(model, 120, 40);
        let at = shown.iter().position(|line| line.contains("max(seeders)")).expect("a heading");
        shown[at + 1].clone()
    };
    assert!(first(&mut model).contains("documents"), "the smallest number first");
    does(&mut model, "o");
    assert!(first(&mut model).contains("video"), "the largest first");
    does(&mut model, "o");
    assert!(first(&mut model).contains("video"), "as the peer sent them");
    does(&mut model, "h o");
    assert!(first(&mut model).contains("audio"), "by name");
    assert_eq!(model.order.sort, Sort::default(), "the list of peers is as it was");
}

#[test]
fn it_scrolls_both_ways_and_no_column_is_cut() {
    let names: Vec<String> = (0..40).map(|at| format!("column_{at}")).collect();
    let values: Vec<String> = (0..40).map(|at| format!("value {at}")).collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    let rows = Value::List((0..200).map(|_| row(&values)).collect()).encode();
    let mut model = answered(&format!("SELECT {} FROM t", names.join(", ")), &rows);
    does(&mut model, "v");
    for (columns, rows) in SIZES {
        does(&mut model, "g");
        (0..40).for_each(|_| drop(does(&mut model, "h")));
        let shown = screen(&mut model, columns, rows);
        assert!(shown.contains("column_0") && shown.contains("→"), "{shown}");
        (0..30).for_each(|_| drop(does(&mut model, "l")));
        does(&mut model, "end");
        let shown = screen(&mut model, columns, rows);
        assert!(shown.contains("column_30") && shown.contains("value 30"), "{shown}");
        assert!(shown.contains("200  "), "the last row\n{shown}");
        assert!(!shown.contains("column_3…"), "{shown}");
    }
}

#[test]
fn what_is_damaged_stays_said_above_the_table() {
    // a pickle of one row, and bytes behind it
    let mut model = answered("SELECT 1", b"\x80\x02]q\x01K\x01\x85q\x02a.junk");
    does(&mut model, "v");
    assert_eq!(model.reading.shows(), View::Table);
    let shown = screen(&mut model, 120, 40);
    let note = shown.lines().find(|line| line.contains("│   ▲ "));
    assert!(note.is_some_and(|note| note.contains("bytes")), "{shown}");
}

#[test]
fn what_is_no_table_is_shown_as_a_tree() {
    let mut model = answered("SELECT 1", b"a0l");
    does(&mut model, "v");
    assert_eq!(model.reading.shows(), View::Text, "the table is passed over");
    let mut model = answered(QUERY, &categories());
    does(&mut model, "v");
    does(&mut model, "f");
    swarmscope::screen::update(
        &mut model,
        crate::fixture::before(0),
        swarmscope::screen::Msg::Paste("112".into()),
    );
    does(&mut model, "enter");
    let effects = does(&mut model, "y v");
    assert_eq!(copied(&effects), "112", "what is found is selected, and copied");
}

#[test]
fn hostile_tables_reach_no_terminal() {
    let rows = Value::List(vec![row(&[HOSTILE, "1"]), row(&["", HOSTILE])]).encode();
    let mut model = answered(&format!("SELECT {HOSTILE}, b FROM t"), &rows);
    does(&mut model, "v");
    check(&mut model, "a table");
    does(&mut model, "l o");
    check(&mut model, "a sorted table");
}
