//! Every view there is: the keys that lead to it from the main screen, what is pasted there, and
//! the keys behind that.

use swarmscope::screen::{Effect, Key, Model, Msg};

use crate::fixture::{fold, press};

/// A view, by its name: keys, whether something is pasted, keys.
pub struct View(pub &'static str, pub &'static str, pub bool, pub &'static str);

/// A line each. A new view is added here, and is tried with hostile text, in plain characters, and
/// for what it copies.
pub const VIEWS: &[View] = &[
    View("the list", "", false, ""),
    View("channels", "tab", false, ""),
    View("a reply as a tree", "tab tab", false, ""),
    View("a reply unfolded", "tab enter enter down enter", false, ""),
    View("a reply as text", "tab v", false, ""),
    View("a reply as bytes", "tab v v", false, ""),
    View("another reply as text", "tab down v", false, ""),
    View("the oldest reply", "tab G v", false, ""),
    View("a diff", "tab d", false, ""),
    View("what to compare with", "=", true, ""),
    View("a comparison", "= enter", false, ""),
    View("finding", "f", true, ""),
    View("found", "tab v f", true, "enter n"),
    View("choosing a message", "r", true, ""),
    View("the frequency", "r enter", true, ""),
    View("the payload", "p", true, ""),
    View("the filter", "/", true, ""),
    View("the filter in force", "/", true, "enter"),
    View("filters", "F", false, ""),
    View("a filter's name", "/ 9 f enter F s", true, ""),
    View("a saved filter", "/ 9 f enter F s", true, "enter"),
    View("a note", "N", true, ""),
    View("a note in the list", "N", true, "enter"),
    View("columns", "C", false, ""),
    View("connecting", "c", true, ""),
    View("connecting in vain", "c", true, "enter"),
    View("help", "?", false, ""),
    View("searching the help", "? /", true, ""),
    View("commands", ":", true, ""),
    View("the log", "L", false, ""),
    View("the log's filter", "L /", true, ""),
    View("which key", "y", false, ""),
    View("one peer", "i", false, ""),
    View("one peer, its conversation", "i tab", false, ""),
    View("one peer, further down", "i tab down down down enter", false, ""),
    View("one peer, its bytes", "i tab tab tab", false, ""),
    View("marked", "space space", false, ""),
    View("a request to many before", "a ctrl-s", false, ""),
    View("finding in answers", "a ctrl-s enter /", true, ""),
    View("found in answers", "a ctrl-s enter /", true, "enter n"),
    View("its rate", "a ctrl-s v", true, ""),
    View("a request to many", "a ctrl-s enter", false, ""),
    View("a file's name", "tab W s", true, ""),
    View("another file's name", "tab W j", true, ""),
    View("for a projector", "t p", false, ""),
    View("the map", "5", false, ""),
    View("the map for a projector", "t p 5", false, ""),
    View("with the keys pressed", "t k tab v", false, ""),
    View("held still", "z", false, ""),
    View("figures of the program", "t d", false, ""),
    View("the payload as a form", "p ctrl-t", true, ""),
    View("the payload for another editor", "p", true, "ctrl-o"),
    View("one peer, noted", "i N", true, "enter"),
    View("sorted", "o o o O", false, ""),
];

/// Sizes of every layout.
pub const SIZES: [(u16, u16); 5] = [(200, 60), (120, 40), (80, 24), (60, 20), (40, 10)];

/// Keys as people write them.
pub fn keys(text: &str) -> Vec<Key> {
    text.split_whitespace().map(|key| key.parse().expect("a key")).collect()
}

/// Goes to a view; what is done outside on the way there.
pub fn go(model: &mut Model, View(_, before, pastes, after): &View, text: &str) -> Vec<Effect> {
    let mut effects = press(model, &keys(before));
    if *pastes {
        let now = model.now;
        effects.extend(fold(model, now, Msg::Paste(text.to_owned())));
    }
    effects.extend(press(model, &keys(after)));
    effects
}
