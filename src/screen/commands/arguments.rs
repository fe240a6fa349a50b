//! What commands take in the list of commands: `filter nat:sym`, `connect host:port`. One row a
//! command, by the name that it has in the table, and the word that is typed for it; a command
//! without a row takes nothing.

use super::command::Argument;
use crate::screen::arguments as arg;
use crate::screen::case::acts as case;
use crate::screen::session::time;

/// One row of the table.
macro_rules! arguments {
    ($($command:literal, $word:literal, $name:literal, $candidates:path, $run:path;)*) => {
        &[$(($command, Argument { word: $word, name: $name, candidates: $candidates, run: $run }),)*]
    };
}

pub(super) static ARGUMENTS: &[(&str, Argument)] = arguments! {
    "filter", "filter", "words", arg::none, arg::filter;
    "sort", "sort", "column", arg::sorts, arg::sort;
    "connect", "connect", "host:port", arg::targets, arg::connect;
    "send", "send", "message payload", arg::messages, arg::send;
    "send now", "send now", "message payload", arg::messages, arg::send_now;
    "request", "request", "message", arg::messages, arg::request;
    "view", "view", "name", arg::views, arg::view;
    "save payload", "save", "file", arg::none, arg::save_payload;
    "save JSON", "save json", "file", arg::none, arg::save_json;
    "case", "case", "file", arg::none, case::open;
    "export case", "case export", "file", arg::none, case::export;
    "seek to the start", "seek", "1:23", time::moments, time::seek_to;
    "normal speed", "speed", "4", time::speeds, time::speed_of;
    "next theme", "theme", "name", arg::themes, arg::theme;
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::commands::COMMANDS;

    #[test]
    fn every_row_is_of_a_command() {
        for (name, argument) in ARGUMENTS {
            assert!(COMMANDS.iter().any(|command| command.name == *name), "{name}");
            assert!(!argument.name.is_empty() && !argument.word.is_empty());
        }
    }
}
