//! How much room there is: the classes of terminals that the screen is laid out for.

/// A class of terminal sizes; widths of columns depend on nothing else.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Class {
    /// Below 40×10: one line that says the size it needs.
    TooSmall,
    /// 40–79 columns, or fewer than 20 rows: one pane at a time.
    OnePane,
    /// 80–99 columns, or fewer than 30 rows.
    Compact,
    /// 100–119 columns, or fewer than 34 rows.
    Middle,
    /// From 120×34 on.
    Wide,
}

impl Class {
    #[must_use]
    pub const fn of(columns: u16, rows: u16) -> Self {
        match (columns, rows) {
            (0..40, _) | (_, 0..10) => Self::TooSmall,
            (40..80, _) | (_, 10..20) => Self::OnePane,
            (80..100, _) | (_, 20..30) => Self::Compact,
            (100..120, _) | (_, 30..34) => Self::Middle,
            _ => Self::Wide,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_columns_and_rows_decide() {
        for (columns, rows, class) in [
            (39, 9, Class::TooSmall),
            (200, 9, Class::TooSmall),
            (40, 10, Class::OnePane),
            (79, 60, Class::OnePane),
            (200, 19, Class::OnePane),
            (80, 24, Class::Compact),
            (200, 29, Class::Compact),
            (100, 30, Class::Middle),
            (160, 33, Class::Middle),
            (120, 34, Class::Wide),
            (u16::MAX, u16::MAX, Class::Wide),
        ] {
            assert_eq!(Class::of(columns, rows), class, "{columns}×{rows}");
        }
    }
}
