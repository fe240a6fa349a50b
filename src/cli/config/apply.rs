//! From the file to defaults.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::ops::Range;
use std::path::Path;

use clap::builder::{OsStr, ValueParser};
use clap::{Arg, ArgAction, Command};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{LIMITS, name};
use swarmscope_peer::limits::{Limit, Limits};
use swarmscope_probes::config_file::{ConfigFile, Fault, meant};

/// The values of lines, by their places: `theme`, `request.timeout`, `key.new.out`.
pub type Lines = BTreeMap<String, Vec<String>>;

/// The sub-command whose options the program takes without one, too.
const WITHOUT: &str = "tui";

/// Reads and checks a file.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read(command: &Command, file: &ConfigFile) -> Result<Lines, Vec<Fault>> {
    let (table, faults) = file.table();
    let mut reading = Reading { file, faults, lines: Lines::new() };
    reading.top(command, &table);
    if reading.faults.is_empty() { Ok(reading.lines) } else { Err(reading.faults) }
}

/// The command line with these values in the place of its defaults.
pub fn with_defaults(command: Command, lines: &Lines) -> Command {
    let root = with_own(command, WITHOUT, lines);
    root.mut_subcommands(|command| {
        let section = command.get_name().to_owned();
        below(command, &section, lines)
    })
}

fn below(command: Command, section: &str, lines: &Lines) -> Command {
    with_own(command, section, lines).mut_subcommands(|command| {
        let section = format!("{section}.{}", command.get_name());
        below(command, &section, lines)
    })
}

fn with_own(command: Command, section: &str, lines: &Lines) -> Command {
    command.mut_args(|option| {
        let values = name(&option)
            .and_then(|name| lines.get(&format!("{section}.{name}")).or(lines.get(name)));
        match values.cloned() {
            Some(values) => {
                option.default_values(values.into_iter().map(OsStr::from)).required(false)
            }
            None => option,
        }
    })
}

struct Reading<'a> {
    file: &'a ConfigFile,
    faults: Vec<Fault>,
    lines: Lines,
}

impl Reading<'_> {
    fn wrong(&mut self, at: &Range<usize>, what: impl Into<String>) {
        self.faults.push(self.file.fault(at, what));
    }

    /// Lines for every command, and the sections.
    fn top(&mut self, command: &Command, table: &DeTable) {
        for (key, value) in table {
            let word: &str = key.as_ref();
            if let DeValue::Table(section) = value.get_ref() {
                self.section(command, "", key, section);
                continue;
            }
            let options: Vec<&Arg> =
                all_options(command).into_iter().filter(|o| name(o) == Some(word)).collect();
            if options.is_empty() {
                let known = all_options(command);
                self.unknown(key, known.iter().filter_map(|option| name(option)));
            }
            self.line("", &options, key, value);
        }
    }

    fn section(
        &mut self,
        command: &Command,
        above: &str,
        key: &Spanned<impl AsRef<str>>,
        table: &DeTable,
    ) {
        let word = key.as_ref().as_ref();
        let Some(command) = command
            .get_subcommands()
            .find(|command| command.get_name() == word && has_lines(command))
        else {
            let known = command
                .get_subcommands()
                .filter(|command| has_lines(command))
                .map(Command::get_name);
            let known: Vec<_> = known.collect();
            let what = format!("[{above}{word}] is not a section; sections: {}", known.join(", "));
            return self.wrong(&key.span(), what);
        };
        let place = format!("{above}{word}.");
        for (key, value) in table {
            let name_here: &str = key.as_ref();
            if let DeValue::Table(section) = value.get_ref() {
                self.section(command, &place, key, section);
                continue;
            }
            if let Some(limit) = Limit::find(name_here).filter(|_| word == LIMITS) {
                self.limit(limit, value);
                continue;
            }
            let options: Vec<&Arg> =
                command.get_arguments().filter(|o| name(o) == Some(name_here)).collect();
            if options.is_empty() {
                let limits = Limit::ALL.map(Limit::key).into_iter().filter(|_| word == LIMITS);
                self.unknown(key, command.get_arguments().filter_map(name).chain(limits));
            }
            self.line(&place, &options, key, value);
        }
    }

    fn limit(&mut self, limit: Limit, value: &Spanned<DeValue>) {
        if let Err(what) = number(limit, value.get_ref(), &mut Limits::default()) {
            self.wrong(&value.span(), what);
        }
    }

    fn unknown<'n>(
        &mut self,
        key: &Spanned<impl AsRef<str>>,
        known: impl Iterator<Item = &'n str>,
    ) {
        let word = key.as_ref().as_ref();
        let hint = match meant(word, known) {
            Some(meant) => format!("did you mean {meant}?"),
            None => "`swarmscope config` lists the options".to_owned(),
        };
        self.wrong(&key.span(), format!("unknown option {word:?}: {hint}"));
    }

    /// A line, whose values every option of its name has to take.
    fn line(
        &mut self,
        place: &str,
        options: &[&Arg],
        key: &Spanned<impl AsRef<str>>,
        value: &Spanned<DeValue>,
    ) {
        let Some(first) = options.first() else { return };
        let word = key.as_ref().as_ref();
        let values = match values(first, value) {
            Ok(values) => values,
            Err(what) => return self.wrong(&value.span(), format!("{word}: {what}")),
        };
        let directory = self.file.path.parent().unwrap_or(Path::new("")).to_owned();
        let values: Vec<String> =
            values.into_iter().map(|text| placed(first, text, &directory)).collect();
        if let Some(what) = options.iter().find_map(|option| refused(option, &values)) {
            return self.wrong(&value.span(), format!("{word}: {what}"));
        }
        self.lines.insert(format!("{place}{word}"), values);
    }
}

/// Sets a limit to a value of the file.
///
/// # Errors
/// It can't be that.
pub fn number(limit: Limit, value: &DeValue, limits: &mut Limits) -> Result<(), String> {
    let number = match value {
        DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
        _ => None,
    };
    let number = number.ok_or_else(|| format!("{}: use a whole number", limit.key()))?;
    limit.set(limits, number).map_err(|error| error.to_string())
}

/// Every option that a line at the top may mean.
fn all_options(command: &Command) -> Vec<&Arg> {
    let mut all: Vec<&Arg> = Vec::new();
    for command in command.get_subcommands().filter(|command| has_lines(command)) {
        all.extend(command.get_arguments().filter(|option| name(option).is_some()));
        all.extend(all_options(command));
    }
    all
}

/// Whether a section can be called like this command.
pub fn has_lines(command: &Command) -> bool {
    !command.is_hide_set()
        && (command.get_arguments().any(|option| name(option).is_some())
            || command.get_subcommands().any(has_lines))
}

/// Whether the option is on or off, and takes no value.
pub fn is_switch(option: &Arg) -> bool {
    matches!(option.get_action(), ArgAction::SetTrue)
}

/// Whether the option may be repeated.
pub fn is_list(option: &Arg) -> bool {
    matches!(option.get_action(), ArgAction::Append)
}

/// The value as one would write it on the command line.
fn values(option: &Arg, value: &Spanned<DeValue>) -> Result<Vec<String>, String> {
    match value.get_ref() {
        DeValue::Boolean(on) if is_switch(option) => Ok(vec![on.to_string()]),
        _ if is_switch(option) => Err("use true or false".into()),
        DeValue::Array(list) if is_list(option) => {
            list.iter().map(|it| plain(it.get_ref())).collect()
        }
        DeValue::Array(_) => Err("takes one value, not a list".into()),
        value => plain(value).map(|text| vec![text]),
    }
}

fn plain(value: &DeValue) -> Result<String, String> {
    match value {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Integer(number) => Ok(number.to_string()),
        DeValue::Float(number) => Ok(number.to_string()),
        _ => Err("use a quoted string or a number".into()),
    }
}

/// A file's name as seen from the directory of the configuration; `~/` is the home directory.
fn placed(option: &Arg, text: String, directory: &Path) -> String {
    if option.get_value_parser().type_id() != ValueParser::path_buf().type_id() {
        return text;
    }
    let home = text.strip_prefix("~/").and_then(|rest| Some(std::env::home_dir()?.join(rest)));
    home.unwrap_or_else(|| directory.join(&text)).to_string_lossy().into_owned()
}

/// What the option has against these values.
fn refused(option: &Arg, values: &[String]) -> Option<String> {
    let word = option.get_long().unwrap_or_default();
    let alone = Command::new("swarmscope")
        .no_binary_name(true)
        .disable_help_flag(true)
        .disable_version_flag(true);
    let option =
        (*option).clone().required(false).env(None::<&str>).default_values(Vec::<OsStr>::new());
    if is_switch(&option) {
        return None;
    }
    let line = values.iter().map(|value| format!("--{word}={value}"));
    let error = alone.arg(option).try_get_matches_from(line).err()?;
    Some(error.source().map_or_else(|| error.kind().to_string(), ToString::to_string))
}
