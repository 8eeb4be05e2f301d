//! Imports that the server dies under.

use std::ops::Range;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Instant;

use arrowroot::server::wire::v1;
use tonic::Status;

use super::client::Client;
use super::number::Random;
use super::process::{self, Server};
use super::{SCHEMA, stores, with_checkpoints};

const ROUNDS: u64 = 6;
/// Relationships in one import, and in one of its messages.
const IMPORTED: usize = 10_000;
const MESSAGE: usize = 1000;
/// Of the time that an import takes, how much at most until the kill, in percent.
const KILLED_AT_MAX: u64 = 130;

#[test]
fn an_import_is_whole_or_not_there_after_kill_9() {
    let mut random = Random(process::seed("imports"));
    for rounds in stores(ROUNDS) {
        kill_importing_servers(rounds, &mut random);
    }
}

/// Over one store.
fn kill_importing_servers(rounds: Range<u64>, random: &mut Random) {
    let directory = tempfile::tempdir().unwrap();
    let mut server = Server::start(directory.path(), &[]);
    Client::connect(&server).write_schema(SCHEMA);
    let begun = Instant::now();
    assert_eq!(import(&server, "first").recv().unwrap().unwrap(), IMPORTED as u64);
    let duration = begun.elapsed();

    let (mut whole, mut acknowledged) = (vec!["first".to_owned()], 0);
    for round in rounds {
        let name = format!("round-{round}");
        let answer = import(&server, &name);
        let percent = u32::try_from(random.next() % KILLED_AT_MAX).unwrap();
        let answer = answer.recv_timeout(duration * percent / 100);
        server.kill();
        let is_acknowledged = match answer {
            Ok(result) => result.is_ok_and(|count| count == IMPORTED as u64),
            Err(error) => {
                assert_eq!(error, RecvTimeoutError::Timeout);
                false
            }
        };
        // Every other server writes a checkpoint when an import is in the journal.
        let flags = if round % 2 == 0 { with_checkpoints() } else { Vec::new() };
        server = Server::start(directory.path(), &flags);
        let mut client = Client::connect(&server);
        match count(&mut client, &name) {
            0 => assert!(!is_acknowledged, "{name} was acknowledged and is gone"),
            IMPORTED => whole.push(name),
            part => panic!("{part} of {name} are there"),
        }
        acknowledged += u32::from(is_acknowledged);
        let left = std::fs::read_dir(directory.path().join("data")).unwrap();
        let names: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
        assert!(names.iter().all(|name| !name.to_string_lossy().starts_with(".tmp")), "{names:?}");
    }
    let mut client = Client::connect(&server);
    for name in &whole {
        assert_eq!(count(&mut client, name), IMPORTED, "{name}");
    }
    println!("{} imports are there, {acknowledged} were acknowledged", whole.len() - 1);
}

/// Imports relationships whose resources begin with a name, on a thread of its own.
fn import(server: &Server, name: &str) -> Receiver<Result<u64, Status>> {
    let (answer, answered) = channel();
    let mut client = Client::connect(server);
    let relationship = {
        let name = name.to_owned();
        move |number: usize| relationship(&format!("{name}-{}", number / 10), number)
    };
    thread::spawn(move || {
        let numbers: Vec<usize> = (0..IMPORTED).collect();
        let messages: Vec<_> = numbers
            .chunks(MESSAGE)
            .map(|numbers| numbers.iter().map(|number| relationship(*number)).collect())
            .map(|relationships| v1::ImportBulkRelationshipsRequest { relationships })
            .collect();
        let result = client.call(async |mut permissions| {
            permissions.import_bulk_relationships(tokio_stream::iter(messages)).await
        });
        // Nobody listens any more once the server is killed.
        let _ = answer.send(result.map(|response| response.into_inner().num_loaded));
    });
    answered
}

fn relationship(batch: &str, user: usize) -> v1::Relationship {
    let object =
        |kind: &str, id: String| Some(v1::ObjectReference { object_type: kind.to_owned(), object_id: id });
    v1::Relationship {
        resource: object("batch", batch.to_owned()),
        relation: "part".to_owned(),
        subject: Some(v1::SubjectReference {
            object: object("user", user.to_string()),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// How many of an import are there.
fn count(client: &mut Client, name: &str) -> usize {
    let filter =
        v1::RelationshipFilter { optional_resource_id_prefix: format!("{name}-"), ..Default::default() };
    let request = v1::ExportBulkRelationshipsRequest {
        optional_relationship_filter: Some(filter),
        ..Default::default()
    };
    client.call(async |mut permissions| {
        let mut messages = permissions.export_bulk_relationships(request).await.unwrap().into_inner();
        let mut count = 0;
        while let Some(message) = messages.message().await.unwrap() {
            count += message.relationships.len();
        }
        count
    })
}
