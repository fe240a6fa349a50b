//! What processes take, as Linux counts it.

use nix::sys::resource::{UsageWho, getrusage};

/// Processor time of this process so far, in seconds.
pub fn processor() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("it is there for every process");
    let seconds =
        |it: nix::sys::time::TimeVal| it.tv_sec() as f64 + it.tv_usec() as f64 / 1_000_000.0;
    seconds(usage.user_time()) + seconds(usage.system_time())
}

/// Open files and sockets of a process; 0 where that can't be read.
pub fn open_files(process: u32) -> usize {
    std::fs::read_dir(format!("/proc/{process}/fd")).map_or(0, Iterator::count)
}

/// Resident memory of a process, in bytes; 0 where it can't be read.
pub fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) << 10
}
