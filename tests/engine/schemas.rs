//! Writing schemas over data.

use std::path::Path;

use arrowroot::engine::{Engine, EngineOptions, WriteSchemaError};

use crate::support::{SCHEMA, engine, head, write};

#[test]
fn the_schema_reads_as_it_was_written() {
    let engine = Engine::in_memory(EngineOptions::default()).unwrap();
    assert_eq!(head(&engine).read_schema(), None);
    engine.write_schema(SCHEMA).unwrap();
    assert_eq!(head(&engine).read_schema(), Some(SCHEMA));
    engine.write_schema("").unwrap();
    assert_eq!(head(&engine).read_schema(), None);
}

#[test]
fn a_schema_that_would_orphan_relationships_is_refused_with_one_of_them() {
    let engine = engine();
    let rows = ["+doc:one#viewer@group:eng#member", "+doc:two#viewer@user:*", "+doc:one#owner@user:ana"];
    write(&engine, &rows);
    for (from, to, expected) in [
        ("relation owner: user", "relation boss: user", "doc:one#owner@user:ana"),
        (" | user:*", "", "doc:two#viewer@user:*"),
        ("user:* | group#member", "user:*", "doc:one#viewer@group:eng#member"),
        ("definition doc", "definition file", "doc:one#"),
    ] {
        let changed = SCHEMA.replace(from, to).replace("owner +", "viewer +").replace("owner -", "viewer -");
        let changed =
            changed.replace("parent: doc", if to.contains("file") { "parent: file" } else { "parent: doc" });
        match engine.write_schema(&changed) {
            Err(WriteSchemaError::InUse { relationship, .. }) => {
                assert!(relationship.starts_with(expected), "{relationship}");
            }
            other => panic!("{other:?}\n{changed}"),
        }
    }
    write(&engine, &rows.map(|row| row.replace('+', "-")).each_ref().map(String::as_str));
    engine.write_schema("definition user {}").unwrap();
}

#[test]
fn what_nothing_uses_may_go() {
    let engine = engine();
    write(&engine, &["+doc:one#viewer@user:ana"]);
    let without_wildcard = SCHEMA.replace(" | user:*", "");
    engine.write_schema(&without_wildcard).unwrap();
    let without_permission = without_wildcard.replace("    permission edit = owner - viewer\n", "");
    engine.write_schema(&without_permission).unwrap();
}

#[test]
fn a_schema_that_is_read_and_written_again_is_no_change() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schema/good");
    let files = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut count = 0;
    for path in files.filter(|path| path.extension().is_some_and(|kind| kind == "zed")) {
        let engine = Engine::in_memory(EngineOptions::default()).unwrap();
        engine.write_schema(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let before = head(&engine);
        let Some(read) = before.read_schema() else { continue };
        assert_eq!(before.diff_schema(read).unwrap(), [], "{}", path.display());
        engine.write_schema(read).unwrap();
        let after = head(&engine);
        assert_eq!(after.read_schema(), Some(read));
        assert_eq!(after.reflect_schema(&[]).unwrap(), before.reflect_schema(&[]).unwrap());
        count += 1;
    }
    assert!(count >= 80, "only {count} schemas");
}
