//! The documentation's table of keys is what the table of commands says.

use std::fmt::Write as _;
use std::fs;

use swarmscope::screen::Keymap;
use swarmscope::screen::commands::{COMMANDS, Command, Context, Group, TABLE};
use swarmscope::screen::keys::keymap;
use swarmscope::screen::palette::listed;
use swarmscope_probes::config_file::ConfigFile;

const SCREEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/screen.md");
const CONFIGURATION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md");
const BEGIN: &str = "<!-- keys: UPDATE_README=1 cargo test --test screen readme -->\n";
const END: &str = "<!-- /keys -->\n";

/// One row a heading: the keys of commands that say the same, and what they do.
fn table() -> String {
    let keymap = Keymap::default();
    let shown = |command: &&Command| {
        command.contexts.contains(&Context::Rows)
            || listed(&TABLE).any(|listed| listed.name == command.name)
    };
    let mut text = "| | |\n|---|---|\n".to_owned();
    for group in Group::ALL {
        let mut told: Vec<(&str, String)> = Vec::new();
        for command in COMMANDS.iter().filter(|command| command.group == group).filter(shown) {
            let keys: Vec<String> =
                keymap.of(command).iter().map(|keys| format!("`{keys}`")).collect();
            let keys = keys.join(" ");
            match told.iter_mut().find(|(doc, _)| *doc == command.doc) {
                Some((_, same)) if same.contains(&keys) => {}
                Some((_, same)) => same.extend([" ", &keys]),
                None => told.push((command.doc, keys)),
            }
        }
        let title = group.title();
        let title = format!("{}{}", &title[..1], title[1..].to_lowercase());
        let entries: Vec<String> =
            told.into_iter().map(|(doc, keys)| format!("{keys} {doc}")).collect();
        let _ = writeln!(text, "| **{title}** | {} |", entries.join(" · ").replace('|', "\\|"));
    }
    text
}

#[test]
fn the_documentation_has_the_keys_of_the_table_of_commands() {
    let page = fs::read_to_string(SCREEN).expect("docs/screen.md");
    let begin = page.find(BEGIN).expect("where the keys begin") + BEGIN.len();
    let end = page.find(END).expect("where the keys end");
    if page[begin..end] == table() {
        return;
    }
    assert!(
        std::env::var_os("UPDATE_README").is_some(),
        "the keys of docs/screen.md are not those of the program: write them with\n    UPDATE_README=1 cargo test --test screen readme"
    );
    fs::write(SCREEN, format!("{}{}{}", &page[..begin], table(), &page[end..]))
        .expect("docs/screen.md is written");
}

#[test]
fn the_documented_key_map_holds() {
    let page = fs::read_to_string(CONFIGURATION).expect("docs/configuration.md");
    let example = page
        .split("```toml\n")
        .find(|block| block.contains("\"hide addresses\""))
        .expect("the example");
    let text = example.split("```").next().unwrap_or_default().to_owned();
    let keymap = keymap::read(&ConfigFile { path: "configuration.md".into(), text });
    assert_eq!(keymap.faults(), []);
}
