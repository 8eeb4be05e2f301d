//! `CheckBulkPermissions`: pairs in the order of the items, each with an answer or an error of its own.

use std::collections::BTreeMap;

use arrowroot::server::wire::v1;
use arrowroot::server::wire::v1::check_bulk_permissions_pair::Response as Answer;
use prost::Message as _;
use prost_types::value::Kind;
use prost_types::{Struct, Value};
use tonic::Status;

use crate::harness::{Client, Running, told_of};
use crate::notation::{self, ID, OPTIONAL_RELATION, TYPE, broken, fully_consistent};

const DATA: [&str; 2] = ["doc:1#viewer@user:a", "doc:1#viewer@group:g#member"];

async fn ask_items(client: &mut Client, items: Vec<v1::CheckBulkPermissionsRequestItem>) -> String {
    let request = v1::CheckBulkPermissionsRequest {
        consistency: fully_consistent(),
        items: items.clone(),
        ..Default::default()
    };
    match client.permissions.check_bulk_permissions(request).await {
        Ok(response) => {
            let response = response.into_inner();
            assert!(!response.checked_at.unwrap().token.is_empty());
            let asked: Vec<_> = response.pairs.iter().map(|pair| pair.request.clone().unwrap()).collect();
            assert_eq!(asked, items);
            response
                .pairs
                .into_iter()
                .map(|pair| answer(pair.response.unwrap()))
                .collect::<Vec<_>>()
                .join(" / ")
        }
        Err(status) => told_of::<()>(Err(status)),
    }
}

fn answer(answer: Answer) -> String {
    match answer {
        Answer::Item(item) if item.permissionship == 2 => "HAS".to_owned(),
        Answer::Item(item) if item.permissionship == 1 => "NO".to_owned(),
        Answer::Item(item) => panic!("{item:?}"),
        Answer::Error(error) => {
            let details = error.encode_to_vec().into();
            told_of::<()>(Err(Status::with_details(error.code.into(), error.message, details)))
        }
    }
}

async fn ask(client: &mut Client, items: &str) -> String {
    let items = items.split(" / ").filter(|text| !text.is_empty()).map(notation::item).collect();
    ask_items(client, items).await
}

#[tokio::test]
async fn each_item_has_its_answer_or_its_error() {
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
    let cases = [
        ("", String::new()),
        ("doc:1 view user:a", "HAS".to_owned()),
        ("doc:1 view user:a / doc:1 view user:z / doc:1 view user:a", "HAS / NO / HAS".to_owned()),
        ("doc:1 view user:a / nothing:1 view user:a", format!("HAS / {definition}")),
        ("doc:1 nothing user:a / doc:1 view user:a", format!("{} / HAS", relation("doc", "nothing"))),
        ("doc:1 view group:g#nothing", relation("group", "nothing")),
        ("doc:1  user:a", relation("doc", "")),
        ("doc:1 view user:* / doc:1 view user:a", format!("{wildcard} / HAS")),
        ("doc:* view user:a", "NO".to_owned()),
        ("doc:* nothing user:a", relation("doc", "nothing")),
        ("doc:* view user:*", wildcard.to_owned()),
        ("doc:1 view group:*#member", wildcard.to_owned()),
        ("doc:1 view group:*#nothing", relation("group", "nothing")),
    ];
    for (items, expected) in cases {
        assert_eq!(ask(&mut client, items).await, expected, "{items}");
    }
}

#[tokio::test]
async fn malformed_items_spoil_the_call() {
    let (_running, mut client) = Running::holding(&DATA).await;
    let cases = [
        ("doc:1 view user:a / doc: view user:a", broken("items[1].resource.object_id", ID)),
        ("do:1 view user:a", broken("items[0].resource.object_type", TYPE)),
        ("doc:1 vi user:a", broken("items[0].permission", OPTIONAL_RELATION)),
    ];
    for (items, expected) in cases {
        assert_eq!(ask(&mut client, items).await, expected, "{items}");
    }
    assert_eq!(
        ask_items(&mut client, vec![v1::CheckBulkPermissionsRequestItem::default()]).await,
        "InvalidArgument `validation errors:\n - items[0].resource: value is required\n - items[0].subject: value is \
         required`"
    );
}

#[tokio::test]
async fn count_and_context_are_bounded() {
    let (_running, mut client) = Running::holding(&DATA).await;
    let item = notation::item("doc:1 view user:a");
    let answers = ask_items(&mut client, vec![item.clone(); 10_000]).await;
    assert_eq!(answers.matches("HAS").count(), 10_000);
    assert_eq!(
        ask_items(&mut client, vec![item.clone(); 10_001]).await,
        "InvalidArgument `check count of 10001 is greater than maximum allowed of 10000` UNSPECIFIED {check_count: \
         10001, maximum_checks_allowed: 10000}"
    );
    let value = Value { kind: Some(Kind::StringValue("x".repeat(5000))) };
    let context = Some(Struct { fields: BTreeMap::from([("y".to_owned(), value)]) });
    let told = ask_items(&mut client, vec![v1::CheckBulkPermissionsRequestItem { context, ..item }]).await;
    assert!(
        told.starts_with("InvalidArgument `request caveat context should have less than 4096 bytes"),
        "{told}"
    );
}
