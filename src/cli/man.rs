//! `swarmscope man`: the manual page, one for all sub-commands, made from the option parser's own
//! list.

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::{CliError, output};
use crate::screen::Keymap;
use crate::screen::commands::{COMMANDS, Group};

const FILES: [(&str, &str); 6] = [
    ("~/.config/swarmscope/config.toml", "options; swarmscope config prints a template"),
    ("~/.config/swarmscope/keymap.toml", "key bindings; swarmscope keymap prints those in effect"),
    ("~/.config/swarmscope/themes/NAME.toml", "your themes, for --theme NAME"),
    ("~/.config/swarmscope/probes/*.toml", "your message ids"),
    ("~/.config/swarmscope/crawlers.txt", "the allow-list, unless --allow-file names another"),
    ("~/.local/share/swarmscope", "the default identities"),
];

const EXIT: [(&str, &str); 12] = [
    ("0", "success"),
    ("1", "a local file or port"),
    ("2", "usage"),
    ("3", "could not connect"),
    ("4", "handshake, version or authentication"),
    ("5", "closed without a reply: not on the allow-list, or refused"),
    ("6", "timeout"),
    ("10", "error 254: asked too often"),
    ("11", "error 253: unknown message"),
    ("12", "another error byte"),
    ("13", "the reply could not be decoded"),
    ("130", "interrupted"),
];

/// Prints the page.
///
/// # Errors
/// Standard output can't be written.
pub fn run(command: Command) -> Result<u8, CliError> {
    output::write_text(&String::from_utf8_lossy(&page(command)?))?;
    Ok(0)
}

/// The page of this command line.
fn page(command: Command) -> Result<Vec<u8>, CliError> {
    let mut command = without_help(command).disable_help_subcommand(true);
    command.build();
    let whole = Man::new(command.clone());
    let mut page = Vec::new();
    whole.render_title(&mut page)?;
    whole.render_name_section(&mut page)?;
    whole.render_synopsis_section(&mut page)?;
    text_section(&command).to_writer(&mut page)?;
    below(&mut page, &command, "swarmscope")?;
    let mut rest = Roff::new();
    keys(&mut rest);
    named(&mut rest, "FILES", &FILES);
    named(&mut rest, "EXIT STATUS", &EXIT);
    rest.to_writer(&mut page)?;
    Ok(page)
}

/// Every command has --help; saying so once is enough.
fn without_help(command: Command) -> Command {
    command.disable_help_flag(true).mut_subcommands(without_help)
}

/// What `--help` says below the options.
fn text_section(command: &Command) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["DESCRIPTION"]);
    as_written(&mut roff, command);
    roff
}

/// The sub-commands of a command that can be used, in the order of `--help`.
fn below(page: &mut Vec<u8>, command: &Command, called: &str) -> Result<(), CliError> {
    let usable = |sub: &&Command| !sub.is_hide_set();
    let mut subs: Vec<&Command> = command.get_subcommands().filter(usable).collect();
    subs.sort_by_key(|sub| sub.get_display_order());
    subs.into_iter().try_for_each(|sub| about(page, sub, &format!("{called} {}", sub.get_name())))
}

/// A sub-command, and those below it.
fn about(page: &mut Vec<u8>, command: &Command, called: &str) -> Result<(), CliError> {
    let man = Man::new(command.clone());
    let mut head = Roff::new();
    head.control("SH", [called.to_uppercase().as_str()]);
    head.to_writer(page)?;
    let mut part = Vec::new();
    man.render_synopsis_section(&mut part)?;
    man.render_description_section(&mut part)?;
    if command.get_arguments().any(|option| !option.is_hide_set()) {
        man.render_options_section(&mut part)?;
    }
    // its headings become paragraphs of this section
    for line in String::from_utf8_lossy(&part).lines() {
        let line = if line.starts_with(".SH") { ".PP" } else { line };
        page.extend([line.as_bytes(), b"\n"].concat());
    }
    let mut tail = Roff::new();
    as_written(&mut tail, command);
    tail.to_writer(page)?;
    below(page, command, called)
}

/// Examples and the like: what is indented stays as it is, the rest is filled.
fn as_written(roff: &mut Roff, command: &Command) {
    let Some(text) = command.get_after_help() else { return };
    roff.control("PP", []);
    for line in text.to_string().lines() {
        match line.strip_prefix("  ") {
            _ if line.is_empty() => roff.control("PP", []),
            Some(example) => {
                roff.control("RS", ["2"]).control("nf", []).text([roman(example)]);
                roff.control("fi", []).control("RE", [])
            }
            None => roff.text([roman(line)]),
        };
    }
}

/// The keys of the screen, by heading: those of the table of commands.
fn keys(roff: &mut Roff) {
    let keymap = Keymap::default();
    roff.control("SH", ["KEYS"]);
    roff.text([roman(
        "Defaults of the screen; keymap.toml can change them. ? lists the keys of the current \
         view.",
    )]);
    for group in Group::ALL {
        roff.control("SS", [group.title()]);
        for command in COMMANDS.iter().filter(|command| command.group == group) {
            let keys: Vec<String> = keymap.of(command).iter().map(ToString::to_string).collect();
            let places: Vec<&str> =
                command.contexts.iter().map(|context| context.place()).collect();
            roff.control("TP", ["20"]);
            roff.text([bold(keys.join(", "))]);
            roff.text([roman(format!(
                "{}: {} ({})",
                command.name,
                command.doc,
                places.join(", ")
            ))]);
        }
    }
}

/// A section of names and what they are.
fn named(roff: &mut Roff, title: &str, entries: &[(&str, &str)]) {
    roff.control("SH", [title]);
    for (name, is) in entries {
        roff.control("TP", []);
        roff.text([bold(*name)]);
        roff.text([roman(*is)]);
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::{Cli, help};

    #[test]
    fn the_page_has_every_command_and_option() {
        let page = page(help::with_help(Cli::command())).unwrap();
        let page = String::from_utf8(page).unwrap().replace("\\-", "-");
        for command in Cli::command().get_subcommands().filter(|c| !c.is_hide_set()) {
            assert!(
                page.contains(&format!(
                    "\n.SH \"SWARMSCOPE {}\"",
                    command.get_name().to_uppercase()
                )),
                "{page}"
            );
            for option in command.get_arguments().filter(|option| !option.is_hide_set()) {
                let long = option.get_long().map(|long| format!("--{long}"));
                assert!(long.is_none_or(|long| page.contains(&long)), "{option}");
            }
        }
        assert!(page.contains("swarmscope demo --headless --json"), "examples");
        assert!(page.starts_with(".ie") || page.contains(".TH swarmscope 1"));
    }
}
