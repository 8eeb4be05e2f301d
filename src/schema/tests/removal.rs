//! What a new schema takes away.

use super::*;

const BASE: &str = "definition user {}
definition group {
 relation member: user | group#member
 relation old: user
 permission perm = member
}
definition doc {
 relation viewer: user | user:* | group#member | group#old | group#perm
 relation other: user
 permission view = viewer
}";

/// What is lost when `from` becomes `to` in the base schema, as messages about the relationship `R`.
fn lost(from: &str, to: &str) -> Vec<String> {
    assert!(BASE.contains(from), "{from}");
    let (old, new) = (compiled(BASE), compiled(&BASE.replace(from, to)));
    removals(&old, &new).iter().map(|removal| removal.message("R")).collect()
}

const NONE: [&str; 0] = [];

#[test]
fn nothing_is_lost_by_what_is_added_or_never_stored() {
    assert_eq!(lost("definition user {}", "definition user {}\ndefinition bot {}"), NONE);
    assert_eq!(lost(" relation other: user\n", " relation other: user | doc\n relation more: user\n"), NONE);
    assert_eq!(lost(" permission view = viewer\n", ""), NONE);
    assert_eq!(lost(" permission view = viewer\n", " relation view: user\n"), NONE);
}

#[test]
fn deleted_relation_is_lost_on_both_sides() {
    assert_eq!(
        lost(" relation other: user\n", ""),
        [
            "cannot delete relation `other` in object definition `doc`, as at least one relationship exists under it: R",
            "cannot delete relation `other` in object definition `doc`, as at least one relationship references it as \
             part of a subject: R",
        ]
    );
}

#[test]
fn relation_turned_into_a_permission_is_lost_as_a_relation_and_as_a_userset() {
    assert_eq!(
        lost("relation old: user", "permission old = member"),
        [
            "cannot delete relation `old` in object definition `group`, as at least one relationship exists under it: R",
            "cannot delete relation `old` in object definition `group`, as at least one relationship references it as \
             part of a subject: R",
        ]
    );
}

#[test]
fn permission_turned_into_a_relation_keeps_its_usersets() {
    assert_eq!(lost("permission perm = member", "relation perm: user"), NONE);
}

#[test]
fn removed_subject_is_lost_in_its_exact_form() {
    for (gone, text) in [
        (": user | user:*", "user"),
        (" | user:*", "user:*"),
        (" | group#perm", "group#perm"),
        (" | group#old", "group#old"),
    ] {
        let to = if gone.starts_with(':') { ": user:*" } else { "" };
        let expected = format!(
            "cannot remove allowed type `{text}` from relation `viewer` in object definition `doc`, as a relationship \
             exists with it: R"
        );
        assert_eq!(lost(gone, to), [expected]);
    }
}

#[test]
fn deleted_definitions_come_last() {
    let old = compiled(BASE);
    let new =
        compiled("definition user {}\ndefinition doc {\n relation viewer: user\n relation other: user\n}");
    let kinds: Vec<_> = removals(&old, &new).into_iter().map(|removal| removal.kind).collect();
    assert_eq!(kinds.len(), 5);
    assert!(kinds[..4].iter().all(|kind| matches!(kind, RemovalKind::AllowedSubject { .. })));
    assert_eq!(kinds[4], RemovalKind::Definition);
    assert_eq!(removals(&old, &compiled("")).len(), 3);
}

#[test]
fn metadata_names_the_operation_and_its_parts() {
    let old = compiled(BASE);
    let new = compiled(&BASE.replace(" | user:*", ""));
    let mut metadata = removals(&old, &new)[0].metadata("doc:a#viewer@user:*");
    metadata.sort_unstable();
    assert_eq!(
        metadata,
        [
            ("allowed_type", "user:*".to_owned()),
            ("operation", "remove_allowed_type".to_owned()),
            ("relation", "viewer".to_owned()),
            ("relationship", "doc:a#viewer@user:*".to_owned()),
            ("resource_type", "doc".to_owned()),
        ]
    );
}
