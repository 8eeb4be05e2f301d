//! Watch: what is told, in which messages, and what becomes of clients that are slow, gone or wrong.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use arrowroot::engine::{Engine, EngineOptions};
use arrowroot::server::wire::v1;
use arrowroot::server::wire::v1::watch_service_client::WatchServiceClient;
use arrowroot::server::{Server, ServerOptions};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Response, Status, Streaming};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::harness::{Client, Running, SCHEMA, told};
use crate::notation;

/// How long a message may take that is to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server with the usual schema whose checkpoints come rarely, unless options say otherwise.
pub(crate) async fn serve(change: impl FnOnce(&mut ServerOptions)) -> (Running, Client) {
    let mut options = ServerOptions::default();
    options.watch.heartbeat = Duration::from_hours(1);
    change(&mut options);
    let mut engine_options = EngineOptions::default();
    engine_options.limits.updates_max = usize::MAX;
    let running = Running::with(options, engine_options);
    let mut client = running.client().await;
    client.write_schema(SCHEMA).await.unwrap();
    (running, client)
}

pub(crate) async fn try_watch(
    channel: Channel,
    request: v1::WatchRequest,
) -> Result<Response<Streaming<v1::WatchResponse>>, Status> {
    WatchServiceClient::new(channel).watch(request).await
}

pub(crate) async fn watch(running: &Running, request: v1::WatchRequest) -> Streaming<v1::WatchResponse> {
    try_watch(running.channel().await, request).await.unwrap().into_inner()
}

/// The next message, which must come.
pub(crate) async fn next(stream: &mut Streaming<v1::WatchResponse>) -> Result<v1::WatchResponse, Status> {
    let message = tokio::time::timeout(PATIENCE, stream.message()).await.unwrap()?;
    message.ok_or_else(|| panic!("the stream ended without a status"))
}

/// The next so many messages as text.
async fn texts(stream: &mut Streaming<v1::WatchResponse>, count: usize) -> Vec<String> {
    let mut texts = Vec::new();
    for _ in 0..count {
        texts.push(text(&next(stream).await.unwrap()));
    }
    texts
}

/// `~doc:1#viewer@user:a -doc:2#viewer@user:a {"by":"ana"}`, `schema` or `checkpoint`.
fn text(message: &v1::WatchResponse) -> String {
    assert!(!message.changes_through.as_ref().unwrap().token.is_empty());
    let mut words: Vec<_> = message.updates.iter().map(update_text).collect();
    words.extend(message.schema_updated.then(|| "schema".to_owned()));
    words.extend(message.is_checkpoint.then(|| "checkpoint".to_owned()));
    if let Some(metadata) = &message.optional_transaction_metadata {
        assert_eq!(message.full_revision_metadata, std::slice::from_ref(metadata));
        words.push(format!("with {}", metadata.fields.keys().cloned().collect::<Vec<_>>().join(",")));
    } else {
        assert!(message.full_revision_metadata.is_empty());
    }
    words.join(" ")
}

fn update_text(update: &v1::RelationshipUpdate) -> String {
    let sign = match update.operation() {
        v1::relationship_update::Operation::Touch => "~",
        v1::relationship_update::Operation::Delete => "-",
        other => panic!("{other:?}"),
    };
    format!("{sign}{}", notation::text(update.relationship.as_ref().unwrap()))
}

pub(crate) fn after(token: &str) -> v1::WatchRequest {
    let token = v1::ZedToken { token: token.to_owned() };
    v1::WatchRequest { optional_start_cursor: Some(token), ..Default::default() }
}

fn of_kinds(kinds: &[v1::WatchKind]) -> v1::WatchRequest {
    let optional_update_kinds = kinds.iter().map(|kind| i32::from(*kind)).collect();
    v1::WatchRequest { optional_update_kinds, ..Default::default() }
}

const RELATIONSHIPS: v1::WatchKind = v1::WatchKind::IncludeRelationshipUpdates;
const SCHEMAS: v1::WatchKind = v1::WatchKind::IncludeSchemaUpdates;
const CHECKPOINTS: v1::WatchKind = v1::WatchKind::IncludeCheckpoints;

/// Waits until so many clients watch, as the engine sees it.
pub(crate) async fn until_watched_by(engine: &Engine, count: usize) {
    let begun = Instant::now();
    while engine.watcher_count() != count {
        assert!(begun.elapsed() < PATIENCE, "{} watch", engine.watcher_count());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Updates of so many bytes.
pub(crate) fn updates_of(prefix: &str, kilobytes: usize) -> Vec<v1::RelationshipUpdate> {
    let id = "x".repeat(1000 - prefix.len());
    (0..kilobytes)
        .map(|number| notation::update(&format!("~doc:{prefix}{number:04}{id}#viewer@user:a")))
        .collect()
}

#[tokio::test]
async fn writes_are_told_as_touches_and_deletes_with_their_metadata() {
    let (running, mut client) = serve(|_| {}).await;
    let mut stream = watch(&running, v1::WatchRequest::default()).await;
    client.write(notation::updates("+doc:2#viewer@user:*, +doc:1#viewer@group:g#member")).await.unwrap();
    client.write(notation::updates("~doc:2#viewer@user:*")).await.unwrap();
    client.write(notation::updates("-doc:3#viewer@user:a")).await.unwrap();
    client.write(Vec::new()).await.unwrap();
    let metadata = prost_types::Struct {
        fields: [("by".to_owned(), prost_types::Value { kind: None })].into_iter().collect(),
    };
    let request = v1::WriteRelationshipsRequest {
        updates: notation::updates("~doc:9#viewer@user:a, -doc:2#viewer@user:*, ~doc:1#owner@user:a"),
        optional_transaction_metadata: Some(metadata),
        ..Default::default()
    };
    let written = client.permissions.write_relationships(request).await.unwrap().into_inner().written_at;
    assert_eq!(texts(&mut stream, 1).await, ["~doc:2#viewer@user:* ~doc:1#viewer@group:g#member"]);
    let last = next(&mut stream).await.unwrap();
    assert_eq!(text(&last), "~doc:9#viewer@user:a -doc:2#viewer@user:* ~doc:1#owner@user:a with by");
    assert_eq!(last.changes_through, written);
}

#[tokio::test]
async fn what_is_told_of_depends_on_the_kinds_but_relationships_always_are() {
    let (running, mut client) = serve(|_| {}).await;
    let before = client.write(Vec::new()).await.unwrap();
    client.write(notation::updates("+doc:1#viewer@user:a")).await.unwrap();
    client.write_schema(&format!("{SCHEMA}\ndefinition more {{}}")).await.unwrap();
    client.write_schema(&format!("{SCHEMA}\ndefinition more {{}}")).await.unwrap();
    client.write(notation::updates("+doc:2#viewer@user:a")).await.unwrap();
    let (one, two) = ("~doc:1#viewer@user:a", "~doc:2#viewer@user:a");
    let cases: [(&[i32], &[&str]); 8] = [
        (&[], &[one, two]),
        (&[0], &[one, two]),
        (&[1], &[one, two]),
        (&[77, -1], &[one, two]),
        (&[2], &[one, "schema", two]),
        (&[3], &[one, two, "checkpoint"]),
        (&[1, 2, 3], &[one, "schema", two, "checkpoint"]),
        (&[2, 2, 0], &[one, "schema", two]),
    ];
    for (kinds, expected) in cases {
        let request = v1::WatchRequest { optional_update_kinds: kinds.to_vec(), ..after(&before) };
        let mut stream = watch(&running, request).await;
        assert_eq!(texts(&mut stream, expected.len()).await, expected, "{kinds:?}");
    }
}

#[tokio::test]
async fn a_checkpoint_follows_what_was_told_or_not_told() {
    let (running, mut client) = serve(|_| {}).await;
    let mut request = of_kinds(&[CHECKPOINTS]);
    request.optional_object_types = vec!["group".to_owned()];
    let mut stream = watch(&running, request).await;
    for update in ["+group:g#member@user:a", "+doc:1#viewer@user:a"] {
        let written = client.write(notation::updates(update)).await.unwrap();
        let mut message = next(&mut stream).await.unwrap();
        if update.contains("group") {
            assert_eq!(text(&message), "~group:g#member@user:a");
            message = next(&mut stream).await.unwrap();
        }
        assert_eq!(
            (text(&message), message.changes_through.unwrap().token),
            ("checkpoint".to_owned(), written)
        );
    }
}

#[tokio::test]
async fn while_nothing_happens_checkpoints_come_with_the_heartbeat() {
    let (running, mut client) = serve(|options| options.watch.heartbeat = Duration::from_millis(20)).await;
    let head = client.write(Vec::new()).await.unwrap();
    let mut stream = watch(&running, of_kinds(&[RELATIONSHIPS, SCHEMAS, CHECKPOINTS])).await;
    for _ in 0..3 {
        let message = next(&mut stream).await.unwrap();
        assert_eq!(text(&message), "checkpoint");
        assert_eq!(message.changes_through.unwrap().token, head);
    }
}

#[tokio::test]
async fn filters_select_by_any_of_them() {
    let (running, mut client) = serve(|_| {}).await;
    let before = client.write(Vec::new()).await.unwrap();
    let rows = [
        "doc:1#viewer@user:a",
        "doc:12#viewer@user:*",
        "doc:2#owner@user:b",
        "doc:3#viewer@group:g#member",
        "folder:1#viewer@user:a",
    ];
    for row in rows {
        client.write(notation::updates(&format!("+{row}"))).await.unwrap();
    }
    // The end of what is to be told.
    client.write(notation::updates("+group:end#anyone@user:*")).await.unwrap();
    let cases: [(&[&str], &[usize]); 11] = [
        (&["type=doc"], &[0, 1, 2, 3]),
        (&["type=doc id=1"], &[0]),
        (&["type=doc prefix=1"], &[0, 1]),
        (&["prefix=1"], &[0, 1, 4]),
        (&["relation=viewer"], &[0, 1, 3, 4]),
        (&["subject=user:*"], &[1]),
        (&["subject=user:a"], &[0, 4]),
        (&["subject=group"], &[3]),
        (&["subject=group:g#member"], &[3]),
        (&["subject=group#"], &[]),
        (&["type=doc id=2", "type=folder", "type=folder id=1"], &[2, 4]),
    ];
    for (filters, expected) in cases {
        let filters = filters.iter().copied().chain(["type=group"]).map(notation::filter);
        let request = v1::WatchRequest { optional_relationship_filters: filters.collect(), ..after(&before) };
        let mut stream = watch(&running, request).await;
        let told = texts(&mut stream, expected.len() + 1).await;
        let rows = expected.iter().map(|place| format!("~{}", rows[*place]));
        let expected: Vec<_> = rows.chain(["~group:end#anyone@user:*".to_owned()]).collect();
        assert_eq!(told, expected);
    }
    let request = v1::WatchRequest {
        optional_object_types: ["folder", "group", "unheard_of"].map(str::to_owned).to_vec(),
        ..after(&before)
    };
    let mut stream = watch(&running, request).await;
    assert_eq!(texts(&mut stream, 2).await, ["~folder:1#viewer@user:a", "~group:end#anyone@user:*"]);
}

#[tokio::test]
async fn what_cannot_be_watched_is_refused_as_spicedb_does() {
    let (running, mut client) = serve(|_| {}).await;
    let (_other, mut other_client) = serve(|_| {}).await;
    let foreign = other_client.write(Vec::new()).await.unwrap();
    let own = client.write(Vec::new()).await.unwrap();
    let filtered = |filters: &[&str]| v1::WatchRequest {
        optional_relationship_filters: filters.iter().map(|text| notation::filter(text)).collect(),
        ..Default::default()
    };
    let typed = |types: &[&str]| v1::WatchRequest {
        optional_object_types: types.iter().map(|name| (*name).to_owned()).collect(),
        ..Default::default()
    };
    let both = v1::WatchRequest { optional_object_types: vec!["doc".to_owned()], ..filtered(&["type=nope"]) };
    let cases = [
        (both.clone(), "InvalidArgument `cannot specify both object types and relationship filters`"),
        (
            v1::WatchRequest {
                optional_start_cursor: after("garbled").optional_start_cursor,
                ..both.clone()
            },
            "InvalidArgument `cannot specify both object types and relationship filters`",
        ),
        // Asked for nothing but schema updates, SpiceDB takes both, and then minds the filter.
        (
            v1::WatchRequest { optional_update_kinds: vec![2], ..both },
            "FailedPrecondition `object definition `nope` not found` UNKNOWN_DEFINITION {definition_name: nope}",
        ),
        (
            after(""),
            "InvalidArgument `validation error: optional_start_cursor.token: must be at least 1 bytes`",
        ),
        (
            after("garbled"),
            "InvalidArgument `failed to decode start revision: error decoding zedtoken: it is not one of ours`",
        ),
        (
            after(&own[..own.len() - 4]),
            "InvalidArgument `failed to decode start revision: error decoding zedtoken: it is not one of ours`",
        ),
        (after(&foreign), "InvalidArgument `start revision was generated by a different datastore instance`"),
        (
            typed(&["doc", "d"]),
            "InvalidArgument `validation error: optional_object_types[1]: does not match regex pattern \
             `^([a-z][a-z0-9_]{1,62}[a-z0-9]/)*[a-z][a-z0-9_]{1,62}[a-z0-9]$``",
        ),
        (
            filtered(&["type=doc", ""]),
            "InvalidArgument `the relationship filter provided is not valid: at least one field must be set` \
             INVALID_FILTER {filter: }",
        ),
        (
            filtered(&["type=doc id=1 prefix=1"]),
            "InvalidArgument `the relationship filter provided is not valid: resource_id and resource_id_prefix \
             cannot be set at the same time` INVALID_FILTER {filter: resource_type:\"doc\" \
             optional_resource_id:\"1\" optional_resource_id_prefix:\"1\"}",
        ),
        (
            filtered(&["type=doc relation=nope"]),
            "FailedPrecondition `relation/permission `nope` not found under definition `doc`` \
             UNKNOWN_RELATION_OR_PERMISSION {definition_name: doc, relation_or_permission_name: nope}",
        ),
        (
            v1::WatchRequest {
                optional_relationship_filters: filtered(&["type=nope"]).optional_relationship_filters,
                ..after(&foreign)
            },
            "InvalidArgument `start revision was generated by a different datastore instance`",
        ),
    ];
    for (request, expected) in cases {
        let answer = told(try_watch(running.channel().await, request.clone()).await);
        assert_eq!(answer, expected, "{request:?}");
    }
}

#[tokio::test]
async fn before_there_is_a_schema_a_watch_may_begin_but_not_by_filter() {
    let running = Running::start();
    let mut stream = watch(&running, of_kinds(&[SCHEMAS])).await;
    let request = v1::WatchRequest {
        optional_relationship_filters: vec![notation::filter("type=doc")],
        ..Default::default()
    };
    let refused = told(try_watch(running.channel().await, request).await);
    assert!(refused.starts_with("FailedPrecondition `object definition `doc` not found`"), "{refused}");
    running.client().await.write_schema(SCHEMA).await.unwrap();
    assert_eq!(texts(&mut stream, 1).await, ["schema"]);
}

#[tokio::test]
async fn a_token_that_has_expired_is_out_of_range_and_in_a_longer_window_it_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let open = |retention: Duration| {
        let mut options = EngineOptions::default();
        options.retention = retention;
        let engine = Engine::open(directory.path().join("graph"), options).unwrap();
        Running::over(engine, ServerOptions::default(), Server::bind)
    };
    let mut running = open(Duration::ZERO);
    let mut client = running.client().await;
    let old = client.write_schema(SCHEMA).await.unwrap();
    let head = client.write(Vec::new()).await.unwrap();
    let refused = try_watch(running.channel().await, after(&old)).await.unwrap_err();
    assert_eq!(refused.code(), Code::OutOfRange);
    assert!(refused.message().starts_with("invalid zedtoken: revision has expired"), "{refused}");
    let exact = v1::consistency::Requirement::AtExactSnapshot(v1::ZedToken { token: old.clone() });
    let check = v1::CheckPermissionRequest {
        consistency: notation::consistency(exact),
        ..notation::check("doc:1 view user:a")
    };
    let refused = client.permissions.check_permission(check).await.unwrap_err();
    assert_eq!(refused.code(), Code::OutOfRange);
    assert!(refused.message().starts_with("invalid revision: revision has expired"), "{refused}");
    drop(watch(&running, after(&head)).await);
    drop(client);
    tokio::task::spawn_blocking(move || {
        running.stop();
        drop(running);
    })
    .await
    .unwrap();
    let running = open(Duration::from_hours(24));
    let mut stream = watch(&running, after(&old)).await;
    running.client().await.write(notation::updates("+doc:1#viewer@user:a")).await.unwrap();
    assert_eq!(texts(&mut stream, 1).await, ["~doc:1#viewer@user:a"]);
}

#[tokio::test]
async fn a_large_transaction_comes_in_several_messages_and_resuming_loses_nothing() {
    let (running, mut client) = serve(|_| {}).await;
    let before = client.write(Vec::new()).await.unwrap();
    let stream = watch(&running, v1::WatchRequest::default()).await;
    let updates = updates_of("n", 3500);
    let written = client.write(updates.clone()).await.unwrap();
    for mut stream in [stream, watch(&running, after(&before)).await] {
        let mut told = Vec::new();
        let mut tokens = Vec::new();
        while tokens.last() != Some(&written) {
            let message = next(&mut stream).await.unwrap();
            tokens.push(message.changes_through.unwrap().token);
            told.extend(message.updates);
        }
        assert!(tokens.len() > 3, "{} messages", tokens.len());
        assert!(tokens[..tokens.len() - 1].iter().all(|token| *token == before));
        assert_eq!(told, updates);
    }
}

#[tokio::test]
async fn a_client_that_stops_reading_is_told_and_dropped_and_no_writer_waits_for_it() {
    let (running, mut client) = serve(|options| {
        options.watch.buffer_length_max = NonZeroUsize::new(4).unwrap();
        options.watch.buffer_write_timeout = Duration::from_millis(50);
    })
    .await;
    let endpoint = Endpoint::from_shared(format!("http://{}", running.address)).unwrap();
    let narrow = endpoint.initial_stream_window_size(Some(65_535)).connect().await.unwrap();
    let mut stalled = try_watch(narrow, v1::WatchRequest::default()).await.unwrap().into_inner();
    let mut reading = watch(&running, v1::WatchRequest::default()).await;
    for number in 0..20 {
        let written = client.write(updates_of(&format!("n{number:02}"), 300)).await.unwrap();
        while next(&mut reading).await.unwrap().changes_through.unwrap().token != written {}
    }
    until_watched_by(&running.engine, 1).await;
    let mut last = None;
    let refused = loop {
        match next(&mut stalled).await {
            Ok(message) => last = message.changes_through,
            Err(status) => break status,
        }
    };
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert!(refused.message().starts_with("watch disconnected: watch fell too far behind"), "{refused}");
    // It can go on where it was.
    let mut resumed = watch(&running, after(&last.unwrap().token)).await;
    assert!(text(&next(&mut resumed).await.unwrap()).starts_with("~doc:n"));
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_nothing_behind() {
    let (running, mut client) = serve(|_| {}).await;
    let streams =
        [watch(&running, v1::WatchRequest::default()).await, watch(&running, of_kinds(&[CHECKPOINTS])).await];
    until_watched_by(&running.engine, 2).await;
    client.write(notation::updates("+doc:1#viewer@user:a")).await.unwrap();
    drop(streams);
    until_watched_by(&running.engine, 0).await;
}

#[tokio::test]
async fn the_end_of_the_server_ends_every_watch() {
    let (mut running, mut client) = serve(|_| {}).await;
    let mut stream = watch(&running, v1::WatchRequest::default()).await;
    client.write(notation::updates("+doc:1#viewer@user:a")).await.unwrap();
    assert_eq!(texts(&mut stream, 1).await, ["~doc:1#viewer@user:a"]);
    let engine = std::sync::Arc::clone(&running.engine);
    tokio::task::spawn_blocking(move || running.stop()).await.unwrap();
    let ended = next(&mut stream).await.unwrap_err();
    assert_eq!(ended.code(), Code::Unavailable);
    assert!(ended.message().starts_with("the server is shutting down"), "{ended}");
    until_watched_by(&engine, 0).await;
}

#[tokio::test]
async fn an_operator_can_want_no_watches() {
    let (running, _client) = serve(|options| options.watch.is_enabled = false).await;
    let refused = told(try_watch(running.channel().await, v1::WatchRequest::default()).await);
    assert!(refused.starts_with("FailedPrecondition `watch is currently disabled: "), "{refused}");
    let mut health = HealthClient::new(running.channel().await);
    let request = HealthCheckRequest { service: "authzed.api.v1.WatchService".to_owned() };
    let status = health.check(request).await.unwrap().into_inner().status();
    assert_eq!(status, ServingStatus::NotServing);
}
