//! Watch, where much is to be told, and some clients take none of it.

use std::num::NonZeroUsize;
use std::time::Duration;

use arrowroot::engine::Consistency;
use arrowroot::server::wire::v1;
use tonic::transport::Endpoint;
use tonic::{Code, Streaming};

use crate::harness::{Client, Running};
use crate::notation;
use crate::watch::{after, next, serve, try_watch, until_watched_by, updates_of, watch};

/// Relationships of an import.
const COUNT: usize = 20_000;

/// Clients that take nothing, and the connections that they share.
const STALLED_COUNT: usize = 40;
const CONNECTION_COUNT: usize = 2;

/// Imports so many relationships; they, in order.
async fn import(client: &mut Client, count: usize) -> Vec<v1::Relationship> {
    let relationship =
        |number| notation::update(&format!("+doc:{number}#viewer@user:a")).relationship.unwrap();
    let relationships: Vec<_> = (0..count).map(relationship).collect();
    let messages: Vec<_> = relationships
        .chunks(1000)
        .map(|chunk| v1::ImportBulkRelationshipsRequest { relationships: chunk.to_vec() })
        .collect();
    client.permissions.import_bulk_relationships(tokio_stream::iter(messages)).await.unwrap();
    relationships
}

/// Watches that nobody takes anything from, with as little sent ahead as can be.
async fn stalled(running: &Running) -> Vec<Streaming<v1::WatchResponse>> {
    let mut streams = Vec::new();
    for _ in 0..CONNECTION_COUNT {
        let endpoint = Endpoint::from_shared(format!("http://{}", running.address)).unwrap();
        let channel = endpoint.initial_stream_window_size(Some(65_535)).connect().await.unwrap();
        for _ in 0..STALLED_COUNT / CONNECTION_COUNT {
            let watched = try_watch(channel.clone(), v1::WatchRequest::default()).await;
            streams.push(watched.unwrap().into_inner());
        }
    }
    streams
}

/// The relationships that are told, up to a token, and the tokens before that.
async fn told_until(
    stream: &mut Streaming<v1::WatchResponse>,
    last: &str,
) -> (Vec<v1::Relationship>, Vec<String>) {
    let (mut relationships, mut tokens) = (Vec::new(), Vec::new());
    loop {
        let message = next(stream).await.unwrap();
        relationships.extend(message.updates.into_iter().map(|update| update.relationship.unwrap()));
        match message.changes_through.unwrap().token {
            token if token == last => return (relationships, tokens),
            token => tokens.push(token),
        }
    }
}

#[tokio::test]
async fn an_import_comes_in_several_messages_and_resuming_tells_it_from_its_beginning() {
    let (running, mut client) = serve(|_| {}).await;
    let before = client.write(Vec::new()).await.unwrap();
    let mut live = watch(&running, v1::WatchRequest::default()).await;
    let imported = import(&mut client, COUNT).await;
    let last = running.engine.at(&Consistency::FullyConsistent).unwrap().token().0;
    let (told, tokens) = told_until(&mut live, &last).await;
    assert!(told == imported, "they differ");
    assert!(tokens.len() > 5, "{} messages", tokens.len());
    assert!(tokens.iter().all(|token| *token == before));
    let (told, _) = told_until(&mut watch(&running, after(&tokens[0])).await, &last).await;
    assert!(told == imported, "they differ");
}

#[tokio::test]
async fn many_clients_that_take_nothing_are_dropped_and_who_reads_is_told_everything() {
    let (running, mut client) = serve(|options| {
        options.watch.buffer_length_max = NonZeroUsize::new(4).unwrap();
        options.watch.buffer_write_timeout = Duration::from_millis(200);
    })
    .await;
    let stalled = stalled(&running).await;
    let mut reading = watch(&running, v1::WatchRequest::default()).await;
    let imported = import(&mut client, COUNT).await;
    let mut last = String::new();
    for number in 0..5 {
        last = client.write(updates_of(&format!("n{number:02}"), 1500)).await.unwrap();
    }
    let (told, _) = told_until(&mut reading, &last).await;
    assert_eq!(told.len(), COUNT + 5 * 1500);
    assert!(told[..COUNT] == imported, "they differ");
    until_watched_by(&running.engine, 1).await;
    for mut stream in stalled {
        let refused = loop {
            match next(&mut stream).await {
                Ok(_) => {}
                Err(status) => break status,
            }
        };
        assert_eq!(refused.code(), Code::ResourceExhausted, "{refused}");
    }
}
