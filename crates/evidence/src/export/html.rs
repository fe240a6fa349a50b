//! The report as one page: no script, nothing loaded, readable in light and dark.

use std::io::{self, Write};

use swarmscope_wire::text;

use super::{Export, report};

const HEAD: &str = r#"<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
:root { color-scheme: light dark; --bg: #fcfcfa; --text: #1b222a; --muted: #55606d; --rule: #c2c9d1; --panel: #eff1f4 }
@media (prefers-color-scheme: dark) { :root { --bg: #11151b; --text: #dbe1e8; --muted: #8f9baa; --rule: #3f4b59; --panel: #1a2028 } }
body { background: var(--bg); color: var(--text); font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h1, h2 { font-family: Palatino, Georgia, serif; line-height: 1.2 } h2 { margin-top: 2.5rem }
table { border-collapse: collapse; width: 100%; font-size: .9rem } td, th { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0;
border-bottom: 1px solid var(--rule); overflow-wrap: anywhere } th { color: var(--muted); font-weight: normal }
th, td:first-child { overflow-wrap: normal }
@media print { body { max-width: none } tr { break-inside: avoid } }
</style>
"#;

pub fn write(export: Export<'_>, to: &mut impl Write) -> io::Result<()> {
    let (title, sections) = report::sections(export);
    let title = escaped(&title);
    write!(
        to,
        "<!doctype html>\n<html lang=\"en\"><head>{HEAD}<title>{title}</title></head>\n<body><h1>{title}</h1>\n"
    )?;
    for section in sections {
        writeln!(to, "<h2>{}</h2>", escaped(&section.heading))?;
        for paragraph in section.paragraphs {
            writeln!(to, "<p>{}</p>", escaped(&paragraph))?;
        }
        let mut rows = section.table.iter();
        let Some(header) = rows.next() else { continue };
        write!(to, "<table>")?;
        row(to, "th", header)?;
        for cells in rows {
            row(to, "td", cells)?;
        }
        writeln!(to, "</table>")?;
    }
    writeln!(to, "</body></html>")
}

fn row(to: &mut impl Write, tag: &str, cells: &[String]) -> io::Result<()> {
    write!(to, "<tr>")?;
    for cell in cells {
        write!(to, "<{tag}>{}</{tag}>", escaped(cell))?;
    }
    writeln!(to, "</tr>")
}

fn escaped(words: &str) -> String {
    let mut safe = String::with_capacity(words.len());
    for c in text::clean(&words.replace('\n', " ")).chars() {
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '"' => safe.push_str("&quot;"),
            c => safe.push(c),
        }
    }
    safe
}
