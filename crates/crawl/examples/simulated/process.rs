//! This program again, as a process of its own.

use std::error::Error;
use std::io::{BufRead as _, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

use crate::usage;

/// Killed when it is dropped.
pub struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// On one core, if that is said and `taskset` is there; else wherever the system puts it.
    pub fn start(core: Option<usize>, args: &[&str]) -> Result<Self, Box<dyn Error>> {
        let program = std::env::current_exe()?;
        let mut command = match core {
            Some(core) if std::path::Path::new("/usr/bin/taskset").exists() => {
                let mut pinned = Command::new("taskset");
                pinned.args(["-c", &core.to_string()]).arg(program);
                pinned
            }
            _ => Command::new(program),
        };
        let piped = command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = piped.spawn()?;
        let lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        Ok(Self { child, lines })
    }

    pub fn line(&mut self) -> Result<Option<Value>, Box<dyn Error>> {
        Ok(self.lines.next().transpose()?.map(|line| serde_json::from_str(&line)).transpose()?)
    }

    /// All that it says until it ends.
    pub fn rest(&mut self) -> Result<Vec<Value>, Box<dyn Error>> {
        std::iter::from_fn(|| self.line().transpose()).collect()
    }

    /// Its input ends, which ends a swarm; its last word.
    pub fn end(&mut self) -> Result<Value, Box<dyn Error>> {
        drop(self.child.stdin.take());
        Ok(self.rest()?.pop().unwrap_or_default())
    }

    /// Kills it; the processor time it took, in seconds.
    pub fn kill(self) -> f64 {
        usage::processor(self.child.id())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill(); // it may have ended
        let _ = self.child.wait();
    }
}

/// The peers, and the address of one of them.
pub fn swarm(
    core: Option<usize>,
    peers: &str,
    kind: &str,
) -> Result<(Process, String), Box<dyn Error>> {
    let mut swarm = Process::start(core, &["swarm", peers, kind])?;
    let first = swarm.line()?.unwrap_or_default();
    let target = first["target"].as_str().ok_or("the swarm did not start")?.to_owned();
    Ok((swarm, target))
}

/// The processor time that a process said it took, in seconds.
pub fn cpu(said: &Value) -> f64 {
    let part = |name: &str| said["usage"][name].as_f64().unwrap_or(0.0);
    part("cpu_user_s") + part("cpu_system_s")
}
