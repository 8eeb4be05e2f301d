//! `LookupResources`: what is found, cursors, and what is refused.

use arrowroot::engine::EngineOptions;
use arrowroot::server::wire::v1;
use arrowroot::server::{RequestLimits, ServerOptions};
use tonic::Status;

use crate::harness::{Client, Running, told_of};
use crate::notation::{self, ID, RELATION, TYPE, broken, fully_consistent};

const DATA: [&str; 7] = [
    "doc:1#viewer@user:a",
    "doc:2#owner@user:a",
    "doc:3#parent@folder:f",
    "folder:f#viewer@user:a",
    "doc:4#viewer@user:*",
    "doc:5#viewer@group:g#member",
    "group:g#member@user:b",
];

/// `doc view user:a`: type, permission, subject.
fn request(text: &str) -> v1::LookupResourcesRequest {
    let parts: Vec<_> = text.split(' ').collect();
    let [resource_object_type, permission, subject] = parts[..] else {
        panic!("`{text}` has not three parts")
    };
    v1::LookupResourcesRequest {
        consistency: fully_consistent(),
        resource_object_type: resource_object_type.to_owned(),
        permission: permission.to_owned(),
        subject: Some(notation::subject(subject)),
        ..Default::default()
    }
}

async fn responses(
    client: &mut Client,
    request: v1::LookupResourcesRequest,
) -> Result<Vec<v1::LookupResourcesResponse>, Status> {
    let mut stream = client.permissions.lookup_resources(request).await?.into_inner();
    let mut responses = Vec::new();
    while let Some(response) = stream.message().await? {
        responses.push(response);
    }
    Ok(responses)
}

/// The ids in the order that they came, or what is wrong.
async fn look_up(client: &mut Client, request: v1::LookupResourcesRequest) -> String {
    match responses(client, request).await {
        Ok(responses) => {
            let ids: Vec<_> = responses.into_iter().map(|response| response.resource_object_id).collect();
            ids.join(" ")
        }
        Err(status) => told_of::<()>(Err(status)),
    }
}

fn cursor(response: &v1::LookupResourcesResponse) -> Option<v1::Cursor> {
    response.after_result_cursor.clone()
}

/// What is changed in a request.
type Change = fn(&mut v1::LookupResourcesRequest);

const OTHER_CALL: &str = "InvalidArgument `the cursor provided does not have the same arguments as the original API \
                          call; please ensure you are making the same API call, with the exact same parameters \
                          (besides the cursor)` INVALID_CURSOR {}";

#[tokio::test]
async fn resources_come_in_order_of_their_ids() {
    let (_running, mut client) = Running::holding(&DATA).await;
    let cases = [
        ("doc view user:a", "1 2 3 4"),
        ("doc view user:b", "4 5"),
        ("doc view user:nobody", "4"),
        ("doc viewer user:a", "1 4"),
        ("doc edit user:a", "2"),
        ("folder view user:a", "f"),
        ("doc view group:g#member", "5"),
        ("group member group:new#member", "new"),
        (
            "user nothing user:a",
            "FailedPrecondition `relation/permission `nothing` not found under definition \
          `user`` UNKNOWN_RELATION_OR_PERMISSION {definition_name: user, relation_or_permission_name: nothing}",
        ),
        ("doc view doc:1", ""),
    ];
    for (text, expected) in cases {
        assert_eq!(look_up(&mut client, request(text)).await, expected, "{text}");
    }
}

#[tokio::test]
async fn each_resource_says_how_it_was_found_and_when() {
    let (_running, mut client) = Running::holding(&[]).await;
    client
        .write_schema(
            "caveat open(is_open bool) { is_open }
            definition user {}
            definition doc {
                relation viewer: user | user with open
            }",
        )
        .await
        .unwrap();
    let mut conditional = notation::update("+doc:2#viewer@user:a");
    conditional.relationship.as_mut().unwrap().optional_caveat =
        Some(v1::ContextualizedCaveat { caveat_name: "open".to_owned(), context: None });
    let token = client.write(vec![notation::update("+doc:1#viewer@user:a"), conditional]).await.unwrap();
    let found = responses(&mut client, request("doc viewer user:a")).await.unwrap();
    let told: Vec<_> = found
        .iter()
        .map(|response| {
            assert_eq!(response.looked_up_at.as_ref().unwrap().token, token);
            let missing =
                response.partial_caveat_info.as_ref().map(|info| info.missing_required_context.join(" "));
            (response.resource_object_id.as_str(), response.permissionship(), missing)
        })
        .collect();
    let (has, conditional) =
        (v1::LookupPermissionship::HasPermission, v1::LookupPermissionship::ConditionalPermission);
    assert_eq!(told, [("1", has, None), ("2", conditional, Some("is_open".to_owned()))]);
}

#[tokio::test]
async fn pages_together_are_the_whole_at_the_revision_of_the_first() {
    let (_running, mut client) = Running::holding(&DATA).await;
    for limit in [1, 2, 3, 1000] {
        let mut page = request("doc view user:a");
        page.optional_limit = limit;
        let mut ids = Vec::new();
        loop {
            let found = responses(&mut client, page.clone()).await.unwrap();
            assert!(found.len() <= limit as usize);
            let Some(last) = found.last() else { break };
            page.optional_cursor = cursor(last);
            ids.extend(found.into_iter().map(|response| response.resource_object_id));
            // What is written meanwhile is not seen.
            let change =
                format!("~doc:0{limit}#viewer@user:a, ~doc:9{limit}#viewer@user:a, -doc:4#viewer@user:*");
            client.write(notation::updates(&change)).await.unwrap();
        }
        let restored =
            format!("-doc:0{limit}#viewer@user:a, -doc:9{limit}#viewer@user:a, ~doc:4#viewer@user:*");
        client.write(notation::updates(&restored)).await.unwrap();
        assert_eq!(ids, ["1", "2", "3", "4"], "by {limit}");
    }
}

#[tokio::test]
async fn a_cursor_goes_on_where_a_stream_without_limit_was_left() {
    let (_running, mut client) = Running::holding(&DATA).await;
    let mut again = request("doc view user:a");
    let whole = responses(&mut client, again.clone()).await.unwrap();
    again.optional_cursor = cursor(&whole[1]);
    assert_eq!(look_up(&mut client, again).await, "3 4");
}

#[tokio::test]
async fn cursors_of_other_calls_and_stores_are_refused() {
    let (_running, mut client) = Running::holding(&DATA).await;
    let (_other, mut other_client) = Running::holding(&DATA).await;
    let mut first = request("doc view user:a");
    first.optional_limit = 2;
    let found = responses(&mut client, first.clone()).await.unwrap();
    let resumed = |change: Change| {
        let mut request = first.clone();
        request.optional_cursor = cursor(found.last().unwrap());
        change(&mut request);
        request
    };
    let changes: [(&str, Change); 9] = [
        ("3 4", |_| {}),
        ("3 4", |request| request.with_debug = true),
        (OTHER_CALL, |request| request.optional_limit = 3),
        (OTHER_CALL, |request| request.subject = Some(notation::subject("user:b"))),
        (OTHER_CALL, |request| request.permission = "viewer".to_owned()),
        (OTHER_CALL, |request| request.consistency = None),
        (OTHER_CALL, |request| request.context = Some(prost_types::Struct::default())),
        (
            "FailedPrecondition `object definition `nothing` not found` UNKNOWN_DEFINITION {definition_name: nothing}",
            |request| request.resource_object_type = "nothing".to_owned(),
        ),
        ("InvalidArgument `error decoding cursor: it is not one of ours` INVALID_CURSOR {}", |request| {
            request.optional_cursor = Some(v1::Cursor { token: "garbage".to_owned() });
        }),
    ];
    for (expected, change) in changes {
        assert_eq!(look_up(&mut client, resumed(change)).await, expected);
    }
    let foreign = "InvalidArgument `error decoding cursor: it was made by another store` INVALID_CURSOR {}";
    assert_eq!(look_up(&mut other_client, resumed(|_| {})).await, foreign);
    let read = v1::ReadRelationshipsRequest {
        consistency: fully_consistent(),
        relationship_filter: Some(notation::filter("type=doc")),
        optional_cursor: cursor(found.last().unwrap()),
        ..Default::default()
    };
    assert_eq!(told_of(client.read(read).await), OTHER_CALL);
}

#[tokio::test]
async fn what_is_wrong_is_told_in_order() {
    let (_running, mut client) = Running::holding(&DATA).await;
    let unknown = "FailedPrecondition `object definition `nothing` not found` UNKNOWN_DEFINITION \
                   {definition_name: nothing}";
    let wildcard = "InvalidArgument `invalid argument: cannot perform lookup resources on wildcard` \
                    WILDCARD_NOT_ALLOWED {field: subject_id}";
    let cases = [
        ("nothing view user:a", unknown.to_owned()),
        ("doc view nothing:a", unknown.to_owned()),
        ("nothing view user:*", unknown.to_owned()),
        ("doc view user:*", wildcard.to_owned()),
        ("doc view group:*#member", wildcard.to_owned()),
        ("do view user:a", broken("resource_object_type", TYPE)),
        ("doc  user:a", broken("permission", RELATION)),
        ("doc view user:", broken("subject.object.object_id", ID)),
    ];
    for (text, expected) in cases {
        assert_eq!(look_up(&mut client, request(text)).await, expected, "{text}");
    }
    let empty = v1::LookupResourcesRequest::default();
    let told = look_up(&mut client, empty).await;
    assert!(told.starts_with("InvalidArgument `validation errors:"), "{told}");
    let mut too_many = request("nothing view user:a");
    too_many.optional_limit = 1001;
    let told = look_up(&mut client, too_many).await;
    let expected = "InvalidArgument `provided limit 1001 is greater than maximum allowed of 1000` \
                    EXCEEDS_MAXIMUM_ALLOWABLE_LIMIT {limit_provided: 1001, maximum_limit_allowed: 1000}";
    assert_eq!(told, expected);
}

#[tokio::test]
async fn the_largest_limit_is_an_option() {
    let mut limits = RequestLimits::default();
    limits.lookup_resources_limit_max = 2;
    let mut options = ServerOptions::default();
    options.limits = limits;
    let running = Running::with(options, EngineOptions::default());
    let mut client = running.client().await;
    let mut page = request("doc view user:a");
    page.optional_limit = 3;
    let told = look_up(&mut client, page).await;
    assert!(told.contains("maximum_limit_allowed: 2"), "{told}");
}

#[tokio::test]
async fn a_long_lookup_comes_whole_and_a_client_may_leave() {
    let (_running, mut client) = Running::holding(&[]).await;
    for part in 0..5 {
        let updates = (0..1000).map(|doc| notation::update(&format!("~doc:{part}_{doc}#viewer@user:a")));
        client.write(updates.collect()).await.unwrap();
    }
    let found = responses(&mut client, request("doc view user:a")).await.unwrap();
    assert_eq!(found.len(), 5000);
    assert!(found.is_sorted_by(|one, other| one.resource_object_id < other.resource_object_id));
    for _ in 0..20 {
        let mut stream =
            client.permissions.lookup_resources(request("doc view user:a")).await.unwrap().into_inner();
        assert!(stream.message().await.unwrap().is_some());
    }
    assert!(client.is_alive().await);
}

#[tokio::test]
async fn a_deadline_that_has_passed_ends_a_lookup() {
    let (_running, mut client) = Running::holding(&DATA).await;
    let mut late = tonic::Request::new(request("doc view user:a"));
    late.set_timeout(std::time::Duration::from_nanos(1));
    let status = client.permissions.lookup_resources(late).await.err();
    let code = status.map(|status| status.code());
    assert!(matches!(code, None | Some(tonic::Code::DeadlineExceeded | tonic::Code::Cancelled)), "{code:?}");
}
