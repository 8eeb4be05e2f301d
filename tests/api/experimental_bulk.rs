//! The bulk calls under their former names do what those under their present names do.

use arrowroot::server::wire::v1;
use arrowroot::server::wire::v1::check_bulk_permissions_pair::Response as Answer;
use arrowroot::server::wire::v1::experimental_service_client::ExperimentalServiceClient;
use prost::Message as _;
use tonic::Status;
use tonic::transport::Channel;

use crate::harness::{Running, told_of};
use crate::notation::{self, fully_consistent};

async fn started(data: &[&str]) -> (Running, crate::harness::Client, ExperimentalServiceClient<Channel>) {
    let (running, client) = Running::holding(data).await;
    let former = ExperimentalServiceClient::new(running.channel().await);
    (running, client, former)
}

fn import(texts: &[&str]) -> impl tonic::IntoStreamingRequest<Message = v1::ImportBulkRelationshipsRequest> {
    let relationship = |text: &&str| notation::update(&format!("+{text}")).relationship.unwrap();
    let relationships = texts.iter().map(relationship).collect();
    tokio_stream::iter([v1::ImportBulkRelationshipsRequest { relationships }])
}

#[tokio::test]
async fn what_is_imported_the_former_way_is_exported_both_ways() {
    let (_running, mut client, mut former) = started(&[]).await;
    let texts = ["doc:1#viewer@user:a", "doc:2#viewer@user:a", "doc:3#viewer@user:a"];
    let loaded = former.bulk_import_relationships(import(&texts)).await.unwrap().into_inner();
    assert_eq!(loaded.num_loaded, 3);
    let mut request = v1::ExportBulkRelationshipsRequest {
        consistency: fully_consistent(),
        optional_limit: 2,
        ..Default::default()
    };
    let mut stream = former.bulk_export_relationships(request.clone()).await.unwrap().into_inner();
    let first = stream.message().await.unwrap().unwrap();
    assert_eq!(first.relationships.iter().map(notation::text).collect::<Vec<_>>(), texts[..2]);
    request.optional_cursor = first.after_result_cursor;
    let mut stream = client.permissions.export_bulk_relationships(request).await.unwrap().into_inner();
    let second = stream.message().await.unwrap().unwrap();
    assert_eq!(second.relationships.iter().map(notation::text).collect::<Vec<_>>(), texts[2..]);
    assert!(stream.message().await.unwrap().is_none());
}

#[tokio::test]
async fn the_former_way_refuses_in_the_same_words() {
    let (_running, mut client, mut former) = started(&["doc:1#viewer@user:a"]).await;
    for text in ["doc:1#viewer@user:a", "nothing:1#viewer@user:a", "doc:é#viewer@user:a"] {
        let present = client.permissions.import_bulk_relationships(import(&[text])).await;
        let former = former.bulk_import_relationships(import(&[text])).await;
        let told = told_of(present);
        assert_ne!(told, "OK");
        assert_eq!(told_of(former), told);
    }
    let too_large = v1::ExportBulkRelationshipsRequest { optional_limit: 10_001, ..Default::default() };
    let present = client.permissions.export_bulk_relationships(too_large.clone()).await;
    assert_eq!(told_of(former.bulk_export_relationships(too_large).await), told_of(present));
}

/// The answer; an error's metadata has no order on the wire.
fn described(pair: v1::CheckBulkPermissionsPair) -> String {
    match pair.response.unwrap() {
        Answer::Item(item) => format!("{item:?}"),
        Answer::Error(error) => {
            let details = error.encode_to_vec().into();
            told_of::<()>(Err(Status::with_details(error.code.into(), error.message, details)))
        }
    }
}

#[tokio::test]
async fn bulk_checks_have_the_same_answers() {
    let (_running, mut client, mut former) = started(&["doc:1#viewer@user:a"]).await;
    let items = ["doc:1 view user:a", "doc:1 view user:b", "doc:1 nothing user:a", "nothing:1 view user:a"];
    let present = v1::CheckBulkPermissionsRequest {
        consistency: fully_consistent(),
        items: items.iter().map(|text| notation::item(text)).collect(),
        ..Default::default()
    };
    // The messages have the same fields by the same numbers.
    let request = v1::BulkCheckPermissionRequest::decode(&*present.encode_to_vec()).unwrap();
    let present = client.permissions.check_bulk_permissions(present).await.unwrap().into_inner();
    let answer = former.bulk_check_permission(request).await.unwrap().into_inner();
    let answer = v1::CheckBulkPermissionsResponse::decode(&*answer.encode_to_vec()).unwrap();
    assert_eq!(answer.checked_at, present.checked_at);
    assert_eq!(answer.pairs.len(), 4);
    for (former, present) in answer.pairs.into_iter().zip(present.pairs) {
        assert_eq!(former.request, present.request);
        assert_eq!(described(former), described(present));
    }

    let malformed = [notation::item("do:1 view user:a")];
    let present = v1::CheckBulkPermissionsRequest { items: malformed.to_vec(), ..Default::default() };
    let request = v1::BulkCheckPermissionRequest::decode(&*present.encode_to_vec()).unwrap();
    let present = client.permissions.check_bulk_permissions(present).await;
    assert_eq!(told_of(former.bulk_check_permission(request).await), told_of(present));
}
