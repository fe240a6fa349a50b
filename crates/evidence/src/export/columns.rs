//! Rows of any kind as a Parquet file: whole numbers as INT64, texts as strings, payloads as bytes.
//! What is not there is null.

use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, DataType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

/// How a column's cell is made of a row.
#[derive(Clone, Copy, Debug)]
pub enum Cell<R> {
    /// A whole number.
    Number(fn(&R) -> Option<i64>),
    /// A text.
    Text(fn(&R) -> Option<String>),
    /// Bytes as they came.
    Bytes(fn(&R) -> Option<Vec<u8>>),
}

/// A file of rows with these columns. It is whole only after [`Columns::end`].
pub struct Columns<W: Write + Send, R: 'static> {
    writer: SerializedFileWriter<W>,
    columns: &'static [(&'static str, Cell<R>)],
}

impl<W: Write + Send, R> Columns<W, R> {
    /// Begins the file. `row` names what a row is.
    ///
    /// # Errors
    /// The file system; a name that can't be one of a column.
    pub fn begin(
        row: &str,
        columns: &'static [(&'static str, Cell<R>)],
        to: W,
    ) -> io::Result<Self> {
        let field = |(name, cell): &(&str, Cell<R>)| match cell {
            Cell::Number(_) => format!("OPTIONAL INT64 {name};"),
            Cell::Text(_) => format!("OPTIONAL BYTE_ARRAY {name} (UTF8);"),
            Cell::Bytes(_) => format!("OPTIONAL BYTE_ARRAY {name};"),
        };
        let fields: String = columns.iter().map(field).collect();
        let schema = parse_message_type(&format!("message {row} {{ {fields} }}"))?;
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let writer = SerializedFileWriter::new(to, Arc::new(schema), Arc::new(properties))?;
        Ok(Self { writer, columns })
    }

    /// Writes rows, as a group of their own: many at once take less room than one after the other.
    ///
    /// # Errors
    /// The file system.
    pub fn rows(&mut self, rows: &[R]) -> io::Result<()> {
        let mut group = self.writer.next_row_group()?;
        for (_, cell) in self.columns {
            match cell {
                Cell::Number(value) => column::<_, Int64Type>(&mut group, rows.iter().map(value))?,
                Cell::Text(value) => {
                    let value = |row| value(row).map(|text| ByteArray::from(text.into_bytes()));
                    column::<_, ByteArrayType>(&mut group, rows.iter().map(value))?;
                }
                Cell::Bytes(value) => {
                    let value = |row| value(row).map(ByteArray::from);
                    column::<_, ByteArrayType>(&mut group, rows.iter().map(value))?;
                }
            }
        }
        group.close()?;
        Ok(())
    }

    /// Writes the end.
    ///
    /// # Errors
    /// The file system.
    pub fn end(self) -> io::Result<()> {
        self.writer.close()?;
        Ok(())
    }
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
