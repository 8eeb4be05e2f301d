//! What goes in comes out.

use proptest::prelude::*;

use super::super::{BackupFile, BackupReader, LoadError, load, open, verify};
use super::{SCHEMA, all, backup_of, engine_with, read, register, view};
use crate::engine::{Engine, EngineOptions, RegisterCounter};
use crate::relationship::RelationshipFilter;
use std::io::Write as _;

fn loaded(bytes: &[u8]) -> Engine {
    let engine = Engine::in_memory(EngineOptions::default()).unwrap();
    load(BackupReader::open(bytes).unwrap(), &engine, &false.into(), &mut |_| {}).unwrap();
    engine
}

#[test]
fn everything_that_a_relationship_may_have_is_kept() {
    let relationships = [
        "doc:a#viewer@doc:b#viewer",
        "doc:a#viewer@user:*",
        "doc:a#viewer@user:ana",
        r#"doc:a#viewer@user:eve[on_day:{"day":"tuesday","of":{"a":[1,2.5,null,"]}\"\n"]}}]"#,
        "doc:a#viewer@user:fay[expiration:2126-01-02T03:04:05.000000006Z]",
        "doc:a#viewer@user:gil[on_day][expiration:9999-12-31T23:59:59Z]",
        "doc:a@b.c,d/e|f-g=h+i%j~k:l#viewer@user:a@b.c",
    ];
    let engine = engine_with(&relationships);
    register(&engine, "all_docs");
    let copy = loaded(&backup_of(&engine));
    assert_eq!(all(&copy), all(&engine));
    assert_eq!(all(&copy).len(), relationships.len());
    assert_eq!(view(&copy).schema_text(), SCHEMA);
    assert_eq!(view(&copy).registered_counters(), view(&engine).registered_counters());
}

#[test]
fn a_counter_of_a_type_that_was_removed_since_is_kept() {
    let engine = engine_with(&["doc:a#viewer@user:ana"]);
    let with_folders = format!("{SCHEMA}\n\ndefinition folder {{}}\n");
    engine.write_schema(&with_folders).unwrap();
    let resource_definition = Some("folder".parse().unwrap());
    let filter = RelationshipFilter { resource_definition, ..Default::default() };
    let name = "all_folders".parse().unwrap();
    engine.register_counter(RegisterCounter { name, filter }).unwrap();
    engine.write_schema(SCHEMA).unwrap();
    let copy = loaded(&backup_of(&engine));
    assert_eq!(view(&copy).registered_counters().len(), 1);
    assert_eq!(view(&copy).registered_counters(), view(&engine).registered_counters());
}

#[test]
fn what_has_expired_since_is_loaded_and_absent() {
    let engine = engine_with(&["doc:a#viewer@user:ana"]);
    let view = view(&engine);
    let mut writer =
        super::super::BackupWriter::begin(Vec::new(), &super::header(&view), SCHEMA, &[]).unwrap();
    writer.push(&"doc:a#viewer@user:eve[expiration:2001-01-01T00:00:00Z]".parse().unwrap()).unwrap();
    writer.push(&"doc:a#viewer@user:fay".parse().unwrap()).unwrap();
    let (bytes, totals) = writer.finish().unwrap();
    assert_eq!(totals.relationships, 2);
    let copy = loaded(&bytes);
    assert_eq!(all(&copy), ["doc:a#viewer@user:fay".parse().unwrap()]);
}

#[test]
fn a_store_without_anything_has_a_backup() {
    let engine = Engine::in_memory(EngineOptions::default()).unwrap();
    let bytes = backup_of(&engine);
    let (_, summary) = read(&bytes).unwrap();
    assert_eq!((summary.totals.relationships, summary.totals.schema_bytes), (0, 0));
    assert_eq!(loaded(&bytes).head().0, 0);
}

#[test]
fn a_store_that_has_something_takes_no_backup() {
    let engine = engine_with(&["doc:a#viewer@user:ana"]);
    let bytes = backup_of(&engine);
    let refused = load(BackupReader::open(&*bytes).unwrap(), &engine, &false.into(), &mut |_| {});
    assert!(matches!(refused, Err(LoadError::NotEmpty)));
}

#[test]
fn many_frames_are_one_backup() {
    let texts: Vec<String> =
        (0..60_000).map(|number| format!("doc:d{number:06}#viewer@user:u{number:06}")).collect();
    let engine = engine_with(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    let bytes = backup_of(&engine);
    let (parts, summary) = read(&bytes).unwrap();
    assert!(parts.len() > 2, "{}", parts.len());
    assert_eq!((summary.totals.relationships, summary.file_bytes), (60_000, bytes.len() as u64));
    assert_eq!(all(&loaded(&bytes)), all(&engine));
}

#[test]
fn a_file_has_its_name_when_it_is_complete() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.backup");
    let names = || std::fs::read_dir(directory.path()).unwrap().count();
    let bytes = backup_of(&engine_with(&["doc:a#viewer@user:ana"]));
    let mut file = BackupFile::create(&path, false).unwrap();
    file.write_all(&bytes).unwrap();
    assert!(!path.exists());
    drop(file);
    assert_eq!(names(), 0, "what was not finished leaves nothing");

    let mut file = BackupFile::create(&path, false).unwrap();
    file.write_all(&bytes).unwrap();
    assert_eq!(file.finish().unwrap(), bytes.len() as u64);
    assert_eq!(names(), 1);
    assert_eq!(verify(&path, &mut |_| {}).unwrap().totals.relationships, 1);
    assert_eq!(open(&path).unwrap().header().source, "a test");
    assert!(BackupFile::create(&path, false).is_err(), "it may not be replaced");
    drop(BackupFile::create(&path, true).unwrap());
    assert_eq!(names(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_random_graph_comes_back_as_it_was(
        rows in proptest::collection::btree_set((0..5_u8, 0..40_u8, 0..6_u8, any::<u32>()), 0..200)
    ) {
        let mut texts = std::collections::BTreeMap::new();
        for (form, resource, subject, number) in rows {
            let subject = match form {
                0 => "user:*".to_owned(),
                1 => format!("doc:{subject}#viewer"),
                _ => format!("user:{subject}"),
            };
            let terms = match form {
                3 => format!(r#"[on_day:{{"day":"{number}","of":{{"n":{number}}}}}]"#),
                4 => format!("[expiration:{}]", jiff::Timestamp::new(4_000_000_000 + i64::from(number), 5).unwrap()),
                _ => String::new(),
            };
            texts.insert(format!("doc:{resource}#viewer@{subject}"), terms);
        }
        let texts: Vec<_> = texts.into_iter().map(|(key, terms)| format!("{key}{terms}")).collect();
        let engine = engine_with(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        let bytes = backup_of(&engine);
        prop_assert_eq!(all(&loaded(&bytes)), all(&engine));
        // The same graph is the same backup, but for its header.
        let (parts, summary) = read(&bytes).unwrap();
        let (again, other) = read(&backup_of(&engine)).unwrap();
        prop_assert_eq!(parts, again);
        prop_assert_eq!(summary.totals, other.totals);
    }
}
