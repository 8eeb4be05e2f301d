//! Imports: all of it at one revision or nothing, checked as creations are, and never in the way of other writes.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrowroot::engine::{
    Engine, EngineOptions, ImportRelationshipsError, Imported, ManualClock, RelationshipImport, Unwritable,
    Watch, WriteRelationshipsError,
};
use arrowroot::relationship::{Relationship, Timestamp};

use crate::durability::Failing;
use crate::support::{SCHEMA, check, deletion, engine, head, read, try_write, with_schema, write};

const ON_TERMS: &str = "use expiration
definition user {}
caveat in_region(region string) { region == \"eu\" }
definition doc {
    relation viewer: user | user with in_region | user with expiration
}";

fn relationship(text: &str) -> Relationship {
    text.parse().unwrap()
}

fn begun(engine: &Engine, texts: &[&str]) -> RelationshipImport {
    let mut import = engine.import_relationships().unwrap();
    let relationships: Vec<_> = texts.iter().map(|text| relationship(text)).collect();
    import.add_all(&relationships).unwrap();
    import
}

fn try_import(engine: &Engine, texts: &[&str]) -> Result<Imported, ImportRelationshipsError> {
    let mut import = engine.import_relationships()?;
    for text in texts {
        import.add(&relationship(text))?;
    }
    engine.commit_import(import)
}

fn numbered(count: usize) -> Vec<Relationship> {
    (0..count).map(|number| relationship(&format!("doc:d{number}#viewer@user:u{}", number % 1000))).collect()
}

fn existing(error: ImportRelationshipsError) -> String {
    match error {
        ImportRelationshipsError::Refused(WriteRelationshipsError::AlreadyExists { relationship }) => {
            relationship.to_string()
        }
        other => panic!("{other}"),
    }
}

#[test]
fn an_import_is_one_revision_and_reads_and_checks_see_it() {
    let engine = engine();
    let before = head(&engine);
    let texts = ["doc:one#viewer@group:eng#member", "doc:one#viewer@user:*", "group:eng#member@user:ana"];
    let imported = try_import(&engine, &texts).unwrap();
    assert_eq!(imported.count, 3);
    let after = head(&engine);
    assert_eq!(after.revision(), before.revision().next());
    assert_eq!(after.token(), imported.imported_at);
    assert_eq!(read(&after, "doc"), texts[..2]);
    assert!(check(&after, "doc:one#view@user:ana"));
    assert!(read(&before, "doc").is_empty());
}

#[test]
fn an_import_of_nothing_is_no_revision() {
    let engine = engine();
    let before = engine.head();
    assert_eq!(try_import(&engine, &[]).unwrap().count, 0);
    assert_eq!(engine.head(), before);
}

#[test]
fn what_is_there_is_not_imported_again_and_nothing_else_of_the_import_is() {
    let engine = engine();
    write(&engine, &["+doc:one#owner@user:ana"]);
    let before = engine.head();
    let texts = ["doc:two#owner@user:ana", "doc:one#owner@user:ana", "doc:three#owner@user:ana"];
    assert_eq!(existing(try_import(&engine, &texts).unwrap_err()), texts[1]);
    assert_eq!(engine.head(), before);
    assert_eq!(read(&head(&engine), "doc"), ["doc:one#owner@user:ana"]);
    assert_eq!(try_import(&engine, &[texts[0], texts[2]]).unwrap().count, 2);
}

#[test]
fn one_relationship_cannot_be_imported_twice_at_once() {
    let engine = engine();
    let twice = "doc:one#owner@user:ana";
    assert_eq!(existing(try_import(&engine, &[twice, "doc:two#owner@user:ana", twice]).unwrap_err()), twice);
    assert!(read(&head(&engine), "doc").is_empty());
}

#[test]
fn a_large_import_with_a_failing_last_one_leaves_nothing() {
    let engine = engine();
    write(&engine, &["+doc:last#viewer@user:ana", "+doc:d5#viewer@user:ana"]);
    let before = (engine.head(), read(&head(&engine), "doc"));
    let mut import = engine.import_relationships().unwrap();
    import.add_all(numbered(200_000)).unwrap();
    import.add(&relationship("doc:last#viewer@user:ana")).unwrap();
    assert_eq!(existing(engine.commit_import(import).unwrap_err()), "doc:last#viewer@user:ana");
    assert_eq!((engine.head(), read(&head(&engine), "doc")), before);
    assert!(!check(&head(&engine), "doc:d7#view@user:u7"));

    // What was taken back can be imported after all.
    let mut import = engine.import_relationships().unwrap();
    import.add_all(numbered(200_000)).unwrap();
    assert_eq!(engine.commit_import(import).unwrap().count, 200_000);
    assert!(check(&head(&engine), "doc:d7#view@user:u7"));
    assert_eq!(
        head(&engine).read_relationships(&crate::support::filter("doc"), None).unwrap().count(),
        200_002
    );
}

#[test]
fn what_the_schema_does_not_admit_is_refused_when_it_is_added() {
    let engine = with_schema(ON_TERMS);
    let cases = [
        ("dok:one#viewer@user:ana", "object definition `dok` not found"),
        (
            "doc:one#viewr@user:ana",
            "relation/permission `viewr` not found under definition `doc`; did you mean `viewer`?",
        ),
        ("doc:one#viewer@user:*", "subjects of type `user:*` are not allowed on relation `doc#viewer`"),
        (
            "doc:one#viewer@user:ana[other]",
            "subjects of type `user with other` are not allowed on relation `doc#viewer`",
        ),
        (
            r#"doc:one#viewer@user:ana[in_region:{"region":5}]"#,
            "invalid context for caveat `in_region`: could not convert context parameter `region`: for string: a string value is required, but found float64 `5`",
        ),
    ];
    for (text, message) in cases {
        let mut import = begun(&engine, &["doc:fine#viewer@user:ana"]);
        let error = import.add(&relationship(text)).unwrap_err();
        assert_eq!(error.to_string(), message, "{text}");
    }
    let large = format!(r#"doc:one#viewer@user:ana[in_region:{{"region":"{}"}}]"#, "x".repeat(25_000));
    let error = begun(&engine, &[]).add(&relationship(&large)).unwrap_err();
    let is_too_large = matches!(
        error,
        ImportRelationshipsError::Refused(WriteRelationshipsError::CaveatTooLarge { bytes_max: 25_000, .. })
    );
    assert!(is_too_large, "{error}");
    assert!(read(&head(&engine), "doc").is_empty());
}

#[test]
fn what_was_admitted_by_an_older_schema_is_looked_at_again() {
    let removed = SCHEMA.replace("    relation owner: user\n", "    relation owner: user:*\n");
    for (texts, is_admitted) in [(["doc:one#viewer@user:ana"], true), (["doc:one#owner@user:ana"], false)] {
        let engine = engine();
        let import = begun(&engine, &texts);
        engine.write_schema(&removed).unwrap();
        let result = engine.commit_import(import);
        assert_eq!(result.is_ok(), is_admitted, "{result:?}");
        assert_eq!(read(&head(&engine), "doc").len(), usize::from(is_admitted));

        // The same if the schema changes while it is on its way.
        let engine = self::engine();
        let mut import = begun(&engine, &texts);
        engine.write_schema(&removed).unwrap();
        import.add(&relationship("doc:two#viewer@user:ana")).unwrap();
        assert_eq!(engine.commit_import(import).is_ok(), is_admitted);
    }
}

#[test]
fn what_has_expired_can_be_imported_again_and_comes_back_if_the_import_is_taken_back() {
    let clock = Arc::new(ManualClock::at(Timestamp { seconds: 100, nanoseconds: 0 }));
    let mut options = EngineOptions::default();
    options.clock = Arc::clone(&clock) as _;
    let engine = Engine::in_memory(options).unwrap();
    engine.write_schema(ON_TERMS).unwrap();
    let until = |seconds| format!("doc:one#viewer@user:ana[expiration:1970-01-01T00:{seconds}Z]");
    write(&engine, &[&format!("+{}", until("02:00")), "+doc:there#viewer@user:ana"]);
    let written = head(&engine);
    clock.set(Timestamp { seconds: 130, nanoseconds: 0 });

    let refused = try_import(&engine, &[&until("03:00"), "doc:there#viewer@user:ana"]).unwrap_err();
    assert_eq!(existing(refused), "doc:there#viewer@user:ana");
    assert_eq!(read(&head(&engine), "doc"), ["doc:there#viewer@user:ana"]);
    assert_eq!(try_import(&engine, &[&until("03:00")]).unwrap().count, 1);
    assert_eq!(read(&head(&engine), "doc:one"), [until("03:00")]);
    assert_eq!(read(&written, "doc:one"), [until("02:00")], "a view of before is as it was");
}

#[test]
fn what_had_expired_before_it_was_imported_cannot_be_imported_twice_at_once() {
    let engine = with_schema(ON_TERMS);
    let texts =
        ["2001", "2002"].map(|year| format!("doc:one#viewer@user:ana[expiration:{year}-01-01T00:00:00Z]"));
    let [first, second] = texts.each_ref().map(String::as_str);
    for twice in [[first, first], [first, second]] {
        assert_eq!(existing(try_import(&engine, &twice).unwrap_err()), twice[1]);
    }
    assert_eq!(try_import(&engine, &[first]).unwrap().count, 1);
    assert_eq!(try_import(&engine, &[second]).unwrap().count, 1);
}

#[test]
fn an_import_that_is_dropped_was_never_begun() {
    let engine = engine();
    let before = engine.head();
    drop(begun(&engine, &["doc:one#owner@user:ana"]));
    assert_eq!(engine.head(), before);
    assert_eq!(try_import(&engine, &["doc:one#owner@user:ana"]).unwrap().count, 1);
}

#[test]
fn writes_go_on_while_an_import_is_on_its_way_and_decide_what_is_there() {
    let engine = engine();
    let first = begun(&engine, &["doc:one#owner@user:ana", "doc:two#owner@user:ana"]);
    let second = begun(&engine, &["doc:one#owner@user:bob"]);
    write(&engine, &["+doc:two#owner@user:ana"]);
    assert_eq!(existing(engine.commit_import(first).unwrap_err()), "doc:two#owner@user:ana");
    engine.commit_import(second).unwrap();
    let exists = try_write(&engine, &["+doc:one#owner@user:bob"]).unwrap_err();
    assert!(matches!(exists, WriteRelationshipsError::AlreadyExists { .. }));
}

#[test]
fn imports_on_their_way_are_few() {
    let engine = engine();
    let mut imports: Vec<_> = (0..64).map(|_| begun(&engine, &[])).collect();
    assert_eq!(engine.import_count(), 64);
    let refused = engine.import_relationships().unwrap_err();
    assert_eq!(refused.to_string(), "64 imports are on their way already; wait for one to end");
    imports.pop();
    let another = engine.import_relationships().unwrap();
    assert!(engine.import_relationships().is_err());
    engine.commit_import(another).unwrap();
    assert!(engine.import_relationships().is_ok());
}

#[test]
fn an_import_that_is_not_durable_is_taken_back() {
    let journal = Arc::new(Failing::default());
    let engine = Engine::with_journal(Arc::clone(&journal) as _, EngineOptions::default()).unwrap();
    engine.write_schema(SCHEMA).unwrap();
    write(&engine, &["+doc:one#owner@user:ana"]);
    let before = engine.head();
    journal.failures.store(1, Ordering::Relaxed);
    let error = try_import(&engine, &["doc:two#owner@user:ana"]).unwrap_err();
    assert!(matches!(error, ImportRelationshipsError::Unwritable(Unwritable::NotDurable)), "{error}");
    assert_eq!(engine.head(), before);
    assert_eq!(read(&head(&engine), "doc"), ["doc:one#owner@user:ana"]);
    try_import(&engine, &["doc:two#owner@user:ana"]).unwrap();
    engine.delete_relationships(deletion("doc:two")).unwrap();
}

#[test]
fn an_import_is_there_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("graph");
    let open = || Engine::open(&path, EngineOptions::default()).unwrap();
    let engine = open();
    engine.write_schema(SCHEMA).unwrap();
    write(&engine, &["+doc:before#owner@user:ana"]);
    let mut import = engine.import_relationships().unwrap();
    import.add_all(numbered(50_000)).unwrap();
    engine.commit_import(import).unwrap();
    write(&engine, &["-doc:d1#viewer@user:u1"]);
    let revision = engine.head();
    let expected = read(&head(&engine), "doc");
    assert_eq!(expected.len(), 50_000);
    drop(engine);
    let engine = open();
    assert_eq!(engine.head(), revision);
    assert!(read(&head(&engine), "doc") == expected);
}

#[test]
fn who_watches_is_told_of_an_import_between_writes() {
    let engine = engine();
    let mut watcher = engine.watch(Watch::default()).unwrap();
    write(&engine, &["+doc:one#owner@user:ana"]);
    let texts = ["doc:a#owner@user:ana", "doc:b#owner@user:ana", "doc:c#owner@user:ana"];
    try_import(&engine, &texts).unwrap();
    write(&engine, &["+doc:two#owner@user:ana"]);
    let told: Vec<usize> = (0..3).map(|_| watcher.next_changes().unwrap().updates.len()).collect();
    assert_eq!(told, [1, 3, 1]);
}
