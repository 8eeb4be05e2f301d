//! `ImportBulkRelationships`: everything at one revision or nothing, whatever goes wrong on the way.

use std::time::Duration;

use arrowroot::server::wire::v1;
use prost_types::value::Kind;
use prost_types::{Struct, Value};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Status};

use crate::harness::{Client, Running, told_of};
use crate::notation::{self, ID, broken};

const PATIENCE: Duration = Duration::from_mins(1);

/// Relationships of one message, separated by spaces.
fn message(texts: &str) -> v1::ImportBulkRelationshipsRequest {
    let relationships = texts.split_whitespace().map(relationship).collect();
    v1::ImportBulkRelationshipsRequest { relationships }
}

fn relationship(text: &str) -> v1::Relationship {
    notation::update(&format!("+{text}")).relationship.unwrap()
}

async fn try_import(
    client: &mut Client,
    messages: Vec<v1::ImportBulkRelationshipsRequest>,
) -> Result<u64, Status> {
    let response = client.permissions.import_bulk_relationships(tokio_stream::iter(messages)).await?;
    Ok(response.into_inner().num_loaded)
}

/// How many were loaded, or what is wrong. Each text is a message.
async fn import(client: &mut Client, messages: &[&str]) -> String {
    match try_import(client, messages.iter().map(|texts| message(texts)).collect()).await {
        Ok(count) => count.to_string(),
        Err(status) => told_of::<()>(Err(status)),
    }
}

async fn stored(client: &mut Client) -> Vec<String> {
    let request = v1::ReadRelationshipsRequest {
        consistency: notation::fully_consistent(),
        relationship_filter: Some(notation::filter("type=doc")),
        ..Default::default()
    };
    let responses = client.read(request).await.unwrap();
    responses.iter().map(|response| notation::text(response.relationship.as_ref().unwrap())).collect()
}

#[tokio::test]
async fn all_messages_are_one_import() {
    let (running, mut client) = Running::holding(&[]).await;
    let before = running.engine.head();
    let messages = ["doc:1#viewer@user:a doc:1#viewer@user:*", "", "doc:2#viewer@group:g#member"];
    assert_eq!(import(&mut client, &messages).await, "3");
    assert_eq!(running.engine.head(), before.next());
    let expected = ["doc:1#viewer@user:*", "doc:1#viewer@user:a", "doc:2#viewer@group:g#member"];
    assert_eq!(stored(&mut client).await, expected);

    for nothing in [&[][..], &[""], &["", ""]] {
        assert_eq!(import(&mut client, nothing).await, "0");
    }
    assert_eq!(running.engine.head(), before.next());
}

fn exists(relationship: &str, metadata: &str) -> String {
    format!(
        "AlreadyExists `could not CREATE relationship `{relationship}`, as it already existed. If this is persistent, \
         please switch to TOUCH operations or specify a precondition` ATTEMPT_TO_RECREATE_RELATIONSHIP \
         {{relationship: {relationship}, {metadata}}}"
    )
}

#[tokio::test]
async fn what_is_there_fails_the_whole_import_and_so_does_what_is_imported_twice() {
    let (running, mut client) = Running::holding(&["doc:1#viewer@user:a"]).await;
    let before = running.engine.head();
    let metadata = "resource_object_id: 1, resource_relation: viewer, resource_type: doc, subject_object_id: a, \
                    subject_relation: , subject_type: user";
    let expected = exists("doc:1#viewer@user:a", metadata);
    for messages in [
        &["doc:2#viewer@user:a doc:1#viewer@user:a doc:3#viewer@user:a"][..],
        &["doc:2#viewer@user:a", "doc:3#viewer@user:a", "doc:1#viewer@user:a"],
    ] {
        assert_eq!(import(&mut client, messages).await, expected);
    }
    let twice = exists("doc:2#viewer@user:a", &metadata.replace("id: 1", "id: 2"));
    assert_eq!(import(&mut client, &["doc:2#viewer@user:a doc:2#viewer@user:a"]).await, twice);
    assert_eq!(import(&mut client, &["doc:2#viewer@user:a", "doc:2#viewer@user:a"]).await, twice);
    assert_eq!(stored(&mut client).await, ["doc:1#viewer@user:a"]);
    assert_eq!(running.engine.head(), before);
}

/// A relationship with a caveat, its context given as a string.
fn on_condition(caveat_name: &str, region: &str) -> v1::Relationship {
    let value = Value { kind: Some(Kind::StringValue(region.to_owned())) };
    let context = Struct { fields: [("region".to_owned(), value)].into() };
    let caveat_name = caveat_name.to_owned();
    let optional_caveat = Some(v1::ContextualizedCaveat { caveat_name, context: Some(context) });
    v1::Relationship { optional_caveat, ..relationship("doc:1#limited@user:a") }
}

const ON_CONDITION: &str = "
definition user {}
caveat in_region(region string, level int) { region == \"eu\" && level > 1 }
definition folder {}
definition doc {
    relation parent: folder
    relation viewer: user
    relation limited: user with in_region
    permission view = viewer
}";

#[tokio::test]
async fn an_import_refuses_what_a_write_refuses_in_the_same_words() {
    let running = Running::start();
    let mut client = running.client().await;
    client.write_schema(ON_CONDITION).await.unwrap();
    let texts = [
        "nothing:1#viewer@user:a",
        "doc:1#nothing@user:a",
        "doc:1#view@user:a",
        "doc:1#viewer@nothing:a",
        "doc:1#viewer@user:a#nothing",
        "doc:1#viewer@folder:f",
        "doc:1#viewer@user:*",
        "doc:1#limited@user:a",
        "doc:*#viewer@user:a",
        "doc:1#viewer@user:*#member",
        "Doc:1#viewer@user:a",
        "doc#viewer@user:a",
        "doc:é#viewer@user:a",
        "doc:1#VIEWER@user:a",
        "doc:1#viewer@user:",
        "doc:1#v@us:é#m",
    ];
    let mut refused: Vec<v1::Relationship> = texts.into_iter().map(relationship).collect();
    refused.push(v1::Relationship::default());
    refused.push(v1::Relationship { subject: None, ..relationship("doc:1#viewer@user:a") });
    refused.push(on_condition("nothing", "eu"));
    refused.push(on_condition("in!region", "eu"));
    refused.push(on_condition("in_region", &"x".repeat(25_000)));
    let mut with_end = relationship("doc:1#viewer@user:a");
    with_end.optional_expires_at = Some(prost_types::Timestamp { seconds: 1 << 32, nanos: 0 });
    refused.push(with_end);
    for relationship in refused {
        let update = v1::RelationshipUpdate { operation: 1, relationship: Some(relationship.clone()) };
        let expected = told_of(client.write(vec![update]).await);
        assert_ne!(expected, "OK", "{relationship:?}");
        let expected = expected.replace("updates[0].relationship", "relationships[1]");
        let fine = self::relationship("doc:2#viewer@user:a");
        let message = v1::ImportBulkRelationshipsRequest { relationships: vec![fine, relationship] };
        assert_eq!(told_of(try_import(&mut client, vec![message]).await), expected);
    }
    assert!(stored(&mut client).await.is_empty());
    assert_eq!(import(&mut client, &["doc:2#viewer@user:a"]).await, "1");
}

#[tokio::test]
async fn broken_fields_come_before_the_schema_in_one_message_and_messages_one_after_another() {
    let (_running, mut client) = Running::holding(&[]).await;
    let unknown = "FailedPrecondition `object definition `nothing` not found` UNKNOWN_DEFINITION {definition_name: nothing}";
    let id = broken("relationships[1].resource.object_id", ID);
    assert_eq!(import(&mut client, &["nothing:1#viewer@user:a doc:é#viewer@user:a"]).await, id);
    assert_eq!(
        import(&mut client, &["nothing:1#viewer@user:a", "doc:1#viewer@user:a doc:é#viewer@user:a"]).await,
        unknown
    );
    assert_eq!(
        import(&mut client, &["doc:1#viewer@user:a doc:é#viewer@user:a", "nothing:1#viewer@user:a"]).await,
        id
    );
    assert!(stored(&mut client).await.is_empty());
}

#[tokio::test]
async fn a_message_that_is_too_large_ends_the_import() {
    let (running, mut client) = Running::holding(&[]).await;
    let before = running.engine.head();
    let large =
        (0..150_000).map(|number| relationship(&format!("doc:{number}#viewer@user:{number}"))).collect();
    let messages =
        vec![message("doc:1#viewer@user:a"), v1::ImportBulkRelationshipsRequest { relationships: large }];
    let refused = try_import(&mut client, messages).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused}");
    assert_eq!(running.engine.head(), before);
}

type Messages = mpsc::Sender<v1::ImportBulkRelationshipsRequest>;

/// Begins an import on a task of its own, and waits until the engine knows of it.
async fn begin(
    running: &Running,
    client: &Client,
    timeout: Option<Duration>,
) -> (Messages, tokio::task::JoinHandle<Result<u64, Status>>) {
    let (messages, receiver) = mpsc::channel(1);
    let mut permissions = client.permissions.clone();
    let mut request = Request::new(ReceiverStream::new(receiver));
    if let Some(timeout) = timeout {
        request.set_timeout(timeout);
    }
    let call = tokio::spawn(async move {
        permissions.import_bulk_relationships(request).await.map(|response| response.into_inner().num_loaded)
    });
    messages.send(message("doc:1#viewer@user:a")).await.unwrap();
    until(|| running.engine.import_count() == 1).await;
    (messages, call)
}

async fn until(is_so: impl Fn() -> bool) {
    let wait = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap();
}

/// Whether nothing has been written since, not even by what is still in the committer's queue.
async fn assert_untouched(running: &Running, client: &mut Client, before: arrowroot::relationship::Revision) {
    until(|| running.engine.import_count() == 0).await;
    client.write(notation::updates("~doc:other#viewer@user:a")).await.unwrap();
    assert_eq!(running.engine.head(), before.next());
    assert_eq!(stored(client).await, ["doc:other#viewer@user:a"]);
}

#[tokio::test]
async fn an_import_that_the_client_gives_up_is_not_made() {
    // Often, since a reset must not be taken for the end, whichever the server sees first.
    for _ in 0..20 {
        let (running, mut client) = Running::holding(&[]).await;
        let before = running.engine.head();
        let (messages, call) = begin(&running, &client, None).await;
        messages.send(message("doc:2#viewer@user:a")).await.unwrap();
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());
        assert_untouched(&running, &mut client, before).await;
    }
}

#[tokio::test]
async fn an_import_whose_connection_is_lost_is_not_made() {
    let (running, mut client) = Running::holding(&[]).await;
    let before = running.engine.head();
    let (address, engine) = (running.address, &running.engine);
    // On a runtime that ends, and its connections with it.
    let lost = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (messages, receiver) = mpsc::channel(8);
        messages.try_send(message("doc:1#viewer@user:a")).unwrap();
        runtime.block_on(async {
            let channel = tonic::transport::Endpoint::from_shared(format!("http://{address}")).unwrap();
            let mut client = Client::new(channel.connect().await.unwrap());
            let call = client.permissions.import_bulk_relationships(ReceiverStream::new(receiver));
            assert!(tokio::time::timeout(Duration::from_millis(300), call).await.is_err());
        });
        drop(messages);
    });
    tokio::task::spawn_blocking(|| lost.join().unwrap()).await.unwrap();
    assert_eq!(engine.head(), before);
    assert_untouched(&running, &mut client, before).await;
}

#[tokio::test]
async fn an_import_that_is_not_there_by_its_deadline_is_not_made() {
    let (running, mut client) = Running::holding(&[]).await;
    let before = running.engine.head();
    let (messages, call) = begin(&running, &client, Some(Duration::from_millis(500))).await;
    let status = call.await.unwrap().unwrap_err();
    assert!(matches!(status.code(), Code::DeadlineExceeded | Code::Cancelled), "{status}");
    drop(messages);
    assert_untouched(&running, &mut client, before).await;
}

#[tokio::test]
async fn writes_do_not_wait_for_an_import_that_is_on_its_way() {
    let (running, mut client) = Running::holding(&[]).await;
    let before = running.engine.head();
    let (messages, call) = begin(&running, &client, None).await;
    client.write(notation::updates("+doc:3#viewer@user:a")).await.unwrap();
    assert_eq!(running.engine.head(), before.next());
    messages.send(message("doc:2#viewer@user:a")).await.unwrap();
    drop(messages);
    assert_eq!(call.await.unwrap().unwrap(), 2);
    let expected = ["doc:1#viewer@user:a", "doc:2#viewer@user:a", "doc:3#viewer@user:a"];
    assert_eq!(stored(&mut client).await, expected);
}
