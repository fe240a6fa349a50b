//! Saving a reply to a file, and opening what is shown in another program.

use super::saving::{Saving, What};
use std::path::PathBuf;

use bytes::Bytes;

use crate::screen::actions::{Effects, none};
use crate::screen::conditions::Ready;
use crate::screen::input::Input;
use crate::screen::log::Kind;
use crate::screen::many::file;
use crate::screen::mode::Mode;
use crate::screen::model::Model;
use crate::screen::msg::{Effect, Opener, Saved, Unsaved};
use crate::screen::reply::copies;
use crate::screen::reply::whole;
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
    model.mode = Mode::Save(Saving {
        what: What::Outcomes,
        input: Input::new(name),
        error: None,
        overwrite: false,
    });
    none()
}

/// The default: `9f3ac1-database-17.bin`, in the directory where the program was started.
fn open(model: &mut Model, what: What, ending: &str) -> Effects {
    let Some(request) = model.request() else { return none() };
    let who = model
        .peer()
        .and_then(Peer::permid)
        .map_or_else(|| "peer".to_owned(), |permid| model.naming().permid(&permid));
    let label = model.registry().label(request.message).to_lowercase();
    let name = format!("{who}-{label}-{}.{ending}", request.number);
    let name: String =
        name.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect();
    model.mode =
        Mode::Save(Saving { what, input: Input::new(name), error: None, overwrite: false });
    none()
}

pub(in crate::screen) fn save(model: &mut Model) -> Effects {
    let Mode::Save(saving) = &mut model.mode else { return none() };
    if let Err(why) = saving.what.fits(saving.input.text()) {
        saving.error = Some(why);
        return none();
    }
    let Mode::Save(saving) = &model.mode else { return none() };
    write(model, saving.what, saving.input.text(), saving.overwrite)
}

/// Has a file written.
pub(in crate::screen) fn write(model: &Model, what: What, name: &str, overwrite: bool) -> Effects {
    let contents = match what {
        What::Payload => copies::shown_reply(model).and_then(|reply| reply.payload.clone()),
        What::Json => copies::json(model).map(|json| Bytes::from(json + "\n")),
        What::Outcomes => file::contents(model, name.trim()),
    };
    let path = PathBuf::from(name.trim());
    contents.map(|contents| Effect::Save { path, contents, overwrite }).into_iter().collect()
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
