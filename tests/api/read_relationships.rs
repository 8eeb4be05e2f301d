//! `ReadRelationships`: filters, limits and cursors.

use arrowroot::server::wire::v1;

use crate::harness::{Client, Running, told_of};
use crate::notation::{self, OPTIONAL_ID, OPTIONAL_SUBJECT_ID, TYPE, broken, fully_consistent};

const DATA: [&str; 7] = [
    "doc:1#viewer@user:a",
    "doc:1#viewer@user:*",
    "doc:1#viewer@group:g#member",
    "doc:2#viewer@user:a",
    "doc:1#parent@folder:f",
    "folder:f#viewer@user:a",
    "group:g#member@user:b",
];

fn request(filter: &str) -> v1::ReadRelationshipsRequest {
    v1::ReadRelationshipsRequest {
        consistency: fully_consistent(),
        relationship_filter: Some(notation::filter(filter)),
        ..Default::default()
    }
}

/// The relationships in the order that they came, or what is wrong.
async fn read(client: &mut Client, request: v1::ReadRelationshipsRequest) -> String {
    match client.read(request).await {
        Ok(responses) => {
            let texts =
                responses.iter().map(|response| notation::text(response.relationship.as_ref().unwrap()));
            texts.collect::<Vec<_>>().join(" ")
        }
        Err(status) => told_of::<()>(Err(status)),
    }
}

const OF_DOC_1: &str =
    "doc:1#parent@folder:f doc:1#viewer@group:g#member doc:1#viewer@user:* doc:1#viewer@user:a";

#[tokio::test]
async fn filters_select_what_is_read() {
    let (_running, mut client) = Running::holding(&DATA).await;
    let of = "relationship_filter";
    let cases = [
        ("type=doc", format!("{OF_DOC_1} doc:2#viewer@user:a")),
        ("type=doc id=1", OF_DOC_1.to_owned()),
        ("type=doc id=9", String::new()),
        ("type=doc prefix=1", OF_DOC_1.to_owned()),
        ("id=1", OF_DOC_1.to_owned()),
        ("prefix=1", OF_DOC_1.to_owned()),
        ("type=doc subject=user:*", "doc:1#viewer@user:*".to_owned()),
        ("type=doc subject=group#member", "doc:1#viewer@group:g#member".to_owned()),
        ("type=doc subject=group#", String::new()),
        ("subject=user:b", "group:g#member@user:b".to_owned()),
        ("relation=nothing", String::new()),
        ("type=doc relation=parent subject=user", String::new()),
        (
            "type=doc relation=view",
            "FailedPrecondition `relation `view` does not have type information` SCHEMA_TYPE_ERROR {}".to_owned(),
        ),
        (
            "type=nothing",
            "FailedPrecondition `object definition `nothing` not found` UNKNOWN_DEFINITION {definition_name: nothing}"
                .to_owned(),
        ),
        (
            "type=doc subject=user:*#member",
            "FailedPrecondition `relation/permission `member` not found under definition `user`` \
             UNKNOWN_RELATION_OR_PERMISSION {definition_name: user, relation_or_permission_name: member}"
                .to_owned(),
        ),
        (
            "",
            "InvalidArgument `the relationship filter provided is not valid: at least one field must be set` \
             INVALID_FILTER {filter: }"
                .to_owned(),
        ),
        ("type=doc id=*", broken(&format!("{of}.optional_resource_id"), OPTIONAL_ID)),
        ("type=doc subject=us", broken(&format!("{of}.optional_subject_filter.subject_type"), TYPE)),
    ];
    for (filter, expected) in cases {
        assert_eq!(read(&mut client, request(filter)).await, expected, "{filter}");
    }
    let mut spaced = request("type=doc subject=user:a");
    spaced
        .relationship_filter
        .as_mut()
        .unwrap()
        .optional_subject_filter
        .as_mut()
        .unwrap()
        .optional_subject_id = "a b".to_owned();
    let expected = broken(&format!("{of}.optional_subject_filter.optional_subject_id"), OPTIONAL_SUBJECT_ID);
    assert_eq!(read(&mut client, spaced).await, expected);
    let missing = "InvalidArgument `validation error: relationship_filter: value is required`";
    assert_eq!(read(&mut client, v1::ReadRelationshipsRequest::default()).await, missing);
}

#[tokio::test]
async fn a_limit_is_kept_and_bounded() {
    let (_running, mut client) = Running::holding(&DATA).await;
    let mut limited = request("type=doc");
    limited.optional_limit = 2;
    assert_eq!(read(&mut client, limited.clone()).await, "doc:1#parent@folder:f doc:1#viewer@group:g#member");
    limited.optional_limit = 1000;
    assert_eq!(read(&mut client, limited.clone()).await, format!("{OF_DOC_1} doc:2#viewer@user:a"));
    let too_large = "InvalidArgument `provided limit 1001 is greater than maximum allowed of 1000` \
                     EXCEEDS_MAXIMUM_ALLOWABLE_LIMIT {limit_provided: 1001, maximum_limit_allowed: 1000}";
    for filter in ["type=doc", "type=nothing", ""] {
        let mut limited = request(filter);
        limited.optional_limit = 1001;
        assert_eq!(read(&mut client, limited).await, too_large, "{filter}");
    }
}

/// The cursor after the second of two relationships.
async fn cursor(client: &mut Client) -> (v1::ReadRelationshipsRequest, v1::Cursor) {
    let mut first = request("type=doc");
    first.optional_limit = 2;
    let responses = client.read(first.clone()).await.unwrap();
    let cursor = responses.last().unwrap().after_result_cursor.clone().unwrap();
    (first, cursor)
}

#[tokio::test]
async fn a_cursor_goes_on_at_its_own_revision() {
    let (_running, mut client) = Running::holding(&DATA).await;
    let (mut next, cursor) = cursor(&mut client).await;
    next.optional_cursor = Some(cursor);
    let expected = "doc:1#viewer@user:* doc:1#viewer@user:a";
    assert_eq!(read(&mut client, next.clone()).await, expected);
    let changes = "+doc:1#viewer@user:A, -doc:1#viewer@group:g#member, -doc:1#viewer@user:a";
    client.write(notation::updates(changes)).await.unwrap();
    assert_eq!(read(&mut client, next.clone()).await, expected);
    next.relationship_filter.as_mut().unwrap().optional_resource_id_prefix = "1".to_owned();
    assert_eq!(read(&mut client, next).await, expected);
}

#[tokio::test]
async fn pages_together_are_the_whole() {
    let (_running, mut client) = Running::holding(&DATA).await;
    let mut page = request("type=doc");
    page.optional_limit = 2;
    let mut pages = Vec::new();
    loop {
        let responses = client.read(page.clone()).await.unwrap();
        let Some(last) = responses.last() else { break };
        page.optional_cursor.clone_from(&last.after_result_cursor);
        pages
            .extend(responses.iter().map(|response| notation::text(response.relationship.as_ref().unwrap())));
    }
    assert_eq!(pages.join(" "), format!("{OF_DOC_1} doc:2#viewer@user:a"));
}

#[tokio::test]
async fn a_cursor_of_another_call_is_refused() {
    let (_running, mut client) = Running::holding(&DATA).await;
    let (first, cursor) = cursor(&mut client).await;
    let other_limit = v1::ReadRelationshipsRequest { optional_limit: 3, ..first.clone() };
    let other_filter = v1::ReadRelationshipsRequest {
        relationship_filter: Some(notation::filter("type=doc id=1")),
        ..first.clone()
    };
    let other_consistency = v1::ReadRelationshipsRequest { consistency: None, ..first };
    for mut other in [other_limit, other_filter, other_consistency] {
        other.optional_cursor = Some(cursor.clone());
        assert_eq!(
            read(&mut client, other).await,
            "InvalidArgument `the cursor provided does not have the same arguments as the original API call; please \
             ensure you are making the same API call, with the exact same parameters (besides the cursor)` \
             INVALID_CURSOR {}"
        );
    }
}

#[tokio::test]
async fn a_garbled_cursor_is_refused_before_anything_else() {
    let (_running, mut client) = Running::holding(&DATA).await;
    for token in ["garbage", "!!", "YWJj", &"x".repeat(102_401)] {
        for filter in ["type=doc", "type=nothing", "", "type=do"] {
            let mut garbled = request(filter);
            garbled.optional_limit = 1001;
            garbled.optional_cursor = Some(v1::Cursor { token: token.to_owned() });
            let told = read(&mut client, garbled).await;
            assert!(told.starts_with("InvalidArgument `error decoding cursor: "), "{told}");
            assert!(told.ends_with("INVALID_CURSOR {}"), "{told}");
        }
    }
    let mut empty = request("type=doc");
    empty.optional_cursor = Some(v1::Cursor::default());
    let expected = "Internal `unexpected consistency middleware error: cursor pointer was nil`";
    assert_eq!(read(&mut client, empty).await, expected);
}

#[tokio::test]
async fn a_cursor_of_another_store_is_refused() {
    let (_running, mut client) = Running::holding(&DATA).await;
    let (_other, mut other_client) = Running::holding(&DATA).await;
    let (mut next, cursor) = cursor(&mut client).await;
    next.optional_cursor = Some(cursor);
    let told = read(&mut other_client, next).await;
    assert!(told.starts_with("InvalidArgument") && told.ends_with("INVALID_CURSOR {}"), "{told}");
}

#[tokio::test]
async fn a_long_read_comes_whole_and_a_client_may_leave() {
    let (_running, mut client) = Running::holding(&[]).await;
    for chunk in 0..10 {
        let updates = (0..1000).map(|index| notation::update(&format!("+doc:{chunk}x{index}#viewer@user:a")));
        client.write(updates.collect()).await.unwrap();
    }
    let mut left = client.permissions.read_relationships(request("type=doc")).await.unwrap().into_inner();
    left.message().await.unwrap().unwrap();
    drop(left);
    let responses = client.read(request("type=doc")).await.unwrap();
    let mut texts: Vec<_> =
        responses.iter().map(|response| notation::text(response.relationship.as_ref().unwrap())).collect();
    assert_eq!(texts.len(), 10_000);
    assert!(texts.is_sorted());
    texts.dedup();
    assert_eq!(texts.len(), 10_000);
}
