//! Memory and processor time, as Linux counts them.

use serde_json::{Value, json};

/// Of this process.
pub fn usage() -> Value {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok())
    };
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let files = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    json!({
        "memory_kib": kib("VmRSS:"), "peak_kib": kib("VmHWM:"), "open_files": files,
        "cpu_user_s": ticks(&stat, 11), "cpu_system_s": ticks(&stat, 12),
    })
}

/// Seconds in a field of `/proc/PID/stat`, counted behind the name.
fn ticks(stat: &str, at: usize) -> Option<f64> {
    let field = stat.rsplit(") ").next()?.split(' ').nth(at)?;
    field.parse::<f64>().ok().map(|ticks| ticks / 100.0)
}

/// Of another process, its threads included; not of those that it started.
pub fn processor(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    [11, 12].into_iter().filter_map(|at| ticks(&stat, at)).sum()
}

/// Of all processes of this name, and of those of them that have ended: their parent's account has
/// these.
pub fn processors(name: &str) -> f64 {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let stats = processes
        .filter_map(|process| std::fs::read_to_string(process.path().join("stat")).ok())
        .filter(|stat| stat.contains(&format!("({name}) ")));
    stats.map(|stat| (11..15).filter_map(|at| ticks(&stat, at)).sum::<f64>()).sum()
}

/// How long the machine's cores have been busy, with anything, and how long there was, in seconds
/// of one core.
pub fn machine() -> (f64, f64) {
    let stat = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let fields: Vec<f64> = (stat.lines().next().unwrap_or_default().split_whitespace().skip(1))
        .filter_map(|ticks| ticks.parse::<f64>().ok().map(|ticks| ticks / 100.0))
        .take(8) // up to the time that another machine had the core; guests are in the first
        .collect();
    let (all, idle) = (fields.iter().sum::<f64>(), fields.iter().skip(3).take(2).sum::<f64>());
    (all - idle, all)
}
