//! What the commands of a case do, and what is told of it.

use std::path::PathBuf;

use super::{Case, Connected, Order, Told};
use crate::screen::actions::{Effects, none};
use crate::screen::conditions::{self, Ready};
use crate::screen::input::Input;
use crate::screen::log::Kind;
use crate::screen::mode::Mode;
use crate::screen::model::Model;
use crate::screen::msg::Effect;
use crate::screen::palette::line::{Misfit, Palette};
use crate::screen::session::time;
use crate::screen::which::Screen;
use swarmscope_facts::format::{counted, thousands};

type Done = Result<Effects, Misfit>;

/// # Errors
/// No case is written to.
pub fn is_open(model: &Model) -> Ready {
    let open = model.case.as_ref().is_some_and(Case::is_open);
    if open { Ok(()) } else { Err("no case is open: `:case FILE` opens or creates one".into()) }
}

/// # Errors
/// There is none.
pub fn has_case(model: &Model) -> Ready {
    let any = model.case.is_some();
    if any { Ok(()) } else { Err("no case yet: `:case FILE` opens or creates one".into()) }
}

/// # Errors
/// No entry is selected, or nothing can be written.
pub fn can_note(model: &Model) -> Ready {
    is_open(model)?;
    let entry = model.case.as_ref().and_then(Case::entry);
    entry.map(drop).ok_or_else(|| "no entry is selected".to_owned())
}

/// Shows the case; where there is none, asks for its file.
pub fn show(model: &mut Model) -> Effects {
    if model.case.is_some() {
        (model.screen, model.mode) = (Screen::Case, Mode::Main);
    } else {
        ask(model, "case ");
    }
    none()
}

/// Opens the list of commands with this typed.
fn ask(model: &mut Model, typed: &str) {
    model.mode = Mode::Palette(Palette { input: Input::new(typed), ..Palette::default() });
}

/// # Errors
/// A case is open, or this is a replay.
pub fn open(model: &mut Model, text: &str) -> Done {
    time::is_live(model)?;
    conditions::is_no_replay(model)?;
    if let Some(case) = model.case.as_ref().filter(|case| case.is_open()) {
        return Err(format!("{} is open: `:case close` first", case.name()).into());
    }
    // as it is typed in a shell
    let file = text.strip_prefix("new ").map_or(text, str::trim_start);
    Ok(order_open(model, file.into()))
}

/// The order to open it, with who is connected.
#[must_use]
pub fn order_open(model: &Model, path: PathBuf) -> Effects {
    let peers = model.facts.peers().iter().filter(|peer| peer.is_up());
    let connected = peers.filter_map(|peer| {
        let (permid, address) = (peer.permid()?, peer.address?);
        Some(Connected { permid, address, version: peer.version? })
    });
    let (private, peers) = (model.setup.naming.privacy, connected.collect());
    vec![Effect::Case(Order::Open { path, private, peers })]
}

/// # Errors
/// No case is open.
pub fn export(model: &mut Model, text: &str) -> Done {
    is_open(model)?;
    Ok(vec![Effect::Case(Order::Export(PathBuf::from(text)))])
}

/// Asks for the file that it is exported to.
pub fn ask_export(model: &mut Model) -> Effects {
    ask(model, "case export ");
    none()
}

#[must_use]
pub fn check(_: &mut Model) -> Effects {
    vec![Effect::Case(Order::Check)]
}

#[must_use]
pub fn close(_: &mut Model) -> Effects {
    vec![Effect::Case(Order::Close)]
}

/// Types a note about the selected entry.
pub fn note(model: &mut Model) -> Effects {
    let entry = model.case.as_ref().and_then(Case::entry).map(|entry| entry.index);
    model.mode = Mode::CaseNote(Input::default(), entry);
    none()
}

pub fn keep_note(model: &mut Model) -> Effects {
    let Mode::CaseNote(input, about) = std::mem::take(&mut model.mode) else { return none() };
    if input.text().trim().is_empty() {
        return none();
    }
    vec![Effect::Case(Order::Note(input.text().to_owned(), about.into_iter().collect()))]
}

pub fn step(model: &mut Model, by: isize) {
    let Some(case) = &mut model.case else { return };
    let listed: Vec<usize> = case.listed().collect();
    let Some(last) = listed.len().checked_sub(1) else { return };
    // where the filter hides the selected one, from the next one that it leaves
    let at = listed.partition_point(|row| *row < case.row()).min(last);
    let row = listed[at.saturating_add_signed(by).min(last)];
    case.at = (row + 1 < case.entries.len()).then_some(row); // the newest follows what comes
}

/// Types what the entries must have that are listed.
pub fn filter(model: &mut Model) -> Effects {
    model.mode = Mode::CaseFilter;
    none()
}

/// Goes on with the entries that the filter leaves, at the newest of them.
pub fn keep_filter(model: &mut Model) -> Effects {
    model.mode = Mode::Main;
    if let Some(case) = &mut model.case {
        let hidden = !case.listed().any(|row| row == case.row());
        case.at = if hidden { case.listed().last().or(case.at) } else { case.at };
    }
    none()
}

/// Lists all of them again.
pub fn show_all(model: &mut Model) -> Effects {
    model.mode = Mode::Main;
    if let Some(case) = &mut model.case {
        case.filter = Input::default();
    }
    none()
}

/// What became of an order.
pub fn told(model: &mut Model, told: Told) {
    let now = model.now;
    match told {
        Told::Opened(head) => {
            let (is_new, shown) = (head.is_new, head.path.display().to_string());
            model.case = Some(Case::new(head));
            let what = if is_new { "new case" } else { "continuing the case" };
            model.say(Kind::Done, format!("{what} {shown}: each question and its end is an entry"));
        }
        Told::Entries(entries) => {
            if let Some(case) = &mut model.case {
                case.take(entries);
            }
        }
        Told::Checked(checked) => {
            let words = match &checked.fault {
                None => format!("{} checked: all hold", counted_entries(checked.entries)),
                Some((entry, why)) => format!("entry {} does not hold: {why}", thousands(*entry)),
            };
            let kind = if checked.fault.is_none() { Kind::Done } else { Kind::NotDone };
            model.say(kind, words);
            if let Some(case) = &mut model.case {
                if let Some((bad, _)) = &checked.fault {
                    case.at = case.entries.iter().position(|entry| entry.index == *bad);
                }
                case.checked = Some((now, checked));
            }
        }
        Told::Exported(path, questions) => {
            let questions = counted(usize::try_from(questions).unwrap_or(usize::MAX), "question");
            model.say(Kind::Done, format!("{questions} in {}", path.display()));
        }
        Told::NotDone(why) => model.say(Kind::NotDone, why),
        Told::Closed(how) => {
            match &how {
                Ok(()) => model.say(Kind::Done, "the case is signed and closed".to_owned()),
                Err(why) => model.say(Kind::NotDone, format!("the case is not written to: {why}")),
            }
            if let Some(case) = &mut model.case {
                case.closed = Some(how);
            }
        }
    }
}

/// `1 entry`, `1 204 entries`.
#[must_use]
pub fn counted_entries(count: u64) -> String {
    let word = if count == 1 { "entry" } else { "entries" };
    format!("{} {word}", thousands(count))
}
