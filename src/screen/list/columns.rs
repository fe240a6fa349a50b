//! The columns of the list: which there are, which are shown, in which order.

use crate::screen::kept::lines::at_line;
use crate::screen::kept::lines::parse;
use swarmscope_facts::list::{By, Column, Sort};
use swarmscope_peer::crawler::Registry;

/// The columns whose place is fixed: without them a row says nothing of anybody.
pub const FIXED: [Column; 3] = [Column::State, Column::Permid, Column::Signals];
/// Those that can be moved and hidden, in the order in which they start; the first as many as
/// [`SHOWN`] are shown.
const MOVABLE: [(Column, bool); 15] = [
    (Column::Version, true),
    (Column::RoundTrip, true),
    (Column::Nat, true),
    (Column::Transport, false),
    (Column::Client, false),
    (Column::Queue, false),
    (Column::Bep42, false),
    (Column::Distance, false),
    (Column::Address, false),
    (Column::Reply, false),
    (Column::Label, false),
    (Column::Note, false),
    (Column::Error, false),
    (Column::Network, false),
    (Column::Next, true),
];
/// Those that are shown besides where the operator has chosen none and there is room for them, in
/// this order; in two panes from so many columns of the terminal on, so that the reply keeps its
/// bytes beside its values.
const BESIDES: [(Column, u16); 5] = [
    (Column::Address, 180),
    (Column::Reply, 230),
    (Column::Label, 260),
    (Column::Error, 290),
    (Column::Note, 320),
];
/// What stands above them in their file.
const ABOVE: &str = "# swarmscope: the columns of the list, from the left; what is not named is hidden. C shows all there are.\n";

/// How much room a column takes, and how it is headed.
pub trait Layout: Copy {
    /// Cells it takes.
    fn width(self) -> u16;
    /// How long it is kept where room is short: lower goes first. Those of the default layout go as
    /// its pictures say; what the operator has added stays longer than those that are always
    /// there.
    fn keep(self) -> u8;
    /// Blanks that stand before it where there is room.
    fn gap(self) -> u16;
    /// Its place is fixed.
    fn fixed(self) -> bool;
    /// The text at the head of the list; of the columns for a message, that is its name.
    fn heading(self) -> &'static str;
}

impl Layout for Column {
    fn width(self) -> u16 {
        match self {
            Self::State | Self::Signals => 1,
            Self::Permid | Self::Network | Self::Bep42 => 7, // `invalid`
            Self::Version | Self::Distance => 8,
            Self::Transport | Self::Queue => 5,
            Self::Address => 21, // 255.255.255.255:65535
            Self::RoundTrip => 6,
            Self::Nat => 10,
            Self::Reply => 14, // `59 min ago` and `254`
            Self::Client | Self::Note => 20,
            Self::Error => 16,
            Self::Label | Self::Next | Self::NextOf(_) => 12, // the pill, a blank, and `≤52:10`
        }
    }

    fn keep(self) -> u8 {
        match self {
            Self::Nat => 0,
            Self::RoundTrip => 1,
            Self::NextOf(_) => 2,
            Self::Transport | Self::Queue | Self::Bep42 | Self::Distance => 3,
            Self::Error => 4,
            Self::Label | Self::Client => 5,
            Self::Reply => 6,
            Self::Address => 7,
            Self::Note => 8,
            Self::Version => 9,
            Self::Network | Self::Next => 10,
            Self::State | Self::Permid | Self::Signals => 11,
        }
    }

    fn gap(self) -> u16 {
        match self {
            Self::State => 0,
            Self::Permid | Self::Signals | Self::Network | Self::Version | Self::Next => 1,
            _ => 2,
        }
    }

    fn fixed(self) -> bool {
        matches!(self, Self::State | Self::Permid | Self::Signals)
    }

    fn heading(self) -> &'static str {
        match self {
            Self::State | Self::Signals | Self::Next | Self::NextOf(_) => "",
            Self::Permid => "PEER",
            Self::Network => "NET",
            Self::Version => "VERSION",
            Self::Transport => "OVER",
            Self::Client => "CLIENT",
            Self::Queue => "REQQ",
            Self::Bep42 => "BEP 42",
            Self::Distance => "DISTANCE",
            Self::Address => "ADDRESS",
            Self::RoundTrip => "RTT",
            Self::Nat => "NAT",
            Self::Reply => "REPLY",
            Self::Label => "LABEL",
            Self::Note => "NOTE",
            Self::Error => "ERROR",
        }
    }
}

/// Cells of a peer's name where peers of other networks are listed: 255.255.255.255:65535.
pub const ADDRESS: u16 = 21;

/// The columns with that of the network, behind those that are fixed, where peers of more than one
/// are listed.
#[must_use]
pub fn with_network(shown: impl Iterator<Item = Column>) -> Vec<Column> {
    let mut columns: Vec<Column> = shown.filter(|column| *column != Column::Network).collect();
    let at = columns.iter().take_while(|column| column.fixed()).count();
    columns.insert(at, Column::Network);
    columns
}

/// The choice of columns.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Columns {
    /// All that can be moved, from the left; whether they are shown.
    list: Vec<(Column, bool)>,
    /// What the list is sorted by when the program starts.
    pub sort: Sort,
}

impl Default for Columns {
    fn default() -> Self {
        Self { list: MOVABLE.to_vec(), sort: Sort::default() }
    }
}

impl Columns {
    /// Everything that the list can be sorted by: the columns that are shown first.
    #[must_use]
    pub fn sorts(&self) -> Vec<By> {
        let hidden = self.list.iter().filter(|(_, shown)| !shown).map(|(column, _)| *column);
        let all = self.shown().chain(hidden).map(By::Column);
        std::iter::once(By::NewestEvent).chain(all).collect()
    }

    /// What comes after this, of what is shown.
    #[must_use]
    pub fn sort_after(&self, by: By) -> By {
        let all: Vec<By> =
            std::iter::once(By::NewestEvent).chain(self.shown().map(By::Column)).collect();
        let at = all.iter().position(|other| *other == by).map_or(0, |at| at + 1);
        all.get(at).copied().unwrap_or_default()
    }

    /// Those that can be moved, from the left; whether they are shown.
    #[must_use]
    pub fn list(&self) -> &[(Column, bool)] {
        &self.list
    }

    /// Those that are shown, from the left, the fixed ones first.
    pub fn shown(&self) -> impl Iterator<Item = Column> + '_ {
        FIXED
            .into_iter()
            .chain(self.list.iter().filter(|(_, shown)| *shown).map(|(column, _)| *column))
    }

    /// Nobody has chosen columns.
    fn are_usual(&self) -> bool {
        let movable = self.list.iter().filter(|(column, _)| !matches!(column, Column::NextOf(_)));
        movable.eq(&MOVABLE) && !self.list[MOVABLE.len()..].iter().any(|(_, shown)| *shown)
    }

    /// All that can be moved, as they stand in so many cells; whether they are shown. Those that are
    /// shown besides stand behind the version: what is said of a peer that is not connected needs
    /// the columns at the right.
    #[must_use]
    pub fn arranged(&self, room: u16) -> Vec<(Column, bool)> {
        let besides = if self.are_usual() { self.besides(room) } else { 0 };
        let besides: Vec<Column> = BESIDES[..besides].iter().map(|(column, _)| *column).collect();
        let mut all: Vec<(Column, bool)> = self.list.clone();
        all.retain(|(column, _)| !besides.contains(column));
        let version = all.iter().position(|(column, _)| *column == Column::Version);
        let at = version.map_or(0, |at| at + 1);
        all.splice(at..at, besides.into_iter().map(|column| (column, true)));
        all
    }

    /// Those that are shown in so many cells, from the left, the fixed ones first.
    pub fn shown_in(&self, room: u16) -> impl Iterator<Item = Column> {
        let movable = self.arranged(room).into_iter().filter(|(_, shown)| *shown);
        FIXED.into_iter().chain(movable.map(|(column, _)| column))
    }

    /// How many of them have room.
    fn besides(&self, room: u16) -> usize {
        let mut left = room.saturating_sub(self.width());
        let fit = BESIDES.iter().take_while(|(column, _)| {
            let needed = column.width() + column.gap();
            let fits = needed <= left;
            left = left.saturating_sub(needed);
            fits
        });
        fit.count()
    }

    /// The operator chooses from here on: what is shown in so many cells stays.
    pub fn choose_from(&mut self, room: u16) {
        self.list = self.arranged(room);
    }

    /// Adds a column for each message that has none, hidden, at the end.
    pub fn know(&mut self, registry: &Registry) {
        for probe in registry.iter() {
            let column = Column::NextOf(probe.id());
            if !self.list.iter().any(|(known, _)| *known == column) {
                self.list.push((column, false));
            }
        }
    }

    /// Shows a column, or hides it.
    pub fn toggle(&mut self, at: usize) {
        if let Some((_, shown)) = self.list.get_mut(at) {
            *shown = !*shown;
        }
    }

    /// Moves a column by one place, to the left or to the right. Returns where it is then.
    pub fn shift(&mut self, at: usize, right: bool) -> usize {
        let to = if right { at + 1 } else { at.wrapping_sub(1) };
        if at < self.list.len() && to < self.list.len() {
            self.list.swap(at, to);
            return to;
        }
        at
    }

    /// Cells that all shown columns take side by side.
    #[must_use]
    pub fn width(&self) -> u16 {
        self.shown().map(|column| column.width() + column.gap()).sum()
    }

    /// The same with those that are shown besides in a terminal of so many columns.
    #[must_use]
    pub fn width_at(&self, columns: u16) -> u16 {
        let besides = BESIDES.iter().filter(|(_, from)| self.are_usual() && columns >= *from);
        self.width() + besides.map(|(column, _)| column.width() + column.gap()).sum::<u16>()
    }

    /// The text of their file.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let quoted = |column: &Column| format!("\"{column}\"");
        let shown: Vec<String> = self
            .list
            .iter()
            .filter(|(_, shown)| *shown)
            .map(|(column, _)| quoted(column))
            .collect();
        let (sort, reversed) = (self.sort.by, self.sort.reversed);
        format!(
            "{ABOVE}columns = [{}]\nsort = \"{sort}\"\nreversed = {reversed}\n",
            shown.join(", ")
        )
    }

    /// Reads the text of their file.
    ///
    /// # Errors
    /// What is wrong with it, with its line.
    pub fn from_toml(text: &str) -> Result<Self, String> {
        let mut columns = Self::default();
        for (key, value) in parse(text)? {
            let wrong = |why: String| at_line(text, &key, &why);
            match (key.as_str(), &value) {
                ("columns", toml::Value::Array(names)) => {
                    columns.list = list(names).map_err(wrong)?;
                }
                ("sort", toml::Value::String(by)) => {
                    columns.sort.by = by.parse::<By>().map_err(wrong)?;
                }
                ("reversed", toml::Value::Boolean(reversed)) => columns.sort.reversed = *reversed,
                _ => {
                    let is = "is `columns = [\"…\"]`, `sort = \"…\"` or `reversed = true`";
                    return Err(wrong(format!("invalid line: a line {is}")));
                }
            }
        }
        Ok(columns)
    }
}

/// The named columns are shown, in this order; the others are hidden behind them.
fn list(names: &[toml::Value]) -> Result<Vec<(Column, bool)>, String> {
    let mut list: Vec<(Column, bool)> = Vec::new();
    for name in names {
        let name = name.as_str().ok_or("columns are names in quotes")?;
        let column: Column = name
            .parse()
            .map_err(|why| format!("\"{}\": {why}", swarmscope_facts::words::clean(name)))?;
        if !column.fixed() && !list.iter().any(|(known, _)| *known == column) {
            list.push((column, true));
        }
    }
    for (column, _) in MOVABLE {
        if !list.iter().any(|(known, _)| *known == column) {
            list.push((column, false));
        }
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;
    use swarmscope_wire::MessageId;

    #[test]
    fn a_choice_of_columns_comes_back_from_its_file() {
        let mut columns = Columns::default();
        columns.toggle(0);
        columns.toggle(7);
        let note = columns.list().iter().position(|(column, _)| *column == Column::Note).unwrap();
        assert_eq!(columns.shift(note, false), note - 1);
        columns.sort = Sort { by: By::Column(Column::NextOf(MessageId(3))), reversed: true };
        let read = Columns::from_toml(&columns.to_toml()).unwrap();
        assert_eq!(read.shown().collect::<Vec<_>>(), columns.shown().collect::<Vec<_>>());
        assert_eq!(read.sort, columns.sort);
        assert_eq!(read.list().len(), columns.list().len(), "hidden ones can be shown again");
    }

    #[test]
    fn the_ends_are_the_ends() {
        let mut columns = Columns::default();
        let last = columns.list().len() - 1;
        assert_eq!(
            (columns.shift(0, false), columns.shift(last, true), columns.shift(99, false)),
            (0, last, 99)
        );
        columns.toggle(99);
        assert_eq!(columns, Columns::default());
    }

    #[test]
    fn every_column_is_named_and_read() {
        let all = FIXED
            .into_iter()
            .chain(MOVABLE.map(|(column, _)| column))
            .chain([Column::NextOf(MessageId(41))]);
        for column in all {
            assert_eq!(column.to_string().parse(), Ok(column));
            assert!(
                !column.doc().is_empty() && column.heading().len() <= usize::from(column.width())
            );
        }
    }

    #[test]
    fn a_wrong_line_is_named() {
        for (text, error) in [
            ("columns = [\"rtt\"]", "line 1: \"columns\": \"rtt\": no such column"),
            ("\nsort = 3", "line 2: \"sort\": invalid line"),
            ("sort = \"luck\"", "line 1: \"sort\": "),
            ("colums = []", "line 1: \"colums\": invalid line"),
        ] {
            let found = Columns::from_toml(text).unwrap_err();
            assert!(found.starts_with(error), "{found}");
        }
    }
}
