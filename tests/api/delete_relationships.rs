//! `DeleteRelationships`: filters, limits, preconditions.

use arrowroot::server::wire::v1;
use arrowroot::server::wire::v1::delete_relationships_response::DeletionProgress;

use crate::harness::{Client, Running, told_of};
use crate::notation::{self, OPTIONAL_ID, OPTIONAL_RELATION, OPTIONAL_TYPE, TYPE, broken};

const DATA: [&str; 7] = [
    "doc:1#viewer@user:a",
    "doc:1#viewer@user:*",
    "doc:1#viewer@group:g#member",
    "doc:2#viewer@user:a",
    "doc:1#parent@folder:f",
    "folder:f#viewer@user:a",
    "group:g#member@user:b",
];

async fn delete(client: &mut Client, request: v1::DeleteRelationshipsRequest) -> String {
    match client.permissions.delete_relationships(request).await {
        Ok(response) => {
            let response = response.into_inner();
            assert!(!response.deleted_at.unwrap().token.is_empty());
            let progress = DeletionProgress::try_from(response.deletion_progress).unwrap();
            format!("{progress:?} {}", response.relationships_deleted_count)
        }
        Err(status) => told_of::<()>(Err(status)),
    }
}

fn request(filter: &str) -> v1::DeleteRelationshipsRequest {
    v1::DeleteRelationshipsRequest {
        relationship_filter: Some(notation::filter(filter)),
        ..Default::default()
    }
}

#[tokio::test]
async fn filters_select_what_is_deleted() {
    let of = "relationship_filter";
    let empty = "InvalidArgument `the relationship filter provided is not valid: at least one field must be set` \
                 INVALID_FILTER {filter: }";
    let both = "InvalidArgument `the relationship filter provided is not valid: resource_id and resource_id_prefix \
                cannot be set at the same time` INVALID_FILTER {filter: resource_type:\"doc\" \
                optional_resource_id:\"1\" optional_resource_id_prefix:\"1\"}";
    let definition = "FailedPrecondition `object definition `nothing` not found` UNKNOWN_DEFINITION {definition_name: \
                      nothing}";
    let relation = "FailedPrecondition `relation/permission `nothing` not found under definition `doc`` \
                    UNKNOWN_RELATION_OR_PERMISSION {definition_name: doc, relation_or_permission_name: nothing}";
    let cases = [
        ("type=doc", "Complete 5".to_owned()),
        ("type=doc id=1", "Complete 4".to_owned()),
        ("type=doc id=9", "Complete 0".to_owned()),
        ("type=doc id=1 relation=viewer", "Complete 3".to_owned()),
        ("type=doc subject=user", "Complete 3".to_owned()),
        ("type=doc subject=user#", "Complete 3".to_owned()),
        ("type=doc subject=group#member", "Complete 1".to_owned()),
        ("type=doc subject=group#", "Complete 0".to_owned()),
        ("subject=user", "Complete 5".to_owned()),
        ("subject=user:*", "Complete 1".to_owned()),
        ("id=1", "Complete 4".to_owned()),
        ("prefix=1", "Complete 4".to_owned()),
        ("relation=viewer", "Complete 5".to_owned()),
        ("relation=nothing", "Complete 0".to_owned()),
        ("type=doc relation=view", "Complete 0".to_owned()),
        ("type=doc relation=parent subject=user", "Complete 0".to_owned()),
        ("", empty.to_owned()),
        ("type=doc id=1 prefix=1", both.to_owned()),
        ("type=nothing", definition.to_owned()),
        ("type=doc relation=nothing", relation.to_owned()),
        ("type=doc subject=nothing", definition.to_owned()),
        ("type=doc id=*", broken(&format!("{of}.optional_resource_id"), OPTIONAL_ID)),
        ("type=doc prefix=*", broken(&format!("{of}.optional_resource_id_prefix"), OPTIONAL_ID)),
        ("type=do", broken(&format!("{of}.resource_type"), OPTIONAL_TYPE)),
        ("type=doc relation=vi", broken(&format!("{of}.optional_relation"), OPTIONAL_RELATION)),
        ("type=doc subject=", broken(&format!("{of}.optional_subject_filter.subject_type"), TYPE)),
        (
            "type=doc subject=user#...",
            broken(&format!("{of}.optional_subject_filter.optional_relation.relation"), OPTIONAL_RELATION),
        ),
        (
            "subject=user:*#member",
            "InvalidArgument `invalid SubjectFilter.OptionalRelation: optionalrelation must be empty on subject if \
             object ID is a wildcard`"
                .to_owned(),
        ),
    ];
    for (filter, expected) in cases {
        let (_running, mut client) = Running::holding(&DATA).await;
        assert_eq!(delete(&mut client, request(filter)).await, expected, "{filter}");
    }
    let (_running, mut client) = Running::holding(&[]).await;
    let nothing = v1::DeleteRelationshipsRequest::default();
    let missing = "InvalidArgument `validation error: relationship_filter: value is required`";
    assert_eq!(delete(&mut client, nothing).await, missing);
}

#[tokio::test]
async fn limits_are_kept_and_what_remains_is_partial() {
    let too_many = |limit| {
        format!(
            "InvalidArgument `found more than {limit} relationships to be deleted and partial deletion was not \
             requested` TOO_MANY_RELATIONSHIPS_FOR_TRANSACTIONAL_DELETE {{filter_relation: viewer, \
             filter_resource_type: doc, limit: {limit}}}"
        )
    };
    let too_large = "InvalidArgument `provided limit 1001 is greater than maximum allowed of 1000` \
                     EXCEEDS_MAXIMUM_ALLOWABLE_LIMIT {limit_provided: 1001, maximum_limit_allowed: 1000}";
    let cases = [
        (1, false, too_many(1)),
        (3, false, too_many(3)),
        (4, false, "Complete 4".to_owned()),
        (5, false, "Complete 4".to_owned()),
        (1, true, "Partial 1".to_owned()),
        (3, true, "Partial 3".to_owned()),
        (4, true, "Complete 4".to_owned()),
        (1000, true, "Complete 4".to_owned()),
        (1001, true, too_large.to_owned()),
        (1001, false, too_large.to_owned()),
    ];
    for (limit, is_partial_allowed, expected) in cases {
        let (_running, mut client) = Running::holding(&DATA).await;
        let mut request = request("type=doc relation=viewer");
        request.optional_limit = limit;
        request.optional_allow_partial_deletions = is_partial_allowed;
        assert_eq!(delete(&mut client, request).await, expected, "{limit} {is_partial_allowed}");
    }
}

#[tokio::test]
async fn a_transactional_delete_names_its_filter() {
    let (_running, mut client) = Running::holding(&DATA).await;
    let mut request = request("subject=user");
    request.optional_limit = 1;
    assert_eq!(
        delete(&mut client, request).await,
        "InvalidArgument `found more than 1 relationships to be deleted and partial deletion was not requested` \
         TOO_MANY_RELATIONSHIPS_FOR_TRANSACTIONAL_DELETE {filter_resource_type: , filter_subject_type: user, limit: 1}"
    );
}

#[tokio::test]
async fn preconditions_guard_a_delete() {
    let (_running, mut client) = Running::holding(&DATA).await;
    let mut guarded = request("type=doc id=2");
    guarded.optional_preconditions = vec![notation::precondition("must type=doc id=77")];
    assert_eq!(
        delete(&mut client, guarded.clone()).await,
        "FailedPrecondition `unable to satisfy write precondition `operation:OPERATION_MUST_MATCH \
         filter:{resource_type:\"doc\" optional_resource_id:\"77\"}`` WRITE_OR_DELETE_PRECONDITION_FAILURE \
         {precondition_operation: OPERATION_MUST_MATCH, precondition_resource_id: 77, precondition_resource_type: doc}"
    );
    guarded.optional_preconditions = vec![notation::precondition("must type=doc id=1"); 1001];
    assert_eq!(
        delete(&mut client, guarded.clone()).await,
        "InvalidArgument `precondition count of 1001 is greater than maximum allowed of 1000` \
         TOO_MANY_PRECONDITIONS_IN_REQUEST {maximum_updates_allowed: 1000, precondition_count: 1001}"
    );
    guarded.optional_preconditions.truncate(1);
    assert_eq!(delete(&mut client, guarded).await, "Complete 1");
}
