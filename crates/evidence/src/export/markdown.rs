//! The report as Markdown.

use std::io::{self, Write};

use swarmscope_wire::text;

use super::{Export, report};

pub fn write(export: Export<'_>, to: &mut impl Write) -> io::Result<()> {
    let (title, sections) = report::sections(export);
    writeln!(to, "# {}", cell(&title))?;
    for section in sections {
        writeln!(to, "\n## {}\n", cell(&section.heading))?;
        for paragraph in section.paragraphs {
            writeln!(to, "{}\n", cell(&paragraph))?;
        }
        for (n, row) in section.table.iter().enumerate() {
            let cells: Vec<String> = row.iter().map(|text| cell(text)).collect();
            writeln!(to, "| {} |", cells.join(" | "))?;
            if n == 0 {
                writeln!(to, "|{}", "---|".repeat(row.len()))?;
            }
        }
    }
    Ok(())
}

/// A text that came from anywhere: no control characters, and nothing that Markdown or HTML acts
/// on.
fn cell(words: &str) -> String {
    let mut safe = String::with_capacity(words.len());
    for c in text::clean(&words.replace('\n', " ")).chars() {
        if matches!(c, '|' | '<' | '>' | '[' | ']' | '`' | '*' | '_' | '\\' | '#' | '!' | '&') {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}
