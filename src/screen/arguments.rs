//! What commands do with an argument.

use super::actions as act;
use super::actions::Effects;
use super::many::acts as many;
use super::model::Model;
use super::msg::Effect;
use super::palette::line::Misfit;
use crate::screen::asking::messages::find;
use crate::screen::asking::sending;
use crate::screen::list::filtering;
use crate::screen::reply::saving::{Saving, What};
use crate::screen::reply::to_file;
use swarmscope_facts::capture;
use swarmscope_facts::export::format::extension;
use swarmscope_facts::list::By;
use swarmscope_facts::list::filter::Filter;
use swarmscope_facts::messages::all;
use swarmscope_facts::networks::AnyTarget;
use swarmscope_facts::reply::reading::View;
use swarmscope_probes::config_file::meant;
use swarmscope_wire::MessageId;

type Done = Result<Effects, Misfit>;

/// Nothing to offer.
pub const fn none(_: &Model, _: &str) -> Vec<String> {
    Vec::new()
}

pub fn filter(model: &mut Model, text: &str) -> Done {
    Filter::parse(text).map_err(|error| Misfit { at: error.at.start, what: error.to_string() })?;
    filtering::set(model, text);
    Ok(act::none())
}

pub fn sorts(model: &Model, _: &str) -> Vec<String> {
    model.kept.columns.sorts().iter().map(By::to_string).collect()
}

pub fn sort(model: &mut Model, text: &str) -> Done {
    let all = model.kept.columns.sorts();
    let names: Vec<String> = all.iter().map(By::to_string).collect();
    let by = all.iter().zip(&names).find(|(_, name)| *name == text).map(|(by, _)| *by);
    let by = by.ok_or_else(|| unknown("column", text, names.iter().map(String::as_str)))?;
    Ok(crate::screen::list::column_view::sort_by(model, by))
}

/// Where peers that are not connected were last seen.
pub fn targets(model: &Model, _: &str) -> Vec<String> {
    if model.setup.naming.privacy {
        return Vec::new();
    }
    model
        .facts
        .peers()
        .iter()
        .filter(|peer| !peer.is_up())
        .filter_map(swarmscope_facts::peer::Peer::target)
        .take(100)
        .collect()
}

pub fn connect(model: &mut Model, text: &str) -> Done {
    super::conditions::is_no_replay(model)?;
    Ok(act::connect_to(model, text.parse::<AnyTarget>()?))
}

pub fn messages(model: &Model, typed: &str) -> Vec<String> {
    if typed.contains(' ') {
        return Vec::new(); // the payload is being typed
    }
    all(model.registry()).into_iter().map(|known| known.name.to_lowercase()).collect()
}

/// Puts a message into the composer, and what follows it as the payload.
pub fn request(model: &mut Model, text: &str) -> Done {
    let (word, payload) = text.split_once(' ').unwrap_or((text, ""));
    let message = message(model, word)?;
    model.choose(message);
    if !payload.trim().is_empty() {
        model.composer.clear();
        if !model.composer.insert(payload.trim()) {
            return Err(Misfit { at: word.len() + 1, what: "too long for a payload".to_owned() });
        }
    }
    Ok(act::none())
}

pub fn send(model: &mut Model, text: &str) -> Done {
    let before = model.composer.clone();
    let done = request(model, text).and_then(|_| Ok(super::conditions::can_send(model)?));
    if done.is_err() {
        model.composer = before;
    }
    done.map(|()| sending::send(model))
}

/// The same to the marked peers, after a preview, where there are any.
pub fn send_now(model: &mut Model, text: &str) -> Done {
    if model.facts.marks().is_empty() {
        return send(model, text);
    }
    request(model, text)?;
    Ok(many::send(model))
}

fn message(model: &Model, word: &str) -> Result<MessageId, Misfit> {
    let found = find(model.registry(), word);
    let exact = found
        .iter()
        .find(|(known, _)| known.name.eq_ignore_ascii_case(word) || known.id.to_string() == word);
    let id = exact.map(|(known, _)| known.id).or_else(|| model.registry().find(word));
    id.ok_or_else(|| {
        let likely = found
            .first()
            .map(|(known, _)| format!(": did you mean {}?", known.name.to_lowercase()));
        format!("no message {word}{}", likely.unwrap_or_else(|| ": a name, or 0 to 255".to_owned()))
            .into()
    })
}

pub fn views(_: &Model, _: &str) -> Vec<String> {
    View::ALL.map(|view| view.name().to_owned()).to_vec()
}

pub fn view(model: &mut Model, text: &str) -> Done {
    let view = View::ALL.into_iter().find(|view| view.name() == text);
    model.reading.view =
        view.ok_or_else(|| unknown("view", text, View::ALL.iter().map(|view| view.name())))?;
    model.tabulate();
    model.compare();
    model.reading.line = 0;
    if model.reading.view == View::Hex {
        model.go_to_selected_bytes();
    }
    Ok(act::none())
}

/// Writes the payload of the reply to a file that is not there yet; what ends in `.pcapng`, the
/// conversation.
pub fn save_payload(model: &mut Model, text: &str) -> Done {
    if extension(text) == capture::EXTENSION {
        to_file::has_conversation(model)?;
        let saving = Saving::new(What::Conversation, text.to_owned());
        return Ok(to_file::write(model, &saving)?);
    }
    crate::screen::reply::copies::has_bytes(model)?;
    Ok(to_file::write(model, &Saving::new(What::Payload, text.to_owned()))?)
}

/// Writes the decoded reply to a file that is not there yet.
pub fn save_json(model: &mut Model, text: &str) -> Done {
    crate::screen::reply::copies::has_decoded(model)?;
    Ok(to_file::write(model, &Saving::new(What::Json, text.to_owned()))?)
}

pub fn themes(model: &Model, _: &str) -> Vec<String> {
    model.themes.clone()
}

pub fn theme(model: &mut Model, text: &str) -> Done {
    let known = || model.themes.iter().map(String::as_str);
    if known().any(|theme| theme == text) || model.themes.is_empty() {
        return Ok(vec![Effect::Theme(text.to_owned())]);
    }
    Err(unknown("theme", text, known().collect::<Vec<_>>().into_iter()))
}

/// `no theme is called lihgt: do you mean light?`
pub fn unknown<'a>(what: &str, text: &str, known: impl Iterator<Item = &'a str> + Clone) -> Misfit {
    let hint = match meant(text, known.clone()) {
        Some(meant) => format!("did you mean {meant}?"),
        None => format!("there are {}", known.collect::<Vec<_>>().join(", ")),
    };
    format!("no {what} {text}: {hint}").into()
}
