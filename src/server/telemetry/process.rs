//! What the kernel tells of the process, under the names that all exporters use.

use std::fmt;
use std::fs;

use super::page::{Page, number};

/// Clock ticks a second in `/proc`, on every Linux that Rust runs on.
const TICKS_PER_SECOND: f64 = 100.0;
/// Descriptors of files that are counted, at most.
const FILES_MAX: usize = 1 << 20;

/// Writes them; none where there is no `/proc`.
pub(super) fn write(page: &mut Page<'_>) -> fmt::Result {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let (cpu_seconds, start_seconds) = times().unzip();
    page.optional_counter(
        "process_cpu_seconds",
        "CPU time of the process, its own and the kernel's for it",
        cpu_seconds,
    )?;
    page.optional_gauge(
        "process_resident_memory_bytes",
        "Memory that the process takes up",
        kibibytes(&status, "VmRSS:"),
    )?;
    page.optional_gauge(
        "process_virtual_memory_bytes",
        "Addresses that the process has taken",
        kibibytes(&status, "VmSize:"),
    )?;
    page.optional_gauge("process_open_fds", "Open file descriptors, connections included", open_files())?;
    page.optional_gauge("process_max_fds", "File descriptors that may be open", files_max())?;
    page.optional_gauge(
        "process_start_time_seconds",
        "When the process started, in seconds since 1970",
        start_seconds,
    )
}

/// A line of `/proc/self/status`, in bytes.
fn kibibytes(status: &str, name: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(number(kibibytes) * 1024.0)
}

/// CPU seconds, and the start in seconds since 1970.
fn times() -> Option<(f64, f64)> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name may have spaces and parentheses of its own.
    let (_, fields) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = |place: usize| fields.get(place)?.parse().ok().map(|ticks: f64| ticks / TICKS_PER_SECOND);
    let machine = fs::read_to_string("/proc/stat").ok()?;
    let booted = machine.lines().find_map(|line| line.strip_prefix("btime "))?;
    let booted: f64 = booted.trim().parse().ok()?;
    Some((ticks(11)? + ticks(12)?, booted + ticks(19)?))
}

fn open_files() -> Option<f64> {
    let count = fs::read_dir("/proc/self/fd").ok()?.take(FILES_MAX).count();
    // The directory is one of them.
    Some(number(count.saturating_sub(1)))
}

fn files_max() -> Option<f64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}
