//! JSON for programs that a terminal may show as well.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter, PrettyFormatter};

use super::Cleaner;

/// JSON on one line, with everything that [`clean`](super::clean) would replace written as `\u`
/// escapes: programs get the exact text, and a terminal that shows it stays as it is.
///
/// # Errors
/// What the value's own serialization fails with.
pub fn json(value: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut line = Vec::new();
    write_json(&mut line, value)?;
    Ok(String::from_utf8(line).expect("JSON is made of strings"))
}

/// As [`json`], without a copy of it in memory.
///
/// # Errors
/// What the writer or the value's own serialization fails with.
pub fn write_json(out: impl Write, value: &impl Serialize) -> Result<(), serde_json::Error> {
    write(out, value, CompactFormatter)
}

/// As [`write_json`], with a line for each value.
///
/// # Errors
/// What the writer or the value's own serialization fails with.
pub fn write_json_pretty(out: impl Write, value: &impl Serialize) -> Result<(), serde_json::Error> {
    write(out, value, PrettyFormatter::new())
}

fn write(
    out: impl Write,
    value: &impl Serialize,
    layout: impl Formatter,
) -> Result<(), serde_json::Error> {
    let visible = Visible { layout, cleaner: Cleaner::default() };
    value.serialize(&mut serde_json::Serializer::with_formatter(out, visible))
}

/// Escapes what is not plainly visible.
struct Visible<F> {
    /// What stands between values.
    layout: F,
    cleaner: Cleaner,
}

/// What is left to the layout.
macro_rules! as_laid_out {
    ($($call:ident($($first:ident)?);)*) => {
        $(fn $call<W: ?Sized + Write>(&mut self, out: &mut W $(, $first: bool)?) -> io::Result<()> {
            self.layout.$call(out $(, $first)?)
        })*
    };
}

impl<F: Formatter> Formatter for Visible<F> {
    as_laid_out! {
        begin_array(); end_array(); begin_array_value(first); end_array_value();
        begin_object(); end_object(); begin_object_key(first); end_object_key();
        begin_object_value(); end_object_value();
    }

    fn begin_string<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.cleaner = Cleaner::default();
        CompactFormatter.begin_string(out)
    }

    /// What JSON itself escapes; a mark behind it would stand on the escape.
    fn write_char_escape<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        self.cleaner = Cleaner::default();
        CompactFormatter.write_char_escape(out, escape)
    }

    /// A stretch without anything that JSON itself escapes.
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut written = 0;
        for (at, c) in fragment.char_indices() {
            if self.cleaner.next(c) != c {
                out.write_all(&fragment.as_bytes()[written..at])?;
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}")?;
                }
                written = at + c.len_utf8();
            }
        }
        out.write_all(&fragment.as_bytes()[written..])
    }
}
