//! What a command is, and a table of them.

use super::context::Context;
use crate::screen::model::Model;
use crate::screen::msg::Effect;
use crate::screen::palette::line::Misfit;

/// A heading of the help.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Group {
    Move,
    Peers,
    Request,
    Reply,
    Time,
    More,
}

impl Group {
    pub const ALL: [Self; 6] =
        [Self::Move, Self::Peers, Self::Request, Self::Reply, Self::Time, Self::More];

    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Move => "MOVE",
            Self::Peers => "PEERS",
            Self::Request => "REQUEST",
            Self::Reply => "REPLY",
            Self::Time => "TIME",
            Self::More => "MORE",
        }
    }
}

/// How a command stands in the footer.
#[derive(Clone, Copy, Debug)]
pub struct Foot {
    /// Lower comes first and stays longest.
    pub rank: u8,
    pub verb: &'static str,
    /// At the right end, where it never falls off.
    pub right: bool,
    /// How many peers it goes to, where it goes to many; with 0 that isn't said.
    pub to: fn(&Model) -> usize,
}

/// One command.
#[derive(Debug)]
pub struct Command {
    /// How the list of commands calls it.
    pub name: &'static str,
    /// One line: what it does.
    pub doc: &'static str,
    pub group: Group,
    /// Its keys unless the operator's key map says otherwise.
    pub keys: &'static [&'static str],
    pub contexts: &'static [Context],
    pub foot: Option<Foot>,
    /// Whether it can be done now; if not, why.
    pub ready: fn(&Model) -> Result<(), String>,
    pub run: fn(&mut Model) -> Vec<Effect>,
}

impl Command {
    /// What it does by itself: a pair such as `first, last` has one doc for both.
    #[must_use]
    pub fn own_doc(&self, table: &Table) -> &'static str {
        let pair = |other: &&Self| {
            other.doc == self.doc && other.name != self.name && other.contexts == self.contexts
        };
        let (Some(other), Some((one, two))) =
            (table.commands.iter().find(pair), self.doc.split_once(", "))
        else {
            return self.doc;
        };
        let place = |command: &Self| table.commands.iter().position(|of| of.name == command.name);
        if place(self) < place(other) { one } else { two }
    }

    /// Why it can't be done now.
    #[must_use]
    pub fn ready_reason(&self, model: &Model) -> Option<String> {
        (self.ready)(model).err()
    }
}

/// Something to be said with a command.
#[derive(Debug)]
pub struct Argument {
    /// What is typed for the command: mostly its name.
    pub word: &'static str,
    /// What to type behind it: `host:port`.
    pub name: &'static str,
    /// Whole arguments that may be meant, from what is typed so far; the list of commands searches
    /// in them.
    pub candidates: fn(&Model, &str) -> Vec<String>,
    /// Does it. The argument is not empty, and has no blanks around it.
    pub run: fn(&mut Model, &str) -> Result<Vec<Effect>, Misfit>,
}

/// All commands, and what some of them take.
#[derive(Debug)]
pub struct Table {
    pub commands: &'static [Command],
    /// By the names of their commands.
    pub arguments: &'static [(&'static str, Argument)],
}

impl Table {
    /// The command of this name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&'static Command> {
        self.commands.iter().find(|command| command.name == name)
    }

    /// What a command takes, if it takes something.
    #[must_use]
    pub fn argument(&self, command: &Command) -> Option<&'static Argument> {
        self.arguments.iter().find(|(name, _)| *name == command.name).map(|(_, argument)| argument)
    }
}
