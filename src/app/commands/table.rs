//! The table of commands. A key is written as people write it, a sequence of keys with blanks: `y c`.

use super::{Command, Context, Foot, Group};
use crate::app::actions as act;
use crate::app::conditions as when;
use crate::app::many::acts as many;
use crate::app::moving as go;
use crate::app::{again, compare, copies, palette};

#[expect(clippy::unnecessary_wraps, reason = "stands in the table beside None")]
const fn foot(rank: u8, verb: &'static str) -> Option<Foot> {
    Some(Foot { rank, verb, right: false })
}

#[expect(clippy::unnecessary_wraps, reason = "stands in the table beside None")]
const fn at_right(rank: u8, verb: &'static str) -> Option<Foot> {
    Some(Foot { rank, verb, right: true })
}

/// One row of the table.
macro_rules! commands {
    ($($name:literal, $group:ident, [$($key:expr),*], [$($context:ident),*], $foot:expr, $ready:path, $run:path, $doc:literal;)*) => {
        &[$(Command {
            name: $name,
            doc: $doc,
            group: Group::$group,
            keys: &[$($key),*],
            contexts: &[$(Context::$context),*],
            foot: $foot,
            ready: $ready,
            run: $run,
        },)*]
    };
}

/// The table. Within one context a key stands once.
pub static COMMANDS: &[Command] = commands! {
    "up", Move, ["up", "k"], [Rows, Message, Palette, Against], foot(80, "move"), when::always, go::up, "move";
    "down", Move, ["down", "j"], [Rows, Message, Palette, Against], None, when::always, go::down, "move";
    "page up", Move, ["pgup", "ctrl-b"], [Rows, Message, Palette, Against], None, when::always, go::page_up, "page";
    "page down", Move, ["pgdn", "ctrl-f"], [Rows, Message, Palette, Against], None, when::always, go::page_down, "page";
    "first", Move, ["g", "home"], [Rows], None, when::always, go::first, "first, last";
    "last", Move, ["G", "end"], [Rows], None, when::always, go::last, "first, last";
    "next pane", Move, ["tab", "right", "l"], [Main], foot(60, "pane"), when::always, go::next_pane, "next pane, back";
    "pane before", Move, ["shift-tab", "left", "h"], [Main], None, when::always, go::pane_before, "next pane, back";
    "open", Move, ["enter"], [PeersAlone], foot(10, "open"), when::has_peer, go::open, "open the peer";
    "back", Move, ["esc"], [Main], None, when::can_go_back, go::back, "back; show all peers";

    "filter", Peers, ["/"], [Main], foot(40, "filter"), when::always, act::filter, "filter by any words";
    "sort", Peers, ["o"], [Main], None, when::always, act::sort, "sort by something else";
    "connect", Peers, ["c"], [Main], foot(50, "connect"), when::always, act::connect, "connect to host:port";
    "disconnect", Peers, ["D"], [Main], None, when::is_connected, act::disconnect, "close the connection";
    "hide addresses", Peers, ["P", "t a"], [Moving], None, when::always, act::hide_addresses, "hide or show addresses";

    "send", Request, ["enter"], [Peers], foot(10, "send"), when::can_send, act::send, "send to the selected peer";
    "send now", Request, ["ctrl-s"], [Main, Sheet], foot(15, "send"), many::can_send, many::send, "send; to marked: preview";
    "request", Request, ["r"], [Main], foot(20, "request"), when::always, act::choose_message, "choose message, frequency";
    "payload", Request, ["p"], [Main], None, when::takes_payload, act::edit, "edit the payload";
    "edit and resend", Request, ["e"], [Main], None, when::has_request, act::take_over, "take a sent request over";
    "cancel request", Request, ["x"], [Main], None, when::is_in_flight, act::cancel, "cancel what is in flight";
    "resend", Request, ["R"], [Main, PeerScreen], None, again::can_resend, again::resend, "send the same bytes again";
    "copy command", Request, ["y c", "ctrl-y"], [Main, PeerScreen, Sheet], foot(70, "copy command"), when::has_target, copies::command, "copy as a command";

    "read", Reply, ["enter"], [Channels], foot(10, "read"), when::has_request, act::read, "read the reply";
    "unfold", Reply, ["enter", "space"], [Reply], foot(10, "unfold"), when::can_unfold, act::unfold, "open or close a value";
    "view", Reply, ["v"], [Main], foot(45, "view"), when::has_reply, act::view, "tree, text, hex, diff";
    "diff", Reply, ["d"], [Main], None, compare::has_one_before, compare::with_the_one_before, "diff with the reply before";
    "compare with", Reply, ["="], [Main], None, compare::has_others, compare::pick, "diff with a picked reply";
    "copy value", Reply, ["y v", "Y"], [Main], None, when::has_value, copies::value, "copy the selected value";
    "copy reply", Reply, ["y r"], [Main, PeerScreen], None, copies::has_decoded, copies::reply, "copy the reply as JSON";
    "copy bytes", Reply, ["y b"], [Main, PeerScreen], None, copies::has_bytes, copies::bytes, "copy the reply's bytes as hex";
    "copy permid", Peers, ["y p"], [Main, PeerScreen], None, copies::has_permid, copies::permid, "copy the permid";
    "copy address", Peers, ["y a"], [Main, PeerScreen], None, copies::has_open_address, copies::address, "copy the address";

    "edit here", Request, ["enter"], [Request], foot(10, "edit"), when::always, act::choose_message, "choose message, frequency";
    "choose", Request, ["enter"], [Message], foot(10, "choose"), when::finds_message, act::choose, "choose this message";
    "next field", Request, ["tab"], [Sheet], foot(20, "next field"), when::always, act::next_field, "next field, back";
    "field before", Request, ["shift-tab"], [Sheet], None, when::always, act::field_before, "next field, back";
    "clear payload", Request, ["ctrl-l"], [Payload], foot(50, "clear"), when::always, act::clear_payload, "empty the payload";
    "default payload", Request, ["ctrl-r"], [Payload], foot(55, "default"), when::always, act::default_payload, "the default payload";
    "send this", Request, ["enter"], [Frequency], foot(12, "send"), when::can_send, act::send, "send to the selected peer";
    "close composer", Request, ["esc"], [Sheet], foot(30, "close"), when::always, act::close, "close, keep what is typed";

    "show these", Peers, ["enter"], [Filter], foot(10, "keep"), when::always, act::close, "keep the filter";
    "show all", Peers, ["esc"], [Filter], foot(20, "show all"), when::always, act::clear_filter, "show all peers";
    "dial", Peers, ["enter"], [Connect], foot(10, "connect"), when::is_target, act::dial, "connect to it";
    "do not dial", Peers, ["esc"], [Connect], foot(20, "close"), when::always, act::close, "close the prompt";

    "compare", Reply, ["enter"], [Against], foot(10, "compare"), compare::finds_candidate, compare::choose, "compare with this reply";
    "do not compare", Reply, ["esc"], [Against], foot(20, "close"), when::always, act::close, "close";

    "send to all", Request, ["enter"], [ManyPreview], foot(10, "send to all"), many::can_start, many::start, "send to all that are listed";
    "edit request to many", Request, ["e"], [ManyPreview], foot(25, "edit"), when::always, many::edit, "edit message and payload";
    "rate", Request, ["v"], [ManyPreview], foot(30, "rate"), many::has_plan, many::edit_pace, "rate and how many wait";
    "keep rate", Request, ["enter"], [Pace], foot(10, "keep"), when::always, many::keep_pace, "keep this rate";
    "next rate field", Request, ["tab"], [Pace], foot(20, "next field"), when::always, many::next_pace_field, "the other field";
    "drop rate", Request, ["esc"], [Pace], foot(30, "close"), when::always, act::close, "leave the rate as it was";
    "copy script", Request, ["y c"], [ManyPreview], foot(40, "copy command"), many::has_plan, many::copy_script, "copy as a shell script";
    "stop all", Request, ["S"], [Moving], foot(6, "stop all"), many::is_under_way, many::stop, "stop a request to many";
    "pause", Request, ["p"], [ManyRun], foot(35, "pause"), many::is_under_way, many::pause, "pause it, go on with it";
    "many", Request, ["M"], [Moving], None, many::has_many, many::show, "the request to many";
    "open group", Reply, ["enter"], [ManyRun], foot(10, "open"), many::has_peers, many::open, "its peers, then the reply";
    "mark group", Peers, ["space"], [ManyRun], foot(30, "mark group"), many::has_peers, many::mark, "mark its peers only";
    "order answers", Reply, ["o"], [ManyRun], foot(45, "order"), many::has_many, many::order, "other order of the answers";
    "other list", Move, ["tab", "shift-tab", "left", "right"], [ManyRun], foot(60, "pane"), many::has_many, many::other_pane, "outcomes or answers";
    "leave", Move, ["esc"], [ManyScreen], foot(20, "back"), when::always, many::back, "back";

    "help", More, ["?", "f1"], [Moving, Sheet, Log], at_right(1, "help"), when::always, act::help, "this help";
    "close help", More, ["esc", "?", "f1"], [Help], foot(10, "close"), when::always, act::close, "close";
    "commands", More, [":"], [Moving], foot(55, "commands"), when::always, act::palette, "all commands";
    "run", More, ["enter"], [Palette], foot(10, "run"), palette::can_run, palette::run, "run this command";
    "complete", More, ["tab"], [Palette], foot(15, "complete"), when::always, palette::complete, "complete what is typed";
    "complete before", More, ["shift-tab"], [Palette], None, when::always, palette::complete_back, "complete what is typed";
    "close commands", More, ["esc"], [Palette], foot(20, "close"), when::always, act::close, "close";
    "log", More, ["L"], [Moving], None, when::always, act::log, "log";
    "close log", More, ["esc", "L"], [Log], foot(10, "close"), when::always, act::close, "close";
    "skip tour", More, ["T"], [Moving], foot(5, "skip tour"), when::on_tour, act::skip_tour, "skip the tour";
    "quit", More, ["q"], [Moving, Help, Log], at_right(2, "quit"), when::always, act::quit, "quit";
    "interrupt", More, ["ctrl-c"], [Any], at_right(3, "quit"), when::always, act::interrupt, "quit, exit code 130";
};
