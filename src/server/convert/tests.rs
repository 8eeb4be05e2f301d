//! Messages and what they are converted to, or why they are refused.

use std::collections::BTreeMap;

use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value};

use super::{InvalidFields, Path, Violations, WildcardRule};
use crate::server::wire::v1;

/// Why a conversion is refused; empty if it is not.
fn refusal<T>(convert: impl FnOnce(&mut Violations) -> Option<T>) -> String {
    let mut violations = Violations::default();
    let converted = convert(&mut violations);
    let result = violations.check();
    assert!(converted.is_some() || result.is_err(), "nothing converted, and no reason why");
    result.map_or_else(|error| error.to_string(), |()| String::new())
}

fn object(text: &str) -> v1::ObjectReference {
    let (object_type, object_id) = text.split_once(':').unwrap_or((text, ""));
    v1::ObjectReference { object_type: object_type.to_owned(), object_id: object_id.to_owned() }
}

fn subject(text: &str) -> v1::SubjectReference {
    let (text, relation) = text.split_once('#').unwrap_or((text, ""));
    v1::SubjectReference { object: Some(object(text)), optional_relation: relation.to_owned() }
}

fn update(operation: i32, resource: &str, relation: &str, of: &str) -> v1::RelationshipUpdate {
    let relationship = v1::Relationship {
        resource: Some(object(resource)),
        relation: relation.to_owned(),
        subject: Some(subject(of)),
        ..v1::Relationship::default()
    };
    v1::RelationshipUpdate { operation, relationship: Some(relationship) }
}

fn refused_update(update: v1::RelationshipUpdate) -> String {
    refusal(|violations| super::update(update, &Path::element("updates", 0), violations))
}

const TYPE: &str =
    "does not match regex pattern `^([a-z][a-z0-9_]{1,61}[a-z0-9]/)*[a-z][a-z0-9_]{1,62}[a-z0-9]$`";
const RELATION: &str = "does not match regex pattern `^[a-z][a-z0-9_]{1,62}[a-z0-9]$`";
const OPTIONAL_RELATION: &str = "does not match regex pattern `^([a-z][a-z0-9_]{1,62}[a-z0-9])?$`";
const OBJECT_ID: &str = r"does not match regex pattern `^(([a-zA-Z0-9/_|\-=+.:@%~,]{1,})|\*)$`";

#[test]
fn a_well_formed_update_is_converted() {
    let long = "x".repeat(1024);
    for resource in
        ["doc:1", "acme/doc:a/b_c|d-e=f+g", "doc:ana@example.com", "doc:50%~,.x", &format!("doc:{long}")]
    {
        for of in ["user:a", "user:*", "group:g#member"] {
            assert_eq!(refused_update(update(1, resource, "viewer", of)), "", "{resource} {of}");
        }
    }
}

#[test]
fn every_malformed_field_of_an_update_is_named() {
    let long_id = format!("doc:{}", "x".repeat(1025));
    let relation = "updates[0].relationship.relation";
    let subject_type = "updates[0].relationship.subject.object.object_type";
    let resource_type = "updates[0].relationship.resource.object_type";
    let resource_id = "updates[0].relationship.resource.object_id";
    let cases = [
        (update(1, "doc:", "viewer", "user:a"), format!("{resource_id}: {OBJECT_ID}")),
        (update(1, "doc:a b", "viewer", "user:a"), format!("{resource_id}: {OBJECT_ID}")),
        (update(1, "doc:é", "viewer", "user:a"), format!("{resource_id}: {OBJECT_ID}")),
        (update(1, "doc:**", "viewer", "user:a"), format!("{resource_id}: {OBJECT_ID}")),
        (update(1, &long_id, "viewer", "user:a"), format!("{resource_id}: must be at most 1024 bytes")),
        (update(1, "do:1", "viewer", "user:a"), format!("{resource_type}: {TYPE}")),
        (update(1, ":1", "viewer", "user:a"), format!("{resource_type}: {TYPE}")),
        (update(1, "Doc:1", "viewer", "user:a"), format!("{resource_type}: {TYPE}")),
        (update(1, "doc:1", "vi", "user:a"), format!("{relation}: {RELATION}")),
        (update(1, "doc:1", "", "user:a"), format!("{relation}: {RELATION}")),
        (update(1, "doc:1", "...", "user:a"), format!("{relation}: {RELATION}")),
        (update(1, "doc:1", "viewer", "us:a"), format!("{subject_type}: {TYPE}")),
        (
            update(1, "doc:1", "viewer", "user:a#..."),
            format!("updates[0].relationship.subject.optional_relation: {OPTIONAL_RELATION}"),
        ),
        (update(0, "doc:1", "viewer", "user:a"), "updates[0].operation: must not be in list [0]".to_owned()),
        (
            update(9, "doc:1", "viewer", "user:a"),
            "updates[0].operation: value must be one of the defined enum values".to_owned(),
        ),
    ];
    for (update, expected) in cases {
        assert_eq!(refused_update(update), format!("validation error: {expected}"));
    }
}

#[test]
fn absent_messages_are_named() {
    let mut no_resource = update(1, "doc:1", "viewer", "user:a");
    no_resource.relationship.as_mut().unwrap().resource = None;
    let mut no_subject = update(1, "doc:1", "viewer", "user:a");
    no_subject.relationship.as_mut().unwrap().subject = None;
    let mut no_object = update(1, "doc:1", "viewer", "user:a");
    no_object.relationship.as_mut().unwrap().subject.as_mut().unwrap().object = None;
    let no_relationship = v1::RelationshipUpdate { operation: 1, relationship: None };
    let cases = [
        (no_resource, "updates[0].relationship.resource"),
        (no_subject, "updates[0].relationship.subject"),
        (no_object, "updates[0].relationship.subject.object"),
        (no_relationship, "updates[0].relationship"),
    ];
    for (update, path) in cases {
        assert_eq!(refused_update(update), format!("validation error: {path}: value is required"));
    }
}

#[test]
fn all_violations_are_listed_in_the_order_of_the_fields() {
    assert_eq!(
        refused_update(update(1, "do:", &"v".repeat(65), "us:")),
        format!(
            "validation errors:\n - updates[0].relationship.resource.object_type: {TYPE}\
             \n - updates[0].relationship.resource.object_id: {OBJECT_ID}\
             \n - updates[0].relationship.relation: must be at most 64 bytes\
             \n - updates[0].relationship.relation: {RELATION}\
             \n - updates[0].relationship.subject.object.object_type: {TYPE}\
             \n - updates[0].relationship.subject.object.object_id: {OBJECT_ID}"
        )
    );
}

#[test]
fn a_message_does_not_grow_with_the_violations() {
    let many = refusal(|violations| {
        let all = (0..100_000).map(|index| {
            super::update(update(1, "doc:", "viewer", "user:a"), &Path::element("updates", index), violations)
        });
        all.last().flatten()
    });
    assert!(many.ends_with("\n - … and 99984 more"), "{many}");
    assert!(many.len() < 4096, "{}", many.len());
}

#[test]
fn misplaced_wildcards_come_after_malformed_fields() {
    let id = "invalid ObjectReference.ObjectId: alphanumeric value is required";
    let relation = "invalid SubjectReference.OptionalRelation: optionalrelation must be empty on subject if object \
                    ID is a wildcard";
    let malformed = format!("validation error: updates[0].relationship.relation: {RELATION}");
    let cases = [
        (update(1, "doc:*", "viewer", "user:a"), id),
        (update(1, "doc:*", "viewer", "group:*#member"), id),
        (update(1, "doc:1", "viewer", "group:*#member"), relation),
        (update(1, "doc:*", "vi", "group:*#member"), &malformed),
    ];
    for (update, expected) in cases {
        assert_eq!(refused_update(update), expected);
    }
}

#[test]
fn an_appended_part_has_its_fields_behind_and_its_wildcards_before() {
    let (mut earlier, mut later) = (Violations::default(), Violations::default());
    super::subject(Some(subject("group:*#member")), &Path::of("subject"), &mut earlier);
    super::resource(Some(object("doc:*")), &Path::of("resource"), &mut later);
    earlier.append(later);
    let refused = earlier.check().unwrap_err();
    assert!(matches!(refused, InvalidFields::Wildcard(super::violation::MisplacedWildcard::Resource)));
}

/// A filter of type, id, prefix, relation, and a subject with its relation.
fn filter(fields: [&str; 4], of: Option<(&str, &str, Option<&str>)>) -> v1::RelationshipFilter {
    let [resource_type, id, prefix, relation] = fields.map(str::to_owned);
    let optional_subject_filter = of.map(|(subject_type, subject_id, relation)| v1::SubjectFilter {
        subject_type: subject_type.to_owned(),
        optional_subject_id: subject_id.to_owned(),
        optional_relation: relation
            .map(|relation| v1::subject_filter::RelationFilter { relation: relation.to_owned() }),
    });
    v1::RelationshipFilter {
        resource_type,
        optional_resource_id: id,
        optional_resource_id_prefix: prefix,
        optional_relation: relation,
        optional_subject_filter,
    }
}

fn refused_filter(message: Option<v1::RelationshipFilter>, wildcards: WildcardRule) -> String {
    refusal(|violations| super::filter(message, wildcards, &Path::of("filter"), violations))
}

#[test]
fn every_malformed_field_of_a_filter_is_named() {
    let id = r"does not match regex pattern `^([a-zA-Z0-9/_|\-=+.:@%~,]{1,})?$`";
    let subject_id = r"does not match regex pattern `^(([a-zA-Z0-9/_|\-=+.:@%~,]{1,})|\*)?$`";
    let of = "filter.optional_subject_filter";
    let cases = [
        (
            filter(["do", "", "", ""], None),
            "filter.resource_type: does not match regex pattern \
             `^(([a-z][a-z0-9_]{1,61}[a-z0-9]/)*[a-z][a-z0-9_]{1,62}[a-z0-9])?$`"
                .to_owned(),
        ),
        (filter(["doc", "*", "", ""], None), format!("filter.optional_resource_id: {id}")),
        (filter(["doc", "", "a b", ""], None), format!("filter.optional_resource_id_prefix: {id}")),
        (filter(["doc", "", "", "vi"], None), format!("filter.optional_relation: {OPTIONAL_RELATION}")),
        (filter(["", "", "", ""], Some(("", "", None))), format!("{of}.subject_type: {TYPE}")),
        (
            filter(["", "", "", ""], Some(("user", "a b", None))),
            format!("{of}.optional_subject_id: {subject_id}"),
        ),
        (
            filter(["", "", "", ""], Some(("user", "", Some("...")))),
            format!("{of}.optional_relation.relation: {OPTIONAL_RELATION}"),
        ),
    ];
    for (message, expected) in cases {
        let refused = refused_filter(Some(message), WildcardRule::Checked);
        assert_eq!(refused, format!("validation error: {expected}"));
    }
    assert_eq!(refused_filter(None, WildcardRule::Checked), "validation error: filter: value is required");
}

#[test]
fn a_wildcard_userset_is_refused_only_where_that_is_checked() {
    let message = filter(["doc", "", "", ""], Some(("user", "*", Some("member"))));
    assert_eq!(
        refused_filter(Some(message.clone()), WildcardRule::Checked),
        "invalid SubjectFilter.OptionalRelation: optionalrelation must be empty on subject if object ID is a wildcard"
    );
    assert_eq!(refused_filter(Some(message), WildcardRule::Unchecked), "");
}

#[test]
fn a_filter_is_quoted_as_protobuf_text() {
    let cases = [
        (filter(["", "", "", ""], None), ""),
        (
            filter(["doc", "1", "1", ""], None),
            r#"resource_type:"doc" optional_resource_id:"1" optional_resource_id_prefix:"1""#,
        ),
        (
            filter(["doc", "2", "", "viewer"], Some(("group", "g", Some("member")))),
            r#"resource_type:"doc" optional_resource_id:"2" optional_relation:"viewer" optional_subject_filter:{subject_type:"group" optional_subject_id:"g" optional_relation:{relation:"member"}}"#,
        ),
        (
            filter(["", "", "", ""], Some(("user", "*", Some("")))),
            r#"optional_subject_filter:{subject_type:"user" optional_subject_id:"*" optional_relation:{}}"#,
        ),
    ];
    for (message, expected) in cases {
        let mut violations = Violations::default();
        let filter =
            super::filter(Some(message), WildcardRule::Checked, &Path::of("filter"), &mut violations)
                .unwrap();
        assert_eq!(super::filter_text(&filter), expected);
    }
}

#[test]
fn a_relationship_comes_back_as_it_went() {
    let context = Struct {
        fields: BTreeMap::from([
            (
                "list".to_owned(),
                value(Kind::ListValue(ListValue { values: vec![value(Kind::NullValue(0))] })),
            ),
            ("number".to_owned(), value(Kind::NumberValue(1.5))),
        ]),
    };
    for of in ["user:a", "user:*", "group:g#member"] {
        let mut update = update(2, "doc:1", "viewer", of);
        let relationship = update.relationship.as_mut().unwrap();
        relationship.optional_caveat =
            Some(v1::ContextualizedCaveat { caveat_name: "cav".to_owned(), context: Some(context.clone()) });
        relationship.optional_expires_at = Some(prost_types::Timestamp { seconds: -5, nanos: 7 });
        let mut violations = Violations::default();
        let converted = super::update(update.clone(), &Path::element("updates", 0), &mut violations).unwrap();
        assert_eq!(Some(super::relationship_to_wire(converted.relationship)), update.relationship);
    }
}

fn value(kind: Kind) -> Value {
    Value { kind: Some(kind) }
}

#[test]
fn numbers_become_json_as_they_are_meant() {
    let cases = [
        (0.0, "0"),
        (1.0, "1"),
        (-3.0, "-3"),
        (0.5, "0.5"),
        (9_007_199_254_740_992.0, "9007199254740992"),
        (1e300, "1e+300"),
    ];
    for (number, expected) in cases {
        let structure =
            Struct { fields: BTreeMap::from([("n".to_owned(), value(Kind::NumberValue(number)))]) };
        let mut violations = Violations::default();
        let text = super::json_object(structure, &Path::of("context"), &mut violations).unwrap();
        assert_eq!(text, format!(r#"{{"n":{expected}}}"#));
    }
}

#[test]
fn what_json_has_no_word_for_is_refused() {
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let structure =
            Struct { fields: BTreeMap::from([("n".to_owned(), value(Kind::NumberValue(number)))]) };
        let refused = refusal(|violations| super::json_object(structure, &Path::of("context"), violations));
        assert_eq!(refused, "validation error: context: numbers must be finite");
    }
}

#[test]
fn nanoseconds_outside_of_the_second_move_the_seconds() {
    let cases = [
        (10, -1, 9, 999_999_999),
        (10, 1_999_999_999, 11, 999_999_999),
        (i64::MIN, -1, i64::MIN, 999_999_999),
    ];
    for (seconds, nanos, expected_seconds, expected_nanoseconds) in cases {
        let mut message = update(1, "doc:1", "viewer", "user:a");
        message.relationship.as_mut().unwrap().optional_expires_at =
            Some(prost_types::Timestamp { seconds, nanos });
        let mut violations = Violations::default();
        let converted = super::update(message, &Path::element("updates", 0), &mut violations).unwrap();
        let expires_at = converted.relationship.expires_at.unwrap();
        assert_eq!((expires_at.seconds, expires_at.nanoseconds), (expected_seconds, expected_nanoseconds));
    }
}
