//! This program again, as a process of its own.

use std::error::Error;
use std::io::{BufRead as _, BufReader, Lines, Read as _};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

/// Which core: the side that is measured has one of its own.
#[derive(Clone, Copy)]
pub enum Core {
    Measured = 0,
    Other = 1,
}

/// Killed when it is dropped.
pub struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// On one core, if there are two and `taskset` is there; else wherever the system puts it.
    pub fn start(core: Core, arguments: &[&str]) -> Result<Self, Box<dyn Error>> {
        let program = std::env::current_exe()?;
        let cores = std::thread::available_parallelism()?.get();
        let pins = cores > 1 && std::path::Path::new("/usr/bin/taskset").exists();
        let mut command = Command::new(if pins { "taskset".as_ref() } else { program.as_os_str() });
        if pins {
            command.args(["-c", &(core as usize).to_string()]).arg(&program);
        }
        let piped = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = piped.spawn()?;
        let lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        Ok(Self { child, lines })
    }

    /// Its id; `taskset` has become the program by the time that it says something.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it says next.
    pub fn line(&mut self) -> Result<Value, Box<dyn Error>> {
        let line = self.lines.next().ok_or("it has ended without a word")??;
        Ok(serde_json::from_str(&line)?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill(); // it may have ended
        let _ = self.child.wait();
    }
}

/// Runs it to its end, and gives what it said.
pub fn said(arguments: &[&str]) -> Result<Value, Box<dyn Error>> {
    Process::start(Core::Measured, arguments)?.line()
}

/// Waits until whoever started this process has ended, or wants it to.
pub async fn until_told() {
    let wait = || std::io::stdin().read_to_end(&mut Vec::new());
    let _ = tokio::task::spawn_blocking(wait).await; // either way it is over
}
