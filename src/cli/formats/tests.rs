//! Facts about forms: what is written in one is read back, and what is wrong has its line.

use std::path::{Path, PathBuf};

use clap::Parser;
use proptest::prelude::*;

use super::{Encoder, FormatFlags, Input, Records};
use crate::relationship::Relationship;

#[derive(Debug, Parser)]
struct Flags {
    #[command(flatten)]
    flags: FormatFlags,
}

fn flags(words: &[&str]) -> FormatFlags {
    Flags::try_parse_from([&["a"], words].concat()).unwrap().flags
}

/// What a file holds, each with its line.
fn read(path: &Path, words: &[&str]) -> std::io::Result<Vec<(u64, Result<Relationship, String>)>> {
    let mut records = Records::new(Input::open(path)?, &flags(words).form(path));
    let mut found = Vec::new();
    while let Some(record) = records.next()? {
        found.push((record.line, record.relationship));
    }
    Ok(found)
}

fn file(directory: &tempfile::TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = directory.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// Relationships of every kind, with whatever a context may have in it.
fn relationships() -> impl Strategy<Value = Vec<Relationship>> {
    let id = "[a-zA-Z0-9/_|=+.:@%~,-]{1,12}";
    let subject = prop_oneof![
        id.prop_map(|id| format!("user:{id}")),
        id.prop_map(|id| format!("acme/group:{id}#member")),
        Just("user:*".to_owned()),
    ];
    let caveat = proptest::option::of(proptest::option::of(any::<String>()));
    let expiration = proptest::option::of((-2_000_000_000_i64..200_000_000_000, 0..1_000_000_000_i32));
    let one = (id, subject, caveat, expiration).prop_map(|(id, subject, caveat, expiration)| {
        let caveat = match caveat {
            None => String::new(),
            Some(None) => "[on_day]".to_owned(),
            Some(Some(text)) => format!("[on_day:{}]", serde_json::json!({ "a": text, "b": [1, 2.5, null] })),
        };
        let expiration = expiration.map_or_else(String::new, |(seconds, nanoseconds)| {
            format!("[expiration:{}]", jiff::Timestamp::new(seconds, nanoseconds).unwrap())
        });
        format!("doc:{id}#viewer@{subject}{caveat}{expiration}").parse().unwrap()
    });
    proptest::collection::vec(one, 0..20)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_form_gives_back_what_it_took(all in relationships()) {
        let directory = tempfile::tempdir().unwrap();
        for name in ["a.txt", "a.jsonl", "a.csv", "a.tsv"] {
            let path = directory.path().join(name);
            let encoder = Encoder::new(&flags(&[]).form(&path)).unwrap();
            let bytes = [encoder.header().unwrap(), encoder.encode(&all).unwrap()].concat();
            std::fs::write(&path, bytes).unwrap();
            let found: Vec<_> = read(&path, &[]).unwrap().into_iter().map(|(_, found)| found.unwrap()).collect();
            prop_assert_eq!(&found, &all, "{}", name);
        }
    }

    #[test]
    fn no_bytes_do_harm(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let directory = tempfile::tempdir().unwrap();
        for name in ["a.txt", "a.jsonl", "a.csv", "a.txt.zst"] {
            // An error is as good as any answer.
            let _ = read(&file(&directory, name, &bytes), &[]);
        }
    }
}

#[test]
fn what_is_wrong_has_its_line_and_its_field() {
    let directory = tempfile::tempdir().unwrap();
    let header = "resource_type,resource_id,relation,subject_type,subject_id,subject_relation,caveat,caveat_context,expiration\n";
    let cases = [
        ("a.txt", "doc:a#viewer", "missing the `@` before the subject"),
        ("a.jsonl", "{\"resource\":", "EOF while parsing"),
        (
            "a.jsonl",
            r#"{"resource":{"objectType":"doc","objectId":"a"},"relation":"viewer","subject":{"object":{"objectType":"user","objectId":"*"},"optionalRelation":"member"}}"#,
            "takes no subject relation",
        ),
        (
            "a.jsonl",
            r#"{"resource":{"objectType":"doc","objectId":"a"},"relation":"viewer","subject":{"object":{"objectType":"user","objectId":"a"}},"optionalExpiresAt":"soon"}"#,
            "`soon` is no time",
        ),
        ("a.csv", "doc,a,viewer,user", "it has 4 fields, and `subject_id` is field 5"),
        ("a.csv", "Doc,a,viewer,user,b", "resource_type: invalid definition name `Doc`"),
        ("a.csv", "doc,a,viewer,user,*,member", "takes no subject relation"),
        ("a.csv", "doc,a,viewer,user,b,,,{}", "there is no caveat"),
        ("a.csv", "doc,a,viewer,user,b,,on_day,[]", "caveat_context: it must be a JSON object"),
        ("a.csv", "doc,a,viewer,user,b,,,,soon", "expiration: `soon` is no time"),
    ];
    for (name, line, expected) in cases {
        let first = if name == "a.csv" { header } else { "\n" };
        let found = read(&file(&directory, name, format!("{first}{line}\n").as_bytes()), &[]).unwrap();
        let [(2, Err(problem))] = &found[..] else { panic!("{line}: {found:?}") };
        assert!(problem.contains(expected), "{line}: {problem}");
    }
}

#[test]
fn names_and_flags_say_what_a_file_is() {
    let form = |name: &str, words: &[&str]| flags(words).form(Path::new(name)).describe();
    for (name, words, expected) in [
        ("a", &[][..], "text"),
        ("-", &[], "text"),
        ("a.jsonl.zst", &[], "jsonl"),
        ("a.csv", &["--format", "text"], "text"),
        ("a.tsv", &[], "csv  9 true"),
        (
            "a",
            &["--format", "csv", "--csv-columns", "caveat=:x", "--csv-delimiter", ";"],
            "csv caveat=:x 59 true",
        ),
    ] {
        assert_eq!(form(name, words), expected, "{name} {words:?}");
    }
    for wrong in [
        "--csv-columns=a",
        "--csv-columns=owner=b",
        "--csv-columns=relation=",
        "--csv-delimiter=ab",
        "--csv-delimiter=\"",
    ] {
        assert!(Flags::try_parse_from(["a", wrong]).is_err(), "{wrong}");
    }
}
