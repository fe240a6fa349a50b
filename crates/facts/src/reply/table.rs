//! A reply of rows as a table: what its columns are called, how wide they are, in which order the
//! rows stand, and where the cursor is. The cells stay in the reply's tree.

use super::select;
use swarmscope_wire::tree::Node;
use unicode_width::UnicodeWidthStr as _;

/// Rows that are looked at to tell a table from other values.
const LOOKED_AT: usize = 64;
/// The widest column, in cells; what is longer is cut there, and whole in the tree.
const WIDEST: u16 = 60;
/// The most columns of a table; what is more is in the tree. SQLite's own limit.
const MOST_COLUMNS: usize = 2000;

/// One column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Column {
    /// As the request called it; its place, from 1, where it did not.
    pub name: String,
    /// Cells that its longest value takes.
    pub width: u16,
    /// All its values are numbers.
    pub numeric: bool,
}

/// What rows are sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SortedBy {
    /// The column.
    pub column: usize,
    /// The largest first.
    pub reversed: bool,
}

/// A table, and where the operator is in it.
#[derive(Clone, Debug)]
pub struct Table {
    /// From the left.
    pub columns: Vec<Column>,
    /// Whether the names are those of the request's SELECT.
    pub named: bool,
    /// The selected row, among those shown.
    pub row: usize,
    /// The selected column.
    pub column: usize,
    /// `None`: as the peer sent them.
    pub sorted: Option<SortedBy>,
    order: Vec<u32>,
}

/// Whether a reply is rows of values.
#[must_use]
pub fn is_table(tree: &Node) -> bool {
    let flat = |row: &Node| {
        !row.children.is_empty() && row.children.iter().all(|value| value.children.is_empty())
    };
    !tree.children.is_empty() && tree.children.iter().take(LOOKED_AT).all(flat)
}

impl Table {
    /// The table of a reply to this request, where it is one.
    #[must_use]
    pub fn of(tree: &Node, request: &[u8]) -> Option<Self> {
        if !is_table(tree) {
            return None;
        }
        let most = tree.children.iter().map(|row| row.children.len()).max()?.min(MOST_COLUMNS);
        let even = tree.children.iter().all(|row| row.children.len() == most);
        let names = names(tree, request).filter(|names| even && names.len() == most);
        let has_names = names.is_some();
        let name = |at: usize| names.as_ref().and_then(|names| names.get(at).cloned());
        let columns = (0..most)
            .map(|at| column(tree, at, name(at).unwrap_or_else(|| (at + 1).to_string())))
            .collect();
        let order = (0..tree.children.len()).filter_map(|row| u32::try_from(row).ok()).collect();
        Some(Self { columns, named: has_names, row: 0, column: 0, sorted: None, order })
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// There are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// The place in the reply of a row shown.
    #[must_use]
    pub fn place(&self, row: usize) -> Option<usize> {
        self.order.get(row).map(|place| *place as usize)
    }

    /// The values of a row shown.
    #[must_use]
    pub fn values<'t>(&self, tree: &'t Node, row: usize) -> &'t [Node] {
        let row = self.place(row).and_then(|place| tree.children.get(place));
        row.map_or(&[], |row| &row.children)
    }

    /// The selected value.
    #[must_use]
    pub fn selected<'t>(&self, tree: &'t Node) -> Option<&'t Node> {
        self.values(tree, self.row).get(self.column)
    }

    /// Goes to the value that stands at this path of the tree.
    pub fn reveal(&mut self, path: &[usize]) {
        let [row, rest @ ..] = path else { return };
        let shown = self.order.iter().position(|place| *place as usize == *row);
        self.row = shown.unwrap_or(self.row);
        self.column = rest.first().copied().unwrap_or(0).min(self.columns.len().saturating_sub(1));
    }

    /// Sorts by the selected column; again: the largest first; again: as the peer sent them. The
    /// row that was selected stays selected.
    pub fn sort(&mut self, tree: &Node) {
        let here = self.place(self.row);
        let column = self.column;
        self.sorted = match self.sorted {
            Some(by) if by.column == column && by.reversed => None,
            Some(by) if by.column == column => Some(SortedBy { column, reversed: true }),
            _ => Some(SortedBy { column, reversed: false }),
        };
        self.order.sort_unstable();
        if let Some(by) = self.sorted {
            let value = |row: &u32| cell(tree, *row as usize, by.column);
            if self.columns[column].numeric {
                let number = |row: &u32| value(row).and_then(number).unwrap_or(f64::NEG_INFINITY);
                self.order.sort_by(|one, other| number(one).total_cmp(&number(other)));
            } else {
                self.order.sort_by(|one, other| value(one).cmp(&value(other)));
            }
            if by.reversed {
                self.order.reverse();
            }
        }
        let shown = here.and_then(|here| self.order.iter().position(|row| *row as usize == here));
        self.row = shown.unwrap_or(0);
    }
}

/// By the labels of the values where they have any, else by the request's SELECT.
fn names(tree: &Node, request: &[u8]) -> Option<Vec<String>> {
    let first = &tree.children.first()?.children;
    let labelled = first.iter().enumerate().all(|(at, value)| value.label != at.to_string());
    if labelled {
        return Some(first.iter().map(|value| value.label.clone()).collect());
    }
    select::columns(std::str::from_utf8(request).ok()?)
}

fn cell(tree: &Node, row: usize, column: usize) -> Option<&str> {
    Some(&tree.children.get(row)?.children.get(column)?.value)
}

fn column(tree: &Node, at: usize, name: String) -> Column {
    let mut width = name.width();
    let mut numbers = false;
    let mut words = false;
    for row in 0..tree.children.len() {
        let Some(value) = cell(tree, row, at) else { continue };
        width = width.max(value.width());
        match number(value) {
            Some(_) => numbers = true,
            None => words |= !is_nothing(value),
        }
    }
    let width = u16::try_from(width).unwrap_or(WIDEST).clamp(1, WIDEST);
    Column { name, width, numeric: numbers && !words }
}

/// SQL's NULL, and an empty text.
fn is_nothing(value: &str) -> bool {
    value.is_empty() || value.eq_ignore_ascii_case("none") || value.eq_ignore_ascii_case("null")
}

fn number(value: &str) -> Option<f64> {
    let plain = value.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    value.parse().ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(rows: &[&[&str]]) -> Node {
        let leaf = |(at, value): (usize, &&str)| Node::leaf(at.to_string(), *value, None);
        let row = |(at, values): (usize, &&[&str])| Node {
            label: at.to_string(),
            children: values.iter().enumerate().map(leaf).collect(),
            ..Node::default()
        };
        Node { children: rows.iter().enumerate().map(row).collect(), ..Node::default() }
    }

    fn column(table: &Table, tree: &Node, at: usize) -> Vec<String> {
        (0..table.len()).map(|row| table.values(tree, row)[at].value.clone()).collect()
    }

    #[test]
    fn columns_have_the_names_of_the_select_or_numbers() {
        let rows = tree(&[&["video", "12"], &["audio", "9"]]);
        let names = |sql: &str| {
            let table = Table::of(&rows, sql.as_bytes()).unwrap();
            let names = table.columns.iter().map(|column| column.name.clone());
            (names.collect::<Vec<_>>().join(" "), table.named)
        };
        assert_eq!(names("SELECT category, count(*) FROM t"), ("category count(*)".into(), true));
        assert_eq!(names("SELECT * FROM t"), ("1 2".into(), false));
        assert_eq!(names("SELECT a FROM t"), ("1 2".into(), false), "not as many as it asks for");
        let uneven = tree(&[&["a", "1"], &["b"]]);
        let table = Table::of(&uneven, b"SELECT a, b FROM t").unwrap();
        assert!(!table.named && table.columns.len() == 2, "rows of several statements");
    }

    #[test]
    fn numbers_are_told_from_words() {
        let rows = tree(&[&["a", "-1.5", "1", ""], &["2", "1e9", "None", ""]]);
        let table = Table::of(&rows, b"").unwrap();
        let numeric: Vec<bool> = table.columns.iter().map(|column| column.numeric).collect();
        assert_eq!(numeric, [false, true, true, false]);
    }

    #[test]
    fn it_sorts_up_down_and_back_and_the_selected_row_stays() {
        let rows = tree(&[&["b", "10"], &["a", "9"], &["c", "100"]]);
        let mut table = Table::of(&rows, b"").unwrap();
        table.column = 1;
        table.sort(&rows);
        assert_eq!(column(&table, &rows, 1), ["9", "10", "100"], "as numbers");
        assert_eq!(table.row, 1);
        table.sort(&rows);
        assert_eq!(column(&table, &rows, 1), ["100", "10", "9"]);
        table.sort(&rows);
        assert_eq!((column(&table, &rows, 1)[0].as_str(), table.sorted), ("10", None));
        table.column = 0;
        table.sort(&rows);
        assert_eq!(column(&table, &rows, 0), ["a", "b", "c"]);
    }

    #[test]
    fn what_is_not_rows_is_no_table() {
        assert!(Table::of(&Node::leaf("", "1", None), b"").is_none());
        assert!(Table::of(&tree(&[]), b"").is_none());
        let nested = Node { children: vec![tree(&[&["a"]])], ..Node::default() };
        assert!(Table::of(&nested, b"").is_none());
    }

    #[test]
    fn hostile_tables_are_bounded() {
        let long = "x".repeat(10_000);
        let wide = vec![long.as_str(); 3_000];
        let table = Table::of(&tree(&[&wide]), b"").unwrap();
        assert_eq!((table.columns.len(), table.columns[0].width), (MOST_COLUMNS, WIDEST));
    }
}
