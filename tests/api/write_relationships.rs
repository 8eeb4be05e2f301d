//! `WriteRelationships`: what it refuses, and in which order it looks.

use std::collections::BTreeMap;

use arrowroot::server::wire::v1;
use prost_types::value::Kind;
use prost_types::{Struct, Value};

use crate::harness::{Client, Running, told, told_of};
use crate::notation::{self, ID, OPTIONAL_ID, OPTIONAL_RELATION, OPTIONAL_TYPE, RELATION, TYPE, broken};

/// Each case starts with `doc:1#viewer@user:a`, `doc:1#parent@folder:f`.
async fn holding() -> (Running, Client) {
    Running::holding(&["doc:1#viewer@user:a", "doc:1#parent@folder:f"]).await
}

fn unknown_relation(definition: &str, relation: &str) -> String {
    format!(
        "FailedPrecondition `relation/permission `{relation}` not found under definition `{definition}`` \
         UNKNOWN_RELATION_OR_PERMISSION {{definition_name: {definition}, relation_or_permission_name: {relation}}}"
    )
}

fn unknown_definition(definition: &str) -> String {
    format!(
        "FailedPrecondition `object definition `{definition}` not found` UNKNOWN_DEFINITION {{definition_name: \
         {definition}}}"
    )
}

fn invalid_subject(relation: &str, subject_type: &str, suggestion: &str) -> String {
    format!(
        "InvalidArgument `subjects of type `{subject_type}` are not allowed on relation `doc#{relation}`{suggestion}` \
         INVALID_SUBJECT_TYPE {{definition_name: doc, relation_name: {relation}, subject_type: {subject_type}}}"
    )
}

fn duplicate(relationship: &str) -> String {
    format!(
        "InvalidArgument `found more than one update with relationship `{relationship}` in this request; a \
         relationship can only be specified in an update once per overall WriteRelationships request` \
         UPDATES_ON_SAME_RELATIONSHIP {{definition_name: doc, relationship: {relationship}}}"
    )
}

#[tokio::test]
async fn updates_are_accepted_or_refused_with_their_code() {
    let (_running, mut client) = holding().await;
    let permission = "InvalidArgument `cannot write a relationship to permission `view` under definition `doc`` \
                      CANNOT_UPDATE_PERMISSION {definition_name: doc, permission_name: view}";
    let wildcard_relation = "InvalidArgument `invalid SubjectReference.OptionalRelation: optionalrelation must be \
                             empty on subject if object ID is a wildcard`";
    let wildcard_id = "InvalidArgument `invalid ObjectReference.ObjectId: alphanumeric value is required`";
    let cases = [
        ("", "OK".to_owned()),
        ("~doc:1#viewer@user:a", "OK".to_owned()),
        ("+doc:ana@example.com#viewer@user:a/b_c|d-e=f+g.h%i~j,k", "OK".to_owned()),
        ("-doc:9#viewer@user:zz", "OK".to_owned()),
        ("+nothing:1#viewer@user:a", unknown_definition("nothing")),
        ("-nothing:1#viewer@user:a", unknown_definition("nothing")),
        ("~doc:1#viewer@nothing:a", unknown_definition("nothing")),
        ("+doc:1#nothing@user:a", unknown_relation("doc", "nothing")),
        ("-doc:1#nothing@user:a", unknown_relation("doc", "nothing")),
        ("+doc:1#viewer@group:a#nothing", unknown_relation("group", "nothing")),
        ("+doc:1#view@user:a", permission.to_owned()),
        ("-doc:1#view@user:a", permission.to_owned()),
        ("+doc:1#viewer@folder:a", invalid_subject("viewer", "folder", "")),
        ("-doc:1#viewer@folder:a", invalid_subject("viewer", "folder", "")),
        ("+doc:1#viewer@group:a", invalid_subject("viewer", "group", "; did you mean `group#member`?")),
        ("+doc:1#viewer@group:a#anyone", invalid_subject("viewer", "group#anyone", "")),
        ("+doc:1#owner@user:*", invalid_subject("owner", "user:*", "")),
        ("+doc:1#viewer@group:*#member", wildcard_relation.to_owned()),
        ("+doc:*#viewer@user:a", wildcard_id.to_owned()),
        (
            "~doc:1#viewer@user:b, ~doc:1#viewer@user:a, ~doc:1#viewer@user:a, ~doc:1#viewer@user:b",
            duplicate("doc:1#viewer@user:a"),
        ),
        ("+doc:1#viewer@user:q, -doc:1#viewer@user:q", duplicate("doc:1#viewer@user:q")),
        ("~doc:1#nothing@user:a, ~doc:1#nothing@user:a", duplicate("doc:1#nothing@user:a")),
        ("~doc:1#nothing@user:a, ~nothing:1#viewer@user:a", unknown_relation("doc", "nothing")),
        ("~nothing:1#viewer@user:a, ~doc:1#nothing@user:a", unknown_definition("nothing")),
    ];
    for (updates, expected) in cases {
        assert_eq!(told_of(client.write(notation::updates(updates)).await), expected, "{updates}");
    }
}

#[tokio::test]
async fn a_create_of_what_is_there_is_refused_and_nothing_is_written() {
    let (_running, mut client) = holding().await;
    let refused = client.write(notation::updates("+doc:2#viewer@user:a, +doc:1#viewer@user:a")).await;
    assert_eq!(
        told_of(refused),
        "AlreadyExists `could not CREATE relationship `doc:1#viewer@user:a`, as it already existed. If this is \
         persistent, please switch to TOUCH operations or specify a precondition` ATTEMPT_TO_RECREATE_RELATIONSHIP \
         {relationship: doc:1#viewer@user:a, resource_object_id: 1, resource_relation: viewer, resource_type: doc, \
         subject_object_id: a, subject_relation: , subject_type: user}"
    );
    let request = v1::ReadRelationshipsRequest {
        relationship_filter: Some(notation::filter("type=doc id=2")),
        ..Default::default()
    };
    assert!(client.read(request).await.unwrap().is_empty());
}

#[tokio::test]
async fn every_malformed_field_is_named() {
    let (_running, mut client) = holding().await;
    let long = "x".repeat(1025);
    let of = "updates[0].relationship";
    let cases = [
        ("+doc:#viewer@user:a", broken(&format!("{of}.resource.object_id"), ID)),
        ("+doc:a b#viewer@user:a", broken(&format!("{of}.resource.object_id"), ID)),
        ("+doc:é#viewer@user:a", broken(&format!("{of}.resource.object_id"), ID)),
        ("+:1#viewer@user:a", broken(&format!("{of}.resource.object_type"), TYPE)),
        ("+Doc:1#viewer@user:a", broken(&format!("{of}.resource.object_type"), TYPE)),
        ("+doc:1#@user:a", broken(&format!("{of}.relation"), RELATION)),
        ("+doc:1#...@user:a", broken(&format!("{of}.relation"), RELATION)),
        ("+doc:1#viewer@:a", broken(&format!("{of}.subject.object.object_type"), TYPE)),
        ("+doc:1#viewer@user:", broken(&format!("{of}.subject.object.object_id"), ID)),
        ("+doc:1#viewer@user:a*", broken(&format!("{of}.subject.object.object_id"), ID)),
        ("+doc:1#viewer@user:a#...", broken(&format!("{of}.subject.optional_relation"), OPTIONAL_RELATION)),
        (
            "?doc:1#viewer@user:a",
            "InvalidArgument `validation error: updates[0].operation: must not be in list [0]`".to_owned(),
        ),
        (
            &format!("+doc:{long}#viewer@user:a"),
            format!(
                "InvalidArgument `validation error: {of}.resource.object_id: must be at most 1024 bytes`"
            ),
        ),
        (
            "+doc:#viewer@user:a, +:1#vi@user:",
            format!(
                "InvalidArgument `validation errors:\n - {of}.resource.object_id: does not match regex pattern \
                 `{ID}`\n - updates[1].relationship.resource.object_type: does not match regex pattern `{TYPE}`\n - \
                 updates[1].relationship.relation: does not match regex pattern `{RELATION}`\n - \
                 updates[1].relationship.subject.object.object_id: does not match regex pattern `{ID}``"
            ),
        ),
    ];
    for (updates, expected) in cases {
        assert_eq!(told_of(client.write(notation::updates(updates)).await), expected, "{updates}");
    }
}

#[tokio::test]
async fn a_caveat_that_the_schema_lacks_is_no_kind_of_subject() {
    let (_running, mut client) = holding().await;
    let with = |name: &str| {
        let mut update = notation::update("+doc:1#viewer@user:a");
        update.relationship.as_mut().unwrap().optional_caveat =
            Some(v1::ContextualizedCaveat { caveat_name: name.to_owned(), context: None });
        vec![update]
    };
    let malformed = broken(
        "updates[0].relationship.optional_caveat.caveat_name",
        "^([a-zA-Z0-9_][a-zA-Z0-9/_|-]{0,127})$",
    );
    assert_eq!(told_of(client.write(with("nocav")).await), invalid_subject("viewer", "user with nocav", ""));
    assert_eq!(told_of(client.write(with("a b")).await), malformed);
    assert_eq!(told_of(client.write(with("")).await), malformed);
}

/// Writes one valid update under preconditions.
async fn write_if(client: &mut Client, preconditions: &[&str]) -> String {
    let request = v1::WriteRelationshipsRequest {
        updates: notation::updates("~doc:9#viewer@user:a"),
        optional_preconditions: preconditions.iter().map(|text| notation::precondition(text)).collect(),
        ..Default::default()
    };
    told(client.permissions.write_relationships(request).await)
}

#[tokio::test]
async fn preconditions_hold_or_are_told() {
    let (_running, mut client) = holding().await;
    let unmet = |text: &str, metadata: &str| {
        format!(
            "FailedPrecondition `unable to satisfy write precondition `{text}`` WRITE_OR_DELETE_PRECONDITION_FAILURE \
             {{{metadata}}}"
        )
    };
    let path = "optional_preconditions[0].filter";
    let cases = [
        ("must type=doc id=1", "OK".to_owned()),
        ("mustnot type=doc id=2", "OK".to_owned()),
        ("must id=1", "OK".to_owned()),
        ("must prefix=1", "OK".to_owned()),
        ("must subject=user", "OK".to_owned()),
        (
            "must type=doc id=2 relation=viewer subject=group:g#member",
            unmet(
                r#"operation:OPERATION_MUST_MATCH filter:{resource_type:"doc" optional_resource_id:"2" optional_relation:"viewer" optional_subject_filter:{subject_type:"group" optional_subject_id:"g" optional_relation:{relation:"member"}}}"#,
                "precondition_operation: OPERATION_MUST_MATCH, precondition_relation: viewer, \
                 precondition_resource_id: 2, precondition_resource_type: doc, precondition_subject_id: g, \
                 precondition_subject_relation: member, precondition_subject_type: group",
            ),
        ),
        (
            "mustnot type=doc id=1",
            unmet(
                r#"operation:OPERATION_MUST_NOT_MATCH filter:{resource_type:"doc" optional_resource_id:"1"}"#,
                "precondition_operation: OPERATION_MUST_NOT_MATCH, precondition_resource_id: 1, \
                 precondition_resource_type: doc",
            ),
        ),
        (
            "must prefix=2",
            unmet(
                r#"operation:OPERATION_MUST_MATCH filter:{optional_resource_id_prefix:"2"}"#,
                "precondition_operation: OPERATION_MUST_MATCH, precondition_resource_id_prefix: 2",
            ),
        ),
        (
            "must",
            "InvalidArgument `the relationship filter provided is not valid: at least one field must be set` \
             INVALID_FILTER {filter: }"
                .to_owned(),
        ),
        (
            "must type=doc id=1 prefix=1",
            "InvalidArgument `the relationship filter provided is not valid: resource_id and resource_id_prefix cannot \
             be set at the same time` INVALID_FILTER {filter: resource_type:\"doc\" optional_resource_id:\"1\" \
             optional_resource_id_prefix:\"1\"}"
                .to_owned(),
        ),
        (
            "? type=doc",
            "InvalidArgument `validation error: optional_preconditions[0].operation: must not be in list [0]`".to_owned(),
        ),
        ("must type=nothing", unknown_definition("nothing")),
        ("must type=doc relation=nothing", unknown_relation("doc", "nothing")),
        ("must type=doc subject=nothing", unknown_definition("nothing")),
        ("must type=doc subject=group#nothing", unknown_relation("group", "nothing")),
        ("must type=doc id=*", broken(&format!("{path}.optional_resource_id"), OPTIONAL_ID)),
        ("must type=do", broken(&format!("{path}.resource_type"), OPTIONAL_TYPE)),
        (
            "must type=doc subject=user:*#member",
            "InvalidArgument `invalid SubjectFilter.OptionalRelation: optionalrelation must be empty on subject if \
             object ID is a wildcard`"
                .to_owned(),
        ),
    ];
    for (precondition, expected) in cases {
        assert_eq!(write_if(&mut client, &[precondition]).await, expected, "{precondition}");
    }
}

#[tokio::test]
async fn counts_are_bounded() {
    let (_running, mut client) = holding().await;
    let update = |index: usize| notation::update(&format!("~doc:{index}#viewer@user:a"));
    let too_many = "InvalidArgument `too many updates (1001) for WriteRelationships call (maximum: 1000); consider \
                    using ImportBulkRelationships API instead` TOO_MANY_UPDATES_IN_REQUEST \
                    {maximum_updates_allowed: 1000, update_count: 1001}";
    assert_eq!(told_of(client.write((0..1000).map(update).collect()).await), "OK");
    assert_eq!(told_of(client.write((0..1001).map(update).collect()).await), too_many);
    assert_eq!(told_of(client.write((0..1001).map(|_| update(1)).collect()).await), too_many);
    assert_eq!(
        write_if(&mut client, &["must id=1"; 1001]).await,
        "InvalidArgument `precondition count of 1001 is greater than maximum allowed of 1000` \
         TOO_MANY_PRECONDITIONS_IN_REQUEST {maximum_updates_allowed: 1000, precondition_count: 1001}"
    );
    let malformed =
        client.write((0..100_000).map(|_| notation::update("+doc:#viewer@user:a")).collect()).await;
    let malformed = told_of(malformed);
    assert!(malformed.starts_with("InvalidArgument `validation errors:"), "{malformed}");
    assert!(malformed.ends_with("and 99984 more`"), "{malformed}");
}

#[tokio::test]
async fn metadata_is_bounded_and_finite() {
    let (_running, mut client) = holding().await;
    let mut write = async |kind: Kind| {
        let fields = BTreeMap::from([("k".to_owned(), Value { kind: Some(kind) })]);
        let request = v1::WriteRelationshipsRequest {
            updates: notation::updates("~doc:9#viewer@user:a"),
            optional_transaction_metadata: Some(Struct { fields }),
            ..Default::default()
        };
        told(client.permissions.write_relationships(request).await)
    };
    assert_eq!(write(Kind::StringValue("x".repeat(64_992))).await, "OK");
    assert_eq!(
        write(Kind::StringValue("x".repeat(70_000))).await,
        "InvalidArgument `metadata size of 70008 is greater than maximum allowed of 65000` \
         TRANSACTION_METADATA_TOO_LARGE {maximum_allowed_metadata_byte_size: 65000, metadata_byte_size: 70008}"
    );
    assert_eq!(
        write(Kind::NumberValue(f64::NAN)).await,
        "InvalidArgument `validation error: optional_transaction_metadata: numbers must be finite`"
    );
}

#[tokio::test]
async fn before_any_schema_names_are_unknown() {
    let running = Running::start();
    let mut client = running.client().await;
    assert_eq!(
        told_of(client.write(notation::updates("~doc:1#viewer@user:a")).await),
        unknown_definition("doc")
    );
    assert_eq!(told_of(client.write(Vec::new()).await), "OK");
}
