//! A JSON object a line: the case, then a record for each question, then notes and signals.

use std::io::{self, Write};

use serde_json::{Value, json};
use swarmscope_wire::text;

use super::Export;

pub fn write(export: Export<'_>, to: &mut impl Write) -> io::Result<()> {
    let Export { contents, signals, program, now, verified } = export;
    let mut line = |kind: &str, value: Value| {
        let mut object = json!({ "record": kind });
        if let (Some(object), Value::Object(fields)) = (object.as_object_mut(), value) {
            object.extend(fields);
        }
        writeln!(to, "{}", text::json(&object)?)
    };
    let head = json!({
        "case": contents.head, "entries": contents.entries, "exported_by": program, "exported_at": now, "verified": verified,
    });
    line("case", head)?;
    for record in &contents.records {
        line("question", serde_json::to_value(record)?)?;
    }
    for (entry, text) in &contents.notes {
        line("note", json!({ "entry": entry, "text": text }))?;
    }
    for signal in signals {
        line("signal", serde_json::to_value(signal)?)?;
    }
    Ok(())
}
