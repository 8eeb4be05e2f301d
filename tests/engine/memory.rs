//! A process that takes up more memory than it may.

use std::sync::Arc;

use arrowroot::engine::{
    Engine, EngineOptions, ImportRelationshipsError, ReplaceRelationships, Unwritable,
    WriteRelationshipsError,
};
use arrowroot::journal::MemoryJournal;

use crate::support::{SCHEMA, check, deletion, head, read, try_write, update, write};

const ROWS: [&str; 2] = ["doc:one#owner@user:ana", "doc:two#owner@user:ana"];

/// An engine with two rows, which takes up more than the bound.
fn full(bytes_max: u64) -> Engine {
    let journal = Arc::new(MemoryJournal::new());
    let before = Engine::with_journal(Arc::clone(&journal) as _, EngineOptions::default()).unwrap();
    before.write_schema(SCHEMA).unwrap();
    write(&before, &ROWS.map(|row| format!("+{row}")).each_ref().map(String::as_str));
    drop(before);
    let mut options = EngineOptions::default();
    options.memory_bytes_max = Some(bytes_max);
    Engine::with_journal(journal, options).unwrap()
}

fn is_memory(error: &WriteRelationshipsError) -> bool {
    matches!(
        error,
        WriteRelationshipsError::Unwritable(Unwritable::MemoryFull { bytes, bytes_max: 1 }) if *bytes > 1 << 20
    )
}

#[test]
fn what_adds_a_relationship_is_refused_and_everything_else_goes_on() {
    let engine = full(1);
    for updates in [
        &["+doc:new#owner@user:ana"][..],
        &["~doc:new#owner@user:ana"],
        &["-doc:one#owner@user:ana", "~doc:one#viewer@user:ana"],
        &["~doc:one#owner@user:ana", "+doc:new#owner@user:ana"],
    ] {
        let error = try_write(&engine, updates).unwrap_err();
        assert!(is_memory(&error), "{updates:?}: {error}");
        assert_eq!(read(&head(&engine), "doc"), ROWS);
    }
    let exists = try_write(&engine, &["+doc:one#owner@user:ana"]).unwrap_err();
    assert!(matches!(exists, WriteRelationshipsError::AlreadyExists { .. }), "{exists}");
    write(&engine, &["~doc:one#owner@user:ana"]);
    engine.write_schema(&format!("{SCHEMA}\ndefinition more {{}}")).unwrap();
    assert!(check(&head(&engine), "doc:one#view@user:ana"));
    write(&engine, &["-doc:one#owner@user:ana"]);
    assert_eq!(engine.delete_relationships(deletion("doc")).unwrap().count, 1);
    // What was deleted would be added.
    assert!(is_memory(&try_write(&engine, &["~doc:one#owner@user:ana"]).unwrap_err()));
}

#[test]
fn imports_and_replacements_are_refused() {
    let engine = full(1);
    let mut import = engine.import_relationships().unwrap();
    let refused = import.add(&"doc:new#owner@user:ana".parse().unwrap()).unwrap_err();
    assert!(
        matches!(refused, ImportRelationshipsError::Unwritable(Unwritable::MemoryFull { .. })),
        "{refused}"
    );
    let replace = |updates: &[&str]| {
        let updates = updates.iter().map(|text| update(text)).collect();
        let request = ReplaceRelationships { updates, ..ReplaceRelationships::default() };
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on(engine.replace_relationships(request))
    };
    assert!(is_memory(&replace(&["+doc:new#owner@user:ana"]).unwrap_err()));
    replace(&["-doc:one#owner@user:ana"]).unwrap();
    assert_eq!(read(&head(&engine), "doc"), ROWS[1..]);
}

#[test]
fn below_the_bound_everything_is_written() {
    let engine = full(u64::MAX);
    write(&engine, &["+doc:new#owner@user:ana"]);
    assert_eq!(read(&head(&engine), "doc").len(), 3);
}
