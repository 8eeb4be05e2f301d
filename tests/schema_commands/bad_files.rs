//! Files that cannot be used: a message with their name, status 2, and memory that stays flat.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::process::Command;

use super::{Answer, Files};

/// Address space that a command may take, in KiB: far more than it needs, and less than what it must not hold.
const MEMORY_KIB: u32 = 3 << 20;

const COMMANDS: [&[&str]; 5] = [
    &["schema", "format"],
    &["schema", "format", "--check"],
    &["schema", "lint"],
    &["schema", "graph"],
    &["validate"],
];

fn answers(files: &Files, file: &str) -> Vec<Answer> {
    COMMANDS.iter().map(|command| files.run(&[command, &[file][..]].concat())).collect()
}

#[test]
fn what_is_missing_no_text_or_half_written_is_named() {
    let files = Files::new([("half.zed", "definition user {\n\trelation viewer: us")]);
    files.put("binary.zed", [0xff, 0xfe, 0x00]);
    for (file, problem) in [
        ("nowhere.zed", "nowhere.zed: cannot be read"),
        ("binary.zed", "binary.zed: is not UTF-8"),
        ("half.zed", "half.zed:2"),
    ] {
        for answer in answers(&files, file) {
            assert!(answer.status == 2 && answer.err.contains(problem), "{answer:?}");
        }
    }
}

#[test]
fn a_directory_is_no_schema() {
    let files = Files::new([("dir/a.zed", "definition user {}\n")]);
    for answer in &answers(&files, "dir")[..4] {
        assert!(
            answer.status == 2 && answer.err.contains("dir: cannot be read: is a directory"),
            "{answer:?}"
        );
    }
}

#[test]
fn what_has_no_end_is_not_read_to_it() {
    let files = Files::new([]);
    for answer in answers(&files, "/dev/zero") {
        assert!(answer.status == 2 && answer.err.contains("/dev/zero"), "{answer:?}");
    }
}

#[test]
fn a_million_mistakes_are_counted_in_flat_memory() {
    let files = Files::new([]);
    let mut file = BufWriter::new(File::create(files.path("wrong.yaml")).unwrap());
    file.write_all(b"schema: 'definition user {}'\nrelationships: |\n").unwrap();
    for index in 0..1_000_000 {
        writeln!(file, "  wrong {index}").unwrap();
    }
    drop(file);
    let binary = env!("CARGO_BIN_EXE_arrowroot");
    let script = format!("ulimit -v {MEMORY_KIB}; exec {binary} validate wrong.yaml");
    let output = Command::new("sh").args(["-c", &script]).current_dir(files.path("")).output().unwrap();
    let answer = Answer::of(&output);
    assert_eq!((answer.status, &*answer.out), (2, "1 file: 0 passed, 1 file cannot be used\n"));
    assert_eq!(answer.err.matches("error: wrong.yaml:").count(), 50);
    assert!(answer.err.ends_with("… and 999950 more\n"), "{}", answer.err.len());
}
