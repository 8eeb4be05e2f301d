//! `arrowroot import`: forms, and what becomes of what is there.

use super::support::{KINDS, Place, kinds, many};

#[test]
fn each_form_brings_back_what_it_was_exported_to() {
    let place = Place::new();
    place.write("all.txt", kinds());
    let said = place.run(&["import", "all.txt"]).done();
    assert_eq!(said.out, "created 6, touched 0, skipped 0\n");
    assert_eq!(place.exported(), kinds());
    for name in ["b.txt", "b.jsonl", "b.csv", "b.tsv", "b.txt.zst", "b.csv.zst"] {
        place.run(&["export", name]).done();
        let other = Place::new();
        other.write(name, place.bytes(name));
        other.run(&["import", name]).done();
        assert_eq!(other.exported(), kinds(), "{name}");
        assert_eq!(other.names(), [name], "nothing is left beside it");
    }
}

#[test]
fn text_may_have_comments_and_blank_lines() {
    let place = Place::new();
    let text = "\u{feff}// first\n\n  # second\r\n  doc:a#viewer@user:ana  \r\n//doc:b#viewer@user:ana\n";
    place.write("a.rel", text);
    place.run(&["import", "a.rel"]).done();
    assert_eq!(place.exported(), "doc:a#viewer@user:ana\n");
}

#[test]
fn json_is_that_of_the_protocol() {
    let place = Place::new();
    let lines = concat!(
        r#"{"resource":{"objectType":"doc","objectId":"a"},"relation":"viewer","subject":{"object":{"objectType":"user","objectId":"ana"},"optionalRelation":""}}"#,
        "\n",
        r#"{"resource":{"object_type":"doc","object_id":"a"},"relation":"viewer","subject":{"object":{"object_type":"user","object_id":"eve"}},"optional_caveat":{"caveat_name":"on_day","context":{"day":"monday"}},"optional_expires_at":"2126-01-01T01:00:00+01:00"}"#,
        "\n",
    );
    place.run_with(&["import", "-", "--format", "jsonl"], lines).done();
    let expected = "doc:a#viewer@user:ana\n\
                    doc:a#viewer@user:eve[on_day:{\"day\":\"monday\"}][expiration:2126-01-01T00:00:00Z]\n";
    assert_eq!(place.exported(), expected);
}

#[test]
fn columns_have_any_names_and_what_is_the_same_needs_none() {
    let place = Place::new();
    place.write("a.csv", "Who;note;Document\nana;\"two\nlines; \"\"quoted\"\"\";1\neve;;2\n");
    let columns =
        "resource_type=:doc,resource_id=Document,relation=:viewer,subject_type=:user,subject_id=Who";
    place.run(&["import", "a.csv", "--csv-columns", columns, "--csv-delimiter", ";"]).done();
    assert_eq!(place.exported(), "doc:1#viewer@user:ana\ndoc:2#viewer@user:eve\n");

    let place = Place::new();
    place.write("a.csv", "x,1,ana\n");
    let columns = "resource_type=:doc,resource_id=2,relation=:viewer,subject_type=:user,subject_id=3";
    place.run(&["import", "a.csv", "--csv-columns", columns, "--csv-no-header"]).done();
    place.write("b.csv", "doc,2,viewer,doc,1,viewer\n");
    place.run(&["import", "b.csv", "--csv-no-header"]).done();
    assert_eq!(place.exported(), "doc:1#viewer@user:ana\ndoc:2#viewer@doc:1#viewer\n");
}

#[test]
fn what_is_there_already_fails_or_stays_or_is_touched() {
    let place = Place::new();
    place.write("old.txt", "doc:m#viewer@user:u[on_day]\n");
    place.run(&["import", "old.txt"]).done();
    let text = "doc:a#viewer@user:u\ndoc:m#viewer@user:u\ndoc:z#viewer@user:u\n";
    place.write("new.txt", text);

    let said = place.run(&["import", "new.txt"]).failed("new.txt, lines 1 to 3:");
    assert!(said.err.contains("already existed") && said.err.contains("--on-conflict skip"), "{}", said.err);
    assert_eq!(place.exported(), "doc:m#viewer@user:u[on_day]\n", "nothing of its batch is created");
    assert!(!place.has("new.txt.progress"), "there is nothing to go on with");

    let said = place.run(&["import", "new.txt", "--on-conflict", "skip", "--output", "json"]).done();
    assert_eq!(said.out, "{\"created\":2,\"touched\":0,\"skipped\":1}\n");
    assert_eq!(place.exported(), text.replace("m#viewer@user:u", "m#viewer@user:u[on_day]"));

    let said = place.run(&["import", "new.txt", "--on-conflict", "touch"]).done();
    assert_eq!(said.out, "created 0, touched 3, skipped 0\n");
    assert_eq!(place.exported(), text);
}

#[test]
fn what_is_there_in_part_is_skipped_wherever_it_is() {
    let place = Place::new();
    let text = many(5_000);
    let is_there = |at: usize| at % 3 == 1 || at > 4_000;
    let lines = text.split_inclusive('\n').enumerate();
    let third: String = lines.filter(|(at, _)| is_there(*at)).map(|(_, line)| line).collect();
    place.write("third.txt", &third);
    place.run(&["import", "third.txt"]).done();
    place.write("all.txt", &text);
    let said = place.run(&["import", "all.txt", "--on-conflict", "skip"]).done();
    let skipped = third.lines().count();
    assert_eq!(said.out, format!("created {}, touched 0, skipped {skipped}\n", 5_000 - skipped));
    assert_eq!(place.exported(), text);
}

#[test]
fn what_a_file_has_twice_is_one_where_that_is_no_conflict() {
    let place = Place::new();
    place.write("a.txt", "doc:a#viewer@user:u\ndoc:a#viewer@user:u[on_day]\n");
    place.run(&["import", "a.txt"]).failed("already existed");
    place.run(&["import", "a.txt", "--on-conflict", "touch"]).done();
    assert_eq!(place.exported(), "doc:a#viewer@user:u[on_day]\n", "the last one counts");
}

#[test]
fn large_contexts_fit_into_messages_whatever_is_done_with_them() {
    let place = Place::new();
    let day = "d".repeat(20_000);
    let text: String = (0..1_000)
        .map(|number| format!("doc:d{number:04}#viewer@user:u[on_day:{{\"day\":\"{day}\"}}]\n"))
        .collect::<Vec<_>>()
        .concat();
    place.write("a.txt", &text);
    place.run(&["import", "a.txt"]).done();
    place.run(&["import", "a.txt", "--on-conflict", "touch"]).done();
    place.run(&["import", "a.txt", "--on-conflict", "skip"]).done();
    assert!(place.exported() == text);
    place.run(&["backup", "a.backup"]).done();
    let other = Place::empty();
    other.write("a.backup", place.bytes("a.backup"));
    other.run(&["restore", "a.backup"]).done();
    assert!(other.exported() == text);
}

#[test]
fn several_files_are_one_import() {
    let place = Place::new();
    place.write("a.txt", KINDS[0]);
    place.write("b.csv", "resource_type,resource_id,relation,subject_type,subject_id\ndoc,b,viewer,user,u\n");
    place.run(&["import", "a.txt", "b.csv"]).done();
    assert_eq!(place.exported(), format!("{}\ndoc:b#viewer@user:u\n", KINDS[0]));
    // The second one is wrong: nothing of the first is imported.
    place.write("c.txt", "doc:c#viewer@user:u\n");
    place.write("d.txt", "doc:d#viewer\n");
    let said = place.run(&["import", "c.txt", "d.txt"]).failed("1 line is wrong: nothing was imported");
    assert!(said.err.contains("d.txt:1: "), "{}", said.err);
    assert!(!place.exported().contains("doc:c"));
}

#[test]
fn what_the_schema_does_not_admit_is_refused_with_its_lines() {
    let place = Place::new();
    place.write("a.txt", "doc:a#viewer@user:u\ndoc:a#owner@user:u\n");
    place.run(&["import", "a.txt", "--batch-size", "1"]).failed("a.txt, lines 2 to 2: the server refuses");
    assert_eq!(place.exported(), "doc:a#viewer@user:u\n");
    // Once that is overcome, it goes on behind what is done.
    place.write("a.txt", "doc:a#viewer@user:u\ndoc:b#viewer@user:u\n");
    place.run(&["import", "a.txt"]).failed("was broken off after line 1: go on with --resume");
    let said = place.run(&["import", "a.txt", "--resume"]).done();
    assert_eq!(said.out, "created 2, touched 0, skipped 0\n");
    assert_eq!(place.exported(), "doc:a#viewer@user:u\ndoc:b#viewer@user:u\n");
    assert!(!place.has("a.txt.progress"));
}
