//! Sizes, and what the kernel's files say of them.

use std::fs;

use super::MemorySize;
use super::machine::machine_bytes;

#[test]
fn a_size_is_a_number_of_bytes_or_has_a_unit() {
    let sizes = [
        ("0", MemorySize::Unlimited),
        ("0%", MemorySize::Unlimited),
        ("0GiB", MemorySize::Unlimited),
        ("1", MemorySize::Bytes(1)),
        ("8589934592", MemorySize::Bytes(8 << 30)),
        ("8GiB", MemorySize::Bytes(8 << 30)),
        ("512MiB", MemorySize::Bytes(512 << 20)),
        ("3KiB", MemorySize::Bytes(3072)),
        ("2TiB", MemorySize::Bytes(2 << 40)),
        ("85%", MemorySize::Percent(85)),
        ("100%", MemorySize::Percent(100)),
    ];
    for (text, size) in sizes {
        assert_eq!(text.parse(), Ok(size), "{text}");
    }
    for text in [
        "",
        "%",
        "GiB",
        "101%",
        "-1",
        "+1",
        "1.5GiB",
        "8 GiB",
        "8GB",
        "8gib",
        "18446744073709551616",
        "99999999TiB",
    ] {
        assert!(text.parse::<MemorySize>().is_err(), "{text}");
    }
}

#[test]
fn a_part_is_one_of_what_the_machine_has() {
    assert_eq!(MemorySize::Percent(85).bytes(|| Some(1000)), Some(850));
    assert_eq!(MemorySize::Percent(85).bytes(|| None), None);
    assert_eq!(MemorySize::Bytes(7).bytes(|| Some(1000)), Some(7));
    assert_eq!(MemorySize::Unlimited.bytes(|| Some(1000)), None);
}

/// What is found with these files, `proc` and `cgroup` being the directories at the top.
fn found(files: &[(&str, &str)]) -> Option<u64> {
    let directory = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = directory.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    machine_bytes(&directory.path().join("proc"), &directory.path().join("cgroup"))
}

#[test]
fn the_least_of_the_machine_and_its_cgroups_counts() {
    const MACHINE: (&str, &str) =
        ("proc/meminfo", "MemFree: 1 kB\nMemTotal:       1000 kB\nMemAvailable: 7 kB\n");
    let second = ("proc/self/cgroup", "0::/system/arrowroot\n");
    let first = ("proc/self/cgroup", "9:name=systemd:/x\n4:cpu,memory:/box/inner\n3:memoryless:/\n0::/\n");
    assert_eq!(found(&[]), None);
    assert_eq!(found(&[MACHINE]), Some(1_024_000));
    assert_eq!(found(&[MACHINE, second, ("cgroup/system/arrowroot/memory.max", "max\n")]), Some(1_024_000));
    assert_eq!(found(&[MACHINE, second, ("cgroup/system/arrowroot/memory.max", "5000\n")]), Some(5000));
    assert_eq!(found(&[MACHINE, second, ("cgroup/system/memory.max", "6000\n")]), Some(6000));
    assert_eq!(found(&[MACHINE, second, ("cgroup/unified/system/memory.max", "6500\n")]), Some(6500));
    // In a container that does not see the host's groups, its own is at the top.
    assert_eq!(found(&[MACHINE, second, ("cgroup/memory.max", "7000\n")]), Some(7000));
    assert_eq!(found(&[second, ("cgroup/memory.max", "7000\n")]), Some(7000));
    assert_eq!(
        found(&[MACHINE, first, ("cgroup/memory/box/inner/memory.limit_in_bytes", "8000\n")]),
        Some(8000)
    );
    assert_eq!(found(&[MACHINE, first, ("cgroup/memory/box/memory.limit_in_bytes", "9000\n")]), Some(9000));
    let unlimited = ("cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    assert_eq!(found(&[MACHINE, first, unlimited]), Some(1_024_000));
    assert_eq!(found(&[MACHINE, first, ("cgroup/memory/memory.limit_in_bytes", "10000\n")]), Some(10_000));
    assert_eq!(found(&[MACHINE, first, ("cgroup/memory.max", "11000\n")]), Some(11_000));
}
