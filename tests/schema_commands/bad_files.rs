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

/// A schema is not read further than to its 64th mistake.
#[test]
fn of_a_schema_with_many_mistakes_fifty_are_shown_and_no_wrong_number() {
    let mistakes = "\trelation no: user\n".repeat(100_000);
    let files = Files::new([("many.zed", &*format!("definition user {{\n{mistakes}}}\n"))]);
    for command in [&["schema", "lint"][..], &["schema", "graph"], &["validate"]] {
        let answer = files.run(&[command, &["many.zed"][..]].concat());
        assert_eq!((answer.status, answer.err.matches("many.zed:").count()), (2, 50), "{command:?}");
        assert!(answer.err.ends_with("… and at least 14 more\n"), "{}", answer.err);
    }
}

#[test]
fn every_mistake_of_a_schema_within_a_file_has_the_files_line() {
    let schema = "schema: |-
  definition user {}
  definition doc {
    relation viewer: nobody
    relation editor: user
    permission edit = editer
  }
";
    let files = Files::new([("wrong.yaml", schema)]);
    let answer = files.run(&["validate", "wrong.yaml"]);
    let expected = "error: wrong.yaml:4: could not lookup definition `nobody` for relation `viewer`: object definition `nobody` not found
  |
  |   relation viewer: nobody
  |                    ^^^^^^
error: wrong.yaml:6: relation/permission `editer` not found under definition `doc`
  |
  |   permission edit = editer
  |                     ^^^^^^
  = help: did you mean `editor`?
";
    assert_eq!((answer.status, &*answer.err), (2, expected));
}

#[test]
fn a_directory_in_which_there_is_nothing_to_check_is_an_error() {
    let files = Files::new([("dir/other.yaml", "a: b\n"), ("dir/readme.md", "schema:\n")]);
    let answer = files.run(&["validate", "dir"]);
    assert_eq!((answer.status, &*answer.out), (2, "0 files: 0 passed\n"));
    assert_eq!(answer.err, "arrowroot: dir: no validation file and no schema is there\n");
}

#[test]
fn what_yaml_takes_for_no_text_is_to_be_quoted() {
    let file =
        "schema: 'definition user {}'\nassertions:\n  assertTrue:\n  - user:a#is@user:a with {\"a\": 1}\n";
    let files = Files::new([("with.yaml", file)]);
    let answer = files.run(&["validate", "with.yaml"]);
    let expected = "error: with.yaml:4: text is expected here; where `: ` stands in it, put it in quotes\n";
    assert_eq!((answer.status, &*answer.err), (2, expected));
}
