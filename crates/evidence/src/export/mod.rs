//! What a case says, for other programs and for people. Every format holds every field of
//! [`Record`](crate::record::Record) that it has a place for, and says what the case did not keep.

use std::io::{self, Write};

#[cfg(feature = "parquet")]
pub mod columns;
mod csv;
mod format;
mod html;
mod jsonl;
mod markdown;
#[cfg(feature = "parquet")]
mod parquet;
mod report;
mod stix;

pub use format::{Export, Format};

/// What a build without the feature `parquet` says.
pub const NO_PARQUET: &str = "this build has no Parquet support; build it with --features parquet";

/// Writes an export.
///
/// # Errors
/// The file system; a format that this build lacks ([`io::ErrorKind::Unsupported`]).
pub fn write(format: Format, export: Export<'_>, to: &mut (impl Write + Send)) -> io::Result<()> {
    match format {
        Format::Jsonl => jsonl::write(export, to),
        Format::Csv => csv::write(export, to),
        #[cfg(feature = "parquet")]
        Format::Parquet => parquet::write(export, to),
        #[cfg(not(feature = "parquet"))]
        Format::Parquet => Err(io::Error::new(io::ErrorKind::Unsupported, NO_PARQUET)),
        Format::Stix => stix::write(export, to),
        Format::Markdown => markdown::write(export, to),
        Format::Html => html::write(export, to),
    }
}
