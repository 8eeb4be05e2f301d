//! How much memory the machine has, or the container that this runs in.

use std::fs;
use std::path::{Path, PathBuf};

/// The smaller of the machine's memory and the limits of the process's cgroup and those around it, of either version. The
/// kernel's files are read from where `proc` and cgroups are mounted. Nothing if they say nothing.
pub(super) fn machine_bytes(proc: &Path, cgroups: &Path) -> Option<u64> {
    let physical = fs::read_to_string(proc.join("meminfo")).ok().and_then(|text| physical_bytes(&text));
    let membership = fs::read_to_string(proc.join("self/cgroup")).unwrap_or_default();
    let limits = membership.lines().flat_map(|line| limits(line, cgroups));
    physical.into_iter().chain(limits).min()
}

fn physical_bytes(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// The limits that apply by one membership, a line such as `4:memory:/group` (version 1) or `0::/group` (version 2).
///
/// In a container, the path may be one of the host's: what is not there is passed over, and the container's own group is
/// the one at the top.
fn limits(membership: &str, cgroups: &Path) -> Vec<u64> {
    let mut parts = membership.splitn(3, ':').skip(1);
    let (Some(controllers), Some(group)) = (parts.next(), parts.next()) else { return Vec::new() };
    let (mounts, file): (&[&str], _) = match controllers {
        "" => (&["", "unified"], "memory.max"),
        controllers if controllers.split(',').any(|controller| controller == "memory") => {
            (&["memory"], "memory.limit_in_bytes")
        }
        _ => return Vec::new(),
    };
    let group = Path::new(group.trim_start_matches('/'));
    let directories = mounts.iter().flat_map(|mount| {
        let mount = cgroups.join(mount);
        group.ancestors().map(move |group| mount.join(group)).collect::<Vec<PathBuf>>()
    });
    // Where there is no limit, the file says `max` or a number that no machine reaches.
    let limit = |directory: PathBuf| fs::read_to_string(directory.join(file)).ok()?.trim().parse().ok();
    directories.filter_map(limit).collect()
}
