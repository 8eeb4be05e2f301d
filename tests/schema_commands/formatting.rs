//! `arrowroot schema format`.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::Files;

const MESSY: &str = "definition user{}\ndefinition doc{relation viewer:user // who\n}\n";
const NEAT: &str = "definition user {}\n\ndefinition doc {\n\trelation viewer: user // who\n}\n";

#[test]
fn one_file_is_printed_and_standard_input_too() {
    let files = Files::new([("a.zed", MESSY)]);
    let answer = files.run(&["schema", "format", "a.zed"]);
    assert_eq!((answer.status, &*answer.out, &*answer.err), (0, NEAT, ""));
    assert_eq!(files.run_with(&["schema", "format", "-"], MESSY), answer);
    assert_eq!(files.text("a.zed"), MESSY);
}

#[test]
fn files_are_written_in_place_and_keep_permissions_and_links() {
    let files = Files::new([("a.zed", MESSY), ("b.zed", NEAT)]);
    fs::set_permissions(files.path("a.zed"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("a.zed", files.path("link.zed")).unwrap();
    let untouched = fs::metadata(files.path("b.zed")).unwrap().modified().unwrap();
    let answer = files.run(&["schema", "format", "--write", "link.zed", "b.zed"]);
    assert_eq!((answer.status, &*answer.out, &*answer.err), (0, "", ""));
    assert_eq!(files.text("a.zed"), NEAT);
    assert_eq!(fs::metadata(files.path("a.zed")).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(fs::symlink_metadata(files.path("link.zed")).unwrap().is_symlink());
    assert_eq!(fs::metadata(files.path("b.zed")).unwrap().modified().unwrap(), untouched);
    assert_eq!(fs::read_dir(files.path("")).unwrap().count(), 3);
}

#[test]
fn a_check_lists_what_would_change() {
    let files = Files::new([("a.zed", MESSY), ("b.zed", NEAT)]);
    let answer = files.run(&["schema", "format", "--check", "a.zed", "b.zed"]);
    assert_eq!((answer.status, &*answer.out, &*answer.err), (1, "a.zed\n", ""));
    assert_eq!(files.run(&["schema", "format", "--check", "b.zed"]).status, 0);
    assert_eq!(files.text("a.zed"), MESSY);
}

#[test]
fn what_is_no_schema_is_shown_and_left_alone_and_the_others_are_written() {
    let broken = "definition user {\n\trelation\n}\n";
    let files =
        Files::new([("a.zed", broken), ("b.zed", MESSY), ("c.yaml", "schema: 'definition user {}'\n")]);
    let answer = files.run(&["schema", "format", "--write", "a.zed", "b.zed", "c.yaml"]);
    let expected = "a.zed:2:10: expected-identifier: Expected identifier, found token end of line\n  |\n2 |  relation\n  |          ^\n\
                    arrowroot: c.yaml: is a validation file; only schemas (.zed) are formatted\n";
    assert_eq!((answer.status, &*answer.out, &*answer.err), (2, "", expected));
    assert_eq!((files.text("a.zed"), files.text("b.zed")), (broken.to_owned(), NEAT.to_owned()));
}

#[test]
fn several_files_need_a_flag_and_standard_input_cannot_be_written() {
    let files = Files::new([("a.zed", NEAT), ("b.zed", NEAT)]);
    for (arguments, problem) in [
        (&["schema", "format", "a.zed", "b.zed"][..], "several files"),
        (&["schema", "format", "--write", "-"], "standard input cannot be written to"),
        (&["schema", "format", "--write", "--check", "a.zed"], "cannot be used with"),
        (&["schema", "format"], "required"),
    ] {
        let answer = files.run(arguments);
        assert!(answer.status == 2 && answer.err.contains(problem), "{answer:?}");
    }
}
