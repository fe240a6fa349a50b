//! The table as Parquet, for DuckDB and pandas.

use std::io::Write;

use swarmscope_evidence::export::columns::{Cell, Columns};
use swarmscope_store::Store;
use swarmscope_store::store::Selection;

use super::CliError;
use super::cells::{Row, each};

/// Rows of a group: so many are in memory at once.
const GROUP: usize = 50_000;

const COLUMNS: &[(&str, Cell<Row>)] = &[
    ("network", Cell::Text(|row| Some(row.network.into()))),
    ("round", Cell::Number(|row| Some(row.round))),
    ("peer", Cell::Text(|row| Some(row.peer.clone()))),
    ("at", Cell::Text(|row| Some(row.at.clone()))),
    ("kind", Cell::Text(|row| Some(row.kind.into()))),
    ("question", Cell::Text(|row| row.question.clone())),
    ("outcome", Cell::Text(|row| Some(row.outcome.clone()))),
    ("version", Cell::Number(|row| row.version)),
    ("ms", Cell::Number(|row| Some(row.ms))),
    ("bytes", Cell::Number(|row| row.bytes)),
    ("column", Cell::Text(|row| row.column.clone())),
    ("value", Cell::Text(|row| row.value.clone())),
];

pub fn write(
    store: &mut Store,
    wanted: Selection,
    out: &mut (dyn Write + Send),
) -> Result<u64, CliError> {
    let mut columns = Columns::begin("row", COLUMNS, out)?;
    let (mut rows, mut written, mut failed) = (Vec::new(), 0, None);
    each(store, wanted, &mut |row| {
        rows.push(row);
        written += 1;
        if rows.len() == GROUP {
            failed = columns.rows(&rows).err();
            rows.clear();
        }
        failed.is_none()
    })?;
    if let Some(error) = failed {
        return Err(error.into());
    }
    columns.rows(&rows)?;
    columns.end()?;
    Ok(written)
}
