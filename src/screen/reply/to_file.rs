//! Saving a reply to a file, and opening what is shown in another program.

use super::saving::{Saving, What, Whose};
use std::path::PathBuf;

use bytes::Bytes;

use crate::screen::actions::{Effects, none};
use crate::screen::conditions::Ready;
use crate::screen::log::Kind;
use crate::screen::many::file;
use crate::screen::mode::Mode;
use crate::screen::model::Model;
use crate::screen::msg::{Effect, Opener, Saved, Unsaved};
use crate::screen::reply::copies;
use crate::screen::reply::whole;
use swarmscope_facts::capture;
use swarmscope_facts::export::Format;
use swarmscope_facts::export::format::extension;
use swarmscope_facts::format::size;
use swarmscope_facts::peer::Peer;
use swarmscope_wire::text::clean;

pub(in crate::screen) fn payload(model: &mut Model) -> Effects {
    open(model, What::Payload, "bin")
}

pub(in crate::screen) fn json(model: &mut Model) -> Effects {
    open(model, What::Json, "json")
}

/// The default: `many-database-120431.ndjson`.
pub(in crate::screen) fn outcomes(model: &mut Model) -> Effects {
    let Some(name) = file::name(model) else { return none() };
    model.mode = Mode::Save(Saving::new(What::Outcomes, name));
    none()
}

/// The default: `9f3ac1-requests.ndjson`.
pub(in crate::screen) fn requests(model: &mut Model) -> Effects {
    let name = named(&format!("{}-requests.ndjson", who(model)));
    model.mode = Mode::Save(Saving::new(What::Requests, name));
    none()
}

/// The default: `9f3ac1.pcapng`.
pub(in crate::screen) fn conversation(model: &mut Model) -> Effects {
    let name = named(&format!("{}.{}", who(model), capture::EXTENSION));
    model.mode = Mode::Save(Saving::new(What::Conversation, name));
    none()
}

pub(in crate::screen) fn has_conversation(model: &Model) -> Ready {
    let any = model.conversation().is_some_and(|all| !all.lines().is_empty());
    if any { Ok(()) } else { Err("no conversation yet".to_owned()) }
}

fn who(model: &Model) -> String {
    let permid = model.peer().and_then(Peer::permid);
    permid.map_or_else(|| "peer".to_owned(), |permid| model.naming().permid(&permid))
}

/// A name of nothing but what every file system takes.
fn named(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect()
}

/// The default: `9f3ac1-database-17.bin`, in the directory where the program was started.
fn open(model: &mut Model, what: What, ending: &str) -> Effects {
    let Some(request) = model.request() else { return none() };
    let label = model.registry().label(request.message).to_lowercase();
    let name = named(&format!("{}-{label}-{}.{ending}", who(model), request.number));
    model.mode = Mode::Save(Saving::new(what, name));
    none()
}

pub(in crate::screen) fn save(model: &mut Model) -> Effects {
    let Mode::Save(saving) = &model.mode else { return none() };
    let written = write(model, saving);
    written.unwrap_or_else(|why| {
        if let Mode::Save(saving) = &mut model.mode {
            saving.error = Some(why);
        }
        none()
    })
}

/// Has a file written.
///
/// # Errors
/// The name is of something else; in words.
pub(in crate::screen) fn write(model: &Model, saving: &Saving) -> Result<Effects, String> {
    let name = saving.input.text().trim();
    let contents = match saving.what {
        What::Conversation => {
            ends_in(name, capture::EXTENSION)?;
            file::conversation(model)
        }
        What::Payload => {
            is_no_format(name)?;
            copies::shown_reply(model).and_then(|reply| reply.payload.clone())
        }
        What::Json => {
            ends_in(name, "json")?;
            copies::json(model).map(|json| Bytes::from(json + "\n"))
        }
        What::Outcomes => file::outcomes(model, saving, Format::of(name)?),
        What::Requests => file::requests(model, saving, Format::of(name)?),
    };
    let (path, overwrite) = (PathBuf::from(name), saving.overwrite);
    let effect = |contents| Effect::Save { path, contents, overwrite };
    Ok(contents.map(effect).into_iter().collect())
}

/// What a file is called says what stands in it.
fn ends_in(name: &str, known: &str) -> Result<(), String> {
    match &*extension(name) {
        "" => Ok(()),
        extension if extension == known => Ok(()),
        other => Err(format!(".{} is not supported: use .{known}", clean(other))),
    }
}

/// Bytes of a peer may be called anything but what this program writes itself.
fn is_no_format(name: &str) -> Result<(), String> {
    let extension = extension(name);
    if Format::of(name).is_ok() || extension == capture::EXTENSION {
        return Err(format!("these are the reply's bytes, not .{extension}: use .bin"));
    }
    Ok(())
}

pub(in crate::screen) fn has_requests(model: &Model) -> Ready {
    let any = model.peer().is_some_and(|peer| !peer.requests.is_empty());
    if any { Ok(()) } else { Err("this peer was asked nothing".to_owned()) }
}

pub(in crate::screen) fn has_whose(model: &Model) -> Ready {
    match &model.mode {
        Mode::Save(saving) if saving.what == What::Outcomes => Ok(()),
        _ => Err("there is one thing to save".to_owned()),
    }
}

/// All, the selected group, the marked.
pub(in crate::screen) fn next_whose(model: &mut Model) -> Effects {
    let any_marked = file::chosen(model, Whose::Marked).next().is_some();
    let Mode::Save(saving) = &mut model.mode else { return none() };
    saving.typed();
    saving.whose = match saving.whose {
        Whose::All => Whose::Selected,
        Whose::Selected if any_marked => Whose::Marked,
        Whose::Selected | Whose::Marked => Whose::All,
    };
    none()
}

pub(in crate::screen) fn has_lines(model: &Model) -> Ready {
    match &model.mode {
        Mode::Save(saving) if saving.is_lines() => Ok(()),
        _ => Err("these are bytes, or one value".to_owned()),
    }
}

/// With or without the bytes of replies.
pub(in crate::screen) fn turn_bytes(model: &mut Model) -> Effects {
    if let Mode::Save(saving) = &mut model.mode {
        saving.typed();
        saving.bytes = !saving.bytes;
    }
    none()
}

pub(in crate::screen) fn has_name(model: &Model) -> Ready {
    match &model.mode {
        Mode::Save(saving) if saving.input.text().trim().is_empty() => {
            Err("enter a file name".to_owned())
        }
        _ => Ok(()),
    }
}

/// What became of a file.
pub(in crate::screen) fn saved(model: &mut Model, saved: Saved) {
    let path = clean(&saved.path).into_owned();
    match (saved.outcome, &mut model.mode) {
        (Ok(bytes), mode) => {
            if matches!(mode, Mode::Save(_)) {
                *mode = Mode::Main;
            }
            model.say(Kind::Done, format!("saved to {path}, {}", size(bytes)));
        }
        (Err(Unsaved::IsThere), Mode::Save(saving)) => {
            saving.error = Some("file exists; enter again to overwrite".to_owned());
            saving.overwrite = true;
        }
        (Err(Unsaved::Failed(why)), Mode::Save(saving)) => {
            saving.error = Some(format!("not saved: {}; type another name", clean(&why)));
        }
        (Err(why), _) => {
            let why = match why {
                Unsaved::IsThere => "file exists".to_owned(),
                Unsaved::Failed(why) => clean(&why).into_owned(),
            };
            model.say(Kind::NotDone, format!("not saved to {path}: {why}"));
        }
    }
}

pub(in crate::screen) fn edit(model: &mut Model) -> Effects {
    show(model, Opener::Editor)
}

pub(in crate::screen) fn page(model: &mut Model) -> Effects {
    show(model, Opener::Pager)
}

fn show(model: &mut Model, opener: Opener) -> Effects {
    whole::text(model).map(|text| Effect::Open { opener, text }).into_iter().collect()
}

/// What became of the other program.
pub(in crate::screen) fn opened(model: &mut Model, why_not: Option<String>) {
    match why_not {
        Some(why) => model.say(Kind::NotDone, format!("not opened: {}", clean(&why))),
        None => model.say(Kind::Plain, "back; the opened copy was deleted"),
    }
}

pub(in crate::screen) fn has_view(model: &Model) -> Ready {
    whole::can_be(model)
}
