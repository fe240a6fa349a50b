//! The rows that a reply yields, as its question declares them: what a store keeps of it.
//!
//! What is not declared is not kept. A *sensitive* column (an address, an id) is kept as a keyed
//! digest only; a *volatile* one (a port, a time) does not count where two replies are compared.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The most rows that are taken from one reply; a hostile one could hold millions.
pub const MAX_ROWS: usize = 10_000;
/// The longest text of a cell, in bytes.
pub const MAX_TEXT: usize = 4096;

/// What a question's replies are stored as.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Rows {
    /// The member of the decoded reply that holds the rows, written as [`Column::from`]; empty for
    /// the reply itself.
    pub at: Cow<'static, str>,
    /// Their columns; none means that nothing of a reply is kept but its size and digest.
    pub columns: Cow<'static, [Column]>,
}

/// One column.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Column {
    /// Small letters, digits and `_`: its name in queries.
    pub name: Cow<'static, str>,
    /// The member of a row it is read from, `.` between levels; a number counts in a list, a
    /// negative one from its end.
    pub from: Cow<'static, str>,
    /// What it holds; anything else that a reply says becomes null.
    pub kind: ColumnKind,
    /// Tells about a person or a place: kept as a keyed digest.
    pub sensitive: bool,
    /// Differs from one answer to the next: left out of comparisons.
    pub volatile: bool,
}

/// The type of a column.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnKind {
    /// A whole number of 64 bits.
    Int,
    /// A number.
    Real,
    /// Text.
    Text,
}

/// A value of a row.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cell {
    /// Not there, or of another type than declared.
    #[default]
    Null,
    /// A whole number.
    Int(i64),
    /// A number.
    Real(f64),
    /// Text, at most [`MAX_TEXT`] bytes.
    Text(String),
}

impl Column {
    /// A column that is read from the member of its own name.
    #[must_use]
    pub const fn new(name: &'static str, kind: ColumnKind) -> Self {
        Self {
            name: Cow::Borrowed(name),
            from: Cow::Borrowed(name),
            kind,
            sensitive: false,
            volatile: false,
        }
    }

    /// Read from another member.
    #[must_use]
    pub fn from(mut self, from: &'static str) -> Self {
        self.from = Cow::Borrowed(from);
        self
    }

    /// Kept as a keyed digest only.
    #[must_use]
    pub const fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    /// Left out where replies are compared.
    #[must_use]
    pub const fn volatile(mut self) -> Self {
        self.volatile = true;
        self
    }

    /// Whether a query can name it.
    #[must_use]
    pub fn is_name(name: &str) -> bool {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        !name.is_empty()
            && name.len() <= 40
            && name.chars().all(fits)
            && !name.starts_with(|c: char| c.is_ascii_digit())
    }

    fn cell(&self, row: &Value) -> Cell {
        match (self.kind, member(row, &self.from)) {
            (ColumnKind::Int, Some(Value::Number(number))) => {
                number.as_i64().map_or(Cell::Null, Cell::Int)
            }
            (ColumnKind::Int, Some(Value::Bool(value))) => Cell::Int(i64::from(*value)),
            (ColumnKind::Real, Some(Value::Number(number))) => {
                number.as_f64().map_or(Cell::Null, Cell::Real)
            }
            (ColumnKind::Text, Some(value)) => {
                // Bytes that are no text stand in a decoded reply as base64.
                let text = value.as_str().or_else(|| value.get("base64")?.as_str());
                text.map_or(Cell::Null, |text| Cell::Text(clip(text)))
            }
            _ => Cell::Null,
        }
    }
}

/// What is found on this path; an empty one leads nowhere else.
fn member<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').filter(|step| !step.is_empty()).try_fold(value, |value, step| match value {
        Value::Array(items) => match step.parse::<isize>().ok()? {
            place @ ..0 => items.get(items.len().checked_add_signed(place)?),
            place => items.get(usize::try_from(place).ok()?),
        },
        value => value.get(step),
    })
}

/// As much of a text as a cell holds. A NUL is no text for databases, and becomes a replacement
/// character.
fn clip(text: &str) -> String {
    let mut end = text.len().min(MAX_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].replace('\0', "\u{fffd}")
}

impl Rows {
    /// Rows with these columns, the reply itself being the row or the list of them.
    #[must_use]
    pub fn of(columns: Vec<Column>) -> Self {
        Self { at: Cow::Borrowed(""), columns: Cow::Owned(columns) }
    }

    /// The same, the rows being this member of the reply.
    #[must_use]
    pub fn at(mut self, member: &'static str) -> Self {
        self.at = Cow::Borrowed(member);
        self
    }

    /// How many rows a decoded reply has beyond the [`MAX_ROWS`] that are read.
    #[must_use]
    pub fn left_out(&self, reply: &Value) -> usize {
        let all = member(reply, &self.at).and_then(Value::as_array).map_or(0, Vec::len);
        if self.columns.is_empty() { 0 } else { all.saturating_sub(MAX_ROWS) }
    }

    /// Reads a decoded reply: a list yields a row for each of its members, anything else one row;
    /// at most [`MAX_ROWS`].
    #[must_use]
    pub fn read(&self, reply: &Value) -> Vec<Vec<Cell>> {
        if self.columns.is_empty() {
            return Vec::new();
        }
        let row = |value: &Value| self.columns.iter().map(|column| column.cell(value)).collect();
        match member(reply, &self.at) {
            None => Vec::new(),
            Some(Value::Array(rows)) => rows.iter().take(MAX_ROWS).map(row).collect(),
            Some(value) => vec![row(value)],
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rows(columns: &[Column], at: &'static str) -> Rows {
        Rows { at: at.into(), columns: columns.to_vec().into() }
    }

    #[test]
    fn an_object_is_a_row_and_a_list_is_many() {
        let columns = [
            Column::new("kind", ColumnKind::Text).from("type"),
            Column::new("code", ColumnKind::Int),
        ];
        let one = rows(&columns, "").read(&json!({"type": "Open", "code": 3, "more": 1}));
        assert_eq!(one, [vec![Cell::Text("Open".into()), Cell::Int(3)]]);
        let many =
            rows(&columns, "list").read(&json!({"list": [{"code": 1}, {"code": "x", "type": 2}]}));
        assert_eq!(many, [vec![Cell::Null, Cell::Int(1)], vec![Cell::Null, Cell::Null]]);
        assert!(rows(&columns, "gone").read(&json!({})).is_empty());
        assert!(rows(&[], "").read(&json!([1])).is_empty(), "nothing declared, nothing kept");
    }

    #[test]
    fn levels_and_positions() {
        let columns = [
            Column::new("a", ColumnKind::Int).from("0"),
            Column::new("b", ColumnKind::Real).from("1.x"),
        ];
        assert_eq!(
            rows(&columns, "").read(&json!([[7, {"x": 1.5}]])),
            [vec![Cell::Int(7), Cell::Real(1.5)]]
        );
    }

    #[test]
    fn positions_count_from_either_end_and_rows_may_stand_in_a_list() {
        let columns = [Column::new("last", ColumnKind::Text).from("-1")];
        let reply = json!([[[1, "a"], [1, 2, "b"], []], null]);
        let read = rows(&columns, "0").read(&reply);
        assert_eq!(read, [[Cell::Text("a".into())], [Cell::Text("b".into())], [Cell::Null]]);
        assert!(rows(&columns, "2").read(&reply).is_empty());
        let deep = rows(&columns, "a.0").read(&json!({"a": [[["c"]]]}));
        assert_eq!(deep, [[Cell::Text("c".into())]]);
    }

    #[test]
    fn bytes_that_are_no_text_are_kept_as_base64() {
        let columns = [Column::new("infohash", ColumnKind::Text).from("0")];
        let read = rows(&columns, "").read(&json!([[{"base64": "AP8="}], [{"base64": 1}]]));
        assert_eq!(read, [[Cell::Text("AP8=".into())], [Cell::Null]]);
    }

    #[test]
    fn hostile_replies_stay_small() {
        let columns = [Column::new("a", ColumnKind::Text).from("")];
        let long = rows(&columns, "").read(&json!("é".repeat(MAX_TEXT)));
        let [row] = &long[..] else { panic!("one row") };
        assert!(matches!(&row[..], [Cell::Text(text)] if text.len() <= MAX_TEXT));
        let all = Value::Array(vec![json!("x\0"); MAX_ROWS + 5]);
        let many = rows(&columns, "").read(&all);
        assert_eq!(rows(&columns, "").left_out(&all), 5);
        assert_eq!((many.len(), &many[0][0]), (MAX_ROWS, &Cell::Text("x\u{fffd}".into())));
    }

    #[test]
    fn names_are_safe_in_queries() {
        assert!(Column::is_name("udp_timeout"));
        for wrong in ["", "1a", "A", "a b", "a\"b", "é"] {
            assert!(!Column::is_name(wrong), "{wrong:?}");
        }
    }
}
