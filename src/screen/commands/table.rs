//! The table of commands. A key is written as people write it, a sequence of keys with blanks: `y
//! c`.

use super::arguments::ARGUMENTS;
use super::command::{Command, Foot, Group, Table};
use super::context::Context;
use crate::screen::actions as act;
use crate::screen::asking::{again, editing, sending};
use crate::screen::case::acts as case;
use crate::screen::conditions as when;
use crate::screen::keys::keymap::Keymap;
use crate::screen::keys::mouse;
use crate::screen::list::column_view;
use crate::screen::list::filtering;
use crate::screen::list::forgetting;
use crate::screen::list::marking;
use crate::screen::list::noting;
use crate::screen::list::saved_view;
use crate::screen::list::stepping;
use crate::screen::log::reading;
use crate::screen::many::acts as many;
use crate::screen::many::finding;
use crate::screen::map::acts as map;
use crate::screen::model::Model;
use crate::screen::moving as go;
use crate::screen::palette;
use crate::screen::peer_screen::{inspect, rows};
use crate::screen::reply::compare;
use crate::screen::reply::copies;
use crate::screen::reply::find;
use crate::screen::reply::tabular;
use crate::screen::reply::to_file;
use crate::screen::session::time;
use crate::screen::signals::acts as signals;
use crate::screen::terminal;
use crate::screen::zoom;

#[expect(clippy::unnecessary_wraps, reason = "stands in the table beside None")]
const fn foot(rank: u8, verb: &'static str) -> Option<Foot> {
    Some(Foot { rank, verb, right: false, to: nobody })
}

/// With how many peers it goes to.
#[expect(clippy::unnecessary_wraps, reason = "stands in the table beside None")]
const fn foot_to(rank: u8, verb: &'static str, to: fn(&Model) -> usize) -> Option<Foot> {
    Some(Foot { rank, verb, right: false, to })
}

const fn nobody(_: &Model) -> usize {
    0
}

#[expect(clippy::unnecessary_wraps, reason = "stands in the table beside None")]
const fn at_right(rank: u8, verb: &'static str) -> Option<Foot> {
    Some(Foot { rank, verb, right: true, to: nobody })
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

/// The program's commands.
pub static TABLE: Table = Table { commands: COMMANDS, arguments: ARGUMENTS };

impl Default for Keymap {
    /// The program's commands with their own keys.
    fn default() -> Self {
        Self::of_table(&TABLE)
    }
}

/// The table. Within one context a key stands once.
pub static COMMANDS: &[Command] = commands! {
    "up", Move, ["up", "k", "ctrl-p"], [Rows, Message, Palette, Against, Form], foot(80, "move"), when::always, go::up, "move";
    "down", Move, ["down", "j", "ctrl-n"], [Rows, Message, Palette, Against, Form], None, when::always, go::down, "move";
    "page up", Move, ["pgup", "ctrl-b"], [Rows, Message, Palette, Against, Form], None, when::always, go::page_up, "page";
    "page down", Move, ["pgdn", "ctrl-f"], [Rows, Message, Palette, Against, Form], None, when::always, go::page_down, "page";
    "half page up", Move, ["ctrl-u"], [Peers, PeersAlone, Channels, Reply, PeerScreen, ManyPreview, ManyRun, Log, Help], None, when::always, go::half_page_up, "half a page";
    "half page down", Move, ["ctrl-d"], [Peers, PeersAlone, Channels, Reply, PeerScreen, ManyPreview, ManyRun, Log, Help], None, when::always, go::half_page_down, "half a page";
    "first", Move, ["g", "home"], [Rows], None, when::always, go::first, "first, last";
    "last", Move, ["G", "end"], [Rows], None, when::always, go::last, "first, last";
    "next pane", Move, ["tab", "right", "l"], [Main], foot(60, "pane"), when::always, go::next_pane, "next pane, previous pane";
    "previous pane", Move, ["shift-tab", "left", "h"], [Main], None, when::always, go::pane_before, "next pane, previous pane";
    "open", Move, ["right", "l"], [PeersAlone], foot(10, "open"), when::has_peer, go::open, "open the peer";
    "zoom", Move, ["+"], [Moving], foot(62, "zoom"), zoom::can, zoom::toggle, "one pane, all panes";
    "back", Move, ["esc"], [Main], None, when::can_go_back, go::back, "back; show all peers";

    "inspect", Peers, ["i"], [Main], foot(45, "inspect"), when::has_peer, inspect::open, "conversation";
    "leave peer", Move, ["esc"], [PeerScreen], foot(5, "back"), when::always, inspect::leave, "back to the list";
    "next block", Move, ["tab"], [PeerScreen], foot(10, "pane"), when::always, inspect::next_block, "next block, previous block";
    "previous block", Move, ["shift-tab"], [PeerScreen], None, when::always, inspect::block_before, "next block, previous block";
    "previous byte", Move, ["left", "h"], [PeerScreen], foot(85, "byte"), inspect::in_bytes, inspect::byte_before, "move by one byte";
    "next byte", Move, ["right", "l"], [PeerScreen], None, inspect::in_bytes, inspect::next_byte, "move by one byte";
    "next peer", Peers, ["J"], [PeerScreen], foot(40, "other peer"), inspect::has_other_peers, inspect::next_peer, "next peer, previous peer";
    "previous peer", Peers, ["K"], [PeerScreen], None, inspect::has_other_peers, inspect::peer_before, "next peer, previous peer";
    "wait longer", Request, ["w"], [Main, PeerScreen], foot(58, "wait longer"), inspect::can_wait, inspect::wait_longer, "wait 60 s longer";

    "filter", Peers, ["/"], [Main], foot(40, "filter"), when::always, filtering::open, "filter by words and fields";
    "saved filters", Peers, ["F"], [Main], None, when::always, saved_view::open, "saved filters";
    "filter lines", Peers, ["/"], [PeerScreen], foot(20, "filter"), rows::can_filter, rows::filter, "lines that have these words";
    "keep line filter", Peers, ["enter"], [LineFilter], foot(10, "keep"), when::always, rows::keep_filter, "keep the filter";
    "show all lines", Peers, ["esc"], [LineFilter], foot(20, "show all"), when::always, rows::clear_filter, "show all lines";
    "next peer found", Move, ["n"], [Peers, PeersAlone], foot(12, "next found"), stepping::is_on, stepping::next_found, "next found, previous found";
    "previous peer found", Move, ["N"], [Peers, PeersAlone], None, stepping::is_on, stepping::found_before, "next found, previous found";
    "next log line found", Move, ["n"], [Log], foot(22, "next found"), reading::is_filtered, go::down, "next found, previous found";
    "previous log line found", Move, ["N"], [Log], None, reading::is_filtered, go::up, "next found, previous found";
    "next line found", Move, ["n"], [PeerScreen], foot(22, "next found"), rows::is_filtered, inspect::next_found, "next found, previous found";
    "previous line found", Move, ["N"], [PeerScreen], None, rows::is_filtered, inspect::found_before, "next found, previous found";
    "sort", Peers, ["o"], [Main], None, when::always, column_view::next_sort, "change the sort order";
    "reverse sort", Peers, ["O"], [Main], None, when::always, column_view::reverse, "reverse order";
    "columns", Peers, ["C"], [Main], None, when::always, column_view::open, "choose and sort columns";
    "mark", Peers, ["space"], [Peers, PeersAlone], foot(42, "mark"), when::has_peer, marking::mark, "mark or unmark, move down";
    "mark range", Peers, ["V"], [Peers, PeersAlone], None, when::has_peer, marking::range, "mark a range: V, move, V";
    "mark all", Peers, ["a"], [Main], None, when::has_peer, marking::mark_all, "mark all shown";
    "invert marks", Peers, ["I"], [Main], None, when::has_peer, marking::invert, "invert marks of all shown";
    "unmark all", Peers, ["u"], [Main], None, when::has_marks, marking::unmark_all, "unmark all";
    "note", Peers, [";"], [Main, PeerScreen], None, noting::can_note, noting::open, "write a note on the peer";
    "connect", Peers, ["c"], [Main], foot(50, "connect"), when::is_no_replay, act::connect, "connect to host:port";
    "disconnect", Peers, ["D"], [Main, PeerScreen], None, when::is_connected, act::disconnect, "close the connection";
    "forget", Peers, ["del", "X"], [Peers, PeersAlone], None, forgetting::can_forget, forgetting::forget, "forget it, if it is gone";
    "hide addresses", Peers, ["P", "t a"], [Moving], None, when::always, act::hide_addresses, "hide or show addresses";

    "send", Request, ["enter"], [Peers, PeersAlone], foot(10, "send"), when::can_send, sending::send, "send to the selected peer";
    "send now", Request, ["ctrl-s"], [Main, Sheet], foot_to(15, "send", many::marked), many::can_send, many::send, "send; to marked: preview";
    "request", Request, ["r"], [Main, PeerScreen], foot(20, "request"), when::always, act::choose_message, "choose message, frequency";
    "payload", Request, ["p"], [Main], None, when::takes_payload, act::edit, "edit the payload";
    "edit and resend", Request, ["e"], [Main, PeerScreen], foot(72, "edit, resend"), when::has_request, act::take_over, "edit and resend";
    "cancel request", Request, ["x"], [Main, PeerScreen], None, when::is_in_flight, act::cancel, "cancel the request";
    "resend", Request, ["R"], [Main, PeerScreen], None, again::can_resend, again::resend, "send the same bytes again";
    "copy command", Request, ["y c", "ctrl-y"], [Main, PeerScreen, Sheet], foot(70, "copy command"), when::has_target, copies::command, "copy as a command";

    "read", Reply, ["enter"], [Channels], foot(10, "read"), when::has_request, act::read, "read the reply";
    "unfold", Reply, ["enter", "space"], [Reply], foot(10, "unfold"), when::can_unfold, act::unfold, "open or close a value";
    "view", Reply, ["v"], [Main], foot(45, "view"), when::has_reply, act::view, "tree, table, text, hex, diff";
    "value left", Reply, ["left", "h"], [Table], foot(61, "column"), tabular::has_table, tabular::left, "column of a table";
    "value right", Reply, ["right", "l"], [Table], None, tabular::has_table, tabular::right, "column of a table";
    "sort rows", Reply, ["o"], [Table], foot(30, "sort"), tabular::has_table, tabular::sort, "sort by it; again: reverse";
    "diff", Reply, ["d"], [Main], None, compare::has_one_before, compare::with_the_one_before, "diff with the previous reply";
    "compare with", Reply, ["="], [Main], None, compare::has_others, compare::pick, "diff with another reply";
    "find", Reply, ["f"], [Main], None, find::has_reply, find::open, "find in the reply";
    "find here", Reply, ["/"], [Reply], foot(40, "find"), find::has_reply, find::open, "find in this pane";
    "next match", Reply, ["n"], [Main], foot(12, "next match"), find::is_on, find::next, "next match, previous match";
    "previous match", Reply, ["N"], [Main], None, find::is_on, find::before, "next match, previous match";
    "copy value", Reply, ["y v", "Y"], [Main], None, when::has_value, copies::value, "copy the selected value";
    "copy reply", Reply, ["y r"], [Main, PeerScreen], None, copies::has_decoded, copies::reply, "copy the reply as JSON";
    "copy bytes", Reply, ["y b"], [Main, PeerScreen], None, copies::has_bytes, copies::bytes, "copy the reply's bytes as hex";
    "copy permid", Peers, ["y p"], [Main, PeerScreen], None, copies::has_permid, copies::permid, "copy the permid";
    "copy address", Peers, ["y a"], [Main, PeerScreen], None, copies::has_open_address, copies::address, "copy the address";

    "edit here", Request, ["enter"], [Request], foot(10, "edit"), when::always, act::choose_message, "choose message, frequency";
    "choose", Request, ["enter"], [Message], foot(10, "choose"), when::finds_message, act::choose, "choose this message";
    "next field", Request, ["tab"], [Sheet], foot(20, "next field"), when::always, act::next_field, "next field, previous field";
    "previous field", Request, ["shift-tab"], [Sheet], None, when::always, act::field_before, "next field, previous field";
    "clear payload", Request, ["ctrl-k"], [Payload], foot(50, "clear"), when::always, act::clear_payload, "clear the payload";
    "default payload", Request, ["ctrl-r"], [Payload, Form], foot(55, "default"), when::always, act::default_payload, "the default payload";
    "edit in editor", Request, ["ctrl-o"], [Payload, Form], foot(45, "$EDITOR"), editing::can_edit, editing::edit, "edit the payload in $EDITOR";
    "undo payload", Request, ["ctrl-u"], [Payload, Form], None, when::always, editing::undo, "undo, else clear the field";
    "form or text", Request, ["ctrl-t"], [Sheet], foot(25, "form/text"), when::has_form, act::turn_form, "the payload as form or text";
    "send this", Request, ["enter"], [Frequency, Form], foot(12, "send"), when::can_send, sending::send, "send to the selected peer";
    "close composer", Request, ["esc"], [Sheet], foot(30, "close"), when::always, act::close, "close, keeping the input";

    "show these", Peers, ["enter"], [Filter], foot(10, "keep"), when::filter_reads, filtering::keep, "keep the filter";
    "show all", Peers, ["esc"], [Filter], foot(20, "show all"), when::always, filtering::clear, "show all peers";
    "complete filter", Peers, ["tab"], [Filter], foot(15, "complete"), when::has_candidates, filtering::next_candidate, "complete, next candidate";
    "previous candidate", Peers, ["shift-tab"], [Filter], None, when::has_candidates, filtering::candidate_before, "candidate before";
    "older filter", Peers, ["up", "ctrl-p"], [Filter], foot(40, "earlier filters"), when::always, filtering::older, "previous filter, next filter";
    "newer filter", Peers, ["down", "ctrl-n"], [Filter], None, when::always, filtering::newer, "previous filter, next filter";
    "apply filter", Peers, ["enter"], [Filters], foot(10, "apply"), saved_view::has_selected, saved_view::apply, "apply this filter";
    "save filter", Peers, ["s"], [Filters], foot(20, "save the current one"), saved_view::has_filter, saved_view::name, "save the current filter";
    "delete filter", Peers, ["d", "del"], [Filters], foot(30, "delete"), saved_view::has_selected, saved_view::delete, "delete it";
    "close filters", Peers, ["esc", "F"], [Filters], foot(40, "close"), when::always, act::close, "close";
    "save under name", Peers, ["enter"], [FilterName], foot(10, "save"), when::always, saved_view::save, "save it under this name";
    "leave name", Peers, ["esc"], [FilterName], foot(20, "back"), when::always, saved_view::leave_name, "back to the list";
    "show column", Peers, ["space", "enter"], [Columns], foot(10, "show or hide"), column_view::can_move, column_view::toggle, "show or hide the column";
    "column left", Peers, ["left", "h"], [Columns], foot(20, "move it"), column_view::can_move, column_view::left, "move the column";
    "column right", Peers, ["right", "l"], [Columns], None, column_view::can_move, column_view::right, "move the column";
    "sort by column", Peers, ["s", "o"], [Columns], foot(30, "sort by it"), when::always, column_view::sort_here, "sort by it; again: reverse";
    "reverse columns", Peers, ["O"], [Columns], foot(40, "reverse"), when::always, column_view::reverse, "reverse order";
    "default columns", Peers, ["d"], [Columns], foot(50, "defaults"), when::always, column_view::defaults, "default columns";
    "close columns", Peers, ["esc", "C"], [Columns], foot(15, "close"), when::always, act::close, "close";
    "keep note", Peers, ["enter"], [Note], foot(10, "keep"), when::always, noting::keep, "keep the note";
    "leave note", Peers, ["esc"], [Note, CaseNote, SetAside], foot(20, "discard"), when::always, act::close, "discard the changes";
    "dial", Peers, ["enter"], [Connect], foot(10, "connect"), when::is_target, act::dial, "connect to it";
    "do not dial", Peers, ["esc"], [Connect], foot(20, "close"), when::always, act::close, "close the prompt";

    "save payload", Reply, ["W s"], [Main, PeerScreen], None, copies::has_bytes, to_file::payload, "save the reply's bytes";
    "save JSON", Reply, ["W j"], [Main, PeerScreen], None, copies::has_decoded, to_file::json, "save the reply as JSON";
    "save requests", Peers, ["W x"], [Main, PeerScreen], None, to_file::has_requests, to_file::requests, "save the peer's requests";
    "save conversation", Peers, ["W c"], [Main, PeerScreen], None, to_file::has_conversation, to_file::conversation, "conversation as pcapng";
    "open in editor", Reply, ["W e"], [Main], None, to_file::has_view, to_file::edit, "open the view in $EDITOR";
    "open in pager", Reply, ["W p"], [Main], None, to_file::has_view, to_file::page, "open the view in $PAGER";
    "save", Reply, ["enter"], [Save], foot(10, "save"), to_file::has_name, to_file::save, "save to this file";
    "do not save", Reply, ["esc"], [Save], foot(20, "close"), when::always, act::close, "close the prompt";
    "keep finding", Reply, ["enter"], [Find], foot(10, "keep"), when::always, find::keep, "keep the matches";
    "do not find", Reply, ["esc"], [Find], foot(20, "clear"), when::always, find::clear, "clear the search";
    "compare", Reply, ["enter"], [Against], foot(10, "compare"), compare::finds_candidate, compare::choose, "compare with this reply";
    "do not compare", Reply, ["esc"], [Against], foot(20, "close"), when::always, act::close, "close";

    "send to all", Request, ["enter"], [ManyPreview], foot_to(10, "send", many::targets), many::can_start, many::start, "send to all listed";
    "edit request to many", Request, ["e"], [ManyPreview], foot(25, "edit"), when::always, many::edit, "edit message and payload";
    "rate", Request, ["v"], [ManyPreview], foot(30, "rate"), many::has_plan, many::edit_pace, "rate and concurrency";
    "keep rate", Request, ["enter"], [Pace], foot(10, "keep"), when::always, many::keep_pace, "keep this rate";
    "next rate field", Request, ["tab"], [Pace], foot(20, "next field"), when::always, many::next_pace_field, "other field";
    "drop rate", Request, ["esc"], [Pace], foot(30, "close"), when::always, act::close, "discard the changes";
    "marks", Peers, ["m"], [ManyPreview], foot(35, "marks"), when::has_marks, many::marks, "review the marks";
    "copy script", Request, ["y c"], [ManyPreview], foot(40, "copy command"), many::has_plan, many::copy_script, "copy as a shell script";
    "stop all", Request, ["S"], [Moving], foot(6, "stop all"), many::is_under_way, many::stop, "stop a request to many";
    "pause", Request, ["p"], [ManyRun], foot(35, "pause"), many::can_pause, many::pause, "pause or resume sending";
    "many", Request, ["M", "3"], [Moving, Log], foot(41, "many"), many::is_elsewhere, many::show, "requests to many";
    "look at request", Request, ["enter"], [Campaigns], foot(10, "open"), when::always, many::look_at_listed, "open this request to many";
    "stop request", Request, ["x"], [Campaigns], foot(20, "stop it"), many::can_stop_listed, many::stop_listed, "stop this request to many";
    "close requests", Request, ["esc", "M"], [Campaigns], foot(30, "close"), when::always, act::close, "close";
    "open group", Reply, ["enter"], [ManyRun], foot(10, "open"), many::has_peers, many::open, "open its peers, then a reply";
    "mark group", Peers, ["space"], [ManyRun], foot(30, "mark group"), many::has_peers, many::mark, "mark its peers only";
    "telling request", Request, ["r"], [ManyRun], foot(32, "prepare"), many::can_tell, many::tell, "prepare a follow-up request";
    "find in list", Reply, ["/"], [ManyPreview, ManyRun], foot(48, "find"), finding::can_find, finding::open, "find in this list";
    "keep words", Reply, ["enter"], [ManyFind], foot(10, "keep"), when::always, finding::keep, "keep the words";
    "drop words", Reply, ["esc"], [ManyFind], foot(20, "clear"), when::always, finding::clear, "clear the search";
    "next in list", Move, ["n"], [ManyPreview, ManyRun], foot(12, "next found"), finding::is_on, finding::next, "next found, previous found";
    "previous in list", Move, ["N"], [ManyPreview, ManyRun], None, finding::is_on, finding::before, "next found, previous found";
    "order answers", Reply, ["o"], [ManyRun], foot(45, "order"), many::has_many, many::order, "reorder the answers";
    "group by", Reply, ["b"], [ManyRun], foot(47, "group by"), many::has_many, many::group_by, "group with or without numbers";
    "export outcomes", Request, ["E"], [ManyScreen], foot(50, "export"), many::has_campaign, to_file::outcomes, "outcomes as NDJSON or CSV";
    "export whose", Request, ["tab"], [Save], foot(15, "all, group, marked"), to_file::has_whose, to_file::next_whose, "all, the group, the marked";
    "export bytes", Request, ["ctrl-b"], [Save], foot(16, "bytes"), to_file::has_lines, to_file::turn_bytes, "with the bytes of replies";
    "other list", Move, ["tab", "shift-tab", "left", "right"], [ManyScreen], foot(60, "pane"), many::has_other_pane, many::other_pane, "outcomes or answers";
    "leave", Move, ["esc"], [ManyScreen], foot(20, "back"), when::always, many::back, "back";
    "overview", Move, ["1"], [Moving, Log], None, when::always, map::overview, "how the swarm is, in figures";
    "list", Move, ["2"], [Moving, Log], None, when::always, map::list, "the list of peers";
    "map", Move, ["5"], [Moving, Log], None, when::always, map::map, "one cell a peer";
    "reach", Move, ["6"], [Moving, Log], None, when::always, map::reach, "who can reach whom, from NATs";
    "signals", Move, ["s s"], [Moving, Log], None, when::always, signals::show, "what looks odd, and why";
    "case", Move, ["s c"], [Moving, Log], None, when::always, case::show, "the case, or open one";
    "signal's peers", Peers, ["enter"], [Signals], foot(10, "its peers"), signals::has_card, signals::open, "its peers, marked";
    "mark its peers", Peers, ["space"], [Signals], foot(12, "mark"), signals::has_card, signals::mark, "mark its peers";
    "add to case", Request, ["A"], [Signals], foot(14, "add to case"), signals::can_add, signals::add, "write it into the case";
    "set aside", Request, ["X"], [Signals], foot(15, "set aside"), signals::has_card, signals::set_aside, "set aside, or take back";
    "keep reason", Request, ["enter"], [SetAside], foot(10, "set aside"), when::always, signals::keep_reason, "set it aside";
    "look again", More, ["c"], [Signals], foot(16, "look again"), when::always, signals::again, "look for signals again";
    "filter case", Move, ["/"], [Case], foot(18, "filter"), case::has_case, case::filter, "entries with these words";
    "keep case filter", Move, ["enter"], [CaseFilter], foot(10, "keep"), when::always, case::keep_filter, "keep the filter";
    "show whole case", Move, ["esc"], [CaseFilter], foot(20, "show all"), when::always, case::show_all, "show all entries";
    "note in case", Request, ["N"], [Case], foot(10, "note"), case::can_note, case::note, "a note about this entry";
    "check case", Request, ["c"], [Case], foot(12, "check"), case::is_open, case::check, "sign and check all of it";
    "export case", Request, ["E"], [Case], foot(14, "export"), case::is_open, case::ask_export, "export or report, by extension";
    "close case", Request, ["D"], [Case], foot(16, "close"), case::is_open, case::close, "sign it, write no more";
    "keep case note", Request, ["enter"], [CaseNote], foot(10, "write"), when::always, case::keep_note, "write the note";
    "leave signals", Move, ["esc"], [Signals, Case], foot(20, "list"), when::always, map::list, "back to the list";
    "leave figures", Move, ["esc"], [Figures, Map], foot(20, "list"), when::always, map::list, "back to the list";
    "cell left", Move, ["left", "h"], [Map], foot(81, "cell"), when::has_peer, map::left, "one cell left, one cell right";
    "cell right", Move, ["right", "l"], [Map], None, when::has_peer, map::right, "one cell left, one cell right";
    "open cell", Peers, ["enter", "i"], [Map], foot(10, "inspect"), when::has_peer, map::open, "the peer under the cursor";
    "colour by", Peers, ["v"], [Map], foot(30, "colour by"), map::has_answers, map::colour_by, "by outcome or by answer";
    "freeze", Time, ["z"], [Moving], None, time::is_live, time::freeze, "freeze or resume";
    "record", Time, ["t r"], [Moving], None, time::is_live, time::record, "start or stop recording";
    "pause replay", Time, ["space"], [Replay], foot(6, "pause"), time::is_replay, time::pause, "pause or resume";
    "step", Time, ["."], [Replay], foot(7, "step"), time::is_replay, time::step, "next message, previous message";
    "step back", Time, [","], [Replay], None, time::is_replay, time::step_back, "next message, previous message";
    "replay slower", Time, ["["], [Replay], foot(8, "speed"), time::is_replay, time::slower, "slower, faster";
    "replay faster", Time, ["]"], [Replay], None, time::is_replay, time::faster, "slower, faster";
    "normal speed", Time, ["\\"], [Replay], None, time::is_replay, time::normal_speed, "original speed";
    "back 10 s", Time, ["{"], [Replay], foot(9, "10 s"), time::is_replay, time::back, "10 s back, 10 s forward";
    "forward 10 s", Time, ["}"], [Replay], None, time::is_replay, time::forward, "10 s back, 10 s forward";
    "seek to the start", Time, ["0"], [Replay], None, time::is_replay, time::to_start, "go to start, go to end";
    "seek to the end", Time, ["$"], [Replay], None, time::is_replay, time::to_end, "go to start, go to end";
    "presenter", Time, ["t p"], [Moving], None, when::always, time::present, "layout for a projector";
    "key-cast", Time, ["t k"], [Moving], None, when::always, time::cast_keys, "show the keys pressed";

    "next step", More, ["n"], [Tour], foot(2, "next"), when::on_tour, act::next_step, "next step of the tour, back";
    "step before", More, ["b"], [Tour], None, when::on_tour, act::step_before, "next step of the tour, back";
    "pause tour", More, ["p"], [Tour], foot(3, "pause"), when::on_tour, act::pause_tour, "hold the tour, go on";
    "help", More, ["?", "f1"], [Moving, Sheet, Log], at_right(1, "help"), when::always, act::help, "this help";
    "close help", More, ["esc", "?", "f1"], [Help], foot(10, "close"), when::always, act::close_help, "close";
    "search help", More, ["/"], [Help], foot(20, "search keys"), when::always, act::search_help, "search in this help";
    "end search", More, ["esc"], [HelpSearch], foot(10, "end search"), when::always, act::end_search, "end the search";
    "commands", More, [":"], [Moving], foot(55, "commands"), when::always, act::palette, "all commands";
    "run", More, ["enter"], [Palette], foot(10, "run"), palette::can_run, palette::run, "run this command";
    "complete", More, ["tab"], [Palette], foot(15, "complete"), when::always, palette::complete, "complete what is typed";
    "complete backwards", More, ["shift-tab"], [Palette], None, when::always, palette::complete_back, "complete what is typed";
    "close commands", More, ["esc"], [Palette], foot(20, "close"), when::always, act::close, "close";
    "log", More, ["L", "4"], [Moving], None, when::always, act::log, "log";
    "filter log", More, ["/"], [Log], foot(20, "filter"), when::always, act::filter_log, "lines with these words";
    "keep log filter", More, ["enter"], [LogFilter], foot(10, "keep"), when::always, act::keep_log_filter, "keep the filter";
    "show whole log", More, ["esc"], [LogFilter], foot(20, "show all"), when::always, act::log, "show all lines";
    "close log", More, ["esc", "L"], [Log], foot(10, "close"), when::always, act::close, "close";
    "skip tour", More, ["T"], [Moving], foot(5, "skip tour"), when::on_tour, act::skip_tour, "skip the tour";
    "next theme", More, ["t t"], [Moving], None, when::always, terminal::next_theme, "next theme";
    "mouse", More, ["t m"], [Moving], None, when::always, mouse::switch, "mouse on or off";
    "redraw", More, ["ctrl-l", "f5", "ctrl-r"], [Any], None, when::always, terminal::redraw, "draw the whole screen again";
    "suspend", More, ["ctrl-z"], [Any], None, when::always, terminal::suspend, "back to the shell; fg resumes";
    "debug figures", More, ["t d"], [Moving], None, when::always, terminal::figures, "resource usage";
    "quit", More, ["q", "Z Z", "Z Q"], [Moving, Help, Log], at_right(2, "quit"), when::always, act::quit, "quit";
    "interrupt", More, ["ctrl-c"], [Any], at_right(3, "quit"), when::always, act::interrupt, "quit, exit code 130";
};
