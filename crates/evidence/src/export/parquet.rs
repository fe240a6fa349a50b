//! Parquet, a row for each question, as columns that DuckDB and pandas read: whole numbers as
//! INT64, texts as strings, payloads as bytes. What is not there is null.

use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, DataType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

use super::Export;
use crate::record::Record;

/// How a column's cell is made.
enum Cell {
    Number(fn(&Record) -> Option<u64>),
    Text(fn(&Record) -> Option<String>),
    Bytes(fn(&Record) -> Option<Vec<u8>>),
}

/// The columns, in the order of [`Record`].
const COLUMNS: &[(&str, Cell)] = &[
    ("entry", Cell::Number(|r| Some(r.entry))),
    ("end_entry", Cell::Number(|r| r.end_entry)),
    ("network", Cell::Text(|r| Some(r.network.clone()))),
    ("peer", Cell::Text(|r| r.peer.clone())),
    ("address", Cell::Text(|r| r.address.clone())),
    ("peer_version", Cell::Number(|r| r.peer_version)),
    ("question", Cell::Text(|r| Some(r.question.clone()))),
    ("message", Cell::Number(|r| r.message)),
    ("frequency_s", Cell::Number(|r| r.frequency_s)),
    ("round", Cell::Number(|r| r.round)),
    ("sent_at", Cell::Text(|r| Some(r.sent_at.clone()))),
    ("ended_at", Cell::Text(|r| r.ended_at.clone())),
    ("elapsed_us", Cell::Number(|r| r.elapsed_us)),
    ("outcome", Cell::Text(|r| Some(r.outcome.name().into()))),
    ("error", Cell::Number(|r| r.error)),
    ("code", Cell::Text(|r| r.code.clone())),
    ("by", Cell::Text(|r| r.by.clone())),
    ("request_bytes", Cell::Number(|r| r.request_bytes)),
    ("request_payload", Cell::Bytes(|r| r.request_payload.clone())),
    ("reply_bytes", Cell::Number(|r| r.reply_bytes)),
    ("parts", Cell::Number(|r| r.parts)),
    ("reply_payload", Cell::Bytes(|r| r.reply_payload.clone())),
    ("reply_sha256", Cell::Text(|r| r.reply_sha256.clone())),
    ("reply_masked", Cell::Text(|r| r.reply_masked.clone())),
    ("content", Cell::Text(|r| r.content.clone())),
    ("shape", Cell::Text(|r| r.shape.clone())),
    ("hash_algorithm", Cell::Text(|r| Some(r.hash_algorithm.into()))),
    ("notes", Cell::Text(|r| some(r.notes.join("\n")))),
    ("signals", Cell::Text(|r| some(r.signals.join(" ")))),
    ("program", Cell::Text(|r| r.program.clone())),
    ("identity", Cell::Text(|r| r.identity.clone())),
    ("withheld", Cell::Text(|r| some(r.withheld.join(" ")))),
];

fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

pub fn write(export: Export<'_>, to: &mut (impl Write + Send)) -> io::Result<()> {
    file(&export.contents.records, to).map_err(io::Error::other)
}

fn file(records: &[Record], to: &mut (impl Write + Send)) -> Result<(), ParquetError> {
    let field = |(name, cell): &(&str, Cell)| match cell {
        Cell::Number(_) => format!("OPTIONAL INT64 {name};"),
        Cell::Text(_) => format!("OPTIONAL BYTE_ARRAY {name} (UTF8);"),
        Cell::Bytes(_) => format!("OPTIONAL BYTE_ARRAY {name};"),
    };
    let fields: String = COLUMNS.iter().map(field).collect();
    let schema = Arc::new(parse_message_type(&format!("message question {{ {fields} }}"))?);
    let properties =
        Arc::new(WriterProperties::builder().set_compression(Compression::SNAPPY).build());
    let mut writer = SerializedFileWriter::new(to, schema, properties)?;
    let mut rows = writer.next_row_group()?;
    for (_, cell) in COLUMNS {
        match cell {
            Cell::Number(value) => {
                let value =
                    |record| value(record).map(|number| i64::try_from(number).unwrap_or(i64::MAX));
                column::<_, Int64Type>(&mut rows, records.iter().map(value))?;
            }
            Cell::Text(value) => {
                let value = |record| value(record).map(|text| ByteArray::from(text.into_bytes()));
                column::<_, ByteArrayType>(&mut rows, records.iter().map(value))?;
            }
            Cell::Bytes(value) => {
                column::<_, ByteArrayType>(
                    &mut rows,
                    records.iter().map(|r| value(r).map(ByteArray::from)),
                )?;
            }
        }
    }
    rows.close()?;
    writer.close().map(drop)
}

/// Writes the next column: values where there are some, and for each row whether there is one.
fn column<W: Write + Send, T: DataType>(
    rows: &mut SerializedRowGroupWriter<'_, W>,
    cells: impl Iterator<Item = Option<T::T>>,
) -> Result<(), ParquetError> {
    let cells: Vec<Option<T::T>> = cells.collect();
    let levels: Vec<i16> = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
    let values: Vec<T::T> = cells.into_iter().flatten().collect();
    let mut column = rows
        .next_column()?
        .ok_or_else(|| ParquetError::General("fewer columns than the schema".into()))?;
    column.typed::<T>().write_batch(&values, Some(&levels), None)?;
    column.close()
}
