//! Files that are missing, half-written, no text, full of errors, or huge.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::Child;
use std::time::Duration;

use super::support::{Place, Said, many};

/// Resident memory that an import may take up, in KiB: it does not grow with the file.
const MEMORY_KIB_MAX: u64 = 160 << 10;

#[test]
fn what_is_no_file_of_relationships_is_told_with_its_name() {
    let place = Place::new();
    place.run(&["import", "none.txt"]).failed("none.txt cannot be read: No such file or directory");
    place.run(&["import", "."]).failed(". cannot be read: is a directory");
    place.write("a.txt", b"doc:a#viewer@user:ana\ndoc:\xff#viewer@user:ana\n");
    place.run(&["import", "a.txt"]).failed("a.txt:2: it is not UTF-8");
    place.write("a.txt.zst", "this is not packed");
    place.run(&["import", "a.txt.zst"]).failed("a.txt.zst cannot be read: ");
    place.write("a.csv", "");
    place.run(&["import", "a.csv"]).failed("there is no line with the names of columns");
    place.write("a.csv", "type,id\ndoc,a\n");
    place
        .run(&["import", "a.csv"])
        .failed("there is no column `resource_type`; say where it comes from with");
    place
        .run(&["import", "a.csv", "--csv-columns", "resource_type=kind"])
        .failed("there is no column `kind`");
    place.run(&["import", "a.csv", "--csv-columns", "kind=a"]).failed("`kind` is no field");
    assert_eq!(place.exported(), "");
}

#[test]
fn what_can_be_read_once_only_is_refused_where_it_would_be_read_twice() {
    let place = Place::new();
    for name in ["lines", "graph.backup"] {
        assert!(std::process::Command::new("mkfifo").arg(place.path(name)).status().unwrap().success());
    }
    place.run(&["import", "lines"]).failed("lines can be read once only, as a pipe or a device: give it as");
    place.run(&["import", "/dev/null"]).failed("/dev/null can be read once only");
    place.run(&["restore", "graph.backup"]).failed("graph.backup: it is no file, and would have to be read");
    assert_eq!(place.names().len(), 2, "{:?}", place.names());
}

#[test]
fn half_a_file_is_not_imported_at_all() {
    let place = Place::new();
    let text = many(100);
    place.write("a.txt", &text[..text.len() - 8]);
    let said = place.run(&["import", "a.txt"]).failed("1 line is wrong: nothing was imported");
    assert!(said.err.starts_with("a.txt:100: "), "{}", said.err);
    place.write("whole.txt", &text);
    place.run(&["import", "whole.txt"]).done();
    place.run(&["export", "b.jsonl"]).done();
    place.run(&["export", "b.csv"]).done();
    place.run(&["export", "b.txt.zst"]).done();
    let other = Place::new();
    for (name, left_out) in [("b.jsonl", 10), ("b.csv", 16), ("b.txt.zst", 10)] {
        let bytes = place.bytes(name);
        other.write(name, &bytes[..bytes.len() - left_out]);
        let said = other.run(&["import", name]);
        assert_eq!(said.status, 2, "{name}: {}", said.err);
    }
    assert_eq!(other.exported(), "");
}

#[test]
fn a_quote_that_is_never_closed_does_not_take_up_the_file() {
    let place = Place::new();
    let header = "resource_type,resource_id,relation,subject_type,subject_id\n";
    let line = "doc,\"d,viewer,user,ana\n";
    place.write("a.csv", format!("{header}{line}{}", "doc,e,viewer,user,ana\n".repeat(100_000)));
    place.run(&["import", "a.csv"]).failed("the record that begins on line 2 has more than 1048576 bytes");
}

#[test]
fn standard_input_is_checked_as_it_is_sent() {
    let place = Place::new();
    let text = format!("{}doc:a\n{}doc:b\n", many(100), many(10));
    let said = place.run_with(&["import", "-", "--batch-size", "40"], &text);
    let said = said.failed("2 of its lines are wrong; 80 relationships were imported before");
    assert!(
        said.err.contains("standard input:101: ") && said.err.contains("standard input:112: "),
        "{}",
        said.err
    );
    assert_eq!(place.exported(), many(80));
}

#[test]
fn a_million_errors_are_fifty_and_a_count() {
    let place = Place::new();
    write_lines(&place.path("a.txt"), 1_000_000, "doc:d#viewer");
    let (said, memory_kib) = watched(place.command(&["import", "a.txt"]).spawn().unwrap());
    let said = said.failed("1000000 lines are wrong: nothing was imported");
    let lines: Vec<_> = said.err.lines().collect();
    assert_eq!(lines.len(), 52);
    assert!(lines[0].starts_with("a.txt:1: `doc:d#viewer` is no relationship"), "{}", lines[0]);
    assert_eq!(lines[50], "… and 999950 more");
    assert!(memory_kib < MEMORY_KIB_MAX, "{memory_kib} KiB");
}

#[test]
fn huge_files_and_huge_lines_take_no_memory() {
    let place = Place::new();
    // 128 MiB in one line, behind a good one.
    let path = place.path("a.txt");
    let mut file = BufWriter::new(File::create(&path).unwrap());
    file.write_all(b"doc:a#viewer@user:ana\n").unwrap();
    (0..128).for_each(|_| file.write_all(&vec![b'x'; 1 << 20]).unwrap());
    drop(file);
    let (said, memory_kib) = watched(place.command(&["import", "a.txt"]).spawn().unwrap());
    said.failed("a.txt:2: the line has more than 1048576 bytes");
    assert!(memory_kib < MEMORY_KIB_MAX, "{memory_kib} KiB");

    let many = 100_000;
    let mut file = BufWriter::new(File::create(&path).unwrap());
    for number in 0..many {
        writeln!(file, "doc:{number:0>200}#viewer@user:ana").unwrap();
    }
    drop(file);
    let (said, memory_kib) = watched(place.command(&["import", "a.txt"]).spawn().unwrap());
    assert_eq!(said.done().out, format!("created {many}, touched 0, skipped 0\n"));
    assert!(memory_kib < MEMORY_KIB_MAX, "{memory_kib} KiB");
    let (said, memory_kib) = watched(place.command(&["export", "b.csv"]).spawn().unwrap());
    said.done();
    assert!(memory_kib < MEMORY_KIB_MAX, "{memory_kib} KiB");
    let (said, memory_kib) = watched(place.command(&["backup", "b.backup"]).spawn().unwrap());
    said.done();
    assert!(memory_kib < MEMORY_KIB_MAX, "{memory_kib} KiB");
}

fn write_lines(path: &str, count: usize, line: &str) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    for _ in 0..count {
        writeln!(file, "{line}").unwrap();
    }
}

/// What a command says, and the most memory that it was seen to take up, in KiB.
fn watched(child: Child) -> (Said, u64) {
    let status = Path::new("/proc").join(child.id().to_string()).join("status");
    let waiting = std::thread::spawn(move || Said::of(child.wait_with_output().unwrap()));
    let mut memory_kib = 0;
    while !waiting.is_finished() {
        memory_kib = memory_kib.max(most_kib(&status).unwrap_or_default());
        std::thread::park_timeout(Duration::from_millis(2));
    }
    assert!(memory_kib > 0, "it was never seen");
    (waiting.join().unwrap(), memory_kib)
}

fn most_kib(status: &Path) -> Option<u64> {
    let text = std::fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
