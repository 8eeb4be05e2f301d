//! `CheckPermission`.

use std::collections::BTreeMap;

use arrowroot::engine::EngineOptions;
use arrowroot::server::ServerOptions;
use arrowroot::server::wire::v1;
use arrowroot::server::wire::v1::check_permission_response::Permissionship;
use prost_types::value::Kind;
use prost_types::{Struct, Value};

use crate::harness::{Client, Running, told_of};
use crate::notation::{self, ID, OPTIONAL_RELATION, TYPE, broken};

const DATA: [&str; 6] = [
    "doc:1#viewer@user:a",
    "doc:2#viewer@user:*",
    "doc:1#viewer@group:g#member",
    "doc:1#parent@folder:f",
    "folder:f#viewer@user:c",
    "group:g#member@user:b",
];

/// `HAS`, `NO`, or what is wrong.
async fn ask(client: &mut Client, request: v1::CheckPermissionRequest) -> String {
    match client.permissions.check_permission(request).await {
        Ok(response) => {
            let response = response.into_inner();
            assert!(!response.checked_at.unwrap().token.is_empty());
            match Permissionship::try_from(response.permissionship).unwrap() {
                Permissionship::HasPermission => "HAS".to_owned(),
                Permissionship::NoPermission => "NO".to_owned(),
                other => panic!("{other:?}"),
            }
        }
        Err(status) => told_of::<()>(Err(status)),
    }
}

#[tokio::test]
async fn questions_have_answers() {
    let (_running, mut client) = Running::holding(&DATA).await;
    let cases = [
        ("doc:1 view user:a", "HAS"),
        ("doc:1 viewer user:a", "HAS"),
        ("doc:1 view user:b", "HAS"),
        ("doc:1 view user:c", "HAS"),
        ("doc:1 view user:zz", "NO"),
        ("doc:zz view user:a", "NO"),
        ("doc:2 view user:zz", "HAS"),
        ("doc:1 view group:g#member", "HAS"),
        ("doc:1 view group:g", "NO"),
        ("group:zz member group:zz#member", "HAS"),
        ("doc:1 view doc:1#view", "HAS"),
        ("doc:1 viewer doc:1#view", "NO"),
        ("doc:1 parent folder:f", "HAS"),
    ];
    for (question, expected) in cases {
        assert_eq!(ask(&mut client, notation::check(question)).await, expected, "{question}");
        let latest = v1::CheckPermissionRequest { consistency: None, ..notation::check(question) };
        assert_eq!(ask(&mut client, latest).await, expected, "{question}");
    }
}

#[tokio::test]
async fn names_come_before_wildcards_and_fields_before_names() {
    let (_running, mut client) = Running::holding(&DATA).await;
    let definition = "FailedPrecondition `object definition `nothing` not found` UNKNOWN_DEFINITION {definition_name: \
                      nothing}";
    let relation = |definition: &str, relation: &str| {
        format!(
            "FailedPrecondition `relation/permission `{relation}` not found under definition `{definition}`` \
             UNKNOWN_RELATION_OR_PERMISSION {{definition_name: {definition}, relation_or_permission_name: {relation}}}"
        )
    };
    let wildcard = "InvalidArgument `invalid argument: cannot perform check on wildcard subject` WILDCARD_NOT_ALLOWED \
                    {field: subject.object_id}";
    let resource = "InvalidArgument `invalid ObjectReference.ObjectId: alphanumeric value is required`";
    let cases = [
        ("doc:2 view user:*", wildcard.to_owned()),
        ("doc:1 nothing user:*", relation("doc", "nothing")),
        ("nothing:1 view user:*", definition.to_owned()),
        ("doc:* view user:*", resource.to_owned()),
        (
            "doc:1 view group:*#member",
            "InvalidArgument `invalid SubjectReference.OptionalRelation: optionalrelation must be empty on subject if \
             object ID is a wildcard`"
                .to_owned(),
        ),
        ("nothing:1 nothing other:a", definition.to_owned()),
        ("doc:1 nothing nothing:a", relation("doc", "nothing")),
        ("doc:1 view nothing:a", definition.to_owned()),
        ("doc:1 view user:a#nothing", relation("user", "nothing")),
        ("doc:1  user:a", relation("doc", "")),
        ("doc:1 ... user:a", broken("permission", OPTIONAL_RELATION)),
        ("doc:1 vi user:a", broken("permission", OPTIONAL_RELATION)),
        ("doc: view user:a", broken("resource.object_id", ID)),
        (":1 view user:a", broken("resource.object_type", TYPE)),
        ("doc:1 view user:", broken("subject.object.object_id", ID)),
        ("doc:1 view us:a", broken("subject.object.object_type", TYPE)),
        ("doc:1 view user:a#me", broken("subject.optional_relation", OPTIONAL_RELATION)),
        (
            "do: vi us:",
            format!(
                "InvalidArgument `validation errors:\n - resource.object_type: does not match regex pattern `{TYPE}`\n \
                 - resource.object_id: does not match regex pattern `{ID}`\n - permission: does not match regex \
                 pattern `{OPTIONAL_RELATION}`\n - subject.object.object_type: does not match regex pattern \
                 `{TYPE}`\n - subject.object.object_id: does not match regex pattern `{ID}``"
            ),
        ),
    ];
    for (question, expected) in cases {
        assert_eq!(ask(&mut client, notation::check(question)).await, expected, "{question}");
    }
    let nothing =
        "InvalidArgument `validation errors:\n - resource: value is required\n - subject: value is required`";
    assert_eq!(ask(&mut client, v1::CheckPermissionRequest::default()).await, nothing);
}

#[tokio::test]
async fn context_is_bounded() {
    let (_running, mut client) = Running::holding(&DATA).await;
    let with = |length: usize| {
        let value = Value { kind: Some(Kind::StringValue("x".repeat(length))) };
        let context = Some(Struct { fields: BTreeMap::from([("y".to_owned(), value)]) });
        v1::CheckPermissionRequest { context, ..notation::check("doc:1 view user:a") }
    };
    assert_eq!(ask(&mut client, with(4000)).await, "HAS");
    let told = ask(&mut client, with(5000)).await;
    let expected = "InvalidArgument `request caveat context should have less than 4096 bytes but had 50";
    assert!(told.starts_with(expected), "{told}");
}

/// Folders below each other, and a user who may see the last one.
async fn chain(client: &mut Client, length: usize) {
    client.write_schema(crate::harness::SCHEMA).await.unwrap();
    let last = format!("+folder:{length}#viewer@user:u");
    let hops = (0..length).map(|index| format!("+folder:{index}#parent@folder:{}", index + 1));
    let updates: Vec<_> = hops.chain([last]).map(|text| notation::update(&text)).collect();
    for chunk in updates.chunks(1000) {
        client.write(chunk.to_vec()).await.unwrap();
    }
}

#[tokio::test]
async fn a_deep_cascade_has_an_answer() {
    let running = Running::start();
    let mut client = running.client().await;
    chain(&mut client, 3000).await;
    assert_eq!(ask(&mut client, notation::check("folder:0 view user:u")).await, "HAS");
    assert_eq!(ask(&mut client, notation::check("folder:0 view user:z")).await, "NO");
}

#[tokio::test]
async fn depth_is_bounded_by_the_option() {
    let mut options = EngineOptions::default();
    options.limits.depth_max = 50;
    let running = Running::with(ServerOptions::default(), options);
    let mut client = running.client().await;
    chain(&mut client, 200).await;
    let told = ask(&mut client, notation::check("folder:0 view user:u")).await;
    assert!(told.starts_with("FailedPrecondition `max depth exceeded: "), "{told}");
    assert!(told.ends_with("MAXIMUM_DEPTH_EXCEEDED {}"), "{told}");
}

#[tokio::test]
async fn visits_are_bounded_by_the_option() {
    let mut options = EngineOptions::default();
    options.limits.visits_max = 100;
    let running = Running::with(ServerOptions::default(), options);
    let mut client = running.client().await;
    chain(&mut client, 2000).await;
    let told = ask(&mut client, notation::check("folder:0 view user:z")).await;
    assert!(told.starts_with("ResourceExhausted"), "{told}");
}

#[tokio::test]
async fn a_cycle_ends_in_an_answer() {
    let (_running, mut client) =
        Running::holding(&["folder:a#parent@folder:b", "folder:b#parent@folder:a", "folder:b#viewer@user:u"])
            .await;
    assert_eq!(ask(&mut client, notation::check("folder:a view user:u")).await, "HAS");
    assert_eq!(ask(&mut client, notation::check("folder:a view user:z")).await, "NO");
}

#[tokio::test]
async fn a_permission_without_its_own_negation_has_no_answer() {
    let running = Running::start();
    let mut client = running.client().await;
    let schema =
        "definition user {}\ndefinition doc {\n relation aaa: user\n permission view = aaa - view\n}";
    client.write_schema(schema).await.unwrap();
    client.write(notation::updates("+doc:1#aaa@user:u")).await.unwrap();
    let told = ask(&mut client, notation::check("doc:1 view user:u")).await;
    assert!(told.starts_with("FailedPrecondition"), "{told}");
    assert!(told.contains("doc:1#view"), "{told}");
    assert_eq!(ask(&mut client, notation::check("doc:1 view user:z")).await, "NO");
}

#[tokio::test]
async fn a_heavy_check_does_not_hold_up_others_and_ends_with_its_deadline() {
    let running = Running::start();
    let mut client = running.client().await;
    // Every group has every other as member, so that a no needs a look at all of them.
    client.write_schema(crate::harness::SCHEMA).await.unwrap();
    let count = 300;
    for from in 0..count {
        let members =
            (0..count).map(|to| notation::update(&format!("~group:{from}#member@group:{to}#member")));
        client.write(members.collect()).await.unwrap();
    }
    assert_eq!(ask(&mut client, notation::check("group:0 member user:z")).await, "NO");
    let mut hurried = tonic::Request::new(notation::check("group:0 member user:z"));
    hurried.set_timeout(std::time::Duration::from_nanos(1));
    let told = told_of(client.permissions.check_permission(hurried).await);
    assert!(told.starts_with("DeadlineExceeded") || told.starts_with("Cancelled"), "{told}");
    assert_eq!(ask(&mut client, notation::check("group:0 member group:7#member")).await, "HAS");
}
