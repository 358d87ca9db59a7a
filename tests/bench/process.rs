//! What the kernel says about a running program.

use std::fs::read_to_string;

/// Resident memory in MiB.
pub fn rss(pid: u32) -> Option<f64> {
    field(&format!("/proc/{pid}/status"), "VmRSS:")
}

/// The most resident memory there has been, in MiB.
pub fn peak(pid: u32) -> Option<f64> {
    field(&format!("/proc/{pid}/status"), "VmHWM:")
}

/// Resident memory in MiB, shared pages counted by share.
pub fn pss(pid: u32) -> Option<f64> {
    field(&format!("/proc/{pid}/smaps_rollup"), "Pss:")
}

/// Seconds of processor that all running threads have had: to the nanosecond, where `/proc/PID/stat` counts hundredths.
pub fn cpu(pid: u32) -> Option<f64> {
    let mut nanoseconds = 0u64;
    for task in std::fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten() {
        let Ok(text) = read_to_string(task.path().join("schedstat")) else { continue }; // a thread that has just ended
        nanoseconds += text.split_whitespace().next()?.parse::<u64>().ok()?;
    }
    Some(nanoseconds as f64 / 1e9)
}

fn field(path: &str, name: &str) -> Option<f64> {
    let text = read_to_string(path).ok()?;
    let line = text.lines().find_map(|l| l.strip_prefix(name))?;
    Some(line.split_whitespace().next()?.parse::<f64>().ok()? / 1024.0)
}
