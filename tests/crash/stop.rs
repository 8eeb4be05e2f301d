//! An orderly end while many clients ask.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use arrowroot::server::wire::v1;
use arrowroot::server::wire::v1::relationship_update::Operation;
use tonic::{Code, Status};

use super::SCHEMA;
use super::client::{Client, updates};
use super::process::Server;
use super::writer::PARTS;

const WRITERS: usize = 8;
/// Writes at once on one connection.
const STREAMS: usize = 4;
const READERS: usize = 4;
/// Answers before the signal.
const ANSWERS_MIN: usize = 400;
const GRACE: Duration = Duration::from_secs(5);
/// What the end takes beside the grace period, on a machine with much else to do.
const GRACE_SLACK: Duration = Duration::from_secs(5);

#[test]
fn an_orderly_end_under_load_answers_or_refuses_everyone_and_keeps_what_was_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    let flags = ["--grpc-shutdown-grace-period".to_owned(), format!("{}s", GRACE.as_secs())];
    let mut server = Server::start(directory.path(), &flags);
    Client::connect(&server).write_schema(SCHEMA);
    let answers = AtomicUsize::new(0);
    let acknowledged: Vec<(String, usize)> = thread::scope(|scope| {
        let (answers, running) = (&answers, &server);
        let writers: Vec<_> = (0..WRITERS)
            .map(|number| (number, Client::connect(running)))
            .map(|(number, client)| scope.spawn(move || write(number, client, answers)))
            .collect();
        let readers: Vec<_> = (0..READERS)
            .map(|_| Client::connect(running))
            .map(|client| scope.spawn(move || read(client, answers)))
            .collect();
        let mut watching = Client::connect(running);
        let watcher = scope.spawn(move || watch(&mut watching));
        while answers.load(Ordering::SeqCst) < ANSWERS_MIN {
            thread::yield_now();
        }
        let begun = Instant::now();
        let status = server.terminate();
        let taken = begun.elapsed();
        assert!(status.success() && taken < GRACE + GRACE_SLACK, "{status} after {taken:?}");
        for reader in readers {
            assert_end(&reader.join().unwrap());
        }
        assert_end(&watcher.join().unwrap());
        let ended = writers.into_iter().flat_map(|writer| writer.join().unwrap());
        ended
            .map(|(name, count, status)| {
                assert_end(&status);
                (name, count)
            })
            .collect()
    });
    let log = server.log();
    assert!(!log.contains("ERROR") && log.contains("SIGTERM"), "{log}");

    let server = Server::start(directory.path(), &flags);
    let found = Client::connect(&server).batches();
    assert!(found.values().all(|parts| parts.len() == PARTS), "a write is there in part");
    for (name, count) in &acknowledged {
        let own = found.keys().filter(|id| id.starts_with(&format!("{name}-"))).count();
        let all_there = (0..*count).all(|number| found.contains_key(&format!("{name}-{number}")));
        assert!(all_there && (*count..=count + 1).contains(&own), "{name}: {own} of {count}");
    }
    assert_eq!(Client::connect(&server).batches(), found);
}

/// Writes on one connection, several writes at once, until the server ends: how many of each name were acknowledged,
/// and what the next one was told.
fn write(number: usize, mut client: Client, answers: &AtomicUsize) -> Vec<(String, usize, Status)> {
    client.call(async |permissions| {
        let writers = (0..STREAMS).map(async |stream| {
            let (name, mut permissions) = (format!("w{number}s{stream}"), permissions.clone());
            for count in 0.. {
                let updates = updates(Operation::Touch, &format!("{name}-{count}"));
                let request = v1::WriteRelationshipsRequest { updates, ..Default::default() };
                match permissions.write_relationships(request).await {
                    Ok(_) => answers.fetch_add(1, Ordering::SeqCst),
                    Err(status) => return (name, count, status),
                };
            }
            unreachable!("a writer writes until the end")
        });
        futures_util::future::join_all(writers).await
    })
}

/// Reads until the server ends, and says what the last one was told. A stream either is whole or says that it is not.
fn read(mut client: Client, answers: &AtomicUsize) -> Status {
    let filter = v1::RelationshipFilter { resource_type: "batch".to_owned(), ..Default::default() };
    loop {
        let request =
            v1::ReadRelationshipsRequest { relationship_filter: Some(filter.clone()), ..Default::default() };
        let result = client.call(async |mut permissions| {
            let mut count = 0;
            let mut found = permissions.read_relationships(request).await?.into_inner();
            while found.message().await?.is_some() {
                count += 1;
            }
            Ok::<_, Status>(count)
        });
        match result {
            Ok(count) => assert_eq!(count % PARTS, 0, "a stream ended too early"),
            Err(status) => return status,
        }
        answers.fetch_add(1, Ordering::SeqCst);
    }
}

/// Watches until the server ends, and says what was told then.
fn watch(client: &mut Client) -> Status {
    client.watch(async |mut watch| {
        let mut messages = match watch.watch(v1::WatchRequest::default()).await {
            Ok(answer) => answer.into_inner(),
            Err(status) => return status,
        };
        loop {
            match messages.message().await {
                Ok(Some(_)) => {}
                Ok(None) => return Status::ok("the watch ended"),
                Err(status) => return status,
            }
        }
    })
}

/// The server says that it ends, or refuses the connection. What tonic's client had not even sent yet when the
/// connection was closed, it calls cancelled.
fn assert_end(status: &Status) {
    let is_unsent =
        status.code() == Code::Cancelled && format!("{status:?}").contains("Canceled, \"connection closed\"");
    assert!(status.code() == Code::Unavailable || is_unsent, "{status:?}");
}
