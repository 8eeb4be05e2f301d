//! `arrowroot export`: forms, names, and what may be replaced.

use super::support::{KINDS, Place, kinds, many};

fn filled(text: &str) -> Place {
    let place = Place::new();
    place.write("in.txt", text);
    place.run(&["import", "in.txt"]).done();
    place
}

#[test]
fn the_file_has_its_name_when_it_is_complete_and_is_not_replaced_unasked() {
    let place = filled(&kinds());
    let said = place.run(&["export", "out.txt"]).done();
    assert_eq!(said.out, "");
    assert!(said.err.starts_with("arrowroot: 6 relationships, "), "{}", said.err);
    assert_eq!(place.names(), ["in.txt", "out.txt"]);
    assert_eq!(place.read("out.txt"), kinds());
    place.write("out.txt", "mine");
    place.run(&["export", "out.txt"]).failed("out.txt is there already: choose another name");
    assert_eq!(place.read("out.txt"), "mine");
    place.run(&["export", "out.txt", "--overwrite"]).done();
    assert_eq!(place.read("out.txt"), kinds());
}

#[test]
fn json_lines_are_those_of_the_protocol() {
    let place = filled(&format!("{}\n{}\n", KINDS[0], KINDS[5]));
    let said = place.run(&["export", "--format", "jsonl"]).done();
    let expected = concat!(
        r#"{"resource":{"objectType":"doc","objectId":"a"},"relation":"viewer","subject":{"object":{"objectType":"doc","objectId":"b"},"optionalRelation":"viewer"}}"#,
        "\n",
        r#"{"resource":{"objectType":"doc","objectId":"a"},"relation":"viewer","subject":{"object":{"objectType":"user","objectId":"gil"}},"optionalCaveat":{"caveatName":"on_day","context":{"day":"monday"}},"optionalExpiresAt":"2126-01-02T03:04:05Z"}"#,
        "\n",
    );
    assert_eq!(said.out, expected);
}

#[test]
fn columns_are_those_that_are_asked_for() {
    let place = filled("doc:a#viewer@user:ana\ndoc:b#viewer@doc:a#viewer\n");
    let header = "resource_type,resource_id,relation,subject_type,subject_id,subject_relation,caveat,caveat_context,expiration";
    let said = place.run(&["export", "--format", "csv"]).done();
    assert_eq!(said.out, format!("{header}\ndoc,a,viewer,user,ana,,,,\ndoc,b,viewer,doc,a,viewer,,,\n"));
    let columns = [
        "export",
        "--format",
        "csv",
        "--csv-columns",
        "subject_id=who,resource_id=what",
        "--csv-delimiter",
        "tab",
    ];
    assert_eq!(place.run(&columns).done().out, "who\twhat\nana\ta\na\tb\n");
    place.run(&["export", "--format", "csv", "--csv-columns", "resource_id=:a"]).failed("is for imports");
}

#[test]
fn one_type_can_be_exported_alone_and_what_nobody_has_is_empty() {
    let place = filled("doc:a#viewer@user:ana\n");
    assert_eq!(place.run(&["export", "--resource-type", "doc"]).done().out, "doc:a#viewer@user:ana\n");
    assert_eq!(Place::new().exported(), "");
}

#[test]
fn a_reader_that_has_seen_enough_ends_it_in_silence() {
    let place = filled(&many(50_000));
    let mut child = place.command(&["export"]).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

#[test]
fn what_cannot_be_is_told() {
    let place = Place::new();
    place.run(&["export", "no/such/directory/a.txt"]).failed("a.txt.partial cannot be written");
    place.run(&["export", "."]).failed("cannot be written: is a directory");
    place.run(&["export", "a.txt", "--resume"]).failed("there is no export to a.txt to go on with");
    place.run(&["export", "--resume"]).failed("standard output cannot be resumed");
    let nobody = ["export", "--endpoint", "http://127.0.0.1:1", "--retry-for", "0s"];
    place.run(&nobody).failed("does not answer");
    let nobody = ["export", "a.txt", "--endpoint", "http://127.0.0.1:1", "--retry-for", "0s"];
    place.run(&nobody).failed("does not answer");
    assert!(place.names().is_empty(), "{:?}", place.names());
}
