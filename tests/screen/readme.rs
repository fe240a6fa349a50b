//! The README's table of keys is what the table of commands says.

use std::fmt::Write as _;
use std::fs;

use swarmscope::screen::Keymap;
use swarmscope::screen::commands::{COMMANDS, Command, Context, Group};
use swarmscope::screen::keys::keymap;
use swarmscope::screen::palette::listed;
use swarmscope_probes::config_file::ConfigFile;

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
const BEGIN: &str = "<!-- keys: UPDATE_README=1 cargo test --test screen readme -->\n";
const END: &str = "<!-- /keys -->\n";

/// One row a heading: the keys of commands that say the same, and what they do.
fn table() -> String {
    let keymap = Keymap::default();
    let shown = |command: &&Command| {
        command.contexts.contains(&Context::Rows) || listed().any(|listed| listed.name == command.name)
    };
    let mut text = "| | |\n|---|---|\n".to_owned();
    for group in Group::ALL {
        let mut told: Vec<(&str, String)> = Vec::new();
        for command in COMMANDS.iter().filter(|command| command.group == group).filter(shown) {
            let keys: Vec<String> = keymap.of(command).iter().map(|keys| format!("`{keys}`")).collect();
            let keys = keys.join(" ");
            match told.iter_mut().find(|(doc, _)| *doc == command.doc) {
                Some((_, same)) if same.contains(&keys) => {}
                Some((_, same)) => same.extend([" ", &keys]),
                None => told.push((command.doc, keys)),
            }
        }
        let title = group.title();
        let title = format!("{}{}", &title[..1], title[1..].to_lowercase());
        let entries: Vec<String> = told.into_iter().map(|(doc, keys)| format!("{keys} {doc}")).collect();
        let _ = writeln!(text, "| **{title}** | {} |", entries.join(" · ").replace('|', "\\|"));
    }
    text
}

#[test]
fn the_readme_has_the_keys_of_the_table_of_commands() {
    let readme = fs::read_to_string(README).expect("the README");
    let begin = readme.find(BEGIN).expect("where the keys begin") + BEGIN.len();
    let end = readme.find(END).expect("where the keys end");
    if readme[begin..end] == table() {
        return;
    }
    assert!(
        std::env::var_os("UPDATE_README").is_some(),
        "the README's keys are not those of the program: write them with\n    UPDATE_README=1 cargo test --test screen readme"
    );
    fs::write(README, format!("{}{}{}", &readme[..begin], table(), &readme[end..])).expect("the README is written");
}

#[test]
fn the_readmes_key_map_holds() {
    let readme = fs::read_to_string(README).expect("the README");
    let example = readme.split("```toml\n").find(|block| block.contains("\"hide addresses\"")).expect("the example");
    let text = example.split("```").next().unwrap_or_default().to_owned();
    let keymap = keymap::read(&ConfigFile { path: "README.md".into(), text });
    assert_eq!(keymap.faults(), []);
}
