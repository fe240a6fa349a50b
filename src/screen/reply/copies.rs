//! What can be copied: each a text that is clean, masked where addresses are hidden, and short
//! enough for a terminal's clipboard.

use crate::screen::actions::{Effects, none, not_done};
use crate::screen::asking::command::to_selected;
use crate::screen::conditions::Ready;
use crate::screen::log::Kind;
use crate::screen::mode::Pane;
use crate::screen::model::Model;
use crate::screen::msg::Effect;
use swarmscope_facts::format::size;
use swarmscope_facts::peer::Peer;
use swarmscope_facts::reply::reading::Row;
use swarmscope_facts::request::{Reply, Request};
use swarmscope_wire::text::{self, ELLIPSIS, clean};

/// The most bytes that are copied: with the escape sequence around them, in base64, they are the
/// 100 000 bytes that the strictest of the usual terminals take.
const MOST: usize = 74_994;

/// Puts a text into the terminal's clipboard, or says why not.
fn copy(model: &mut Model, what: &str, text: String) -> Effects {
    if text.len() > MOST {
        let save = model.key_of("save payload");
        let (is, most) = (size(text.len()), size(MOST));
        let why = format!(
            "{is} is too long for a terminal's clipboard ({most} at most): {save} saves it instead"
        );
        not_done(model, &format!("copy {what}"), &why);
        return none();
    }
    model.say(Kind::Done, format!("copied the {what}, {}", size(text.len())));
    vec![Effect::Copy(text)]
}

/// A text without what is to stay hidden.
fn masked(model: &Model, text: &str) -> String {
    let text = clean(text);
    if model.setup.naming.privacy {
        model.setup.naming.mask.text(&text).into_owned()
    } else {
        text.into_owned()
    }
}

/// The request that is looked at; from the list and the composer, the one in the composer.
pub fn command(model: &mut Model) -> Effects {
    if model.target().is_none() {
        return none();
    }
    let looked_at = model.request().filter(|_| {
        !model.mode.composes()
            && matches!(model.focus, Pane::Channels | Pane::Reply)
            && model.target().is_some()
    });
    let (what, command) = match looked_at {
        Some(request) => {
            let mut composer = model.composer.clone();
            composer.take_over(request.message, request.frequency, &request.payload);
            (format!("command of #{}", request.number), to_selected(model, &composer))
        }
        None => ("command".to_owned(), to_selected(model, model.candidate())),
    };
    let Some(command) = command else { return none() };
    let hidden = |line: &str| {
        if model.setup.naming.privacy {
            model.setup.naming.mask.text(line).into_owned()
        } else {
            line.to_owned()
        }
    };
    let command = hidden(&command);
    if model.setup.naming.privacy && command.contains("hex:") {
        not_done(
            model,
            "copy command",
            "its payload is not text, and bytes are hidden in privacy mode",
        );
        return none();
    }
    copy(model, &what, command)
}

/// The selected value, all of it also where the tree shows its beginning.
pub fn value(model: &mut Model) -> Effects {
    let Some(row) = model.cell().or_else(|| model.reading.selected().cloned()) else {
        return none();
    };
    let text = whole(&row, payload(model)).unwrap_or_else(|| row.value.clone());
    let text = masked(model, &text);
    copy(model, "value", text)
}

/// The value that the tree has cut, from the bytes that it came from.
fn whole(row: &Row, payload: Option<&[u8]>) -> Option<String> {
    let span = row.span.clone().filter(|_| row.open.is_none() && row.value.contains(ELLIPSIS))?;
    let bytes = payload?.get(span)?;
    Some(if text::is_text(bytes) { text::clean_bytes(bytes) } else { text::hex(bytes) })
}

/// The decoded reply, as `request --json` has it.
pub fn reply(model: &mut Model) -> Effects {
    let Some(json) = json(model) else { return none() };
    copy(model, "decoded reply", json)
}

pub fn permid(model: &mut Model) -> Effects {
    let Some(permid) = model.peer().and_then(Peer::permid) else { return none() };
    let text = if model.setup.naming.privacy {
        model.setup.naming.mask.permid(&permid)
    } else {
        permid.to_string()
    };
    copy(model, "permid", text)
}

pub fn address(model: &mut Model) -> Effects {
    let Some(target) = model.target() else { return none() };
    let target = masked(model, &target);
    copy(model, "address", target)
}

pub fn bytes(model: &mut Model) -> Effects {
    let Some(digits) = payload(model).map(|payload| text::hex(&payload[..payload.len().min(MOST)]))
    else {
        return none();
    };
    copy(model, "bytes", digits)
}

/// The selected reply's JSON on one line, as it may leave the program.
pub(in crate::screen) fn json(model: &Model) -> Option<String> {
    let decoded = &shown_reply(model)?.decoding.as_ref()?.decoded;
    let json = if model.setup.naming.privacy {
        text::json(&model.setup.naming.mask.decoded(decoded.clone()).json)
    } else {
        text::json(&decoded.json)
    };
    json.ok() // values are always written
}

pub(in crate::screen) fn shown_reply(model: &Model) -> Option<&Reply> {
    model.request().and_then(Request::reply)
}

pub(in crate::screen) fn payload(model: &Model) -> Option<&[u8]> {
    shown_reply(model)?.payload.as_deref()
}

// --- when they can be
// ---------------------------------------------------------------------------------------------------

pub fn has_permid(model: &Model) -> Ready {
    model
        .peer()
        .and_then(Peer::permid)
        .map(drop)
        .ok_or_else(|| "identity unknown: connect first".to_owned())
}

pub fn has_decoded(model: &Model) -> Ready {
    let decoding = shown_reply(model).and_then(|reply| reply.decoding.as_ref());
    decoding.map(drop).ok_or_else(|| "no decoded reply".to_owned())
}

/// Addresses may stand in any of the bytes.
pub fn has_bytes(model: &Model) -> Ready {
    if model.setup.naming.privacy {
        return Err(format!(
            "bytes are hidden with the addresses: {} shows them",
            model.key_of("hide addresses")
        ));
    }
    if shown_reply(model).is_some_and(|reply| reply.as_read) {
        return Err(format!(
            "the bytes of such answers are not kept: {} copies what was read in them",
            model.key_of("copy reply")
        ));
    }
    payload(model).map(drop).ok_or_else(|| "no reply bytes in memory".to_owned())
}

pub fn has_open_address(model: &Model) -> Ready {
    if model.setup.naming.privacy {
        return Err(format!("addresses are hidden: {} shows them", model.key_of("hide addresses")));
    }
    crate::screen::conditions::has_target(model)
}
