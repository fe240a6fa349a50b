//! All of what a view of a reply shows, as one text for another program: clean, and masked where
//! addresses are hidden.

use std::fmt::Write as _;

use crate::screen::conditions::Ready;
use crate::screen::model::{Model, tree_of};
use crate::screen::reply::copies::{has_bytes, payload};
use swarmscope_facts::format::clock;
use swarmscope_facts::reply::View;
use swarmscope_facts::reply::text::{bytes, diff_line, lines, tree};
use swarmscope_facts::request::Request;
use swarmscope_facts::words;
use swarmscope_wire::text::clean;

/// The text, with a heading.
pub(in crate::screen) fn text(model: &Model) -> Option<String> {
    can_be(model).ok()?;
    let request = model.request()?;
    let mut text = heading(model, request);
    match model.reading.shows() {
        View::Tree => tree(&mut text, tree_of(request)?, 0),
        View::Table => rows(&mut text, model)?,
        View::Text => lines(&mut text, payload(model)?),
        View::Hex => bytes(&mut text, payload(model)?),
        View::Diff => {
            let (name, diff) = model.compared()?;
            let _ = writeln!(text, "with {}\n", clean(name));
            diff.lines.iter().for_each(|line| diff_line(&mut text, line));
        }
    }
    Some(if model.setup.naming.privacy {
        model.setup.naming.mask.text(&text).into_owned()
    } else {
        text
    })
}

/// Its rows as they are shown, with tabs between the values.
fn rows(text: &mut String, model: &Model) -> Option<()> {
    let (table, tree) = (model.reading.table.as_ref()?, tree_of(model.request()?)?);
    let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    let _ = writeln!(text, "{}", names.join("\t"));
    for row in 0..table.len() {
        let values = table.values(tree, row).iter().map(|value| value.value.as_str());
        let _ = writeln!(text, "{}", values.collect::<Vec<_>>().join("\t"));
    }
    Some(())
}

pub(in crate::screen) fn can_be(model: &Model) -> Ready {
    let reply = model.request().and_then(Request::reply).ok_or("no reply to open")?;
    match model.reading.shows() {
        View::Hex => has_bytes(model),
        View::Diff => {
            model.compared().map(drop).ok_or_else(|| "nothing to compare with".to_owned())
        }
        _ if reply.payload.is_none() => {
            Err("bytes dropped to make room for newer replies".to_owned())
        }
        View::Tree | View::Table if reply.decoding.is_none() => {
            Err("still being decoded".to_owned())
        }
        View::Tree | View::Table | View::Text => Ok(()),
    }
}

/// `# DATABASE #17 from 9f3a…c1, error 0, success, 12:03:31Z`.
fn heading(model: &Model, request: &Request) -> String {
    let who = model.selected.as_ref().map(|key| model.name_of(key)).unwrap_or_default();
    let label = model.registry().label(request.message);
    let what = request
        .reply()
        .map(|reply| format!("{}, {}", words::reply_error(reply), clock(reply.at.wall)));
    format!("# {label} #{} from {who}, {}\n", request.number, what.unwrap_or_default())
}
