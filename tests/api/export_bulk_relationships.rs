//! `ExportBulkRelationships`: everything once, in order, in messages that clients can take, from any place on.

use arrowroot::server::wire::v1;
use arrowroot::server::wire::v1::consistency::Requirement;
use prost::Message as _;
use prost_types::value::Kind;
use prost_types::{Struct, Value};
use tonic::Status;

use crate::harness::{Client, Running, told_of};
use crate::notation::{self, OPTIONAL_ID, TYPE, broken};

/// In order.
const DATA: [&str; 9] = [
    "doc:1#parent@folder:f",
    "doc:1#viewer@group:g#member",
    "doc:1#viewer@user:*",
    "doc:1#viewer@user:a",
    "doc:2#viewer@user:a",
    "doc:3#viewer@user:a",
    "folder:f#viewer@user:a",
    "group:g#anyone@user:*",
    "group:g#member@user:b",
];

type Responses = Vec<v1::ExportBulkRelationshipsResponse>;

async fn try_export(
    client: &mut Client,
    request: v1::ExportBulkRelationshipsRequest,
) -> Result<Responses, Status> {
    let mut stream = client.permissions.export_bulk_relationships(request).await?.into_inner();
    let mut responses = Vec::new();
    while let Some(response) = stream.message().await? {
        assert!(!response.relationships.is_empty());
        responses.push(response);
    }
    Ok(responses)
}

fn request(optional_limit: u32) -> v1::ExportBulkRelationshipsRequest {
    let consistency = notation::fully_consistent();
    v1::ExportBulkRelationshipsRequest { consistency, optional_limit, ..Default::default() }
}

fn filtered(filter: &str) -> v1::ExportBulkRelationshipsRequest {
    let optional_relationship_filter = Some(notation::filter(filter));
    v1::ExportBulkRelationshipsRequest { optional_relationship_filter, ..request(0) }
}

fn after(
    request: v1::ExportBulkRelationshipsRequest,
    cursor: Option<&v1::Cursor>,
) -> v1::ExportBulkRelationshipsRequest {
    v1::ExportBulkRelationshipsRequest { optional_cursor: cursor.cloned(), ..request }
}

fn texts(responses: &[v1::ExportBulkRelationshipsResponse]) -> Vec<String> {
    responses.iter().flat_map(|response| response.relationships.iter().map(notation::text)).collect()
}

/// The relationships, or what is wrong.
async fn export(client: &mut Client, request: v1::ExportBulkRelationshipsRequest) -> String {
    match try_export(client, request).await {
        Ok(responses) => texts(&responses).join(" "),
        Err(status) => told_of::<()>(Err(status)),
    }
}

#[tokio::test]
async fn everything_comes_once_in_order_in_messages_of_the_size_that_is_asked_for() {
    let (_running, mut client) = Running::holding(&DATA).await;
    for (limit, sizes) in [(0, &[9][..]), (10_000, &[9]), (4, &[4, 4, 1]), (3, &[3, 3, 3]), (1, &[1; 9])] {
        let responses = try_export(&mut client, request(limit)).await.unwrap();
        assert_eq!(texts(&responses), DATA, "{limit}");
        let found: Vec<_> = responses.iter().map(|response| response.relationships.len()).collect();
        assert_eq!(found, sizes, "{limit}");
    }
}

#[tokio::test]
async fn an_export_goes_on_at_any_cursor_as_if_nothing_had_been_written() {
    let (_running, mut client) = Running::holding(&DATA).await;
    let pages = try_export(&mut client, request(2)).await.unwrap();
    client
        .write(notation::updates("+doc:0#viewer@user:a, -doc:2#viewer@user:a, +group:z#member@user:a"))
        .await
        .unwrap();
    for (place, page) in pages.iter().enumerate() {
        let rest = &DATA[((place + 1) * 2).min(DATA.len())..];
        // The size of messages may change, and the cursor's revision comes before what is asked for.
        for limit in [0, 1, 2] {
            let request = after(request(limit), page.after_result_cursor.as_ref());
            assert_eq!(export(&mut client, request.clone()).await, rest.join(" "));
            let request = v1::ExportBulkRelationshipsRequest { consistency: None, ..request };
            assert_eq!(export(&mut client, request).await, rest.join(" "));
        }
    }
    assert_eq!(texts(&try_export(&mut client, request(0)).await.unwrap()).len(), DATA.len() + 1);
}

#[tokio::test]
async fn a_filter_narrows_the_export_whatever_the_schema_has() {
    let (_running, mut client) = Running::holding(&DATA).await;
    let of = "optional_relationship_filter";
    let invalid = |message: &str, filter: &str| {
        format!(
            "InvalidArgument `the relationship filter provided is not valid: {message}` INVALID_FILTER {{filter: {filter}}}"
        )
    };
    let cases = [
        ("type=doc", DATA[..6].join(" ")),
        ("type=doc id=1", DATA[..4].join(" ")),
        ("prefix=g", DATA[7..].join(" ")),
        ("relation=parent", DATA[0].to_owned()),
        ("subject=user:*", [DATA[2], DATA[7]].join(" ")),
        ("type=doc subject=user:a", DATA[3..6].join(" ")),
        ("type=group relation=member", DATA[8].to_owned()),
        ("subject=user:*#member", String::new()),
        // Nothing of these is known, and that is no fault.
        ("type=nothing", String::new()),
        ("type=doc relation=nothing", String::new()),
        ("type=doc relation=view", String::new()),
        ("subject=nothing", String::new()),
        ("subject=group#nothing", String::new()),
        ("", invalid("at least one field must be set", "")),
        (
            "type=doc id=1 prefix=1",
            invalid(
                "resource_id and resource_id_prefix cannot be set at the same time",
                r#"resource_type:"doc" optional_resource_id:"1" optional_resource_id_prefix:"1""#,
            ),
        ),
        ("type=doc id=*", broken(&format!("{of}.optional_resource_id"), OPTIONAL_ID)),
        ("type=doc subject=us", broken(&format!("{of}.optional_subject_filter.subject_type"), TYPE)),
    ];
    for (filter, expected) in cases {
        assert_eq!(export(&mut client, filtered(filter)).await, expected, "{filter}");
    }
}

#[tokio::test]
async fn a_limit_over_the_bound_is_refused() {
    let (_running, mut client) = Running::holding(&DATA).await;
    let too_large = "InvalidArgument `provided limit 10001 is greater than maximum allowed of 10000` \
                     EXCEEDS_MAXIMUM_ALLOWABLE_LIMIT {limit_provided: 10001, maximum_limit_allowed: 10000}";
    assert_eq!(export(&mut client, request(10_001)).await, too_large);
    let unknown = v1::ExportBulkRelationshipsRequest { optional_limit: 10_001, ..filtered("type=nothing") };
    assert_eq!(export(&mut client, unknown).await, too_large);
}

#[tokio::test]
async fn a_cursor_that_is_not_of_this_export_is_refused() {
    let (_running, mut client) = Running::holding(&DATA).await;
    let (_other, mut other_client) = Running::holding(&DATA).await;
    let of_export = try_export(&mut client, request(3)).await.unwrap()[0].after_result_cursor.clone();
    let of_filtered =
        try_export(&mut client, filtered("type=doc")).await.unwrap()[0].after_result_cursor.clone();
    let of_other = try_export(&mut other_client, request(3)).await.unwrap()[0].after_result_cursor.clone();
    let read = v1::ReadRelationshipsRequest {
        relationship_filter: Some(notation::filter("type=doc")),
        ..Default::default()
    };
    let of_read = client.read(read).await.unwrap()[0].after_result_cursor.clone();
    let garbled = Some(v1::Cursor { token: "garbage".to_owned() });
    let cases = [
        (after(request(0), of_filtered.as_ref()), "the cursor provided does not have the same arguments"),
        (
            after(filtered("type=doc"), of_export.as_ref()),
            "the cursor provided does not have the same arguments",
        ),
        (
            after(filtered("type=folder"), of_filtered.as_ref()),
            "the cursor provided does not have the same arguments",
        ),
        (after(request(0), of_read.as_ref()), "the cursor provided does not have the same arguments"),
        (after(request(0), of_other.as_ref()), "error decoding cursor: it was made by another store"),
        (after(request(0), garbled.as_ref()), "error decoding cursor: it is not one of ours"),
        // A garbled cursor comes before everything else, one of another call after it.
        (after(request(10_001), garbled.as_ref()), "error decoding cursor: it is not one of ours"),
        (after(filtered("type=do"), garbled.as_ref()), "error decoding cursor: it is not one of ours"),
    ];
    for (request, message) in cases {
        let told = export(&mut client, request.clone()).await;
        assert!(told.starts_with(&format!("InvalidArgument `{message}")), "{request:?}: {told}");
        assert!(told.ends_with("INVALID_CURSOR {}"), "{told}");
    }
    let other_call = after(request(10_001), of_read.as_ref());
    assert!(export(&mut client, other_call).await.contains("EXCEEDS_MAXIMUM_ALLOWABLE_LIMIT"));
    let empty = after(request(0), Some(&v1::Cursor::default()));
    let expected = "Internal `unexpected consistency middleware error: cursor pointer was nil`";
    assert_eq!(export(&mut client, empty).await, expected);
}

#[tokio::test]
async fn an_export_is_at_the_revision_that_is_asked_for() {
    let (_running, mut client) = Running::holding(&DATA[..2]).await;
    let token = client.write(notation::updates("+doc:5#viewer@user:a")).await.unwrap();
    client.write(notation::updates("-doc:5#viewer@user:a")).await.unwrap();
    let at = |requirement| v1::ExportBulkRelationshipsRequest {
        consistency: notation::consistency(requirement),
        ..request(0)
    };
    let zedtoken = v1::ZedToken { token };
    let then = format!("{} {} doc:5#viewer@user:a", DATA[0], DATA[1]);
    assert_eq!(export(&mut client, at(Requirement::AtExactSnapshot(zedtoken.clone()))).await, then);
    assert_eq!(export(&mut client, at(Requirement::AtLeastAsFresh(zedtoken))).await, DATA[..2].join(" "));
    let garbled = v1::ZedToken { token: "garbage".to_owned() };
    let expected = "InvalidArgument `invalid revision requested`";
    assert_eq!(export(&mut client, at(Requirement::AtExactSnapshot(garbled))).await, expected);
}

#[tokio::test]
async fn there_may_be_nothing_to_export() {
    let running = Running::start();
    let mut client = running.client().await;
    assert_eq!(export(&mut client, request(0)).await, "");
    assert_eq!(export(&mut client, filtered("type=doc")).await, "");
}

fn caveated(number: usize, bytes: usize) -> v1::RelationshipUpdate {
    let value = Value { kind: Some(Kind::StringValue("x".repeat(bytes))) };
    let context = Struct { fields: [("region".to_owned(), value)].into() };
    let mut update = notation::update(&format!("+doc:{number}#viewer@user:a"));
    if let Some(relationship) = &mut update.relationship {
        relationship.optional_caveat =
            Some(v1::ContextualizedCaveat { caveat_name: "in_region".to_owned(), context: Some(context) });
    }
    update
}

#[tokio::test]
async fn messages_stay_small_however_large_the_relationships_are() {
    const SCHEMA: &str = "
    definition user {}
    caveat in_region(region string) { region == \"eu\" }
    definition doc {
        relation viewer: user with in_region
    }";
    let running = Running::start();
    let mut client = running.client().await;
    client.write_schema(SCHEMA).await.unwrap();
    for chunk in 0..3 {
        client.write((0..100).map(|number| caveated(chunk * 100 + number, 24_000)).collect()).await.unwrap();
    }
    let responses = try_export(&mut client, request(0)).await.unwrap();
    assert!(responses.len() > 5);
    assert!(responses.iter().all(|response| response.encoded_len() < 2 << 20));
    let relationships = responses.into_iter().flat_map(|response| response.relationships);
    let whole = relationships.filter(|relationship| relationship.encoded_len() > 24_000).count();
    assert_eq!(whole, 300);
}

#[tokio::test]
async fn a_long_export_comes_whole_and_a_client_may_leave() {
    let (running, mut client) = Running::holding(&[]).await;
    let mut import = running.engine.import_relationships().unwrap();
    for number in 0..50_000 {
        import.add(&format!("doc:d{number}#viewer@user:a").parse().unwrap()).unwrap();
    }
    running.engine.commit_import(import).unwrap();
    let mut left = client.permissions.export_bulk_relationships(request(0)).await.unwrap().into_inner();
    left.message().await.unwrap().unwrap();
    drop(left);
    let responses = try_export(&mut client, request(0)).await.unwrap();
    assert!(responses.iter().all(|response| response.relationships.len() == 1000));
    let mut texts = texts(&responses);
    assert_eq!(texts.len(), 50_000);
    assert!(texts.is_sorted());
    texts.dedup();
    assert_eq!(texts.len(), 50_000);
}
