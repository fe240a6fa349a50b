//! The commands of the README and of docs/, run as they are written: every block that begins with
//! "```sh run".

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::process::{Home, Outcome};

const RUNS: &str = "```sh run\n";

fn blocks(page: &str) -> Vec<String> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).expect(page);
    text.split(RUNS)
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap_or_default().to_owned())
        .collect()
}

/// The block as a script that ends at the first command that fails, with a free port, and that
/// waits for what happens instead of for a time.
fn script(block: &str) -> String {
    let free =
        TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address").port();
    let listens =
        format!("until (exec 3<>/dev/tcp/127.0.0.1/{free}) 2>/dev/null; do sleep 0.1; done");
    let block =
        block.replace("7760", &free.to_string()).replace("sleep 1\n", &format!("{listens}\n"));
    format!(
        "set -e\n{}",
        block.replace("sleep 5\n", "until [ -s targets.txt ]; do sleep 0.1; done\n")
    )
}

fn run(home: &Home, script: &str) -> Outcome {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_swarmscope"));
    let path = format!("{}:/usr/bin:/bin", program.parent().expect("a folder").display());
    let mut bash: Command = home.program(Path::new("bash"), &["-c", script]);
    bash.env("PATH", path).stdout(Stdio::piped()).stderr(Stdio::piped());
    Outcome::of_its_end(bash.spawn().expect("bash runs"))
}

#[test]
fn the_readmes_commands_do_what_it_says() {
    let blocks = blocks("README.md");
    assert_eq!(blocks.len(), 2, "as many as this test knows");
    let says = [&["NATCHECK from", "\"event\":\"reply\""][..], &["NATCHECK from", "Unknown"]];
    for (block, says) in blocks.iter().zip(says) {
        let outcome = run(&Home::new(), &script(block));
        assert_eq!(outcome.code, 0, "{block}\n{outcome:?}");
        for words in says {
            assert!(outcome.stdout.contains(words), "{words}\n{outcome:?}");
        }
    }
}
