//! What invented tables are put together from.

use std::fmt::Write as _;

use super::seeded::Seeded;

/// The newest hour in the statistics: fixed, so that the same seed gives the same. Times are whole
/// hours.
const NEWEST: u64 = 1_763_787_600;
pub(super) const HOUR: u64 = 3600;
/// The oldest: a month before.
const HOURS: u64 = 30 * 24;
/// One statement for all rows.
pub(super) fn insert(sql: &mut String, into: &str, rows: u64, mut row: impl FnMut() -> String) {
    let rows: Vec<String> = (0..rows).map(|_| format!("({})", row())).collect();
    if !rows.is_empty() {
        let _ = writeln!(sql, "INSERT INTO {into} VALUES {};", rows.join(","));
    }
}

pub(super) fn hash(seeded: &mut Seeded) -> String {
    seeded.bytes::<20>().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

pub(super) fn hour(seeded: &mut Seeded) -> u64 {
    NEWEST - seeded.skewed(HOURS) * HOUR
}
